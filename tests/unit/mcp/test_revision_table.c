#include "mcp/revision.h"

#include <stdio.h>

#include "mcp/method.h"
#include "support.h"

static const char *const names[] = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25",
                                    "2026-07-28"};

static void test_find(void)
{
	static const char *const none[] = {
	    "",           "2024-11-0",   "2024-11-055", "2024-11-05 ",
	    "2025-06-19", " 2025-06-18", "latest",      "DRAFT"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct cm_revision *revision = cm_revision_find(names[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(revision);
		CU_ASSERT_STRING_EQUAL(revision->name, names[i]);
	}
	for (size_t i = 0; i < COUNT_OF(none); i++)
		ASSERT_ROW(none[i], cm_revision_find(none[i]) == NULL);
}

/* What each revision's specification brought; a feature never goes away again but batches. */
static void test_features(void)
{
	static const struct {
		const char *name;
		bool handshake, batches, annotations, titles, structured, completions, without_id;
		int unknown_method_http, no_resource_code;
	} rows[] = {
	    {"2024-11-05", true, true, false, false, false, false, false, 200, -32002},
	    {"2025-03-26", true, true, true, false, false, true, false, 200, -32002},
	    {"2025-06-18", true, false, true, true, true, true, false, 200, -32002},
	    {"2025-11-25", true, false, true, true, true, true, true, 200, -32002},
	    {"2026-07-28", false, false, true, true, true, true, true, 404, -32602},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cm_revision *r = cm_revision_find(rows[i].name);

		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		ASSERT_ROW(r->name, r->handshake == rows[i].handshake);
		ASSERT_ROW(r->name, r->per_request != r->handshake);
		ASSERT_ROW(r->name, r->batches == rows[i].batches);
		ASSERT_ROW(r->name, r->annotations == rows[i].annotations);
		ASSERT_ROW(r->name, r->titles == rows[i].titles);
		ASSERT_ROW(r->name, r->structured_content == rows[i].structured);
		ASSERT_ROW(r->name, r->completions == rows[i].completions);
		ASSERT_ROW(r->name, r->errors_without_id == rows[i].without_id);
		ASSERT_ROW(r->name, r->unknown_method_http == rows[i].unknown_method_http);
		ASSERT_ROW(r->name, r->no_resource_code == rows[i].no_resource_code);
	}
}

static void test_defaults(void)
{
	CU_ASSERT_STRING_EQUAL(cm_revision_newest_handshake()->name, "2025-11-25");
	CU_ASSERT_STRING_EQUAL(cm_revision_unnamed()->name, "2025-03-26");
}

static void test_names_newest_first(void)
{
	struct cm_buf buf = {0};

	cm_revision_put_names(&buf);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf),
	                       "[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\","
	                       "\"2024-11-05\"]");
	cm_buf_clear(&buf);
}

static void test_methods_of_a_revision(void)
{
	static const struct {
		const char *name;
		bool handshake, per_request;
	} rows[] = {
	    {"initialize", true, false},
	    {"ping", true, false},
	    {"server/discover", false, true},
	    {"tools/list", true, true},
	    {"tools/call", true, true},
	    {"resources/list", true, true},
	    {"resources/read", true, true},
	    {"prompts/get", true, true},
	    {"completion/complete", true, true},
	    {"resources/subscribe", false, false},
	    {"logging/setLevel", false, false},
	    {"Tools/list", false, false},
	    {"tools/list/", false, false},
	    {"tools", false, false},
	    {"", false, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t k = 0; k < COUNT_OF(names); k++) {
			const struct cm_revision *r = cm_revision_find(names[k]);

			CU_ASSERT_PTR_NOT_NULL_FATAL(r);
			ASSERT_ROW(rows[i].name,
			           (cm_method_find(rows[i].name, r) != NULL) ==
			               (r->handshake ? rows[i].handshake : rows[i].per_request));
		}
	}
}

static void test_what_the_server_is_called(void)
{
	struct cm_buf buf = {0};

	cm_method_put_server(&buf, cm_revision_find("2024-11-05"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&buf), "title"));
	cm_buf_reset(&buf);
	cm_method_put_server(&buf, cm_revision_find("2025-06-18"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&buf), "\"title\":\"Casement\""));
	cm_buf_clear(&buf);
}

static const struct cm_test tests[] = {
    {"a revision is found by its exact name", test_find},
    {"each revision has what its specification says", test_features},
    {"who names no revision, or an unknown one, gets a fixed one", test_defaults},
    {"the names are listed newest first", test_names_newest_first},
    {"a method is there in the revisions that have it", test_methods_of_a_revision},
    {"the server's title is for revisions with titles", test_what_the_server_is_called},
};

CM_SUITE(cm_suite_mcp_revision_table, "mcp/revision_table", tests);

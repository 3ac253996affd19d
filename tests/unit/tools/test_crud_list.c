#include "tools/crud.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"
#include "tools/toolbox.h"

/* List with arguments (JSON text) for a caller; release the result whatever comes. */
static enum cm_status list(struct serve *serve, const struct cm_principal *caller,
                           const char *arguments, struct cm_tool_result *result, struct cm_err *err)
{
	cm_json *json = support_parse(arguments);
	struct cm_tool_call call = {.ctx = &serve->ctx,
	                            .tool = cm_tool_find(&cm_toolbox, "get_applications"),
	                            .caller = caller,
	                            .arguments = json};
	enum cm_status rc;

	*result = (struct cm_tool_result){0};
	rc = cm_tool_run(&call, result, err);
	cm_json_free(json);
	return rc;
}

/* Add rows p000, p001 and so on to an organisation. */
static void add_rows(struct serve *serve, const char *owner, int count)
{
	for (int i = 0; i < count; i++) {
		struct cm_record record;
		char name[20], client_id[60];

		snprintf(name, sizeof name, "p%03d", i);
		snprintf(client_id, sizeof client_id, "%s.%s", owner, name);
		fixture_record(&record, owner, name);
		CU_ASSERT_EQUAL(cm_record_set_text(&record, "client_id", client_id, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_entity_insert(serve->ctx.store, &record, NULL), CM_OK);
		cm_record_clear(&record);
	}
}

/* What a walk over all pages found. */
struct walk {
	int rows, pages;
	bool ordered, own; /* in order and each once; all of the one owner */
};

static struct walk walk(struct serve *serve, const struct cm_principal *caller, const char *further,
                        int size, const char *owner)
{
	struct walk walk = {.ordered = true, .own = true};
	char cursor[300] = "", last[CM_ID_LENGTH] = "";

	do {
		struct cm_buf arguments = {0};
		struct cm_tool_result result;
		cm_json *rows, *structured;
		const char *next;

		cm_buf_printf(&arguments, "{\"pageSize\":%d%s", size, further);
		if (*cursor != '\0')
			cm_buf_printf(&arguments, ",\"cursor\":\"%s\"", cursor);
		cm_buf_puts(&arguments, "}");
		CU_ASSERT_EQUAL_FATAL(list(serve, caller, cm_buf_str(&arguments), &result, NULL),
		                      CM_OK);
		rows = support_parse(cm_buf_str(&result.text));
		structured = support_parse(cm_buf_str(&result.structured));
		next = cm_json_string(cm_json_get(structured, "nextCursor"));
		CU_ASSERT_TRUE(cm_json_length(rows) <= (size_t)size);
		for (size_t i = 0; i < cm_json_length(rows); i++) {
			const cm_json *row = cm_json_at(rows, i);
			char id[CM_ID_LENGTH];

			snprintf(id, sizeof id, "%s/%s", cm_json_string(cm_json_get(row, "owner")),
			         cm_json_string(cm_json_get(row, "name")));
			walk.ordered = walk.ordered && strcmp(id, last) > 0;
			walk.own = walk.own && support_is(row, "owner", owner);
			memcpy(last, id, sizeof last);
			walk.rows++;
		}
		/* The sentence for models is there when, and only when, there is more. */
		CU_ASSERT_EQUAL(next != NULL, result.note.len > 0);
		CU_ASSERT_TRUE(next == NULL || strstr(cm_buf_str(&result.note), next) != NULL);
		snprintf(cursor, sizeof cursor, "%s", next == NULL ? "" : next);
		walk.pages++;
		cm_json_free(rows);
		cm_json_free(structured);
		cm_tool_result_clear(&result);
		cm_buf_clear(&arguments);
	} while (*cursor != '\0' && walk.pages < 1000);
	return walk;
}

static void test_page_sizes(void)
{
	static const struct {
		int size, pages;
	} rows[] = {{1, 7}, {2, 4}, {3, 3}, {6, 2}, {7, 1}, {8, 1}, {100, 1}};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	add_rows(&serve, "my-org", 5);
	add_rows(&serve, "other-org", 5);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct walk got = walk(&serve, &caller, "", rows[i].size, "my-org");

		CU_ASSERT_EQUAL(got.rows, 7);
		CU_ASSERT_EQUAL(got.pages, rows[i].pages);
		CU_ASSERT_TRUE(got.ordered);
		CU_ASSERT_TRUE(got.own);
	}
	serve_close(&serve);
}

static void test_default_size(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_tool_result result;
	struct serve serve;
	cm_json *rows;

	serve_open(&serve);
	add_rows(&serve, "my-org", 60);
	CU_ASSERT_EQUAL(list(&serve, &caller, "{}", &result, NULL), CM_OK);
	rows = support_parse(cm_buf_str(&result.text));
	CU_ASSERT_EQUAL(cm_json_length(rows), 50);
	cm_json_free(rows);
	cm_tool_result_clear(&result);
	/* null is the same as leaving it out. */
	CU_ASSERT_EQUAL(
	    list(&serve, &caller,
	         "{\"pageSize\":null,\"cursor\":null,\"owner\":null,\"namePrefix\":null}", &result,
	         NULL),
	    CM_OK);
	rows = support_parse(cm_buf_str(&result.text));
	CU_ASSERT_EQUAL(cm_json_length(rows), 50);
	cm_json_free(rows);
	cm_tool_result_clear(&result);
	serve_close(&serve);
}

static void test_built_in_sees_all(void)
{
	struct cm_principal caller = support_caller("built-in", CM_SCOPE_ALL);
	struct serve serve;
	struct walk got;

	serve_open(&serve);
	add_rows(&serve, "my-org", 3);
	add_rows(&serve, "other-org", 3);
	got = walk(&serve, &caller, "", 2, "my-org");
	CU_ASSERT_EQUAL(got.rows, 10);
	CU_ASSERT_TRUE(got.ordered);
	CU_ASSERT_FALSE(got.own);
	got = walk(&serve, &caller, ",\"owner\":\"my-org\"", 2, "my-org");
	CU_ASSERT_EQUAL(got.rows, 5);
	CU_ASSERT_TRUE(got.ordered && got.own);
	got = walk(&serve, &caller, ",\"owner\":\"nowhere\"", 2, "nowhere");
	CU_ASSERT_EQUAL(got.rows, 0);
	CU_ASSERT_EQUAL(got.pages, 1);
	got = walk(&serve, &caller, ",\"namePrefix\":\"p00\"", 1, "my-org");
	CU_ASSERT_EQUAL(got.rows, 6);
	serve_close(&serve);
}

static void test_R6_rows_of_two_organisations(void)
{
	struct cm_principal mine = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_principal other = support_caller("other-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store,
	                           "UPDATE application SET organization = 'other-org' WHERE "
	                           "owner = 'my-org' AND name = 'reader'"));
	CU_ASSERT_EQUAL(walk(&serve, &mine, "", 10, "my-org").rows, 1);
	CU_ASSERT_EQUAL(walk(&serve, &other, "", 10, "other-org").rows, 1);
	serve_close(&serve);
}

static void test_prefixes(void)
{
	static const struct {
		const char *prefix;
		int rows;
	} rows[] = {{"", 14},     {"p", 12}, {"p0", 12}, {"p00", 10}, {"p01", 2},   {"p011", 1},
	            {"p0111", 0}, {"P", 0},  {"d", 1},   {"demo", 1}, {"demox", 0}, {"q", 0}};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	add_rows(&serve, "my-org", 12);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char further[60];

		snprintf(further, sizeof further, ",\"namePrefix\":\"%s\"", rows[i].prefix);
		ASSERT_ROW(rows[i].prefix,
		           walk(&serve, &caller, further, 5, "my-org").rows == rows[i].rows);
	}
	serve_close(&serve);
}

static void test_bad_arguments(void)
{
	static const struct {
		const char *arguments, *word;
	} rows[] = {
	    {"{\"pageSize\":0}", "pageSize: must be a whole number from 1 to 100."},
	    {"{\"pageSize\":-1}", "pageSize: "},
	    {"{\"pageSize\":101}", "pageSize: "},
	    {"{\"pageSize\":9223372036854775807}", "pageSize: "},
	    {"{\"pageSize\":1.5}", "pageSize: "},
	    {"{\"pageSize\":101.0}", "pageSize: "},
	    {"{\"pageSize\":\"10\"}", "pageSize: "},
	    {"{\"pageSize\":true}", "pageSize: "},
	    {"{\"namePrefix\":7}", "namePrefix: must be the beginning of a name."},
	    {"{\"namePrefix\":\"a/b\"}", "namePrefix: "},
	    {"{\"namePrefix\":\"%\"}", "namePrefix: "},
	    {"{\"namePrefix\":\"\xc3\xa9\"}", "namePrefix: "},
	    {"{\"owner\":7}", "owner: must be an organisation's name."},
	    {"{\"owner\":\"\"}", "owner: must be an organisation's name."},
	    {"{\"owner\":\"a/b\"}", "owner: must be an organisation's name."},
	    {"{\"page\":1}", "page: get_applications has no such argument; it has owner, "
	                     "namePrefix, updatedSince, pageSize, cursor."},
	};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_tool_result result;
		struct cm_err err = {0};

		ASSERT_ROW(rows[i].arguments,
		           list(&serve, &caller, rows[i].arguments, &result, &err) == CM_INPUT);
		ASSERT_ROW(rows[i].arguments,
		           strncmp(err.text, rows[i].word, strlen(rows[i].word)) == 0);
		ASSERT_ROW(rows[i].arguments, result.text.len == 0);
		cm_tool_result_clear(&result);
	}
	serve_close(&serve);
}

/* To JSON Schema 2.0 is an integer, and some clients write all numbers so. */
static void test_size_with_a_point(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_tool_result result;
	cm_json *events = NULL;
	struct serve serve;

	serve_open(&serve);
	add_rows(&serve, "my-org", 3);
	CU_ASSERT_EQUAL(list(&serve, &caller, "{\"pageSize\":2.0}", &result, NULL), CM_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&result.structured), "nextCursor"));
	CU_ASSERT_EQUAL(
	    support_tool(&serve, &caller, "get_audit_events", "{\"pageSize\":1e1}", &events, NULL),
	    CM_OK);
	cm_json_free(events);
	cm_tool_result_clear(&result);
	serve_close(&serve);
}

/* Who asks for all changes gets them in their order, however early the time is. */
static void test_changes_since_the_beginning(void)
{
	static const char *const times[] = {"1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z",
	                                    "1900-01-01T00:00:00Z", "2000-01-01T00:00:00Z"};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	add_rows(&serve, "my-org", 3);
	CU_ASSERT_TRUE(fixture_sql(
	    serve.ctx.store,
	    "UPDATE application SET updated_at_s = iif(name = 'demo', 1700000001, 1700000000)"));
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char arguments[80];
		struct cm_tool_result result;
		cm_json *rows;

		snprintf(arguments, sizeof arguments, "{\"updatedSince\":\"%s\"}", times[i]);
		ASSERT_ROW(times[i], list(&serve, &caller, arguments, &result, NULL) == CM_OK);
		rows = support_parse(cm_buf_str(&result.text));
		ASSERT_ROW(times[i], cm_json_length(rows) == 5);
		ASSERT_ROW(times[i], support_is(cm_json_at(rows, 4), "name", "demo"));
		cm_json_free(rows);
		cm_tool_result_clear(&result);
	}
	serve_close(&serve);
}

static void test_cursors_that_were_tampered_with(void)
{
	static const char *const cursors[] = {
	    "\"\"",               /* nothing */
	    "\"!\"",              /* no base64url */
	    "\"bXktb3JnL3A=\"",   /* with padding */
	    "\"bXktb3JnL3B\"",    /* bits that should be zero */
	    "\"bXktb3Jn\"",       /* my-org */
	    "\"bXktb3JnLw\"",     /* my-org/ */
	    "\"L3A\"",            /* /p */
	    "\"bXktb3JnL3AAcA\"", /* my-org/p NUL p */
	    "\"bXktb3JnL3AvcQ\"", /* my-org/p/q */
	    "\"JyBPUiAxPTE\"",    /* ' OR 1=1 */
	    "\"bXktb3JnL3An\"",   /* my-org/p' */
	    "7",
	    "[]",
	    "{}",
	    "true",
	};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_buf arguments = {0};
	struct cm_tool_result result;
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		struct cm_err err = {0};

		cm_buf_reset(&arguments);
		cm_buf_printf(&arguments, "{\"cursor\":%s}", cursors[i]);
		ASSERT_ROW(cursors[i], list(&serve, &caller, cm_buf_str(&arguments), &result,
		                            &err) == CM_INPUT);
		ASSERT_ROW(cursors[i], strcmp(err.text, "cursor: must be one that an earlier page "
		                                        "gave.") == 0);
		cm_tool_result_clear(&result);
	}
	cm_buf_reset(&arguments);
	cm_buf_printf(&arguments, "{\"cursor\":\"%0*d\"}", 5000, 0);
	CU_ASSERT_EQUAL(list(&serve, &caller, cm_buf_str(&arguments), &result, NULL), CM_INPUT);
	cm_tool_result_clear(&result);
	cm_buf_clear(&arguments);
	serve_close(&serve);
}

/* A cursor is where to go on and no right: it shows nothing of others. */
static void test_R6_cursors_of_others(void)
{
	static const char *const cursors[] = {"bXktb3JnL2E" /* my-org/a */,
	                                      "YnVpbHQtaW4vYQ" /* built-in/a */, "YS9h" /* a/a */,
	                                      "b3RoZXItb3JnL2E" /* other-org/a */};
	struct cm_principal other = support_caller("other-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		struct cm_tool_result result;
		char arguments[100];
		cm_json *rows;

		snprintf(arguments, sizeof arguments, "{\"cursor\":\"%s\"}", cursors[i]);
		CU_ASSERT_EQUAL(list(&serve, &other, arguments, &result, NULL), CM_OK);
		rows = support_parse(cm_buf_str(&result.text));
		ASSERT_ROW(cursors[i], cm_json_length(rows) == 1);
		ASSERT_ROW(cursors[i], support_is(cm_json_at(rows, 0), "owner", "other-org"));
		cm_json_free(rows);
		cm_tool_result_clear(&result);
	}
	serve_close(&serve);
}

/* The longest id has a cursor that can be read back. */
static void test_longest_cursor(void)
{
	struct cm_principal caller = support_caller("built-in", CM_SCOPE_ALL);
	char owner[CM_NAME_MAX + 1];
	struct serve serve;
	struct walk got;

	memset(owner, 'o', CM_NAME_MAX);
	owner[CM_NAME_MAX] = '\0';
	serve_open(&serve);
	fixture_organization(serve.ctx.store, owner);
	for (int i = 0; i < 3; i++) {
		char name[CM_NAME_MAX + 1];

		memset(name, 'n', CM_NAME_MAX);
		name[CM_NAME_MAX - 1] = (char)('0' + i);
		name[CM_NAME_MAX] = '\0';
		CU_ASSERT_EQUAL(fixture_application(serve.ctx.store, owner, name), CM_OK);
	}
	got = walk(&serve, &caller, "", 1, owner);
	CU_ASSERT_EQUAL(got.rows, 7);
	CU_ASSERT_EQUAL(got.pages, 7);
	CU_ASSERT_TRUE(got.ordered);
	serve_close(&serve);
}

/* Rows of half a megabyte: a page ends before it is full, and none is lost. */
static void test_pages_of_large_rows(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_buf sql = {0};
	struct serve serve;
	struct walk got;

	serve_open(&serve);
	add_rows(&serve, "my-org", 6);
	cm_buf_printf(&sql,
	              "UPDATE application SET properties = '{\"pageHtml\":\"%0*d\"}' WHERE name "
	              "LIKE 'p%%'",
	              500000, 0);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, cm_buf_str(&sql)));
	got = walk(&serve, &caller, "", 100, "my-org");
	CU_ASSERT_EQUAL(got.rows, 8);
	CU_ASSERT_TRUE(got.pages > 1 && got.pages < 8);
	CU_ASSERT_TRUE(got.ordered);
	cm_buf_clear(&sql);
	serve_close(&serve);
}

/* Rows that come and go between two pages move none of the others. */
static void test_changes_between_pages(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_tool_result result;
	struct serve serve;
	cm_json *rows, *structured;
	char arguments[200];

	serve_open(&serve);
	add_rows(&serve, "my-org", 6);
	CU_ASSERT_EQUAL(
	    list(&serve, &caller, "{\"pageSize\":3,\"namePrefix\":\"p\"}", &result, NULL), CM_OK);
	structured = support_parse(cm_buf_str(&result.structured));
	snprintf(arguments, sizeof arguments,
	         "{\"pageSize\":3,\"namePrefix\":\"p\",\"cursor\":\"%s\"}",
	         cm_json_string(cm_json_get(structured, "nextCursor")));
	cm_json_free(structured);
	cm_tool_result_clear(&result);
	CU_ASSERT_TRUE(
	    fixture_sql(serve.ctx.store, "DELETE FROM application WHERE name IN ('p000', 'p002')"));
	CU_ASSERT_EQUAL(fixture_application(serve.ctx.store, "my-org", "p0015"), CM_OK);
	CU_ASSERT_EQUAL(list(&serve, &caller, arguments, &result, NULL), CM_OK);
	rows = support_parse(cm_buf_str(&result.text));
	CU_ASSERT_EQUAL(cm_json_length(rows), 3);
	CU_ASSERT_TRUE(support_is(cm_json_at(rows, 0), "name", "p003"));
	cm_json_free(rows);
	cm_tool_result_clear(&result);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"pages of any size show each row once, in order", test_page_sizes},
    {"a page has 50 rows when nothing is said", test_default_size},
    {"R6 built-in lists all, or those of one owner", test_built_in_sees_all},
    {"R6 a row of two organisations is listed for neither", test_R6_rows_of_two_organisations},
    {"a prefix is the beginning of a name", test_prefixes},
    {"arguments that are wrong are named", test_bad_arguments},
    {"the size of a page may be written 2.0", test_size_with_a_point},
    {"changes since the beginning come in their order", test_changes_since_the_beginning},
    {"a cursor that no page gave is refused", test_cursors_that_were_tampered_with},
    {"R6 a cursor into rows of others shows none of them", test_R6_cursors_of_others},
    {"the longest id has a cursor", test_longest_cursor},
    {"large rows end a page early, and none is lost", test_pages_of_large_rows},
    {"changes between two pages lose and repeat nothing", test_changes_between_pages},
};

CM_SUITE(cm_suite_tools_crud_list, "tools/crud_list", tests);

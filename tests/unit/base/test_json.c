#include "base/json.h"
#include "suite.h"

/* Parse a text; the status, and whether the message holds a word. */
static enum cm_status parse(const char *text, size_t len, const char *word)
{
	struct cm_err err = {0};
	cm_json *json = NULL;
	enum cm_status rc = cm_json_parse(text, len, &json, &err);

	if (rc == CM_OK || word == NULL || strstr(err.text, word) == NULL)
		CU_ASSERT_PTR_NULL(word);
	if (rc != CM_OK)
		CU_ASSERT_PTR_NULL(json);
	cm_json_free(json);
	return rc;
}

static void refuse(const char *text, const char *word)
{
	struct cm_err err = {0};
	cm_json *json = NULL;

	CU_ASSERT_EQUAL(cm_json_parse(text, strlen(text), &json, &err), CM_PARSE);
	CU_ASSERT_PTR_NULL(json);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, word));
	cm_json_free(json);
}

static void test_duplicate_names(void)
{
	refuse("{\"a\":1,\"a\":2}", "twice");
	refuse("{\"a\":1,\"\\u0061\":2}", "twice");
	refuse("[{\"b\":{\"a\":1,\"a\":2}}]", "twice");
	CU_ASSERT_EQUAL(parse("{\"a\":1,\"A\":2}", 13, NULL), CM_OK);
	CU_ASSERT_EQUAL(parse("[{\"a\":1},{\"a\":2}]", 17, NULL), CM_OK);
	CU_ASSERT_EQUAL(parse("{\"a:b\":\":\"}", 11, NULL), CM_OK);
}

static void test_not_rfc_8259(void)
{
	static const char *const texts[] = {
	    "",        " ",      "NaN",  "Infinity",   "[01]",     "[1.]",  "[.5]",
	    "[+1]",    "[-01]",  "[1,]", "{a:1}",      "'a'",      "nul",   "True",
	    "[1] x",   "[-]",    "[1e]", "\"a",        "\"\\q\"",  "[1 2]", "[1}",
	    "{\"a\"}", "//x\n1", "[",    "{\"a\":1,}", "\"a\tb\"",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		cm_json *json = NULL;

		CU_ASSERT_EQUAL(cm_json_parse(texts[i], strlen(texts[i]), &json, NULL), CM_PARSE);
		CU_ASSERT_PTR_NULL(json);
	}
}

static const struct cm_test tests[] = {
    {"duplicate names are refused, however they are written", test_duplicate_names},
    {"what RFC 8259 has not is refused", test_not_rfc_8259},
};

CM_SUITE(cm_suite_base_json, "base/json", tests);

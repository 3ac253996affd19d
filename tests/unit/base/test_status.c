#include "base/status.h"
#include "fixture.h"
#include "suite.h"

static void test_rows(void)
{
	for (int i = 0; i < CM_STATUS_COUNT; i++) {
		const struct cm_status_info *info = cm_status_info((enum cm_status)i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(info->name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(info->oauth);
		ASSERT_ROW(info->name, info->name[0] != '\0');
		ASSERT_ROW(info->name,
		           strspn(info->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(info->name));
		ASSERT_ROW(info->name, info->http >= 200 && info->http < 600);
		ASSERT_ROW(info->name, info->exit >= 0 && info->exit < 126);
		for (int j = 0; j < i; j++)
			ASSERT_ROW(info->name,
			           strcmp(info->name, cm_status_info((enum cm_status)j)->name) !=
			               0);
	}
}

static void test_failures_look_failed(void)
{
	CU_ASSERT_EQUAL(cm_status_info(CM_OK)->http, 200);
	CU_ASSERT_EQUAL(cm_status_info(CM_OK)->exit, 0);
	for (int i = CM_OK + 1; i < CM_STATUS_COUNT; i++) {
		const struct cm_status_info *info = cm_status_info((enum cm_status)i);
		bool answered = i == CM_METHOD || i == CM_PARAMS || i == CM_NO_RESOURCE;

		/* JSON-RPC answers an unknown method, bad params and the like with HTTP 200. */
		ASSERT_ROW(info->name, answered ? info->http == 200 : info->http >= 400);
		ASSERT_ROW(info->name, info->exit > 0);
		ASSERT_ROW(info->name, info->jsonrpc <= -32000 && info->jsonrpc >= -32768);
		ASSERT_ROW(info->name, info->oauth[0] != '\0');
	}
}

static void test_codes_of_the_standards(void)
{
	static const struct {
		enum cm_status status;
		int http, jsonrpc;
		const char *oauth;
	} rows[] = {
	    {CM_PARSE, 400, -32700, "invalid_request"},
	    {CM_REQUEST, 400, -32600, "invalid_request"},
	    {CM_METHOD, 200, -32601, "invalid_request"},
	    {CM_PARAMS, 200, -32602, "invalid_request"},
	    {CM_INTERNAL, 500, -32603, "server_error"},
	    {CM_NOMEM, 500, -32603, "server_error"},
	    {CM_STORE, 503, -32603, "temporarily_unavailable"},
	    {CM_BUSY, 503, -32603, "temporarily_unavailable"},
	    {CM_OUTDATED, 503, -32603, "temporarily_unavailable"},
	    {CM_UNAUTHORIZED, 401, -32001, "invalid_token"},
	    {CM_SCOPE, 403, -32001, "insufficient_scope"},
	    {CM_FORBIDDEN, 403, -32001, "access_denied"},
	    {CM_TOO_LARGE, 413, -32600, "invalid_request"},
	    {CM_MEDIA_TYPE, 415, -32600, "invalid_request"},
	    {CM_HTTP_METHOD, 405, -32600, "invalid_request"},
	    {CM_INVALID_CLIENT, 401, -32001, "invalid_client"},
	    {CM_UNAUTHORIZED_CLIENT, 400, -32001, "unauthorized_client"},
	    {CM_UNSUPPORTED_GRANT, 400, -32602, "unsupported_grant_type"},
	    {CM_INVALID_SCOPE, 400, -32602, "invalid_scope"},
	    {CM_INVALID_TARGET, 400, -32602, "invalid_target"},
	    {CM_NO_RESOURCE, 200, -32002, "invalid_request"},
	    {CM_NOT_ACCEPTABLE, 406, -32600, "invalid_request"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cm_status_info *info = cm_status_info(rows[i].status);

		ASSERT_ROW(info->name, info->http == rows[i].http);
		ASSERT_ROW(info->name, info->jsonrpc == rows[i].jsonrpc);
		ASSERT_ROW(info->name, strcmp(info->oauth, rows[i].oauth) == 0);
	}
}

static void test_out_of_range(void)
{
	const struct cm_status_info *internal = cm_status_info(CM_INTERNAL);

	CU_ASSERT_PTR_EQUAL(cm_status_info(CM_STATUS_COUNT), internal);
	CU_ASSERT_PTR_EQUAL(cm_status_info((enum cm_status)9999), internal);
	CU_ASSERT_PTR_EQUAL(cm_status_info((enum cm_status) - 1), internal);
}

static void test_first_writer_wins(void)
{
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(cm_err_set(&err, CM_INPUT, "name: %s is %d", "x", 7), CM_INPUT);
	CU_ASSERT_EQUAL(cm_err_set(&err, CM_STORE, "later"), CM_STORE);
	CU_ASSERT_EQUAL(err.status, CM_INPUT);
	CU_ASSERT_STRING_EQUAL(err.text, "name: x is 7");
}

static void test_nobody_asks_why(void)
{
	CU_ASSERT_EQUAL(cm_err_set(NULL, CM_BUSY, "%s", "text"), CM_BUSY);
}

static void test_clear(void)
{
	struct cm_err err = {0};

	cm_err_set(&err, CM_INPUT, "first");
	cm_err_clear(&err);
	CU_ASSERT_EQUAL(err.status, CM_OK);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	cm_err_set(&err, CM_STORE, "second");
	CU_ASSERT_EQUAL(err.status, CM_STORE);
	CU_ASSERT_STRING_EQUAL(err.text, "second");
}

static void test_long_text(void)
{
	struct cm_err err = {0};
	char text[2000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	CU_ASSERT_EQUAL(cm_err_set(&err, CM_INPUT, "%s", text), CM_INPUT);
	CU_ASSERT_EQUAL(strlen(err.text), sizeof err.text - 1);
}

static void test_cut_character(void)
{
	struct cm_err err = {0};

	cm_err_set(&err, CM_INPUT, "name %.*s", 4, "\xe6\x97\xa5\xe6\x9c\xac");
	CU_ASSERT_STRING_EQUAL(err.text, "name \xe6\x97\xa5?");
}

static void test_format_is_not_run_twice(void)
{
	struct cm_err err = {0};

	cm_err_set(&err, CM_INPUT, "%s", "100%n%s");
	CU_ASSERT_STRING_EQUAL(cm_err_public(&err), "100%n%s");
}

static void test_public_text(void)
{
	for (int i = CM_OK + 1; i < CM_STATUS_COUNT; i++) {
		bool hidden = i == CM_INTERNAL || i == CM_NOMEM || i == CM_STORE || i == CM_BUSY ||
		              i == CM_OUTDATED;
		struct cm_err err = {0};
		const char *told;

		cm_err_set(&err, (enum cm_status)i, "table secret_table is locked");
		told = cm_err_public(&err);
		ASSERT_ROW(cm_status_info((enum cm_status)i)->name,
		           hidden == (strstr(told, "secret_table") == NULL));
		ASSERT_ROW(cm_status_info((enum cm_status)i)->name, told[0] != '\0');
	}
}

static const struct cm_test tests[] = {
    {"every status has a row with a name of its own", test_rows},
    {"only CM_OK looks like success, in HTTP and on the command line", test_failures_look_failed},
    {"the codes are those of JSON-RPC 2.0, RFC 6749 and RFC 6750", test_codes_of_the_standards},
    {"a number that is no status counts as internal", test_out_of_range},
    {"the first failure that is recorded stays", test_first_writer_wins},
    {"without an error struct the status still comes back", test_nobody_asks_why},
    {"a cleared error takes a new failure", test_clear},
    {"a text that is too long is cut and terminated", test_long_text},
    {"a text that was cut within a character stays UTF-8", test_cut_character},
    {"a text with percent signs is told as it is", test_format_is_not_run_twice},
    {"the text of an internal failure is not told to callers", test_public_text},
};

CM_SUITE(cm_suite_base_status, "base/status", tests);

#include "serve.h"

#include <stdio.h>

/* Post a text; compare HTTP status and error code (0: a result or nothing). */
static void expect(struct serve *serve, const char *revision, const char *text, int status,
                   int64_t code)
{
	struct reply reply = serve_rpc(serve, DEMO, revision, text);
	int64_t got = 0;

	(void)cm_json_integer(cm_json_get(cm_json_get(reply.json, "error"), "code"), &got);
	ASSERT_ROW(text, reply.status == status);
	ASSERT_ROW(text, got == code);
	reply_clear(&reply);
}

static void test_envelope(void)
{
	static const struct {
		const char *text;
		int status, code;
	} rows[] = {
	    {"", 400, -32700},
	    {"{", 400, -32700},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", 400, -32700},
	    {"7", 400, -32600},
	    {"null", 400, -32600},
	    {"{}", 400, -32600},
	    {"{\"id\":1,\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"Method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":9223372036854775808,\"method\":\"ping\"}", 400, -32700},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":7}", 400, -32600},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", 200, -32602},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Ping\"}", 200, -32601},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200, 0},
	    {"{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"ping\"}", 200, 0},
	    {"{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}", 202, 0},
	    {"{\"jsonrpc\":\"2.0\",\"method\":\"nonsense\",\"params\":[]}", 202, 0},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 202, 0},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect(&serve, NULL, rows[i].text, rows[i].status, rows[i].code);
	serve_close(&serve);
}

static void test_ids_come_back(void)
{
	static const char *const ids[] = {"9223372036854775807", "-9223372036854775808", "0",
	                                  "\"\\u00e9\\\"\\\\\"", "\"9\""};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		char text[120], wanted[60];
		cm_json *id = NULL;
		struct cm_buf written = {0};
		struct reply reply;

		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
		         ids[i]);
		reply = serve_rpc(&serve, DEMO, NULL, text);
		CU_ASSERT_EQUAL(cm_json_parse(ids[i], strlen(ids[i]), &id, NULL), CM_OK);
		cm_json_put_value(&written, id);
		snprintf(wanted, sizeof wanted, "\"id\":%s,", cm_buf_str(&written));
		ASSERT_ROW(ids[i], strstr(reply.body, wanted) != NULL);
		cm_buf_clear(&written);
		cm_json_free(id);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_notifications_change_nothing(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, NULL,
	       "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":"
	       "\"delete_application\",\"arguments\":{\"id\":\"my-org/reader\"}}}",
	       202, 0);
	serve_does(&serve, DEMO, "get_application", "{\"id\":\"my-org/reader\"}");
	serve_close(&serve);
}

static void test_batches(void)
{
	static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
	struct cm_buf text = {0};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	expect(&serve, NULL, "[]", 400, -32600);
	expect(&serve, "2025-06-18", "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", 400,
	       -32600);
	expect(&serve, NULL, "[{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}]", 202, 0);
	reply = serve_rpc(
	    &serve, DEMO, "2024-11-05",
	    "[1,{\"jsonrpc\":\"2.0\",\"method\":\"x\"},{\"jsonrpc\":\"2.0\",\"id\":2,"
	    "\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2024-11-05\"}}]");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_EQUAL(cm_json_length(reply.json), 2);
	reply_clear(&reply);
	cm_json_put_open(&text, '[');
	for (size_t i = 0; i < 101; i++)
		cm_json_put_raw(&text, ping);
	cm_json_put_close(&text, ']');
	reply = serve_rpc(&serve, DEMO, NULL, cm_buf_str(&text));
	CU_ASSERT_EQUAL(reply.status, 400);
	reply_clear(&reply);
	cm_buf_clear(&text);
	serve_close(&serve);
}

static void test_batch_after_its_own_end(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_rpc(
	    &serve, DEMO, NULL,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	    "\"delete_application\",\"arguments\":{\"id\":\"my-org/demo\"}}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}]");
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_at(reply.json, 0), "result"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_at(reply.json, 1), "error"));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a malformed message has the code that JSON-RPC gives it", test_envelope},
    {"an id comes back as it was", test_ids_come_back},
    {"a request without id is not run", test_notifications_change_nothing},
    {"batches are of older revisions, and bounded", test_batches},
    {"a batch that ends its own token goes no further", test_batch_after_its_own_end},
};

CM_SUITE(cm_suite_mcp_message, "mcp/message", tests);

#include "mcp/method.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"
#include "tools/toolbox.h"

#define REQUEST(method, params)                                                                    \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":" params "}"
#define CALL(name, arguments)                                                                      \
	REQUEST("tools/call", "{\"name\":\"" name "\",\"arguments\":" arguments "}")

static const cm_json *result_of(const struct reply *reply, const char *member)
{
	return cm_json_get(cm_json_get(reply->json, "result"), member);
}

/* Set what a client may do, whatever it was made with. */
static void scopes_of(struct serve *serve, enum serve_client client, const char *scope)
{
	char sql[300];

	snprintf(sql, sizeof sql, "UPDATE application SET scope = '%s' WHERE client_id = '%s'",
	         scope, serve->client_id[client]);
	CU_ASSERT_TRUE(fixture_sql(serve->ctx.store, sql));
}

/* tools/list for a client shows exactly the tools that its scopes allow, in the box's order. */
static void lists(struct serve *serve, enum serve_client client, cm_scope_set scopes)
{
	struct cm_principal caller = support_caller("my-org", scopes);
	struct reply reply = serve_rpc(serve, client, NULL, REQUEST("tools/list", "{}"));
	const cm_json *tools = result_of(&reply, "tools");
	const struct cm_tool *tool;
	size_t at = 0;

	CU_ASSERT_EQUAL(cm_json_type(tools), CM_JSON_ARRAY);
	for (size_t i = 0; (tool = cm_tool_at(&cm_toolbox, i)) != NULL; i++) {
		if (cm_tool_allowed(tool, &caller))
			ASSERT_ROW(tool->name,
			           support_is(cm_json_at(tools, at++), "name", tool->name));
	}
	CU_ASSERT_EQUAL(cm_json_length(tools), at);
	CU_ASSERT_PTR_NULL(result_of(&reply, "nextCursor"));
	reply_clear(&reply);
}

static void test_list_by_scope(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	lists(&serve, DEMO, CM_SCOPE_CORE);
	lists(&serve, ADMIN, CM_SCOPE_ALL);
	lists(&serve, READER, CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION));
	scopes_of(&serve, DEMO, "write:application");
	lists(&serve, DEMO, CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION));
	scopes_of(&serve, DEMO, "");
	lists(&serve, DEMO, 0);
	reply = serve_rpc(&serve, DEMO, NULL, REQUEST("tools/list", "{}"));
	CU_ASSERT_STRING_EQUAL(reply.body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{"
	                                   "\"tools\":[]}}");
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_list_is_stable(void)
{
	struct serve serve;
	struct reply one, two;

	serve_open(&serve);
	one = serve_rpc(&serve, DEMO, "2025-11-25", REQUEST("tools/list", "{}"));
	two = serve_rpc(&serve, DEMO, "2025-11-25", REQUEST("tools/list", "{\"_meta\":{}}"));
	CU_ASSERT_STRING_EQUAL(one.body, two.body);
	reply_clear(&one);
	reply_clear(&two);
	serve_close(&serve);
}

/* Every tool has what clients show and check: texts, an object schema each way, hints. */
static void test_each_tool_is_described(void)
{
	struct serve serve;
	struct reply reply;
	const cm_json *tools;

	serve_open(&serve);
	reply = serve_rpc(&serve, ADMIN, "2025-11-25", REQUEST("tools/list", "{}"));
	tools = result_of(&reply, "tools");
	CU_ASSERT_TRUE(cm_json_length(tools) > 0);
	CU_ASSERT_PTR_NULL(cm_tool_at(&cm_toolbox, cm_json_length(tools)));
	for (size_t i = 0; i < cm_json_length(tools); i++) {
		const cm_json *tool = cm_json_at(tools, i), *hints;
		const char *name = cm_json_string(cm_json_get(tool, "name"));
		bool read_only = false, destructive = false;

		ASSERT_ROW(name, cm_json_string(cm_json_get(tool, "title")) != NULL);
		ASSERT_ROW(name, cm_json_string(cm_json_get(tool, "description")) != NULL);
		ASSERT_ROW(name, support_is(cm_json_get(tool, "inputSchema"), "type", "object"));
		ASSERT_ROW(name, support_is(cm_json_get(tool, "outputSchema"), "type", "object"));
		hints = cm_json_get(tool, "annotations");
		ASSERT_ROW(name, cm_json_bool(cm_json_get(hints, "readOnlyHint"), &read_only));
		ASSERT_ROW(name, read_only == (strncmp(name, "get_", 4) == 0));
		ASSERT_ROW(name, cm_json_bool(cm_json_get(hints, "destructiveHint"),
		                              &destructive) != read_only);
		ASSERT_ROW(name, !destructive || strncmp(name, "add_", 4) != 0);
	}
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_R5_call_without_the_scope(void)
{
	static const char *const texts[] = {
	    CALL("add_application", "{\"application\":{\"name\":\"a\"}}"),
	    CALL("add_application", "{}"),
	    CALL("update_application", "{\"id\":\"other-org/demo\",\"application\":{}}"),
	    CALL("delete_application", "{\"id\":\"my-org/demo\"}"),
	    CALL("rotate_application_secret", "{\"id\":\"my-org/none\"}"),
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct support_rows before = support_rows(&serve), after;
		struct reply reply = serve_rpc(&serve, READER, NULL, texts[i]);
		const cm_json *error = cm_json_get(reply.json, "error");

		after = support_rows(&serve);
		ASSERT_ROW(texts[i], reply.status == 403);
		ASSERT_ROW(texts[i], support_code(&reply) == -32001);
		ASSERT_ROW(texts[i], support_is(error, "message", "insufficient_scope"));
		ASSERT_ROW(texts[i],
		           reply_has_header(
		               &reply, "WWW-Authenticate: Bearer error=\"insufficient_scope\""));
		ASSERT_ROW(texts[i],
		           strstr(cm_buf_str(&reply.raw),
		                  "scope=\"read:application write:application\"") != NULL);
		ASSERT_ROW(texts[i],
		           support_writes(cm_json_get(cm_json_get(error, "data"), "granted_scopes"),
		                          "[\"read:application\"]"));
		ASSERT_ROW(texts[i], after.applications == before.applications &&
		                         after.audits == before.audits + 1);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* Without any scope the challenge names what is lacking, and the list is empty, not null. */
static void test_R5_call_without_any_scope(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	scopes_of(&serve, READER, "");
	reply = serve_rpc(&serve, READER, NULL, CALL("get_applications", "{}"));
	CU_ASSERT_EQUAL(reply.status, 403);
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(reply.json, "error"), "data"),
	                              "{\"tool\":\"get_applications\",\"granted_scopes\":[],"
	                              "\"required_scope\":\"read:application\"}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&reply.raw), "scope=\"read:application\"\r\n"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_call_errors(void)
{
	static const struct {
		const char *text, *word;
	} rows[] = {
	    {REQUEST("tools/call", "{}"), "params.name must be a string."},
	    {REQUEST("tools/call", "{\"name\":7}"), "params.name must be a string."},
	    {REQUEST("tools/call", "{\"name\":null}"), "params.name must be a string."},
	    {REQUEST("tools/call", "{\"name\":\"\"}"), "Unknown tool: "},
	    {REQUEST("tools/call", "{\"name\":\"Get_application\"}"), "Unknown tool: Get_"},
	    {REQUEST("tools/call", "{\"name\":\"get-application\"}"), "Unknown tool: get-"},
	    {REQUEST("tools/call", "{\"name\":\"get_application\",\"arguments\":7}"),
	     "params.arguments must be an object."},
	    {REQUEST("tools/call", "{\"name\":\"get_application\",\"arguments\":\"{}\"}"),
	     "params.arguments must be an object."},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}",
	     "params.name must be a string."},
	    {REQUEST("tools/list", "{\"cursor\":null}"), "cursor"},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply = serve_rpc(&serve, DEMO, NULL, rows[i].text);
		const char *message =
		    cm_json_string(cm_json_get(cm_json_get(reply.json, "error"), "message"));

		ASSERT_ROW(rows[i].text, reply.status == 200);
		ASSERT_ROW(rows[i].text, support_code(&reply) == -32602);
		ASSERT_ROW(rows[i].text, message != NULL && strstr(message, rows[i].word) != NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_forms_of_a_result(void)
{
	static const struct {
		const char *revision;
		bool structured;
	} rows[] = {{"2024-11-05", false},
	            {"2025-03-26", false},
	            {"2025-06-18", true},
	            {"2025-11-25", true}};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply = serve_rpc(&serve, DEMO, rows[i].revision,
		                               CALL("get_application", "{\"id\":\"my-org/demo\"}"));
		const cm_json *block = cm_json_at(result_of(&reply, "content"), 0);
		cm_json *text = support_parse(cm_json_string(cm_json_get(block, "text")));
		struct cm_buf written = {0};
		bool failed = true;

		cm_json_put_value(&written, text);
		ASSERT_ROW(rows[i].revision, support_is(block, "type", "text"));
		ASSERT_ROW(rows[i].revision, support_is(text, "name", "demo"));
		ASSERT_ROW(rows[i].revision,
		           cm_json_bool(result_of(&reply, "isError"), &failed) && !failed);
		ASSERT_ROW(rows[i].revision,
		           (result_of(&reply, "structuredContent") != NULL) == rows[i].structured);
		if (rows[i].structured)
			ASSERT_ROW(rows[i].revision,
			           support_writes(result_of(&reply, "structuredContent"),
			                          cm_buf_str(&written)));
		cm_buf_clear(&written);
		cm_json_free(text);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_forms_of_a_failure(void)
{
	static const char *const texts[] = {
	    CALL("get_application", "{\"id\":\"my-org/none\"}"),
	    CALL("get_application", "{\"id\":7}"),
	    CALL("add_application", "{\"application\":{\"name\":\"demo\"}}"),
	    CALL("get_applications", "{\"owner\":\"other-org\"}"),
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply reply = serve_rpc(&serve, DEMO, "2025-11-25", texts[i]);
		const char *text = cm_json_string(
		    cm_json_get(cm_json_at(result_of(&reply, "content"), 0), "text"));
		bool failed = false;

		/* The model's own mistake is a result that it reads, not an error of the protocol.
		 */
		ASSERT_ROW(texts[i], reply.status == 200 && support_code(&reply) == 0);
		ASSERT_ROW(texts[i], cm_json_bool(result_of(&reply, "isError"), &failed) && failed);
		ASSERT_ROW(texts[i], cm_json_length(result_of(&reply, "content")) == 1);
		ASSERT_ROW(texts[i], text != NULL && text[strlen(text) - 1] == '.');
		ASSERT_ROW(texts[i], result_of(&reply, "structuredContent") == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"tools/list shows what the scopes allow now, an empty array too", test_list_by_scope},
    {"tools/list says the same each time", test_list_is_stable},
    {"each tool has titles, schemas and hints", test_each_tool_is_described},
    {"R5 a call beyond the scopes is 403 with all that is needed, and audited",
     test_R5_call_without_the_scope},
    {"R5 granted_scopes may be empty", test_R5_call_without_any_scope},
    {"a call that can't be made is an error of the protocol", test_call_errors},
    {"a result is text, and structured where the revision has it", test_forms_of_a_result},
    {"a tool that fails says why in a result", test_forms_of_a_failure},
};

CM_SUITE(cm_suite_mcp_tools, "mcp/tools", tests);

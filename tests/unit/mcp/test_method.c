#include "serve.h"

#include <stdio.h>

#define REQUEST(method, params)                                                                    \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":" params "}"

static void expect(struct serve *serve, enum serve_client client, const char *text, int status,
                   int64_t code)
{
	struct reply reply = serve_rpc(serve, client, NULL, text);
	int64_t got = 0;

	(void)cm_json_integer(cm_json_get(cm_json_get(reply.json, "error"), "code"), &got);
	ASSERT_ROW(text, reply.status == status);
	ASSERT_ROW(text, got == code);
	reply_clear(&reply);
}

/* How many elements an array of the result has. */
static size_t count(struct serve *serve, enum serve_client client, const char *text,
                    const char *member)
{
	struct reply reply = serve_rpc(serve, client, NULL, text);
	const cm_json *array = cm_json_get(cm_json_get(reply.json, "result"), member);
	size_t length = cm_json_length(array);

	ASSERT_ROW(text, cm_json_type(array) == CM_JSON_ARRAY);
	reply_clear(&reply);
	return length;
}

static void test_R4_token_first(void)
{
	static const char *const texts[] = {"", "{", REQUEST("ping", "{}"),
	                                    "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply reply = serve_rpc(&serve, NOBODY, NULL, texts[i]);

		ASSERT_ROW(texts[i], reply.status == 401);
		ASSERT_ROW(texts[i],
		           reply_has_header(&reply, "WWW-Authenticate: Bearer resource_metadata="));
		ASSERT_ROW(texts[i], strstr(reply.body, "\"Unauthorized\"") != NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_R5_low_scope(void)
{
	static const char *const texts[] = {
	    REQUEST("tools/call", "{\"name\":\"add_application\",\"arguments\":{}}"),
	    REQUEST("prompts/get", "{\"name\":\"rotate_secret\"}"),
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply reply = serve_rpc(&serve, READER, NULL, texts[i]);
		const cm_json *data = cm_json_get(cm_json_get(reply.json, "error"), "data");

		ASSERT_ROW(texts[i], reply.status == 403);
		ASSERT_ROW(texts[i],
		           strstr(cm_buf_str(&reply.raw), "error=\"insufficient_scope\"") != NULL);
		ASSERT_ROW(texts[i],
		           strstr(cm_buf_str(&reply.raw),
		                  "scope=\"read:application write:application\"") != NULL);
		ASSERT_ROW(texts[i], cm_json_length(cm_json_get(data, "granted_scopes")) == 1);
		ASSERT_ROW(texts[i], strcmp(cm_json_string(cm_json_get(data, "required_scope")),
		                            "write:application") == 0);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_lists_follow_the_scopes(void)
{
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_EQUAL(count(&serve, DEMO, REQUEST("tools/list", "{}"), "tools"), 6);
	CU_ASSERT_EQUAL(count(&serve, READER, REQUEST("tools/list", "{}"), "tools"), 2);
	CU_ASSERT_EQUAL(count(&serve, DEMO, REQUEST("prompts/list", "{}"), "prompts"), 3);
	CU_ASSERT_EQUAL(count(&serve, READER, REQUEST("prompts/list", "{}"), "prompts"), 1);
	serve_does(&serve, ADMIN, "update_application",
	           "{\"id\":\"my-org/reader\",\"application\":{\"scopes\":[]}}");
	CU_ASSERT_EQUAL(count(&serve, READER, REQUEST("tools/list", "{}"), "tools"), 0);
	CU_ASSERT_EQUAL(count(&serve, READER, REQUEST("prompts/list", "{}"), "prompts"), 0);
	CU_ASSERT_EQUAL(count(&serve, READER, REQUEST("resources/list", "{}"), "resources"), 0);
	expect(&serve, READER,
	       REQUEST("resources/read", "{\"uri\":\"casement://application/my-org/demo\"}"), 403,
	       -32001);
	serve_close(&serve);
}

static void test_bad_params(void)
{
	static const char *const texts[] = {
	    REQUEST("initialize", "{}"),
	    REQUEST("initialize", "{\"protocolVersion\":7}"),
	    REQUEST("tools/list", "{\"cursor\":\"x\"}"),
	    REQUEST("tools/call", "{}"),
	    REQUEST("tools/call", "{\"name\":\"nonsense\"}"),
	    REQUEST("tools/call", "{\"name\":\"get_application\",\"arguments\":[]}"),
	    REQUEST("resources/read", "{}"),
	    REQUEST("resources/list", "{\"cursor\":\"x\"}"),
	    REQUEST("resources/list", "{\"cursor\":\"application:!\"}"),
	    REQUEST("resources/list", "{\"cursor\":7}"),
	    REQUEST("resources/templates/list", "{\"cursor\":\"\"}"),
	    REQUEST("prompts/list", "{\"cursor\":\"x\"}"),
	    REQUEST("prompts/get", "{\"name\":\"nonsense\"}"),
	    REQUEST("prompts/get", "{\"name\":\"rotate_secret\"}"),
	    REQUEST("prompts/get",
	            "{\"name\":\"rotate_secret\",\"arguments\":{\"application\":7}}"),
	    REQUEST(
	        "prompts/get",
	        "{\"name\":\"rotate_secret\",\"arguments\":{\"application\":\"a\",\"x\":\"y\"}}"),
	    REQUEST("completion/complete", "{}"),
	    REQUEST("completion/complete",
	            "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"nonsense\"},"
	            "\"argument\":{\"name\":\"a\",\"value\":\"\"}}"),
	    REQUEST("completion/complete", "{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"x\"},"
	                                   "\"argument\":{\"name\":\"a\",\"value\":\"\"}}"),
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		expect(&serve, DEMO, texts[i], 200, -32602);
	serve_close(&serve);
}

static void test_resources_keep_tenancy(void)
{
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_EQUAL(count(&serve, DEMO, REQUEST("resources/list", "{}"), "resources"), 2);
	CU_ASSERT_EQUAL(count(&serve, OTHER, REQUEST("resources/list", "{}"), "resources"), 1);
	CU_ASSERT_EQUAL(count(&serve, ADMIN, REQUEST("resources/list", "{}"), "resources"), 4);
	CU_ASSERT_EQUAL(
	    count(&serve, DEMO,
	          REQUEST("resources/read", "{\"uri\":\"casement://application/my-org/demo\"}"),
	          "contents"),
	    1);
	expect(&serve, DEMO,
	       REQUEST("resources/read", "{\"uri\":\"casement://application/other-org/demo\"}"),
	       200, -32002);
	expect(&serve, DEMO,
	       REQUEST("resources/read", "{\"uri\":\"casement://application/my-org\"}"), 200,
	       -32002);
	expect(&serve, DEMO, REQUEST("resources/read", "{\"uri\":\"file:///etc/passwd\"}"), 200,
	       -32002);
	serve_close(&serve);
}

/* The values that completion offers, as JSON text. */
static void completes(struct serve *serve, enum serve_client client, const char *ref,
                      const char *argument, const char *value, const char *wanted)
{
	char text[600];
	struct reply reply;
	struct cm_buf got = {0};

	snprintf(text, sizeof text,
	         REQUEST("completion/complete",
	                 "{\"ref\":%s,\"argument\":{\"name\":\"%s\",\"value\":"
	                 "\"%s\"}}"),
	         ref, argument, value);
	reply = serve_rpc(serve, client, NULL, text);
	cm_json_put_value(
	    &got,
	    cm_json_get(cm_json_get(cm_json_get(reply.json, "result"), "completion"), "values"));
	ASSERT_ROW(text, strcmp(cm_buf_str(&got), wanted) == 0);
	cm_buf_clear(&got);
	reply_clear(&reply);
}

static void test_completion(void)
{
	static const char template[] =
	    "{\"type\":\"ref/resource\",\"uri\":\"casement://application/{owner}/{name}\"}";
	static const char prompt[] = "{\"type\":\"ref/prompt\",\"name\":\"rotate_secret\"}";
	struct serve serve;

	serve_open(&serve);
	completes(&serve, DEMO, template, "name", "", "[\"demo\",\"reader\"]");
	completes(&serve, DEMO, template, "name", "re", "[\"reader\"]");
	completes(&serve, DEMO, template, "name", "re%", "[]");
	completes(&serve, DEMO, template, "owner", "", "[\"my-org\"]");
	completes(&serve, DEMO, template, "owner", "other", "[]");
	completes(&serve, ADMIN, template, "owner", "o", "[\"other-org\"]");
	completes(&serve, DEMO, prompt, "application", "my", "[\"my-org/demo\",\"my-org/reader\"]");
	completes(&serve, DEMO, prompt, "application", "my-org/d", "[\"my-org/demo\"]");
	completes(&serve, DEMO, prompt, "application", "other-org/", "[]");
	serve_close(&serve);
}

static void test_prompt_text(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply =
	    serve_rpc(&serve, DEMO, NULL,
	              REQUEST("prompts/get", "{\"name\":\"register_application\",\"arguments\":{"
	                                     "\"name\":\"{redirect_uri}\"}}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply.body, "named {redirect_uri} with"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply.body, "none: it acts for itself"));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"R4 without a token nothing else is looked at", test_R4_token_first},
    {"R5 a lacking scope is told with all that is needed", test_R5_low_scope},
    {"lists show what the scopes allow, empty arrays too", test_lists_follow_the_scopes},
    {"params of the wrong shape are refused", test_bad_params},
    {"R6 resources keep to the caller's organisation", test_resources_keep_tenancy},
    {"completion offers what the caller may see", test_completion},
    {"a prompt holds the values as they are", test_prompt_text},
};

CM_SUITE(cm_suite_mcp_method, "mcp/method", tests);

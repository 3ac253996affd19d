#include "mcp/method.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define TEMPLATE "{\"type\":\"ref/resource\",\"uri\":\"casement://application/{owner}/{name}\"}"
#define REVIEW   "{\"type\":\"ref/prompt\",\"name\":\"review_access\"}"
#define PROMPT   "{\"type\":\"ref/prompt\",\"name\":\"rotate_secret\"}"

static struct reply complete(struct serve *serve, enum serve_client client, const char *params)
{
	struct cm_buf text = {0};
	struct reply reply;

	cm_buf_printf(&text,
	              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"completion/complete\","
	              "\"params\":%s}",
	              params);
	reply = serve_rpc(serve, client, "2025-11-25", cm_buf_str(&text));
	cm_buf_clear(&text);
	return reply;
}

/* The answer to these params, whole. */
static void offers(struct serve *serve, enum serve_client client, const char *params,
                   const char *values, const char *more)
{
	struct reply reply = complete(serve, client, params);
	const cm_json *got = cm_json_get(cm_json_get(reply.json, "result"), "completion");

	ASSERT_ROW(params, support_writes(cm_json_get(got, "values"), values));
	ASSERT_ROW(params, support_writes(cm_json_get(got, "hasMore"), more));
	reply_clear(&reply);
}

#define PARAMS(ref, name, value)                                                                   \
	"{\"ref\":" ref ",\"argument\":{\"name\":\"" name "\",\"value\":\"" value "\"}}"

static void test_what_can_be_no_name(void)
{
	static const char *const values[] = {PARAMS(TEMPLATE, "name", "%"),
	                                     PARAMS(TEMPLATE, "name", "demo/"),
	                                     PARAMS(TEMPLATE, "name", "' OR 1"),
	                                     PARAMS(TEMPLATE, "name", "\xc3\xa9"),
	                                     PARAMS(TEMPLATE, "name", "-d"),
	                                     PARAMS(TEMPLATE, "name", "DEMO"),
	                                     PARAMS(PROMPT, "application", "/"),
	                                     PARAMS(PROMPT, "application", "my-org/demo/x"),
	                                     PARAMS(PROMPT, "application", "my-org//"),
	                                     PARAMS(PROMPT, "application", "My")};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		offers(&serve, DEMO, values[i], "[]", "false");
	serve_close(&serve);
}

static void test_R6_only_what_is_seen(void)
{
	struct serve serve;

	serve_open(&serve);
	offers(&serve, OTHER, PARAMS(TEMPLATE, "name", ""), "[\"demo\"]", "false");
	offers(&serve, OTHER, PARAMS(TEMPLATE, "owner", "m"), "[]", "false");
	offers(&serve, OTHER, PARAMS(PROMPT, "application", "my-org/"), "[]", "false");
	offers(&serve, OTHER,
	       "{\"ref\":" TEMPLATE ",\"argument\":{\"name\":\"name\",\"value\":\"\"},"
	       "\"context\":{\"arguments\":{\"owner\":\"my-org\"}}}",
	       "[]", "false");
	offers(&serve, ADMIN,
	       "{\"ref\":" TEMPLATE ",\"argument\":{\"name\":\"name\",\"value\":\"\"},"
	       "\"context\":{\"arguments\":{\"owner\":\"my-org\"}}}",
	       "[\"demo\",\"reader\"]", "false");
	offers(&serve, ADMIN, PARAMS(TEMPLATE, "name", ""), "[\"admin\"]", "false");
	offers(&serve, ADMIN, PARAMS(TEMPLATE, "owner", ""),
	       "[\"built-in\",\"my-org\",\"other-org\"]", "false");
	serve_close(&serve);
}

static void test_R5_without_the_scope(void)
{
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, "UPDATE application SET scope = ''"));
	offers(&serve, DEMO, PARAMS(TEMPLATE, "name", ""), "[]", "false");
	offers(&serve, DEMO, PARAMS(PROMPT, "application", "my-org/"), "[]", "false");
	offers(&serve, DEMO, PARAMS(TEMPLATE, "owner", ""), "[]", "false");
	offers(&serve, ADMIN, PARAMS(TEMPLATE, "owner", ""), "[]", "false");
	offers(&serve, ADMIN, PARAMS(REVIEW, "owner", ""), "[]", "false");
	/* Looking for completions is no attempt to change something. */
	CU_ASSERT_EQUAL(
	    fixture_integer(serve.ctx.store, "SELECT count(*) FROM audit WHERE outcome <> 'ok'"),
	    0);
	serve_close(&serve);
}

static void test_many(void)
{
	struct serve serve;
	struct reply reply;
	const cm_json *got;
	bool more = false;

	serve_open(&serve);
	for (int i = 0; i < 120; i++) {
		char name[20];

		snprintf(name, sizeof name, "n%03d", i);
		CU_ASSERT_EQUAL(fixture_application(serve.ctx.store, "my-org", name), CM_OK);
		fixture_organization(serve.ctx.store, name);
	}
	reply = complete(&serve, DEMO, PARAMS(TEMPLATE, "name", "n"));
	got = cm_json_get(cm_json_get(reply.json, "result"), "completion");
	CU_ASSERT_TRUE(cm_json_length(cm_json_get(got, "values")) <= 100);
	CU_ASSERT_TRUE(cm_json_bool(cm_json_get(got, "hasMore"), &more) && more);
	reply_clear(&reply);
	reply = complete(&serve, ADMIN, PARAMS(TEMPLATE, "owner", "n"));
	got = cm_json_get(cm_json_get(reply.json, "result"), "completion");
	CU_ASSERT_EQUAL(cm_json_length(cm_json_get(got, "values")), 100);
	CU_ASSERT_TRUE(cm_json_bool(cm_json_get(got, "hasMore"), &more) && more);
	reply_clear(&reply);
	offers(&serve, DEMO, PARAMS(TEMPLATE, "name", "n11"),
	       "[\"n110\",\"n111\",\"n112\",\"n113\",\"n114\",\"n115\",\"n116\",\"n117\","
	       "\"n118\",\"n119\"]",
	       "false");
	serve_close(&serve);
}

static void test_bad_params(void)
{
	static const char *const params[] = {
	    "{}",
	    "{\"ref\":" TEMPLATE "}",
	    "{\"ref\":7,\"argument\":{\"name\":\"name\",\"value\":\"\"}}",
	    "{\"ref\":" TEMPLATE ",\"argument\":{\"name\":\"name\"}}",
	    "{\"ref\":" TEMPLATE ",\"argument\":{\"name\":7,\"value\":\"\"}}",
	    "{\"ref\":" TEMPLATE ",\"argument\":{\"name\":\"name\",\"value\":7}}",
	    PARAMS(TEMPLATE, "Name", ""),
	    PARAMS(TEMPLATE, "", ""),
	    PARAMS(PROMPT, "name", ""),
	    PARAMS("{\"type\":\"ref/tool\",\"name\":\"rotate_secret\"}", "application", ""),
	    PARAMS("{\"type\":\"ref/prompt\",\"name\":\"none\"}", "application", ""),
	    PARAMS("{\"type\":\"ref/prompt\",\"uri\":\"rotate_secret\"}", "application", ""),
	    PARAMS("{\"type\":\"ref/resource\",\"name\":\"casement://application/{owner}/{name}\"}",
	           "name", ""),
	    PARAMS("{\"type\":\"ref/resource\",\"uri\":\"casement://application/my-org/{name}\"}",
	           "name", ""),
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(params); i++) {
		struct reply reply = complete(&serve, DEMO, params[i]);

		ASSERT_ROW(params[i], support_code(&reply) == -32602);
		ASSERT_ROW(params[i], cm_json_get(reply.json, "result") == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"what can be no name has no completion", test_what_can_be_no_name},
    {"R6 only what the caller may see is offered", test_R6_only_what_is_seen},
    {"R5 without the scope nothing is offered, and nothing audited", test_R5_without_the_scope},
    {"there are a hundred values at most, and it is said that there are more", test_many},
    {"params of the wrong shape are refused", test_bad_params},
};

CM_SUITE(cm_suite_mcp_completion, "mcp/completion", tests);

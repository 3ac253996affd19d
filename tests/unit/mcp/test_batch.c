#include "mcp/message.h"

#include <stdio.h>
#include <stdlib.h>

#include "mcp/endpoint.h"
#include "support.h"

#define PING(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"ping\"}"
#define NOTE     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"
#define RESPONSE "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}"

/* Post a batch; compare its answer as a whole. */
static void answers(struct serve *serve, const char *text, int status, const char *body)
{
	struct reply reply = serve_rpc(serve, DEMO, NULL, text);

	ASSERT_ROW(text, reply.status == status);
	ASSERT_ROW(text, strcmp(reply.body, body) == 0);
	reply_clear(&reply);
}

#define BAD(text)                                                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"" text "\"}}"
#define NO_OBJECT BAD("The message must be a JSON object.")

static void test_elements(void)
{
	struct serve serve;

	serve_open(&serve);
	answers(&serve, "[" PING("1") "," PING("\"a\"") "]", 200,
	        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},"
	        "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}]");
	answers(&serve, "[1,null,\"x\",true]", 200,
	        "[" NO_OBJECT "," NO_OBJECT "," NO_OBJECT "," NO_OBJECT "]");
	answers(&serve, "[{}]", 200, "[" BAD("jsonrpc must be \\\"2.0\\\".") "]");
	answers(&serve, "[" NOTE "]", 202, "");
	answers(&serve, "[" NOTE "," RESPONSE "," NOTE "]", 202, "");
	answers(&serve, "[" NOTE "," PING("1") "," RESPONSE "]", 200,
	        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]");
	/* The same id twice is the client's own affair. */
	answers(&serve, "[" PING("1") "," PING("1") "]", 200,
	        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},"
	        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]");
	serve_close(&serve);
}

static void test_nested_arrays(void)
{
	struct serve serve;

	serve_open(&serve);
	answers(&serve, "[[]]", 200, "[" NO_OBJECT "]");
	answers(&serve, "[[" PING("1") "]]", 200, "[" NO_OBJECT "]");
	answers(&serve, "[[[[[]]]]," PING("1") "]", 200,
	        "[" NO_OBJECT ",{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]");
	serve_close(&serve);
}

/* Post so many pings; the status, and how many answers came. */
static int post_pings(struct serve *serve, size_t count, size_t *answered)
{
	struct cm_buf text = {0};
	struct reply reply;
	int status;

	cm_json_put_open(&text, '[');
	for (size_t i = 0; i < count; i++)
		cm_json_put_raw(&text, PING("1"));
	cm_json_put_close(&text, ']');
	reply = serve_rpc(serve, DEMO, NULL, cm_buf_str(&text));
	*answered = cm_json_length(reply.json);
	status = reply.status;
	if (count > 100)
		CU_ASSERT_EQUAL(support_code(&reply), -32600);
	reply_clear(&reply);
	cm_buf_clear(&text);
	return status;
}

static void test_a_hundred_and_one(void)
{
	struct serve serve;
	size_t answered = 0;

	serve_open(&serve);
	CU_ASSERT_EQUAL(post_pings(&serve, 100, &answered), 200);
	CU_ASSERT_EQUAL(answered, 100);
	CU_ASSERT_EQUAL(post_pings(&serve, 101, &answered), 400);
	CU_ASSERT_EQUAL(answered, 0);
	serve_close(&serve);
}

static void test_which_revisions(void)
{
	static const struct {
		const char *revision;
		int status;
	} rows[] = {{NULL, 200},         {"2024-11-05", 200}, {"2025-03-26", 200},
	            {"2025-06-18", 400}, {"2025-11-25", 400}, {"2026-07-28", 400}};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *row = rows[i].revision == NULL ? "none" : rows[i].revision;
		struct reply reply = serve_rpc(&serve, DEMO, rows[i].revision, "[" PING("1") "]");

		ASSERT_ROW(row, reply.status == rows[i].status);
		ASSERT_ROW(row, support_code(&reply) == (rows[i].status == 200 ? 0 : -32600));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* One that fails is no reason for the others to fail. */
static void test_a_failure_stays_alone(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_rpc(
	    &serve, READER, NULL,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	    "\"add_application\",\"arguments\":{\"application\":{\"name\":\"a\"}}}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"nonsense\"}," PING("3") "]");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_EQUAL(cm_json_length(reply.json), 3);
	CU_ASSERT_TRUE(support_is(cm_json_get(cm_json_at(reply.json, 0), "error"), "message",
	                          "insufficient_scope"));
	CU_ASSERT_TRUE(support_writes(
	    cm_json_get(cm_json_get(cm_json_at(reply.json, 0), "error"), "data"),
	    "{\"tool\":\"add_application\",\"granted_scopes\":[\"read:application\"],"
	    "\"required_scope\":\"write:application\"}"));
	/* What one error tells is not told by the next. */
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_get(cm_json_at(reply.json, 1), "error"), "data"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_at(reply.json, 2), "result"));
	/* The status is the batch's, so there is no challenge. */
	CU_ASSERT_FALSE(reply_has_header(&reply, "WWW-Authenticate"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_initialize_stands_alone(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_rpc(&serve, DEMO, NULL,
	                  "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
	                  "\"protocolVersion\":\"2025-03-26\"}}]");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_at(reply.json, 0), "result"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_at(reply.json, 0), "error"));
	reply_clear(&reply);
	serve_close(&serve);
}

/* Of what a batch answers there is a limit, whatever its messages ask for. */
static void test_long_answers(void)
{
	struct cm_buf text = {0}, large = {0};
	struct serve serve;
	struct reply reply;
	int64_t code = 0;

	serve_open(&serve);
	cm_buf_puts(&large, "{\"application\":{\"name\":\"large\"");
	for (int i = 0; i < 8; i++) {
		static const char *const members[] = {"headerHtml",   "pageHtml",     "signupHtml",
		                                      "signinHtml",   "footerHtml",   "formCss",
		                                      "formSideHtml", "formCssMobile"};

		cm_buf_printf(&large, ",\"%s\":\"%065536d\"", members[i], i);
	}
	cm_buf_puts(&large, "}}");
	serve_does(&serve, DEMO, "add_application", cm_buf_str(&large));
	cm_json_put_open(&text, '[');
	for (int i = 0; i < 40; i++)
		cm_json_put_raw(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		                       "\"params\":{\"name\":\"get_application\",\"arguments\":{"
		                       "\"id\":\"my-org/large\"}}}");
	/* It is not answered at all, with an error neither. */
	cm_json_put_raw(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}");
	cm_json_put_close(&text, ']');
	reply = serve_rpc(&serve, DEMO, NULL, cm_buf_str(&text));
	CU_ASSERT_EQUAL(cm_json_length(reply.json), 40);
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_at(reply.json, 0), "result"));
	(void)cm_json_integer(cm_json_get(cm_json_get(cm_json_at(reply.json, 39), "error"), "code"),
	                      &code);
	CU_ASSERT_EQUAL(code, -32600);
	CU_ASSERT_TRUE(reply.raw.len < 10 * 1048576);
	reply_clear(&reply);
	cm_buf_clear(&large);
	cm_buf_clear(&text);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"each request of a batch is answered, in its order, and nothing else", test_elements},
    {"a batch in a batch is no message", test_nested_arrays},
    {"a hundred messages are a batch, one more is none of them", test_a_hundred_and_one},
    {"a batch is refused by the revisions that have none", test_which_revisions},
    {"a message that fails leaves the others alone", test_a_failure_stays_alone},
    {"initialize is no part of a batch", test_initialize_stands_alone},
    {"what a batch answers is bounded", test_long_answers},
};

CM_SUITE(cm_suite_mcp_batch, "mcp/batch", tests);

#include "mcp/message.h"

#include <stdio.h>
#include <stdlib.h>

#include "mcp/endpoint.h"
#include "support.h"

/* A request with any id, as JSON text. */
static struct reply ping(struct serve *serve, const char *revision, const char *id)
{
	char text[200];

	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}", id);
	return serve_rpc(serve, DEMO, revision, text);
}

static void test_good_ids(void)
{
	static const char *const ids[] = {"0",
	                                  "-1",
	                                  "9223372036854775807",
	                                  "-9223372036854775808",
	                                  "\"\"",
	                                  "\"0\"",
	                                  "\"a b\"",
	                                  "\"\xc3\xa9\"",
	                                  "\"/\"",
	                                  "\"null\""};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		char wanted[100];
		struct reply reply = ping(&serve, NULL, ids[i]);

		snprintf(wanted, sizeof wanted, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}",
		         ids[i]);
		ASSERT_ROW(ids[i], reply.status == 200);
		ASSERT_ROW(ids[i], strcmp(reply.body, wanted) == 0);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_bad_ids(void)
{
	static const struct {
		const char *id;
		int code;
	} rows[] = {
	    {"null", -32600},        {"1.5", -32600},  {"1.0", -32600},
	    {"1e3", -32600},         {"-0.0", -32600}, {"true", -32600},
	    {"[1]", -32600},         {"{}", -32600},   {"9223372036854775808", -32700},
	    {"01", -32700},          {"NaN", -32700},  {"'a'", -32700},
	    {"\"\\u0000\"", -32700},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply = ping(&serve, NULL, rows[i].id);
		const cm_json *id;

		ASSERT_ROW(rows[i].id, reply.status == 400);
		ASSERT_ROW(rows[i].id, support_code(&reply) == rows[i].code);
		/* An id that could not be read is null, not absent, in this revision. */
		ASSERT_ROW(rows[i].id, cm_json_find(reply.json, "id", &id) && id == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_ids_of_unknown_requests(void)
{
	static const struct {
		const char *revision;
		bool without;
	} rows[] = {{NULL, false},
	            {"2024-11-05", false},
	            {"2025-06-18", false},
	            {"2025-11-25", true},
	            {"2026-07-28", true}};
	static const char *const texts[] = {"{", "7", "{\"jsonrpc\":\"2.0\",\"id\":null}"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t k = 0; k < COUNT_OF(texts); k++) {
			struct reply reply = serve_rpc(&serve, DEMO, rows[i].revision, texts[k]);
			const cm_json *id;

			ASSERT_ROW(texts[k], reply.status == 400);
			ASSERT_ROW(texts[k],
			           cm_json_find(reply.json, "id", &id) != rows[i].without);
			reply_clear(&reply);
		}
	}
	serve_close(&serve);
}

/* The same before a body is read: without a token, or with a body of the wrong kind. */
static void test_ids_of_early_errors(void)
{
	struct serve serve;
	struct reply reply;
	const cm_json *id;

	serve_open(&serve);
	reply = serve_rpc(&serve, NOBODY, "2025-11-25", "{}");
	CU_ASSERT_EQUAL(reply.status, 401);
	CU_ASSERT_FALSE(cm_json_find(reply.json, "id", &id));
	reply_clear(&reply);
	reply = serve_rpc(&serve, NOBODY, "2025-03-26", "{}");
	CU_ASSERT_TRUE(cm_json_find(reply.json, "id", &id));
	reply_clear(&reply);
	/* Whoever names an unknown revision may be of any time. */
	reply = serve_rpc(&serve, NOBODY, "nonsense", "{}");
	CU_ASSERT_TRUE(cm_json_find(reply.json, "id", &id));
	reply_clear(&reply);
	serve_close(&serve);
}

/* An error of a request whose id is known has it, whatever is wrong with the rest. */
static void test_errors_keep_the_id(void)
{
	static const char *const texts[] = {
	    "{\"id\":\"me\",\"method\":\"ping\"}",
	    "{\"jsonrpc\":\"1.0\",\"id\":\"me\",\"method\":\"ping\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":null}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":{}}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"nonsense\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"ping\",\"params\":null}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"ping\",\"params\":\"x\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"ping\",\"params\":[1]}",
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"tools/call\"}",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply reply = serve_rpc(&serve, DEMO, NULL, texts[i]);

		ASSERT_ROW(texts[i], support_code(&reply) != 0);
		ASSERT_ROW(texts[i], support_is(reply.json, "id", "me"));
		ASSERT_ROW(texts[i], support_is(reply.json, "jsonrpc", "2.0"));
		ASSERT_ROW(texts[i], cm_json_get(reply.json, "result") == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_notifications_are_never_answered(void)
{
	static const char *const texts[] = {
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
	    "1}}",
	    "{\"jsonrpc\":\"2.0\",\"method\":\"nonsense\",\"params\":[1,2]}",
	    "{\"jsonrpc\":\"2.0\",\"method\":\"\"}",
	    "{\"jsonrpc\":\"2.0\",\"method\":\"initialize\"}",
	    "{\"jsonrpc\":\"2.0\",\"method\":\"tools/list\",\"params\":{\"cursor\":7}}",
	    "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":"
	    "\"add_application\",\"arguments\":{\"application\":{\"name\":\"a\"}}}}",
	};
	static const char *const revisions[] = {NULL, "2024-11-05", "2025-11-25", "2026-07-28"};
	struct support_rows before;
	struct serve serve;

	serve_open(&serve);
	before = support_rows(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		for (size_t k = 0; k < COUNT_OF(revisions); k++) {
			struct reply reply = serve_rpc(&serve, DEMO, revisions[k], texts[i]);

			ASSERT_ROW(texts[i], reply.status == 202);
			ASSERT_ROW(texts[i], *reply.body == '\0');
			ASSERT_ROW(texts[i], !reply_has_header(&reply, "Content-Type"));
			reply_clear(&reply);
		}
	}
	CU_ASSERT_TRUE(support_same_rows(before, support_rows(&serve)));
	serve_close(&serve);
}

static void test_answers_of_a_client(void)
{
	static const char *const texts[] = {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
	                                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}",
	                                    "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{}}",
	                                    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}}"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply reply = serve_rpc(&serve, DEMO, "2025-11-25", texts[i]);

		ASSERT_ROW(texts[i], reply.status == 202 && *reply.body == '\0');
		reply_clear(&reply);
		/* Where the server never asks, there is nothing to answer. */
		reply = serve_rpc(&serve, DEMO, "2026-07-28", texts[i]);
		ASSERT_ROW(texts[i], reply.status == 400 && support_code(&reply) == -32600);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_deep_and_odd_texts(void)
{
	static const char *const texts[] = {
	    "",
	    " ",
	    "\xef\xbb\xbf{}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}{}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\"}",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"p\xff\"}",
	};
	struct cm_buf deep = {0}, wide = {0};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		reply = serve_rpc(&serve, DEMO, NULL, texts[i]);
		ASSERT_ROW(texts[i], reply.status == 400);
		ASSERT_ROW(texts[i], support_code(&reply) == -32700);
		reply_clear(&reply);
	}
	for (int i = 0; i < 10000; i++)
		cm_buf_puts(&deep, "[");
	reply = serve_rpc(&serve, DEMO, NULL, cm_buf_str(&deep));
	CU_ASSERT_EQUAL(support_code(&reply), -32700);
	reply_clear(&reply);
	cm_buf_puts(&wide,
	            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"x\":[{}");
	for (int i = 0; i < CM_JSON_CONTAINERS_MAX; i++)
		cm_buf_puts(&wide, ",{}");
	cm_buf_puts(&wide, "]}}");
	reply = serve_rpc(&serve, DEMO, NULL, cm_buf_str(&wide));
	CU_ASSERT_EQUAL(support_code(&reply), -32700);
	reply_clear(&reply);
	cm_buf_clear(&wide);
	cm_buf_clear(&deep);
	serve_close(&serve);
}

static void test_nul_in_a_body(void)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\0{}";
	char authorization[2100];
	const char *env[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/api/mcp",
	                     "CONTENT_TYPE=application/json", authorization, NULL};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	snprintf(authorization, sizeof authorization, "HTTP_AUTHORIZATION=Bearer %s",
	         serve.token[DEMO]);
	reply = support_answer(&serve.ctx, env, body, sizeof body - 1, CM_BODY_WHOLE);
	CU_ASSERT_EQUAL(support_code(&reply), -32700);
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_unknown_method_text(void)
{
	struct cm_buf text = {0};
	struct serve serve;
	struct reply reply;
	const char *message;

	serve_open(&serve);
	cm_buf_puts(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\\"");
	for (int i = 0; i < 1000; i++)
		cm_buf_puts(&text, "\xe2\x82\xac");
	cm_buf_puts(&text, "\"}");
	reply = serve_rpc(&serve, DEMO, NULL, cm_buf_str(&text));
	message = cm_json_string(cm_json_get(cm_json_get(reply.json, "error"), "message"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(message);
	CU_ASSERT_TRUE(strncmp(message, "Method not found: \"", 19) == 0 && strlen(message) < 130);
	reply_clear(&reply);
	cm_buf_clear(&text);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"an id is a string or an integer, and comes back byte by byte", test_good_ids},
    {"anything else is no id", test_bad_ids},
    {"an unknown id is null in older revisions, left out in newer ones",
     test_ids_of_unknown_requests},
    {"so it is for errors before the body is read", test_ids_of_early_errors},
    {"an id that is known is in the error", test_errors_keep_the_id},
    {"notifications are never answered and never run", test_notifications_are_never_answered},
    {"answers of a client are taken where there may be some", test_answers_of_a_client},
    {"what is not JSON is a parse error", test_deep_and_odd_texts},
    {"a NUL does not end a body", test_nul_in_a_body},
    {"an unknown method is named, cut between characters", test_unknown_method_text},
};

CM_SUITE(cm_suite_mcp_envelope, "mcp/envelope", tests);

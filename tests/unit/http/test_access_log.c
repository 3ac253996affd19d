#include "http/access_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "support.h"

static void keep(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

/* Log as wanted from now on, into lines. */
static void listen_at(const char *level, struct cm_buf *lines)
{
	cm_log_configure(level, "server");
	cm_log_sink(keep, lines);
}

static void stop(struct cm_buf *lines)
{
	cm_log_configure("error", "server");
	cm_log_sink(NULL, NULL);
	cm_buf_clear(lines);
}

static void test_levels(void)
{
	static const struct {
		const char *level;
		bool logs;
	} rows[] = {{"off", false}, {"error", false}, {"info", true}};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf lines = {0};
		struct reply reply;

		listen_at(rows[i].level, &lines);
		reply = serve_send(&serve, "GET", "/nonsense", NULL, "");
		ASSERT_ROW(rows[i].level, (lines.len > 0) == rows[i].logs);
		reply_clear(&reply);
		stop(&lines);
	}
	serve_close(&serve);
}

static void test_a_line(void)
{
	static const char *const env[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/a?b",
	                                  "REMOTE_ADDR=192.0.2.1", NULL};
	struct cm_buf lines = {0};
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x = {.req = &req, .res = &res, .outcome = CM_NOT_FOUND};
	cm_json *line;

	CU_ASSERT_EQUAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
	x.caller.address = req.address;
	cm_response_init(&res);
	res.status = 404;
	listen_at("info", &lines);
	cm_access_log(&x, 1234);
	line = support_parse(cm_buf_str(&lines));
	CU_ASSERT_EQUAL(lines.data[lines.len - 1], '\n');
	CU_ASSERT_TRUE(support_is(line, "http", "GET"));
	CU_ASSERT_TRUE(support_is(line, "path", "/a"));
	CU_ASSERT_TRUE(support_is(line, "address", "192.0.2.1"));
	CU_ASSERT_TRUE(support_is(line, "outcome", "not_found"));
	CU_ASSERT_TRUE(support_is(line, "request_id", req.request_id));
	CU_ASSERT_TRUE(support_writes(cm_json_get(line, "status"), "404"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(line, "us"), "1234"));
	/* What is not known is left out. */
	CU_ASSERT_PTR_NULL(cm_json_get(line, "client"));
	CU_ASSERT_PTR_NULL(cm_json_get(line, "method"));
	CU_ASSERT_PTR_NULL(cm_json_get(line, "tool"));
	CU_ASSERT_PTR_NULL(cm_json_get(line, "traceparent"));
	cm_json_free(line);
	stop(&lines);
}

static void test_no_secrets(void)
{
	struct cm_buf lines = {0}, body = {0};
	char uri[300], query[300];
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	listen_at("info", &lines);
	snprintf(uri, sizeof uri, "/api/login/oauth/access_token?client_secret=%s",
	         serve.secret[DEMO]);
	snprintf(query, sizeof query, "QUERY_STRING=client_secret=%s", serve.secret[DEMO]);
	cm_buf_printf(&body, "grant_type=client_credentials&client_id=%s&client_secret=%s",
	              serve.client_id[DEMO], serve.secret[DEMO]);
	reply = support_post(&serve, uri, "application/x-www-form-urlencoded", query,
	                     cm_buf_str(&body));
	reply_clear(&reply);
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&lines), serve.secret[DEMO]));
	CU_ASSERT_PTR_NULL(
	    strstr(cm_buf_str(&lines), cm_json_string(cm_json_get(reply.json, "access_token"))));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), serve.client_id[DEMO]));
	reply_clear(&reply);
	cm_buf_clear(&body);
	stop(&lines);
	serve_close(&serve);
}

static void test_a_line_is_json_whatever_came(void)
{
	static const char *const uris[] = {"/\xff", "/\"\\", "/\xc3", "/a\x01\x7f",
	                                   "/\xed\xa0\x80"};
	static const char *const methods[] = {"GET", "\xff", "\"\n{"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		for (size_t k = 0; k < COUNT_OF(methods); k++) {
			struct cm_buf lines = {0};
			struct reply reply;
			cm_json *line = NULL;

			listen_at("info", &lines);
			reply = serve_send(&serve, methods[k], uris[i], NULL, "");
			ASSERT_ROW(uris[i],
			           cm_json_parse(lines.data, lines.len, &line, NULL) == CM_OK);
			ASSERT_ROW(uris[i], strchr(lines.data, '\n') == lines.data + lines.len - 1);
			cm_json_free(line);
			reply_clear(&reply);
			stop(&lines);
		}
	}
	serve_close(&serve);
}

/* One message: what it names is told, and nothing of the messages of a batch. */
static void test_what_a_message_names(void)
{
	static const struct {
		const char *text, *method, *tool, *outcome;
	} rows[] = {
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", "ping", NULL, "ok"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no\\nway\"}", "no\nway", NULL,
	     "method_not_found"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":"
	     "\"casement://x\"}}",
	     "resources/read", "casement://x", "no_resource"},
	    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	     "\"get_application\",\"arguments\":{\"id\":\"my-org/none\"}}}",
	     "tools/call", "get_application", "not_found"},
	    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", "batch of 1", NULL, "ok"},
	    {"{", NULL, NULL, "parse_error"},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf lines = {0};
		struct reply reply;
		cm_json *line;

		listen_at("info", &lines);
		reply = serve_rpc(&serve, DEMO, NULL, rows[i].text);
		line = support_parse(cm_buf_str(&lines));
		ASSERT_ROW(rows[i].text, rows[i].method == NULL
		                             ? cm_json_get(line, "method") == NULL
		                             : support_is(line, "method", rows[i].method));
		ASSERT_ROW(rows[i].text, rows[i].tool == NULL
		                             ? cm_json_get(line, "tool") == NULL
		                             : support_is(line, "tool", rows[i].tool));
		ASSERT_ROW(rows[i].text, support_is(line, "outcome", rows[i].outcome));
		cm_json_free(line);
		reply_clear(&reply);
		stop(&lines);
	}
	serve_close(&serve);
}

static void test_names_are_cut_whole(void)
{
	struct cm_buf text = {0}, lines = {0};
	struct serve serve;
	struct reply reply;
	cm_json *line = NULL;

	serve_open(&serve);
	cm_buf_puts(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
	                   "\"params\":{\"name\":\"");
	for (int i = 0; i < 200; i++)
		cm_buf_puts(&text, i == 0 ? "xx" : "\xe2\x82\xac");
	cm_buf_puts(&text, "\"}}");
	listen_at("info", &lines);
	reply = serve_rpc(&serve, DEMO, NULL, cm_buf_str(&text));
	CU_ASSERT_EQUAL(cm_json_parse(lines.data, lines.len, &line, NULL), CM_OK);
	CU_ASSERT_TRUE(lines.len < 600);
	CU_ASSERT_PTR_NOT_NULL(reply.json);
	cm_json_free(line);
	reply_clear(&reply);
	cm_buf_clear(&text);
	stop(&lines);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"requests are logged at level info only", test_levels},
    {"a line tells what is known and leaves out what is not", test_a_line},
    {"no secret, no token and no query gets into the log", test_no_secrets},
    {"a line is JSON, and one line, whatever was asked for", test_a_line_is_json_whatever_came},
    {"a message's method and what it names are told", test_what_a_message_names},
    {"a long name is cut between characters", test_names_are_cut_whole},
};

CM_SUITE(cm_suite_http_access_log, "http/access_log", tests);

#include "serve.h"

#include <stdio.h>

#include "base/log.h"
#include "casement.h"

static void test_paths_and_methods(void)
{
	static const struct {
		const char *method, *uri;
		int status;
	} rows[] = {
	    {"GET", "/", 200},           {"HEAD", "/", 200},          {"POST", "/", 405},
	    {"GET", "/api/health", 200}, {"GET", "/api/mcp", 405},    {"DELETE", "/api/mcp", 405},
	    {"GET", "/api/mcp/", 404},   {"GET", "/nonsense", 404},   {"POST", "", 404},
	    {"GET", "/api/../", 404},    {"GET", "//", 404},          {"BREW", "/api/health", 405},
	    {"post", "/api/mcp", 405},   {"GET", "/API/health", 404},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply = serve_send(&serve, rows[i].method, rows[i].uri, NULL, "");

		ASSERT_ROW(rows[i].uri, reply.status == rows[i].status);
		ASSERT_ROW(rows[i].uri, reply_has_header(&reply, "X-Request-Id: "));
		ASSERT_ROW(rows[i].uri,
		           (reply.status == 405) == reply_has_header(&reply, "Allow: "));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static enum cm_status allow(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_setting_set(store, "allowed_origins", arg, err);
}

static void test_R7_origins(void)
{
	static const struct {
		const char *origin;
		bool good;
	} rows[] = {
	    {"HTTP_ORIGIN=http://127.0.0.1:8080", true},
	    {"HTTP_ORIGIN=https://a.example", true},
	    {"HTTP_ORIGIN=https://b.example:8443", true},
	    {"HTTP_ORIGIN=https://a.example https://b.example:8443", false},
	    {"HTTP_ORIGIN=https://a.example.evil", false},
	    {"HTTP_ORIGIN=http://a.example", false},
	    {"HTTP_ORIGIN=null", false},
	    {"HTTP_ORIGIN=", false},
	};
	char origins[] = "https://a.example https://b.example:8443";
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_EQUAL(cm_store_write(serve.ctx.store, allow, origins, NULL), CM_OK);
	serve.ctx.version = -1;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *variables[] = {
		    rows[i].origin, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=x-evil, mcp-param-a",
		    NULL};
		struct reply post = serve_send(&serve, "POST", "/api/mcp", variables, "");
		struct reply options = serve_send(&serve, "OPTIONS", "/api/mcp", variables, "");

		/* A page that may call is told 401, so that it gets a token. */
		ASSERT_ROW(rows[i].origin, post.status == (rows[i].good ? 401 : 403));
		ASSERT_ROW(rows[i].origin, options.status == (rows[i].good ? 204 : 403));
		ASSERT_ROW(rows[i].origin,
		           reply_has_header(&post, "Access-Control-Allow-Origin: ") ==
		               rows[i].good);
		ASSERT_ROW(rows[i].origin, (strstr(cm_buf_str(&options.raw), "mcp-param-a") !=
		                            NULL) == rows[i].good);
		ASSERT_ROW(rows[i].origin, strstr(cm_buf_str(&options.raw), "x-evil") == NULL);
		ASSERT_ROW(rows[i].origin,
		           strstr(cm_buf_str(&options.raw), "Allow-Credentials") == NULL);
		reply_clear(&post);
		reply_clear(&options);
	}
	serve_close(&serve);
}

static void test_bodies(void)
{
	static const struct {
		enum cm_body state;
		int status;
	} rows[] = {{CM_BODY_SHORT, 400}, {CM_BODY_TOO_LARGE, 413}};
	static const char *const env[] = {"REQUEST_METHOD=POST",
	                                  "REQUEST_URI=/api/login/oauth/access_token",
	                                  "REMOTE_ADDR=127.0.0.1", NULL};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_response res;
		struct cm_request req;

		cm_response_init(&res);
		CU_ASSERT_EQUAL(cm_request_init(&req, env, "", 0, rows[i].state, NULL), CM_OK);
		serve_answer(&serve.ctx, &req, &res);
		CU_ASSERT_EQUAL(res.status, rows[i].status);
		CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&res.body), "\"invalid_request\""));
		cm_response_clear(&res);
	}
	serve_close(&serve);
}

static void test_no_store(void)
{
	static const struct {
		const char *uri, *shape;
	} rows[] = {
	    {"REQUEST_URI=/api/mcp", "{\"jsonrpc\":\"2.0\""},
	    {"REQUEST_URI=/api/login/oauth/access_token", "{\"error\":\"temporarily_unavailable\""},
	};
	struct cm_context ctx;

	cm_context_init(&ctx, "/nonexistent/casement.db");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {"REQUEST_METHOD=POST", rows[i].uri, NULL};
		struct cm_response res;
		struct cm_request req;

		cm_response_init(&res);
		CU_ASSERT_EQUAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
		serve_answer(&ctx, &req, &res);
		CU_ASSERT_EQUAL(res.status, 503);
		CU_ASSERT_EQUAL(
		    strncmp(cm_buf_str(&res.body), rows[i].shape, strlen(rows[i].shape)), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&res.body), req.request_id));
		CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&res.body), "nonexistent"));
		CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&res.headers), "Retry-After: "));
		cm_response_clear(&res);
	}
	cm_context_clear(&ctx);
}

static void keep_line(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

static void test_access_log(void)
{
	struct cm_buf lines = {0};
	struct serve serve;
	struct reply reply;
	cm_json *line = NULL;

	serve_open(&serve);
	cm_log_configure("info", "server");
	cm_log_sink(keep_line, &lines);
	reply = serve_rpc(
	    &serve, READER, NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	    "\"add_application\",\"_meta\":{\"traceparent\":"
	    "\"00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01\"}}}");
	CU_ASSERT_EQUAL(cm_json_parse(lines.data, lines.len, &line, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(line, "client")),
	                       serve.client_id[READER]);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(line, "method")), "tools/call");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(line, "tool")), "add_application");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(line, "outcome")), "insufficient_scope");
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(line, "traceparent"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&lines), serve.token[READER]));
	reply_clear(&reply);
	cm_json_free(line);
	cm_log_configure("error", "server");
	cm_log_sink(NULL, NULL);
	cm_buf_clear(&lines);
	serve_close(&serve);
}

static void test_accept_and_content_type(void)
{
	static const struct {
		const char *accept, *type;
		int status;
	} rows[] = {
	    {"HTTP_ACCEPT=*/*", "CONTENT_TYPE=application/json", 400},
	    {"HTTP_ACCEPT=text/event-stream, application/json;q=0.5",
	     "CONTENT_TYPE=application/json", 400},
	    {"HTTP_ACCEPT=application/*", "CONTENT_TYPE=application/json", 400},
	    {"HTTP_ACCEPT=text/event-stream", "CONTENT_TYPE=application/json", 406},
	    {"HTTP_ACCEPT=application/jsonx", "CONTENT_TYPE=application/json", 406},
	    {"HTTP_ACCEPT=*/*", "CONTENT_TYPE=text/plain", 415},
	    {"HTTP_ACCEPT=*/*", "X=", 415},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char authorization[2000];
		const char *variables[] = {rows[i].accept, rows[i].type, authorization, NULL};
		struct reply reply;

		snprintf(authorization, sizeof authorization, "HTTP_AUTHORIZATION=Bearer %s",
		         serve.token[DEMO]);
		reply = serve_send(&serve, "POST", "/api/mcp", variables, "7");
		ASSERT_ROW(rows[i].accept, reply.status == rows[i].status);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"an unknown path is 404, another method 405 with Allow", test_paths_and_methods},
    {"R7 pages of other origins are refused, preflights answered", test_R7_origins},
    {"a body that is short or too large is told so", test_bodies},
    {"without a store each path says 503 in its own shape", test_no_store},
    {"the access log tells who did what, and no token", test_access_log},
    {"Accept and Content-Type are minded", test_accept_and_content_type},
};

CM_SUITE(cm_suite_http_route, "http/route", tests);

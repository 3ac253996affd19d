#include "http/cors.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/env.h"
#include "support.h"

/* What a page of this origin is told: the header lines; NULL for no origin. */
static void tells(struct serve *serve, const char *origin, bool anyone, const char *wanted)
{
	const char *env[] = {origin, NULL};
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x = {.ctx = &serve->ctx, .req = &req, .res = &res};

	CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
	cm_response_init(&res);
	cm_cors_put(&x, anyone);
	ASSERT_ROW(origin == NULL ? "none" : origin, strcmp(cm_buf_str(&res.headers), wanted) == 0);
	cm_response_clear(&res);
}

#define EXPOSED "Access-Control-Expose-Headers: WWW-Authenticate, Retry-After, X-Request-Id\r\n"

static void test_U5_what_pages_may_read(void)
{
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "allowed_origins", "https://a.example https://b.example");
	tells(&serve, NULL, false, "Vary: Origin\r\n");
	tells(&serve, "HTTP_ORIGIN=https://evil.example", false, "Vary: Origin\r\n");
	tells(&serve, "HTTP_ORIGIN=null", false, "Vary: Origin\r\n");
	tells(&serve, "HTTP_ORIGIN=https://b.example", false,
	      "Vary: Origin\r\nAccess-Control-Allow-Origin: https://b.example\r\n" EXPOSED);
	tells(&serve, "HTTP_ORIGIN=http://127.0.0.1:8080", false,
	      "Vary: Origin\r\nAccess-Control-Allow-Origin: http://127.0.0.1:8080\r\n" EXPOSED);
	/* Never the page's own word for "anyone": the star goes with no credentials. */
	tells(&serve, "HTTP_ORIGIN=https://evil.example", true,
	      "Access-Control-Allow-Origin: *\r\n" EXPOSED);
	tells(&serve, NULL, true, "Access-Control-Allow-Origin: *\r\n" EXPOSED);
	serve_close(&serve);
}

static void test_origins_are_compared_whole(void)
{
	static const struct {
		const char *origin;
		bool allowed;
	} rows[] = {
	    {"HTTP_ORIGIN=https://h.example", true},
	    {"HTTP_ORIGIN=https://a.example:8443", true},
	    {"X=y", true},
	    {"HTTP_ORIGIN=https://h.example/auth", false},
	    {"HTTP_ORIGIN=https://h.example/", false},
	    {"HTTP_ORIGIN=https://h.example:443", false},
	    {"HTTP_ORIGIN=https://H.example", false},
	    {"HTTP_ORIGIN=http://h.example", false},
	    {"HTTP_ORIGIN=https://a.example", false},
	    {"HTTP_ORIGIN=https://a.example:84433", false},
	    {"HTTP_ORIGIN=a.example:8443", false},
	    {"HTTP_ORIGIN=https://h.example https://a.example:8443", false},
	    {"HTTP_ORIGIN= https://h.example", false},
	    {"HTTP_ORIGIN=https://h.example\r\nX: y", false},
	    {"HTTP_ORIGIN=null", false},
	    {"HTTP_ORIGIN=*", false},
	    {"HTTP_ORIGIN=", false},
	};
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "issuer", "https://h.example/auth");
	support_set(&serve, "allowed_origins", "https://a.example:8443");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {rows[i].origin, NULL};
		struct cm_request req;
		struct cm_exchange x = {.ctx = &serve.ctx, .req = &req};

		CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL),
		                      CM_OK);
		ASSERT_ROW(rows[i].origin, cm_cors_allowed(&x) == rows[i].allowed);
	}
	serve_close(&serve);
}

/* Ask with a preflight for these headers. */
static struct reply preflight(struct serve *serve, const char *uri, const char *origin,
                              const char *asked)
{
	return serve_send(serve, "OPTIONS", uri, (const char *[]){origin, asked, NULL}, "");
}

static void test_U5_preflight_needs_no_token(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = preflight(&serve, "/api/mcp", "HTTP_ORIGIN=http://127.0.0.1:8080",
	                  "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST");
	CU_ASSERT_EQUAL(reply.status, 204);
	CU_ASSERT_TRUE(reply_has_header(&reply, "Access-Control-Allow-Methods: POST\r\n"));
	CU_ASSERT_TRUE(reply_has_header(
	    &reply, "Access-Control-Allow-Headers: Authorization, Content-Type, Accept, "
	            "MCP-Protocol-Version, Mcp-Method, Mcp-Name\r\n"));
	CU_ASSERT_FALSE(reply_has_header(&reply, "WWW-Authenticate"));
	CU_ASSERT_STRING_EQUAL(reply.body, "");
	reply_clear(&reply);
	reply = preflight(&serve, "/.well-known/jwks", "HTTP_ORIGIN=https://any.example", "X=y");
	CU_ASSERT_EQUAL(reply.status, 204);
	CU_ASSERT_TRUE(reply_has_header(&reply, "Access-Control-Allow-Origin: *\r\n"));
	reply_clear(&reply);
	/* No page asks: there is nobody to be told. */
	reply = preflight(&serve, "/api/mcp", "X=y", "X=y");
	CU_ASSERT_EQUAL(reply.status, 204);
	CU_ASSERT_FALSE(reply_has_header(&reply, "Access-Control-Allow-Origin"));
	reply_clear(&reply);
	reply = preflight(&serve, "/nonsense", "HTTP_ORIGIN=http://127.0.0.1:8080", "X=y");
	CU_ASSERT_EQUAL(reply.status, 404);
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_refused_preflight(void)
{
	static const char *const uris[] = {"/api/mcp", "/api/login/oauth/access_token"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		struct reply reply = preflight(&serve, uris[i], "HTTP_ORIGIN=https://evil.example",
		                               "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=authorization");

		ASSERT_ROW(uris[i], !reply_has_header(&reply, "Access-Control-Allow-"));
		ASSERT_ROW(uris[i], strstr(cm_buf_str(&reply.raw), "evil.example") == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_asked_headers(void)
{
	char asked[300] = "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=Mcp-Param-", *at;
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = preflight(&serve, "/api/mcp", "HTTP_ORIGIN=http://127.0.0.1:8080",
	                  "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=cookie,MCP-PARAM-a ,\tmcp-param-b,"
	                  "mcp-param-,xmcp-param-c");
	CU_ASSERT_TRUE(reply_has_header(
	    &reply, "Access-Control-Allow-Headers: Authorization, Content-Type, Accept, "
	            "MCP-Protocol-Version, Mcp-Method, Mcp-Name, MCP-PARAM-a, mcp-param-b\r\n"));
	reply_clear(&reply);
	/* Another header that makes the same variable. */
	reply = preflight(&serve, "/api/mcp", "HTTP_ORIGIN=http://127.0.0.1:8080",
	                  "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=mcp-param-a" CM_ENV_UNLIKE "x");
	CU_ASSERT_EQUAL(reply.status, 204);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&reply.raw), ", mcp-param-a\r\n"));
	reply_clear(&reply);
	at = asked + strlen(asked);
	memset(at, 'a', 89);
	at[89] = '\0';
	reply = preflight(&serve, "/api/mcp", "HTTP_ORIGIN=http://127.0.0.1:8080", asked);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&reply.raw), "Mcp-Param-aaaa"));
	reply_clear(&reply);
	at[89] = 'a';
	reply = preflight(&serve, "/api/mcp", "HTTP_ORIGIN=http://127.0.0.1:8080", asked);
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&reply.raw), "Mcp-Param-aaaa"));
	reply_clear(&reply);
	serve_close(&serve);
}

/* Web servers let no such header through; if one does, nothing half-built goes out. */
static void test_control_characters(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = preflight(&serve, "/api/mcp", "HTTP_ORIGIN=http://127.0.0.1:8080",
	                  "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=mcp-param-a\r\nX-Evil:y");
	CU_ASSERT_NOT_EQUAL(reply.status, 204);
	CU_ASSERT_FALSE(reply_has_header(&reply, "X-Evil"));
	CU_ASSERT_FALSE(reply_has_header(&reply, "Access-Control-Allow-Headers"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "X-Request-Id: "));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"U5 pages may read challenges; others are told nothing", test_U5_what_pages_may_read},
    {"R7 an origin is compared whole", test_origins_are_compared_whole},
    {"U5 a preflight is answered before any token", test_U5_preflight_needs_no_token},
    {"a preflight of a foreign page allows nothing", test_refused_preflight},
    {"of the headers asked for, those of tool parameters are allowed", test_asked_headers},
    {"a header that breaks the line fails the whole response", test_control_characters},
};

CM_SUITE(cm_suite_http_cors, "http/cors", tests);

#include "serve.h"

/* Send a form and look at status and error; the error is NULL for a token. */
static void expect(struct serve *serve, enum serve_client client, const char *form, int status,
                   const char *error)
{
	struct reply reply = serve_token(serve, client, form);
	const char *got = cm_json_string(cm_json_get(reply.json, "error"));

	ASSERT_ROW(form, reply.status == status);
	ASSERT_ROW(form, error == NULL ? got == NULL : got != NULL && strcmp(got, error) == 0);
	ASSERT_ROW(form, reply_has_header(&reply, "Cache-Control: no-store\r\n"));
	ASSERT_ROW(form, reply_has_header(&reply, "Content-Type: application/json\r\n"));
	ASSERT_ROW(form, (cm_json_get(reply.json, "access_token") != NULL) == (error == NULL));
	reply_clear(&reply);
}

static void test_A2_A10_answer(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials&scope=application:read");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(reply.json, "scope")),
	                       "application:read");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(reply.json, "token_type")), "Bearer");
	CU_ASSERT_PTR_NULL(cm_json_get(reply.json, "refresh_token"));
	CU_ASSERT_PTR_NULL(cm_json_get(reply.json, "id_token"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_A3_repeated_parameters(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, DEMO, "grant_type=client_credentials&grant_type=client_credentials", 400,
	       "invalid_request");
	expect(&serve, DEMO, "grant_type=client_credentials&x=1&x=1", 400, "invalid_request");
	expect(&serve, DEMO,
	       "grant_type=client_credentials&resource=http://127.0.0.1:8080&"
	       "resource=http://127.0.0.1:8080/api/mcp",
	       200, NULL);
	serve_close(&serve);
}

static void test_A4_grant_type(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, DEMO, "scope=", 400, "invalid_request");
	expect(&serve, DEMO, "grant_type=", 400, "invalid_request");
	expect(&serve, DEMO, "grant_type=password&username=a&password=b", 400,
	       "unsupported_grant_type");
	serve_does(
	    &serve, DEMO, "update_application",
	    "{\"id\":\"my-org/demo\",\"application\":{\"grantTypes\":[\"authorization_code\"]}}");
	expect(&serve, DEMO, "grant_type=client_credentials", 400, "unauthorized_client");
	serve_close(&serve);
}

static void test_A5_authentication_comes_first(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, NOBODY, "grant_type=nonsense", 401, "invalid_client");
	expect(&serve, NOBODY, "client_id=x&client_secret=y", 401, "invalid_client");
	expect(&serve, NOBODY, "grant_type=client_credentials&client_id=x&client_secret=", 401,
	       "invalid_client");
	serve_close(&serve);
}

/* Send Basic credentials, already in base64. */
static struct reply basic(struct serve *serve, const char *header, const char *form)
{
	const char *variables[] = {"CONTENT_TYPE=application/x-www-form-urlencoded", header, NULL};

	return serve_send(serve, "POST", "/api/login/oauth/access_token", variables, form);
}

static void test_A6_basic(void)
{
	static const char *const headers[] = {
	    "HTTP_AUTHORIZATION=Basic !!!",      "HTTP_AUTHORIZATION=Basic",
	    "HTTP_AUTHORIZATION=Basic YWI=",     "HTTP_AUTHORIZATION=Basic YTpi, Basic YTpi",
	    "HTTP_AUTHORIZATION=Basic YQA6Yg==", "HTTP_AUTHORIZATION=Bearer YTpi",
	    "HTTP_AUTHORIZATION=Basic JTo6",     "HTTP_AUTHORIZATION=Basic YTpi",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		struct reply reply = basic(&serve, headers[i], "grant_type=client_credentials");

		ASSERT_ROW(headers[i], reply.status == 401);
		ASSERT_ROW(
		    headers[i],
		    reply_has_header(&reply, "WWW-Authenticate: Basic realm=\"casement\"\r\n"));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_A6_one_method(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = basic(&serve, "HTTP_AUTHORIZATION=Basic YTpi",
	              "grant_type=x&client_id=a&client_secret=b");
	CU_ASSERT_EQUAL(reply.status, 400);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(reply.json, "error")), "invalid_request");
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_A11_scopes(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, READER, "grant_type=client_credentials&scope=read:application", 200, NULL);
	expect(&serve, READER, "grant_type=client_credentials&scope=write:application", 400,
	       "invalid_scope");
	expect(&serve, READER, "grant_type=client_credentials&scope=read:user", 400,
	       "invalid_scope");
	/* The words for all cover more than today's scopes of that action. */
	expect(&serve, DEMO, "grant_type=client_credentials&scope=admin", 400, "invalid_scope");
	expect(&serve, DEMO, "grant_type=client_credentials&scope=read", 400, "invalid_scope");
	expect(&serve, ADMIN, "grant_type=client_credentials&scope=read", 200, NULL);
	serve_close(&serve);
}

static void test_A17_resource(void)
{
	static const struct {
		const char *form;
		bool good;
	} rows[] = {
	    {"grant_type=client_credentials&resource=http://127.0.0.1:8080/api/mcp", true},
	    {"grant_type=client_credentials&resource=HTTP://127.0.0.1:8080", true},
	    {"grant_type=client_credentials&resource=http://127.0.0.1:8080/", true},
	    {"grant_type=client_credentials&resource=http://127.0.0.1:8080/api/mcp/", false},
	    {"grant_type=client_credentials&resource=http://127.0.0.1:8080/api/mcp%23x", false},
	    {"grant_type=client_credentials&resource=http://127.0.0.1:8080/?x", false},
	    {"grant_type=client_credentials&resource=https://127.0.0.1:8080/api/mcp", false},
	    {"grant_type=client_credentials&resource=/api/mcp", false},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect(&serve, DEMO, rows[i].form, rows[i].good ? 200 : 400,
		       rows[i].good ? NULL : "invalid_target");
	serve_close(&serve);
}

static void test_json_body(void)
{
	static const char *const json[] = {"CONTENT_TYPE=application/json; charset=utf-8", NULL};
	static const char *const bodies[] = {
	    "",  "[]", "{\"grant_type\":1}", "{\"client_id\":\"a\",\"client_id\":\"b\"}",
	    "{", "7",  "{\"resource\":[1]}",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct reply reply =
		    serve_send(&serve, "POST", "/api/login/oauth/access_token", json, bodies[i]);

		ASSERT_ROW(bodies[i], reply.status == 400);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"A2 A10 the answer has the scope as asked for and no refresh token", test_A2_A10_answer},
    {"A3 a repeated parameter is refused, resource excepted", test_A3_repeated_parameters},
    {"A4 a missing, unknown or foreign grant has its own error", test_A4_grant_type},
    {"A5 the client is authenticated before anything else", test_A5_authentication_comes_first},
    {"A6 a malformed Basic header is answered with a challenge", test_A6_basic},
    {"A6 two ways to authenticate are refused", test_A6_one_method},
    {"A11 only registered scopes are granted", test_A11_scopes},
    {"A17 resource is the MCP URL or its origin", test_A17_resource},
    {"a JSON body must be an object of strings", test_json_body},
};

CM_SUITE(cm_suite_oauth_token, "oauth/token", tests);

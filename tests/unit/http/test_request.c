#include "http/request.h"

#include "serve.h"

static struct cm_request make(const char *const *env)
{
	struct cm_request req;

	CU_ASSERT_EQUAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
	return req;
}

static void test_paths(void)
{
	static const struct {
		const char *variable, *path;
	} rows[] = {
	    {"REQUEST_URI=/api/mcp", "/api/mcp"},
	    {"REQUEST_URI=/api/mcp?x=/y", "/api/mcp"},
	    {"REQUEST_URI=/api/mcp#x", "/api/mcp"},
	    {"REQUEST_URI=http://evil.example/api/mcp?x", "/api/mcp"},
	    {"REQUEST_URI=HTTPS://evil.example", ""},
	    {"REQUEST_URI=//api/mcp", "//api/mcp"},
	    {"REQUEST_URI=/api/%6dcp", "/api/%6dcp"},
	    {"REQUEST_URI=", ""},
	    {"OTHER=/x", ""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {rows[i].variable, NULL};
		struct cm_request req = make(env);

		ASSERT_ROW(rows[i].variable, strcmp(req.path, rows[i].path) == 0);
	}
}

static void test_authorization_has_two_names(void)
{
	static const char *const both[] = {"HTTP_AUTHORIZATION=a", "REDIRECT_HTTP_AUTHORIZATION=b",
	                                   NULL};
	static const char *const second[] = {"HTTP_AUTHORIZATION=", "REDIRECT_HTTP_AUTHORIZATION=b",
	                                     NULL};
	static const char *const none[] = {"XHTTP_AUTHORIZATION=a", "HTTP_AUTHORIZATION=", NULL};
	struct cm_request req = make(both);

	CU_ASSERT_STRING_EQUAL(cm_request_authorization(&req), "a");
	req = make(second);
	CU_ASSERT_STRING_EQUAL(cm_request_authorization(&req), "b");
	req = make(none);
	CU_ASSERT_PTR_NULL(cm_request_authorization(&req));
}

static void test_private(void)
{
	static const struct {
		const char *variable;
		bool is;
	} rows[] = {
	    {"REMOTE_ADDR=127.0.0.1", true},
	    {"REMOTE_ADDR=::1", true},
	    {"REMOTE_ADDR=192.0.2.1", false},
	    {"REMOTE_ADDR=127.0.0.1.evil", false},
	    {"HTTPS=on", true},
	    {"HTTPS=off", false},
	    {"HTTP_X_FORWARDED_PROTO=https", false},
	    {"X=", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {rows[i].variable, NULL};
		struct cm_request req = make(env);

		ASSERT_ROW(rows[i].variable, cm_request_is_private(&req) == rows[i].is);
	}
}

static void test_media_types(void)
{
	static const char *const env[] = {"CONTENT_TYPE=Application/JSON ; charset=utf-8", NULL};
	struct cm_request req = make(env);

	CU_ASSERT_TRUE(cm_request_has_type(&req, "application/json"));
	CU_ASSERT_FALSE(cm_request_has_type(&req, "application/jso"));
	CU_ASSERT_FALSE(cm_request_has_type(&req, "application/json2"));
}

static const struct cm_test tests[] = {
    {"the path is REQUEST_URI's, whatever its form", test_paths},
    {"Authorization is found under both names", test_authorization_has_two_names},
    {"only TLS and this machine are private", test_private},
    {"media types are compared without parameters and case", test_media_types},
};

CM_SUITE(cm_suite_http_request, "http/request", tests);

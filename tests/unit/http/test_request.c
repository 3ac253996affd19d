#include "http/request.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "support.h"

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
	    {"REQUEST_URI=HtTp://u:p@evil.example:99/api/mcp#x", "/api/mcp"},
	    {"REQUEST_URI=http://evil.example?/api/mcp", ""},
	    {"REQUEST_URI=http://evil.example#/api/mcp", ""},
	    {"REQUEST_URI=http:///api/mcp", "/api/mcp"},
	    {"REQUEST_URI=ftp://evil.example/x", "ftp://evil.example/x"},
	    {"REQUEST_URI=/http://evil.example/x", "/http://evil.example/x"},
	    {"REQUEST_URI=?/api/mcp", ""},
	    {"REQUEST_URI=/a#b?c", "/a"},
	    {"REQUEST_URI=/a?b#c", "/a"},
	    {"REQUEST_URI=*", "*"},
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

/* A path of this many bytes, before a query; whether it is taken as it is. */
static bool takes_path_of(size_t len, const char *before, const char *after)
{
	char uri[CM_PATH_MAX + 200], wanted[CM_PATH_MAX + 100] = "/";
	const char *env[] = {uri, NULL};
	struct cm_request req;

	memset(wanted + 1, 'a', len - 1);
	wanted[len] = '\0';
	snprintf(uri, sizeof uri, "REQUEST_URI=%s%s%s", before, wanted, after);
	req = make(env);
	CU_ASSERT_TRUE(strcmp(req.path, wanted) == 0 || *req.path == '\0');
	return strcmp(req.path, wanted) == 0;
}

static void test_long_paths(void)
{
	CU_ASSERT_TRUE(takes_path_of(CM_PATH_MAX - 1, "", ""));
	CU_ASSERT_FALSE(takes_path_of(CM_PATH_MAX, "", ""));
	CU_ASSERT_FALSE(takes_path_of(CM_PATH_MAX + 50, "", "?x"));
	/* What is cut off does not count. */
	CU_ASSERT_TRUE(takes_path_of(CM_PATH_MAX - 1, "", "?x=yyyyyyyyyyyyyyyyyyyy"));
	CU_ASSERT_TRUE(takes_path_of(CM_PATH_MAX - 1, "http://h.example", "#yyyyyyyyyyyyy"));
}

static void test_what_is_absent(void)
{
	static const char *const env[] = {"REQUEST_METHODS=GET", "QUERY_STRING", "XREMOTE_ADDR=x",
	                                  NULL};
	struct cm_request req = make(env);

	CU_ASSERT_STRING_EQUAL(req.method, "");
	CU_ASSERT_STRING_EQUAL(req.path, "");
	CU_ASSERT_STRING_EQUAL(req.query, "");
	CU_ASSERT_STRING_EQUAL(req.address, "");
	CU_ASSERT_PTR_NULL(cm_request_variable(&req, "REQUEST_METHOD"));
	CU_ASSERT_PTR_NULL(cm_request_variable(&req, "QUERY_STRING"));
	CU_ASSERT_PTR_NULL(cm_request_authorization(&req));
	CU_ASSERT_FALSE(cm_request_is_private(&req));
	CU_ASSERT_FALSE(cm_request_has_type(&req, "application/json"));
}

static void test_what_is_there(void)
{
	static const char *const env[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/a?b=c",
	                                  "QUERY_STRING=b=c", "REMOTE_ADDR=192.0.2.1", NULL};
	struct cm_request req;

	CU_ASSERT_EQUAL(cm_request_init(&req, env, "a\0b", 3, CM_BODY_SHORT, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(req.method, "POST");
	CU_ASSERT_STRING_EQUAL(req.path, "/a");
	CU_ASSERT_STRING_EQUAL(req.query, "b=c");
	CU_ASSERT_STRING_EQUAL(req.address, "192.0.2.1");
	CU_ASSERT_EQUAL(req.body_len, 3);
	CU_ASSERT_EQUAL(req.body_state, CM_BODY_SHORT);
}

static void test_request_ids(void)
{
	static const char *const env[] = {NULL};
	struct cm_request first = make(env), second = make(env);
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(strlen(first.request_id), CM_ID_TEXT - 1);
	CU_ASSERT_STRING_NOT_EQUAL(first.request_id, second.request_id);
	support_random_ends_after(0);
	CU_ASSERT_EQUAL(cm_request_init(&first, env, "", 0, CM_BODY_WHOLE, &err), CM_INTERNAL);
	CU_ASSERT_EQUAL(err.status, CM_INTERNAL);
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
	    {"REMOTE_ADDR=", false},
	    {"REMOTE_ADDR=::ffff:127.0.0.1", true},
	    {"REMOTE_ADDR=localhost", false},
	    {"HTTPS=on", true},
	    {"HTTPS=ON", true},
	    {"HTTPS=1", true},
	    {"HTTPS=", false},
	    {"HTTPS=0", false},
	    {"REQUEST_SCHEME=https", true},
	    {"REQUEST_SCHEME=http", false},
	    {"HTTP_HTTPS=on", false},
	    {"HTTP_FORWARDED=proto=https", false},
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
	static const struct {
		const char *variable;
		bool is;
	} rows[] = {
	    {"CONTENT_TYPE=application/json", true},
	    {"CONTENT_TYPE=Application/JSON ; charset=utf-8", true},
	    {"CONTENT_TYPE=application/json;charset=utf-8", true},
	    {"CONTENT_TYPE=application/json\t;x", true},
	    {"CONTENT_TYPE=application/jsonx", false},
	    {"CONTENT_TYPE=application/jso", false},
	    {"CONTENT_TYPE=application/json,text/plain", false},
	    {"CONTENT_TYPE=text/plain; application/json", false},
	    {"CONTENT_TYPE=application/json-seq", false},
	    {"CONTENT_TYPE=", false},
	    {"HTTP_CONTENT_TYPE=application/json", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {rows[i].variable, NULL};
		struct cm_request req = make(env);

		ASSERT_ROW(rows[i].variable,
		           cm_request_has_type(&req, "application/json") == rows[i].is);
	}
}

static const struct cm_test tests[] = {
    {"the path is REQUEST_URI's, whatever its form", test_paths},
    {"a path that is too long is none, never a shorter one", test_long_paths},
    {"what the web server leaves out is empty", test_what_is_absent},
    {"what the web server says is taken as it is", test_what_is_there},
    {"each request has an id of its own; without random bytes there is none", test_request_ids},
    {"Authorization is found under both names", test_authorization_has_two_names},
    {"only TLS and this machine are private", test_private},
    {"media types are compared without parameters and case", test_media_types},
};

CM_SUITE(cm_suite_http_request, "http/request", tests);

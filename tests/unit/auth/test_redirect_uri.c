#include "auth/redirect_uri.h"

#include <stdio.h>

#include "base/url.h"
#include "fixture.h"
#include "suite.h"

static void test_taken(void)
{
	static const char *const uris[] = {
	    "https://example.org",
	    "https://example.org/",
	    "https://example.org/callback?x=1",
	    "https://example.org:8443/callback",
	    "HTTPS://example.org/callback",
	    "https://[2001:db8::1]/callback",
	    "http://localhost",
	    "http://localhost:3000/callback",
	    "http://LOCALHOST/callback",
	    "http://127.0.0.1/callback",
	    "http://127.0.0.1:65535/callback",
	    "http://127.1.2.3/callback",
	    "http://[::1]/callback",
	    "http://[::1]:9000/callback",
	    "com.example.app:/callback",
	    "com.example.app://callback",
	    "cursor://anysphere.cursor-deeplink/mcp/callback",
	    "myapp:callback",
	    "javascripts:/callback",
	    "https://example.org/javascript:x",
	};

	for (size_t i = 0; i < COUNT_OF(uris); i++)
		ASSERT_ROW(uris[i], cm_redirect_uri_wrong(uris[i]) == NULL);
}

static void test_refused(void)
{
	static const struct {
		const char *uri, *word;
	} rows[] = {
	    {"", "absolute"},
	    {"/callback", "absolute"},
	    {"//example.org/callback", "absolute"},
	    {"example.org/callback", "absolute"},
	    {"https://", "absolute"},
	    {"https:///callback", "absolute"},
	    {"https://example.org/a b", "absolute"},
	    {"https://example.org/\n", "absolute"},
	    {"https://example.org\\@evil.example/", "absolute"},
	    {"https://*.example.org/", "absolute"},
	    {"https://example.org:0/", "absolute"},
	    {"https://example.org/\xc3\xbc", "absolute"},
	    {"*", "absolute"},
	    {"https:callback", "host"},
	    {"https:/callback", "host"},
	    {"https://example.org/#", "fragment"},
	    {"https://example.org/#x", "fragment"},
	    {"http://localhost/#x", "fragment"},
	    {"com.example.app:/x#y", "fragment"},
	    {"https://user@example.org/", "user name"},
	    {"https://user:word@example.org/", "user name"},
	    {"https://@example.org/", "user name"},
	    {"http://localhost@evil.example/", "user name"},
	    {"http://example.org/", "https"},
	    {"http://10.0.0.1/", "https"},
	    {"http://0.0.0.0/", "https"},
	    {"http://[::]/", "https"},
	    {"http://[::2]/", "https"},
	    {"http://localhost.evil.example/", "https"},
	    {"http://127.0.0.1.evil.example/", "https"},
	    {"http://127.evil.example/", "https"},
	    {"http://128.0.0.1/", "https"},
	    {"http:callback", "https"},
	    {"HTTP://example.org/", "https"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *wrong = cm_redirect_uri_wrong(rows[i].uri);

		ASSERT_ROW(rows[i].uri, wrong != NULL && strstr(wrong, rows[i].word) != NULL);
	}
}

/* What a browser would run, show or send by itself. */
static void test_schemes(void)
{
	static const char *const uris[] = {
	    "javascript:alert(1)",
	    "JavaScript:alert(1)",
	    "javascript://example.org/%0aalert(1)",
	    "data:text/html,x",
	    "DATA:text/html,x",
	    "file:/etc/passwd",
	    "vbscript:x",
	    "about:blank",
	    "blob:https://example.org/1",
	    "filesystem:https://",
	    "ftp://example.org/",
	    "ws://localhost/",
	    "wss://example.org/",
	    "mailto:someone@example.org",
	    "view-source:https://example.org/",
	};

	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		const char *wrong = cm_redirect_uri_wrong(uris[i]);

		ASSERT_ROW(uris[i], wrong != NULL && strstr(wrong, "scheme") != NULL);
	}
}

static void test_too_long(void)
{
	char uri[CM_URL_MAX + 2] = "https://example.org/";
	size_t len = strlen(uri);

	memset(uri + len, 'x', CM_URL_MAX - len);
	uri[CM_URL_MAX] = '\0';
	CU_ASSERT_PTR_NULL(cm_redirect_uri_wrong(uri));
	uri[CM_URL_MAX] = 'x';
	uri[CM_URL_MAX + 1] = '\0';
	CU_ASSERT_PTR_NOT_NULL(cm_redirect_uri_wrong(uri));
}

#define LIST                                                                                       \
	"[\"https://example.org/cb\",\"http://127.0.0.1:8080/cb?a=1\",\"http://[::1]/cb\","        \
	"\"http://localhost:3000/cb\",\"com.example.app:/cb\",\"https://localhost/tls\"]"

static void test_registered(void)
{
	static const char *const uris[] = {
	    "https://example.org/cb",
	    "http://127.0.0.1:8080/cb?a=1",
	    "http://127.0.0.1:8081/cb?a=1",
	    "http://127.0.0.1/cb?a=1",
	    "http://[::1]/cb",
	    "http://[::1]:50000/cb",
	    "http://localhost:3000/cb",
	    "http://localhost:1/cb",
	    "http://localhost/cb",
	    "com.example.app:/cb",
	    "https://localhost/tls",
	};

	for (size_t i = 0; i < COUNT_OF(uris); i++)
		ASSERT_ROW(uris[i], cm_redirect_uri_registered(LIST, uris[i]) == CM_OK);
}

static void test_not_registered(void)
{
	static const char *const uris[] = {
	    "",
	    "https://example.org/cb/",
	    "https://example.org/CB",
	    "https://example.org/cb?",
	    "https://example.org/cb?x=1",
	    "https://example.org/cb#",
	    "https://example.org/cb ",
	    "https://example.org/c",
	    "https://example.org/cb/../cb",
	    "https://example.org:443/cb",
	    "https://example.org:8443/cb",
	    "https://EXAMPLE.org/cb",
	    "https://user@example.org/cb",
	    "https://example.org.evil.example/cb",
	    "http://example.org/cb",
	    "https://127.0.0.1:8080/cb?a=1",
	    "http://127.0.0.1:8080/cb",
	    "http://127.0.0.1:8080/cb?a=2",
	    "http://127.0.0.1:8080/cb?a=1&b=2",
	    "http://127.0.0.1:8080/cb?a=1#",
	    "http://127.0.0.1:8080/cbx?a=1",
	    "http://127.0.0.2:8080/cb?a=1",
	    "http://user@127.0.0.1:8080/cb?a=1",
	    "http://127.0.0.1@evil.example/cb?a=1",
	    "http://127.0.0.1:0/cb?a=1",
	    "http://127.0.0.1:65536/cb?a=1",
	    "http://localhost/cb?a=1",
	    "http://localhost.evil.example/cb",
	    "http://[::2]/cb",
	    "com.example.app:/cb2",
	    "com.example.app:1/cb",
	    "COM.example.app:/cb",
	    "http://localhost/tls",
	    "https://localhost:8443/tls",
	};

	for (size_t i = 0; i < COUNT_OF(uris); i++)
		ASSERT_ROW(uris[i], cm_redirect_uri_registered(LIST, uris[i]) == CM_NOT_FOUND);
}

static void test_odd_lists(void)
{
	static const char *const lists[] = {
	    "",
	    "[]",
	    "{}",
	    "null",
	    "7",
	    "\"https://example.org/cb\"",
	    "{\"0\":\"https://example.org/cb\"}",
	    "[null,7,[\"https://example.org/cb\"]]",
	    "[\"https://example.org/cb\"",
	    "[\"https://example.org/\"]",
	    "[\"*\"]",
	    "[\"https://*\"]",
	};

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		ASSERT_ROW(lists[i], cm_redirect_uri_registered(
		                         lists[i], "https://example.org/cb") == CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_redirect_uri_registered("[7,null,\"https://example.org/cb\"]",
	                                           "https://example.org/cb"),
	                CM_OK);
}

/* A row that an older version wrote does not open what this one refuses. */
static void test_older_rules(void)
{
	static const char *const uris[] = {
	    "http://example.org/cb",
	    "javascript:alert(1)",
	    "https://example.org/cb#x",
	    "https://user@example.org/cb",
	    "/cb",
	    "",
	};
	char list[100];

	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		snprintf(list, sizeof list, "[\"%s\"]", uris[i]);
		ASSERT_ROW(uris[i], cm_redirect_uri_registered(list, uris[i]) == CM_NOT_FOUND);
	}
}

static const struct cm_test tests[] = {
    {"https, loopback and private schemes may be registered", test_taken},
    {"other places, fragments and user names may not, and are told why", test_refused},
    {"schemes that a browser runs or shows itself are refused", test_schemes},
    {"a redirect URI has a greatest length", test_too_long},
    {"a registered URI is found; on loopback the port may differ", test_registered},
    {"what differs by anything else is not registered", test_not_registered},
    {"a list that is none registers nothing", test_odd_lists},
    {"what older rules let in is checked again", test_older_rules},
};

CM_SUITE(cm_suite_auth_redirect_uri, "auth/redirect_uri", tests);

#include "base/url.h"

#include "fixture.h"
#include "suite.h"

static void test_parts(void)
{
	static const struct {
		const char *text, *scheme, *host, *origin, *path;
	} rows[] = {
	    {"https://example.org", "https", "example.org", "https://example.org", ""},
	    {"https://example.org/", "https", "example.org", "https://example.org", "/"},
	    {"HTTPS://EXAMPLE.Org/Path", "https", "example.org", "https://example.org", "/Path"},
	    {"https://example.org:443/x", "https", "example.org", "https://example.org", "/x"},
	    {"https://example.org:80/x", "https", "example.org", "https://example.org:80", "/x"},
	    {"http://example.org:80", "http", "example.org", "http://example.org", ""},
	    {"http://example.org:0080", "http", "example.org", "http://example.org", ""},
	    {"http://example.org:443", "http", "example.org", "http://example.org:443", ""},
	    {"http://127.0.0.1:8080/a/b", "http", "127.0.0.1", "http://127.0.0.1:8080", "/a/b"},
	    {"http://[::1]:8080/", "http", "[::1]", "http://[::1]:8080", "/"},
	    {"http://[FE80::A]", "http", "[fe80::a]", "http://[fe80::a]", ""},
	    {"http://[::1]:80", "http", "[::1]", "http://[::1]", ""},
	    {"http://h:65535/", "http", "h", "http://h:65535", "/"},
	    {"http://h:1/", "http", "h", "http://h:1", "/"},
	    {"https://xn--bcher-kva.example/", "https", "xn--bcher-kva.example",
	     "https://xn--bcher-kva.example", "/"},
	    {"com.example.app:/callback", "com.example.app", "", "", "/callback"},
	    {"urn:ietf:params:x", "urn", "", "", "ietf:params:x"},
	    {"a+b-c.d1://h", "a+b-c.d1", "h", "a+b-c.d1://h", ""},
	    {"javascript:alert(1)", "javascript", "", "", "alert(1)"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_url url;

		ASSERT_ROW(rows[i].text, cm_url_parse(rows[i].text, &url));
		ASSERT_ROW(rows[i].text, strcmp(url.scheme, rows[i].scheme) == 0);
		ASSERT_ROW(rows[i].text, strcmp(url.host, rows[i].host) == 0);
		ASSERT_ROW(rows[i].text, strcmp(url.origin, rows[i].origin) == 0);
		ASSERT_ROW(rows[i].text, url.path != NULL && strcmp(url.path, rows[i].path) == 0);
		ASSERT_ROW(rows[i].text, url.path_len == strlen(rows[i].path));
		ASSERT_ROW(rows[i].text, !url.query && !url.fragment && !url.userinfo);
	}
}

static void test_query_and_fragment(void)
{
	static const struct {
		const char *text;
		unsigned long path_len;
		bool query, fragment;
	} rows[] = {
	    {"https://h/p?q", 2, true, false},   {"https://h/p?", 2, true, false},
	    {"https://h?q", 0, true, false},     {"https://h/p#f", 2, false, true},
	    {"https://h/p#", 2, false, true},    {"https://h#f", 0, false, true},
	    {"https://h/p?q#f", 2, true, true},  {"https://h/p#f?q", 2, false, true},
	    {"https://h/p?q?q", 2, true, false}, {"urn:x?q", 1, true, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_url url;

		ASSERT_ROW(rows[i].text, cm_url_parse(rows[i].text, &url));
		ASSERT_ROW(rows[i].text, url.path_len == rows[i].path_len);
		ASSERT_ROW(rows[i].text, url.query == rows[i].query);
		ASSERT_ROW(rows[i].text, url.fragment == rows[i].fragment);
		ASSERT_ROW(rows[i].text,
		           url.host[0] == '\0' || strcmp(url.origin, "https://h") == 0);
	}
}

static void test_userinfo(void)
{
	struct cm_url url;

	CU_ASSERT_TRUE(cm_url_parse("https://user:pw@example.org:8443/x", &url));
	CU_ASSERT_TRUE(url.userinfo);
	CU_ASSERT_STRING_EQUAL(url.host, "example.org");
	CU_ASSERT_STRING_EQUAL(url.origin, "https://example.org:8443");
	CU_ASSERT_TRUE(cm_url_parse("https://good.example@evil.example/", &url));
	CU_ASSERT_TRUE(url.userinfo);
	CU_ASSERT_STRING_EQUAL(url.host, "evil.example");
	CU_ASSERT_TRUE(cm_url_parse("https://@h/", &url));
	CU_ASSERT_TRUE(url.userinfo);
	/* Behind the authority an '@' is like any other character. */
	CU_ASSERT_TRUE(cm_url_parse("https://h/a@b?c@d#e@f", &url));
	CU_ASSERT_FALSE(url.userinfo);
	CU_ASSERT_STRING_EQUAL(url.host, "h");
}

static void test_refused(void)
{
	static const char *const texts[] = {
	    "",
	    "example.org",
	    "/path",
	    "//example.org/",
	    ":",
	    "://h",
	    "1http://h",
	    "+a://h",
	    "ht tp://h",
	    "ht_tp://h",
	    "https//h",
	    "https://",
	    "https:///path",
	    "https://?q",
	    "https://#f",
	    "https://@",
	    "https://a@",
	    "https://a@b@c/",
	    "https://:80",
	    "https://:80@",
	    "https://h:",
	    "https://h:/",
	    "https://h:0",
	    "https://h:00000",
	    "https://h:65536",
	    "https://h:99999",
	    "https://h:100000",
	    "https://h:000080",
	    "https://h:-1",
	    "https://h:+80",
	    "https://h:8o",
	    "https://h:80:80",
	    "https://h :80",
	    "https://a b/",
	    "https://h/a b",
	    "https://h/\ta",
	    "https://h/\n",
	    "https://h\n",
	    "https://h/\x7f",
	    "https://h/\xc3\xbc",
	    "https://\xc3\xbc.example/",
	    "https://h\\@evil.example/",
	    "https:\\\\h",
	    "https://h/\"x\"",
	    "https://h/<x>",
	    "https://h/{x}",
	    "https://h/a|b",
	    "https://h/a^b",
	    "https://h/`x`",
	    "https://%41.example/",
	    "https://ex%61mple.org/",
	    "https://a,b/",
	    "https://a;b/",
	    "https://*.example/",
	    "https://[::1",
	    "https://::1]/",
	    "https://::1/",
	    "https://[::1]x/",
	    "https://x[::1]/",
	    "https://[[::1]]/",
	    "https://[::1]:",
	    "https://[::1]:x",
	    "https://[::1]:0",
	    "https://[::1%25eth0]/",
	    "https://[a/b]/",
	    "abcdefghijklmnopqrstuvwxyzabcdef://h",
	};
	struct cm_url url;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !cm_url_parse(texts[i], &url));
}

/* IP-literal = "[" ( IPv6address / IPvFuture ) "]" (RFC 3986 section 3.2.2) */
static void test_brackets_hold_an_address(void)
{
	static const char *const texts[] = {
	    "https://[]/",
	    "https://[g::1]/",
	    "https://[example.org]/",
	    "https://[localhost]/",
	};
	struct cm_url url;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !cm_url_parse(texts[i], &url));
}

static void test_lengths(void)
{
	char text[CM_URL_MAX + 2] = "https://h/";
	struct cm_url url;

	memset(text + 10, 'x', CM_URL_MAX - 10);
	text[CM_URL_MAX] = '\0';
	CU_ASSERT_TRUE(cm_url_parse(text, &url));
	CU_ASSERT_EQUAL(url.path_len, CM_URL_MAX - 9);
	text[CM_URL_MAX] = 'x';
	text[CM_URL_MAX + 1] = '\0';
	CU_ASSERT_FALSE(cm_url_parse(text, &url));

	memset(text + 8, 'h', 255);
	strcpy(text + 8 + 255, "/");
	CU_ASSERT_TRUE(cm_url_parse(text, &url));
	CU_ASSERT_EQUAL(strlen(url.host), 255);
	memset(text + 8, 'h', 256);
	strcpy(text + 8 + 256, "/");
	CU_ASSERT_FALSE(cm_url_parse(text, &url));
}

static bool is_loopback(const char *text)
{
	struct cm_url url;

	return cm_url_parse(text, &url) && cm_url_is_loopback(&url);
}

static void test_loopback(void)
{
	static const char *const texts[] = {
	    "http://127.0.0.1",
	    "http://127.0.0.1:8080/x",
	    "http://127.255.255.255/",
	    "http://127.1.2.3",
	    "http://[::1]",
	    "http://[::1]:9000/",
	    "http://localhost:3000/",
	    "http://LOCALHOST",
	    "http://LocalHost/",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], is_loopback(texts[i]));
}

static void test_loopback_look_alikes(void)
{
	static const char *const texts[] = {
	    "http://127.0.0.1.evil.example/",
	    "http://127.evil/",
	    "http://127.0.0.1.5/",
	    "http://127.0.0/",
	    "http://127.1/",
	    "http://127/",
	    "http://127./",
	    "http://127.0.0./",
	    "http://127..0.1/",
	    "http://127.0.0.256/",
	    "http://127.0.0.1000/",
	    "http://127.0.0.1./",
	    "http://127.0.0.1a/",
	    "http://127.0x0.0.1/",
	    "http://0127.0.0.1/",
	    "http://128.0.0.1/",
	    "http://12.7.0.1/",
	    "http://1127.0.0.1/",
	    "http://127-0-0-1.example/",
	    "http://localhost.evil.example/",
	    "http://localhost./",
	    "http://xlocalhost/",
	    "http://local/",
	    "http://[::2]/",
	    "http://[::]/",
	    "http://[::11]/",
	    "http://[1::1]/",
	    "http://[fe80::1]/",
	    "http://0.0.0.0/",
	    "http://127.0.0.1@evil.example/",
	    "http://localhost@evil.example/",
	    "http://example.org/127.0.0.1",
	    "http://example.org?127.0.0.1",
	    "localhost:8080",
	    "urn:127.0.0.1",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !is_loopback(texts[i]));
}

static void test_addresses(void)
{
	static const char *const own[] = {
	    "127.0.0.1",       "127.8.9.10",       "127.255.255.255",  "::1",
	    "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1", "::ffff:7f00:1",
	};
	static const char *const others[] = {
	    "",
	    "128.0.0.1",
	    "126.255.255.255",
	    "1.127.0.0",
	    "127.1",
	    "127",
	    "127.",
	    "127.0.0.1.",
	    "127.0.0.256",
	    "127.evil.example",
	    "127.0.0.1.evil.example",
	    "127.0.0.1 ",
	    " 127.0.0.1",
	    "127.0.0.1:80",
	    "localhost",
	    "::",
	    "::2",
	    "::11",
	    "1::1",
	    "[::1]",
	    "::ffff:10.0.0.1",
	    "::127.0.0.1",
	    "fe80::1",
	    "0.0.0.0",
	    "unix:",
	};

	for (size_t i = 0; i < COUNT_OF(own); i++)
		ASSERT_ROW(own[i], cm_url_address_is_loopback(own[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		ASSERT_ROW(others[i], !cm_url_address_is_loopback(others[i]));
}

static void test_put_query(void)
{
	static const struct {
		const char *url, *name, *value, *result;
	} rows[] = {
	    {"https://h/p", "a", "1", "https://h/p?a=1"},
	    {"https://h", "a", "1", "https://h?a=1"},
	    {"https://h/p?x=y", "a", "1", "https://h/p?x=y&a=1"},
	    {"https://h/p?", "a", "1", "https://h/p?&a=1"},
	    {"app:/cb", "a", "1", "app:/cb?a=1"},
	    {"", "a", "", "?a="},
	    {"h", "a b", "c d+e", "h?a%20b=c%20d%2Be"},
	    {"h", "a", "&b=c#d?e", "h?a=%26b%3Dc%23d%3Fe"},
	    {"h", "a", "http://x/%41", "h?a=http%3A%2F%2Fx%2F%2541"},
	    {"h", "a", "\r\nX: y", "h?a=%0D%0AX%3A%20y"},
	    {"h", "a", "\xc3\xbc\xff\x7f\x01", "h?a=%C3%BC%FF%7F%01"},
	    {"h", "a", "\"'<>\\;,", "h?a=%22%27%3C%3E%5C%3B%2C"},
	    {"h", "a", "AZaz09-._~", "h?a=AZaz09-._~"},
	    {"h", "a", "!*()@:/", "h?a=%21%2A%28%29%40%3A%2F"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf url = {0};

		cm_buf_puts(&url, rows[i].url);
		cm_url_put_query(&url, rows[i].name, rows[i].value);
		ASSERT_ROW(rows[i].result, strcmp(cm_buf_str(&url), rows[i].result) == 0);
		cm_buf_clear(&url);
	}
}

/* Of two the second goes behind an '&', whatever the first holds. */
static void test_put_query_twice(void)
{
	struct cm_buf url = {0};

	cm_buf_puts(&url, "https://h/p");
	cm_url_put_query(&url, "a", "?&");
	cm_url_put_query(&url, "b", "=");
	cm_url_put_query(&url, "a", "");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&url), "https://h/p?a=%3F%26&b=%3D&a=");
	cm_buf_clear(&url);
}

static const struct cm_test tests[] = {
    {"a URL comes apart, scheme and host in lower case, default ports left out", test_parts},
    {"query and fragment are seen, empty ones too", test_query_and_fragment},
    {"a user name is seen and is no part of the host", test_userinfo},
    {"what is no absolute URI is refused", test_refused},
    {"brackets hold an IPv6 address and nothing else", test_brackets_hold_an_address},
    {"a URL or a host that is too long is refused", test_lengths},
    {"this machine's own hosts are loopback", test_loopback},
    {"hosts that only look like this machine are not loopback", test_loopback_look_alikes},
    {"this machine's own addresses are loopback, no others", test_addresses},
    {"all but unreserved characters of a query are escaped", test_put_query},
    {"parameters of a query are added one behind the other", test_put_query_twice},
};

CM_SUITE(cm_suite_base_url, "base/url", tests);

#include "http/page.h"

#include <stdio.h>

#include "support.h"

struct talk {
	struct cm_context ctx;
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x;
};

static void begin(struct talk *talk)
{
	static const char *const env[] = {NULL};

	memset(talk, 0, sizeof *talk);
	talk->ctx.prefix = "/auth";
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&talk->req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
	cm_response_init(&talk->res);
	talk->x = (struct cm_exchange){.ctx = &talk->ctx, .req = &talk->req, .res = &talk->res};
}

static bool has_header(const struct talk *talk, const char *line)
{
	return strstr(cm_buf_str(&talk->res.headers), line) != NULL;
}

static void test_text(void)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
	    {"", ""},
	    {"plain text", "plain text"},
	    {"&", "&amp;"},
	    {"<", "&lt;"},
	    {">", "&gt;"},
	    {"\"", "&quot;"},
	    {"'", "&#39;"},
	    {"&amp;", "&amp;amp;"},
	    {"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
	    {"\" onload=\"x", "&quot; onload=&quot;x"},
	    {"\xc3\xbc\xe2\x82\xac", "\xc3\xbc\xe2\x82\xac"},
	    {"100% %s %n", "100% %s %n"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		begin(&talk);
		cm_page_text(&talk.x, rows[i].text);
		ASSERT_ROW(rows[i].text, strcmp(cm_buf_str(&talk.res.body), rows[i].html) == 0);
		cm_response_clear(&talk.res);
	}
}

static void test_html(void)
{
	static const struct {
		const char *html, *text, *result;
	} rows[] = {
	    {"<p>", NULL, "<p>"},
	    {"<p>%</p>", "a", "<p>a</p>"},
	    {"<p>%</p>", "", "<p></p>"},
	    {"%", "<&>", "&lt;&amp;&gt;"},
	    {"<a href=\"%\">", "\"><b>", "<a href=\"&quot;&gt;&lt;b&gt;\">"},
	    {"<p>%</p>", "50%", "<p>50%</p>"},
	    {"<p>%", "%", "<p>%"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		begin(&talk);
		cm_page_html(&talk.x, rows[i].html, rows[i].text);
		ASSERT_ROW(rows[i].result, strcmp(cm_buf_str(&talk.res.body), rows[i].result) == 0);
		cm_response_clear(&talk.res);
	}
}

#define POLICY                                                                                     \
	"Content-Security-Policy: default-src 'none'; style-src 'self'; base-uri 'none'; "         \
	"frame-ancestors 'none'; form-action 'self'"

static void test_policy(void)
{
	static const struct {
		const char *target, *line;
	} rows[] = {
	    {NULL, POLICY "\r\n"},
	    {"", POLICY "\r\n"},
	    {"nonsense", POLICY "\r\n"},
	    {"https://h/\r\nX: y", POLICY "\r\n"},
	    {"https://h;default-src *", POLICY "\r\n"},
	    {"https://example.org/cb?x=1", POLICY " https://example.org\r\n"},
	    {"https://EXAMPLE.org:443/", POLICY " https://example.org\r\n"},
	    {"https://example.org:8443/cb", POLICY " https://example.org:8443\r\n"},
	    {"http://127.0.0.1:3000/cb", POLICY " http://127.0.0.1:3000\r\n"},
	    {"http://localhost/cb", POLICY " http://localhost\r\n"},
	    {"http://[::1]:3000/cb", POLICY " http:\r\n"},
	    {"https://[2001:db8::1]/cb", POLICY " https:\r\n"},
	    {"com.example.app:/cb", POLICY " com.example.app:\r\n"},
	    {"cursor://anysphere.cursor-deeplink/mcp", POLICY " cursor:\r\n"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *name = rows[i].target == NULL ? "NULL" : rows[i].target;
		struct talk talk;

		begin(&talk);
		cm_page_begin(&talk.x, "T", rows[i].target);
		ASSERT_ROW(name, has_header(&talk, rows[i].line));
		ASSERT_ROW(name, !talk.res.failed);
		cm_response_clear(&talk.res);
	}
}

static void test_begun(void)
{
	const char *body;
	struct talk talk;

	begin(&talk);
	cm_buf_puts(&talk.res.body, "half of an answer");
	cm_page_begin(&talk.x, "<A & 'B'>", NULL);
	cm_page_end(&talk.x);
	body = cm_buf_str(&talk.res.body);
	CU_ASSERT_EQUAL(strncmp(body, "<!doctype html>\n", 16), 0);
	CU_ASSERT_PTR_NULL(strstr(body, "half"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(body, "<title>&lt;A &amp; &#39;B&#39;&gt; - Casement</title>"));
	CU_ASSERT_PTR_NOT_NULL(strstr(body, "<h1>&lt;A &amp; &#39;B&#39;&gt;</h1>"));
	CU_ASSERT_PTR_NOT_NULL(strstr(body, "href=\"/auth" CM_STYLE_PATH "\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(body, "</html>\n"));
	CU_ASSERT_PTR_NULL(strstr(body, "<script"));
	CU_ASSERT_STRING_EQUAL(talk.res.content_type, "text/html; charset=utf-8");
	CU_ASSERT_TRUE(has_header(&talk, "X-Frame-Options: DENY\r\n"));
	CU_ASSERT_TRUE(has_header(&talk, "Referrer-Policy: no-referrer\r\n"));
	cm_response_clear(&talk.res);
}

static void test_see_other(void)
{
	struct talk talk;

	begin(&talk);
	cm_page_see_other(&talk.x, "https://example.org/cb?code=x");
	CU_ASSERT_EQUAL(talk.res.status, 303);
	CU_ASSERT_TRUE(has_header(&talk, "Location: https://example.org/cb?code=x\r\n"));
	CU_ASSERT_TRUE(has_header(&talk, "Referrer-Policy: no-referrer\r\n"));
	CU_ASSERT_FALSE(talk.res.failed);
	cm_response_clear(&talk.res);
	begin(&talk);
	cm_page_see_other(&talk.x, "https://example.org/\r\nSet-Cookie: x=y");
	CU_ASSERT_TRUE(talk.res.failed);
	cm_response_clear(&talk.res);
}

/* Every status as a page: what a caller may not read is not on it, but the request is. */
static void test_errors(void)
{
	for (int status = 1; status < CM_STATUS_COUNT; status++) {
		const struct cm_status_info *info = cm_status_info((enum cm_status)status);
		struct cm_err err = {(enum cm_status)status, "<b>SELECT & 'x'</b>"};
		const char *body;
		struct talk talk;

		begin(&talk);
		cm_exchange_fail(&talk.x, CM_SHAPE_PAGE, &err);
		body = cm_buf_str(&talk.res.body);
		ASSERT_ROW(info->name, talk.res.status == (info->http == 200 ? 400 : info->http));
		ASSERT_ROW(info->name, talk.x.outcome == err.status);
		ASSERT_ROW(info->name,
		           strcmp(talk.res.content_type, "text/html; charset=utf-8") == 0);
		ASSERT_ROW(info->name, strcmp(talk.res.cache, "no-store") == 0);
		ASSERT_ROW(info->name, has_header(&talk, POLICY "\r\n"));
		ASSERT_ROW(info->name, strstr(body, "<b>") == NULL);
		ASSERT_ROW(info->name, (strstr(body, "&lt;b&gt;SELECT &amp; &#39;x&#39;") !=
		                        NULL) == (info->generic == NULL));
		ASSERT_ROW(info->name,
		           (strstr(body, talk.req.request_id) != NULL) == (info->generic != NULL));
		ASSERT_ROW(info->name, has_header(&talk, "Retry-After: ") ==
		                           (info->http == 503 || info->http == 429));
		cm_response_clear(&talk.res);
	}
}

static void test_retry_after(void)
{
	static const struct {
		enum cm_status status;
		int64_t wait_s;
		int http;
		const char *headers;
	} rows[] = {
	    {CM_THROTTLED, 900, 429, "Retry-After: 900\r\n"},
	    {CM_THROTTLED, 1, 429, "Retry-After: 1\r\n"},
	    {CM_THROTTLED, 0, 429, "Retry-After: 2\r\n"},
	    {CM_THROTTLED, -5, 429, "Retry-After: 2\r\n"},
	    {CM_BUSY, 0, 503, "Retry-After: 2\r\n"},
	    {CM_INVALID_GRANT, 900, 400, ""},
	    {CM_SLOW_DOWN, 900, 400, ""},
	    {CM_NOT_FOUND, 900, 404, ""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *name = cm_status_info(rows[i].status)->name;
		struct cm_err err = {rows[i].status, "x"};
		struct talk talk;

		begin(&talk);
		cm_buf_puts(&talk.res.body, "its own");
		talk.x.retry_after_s = rows[i].wait_s;
		cm_exchange_set_status(&talk.x, &err);
		ASSERT_ROW(name, talk.res.status == rows[i].http);
		ASSERT_ROW(name, talk.x.outcome == rows[i].status);
		ASSERT_ROW(name, strcmp(cm_buf_str(&talk.res.headers), rows[i].headers) == 0);
		ASSERT_ROW(name, strcmp(cm_buf_str(&talk.res.body), "its own") == 0);
		cm_response_clear(&talk.res);
	}
}

static const struct cm_test tests[] = {
    {"text is escaped for HTML", test_text},
    {"the text of a piece of HTML is escaped, the piece is not", test_html},
    {"a page's forms lead to this server and to one more place", test_policy},
    {"a page is not framed, runs nothing and tells nobody where one came from", test_begun},
    {"a browser is sent on by GET, to one place", test_see_other},
    {"every error can be told on a page", test_errors},
    {"how long to wait is told where waiting helps", test_retry_after},
};

CM_SUITE(cm_suite_http_page, "http/page", tests);

#include "http/response.h"

#include <stdio.h>

#include "support.h"

static void test_control_characters(void)
{
	for (int c = 1; c < 256; c++) {
		char value[] = {'a', (char)c, 'b', '\0'}, row[32];
		bool control = c < 0x20 || c == 0x7f;
		struct cm_buf out = {0};
		struct cm_err err = {0};
		struct cm_response res;

		snprintf(row, sizeof row, "character %d", c);
		cm_response_init(&res);
		cm_response_header(&res, "X-Before", "good");
		cm_response_header(&res, "X-Test", value);
		cm_response_header(&res, "X-After", "good");
		ASSERT_ROW(row,
		           cm_response_emit(&res, &out, &err) == (control ? CM_INTERNAL : CM_OK));
		ASSERT_ROW(row, (out.len == 0) == control);
		ASSERT_ROW(row, (err.status == CM_INTERNAL) == control);
		cm_response_clear(&res);
		cm_buf_clear(&out);
	}
}

static void test_header_injection(void)
{
	static const char *const values[] = {"a\r\nX: y", "a\r\n\r\n<html>", "a\nb", "\rb", "\n"};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct cm_buf out = {0};
		struct cm_response res;

		cm_response_init(&res);
		cm_response_header(&res, "X-Test", values[i]);
		ASSERT_ROW(values[i], res.failed);
		ASSERT_ROW(values[i], cm_response_emit(&res, &out, NULL) == CM_INTERNAL);
		ASSERT_ROW(values[i], out.len == 0);
		cm_response_clear(&res);
	}
}

static void test_restart_forgets(void)
{
	struct cm_buf out = {0};
	struct cm_response res;

	cm_response_init(&res);
	res.status = 401;
	res.content_type = "text/plain";
	res.cache = "public";
	cm_buf_puts(&res.body, "secret");
	cm_response_header(&res, "X-Test", "bad\n");
	cm_response_restart(&res);
	CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out),
	                       "Status: 200 OK\r\nContent-Length: 0\r\nCache-Control: no-store\r\n"
	                       "X-Content-Type-Options: nosniff\r\n\r\n");
	cm_response_clear(&res);
	cm_buf_clear(&out);
}

static void test_form(void)
{
	struct cm_buf out = {0};
	struct cm_response res;

	cm_response_init(&res);
	res.status = 409;
	res.content_type = "text/plain";
	res.cache = "public, max-age=9";
	cm_response_header(&res, "X-One", "1");
	cm_response_header(&res, "X-Two", "");
	/* A body is bytes: a NUL does not end it. */
	cm_buf_add(&res.body, "a\0b", 3);
	CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(
	    cm_buf_str(&out),
	    "Status: 409 Conflict\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
	    "Cache-Control: public, max-age=9\r\nX-Content-Type-Options: nosniff\r\n"
	    "X-One: 1\r\nX-Two: \r\n\r\na");
	CU_ASSERT_TRUE(out.len > 3 && memcmp(out.data + out.len - 3, "a\0b", 3) == 0);
	cm_response_clear(&res);
	cm_buf_clear(&out);
}

/* RFC 9110 section 8.6. */
static void test_no_content(void)
{
	struct cm_buf out = {0};
	struct cm_response res;

	cm_response_init(&res);
	res.status = 204;
	CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out),
	                       "Status: 204 No Content\r\nCache-Control: no-store\r\n"
	                       "X-Content-Type-Options: nosniff\r\n\r\n");
	cm_response_clear(&res);
	cm_buf_clear(&out);
}

static void test_reasons(void)
{
	static const struct {
		int status;
		const char *line;
	} rows[] = {
	    {200, "Status: 200 OK\r\n"},
	    {202, "Status: 202 Accepted\r\n"},
	    {204, "Status: 204 No Content\r\n"},
	    {400, "Status: 400 Bad Request\r\n"},
	    {401, "Status: 401 Unauthorized\r\n"},
	    {403, "Status: 403 Forbidden\r\n"},
	    {404, "Status: 404 Not Found\r\n"},
	    {405, "Status: 405 Method Not Allowed\r\n"},
	    {413, "Status: 413 Content Too Large\r\n"},
	    {500, "Status: 500 Internal Server Error\r\n"},
	    {503, "Status: 503 Service Unavailable\r\n"},
	    {299, "Status: 299 Status\r\n"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf out = {0};
		struct cm_response res;

		cm_response_init(&res);
		res.status = rows[i].status;
		CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_OK);
		ASSERT_ROW(rows[i].line,
		           strncmp(cm_buf_str(&out), rows[i].line, strlen(rows[i].line)) == 0);
		cm_response_clear(&res);
		cm_buf_clear(&out);
	}
}

/* Every status of an error must have a reason phrase of its own. */
static void test_every_error_has_a_reason(void)
{
	for (int status = 0; status < CM_STATUS_COUNT; status++) {
		const struct cm_status_info *info = cm_status_info((enum cm_status)status);
		struct cm_buf out = {0};
		struct cm_response res;

		cm_response_init(&res);
		res.status = info->http;
		CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_OK);
		ASSERT_ROW(info->name, strstr(cm_buf_str(&out), " Status\r\n") == NULL);
		cm_response_clear(&res);
		cm_buf_clear(&out);
	}
}

static void test_a_failed_buffer(void)
{
	struct cm_buf out = {0};
	struct cm_response res;

	cm_response_init(&res);
	res.body.failed = true;
	CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_NOMEM);
	cm_buf_clear(&out);
	cm_response_restart(&res);
	res.headers.failed = true;
	CU_ASSERT_EQUAL(cm_response_emit(&res, &out, NULL), CM_NOMEM);
	cm_buf_clear(&out);
	cm_response_clear(&res);
}

static const struct cm_test tests[] = {
    {"any control character in a header fails the whole response", test_control_characters},
    {"a line break in a header makes no header of its own", test_header_injection},
    {"a restart forgets headers, body, status and failure", test_restart_forgets},
    {"a response has the form of CGI, and its body is bytes", test_form},
    {"an answer without content has no length either", test_no_content},
    {"the status line has the reason, and some word for others", test_reasons},
    {"the status of every error has a reason", test_every_error_has_a_reason},
    {"what memory failed for is not sent", test_a_failed_buffer},
};

CM_SUITE(cm_suite_http_response, "http/response", tests);

#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "fixture.h"
#include "suite.h"

static void keep(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

static void test_line(void)
{
	struct cm_buf lines = {0};

	cm_clock_fix(0);
	cm_log_sink(keep, &lines);
	cm_log_error("r1", "%s: %d", "disk", 5);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&lines),
	                       "1970-01-01T00:00:00Z casement error [r1] disk: 5\n");
	cm_buf_clear(&lines);
}

static void test_no_request(void)
{
	struct cm_buf lines = {0};

	cm_clock_fix(0);
	cm_log_sink(keep, &lines);
	cm_log_error(NULL, "text");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&lines),
	                       "1970-01-01T00:00:00Z casement error [-] text\n");
	cm_buf_clear(&lines);
}

/* Whoever can make a text be logged can't make it look like a line of its own. */
static void test_one_line(void)
{
	struct cm_buf lines = {0};
	const char *at;

	cm_log_sink(keep, &lines);
	cm_log_error("r1", "%s", "a\nb\r\nc\td\x1b[31m\x01");
	at = strchr(cm_buf_str(&lines), '\n');
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_STRING_EQUAL(at, "\n");
	for (size_t i = 0; i + 1 < lines.len; i++)
		CU_ASSERT_TRUE((unsigned char)lines.data[i] >= 0x20);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines.data, "a b  c d [31m"));
	cm_buf_clear(&lines);
}

static void test_long_line(void)
{
	struct cm_buf lines = {0};
	char text[5000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	cm_log_sink(keep, &lines);
	cm_log_error("0123456789abcdef0123456789abcdef", "%s", text);
	CU_ASSERT_TRUE(lines.len > 1000 && lines.len < 2000);
	CU_ASSERT_EQUAL(lines.data[lines.len - 1], '\n');
	CU_ASSERT_PTR_NOT_NULL(strstr(lines.data, "[0123456789abcdef0123456789abcdef] xxx"));
	cm_buf_clear(&lines);
}

static void test_text_is_no_format(void)
{
	struct cm_buf lines = {0};

	cm_log_sink(keep, &lines);
	cm_log_error("%s%n", "%s", "%s%n");
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "[%s%n] %s%n\n"));
	cm_buf_clear(&lines);
}

static const struct cm_test tests[] = {
    {"a line has the time, the request's id and the text", test_line},
    {"a line without a request says so", test_no_request},
    {"control characters in a text don't make lines", test_one_line},
    {"a text that is too long is cut, the line still ends", test_long_line},
    {"percent signs are logged as they are", test_text_is_no_format},
};

CM_SUITE(cm_suite_base_log, "base/log", tests);

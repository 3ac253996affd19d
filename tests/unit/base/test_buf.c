#include "base/buf.h"

#include <stdint.h>

#include "fixture.h"
#include "suite.h"

static void test_empty(void)
{
	struct cm_buf buf = {0};

	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "");
	CU_ASSERT_EQUAL(cm_buf_status(&buf, NULL), CM_OK);
	cm_buf_reset(&buf);
	cm_buf_clear(&buf);
	cm_buf_clear(&buf);
	CU_ASSERT_PTR_NULL(buf.data);
}

static void test_nothing_added(void)
{
	struct cm_buf buf = {0};

	cm_buf_add(&buf, NULL, 0);
	cm_buf_puts(&buf, "");
	cm_buf_printf(&buf, "%s", "");
	CU_ASSERT_EQUAL(buf.len, 0);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "");
	CU_ASSERT_EQUAL(cm_buf_status(&buf, NULL), CM_OK);
	cm_buf_clear(&buf);
}

static void test_integer(void)
{
	struct cm_buf buf = {0};

	cm_buf_integer(&buf, 0);
	cm_buf_puts(&buf, " ");
	cm_buf_integer(&buf, -10);
	cm_buf_puts(&buf, " ");
	cm_buf_integer(&buf, INT64_MAX);
	cm_buf_puts(&buf, " ");
	cm_buf_integer(&buf, INT64_MIN);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "0 -10 9223372036854775807 -9223372036854775808");
	cm_buf_clear(&buf);
}

static void test_bytes(void)
{
	struct cm_buf buf = {0};

	cm_buf_add(&buf, "a\0b", 3);
	cm_buf_add(&buf, "c", 1);
	CU_ASSERT_EQUAL(buf.len, 4);
	CU_ASSERT_EQUAL(memcmp(buf.data, "a\0bc", 5), 0);
	cm_buf_clear(&buf);
}

/* Every length around the sizes at which memory is taken is terminated and whole. */
static void test_growth(void)
{
	struct cm_buf buf = {0};

	for (size_t i = 0; i < 5000; i++) {
		char c = (char)('a' + i % 26);

		cm_buf_add(&buf, &c, 1);
		if (buf.len != i + 1 || buf.data[buf.len] != '\0' || buf.cap <= buf.len)
			CU_FAIL("a byte was lost");
	}
	for (size_t i = 0; i < buf.len; i++) {
		if (buf.data[i] != (char)('a' + i % 26))
			CU_FAIL("a byte changed");
	}
	CU_ASSERT_EQUAL(strlen(cm_buf_str(&buf)), 5000);
	cm_buf_clear(&buf);
}

static void test_printf(void)
{
	struct cm_buf buf = {0};
	char long_text[1025];

	memset(long_text, 'x', 1024);
	long_text[1024] = '\0';
	cm_buf_printf(&buf, "%d-%s", -7, "%s%n");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "-7-%s%n");
	for (int width = 240; width < 270; width++) {
		cm_buf_reset(&buf);
		cm_buf_printf(&buf, "%*d", width, 1);
		CU_ASSERT_EQUAL(buf.len, width);
		CU_ASSERT_EQUAL(strlen(cm_buf_str(&buf)), buf.len);
	}
	cm_buf_reset(&buf);
	cm_buf_puts(&buf, "<");
	cm_buf_printf(&buf, "%s>", long_text);
	CU_ASSERT_EQUAL(buf.len, 1026);
	CU_ASSERT_EQUAL(buf.data[1025], '>');
	cm_buf_clear(&buf);
}

static void test_reset(void)
{
	struct cm_buf buf = {0};
	const char *data;

	cm_buf_puts(&buf, "one");
	data = buf.data;
	cm_buf_reset(&buf);
	CU_ASSERT_EQUAL(buf.len, 0);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "");
	cm_buf_puts(&buf, "two");
	CU_ASSERT_PTR_EQUAL(buf.data, data);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "two");
	cm_buf_clear(&buf);
}

static void test_append(void)
{
	struct cm_buf one = {0}, two = {0}, none = {0};

	cm_buf_puts(&one, "one");
	cm_buf_add(&two, "\0two", 4);
	cm_buf_append(&one, &two);
	cm_buf_append(&one, &none);
	CU_ASSERT_EQUAL(one.len, 7);
	CU_ASSERT_EQUAL(memcmp(one.data, "one\0two", 8), 0);
	CU_ASSERT_EQUAL(cm_buf_status(&one, NULL), CM_OK);
	CU_ASSERT_EQUAL(two.len, 4);
	cm_buf_clear(&one);
	cm_buf_clear(&two);
}

static void test_failure_is_remembered(void)
{
	struct cm_buf buf = {0};
	struct cm_err err = {0};

	cm_buf_puts(&buf, "whole");
	cm_buf_add(&buf, "x", SIZE_MAX);
	cm_buf_puts(&buf, " half");
	cm_buf_printf(&buf, "%d", 1);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "whole");
	CU_ASSERT_EQUAL(cm_buf_status(&buf, &err), CM_NOMEM);
	CU_ASSERT_EQUAL(err.status, CM_NOMEM);
	cm_buf_clear(&buf);
	CU_ASSERT_EQUAL(cm_buf_status(&buf, NULL), CM_OK);
}

static void test_failure_spreads(void)
{
	struct cm_buf bad = {0}, good = {0};

	cm_buf_puts(&good, "good");
	cm_buf_puts(&bad, "bad");
	cm_buf_add(&bad, "x", SIZE_MAX);
	cm_buf_append(&good, &bad);
	CU_ASSERT_EQUAL(cm_buf_status(&good, NULL), CM_NOMEM);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&good), "good");
	cm_buf_reset(&good);
	CU_ASSERT_EQUAL(cm_buf_status(&good, NULL), CM_OK);
	cm_buf_clear(&good);
	cm_buf_clear(&bad);
}

static const struct cm_test tests[] = {
    {"an empty buffer is an empty string and may be cleared twice", test_empty},
    {"adding nothing leaves an empty string", test_nothing_added},
    {"an integer has its digits", test_integer},
    {"bytes are kept as they are, NUL too", test_bytes},
    {"a buffer that grows loses nothing and is terminated", test_growth},
    {"a formatted text of any length is whole", test_printf},
    {"a reset forgets the contents and keeps the memory", test_reset},
    {"another buffer is appended whole", test_append},
    {"a failure stays until asked, and nothing is added after it", test_failure_is_remembered},
    {"a failed buffer makes the one it is appended to fail", test_failure_spreads},
};

CM_SUITE(cm_suite_base_buf, "base/buf", tests);

#include "base/json.h"

#include <math.h>
#include <stdint.h>

#include "fixture.h"
#include "suite.h"

static void test_commas(void)
{
	struct cm_buf buf = {0};

	cm_json_put_open(&buf, '{');
	cm_json_put_name(&buf, "a");
	cm_json_put_open(&buf, '[');
	cm_json_put_integer(&buf, 1);
	cm_json_put_bool(&buf, true);
	cm_json_put_open(&buf, '[');
	cm_json_put_close(&buf, ']');
	cm_json_put_open(&buf, '{');
	cm_json_put_close(&buf, '}');
	cm_json_put_string(&buf, NULL);
	cm_json_put_close(&buf, ']');
	cm_json_put_name(&buf, "b");
	cm_json_put_open(&buf, '{');
	cm_json_put_member(&buf, "c", "x");
	cm_json_put_member(&buf, "d", NULL);
	cm_json_put_name(&buf, "e");
	cm_json_put_raw(&buf, "[0]");
	cm_json_put_name(&buf, "f");
	cm_json_put_bool(&buf, false);
	cm_json_put_close(&buf, '}');
	cm_json_put_name(&buf, "g");
	cm_json_put_number(&buf, 1.5);
	cm_json_put_close(&buf, '}');
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf),
	                       "{\"a\":[1,true,[],{},null],\"b\":{\"c\":\"x\",\"d\":null,"
	                       "\"e\":[0],\"f\":false},\"g\":1.5}");
	cm_buf_clear(&buf);
}

/* The character before a comma may be one that also opens or separates, within a string. */
static void test_commas_after_strings(void)
{
	struct cm_buf buf = {0};

	cm_json_put_open(&buf, '[');
	cm_json_put_string(&buf, "[");
	cm_json_put_string(&buf, "{");
	cm_json_put_string(&buf, ",");
	cm_json_put_string(&buf, ":");
	cm_json_put_string(&buf, "");
	cm_json_put_close(&buf, ']');
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "[\"[\",\"{\",\",\",\":\",\"\"]");
	cm_buf_clear(&buf);
}

static void test_escapes(void)
{
	struct cm_buf buf = {0};

	cm_json_put_string(&buf, "\"\\/\b\f\n\r\t\x01\x1f\x7f'<>&");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf),
	                       "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f'<>&\"");
	cm_buf_reset(&buf);
	cm_json_put_string(&buf, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"");
	cm_buf_reset(&buf);
	cm_json_put_bytes(&buf, "a\0b\nc", 5);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "\"a\\u0000b\\nc\"");
	cm_buf_reset(&buf);
	cm_json_put_bytes(&buf, "", 0);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "\"\"");
	cm_buf_reset(&buf);
	cm_json_put_member(&buf, "na\"me\n", "x");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "\"na\\\"me\\n\":\"x\"");
	cm_buf_clear(&buf);
}

/* What one byte of a text is written as, wherever it stands in it. */
static void check_byte(unsigned byte, size_t before, size_t after)
{
	char text[40], written[8] = {0}, expected[80];
	struct cm_buf buf = {0};

	if (byte == '"' || byte == '\\')
		snprintf(written, sizeof written, "\\%c", (char)byte);
	else if (byte >= 0x20)
		written[0] = (char)byte;
	else if (strchr("\b\t\n\f\r", (int)byte) != NULL && byte != 0)
		snprintf(written, sizeof written, "\\%c", "btn?fr"[byte - 8]);
	else
		snprintf(written, sizeof written, "\\u%04x", byte);
	memset(text, 'x', sizeof text);
	text[before] = (char)byte;
	snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)before, "xxxxxxxxxxxxxxxx",
	         written, (int)after, "xxxxxxxxxxxxxxxx");
	cm_json_put_bytes(&buf, text, before + 1 + after);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), expected);
	cm_buf_clear(&buf);
}

static void test_each_byte(void)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t before = 0; before <= 16; before++) {
			check_byte(byte, before, 0);
			check_byte(byte, before, 7);
			check_byte(byte, before, 16);
		}
	}
}

/* Every character but NUL reads back as it was written. */
static void test_strings_read_back(void)
{
	for (int c = 1; c < 0x80; c++) {
		char text[] = {'<', (char)c, '>', '\0'};
		struct cm_buf buf = {0};
		cm_json *json = NULL;

		cm_json_put_string(&buf, text);
		CU_ASSERT_EQUAL(cm_json_parse(buf.data, buf.len, &json, NULL), CM_OK);
		CU_ASSERT_TRUE(json != NULL && strcmp(cm_json_string(json), text) == 0);
		cm_json_free(json);
		cm_buf_clear(&buf);
	}
}

static void test_integers(void)
{
	struct cm_buf buf = {0};

	cm_json_put_open(&buf, '[');
	cm_json_put_integer(&buf, 0);
	cm_json_put_integer(&buf, -1);
	cm_json_put_integer(&buf, INT64_MAX);
	cm_json_put_integer(&buf, INT64_MIN);
	cm_json_put_close(&buf, ']');
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "[0,-1,9223372036854775807,-9223372036854775808]");
	cm_buf_clear(&buf);
}

static void test_numbers(void)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {-0.0, "-0"},
	    {1, "1"},
	    {0.1, "0.1"},
	    {-2.5, "-2.5"},
	    {1e300, "1e+300"},
	    {1e-300, "1e-300"},
	    {0.1 + 0.2, "0.30000000000000004"},
	    {8760, "8760"},
	    {1.0 / 3, "0.3333333333333333"},
	    {123456789012345680.0, "1.2345678901234568e+17"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf buf = {0};

		cm_json_put_number(&buf, rows[i].value);
		ASSERT_ROW(rows[i].text, strcmp(cm_buf_str(&buf), rows[i].text) == 0);
		cm_buf_clear(&buf);
	}
}

static void test_numbers_read_back(void)
{
	static const double values[] = {
	    0.1,    -0.0,    1e300,    1e-300,       2.2250738585072014e-308,
	    5e-324, 1.0 / 3, 1e15 + 1, 0.1 + 0.2,    1.7976931348623157e308,
	    1e21,   -1e-7,   100000,   123456.789e3, 9007199254740993.0};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct cm_buf buf = {0};
		cm_json *json = NULL;
		double back = 99;

		cm_json_put_number(&buf, values[i]);
		ASSERT_ROW(buf.data, cm_json_parse(buf.data, buf.len, &json, NULL) == CM_OK);
		ASSERT_ROW(buf.data, cm_json_number(json, &back));
		ASSERT_ROW(buf.data, !(back < values[i]) && !(back > values[i]));
		cm_json_free(json);
		cm_buf_clear(&buf);
	}
}

/* JSON has no word for them; whatever is written must be JSON, or the buffer must say it failed. */
static void test_not_finite(void)
{
	static const double values[] = {INFINITY, -INFINITY, NAN};

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct cm_buf buf = {0};
		cm_json *json = NULL;

		cm_json_put_number(&buf, values[i]);
		ASSERT_ROW(cm_buf_str(&buf),
		           cm_buf_status(&buf, NULL) != CM_OK ||
		               cm_json_parse(buf.data, buf.len, &json, NULL) == CM_OK);
		cm_json_free(json);
		cm_buf_clear(&buf);
	}
}

/* Values that were read are written so that they mean the same, numbers as they were spelled. */
static void test_values(void)
{
	static const char *const texts[] = {
	    "null",
	    "true",
	    "\"a/b\\n\\\"\"",
	    "[]",
	    "{}",
	    "[1,-1,9223372036854775807,-9223372036854775808]",
	    "1.0",
	    "1.50",
	    "0.1",
	    "1e300",
	    "{\"z\":{\"a\":[null,false]},\"a\":\"\xc3\xbc\"}",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct cm_buf buf = {0};
		cm_json *json = NULL;

		CU_ASSERT_EQUAL(cm_json_parse(texts[i], strlen(texts[i]), &json, NULL), CM_OK);
		cm_json_put_value(&buf, json);
		ASSERT_ROW(texts[i], strcmp(cm_buf_str(&buf), texts[i]) == 0);
		cm_json_free(json);
		cm_buf_clear(&buf);
	}
}

/* A number too large for a double still comes back as a number, not as a word. */
static void test_large_value(void)
{
	struct cm_buf buf = {0};
	cm_json *json = NULL, *back = NULL;

	if (cm_json_parse("[1e999,-1e999]", 14, &json, NULL) == CM_OK) {
		cm_json_put_value(&buf, json);
		ASSERT_ROW(cm_buf_str(&buf),
		           cm_json_parse(buf.data, buf.len, &back, NULL) == CM_OK);
	}
	cm_json_free(json);
	cm_json_free(back);
	cm_buf_clear(&buf);
}

static void test_value_after_value(void)
{
	struct cm_buf buf = {0};
	cm_json *one = cm_json_from_string("x");

	cm_json_put_open(&buf, '[');
	cm_json_put_value(&buf, one);
	cm_json_put_value(&buf, NULL);
	cm_json_put_value(&buf, one);
	cm_json_put_close(&buf, ']');
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "[\"x\",null,\"x\"]");
	cm_json_free(one);
	cm_buf_clear(&buf);
}

static void test_no_memory(void)
{
	struct cm_buf buf = {0};

	cm_json_put_open(&buf, '[');
	cm_json_put_bytes(&buf, NULL, 0);
	cm_buf_add(&buf, "x", SIZE_MAX);
	cm_json_put_string(&buf, "late");
	cm_json_put_integer(&buf, 1);
	cm_json_put_close(&buf, ']');
	CU_ASSERT_EQUAL(cm_buf_status(&buf, NULL), CM_NOMEM);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&buf), "[\"\"");
	cm_buf_clear(&buf);
}

static void test_large(void)
{
	struct cm_buf buf = {0};
	cm_json *json = NULL;
	char text[2049];

	memset(text, '\x01', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	cm_json_put_open(&buf, '[');
	for (int i = 0; i < 200; i++)
		cm_json_put_string(&buf, text);
	cm_json_put_close(&buf, ']');
	CU_ASSERT_EQUAL(cm_buf_status(&buf, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_json_parse(buf.data, buf.len, &json, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_json_length(json), 200);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_at(json, 199)), text);
	cm_json_free(json);
	cm_buf_clear(&buf);
}

static const struct cm_test tests[] = {
    {"commas come where they belong, however values are nested", test_commas},
    {"a string that ends like an opening bracket is still a value", test_commas_after_strings},
    {"each byte is written as it is to be, wherever it stands", test_each_byte},
    {"quotes, backslashes and control characters are escaped, the rest is not", test_escapes},
    {"every string reads back", test_strings_read_back},
    {"integers are written in full", test_integers},
    {"numbers are written in their shortest form", test_numbers},
    {"numbers read back exactly", test_numbers_read_back},
    {"infinity and NaN don't break the text", test_not_finite},
    {"a value that was read is written as it came", test_values},
    {"a number beyond double is written as JSON", test_large_value},
    {"values follow each other with commas", test_value_after_value},
    {"nothing half-built passes for whole when memory is short", test_no_memory},
    {"a large text is whole", test_large},
};

CM_SUITE(cm_suite_base_json_write, "base/json_write", tests);

#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

#include "fixture.h"
#include "suite.h"

/* A good text as JSON; the caller frees it. */
static cm_json *good(const char *text)
{
	cm_json *json = NULL;

	ASSERT_ROW(text, cm_json_parse(text, strlen(text), &json, NULL) == CM_OK);
	return json;
}

/* A text is refused with a message that holds a word. */
static void refuse(const char *text, size_t len, const char *word)
{
	struct cm_err err = {0};
	cm_json *json = NULL;

	ASSERT_ROW(text, cm_json_parse(text, len, &json, &err) == CM_PARSE);
	ASSERT_ROW(text, json == NULL);
	ASSERT_ROW(text, err.status == CM_PARSE && strstr(err.text, word) != NULL);
	cm_json_free(json);
}

static void accept(const char *text)
{
	cm_json_free(good(text));
}

static void test_duplicate_names(void)
{
	static const char *const texts[] = {
	    "{\"a\":1,\"a\":2}",
	    "{\"a\":1,\"a\":1}",
	    "{\"a\":null,\"a\":null}",
	    "{\"a\":1,\"\\u0061\":2}",
	    "{\"\":1,\"\":2}",
	    "[{\"b\":{\"a\":1,\"a\":2}}]",
	    "{\"a\":{\"x\":1,\"y\":2},\"a\":1}",
	    "{\"a\":1,\"b\":2,\"c\":3,\"a\":4}",
	    "{\"\\/\":1,\"/\":2}",
	    "{\"\xc3\xbc\":1,\"\\u00fc\":2}",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		refuse(texts[i], strlen(texts[i]), "twice");
	accept("{\"a\":1,\"A\":2}");
	accept("[{\"a\":1},{\"a\":2}]");
	accept("{\"a\":{\"a\":{\"a\":1}}}");
	accept("{\"a:b\":\":\",\"a\":\"\\\":\"}");
}

/* Texts that a lax reader might take. */
static const char *const not_rfc_8259[] = {
    "",
    " ",
    "NaN",
    "nan",
    "-NaN",
    "Infinity",
    "-Infinity",
    "[01]",
    "[1.]",
    "[.5]",
    "[+1]",
    "[-01]",
    "[00]",
    "[0x1]",
    "[1,]",
    "[,1]",
    "[,]",
    "{a:1}",
    "{'a':1}",
    "'a'",
    "nul",
    "nullx",
    "True",
    "TRUE",
    "truefalse",
    "tru",
    "fals",
    "[1] x",
    "[-]",
    "[--1]",
    "[1e]",
    "[1e+]",
    "[1.e1]",
    "[1e1.5]",
    "\"a",
    "\"\\q\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\x41\"",
    "\"\\",
    "[1 2]",
    "[1}",
    "{\"a\"}",
    "//x\n1",
    "/**/1",
    "#\n1",
    "[",
    "]",
    "{",
    "}",
    "{\"a\":1,}",
    "{,}",
    "{\"a\":}",
    "{:1}",
    "{\"a\":1 \"b\":2}",
    "\"a\tb\"",
    "\"a\nb\"",
    "\"\x01\"",
    "1 2",
    "[1][2]",
    "{}{}",
    "{}}",
    "[]]",
    "\"a\"\"b\"",
    "[1:2]",
    "{\"a\"::1}",
    "{1:2}",
    "{null:1}",
    "\v1",
    "\f1",
    "[1,,2]",
    "-",
    "1_000",
    "\xef\xbb\xbf{}",
    "\xc2\xa0 1",
    "a",
};

static void test_not_rfc_8259(void)
{
	for (size_t i = 0; i < COUNT_OF(not_rfc_8259); i++)
		refuse(not_rfc_8259[i], strlen(not_rfc_8259[i]), "");
}

static void test_whole_texts(void)
{
	static const char *const texts[] = {
	    "null",
	    "true",
	    "false",
	    "0",
	    "-0",
	    "-1",
	    "\"\"",
	    "[]",
	    "{}",
	    " \t\r\n{} \t\r\n",
	    "[[],{}]",
	    "1",
	    "12",
	    "1.5",
	    "1E5",
	    "1e+5",
	    "1e-5",
	    "0.1",
	    "-0.0",
	    "0e0",
	    "[ 1 , 2 ]",
	    " 1 ",
	    "{ \"a\" : [ ] , \"b\" : null }",
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fc\"",
	    "\"\\ud83d\\ude00\"",
	    "\"\x7f\"",
	    "{\"\":0}",
	    "\"\\\\u0000\"",
	    "\"{[,:]}//\"",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		accept(texts[i]);
}

/* A NUL could hide what follows from whoever reads C strings. */
static void test_nul(void)
{
	refuse("\"\\u0000\"", 8, "U+0000");
	refuse("\"a\\u0000b\"", 10, "U+0000");
	refuse("\"\\\\\\u0000\"", 10, "U+0000");
	refuse("{\"a\\u0000\":1}", 13, "U+0000");
	refuse("\"a\0b\"", 5, "control character");
	refuse("{\"a\0\":1}", 8, "control character");
	refuse("{}\0", 3, "unexpected");
	refuse("{\0}", 3, "unexpected");
	refuse("\0{}", 3, "unexpected");
	refuse("1\0", 2, "unexpected");
}

static void test_not_utf8(void)
{
	static const char *const texts[] = {
	    "\"\xff\"",      "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc3\"",
	    "{\"\xc3(\":1}", "\xff",         "{}\xff",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		refuse(texts[i], strlen(texts[i]), "UTF-8");
}

static void test_length_counts(void)
{
	cm_json *json = NULL;

	CU_ASSERT_EQUAL(cm_json_parse("{}x", 2, &json, NULL), CM_OK);
	cm_json_free(json);
	CU_ASSERT_EQUAL(cm_json_parse("123", 2, &json, NULL), CM_OK);
	CU_ASSERT_EQUAL(json == NULL ? 0 : cm_json_type(json), CM_JSON_INTEGER);
	cm_json_free(json);
	CU_ASSERT_EQUAL(cm_json_parse("\"a\"", 2, &json, NULL), CM_PARSE);
	CU_ASSERT_EQUAL(cm_json_parse("true", 3, &json, NULL), CM_PARSE);
	CU_ASSERT_EQUAL(cm_json_parse("\"\\u0000", 4, &json, NULL), CM_PARSE);
}

static void test_where(void)
{
	struct cm_err err = {0};
	cm_json *json;

	CU_ASSERT_EQUAL(cm_json_parse("[1, nope]", 9, &json, &err), CM_PARSE);
	CU_ASSERT_STRING_EQUAL(err.text, "unexpected character at byte 4");
	cm_err_clear(&err);
	CU_ASSERT_EQUAL(cm_json_parse("[1 2]", 5, &json, &err), CM_PARSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "at byte 3"));
}

/* A text of n brackets on either side of what is within. */
static enum cm_status nested(size_t n, const char *open, const char *within, const char *close,
                             struct cm_err *err)
{
	struct cm_buf buf = {0};
	cm_json *json = NULL;
	enum cm_status rc;

	for (size_t i = 0; i < n; i++)
		cm_buf_puts(&buf, open);
	cm_buf_puts(&buf, within);
	for (size_t i = 0; i < n; i++)
		cm_buf_puts(&buf, close);
	rc = cm_json_parse(buf.data, buf.len, &json, err);
	cm_json_free(json);
	cm_buf_clear(&buf);
	return rc;
}

static void test_depth(void)
{
	static const size_t too_deep[] = {CM_JSON_DEPTH_MAX + 1, 100, 10000, 200000};

	CU_ASSERT_EQUAL(nested(CM_JSON_DEPTH_MAX, "[", "", "]", NULL), CM_OK);
	CU_ASSERT_EQUAL(nested(CM_JSON_DEPTH_MAX - 1, "[", "1", "]", NULL), CM_OK);
	CU_ASSERT_EQUAL(nested(CM_JSON_DEPTH_MAX - 1, "{\"a\":", "1", "}", NULL), CM_OK);
	for (size_t i = 0; i < COUNT_OF(too_deep); i++) {
		struct cm_err err = {0};

		CU_ASSERT_EQUAL(nested(too_deep[i], "[", "", "]", &err), CM_PARSE);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "deeper"));
		CU_ASSERT_EQUAL(nested(too_deep[i], "{\"a\":", "1", "}", NULL), CM_PARSE);
		CU_ASSERT_EQUAL(nested(too_deep[i], "[", "", "", NULL), CM_PARSE);
	}
}

static void test_integers(void)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
	    {"0", 0},
	    {"-0", 0},
	    {"-1", -1},
	    {"2147483648", 2147483648},
	    {"9007199254740993", 9007199254740993},
	    {"999999999999999999", 999999999999999999},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cm_json *json = good(rows[i].text);
		int64_t value = 99;

		ASSERT_ROW(rows[i].text, cm_json_type(json) == CM_JSON_INTEGER);
		ASSERT_ROW(rows[i].text, cm_json_integer(json, &value));
		ASSERT_ROW(rows[i].text, value == rows[i].value);
		cm_json_free(json);
	}
}

static void test_integers_beyond(void)
{
	static const char *const texts[] = {
	    "9223372036854775808",
	    "-9223372036854775809",
	    "18446744073709551615",
	    "18446744073709551616",
	    "99999999999999999999",
	    "[10000000000000000000000000000000000000000000000000000000000000000000000000000000]",
	    "{\"a\":-10000000000000000000}",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		refuse(texts[i], strlen(texts[i]), "64 bits");
}

/* 1.0 and 1e0 are numbers, not integers: an id is echoed as it came. */
static void test_numbers(void)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = {
	    {"1.0", 1},
	    {"1e0", 1},
	    {"-0.5", -0.5},
	    {"1E3", 1000},
	    {"0.1", 0.1},
	    {"1e300", 1e300},
	    {"9223372036854775808.0", 9223372036854775808.0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cm_json *json = good(rows[i].text);
		double value = 99;
		int64_t integer = 99;

		ASSERT_ROW(rows[i].text, cm_json_type(json) == CM_JSON_NUMBER);
		ASSERT_ROW(rows[i].text, cm_json_number(json, &value));
		ASSERT_ROW(rows[i].text, !(value < rows[i].value) && !(value > rows[i].value));
		ASSERT_ROW(rows[i].text, !cm_json_integer(json, &integer) && integer == 99);
		cm_json_free(json);
	}
}

static void test_any_bytes(void)
{
	static const char *const pieces[] = {"{",  "}",    "[", "]",     ",",   ":", "\"",
	                                     "\\", "u",    "0", "1",     "-",   ".", "e",
	                                     "t",  "null", " ", "\"a\"", "\xff"};
	unsigned state = 12345;

	/* No text makes it read beyond the end; the sanitizers look on. */
	for (int round = 0; round < 20000; round++) {
		char *text;
		char made[64] = "";
		cm_json *json = NULL;
		size_t len;

		for (int i = 0; i < 8; i++) {
			state = state * 1103515245u + 12345u;
			strcat(made, pieces[(state >> 16) % COUNT_OF(pieces)]);
		}
		len = strlen(made);
		text = malloc(len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		memcpy(text, made, len);
		(void)cm_json_parse(text, len, &json, NULL);
		cm_json_free(json);
		free(text);
	}
}

/* An array of so many objects and arrays, itself counted. */
static enum cm_status containers(enum cm_status (*parse)(const char *text, size_t len,
                                                         cm_json **out, struct cm_err *err),
                                 int count, struct cm_err *err)
{
	struct cm_buf text = {0};
	cm_json *json = NULL;
	enum cm_status rc;

	cm_buf_puts(&text, "[\"no container\",1,null");
	for (int i = 1; i < count; i++)
		cm_buf_puts(&text, i % 2 == 0 ? ",{}" : ",[]");
	cm_buf_puts(&text, "]");
	rc = parse(cm_buf_str(&text), text.len, &json, err);
	CU_ASSERT_TRUE((json != NULL) == (rc == CM_OK));
	cm_json_free(json);
	cm_buf_clear(&text);
	return rc;
}

static void test_containers(void)
{
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(containers(cm_json_parse_request, 1, NULL), CM_OK);
	CU_ASSERT_EQUAL(containers(cm_json_parse_request, CM_JSON_CONTAINERS_MAX, NULL), CM_OK);
	CU_ASSERT_EQUAL(containers(cm_json_parse_request, CM_JSON_CONTAINERS_MAX + 1, &err),
	                CM_PARSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "too many objects and arrays at byte "));
	CU_ASSERT_EQUAL(containers(cm_json_parse, 2 * CM_JSON_CONTAINERS_MAX, NULL), CM_OK);
}

static const struct cm_test tests[] = {
    {"duplicate names are refused, however they are written", test_duplicate_names},
    {"what RFC 8259 has not is refused", test_not_rfc_8259},
    {"what RFC 8259 has is taken", test_whole_texts},
    {"NUL is refused, as a byte and as an escape", test_nul},
    {"what is not UTF-8 is refused", test_not_utf8},
    {"only the given length is read", test_length_counts},
    {"a message says where the fault is", test_where},
    {"nesting that is too deep is refused, however deep", test_depth},
    {"a request has not too many objects and arrays", test_containers},
    {"integers up to 64 bits are exact", test_integers},
    {"integers beyond 64 bits are refused, not clipped", test_integers_beyond},
    {"a number with fraction or exponent is no integer", test_numbers},
    {"no text is read beyond its end", test_any_bytes},
};

CM_SUITE(cm_suite_base_json, "base/json", tests);

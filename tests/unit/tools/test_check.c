#include "tools/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"
#include "tools/fields.h"

/* A value (JSON text) of a field called f; the sentence of a refusal holds a word. */
static void check(const struct cm_field *field, const char *text, const char *word)
{
	cm_json *value = support_parse(text);
	struct cm_err err = {0};
	enum cm_status rc = cm_check_value(field, value, "thing.f", &err);

	ASSERT_ROW(text, rc == (word == NULL ? CM_OK : CM_INPUT));
	ASSERT_ROW(text, err.status == rc);
	ASSERT_ROW(text, word == NULL || strstr(err.text, word) != NULL);
	ASSERT_ROW(text, word == NULL || strncmp(err.text, "thing.f", 7) == 0);
	cm_json_free(value);
}

struct row {
	const char *text, *word; /* NULL: good */
};

static void check_all(const struct cm_field *field, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(field, rows[i].text, rows[i].word);
}

static void test_types(void)
{
	static const char *const values[] = {"null", "true", "7", "7.5", "\"x\"", "[]", "{}"};
	static const struct {
		struct cm_field field;
		const char *takes; /* a '+' for each value that is of the type */
	} rows[] = {
	    {{.name = "f", .type = CM_FIELD_STRING}, "----+--"},
	    {{.name = "f", .type = CM_FIELD_BOOL}, "-+-----"},
	    {{.name = "f", .type = CM_FIELD_INTEGER, .max = 10}, "--+----"},
	    {{.name = "f", .type = CM_FIELD_NUMBER, .max = 10}, "--++---"},
	    {{.name = "f", .type = CM_FIELD_TIME}, "----+--"},
	    {{.name = "f", .type = CM_FIELD_STRINGS, .max = 1}, "-----+-"},
	    {{.name = "f", .type = CM_FIELD_OBJECTS, .max = 1}, "-----+-"},
	    {{.name = "f", .type = CM_FIELD_OBJECT}, "------+"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t k = 0; k < COUNT_OF(values); k++)
			check(&rows[i].field, values[k],
			      rows[i].takes[k] == '+' ? NULL : "thing.f: must be ");
	}
}

/* A string of so many characters of so many bytes each, as JSON text. */
static void check_length(const struct cm_field *field, size_t count, const char *character,
                         const char *word)
{
	struct cm_buf text = {0};

	cm_buf_puts(&text, "\"");
	for (size_t i = 0; i < count; i++)
		cm_buf_puts(&text, character);
	cm_buf_puts(&text, "\"");
	check(field, cm_buf_str(&text), word);
	cm_buf_clear(&text);
}

static void test_string_lengths(void)
{
	static const struct cm_field by_default = {.name = "f", .type = CM_FIELD_STRING};
	static const struct cm_field ten = {.name = "f", .type = CM_FIELD_STRING, .max = 10};
	static const char *const characters[] = {
	    "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\\u20ac", "\\n"};

	CU_ASSERT_EQUAL(cm_check_max_length(&by_default), 100);
	CU_ASSERT_EQUAL(cm_check_max_length(&ten), 10);
	for (size_t i = 0; i < COUNT_OF(characters); i++) {
		check_length(&by_default, 100, characters[i], NULL);
		check_length(&by_default, 101, characters[i], "longer than 100 characters");
		check_length(&ten, 10, characters[i], NULL);
		check_length(&ten, 11, characters[i], "longer than 10 characters");
	}
	check_length(&ten, 0, "", NULL);
}

static void test_required_strings(void)
{
	static const struct cm_field field = {
	    .name = "f", .type = CM_FIELD_STRING, .flags = CM_FIELD_REQUIRED};

	check(&field, "\"\"", "must not be empty");
	check(&field, "\" \"", NULL);
}

static void test_numbers(void)
{
	static const struct cm_field integer = {
	    .name = "f", .type = CM_FIELD_INTEGER, .min = -5, .max = 10};
	static const struct cm_field number = {
	    .name = "f", .type = CM_FIELD_NUMBER, .min = 0, .max = 8760};
	static const struct row integers[] = {
	    {"-5", NULL},
	    {"0", NULL},
	    {"10", NULL},
	    {"-6", "must be from -5 to 10"},
	    {"11", "must be from -5 to 10"},
	    {"9223372036854775807", "must be from"},
	    {"-9223372036854775808", "must be from"},
	    {"1.0", NULL},
	    {"-0.0", NULL},
	    {"1e1", NULL},
	    {"11.0", "must be from -5 to 10"},
	    {"1.5", "must be an integer, not a number"},
	    {"1e300", "must be an integer, not a number"},
	};
	static const struct row numbers[] = {
	    {"0", NULL},
	    {"-0.0", NULL},
	    {"0.5", NULL},
	    {"8760", NULL},
	    {"8760.0", NULL},
	    {"8.76e3", NULL},
	    {"1e-300", NULL},
	    {"-1e-300", "must be from 0 to 8760"},
	    {"-1", "must be from 0 to 8760"},
	    {"8760.000001", "must be from 0 to 8760"},
	    {"8761", "must be from 0 to 8760"},
	    {"1e308", "must be from 0 to 8760"},
	    {"1e999", "must be from 0 to 8760"},
	    {"-1e999", "must be from 0 to 8760"},
	};

	check_all(&integer, integers, COUNT_OF(integers));
	check_all(&number, numbers, COUNT_OF(numbers));
}

static void test_form_name(void)
{
	static const struct cm_field field = {
	    .name = "f", .type = CM_FIELD_STRING, .form = CM_FORM_NAME};
	static const char *const good[] = {"a", "A", "0", "_", "a.b", "a-b", "_.-", "a..b", "null"};
	static const char *const bad[] = {"",    ".",   "-",    ".a",  "-a",       "a/b",  "a b",
	                                  "a\n", "a,b", "a\\b", "a:b", "\xc3\xa9", "a%20", "a\"b"};

	for (size_t i = 0; i < COUNT_OF(good); i++)
		ASSERT_ROW(good[i], cm_fields_is_name(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ASSERT_ROW(bad[i], !cm_fields_is_name(bad[i]));
	check(&field, "\"a\"", NULL);
	check(&field, "\"a/b\"", "may have only letters");
	check_length(&field, 100, "a", NULL);
	check_length(&field, 101, "a", "longer than 100 characters");
}

static void test_form_url(void)
{
	static const struct cm_field field = {
	    .name = "f", .type = CM_FIELD_STRING, .form = CM_FORM_URL, .max = 200};
	static const char wrong[] = "must be an http or https URL";
	static const struct row rows[] = {
	    {"\"\"", NULL},
	    {"\"/\"", NULL},
	    {"\"/logo.png?x#y\"", NULL},
	    {"\"https://a.example\"", NULL},
	    {"\"HTTP://a.example/x?y#z\"", NULL},
	    {"\"//evil.example/x\"", wrong},
	    {"\"javascript:alert(1)\"", wrong},
	    {"\" javascript:alert(1)\"", wrong},
	    {"\"JavaScript:alert(1)\"", wrong},
	    {"\"java\\nscript:alert(1)\"", wrong},
	    {"\"data:text/html,x\"", wrong},
	    {"\"ftp://a.example\"", wrong},
	    {"\"file:///etc/passwd\"", wrong},
	    {"\"https:\"", wrong},
	    {"\"https://\"", wrong},
	    {"\"https:a.example\"", wrong},
	    {"\"a.example\"", wrong},
	    {"\"logo.png\"", wrong},
	    {"\"https://a.example/\xc3\xa9\"", wrong},
	    {"\"https://a.example/ x\"", wrong},
	};

	check_all(&field, rows, COUNT_OF(rows));
}

/* Browsers read a backslash as a slash and drop tabs, so such a path leads to another host. */
static void test_form_url_of_another_host(void)
{
	static const struct cm_field field = {
	    .name = "f", .type = CM_FIELD_STRING, .form = CM_FORM_URL, .max = 200};
	static const struct row rows[] = {
	    {"\"/\\\\evil.example/x\"", "must be"},
	    {"\"/\\t/evil.example/x\"", "must be"},
	    {"\"/\\n/evil.example/x\"", "must be"},
	};

	check_all(&field, rows, COUNT_OF(rows));
}

static void test_form_redirect_uri(void)
{
	static const struct cm_field field = {
	    .name = "f", .type = CM_FIELD_STRING, .form = CM_FORM_REDIRECT_URI, .max = 500};
	static const struct row rows[] = {
	    {"\"https://a.example/cb\"", NULL},
	    {"\"https://a.example/cb?x=y\"", NULL},
	    {"\"http://127.0.0.1/cb\"", NULL},
	    {"\"http://127.0.0.1:1234/cb\"", NULL},
	    {"\"http://[::1]:1234/cb\"", NULL},
	    {"\"http://localhost:1234/cb\"", NULL},
	    {"\"com.example.app:/cb\"", NULL},
	    {"\"cursor://anysphere.cursor-retrieval/oauth/cb\"", NULL},
	    {"\"http://a.example/cb\"", "must use https"},
	    {"\"http://127.0.0.1.evil.example/cb\"", "must use https"},
	    {"\"http://localhost.evil.example/cb\"", "must use https"},
	    {"\"http:\"", "must use https"},
	    {"\"https:/cb\"", "must name a host"},
	    {"\"https://a.example/cb#\"", "must have no fragment"},
	    {"\"https://a.example/cb#x\"", "must have no fragment"},
	    {"\"com.example.app:/cb#x\"", "must have no fragment"},
	    {"\"https://u@a.example/cb\"", "no user name"},
	    {"\"https://a.example@evil.example/cb\"", "no user name"},
	    {"\"javascript:alert(1)\"", "not allowed"},
	    {"\"JAVASCRIPT:alert(1)\"", "not allowed"},
	    {"\"data:text/html,x\"", "not allowed"},
	    {"\"vbscript:x\"", "not allowed"},
	    {"\"file:/etc/passwd\"", "not allowed"},
	    {"\"file:///etc/passwd\"", "must be an absolute URI"},
	    {"\"about:blank\"", "not allowed"},
	    {"\"blob:https://a.example/x\"", "not allowed"},
	    {"\"filesystem:https://a.example/x\"", "not allowed"},
	    {"\"ws://a.example\"", "not allowed"},
	    {"\"wss://a.example\"", "not allowed"},
	    {"\"ftp://a.example\"", "not allowed"},
	    {"\"mailto:a@a.example\"", "not allowed"},
	    {"\"view-source:https://a.example\"", "not allowed"},
	    {"\"\"", "must be an absolute URI"},
	    {"\"/cb\"", "must be an absolute URI"},
	    {"\"//a.example/cb\"", "must be an absolute URI"},
	    {"\"a.example/cb\"", "must be an absolute URI"},
	    {"\"https://a.example/cb \"", "must be an absolute URI"},
	    {"\"https://a.example/\\u0009cb\"", "must be an absolute URI"},
	    {"\"https://*.example/cb\"", "must be an absolute URI"},
	    {"\"https://a.example\\\\@evil.example/\"", "must be an absolute URI"},
	};

	check_all(&field, rows, COUNT_OF(rows));
}

static void test_form_scope(void)
{
	static const struct cm_field field = {
	    .name = "f", .type = CM_FIELD_STRING, .form = CM_FORM_SCOPE};
	static const char wrong[] = "is no scope of this server; it has read:application "
	                            "write:application read:organization ";
	static const struct row rows[] = {
	    {"\"read:application\"", NULL},
	    {"\"application:write\"", NULL},
	    {"\"admin\"", NULL},
	    {"\"read\"", NULL},
	    {"\"*:read\"", NULL},
	    {"\"write:*\"", NULL},
	    {"\"\"", wrong},
	    {"\"*\"", wrong},
	    {"\"*:*\"", wrong},
	    {"\"application\"", wrong},
	    {"\"Read:application\"", wrong},
	    {"\"read:application write:application\"", wrong},
	    {"\"read:application \"", wrong},
	    {"\" read:application\"", wrong},
	    {"\"read:application:x\"", wrong},
	    {"\"opened\"", wrong},
	};

	check_all(&field, rows, COUNT_OF(rows));
}

static void test_values(void)
{
	static const char *const values[] = {"one", "two", NULL};
	static const struct cm_field single = {
	    .name = "f", .type = CM_FIELD_STRING, .values = values};
	static const struct cm_field many = {
	    .name = "f", .type = CM_FIELD_STRINGS, .max = 3, .values = values};
	static const struct row singles[] = {
	    {"\"one\"", NULL},
	    {"\"two\"", NULL},
	    {"\"\"", "\"\" is none of the allowed values: \"one\", \"two\"."},
	    {"\"One\"", "\"One\" is none of"},
	    {"\"one \"", "none of"},
	    {"\"on\"", "none of"},
	};
	static const struct row arrays[] = {
	    {"[]", NULL},
	    {"[\"two\",\"one\"]", NULL},
	    {"[\"one\",\"three\"]",
	     "thing.f[1]: \"three\" is none of the allowed values: \"one\", \"two\"."},
	};

	check_all(&single, singles, COUNT_OF(singles));
	check_all(&many, arrays, COUNT_OF(arrays));
}

static const struct cm_test tests[] = {
    {"each type takes its own values and no others", test_types},
    {"a string has its limit of characters and not one more", test_string_lengths},
    {"a required string is not empty", test_required_strings},
    {"numbers keep to their range, integers are whole", test_numbers},
    {"the form of names", test_form_name},
    {"the form of URLs", test_form_url},
    {"a path is no way to another host", test_form_url_of_another_host},
    {"A19 U7 the form of redirect URIs", test_form_redirect_uri},
    {"the form of scopes", test_form_scope},
    {"only the strings of the table are taken", test_values},
};

CM_SUITE(cm_suite_tools_check, "tools/check", tests);

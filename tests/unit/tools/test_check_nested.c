#include "tools/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static const struct cm_field inner[] = {
    {.name = "count", .type = CM_FIELD_INTEGER, .min = 0, .max = 9},
    {.name = "any", .type = CM_FIELD_OBJECT},
    {.name = NULL},
};

static const struct cm_field members[] = {
    {.name = "name", .type = CM_FIELD_STRING, .flags = CM_FIELD_REQUIRED, .max = 5},
    {.name = "on", .type = CM_FIELD_BOOL},
    {.name = "words", .type = CM_FIELD_STRINGS, .max = 2},
    {.name = "deep", .type = CM_FIELD_OBJECT, .members = inner},
    {.name = "rows", .type = CM_FIELD_OBJECTS, .max = 2, .members = inner},
    {.name = NULL},
};

static const struct cm_field object = {.name = "f", .type = CM_FIELD_OBJECT, .members = members};
static const struct cm_field objects = {
    .name = "f", .type = CM_FIELD_OBJECTS, .max = 3, .members = members};
static const struct cm_field strings = {.name = "f", .type = CM_FIELD_STRINGS, .max = 3};
static const struct cm_field any = {.name = "f", .type = CM_FIELD_OBJECT};

/* Check a value; what is said of it, whole: "" when it is good. */
static void says(const struct cm_field *field, const char *text, const char *sentence)
{
	cm_json *value = support_parse(text);
	struct cm_err err = {0};

	(void)cm_check_value(field, value, "f", &err);
	ASSERT_ROW(text, strcmp(err.text, sentence) == 0);
	cm_json_free(value);
}

#define OUTER "; it has name, on, words, deep, rows."
#define INNER "; it has count, any."

static void test_unknown_members(void)
{
	says(&object, "{\"name\":\"a\",\"x\":1}", "f: has no member x" OUTER);
	says(&object, "{\"name\":\"a\",\"Name\":\"b\"}", "f: has no member Name" OUTER);
	says(&object, "{\"name\":\"a\",\"\":1}", "f: has no member " OUTER);
	says(&object, "{\"name\":\"a\",\"x\":null}", "f: has no member x" OUTER);
	says(&object, "{\"name\":\"a\",\"deep\":{\"x\":1}}", "f.deep: has no member x" INNER);
	says(&object, "{\"name\":\"a\",\"rows\":[{},{\"x\":1}]}",
	     "f.rows[1]: has no member x" INNER);
	says(&objects, "[{\"name\":\"a\"},{\"name\":\"b\",\"rows\":[{\"x\":1}]}]",
	     "f[1].rows[0]: has no member x" INNER);
}

static void test_paths(void)
{
	says(&object, "{\"name\":7}", "f.name: must be a string, not an integer.");
	says(&object, "{\"name\":\"a\",\"deep\":{\"count\":10}}",
	     "f.deep.count: must be from 0 to 9.");
	says(&object, "{\"name\":\"a\",\"words\":[\"a\",1]}",
	     "f.words[1]: must be a string, not an integer.");
	says(&objects, "[{\"name\":\"a\"},{\"name\":\"abcdef\"}]",
	     "f[1].name: is longer than 5 characters.");
	says(&objects, "[{\"name\":\"a\",\"rows\":[{\"count\":true}]}]",
	     "f[0].rows[0].count: must be an integer, not true or false.");
}

static void test_required_members(void)
{
	says(&object, "{}", "f.name: is needed.");
	says(&object, "{\"on\":true}", "f.name: is needed.");
	says(&object, "{\"name\":null}", "f.name: is needed.");
	says(&object, "{\"name\":\"\"}", "f.name: must not be empty.");
	says(&objects, "[{\"name\":\"a\"},{}]", "f[1].name: is needed.");
}

/* null is the same as leaving a member out; in an array there is no leaving out. */
static void test_null(void)
{
	says(&object, "{\"name\":\"a\",\"on\":null,\"deep\":null,\"words\":null}", "");
	says(&object, "{\"name\":\"a\",\"deep\":{\"count\":null,\"any\":null}}", "");
	says(&strings, "[null]", "f[0]: must be a string, not null.");
	says(&objects, "[null]", "f[0]: must be an object, not null.");
}

static void test_elements(void)
{
	says(&strings, "[]", "");
	says(&strings, "[\"a\",\"b\",\"a\"]", "");
	says(&strings, "[\"a\",\"b\",\"c\",\"d\"]", "f: has more than 3 elements.");
	says(&objects, "[{\"name\":\"a\"},{\"name\":\"a\"},{\"name\":\"a\"}]", "");
	says(&objects, "[{},{},{},{}]", "f: has more than 3 elements.");
	says(&strings, "[[\"a\"]]", "f[0]: must be a string, not an array.");
	says(&objects, "[[]]", "f[0]: must be an object, not an array.");
	says(&objects, "[\"a\"]", "f[0]: must be an object, not a string.");
	says(&strings, "{\"0\":\"a\"}", "f: must be an array, not an object.");
	says(&objects, "{}", "f: must be an array, not an object.");
}

/* max counts the elements; each string has the limit of URLs. */
static void test_strings_in_arrays(void)
{
	struct cm_buf text = {0};

	CU_ASSERT_EQUAL(cm_check_max_length(&strings), 500);
	cm_buf_puts(&text, "[\"");
	for (int i = 0; i < 500; i++)
		cm_buf_puts(&text, "\xc3\xa9");
	cm_buf_puts(&text, "\"]");
	says(&strings, cm_buf_str(&text), "");
	text.len -= 2;
	cm_buf_puts(&text, "x\"]");
	says(&strings, cm_buf_str(&text), "f[0]: is longer than 500 characters.");
	cm_buf_clear(&text);
}

static void test_any_members(void)
{
	says(&any, "{}", "");
	says(&any, "{\"x\":{\"\":[1,2.5,null,{\"y\":[[]]}]},\"name\":7}", "");
	says(&any, "[]", "f: must be an object, not an array.");
	says(&object, "{\"name\":\"a\",\"deep\":{\"any\":{\"x\":[null]}}}", "");
}

/* The name of a member is the caller's text: it is cut, and between characters. */
static void test_long_names(void)
{
	struct cm_buf text = {0};
	struct cm_err err = {0};
	cm_json *value;

	cm_buf_puts(&text, "{\"name\":\"a\",\"x");
	for (int i = 0; i < 2000; i++)
		cm_buf_puts(&text, "\xe2\x82\xac");
	cm_buf_puts(&text, "\":1}");
	value = support_parse(cm_buf_str(&text));
	CU_ASSERT_EQUAL(cm_check_value(&object, value, "f", &err), CM_INPUT);
	CU_ASSERT_TRUE(strlen(err.text) < 140);
	CU_ASSERT_EQUAL(strncmp(err.text, "f: has no member x", 18), 0);
	cm_json_free(value);
	cm_buf_clear(&text);
}

/* What is kept can be read again as it is told: within a row, a list of rows, and a result. */
static void test_depth(void)
{
	static const struct {
		int levels;
		const char *sentence;
	} rows[] = {{1, ""},
	            {27, ""},
	            {28, ""},
	            {29, "f: is nested deeper than 28 levels."},
	            {32, "f: is nested deeper than 28 levels."}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf text = {0};

		for (int level = 1; level < rows[i].levels; level++)
			cm_buf_puts(&text, level % 2 == 0 ? "[" : "{\"a\":");
		cm_buf_puts(&text, rows[i].levels % 2 == 0 ? "[]" : "{}");
		for (int level = rows[i].levels; level-- > 1;)
			cm_buf_puts(&text, level % 2 == 0 ? "]" : "}");
		says(&any, cm_buf_str(&text), rows[i].sentence);
		cm_buf_clear(&text);
	}
}

static const struct cm_test tests[] = {
    {"an unknown member is named with the path to it", test_unknown_members},
    {"what is wrong inside is named with the path to it", test_paths},
    {"a required member is there, and not empty", test_required_members},
    {"null leaves a member out, but is no element", test_null},
    {"an array has its limit of elements, all of one type", test_elements},
    {"strings in arrays have a limit of their own", test_strings_in_arrays},
    {"an object without a table has any members", test_any_members},
    {"a long name is cut", test_long_names},
    {"a value is nested no deeper than can be read again", test_depth},
};

CM_SUITE(cm_suite_tools_check_nested, "tools/check_nested", tests);

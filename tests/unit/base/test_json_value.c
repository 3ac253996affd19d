#include "base/json.h"

#include <stdint.h>

#include "fixture.h"
#include "suite.h"

/* A good text as JSON; the caller frees it. */
static cm_json *good(const char *text)
{
	cm_json *json = NULL;

	ASSERT_ROW(text, cm_json_parse(text, strlen(text), &json, NULL) == CM_OK);
	return json;
}

static void test_types(void)
{
	static const struct {
		const char *text;
		enum cm_json_type type;
	} rows[] = {
	    {"null", CM_JSON_NULL},        {"true", CM_JSON_BOOL},    {"1", CM_JSON_INTEGER},
	    {"1.5", CM_JSON_NUMBER},       {"\"1\"", CM_JSON_STRING}, {"[1]", CM_JSON_ARRAY},
	    {"{\"a\":1}", CM_JSON_OBJECT},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cm_json *json = good(rows[i].text);
		enum cm_json_type type = rows[i].type;
		const cm_json *value = json;
		const void *cursor = NULL;
		const char *name;
		bool flag = false;
		int64_t integer = 7;
		double number = 7;

		ASSERT_ROW(rows[i].text, cm_json_type(json) == type);
		ASSERT_ROW(rows[i].text,
		           (cm_json_string(json) != NULL) == (type == CM_JSON_STRING));
		ASSERT_ROW(rows[i].text, cm_json_bool(json, &flag) == (type == CM_JSON_BOOL));
		ASSERT_ROW(rows[i].text, flag == (type == CM_JSON_BOOL));
		ASSERT_ROW(rows[i].text,
		           cm_json_integer(json, &integer) == (type == CM_JSON_INTEGER));
		ASSERT_ROW(rows[i].text, integer == (type == CM_JSON_INTEGER ? 1 : 7));
		ASSERT_ROW(rows[i].text, cm_json_number(json, &number) ==
		                             (type == CM_JSON_INTEGER || type == CM_JSON_NUMBER));
		ASSERT_ROW(rows[i].text, cm_json_length(json) == (type == CM_JSON_ARRAY));
		ASSERT_ROW(rows[i].text, (cm_json_at(json, 0) != NULL) == (type == CM_JSON_ARRAY));
		ASSERT_ROW(rows[i].text,
		           cm_json_find(json, "a", &value) == (type == CM_JSON_OBJECT));
		ASSERT_ROW(rows[i].text, (value != NULL) == (type == CM_JSON_OBJECT));
		ASSERT_ROW(rows[i].text,
		           cm_json_each(json, &cursor, &name, &value) == (type == CM_JSON_OBJECT));
		cm_json_free(json);
	}
}

static void test_type_names(void)
{
	for (int type = CM_JSON_NULL; type <= CM_JSON_OBJECT; type++)
		CU_ASSERT_PTR_NOT_NULL(cm_json_type_name((enum cm_json_type)type));
	CU_ASSERT_STRING_EQUAL(cm_json_type_name(CM_JSON_STRING), "a string");
	CU_ASSERT_STRING_EQUAL(cm_json_type_name(CM_JSON_OBJECT), "an object");
}

static void test_members(void)
{
	cm_json *json = good("{\"a\":null,\"b\":1,\"B\":2}");
	const cm_json *value = json;
	int64_t integer = 0;

	CU_ASSERT_TRUE(cm_json_find(json, "a", &value));
	CU_ASSERT_PTR_NULL(value);
	value = json;
	CU_ASSERT_FALSE(cm_json_find(json, "c", &value));
	CU_ASSERT_PTR_NULL(value);
	CU_ASSERT_FALSE(cm_json_find(json, "", &value));
	CU_ASSERT_TRUE(cm_json_integer(cm_json_get(json, "B"), &integer) && integer == 2);
	CU_ASSERT_PTR_NULL(cm_json_get(json, "a"));
	CU_ASSERT_PTR_NULL(cm_json_get(json, "bb"));
	CU_ASSERT_PTR_NULL(cm_json_get(NULL, "a"));
	cm_json_free(json);
}

static void test_elements(void)
{
	cm_json *json = good("[null,\"x\"]");

	CU_ASSERT_EQUAL(cm_json_length(json), 2);
	CU_ASSERT_PTR_NULL(cm_json_at(json, 0));
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_at(json, 1)), "x");
	CU_ASSERT_PTR_NULL(cm_json_at(json, 2));
	CU_ASSERT_PTR_NULL(cm_json_at(json, SIZE_MAX));
	cm_json_free(json);
}

static void test_walk(void)
{
	static const char *const names[] = {"z", "a", "m"};
	cm_json *json = good("{\"z\":1,\"a\":null,\"m\":3}");
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	size_t count = 0;

	while (cm_json_each(json, &cursor, &name, &value)) {
		CU_ASSERT_TRUE_FATAL(count < 3);
		CU_ASSERT_STRING_EQUAL(name, names[count]);
		CU_ASSERT_EQUAL(value == NULL, count == 1);
		count++;
	}
	CU_ASSERT_EQUAL(count, 3);
	cm_json_free(json);
	json = good("{}");
	cursor = NULL;
	CU_ASSERT_FALSE(cm_json_each(json, &cursor, &name, &value));
	cm_json_free(json);
}

static void test_strings(void)
{
	cm_json *json = good("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fc\\ud83d\\ude00\"");

	CU_ASSERT_STRING_EQUAL(cm_json_string(json), "\"\\/\b\f\n\r\t\xc3\xbc\xf0\x9f\x98\x80");
	cm_json_free(json);
}

#define HALF "\xef\xbf\xbd"

/* The getters promise UTF-8, and half a surrogate pair has none; what follows it stays. */
static void test_lone_surrogates(void)
{
	static const char *const rows[][2] = {
	    {"\"\\ud800\"", HALF},
	    {"\"\\udc00\"", HALF},
	    {"\"\\ud800x\"", HALF "x"},
	    {"\"\\ud800\\u0041\"", HALF "A"},
	    {"\"\\ud800\\ue000\"", HALF "\xee\x80\x80"},
	    {"\"\\udc00\\ud800\"", HALF HALF},
	    {"\"\\ud800\\ud800\"", HALF HALF},
	    {"\"\\ud800\\ud83d\\ude00\"", HALF "\xf0\x9f\x98\x80"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cm_json *json = good(rows[i][0]);

		ASSERT_ROW(rows[i][0], strcmp(cm_json_string(json), rows[i][1]) == 0);
		cm_json_free(json);
	}
}

static void test_shared(void)
{
	cm_json *json = good("{\"a\":[1,2]}");
	cm_json *kept = cm_json_share(cm_json_get(json, "a"));

	cm_json_free(json);
	CU_ASSERT_EQUAL(cm_json_length(kept), 2);
	cm_json_free(kept);
	CU_ASSERT_PTR_NULL(cm_json_share(NULL));
	cm_json_free(NULL);
}

static void test_changes(void)
{
	cm_json *object = cm_json_object();
	const cm_json *value;

	CU_ASSERT_TRUE(cm_json_set(object, "a", cm_json_from_string("one")));
	CU_ASSERT_TRUE(cm_json_set(object, "a", cm_json_from_string("two")));
	CU_ASSERT_TRUE(cm_json_set(object, "n", NULL));
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(object, "a")), "two");
	CU_ASSERT_TRUE(cm_json_find(object, "n", &value));
	CU_ASSERT_PTR_NULL(value);
	cm_json_unset(object, "a");
	cm_json_unset(object, "a");
	CU_ASSERT_FALSE(cm_json_find(object, "a", &value));
	cm_json_free(object);
}

static const struct cm_test tests[] = {
    {"getters see the type and convert nothing", test_types},
    {"every type has a name for messages", test_type_names},
    {"a member that is null is not one that is absent", test_members},
    {"there are no elements beyond the end", test_elements},
    {"a walk meets every member once, in order", test_walk},
    {"escapes are decoded", test_strings},
    {"half a surrogate pair makes no bad UTF-8", test_lone_surrogates},
    {"a shared value outlives its parent", test_shared},
    {"members are set, replaced and removed", test_changes},
};

CM_SUITE(cm_suite_base_json_value, "base/json_value", tests);

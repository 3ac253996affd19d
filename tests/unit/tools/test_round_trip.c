#include "tools/fields.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support.h"

/* Add an application with one more field, get it, and compare the field. */
static void comes_back(struct serve *serve, const char *field, const char *value)
{
	static int number;
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_buf arguments = {0};
	cm_json *added = NULL, *got = NULL;
	char id[60];

	number++;
	cm_buf_printf(&arguments, "{\"application\":{\"name\":\"r%d\",\"%s\":%s}}", number, field,
	              value);
	snprintf(id, sizeof id, "{\"id\":\"my-org/r%d\"}", number);
	ASSERT_ROW(value, support_tool(serve, &caller, "add_application", cm_buf_str(&arguments),
	                               &added, NULL) == CM_OK);
	ASSERT_ROW(value, support_tool(serve, &caller, "get_application", id, &got, NULL) == CM_OK);
	ASSERT_ROW(value, support_writes(cm_json_get(added, field), value));
	ASSERT_ROW(value, support_writes(cm_json_get(got, field), value));
	cm_json_free(added);
	cm_json_free(got);
	cm_buf_clear(&arguments);
}

#define ANY(value) "[{\"name\":\"p\",\"provider\":{\"x\":" value "}}]"

static void test_numbers(void)
{
	static const char *const values[] = {
	    ANY("0"),
	    ANY("-1"),
	    ANY("9223372036854775807"),
	    ANY("-9223372036854775808"),
	    ANY("9007199254740993"),
	    ANY("0.1"),
	    ANY("1.0"),
	    ANY("-0.0"),
	    ANY("1e2"),
	    ANY("1E+2"),
	    ANY("3.141592653589793238462643383279"),
	    ANY("1.7976931348623157e308"),
	    ANY("5e-324"),
	    ANY("123456789012345678901234567890.5"),
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		comes_back(&serve, "providers", values[i]);
	serve_close(&serve);
}

static void test_strings(void)
{
	static const char *const values[] = {
	    "\"\"",
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\"",
	    "\"\\u0001\\u001f\"",
	    "\"\x7f\"",
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
	    "\"\xe2\x80\xa8\xef\xbb\xbf\"",
	    "\"</script><!-- '; DROP TABLE application; -- %s %n ${x}\"",
	    "\"null\"",
	    "\"{\\\"a\\\":1}\"",
	    "\" \"",
	    "\",\"",
	    "\"{\"",
	    "\":\"",
	    "\"[\"",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		comes_back(&serve, "title", values[i]);
		comes_back(&serve, "description", values[i]);
		/* An empty one takes the name's place. */
		if (strcmp(values[i], "\"\"") != 0)
			comes_back(&serve, "displayName", values[i]);
	}
	serve_close(&serve);
}

static void test_nested(void)
{
	static const char *const values[] = {
	    ANY("{}"),
	    ANY("[]"),
	    ANY("null"),
	    ANY("[null,true,false]"),
	    ANY("{\"\":{\"a b\":[{},[[]],{\"\\\"\":null}]}}"),
	    ANY("{\"z\":1,\"a\":2,\"Z\":3}"),
	    ANY("[[[[[[[[[[[[[[[[[[[[\"deep\"]]]]]]]]]]]]]]]]]]]]"),
	    "[]",
	    "[{}]",
	    "[{\"name\":\"p\"},{\"name\":\"p\"}]",
	    "[{\"canSignUp\":null}]",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		comes_back(&serve, "providers", values[i]);
	comes_back(&serve, "themeData", "{}");
	comes_back(&serve, "themeData", "{\"themeType\":\"\",\"borderRadius\":0}");
	comes_back(&serve, "tags", "[\"\",\"a\",\"a\"]");
	comes_back(&serve, "scopes", "[{\"name\":\"application:read\",\"tools\":[\"x\"]}]");
	comes_back(&serve, "redirectUris", "[\"https://a.example/cb?x=%2F\"]");
	comes_back(&serve, "enablePassword", "false");
	comes_back(&serve, "order", "-1000000");
	serve_close(&serve);
}

/* A column of numbers: the same number comes back, whatever it is written like. */
static void test_real_column(void)
{
	static const double values[] = {0,    0.1,  1.0 / 3, 1e-7, 5e-324, 8759.999999999999,
	                                8760, 24.5, 100.125, 1e-5};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		char arguments[200], id[60];
		double got = -1;
		cm_json *json = NULL;

		snprintf(arguments, sizeof arguments,
		         "{\"application\":{\"name\":\"n%zu\",\"expireInHours\":%.17g}}", i,
		         values[i]);
		snprintf(id, sizeof id, "{\"id\":\"my-org/n%zu\"}", i);
		ASSERT_ROW(arguments, support_tool(&serve, &caller, "add_application", arguments,
		                                   NULL, NULL) == CM_OK);
		ASSERT_ROW(arguments, support_tool(&serve, &caller, "get_application", id, &json,
		                                   NULL) == CM_OK);
		ASSERT_ROW(arguments, cm_json_number(cm_json_get(json, "expireInHours"), &got));
		ASSERT_ROW(arguments, !(got < values[i]) && !(got > values[i]));
		cm_json_free(json);
	}
	serve_close(&serve);
}

/* Arguments of an update that sends a row back; the caller frees the buffer. */
static void put_update(struct cm_buf *out, const char *id, const cm_json *row)
{
	cm_json_put_open(out, '{');
	cm_json_put_member(out, "id", id);
	cm_json_put_name(out, "application");
	cm_json_put_value(out, row);
	cm_json_put_close(out, '}');
}

/* Programs read a row, change a member and send all of it back. */
static void test_a_row_may_be_sent_back(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_buf arguments = {0};
	struct serve serve;
	cm_json *before = NULL, *after = NULL;

	cm_clock_fix(1000000000);
	serve_open(&serve);
	CU_ASSERT_EQUAL(
	    support_tool(&serve, &caller, "add_application",
	                 "{\"application\":{\"name\":\"back\",\"title\":\"t\",\"order\":3,"
	                 "\"scopes\":[{\"name\":\"read:application\"}],\"expireInHours\":0.1,"
	                 "\"themeData\":{\"isCompact\":true},\"tags\":[\"a\"],"
	                 "\"providers\":[{\"provider\":{\"x\":[1.50]}}]}}",
	                 NULL, NULL),
	    CM_OK);
	cm_clock_fix(1000000100);
	CU_ASSERT_EQUAL(support_tool(&serve, &caller, "get_application", "{\"id\":\"my-org/back\"}",
	                             &before, NULL),
	                CM_OK);
	put_update(&arguments, "my-org/back", before);
	CU_ASSERT_EQUAL(support_tool(&serve, &caller, "update_application", cm_buf_str(&arguments),
	                             &after, NULL),
	                CM_OK);
	CU_ASSERT_TRUE(support_is(after, "createdTime", "2001-09-09T01:46:40Z"));
	CU_ASSERT_TRUE(support_is(after, "updatedTime", "2001-09-09T01:48:20Z"));
	CU_ASSERT_TRUE(
	    cm_json_set(before, "updatedTime", cm_json_from_string("2001-09-09T01:48:20Z")));
	cm_buf_reset(&arguments);
	cm_json_put_value(&arguments, before);
	CU_ASSERT_TRUE(support_writes(after, cm_buf_str(&arguments)));
	cm_json_free(before);
	cm_json_free(after);
	cm_buf_clear(&arguments);
	serve_close(&serve);
}

/* What add said may be sent back too, but for the secret, which is not kept. */
static void test_a_secret_is_not_sent_back(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_buf arguments = {0};
	struct cm_err err = {0};
	struct serve serve;
	cm_json *made = NULL;

	serve_open(&serve);
	CU_ASSERT_EQUAL(support_tool(&serve, &caller, "add_application",
	                             "{\"application\":{\"name\":\"once\"}}", &made, NULL),
	                CM_OK);
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(made, "clientSecret"));
	put_update(&arguments, "my-org/once", made);
	CU_ASSERT_EQUAL(
	    support_tool(&serve, &caller, "update_application", cm_buf_str(&arguments), NULL, &err),
	    CM_INPUT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "application.clientSecret"));
	CU_ASSERT_PTR_NULL(strstr(err.text, cm_json_string(cm_json_get(made, "clientSecret"))));
	cm_json_free(made);
	cm_buf_clear(&arguments);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"numbers of any size come back as they were written", test_numbers},
    {"strings come back, whatever they hold", test_strings},
    {"objects and arrays come back, in their order", test_nested},
    {"a number in a column of its own comes back exactly", test_real_column},
    {"a whole row may be sent back, and changes only its time", test_a_row_may_be_sent_back},
    {"a secret that is sent back is refused, and not repeated", test_a_secret_is_not_sent_back},
};

CM_SUITE(cm_suite_tools_round_trip, "tools/round_trip", tests);

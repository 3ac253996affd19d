#include "http/params.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"
#define JSON "CONTENT_TYPE=application/json"

/* Read len bytes of body of a type; release *out whatever comes. */
static enum cm_status read_bytes(struct cm_params *out, const char *type, const char *body,
                                 size_t len, struct cm_err *err)
{
	const char *env[] = {type, NULL};
	struct cm_request req;

	*out = (struct cm_params){0};
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, body, len, CM_BODY_WHOLE, NULL), CM_OK);
	return cm_params_read(out, &req, err);
}

struct bad {
	const char *body, *word; /* the sentence holds this word */
};

static void refuse(const char *type, const struct bad *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cm_params params;
		struct cm_err err = {0};

		ASSERT_ROW(rows[i].body, read_bytes(&params, type, rows[i].body,
		                                    strlen(rows[i].body), &err) == CM_REQUEST);
		ASSERT_ROW(rows[i].body, strstr(err.text, rows[i].word) != NULL);
		cm_params_clear(&params);
		CU_ASSERT_EQUAL(params.count, 0);
	}
}

/* Read a good body and compare the value of x, NULL for absent. */
static void expect_x(const char *type, const char *body, const char *value)
{
	struct cm_params params;
	const char *got;

	ASSERT_ROW(body, read_bytes(&params, type, body, strlen(body), NULL) == CM_OK);
	got = cm_params_get(&params, "x");
	ASSERT_ROW(body, value == NULL ? got == NULL : got != NULL && strcmp(got, value) == 0);
	cm_params_clear(&params);
}

static void test_form_values(void)
{
	expect_x(FORM, "x=1", "1");
	expect_x(FORM, "a=b&x=1&c=d", "1");
	expect_x(FORM, "x=a+b%2Bc%20d", "a b+c d");
	expect_x(FORM, "%78=1", "1");
	expect_x(FORM, "x=a=b==", "a=b==");
	expect_x(FORM, "x=%C3%A9", "\xc3\xa9");
	expect_x(FORM, "x=\xc3\xa9", "\xc3\xa9");
	expect_x(FORM, "x=%26%3D", "&=");
	expect_x(FORM, "x=1;y=2", "1;y=2");
	expect_x(FORM, "&&x=1&&", "1");
	expect_x(FORM, "X=1", NULL);
	expect_x(FORM, "", NULL);
	expect_x(FORM, "=1", NULL);
	expect_x(FORM "; charset=UTF-8", "x=1", "1");
}

static void test_empty_is_absent(void)
{
	expect_x(FORM, "x=", NULL);
	expect_x(FORM, "x", NULL);
	expect_x(FORM, "y=1&x", NULL);
	expect_x(JSON, "{\"x\":\"\"}", NULL);
	expect_x(JSON, "{}", NULL);
}

static void test_bad_forms(void)
{
	static const struct bad rows[] = {
	    {"x=%", "form-encoded"},         {"x=%2", "form-encoded"},
	    {"x=%zz", "form-encoded"},       {"x=%2x", "form-encoded"},
	    {"%=1", "form-encoded"},         {"x=%00", "form-encoded"},
	    {"x=a%00b", "form-encoded"},     {"%00=1", "form-encoded"},
	    {"x=%ff", "form-encoded"},       {"x=%C3", "form-encoded"},
	    {"x=%C3&y=%A9", "form-encoded"}, {"x=%C0%80", "form-encoded"},
	    {"x=\xff", "form-encoded"},      {"\xff=1", "form-encoded"},
	    {"x=%ED%A0%80", "form-encoded"}, {"a=1&a=1", "a occurs twice"},
	    {"a=1&%61=2", "a occurs twice"}, {"a=1&b=2&a=3", "a occurs twice"},
	    {"=1&=2", "occurs twice"},       {"x=1&y=%", "form-encoded"},
	};

	refuse(FORM, rows, COUNT_OF(rows));
}

static void test_bad_json(void)
{
	static const struct bad rows[] = {
	    {"", "not JSON"},
	    {"x=1", "not JSON"},
	    {"{", "not JSON"},
	    {"{\"x\":\"1\"}{}", "not JSON"},
	    {"{\"x\":\"1\",\"x\":\"1\"}", "twice"},
	    {"{\"x\":\"1\",\"\\u0078\":\"1\"}", "twice"},
	    {"{\"x\":\"\\u0000\"}", "not JSON"},
	    {"{\"x\":\"\xff\"}", "UTF-8"},
	    {"null", "must be a JSON object"},
	    {"[]", "must be a JSON object"},
	    {"\"x\"", "must be a JSON object"},
	    {"{\"x\":1}", "x must be a string"},
	    {"{\"x\":true}", "x must be a string"},
	    {"{\"x\":null}", "x must be a string"},
	    {"{\"x\":[]}", "x must be a string"},
	    {"{\"x\":[\"1\"]}", "x must be a string"},
	    {"{\"x\":{}}", "x must be a string"},
	    {"{\"resource\":[1]}", "resource must be a string"},
	    {"{\"resource\":[\"a\",null]}", "resource must be a string"},
	    {"{\"resource\":[[\"a\"]]}", "resource must be a string"},
	    {"{\"resource\":{}}", "resource must be a string"},
	};

	refuse(JSON, rows, COUNT_OF(rows));
	expect_x(JSON, "{\"x\":\"a b\\u00e9\"}", "a b\xc3\xa9");
	expect_x(JSON "; charset=utf-8", " {\"y\":\"\",\"x\":\"%41\"} ", "%41");
}

static void test_bad_types(void)
{
	static const char *const types[] = {
	    "CONTENT_TYPE=text/plain",
	    "CONTENT_TYPE=",
	    "X=",
	    "CONTENT_TYPE=multipart/form-data; boundary=x",
	    "CONTENT_TYPE=application/json-x",
	    "CONTENT_TYPE=application/x-www-form-urlencodedx",
	    "CONTENT_TYPE=application/ld+json",
	};
	static const struct bad row = {"x=1", "must be application/x-www-form-urlencoded or JSON"};

	for (size_t i = 0; i < COUNT_OF(types); i++)
		refuse(types[i], &row, 1);
}

static void test_nul_bytes(void)
{
	static const char *const types[] = {FORM, JSON};
	static const char *const bodies[] = {"x=1\0&y=2", "{\"x\":\"\0\"}"};
	static const size_t lengths[] = {8, 9};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct cm_params params;

		ASSERT_ROW(types[i], read_bytes(&params, types[i], bodies[i], lengths[i], NULL) ==
		                         CM_REQUEST);
		cm_params_clear(&params);
	}
}

/* A form or an object of so many parameters. */
static enum cm_status read_many(const char *type, size_t count, size_t *got, struct cm_err *err)
{
	bool json = strcmp(type, JSON) == 0;
	struct cm_buf body = {0};
	struct cm_params params;
	enum cm_status rc;

	for (size_t i = 0; i < count; i++) {
		if (json)
			cm_buf_printf(&body, "%s\"p%zu\":\"v\"", i == 0 ? "{" : ",", i);
		else
			cm_buf_printf(&body, "%sp%zu=v", i == 0 ? "" : "&", i);
	}
	cm_buf_puts(&body, json ? "}" : "");
	rc = read_bytes(&params, type, cm_buf_str(&body), body.len, err);
	*got = params.count;
	cm_params_clear(&params);
	cm_buf_clear(&body);
	return rc;
}

static void test_too_many(void)
{
	static const char *const types[] = {FORM, JSON};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct cm_err err = {0};
		size_t got = 0;

		ASSERT_ROW(types[i], read_many(types[i], CM_PARAMS_MAX, &got, NULL) == CM_OK);
		ASSERT_ROW(types[i], got == CM_PARAMS_MAX);
		ASSERT_ROW(types[i],
		           read_many(types[i], CM_PARAMS_MAX + 1, &got, &err) == CM_REQUEST);
		ASSERT_ROW(types[i], strstr(err.text, "more than 64 parameters") != NULL);
		ASSERT_ROW(types[i], got <= CM_PARAMS_MAX);
	}
}

static void test_resource_may_repeat(void)
{
	static const struct {
		const char *type, *body;
		size_t count;
	} rows[] = {
	    {FORM, "resource=a&resource=b&x=1", 3},
	    {FORM, "resource=a&resource=a", 2},
	    {FORM, "resource=&resource=a", 1},
	    {JSON, "{\"resource\":\"a\"}", 1},
	    {JSON, "{\"resource\":[\"a\",\"b\"],\"x\":\"1\"}", 3},
	    {JSON, "{\"resource\":[\"\",\"b\"]}", 1},
	};
	static const struct bad other = {"Resource=a&Resource=b", "Resource occurs twice"};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_params params;

		ASSERT_ROW(rows[i].body, read_bytes(&params, rows[i].type, rows[i].body,
		                                    strlen(rows[i].body), NULL) == CM_OK);
		ASSERT_ROW(rows[i].body, params.count == rows[i].count);
		cm_params_clear(&params);
	}
	refuse(FORM, &other, 1);
}

/* A sentence may name a parameter, and is cut before it grows long. */
static void test_no_values_in_sentences(void)
{
	static const char *const forms[] = {"client_secret=hunter2&client_secret=hunter2",
	                                    "client_secret=hunter2%"};
	static const char *const objects[] = {
	    "{\"client_secret\":[\"hunter2\"]}",
	    "{\"client_secret\":\"hunter2\",\"client_secret\":\"hunter2\"}",
	    "{\"client_secret\":\"hunter2\""};
	struct cm_params params;

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct cm_err err = {0};

		(void)read_bytes(&params, FORM, forms[i], strlen(forms[i]), &err);
		ASSERT_ROW(forms[i], err.status == CM_REQUEST);
		ASSERT_ROW(forms[i], strstr(err.text, "hunter2") == NULL);
		cm_params_clear(&params);
	}
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		struct cm_err err = {0};

		(void)read_bytes(&params, JSON, objects[i], strlen(objects[i]), &err);
		ASSERT_ROW(objects[i], err.status == CM_REQUEST);
		ASSERT_ROW(objects[i], strstr(err.text, "hunter2") == NULL);
		cm_params_clear(&params);
	}
}

/* The same rules for a query; the value of x, NULL for absent. */
static void test_query(void)
{
	static const struct {
		const char *query, *value;
		bool good;
	} rows[] = {
	    {"", NULL, true},
	    {"x", NULL, true},
	    {"x=", NULL, true},
	    {"x=1", "1", true},
	    {"a=b&x=c+d%2Be%26&f=g", "c d+e&", true},
	    {"x=a=b?c", "a=b?c", true},
	    {"resource=a&resource=b&x=1", "1", true},
	    {"x=1&x=1", NULL, false},
	    {"x=1&%78=2", NULL, false},
	    {"x=%", NULL, false},
	    {"x=%00", NULL, false},
	    {"x=%ff", NULL, false},
	    {"x=\xff", NULL, false},
	    {"%zz=1", NULL, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char query[200];
		/* The body is not looked at. */
		const char *env[] = {query, FORM, NULL};
		struct cm_params params = {0};
		struct cm_request req;
		struct cm_err err = {0};
		enum cm_status rc;
		const char *got;

		snprintf(query, sizeof query, "QUERY_STRING=%s", rows[i].query);
		CU_ASSERT_EQUAL_FATAL(
		    cm_request_init(&req, env, "x=body&%", 8, CM_BODY_WHOLE, NULL), CM_OK);
		rc = cm_params_read_query(&params, &req, &err);
		ASSERT_ROW(rows[i].query, rc == (rows[i].good ? CM_OK : CM_REQUEST));
		got = cm_params_get(&params, "x");
		if (rows[i].good)
			ASSERT_ROW(rows[i].query,
			           rows[i].value == NULL
			               ? got == NULL
			               : got != NULL && strcmp(got, rows[i].value) == 0);
		cm_params_clear(&params);
	}
}

static void test_query_too_many(void)
{
	for (int count = CM_PARAMS_MAX; count <= CM_PARAMS_MAX + 1; count++) {
		struct cm_buf uri = {0};
		struct cm_params params = {0};
		struct cm_request req;
		const char *env[2] = {NULL};

		cm_buf_puts(&uri, "QUERY_STRING=");
		for (int i = 0; i < count; i++)
			cm_buf_printf(&uri, "p%d=v&", i);
		env[0] = cm_buf_str(&uri);
		CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL),
		                      CM_OK);
		CU_ASSERT_EQUAL(cm_params_read_query(&params, &req, NULL),
		                count == CM_PARAMS_MAX ? CM_OK : CM_REQUEST);
		cm_params_clear(&params);
		cm_buf_clear(&uri);
	}
}

/* Objects take hundreds of times the memory of their text. */
static void test_long_json(void)
{
	static char body[CM_PARAMS_JSON_MAX + 2];
	struct cm_err err = {0};
	struct cm_params params;

	memset(body, ' ', CM_PARAMS_JSON_MAX);
	memcpy(body, "{\"x\":\"1\"}", 9);
	expect_x(JSON, body, "1");
	body[CM_PARAMS_JSON_MAX] = ' ';
	CU_ASSERT_EQUAL(read_bytes(&params, JSON, body, CM_PARAMS_JSON_MAX + 1, &err),
	                CM_TOO_LARGE);
	CU_ASSERT_STRING_EQUAL(err.text, "A JSON body has at most 32768 bytes here.");
	cm_params_clear(&params);
	/* A form takes no more than its text. */
	memset(body, 'x', CM_PARAMS_JSON_MAX + 1);
	body[1] = '=';
	CU_ASSERT_EQUAL(read_bytes(&params, FORM, body, CM_PARAMS_JSON_MAX + 1, NULL), CM_OK);
	cm_params_clear(&params);
}

static const struct cm_test tests[] = {
    {"a form is decoded once, names too", test_form_values},
    {"a parameter without a value is absent", test_empty_is_absent},
    {"A3 forms with bad escapes, NUL, other bytes than UTF-8 or repeats are refused",
     test_bad_forms},
    {"A3 a JSON body is an object of strings, each name once", test_bad_json},
    {"a JSON body is as long as parameters may need, not as long as any body", test_long_json},
    {"bodies of other types are refused", test_bad_types},
    {"a NUL byte is refused, not taken for the end", test_nul_bytes},
    {"there may be 64 parameters and not one more", test_too_many},
    {"A3 only resource may repeat", test_resource_may_repeat},
    {"a query is read by the same rules", test_query},
    {"a query may have 64 parameters", test_query_too_many},
    {"A18 no value gets into the sentence of an error", test_no_values_in_sentences},
};

CM_SUITE(cm_suite_http_params, "http/params", tests);

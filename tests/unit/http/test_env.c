#include "http/env.h"

#include <string.h>

#include "support.h"

/* Join env, and compare with what is wanted; both end with NULL. */
static void expect(const char *const *env, const char *const *wanted)
{
	struct cm_env got;
	size_t i = 0;

	CU_ASSERT_EQUAL(cm_env_init(&got, env, NULL), CM_OK);
	for (; wanted[i] != NULL && got.list[i] != NULL; i++)
		ASSERT_ROW(wanted[i], strcmp(got.list[i], wanted[i]) == 0);
	CU_ASSERT_PTR_NULL(wanted[i]);
	CU_ASSERT_PTR_NULL(got.list[i]);
	cm_env_clear(&got);
}

static void test_each_once(void)
{
	static const char *const env[] = {"HTTP_A=1", "HTTP_AB=1", "A=1", "HTTP_a=2",
	                                  "HTTP_",    "HTTP_A",    "",    NULL};
	struct cm_env got;

	CU_ASSERT_EQUAL(cm_env_init(&got, env, NULL), CM_OK);
	CU_ASSERT_PTR_EQUAL(got.list, env);
	CU_ASSERT_PTR_NULL(got.own);
	cm_env_clear(&got);
	expect(env + 7, env + 7);
}

static void test_joined(void)
{
	static const char *const env[] = {
	    "HTTP_X=one", "REQUEST_METHOD=GET", "HTTP_X=two, three", "HTTP_Y=", "HTTP_X=",
	    "HTTP_Y=y=z", "HTTP_XY=x",          "HTTP_X=four",       NULL};
	static const char *const wanted[] = {"HTTP_X=one, two, three, , four", "REQUEST_METHOD=GET",
	                                     "HTTP_Y=, y=z", "HTTP_XY=x", NULL};

	expect(env, wanted);
}

/* A server's configuration may set a variable twice; then the first counts. */
static void test_other_variables(void)
{
	static const char *const env[] = {"SCRIPT_NAME=", "SCRIPT_NAME=/x", "HTTP_A=1", "HTTP_A=1",
	                                  NULL};
	static const char *const wanted[] = {"SCRIPT_NAME=", "SCRIPT_NAME=/x", "HTTP_A=1, 1", NULL};

	expect(env, wanted);
}

/* A name with a NUL in it ends there. */
static void test_no_value(void)
{
	static const char *const env[] = {"HTTP_", "HTTP_=a", "HTTP_", "HTTP_=b", "HTTP_X", NULL};
	static const char *const wanted[] = {"HTTP_", "HTTP_=a, b", "HTTP_", "HTTP_X", NULL};

	expect(env, wanted);
}

static const struct cm_test tests[] = {
    {"where each header is there once, nothing is copied", test_each_once},
    {"the lines of a header are joined in their order", test_joined},
    {"what is no header is left alone", test_other_variables},
    {"what has no value is no line of a header", test_no_value},
};

CM_SUITE(cm_suite_http_env, "http/env", tests);

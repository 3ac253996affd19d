#include "http/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

#define NGINX "SERVER_SOFTWARE=nginx/1.22.1"

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
	static const char *const env[] = {"HTTP_X=one", NGINX,         "HTTP_X=two, three",
	                                  "HTTP_Y=",    "HTTP_X=",     "HTTP_Y=y=z",
	                                  "HTTP_XY=x",  "HTTP_X=four", NULL};
	static const char *const wanted[] = {NGINX, "HTTP_X=one, two, three, , four", "HTTP_XY=x",
	                                     "HTTP_Y=, y=z", NULL};

	expect(env, wanted);
}

/* lighttpd has joined the lines of one header; these are two headers. */
static void test_unlike(void)
{
	static const char *const servers[] = {"SERVER_SOFTWARE=lighttpd/1.4.69",
	                                      "HTTP_SERVER_SOFTWARE=nginx/1",
	                                      "SERVER_SOFTWARE=", "A=B"};

	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		const char *const env[] = {"HTTP_X=one, two", servers[i], "HTTP_X=three", NULL};
		const char *const wanted[] = {servers[i], "HTTP_X=one, two\nthree", NULL};

		expect(env, wanted);
	}
}

/* A server's configuration may set a variable twice; then the first counts. */
static void test_other_variables(void)
{
	static const char *const env[] = {NGINX,      "SCRIPT_NAME=", "SCRIPT_NAME=/x",
	                                  "HTTP_A=1", "HTTP_A=1",     NULL};
	static const char *const wanted[] = {NGINX, "SCRIPT_NAME=", "SCRIPT_NAME=/x", "HTTP_A=1, 1",
	                                     NULL};

	expect(env, wanted);
}

/* A name with a NUL in it ends there. */
static void test_no_value(void)
{
	static const char *const env[] = {NGINX,     "HTTP_",  "HTTP_=a", "HTTP_",
	                                  "HTTP_=b", "HTTP_X", NULL};
	static const char *const wanted[] = {NGINX, "HTTP_", "HTTP_", "HTTP_X", "HTTP_=a, b", NULL};

	expect(env, wanted);
}

/* A web server lets through as many as fit into its buffers. */
static void test_many(void)
{
	enum { HEADERS = 60000, SIZE = 24, SECONDS = 3 };
	char(*text)[SIZE] = calloc(HEADERS, SIZE);
	const char **env = calloc(HEADERS + 2, sizeof *env);
	clock_t began = clock();
	struct cm_env got;

	CU_ASSERT_FATAL(text != NULL && env != NULL);
	for (int i = 0; i < HEADERS; i++) {
		snprintf(text[i], SIZE, "HTTP_%d=1", i);
		env[i] = text[i];
	}
	CU_ASSERT_EQUAL(cm_env_init(&got, env, NULL), CM_OK);
	CU_ASSERT_PTR_EQUAL(got.list, env);
	env[HEADERS] = text[0];
	CU_ASSERT_EQUAL(cm_env_init(&got, env, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(got.list[0], "HTTP_0=1\n1");
	CU_ASSERT_STRING_EQUAL(got.list[1], "HTTP_10000=1");
	CU_ASSERT_PTR_NOT_NULL(got.list[HEADERS - 1]);
	CU_ASSERT_PTR_NULL(got.list[HEADERS]);
	CU_ASSERT_TRUE(clock() - began < SECONDS * CLOCKS_PER_SEC);
	cm_env_clear(&got);
	free(env);
	free(text);
}

static const struct cm_test tests[] = {
    {"where each header is there once, nothing is copied", test_each_once},
    {"the lines of a header are joined in their order", test_joined},
    {"headers whose names differ are told from the lines of one", test_unlike},
    {"what is no header is left alone", test_other_variables},
    {"what has no value is no line of a header", test_no_value},
    {"very many headers take no long time", test_many},
};

CM_SUITE(cm_suite_http_env, "http/env", tests);

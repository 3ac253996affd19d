#include "store/throttle.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 1000000 };

static bool is(struct cm_store *store, const char *key, int64_t failures, int64_t last_at_s)
{
	struct cm_throttle state = {9, 9};

	CU_ASSERT_EQUAL(cm_throttle_get(store, key, 0, INT64_MAX, &state, NULL), CM_OK);
	return state.failures == failures && state.last_at_s == last_at_s;
}

static void test_counts(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	CU_ASSERT_TRUE(is(store, "x", 0, 0));
	CU_ASSERT_EQUAL(cm_throttle_add(store, "x", NOW_S - 10, NULL), CM_OK);
	CU_ASSERT_TRUE(is(store, "x", 1, NOW_S));
	cm_clock_fix(NOW_S + 5);
	CU_ASSERT_EQUAL(cm_throttle_add(store, "x", NOW_S - 5, NULL), CM_OK);
	CU_ASSERT_TRUE(is(store, "x", 2, NOW_S + 5));
	CU_ASSERT_TRUE(is(store, "X", 0, 0));
	CU_ASSERT_TRUE(is(store, "", 0, 0));
	CU_ASSERT_TRUE(is(store, "%", 0, 0));
	cm_store_close(store);
}

static void test_forgotten(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	for (int i = 0; i < 7; i++)
		CU_ASSERT_EQUAL(cm_throttle_add(store, "x", 0, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_throttle_add(store, "x", NOW_S, NULL), CM_OK);
	CU_ASSERT_TRUE(is(store, "x", 8, NOW_S));
	CU_ASSERT_EQUAL(cm_throttle_add(store, "x", NOW_S + 1, NULL), CM_OK);
	CU_ASSERT_TRUE(is(store, "x", 1, NOW_S));
	cm_store_close(store);
}

static void test_begun_anew(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	CU_ASSERT_EQUAL(cm_throttle_add(store, "x", 0, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_throttle_add(store, "y", 0, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_throttle_forget(store, "x", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_throttle_forget(store, "z", NULL), CM_OK);
	CU_ASSERT_TRUE(is(store, "x", 0, 0));
	CU_ASSERT_TRUE(is(store, "y", 1, NOW_S));
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"failures are counted for each key", test_counts},
    {"old failures are forgotten at the next one", test_forgotten},
    {"a key begins anew, alone", test_begun_anew},
};

CM_SUITE(cm_suite_store_throttle, "store/throttle", tests);

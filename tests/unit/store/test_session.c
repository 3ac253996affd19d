#include "store/session.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 1000000 };

static enum cm_status get(struct cm_store *store, const char *id, int64_t idle_since_s)
{
	struct cm_session session;

	return cm_session_get(store, id, idle_since_s, &session, NULL);
}

static struct cm_store *store_with_session(int64_t *user_id)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	*user_id = fixture_user(store, "my-org", "alice");
	CU_ASSERT_EQUAL_FATAL(cm_session_insert(store, "one", *user_id, NOW_S + 100, NULL), CM_OK);
	return store;
}

static void test_columns(void)
{
	int64_t user_id;
	struct cm_store *store = store_with_session(&user_id);
	struct cm_session session;

	cm_clock_fix(NOW_S + 50);
	CU_ASSERT_EQUAL(cm_session_get(store, "one", 0, &session, NULL), CM_OK);
	CU_ASSERT_EQUAL(session.user.id, user_id);
	CU_ASSERT_STRING_EQUAL(session.user.name, "alice");
	CU_ASSERT_EQUAL(session.signed_in_at_s, NOW_S);
	CU_ASSERT_EQUAL(session.seen_at_s, NOW_S);
	cm_store_close(store);
}

static void test_expires(void)
{
	int64_t user_id;
	struct cm_store *store = store_with_session(&user_id);

	cm_clock_fix(NOW_S + 99);
	CU_ASSERT_EQUAL(get(store, "one", 0), CM_OK);
	cm_clock_fix(NOW_S + 100);
	CU_ASSERT_EQUAL(get(store, "one", 0), CM_NOT_FOUND);
	/* Being seen makes no session longer. */
	CU_ASSERT_EQUAL(cm_session_touch(store, "one", NULL), CM_OK);
	CU_ASSERT_EQUAL(get(store, "one", 0), CM_NOT_FOUND);
	cm_store_close(store);
}

static void test_idle(void)
{
	int64_t user_id;
	struct cm_store *store = store_with_session(&user_id);
	struct cm_session session;

	CU_ASSERT_EQUAL(get(store, "one", NOW_S - 1), CM_OK);
	CU_ASSERT_EQUAL(get(store, "one", NOW_S), CM_NOT_FOUND);
	cm_clock_fix(NOW_S + 60);
	CU_ASSERT_EQUAL(cm_session_touch(store, "one", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_session_get(store, "one", NOW_S + 59, &session, NULL), CM_OK);
	CU_ASSERT_EQUAL(session.seen_at_s, NOW_S + 60);
	CU_ASSERT_EQUAL(session.signed_in_at_s, NOW_S);
	CU_ASSERT_EQUAL(get(store, "one", NOW_S + 60), CM_NOT_FOUND);
	cm_store_close(store);
}

static void test_unknown(void)
{
	static const char *const ids[] = {"", "ONE", "on", "one ", "%", "' OR 1=1 --"};
	int64_t user_id;
	struct cm_store *store = store_with_session(&user_id);

	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ASSERT_ROW(ids[i], get(store, ids[i], 0) == CM_NOT_FOUND);
	/* Nobody has it: neither a session without a person nor one that is there already. */
	CU_ASSERT_NOT_EQUAL(cm_session_insert(store, "two", user_id + 1, NOW_S + 100, NULL), CM_OK);
	CU_ASSERT_NOT_EQUAL(cm_session_insert(store, "one", user_id, NOW_S + 900, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT sum(expires_at_s) FROM session"),
	                NOW_S + 100);
	cm_store_close(store);
}

static void test_forbidden(void)
{
	int64_t user_id;
	struct cm_store *store = store_with_session(&user_id);
	struct cm_err err = {0};
	struct cm_session session;

	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE user SET is_forbidden = 1"));
	CU_ASSERT_EQUAL(cm_session_get(store, "one", 0, &session, &err), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(err.status, CM_NOT_FOUND);
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE user SET is_forbidden = 0"));
	CU_ASSERT_EQUAL(get(store, "one", 0), CM_OK);
	cm_store_close(store);
}

static void test_ended(void)
{
	int64_t user_id, other;
	struct cm_store *store = store_with_session(&user_id);

	other = fixture_user(store, "my-org", "bob");
	CU_ASSERT_EQUAL(cm_session_insert(store, "two", user_id, NOW_S + 100, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_session_insert(store, "three", user_id, NOW_S + 100, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_session_insert(store, "bobs", other, NOW_S + 100, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_session_delete(store, "one", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_session_delete(store, "one", NULL), CM_OK);
	CU_ASSERT_EQUAL(get(store, "one", 0), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(get(store, "two", 0), CM_OK);
	CU_ASSERT_EQUAL(cm_session_delete_of_user(store, user_id, NULL), CM_OK);
	CU_ASSERT_EQUAL(get(store, "two", 0), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(get(store, "three", 0), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(get(store, "bobs", 0), CM_OK);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a session knows its person and when it began", test_columns},
    {"a session ends at its time, however often it is seen", test_expires},
    {"a session ends when it was not seen for long", test_idle},
    {"only the exact id finds a session", test_unknown},
    {"who may not sign in has no session", test_forbidden},
    {"a session ends, or all of one person", test_ended},
};

CM_SUITE(cm_suite_store_session, "store/session", tests);

#include "store/signing_key.h"

#include "base/buf.h"
#include "store/fixture_store.h"
#include "suite.h"

static struct cm_signing_key key(const char *kid, const char *alg, int64_t created_at_s)
{
	return (struct cm_signing_key){.kid = kid,
	                               .alg = alg,
	                               .private_pem = "private",
	                               .public_pem = "public",
	                               .jwk = "{}",
	                               .created_at_s = created_at_s};
}

static enum cm_status replace(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_signing_key_replace(store, arg, err);
}

static enum cm_status add(struct cm_store *store, const char *kid, const char *alg,
                          int64_t created_at_s)
{
	struct cm_signing_key row = key(kid, alg, created_at_s);

	return cm_store_write(store, replace, &row, NULL);
}

static enum cm_status see(const struct cm_signing_key *row, void *arg, struct cm_err *err)
{
	(void)err;
	cm_buf_printf(arg, "%s:%s:%lld:%lld ", row->kid, row->alg, (long long)row->created_at_s,
	              (long long)row->retired_at_s);
	return CM_OK;
}

static void assert_keys(struct cm_store *store, const char *keys)
{
	struct cm_buf seen = {0};

	CU_ASSERT_EQUAL(cm_signing_key_list(store, see, &seen, NULL), CM_OK);
	ASSERT_ROW(keys, strcmp(cm_buf_str(&seen), keys) == 0);
	cm_buf_clear(&seen);
}

static void test_rotation(void)
{
	struct cm_store *store = fixture_store();

	assert_keys(store, "");
	CU_ASSERT_EQUAL(add(store, "b", "RS256", 10), CM_OK);
	assert_keys(store, "b:RS256:10:0 ");
	CU_ASSERT_EQUAL(add(store, "a", "RS256", 20), CM_OK);
	assert_keys(store, "b:RS256:10:20 a:RS256:20:0 ");
	CU_ASSERT_EQUAL(add(store, "c", "RS256", 30), CM_OK);
	assert_keys(store, "b:RS256:10:20 a:RS256:20:30 c:RS256:30:0 ");
	cm_store_close(store);
}

static void test_other_algorithm(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(add(store, "r", "RS256", 10), CM_OK);
	CU_ASSERT_EQUAL(add(store, "e", "ES256", 20), CM_OK);
	assert_keys(store, "r:RS256:10:20 e:ES256:20:0 ");
	CU_ASSERT_EQUAL(add(store, "e2", "ES256", 30), CM_OK);
	assert_keys(store, "r:RS256:10:20 e:ES256:20:30 e2:ES256:30:0 ");
	cm_store_close(store);
}

static void test_same_second(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(add(store, "b", "RS256", 10), CM_OK);
	CU_ASSERT_EQUAL(add(store, "a", "RS256", 10), CM_OK);
	assert_keys(store, "a:RS256:10:0 b:RS256:10:10 ");
	cm_store_close(store);
}

static void test_refused(void)
{
	struct cm_store *store = fixture_store();
	struct cm_signing_key incomplete = key("c", "RS256", 30);

	CU_ASSERT_EQUAL(add(store, "a", "RS256", 10), CM_OK);
	CU_ASSERT_EQUAL(add(store, "a", "RS256", 20), CM_CONFLICT);
	CU_ASSERT_EQUAL(add(store, "b", "HS256", 20), CM_INTERNAL);
	CU_ASSERT_EQUAL(add(store, "b", "none", 20), CM_INTERNAL);
	incomplete.private_pem = NULL;
	CU_ASSERT_NOT_EQUAL(cm_store_write(store, replace, &incomplete, NULL), CM_OK);
	assert_keys(store, "a:RS256:10:0 ");
	cm_store_close(store);
}

static enum cm_status compare(const struct cm_signing_key *row, void *arg, struct cm_err *err)
{
	(void)arg;
	(void)err;
	CU_ASSERT_STRING_EQUAL(row->kid, "k");
	CU_ASSERT_STRING_EQUAL(row->alg, "ES256");
	CU_ASSERT_STRING_EQUAL(row->private_pem, "private");
	CU_ASSERT_STRING_EQUAL(row->public_pem, "public");
	CU_ASSERT_STRING_EQUAL(row->jwk, "{}");
	return CM_OK;
}

static void test_columns(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(add(store, "k", "ES256", 10), CM_OK);
	CU_ASSERT_EQUAL(cm_signing_key_list(store, compare, NULL, NULL), CM_OK);
	cm_store_close(store);
}

static enum cm_status stop(const struct cm_signing_key *row, void *arg, struct cm_err *err)
{
	(void)row;
	++*(int *)arg;
	return cm_err_set(err, CM_NOMEM, "stop");
}

static void test_stopped(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	int calls = 0;

	CU_ASSERT_EQUAL(add(store, "a", "RS256", 10), CM_OK);
	CU_ASSERT_EQUAL(add(store, "b", "RS256", 20), CM_OK);
	CU_ASSERT_EQUAL(cm_signing_key_list(store, stop, &calls, &err), CM_NOMEM);
	CU_ASSERT_EQUAL(calls, 1);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a new key retires the one before it, oldest first in the list", test_rotation},
    {"a key retires those of another algorithm too", test_other_algorithm},
    {"two keys of one second: the new one is in use", test_same_second},
    {"a key that is refused retires none", test_refused},
    {"a key comes back as it was written", test_columns},
    {"a list ends with the failure of its reader", test_stopped},
};

CM_SUITE(cm_suite_store_signing_key, "store/signing_key", tests);

#include "auth/verified.h"

#include "fixture.h"
#include "suite.h"

/* A digest with these first two bytes and this last one. */
static void digest(unsigned char out[CM_SHA256_BYTES], unsigned first, unsigned last)
{
	memset(out, 0, CM_SHA256_BYTES);
	out[0] = (unsigned char)(first >> 8);
	out[1] = (unsigned char)first;
	out[CM_SHA256_BYTES - 1] = (unsigned char)last;
}

static struct cm_verified_token token(const char *jti)
{
	struct cm_verified_token out = {
	    .claims = {.client_id = "app", .scopes = 3, .not_before_s = 5, .expires_at_s = 7}};

	strcpy(out.claims.jti, jti);
	return out;
}

static void test_remembered(void)
{
	struct cm_verified table = {0};
	unsigned char one[CM_SHA256_BYTES];
	struct cm_verified_token in = token("one");
	const struct cm_verified_token *out;

	digest(one, 1, 1);
	CU_ASSERT_PTR_NULL(cm_verified_get(&table, one));
	cm_verified_put(&table, one, &in);
	out = cm_verified_get(&table, one);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(out->claims.jti, "one");
	CU_ASSERT_STRING_EQUAL(out->claims.client_id, "app");
	CU_ASSERT_EQUAL(out->claims.scopes, 3);
	CU_ASSERT_EQUAL(out->claims.not_before_s, 5);
	CU_ASSERT_EQUAL(out->claims.expires_at_s, 7);
	cm_verified_clear(&table);
}

/* A digest is compared to its last bit; one that shares the slot is not taken for the other. */
static void test_whole_digest(void)
{
	struct cm_verified table = {0};
	unsigned char one[CM_SHA256_BYTES], other[CM_SHA256_BYTES];
	struct cm_verified_token in = token("one");

	digest(one, 1, 1);
	cm_verified_put(&table, one, &in);
	for (size_t i = 0; i < CM_SHA256_BYTES * 8; i++) {
		memcpy(other, one, sizeof other);
		other[i / 8] ^= (unsigned char)(1u << (i % 8));
		CU_ASSERT_PTR_NULL(cm_verified_get(&table, other));
	}
	CU_ASSERT_PTR_NOT_NULL(cm_verified_get(&table, one));
	cm_verified_clear(&table);
}

/* An empty slot holds no token, not even the one whose digest is all zeros. */
static void test_zero_digest(void)
{
	struct cm_verified table = {0};
	unsigned char one[CM_SHA256_BYTES], zero[CM_SHA256_BYTES];
	struct cm_verified_token in = token("one");

	digest(one, 1, 1);
	digest(zero, 0, 0);
	cm_verified_put(&table, one, &in);
	CU_ASSERT_PTR_NULL(cm_verified_get(&table, zero));
	cm_verified_clear(&table);
}

static void test_replaced(void)
{
	struct cm_verified table = {0};
	unsigned char one[CM_SHA256_BYTES], two[CM_SHA256_BYTES];
	struct cm_verified_token first = token("one"), second = token("two"),
	                         again = token("again");

	digest(one, 1, 1);
	digest(two, 1, 2);
	cm_verified_put(&table, one, &first);
	cm_verified_put(&table, two, &second);
	CU_ASSERT_PTR_NULL(cm_verified_get(&table, one));
	CU_ASSERT_STRING_EQUAL(cm_verified_get(&table, two)->claims.jti, "two");
	cm_verified_put(&table, two, &again);
	CU_ASSERT_STRING_EQUAL(cm_verified_get(&table, two)->claims.jti, "again");
	cm_verified_clear(&table);
}

static void test_bounded(void)
{
	struct cm_verified table = {0};
	unsigned char one[CM_SHA256_BYTES];
	struct cm_verified_token in = token("x");
	int kept = 0;

	for (unsigned i = 0; i < 65536; i++) {
		digest(one, i, 0);
		cm_verified_put(&table, one, &in);
		CU_ASSERT_PTR_NOT_NULL(cm_verified_get(&table, one));
	}
	for (unsigned i = 0; i < 65536; i++) {
		digest(one, i, 0);
		kept += cm_verified_get(&table, one) != NULL;
	}
	CU_ASSERT_EQUAL(kept, CM_VERIFIED_SLOTS);
	cm_verified_clear(&table);
}

static void test_clear(void)
{
	struct cm_verified table = {0};
	unsigned char one[CM_SHA256_BYTES];
	struct cm_verified_token in = token("one");

	digest(one, 1, 1);
	cm_verified_clear(&table);
	cm_verified_put(&table, one, &in);
	cm_verified_clear(&table);
	CU_ASSERT_PTR_NULL(cm_verified_get(&table, one));
	cm_verified_put(&table, one, &in);
	CU_ASSERT_PTR_NOT_NULL(cm_verified_get(&table, one));
	cm_verified_clear(&table);
	cm_verified_clear(&table);
}

static const struct cm_test tests[] = {
    {"a token that was put is remembered with its claims", test_remembered},
    {"a token is known by every bit of its digest", test_whole_digest},
    {"an empty slot holds no token", test_zero_digest},
    {"a token pushes out another of its slot", test_replaced},
    {"the table is bounded and its slots are all used", test_bounded},
    {"a table that was cleared knows nothing and can be used again", test_clear},
};

CM_SUITE(cm_suite_auth_verified, "auth/verified", tests);

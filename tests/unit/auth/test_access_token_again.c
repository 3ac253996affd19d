#include "auth/access_token.h"
#include "auth/issue.h"
#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "suite.h"

/* A world with a token that has been checked once, so that its signature is remembered. */
static void make_world(struct fixture_world *world, struct cm_buf *token)
{
	struct cm_principal who;

	*token = (struct cm_buf){0};
	fixture_world_make(world);
	fixture_issue(world, NULL, token);
	CU_ASSERT_EQUAL(cm_access_token_check(&world->ctx, token->data, &who, NULL), CM_OK);
}

static void clear(struct fixture_world *world, struct cm_buf *token)
{
	cm_buf_clear(token);
	fixture_world_clear(world);
}

static enum cm_status check(struct fixture_world *world, const char *token)
{
	struct cm_principal who;

	return cm_access_token_check(&world->ctx, token, &who, NULL);
}

static void test_good_again(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	clear(&world, &token);
}

static void test_time(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	cm_clock_fix(FIXTURE_NOW_S + 3599);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	cm_clock_fix(FIXTURE_NOW_S + 3600);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	cm_clock_fix(FIXTURE_NOW_S + 1000000);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	cm_clock_fix(FIXTURE_NOW_S);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	clear(&world, &token);
}

static void test_revoked(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE token SET revoked_at_s = 1"));
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	clear(&world, &token);
	make_world(&world, &token);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "DELETE FROM token"));
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	clear(&world, &token);
}

static void test_client_deleted(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	CU_ASSERT_EQUAL(
	    cm_entity_delete(world.ctx.store, &cm_application_entity, "my-org", "app", NULL),
	    CM_OK);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	/* A new client of the same name is another client. */
	CU_ASSERT_EQUAL(fixture_application(world.ctx.store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	clear(&world, &token);
}

static void test_client_renamed(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	CU_ASSERT_TRUE(
	    fixture_sql(world.ctx.store, "UPDATE application SET name = 'x', owner = 'other-org'"));
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE application SET client_id = 'x'"));
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	clear(&world, &token);
}

static void test_key_removed(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "DELETE FROM signing_key WHERE alg = 'RS256'"));
	fixture_reload(&world);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	fixture_key_add(world.ctx.store, FIXTURE_RS256_OTHER);
	fixture_reload(&world);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	clear(&world, &token);
}

/* Keys that were swapped under the old ids: the signature has to be looked at again. */
static void test_key_swapped(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	cm_clock_fix(FIXTURE_NOW_S + 1);
	fixture_key_add(world.ctx.store, FIXTURE_RS256_OTHER);
	CU_ASSERT_TRUE(fixture_sql(
	    world.ctx.store,
	    "UPDATE signing_key SET public_pem = (SELECT public_pem FROM signing_key"
	    " WHERE alg = 'RS256' AND retired_at_s IS NULL) WHERE retired_at_s IS NOT NULL"));
	fixture_reload(&world);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	clear(&world, &token);
}

static void test_key_rotated(void)
{
	struct fixture_world world;
	struct cm_buf token, new = {0};

	make_world(&world, &token);
	cm_clock_fix(FIXTURE_NOW_S + 10);
	fixture_key_add(world.ctx.store, FIXTURE_RS256_OTHER);
	fixture_reload(&world);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	fixture_issue(&world, NULL, &new);
	CU_ASSERT_EQUAL(check(&world, new.data), CM_OK);
	fixture_set(&world, "signing_algorithm", "ES256");
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	CU_ASSERT_EQUAL(check(&world, new.data), CM_OK);
	cm_buf_clear(&new);
	clear(&world, &token);
}

static void test_issuer_changed(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	fixture_set(&world, "issuer", "https://other.example");
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	fixture_set(&world, "issuer", FIXTURE_ISSUER "/below");
	CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
	fixture_set(&world, "issuer", FIXTURE_ISSUER);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	clear(&world, &token);
}

/* What is remembered is the whole token, not its claims or its id. */
static void test_like_a_good_one(void)
{
	struct fixture_world world;
	struct cm_buf token;

	make_world(&world, &token);
	for (size_t i = 0; i < token.len; i += 5) {
		char right = token.data[i];

		token.data[i] = right == 'A' ? 'B' : 'A';
		if (token.data[i] != right)
			CU_ASSERT_EQUAL(check(&world, token.data), CM_UNAUTHORIZED);
		token.data[i] = right;
	}
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	clear(&world, &token);
}

/* The same keys, another database: the token was never issued there. */
static void test_other_database(void)
{
	struct fixture_world world, other;
	struct cm_buf token;

	make_world(&world, &token);
	fixture_world_make(&other);
	CU_ASSERT_EQUAL(check(&other, token.data), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(&other, token.data), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(&world, token.data), CM_OK);
	fixture_world_clear(&other);
	clear(&world, &token);
}

static const struct cm_test tests[] = {
    {"a good token is good as often as it comes", test_good_again},
    {"a remembered token expires to the second", test_time},
    {"a remembered token that was revoked or removed is refused", test_revoked},
    {"a remembered token goes with its client, and no other client gets it", test_client_deleted},
    {"a remembered token follows its client's row, by client_id", test_client_renamed},
    {"a remembered token goes with its key", test_key_removed},
    {"a remembered token is looked at again when its key is another", test_key_swapped},
    {"a rotated key's tokens are good until they expire", test_key_rotated},
    {"a remembered token goes with the issuer", test_issuer_changed},
    {"a token that is almost a remembered one is refused", test_like_a_good_one},
    {"a token of another database is refused, under the same keys", test_other_database},
};

CM_SUITE(cm_suite_auth_access_token_again, "auth/access_token_again", tests);

#include "auth/access_token.h"
#include "auth/issue.h"
#include "auth/fixture_auth.h"
#include "auth/fixture_processes.h"
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

/* The token is used from an address by the next request, which finds the store in one state. */
static enum cm_status next(struct processes *p, const char *token, const char *address)
{
	struct cm_principal who = {.address = address};

	CU_ASSERT_EQUAL(processes_next(&p->ctx, NULL), CM_OK);
	return cm_access_token_check(&p->ctx, token, &who, NULL);
}

/* A token that was looked up in this state of the store already. */
static void start(struct processes *p, struct cm_buf *token)
{
	struct cm_principal caller = {.client_id = "app", .request_id = "r", .address = ""};
	struct cm_issued issued;
	struct cm_client client;

	*token = (struct cm_buf){0};
	processes_start(p);
	CU_ASSERT_EQUAL_FATAL(cm_client_get(p->ctx.store, "app", &client, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(
	    cm_issue_to_client(&p->ctx, &client, "read:application", &caller, &issued, NULL),
	    CM_OK);
	cm_buf_append(token, &issued.jwt);
	cm_issued_clear(&issued);
	cm_client_clear(&client);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(next(p, token->data, ""), CM_OK);
}

static void end(struct processes *p, struct cm_buf *token)
{
	cm_buf_clear(token);
	processes_end(p);
}

static void test_same_state_time(void)
{
	struct processes p;
	struct cm_buf token;

	start(&p, &token);
	cm_clock_fix(FIXTURE_NOW_S + 3599);
	CU_ASSERT_EQUAL(next(&p, token.data, ""), CM_OK);
	cm_clock_fix(FIXTURE_NOW_S + 3600);
	CU_ASSERT_EQUAL(next(&p, token.data, ""), CM_UNAUTHORIZED);
	end(&p, &token);
}

static void test_scopes_of_another(void)
{
	struct cm_principal who = {.address = ""};
	struct processes p;
	struct cm_buf token;

	start(&p, &token);
	CU_ASSERT_EQUAL(cm_access_token_check(&p.ctx, token.data, &who, NULL), CM_OK);
	CU_ASSERT_NOT_EQUAL(who.scopes, 0);
	CU_ASSERT_STRING_EQUAL(who.organization, "my-org");
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET scope = 'read:user'"));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_access_token_check(&p.ctx, token.data, &who, NULL), CM_OK);
	CU_ASSERT_EQUAL(who.scopes, 0);
	end(&p, &token);
}

struct ended {
	struct cm_context *ctx;
	const char *token;
};

/* The token's last request, and one with the same token in the same transaction. */
static enum cm_status end_token(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct ended *ended = arg;
	struct cm_principal who = {.address = ""};

	(void)err;
	CU_ASSERT_EQUAL(cm_access_token_check(ended->ctx, ended->token, &who, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE token SET revoked_at_s = 1"));
	CU_ASSERT_EQUAL(cm_access_token_check(ended->ctx, ended->token, &who, NULL),
	                CM_UNAUTHORIZED);
	return CM_OK;
}

static void test_revoked_here(void)
{
	struct processes p;
	struct cm_buf token;
	struct ended ended;

	start(&p, &token);
	ended = (struct ended){&p.ctx, token.data};
	CU_ASSERT_EQUAL(cm_store_write(p.ctx.store, end_token, &ended, NULL), CM_OK);
	CU_ASSERT_EQUAL(next(&p, token.data, ""), CM_UNAUTHORIZED);
	end(&p, &token);
}

/* The transaction is of a state that the refresh has not seen. */
static void test_revoked_before_the_lock(void)
{
	struct processes p;
	struct cm_buf token;
	struct cm_principal who = {.address = ""};

	start(&p, &token);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE token SET revoked_at_s = 1"));
	CU_ASSERT_EQUAL(cm_access_token_check(&p.ctx, token.data, &who, NULL), CM_OK);
	cm_context_rest(&p.ctx);
	CU_ASSERT_EQUAL(cm_access_token_check(&p.ctx, token.data, &who, NULL), CM_UNAUTHORIZED);
	end(&p, &token);
}

/* From where a token comes is another matter with each request. */
static void test_addresses(void)
{
	struct processes p;
	struct cm_buf token;

	start(&p, &token);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET ip_whitelist = '192.0.2.1'"));
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(next(&p, token.data, "192.0.2.1"), CM_OK);
		CU_ASSERT_EQUAL(next(&p, token.data, "192.0.2.2"), CM_UNAUTHORIZED);
		CU_ASSERT_EQUAL(next(&p, token.data, NULL), CM_UNAUTHORIZED);
	}
	end(&p, &token);
}

static const struct cm_test tests[] = {
    {"a token expires while nothing is written", test_same_state_time},
    {"another process takes a client's scopes from a remembered token", test_scopes_of_another},
    {"a token that this process revokes is refused from there on", test_revoked_here},
    {"a token that was revoked before the lock was had is refused", test_revoked_before_the_lock},
    {"the addresses of a client hold for each request", test_addresses},
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

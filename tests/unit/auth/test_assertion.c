#include "auth/assertion.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "suite.h"

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define TOKEN  FIXTURE_ISSUER CM_TOKEN_PATH

/* A world in which the client has the server's ES256 key for its own. */
static const struct cm_key *make(struct fixture_world *world)
{
	const struct cm_key *key;
	struct cm_buf jwks = {0};

	fixture_world_make(world);
	key = cm_keyring_signer(&world->ctx.keys, "ES256");
	cm_buf_printf(&jwks, "{\"keys\":[%s]}", key->jwk);
	free(world->client.jwks);
	world->client.jwks = jwks.data;
	return key;
}

static enum cm_status check(struct fixture_world *world, const char *claims, struct cm_err *err)
{
	const struct cm_key *key = cm_keyring_signer(&world->ctx.keys, "ES256");
	struct cm_buf token = {0};
	enum cm_status rc;

	fixture_forge(&token, FIXTURE_SIGN_ES256, key->private_pem, HEADER, strlen(HEADER), claims,
	              strlen(claims));
	rc = cm_assertion_check(&world->ctx, token.data, &world->client, err);
	cm_buf_clear(&token);
	return rc;
}

/* Claims that are good but for these; jti, iss, sub, aud and exp as JSON, NULL for absent. */
static void put_claims(struct cm_buf *out, const char *iss, const char *sub, const char *aud,
                       const char *exp, const char *rest)
{
	cm_buf_reset(out);
	cm_buf_printf(out, "{\"x\":1");
	if (iss != NULL)
		cm_buf_printf(out, ",\"iss\":%s", iss);
	if (sub != NULL)
		cm_buf_printf(out, ",\"sub\":%s", sub);
	if (aud != NULL)
		cm_buf_printf(out, ",\"aud\":%s", aud);
	if (exp != NULL)
		cm_buf_printf(out, ",\"exp\":%s", exp);
	cm_buf_printf(out, "%s}", rest);
}

#define GOOD_AUD "\"" FIXTURE_ISSUER "\""
#define GOOD_EXP "1000060"
#define JTI      ",\"jti\":\"one\""

static const struct row {
	const char *iss, *sub, *aud, *exp, *rest;
	const char *word; /* of the sentence that refuses; NULL: it is good */
} rows[] = {
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI, NULL},
    {"\"app\"", "\"app\"", "\"" TOKEN "\"", GOOD_EXP, JTI, NULL},
    {"\"app\"", "\"app\"", "[" GOOD_AUD "]", GOOD_EXP, JTI, NULL},
    {"\"app\"", "\"app\"", "[\"" FIXTURE_ISSUER "\",\"" TOKEN "\"]", GOOD_EXP, JTI, NULL},
    {"\"app\"", "\"app\"", GOOD_AUD, "1000001", JTI, NULL},
    {"\"app\"", "\"app\"", GOOD_AUD, "1000660", JTI, NULL},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI ",\"nbf\":1000060", NULL},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI ",\"nbf\":0,\"iat\":0", NULL},
    {NULL, "\"app\"", GOOD_AUD, GOOD_EXP, JTI, "iss"},
    {"\"app\"", NULL, GOOD_AUD, GOOD_EXP, JTI, "sub"},
    {"\"other\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI, "iss"},
    {"\"app\"", "\"other\"", GOOD_AUD, GOOD_EXP, JTI, "sub"},
    {"\"App\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI, "iss"},
    {"[\"app\"]", "\"app\"", GOOD_AUD, GOOD_EXP, JTI, "iss"},
    {"\"\"", "\"\"", GOOD_AUD, GOOD_EXP, JTI, "iss"},
    {"\"app\"", "\"app\"", NULL, GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "\"\"", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "[]", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "{\"0\":" GOOD_AUD "}", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "7", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "\"" FIXTURE_ISSUER "/\"", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "\"" FIXTURE_ISSUER ".evil.example\"", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "\"" TOKEN "/\"", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "\"" FIXTURE_MCP "\"", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "\"https://other.example\"", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "[[" GOOD_AUD "]]", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "[" GOOD_AUD ",\"https://other.example\"]", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "[\"https://other.example\"," GOOD_AUD "]", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", "[" GOOD_AUD ",null]", GOOD_EXP, JTI, "aud"},
    {"\"app\"", "\"app\"", GOOD_AUD, NULL, JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "1000000", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "1", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "-1", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "1000661", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "9223372036854775807", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "1e30", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "\"1000060\"", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, "null", JTI, "expired"},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI ",\"nbf\":1000061", "not valid yet"},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI ",\"nbf\":\"1\"", "not valid yet"},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, "", "jti"},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, ",\"jti\":\"\"", "jti"},
    {"\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, ",\"jti\":7", "jti"},
};

static void test_claims(void)
{
	struct fixture_world world;
	struct cm_buf claims = {0};

	make(&world);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct cm_err err = {0};
		enum cm_status rc;

		put_claims(&claims, row->iss, row->sub, row->aud, row->exp, row->rest);
		CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "DELETE FROM client_assertion"));
		rc = check(&world, cm_buf_str(&claims), &err);
		ASSERT_ROW(claims.data, rc == (row->word == NULL ? CM_OK : CM_INVALID_CLIENT));
		ASSERT_ROW(claims.data, err.status == rc);
		if (row->word != NULL)
			ASSERT_ROW(claims.data, strstr(err.text, row->word) != NULL);
		/* Only what was taken is remembered. */
		ASSERT_ROW(claims.data, fixture_integer(world.ctx.store,
		                                        "SELECT count(*) FROM client_assertion") ==
		                            (row->word == NULL));
	}
	cm_buf_clear(&claims);
	fixture_world_clear(&world);
}

static void test_long_jti(void)
{
	struct fixture_world world;
	struct cm_buf claims = {0};
	char jti[202], rest[300];

	make(&world);
	memset(jti, 'x', sizeof jti);
	for (size_t len = 200; len <= 201; len++) {
		jti[len] = '\0';
		snprintf(rest, sizeof rest, ",\"jti\":\"%s\"", jti);
		put_claims(&claims, "\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, rest);
		CU_ASSERT_EQUAL(check(&world, cm_buf_str(&claims), NULL),
		                len == 200 ? CM_OK : CM_INVALID_CLIENT);
		jti[len] = 'x';
	}
	cm_buf_clear(&claims);
	fixture_world_clear(&world);
}

static void test_used_once(void)
{
	struct fixture_world world;
	struct cm_buf claims = {0};
	struct cm_err err = {0};

	make(&world);
	put_claims(&claims, "\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI);
	CU_ASSERT_EQUAL(check(&world, claims.data, NULL), CM_OK);
	CU_ASSERT_EQUAL(check(&world, claims.data, &err), CM_INVALID_CLIENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "used already"));
	/* A new one of the same id is used too; one of another id is not. */
	put_claims(&claims, "\"app\"", "\"app\"", GOOD_AUD, "1000061", JTI);
	CU_ASSERT_EQUAL(check(&world, claims.data, NULL), CM_INVALID_CLIENT);
	put_claims(&claims, "\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, ",\"jti\":\"ONE\"");
	CU_ASSERT_EQUAL(check(&world, claims.data, NULL), CM_OK);
	cm_buf_clear(&claims);
	fixture_world_clear(&world);
}

static void test_signature(void)
{
	static const char *const sets[] = {"{}", "{\"keys\":[]}", "", "null",
	                                   "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"};
	struct fixture_world world;
	struct cm_buf claims = {0}, jwks = {0};

	make(&world);
	put_claims(&claims, "\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI);
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct cm_err err = {0};

		free(world.client.jwks);
		world.client.jwks = strdup(sets[i]);
		ASSERT_ROW(sets[i], check(&world, claims.data, &err) == CM_INVALID_CLIENT);
		ASSERT_ROW(sets[i], strstr(err.text, "signature") != NULL);
	}
	/* The server's key is no key of a client that has not got it. */
	cm_buf_printf(&jwks, "{\"keys\":[%s]}", cm_keyring_signer(&world.ctx.keys, "RS256")->jwk);
	free(world.client.jwks);
	world.client.jwks = jwks.data;
	CU_ASSERT_EQUAL(check(&world, claims.data, NULL), CM_INVALID_CLIENT);
	CU_ASSERT_EQUAL(cm_assertion_check(&world.ctx, "", &world.client, NULL), CM_INVALID_CLIENT);
	CU_ASSERT_EQUAL(cm_assertion_check(&world.ctx, "a.b.c", &world.client, NULL),
	                CM_INVALID_CLIENT);
	CU_ASSERT_EQUAL(fixture_integer(world.ctx.store, "SELECT count(*) FROM client_assertion"),
	                0);
	cm_buf_clear(&claims);
	fixture_world_clear(&world);
}

/* What the store can't remember is not taken: it could be used twice. */
static void test_not_remembered(void)
{
	struct fixture_world world;
	struct cm_buf claims = {0};
	enum cm_status rc;

	make(&world);
	put_claims(&claims, "\"app\"", "\"app\"", GOOD_AUD, GOOD_EXP, JTI);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "DROP TABLE client_assertion"));
	rc = check(&world, claims.data, NULL);
	CU_ASSERT_NOT_EQUAL(rc, CM_OK);
	CU_ASSERT_NOT_EQUAL(rc, CM_INVALID_CLIENT);
	cm_buf_clear(&claims);
	fixture_world_clear(&world);
}

static void test_client_id(void)
{
	static const struct {
		const char *claims, *client_id;
	} cases[] = {
	    {"{\"sub\":\"app\"}", "app"},
	    {"{\"sub\":\"https://example.org/client.json\"}", "https://example.org/client.json"},
	    {"{\"iss\":\"app\"}", NULL},
	    {"{\"sub\":7}", NULL},
	    {"{\"sub\":null}", NULL},
	    {"[]", NULL},
	    {"", NULL},
	};
	char id[CM_CLIENT_ID_MAX + 1], sub[CM_CLIENT_ID_MAX + 2], claims[CM_CLIENT_ID_MAX + 20];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cm_buf token = {0};
		bool found;

		fixture_forge(&token, FIXTURE_SIGN_HS256, "x", "{}", 2, cases[i].claims,
		              strlen(cases[i].claims));
		found = cm_assertion_client_id(token.data, id);
		ASSERT_ROW(cases[i].claims, found == (cases[i].client_id != NULL));
		if (found && cases[i].client_id != NULL)
			ASSERT_ROW(cases[i].claims, strcmp(id, cases[i].client_id) == 0);
		cm_buf_clear(&token);
	}
	memset(sub, 'x', sizeof sub);
	for (size_t len = CM_CLIENT_ID_MAX; len <= CM_CLIENT_ID_MAX + 1; len++) {
		struct cm_buf token = {0};

		snprintf(claims, sizeof claims, "{\"sub\":\"%.*s\"}", (int)len, sub);
		fixture_forge(&token, FIXTURE_SIGN_HS256, "x", "{}", 2, claims, strlen(claims));
		CU_ASSERT_EQUAL(cm_assertion_client_id(token.data, id), len == CM_CLIENT_ID_MAX);
		cm_buf_clear(&token);
	}
	CU_ASSERT_FALSE(cm_assertion_client_id("", id));
	CU_ASSERT_FALSE(cm_assertion_client_id("x.y.z", id));
}

static const struct cm_test tests[] = {
    {"an assertion is the client's, for this server, and short-lived", test_claims},
    {"the id of an assertion is not too long", test_long_jti},
    {"an assertion is good once", test_used_once},
    {"an assertion is signed with a key of the client", test_signature},
    {"an assertion that can't be remembered is not taken", test_not_remembered},
    {"whom an assertion is about can be told before it is checked", test_client_id},
};

CM_SUITE(cm_suite_auth_assertion, "auth/assertion", tests);

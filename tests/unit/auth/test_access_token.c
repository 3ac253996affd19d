#include "auth/access_token.h"
#include "auth/issue.h"

#include <stdio.h>

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "suite.h"

static int64_t rows(struct fixture_world *world)
{
	return fixture_integer(
	    world->ctx.store, "SELECT (SELECT count(*) FROM token) + (SELECT count(*) FROM audit)");
}

/* A refused token: the status, and nothing written or handed out. */
static void refuse(struct fixture_world *world, const char *scope, enum cm_status status)
{
	int64_t before = rows(world);
	struct cm_issued token;
	struct cm_err err = {0};

	ASSERT_ROW(scope == NULL ? "NULL" : scope,
	           cm_issue_to_client(&world->ctx, &world->client, scope, &world->caller, &token,
	                              &err) == status);
	CU_ASSERT_EQUAL(err.status, status);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&token.jwt), "");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&token.scope), "");
	CU_ASSERT_EQUAL(rows(world), before);
}

/* A token is issued, and its scope, in the answer, the claims and the row, is `granted`. */
static void grant(struct fixture_world *world, const char *scope, const char *granted)
{
	const char *row = scope == NULL ? "NULL" : scope;
	struct cm_issued token;
	cm_json *claims;

	CU_ASSERT_TRUE(fixture_sql(world->ctx.store, "DELETE FROM token"));
	ASSERT_ROW(row, cm_issue_to_client(&world->ctx, &world->client, scope, &world->caller,
	                                   &token, NULL) == CM_OK);
	ASSERT_ROW(row, strcmp(cm_buf_str(&token.scope), granted) == 0);
	claims = fixture_part(cm_buf_str(&token.jwt), 1);
	ASSERT_ROW(row, claims != NULL &&
	                    strcmp(cm_json_string(cm_json_get(claims, "scope")), granted) == 0);
	ASSERT_ROW(row, fixture_is_text(world->ctx.store, "SELECT scope FROM token", granted));
	cm_json_free(claims);
	cm_issued_clear(&token);
	cm_issued_clear(&token);
}

static void assert_text(const cm_json *claims, const char *name, const char *text)
{
	const char *value = cm_json_string(cm_json_get(claims, name));

	ASSERT_ROW(name, value != NULL && strcmp(value, text) == 0);
}

static void assert_integer(const cm_json *claims, const char *name, int64_t wanted)
{
	int64_t value = -1;

	ASSERT_ROW(name, cm_json_integer(cm_json_get(claims, name), &value) && value == wanted);
}

/* RFC 9068 section 2. */
static void test_claims(void)
{
	static const char *const algorithms[] = {"RS256", "ES256"};

	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct fixture_world world;
		struct cm_issued token;
		cm_json *header, *claims;
		const char *jti;

		fixture_world_make(&world);
		fixture_set(&world, "signing_algorithm", algorithms[i]);
		CU_ASSERT_EQUAL(cm_issue_to_client(&world.ctx, &world.client, "read:application",
		                                   &world.caller, &token, NULL),
		                CM_OK);
		header = fixture_part(token.jwt.data, 0);
		claims = fixture_part(token.jwt.data, 1);
		assert_text(header, "typ", "at+jwt");
		assert_text(header, "alg", algorithms[i]);
		assert_text(header, "kid", cm_keyring_signer(&world.ctx.keys, algorithms[i])->kid);
		assert_text(claims, "iss", FIXTURE_ISSUER);
		assert_text(claims, "aud", FIXTURE_MCP);
		assert_text(claims, "sub", "app");
		assert_text(claims, "client_id", "app");
		assert_text(claims, "organization", "my-org");
		assert_text(claims, "scope", "read:application");
		assert_integer(claims, "iat", FIXTURE_NOW_S);
		assert_integer(claims, "exp", FIXTURE_NOW_S + 3600);
		CU_ASSERT_EQUAL(token.expires_in_s, 3600);
		jti = cm_json_string(cm_json_get(claims, "jti"));
		CU_ASSERT_TRUE(jti != NULL && strlen(jti) == 32);
		CU_ASSERT_TRUE(fixture_is_text(world.ctx.store, "SELECT jti FROM token", jti));
		cm_json_free(header);
		cm_json_free(claims);
		cm_issued_clear(&token);
		fixture_world_clear(&world);
	}
}

static void test_rows(void)
{
	struct fixture_world world;
	struct cm_buf token = {0};

	fixture_world_make(&world);
	strcpy(world.caller.client_id, "casement");
	strcpy(world.caller.organization, "built-in");
	fixture_issue(&world, "application:read", &token);
	CU_ASSERT_TRUE(fixture_is_text(
	    world.ctx.store,
	    "SELECT subject || ' ' || scope || ' ' || resource || ' ' || issued_at_s || ' ' ||"
	    " expires_at_s || ' ' || ifnull(revoked_at_s, 'good') FROM token",
	    "app application:read " FIXTURE_MCP " 1000000 1003600 good"));
	CU_ASSERT_TRUE(fixture_is_text(world.ctx.store,
	                               "SELECT at_s || ' ' || client_id || ' ' || organization || "
	                               "' ' || tool || ' ' || outcome"
	                               " || ' ' || request_id || ' ' || address FROM audit",
	                               "1000000 casement built-in token ok the-request 192.0.2.1"));
	CU_ASSERT_EQUAL(fixture_integer(world.ctx.store,
	                                "SELECT count(*) FROM audit JOIN token ON target = jti"),
	                1);
	/* The token itself is nowhere in the store. */
	CU_ASSERT_EQUAL(
	    fixture_integer(world.ctx.store,
	                    "SELECT count(*) FROM token WHERE jti || subject LIKE '%.%'"),
	    0);
	cm_buf_clear(&token);
	fixture_world_clear(&world);
}

static void test_no_two_alike(void)
{
	struct fixture_world world;
	struct cm_buf one = {0}, two = {0};

	fixture_world_make(&world);
	fixture_issue(&world, NULL, &one);
	fixture_issue(&world, NULL, &two);
	CU_ASSERT_STRING_NOT_EQUAL(one.data, two.data);
	CU_ASSERT_EQUAL(fixture_integer(world.ctx.store, "SELECT count(*) FROM token"), 2);
	cm_buf_clear(&one);
	cm_buf_clear(&two);
	fixture_world_clear(&world);
}

static void test_scopes(void)
{
	static const char *const same[] = {
	    "read:application",
	    "application:read",
	    "write:application",
	    "write:application read:application",
	    "*:application",
	    "application:*",
	    "read:application application:read",
	};
	struct fixture_world world;

	fixture_world_make(&world);
	for (size_t i = 0; i < COUNT_OF(same); i++)
		grant(&world, same[i], same[i]);
	grant(&world, NULL, "read:application write:application");
	grant(&world, "", "read:application write:application");
	grant(&world, "read:application read:application", "read:application");
	grant(&world, "  application:write   application:read ",
	      "application:write application:read");
	fixture_world_clear(&world);
}

static void test_scopes_refused(void)
{
	static const char *const words[] = {
	    "nonsense",
	    "read",
	    "write",
	    "admin",
	    "read:*",
	    "*:write",
	    "*",
	    "*:*",
	    "application",
	    "read:user",
	    "read:application nonsense",
	    "admin read:application",
	    "READ:APPLICATION",
	    "read:application,write:application",
	    "read:application\twrite:application",
	};
	struct fixture_world world;
	char text[20000];

	fixture_world_make(&world);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		refuse(&world, words[i], CM_INVALID_SCOPE);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	refuse(&world, text, CM_INVALID_SCOPE);
	fixture_world_clear(&world);
}

static void test_registered_scopes(void)
{
	struct fixture_world world;

	fixture_world_make(&world);
	CU_ASSERT_TRUE(
	    fixture_sql(world.ctx.store, "UPDATE application SET scope = 'application:read'"));
	fixture_reload(&world);
	refuse(&world, "write:application", CM_INVALID_SCOPE);
	refuse(&world, "read:application write:application", CM_INVALID_SCOPE);
	refuse(&world, "*:application", CM_INVALID_SCOPE);
	grant(&world, "read:application", "read:application");
	grant(&world, NULL, "application:read");
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE application SET scope = 'read'"));
	fixture_reload(&world);
	grant(&world, "read:application", "read:application");
	grant(&world, "*:read", "*:read");
	refuse(&world, "write:application", CM_INVALID_SCOPE);
	refuse(&world, "admin", CM_INVALID_SCOPE);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE application SET scope = 'admin'"));
	fixture_reload(&world);
	grant(&world, "write:application", "write:application");
	grant(&world, "admin", "admin");
	refuse(&world, "nonsense", CM_INVALID_SCOPE);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE application SET scope = ''"));
	fixture_reload(&world);
	refuse(&world, "read:application", CM_INVALID_SCOPE);
	fixture_world_clear(&world);
}

static void test_lifetime(void)
{
	static const struct {
		const char *hours;
		int64_t lifetime_s;
	} lives[] = {
	    {"0", 600}, {"2", 7200}, {"0.5", 1800}, {"8760", 31536000}, {"0.0001", 1}, {"-1", 600},
	};
	struct fixture_world world;

	fixture_world_make(&world);
	fixture_set(&world, "access_token_lifetime_s", "600");
	for (size_t i = 0; i < COUNT_OF(lives); i++) {
		struct cm_issued token;
		cm_json *claims;
		char sql[100];

		snprintf(sql, sizeof sql, "UPDATE application SET expire_in_hours = %s",
		         lives[i].hours);
		CU_ASSERT_TRUE(fixture_sql(world.ctx.store, sql));
		fixture_reload(&world);
		CU_ASSERT_EQUAL(cm_issue_to_client(&world.ctx, &world.client, NULL, &world.caller,
		                                   &token, NULL),
		                CM_OK);
		ASSERT_ROW(lives[i].hours, token.expires_in_s == lives[i].lifetime_s);
		claims = fixture_part(token.jwt.data, 1);
		assert_integer(claims, "exp", FIXTURE_NOW_S + lives[i].lifetime_s);
		cm_json_free(claims);
		cm_issued_clear(&token);
	}
	fixture_world_clear(&world);
}

static bool no_bytes(void *out, size_t len)
{
	(void)out;
	(void)len;
	return false;
}

static void test_no_random_bytes(void)
{
	struct fixture_world world;

	fixture_world_make(&world);
	cm_crypto_random_source(no_bytes);
	refuse(&world, "read:application", CM_INTERNAL);
	cm_crypto_random_source(NULL);
	grant(&world, "read:application", "read:application");
	fixture_world_clear(&world);
}

static void test_no_key(void)
{
	struct fixture_world world;

	fixture_world_make(&world);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE signing_key SET retired_at_s = 5"
	                                            " WHERE alg = 'RS256'"));
	fixture_reload(&world);
	refuse(&world, NULL, CM_STORE);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "UPDATE signing_key SET retired_at_s = NULL,"
	                                            " private_pem = 'damaged'"));
	fixture_reload(&world);
	refuse(&world, NULL, CM_INTERNAL);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "DELETE FROM signing_key"));
	fixture_reload(&world);
	refuse(&world, NULL, CM_STORE);
	fixture_world_clear(&world);
}

/* Deleted by another process after it was looked up. */
static void test_client_deleted_meanwhile(void)
{
	struct fixture_world world;

	fixture_world_make(&world);
	CU_ASSERT_EQUAL(
	    cm_entity_delete(world.ctx.store, &cm_application_entity, "my-org", "app", NULL),
	    CM_OK);
	refuse(&world, NULL, CM_NOT_FOUND);
	fixture_world_clear(&world);
}

/* No token without its audit row, no audit row without its token. */
static void test_both_rows_or_none(void)
{
	struct fixture_world world;
	struct cm_issued token;

	fixture_world_make(&world);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "CREATE TRIGGER full BEFORE INSERT ON audit"
	                                            " BEGIN SELECT raise(ABORT, 'no room'); END"));
	CU_ASSERT_NOT_EQUAL(
	    cm_issue_to_client(&world.ctx, &world.client, NULL, &world.caller, &token, NULL),
	    CM_OK);
	CU_ASSERT_EQUAL(token.jwt.len, 0);
	CU_ASSERT_EQUAL(rows(&world), 0);
	fixture_world_clear(&world);
}

static const struct cm_test tests[] = {
    {"a token has the header and claims of RFC 9068, for each algorithm", test_claims},
    {"a token leaves its row and an audit row, and not itself", test_rows},
    {"no two tokens are alike", test_no_two_alike},
    {"scopes are granted in the client's spelling, each once; none means all", test_scopes},
    {"a scope that is unknown or not registered is refused, and nothing is written",
     test_scopes_refused},
    {"a client gets what is registered for it, or part of that", test_registered_scopes},
    {"a token lives as long as its application or the setting says", test_lifetime},
    {"without random bytes there is no token", test_no_random_bytes},
    {"without a good key in use there is no token", test_no_key},
    {"a client that was just deleted gets no token", test_client_deleted_meanwhile},
    {"a token that can't be audited is not issued", test_both_rows_or_none},
};

CM_SUITE(cm_suite_auth_access_token, "auth/access_token", tests);

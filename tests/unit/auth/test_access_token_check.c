#include <stdio.h>

#include "auth/access_token.h"
#include "auth/issue.h"
#include "auth/fixture_auth.h"
#include "auth/jwt.h"
#include "base/clock.h"
#include "store/token.h"
#include "suite.h"

/* A token of good claims, one of which is another or (json NULL) missing; appended to out. */
static void sign(struct fixture_world *world, const char *name, const char *json,
                 struct cm_buf *out)
{
	static const char *const good[][2] = {
	    {"iss", "\"" FIXTURE_ISSUER "\""},
	    {"aud", "\"" FIXTURE_MCP "\""},
	    {"sub", "\"app\""},
	    {"client_id", "\"app\""},
	    {"scope", "\"read:application write:application\""},
	    {"jti", "\"the-jti\""},
	    {"iat", "1000000"},
	    {"exp", "1000100"},
	};
	struct cm_buf claims = {0};
	bool replaced = name[0] == '\0';

	cm_json_put_open(&claims, '{');
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		bool here = strcmp(good[i][0], name) == 0;

		replaced = replaced || here;
		if (here && json == NULL)
			continue;
		cm_json_put_name(&claims, good[i][0]);
		cm_json_put_raw(&claims, here ? json : good[i][1]);
	}
	if (!replaced) {
		cm_json_put_name(&claims, name);
		cm_json_put_raw(&claims, json);
	}
	cm_json_put_close(&claims, '}');
	CU_ASSERT_EQUAL_FATAL(cm_jwt_sign(cm_keyring_signer(&world->ctx.keys, "ES256"),
	                                  CM_JWT_ACCESS, claims.data, out, NULL),
	                      CM_OK);
	cm_buf_clear(&claims);
}

/* A world in which the token the-jti was issued to the application app. */
static void make_world(struct fixture_world *world)
{
	struct cm_token row = {.jti = "the-jti",
	                       .client_id = "app",
	                       .subject = "app",
	                       .scope = "read:application write:application",
	                       .resource = FIXTURE_MCP,
	                       .issued_at_s = 1000000,
	                       .expires_at_s = 1000100};

	fixture_world_make(world);
	CU_ASSERT_EQUAL_FATAL(fixture_token(world->ctx.store, &row, NULL), CM_OK);
}

/* Whether a token is taken; if not, it is refused in the proper way and nobody is let in. */
static bool is_good(struct fixture_world *world, const char *token)
{
	struct cm_principal who = {.client_id = "nobody"};
	struct cm_err err = {0};
	enum cm_status rc = cm_access_token_check(&world->ctx, token, &who, &err);

	if (rc != CM_OK) {
		ASSERT_ROW(err.text, rc == CM_UNAUTHORIZED);
		ASSERT_ROW(err.text, err.status == CM_UNAUTHORIZED && err.text[0] != '\0');
		ASSERT_ROW(err.text, strcmp(who.client_id, "nobody") == 0 && who.scopes == 0);
		ASSERT_ROW(err.text, strlen(token) < 20 || strstr(err.text, token) == NULL);
	}
	return rc == CM_OK;
}

/* Twice: what was found out the first time must not help the second time. */
static bool takes(struct fixture_world *world, const char *name, const char *json)
{
	struct cm_buf token = {0};
	bool first, second;

	sign(world, name, json, &token);
	first = is_good(world, token.data);
	second = is_good(world, token.data);
	CU_ASSERT_EQUAL(first, second);
	cm_buf_clear(&token);
	return first;
}

static void test_good(void)
{
	static const char *const good[][2] = {
	    {"", ""},
	    {"aud", "[\"" FIXTURE_MCP "\"]"},
	    {"aud", "[\"https://other.example\",\"" FIXTURE_MCP "\"]"},
	    {"aud", "[null,1,{},\"" FIXTURE_MCP "\"]"},
	    {"exp", "1000001"},
	    {"exp", "9223372036854775807"},
	    {"nbf", "1000000"},
	    {"nbf", "0"},
	    {"nbf", "-5"},
	    {"scope", "\"\""},
	    {"scope", "\"nonsense\""},
	    {"extra", "{\"a\":[1]}"},
	    {"organization", "\"built-in\""},
	};
	struct fixture_world world;

	make_world(&world);
	for (size_t i = 0; i < COUNT_OF(good); i++)
		ASSERT_ROW(good[i][1], takes(&world, good[i][0], good[i][1]));
	fixture_world_clear(&world);
}

static void test_bad_claims(void)
{
	static const char *const bad[][2] = {
	    {"iss", NULL},
	    {"iss", "null"},
	    {"iss", "1"},
	    {"iss", "\"\""},
	    {"iss", "[\"" FIXTURE_ISSUER "\"]"},
	    {"iss", "\"" FIXTURE_ISSUER "/\""},
	    {"iss", "\"https://EXAMPLE.org\""},
	    {"iss", "\"https://example.org.evil.example\""},
	    {"iss", "\"https://other.example\""},
	    {"aud", NULL},
	    {"aud", "null"},
	    {"aud", "1"},
	    {"aud", "\"\""},
	    {"aud", "[]"},
	    {"aud", "{\"" FIXTURE_MCP "\":1}"},
	    {"aud", "[[\"" FIXTURE_MCP "\"]]"},
	    {"aud", "\"" FIXTURE_ISSUER "\""},
	    {"aud", "\"" FIXTURE_MCP "/\""},
	    {"aud", "\"" FIXTURE_MCP " https://other.example\""},
	    {"aud", "\"https://other.example/api/mcp\""},
	    {"aud", "[\"https://other.example\",null]"},
	    {"exp", NULL},
	    {"exp", "null"},
	    {"exp", "\"1000100\""},
	    {"exp", "1e10"},
	    {"exp", "true"},
	    {"exp", "[1000100]"},
	    {"exp", "1000000"},
	    {"exp", "999999"},
	    {"exp", "1"},
	    {"exp", "0"},
	    {"exp", "-9223372036854775808"},
	    {"iat", NULL},
	    {"iat", "\"1000000\""},
	    {"nbf", "1000001"},
	    {"nbf", "9223372036854775807"},
	    {"nbf", "\"0\""},
	    {"nbf", "null"},
	    {"nbf", "0.5"},
	    {"sub", NULL},
	    {"sub", "1"},
	    {"client_id", NULL},
	    {"client_id", "1"},
	    {"client_id", "\"\""},
	    {"client_id", "\"APP\""},
	    {"client_id", "\"other\""},
	    {"jti", NULL},
	    {"jti", "1"},
	    {"jti", "\"\""},
	    {"jti", "\"THE-JTI\""},
	    {"jti", "\"never-issued\""},
	    {"jti", "\"the-jti' OR '1'='1\""},
	    {"scope", NULL},
	    {"scope", "[\"read:application\"]"},
	    {"scope", "null"},
	};
	struct fixture_world world;

	make_world(&world);
	CU_ASSERT_EQUAL(fixture_application(world.ctx.store, "my-org", "other"), CM_OK);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char row[200];

		snprintf(row, sizeof row, "%s: %s", bad[i][0], bad[i][1] ? bad[i][1] : "missing");
		ASSERT_ROW(row, !takes(&world, bad[i][0], bad[i][1]));
	}
	fixture_world_clear(&world);
}

static void test_long_claims(void)
{
	struct fixture_world world;
	char json[300];

	make_world(&world);
	for (size_t len = CM_JTI_MAX - 2; len < CM_JTI_MAX + 3; len++) {
		snprintf(json, sizeof json, "\"%0*d\"", (int)len, 0);
		CU_ASSERT_FALSE(takes(&world, "jti", json));
	}
	for (size_t len = CM_NAME_MAX - 1; len < CM_NAME_MAX + 3; len++) {
		snprintf(json, sizeof json, "\"%0*d\"", (int)len, 0);
		CU_ASSERT_FALSE(takes(&world, "client_id", json));
	}
	fixture_world_clear(&world);
}

static void test_no_token(void)
{
	static const char *const texts[] = {"", ".", "..", "nonsense", "Bearer x", "e30.e30.e30"};
	struct fixture_world world;

	make_world(&world);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		ASSERT_ROW(texts[i], !is_good(&world, texts[i]));
		ASSERT_ROW(texts[i], !is_good(&world, texts[i]));
	}
	fixture_world_clear(&world);
}

static cm_scope_set scopes_now(struct fixture_world *world, const char *token)
{
	struct cm_principal who = {0};

	CU_ASSERT_EQUAL(cm_access_token_check(&world->ctx, token, &who, NULL), CM_OK);
	return who.scopes;
}

static void set_scope(struct fixture_world *world, const char *scope)
{
	char sql[200];

	snprintf(sql, sizeof sql, "UPDATE application SET scope = '%s'", scope);
	CU_ASSERT_TRUE(fixture_sql(world->ctx.store, sql));
}

static void test_scopes_now(void)
{
	const cm_scope_set read = CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION);
	const cm_scope_set write = CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION);
	struct fixture_world world;
	struct cm_buf both = {0}, one = {0}, nonsense = {0};

	make_world(&world);
	sign(&world, "", "", &both);
	sign(&world, "scope", "\"application:read\"", &one);
	sign(&world, "scope", "\"nonsense admins *:* READ\"", &nonsense);
	CU_ASSERT_EQUAL(scopes_now(&world, both.data), read | write);
	CU_ASSERT_EQUAL(scopes_now(&world, one.data), read);
	CU_ASSERT_EQUAL(scopes_now(&world, nonsense.data), 0);
	set_scope(&world, "application:write");
	CU_ASSERT_EQUAL(scopes_now(&world, both.data), write);
	CU_ASSERT_EQUAL(scopes_now(&world, one.data), 0);
	set_scope(&world, "");
	CU_ASSERT_EQUAL(scopes_now(&world, both.data), 0);
	/* More for the client is not more for the tokens that it has. */
	set_scope(&world, "admin");
	CU_ASSERT_EQUAL(scopes_now(&world, both.data), read | write);
	CU_ASSERT_EQUAL(scopes_now(&world, one.data), read);
	CU_ASSERT_EQUAL(scopes_now(&world, nonsense.data), 0);
	cm_buf_clear(&both);
	cm_buf_clear(&one);
	cm_buf_clear(&nonsense);
	fixture_world_clear(&world);
}

/* The organisation comes from the registry, whatever the token says. */
static void test_organization_now(void)
{
	struct fixture_world world;
	struct cm_principal who = {0};
	struct cm_buf token = {0};

	make_world(&world);
	sign(&world, "organization", "\"built-in\"", &token);
	CU_ASSERT_EQUAL(cm_access_token_check(&world.ctx, token.data, &who, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(who.client_id, "app");
	CU_ASSERT_STRING_EQUAL(who.organization, "my-org");
	CU_ASSERT_FALSE(cm_principal_is_built_in(&who));
	CU_ASSERT_TRUE(
	    fixture_sql(world.ctx.store, "UPDATE application SET organization = 'other-org'"));
	CU_ASSERT_EQUAL(cm_access_token_check(&world.ctx, token.data, &who, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(who.organization, "other-org");
	cm_buf_clear(&token);
	fixture_world_clear(&world);
}

/* A client of its own document goes with the setting; the others do not. */
static void test_document_setting(void)
{
	static const struct {
		const char *origin, *setting;
		bool good;
	} rows[] = {
	    {"made", "off", true},      {"made", "on", true},       {"registered", "off", true},
	    {"registered", "on", true}, {"document", "off", false}, {"document", "on", true},
	    {"document", "off", false},
	};
	struct fixture_world world;

	make_world(&world);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char sql[100];

		snprintf(sql, sizeof sql, "UPDATE application SET origin = '%s'", rows[i].origin);
		CU_ASSERT_TRUE(fixture_sql(world.ctx.store, sql));
		fixture_set(&world, "client_id_metadata_documents", rows[i].setting);
		ASSERT_ROW(rows[i].origin, takes(&world, "", "") == rows[i].good);
	}
	/* Fail closed: a setting and an origin of another make. */
	strcpy(world.ctx.settings.client_id_metadata_documents, "ON");
	CU_ASSERT_FALSE(takes(&world, "", ""));
	fixture_set(&world, "client_id_metadata_documents", "off");
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store, "PRAGMA ignore_check_constraints = 1;"
	                                            "UPDATE application SET origin = 'another'"));
	CU_ASSERT_FALSE(takes(&world, "", ""));
	fixture_world_clear(&world);
}

static void test_issued(void)
{
	struct fixture_world world;
	struct cm_buf token = {0};
	struct cm_principal who = {.request_id = "kept", .address = "kept", .traceparent = "kept"};

	make_world(&world);
	fixture_issue(&world, "read:application", &token);
	CU_ASSERT_EQUAL(cm_access_token_check(&world.ctx, token.data, &who, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(who.client_id, "app");
	CU_ASSERT_EQUAL(who.scopes, CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION));
	CU_ASSERT_STRING_EQUAL(who.request_id, "kept");
	CU_ASSERT_STRING_EQUAL(who.traceparent, "kept");
	cm_buf_clear(&token);
	fixture_world_clear(&world);
}

/* A store that can't answer says nothing about the token. */
static void test_broken_store(void)
{
	for (int cached = 0; cached <= 1; cached++) {
		struct fixture_world world;
		struct cm_principal who = {.client_id = "nobody"};
		struct cm_buf token = {0};
		struct cm_err err = {0};
		enum cm_status rc;

		make_world(&world);
		sign(&world, "", "", &token);
		if (cached)
			CU_ASSERT_TRUE(is_good(&world, token.data));
		CU_ASSERT_TRUE(fixture_sql(world.ctx.store,
		                           "UPDATE organization SET name = printf('%0101d', 0)"
		                           " WHERE name = 'my-org'"));
		rc = cm_access_token_check(&world.ctx, token.data, &who, &err);
		CU_ASSERT_EQUAL(rc, CM_STORE);
		CU_ASSERT_EQUAL(err.status, rc);
		CU_ASSERT_STRING_EQUAL(who.client_id, "nobody");
		cm_buf_clear(&token);
		fixture_world_clear(&world);
	}
}

/* A client may be used from some addresses only; asking about its tokens is no use of them. */
static void test_addresses(void)
{
	static const struct {
		const char *address;
		enum cm_status rc;
	} rows[] = {{"192.0.2.1", CM_OK},
	            {"192.0.2.200", CM_OK},
	            {"192.0.3.1", CM_UNAUTHORIZED},
	            {"", CM_UNAUTHORIZED},
	            {NULL, CM_UNAUTHORIZED}};
	struct fixture_world world;
	struct cm_buf token = {0};

	make_world(&world);
	sign(&world, "", "", &token);
	CU_ASSERT_TRUE(fixture_sql(world.ctx.store,
	                           "UPDATE application SET ip_whitelist = '::1, 192.0.2.0/24'"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_principal who = {.client_id = "nobody", .address = rows[i].address};
		const char *name = rows[i].address == NULL ? "NULL" : rows[i].address;
		enum cm_status rc = cm_access_token_check(&world.ctx, token.data, &who, NULL);

		ASSERT_ROW(name, rc == rows[i].rc);
		ASSERT_ROW(name, strcmp(who.client_id, rc == CM_OK ? "app" : "nobody") == 0);
		who = (struct cm_principal){.address = rows[i].address};
		rc = cm_access_token_look(&world.ctx, token.data, &who, NULL);
		ASSERT_ROW(name, rc == CM_OK && strcmp(who.client_id, "app") == 0);
	}
	cm_buf_clear(&token);
	fixture_world_clear(&world);
}

/* All else counts for who asks as for who uses it. */
static void test_look(void)
{
	static const char *const changes[] = {
	    "UPDATE token SET revoked_at_s = 1",
	    "UPDATE application SET disable_signin = 1",
	    "UPDATE application SET client_id = 'other'",
	    "DELETE FROM token",
	};

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct fixture_world world;
		struct cm_principal who = {.client_id = "nobody"};
		struct cm_buf token = {0};

		make_world(&world);
		sign(&world, "", "", &token);
		CU_ASSERT_TRUE(fixture_sql(world.ctx.store, changes[i]));
		ASSERT_ROW(changes[i], cm_access_token_look(&world.ctx, token.data, &who, NULL) ==
		                           CM_UNAUTHORIZED);
		ASSERT_ROW(changes[i], strcmp(who.client_id, "nobody") == 0);
		cm_buf_clear(&token);
		fixture_world_clear(&world);
	}
}

static const struct cm_test tests[] = {
    {"good claims are taken, and claims that are not known are passed over", test_good},
    {"a claim that is wrong, missing or of another type is refused, twice", test_bad_claims},
    {"a claim that is too long is refused, not cut", test_long_claims},
    {"what is no token is refused", test_no_token},
    {"a scope that is registered no more is gone at once; none is added", test_scopes_now},
    {"the organisation is the registry's", test_organization_now},
    {"a token of a client of its own document goes with the setting", test_document_setting},
    {"a token that was issued lets its client in", test_issued},
    {"a store that fails is told as such, not as a bad token", test_broken_store},
    {"where a client may be used from counts for use, not for asking", test_addresses},
    {"who asks about a token that has ended is told so", test_look},
};

CM_SUITE(cm_suite_auth_access_token_check, "auth/access_token_check", tests);

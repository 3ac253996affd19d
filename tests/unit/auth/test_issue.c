#include "auth/issue.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "store/grant.h"
#include "suite.h"

#define FAMILY "0123456789abcdef0123456789abcdef"

/* A world with a person, and what would be issued in her name. */
struct scene {
	struct fixture_world world;
	struct cm_user alice;
	struct cm_issue issue;
	int spent; /* how often spend was called */
	enum cm_status refuses;
};

static enum cm_status spend(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct scene *scene = arg;

	scene->spent++;
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE user SET display_name = 'spent'"));
	return scene->refuses == CM_OK ? CM_OK : cm_err_set(err, scene->refuses, "No.");
}

static void make(struct scene *scene)
{
	*scene = (struct scene){0};
	fixture_world_make(&scene->world);
	fixture_set(&scene->world, "signing_algorithm", "ES256");
	fixture_user(scene->world.ctx.store, "other-org", "alice");
	CU_ASSERT_EQUAL_FATAL(
	    cm_user_get(scene->world.ctx.store, "other-org", "alice", &scene->alice, NULL), CM_OK);
	scene->issue = (struct cm_issue){.client = &scene->world.client,
	                                 .user = &scene->alice,
	                                 .scope = "read:application openid email",
	                                 .refresh_scope = "read openid",
	                                 .family = FAMILY,
	                                 .nonce = "the-nonce",
	                                 .signed_in_at_s = 999000,
	                                 .caller = &scene->world.caller,
	                                 .spend = spend,
	                                 .spend_arg = scene};
}

static int64_t count(struct scene *scene, const char *table)
{
	char sql[100];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
	return fixture_integer(scene->world.ctx.store, sql);
}

/* Whether nothing at all was issued, and *out holds nothing. */
static bool is_nothing(struct scene *scene, const struct cm_issued *out)
{
	return count(scene, "token") == 0 && count(scene, "refresh_token") == 0 &&
	       count(scene, "audit") == 0 && out->jwt.len == 0 && out->id_token.len == 0 &&
	       out->refresh[0] == '\0' &&
	       fixture_integer(scene->world.ctx.store,
	                       "SELECT count(*) FROM user WHERE display_name = 'spent'") == 0;
}

/* Whether a member of a token's claims is written like this; NULL: absent. */
static bool claims(const struct cm_buf *token, const char *name, const char *text)
{
	cm_json *json = fixture_part(cm_buf_str(token), 1);
	const cm_json *value = cm_json_get(json, name);
	struct cm_buf written = {0};
	bool same;

	if (value != NULL)
		cm_json_put_value(&written, value);
	same = text == NULL ? value == NULL : strcmp(cm_buf_str(&written), text) == 0;
	cm_buf_clear(&written);
	cm_json_free(json);
	return same;
}

static void test_rows(void)
{
	char sha256[CM_SHA256_HEX];
	struct cm_refresh refresh;
	struct cm_issued out;
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(cm_issue_run(&scene.world.ctx, &scene.issue, &out, NULL), CM_OK);
	CU_ASSERT_EQUAL(scene.spent, 1);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out.scope), "read:application openid email");
	CU_ASSERT_TRUE(fixture_is_text(
	    scene.world.ctx.store,
	    "SELECT token.scope || ' ' || resource || ' ' || issued_at_s || ' ' || family || ' ' ||"
	    " user.name || ' ' || (token.subject = user.subject) FROM token JOIN user"
	    " ON user.id = user_id",
	    "read:application openid email " FIXTURE_MCP " 1000000 " FAMILY " alice 1"));
	CU_ASSERT_EQUAL(strlen(out.refresh), CM_SECRET_TEXT - 1);
	CU_ASSERT_EQUAL(cm_crypto_sha256_hex(out.refresh, strlen(out.refresh), sha256, NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(cm_refresh_get(scene.world.ctx.store, sha256, &refresh, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(refresh.scope, "read openid");
	CU_ASSERT_STRING_EQUAL(refresh.family, FAMILY);
	CU_ASSERT_EQUAL(refresh.user_id, scene.alice.id);
	CU_ASSERT_EQUAL(refresh.application_id, scene.world.client.id);
	CU_ASSERT_EQUAL(refresh.signed_in_at_s, 999000);
	CU_ASSERT_EQUAL(refresh.expires_at_s,
	                FIXTURE_NOW_S + scene.world.ctx.settings.refresh_token_lifetime_s);
	CU_ASSERT_EQUAL(
	    fixture_integer(scene.world.ctx.store,
	                    "SELECT count(*) FROM audit JOIN token ON jti = target WHERE"
	                    " tool = 'token' AND outcome = 'ok' AND audit.client_id = 'app'"),
	    1);
	cm_issued_clear(&out);
	CU_ASSERT_EQUAL(out.refresh[0], '\0');
	fixture_world_clear(&scene.world);
}

static void test_claims(void)
{
	struct cm_issued out;
	struct scene scene;
	char subject[CM_SUBJECT_MAX + 2];

	make(&scene);
	snprintf(subject, sizeof subject, "\"%s\"", scene.alice.subject);
	CU_ASSERT_EQUAL(cm_issue_run(&scene.world.ctx, &scene.issue, &out, NULL), CM_OK);
	CU_ASSERT_TRUE(claims(&out.jwt, "iss", "\"" FIXTURE_ISSUER "\""));
	CU_ASSERT_TRUE(claims(&out.jwt, "aud", "\"" FIXTURE_MCP "\""));
	CU_ASSERT_TRUE(claims(&out.jwt, "sub", subject));
	CU_ASSERT_TRUE(claims(&out.jwt, "client_id", "\"app\""));
	/* Of the person, not of the client, which is my-org's. */
	CU_ASSERT_TRUE(claims(&out.jwt, "organization", "\"other-org\""));
	CU_ASSERT_TRUE(claims(&out.jwt, "auth_time", "999000"));
	CU_ASSERT_TRUE(claims(&out.jwt, "nonce", NULL));
	CU_ASSERT_TRUE(claims(&out.jwt, "email", NULL));
	CU_ASSERT_TRUE(claims(&out.id_token, "iss", "\"" FIXTURE_ISSUER "\""));
	CU_ASSERT_TRUE(claims(&out.id_token, "aud", "\"app\""));
	CU_ASSERT_TRUE(claims(&out.id_token, "sub", subject));
	CU_ASSERT_TRUE(claims(&out.id_token, "nonce", "\"the-nonce\""));
	CU_ASSERT_TRUE(claims(&out.id_token, "auth_time", "999000"));
	CU_ASSERT_TRUE(claims(&out.id_token, "iat", "1000000"));
	CU_ASSERT_TRUE(claims(&out.id_token, "email", "\"alice@other-org.example\""));
	CU_ASSERT_TRUE(claims(&out.id_token, "name", NULL));
	CU_ASSERT_TRUE(claims(&out.id_token, "scope", NULL));
	CU_ASSERT_TRUE(claims(&out.id_token, "client_id", NULL));
	cm_issued_clear(&out);
	fixture_world_clear(&scene.world);
}

static void test_id_token_when(void)
{
	static const struct {
		const char *scope, *nonce;
		bool user, id_token;
	} rows[] = {
	    {"openid", "n", true, true},   {"openid", "", true, true},
	    {"openid", NULL, true, true},  {"read:application", "n", true, false},
	    {"admin", "n", true, false},   {"email profile offline_access", "n", true, false},
	    {"openid", "n", false, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_issued out;
		struct scene scene;

		make(&scene);
		scene.issue.scope = rows[i].scope;
		scene.issue.nonce = rows[i].nonce;
		scene.issue.refresh_scope = NULL;
		if (!rows[i].user)
			scene.issue.user = NULL;
		ASSERT_ROW(rows[i].scope,
		           cm_issue_run(&scene.world.ctx, &scene.issue, &out, NULL) == CM_OK);
		ASSERT_ROW(rows[i].scope, (out.id_token.len > 0) == rows[i].id_token);
		if (rows[i].id_token && (rows[i].nonce == NULL || *rows[i].nonce == '\0'))
			ASSERT_ROW(rows[i].scope, claims(&out.id_token, "nonce", NULL));
		/* No refresh token was wanted. */
		ASSERT_ROW(rows[i].scope, out.refresh[0] == '\0');
		ASSERT_ROW(rows[i].scope, count(&scene, "refresh_token") == 0);
		cm_issued_clear(&out);
		fixture_world_clear(&scene.world);
	}
}

static void test_spend_refuses(void)
{
	static const enum cm_status refusals[] = {CM_INVALID_GRANT, CM_STORE, CM_CONFLICT};

	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct cm_err err = {0};
		struct cm_issued out;
		struct scene scene;

		make(&scene);
		scene.refuses = refusals[i];
		CU_ASSERT_EQUAL(cm_issue_run(&scene.world.ctx, &scene.issue, &out, &err),
		                refusals[i]);
		CU_ASSERT_EQUAL(err.status, refusals[i]);
		CU_ASSERT_STRING_EQUAL(err.text, "No.");
		CU_ASSERT_EQUAL(scene.spent, 1);
		CU_ASSERT_TRUE(is_nothing(&scene, &out));
		fixture_world_clear(&scene.world);
	}
}

/* What goes wrong after spending undoes the spending. */
static void test_undone(void)
{
	static const char *const sqls[] = {
	    "DELETE FROM application",
	    "ALTER TABLE token RENAME TO gone; CREATE TABLE token (x)",
	    "CREATE TRIGGER t BEFORE INSERT ON refresh_token BEGIN SELECT raise(ABORT, 'no'); END",
	    "CREATE TRIGGER t BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no'); END",
	};

	for (size_t i = 0; i < COUNT_OF(sqls); i++) {
		struct cm_issued out;
		struct scene scene;

		make(&scene);
		ASSERT_ROW(sqls[i], fixture_sql(scene.world.ctx.store, sqls[i]));
		ASSERT_ROW(sqls[i],
		           cm_issue_run(&scene.world.ctx, &scene.issue, &out, NULL) != CM_OK);
		ASSERT_ROW(sqls[i], is_nothing(&scene, &out));
		fixture_world_clear(&scene.world);
	}
}

static int portions;

static bool some_random(void *out, size_t len)
{
	memset(out, 7, len);
	return portions-- > 0;
}

static void test_no_random(void)
{
	struct cm_err err = {0};
	struct cm_issued out;
	struct scene scene;

	make(&scene);
	for (int ends_after = 0; ends_after < 2; ends_after++) {
		cm_err_clear(&err);
		portions = ends_after;
		cm_crypto_random_source(some_random);
		CU_ASSERT_EQUAL(cm_issue_run(&scene.world.ctx, &scene.issue, &out, &err),
		                CM_INTERNAL);
		CU_ASSERT_EQUAL(err.status, CM_INTERNAL);
		CU_ASSERT_EQUAL(scene.spent, 0);
		CU_ASSERT_TRUE(is_nothing(&scene, &out));
	}
	portions = 2;
	CU_ASSERT_EQUAL(cm_issue_run(&scene.world.ctx, &scene.issue, &out, NULL), CM_OK);
	cm_issued_clear(&out);
	fixture_world_clear(&scene.world);
}

static void test_no_key(void)
{
	struct cm_err err = {0};
	struct cm_issued out;
	struct scene scene;

	make(&scene);
	CU_ASSERT_TRUE(fixture_sql(scene.world.ctx.store, "DELETE FROM signing_key"));
	fixture_reload(&scene.world);
	CU_ASSERT_EQUAL(cm_issue_run(&scene.world.ctx, &scene.issue, &out, &err), CM_STORE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "ES256"));
	CU_ASSERT_EQUAL(scene.spent, 0);
	CU_ASSERT_TRUE(is_nothing(&scene, &out));
	fixture_world_clear(&scene.world);
}

/* Scopes about a person are nothing that a client can have for itself. */
static void test_to_client(void)
{
	static const struct {
		const char *asked, *granted; /* granted NULL: refused */
	} rows[] = {
	    {NULL, "read"},   {"", "read"},
	    {"read", "read"}, {"read:application", "read:application"},
	    {"openid", NULL}, {"read openid", NULL},
	    {"write", NULL},  {"offline_access", NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *name = rows[i].asked == NULL ? "NULL" : rows[i].asked;
		struct cm_issued out;
		struct scene scene;
		enum cm_status rc;

		make(&scene);
		CU_ASSERT_TRUE(fixture_sql(scene.world.ctx.store,
		                           "UPDATE application SET scope ="
		                           " 'read openid email offline_access'"));
		fixture_reload(&scene.world);
		rc = cm_issue_to_client(&scene.world.ctx, &scene.world.client, rows[i].asked,
		                        &scene.world.caller, &out, NULL);
		ASSERT_ROW(name, rc == (rows[i].granted == NULL ? CM_INVALID_SCOPE : CM_OK));
		if (rc == CM_OK) {
			ASSERT_ROW(name, strcmp(cm_buf_str(&out.scope), rows[i].granted) == 0);
			ASSERT_ROW(name, claims(&out.jwt, "sub", "\"app\""));
			ASSERT_ROW(name, claims(&out.jwt, "auth_time", NULL));
			ASSERT_ROW(name, claims(&out.jwt, "organization", "\"my-org\""));
			ASSERT_ROW(name, out.id_token.len == 0 && out.refresh[0] == '\0');
		}
		ASSERT_ROW(name, count(&scene, "token") == (rc == CM_OK));
		cm_issued_clear(&out);
		fixture_world_clear(&scene.world);
	}
}

static void test_person_claims(void)
{
	static const struct {
		cm_scope_set scopes;
		const char *email, *text;
	} rows[] = {
	    {0, "a@b", "{\"sub\":\"s\"}"},
	    {CM_SCOPE_ALL | CM_SCOPE_OPENID | CM_SCOPE_OFFLINE, "a@b", "{\"sub\":\"s\"}"},
	    {CM_SCOPE_PROFILE, "a@b",
	     "{\"sub\":\"s\",\"name\":\"\\\"A\\\"\",\"preferred_username\":\"al\"}"},
	    {CM_SCOPE_EMAIL, "a@b", "{\"sub\":\"s\",\"email\":\"a@b\"}"},
	    {CM_SCOPE_EMAIL, "", "{\"sub\":\"s\"}"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_user user = {.subject = "s", .name = "al", .display_name = "\"A\""};
		struct cm_buf buf = {0};

		snprintf(user.email, sizeof user.email, "%s", rows[i].email);
		cm_json_put_open(&buf, '{');
		cm_issue_put_claims(&buf, &user, rows[i].scopes);
		cm_json_put_close(&buf, '}');
		ASSERT_ROW(rows[i].text, strcmp(cm_buf_str(&buf), rows[i].text) == 0);
		cm_buf_clear(&buf);
	}
}

static const struct cm_test tests[] = {
    {"what is issued has its rows, and an audit row", test_rows},
    {"tokens speak of the person, each to its own audience", test_claims},
    {"an ID token comes with openid and a person, a refresh token when wanted", test_id_token_when},
    {"what spend refuses issues nothing", test_spend_refuses},
    {"what fails later undoes the spending", test_undone},
    {"without random bytes nothing is issued", test_no_random},
    {"without a key nothing is issued", test_no_key},
    {"a client has no scopes about persons for itself", test_to_client},
    {"the claims about a person are those that the scopes tell", test_person_claims},
};

CM_SUITE(cm_suite_auth_issue, "auth/issue", tests);

#include "store/grant.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/device.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 1000000 };

/* A store with two persons and two clients. */
struct world {
	struct cm_store *store;
	int64_t alice, bob, app, other;
};

static void make(struct world *world)
{
	cm_clock_fix(NOW_S);
	world->store = fixture_store();
	world->alice = fixture_user(world->store, "my-org", "alice");
	world->bob = fixture_user(world->store, "my-org", "bob");
	CU_ASSERT_EQUAL_FATAL(fixture_application(world->store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL_FATAL(fixture_application(world->store, "my-org", "other"), CM_OK);
	world->app = fixture_application_id(world->store, "app");
	world->other = fixture_application_id(world->store, "other");
}

static bool has_consent(const struct world *world, int64_t user, int64_t app, const char *scope)
{
	char text[CM_SCOPE_TEXT_MAX] = "before";

	CU_ASSERT_EQUAL(cm_consent_get(world->store, user, app, text, NULL), CM_OK);
	return strcmp(text, scope) == 0;
}

static void test_consent(void)
{
	struct world world;

	make(&world);
	CU_ASSERT_TRUE(has_consent(&world, world.alice, world.app, ""));
	CU_ASSERT_EQUAL(cm_consent_put(world.store, world.alice, world.app, "read", NULL), CM_OK);
	CU_ASSERT_TRUE(has_consent(&world, world.alice, world.app, "read"));
	CU_ASSERT_TRUE(has_consent(&world, world.alice, world.other, ""));
	CU_ASSERT_TRUE(has_consent(&world, world.bob, world.app, ""));
	/* A later one takes its place, and has its time. */
	cm_clock_fix(NOW_S + 5);
	CU_ASSERT_EQUAL(cm_consent_put(world.store, world.alice, world.app, "write", NULL), CM_OK);
	CU_ASSERT_TRUE(has_consent(&world, world.alice, world.app, "write"));
	CU_ASSERT_EQUAL(fixture_integer(world.store, "SELECT sum(granted_at_s) FROM consent"),
	                NOW_S + 5);
	CU_ASSERT_NOT_EQUAL(cm_consent_put(world.store, 99, world.app, "read", NULL), CM_OK);
	CU_ASSERT_NOT_EQUAL(cm_consent_put(world.store, world.bob, 99, "read", NULL), CM_OK);
	cm_store_close(world.store);
}

static void collect(const struct cm_consent *consent, void *arg)
{
	char line[CM_SCOPE_TEXT_MAX + 400];

	snprintf(line, sizeof line, "%s %s %lld,", consent->client_id, consent->scope,
	         (long long)consent->granted_at_s);
	strcat(arg, line);
}

static void count(const struct cm_consent *consent, void *arg)
{
	(void)consent;
	++*(int *)arg;
}

static void test_consent_list(void)
{
	struct world world;
	char text[2000] = "";
	int rows = 0;

	make(&world);
	CU_ASSERT_EQUAL(cm_consent_put(world.store, world.alice, world.app, "read", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_consent_put(world.store, world.bob, world.app, "x", NULL), CM_OK);
	cm_clock_fix(NOW_S + 1);
	CU_ASSERT_EQUAL(cm_consent_put(world.store, world.alice, world.other, "write", NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(cm_consent_list(world.store, world.alice, collect, text, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(text, "other write 1000001,app read 1000000,");
	for (int i = 0; i < 200; i++) {
		char name[20];

		snprintf(name, sizeof name, "n%d", i);
		CU_ASSERT_EQUAL(fixture_application(world.store, "my-org", name), CM_OK);
	}
	CU_ASSERT_TRUE(fixture_sql(world.store, "INSERT INTO consent SELECT user.id,"
	                                        " application.id, 'x', 1 FROM user, application"
	                                        " WHERE application.name LIKE 'n%'"));
	CU_ASSERT_EQUAL(cm_consent_list(world.store, world.alice, count, &rows, NULL), CM_OK);
	CU_ASSERT_EQUAL(rows, 200);
	cm_store_close(world.store);
}

static enum cm_status add_code(const struct world *world, const char *sha256, int64_t user,
                               int64_t app)
{
	struct cm_code code = {.application_id = app,
	                       .client_id = app == world->other ? "other" : "app",
	                       .user_id = user,
	                       .redirect_uri = "https://example.org/cb",
	                       .redirect_uri_sent = true,
	                       .challenge = "the-challenge",
	                       .scope = "read",
	                       .nonce = "the-nonce",
	                       .signed_in_at_s = 5,
	                       .family = "the-family",
	                       .expires_at_s = NOW_S + 60,
	                       .used = true};

	snprintf(code.sha256, sizeof code.sha256, "%s", sha256);
	return cm_code_insert(world->store, &code, NULL);
}

static void test_code(void)
{
	struct cm_code code;
	struct world world;

	make(&world);
	CU_ASSERT_EQUAL(add_code(&world, "c1", world.alice, world.app), CM_OK);
	CU_ASSERT_EQUAL(cm_code_get(world.store, "c1", &code, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(code.sha256, "c1");
	CU_ASSERT_EQUAL(code.application_id, world.app);
	CU_ASSERT_EQUAL(code.user_id, world.alice);
	CU_ASSERT_STRING_EQUAL(code.redirect_uri, "https://example.org/cb");
	CU_ASSERT_TRUE(code.redirect_uri_sent);
	CU_ASSERT_STRING_EQUAL(code.challenge, "the-challenge");
	CU_ASSERT_STRING_EQUAL(code.scope, "read");
	CU_ASSERT_STRING_EQUAL(code.nonce, "the-nonce");
	CU_ASSERT_EQUAL(code.signed_in_at_s, 5);
	CU_ASSERT_STRING_EQUAL(code.family, "the-family");
	CU_ASSERT_EQUAL(code.expires_at_s, NOW_S + 60);
	CU_ASSERT_FALSE(code.used); /* a new one never is */
	CU_ASSERT_EQUAL(cm_code_get(world.store, "C1", &code, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(code.user_id, 0);
	CU_ASSERT_EQUAL(cm_code_get(world.store, "", &code, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(add_code(&world, "c1", world.bob, world.app), CM_CONFLICT);
	CU_ASSERT_NOT_EQUAL(add_code(&world, "c2", 99, world.app), CM_OK);
	CU_ASSERT_NOT_EQUAL(add_code(&world, "c2", world.alice, 99), CM_OK);
	cm_store_close(world.store);
}

static void test_code_once(void)
{
	struct cm_err err = {0};
	struct cm_code code;
	struct world world;

	make(&world);
	CU_ASSERT_EQUAL(add_code(&world, "c1", world.alice, world.app), CM_OK);
	CU_ASSERT_EQUAL(add_code(&world, "c2", world.alice, world.app), CM_OK);
	CU_ASSERT_EQUAL(add_code(&world, "c3", world.alice, world.app), CM_OK);
	CU_ASSERT_EQUAL(cm_code_spend(world.store, "c1", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_code_spend(world.store, "c1", &err), CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(err.status, CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(cm_code_get(world.store, "c1", &code, NULL), CM_OK);
	CU_ASSERT_TRUE(code.used);
	CU_ASSERT_EQUAL(cm_code_get(world.store, "c2", &code, NULL), CM_OK);
	CU_ASSERT_FALSE(code.used);
	CU_ASSERT_EQUAL(cm_code_spend(world.store, "nobody", NULL), CM_INVALID_GRANT);
	cm_clock_fix(NOW_S + 59);
	CU_ASSERT_EQUAL(cm_code_spend(world.store, "c2", NULL), CM_OK);
	cm_clock_fix(NOW_S + 60);
	CU_ASSERT_EQUAL(cm_code_spend(world.store, "c3", NULL), CM_INVALID_GRANT);
	cm_store_close(world.store);
}

static enum cm_status add_refresh(const struct world *world, const char *sha256, int64_t user,
                                  int64_t app, const char *family)
{
	struct cm_refresh refresh = {.application_id = app,
	                             .user_id = user,
	                             .scope = "read",
	                             .signed_in_at_s = 5,
	                             .expires_at_s = NOW_S + 1000,
	                             .used_at_s = 7};

	snprintf(refresh.sha256, sizeof refresh.sha256, "%s", sha256);
	snprintf(refresh.family, sizeof refresh.family, "%s", family);
	return cm_refresh_insert(world->store, &refresh, NULL);
}

static void test_refresh(void)
{
	struct cm_refresh refresh;
	struct world world;

	make(&world);
	CU_ASSERT_EQUAL(add_refresh(&world, "r1", world.alice, world.app, "f"), CM_OK);
	CU_ASSERT_EQUAL(cm_refresh_get(world.store, "r1", &refresh, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(refresh.sha256, "r1");
	CU_ASSERT_EQUAL(refresh.application_id, world.app);
	CU_ASSERT_EQUAL(refresh.user_id, world.alice);
	CU_ASSERT_STRING_EQUAL(refresh.scope, "read");
	CU_ASSERT_EQUAL(refresh.signed_in_at_s, 5);
	CU_ASSERT_STRING_EQUAL(refresh.family, "f");
	CU_ASSERT_EQUAL(refresh.expires_at_s, NOW_S + 1000);
	CU_ASSERT_EQUAL(refresh.used_at_s, 0);
	CU_ASSERT_EQUAL(cm_refresh_get(world.store, "R1", &refresh, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(add_refresh(&world, "r1", world.bob, world.app, "f"), CM_CONFLICT);
	CU_ASSERT_NOT_EQUAL(add_refresh(&world, "r2", 99, world.app, "f"), CM_OK);
	cm_store_close(world.store);
}

static void test_refresh_grace(void)
{
	struct cm_refresh refresh;
	struct world world;

	make(&world);
	CU_ASSERT_EQUAL(add_refresh(&world, "r1", world.alice, world.app, "f"), CM_OK);
	CU_ASSERT_EQUAL(add_refresh(&world, "r2", world.alice, world.app, "f"), CM_OK);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "nobody", 0, NULL), CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "r1", NOW_S, NULL), CM_OK);
	/* Within the grace it may be used again, and that prolongs nothing. */
	cm_clock_fix(NOW_S + 10);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "r1", NOW_S, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_refresh_get(world.store, "r1", &refresh, NULL), CM_OK);
	CU_ASSERT_EQUAL(refresh.used_at_s, NOW_S);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "r1", NOW_S + 1, NULL), CM_INVALID_GRANT);
	/* A token that was never used needs none. */
	cm_clock_fix(NOW_S + 999);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "r2", NOW_S + 999, NULL), CM_OK);
	cm_clock_fix(NOW_S + 1000);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "r2", 0, NULL), CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(cm_refresh_spend(world.store, "r1", 0, NULL), CM_INVALID_GRANT);
	cm_store_close(world.store);
}

static void add_token(const struct world *world, const char *jti, const char *client_id,
                      int64_t user, const char *family)
{
	struct cm_token token = {.jti = jti,
	                         .client_id = client_id,
	                         .subject = "x",
	                         .scope = "read",
	                         .resource = "x",
	                         .issued_at_s = 1,
	                         .expires_at_s = NOW_S + 100,
	                         .user_id = user,
	                         .family = family};

	CU_ASSERT_EQUAL(fixture_token(world->store, &token, NULL), CM_OK);
}

static void add_device(const struct world *world, const char *sha256, const char *user_code,
                       int64_t user, int64_t app)
{
	struct cm_device device = {.application_id = app,
	                           .scope = "read",
	                           .expires_at_s = NOW_S + 100,
	                           .interval_s = 5,
	                           .decision = CM_DEVICE_ALLOWED,
	                           .user_id = user};

	strcpy(device.client_id, app == world->other ? "other" : "app");
	snprintf(device.sha256, sizeof device.sha256, "%s", sha256);
	snprintf(device.user_code, sizeof device.user_code, "%s", user_code);
	CU_ASSERT_EQUAL(cm_device_insert(world->store, &device, NULL), CM_OK);
	if (user != 0)
		CU_ASSERT_EQUAL(cm_device_decide(world->store, &device, NULL), CM_OK);
}

/* Two persons with two clients each have one of everything; the clients have tokens of their own.
 */
static void hand_out(struct world *world)
{
	make(world);
	for (int i = 0; i < 4; i++) {
		int64_t user = i < 2 ? world->alice : world->bob;
		int64_t app = i % 2 == 0 ? world->app : world->other;
		const char *client_id = i % 2 == 0 ? "app" : "other";
		const char *const names[] = {"alice-app", "alice-other", "bob-app", "bob-other"};
		const char *const codes[] = {"BBBB-BBBB", "CCCC-CCCC", "DDDD-DDDD", "FFFF-FFFF"};

		CU_ASSERT_EQUAL(cm_consent_put(world->store, user, app, "read", NULL), CM_OK);
		CU_ASSERT_EQUAL(add_code(world, names[i], user, app), CM_OK);
		CU_ASSERT_EQUAL(add_refresh(world, names[i], user, app, names[i]), CM_OK);
		add_token(world, names[i], client_id, user, names[i]);
		add_device(world, names[i], codes[i], user, app);
	}
	add_token(world, "own", "app", 0, NULL);
	add_device(world, "open", "GGGG-GGGG", 0, world->app);
}

/* What is left, by name: consents (as scopes), codes, refresh tokens, good tokens, device codes. */
static bool is_left(const struct world *world, int64_t consents, const char *codes,
                    const char *refresh, const char *tokens, const char *devices)
{
	return fixture_integer(world->store, "SELECT count(*) FROM consent") == consents &&
	       fixture_is_text(world->store,
	                       "SELECT ifnull(group_concat(code_sha256, ' '), '') FROM (SELECT *"
	                       " FROM authorization_code ORDER BY code_sha256)",
	                       codes) &&
	       fixture_is_text(world->store,
	                       "SELECT ifnull(group_concat(token_sha256, ' '), '') FROM (SELECT *"
	                       " FROM refresh_token ORDER BY token_sha256)",
	                       refresh) &&
	       fixture_is_text(world->store,
	                       "SELECT ifnull(group_concat(jti, ' '), '') FROM (SELECT * FROM token"
	                       " WHERE revoked_at_s IS NULL ORDER BY jti)",
	                       tokens) &&
	       fixture_is_text(world->store,
	                       "SELECT ifnull(group_concat(device_sha256, ' '), '') FROM (SELECT *"
	                       " FROM device_code ORDER BY device_sha256)",
	                       devices);
}

#define ALL    "alice-app alice-other bob-app bob-other"
#define REST   "alice-other bob-app bob-other"
#define OF_BOB "bob-app bob-other"

static void test_family_revoke(void)
{
	struct world world;

	hand_out(&world);
	CU_ASSERT_TRUE(is_left(&world, 4, ALL, ALL, ALL " own", ALL " open"));
	CU_ASSERT_EQUAL(cm_family_revoke(world.store, "nobody", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_family_revoke(world.store, "", NULL), CM_OK);
	CU_ASSERT_TRUE(is_left(&world, 4, ALL, ALL, ALL " own", ALL " open"));
	CU_ASSERT_EQUAL(cm_family_revoke(world.store, "alice-app", NULL), CM_OK);
	CU_ASSERT_TRUE(is_left(&world, 4, ALL, REST, REST " own", ALL " open"));
	/* What ended already keeps its time. */
	cm_clock_fix(NOW_S + 5);
	CU_ASSERT_EQUAL(cm_family_revoke(world.store, "alice-app", NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(world.store, "SELECT max(revoked_at_s) FROM token"), NOW_S);
	cm_store_close(world.store);
}

static void test_consent_revoke(void)
{
	struct world world;

	hand_out(&world);
	CU_ASSERT_EQUAL(cm_consent_revoke(world.store, world.alice, 99, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_consent_revoke(world.store, 99, world.app, NULL), CM_OK);
	CU_ASSERT_TRUE(is_left(&world, 4, ALL, ALL, ALL " own", ALL " open"));
	CU_ASSERT_EQUAL(cm_consent_revoke(world.store, world.alice, world.app, NULL), CM_OK);
	CU_ASSERT_TRUE(is_left(&world, 3, REST, REST, REST " own", REST " open"));
	CU_ASSERT_TRUE(has_consent(&world, world.alice, world.app, ""));
	CU_ASSERT_TRUE(has_consent(&world, world.alice, world.other, "read"));
	CU_ASSERT_TRUE(has_consent(&world, world.bob, world.app, "read"));
	cm_store_close(world.store);
}

static void test_user_revoke(void)
{
	struct world world;

	hand_out(&world);
	CU_ASSERT_EQUAL(cm_user_revoke(world.store, 99, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_user_revoke(world.store, 0, NULL), CM_OK);
	CU_ASSERT_TRUE(is_left(&world, 4, ALL, ALL, ALL " own", ALL " open"));
	CU_ASSERT_EQUAL(cm_user_revoke(world.store, world.alice, NULL), CM_OK);
	/* What the person consented to stays. */
	CU_ASSERT_TRUE(is_left(&world, 4, OF_BOB, OF_BOB, OF_BOB " own", OF_BOB " open"));
	cm_store_close(world.store);
}

static const struct cm_test tests[] = {
    {"a consent is of one person for one client, and the last one holds", test_consent},
    {"consents are listed, the newest first, 200 at most", test_consent_list},
    {"a code is written column by column and found by its exact text", test_code},
    {"a code is good once, until it expires", test_code_once},
    {"a refresh token is written column by column", test_refresh},
    {"a refresh token is good once, and again within the grace", test_refresh_grace},
    {"a family ends together, and nothing beside it", test_family_revoke},
    {"a revoked consent ends all that the client got of this person", test_consent_revoke},
    {"all that was handed out for a person ends together", test_user_revoke},
};

CM_SUITE(cm_suite_store_grant, "store/grant", tests);

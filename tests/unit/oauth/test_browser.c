#include "oauth/browser.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/password.h"
#include "store/device.h"
#include "support.h"

/*
 * What another process does between the moment when a request is looked at and the one when it is
 * written.
 */

#define PASSWORD "correct+horse"
#define WRONG    "The name or the password is wrong."
#define SIGN_IN  "name=\"password\""
#define CALLBACK "https://web.example/callback"
#define AUTHORIZE_AS(client_id)                                                                    \
	"/login/oauth/authorize?response_type=code&client_id=" client_id "&redirect_uri=" CALLBACK \
	"&scope=read:application&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"       \
	"&code_challenge_method=S256"
#define AUTHORIZE AUTHORIZE_AS("web")

/* bcrypt of the same password: a hash that came from elsewhere. */
#define IMPORTED "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"

/* Ways in which a session ends. */
static const char *const ends[] = {
    "DELETE FROM session",
    "UPDATE session SET expires_at_s = 1",
    "UPDATE user SET is_forbidden = 1",
    "UPDATE organization SET disable_signin = 1",
    "DELETE FROM session; DELETE FROM user",
};

/* A server with the person my-org/alice, the client `web`, and a browser. */
struct world {
	struct fixture_folder folder;
	struct serve serve;
	char cookie[120]; /* as a variable */
	char token[CM_SHA256_HEX];
};

static struct reply ask(struct world *world, const char *method, const char *uri, const char *body)
{
	const char *query = strchr(uri, '?'), *found;
	char variable[600];
	const char *variables[] = {"CONTENT_TYPE=application/x-www-form-urlencoded", world->cookie,
	                           variable, NULL};
	struct reply reply;

	snprintf(variable, sizeof variable, "QUERY_STRING=%s", query == NULL ? "" : query + 1);
	reply = serve_send(&world->serve, method, uri, variables, body);
	found = strstr(cm_buf_str(&reply.raw), "Set-Cookie: ");
	if (found != NULL)
		(void)sscanf(found, "Set-Cookie: %100[^;]", world->cookie + strlen("HTTP_COOKIE="));
	found = strstr(reply.body, "name=\"form_token\" value=\"");
	if (found != NULL)
		(void)sscanf(found, "name=\"form_token\" value=\"%64[0-9a-f]", world->token);
	return reply;
}

/* Send a form by one of its buttons. */
static struct reply submit(struct world *world, const char *uri, const char *action,
                           const char *more)
{
	char form[400];

	snprintf(form, sizeof form, "form_token=%s&action=%s%s", world->token, action, more);
	return ask(world, "POST", uri, form);
}

static void open_page(struct world *world, const char *uri)
{
	struct reply reply = ask(world, "GET", uri, "");

	ASSERT_ROW(uri, reply.status == 200);
	reply_clear(&reply);
}

static void start(struct world *world)
{
	*world = (struct world){.cookie = "HTTP_COOKIE="};
	fixture_folder_make(&world->folder);
	serve_open_file(&world->serve, world->folder.db);
	serve_does(&world->serve, ADMIN, "add_user",
	           "{\"user\":{\"owner\":\"my-org\",\"name\":\"alice\",\"password\":\"correct "
	           "horse\",\"scopes\":[\"read:application\"]}}");
	serve_does(&world->serve, ADMIN, "add_application",
	           "{\"application\":{\"owner\":\"my-org\",\"name\":\"web\",\"clientId\":\"web\","
	           "\"redirectUris\":[\"" CALLBACK "\"],\"grantTypes\":[\"authorization_code\"],"
	           "\"scopes\":[{\"name\":\"read:application\"}]}}");
	open_page(world, "/account");
}

static void end(struct world *world)
{
	serve_close(&world->serve);
	fixture_folder_remove(&world->folder);
}

static int64_t number(struct world *world, const char *sql)
{
	return fixture_file_integer(world->folder.db, sql);
}

static void run(struct world *world, const char *sql)
{
	ASSERT_ROW(sql, fixture_file_sql(world->folder.db, sql));
}

/* Before the next request writes, another process has done this. */
static void before_write(struct world *world, const char *sql)
{
	fixture_before_write(world->serve.ctx.store, world->folder.db, sql);
}

static struct reply sign_in(struct world *world, const char *password)
{
	char more[100];

	snprintf(more, sizeof more, "&username=my-org/alice&password=%s", password);
	return submit(world, "/account", "sign-in", more);
}

static void signed_in(struct world *world)
{
	struct reply reply = sign_in(world, PASSWORD);

	CU_ASSERT_EQUAL_FATAL(reply.status, 303);
	reply_clear(&reply);
	open_page(world, "/account");
}

/* SQL that gives the person another hash. */
struct change {
	char hash[CM_PASSWORD_HASH_MAX];
	char sql[CM_PASSWORD_HASH_MAX + 100];
};

static struct change change_password(const char *password)
{
	struct change change;

	CU_ASSERT_EQUAL_FATAL(cm_password_hash(password, change.hash, NULL), CM_OK);
	snprintf(change.sql, sizeof change.sql, "UPDATE user SET password_hash = '%s'",
	         change.hash);
	return change;
}

/* Whether this is what the person signs in with. */
static bool has_hash(struct world *world, const char *hash)
{
	return fixture_is_text(world->serve.ctx.store, "SELECT password_hash FROM user", hash);
}

/* --- sign-in --- */

/* The person is changed while the password is verified: as if it were a wrong one. */
static void expect_refusal(struct world *world, const char *change)
{
	struct reply wrong = sign_in(world, "wrong+password"), reply;

	CU_ASSERT_EQUAL(wrong.status, 403);
	run(world, "DELETE FROM throttle");
	before_write(world, change);
	reply = sign_in(world, PASSWORD);
	ASSERT_ROW(change, reply.status == 403 && strstr(reply.body, WRONG) != NULL);
	ASSERT_ROW(change, strcmp(reply.body, wrong.body) == 0);
	ASSERT_ROW(change, !reply_has_header(&reply, "Set-Cookie: "));
	ASSERT_ROW(change, number(world, "SELECT count(*) FROM session") == 0);
	ASSERT_ROW(change, number(world, "SELECT count(*) FROM audit WHERE tool = 'sign_in'") == 0);
	/* Of the account and of the address. */
	ASSERT_ROW(change, number(world, "SELECT count(*) FROM throttle WHERE failures = 1") == 2);
	reply_clear(&reply);
	reply_clear(&wrong);
}

static void test_new_password(void)
{
	struct change change = change_password("battery staple");
	struct world world;

	start(&world);
	expect_refusal(&world, change.sql);
	CU_ASSERT(has_hash(&world, change.hash));
	end(&world);
}

/* What is longer than any password is none, not even where the hash is that of none. */
static void test_too_long_a_password(void)
{
	struct change change = change_password("");
	char more[CM_PASSWORD_MAX + 60] = "&username=my-org/alice&password=";
	struct world world;
	struct reply reply;

	memset(more + strlen(more), 'x', CM_PASSWORD_MAX + 1);
	start(&world);
	run(&world, change.sql);
	reply = submit(&world, "/account", "sign-in", more);
	CU_ASSERT(reply.status == 403 && strstr(reply.body, WRONG) != NULL);
	CU_ASSERT_EQUAL(number(&world, "SELECT count(*) FROM session"), 0);
	reply_clear(&reply);
	end(&world);
}

static void test_kept_out(void)
{
	struct world world;

	for (size_t i = 2; i < COUNT_OF(ends); i++) {
		start(&world);
		expect_refusal(&world, ends[i]);
		end(&world);
	}
}

static void test_imported_password_changed(void)
{
	struct change change = change_password("battery staple");
	struct world world;

	start(&world);
	run(&world, "UPDATE user SET password_hash = '" IMPORTED "'");
	expect_refusal(&world, change.sql);
	CU_ASSERT(has_hash(&world, change.hash));
	end(&world);
}

static void test_imported_password_hashed_by_another(void)
{
	struct change change = change_password("correct horse");
	struct world world;

	start(&world);
	run(&world, "UPDATE user SET password_hash = '" IMPORTED "'");
	before_write(&world, change.sql);
	signed_in(&world);
	CU_ASSERT(has_hash(&world, change.hash));
	end(&world);
}

static void test_imported_password_is_hashed(void)
{
	struct world world;

	start(&world);
	run(&world, "UPDATE user SET password_hash = '" IMPORTED "'");
	signed_in(&world);
	CU_ASSERT_EQUAL(number(&world, "SELECT password_hash LIKE '$y$%' FROM user"), 1);
	end(&world);
}

static void test_success_forgets_failures(void)
{
	struct world world;
	struct reply reply;

	start(&world);
	reply = sign_in(&world, "wrong+password");
	reply_clear(&reply);
	CU_ASSERT_EQUAL(number(&world, "SELECT count(*) FROM throttle"), 2);
	signed_in(&world);
	CU_ASSERT_EQUAL(number(&world, "SELECT count(*) FROM throttle"), 1);
	CU_ASSERT_EQUAL(number(&world, "SELECT count(*) FROM throttle WHERE key LIKE 'user %'"), 0);
	end(&world);
}

/* A client of other-org, where another person has the same name. */
#define OTHER AUTHORIZE_AS("other")

static int try(struct world *world, const char *uri, const char *password)
{
	char more[100];
	struct reply reply;
	int status;

	snprintf(more, sizeof more, "&username=alice&password=%s", password);
	reply = submit(world, uri, "sign-in", more);
	status = reply.status;
	reply_clear(&reply);
	return status;
}

static void test_success_of_another(void)
{
	struct world world;

	start(&world);
	serve_does(&world.serve, ADMIN, "add_user",
	           "{\"user\":{\"owner\":\"other-org\",\"name\":\"alice\","
	           "\"password\":\"battery staple\"}}");
	serve_does(&world.serve, ADMIN, "add_application",
	           "{\"application\":{\"owner\":\"other-org\",\"name\":\"other\","
	           "\"clientId\":\"other\",\"redirectUris\":[\"" CALLBACK "\"],"
	           "\"grantTypes\":[\"authorization_code\"],"
	           "\"scopes\":[{\"name\":\"read:application\"}]}}");
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(try(&world, AUTHORIZE, "guess"), 403);
	CU_ASSERT_EQUAL(try(&world, OTHER, "battery+staple"), 303);
	open_page(&world, "/account");
	CU_ASSERT_EQUAL(try(&world, AUTHORIZE, "guess"), 403);
	CU_ASSERT_EQUAL(try(&world, AUTHORIZE, "guess"), 429);
	/* They are of one name, so the other one waits too. */
	CU_ASSERT_EQUAL(try(&world, OTHER, "battery+staple"), 429);
	end(&world);
}

/* --- what needs a session --- */

static const char answers[] = "SELECT (SELECT count(*) FROM authorization_code)"
                              " + (SELECT count(*) FROM consent)"
                              " + (SELECT count(*) FROM audit WHERE tool = 'authorize')";

static void test_session_ended_before_the_yes(void)
{
	struct world world;
	struct reply reply;

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		start(&world);
		signed_in(&world);
		open_page(&world, AUTHORIZE);
		before_write(&world, ends[i]);
		reply = submit(&world, AUTHORIZE, "allow", "");
		ASSERT_ROW(ends[i], reply.status == 200 && strstr(reply.body, SIGN_IN) != NULL);
		ASSERT_ROW(ends[i], number(&world, answers) == 0);
		reply_clear(&reply);
		end(&world);
	}
}

/* Once the person has said yes, the code comes without asking. */
static void allowed(struct world *world)
{
	struct reply reply;

	signed_in(world);
	open_page(world, AUTHORIZE);
	reply = submit(world, AUTHORIZE, "allow", "");
	CU_ASSERT_EQUAL_FATAL(reply.status, 303);
	CU_ASSERT_EQUAL(number(world, answers), 3);
	reply_clear(&reply);
}

/* The GET that would give a second code, while another process does this. */
static void expect_no_code(const char *change, const char *query, int status, const char *text)
{
	char uri[600];
	struct world world;
	struct reply reply;

	start(&world);
	allowed(&world);
	snprintf(uri, sizeof uri, "%s%s", AUTHORIZE, query);
	before_write(&world, change);
	reply = ask(&world, "GET", uri, "");
	ASSERT_ROW(change, reply.status == status);
	ASSERT_ROW(change, strstr(cm_buf_str(&reply.raw), text) != NULL);
	ASSERT_ROW(change, number(&world, "SELECT count(*) FROM authorization_code") <= 1);
	reply_clear(&reply);
	end(&world);
}

static void test_session_ended_before_the_code(void)
{
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		expect_no_code(ends[i], "", 200, SIGN_IN);
		expect_no_code(ends[i], "&prompt=none", 303, "error=login_required");
	}
}

static void test_consent_ended_before_the_code(void)
{
	static const char change[] = "DELETE FROM consent; DELETE FROM authorization_code";

	expect_no_code(change, "", 200, "value=\"allow\"");
	expect_no_code(change, "&prompt=none", 303, "error=consent_required");
}

/* The row of the client is another's by now: SQLite gives the id of the last row once more. */
#define ROW_OF_ANOTHER                                                                             \
	"PRAGMA foreign_keys = ON; CREATE TEMP TABLE row AS SELECT * FROM application"             \
	" WHERE client_id = 'web'; DELETE FROM application WHERE client_id = 'web';"               \
	" UPDATE row SET id = NULL, client_id = 'another'; INSERT INTO application"                \
	" SELECT * FROM row"

static void test_client_replaced_before_the_code(void)
{
	struct world world;
	struct reply reply;
	int64_t id;

	start(&world);
	signed_in(&world);
	open_page(&world, AUTHORIZE);
	id = number(&world, "SELECT id FROM application WHERE client_id = 'web'");
	before_write(&world, ROW_OF_ANOTHER);
	reply = submit(&world, AUTHORIZE, "allow", "");
	CU_ASSERT_EQUAL(number(&world, "SELECT id FROM application WHERE client_id = 'another'"),
	                id);
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&reply.raw), "code="));
	CU_ASSERT_EQUAL(number(&world, answers), 0);
	reply_clear(&reply);
	end(&world);
}

static void test_client_replaced_before_the_device(void)
{
	static const char *const variables[] = {"CONTENT_TYPE=application/x-www-form-urlencoded",
	                                        NULL};
	struct world world;
	struct reply reply;

	start(&world);
	run(&world, "UPDATE application SET token_endpoint_auth_method = 'none', grant_types ="
	            " '[\"urn:ietf:params:oauth:grant-type:device_code\"]'"
	            " WHERE client_id = 'web'");
	before_write(&world, ROW_OF_ANOTHER);
	reply = serve_send(&world.serve, "POST", "/api/login/oauth/device_authorization", variables,
	                   "client_id=web");
	CU_ASSERT_EQUAL(reply.status, 404);
	CU_ASSERT_EQUAL(
	    number(&world, "SELECT count(*) FROM application WHERE client_id = 'another'"), 1);
	CU_ASSERT_EQUAL(number(&world, "SELECT count(*) FROM device_code"), 0);
	reply_clear(&reply);
	end(&world);
}

static void test_session_ended_before_the_device(void)
{
	static const char *const actions[] = {"allow", "deny"};
	struct world world;
	struct reply reply;

	for (size_t i = 0; i < COUNT_OF(ends) * COUNT_OF(actions); i++) {
		const char *change = ends[i / COUNT_OF(actions)];
		struct cm_device device = {.sha256 = "digest",
		                           .user_code = "BBBB-BBBB",
		                           .client_id = "web",
		                           .scope = "read:application",
		                           .expires_at_s = INT64_MAX,
		                           .interval_s = 5};

		start(&world);
		device.application_id = number(
		    &world, "SELECT id FROM application WHERE owner = 'my-org' AND name = 'web'");
		CU_ASSERT_EQUAL(cm_device_insert(world.serve.ctx.store, &device, NULL), CM_OK);
		signed_in(&world);
		before_write(&world, change);
		reply = submit(&world, "/device", actions[i % COUNT_OF(actions)],
		               "&user_code=bbbbbbbb");
		ASSERT_ROW(change, reply.status == 200 && strstr(reply.body, SIGN_IN) != NULL);
		ASSERT_ROW(change,
		           number(&world, "SELECT count(*) FROM device_code"
		                          " WHERE decision IS NULL AND user_id IS NULL") == 1);
		ASSERT_ROW(change, number(&world, "SELECT count(*) FROM consent") == 0);
		reply_clear(&reply);
		end(&world);
	}
}

static void test_session_ended_before_taking_back(void)
{
	struct world world;
	struct reply reply;

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		start(&world);
		allowed(&world);
		before_write(&world, ends[i]);
		reply = submit(&world, "/account", "revoke", "&client_id=web");
		ASSERT_ROW(ends[i], reply.status == 200 && strstr(reply.body, SIGN_IN) != NULL);
		ASSERT_ROW(ends[i], number(&world, "SELECT count(*) FROM consent") == 1);
		reply_clear(&reply);
		end(&world);
	}
}

static const struct cm_test tests[] = {
    {"a new password ends a sign-in with the old one", test_new_password},
    {"too long a password is not the empty one", test_too_long_a_password},
    {"who is kept out meanwhile is not signed in", test_kept_out},
    {"an imported password does not come back", test_imported_password_changed},
    {"two sign-ins hash one imported password", test_imported_password_hashed_by_another},
    {"an imported password is hashed anew", test_imported_password_is_hashed},
    {"a sign-in forgets the failures of the account", test_success_forgets_failures},
    {"a sign-in forgets nothing of who has the same name", test_success_of_another},
    {"no code for a yes without a session", test_session_ended_before_the_yes},
    {"no code without a session", test_session_ended_before_the_code},
    {"no code for a client whose row is another's by now", test_client_replaced_before_the_code},
    {"no device code for such a client", test_client_replaced_before_the_device},
    {"no code without consent", test_consent_ended_before_the_code},
    {"no decision on a device without a session", test_session_ended_before_the_device},
    {"nothing is taken back without a session", test_session_ended_before_taking_back},
};

CM_SUITE(cm_suite_oauth_browser, "oauth/browser", tests);

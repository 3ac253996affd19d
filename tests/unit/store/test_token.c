#include "store/token.h"

#include <stdio.h>

#include "store/application.h"
#include "store/client.h"
#include "store/fixture_store.h"
#include "suite.h"

static struct cm_token token(const char *jti, const char *client_id)
{
	return (struct cm_token){.jti = jti,
	                         .client_id = client_id,
	                         .subject = "the-subject",
	                         .scope = "application:read",
	                         .resource = "https://example.org/api/mcp",
	                         .issued_at_s = 100,
	                         .expires_at_s = 200};
}

static enum cm_status add(struct cm_store *store, const char *jti, const char *client_id)
{
	struct cm_token row = token(jti, client_id);

	return fixture_token(store, &row, NULL);
}

static struct cm_store *store_with_app(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	return store;
}

static void test_columns(void)
{
	struct cm_store *store = store_with_app();

	CU_ASSERT_EQUAL(add(store, "j1", "app"), CM_OK);
	CU_ASSERT_TRUE(fixture_is_text(
	    store,
	    "SELECT jti || ' ' || subject || ' ' || scope || ' ' || resource || ' ' || issued_at_s "
	    "||"
	    " ' ' || expires_at_s || ' ' || ifnull(revoked_at_s, 'good') FROM token",
	    "j1 the-subject application:read https://example.org/api/mcp 100 200 good"));
	CU_ASSERT_TRUE(
	    fixture_is_text(store, "SELECT application FROM token_readable", "my-org/app"));
	cm_store_close(store);
}

static void test_caller(void)
{
	struct cm_store *store = store_with_app();
	struct cm_token_caller caller;

	CU_ASSERT_EQUAL(add(store, "j1", "app"), CM_OK);
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(caller.client_id, "app");
	CU_ASSERT_STRING_EQUAL(caller.organization, "my-org");
	CU_ASSERT_STRING_EQUAL(caller.registered_scope, "read:application write:application");
	CU_ASSERT_FALSE(caller.revoked);
	cm_store_close(store);
}

/* The caller is what the registry has now, not what it had when the token was issued. */
static void test_caller_now(void)
{
	struct cm_store *store = store_with_app();
	struct cm_token_caller caller;

	CU_ASSERT_EQUAL(add(store, "j1", "app"), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE application SET scope = 'read',"
	                                  " organization = 'other-org', name = 'renamed'"));
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(caller.organization, "other-org");
	CU_ASSERT_STRING_EQUAL(caller.registered_scope, "read");
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE token SET revoked_at_s = 0"));
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, NULL), CM_OK);
	CU_ASSERT_TRUE(caller.revoked);
	cm_store_close(store);
}

static void test_unknown_token(void)
{
	static const char *const ids[] = {"", "J1", "j", "j1 ", "%", "' OR 1=1 --"};
	struct cm_store *store = store_with_app();
	struct cm_token_caller caller;

	CU_ASSERT_EQUAL(add(store, "j1", "app"), CM_OK);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ASSERT_ROW(ids[i], cm_token_caller(store, ids[i], &caller, NULL) == CM_NOT_FOUND);
	cm_store_close(store);
}

static void test_unknown_client(void)
{
	struct cm_store *store = store_with_app();
	struct cm_token row = token("j1", "gone");
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(fixture_token(store, &row, &err), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(err.status, CM_NOT_FOUND);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM token"), 0);
	cm_store_close(store);
}

/* The client of the client_id is no longer the one that was looked at. */
static void test_other_client(void)
{
	static const char *const changes[] = {
	    "UPDATE application SET id = id + 1",
	    "UPDATE application SET client_id = 'other'",
	    "UPDATE application SET organization = 'other-org'",
	    "UPDATE application SET client_secret_sha256 = 'other'",
	};

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct cm_store *store = store_with_app();
		struct cm_token row = token("j1", "app");
		struct cm_client client;

		CU_ASSERT_EQUAL(cm_client_get(store, "app", &client, NULL), CM_OK);
		row.application_id = client.id;
		row.organization = client.organization;
		row.secret_sha256 = client.secret_sha256;
		ASSERT_ROW(changes[i], fixture_sql(store, changes[i]));
		ASSERT_ROW(changes[i], cm_token_insert(store, &row, NULL) == CM_NOT_FOUND);
		ASSERT_ROW(changes[i], fixture_integer(store, "SELECT count(*) FROM token") == 0);
		cm_client_clear(&client);
		cm_store_close(store);
	}
}

static void test_taken(void)
{
	struct cm_store *store = store_with_app();
	struct cm_token row = token("j1", "app");
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "other"), CM_OK);
	CU_ASSERT_EQUAL(add(store, "j1", "other"), CM_OK);
	CU_ASSERT_EQUAL(fixture_token(store, &row, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	row.jti = NULL;
	CU_ASSERT_NOT_EQUAL(fixture_token(store, &row, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM token"), 1);
	cm_store_close(store);
}

static void test_deleted_client(void)
{
	struct cm_store *store = store_with_app();
	struct cm_token_caller caller;

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "other"), CM_OK);
	CU_ASSERT_EQUAL(add(store, "j1", "app"), CM_OK);
	CU_ASSERT_EQUAL(add(store, "j2", "app"), CM_OK);
	CU_ASSERT_EQUAL(add(store, "j3", "other"), CM_OK);
	CU_ASSERT_EQUAL(cm_entity_delete(store, &cm_application_entity, "my-org", "app", NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_token_caller(store, "j3", &caller, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM token"), 1);
	/* A client of the same name does not inherit them. */
	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, NULL), CM_NOT_FOUND);
	cm_store_close(store);
}

static void test_scope_too_long(void)
{
	struct cm_store *store = store_with_app();
	struct cm_token_caller caller;
	struct cm_err err = {0};
	char sql[100];

	CU_ASSERT_EQUAL(add(store, "j1", "app"), CM_OK);
	snprintf(sql, sizeof sql, "UPDATE application SET scope = printf('%%0%dd', 0)",
	         CM_SCOPE_TEXT_MAX - 1);
	CU_ASSERT_TRUE(fixture_sql(store, sql));
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, NULL), CM_OK);
	CU_ASSERT_EQUAL(strlen(caller.registered_scope), CM_SCOPE_TEXT_MAX - 1);
	snprintf(sql, sizeof sql, "UPDATE application SET scope = printf('%%0%dd', 0)",
	         CM_SCOPE_TEXT_MAX);
	CU_ASSERT_TRUE(fixture_sql(store, sql));
	CU_ASSERT_EQUAL(cm_token_caller(store, "j1", &caller, &err), CM_STORE);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a token is written column by column, and can be read by people", test_columns},
    {"a token tells its client, organisation and registered scopes", test_caller},
    {"what a token tells is what holds now", test_caller_now},
    {"only the exact id finds a token", test_unknown_token},
    {"no token is written for a client that is not there", test_unknown_client},
    {"no token for a client that is another one by now", test_other_client},
    {"an id that is taken is a conflict, and no id is none", test_taken},
    {"tokens go with their client, and no other client gets them", test_deleted_client},
    {"a list of scopes that is too long is a failure, not cut", test_scope_too_long},
};

CM_SUITE(cm_suite_store_token, "store/token", tests);

#include "store/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 1000000 };

/* A client that registered itself. */
static struct cm_client registered(const char *client_id)
{
	struct cm_client client = {.display_name = "A client",
	                           .auth_method = "none",
	                           .origin = CM_CLIENT_REGISTERED,
	                           .scope = cm_text_dup("read openid"),
	                           .grant_types = cm_text_dup("[\"authorization_code\"]"),
	                           .redirect_uris = cm_text_dup("[\"https://example.org/cb\"]"),
	                           .jwks = cm_text_dup("{}")};

	snprintf(client.client_id, sizeof client.client_id, "%s", client_id);
	snprintf(client.name, sizeof client.name, "%s", "the-name");
	return client;
}

static void test_inserted(void)
{
	struct cm_store *store = fixture_store();
	struct cm_client client = registered("https://example.org/c"), same;

	cm_clock_fix(NOW_S);
	client.origin = CM_CLIENT_DOCUMENT;
	client.document_expires_at_s = 77;
	strcpy(client.registration_sha256, "reg");
	strcpy(client.secret_sha256, "sec");
	CU_ASSERT_EQUAL(cm_client_insert(store, &client, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_client_get(store, "https://example.org/c", &same, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(same.owner, "built-in");
	CU_ASSERT_STRING_EQUAL(same.organization, "built-in");
	CU_ASSERT_STRING_EQUAL(same.name, "the-name");
	CU_ASSERT_STRING_EQUAL(same.display_name, "A client");
	CU_ASSERT_STRING_EQUAL(same.auth_method, "none");
	CU_ASSERT_STRING_EQUAL(same.consent_policy, "once");
	CU_ASSERT_EQUAL(same.origin, CM_CLIENT_DOCUMENT);
	CU_ASSERT_STRING_EQUAL(same.scope, "read openid");
	CU_ASSERT_STRING_EQUAL(same.grant_types, "[\"authorization_code\"]");
	CU_ASSERT_STRING_EQUAL(same.redirect_uris, "[\"https://example.org/cb\"]");
	CU_ASSERT_STRING_EQUAL(same.jwks, "{}");
	CU_ASSERT_STRING_EQUAL(same.registration_sha256, "reg");
	CU_ASSERT_STRING_EQUAL(same.secret_sha256, "sec");
	CU_ASSERT_EQUAL(same.document_expires_at_s, 77);
	CU_ASSERT_EQUAL(same.created_at_s, NOW_S);
	CU_ASSERT_EQUAL(same.expire_in_hours, 0);
	CU_ASSERT_TRUE(fixture_is_text(store, "SELECT scopes FROM application",
	                               "[{\"name\":\"read\"},{\"name\":\"openid\"}]"));
	cm_client_clear(&client);
	cm_client_clear(&same);
	cm_store_close(store);
}

static void test_taken(void)
{
	struct cm_store *store = fixture_store();
	struct cm_client client = registered("app");
	struct cm_err err = {0};

	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL(cm_client_insert(store, &client, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM application"), 1);
	cm_client_clear(&client);
	cm_store_close(store);
}

/* Nothing that a client does changes what an administrator made. */
static void test_made_stays(void)
{
	struct cm_store *store = fixture_store();
	struct cm_client client = registered("new");
	int64_t made, id, clients = -1;

	cm_clock_fix(NOW_S);
	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	made = fixture_application_id(store, "app");
	CU_ASSERT_EQUAL(cm_client_count(store, &clients, NULL), CM_OK);
	CU_ASSERT_EQUAL(clients, 0);
	CU_ASSERT_EQUAL(cm_client_insert(store, &client, NULL), CM_OK);
	id = fixture_application_id(store, "new");
	CU_ASSERT_EQUAL(cm_client_count(store, &clients, NULL), CM_OK);
	CU_ASSERT_EQUAL(clients, 1);
	client.id = made;
	strcpy(client.client_id, "stolen");
	CU_ASSERT_EQUAL(cm_client_update(store, &client, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_client_delete(store, made, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_client_used(store, made, NOW_S, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_is_text(store,
	                               "SELECT client_id || ' ' || scope || ' ' || updated_at_s ||"
	                               " ' ' || ifnull(used_at_s, 'never') FROM application"
	                               " WHERE origin = 'made'",
	                               "app read:application write:application 1000 never"));
	CU_ASSERT_EQUAL(cm_client_delete(store, id, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_client_count(store, &clients, NULL), CM_OK);
	CU_ASSERT_EQUAL(clients, 0);
	/* Nor is what is gone. */
	client.id = id;
	CU_ASSERT_EQUAL(cm_client_update(store, &client, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_client_delete(store, id, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(fixture_application_id(store, "app"), made);
	cm_client_clear(&client);
	cm_store_close(store);
}

static void test_count(void)
{
	struct cm_store *store = fixture_store();
	struct cm_client client = registered("last"), more = registered("more");
	struct cm_err err = {0};

	CU_ASSERT_EQUAL_FATAL(cm_client_insert(store, &client, NULL), CM_OK);
	CU_ASSERT_TRUE_FATAL(fixture_sql(
	    store, "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n"
	           " WHERE i < 5000) INSERT INTO application (owner, name, organization,"
	           " display_name, description, created_at_s, updated_at_s, client_id,"
	           " scopes, scope, grant_types, redirect_uris, expire_in_hours, properties,"
	           " origin) SELECT 'built-in', 'r' || i, 'built-in', '', '', 0, 0, 'r' || i,"
	           " '[]', '', '[]', '[]', 0, '{}', 'document' FROM n"));
	strcpy(more.name, "more");
	for (size_t i = 0; i < 2; i++) {
		more.origin = i == 0 ? CM_CLIENT_REGISTERED : CM_CLIENT_DOCUMENT;
		cm_err_clear(&err);
		CU_ASSERT_EQUAL(cm_client_insert(store, &more, &err), CM_THROTTLED);
		CU_ASSERT_EQUAL(err.status, CM_THROTTLED);
	}
	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	client.id = fixture_application_id(store, "last");
	CU_ASSERT_EQUAL(cm_client_update(store, &client, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_client_delete(store, client.id, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_client_insert(store, &more, NULL), CM_OK);
	cm_client_clear(&client);
	cm_client_clear(&more);
	cm_store_close(store);
}

static void test_updated(void)
{
	struct cm_store *store = fixture_store();
	struct cm_client client = registered("new"), other = registered("other"), same;

	cm_clock_fix(NOW_S);
	CU_ASSERT_EQUAL(cm_client_insert(store, &client, NULL), CM_OK);
	strcpy(other.name, "other");
	CU_ASSERT_EQUAL(cm_client_insert(store, &other, NULL), CM_OK);
	client.id = fixture_application_id(store, "new");
	cm_clock_fix(NOW_S + 5);
	strcpy(client.display_name, "Changed");
	strcpy(client.auth_method, "private_key_jwt");
	strcpy(client.name, "another");
	client.origin = CM_CLIENT_DOCUMENT;
	free(client.scope);
	client.scope = cm_text_dup("write");
	CU_ASSERT_EQUAL(cm_client_update(store, &client, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_client_get(store, "new", &same, NULL), CM_OK);
	CU_ASSERT_EQUAL(same.id, client.id);
	CU_ASSERT_STRING_EQUAL(same.display_name, "Changed");
	CU_ASSERT_STRING_EQUAL(same.auth_method, "private_key_jwt");
	CU_ASSERT_EQUAL(same.created_at_s, NOW_S);
	/* Name and origin are for ever; its scopes are the administrator's. */
	CU_ASSERT_STRING_EQUAL(same.scope, "read openid");
	CU_ASSERT_TRUE(fixture_is_text(store,
	                               "SELECT scopes FROM application WHERE client_id = 'new'",
	                               "[{\"name\":\"read\"},{\"name\":\"openid\"}]"));
	CU_ASSERT_STRING_EQUAL(same.name, "the-name");
	CU_ASSERT_EQUAL(same.origin, CM_CLIENT_REGISTERED);
	cm_client_clear(&same);
	CU_ASSERT_EQUAL(cm_client_get(store, "other", &same, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(same.display_name, "A client");
	cm_client_clear(&same);
	/* Whoever read it before a change sees that, also within a second. */
	for (int64_t at_s = NOW_S + 5; at_s <= NOW_S + 6; at_s++) {
		CU_ASSERT_EQUAL(fixture_integer(store, "SELECT updated_at_s FROM application"
		                                       " WHERE client_id = 'new'"),
		                at_s);
		CU_ASSERT_EQUAL(cm_client_update(store, &client, NULL), CM_OK);
	}
	strcpy(client.client_id, "other");
	CU_ASSERT_EQUAL(cm_client_update(store, &client, NULL), CM_CONFLICT);
	cm_client_clear(&client);
	cm_client_clear(&other);
	cm_store_close(store);
}

static void test_used_once_an_hour(void)
{
	static const struct {
		int64_t at_s, used_at_s;
	} rows[] = {
	    {NOW_S, NOW_S},        {NOW_S + 1, NOW_S},
	    {NOW_S + 3600, NOW_S}, {NOW_S + 3601, NOW_S + 3601},
	    {NOW_S, NOW_S + 3601}, {NOW_S + 9000, NOW_S + 9000},
	};
	struct cm_store *store = fixture_store();
	struct cm_client client = registered("new");
	int64_t id;

	CU_ASSERT_EQUAL(cm_client_insert(store, &client, NULL), CM_OK);
	id = fixture_application_id(store, "new");
	CU_ASSERT_EQUAL(cm_client_used(store, id + 1, NOW_S, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT used_at_s IS NULL FROM application"), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CU_ASSERT_EQUAL(cm_client_used(store, id, rows[i].at_s, NULL), CM_OK);
		CU_ASSERT_EQUAL(fixture_integer(store, "SELECT used_at_s FROM application"),
		                rows[i].used_at_s);
	}
	cm_client_clear(&client);
	cm_store_close(store);
}

static void test_not_there(void)
{
	static const char *const ids[] = {"", "APP", "ap", "app ", "%", "' OR 1=1 --"};
	struct cm_store *store = fixture_store();
	struct cm_client client;

	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		ASSERT_ROW(ids[i], cm_client_get(store, ids[i], &client, NULL) == CM_NOT_FOUND);
		ASSERT_ROW(ids[i], client.id == 0 && client.scope == NULL);
	}
	cm_store_close(store);
}

static void test_grants(void)
{
	static const struct {
		char *json;
		const char *value;
		bool listed;
	} rows[] = {
	    {"[\"a\",\"b\"]", "b", true},
	    {"[\"a\"]", "A", false},
	    {"[\"ab\"]", "a", false},
	    {"[\"a\"]", "", false},
	    {"[\"\"]", "", true},
	    {"[]", "a", false},
	    {"", "a", false},
	    {"a", "a", false},
	    {"\"a\"", "a", false},
	    {"{\"a\":\"a\"}", "a", false},
	    {"[[\"a\"]]", "a", false},
	    {"[7,null,\"a\"]", "a", true},
	    {"[\"a\"", "a", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cm_client client = {.grant_types = rows[i].json};
		enum cm_status wanted = rows[i].listed ? CM_OK : CM_UNAUTHORIZED_CLIENT;

		ASSERT_ROW(rows[i].json,
		           cm_client_check_grant(&client, rows[i].value, NULL) == wanted);
	}
}

static const struct cm_test tests[] = {
    {"a client that no administrator made is of the built-in organisation", test_inserted},
    {"a client_id that is taken is a conflict", test_taken},
    {"what an administrator made is neither changed, deleted nor counted", test_made_stays},
    {"there is an end to the clients that no administrator made", test_count},
    {"a client is written anew, but for its name, origin and scopes", test_updated},
    {"that a client is used is noted once an hour", test_used_once_an_hour},
    {"only the exact client_id finds a client", test_not_there},
    {"a client is registered for exactly its grants", test_grants},
};

CM_SUITE(cm_suite_store_client, "store/client", tests);

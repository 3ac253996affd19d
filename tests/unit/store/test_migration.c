#include "sql.h"
#include "store/application.h"
#include "store/client.h"
#include "store/fixture_store.h"
#include "store/token.h"
#include "suite.h"

/* Rows as the program wrote them that had schema 2. */
#define ROWS                                                                                       \
	"INSERT INTO organization VALUES ('built-in', 'Built-in', 1, 1), ('my-org', 'Mine', 1, "   \
	"1);"                                                                                      \
	"INSERT INTO setting VALUES ('issuer', 'https://example.org', 1);"                         \
	"INSERT INTO application VALUES (7, 'my-org', 'app', 'my-org', 'App', 'An app', 1, 2,"     \
	" 'the-client', 'the-digest', '[{\"name\":\"read:application\"}]', 'read:application',"    \
	" '[\"client_credentials\"]', '[\"https://example.org/cb\"]', 1.5, '{\"logo\":\"x\"}');"   \
	"INSERT INTO token VALUES ('good', 7, 'the-client', 'read:application', 'x', 1, 9, NULL)," \
	" ('ended', 7, 'the-client', 'read:application', 'x', 1, 9, 5);"                           \
	"INSERT INTO audit VALUES (3, 1, 'the-client', 'my-org', 'token', 'x', 'ok', 'r', 'a',"    \
	" 'the-trace');"

static struct cm_store *open_old(struct fixture_folder *folder)
{
	struct cm_store *store = NULL;

	fixture_folder_make(folder);
	CU_ASSERT_TRUE_FATAL(fixture_file_sql(folder->db, cm_sql_migration[0]));
	CU_ASSERT_TRUE_FATAL(fixture_file_sql(folder->db, cm_sql_migration[1]));
	CU_ASSERT_TRUE_FATAL(fixture_file_sql(folder->db, ROWS));
	CU_ASSERT_TRUE_FATAL(fixture_file_sql(
	    folder->db, "PRAGMA application_id = 0x43534d54; PRAGMA user_version = 2"));
	CU_ASSERT_EQUAL_FATAL(cm_store_open(folder->db, false, &store, NULL), CM_OK);
	return store;
}

static void test_client_of_schema_2(void)
{
	struct fixture_folder folder;
	struct cm_store *store = open_old(&folder);
	struct cm_client client;
	struct cm_record record;
	int64_t clients = -1;

	CU_ASSERT_EQUAL(cm_client_get(store, "the-client", &client, NULL), CM_OK);
	CU_ASSERT_EQUAL(client.id, 7);
	CU_ASSERT_EQUAL(client.origin, CM_CLIENT_MADE);
	CU_ASSERT_STRING_EQUAL(client.secret_sha256, "the-digest");
	CU_ASSERT_STRING_EQUAL(client.auth_method, "");
	CU_ASSERT_STRING_EQUAL(client.consent_policy, "once");
	CU_ASSERT_STRING_EQUAL(client.scope, "read:application");
	CU_ASSERT_STRING_EQUAL(client.grant_types, "[\"client_credentials\"]");
	CU_ASSERT_STRING_EQUAL(client.redirect_uris, "[\"https://example.org/cb\"]");
	CU_ASSERT_STRING_EQUAL(client.jwks, "{}");
	CU_ASSERT_STRING_EQUAL(client.registration_sha256, "");
	CU_ASSERT_EQUAL(client.expire_in_hours, 1.5);
	CU_ASSERT_EQUAL(client.document_expires_at_s, 0);
	cm_client_clear(&client);
	CU_ASSERT_EQUAL(cm_client_count(store, &clients, NULL), CM_OK);
	CU_ASSERT_EQUAL(clients, 0);
	/* An administrator sees and changes it as before. */
	cm_record_init(&record, &cm_application_entity);
	CU_ASSERT_EQUAL(cm_entity_get(store, "my-org", "app", &record, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "properties"), "{\"logo\":\"x\"}");
	CU_ASSERT_EQUAL(cm_entity_update(store, "my-org", "app", &record, NULL), CM_OK);
	cm_record_clear(&record);
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static void test_tokens_of_schema_2(void)
{
	struct fixture_folder folder;
	struct cm_store *store = open_old(&folder);
	struct cm_token_caller caller;

	CU_ASSERT_EQUAL(cm_token_caller(store, "good", &caller, NULL), CM_OK);
	CU_ASSERT_FALSE(caller.revoked);
	CU_ASSERT_STRING_EQUAL(caller.client_id, "the-client");
	CU_ASSERT_STRING_EQUAL(caller.organization, "my-org");
	CU_ASSERT_EQUAL(caller.user_id, 0);
	CU_ASSERT_STRING_EQUAL(caller.user, "");
	CU_ASSERT_STRING_EQUAL(caller.user_scope, "");
	CU_ASSERT_FALSE(caller.user_forbidden);
	CU_ASSERT_EQUAL(cm_token_caller(store, "ended", &caller, NULL), CM_OK);
	CU_ASSERT_TRUE(caller.revoked);
	CU_ASSERT_EQUAL(
	    fixture_integer(store, "SELECT count(*) FROM token_readable WHERE user IS NULL"), 2);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM token WHERE owner = 'my-org'"),
	                2);
	/* They follow their client to another organisation, and its new name. */
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE application SET organization = 'built-in'"));
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE organization SET name = 'other' WHERE name ="
	                                  " 'built-in'"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM token WHERE owner = 'other'"),
	                2);
	/* They still go with their client. */
	CU_ASSERT_TRUE(fixture_sql(store, "DELETE FROM application"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM token"), 0);
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static void test_trail_of_schema_2(void)
{
	struct fixture_folder folder;
	struct cm_store *store = open_old(&folder);

	CU_ASSERT_TRUE(fixture_is_text(store,
	                               "SELECT id || at || client_id || '[' || user || ']' ||"
	                               " traceparent FROM audit_readable",
	                               "31970-01-01 00:00:01the-client[]the-trace"));
	CU_ASSERT_TRUE(fixture_is_text(store, "SELECT value FROM setting", "https://example.org"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	CU_ASSERT_TRUE(fixture_is_text(store, "PRAGMA integrity_check", "ok"));
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

/* A store that was brought up to date has the same tables as a new one. */
static void test_same_as_new(void)
{
	struct fixture_folder folder;
	struct cm_store *old = open_old(&folder), *new = fixture_store();

	CU_ASSERT_EQUAL(fixture_integer(old, "SELECT count(*) FROM sqlite_schema"),
	                fixture_integer(new, "SELECT count(*) FROM sqlite_schema"));
	CU_ASSERT_EQUAL(fixture_integer(old, "SELECT sum(length(sql)) FROM sqlite_schema"),
	                fixture_integer(new, "SELECT sum(length(sql)) FROM sqlite_schema"));
	cm_store_close(new);
	cm_store_close(old);
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"a client of schema 2 is one that an administrator made", test_client_of_schema_2},
    {"tokens of schema 2 are their clients' own, as good as they were", test_tokens_of_schema_2},
    {"the trail and the settings of schema 2 are kept", test_trail_of_schema_2},
    {"a store that was brought up to date has what a new one has", test_same_as_new},
};

CM_SUITE(cm_suite_store_migration, "store/migration", tests);

#include "store/fixture_store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/application.h"
#include "store/client.h"
#include "store/organization.h"
#include "store/query.h"
#include "store/user.h"

enum cm_status fixture_organization_insert(struct cm_store *store,
                                           const struct cm_organization *row, struct cm_err *err)
{
	struct cm_record record;
	enum cm_status rc;

	cm_record_init(&record, &cm_organization_entity);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "owner", "admin", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "name", row->name, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "display_name", row->display_name, NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "properties", "{}", NULL), CM_OK);
	cm_record_value(&record, "application_quota")->integer = -1;
	cm_record_value(&record, "user_quota")->integer = -1;
	cm_record_value(&record, "created_at_s")->integer = row->created_at_s;
	cm_record_value(&record, "updated_at_s")->integer = row->created_at_s;
	rc = cm_entity_insert(store, &record, err);
	cm_record_clear(&record);
	return rc;
}

void fixture_organization(struct cm_store *store, const char *name)
{
	struct cm_organization row = {.created_at_s = 1000};

	snprintf(row.name, sizeof row.name, "%s", name);
	snprintf(row.display_name, sizeof row.display_name, "The %s", name);
	CU_ASSERT_EQUAL_FATAL(fixture_organization_insert(store, &row, NULL), CM_OK);
}

struct cm_store *fixture_store(void)
{
	struct cm_store *store = NULL;

	CU_ASSERT_EQUAL_FATAL(cm_store_open(":memory:", true, &store, NULL), CM_OK);
	fixture_organization(store, "built-in");
	fixture_organization(store, "my-org");
	fixture_organization(store, "other-org");
	return store;
}

void fixture_record(struct cm_record *record, const char *owner, const char *name)
{
	const char *const texts[][2] = {
	    {"owner", owner},
	    {"name", name},
	    {"organization", owner},
	    {"display_name", name},
	    {"description", ""},
	    {"client_id", name},
	    {"scopes", "[{\"name\":\"read:application\"},{\"name\":\"write:application\"}]"},
	    {"scope", "read:application write:application"},
	    {"grant_types", "[\"client_credentials\"]"},
	    {"redirect_uris", "[]"},
	    {"token_endpoint_auth_method", ""},
	    {"consent_policy", "once"},
	    {"jwks", "{}"},
	    {"ip_whitelist", ""},
	    {"properties", "{}"},
	};

	cm_record_init(record, &cm_application_entity);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		CU_ASSERT_EQUAL(cm_record_set_text(record, texts[i][0], texts[i][1], NULL), CM_OK);
	cm_record_value(record, "created_at_s")->integer = 1000;
	cm_record_value(record, "updated_at_s")->integer = 1000;
}

enum cm_status fixture_application(struct cm_store *store, const char *owner, const char *name)
{
	struct cm_record record;
	enum cm_status rc;

	fixture_record(&record, owner, name);
	rc = cm_entity_insert(store, &record, NULL);
	cm_record_clear(&record);
	return rc;
}

enum cm_status fixture_user_insert(struct cm_store *store, const struct cm_user *user,
                                   struct cm_err *err)
{
	const char *const texts[][2] = {
	    {"owner", user->owner},
	    {"name", user->name},
	    {"subject", user->subject},
	    {"display_name", user->display_name},
	    {"email", user->email},
	    {"phone", ""},
	    {"password_hash", user->password_hash},
	    {"scopes", "[]"},
	    {"scope", user->scope},
	    {"properties", "{}"},
	};
	struct cm_record record;
	enum cm_status rc;

	cm_record_init(&record, &cm_user_entity);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		CU_ASSERT_EQUAL(cm_record_set_text(&record, texts[i][0], texts[i][1], NULL), CM_OK);
	cm_record_value(&record, "created_at_s")->integer = user->created_at_s;
	rc = cm_entity_insert(store, &record, err);
	cm_record_clear(&record);
	return rc;
}

int64_t fixture_user(struct cm_store *store, const char *owner, const char *name)
{
	struct cm_user user = {.scope = "admin"};

	snprintf(user.owner, sizeof user.owner, "%s", owner);
	snprintf(user.name, sizeof user.name, "%s", name);
	snprintf(user.display_name, sizeof user.display_name, "The %s", name);
	snprintf(user.email, sizeof user.email, "%s@%s.example", name, owner);
	snprintf(user.password_hash, sizeof user.password_hash, "the-hash");
	CU_ASSERT_EQUAL_FATAL(cm_user_subject(user.subject, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(fixture_user_insert(store, &user, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_user_get(store, owner, name, &user, NULL), CM_OK);
	return user.id;
}

int64_t fixture_application_id(struct cm_store *store, const char *client_id)
{
	char sql[400];

	snprintf(sql, sizeof sql, "SELECT id FROM application WHERE client_id = '%s'", client_id);
	return fixture_integer(store, sql);
}

enum cm_status fixture_token(struct cm_store *store, const struct cm_token *token,
                             struct cm_err *err)
{
	struct cm_token row = *token;
	struct cm_client client;
	enum cm_status rc;

	if (cm_client_get(store, token->client_id, &client, NULL) != CM_OK)
		client = (struct cm_client){.id = 0};
	row.application_id = client.id;
	row.organization = client.organization;
	row.secret_sha256 = client.secret_sha256;
	rc = cm_token_insert(store, &row, err);
	cm_client_clear(&client);
	return rc;
}

static int64_t integer_of(struct sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

bool fixture_sql(struct cm_store *store, const char *sql)
{
	return sqlite3_exec(cm_store_db(store), sql, NULL, NULL, NULL) == SQLITE_OK;
}

int64_t fixture_integer(struct cm_store *store, const char *sql)
{
	return integer_of(cm_store_db(store), sql);
}

bool fixture_is_text(struct cm_store *store, const char *sql, const char *text)
{
	sqlite3_stmt *stmt = NULL;
	bool same = false;

	if (sqlite3_prepare_v2(cm_store_db(store), sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL)
		same = strcmp((const char *)sqlite3_column_text(stmt, 0), text) == 0;
	sqlite3_finalize(stmt);
	return same;
}

bool fixture_hides_sql(const char *text)
{
	static const char *const words[] = {
	    "SQL",    "sql",   "constraint",   "UNIQUE",        "FOREIGN",
	    "column", "table", "application.", "organization.", "client_id"};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strstr(text, words[i]) != NULL)
			return false;
	}
	return true;
}

static struct {
	const char *path, *sql; /* sql NULL: it was run */
} other_process;

static int on_statement(unsigned kind, void *arg, void *stmt, void *text)
{
	static const char begin[] = "BEGIN IMMEDIATE";
	const char *sql = other_process.sql;

	(void)kind;
	(void)arg;
	(void)stmt;
	if (sql == NULL || strncmp(text, begin, strlen(begin)) != 0)
		return 0;
	other_process.sql = NULL;
	CU_ASSERT(fixture_file_sql(other_process.path, sql));
	return 0;
}

void fixture_before_write(struct cm_store *store, const char *path, const char *sql)
{
	other_process.path = path;
	other_process.sql = sql;
	CU_ASSERT_EQUAL_FATAL(
	    sqlite3_trace_v2(cm_store_db(store), SQLITE_TRACE_STMT, on_statement, NULL), SQLITE_OK);
}

void fixture_folder_make(struct fixture_folder *folder)
{
	strcpy(folder->folder, "/tmp/casement-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder->folder));
	snprintf(folder->db, sizeof folder->db, "%s/casement.db", folder->folder);
}

void fixture_folder_remove(const struct fixture_folder *folder)
{
	DIR *dir = opendir(folder->folder);
	struct dirent *entry;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	CU_ASSERT_EQUAL(rmdir(folder->folder), 0);
}

bool fixture_file_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
	          sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

	sqlite3_close(db);
	return ok;
}

int64_t fixture_file_integer(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int64_t value = -1;

	if (sqlite3_open(path, &db) == SQLITE_OK)
		value = integer_of(db, sql);
	sqlite3_close(db);
	return value;
}

char *fixture_file_read(const char *path, size_t *len)
{
	enum { LIMIT = 1 << 20 };
	FILE *file = fopen(path, "rb");
	char *data;

	if (file == NULL)
		return NULL;
	data = malloc(LIMIT);
	if (data != NULL)
		*len = fread(data, 1, LIMIT, file);
	fclose(file);
	return data;
}

void fixture_file_write(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(data, 1, len, file), len);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

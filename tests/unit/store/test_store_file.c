#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "sql.h"
#include "store/fixture_store.h"
#include "store/organization.h"
#include "store/query.h"
#include "suite.h"

static enum cm_status add(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct cm_organization row = {.created_at_s = 1};

	snprintf(row.name, sizeof row.name, "%s", (const char *)arg);
	return fixture_organization_insert(store, &row, err);
}

static bool exists(struct cm_store *store, const char *name)
{
	struct cm_organization row;

	return cm_organization_get(store, name, &row, NULL) == CM_OK;
}

/* Open a file that must be refused with a text that holds a word, with create or not. */
static void refuse_as(enum cm_status status, const char *path, const char *word)
{
	for (int create = 0; create <= 1; create++) {
		struct cm_store *store = NULL;
		struct cm_err err = {0};

		ASSERT_ROW(path, cm_store_open(path, create == 1, &store, &err) == status);
		ASSERT_ROW(path, store == NULL);
		ASSERT_ROW(path, strstr(err.text, word) != NULL);
	}
}

static void refuse(const char *path, const char *word)
{
	refuse_as(CM_STORE, path, word);
}

/* As refuse_as(), and afterwards every byte of the file is as it was, with nothing beside it. */
static void refuse_untouched_as(enum cm_status status, const struct fixture_folder *folder,
                                const char *word)
{
	char *before, *after, beside[120];
	size_t before_len = 0, after_len = 0;

	before = fixture_file_read(folder->db, &before_len);
	refuse_as(status, folder->db, word);
	after = fixture_file_read(folder->db, &after_len);
	CU_ASSERT_TRUE(before != NULL && after != NULL && before_len == after_len &&
	               memcmp(before, after, after_len) == 0);
	snprintf(beside, sizeof beside, "%s-wal", folder->db);
	CU_ASSERT_NOT_EQUAL(access(beside, F_OK), 0);
	snprintf(beside, sizeof beside, "%s-shm", folder->db);
	CU_ASSERT_NOT_EQUAL(access(beside, F_OK), 0);
	free(before);
	free(after);
}

static void refuse_untouched(const struct fixture_folder *folder, const char *word)
{
	refuse_untouched_as(CM_STORE, folder, word);
}

static void test_create(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	mode_t mask;

	fixture_folder_make(&folder);
	mask = umask(0);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, add, "one", NULL), CM_OK);
	umask(mask);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		char path[120];
		struct stat st;

		snprintf(path, sizeof path, "%s%s", folder.db, suffixes[i]);
		ASSERT_ROW(path, stat(path, &st) == 0);
		ASSERT_ROW(path, (st.st_mode & 07777) == 0600);
	}
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static void test_kept(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	int schema = 0;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, add, "one", NULL), CM_OK);
	cm_store_close(store);
	for (int create = 0; create <= 1; create++) {
		CU_ASSERT_EQUAL(cm_store_open(folder.db, create == 1, &store, NULL), CM_OK);
		CU_ASSERT_TRUE(exists(store, "one"));
		CU_ASSERT_EQUAL(cm_store_schema(store, &schema, NULL), CM_OK);
		CU_ASSERT_EQUAL(schema, cm_store_schema_known());
		CU_ASSERT_TRUE(fixture_is_text(store, "PRAGMA journal_mode", "wal"));
		cm_store_close(store);
	}
	fixture_folder_remove(&folder);
}

static void test_missing(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	char path[120];

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &store, NULL), CM_STORE);
	CU_ASSERT_PTR_NULL(store);
	CU_ASSERT_NOT_EQUAL(access(folder.db, F_OK), 0);
	snprintf(path, sizeof path, "%s/missing/casement.db", folder.folder);
	refuse(path, path);
	refuse(folder.folder, folder.folder);
	refuse("", "");
	fixture_folder_remove(&folder);
}

/* No character of a path means anything to SQLite. */
static void test_odd_path(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;

	fixture_folder_make(&folder);
	snprintf(folder.db, sizeof folder.db, "%s/a b?mode=memory&x%%41#.db", folder.folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(access(folder.db, F_OK), 0);
	CU_ASSERT_TRUE(cm_store_is_current(store));
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static void test_empty_file(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;

	fixture_folder_make(&folder);
	fixture_file_write(folder.db, "", 0);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &store, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, add, "one", NULL), CM_OK);
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static void test_no_database(void)
{
	struct fixture_folder folder;
	char text[8192];

	fixture_folder_make(&folder);
	memset(text, 'x', sizeof text);
	fixture_file_write(folder.db, text, sizeof text);
	refuse_untouched(&folder, "");
	fixture_file_write(folder.db, "# notes\n", 8);
	refuse_untouched(&folder, "");
	fixture_folder_remove(&folder);
}

static void test_foreign_database(void)
{
	static const char *const programs[] = {
	    "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')",
	    "PRAGMA application_id = 1",
	    "PRAGMA user_version = 1",
	    "PRAGMA application_id = 252006674; CREATE TABLE application (x)",
	    "CREATE VIEW v AS SELECT 1",
	};

	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		struct fixture_folder folder;

		fixture_folder_make(&folder);
		ASSERT_ROW(programs[i], fixture_file_sql(folder.db, programs[i]));
		refuse_untouched(&folder, "another program");
		fixture_folder_remove(&folder);
	}
}

static void test_newer_schema(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	char sql[100];

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	cm_store_close(store);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", cm_store_schema_known() + 1);
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, sql));
	refuse_untouched_as(CM_OUTDATED, &folder, "newer casement");
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, "PRAGMA user_version = 2147483647"));
	refuse_untouched_as(CM_OUTDATED, &folder, "newer casement");
	fixture_folder_remove(&folder);
}

/* The schema that the next version of the program would have. */
static void raise_schema(const char *path, const char *change)
{
	char sql[200];

	snprintf(sql, sizeof sql, "%s; PRAGMA user_version = %d", change,
	         cm_store_schema_known() + 1);
	CU_ASSERT_TRUE(fixture_file_sql(path, sql));
}

/* A newer program changed the file while this one has it open. */
static void test_newer_schema_under_us(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	struct cm_organization row;
	struct cm_err err = {0};

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, add, "one", NULL), CM_OK);
	raise_schema(folder.db, "SELECT 1");
	CU_ASSERT_EQUAL(cm_store_write(store, add, "two", &err), CM_OUTDATED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "newer casement"));
	CU_ASSERT_TRUE(exists(store, "one"));
	CU_ASSERT_FALSE(exists(store, "two"));

	/* A statement that the new schema has no sense for is no defect of this program. */
	cm_err_clear(&err);
	raise_schema(folder.db, "ALTER TABLE organization RENAME COLUMN display_name TO title");
	CU_ASSERT_EQUAL(cm_organization_get(store, "one", &row, &err), CM_OUTDATED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "newer casement"));
	/* The lock was given back. */
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, "DELETE FROM organization"));
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

/* Make a file as the program had it when it knew only the first schemas. */
static void make_old(const char *path, int schema)
{
	char sql[100];

	for (int i = 0; i < schema; i++)
		CU_ASSERT_TRUE_FATAL(fixture_file_sql(path, cm_sql_migration[i]));
	snprintf(sql, sizeof sql, "PRAGMA application_id = 0x43534d54; PRAGMA user_version = %d",
	         schema);
	CU_ASSERT_TRUE_FATAL(fixture_file_sql(path, sql));
}

static void test_older_schema(void)
{
	for (int old = 1; old < cm_store_schema_known(); old++) {
		struct fixture_folder folder;
		struct cm_store *store = NULL;
		int schema = 0;

		fixture_folder_make(&folder);
		make_old(folder.db, old);
		CU_ASSERT_TRUE(fixture_file_sql(
		    folder.db, "INSERT INTO organization (name, display_name, created_at_s,"
		               " updated_at_s) VALUES ('kept', 'Kept', 1, 1)"));
		CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &store, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_store_schema(store, &schema, NULL), CM_OK);
		CU_ASSERT_EQUAL(schema, cm_store_schema_known());
		CU_ASSERT_TRUE(exists(store, "kept"));
		cm_store_close(store);
		fixture_folder_remove(&folder);
	}
}

/* A migration that the file does not let through leaves nothing half done. */
static void test_failed_migration(void)
{
	struct fixture_folder folder;

	fixture_folder_make(&folder);
	make_old(folder.db, 0);
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, "CREATE TABLE audit (mine)"));
	for (int i = 0; i < 2; i++) {
		struct cm_store *store = NULL;

		CU_ASSERT_NOT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
		CU_ASSERT_PTR_NULL(store);
		CU_ASSERT_EQUAL(fixture_file_integer(folder.db, "PRAGMA user_version"), 0);
		CU_ASSERT_EQUAL(
		    fixture_file_integer(folder.db, "SELECT count(*) FROM sqlite_schema"), 1);
	}
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, "INSERT INTO audit (mine) VALUES (1)"));
	fixture_folder_remove(&folder);
}

static void test_deleted(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	char moved[120];

	fixture_folder_make(&folder);
	snprintf(moved, sizeof moved, "%s/moved", folder.folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_TRUE(cm_store_is_current(store));
	CU_ASSERT_EQUAL(rename(folder.db, moved), 0);
	CU_ASSERT_FALSE(cm_store_is_current(store));
	CU_ASSERT_EQUAL(rename(moved, folder.db), 0);
	CU_ASSERT_TRUE(cm_store_is_current(store));
	fixture_file_write(folder.db, "", 0);
	CU_ASSERT_FALSE(cm_store_is_current(store));
	CU_ASSERT_EQUAL(unlink(folder.db), 0);
	CU_ASSERT_FALSE(cm_store_is_current(store));
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

/* Closing the file that was replaced must leave the new one and its log alone. */
static void test_replaced(void)
{
	char beside[120];
	struct fixture_folder folder;
	struct cm_store *old = NULL, *new = NULL, *again = NULL;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &old, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(old, add, "old", NULL), CM_OK);
	CU_ASSERT_EQUAL(unlink(folder.db), 0);
	snprintf(beside, sizeof beside, "%s-wal", folder.db);
	CU_ASSERT_EQUAL(unlink(beside), 0);
	snprintf(beside, sizeof beside, "%s-shm", folder.db);
	CU_ASSERT_EQUAL(unlink(beside), 0);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &new, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(new, add, "new", NULL), CM_OK);
	cm_store_close(old);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &again, NULL), CM_OK);
	CU_ASSERT_TRUE(exists(again, "new") && !exists(again, "old"));
	CU_ASSERT_TRUE(cm_store_is_current(new));
	cm_store_close(again);
	cm_store_close(new);
	fixture_folder_remove(&folder);
}

static int64_t version(struct cm_store *store)
{
	int64_t value = -1;

	CU_ASSERT_EQUAL(cm_store_read_begin(store, &value, NULL), CM_OK);
	return value;
}

/* What was begun to be read stays as it was, until it ends or this store writes. */
static void test_one_state(void)
{
	struct fixture_folder folder;
	struct cm_store *one = NULL, *two = NULL;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &one, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &two, NULL), CM_OK);
	(void)version(one);
	CU_ASSERT_EQUAL(cm_store_write(two, add, "a", NULL), CM_OK);
	CU_ASSERT_FALSE(exists(one, "a"));
	cm_store_read_end(one);
	CU_ASSERT_TRUE(exists(one, "a"));
	(void)version(one);
	CU_ASSERT_EQUAL(cm_store_write(two, add, "b", NULL), CM_OK);
	CU_ASSERT_FALSE(exists(one, "b"));
	CU_ASSERT_EQUAL(cm_store_write(one, add, "c", NULL), CM_OK);
	CU_ASSERT_TRUE(exists(one, "b") && exists(one, "c"));

	(void)version(one);
	CU_ASSERT_EQUAL(cm_store_write(two, add, "d", NULL), CM_OK);
	(void)version(one);
	CU_ASSERT_TRUE(exists(one, "d"));
	cm_store_close(two);
	cm_store_close(one);
	fixture_folder_remove(&folder);
}

static void test_version(void)
{
	struct fixture_folder folder;
	struct cm_store *one = NULL, *two = NULL;
	int64_t before, same;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &one, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &two, NULL), CM_OK);
	before = version(one);
	CU_ASSERT_EQUAL(version(one), before);
	CU_ASSERT_FALSE(exists(two, "x"));
	CU_ASSERT_EQUAL(version(one), before);
	CU_ASSERT_EQUAL(cm_store_write(two, add, "x", NULL), CM_OK);
	same = version(one);
	CU_ASSERT_NOT_EQUAL(same, before);
	CU_ASSERT_EQUAL(version(one), same);
	CU_ASSERT_TRUE(exists(one, "x"));
	CU_ASSERT_EQUAL(cm_store_write(two, add, "x", NULL), CM_CONFLICT);
	CU_ASSERT_EQUAL(version(one), same);
	cm_store_close(one);
	cm_store_close(two);
	fixture_folder_remove(&folder);
}

struct pair {
	struct cm_store *other;
	enum cm_status read, write;
};

static enum cm_status meanwhile(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct pair *pair = arg;
	enum cm_status rc = add(store, "new", err);

	pair->read = exists(pair->other, "new") ? CM_CONFLICT : CM_OK;
	pair->write = cm_store_write(pair->other, add, "other", NULL);
	return rc;
}

static void test_busy(void)
{
	struct fixture_folder folder;
	struct cm_store *one = NULL;
	struct pair pair = {0};

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &one, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &pair.other, NULL), CM_OK);
	sqlite3_busy_timeout(cm_store_db(pair.other), 0);
	CU_ASSERT_EQUAL(cm_store_write(one, meanwhile, &pair, NULL), CM_OK);
	CU_ASSERT_EQUAL(pair.read, CM_OK);
	CU_ASSERT_EQUAL(pair.write, CM_BUSY);
	CU_ASSERT_TRUE(exists(pair.other, "new"));
	CU_ASSERT_FALSE(exists(one, "other"));
	CU_ASSERT_EQUAL(cm_store_write(pair.other, add, "other", NULL), CM_OK);
	cm_store_close(one);
	cm_store_close(pair.other);
	fixture_folder_remove(&folder);
}

static void test_damaged(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	struct cm_organization row;
	size_t len = 0;
	char *data;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, add, "one", NULL), CM_OK);
	cm_store_close(store);
	data = fixture_file_read(folder.db, &len);
	CU_ASSERT_TRUE_FATAL(data != NULL && len > 8192);
	/* All but the first page, which has the schema's beginning. */
	memset(data + 4096, 0xa5, len - 4096);
	fixture_file_write(folder.db, data, len);
	free(data);
	if (cm_store_open(folder.db, false, &store, NULL) == CM_OK) {
		CU_ASSERT_EQUAL(cm_organization_get(store, "one", &row, NULL), CM_STORE);
		CU_ASSERT_NOT_EQUAL(cm_store_write(store, add, "two", NULL), CM_OK);
	}
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"a new file and its log are readable by the owner only, whatever the umask", test_create},
    {"what was written is there after a restart", test_kept},
    {"a file that is missing is made only when asked for", test_missing},
    {"a path means the file of that name", test_odd_path},
    {"an empty file becomes a store only when asked for", test_empty_file},
    {"a file that is no database is refused, untouched", test_no_database},
    {"another program's database is refused, untouched", test_foreign_database},
    {"a newer schema is refused, untouched", test_newer_schema},
    {"a newer schema under an open store ends its writes", test_newer_schema_under_us},
    {"an older schema is brought up to date, with its rows", test_older_schema},
    {"a migration that fails leaves the file as it was", test_failed_migration},
    {"a file that was deleted, moved, replaced or emptied is noticed", test_deleted},
    {"closing a replaced file leaves the new one alone", test_replaced},
    {"what was begun to be read is one state of the file", test_one_state},
    {"a change by another connection is noticed, a failed one is none", test_version},
    {"a second writer is told that the store is busy; readers go on", test_busy},
    {"damage is told as a failure of the store", test_damaged},
};

CM_SUITE(cm_suite_store_store_file, "store/store_file", tests);

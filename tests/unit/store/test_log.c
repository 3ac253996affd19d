#include <sqlite3.h>

#include "store/fixture_store.h"
#include "suite.h"

enum { LOG_PAGES = 4000, LOG_BYTES = (LOG_PAGES + 500) * (4096 + 24) };

static enum cm_status run(struct cm_store *store, void *arg, struct cm_err *err)
{
	return fixture_sql(store, arg) ? CM_OK : cm_err_set(err, CM_INTERNAL, "no");
}

static int64_t log_size(const struct cm_store *store)
{
	int64_t file, log;

	cm_store_size(store, &file, &log);
	return log;
}

/* Transactions of some four hundred pages each. */
static void write_much(struct cm_store *store, int times)
{
	static char change[] = "UPDATE page SET text = hex(randomblob(2000))";

	for (int i = 0; i < times; i++)
		CU_ASSERT_EQUAL(cm_store_write(store, run, change, NULL), CM_OK);
}

static void test_begins_anew(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	sqlite3 *reader = NULL;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL_FATAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(
	    store, "CREATE TABLE page (n INTEGER PRIMARY KEY, text TEXT);"
	           "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 400)"
	           " INSERT INTO page SELECT n, hex(zeroblob(2000)) FROM i"));
	write_much(store, 25);
	CU_ASSERT_TRUE(log_size(store) < LOG_BYTES);
	/* Not while somebody reads what is in it; then it does. */
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(folder.db, &reader), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM page", NULL, NULL, NULL),
	                SQLITE_OK);
	write_much(store, 15);
	CU_ASSERT_TRUE(log_size(store) > LOG_BYTES);
	CU_ASSERT_EQUAL(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	/* The file of the log is cut when that happens. */
	CU_ASSERT_TRUE(fixture_sql(store, "PRAGMA journal_size_limit = 0"));
	write_much(store, 15);
	CU_ASSERT_TRUE(log_size(store) < LOG_BYTES);
	sqlite3_close(reader);
	cm_store_close(store);
	CU_ASSERT_EQUAL(fixture_file_integer(folder.db, "SELECT count(*) FROM page"), 400);
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"the log goes into the file and begins anew", test_begins_anew},
};

CM_SUITE(cm_suite_store_log, "store/log", tests);

#include "store/vfs.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/fixture_store.h"
#include "suite.h"

static struct cm_store *make(struct fixture_folder *folder, const char *pragma)
{
	struct cm_store *store = NULL;

	fixture_folder_make(folder);
	CU_ASSERT_EQUAL_FATAL(cm_store_open(folder->db, true, &store, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(store, pragma));
	CU_ASSERT_TRUE(fixture_sql(store, "CREATE TABLE page (n INTEGER PRIMARY KEY, text TEXT)"));
	return store;
}

static enum cm_status run(struct cm_store *store, void *arg, struct cm_err *err)
{
	return fixture_sql(store, arg) ? CM_OK : cm_err_set(err, CM_INTERNAL, "no");
}

static int written;

static ssize_t counted_write(int fd, const void *bytes, size_t len)
{
	written++;
	return write(fd, bytes, len);
}

static ssize_t counted_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	written++;
	return pwrite(fd, bytes, len, at);
}

/* Let SQLite write by these, whichever it was built to use, or by its own again. */
static void count_writes(bool counted)
{
	sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
	sqlite3_syscall_ptr one = counted ? (sqlite3_syscall_ptr)counted_write : NULL;
	sqlite3_syscall_ptr at = counted ? (sqlite3_syscall_ptr)counted_pwrite : NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(unix_vfs);
	CU_ASSERT_EQUAL(unix_vfs->xSetSystemCall(unix_vfs, "write", one), SQLITE_OK);
	CU_ASSERT_EQUAL(unix_vfs->xSetSystemCall(unix_vfs, "pwrite", at), SQLITE_OK);
	CU_ASSERT_EQUAL(unix_vfs->xSetSystemCall(unix_vfs, "pwrite64", at), SQLITE_OK);
	written = 0;
}

static char small[] =
    "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 12)"
    " INSERT INTO page SELECT (SELECT coalesce(max(n), 0) FROM page) + n, hex(zeroblob(2000)) FROM "
    "i";

/* Several times what is held back at most, and pages that are written to twice. */
static char large[] =
    "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 200)"
    " INSERT INTO page SELECT n, hex(zeroblob(2000)) FROM i;"
    "UPDATE page SET text = replace(text, '0', '1');"
    "UPDATE page SET text = replace(text, '1', '2') WHERE n % 2 = 0";

static void test_one_write(void)
{
	struct fixture_folder folder;
	struct cm_store *store = make(&folder, "PRAGMA user_version");

	CU_ASSERT_EQUAL(cm_store_write(store, run, small, NULL), CM_OK);
	count_writes(true);
	CU_ASSERT_EQUAL(cm_store_write(store, run, small, NULL), CM_OK);
	CU_ASSERT_EQUAL(written, 1);
	count_writes(false);
	CU_ASSERT_EQUAL(fixture_file_integer(folder.db, "SELECT count(*) FROM page"), 24);
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

/* Another connection sees all of it, with the transaction in the log and when that is gone. */
static void check_large(const char *db)
{
	CU_ASSERT_EQUAL(fixture_file_integer(db, "SELECT count(*) FROM page"), 200);
	CU_ASSERT_EQUAL(
	    fixture_file_integer(
	        db,
	        "SELECT count(*) FROM page WHERE text = replace(hex(zeroblob(2000)), '0', '1')"),
	    100);
	CU_ASSERT_EQUAL(
	    fixture_file_integer(
	        db,
	        "SELECT count(*) FROM page WHERE text = replace(hex(zeroblob(2000)), '0', '2')"),
	    100);
	CU_ASSERT_EQUAL(fixture_file_integer(db,
	                                     "SELECT count(*) FROM pragma_integrity_check WHERE "
	                                     "integrity_check = 'ok'"),
	                1);
}

static void test_large(void)
{
	/* With a cache of ten pages most of them are written before the end, some more than once.
	 */
	static const char *const pragmas[] = {"PRAGMA cache_size = 1000", "PRAGMA cache_size = 10",
	                                      "PRAGMA synchronous = OFF"};

	for (size_t i = 0; i < COUNT_OF(pragmas); i++) {
		struct fixture_folder folder;
		struct cm_store *store = make(&folder, pragmas[i]);

		CU_ASSERT_EQUAL(cm_store_write(store, run, large, NULL), CM_OK);
		check_large(folder.db);
		cm_store_close(store);
		check_large(folder.db);
		fixture_folder_remove(&folder);
	}
}

static enum cm_status fail_late(struct cm_store *store, void *arg, struct cm_err *err)
{
	enum cm_status rc = run(store, arg, err);

	return rc == CM_OK ? cm_err_set(err, CM_FORBIDDEN, "no") : rc;
}

/* What was rolled back is not found in the log later, when another has written there. */
static void test_rolled_back(void)
{
	struct fixture_folder folder;
	struct cm_store *store = make(&folder, "PRAGMA cache_size = 10"), *other = NULL;

	CU_ASSERT_EQUAL_FATAL(cm_store_open(folder.db, false, &other, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, fail_late, large, NULL), CM_FORBIDDEN);
	CU_ASSERT_EQUAL(cm_store_write(other, run, small, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write(store, run, small, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_file_integer(folder.db, "SELECT count(*) FROM page"), 24);
	cm_store_close(other);
	cm_store_close(store);
	CU_ASSERT_EQUAL(fixture_file_integer(folder.db,
	                                     "SELECT count(*) FROM pragma_integrity_check WHERE "
	                                     "integrity_check = 'ok'"),
	                1);
	fixture_folder_remove(&folder);
}

/* A constraint that is checked at COMMIT, which fails, and leaves nothing. */
static void test_failed_commit(void)
{
	static char orphan[] = "PRAGMA defer_foreign_keys = ON;"
	                       "INSERT INTO consent VALUES (7, 7, '', 1);"
	                       "INSERT INTO page VALUES (1000, 'gone')";
	struct fixture_folder folder;
	struct cm_store *store = make(&folder, "PRAGMA user_version");

	CU_ASSERT_EQUAL(cm_store_write(store, run, orphan, NULL), CM_CONFLICT);
	CU_ASSERT_EQUAL(cm_store_write(store, run, small, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_file_integer(folder.db, "SELECT count(*) FROM page"), 12);
	CU_ASSERT_EQUAL(fixture_file_integer(folder.db, "SELECT count(*) FROM consent"), 0);
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

/* As when a process is killed right after it answered. */
static void test_ends_at_once(void)
{
	struct fixture_folder folder;
	struct cm_store *store;
	int status = 0, ends[2];
	char done = 0;
	pid_t pid;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		store = NULL;
		if (cm_store_open(folder.db, true, &store, NULL) != CM_OK ||
		    !fixture_sql(store, "CREATE TABLE page (n INTEGER PRIMARY KEY, text TEXT)") ||
		    cm_store_write(store, run, large, NULL) != CM_OK || write(ends[1], "!", 1) != 1)
			_exit(1);
		(void)pause();
	}
	(void)close(ends[1]);
	CU_ASSERT_EQUAL(read(ends[0], &done, 1), 1);
	(void)close(ends[0]);
	(void)kill(pid, SIGKILL);
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFSIGNALED(status));
	check_large(folder.db);
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"a transaction goes into the log in one write", test_one_write},
    {"a transaction of more pages than are held back is whole", test_large},
    {"what was rolled back stays gone", test_rolled_back},
    {"a commit that fails leaves nothing", test_failed_commit},
    {"what was committed is there when the process ends at once", test_ends_at_once},
};

CM_SUITE(cm_suite_store_vfs, "store/vfs", tests);

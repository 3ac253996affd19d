#include "store/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/fixture_store.h"
#include "store/journal.h"
#include "store/setting.h"
#include "suite.h"

static struct fixture_folder folder;

/* A database of this program, closed. */
static void make(void)
{
	struct cm_store *store = NULL;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL_FATAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	fixture_organization(store, "one");
	cm_store_close(store);
}

static struct cm_inspection see(const char *path)
{
	struct cm_inspection seen;

	cm_inspect_file(path, &seen);
	return seen;
}

static struct cm_store *open_it(void)
{
	struct cm_inspection seen = see(folder.db);
	struct cm_store *store = NULL;

	CU_ASSERT_EQUAL_FATAL(cm_inspect_open(folder.db, &seen, &store, NULL), CM_OK);
	return store;
}

static void test_file(void)
{
	struct cm_inspection seen;

	make();
	seen = see(folder.db);
	CU_ASSERT_EQUAL(seen.kind, CM_INSPECT_DATABASE);
	CU_ASSERT_TRUE(seen.wal_mode);
	CU_ASSERT_TRUE(seen.size > 0);
	CU_ASSERT_EQUAL(seen.size, seen.declared_size);
	CU_ASSERT_EQUAL(seen.wal_size, -1);
	CU_ASSERT_EQUAL(seen.shm_size, -1);
	CU_ASSERT_EQUAL(seen.journal_size, -1);
	CU_ASSERT_FALSE(cm_inspect_lost_wal(&seen));
	CU_ASSERT_EQUAL(truncate(folder.db, 4096), 0);
	seen = see(folder.db);
	CU_ASSERT_EQUAL(seen.size, 4096);
	CU_ASSERT_TRUE(seen.declared_size > 4096);
	fixture_folder_remove(&folder);
}

static void test_kinds(void)
{
	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(see(folder.db).kind, CM_INSPECT_MISSING);
	CU_ASSERT_EQUAL(see("/dev/null/x").kind, CM_INSPECT_MISSING);
	CU_ASSERT_EQUAL(see(folder.folder).kind, CM_INSPECT_IRREGULAR);
	fixture_file_write(folder.db, "", 0);
	CU_ASSERT_EQUAL(see(folder.db).kind, CM_INSPECT_EMPTY);
	fixture_file_write(folder.db, "SQLite format 3", 16);
	CU_ASSERT_EQUAL(see(folder.db).kind, CM_INSPECT_NO_DATABASE);
	fixture_folder_remove(&folder);
}

static void test_lost_wal(void)
{
	struct cm_inspection seen = {.wal_mode = true, .wal_size = -1, .shm_size = 32768};

	CU_ASSERT_TRUE(cm_inspect_lost_wal(&seen));
	seen.wal_mode = false;
	CU_ASSERT_FALSE(cm_inspect_lost_wal(&seen));
	seen = (struct cm_inspection){.wal_mode = true, .wal_size = 0, .shm_size = 32768};
	CU_ASSERT_FALSE(cm_inspect_lost_wal(&seen));
}

static void test_reads_alone(void)
{
	struct cm_store *store;
	struct stat before, after;
	struct cm_err err = {0};
	int schema = 0;

	make();
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, "PRAGMA user_version = 1"));
	CU_ASSERT_EQUAL(stat(folder.db, &before), 0);
	store = open_it();
	CU_ASSERT_EQUAL(cm_store_schema(store, &schema, NULL), CM_OK);
	CU_ASSERT_EQUAL(schema, 1);
	CU_ASSERT_FALSE(fixture_sql(store, "DELETE FROM organization"));
	cm_store_close(store);
	CU_ASSERT_EQUAL(stat(folder.db, &after), 0);
	CU_ASSERT_EQUAL(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	CU_ASSERT_EQUAL(see(folder.db).wal_size, -1);
	CU_ASSERT_EQUAL(see(folder.db).shm_size, -1);
	CU_ASSERT_TRUE(fixture_file_sql(folder.db, "PRAGMA application_id = 1"));
	CU_ASSERT_EQUAL(
	    cm_inspect_open(folder.db, &(struct cm_inspection){.wal_size = -1}, &store, &err),
	    CM_STORE);
	CU_ASSERT_PTR_NULL(store);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "another program"));
	fixture_folder_remove(&folder);
}

static void test_integrity(void)
{
	struct cm_buf problems = {0};
	struct cm_store *store;

	make();
	store = open_it();
	CU_ASSERT_EQUAL(cm_inspect_integrity(store, &problems, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&problems), "");
	cm_store_close(store);
	CU_ASSERT_TRUE(fixture_file_sql(
	    folder.db, "PRAGMA foreign_keys = OFF; INSERT INTO consent (user_id, application_id, "
	               "scope, granted_at_s) VALUES (1, 2, '', 3)"));
	store = open_it();
	CU_ASSERT_EQUAL(cm_inspect_integrity(store, &problems, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&problems),
	                       "A row of consent refers to one that is not there. "
	                       "A row of consent refers to one that is not there.");
	cm_buf_clear(&problems);
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static void test_newest(void)
{
	struct cm_store *store = fixture_store();
	int64_t at_s = 9;
	char what[32];
	bool set = true;

	CU_ASSERT_EQUAL(cm_inspect_newest(store, &at_s, what, NULL), CM_OK);
	CU_ASSERT_EQUAL(at_s, 0);
	CU_ASSERT_TRUE(fixture_sql(
	    store, "INSERT INTO signing_key VALUES ('k', 'RS256', 'x', 'x', 'x', 500, NULL)"));
	CU_ASSERT_EQUAL(cm_inspect_newest(store, &at_s, what, NULL), CM_OK);
	CU_ASSERT_EQUAL(at_s, 500);
	CU_ASSERT_STRING_EQUAL(what, "signing key");
	CU_ASSERT_EQUAL(cm_inspect_setting(store, "issuer", &set, NULL), CM_OK);
	CU_ASSERT_FALSE(set);
	CU_ASSERT_TRUE(fixture_sql(store, "INSERT INTO setting VALUES ('issuer', 'x', 0)"));
	CU_ASSERT_EQUAL(cm_inspect_setting(store, "issuer", &set, NULL), CM_OK);
	CU_ASSERT_TRUE(set);
	cm_store_close(store);
}

/* Locks are of processes, so another one has to hold it. */
static void test_lock(void)
{
	int ready[2], done[2];
	char byte;
	pid_t pid;

	make();
	CU_ASSERT_EQUAL(cm_inspect_lock_holder(folder.db), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(ready) | pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(folder.db, O_RDWR | O_CLOEXEC);
		struct flock lock = {.l_type = F_WRLCK, .l_start = 0x40000001, .l_len = 1};

		close(done[1]);
		_exit(fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "x", 1) != 1 ||
		      read(done[0], &byte, 1) != 0);
	}
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(cm_inspect_lock_holder(folder.db), pid);
	close(done[1]);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
	CU_ASSERT_EQUAL(cm_inspect_lock_holder(folder.db), 0);
	close(ready[0]);
	close(ready[1]);
	close(done[0]);
	fixture_folder_remove(&folder);
}

static enum cm_status add(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_setting_set(store, "issuer", arg, err);
}

/* Another process has the database open until its pipe is closed. */
static pid_t use(int ready[2], int done[2])
{
	static char issuer[] = "https://late.example";
	struct cm_store *store = NULL;
	char byte;
	pid_t pid = fork();

	if (pid == 0) {
		close(done[1]);
		if (cm_store_open(folder.db, false, &store, NULL) != CM_OK ||
		    cm_store_write(store, add, issuer, NULL) != CM_OK ||
		    write(ready[1], "x", 1) != 1 || read(done[0], &byte, 1) != 0)
			_exit(1);
		cm_store_close(store);
		_exit(0);
	}
	/* What it has not written by its end, nobody will. */
	close(ready[1]);
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	return pid;
}

static void delete (const char *suffix)
{
	char name[120];

	snprintf(name, sizeof name, "%s%s", folder.db, suffix);
	CU_ASSERT_EQUAL(unlink(name), 0);
}

/* Two logs of one file would overwrite each other's pages. */
static void test_cut_off(void)
{
	static const char *const gone[][2] = {{"-wal", NULL}, {"-shm", NULL}, {"-wal", "-shm"}};

	for (size_t i = 0; i < COUNT_OF(gone); i++) {
		struct cm_store *store = NULL;
		struct cm_err err = {0};
		struct cm_inspection seen;
		int ready[2], done[2], status = 1;
		pid_t pid;

		make();
		CU_ASSERT_EQUAL_FATAL(pipe(ready) | pipe(done), 0);
		pid = use(ready, done);
		CU_ASSERT_FALSE(cm_inspect_is_cut_off(folder.db));
		for (size_t j = 0; j < COUNT_OF(gone[i]) && gone[i][j] != NULL; j++)
			delete (gone[i][j]);
		CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &store, &err), CM_STORE);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "was deleted while"));
		cm_store_close(store);
		cm_inspect_file(folder.db, &seen);
		ASSERT_ROW(gone[i][0], seen.wal_size < 0 || seen.shm_size < 0);
		close(done[1]);
		CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
		CU_ASSERT_EQUAL(status, 0);
		CU_ASSERT_EQUAL(fixture_file_integer(folder.db,
		                                     "SELECT count(*) FROM setting WHERE value = "
		                                     "'https://late.example'"),
		                1);
		close(ready[0]);
		close(done[0]);
		fixture_folder_remove(&folder);
	}
}

static void test_journal(void)
{
	make();
	CU_ASSERT_FALSE(cm_journal_on_network(folder.db));
	CU_ASSERT_TRUE(cm_journal_shares_memory(folder.db));
	CU_ASSERT_PTR_NULL(cm_journal_why_no_wal(folder.db));
	/* What can't be found out counts as good. */
	CU_ASSERT_PTR_NULL(cm_journal_why_no_wal("/nonexistent/casement.db"));
	CU_ASSERT_FALSE(cm_journal_on_network("/nonexistent/casement.db"));
	CU_ASSERT_PTR_NULL(cm_journal_why_no_wal("/proc/version"));
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"a file says what it is and how long it should be", test_file},
    {"what is no database is told apart", test_kinds},
    {"a -shm without its -wal is noticed", test_lost_wal},
    {"opening to look changes nothing and makes no file", test_reads_alone},
    {"a row that refers to nothing is damage", test_integrity},
    {"the newest row and a setting's row are found", test_newest},
    {"who holds the lock is told", test_lock},
    {"nobody opens what others use whose log was deleted", test_cut_off},
    {"a write-ahead log is possible where nothing speaks against it", test_journal},
};

CM_SUITE(cm_suite_store_inspect, "store/inspect", tests);

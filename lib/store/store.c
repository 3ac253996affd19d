#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "store/inspect.h"
#include "store/journal.h"
#include "store/query.h"
#include "store/transaction.h"
#include "store/vfs.h"

struct cm_store {
	sqlite3 *db;
	char *path; /* NULL for a store without a file */
	dev_t device;
	ino_t inode;
	bool reads_alone;
	bool reading;                           /* cm_store_read_begin() */
	sqlite3_stmt *statement[CM_STMT_COUNT]; /* NULL until first used */
	struct cm_transaction transaction;
};

struct sqlite3 *cm_store_db(struct cm_store *store)
{
	return store->db;
}

struct cm_transaction *cm_store_transaction(struct cm_store *store)
{
	return &store->transaction;
}

enum cm_status cm_store_statement(struct cm_store *store, enum cm_stmt id,
                                  struct sqlite3_stmt **out, struct cm_err *err)
{
	sqlite3_stmt **slot = &store->statement[id];
	int code = SQLITE_OK;

	*out = NULL;
	if (store->transaction.working && cm_transaction_check(store, err) != CM_OK)
		return CM_STORE;
	if (*slot == NULL)
		code = sqlite3_prepare_v3(store->db, cm_sql_statement[id], -1,
		                          SQLITE_PREPARE_PERSISTENT, slot, NULL);
	*out = *slot;
	return code == SQLITE_OK ? CM_OK : cm_query_fault(store->db, code, err);
}

static enum cm_status exec(struct cm_store *store, const char *sql, struct cm_err *err)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? CM_OK : cm_query_fault(store->db, code, err);
}

/* One integer from a PRAGMA or a SELECT that runs only while the store opens. */
static enum cm_status scalar(struct cm_store *store, const char *sql, int *out, struct cm_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	*out = code == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? CM_OK : cm_query_fault(store->db, code, err);
}

int cm_store_schema_known(void)
{
	return CM_SQL_MIGRATIONS;
}

enum cm_status cm_store_schema(struct cm_store *store, int *out, struct cm_err *err)
{
	struct cm_query q;

	*out = 0;
	cm_query_begin(&q, store, CM_STMT_SCHEMA, err);
	if (cm_query_row(&q))
		*out = (int)cm_query_column_integer(&q, 0);
	return cm_query_end(&q);
}

/* Refuse what is not ours. */
static enum cm_status check_owner(struct cm_store *store, int *schema, struct cm_err *err)
{
	enum cm_status rc;
	int id = 0, tables = 0;

	if ((rc = scalar(store, "PRAGMA application_id", &id, err)) != CM_OK ||
	    (rc = cm_store_schema(store, schema, err)) != CM_OK ||
	    (rc = scalar(store, "SELECT count(*) FROM sqlite_schema", &tables, err)) != CM_OK)
		return rc;
	if (id != CM_APPLICATION_ID && (id != 0 || *schema != 0 || tables != 0))
		return cm_err_set(err, CM_STORE, "the file is a database of another program");
	return CM_OK;
}

/* The same, and of a later version, before anything is written. */
static enum cm_status check_file(struct cm_store *store, int *schema, struct cm_err *err)
{
	enum cm_status rc = check_owner(store, schema, err);

	if (rc == CM_OK && *schema > CM_SQL_MIGRATIONS)
		return cm_query_outdated(*schema, err);
	return rc;
}

static enum cm_status migrate_all(struct cm_store *store, void *arg, struct cm_err *err)
{
	char pragma[120];
	enum cm_status rc;
	int schema = 0;

	(void)arg;
	/* Again, now with the write lock: another process may have been faster. */
	rc = check_file(store, &schema, err);
	for (; rc == CM_OK && schema < CM_SQL_MIGRATIONS; schema++)
		rc = exec(store, cm_sql_migration[schema], err);
	snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d",
	         CM_APPLICATION_ID, CM_SQL_MIGRATIONS);
	return rc == CM_OK ? exec(store, pragma, err) : rc;
}

/*
 * Before SQLite is first used: a process has one thread, so that nothing needs a mutex; nobody asks
 * how much memory SQLite has; and what undoes a savepoint stays in memory while it is no more than
 * SQLite can put into a file at once (128 KiB).  Once only; refused later, and then no worse.
 */
static void set_up_library(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, 29 * 4096);
}

static void configure(struct cm_store *store)
{
	sqlite3 *db = store->db;

	cm_wal_init(&store->transaction.wal, db);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

static enum cm_status connect_file(struct cm_store *store, const char *path, int flags,
                                   struct cm_err *err)
{
	int code;

	set_up_library();
	code = sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, cm_vfs_name());
	if (code != SQLITE_OK)
		return cm_err_set(err, CM_STORE, "can't open the database %s: %s", path,
		                  sqlite3_errstr(code));
	configure(store);
	return CM_OK;
}

static bool has_wal(struct cm_store *store)
{
	sqlite3_stmt *stmt = NULL;
	bool wal = false;

	if (sqlite3_prepare_v2(store->db, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		wal = strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
	sqlite3_finalize(stmt);
	return wal;
}

/*
 * The file came with a write-ahead log to a file system that has no shared memory.  Alone with it,
 * SQLite needs none, and can go over to a rollback journal.
 */
static enum cm_status leave_wal(struct cm_store *store, const char *path, int *schema,
                                struct cm_err *err)
{
	enum cm_status rc;

	sqlite3_close(store->db);
	store->db = NULL;
	if ((rc = connect_file(store, path, SQLITE_OPEN_READWRITE, err)) != CM_OK ||
	    (rc = exec(store, "PRAGMA locking_mode = EXCLUSIVE", err)) != CM_OK ||
	    (rc = check_file(store, schema, err)) != CM_OK ||
	    (rc = exec(store, "PRAGMA journal_mode = TRUNCATE", err)) != CM_OK)
		return rc;
	/* The lock goes with the next read. */
	return exec(store, "PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema", err);
}

/*
 * A write-ahead log, or a rollback journal where that is not possible: TRUNCATE, which unlike
 * DELETE has the end of a transaction on disk before it is acknowledged.
 */
static enum cm_status set_journal(struct cm_store *store, const char *path, struct cm_err *err)
{
	bool wal = has_wal(store);

	if (wal && cm_journal_on_network(path)) {
		/* Not while others use the log; the next one to open the file tries again. */
		(void)exec(store, "PRAGMA journal_mode = TRUNCATE", NULL);
		return CM_OK;
	}
	if (wal)
		return CM_OK;
	return exec(store,
	            cm_journal_why_no_wal(path) == NULL ? "PRAGMA journal_mode = WAL"
	                                                : "PRAGMA journal_mode = TRUNCATE",
	            err);
}

static enum cm_status set_up(struct cm_store *store, const char *path, bool create,
                             struct cm_err *err)
{
	struct cm_err first = {0};
	enum cm_status rc;
	int schema = 0;

	rc = check_file(store, &schema, &first);
	if (rc == CM_OK && schema == 0 && !create)
		return cm_err_set(err, CM_STORE, "the file is empty: it holds no database");
	if (rc == CM_OK)
		rc = set_journal(store, path, err);
	else if (rc == CM_STORE && !cm_journal_shares_memory(path))
		rc = leave_wal(store, path, &schema, err);
	else
		return cm_err_set(err, rc, "%s", first.text);
	if (rc == CM_OK)
		rc = exec(store, "PRAGMA synchronous = FULL", err);
	if (rc == CM_OK && schema < CM_SQL_MIGRATIONS)
		rc = cm_store_write(store, migrate_all, NULL, err);
	return rc;
}

/* SQLite would make the file with the umask's mode; -wal and -shm take over the file's own. */
static enum cm_status create_file(const char *path, struct cm_err *err)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return cm_err_set(err, CM_STORE, "can't create %s: %s", path, strerror(errno));
	close(fd);
	return CM_OK;
}

/*
 * Before it is opened: where another file takes its name meanwhile, the store is not current, and
 * is opened anew.  Afterwards the other file would be taken for the open one.
 */
static enum cm_status remember_file(struct cm_store *store, const char *path, struct cm_err *err)
{
	struct stat st;

	store->path = strdup(path);
	if (store->path == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	/* Why there is none is told when it can't be opened. */
	if (stat(path, &st) == 0) {
		store->device = st.st_dev;
		store->inode = st.st_ino;
	}
	return CM_OK;
}

bool cm_store_is_current(const struct cm_store *store)
{
	struct stat st;

	if (store->path == NULL)
		return true;
	if (store->reads_alone && access(store->path, W_OK) == 0)
		return false;
	return stat(store->path, &st) == 0 && st.st_dev == store->device &&
	       st.st_ino == store->inode && st.st_size > 0;
}

static int64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

void cm_store_size(const struct cm_store *store, int64_t *file, int64_t *wal)
{
	const char *path = store == NULL ? NULL : store->path;

	*file = path == NULL ? 0 : size_of(path);
	*wal = path == NULL ? 0
	                    : size_of(sqlite3_filename_wal(sqlite3_db_filename(store->db, "main")));
}

enum cm_status cm_store_open(const char *path, bool create, struct cm_store **out,
                             struct cm_err *err)
{
	struct cm_store *store = calloc(1, sizeof *store);
	bool memory = strcmp(path, ":memory:") == 0;
	enum cm_status rc = CM_OK;

	*out = NULL;
	if (store == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	if (create && !memory)
		rc = create_file(path, err);
	if (rc == CM_OK && !memory)
		rc = cm_inspect_check_log(path, err);
	if (rc == CM_OK && !memory)
		rc = remember_file(store, path, err);
	if (rc != CM_OK)
		goto out;
	rc = connect_file(store, path, SQLITE_OPEN_READWRITE | (memory ? SQLITE_OPEN_CREATE : 0),
	                  err);
	if (rc == CM_OK)
		rc = set_up(store, path, create || memory, err);
	/* SQLite reads a file that it could not open for writing, and never tries again. */
	store->reads_alone = rc == CM_OK && sqlite3_db_readonly(store->db, "main") == 1;
out:
	if (rc == CM_OK)
		*out = store;
	else
		cm_store_close(store);
	return rc;
}

/* A path as a URI (RFC 8089), for the parameters that only a URI can have. */
static void put_uri(struct cm_buf *out, const char *path, bool still)
{
	cm_buf_puts(out, *path == '/' ? "file://" : "file:");
	for (; *path != '\0'; path++) {
		if (strchr("%?#", *path) != NULL)
			cm_buf_printf(out, "%%%02X", (unsigned)*path);
		else
			cm_buf_add(out, path, 1);
	}
	cm_buf_puts(out, still ? "?immutable=1" : "");
}

enum cm_status cm_store_open_reading(const char *path, bool still, struct cm_store **out,
                                     struct cm_err *err)
{
	struct cm_store *store = calloc(1, sizeof *store);
	struct cm_buf uri = {0};
	enum cm_status rc;
	int schema = 0;

	*out = NULL;
	if (store == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	put_uri(&uri, path, still);
	if ((rc = cm_buf_status(&uri, err)) == CM_OK &&
	    (rc = connect_file(store, cm_buf_str(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
	                       err)) == CM_OK)
		rc = check_owner(store, &schema, err);
	cm_buf_clear(&uri);
	if (rc == CM_OK)
		*out = store;
	else
		cm_store_close(store);
	return rc;
}

void cm_store_close(struct cm_store *store)
{
	if (store == NULL)
		return;
	cm_transaction_clear(&store->transaction);
	for (size_t i = 0; i < CM_STMT_COUNT; i++)
		sqlite3_finalize(store->statement[i]);
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

/* SQLite keeps the lock and the snapshot of a statement that has not come to its end. */
enum cm_status cm_store_read_begin(struct cm_store *store, int64_t *version, struct cm_err *err)
{
	struct cm_query q;

	cm_store_read_end(store);
	cm_query_begin(&q, store, CM_STMT_DATA_VERSION, err);
	if (cm_query_row(&q))
		*version = cm_query_column_integer(&q, 0);
	store->reading = q.rc == CM_OK;
	return store->reading ? CM_OK : cm_query_end(&q);
}

void cm_store_read_end(struct cm_store *store)
{
	/* What it could report was reported when it ran. */
	(void)sqlite3_reset(store->statement[CM_STMT_DATA_VERSION]);
	store->reading = false;
}

int cm_store_changes(const struct cm_store *store)
{
	return sqlite3_total_changes(store->db);
}

bool cm_store_is_reading(const struct cm_store *store)
{
	return store->reading || cm_store_is_writing(store);
}

bool cm_store_is_writing(const struct cm_store *store)
{
	return sqlite3_get_autocommit(store->db) == 0;
}

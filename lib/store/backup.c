#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/inspect.h"
#include "store/query.h"

enum { LOCK_TIMEOUT_MS = 10000, HEADER = 100, APPLICATION_ID_AT = 68 };

/* What SQLite and we keep beside a database. */
static const char *const beside[] = {"-wal", "-shm", "-journal", "-metrics"};

/* --- files --- */

static enum cm_status join(const char *path, const char *suffix, char out[PATH_MAX],
                           struct cm_err *err)
{
	size_t len = strlen(path);

	/* Room for the names that SQLite adds. */
	if (len == 0 || len + strlen(suffix) + 16 >= PATH_MAX)
		return cm_err_set(err, CM_INPUT, "a file needs a name, of less than %d bytes",
		                  PATH_MAX - 32);
	snprintf(out, PATH_MAX, "%s%s", path, suffix);
	return CM_OK;
}

static void remove_beside(const char *path)
{
	char name[PATH_MAX + 16];

	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		snprintf(name, sizeof name, "%s%s", path, beside[i]);
		(void)unlink(name);
	}
}

/* Whether a file of so many first bytes may be lost: it is empty, or a database of ours. */
static bool is_database(const unsigned char *header, ssize_t got)
{
	const unsigned char *id = header + APPLICATION_ID_AT;

	return got == 0 || (got == HEADER && ((unsigned)id[0] << 24 | (unsigned)id[1] << 16 |
	                                      (unsigned)id[2] << 8 | id[3]) == CM_APPLICATION_ID);
}

/*
 * Whether a process of this user left the file when it was killed, perhaps before it had written
 * the first page.  What somebody else made, or can reach by another name, must get no secrets.
 */
static bool is_left_over(int fd, const struct stat *st)
{
	static const unsigned char nothing[HEADER];
	unsigned char header[HEADER] = {0};
	ssize_t got = pread(fd, header, sizeof header, 0);

	return S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_nlink == 1 &&
	       (is_database(header, got) ||
	        (got == HEADER && memcmp(header, nothing, HEADER) == 0));
}

/*
 * Make an empty file for us alone, or take one that a process left which was killed.  The lock goes
 * with the descriptor, or with the process.
 */
static enum cm_status take_file(const char *path, int *out, struct cm_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool made = fd >= 0;
	struct stat mine, there;
	enum cm_status rc = CM_OK;

	*out = -1;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return cm_err_set(err, CM_STORE, "can't write %.300s: %s", path, strerror(errno));
	/* Whoever had the lock may have given the file its name meanwhile, or removed it. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &mine) != 0 || stat(path, &there) != 0 ||
	    mine.st_dev != there.st_dev || mine.st_ino != there.st_ino)
		rc = cm_err_set(err, CM_BUSY, "%.300s is being written by another process", path);
	/* Some file systems give what this user makes to another. */
	else if (!made && !is_left_over(fd, &mine))
		rc = cm_err_set(err, CM_INPUT,
		                "%.300s is there, and this user did not begin it: move it away",
		                path);
	else if (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0)
		rc = cm_err_set(err, CM_STORE, "can't write %.300s: %s", path, strerror(errno));
	if (rc != CM_OK) {
		close(fd);
		return rc;
	}
	remove_beside(path);
	*out = fd;
	return CM_OK;
}

static bool is_same(const char *path, const struct stat *wanted)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
}

static bool is_same_file(const char *path, const char *other)
{
	struct stat st;

	return stat(path, &st) == 0 && is_same(other, &st);
}

/* Whether a name is the database's own or one that is used beside it, there or not. */
static bool belongs_to(const char *database, const char *path)
{
	char own[PATH_MAX], other[PATH_MAX], copy[PATH_MAX];
	size_t len;
	bool same;

	if (is_same_file(database, path))
		return true;
	snprintf(own, sizeof own, "%s", database);
	snprintf(other, sizeof other, "%s", path);
	if (!is_same_file(dirname(own), dirname(other)))
		return false;
	snprintf(copy, sizeof copy, "%s", database);
	snprintf(own, sizeof own, "%s", basename(copy));
	snprintf(copy, sizeof copy, "%s", path);
	snprintf(other, sizeof other, "%s", basename(copy));
	len = strlen(own);
	same = strcmp(own, other) == 0;
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		same =
		    same || (strncmp(own, other, len) == 0 && strcmp(other + len, beside[i]) == 0);
	return same;
}

static bool may_replace(const char *path)
{
	unsigned char header[HEADER] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, header, sizeof header);

	if (fd >= 0)
		close(fd);
	return is_database(header, got);
}

static enum cm_status check_target(const char *database, const char *path, struct cm_err *err)
{
	struct stat st;

	if (belongs_to(database, path))
		return cm_err_set(err, CM_INPUT, "%.300s is the database itself, or one of its own",
		                  path);
	if (lstat(path, &st) != 0)
		return CM_OK;
	if (!S_ISREG(st.st_mode))
		return cm_err_set(err, CM_INPUT, "%.300s is there and no regular file", path);
	if (!may_replace(path))
		return cm_err_set(err, CM_INPUT,
		                  "%.300s is there and no backup, so it is not replaced", path);
	return CM_OK;
}

/* Give a file that is whole its name, so that the disk has both. */
static enum cm_status publish(int fd, const char *from, const char *to, struct cm_err *err)
{
	char copy[PATH_MAX];
	int folder = -1;
	bool ok = fsync(fd) == 0 && rename(from, to) == 0;

	if (ok) {
		snprintf(copy, sizeof copy, "%s", to);
		folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ok = folder >= 0 && fsync(folder) == 0;
	}
	if (!ok)
		cm_err_set(err, CM_STORE, "can't write %.300s: %s", to, strerror(errno));
	if (folder >= 0)
		close(folder);
	return ok ? CM_OK : CM_STORE;
}

/* --- backup --- */

enum cm_status cm_store_backup(struct cm_store *store, const char *path, struct cm_err *err)
{
	char fresh[PATH_MAX];
	struct cm_query q;
	enum cm_status rc;
	int fd = -1;

	if ((rc = join(path, ".part", fresh, err)) != CM_OK ||
	    (rc = check_target(sqlite3_db_filename(cm_store_db(store), "main"), path, err)) !=
	        CM_OK ||
	    (rc = take_file(fresh, &fd, err)) != CM_OK)
		return rc;
	/* VACUUM reads one state of the file, stops no writer, and leaves out what was deleted. */
	cm_query_begin(&q, store, CM_STMT_BACKUP, err);
	cm_query_text(&q, ":path", fresh);
	rc = cm_query_finish(&q);
	if (rc == CM_OK)
		rc = publish(fd, fresh, path, err);
	if (rc != CM_OK)
		(void)unlink(fresh);
	remove_beside(fresh);
	close(fd);
	return rc;
}

/* --- restore --- */

static enum cm_status open_file(const char *path, int flags, sqlite3 **out, struct cm_err *err)
{
	int code = sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return cm_err_set(err, CM_STORE, "can't open %.300s: %s", path,
		                  sqlite3_errstr(code));
	sqlite3_extended_result_codes(*out, 1);
	sqlite3_busy_timeout(*out, LOCK_TIMEOUT_MS);
	return CM_OK;
}

/* An integer that a PRAGMA gives, -1 when it gives none. */
static int ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int value = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

/* Copy all pages, as one transaction of the database that they go to. */
static enum cm_status copy_pages(sqlite3 *from, sqlite3 *to, struct cm_err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code;

	if (backup == NULL)
		return cm_query_fault(to, sqlite3_errcode(to), err);
	(void)sqlite3_backup_step(backup, -1);
	code = sqlite3_backup_finish(backup);
	return code == SQLITE_OK ? CM_OK : cm_query_fault(NULL, code, err);
}

/* What can be said of a copy before anything is made of it. */
static enum cm_status check_copy(sqlite3 *db, struct cm_err *err)
{
	int id = ask(db, "PRAGMA application_id"), schema = ask(db, "PRAGMA user_version");

	if (id != CM_APPLICATION_ID)
		return cm_err_set(err, CM_INPUT, "no database of Casement: %s",
		                  id < 0 ? sqlite3_errmsg(db) : "another program made it");
	if (schema > CM_SQL_MIGRATIONS)
		return cm_err_set(err, CM_INPUT,
		                  "it has schema %d, this program knows %d: use a newer casement",
		                  schema, CM_SQL_MIGRATIONS);
	return CM_OK;
}

/* Read a copy into the file that is worked on: the copy itself is left as it is. */
static enum cm_status stage(const char *copy, const char *staged, struct cm_err *err)
{
	sqlite3 *from = NULL, *to = NULL;
	struct stat st;
	enum cm_status rc = CM_OK;

	if (stat(copy, &st) != 0)
		return cm_err_set(err, CM_NOT_FOUND, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return cm_err_set(err, CM_INPUT, "no regular file");
	if ((rc = open_file(copy, SQLITE_OPEN_READONLY, &from, err)) == CM_OK &&
	    (rc = check_copy(from, err)) == CM_OK &&
	    (rc = open_file(staged, SQLITE_OPEN_READWRITE, &to, err)) == CM_OK)
		rc = copy_pages(from, to, err);
	sqlite3_close(from);
	sqlite3_close(to);
	return rc;
}

/* Both checks list what is wrong, a row each; the first says "ok" when nothing is. */
static enum cm_status look_through(struct cm_store *store, struct cm_err *err)
{
	struct cm_err wrong = {0};
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_INTEGRITY, &wrong);
	while (cm_query_row(&q)) {
		const char *told = cm_query_column_text(&q, 0);

		if (told == NULL || strcmp(told, "ok") != 0)
			cm_err_set(&wrong, CM_INPUT, "%.200s", told == NULL ? "" : told);
	}
	(void)cm_query_end(&q);
	cm_query_begin(&q, store, CM_STMT_FOREIGN_KEYS, &wrong);
	while (cm_query_row(&q))
		cm_err_set(&wrong, CM_INPUT, "a row of %.100s refers to none",
		           cm_query_column_text(&q, 0));
	(void)cm_query_end(&q);
	return wrong.status == CM_OK ? CM_OK : cm_err_set(err, CM_INPUT, "%s", wrong.text);
}

/*
 * Whether nothing is there that could be written to: no file, an empty one, or one of ours in which
 * SQLite finds no database any more.
 */
static bool is_lost(const char *path)
{
	sqlite3 *db = NULL;
	struct stat st;
	bool lost;

	if (stat(path, &st) != 0 || st.st_size == 0)
		return true;
	lost = open_file(path, SQLITE_OPEN_READWRITE, &db, NULL) == CM_OK &&
	       ask(db, "PRAGMA application_id") < 0 &&
	       ((sqlite3_errcode(db) & 0xff) == SQLITE_CORRUPT ||
	        (sqlite3_errcode(db) & 0xff) == SQLITE_NOTADB);
	sqlite3_close(db);
	return lost && may_replace(path);
}

/* The database that is to be restored, whatever is in it, as long as it is one of ours. */
static enum cm_status open_target(const char *path, sqlite3 **out, struct cm_err *err)
{
	enum cm_status rc = open_file(path, SQLITE_OPEN_READWRITE, out, err);
	int id = rc == CM_OK ? ask(*out, "PRAGMA application_id") : 0;

	if (rc != CM_OK || id == CM_APPLICATION_ID)
		return rc;
	if (id >= 0)
		return cm_err_set(err, CM_STORE, "%.300s is a database of another program", path);
	return cm_err_set(
	    err, CM_STORE,
	    "%.200s can't be opened (%s): move it and its -wal away, then restore again", path,
	    sqlite3_errmsg(*out));
}

/*
 * Renaming a file over a database that is in use loses data: processes that have the old one open
 * go on writing to it, and a -wal that belongs to the old file would be applied to the new one.  So
 * the pages go through SQLite into the file that is there, as one transaction under the write lock.
 * Readers keep the state that they began with, writers wait for the lock, and every connection sees
 * the schema's cookie and the data version change, as after any other commit.
 */
static enum cm_status replace(struct cm_store *staged, const char *path, struct cm_err *err)
{
	sqlite3 *from = cm_store_db(staged), *to = NULL;
	enum cm_status rc = open_target(path, &to, err);

	if (rc == CM_OK && ask(from, "PRAGMA page_size") != ask(to, "PRAGMA page_size"))
		rc = cm_err_set(err, CM_INPUT, "the copy has pages of %d bytes, the database of %d",
		                ask(from, "PRAGMA page_size"), ask(to, "PRAGMA page_size"));
	if (rc == CM_OK)
		rc = copy_pages(from, to, err);
	/* All pages are in the -wal now.  Should a reader be in the way, later commits do this. */
	if (rc == CM_OK)
		(void)sqlite3_wal_checkpoint_v2(to, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_close(to);
	return rc;
}

/*
 * Who was the owner of the database, or has its folder, owns the new one too: for root, that is who
 * the server runs as.
 */
static bool give_to_owner(int fd, const char *path)
{
	struct stat st, mine;
	char copy[PATH_MAX];

	if (geteuid() != 0)
		return true;
	snprintf(copy, sizeof copy, "%s", path);
	if ((stat(path, &st) != 0 && stat(dirname(copy), &st) != 0) || fstat(fd, &mine) != 0)
		return false;
	return (mine.st_uid == st.st_uid && mine.st_gid == st.st_gid) ||
	       fchown(fd, st.st_uid, st.st_gid) == 0;
}

/* Where the database is lost, the file itself may go in its place, once it is whole. */
static enum cm_status put_in_place(const char *staged, int fd, const char *path, struct cm_err *err)
{
	char wal[PATH_MAX + 16];

	/* Closing writes the -wal into the file and removes it, unless the disk is full. */
	snprintf(wal, sizeof wal, "%s-wal", staged);
	if (access(wal, F_OK) == 0)
		return cm_err_set(err, CM_STORE, "can't write %.300s", staged);
	if (!give_to_owner(fd, path))
		return cm_err_set(err, CM_STORE, "can't give %.300s its owner: %s", staged,
		                  strerror(errno));
	remove_beside(path);
	return publish(fd, staged, path, err);
}

/* Make the copy one that can go in the place of the database. */
static enum cm_status prepare(const char *copy, const char *staged, struct cm_store **out,
                              struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc;

	if ((rc = stage(copy, staged, &why)) == CM_OK &&
	    (rc = cm_store_open(staged, false, out, &why)) == CM_OK)
		rc = look_through(*out, &why);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%.250s: %s", copy, why.text);
}

enum cm_status cm_store_restore(const char *path, const char *copy, cm_store_work *work, void *arg,
                                struct cm_err *err)
{
	struct cm_store *store = NULL;
	char staged[PATH_MAX], real[PATH_MAX];
	enum cm_status rc;
	bool lost;
	int fd = -1;

	/* A link stays one: SQLite keeps the other files beside what it leads to. */
	if (realpath(path, real) != NULL)
		path = real;
	if (is_same_file(path, copy))
		return cm_err_set(err, CM_INPUT, "%.300s is the database itself", copy);
	if ((rc = cm_inspect_check_log(path, err)) != CM_OK)
		return rc;
	if ((rc = join(path, ".restore", staged, err)) != CM_OK ||
	    (rc = take_file(staged, &fd, err)) != CM_OK)
		return rc;
	lost = is_lost(path);
	if ((rc = prepare(copy, staged, &store, err)) == CM_OK &&
	    (rc = cm_store_write(store, work, arg, err)) == CM_OK && !lost)
		rc = replace(store, path, err);
	cm_store_close(store);
	if (rc == CM_OK && lost)
		rc = put_in_place(staged, fd, path, err);
	remove_beside(staged);
	(void)unlink(staged);
	close(fd);
	return rc;
}

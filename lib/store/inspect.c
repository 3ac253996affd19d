#include "store/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/query.h"
#include "store/store.h"

/* Where things are in the first page (https://www.sqlite.org/fileformat2.html, section 1.3). */
enum {
	HEADER_BYTES = 100,
	AT_PAGE_SIZE = 16,
	AT_READ_VERSION = 19, /* 2: a write-ahead log */
	AT_CHANGE_COUNTER = 24,
	AT_PAGES = 28,
	AT_VERSION_VALID_FOR = 92
};

/* Bytes that SQLite locks: in -shm the one of a writer, in the file the ones of a rollback journal.
 */
enum { WAL_WRITER = 120, RESERVED_BYTE = 0x40000001, SHARED_FIRST = 0x40000002, SHARED_SIZE = 510 };

enum { PROBLEMS_MAX = 5 };

enum { CUT_OFF_LOOKS = 500, CUT_OFF_WAIT_NS = 500000000 };

static uint32_t big_endian(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void read_header(int fd, struct cm_inspection *out)
{
	unsigned char head[HEADER_BYTES] = {0};
	uint32_t page_size;
	ssize_t got = pread(fd, head, sizeof head, 0);

	out->kind = CM_INSPECT_NO_DATABASE;
	if (got < 0) {
		out->kind = CM_INSPECT_UNREADABLE;
		out->error = errno;
	}
	if (got < HEADER_BYTES || memcmp(head, "SQLite format 3", 16) != 0)
		return;
	out->kind = CM_INSPECT_DATABASE;
	page_size = (uint32_t)head[AT_PAGE_SIZE] << 8 | head[AT_PAGE_SIZE + 1];
	out->wal_mode = head[AT_READ_VERSION] == 2;
	/* The count of pages is good only when the writer of the last change knew of it. */
	if (big_endian(head + AT_CHANGE_COUNTER) == big_endian(head + AT_VERSION_VALID_FOR))
		out->declared_size =
		    (int64_t)big_endian(head + AT_PAGES) * (page_size == 1 ? 65536 : page_size);
}

static int64_t size_beside(const char *path, const char *suffix)
{
	char name[PATH_MAX + 16];
	struct stat st;

	snprintf(name, sizeof name, "%s%s", path, suffix);
	return stat(name, &st) == 0 ? (int64_t)st.st_size : -1;
}

void cm_inspect_file(const char *path, struct cm_inspection *out)
{
	struct stat st;
	int fd;

	*out = (struct cm_inspection){.kind = CM_INSPECT_UNREADABLE, .size = -1};
	out->wal_size = size_beside(path, "-wal");
	out->shm_size = size_beside(path, "-shm");
	out->journal_size = size_beside(path, "-journal");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		out->error = errno;
		if (errno == ENOENT || errno == ENOTDIR)
			out->kind = CM_INSPECT_MISSING;
		return;
	}
	if (fstat(fd, &st) != 0)
		out->error = errno;
	else if (!S_ISREG(st.st_mode))
		out->kind = CM_INSPECT_IRREGULAR;
	else if ((out->size = st.st_size) == 0)
		out->kind = CM_INSPECT_EMPTY;
	else
		read_header(fd, out);
	close(fd);
}

bool cm_inspect_lost_wal(const struct cm_inspection *seen)
{
	return seen->wal_mode && seen->wal_size < 0 && seen->shm_size >= 0;
}

static pid_t holder(const char *path, const char *suffix, short type, off_t at, off_t len)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = len};
	char name[PATH_MAX + 16];
	pid_t pid = 0;
	int fd;

	snprintf(name, sizeof name, "%s%s", path, suffix);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		pid = lock.l_pid > 0 ? lock.l_pid : -1;
	close(fd);
	return pid;
}

pid_t cm_inspect_lock_holder(const char *path)
{
	pid_t pid = holder(path, "-shm", F_WRLCK, WAL_WRITER, 1);

	if (pid == 0)
		pid = holder(path, "", F_WRLCK, RESERVED_BYTE, 1);
	if (pid == 0)
		pid = holder(path, "", F_RDLCK, SHARED_FIRST, SHARED_SIZE);
	return pid;
}

static bool is_cut_off(const char *path)
{
	struct cm_inspection seen;

	if (size_beside(path, "-wal") >= 0 && size_beside(path, "-shm") >= 0)
		return false;
	cm_inspect_file(path, &seen);
	return seen.wal_mode && (seen.wal_size < 0 || seen.shm_size < 0) &&
	       holder(path, "", F_WRLCK, SHARED_FIRST, SHARED_SIZE) != 0;
}

bool cm_inspect_is_cut_off(const char *path)
{
	static const struct timespec pause = {.tv_nsec = CUT_OFF_WAIT_NS / CUT_OFF_LOOKS};
	char real[PATH_MAX];
	bool cut_off;

	/* SQLite keeps the other files beside what a link leads to. */
	if (realpath(path, real) == NULL)
		return false;
	cut_off = is_cut_off(real);
	for (int looks = 1; cut_off && looks < CUT_OFF_LOOKS; looks++) {
		(void)nanosleep(&pause, NULL);
		cut_off = is_cut_off(real);
	}
	return cut_off;
}

enum cm_status cm_inspect_check_log(const char *path, struct cm_err *err)
{
	return !cm_inspect_is_cut_off(path)
	           ? CM_OK
	           : cm_err_set(err, CM_STORE,
	                        "the -wal or -shm of %.200s was deleted while processes use it: "
	                        "end them all, and the last one puts what they wrote into the file",
	                        path);
}

enum cm_status cm_inspect_open(const char *path, const struct cm_inspection *seen,
                               struct cm_store **out, struct cm_err *err)
{
	/*
	 * SQLite makes -wal and -shm anew where they are missing, perhaps as a user from whom the
	 * server can't take them back.  Without a -wal nobody has the database open, so it stands
	 * still, unless the log was deleted (cm_inspect_is_cut_off()).
	 */
	bool still = seen->wal_mode && (seen->wal_size < 0 || seen->shm_size < 0);

	return cm_store_open_reading(path, still, out, err);
}

/* Run a PRAGMA that has a row a problem; `good` as a row says that there is none. */
static enum cm_status collect(struct cm_store *store, const char *pragma, const char *good,
                              struct cm_buf *problems, struct cm_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(cm_store_db(store), pragma, -1, &stmt, NULL);
	int count = 0;

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		const char *text;

		if ((code = sqlite3_step(stmt)) != SQLITE_ROW || count == PROBLEMS_MAX)
			break;
		text = (const char *)sqlite3_column_text(stmt, 0);
		if (text == NULL || (good != NULL && strcmp(text, good) == 0))
			continue;
		if (good == NULL)
			cm_buf_printf(problems, "%sA row of %.64s refers to one that is not there.",
			              problems->len > 0 ? " " : "", text);
		else
			cm_buf_printf(problems, "%s%.200s.", problems->len > 0 ? " " : "", text);
		count++;
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE || code == SQLITE_ROW
	           ? CM_OK
	           : cm_query_fault(cm_store_db(store), code, err);
}

enum cm_status cm_inspect_integrity(struct cm_store *store, struct cm_buf *problems,
                                    struct cm_err *err)
{
	enum cm_status rc = collect(store, "PRAGMA quick_check(5)", "ok", problems, err);

	return rc == CM_OK && problems->len == 0
	           ? collect(store, "PRAGMA foreign_key_check", NULL, problems, err)
	           : rc;
}

enum cm_status cm_inspect_newest(struct cm_store *store, int64_t *at_s, char what[32],
                                 struct cm_err *err)
{
	struct cm_query q;

	*at_s = 0;
	what[0] = '\0';
	cm_query_begin(&q, store, CM_STMT_INSPECT_NEWEST, err);
	if (cm_query_row(&q)) {
		cm_query_column_copy(&q, 0, what, 32);
		*at_s = cm_query_column_integer(&q, 1);
	}
	return cm_query_end(&q);
}

enum cm_status cm_inspect_setting(struct cm_store *store, const char *name, bool *set,
                                  struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_INSPECT_SETTING, err);
	cm_query_text(&q, ":name", name);
	*set = cm_query_row(&q) && cm_query_column_integer(&q, 0) > 0;
	return cm_query_end(&q);
}

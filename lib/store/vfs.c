#include "store/vfs.h"

#include <string.h>

#include <sqlite3.h>

/* What SQLite's own VFS takes at once is less than 128 KiB; a frame is a header and a page. */
enum { HELD_BYTES = 31 * (24 + 4096) };

static sqlite3_vfs *real_vfs;
static const sqlite3_io_methods *real_methods; /* of a log */

/* Of the transaction that is being committed; a process has one at a time. */
static bool committing;
static struct {
	sqlite3_file *log; /* NULL: nothing is held back */
	sqlite3_int64 at;
	int len;
	char bytes[HELD_BYTES];
} held;

static int let_go(void)
{
	sqlite3_file *log = held.log;

	held.log = NULL;
	return log == NULL ? SQLITE_OK : real_methods->xWrite(log, held.bytes, held.len, held.at);
}

static int write_log(sqlite3_file *log, const void *data, int len, sqlite3_int64 at)
{
	bool follows = held.log == log && at == held.at + held.len && len <= HELD_BYTES - held.len;
	int rc = follows ? SQLITE_OK : let_go();

	if (rc != SQLITE_OK)
		return rc;
	if (!committing || len > HELD_BYTES)
		return real_methods->xWrite(log, data, len, at);
	if (held.log == NULL) {
		held.log = log;
		held.at = at;
		held.len = 0;
	}
	memcpy(held.bytes + held.len, data, (size_t)len);
	held.len += len;
	return SQLITE_OK;
}

static int read_log(sqlite3_file *log, void *out, int len, sqlite3_int64 at)
{
	int rc = let_go();

	return rc == SQLITE_OK ? real_methods->xRead(log, out, len, at) : rc;
}

static int sync_log(sqlite3_file *log, int flags)
{
	int rc = let_go();

	return rc == SQLITE_OK ? real_methods->xSync(log, flags) : rc;
}

/* All logs have the same methods: those of files that SQLite does not lock. */
static void watch(sqlite3_file *log)
{
	static sqlite3_io_methods methods;

	if (real_methods == NULL) {
		real_methods = log->pMethods;
		methods = *real_methods;
		methods.xWrite = write_log;
		methods.xRead = read_log;
		methods.xSync = sync_log;
	}
	if (log->pMethods == real_methods)
		log->pMethods = &methods;
}

static int open_file(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags,
                     int *out_flags)
{
	int rc = real_vfs->xOpen(real_vfs, path, file, flags, out_flags);

	(void)self;
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0)
		watch(file);
	return rc;
}

const char *cm_vfs_name(void)
{
	static sqlite3_vfs vfs;

	if (real_vfs == NULL && (real_vfs = sqlite3_vfs_find(NULL)) != NULL) {
		vfs = *real_vfs;
		vfs.zName = "casement";
		vfs.xOpen = open_file;
		if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
			vfs.zName = NULL;
	}
	return vfs.zName;
}

void cm_vfs_commit_begin(void)
{
	committing = true;
}

bool cm_vfs_commit_end(bool done)
{
	bool ok = !done || let_go() == SQLITE_OK;

	committing = false;
	held.log = NULL;
	return ok;
}

#ifndef CM_STORE_INSPECT_H
#define CM_STORE_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/status.h"

/*
 * Looking at a database that may be broken, and changing nothing: no schema is brought up to date,
 * no file is made.
 */
struct cm_store;

enum cm_inspect_kind {
	CM_INSPECT_MISSING,
	CM_INSPECT_UNREADABLE, /* error says why */
	CM_INSPECT_IRREGULAR,  /* a folder or the like */
	CM_INSPECT_EMPTY,
	CM_INSPECT_NO_DATABASE, /* not one of SQLite's */
	CM_INSPECT_DATABASE
};

/* What the first bytes of the file tell, and the files beside it; sizes in bytes, -1: no file. */
struct cm_inspection {
	enum cm_inspect_kind kind;
	int error; /* errno */
	bool wal_mode;
	int64_t size;
	int64_t declared_size; /* as the file itself says; 0 when it doesn't */
	int64_t wal_size, shm_size, journal_size;
};

/*
 * Look at the file and at those beside it, without SQLite.  While this process has the database
 * open, that gives its locks up, as below: then only for who reads and is about to close it.
 */
void cm_inspect_file(const char *path, struct cm_inspection *out);

/* Whether the -wal was deleted by somebody else than SQLite, which deletes the -shm with it. */
bool cm_inspect_lost_wal(const struct cm_inspection *seen);

/*
 * The process that holds the lock for writing or has the file for itself, 0 when none does.  -1:
 * one that this process can't see.  Not to be called while this process has the database open:
 * closing the file again would give up its locks.
 */
pid_t cm_inspect_lock_holder(const char *path);

/*
 * Whether the -wal or -shm was deleted while other processes use it.  They go on with what has no
 * name any more, and the last to end puts it into the file; until then nobody may make new ones,
 * for both would write the same pages.  Waits 0.5 s for those who are just opening or closing it.
 * Not to be called while this process has the database open, as above.
 */
bool cm_inspect_is_cut_off(const char *path);

/* The same, to be asked before the database is opened for writing.  CM_STORE when it is. */
enum cm_status cm_inspect_check_log(const char *path, struct cm_err *err);

/*
 * Open the database for reading alone, of whatever schema.  *seen says which of the files beside it
 * there are: changes in a -wal that lost its -shm are not seen.  *out: owned by the caller, who
 * closes it with cm_store_close(), NULL on failure.  CM_STORE, CM_BUSY, CM_NOMEM.
 */
enum cm_status cm_inspect_open(const char *path, const struct cm_inspection *seen,
                               struct cm_store **out, struct cm_err *err);

/* Look for damage.  problems gets a sentence each, separated by spaces; "" when there is none. */
enum cm_status cm_inspect_integrity(struct cm_store *store, struct cm_buf *problems,
                                    struct cm_err *err);

/* The newest time that any row bears, in seconds, and what sort of row. */
enum cm_status cm_inspect_newest(struct cm_store *store, int64_t *at_s, char what[32],
                                 struct cm_err *err);

/* Whether a setting has a row, rather than its default. */
enum cm_status cm_inspect_setting(struct cm_store *store, const char *name, bool *set,
                                  struct cm_err *err);

#endif

#ifndef CM_STORE_STORE_H
#define CM_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * The one file that holds all state, and the transactions on it.  A process has one store and uses
 * it from one thread.  The other headers of this folder have the entities; this one, the file.
 */
struct cm_store;

enum { CM_APPLICATION_ID = 0x43534d54 }; /* "CSMT", PRAGMA application_id of our files */

/*
 * Open the file at path; with create, make it (mode 0600) when it isn't there or is empty.  An
 * older schema is brought up to date in one transaction; a newer one, or a file that is not
 * Casement's, is refused untouched.  ":memory:" with create gives a store without a file, for
 * tests. *out: owned by the caller, NULL on failure.  CM_STORE, CM_OUTDATED, CM_BUSY, CM_NOMEM.
 */
enum cm_status cm_store_open(const char *path, bool create, struct cm_store **out,
                             struct cm_err *err);

/*
 * Open the file, of whatever schema, for reading alone.  still: nobody has it open, so that it
 * needs neither locks nor the files beside it.  *out: owned by the caller, NULL on failure.
 * CM_STORE, CM_BUSY, CM_NOMEM.
 */
enum cm_status cm_store_open_reading(const char *path, bool still, struct cm_store **out,
                                     struct cm_err *err);

/* Close the file and release the store. NULL is fine. */
void cm_store_close(struct cm_store *store);

/*
 * Whether the path still leads to the file that is open: false when it was deleted, replaced or
 * emptied, and when it is open for reading alone and could be written by now.  Then close the store
 * and open it again.
 */
bool cm_store_is_current(const struct cm_store *store);

/* Bytes of the file and of its write-ahead log; 0 for what isn't there. store may be NULL. */
void cm_store_size(const struct cm_store *store, int64_t *file, int64_t *wal);

/* The number of the schema that this program has, and the one that the open file has. */
int cm_store_schema_known(void);
enum cm_status cm_store_schema(struct cm_store *store, int *out, struct cm_err *err);

/*
 * Begin to read: until cm_store_read_end() or cm_store_write(), all that is read is the file as it
 * is now, under one lock instead of one a statement.  Begun already, it begins anew.  *version is a
 * number that changes when another connection has changed the file: whoever keeps things in memory
 * compares it at each request.
 */
enum cm_status cm_store_read_begin(struct cm_store *store, int64_t *version, struct cm_err *err);
void cm_store_read_end(struct cm_store *store);

/* How many rows have been changed through this store: what *version does not tell. */
int cm_store_changes(const struct cm_store *store);

/* Whether what is read is of one state: cm_store_read_begin() was called, or a transaction is open.
 */
bool cm_store_is_reading(const struct cm_store *store);

/*
 * Whether a transaction is open: within cm_store_write(), of a group, or because it could not be
 * undone.
 */
bool cm_store_is_writing(const struct cm_store *store);

/* What is done in one transaction; arg is the caller's. */
typedef enum cm_status cm_store_work(struct cm_store *store, void *arg, struct cm_err *err);

/*
 * Run work as one transaction, begun with the write lock and, where reading was begun, on what the
 * file is by then.  CM_OK from work commits; anything else,
 * and a commit that fails, leaves the file as it was.  Every change goes through here.  Called from
 * within work, it is a part of that transaction, and undone alone when it fails.  CM_OUTDATED, and
 * work is not called, when a newer program has changed the schema since the store was opened.
 */
enum cm_status cm_store_write(struct cm_store *store, cm_store_work *work, void *arg,
                              struct cm_err *err);

/*
 * Who waits for a lock that another process has gives up after 5 s, CM_BUSY, and whoever comes then
 * does not wait at all: they all came before that.  For those who come from now on the 5 s begin
 * anew.
 */
void cm_store_wait_anew(struct cm_store *store);

/*
 * From now on what cm_store_write() is called for is one transaction, until cm_store_group_end()
 * commits all of it, with one sync.  A work that fails is undone alone.  When the commit fails, or
 * the transaction was undone before it (SQLite does so when the disk is full), none of it is
 * written, and cm_store_group_end() says why.  Without a group, or with nothing written, it is
 * CM_OK.
 */
void cm_store_group_begin(struct cm_store *store);
enum cm_status cm_store_group_end(struct cm_store *store, struct cm_err *err);

/* Whether the group has written something or will, and more can be added. */
bool cm_store_group_is_open(struct cm_store *store);

/*
 * The same as cm_store_write() for work that is not going to fail, and takes arg over.  In a group
 * it is done at the end, so that the lock is not held meanwhile: if it fails there, the group does.
 */
enum cm_status cm_store_write_later(struct cm_store *store, cm_store_work *work, void *arg,
                                    void (*release)(void *arg), struct cm_err *err);

#endif

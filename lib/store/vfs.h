#ifndef CM_STORE_VFS_H
#define CM_STORE_VFS_H

#include <stdbool.h>

/*
 * How a transaction gets into the write-ahead log.  SQLite writes each page by two system calls,
 * most of what a small transaction costs; through this VFS they go in one write, just before SQLite
 * has them put on the disk.  The order of what reaches the log stays as it was.
 */

/* The name of the VFS for sqlite3_open_v2(); NULL, which is the default one, when there is none. */
const char *cm_vfs_name(void);

/*
 * Around COMMIT of a connection with PRAGMA synchronous = FULL, and around nothing else: there all
 * frames come before the sync, and nobody looks at them before.
 */
void cm_vfs_commit_begin(void);

/*
 * done: COMMIT succeeded.  Where it did not sync, what is still held back is written now; false
 * when that fails.  What is held back of a transaction that failed is forgotten.
 */
bool cm_vfs_commit_end(bool done);

#endif

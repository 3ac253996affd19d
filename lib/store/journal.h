#ifndef CM_STORE_JOURNAL_H
#define CM_STORE_JOURNAL_H

#include <stdbool.h>

/*
 * Whether a database can have a write-ahead log where it is.  The log needs memory that all
 * processes share through a file.  Some file systems can't do that, and over a network two machines
 * do not see the same memory.  There a rollback journal is the right thing.  What can't be found
 * out counts as good.  path is of the database, which exists.
 */

/* Whether several machines can have the file system open at once. */
bool cm_journal_on_network(const char *path);

/* Whether processes can share memory through a file there.  Leaves nothing behind. */
bool cm_journal_shares_memory(const char *path);

/* Both: NULL when a write-ahead log is possible, else why not, in words for a person. */
const char *cm_journal_why_no_wal(const char *path);

#endif

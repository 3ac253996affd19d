#ifndef CM_STORE_JOURNAL_H
#define CM_STORE_JOURNAL_H

#include <stdbool.h>

/*
 * Whether a write-ahead log is possible in a folder.  It needs memory that all processes share
 * through a file, which some file systems can't do; and over a network SQLite allows none, because
 * two machines do not see the same memory.  Then a rollback journal is the right thing.  Where it
 * can't be found out, the answer is true.  *why (may be NULL) gets words for a person when it is
 * false.  Leaves nothing behind.
 */
bool cm_journal_can_wal(const char *folder, const char **why);

#endif

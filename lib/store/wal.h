#ifndef CM_STORE_WAL_H
#define CM_STORE_WAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How processes that write at once take turns: who waits for the lock, and who puts the write-ahead
 * log into the file.
 */

struct sqlite3;

struct cm_wal {
	struct sqlite3 *db;       /* not owned */
	int64_t waiting_since_us; /* for the lock, on the monotonic clock */
	int64_t timeout_us;       /* how long it waits: 5 s, for a checkpoint 0.1 s */
	bool gave_up;             /* it waited so long, and does no more */
	int pages, checkpoint_at; /* of the log: now, and with how many it ends */
};

/* Make a connection wait for its turn.  The wal must stay where it is as long as the connection. */
void cm_wal_init(struct cm_wal *wal, struct sqlite3 *db);

/*
 * After a transaction: put the log into the file when it has 4000 pages (16.5 MB), so that it
 * begins anew.  While somebody reads for long, such as a backup, it grows.  Where it fails
 * otherwise, as on a full disk, it is tried again after the next transaction.
 */
void cm_wal_checkpoint(struct cm_wal *wal);

#endif

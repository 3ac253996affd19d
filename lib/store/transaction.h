#ifndef CM_STORE_TRANSACTION_H
#define CM_STORE_TRANSACTION_H

/* What a store knows of its transactions; only for the files of lib/store. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "store/wal.h"

enum { CM_LATER_MAX = 16 };

struct cm_transaction {
	struct cm_wal wal;
	bool working;     /* within cm_store_write() */
	bool grouped;     /* since cm_store_group_begin() */
	bool begun;       /* the group's transaction is open, or was undone */
	int64_t begun_us; /* when, on the monotonic clock */
	bool refused;     /* the group could not begin one */
	bool stuck;       /* one can't be undone: nothing is written until the store is closed */
	/* What the end of the group will write; owned. */
	struct {
		cm_store_work *work;
		void *arg;
		void (*release)(void *arg);
	} later[CM_LATER_MAX];
	size_t later_count;
};

/* Release what was to be written later, and write none of it. */
void cm_transaction_clear(struct cm_transaction *t);

/*
 * Whether SQLite has undone the transaction that is open here: after some failures, such as of a
 * full disk, it does so by itself, and what came then would be written without what came before.
 * CM_STORE; also when one is there that can't be undone.
 */
enum cm_status cm_transaction_check(struct cm_store *store, struct cm_err *err);

/* The store's own. */
struct cm_transaction *cm_store_transaction(struct cm_store *store);

#endif

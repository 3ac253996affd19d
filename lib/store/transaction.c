#include "store/transaction.h"

#include "base/clock.h"
#include "store/query.h"
#include "store/vfs.h"

/* Others wait for the lock: what takes longer is the last of its group. */
enum { HELD_MAX_US = 10000 };

static enum cm_status run(struct cm_store *store, enum cm_stmt id, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, id, err);
	return cm_query_finish(&q);
}

static void undo(struct cm_store *store)
{
	/* SQLite rolls back by itself after some failures; then there is nothing left to do. */
	if (cm_store_is_writing(store) && run(store, CM_STMT_ROLLBACK, NULL) != CM_OK)
		cm_store_transaction(store)->stuck = true;
}

enum cm_status cm_transaction_check(struct cm_store *store, struct cm_err *err)
{
	const struct cm_transaction *t = cm_store_transaction(store);

	return t->stuck || ((t->begun || t->working) && !cm_store_is_writing(store))
	           ? cm_err_set(err, CM_STORE, "the transaction was undone")
	           : CM_OK;
}

static enum cm_status do_work(struct cm_store *store, cm_store_work *work, void *arg,
                              struct cm_err *err)
{
	struct cm_transaction *t = cm_store_transaction(store);
	bool outer = t->working;
	enum cm_status rc;

	t->working = true;
	rc = work(store, arg, err);
	if (rc == CM_OK)
		rc = cm_transaction_check(store, err);
	t->working = outer;
	return rc;
}

/* Within another transaction: a savepoint, which undoes no more than this. */
static enum cm_status write_within(struct cm_store *store, cm_store_work *work, void *arg,
                                   struct cm_err *err)
{
	enum cm_status rc = run(store, CM_STMT_SAVEPOINT, err);
	bool apart = true;

	if (rc != CM_OK)
		return rc;
	rc = do_work(store, work, arg, err);
	if (rc != CM_OK && cm_store_is_writing(store))
		apart = run(store, CM_STMT_ROLLBACK_TO, NULL) == CM_OK;
	if (cm_store_is_writing(store)) {
		enum cm_status released = run(store, CM_STMT_RELEASE, err);

		apart = apart && released == CM_OK;
		rc = rc == CM_OK ? released : rc;
	}
	/* What failed must not be committed with the rest of its group. */
	if (!apart && cm_store_transaction(store)->begun)
		undo(store);
	return rc;
}

/* With the lock: a newer program may have changed the schema since this one looked at it. */
static enum cm_status check_schema(struct cm_store *store, struct cm_err *err)
{
	int schema = 0;
	enum cm_status rc = cm_store_schema(store, &schema, err);

	return rc == CM_OK && schema > CM_SQL_MIGRATIONS ? cm_query_outdated(schema, err) : rc;
}

static enum cm_status begin(struct cm_store *store, struct cm_err *err)
{
	struct sqlite3_stmt *rollback;
	enum cm_status rc;

	cm_store_read_end(store);
	/* What can be begun can be undone: later there may be no memory for the statement. */
	if ((rc = cm_store_statement(store, CM_STMT_ROLLBACK, &rollback, err)) != CM_OK)
		return rc;
	return run(store, CM_STMT_BEGIN, err);
}

static enum cm_status commit(struct cm_store *store, struct cm_err *err)
{
	enum cm_status rc;

	cm_vfs_commit_begin();
	rc = run(store, CM_STMT_COMMIT, err);
	if (!cm_vfs_commit_end(rc == CM_OK))
		rc = cm_err_set(err, CM_STORE, "can't write the log of the database");
	return rc;
}

/* End a transaction: commit it if all went well, else undo it. */
static enum cm_status end(struct cm_store *store, enum cm_status rc, struct cm_err *err)
{
	if (rc == CM_OK)
		rc = commit(store, err);
	if (rc == CM_OK)
		cm_wal_checkpoint(&cm_store_transaction(store)->wal);
	if (rc != CM_OK)
		undo(store);
	return rc;
}

enum cm_status cm_store_write(struct cm_store *store, cm_store_work *work, void *arg,
                              struct cm_err *err)
{
	struct cm_transaction *t = cm_store_transaction(store);
	enum cm_status rc;

	if ((rc = cm_transaction_check(store, err)) != CM_OK)
		return rc;
	if (cm_store_is_writing(store))
		return write_within(store, work, arg, err);
	if ((rc = begin(store, err)) != CM_OK) {
		t->refused = true;
		return rc;
	}
	if ((rc = check_schema(store, err)) == CM_OK)
		rc = do_work(store, work, arg, err);
	t->begun = t->grouped && rc == CM_OK;
	t->begun_us = cm_clock_monotonic_us();
	return t->begun ? CM_OK : end(store, rc, err);
}

enum cm_status cm_store_write_later(struct cm_store *store, cm_store_work *work, void *arg,
                                    void (*release)(void *arg), struct cm_err *err)
{
	struct cm_transaction *t = cm_store_transaction(store);
	enum cm_status rc;

	if (t->grouped && t->later_count < CM_LATER_MAX) {
		t->later[t->later_count].work = work;
		t->later[t->later_count].arg = arg;
		t->later[t->later_count++].release = release;
		return CM_OK;
	}
	rc = cm_store_write(store, work, arg, err);
	release(arg);
	return rc;
}

void cm_transaction_clear(struct cm_transaction *t)
{
	while (t->later_count > 0) {
		t->later_count--;
		t->later[t->later_count].release(t->later[t->later_count].arg);
	}
	t->grouped = t->begun = t->refused = false;
}

void cm_store_wait_anew(struct cm_store *store)
{
	cm_store_transaction(store)->wal.gave_up = false;
}

void cm_store_group_begin(struct cm_store *store)
{
	struct cm_transaction *t = cm_store_transaction(store);

	t->grouped = true;
	t->refused = false;
}

bool cm_store_group_is_open(struct cm_store *store)
{
	const struct cm_transaction *t = cm_store_transaction(store);

	if (!t->grouped || t->refused || t->stuck)
		return false;
	if (!t->begun)
		return t->later_count > 0;
	return cm_store_is_writing(store) && cm_clock_monotonic_us() - t->begun_us < HELD_MAX_US;
}

static enum cm_status write_later(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct cm_transaction *t = arg;
	enum cm_status rc = CM_OK;

	for (size_t i = 0; rc == CM_OK && i < t->later_count; i++)
		rc = t->later[i].work(store, t->later[i].arg, err);
	return rc;
}

enum cm_status cm_store_group_end(struct cm_store *store, struct cm_err *err)
{
	struct cm_transaction *t = cm_store_transaction(store);
	enum cm_status rc = cm_transaction_check(store, err);

	if (rc == CM_OK && t->begun)
		rc = end(store, do_work(store, write_later, t, err), err);
	else if (rc == CM_OK && t->later_count > 0) {
		t->grouped = false;
		rc = cm_store_write(store, write_later, t, err);
	}
	cm_transaction_clear(t);
	return rc;
}

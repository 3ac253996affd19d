#include "store/sweep.h"

#include <stdbool.h>

#include "base/clock.h"
#include "store/audit.h"
#include "store/client.h"
#include "store/query.h"

enum { ROWS = 50, HOUR_S = 3600, DAY_S = 86400 };

/* Used codes and refresh tokens stay for a while, so that a second use is noticed. */
static const struct {
	enum cm_stmt stmt;
	int64_t after_s; /* how long rows stay beyond the time in them */
} kinds[] = {
    {CM_STMT_SWEEP_TOKEN, HOUR_S},
    {CM_STMT_SWEEP_REFRESH, HOUR_S},
    {CM_STMT_SWEEP_CODE, DAY_S},
    {CM_STMT_SWEEP_SESSION, 0},
    {CM_STMT_SWEEP_DEVICE, HOUR_S},
    {CM_STMT_SWEEP_THROTTLE, DAY_S},
    {CM_STMT_SWEEP_ASSERTION, HOUR_S},
    {CM_STMT_SWEEP_CLIENT, CM_CLIENT_IDLE_S},
    {CM_STMT_SWEEP_AUDIT, 0},
    {CM_STMT_SWEEP_RATE, HOUR_S},
    {CM_STMT_SWEEP_SIGNING_KEY, HOUR_S},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Delete a client that is due.  It is a row that people see: the trail says where it went. */
static enum cm_status sweep_client(struct cm_store *store, bool *gone, struct cm_err *err)
{
	char owner[CM_NAME_MAX + 1], client_id[CM_CLIENT_ID_MAX + 1];
	struct cm_audit audit = {.client_id = CM_AUDIT_PROGRAM,
	                         .organization = owner,
	                         .tool = "expire_client",
	                         .target = client_id,
	                         .outcome = cm_status_info(CM_OK)->name,
	                         .request_id = "",
	                         .address = ""};
	struct cm_query q;
	int64_t id = 0;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_SWEEP_CLIENT, err);
	cm_query_integer(&q, ":before_s", cm_clock_now_s() - CM_CLIENT_IDLE_S);
	/* The date of a client that was never used is moved back as much as it lives less. */
	cm_query_integer(&q, ":unused_s", CM_CLIENT_UNUSED_S - CM_CLIENT_IDLE_S);
	*gone = cm_query_row(&q);
	if (*gone) {
		id = cm_query_column_integer(&q, 0);
		cm_query_column_copy(&q, 1, owner, sizeof owner);
		cm_query_column_copy(&q, 2, client_id, sizeof client_id);
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && *gone)
		rc = cm_client_delete(store, id, err);
	if (rc == CM_OK && *gone)
		rc = cm_audit_insert(store, &audit, err);
	return rc;
}

/* Delete a row that is due. */
static enum cm_status sweep_row(struct cm_store *store, enum cm_stmt stmt, int64_t after_s,
                                bool *gone, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, stmt, err);
	cm_query_integer(&q, ":before_s", cm_clock_now_s() - after_s);
	cm_query_run(&q);
	*gone = cm_query_changes(&q) > 0;
	return cm_query_end(&q);
}

enum cm_status cm_sweep(struct cm_store *store, unsigned turn, struct cm_err *err)
{
	enum cm_stmt stmt = kinds[turn % KINDS].stmt;
	enum cm_status rc = CM_OK;
	bool gone = true;

	for (int row = 0; rc == CM_OK && gone && row < ROWS; row++)
		rc = stmt == CM_STMT_SWEEP_CLIENT
		         ? sweep_client(store, &gone, err)
		         : sweep_row(store, stmt, kinds[turn % KINDS].after_s, &gone, err);
	return rc;
}

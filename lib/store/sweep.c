#include "store/sweep.h"

#include "base/clock.h"
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

enum cm_status cm_sweep(struct cm_store *store, unsigned turn, struct cm_err *err)
{
	enum cm_stmt stmt = kinds[turn % KINDS].stmt;
	struct cm_query q;

	cm_query_begin(&q, store, stmt, err);
	cm_query_integer(&q, ":before_s", cm_clock_now_s() - kinds[turn % KINDS].after_s);
	cm_query_integer(&q, ":limit", ROWS);
	/* The date of a client that was never used is moved back as much as it lives less. */
	if (stmt == CM_STMT_SWEEP_CLIENT)
		cm_query_integer(&q, ":unused_s", CM_CLIENT_UNUSED_S - CM_CLIENT_IDLE_S);
	return cm_query_finish(&q);
}

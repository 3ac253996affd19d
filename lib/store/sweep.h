#ifndef CM_STORE_SWEEP_H
#define CM_STORE_SWEEP_H

#include <stdint.h>

#include "base/status.h"

struct cm_store;

/* How long clients live that no administrator made. */
enum { CM_CLIENT_IDLE_S = 90 * 86400, CM_CLIENT_UNUSED_S = 86400 };

/*
 * Delete a few rows of one kind that expired a while ago; within the cm_store_write() of whatever
 * adds rows.  turn picks the kind: any number that differs from one call to the next by no rule, as
 * cm_clock_monotonic_us() does, so that each kind has its turn.  More rows go a call than come, so
 * the file does not grow for ever.
 */
enum cm_status cm_sweep(struct cm_store *store, unsigned turn, struct cm_err *err);

#endif

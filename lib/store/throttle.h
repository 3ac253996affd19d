#ifndef CM_STORE_THROTTLE_H
#define CM_STORE_THROTTLE_H

#include <stdint.h>

#include "base/status.h"

struct cm_store;

/* How often something went wrong for a key, such as an account or an address, and when last. */
struct cm_throttle {
	int64_t failures;
	int64_t last_at_s;
};

/*
 * What went wrong in a time (both ends belong to it) for a key and for its parts ("KEY #PART"), all
 * together; all zero when nothing did.  A part whose last failure was outside of it counts nothing.
 */
enum cm_status cm_throttle_get(struct cm_store *store, const char *key, int64_t since_s,
                               int64_t until_s, struct cm_throttle *out, struct cm_err *err);

/* Count one more, from one if the last was before forgotten_s; within cm_store_write(). */
enum cm_status cm_throttle_add(struct cm_store *store, const char *key, int64_t forgotten_s,
                               struct cm_err *err);

/* Begin anew; within cm_store_write(). */
enum cm_status cm_throttle_forget(struct cm_store *store, const char *key, struct cm_err *err);

/* Count a request of a key in the window that began at window_s; within cm_store_write(). */
enum cm_status cm_rate_add(struct cm_store *store, const char *key, int64_t window_s,
                           int64_t *requests, struct cm_err *err);

#endif

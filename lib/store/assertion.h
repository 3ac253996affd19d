#ifndef CM_STORE_ASSERTION_H
#define CM_STORE_ASSERTION_H

#include <stdint.h>

#include "base/status.h"

struct cm_store;

/*
 * Remember that a client used an assertion (RFC 7523 section 3, jti), until it expires; within
 * cm_store_write().  CM_CONFLICT when it was used before.
 */
enum cm_status cm_assertion_insert(struct cm_store *store, int64_t application_id, const char *jti,
                                   int64_t expires_at_s, struct cm_err *err);

#endif

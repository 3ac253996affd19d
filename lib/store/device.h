#ifndef CM_STORE_DEVICE_H
#define CM_STORE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/client.h"
#include "store/token.h"

enum { CM_USER_CODE_TEXT = 10 }; /* bytes of "BCDF-GHJK" with its NUL */

enum cm_device_decision { CM_DEVICE_OPEN, CM_DEVICE_ALLOWED, CM_DEVICE_DENIED };

/* A terminal that waits for a person (RFC 8628).  What writes is called within cm_store_write(). */
struct cm_device {
	char sha256[CM_SHA256_HEX]; /* of the device code */
	char user_code[CM_USER_CODE_TEXT];
	char client_id[CM_CLIENT_ID_MAX + 1];
	int64_t application_id;
	char scope[CM_SCOPE_TEXT_MAX]; /* asked for; once allowed, granted */
	int64_t expires_at_s;
	int64_t polled_at_s; /* 0: never */
	int64_t interval_s;  /* how long to wait between polls */
	enum cm_device_decision decision;
	int64_t user_id; /* who decided */
	int64_t signed_in_at_s;
};

/*
 * CM_CONFLICT when the user code is taken; CM_NOT_FOUND when the row of application_id is gone, or
 * not of client_id.
 */
enum cm_status cm_device_insert(struct cm_store *store, const struct cm_device *device,
                                struct cm_err *err);

/* By the SHA-256 of the device code, or by the user code; the other is NULL.  CM_NOT_FOUND. */
enum cm_status cm_device_get(struct cm_store *store, const char *sha256, const char *user_code,
                             struct cm_device *out, struct cm_err *err);

/* Note a poll, and how long to wait from now on. */
enum cm_status cm_device_poll(struct cm_store *store, const char *sha256, int64_t interval_s,
                              struct cm_err *err);

/* Write decision, scope, user_id and signed_in_at_s.  CM_NOT_FOUND when decided or expired. */
enum cm_status cm_device_decide(struct cm_store *store, const struct cm_device *device,
                                struct cm_err *err);

/* Use it up, in one statement; CM_INVALID_GRANT when it is not there and allowed. */
enum cm_status cm_device_spend(struct cm_store *store, const char *sha256, struct cm_err *err);

#endif

#ifndef CM_AUTH_THROTTLE_H
#define CM_AUTH_THROTTLE_H

#include <stdint.h>

#include "base/status.h"
#include "store/store.h"

/*
 * Slowing down who guesses, or asks too often.  A few failures are free; from then on each doubles
 * how long nothing is answered.  The counts are in the store, so all processes know them.
 * A subject "NAME #PART" has failures of its own to forget, which count for NAME too.
 */
enum cm_throttle_kind {
	CM_THROTTLE_USER,     /* sign-ins of an account */
	CM_THROTTLE_ADDRESS,  /* sign-ins from an address */
	CM_THROTTLE_CLIENT,   /* a client's authentication from an address */
	CM_THROTTLE_DEVICE,   /* user codes typed in by a person */
	CM_THROTTLE_REGISTER, /* registrations, changes, documents, device codes, by an address */
	CM_THROTTLE_RENEW,    /* documents read once more for a client's keys, by an address */
	CM_THROTTLE_KINDS
};

/*
 * Whether it may be tried now.  subject: whose failures count.  CM_THROTTLED, and *wait_s how many
 * seconds to wait.
 */
enum cm_status cm_throttle_check(struct cm_store *store, enum cm_throttle_kind kind,
                                 const char *subject, int64_t *wait_s, struct cm_err *err);

/* It failed (once more); a transaction of its own. */
enum cm_status cm_throttle_failed(struct cm_store *store, enum cm_throttle_kind kind,
                                  const char *subject, struct cm_err *err);

/*
 * For what counts whether it goes well or not: whether it may be tried now, and one more.
 * CM_THROTTLED as above.
 */
enum cm_status cm_throttle_count(struct cm_store *store, enum cm_throttle_kind kind,
                                 const char *subject, int64_t *wait_s, struct cm_err *err);

/*
 * It went well; forget the failures.  If there are any, a transaction of its own, or a part of the
 * one that is open.
 */
enum cm_status cm_throttle_passed(struct cm_store *store, enum cm_throttle_kind kind,
                                  const char *subject, struct cm_err *err);

/*
 * Count a request of a client where so many a minute are allowed; 0: any number, and nothing is
 * counted.  what: the kind of request; subject: whose.  CM_THROTTLED, and *wait_s how many seconds
 * to wait.
 */
enum cm_status cm_throttle_rate(struct cm_store *store, const char *what, const char *subject,
                                int64_t per_minute, int64_t *wait_s, struct cm_err *err);

enum { CM_THROTTLE_ADDRESS_TEXT = 64 };

/* The part of an address that one party has: IPv4 as it is, of IPv6 the first 64 bits. */
void cm_throttle_address(const char *address, char out[CM_THROTTLE_ADDRESS_TEXT]);

#endif

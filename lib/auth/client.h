#ifndef CM_AUTH_CLIENT_H
#define CM_AUTH_CLIENT_H

#include "auth/context.h"
#include "base/status.h"
#include "store/client.h"

/* How a client says who it is (RFC 6749 section 2.3, RFC 7521 section 4.2). */
enum cm_client_method {
	CM_METHOD_NONE,  /* by its client_id alone */
	CM_METHOD_BASIC, /* client_secret_basic */
	CM_METHOD_POST,  /* client_secret_post */
	CM_METHOD_JWT,   /* private_key_jwt, RFC 7523 */
	CM_METHOD_COUNT
};

/* The method's name (RFC 7591 section 2). */
const char *cm_client_method_name(enum cm_client_method method);

/* What a request brought.  All borrowed. */
struct cm_credentials {
	enum cm_client_method method;
	const char *client_id;
	const char *secret;    /* of basic and post */
	const char *assertion; /* of private_key_jwt */
	const char *address;   /* where the request came from */
};

/*
 * Authenticate a client.  A secret's SHA-256 is compared in constant time, and an unknown client
 * costs the same comparison; a client without a secret never matches one.  The method must be the
 * registered one.  Failures are slowed down for each client and address.
 * Release *out with cm_client_clear().  CM_INVALID_CLIENT, CM_THROTTLED with *wait_s.
 */
enum cm_status cm_client_authenticate(struct cm_context *ctx, const struct cm_credentials *sent,
                                      struct cm_client *out, int64_t *wait_s, struct cm_err *err);

#endif

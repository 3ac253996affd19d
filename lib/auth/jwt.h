#ifndef CM_AUTH_JWT_H
#define CM_AUTH_JWT_H

#include "auth/key.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/status.h"

/*
 * JSON Web Tokens (RFC 7519) in the access token profile of RFC 9068, signed and verified by
 * libjwt.  libjwt 1.10 believes the algorithm that a token names and does not look at exp; so the
 * header is checked here against the key's own record before libjwt sees the token, and the claims
 * are checked by the caller.
 */

enum { CM_JWT_MAX = 8192 }; /* bytes of the longest token that is looked at */

/* What a token is for; its typ header says so, and one is never taken for the other. */
enum cm_jwt_use {
	CM_JWT_ACCESS, /* typ at+jwt, RFC 9068 section 2.1 */
	CM_JWT_PLAIN   /* typ JWT: ID tokens, OpenID Connect Core section 2 */
};

/* The claims of a new token as JSON text -> the token, appended to out. */
enum cm_status cm_jwt_sign(const struct cm_key *key, enum cm_jwt_use use, const char *claims,
                           struct cm_buf *out, struct cm_err *err);

/*
 * Check form, header (typ at+jwt, alg of the key that kid names, no crit) and signature.
 * *claims: the payload, an object, owned by the caller.  CM_UNAUTHORIZED when anything is wrong.
 * kid only picks among the ring's keys; jku, x5u, x5c and jwk are ignored.
 */
enum cm_status cm_jwt_verify(const struct cm_keyring *ring, const char *token, cm_json **claims,
                             struct cm_err *err);

/*
 * The same for a token that a client signed to say who it is (RFC 7523): typ JWT,
 * client-authentication+jwt or none, and any key of the ring whose algorithm it names, and whose
 * kid if it names one.
 */
enum cm_status cm_jwt_verify_assertion(const struct cm_keyring *ring, const char *token,
                                       cm_json **claims, struct cm_err *err);

/* The payload without any check, for finding the keys to check it with.  *claims: owned. */
enum cm_status cm_jwt_peek(const char *token, cm_json **claims);

#endif

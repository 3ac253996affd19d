#ifndef CM_AUTH_JWK_H
#define CM_AUTH_JWK_H

#include "auth/key.h"
#include "base/json.h"

/*
 * The public keys of a client from its JSON Web Key Set (RFC 7517 section 5): RSA of 2048 to 4096
 * bits for RS256, and P-256 for ES256.  Keys of other kinds, for other uses, and malformed ones are
 * passed over, as section 5 says; so are all beyond the first 16.  A key without a kid has "".
 * The ring must be empty; release it with cm_keyring_clear().  CM_NOMEM.
 */
enum cm_status cm_jwk_read_set(const char *jwks, struct cm_keyring *out, struct cm_err *err);

/* Whether a set has a member that only the owner of a key may know (RFC 7518 section 6). */
bool cm_jwk_set_is_private(const cm_json *set);

#endif

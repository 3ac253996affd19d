#ifndef CM_AUTH_ASSERTION_H
#define CM_AUTH_ASSERTION_H

#include "auth/context.h"
#include "store/client.h"

/*
 * Check a client's assertion (RFC 7523 section 3, OpenID Connect Core section 9, private_key_jwt):
 * signed with one of the client's own keys, iss and sub the client, aud this server, not expired
 * and not for longer than ten minutes, and not used before.  CM_INVALID_CLIENT.
 */
enum cm_status cm_assertion_check(struct cm_context *ctx, const char *assertion,
                                  const struct cm_client *client, struct cm_err *err);

/* Whom an assertion is about, unchecked; false when it names no client_id of a possible length. */
bool cm_assertion_client_id(const char *assertion, char out[CM_CLIENT_ID_MAX + 1]);

#endif

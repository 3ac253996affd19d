#ifndef CM_AUTH_ACCESS_TOKEN_H
#define CM_AUTH_ACCESS_TOKEN_H

#include "auth/context.h"
#include "auth/principal.h"

/*
 * Check a token and say whom it speaks for now: signature, typ, iss, aud, time, revocation, and
 * whether the client, and the person in whose name it is, are still there; a client that came by
 * its document, only while the setting takes those.  The scopes are those of the token that are
 * still registered and that the person may still hand on.  out->address must say where the request
 * came from. CM_UNAUTHORIZED with a sentence for the client.
 */
enum cm_status cm_access_token_check(struct cm_context *ctx, const char *token,
                                     struct cm_principal *out, struct cm_err *err);

#endif

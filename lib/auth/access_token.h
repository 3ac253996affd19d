#ifndef CM_AUTH_ACCESS_TOKEN_H
#define CM_AUTH_ACCESS_TOKEN_H

#include "auth/context.h"
#include "auth/principal.h"

/*
 * Check a token that a request brings, and say whom it speaks for now: signature, typ, iss, aud,
 * time, revocation, and whether the client, and the person in whose name it is, are still there; a
 * client that came by its document, only while the setting takes those.  The scopes are those of
 * the token that cm_person_limit() still has.  out->address says where the request came from; the
 * client may be usable from some addresses only, and NULL is none of them.  The token must stay as
 * long as *out.  On failure *out stays as it is.  CM_UNAUTHORIZED with a sentence for the client.
 */
enum cm_status cm_access_token_check(struct cm_context *ctx, const char *token,
                                     struct cm_principal *out, struct cm_err *err);

/*
 * The same of a token that somebody asks about (RFC 7662) and that is not used by this request: it
 * may be asked about from any address, and out->address is not looked at.
 */
enum cm_status cm_access_token_look(struct cm_context *ctx, const char *token,
                                    struct cm_principal *out, struct cm_err *err);

#endif

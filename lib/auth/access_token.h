#ifndef CM_AUTH_ACCESS_TOKEN_H
#define CM_AUTH_ACCESS_TOKEN_H

#include "auth/context.h"
#include "auth/principal.h"
#include "base/buf.h"
#include "store/application.h"

/* What the token endpoint answers with. */
struct cm_access_token {
	struct cm_buf jwt;   /* owned; never logged */
	struct cm_buf scope; /* owned; as the client asked for it, or the registered set */
	int64_t expires_in_s;
};

void cm_access_token_clear(struct cm_access_token *token);

/*
 * Issue a token to a client itself (RFC 6749 section 4.4, RFC 9068): check the scopes, sign, and
 * write the token's row and its audit row in one transaction.  scope: separated by spaces, NULL or
 * "" for the registered set.  caller: who asked, for the audit row.
 * CM_INVALID_SCOPE when the client is not registered for one of them.
 */
enum cm_status cm_access_token_issue(struct cm_context *ctx, const struct cm_client *client,
                                     const char *scope, const struct cm_principal *caller,
                                     struct cm_access_token *out, struct cm_err *err);

/*
 * Check a token and say whom it speaks for now: signature, typ, iss, aud, time, revocation, and
 * whether the client is still there.  The scopes are those of the token that are still registered.
 * CM_UNAUTHORIZED with a sentence for the client.
 */
enum cm_status cm_access_token_check(struct cm_context *ctx, const char *token,
                                     struct cm_principal *out, struct cm_err *err);

#endif

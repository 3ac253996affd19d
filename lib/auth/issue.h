#ifndef CM_AUTH_ISSUE_H
#define CM_AUTH_ISSUE_H

#include "auth/context.h"
#include "auth/principal.h"
#include "base/buf.h"
#include "store/client.h"
#include "store/user.h"

/* What tokens are issued for.  All of it is borrowed. */
struct cm_issue {
	const struct cm_client *client;
	const struct cm_user *user;        /* in whose name; NULL: the client's own */
	const char *scope;                 /* of the access token, granted already */
	const char *refresh_scope;         /* of a refresh token; NULL: none is issued */
	const char *family;                /* what all of it came of; NULL: of nothing */
	const char *nonce;                 /* of the ID token, "" for none */
	int64_t signed_in_at_s;            /* when the person did */
	const struct cm_principal *caller; /* who asked, for the audit row; until the group ends */
	cm_store_work *spend;              /* done first, in the same transaction; NULL: nothing */
	void *spend_arg;
};

/* What the token endpoint answers with.  Set it up with {0}. */
struct cm_issued {
	struct cm_buf jwt;            /* access token, RFC 9068; owned; never logged */
	struct cm_buf id_token;       /* OpenID Connect Core section 2; owned; empty: none */
	struct cm_buf scope;          /* owned */
	char refresh[CM_SECRET_TEXT]; /* "": none */
	int64_t expires_in_s;         /* of the access token */
};

void cm_issued_clear(struct cm_issued *issued);

/*
 * Sign the tokens, and write their rows and an audit row in one transaction.  An ID token comes
 * with scope openid.  What spend refuses is returned as it is, and nothing was issued.
 */
enum cm_status cm_issue_run(struct cm_context *ctx, const struct cm_issue *issue,
                            struct cm_issued *out, struct cm_err *err);

/*
 * Issue a token to a client itself (RFC 6749 section 4.4).  scope: separated by spaces, NULL or ""
 * for the registered set.  CM_INVALID_SCOPE when the client is not registered for one of them.
 */
enum cm_status cm_issue_to_client(struct cm_context *ctx, const struct cm_client *client,
                                  const char *scope, const struct cm_principal *caller,
                                  struct cm_issued *out, struct cm_err *err);

/* Append the claims about a person that these scopes tell (OpenID Connect Core section 5.4). */
void cm_issue_put_claims(struct cm_buf *buf, const struct cm_user *user, cm_scope_set scopes);

#endif

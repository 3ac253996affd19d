#ifndef CM_OAUTH_AUTHORIZATION_H
#define CM_OAUTH_AUTHORIZATION_H

#include "http/exchange.h"
#include "http/params.h"
#include "store/client.h"
#include "store/user.h"

/*
 * An authorization request (OAuth 2.1 section 4.1.1, RFC 7636, RFC 8707, OpenID Connect Core
 * section 3.1.2.1).  Set it up with {0}, release it with cm_authorization_clear().
 */
struct cm_authorization {
	struct cm_params params;
	struct cm_client client;
	const char *redirect_uri; /* NULL until it is known to be one of the client's; borrowed */
	char *only_redirect_uri;  /* the client's only one, when the request named none; owned */
	bool prompt_none, prompt_login, prompt_consent;
	int64_t max_age_s; /* -1: any */
};

/*
 * Read it from the query and check all that does not depend on the person.  When out->redirect_uri
 * is set, errors go back to the client; before, they are for the person to see.
 */
enum cm_status cm_authorization_read(struct cm_exchange *x, struct cm_authorization *out,
                                     struct cm_err *err);
void cm_authorization_clear(struct cm_authorization *request);

/* A parameter (borrowed), NULL when it is absent. */
const char *cm_authorization_get(const struct cm_authorization *request, const char *name);

/*
 * Append the scopes that the person may grant: of those asked for, or of the registered ones
 * without those about the person.  user NULL: as if the person held all.  CM_INVALID_SCOPE;
 * CM_ACCESS_DENIED when nothing is left.
 */
enum cm_status cm_authorization_scope(struct cm_store *store, const char *asked,
                                      const struct cm_client *client, const struct cm_user *user,
                                      struct cm_buf *out, struct cm_err *err);

/* Send the browser back to the client with a code, or with an error (RFC 6749 section 4.1.2). */
void cm_authorization_answer(struct cm_exchange *x, const struct cm_authorization *request,
                             const char *code);
void cm_authorization_refuse(struct cm_exchange *x, const struct cm_authorization *request,
                             const struct cm_err *err);

/* Show the person the error, and a link by which the client hears of it. */
void cm_authorization_explain(struct cm_exchange *x, const struct cm_authorization *request,
                              const struct cm_err *err);

/* Send the browser to this request once more, as somebody who has just signed in. */
void cm_authorization_again(struct cm_exchange *x, const struct cm_authorization *request);

#endif

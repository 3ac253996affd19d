#ifndef CM_OAUTH_BROWSER_H
#define CM_OAUTH_BROWSER_H

#include "http/exchange.h"
#include "http/params.h"
#include "store/client.h"
#include "store/session.h"

/*
 * The browser of a person: known by the secret in its cookie, with or without a session.  A form
 * carries a token that follows from the secret, so no other site can send it.
 */
struct cm_browser {
	char secret[CM_SECRET_TEXT];
	char sha256[CM_SHA256_HEX];     /* of the secret; the session's id */
	char form_token[CM_SHA256_HEX]; /* what forms must carry */
	bool signed_in;
	struct cm_session session; /* if signed in */
};

/* Find out whose browser it is; a GET without a cookie gets one.  What keeps the store from it. */
enum cm_status cm_browser_open(struct cm_exchange *x, struct cm_browser *out, struct cm_err *err);

/* Append the hidden field for a form. */
void cm_browser_put_token(struct cm_exchange *x, const struct cm_browser *browser);

/* Read the form of a POST and check that it comes from a page of ours.  CM_REQUEST. */
enum cm_status cm_browser_read_form(struct cm_exchange *x, const struct cm_browser *browser,
                                    struct cm_params *form, struct cm_err *err);

/*
 * Sign a person in with the form's username and password, slowed down for the name that was
 * typed and for the address: a new session under a new secret.  organization: where a name alone is
 * looked for first; NULL: nowhere.  The password is that of the moment when the session is written.
 * CM_UNAUTHORIZED, or CM_THROTTLED with x->retry_after_s.
 */
enum cm_status cm_browser_sign_in(struct cm_exchange *x, struct cm_browser *browser,
                                  const struct cm_params *form, const char *organization,
                                  struct cm_err *err);

/*
 * cm_store_write() for what somebody does who is signed in: within the transaction the session is
 * looked for again.  CM_LOGIN_REQUIRED when it has ended since: work is not called, and the browser
 * is not signed in any more.
 */
enum cm_status cm_browser_write(struct cm_exchange *x, struct cm_browser *browser,
                                cm_store_work *work, void *arg, struct cm_err *err);

/* End the session, and take the cookie away. */
enum cm_status cm_browser_sign_out(struct cm_exchange *x, struct cm_browser *browser,
                                   struct cm_err *err);

/*
 * What a form of ours asks for: done, with an answer in x, or an error for a page; after
 * CM_LOGIN_REQUIRED the person is asked to sign in.
 */
typedef enum cm_status cm_browser_act(struct cm_exchange *x, struct cm_browser *browser,
                                      const struct cm_params *form, struct cm_err *err);

/* A button of a form: the value of its field "action", and what it does. */
struct cm_browser_action {
	const char *name;
	cm_browser_act *run;
	bool signed_in; /* only for who is signed in; others are asked to */
};

/* Answer the POST of a page's form by one of its buttons; the table ends with a NULL name. */
void cm_browser_post(struct cm_exchange *x, const struct cm_browser_action *actions);

/* Send the browser to a path of this server by GET, with the query of this request or without. */
void cm_browser_go(struct cm_exchange *x, const char *path, bool with_query);

/* What the sign-in page says besides asking for name and password.  All may be NULL. */
struct cm_sign_in {
	const char *client;       /* whom the person signs in for */
	const char *username;     /* to begin with */
	const char *form_target;  /* see cm_page_begin() */
	const struct cm_err *err; /* what went wrong the last time */
};

/* Answer with the sign-in page; its form goes to the URL of this request. */
void cm_browser_sign_in_page(struct cm_exchange *x, const struct cm_browser *browser,
                             const struct cm_sign_in *page);

/* Append the beginning of a form that goes to the URL of this request, with its token. */
void cm_browser_put_form(struct cm_exchange *x, const struct cm_browser *browser);

/* The person becomes the caller, for the audit trail and the log. */
void cm_browser_set_caller(struct cm_exchange *x, const struct cm_user *user);

#endif

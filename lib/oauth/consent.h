#ifndef CM_OAUTH_CONSENT_H
#define CM_OAUTH_CONSENT_H

#include "oauth/browser.h"

/* What a person is asked on behalf of a client.  All borrowed. */
struct cm_consent_page {
	const struct cm_client *client;
	const char *scope;        /* to be granted, separated by spaces */
	const char *redirect_uri; /* where the person will be sent; NULL: nowhere, it is a device */
	const char *user_code;    /* of a device; NULL otherwise */
};

/* Answer with the consent page; its form goes to the URL of this request. */
void cm_consent_page(struct cm_exchange *x, const struct cm_browser *browser,
                     const struct cm_consent_page *page);

/*
 * Whether the person must be asked: unless the client's policy says never, or the same scopes were
 * granted before and nobody else can take the client's place (RFC 8252 section 8.6).
 */
enum cm_status cm_consent_is_needed(struct cm_exchange *x, const struct cm_browser *browser,
                                    const struct cm_consent_page *page, bool *needed,
                                    struct cm_err *err);

/* Remember what the person granted, besides what was granted before; within cm_store_write(). */
enum cm_status cm_consent_remember(struct cm_store *store, int64_t user_id, int64_t application_id,
                                   const char *scope, struct cm_err *err);

/* Whether a person may sign in to a client: of the same organisation, or one that is everybody's.
 * CM_FORBIDDEN with a sentence. */
enum cm_status cm_consent_check_user(const struct cm_client *client, const struct cm_user *user,
                                     struct cm_err *err);

/* Append the scopes of a list in plain words, as an HTML list. */
void cm_consent_put_scopes(struct cm_exchange *x, const char *scope);

#endif

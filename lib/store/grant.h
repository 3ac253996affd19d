#ifndef CM_STORE_GRANT_H
#define CM_STORE_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/url.h"
#include "store/client.h"
#include "store/token.h"

/*
 * What people let clients do, and the codes and refresh tokens that are handed out for it.  All
 * that comes of one authorization is a family, and ends together.  Codes and tokens are known by
 * the SHA-256 of their text.  What writes is called within cm_store_write().
 */

enum { CM_NONCE_MAX = 255 }; /* bytes */

/* --- consent --- */

struct cm_consent {
	int64_t application_id;
	char client_id[CM_CLIENT_ID_MAX + 1];
	char display_name[CM_DISPLAY_NAME_MAX + 1];
	char scope[CM_SCOPE_TEXT_MAX];
	int64_t granted_at_s;
};

/* The scopes that a person let a client have; "" when there is no consent. */
enum cm_status cm_consent_get(struct cm_store *store, int64_t user_id, int64_t application_id,
                              char scope[CM_SCOPE_TEXT_MAX], struct cm_err *err);

/* Write it, in place of an earlier one. */
enum cm_status cm_consent_put(struct cm_store *store, int64_t user_id, int64_t application_id,
                              const char *scope, struct cm_err *err);

/* At most 200 of a person, the newest first. */
enum cm_status cm_consent_list(struct cm_store *store, int64_t user_id,
                               void (*each)(const struct cm_consent *consent, void *arg), void *arg,
                               struct cm_err *err);

/*
 * Forget the consent, and end all that the client got from this person, and may still fetch: codes
 * and terminals that were allowed.
 */
enum cm_status cm_consent_revoke(struct cm_store *store, int64_t user_id, int64_t application_id,
                                 struct cm_err *err);

/* --- authorization code, RFC 6749 section 4.1 --- */

struct cm_code {
	char sha256[CM_SHA256_HEX];
	int64_t application_id;
	const char *client_id; /* of that application, to be written; borrowed, NULL once read */
	int64_t user_id;
	char redirect_uri[CM_URL_MAX + 1];
	bool redirect_uri_sent; /* the authorization request named it */
	char challenge[64];     /* RFC 7636, method S256 */
	char scope[CM_SCOPE_TEXT_MAX];
	char nonce[CM_NONCE_MAX + 1]; /* OpenID Connect; "" when there is none */
	int64_t signed_in_at_s;
	char family[CM_ID_TEXT];
	int64_t expires_at_s;
	bool used;
};

/* CM_NOT_FOUND when the row of application_id is gone, or of another client. */
enum cm_status cm_code_insert(struct cm_store *store, const struct cm_code *code,
                              struct cm_err *err);

/* Look a code up by its sha256, used or not.  CM_NOT_FOUND. */
enum cm_status cm_code_get(struct cm_store *store, const char *sha256, struct cm_code *out,
                           struct cm_err *err);

/* Use it up, in one statement; CM_INVALID_GRANT when it is used or expired by now. */
enum cm_status cm_code_spend(struct cm_store *store, const char *sha256, struct cm_err *err);

/* --- refresh token, RFC 6749 section 6 --- */

struct cm_refresh {
	char sha256[CM_SHA256_HEX];
	int64_t application_id;
	int64_t user_id;
	char scope[CM_SCOPE_TEXT_MAX];
	int64_t signed_in_at_s;
	char family[CM_ID_TEXT];
	int64_t expires_at_s;
	int64_t used_at_s; /* when another took its place; 0: it is the current one */
};

enum cm_status cm_refresh_insert(struct cm_store *store, const struct cm_refresh *refresh,
                                 struct cm_err *err);

/* Look one up by its sha256, used or not.  CM_NOT_FOUND. */
enum cm_status cm_refresh_get(struct cm_store *store, const char *sha256, struct cm_refresh *out,
                              struct cm_err *err);

/*
 * Let another take its place, in one statement.  A token that was used after grace_since_s may be
 * used again.  CM_INVALID_GRANT when it was used before that, has expired, or is gone.
 */
enum cm_status cm_refresh_spend(struct cm_store *store, const char *sha256, int64_t grace_since_s,
                                struct cm_err *err);

/* --- ending --- */

/* End all tokens of a family. */
enum cm_status cm_family_revoke(struct cm_store *store, const char *family, struct cm_err *err);

/* End all that clients got of a person, and may still fetch; the consents stay. */
enum cm_status cm_user_revoke(struct cm_store *store, int64_t user_id, struct cm_err *err);

#endif

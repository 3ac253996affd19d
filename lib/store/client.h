#ifndef CM_STORE_CLIENT_H
#define CM_STORE_CLIENT_H

#include <stdint.h>

#include "base/crypto.h"
#include "store/entity.h"
#include "store/organization.h"
#include "store/token.h"

/* An application as the OAuth endpoints see it: a client (RFC 6749 section 2). */

enum {
	CM_CLIENT_METHOD_MAX = 32, /* bytes of an authentication method's name */
	CM_CLIENTS_MAX = 5000      /* clients that no administrator made */
};

/* How a client came to be; the names are those of the column origin. */
enum cm_client_origin {
	CM_CLIENT_MADE,       /* by an administrator */
	CM_CLIENT_REGISTERED, /* by itself, RFC 7591 */
	CM_CLIENT_DOCUMENT    /* read from the document that its client_id is the URL of */
};

struct cm_client {
	int64_t id; /* of the row */
	char client_id[CM_CLIENT_ID_MAX + 1];
	char owner[CM_NAME_MAX + 1];
	char name[CM_NAME_MAX + 1];
	char organization[CM_NAME_MAX + 1];
	char display_name[CM_DISPLAY_NAME_MAX + 1];
	char secret_sha256[CM_SHA256_HEX];      /* "" when the client has no secret */
	char auth_method[CM_CLIENT_METHOD_MAX]; /* RFC 7591 section 2; "": basic or post */
	char consent_policy[8];                 /* once, always or never */
	enum cm_client_origin origin;
	char *scope;                             /* registered scopes, separated by spaces; owned */
	char *grant_types;                       /* JSON array of strings; owned */
	char *redirect_uris;                     /* JSON array of strings; owned */
	char *jwks;                              /* its public keys, RFC 7517 section 5; owned */
	char registration_sha256[CM_SHA256_HEX]; /* of its RFC 7592 token; "" when it has none */
	double expire_in_hours;                  /* of access tokens; 0: as the setting says */
	int64_t created_at_s;
	int64_t document_expires_at_s;              /* when a document must be read again */
	char ip_whitelist[CM_IP_WHITELIST_MAX + 1]; /* who may use it; "": anybody */
	bool disabled; /* it, or an organisation of it, is switched off */
};

/* Look a client up by its client_id.  Release *out with cm_client_clear().  CM_NOT_FOUND. */
enum cm_status cm_client_get(struct cm_store *store, const char *client_id, struct cm_client *out,
                             struct cm_err *err);
void cm_client_clear(struct cm_client *client);

/* Whether a client is registered for a grant.  CM_OK, CM_UNAUTHORIZED_CLIENT, CM_NOMEM. */
enum cm_status cm_client_check_grant(const struct cm_client *client, const char *grant,
                                     struct cm_err *err);

/*
 * Write a client that no administrator made; within cm_store_write().  Its row is of the built-in
 * organisation, under client->name.  CM_CONFLICT when the client_id is taken;
 * CM_THROTTLED when there are too many of them.
 */
enum cm_status cm_client_insert(struct cm_store *store, const struct cm_client *client,
                                struct cm_err *err);

/*
 * Write the row of client->id anew, but for its name, origin and scopes; within cm_store_write().
 * CM_NOT_FOUND when there is none, or it is of an administrator.
 */
enum cm_status cm_client_update(struct cm_store *store, const struct cm_client *client,
                                struct cm_err *err);

/* Give an application the digest of a secret that it has already; within cm_store_write(). */
enum cm_status cm_client_set_secret(struct cm_store *store, const char *owner, const char *name,
                                    const char *sha256, struct cm_err *err);

/*
 * Delete a client that no administrator made, and all that was issued to it; within
 * cm_store_write().  CM_NOT_FOUND.
 */
enum cm_status cm_client_delete(struct cm_store *store, int64_t id, struct cm_err *err);

/* How many clients there are that no administrator made. */
enum cm_status cm_client_count(struct cm_store *store, int64_t *out, struct cm_err *err);

/* Note that a person let the client in, once an hour; within cm_store_write(). */
enum cm_status cm_client_used(struct cm_store *store, int64_t id, int64_t now_s,
                              struct cm_err *err);

#endif

#ifndef CM_OAUTH_REGISTRATION_H
#define CM_OAUTH_REGISTRATION_H

#include "base/json.h"
#include "http/exchange.h"
#include "store/client.h"

#define CM_REGISTER_PATH "/api/oauth/register"

/* What a client says of itself (RFC 7591 section 2), also in a client document. */

enum { CM_REGISTRATION_MAX = 16384 }; /* bytes of JSON */

/*
 * Check client metadata and take over what has a meaning here: redirect URIs, grants, the
 * authentication method, name and keys; the rest is ignored.  Scopes are all there are: a person
 * decides which are granted.  *out must be empty; release it with cm_client_clear().  For a client
 * that is there already, cm_registration_renew() is next.
 * CM_INVALID_REDIRECT_URI, CM_INVALID_METADATA.
 */
enum cm_status cm_registration_read(const cm_json *metadata, struct cm_client *out,
                                    struct cm_err *err);

/*
 * Make what was read the new metadata of a stored client.  What an administrator took away stays
 * so: its scopes are the stored ones, its grants those that are stored too (RFC 7592 section 2.2
 * lets the server replace values).  Within the cm_store_write() that read the stored client.
 * CM_INVALID_METADATA when no grant is left.
 */
enum cm_status cm_registration_renew(const struct cm_client *stored, struct cm_client *fresh,
                                     struct cm_err *err);

/* POST /api/oauth/register (RFC 7591 section 3) */
void cm_oauth_register_post(struct cm_exchange *x);

/* GET, PUT, DELETE /api/oauth/register/{client_id} (RFC 7592 section 2) */
void cm_oauth_registration_get(struct cm_exchange *x);
void cm_oauth_registration_put(struct cm_exchange *x);
void cm_oauth_registration_delete(struct cm_exchange *x);

#endif

#ifndef CM_OAUTH_GRANT_H
#define CM_OAUTH_GRANT_H

#include "auth/issue.h"
#include "http/exchange.h"
#include "oauth/client_request.h"

/* What a grant of the token endpoint does once the client is known and may use it. */
typedef enum cm_status cm_grant_run(struct cm_exchange *x, const struct cm_client_request *request,
                                    struct cm_issued *out, struct cm_err *err);

/* grant_code.c: RFC 6749 section 4.1.3, RFC 7636 section 4.6 */
cm_grant_run cm_grant_authorization_code;

/* grant_refresh.c: RFC 6749 section 6, RFC 9700 section 4.14.2 */
cm_grant_run cm_grant_refresh_token;

/* grant_device.c: RFC 8628 section 3.4 */
cm_grant_run cm_grant_device_code;

#define CM_GRANT_CLIENT_CREDENTIALS "client_credentials"
#define CM_GRANT_AUTHORIZATION_CODE "authorization_code"
#define CM_GRANT_REFRESH_TOKEN      "refresh_token"
#define CM_GRANT_DEVICE_CODE        "urn:ietf:params:oauth:grant-type:device_code"

/*
 * Issue tokens in a person's name, for the grants above: the person must still be there, not be
 * forbidden, and be one who may sign in to the client (else CM_INVALID_GRANT).  issue->scope is
 * what was granted once; the access token gets what cm_person_limit() still has of it, and nothing
 * is issued when that is nothing (CM_INVALID_SCOPE).  The refresh token keeps refresh_scope, for
 * what may be given back; it is taken only if the client registered for refresh tokens.
 * issue->client, scope, refresh_scope, family and spend are the caller's.
 */
enum cm_status cm_grant_issue(struct cm_exchange *x, const struct cm_issue *issue, int64_t user_id,
                              struct cm_issued *out, struct cm_err *err);

/* Something was used a second time: end its family. The answer is CM_INVALID_GRANT in any case. */
enum cm_status cm_grant_replayed(struct cm_exchange *x, const char *family, struct cm_err *err);

#endif

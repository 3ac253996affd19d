#ifndef CM_OAUTH_TOKEN_STATE_H
#define CM_OAUTH_TOKEN_STATE_H

#include "http/exchange.h"

#define CM_INTROSPECT_PATH "/api/login/oauth/introspect"
#define CM_REVOKE_PATH     "/api/login/oauth/revoke"
#define CM_USERINFO_PATH   "/api/userinfo"

/*
 * POST: what a token is good for (RFC 7662), told to the authenticated client that it was issued
 * to, with the scopes that are good now.  Of any other token, whatever the reason, it says
 * {"active":false} and no more.
 */
void cm_oauth_introspect_post(struct cm_exchange *x);

/*
 * POST: end a token (RFC 7009) of the client itself.  With a refresh token, all of its family ends.
 * A token that is not known is as good as ended.
 */
void cm_oauth_revoke_post(struct cm_exchange *x);

/* GET, POST: who the person is, as far as the token's scopes tell (OpenID Connect Core 5.3). */
void cm_oauth_userinfo(struct cm_exchange *x);

#endif

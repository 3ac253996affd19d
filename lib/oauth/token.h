#ifndef CM_OAUTH_TOKEN_H
#define CM_OAUTH_TOKEN_H

#include "base/buf.h"
#include "http/exchange.h"

/* POST /api/login/oauth/access_token: the token endpoint (RFC 6749 section 3.2). */
void cm_oauth_token_post(struct cm_exchange *x);

/* Append the grants that the endpoint has, as a JSON array. */
void cm_oauth_put_grants(struct cm_buf *buf);

#endif

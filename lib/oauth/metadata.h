#ifndef CM_OAUTH_METADATA_H
#define CM_OAUTH_METADATA_H

#include "http/exchange.h"

#define CM_JWKS_PATH "/.well-known/jwks"

/* What clients find out by themselves.  The documents list what works and nothing else. */

/* GET /.well-known/oauth-protected-resource[/api/mcp]: RFC 9728 section 3.2. */
void cm_oauth_resource_metadata_get(struct cm_exchange *x);

/* GET /.well-known/oauth-authorization-server, RFC 8414 section 3.2, and the same document as
 * /.well-known/openid-configuration, OpenID Connect Discovery section 4. */
void cm_oauth_server_metadata_get(struct cm_exchange *x);

/* GET /.well-known/jwks: the public keys, retired ones too while they may verify (RFC 7517). */
void cm_oauth_jwks_get(struct cm_exchange *x);

#endif

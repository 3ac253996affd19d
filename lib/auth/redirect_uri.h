#ifndef CM_AUTH_REDIRECT_URI_H
#define CM_AUTH_REDIRECT_URI_H

#include "base/status.h"

/* Where a client wants people to be sent back to (OAuth 2.1 section 2.3). */

/*
 * What is wrong with a redirect URI that a client registers, as the end of a sentence; NULL when it
 * may be taken: https, http on a loopback address (RFC 8252 section 7.3), or a private-use scheme
 * (RFC 8252 section 7.1) that no browser runs.
 */
const char *cm_redirect_uri_wrong(const char *uri);

/*
 * Whether a redirect URI of a request is among the registered ones, a JSON array.  They must be the
 * same text; on a loopback address the port may differ (RFC 8252 section 7.3).  CM_OK,
 * CM_NOT_FOUND, CM_NOMEM.
 */
enum cm_status cm_redirect_uri_registered(const char *registered, const char *uri);

#endif

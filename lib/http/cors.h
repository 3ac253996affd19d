#ifndef CM_HTTP_CORS_H
#define CM_HTTP_CORS_H

#include "http/exchange.h"

/*
 * Which web pages may use the server from a browser (Fetch standard, CORS).  Credentials of the
 * browser itself are never allowed: a page brings a token.
 */

/* Whether the request comes from no page at all, or from one that may call the server. */
bool cm_cors_allowed(const struct cm_exchange *x);

/*
 * Tell the browser that the page may read the answer; anyone: whatever page it is.  Nothing is told
 * to pages that may not.
 */
void cm_cors_put(struct cm_exchange *x, bool anyone);

/* Answer a preflight for a path whose methods are these. */
void cm_cors_preflight(struct cm_exchange *x, const char *methods, bool anyone);

#endif

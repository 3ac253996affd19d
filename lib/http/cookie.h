#ifndef CM_HTTP_COOKIE_H
#define CM_HTTP_COOKIE_H

#include <stddef.h>

#include "http/exchange.h"

/*
 * The one cookie there is: a secret by which a browser is known again (RFC 6265).  Over https its
 * name binds it to this host alone (the __Host- prefix of RFC 6265bis).  Where the issuer has a
 * path, the name follows from that.
 */

/* The secret that the browser sent; false when it sent none, two, or one of another shape. */
bool cm_cookie_get(const struct cm_exchange *x, char out[CM_SECRET_TEXT]);

/* Let the browser keep a secret until it closes; "" takes the cookie away. */
void cm_cookie_set(struct cm_exchange *x, const char *secret);

#endif

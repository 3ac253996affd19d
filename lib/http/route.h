#ifndef CM_HTTP_ROUTE_H
#define CM_HTTP_ROUTE_H

#include <stddef.h>

#include "http/exchange.h"

/* Whether a route wants a token; a row that says nothing does. */
enum cm_route_auth { CM_AUTH_REQUIRED = 0, CM_AUTH_NONE };

/* Which pages in a browser may read the answers; a row that says nothing: those that are allowed.
 */
enum cm_route_cors { CM_CORS_ALLOWED = 0, CM_CORS_ANYONE };

/* Whether a request may be worked on together with others; a row that says nothing: alone. */
enum cm_route_company { CM_ALONE = 0, CM_TOGETHER };

/* A path and what answers it.  Paths are those below the mount point. */
struct cm_route {
	const char *method;
	const char *path; /* ending in "/": every path with one more segment after it */
	enum cm_route_auth auth;
	enum cm_shape shape; /* of its errors */
	void (*handle)(struct cm_exchange *x);
	enum cm_route_cors cors;
	enum cm_route_company company;
};

/*
 * The row with the longest path that a path ends with, of any method, or NULL: what is known of a
 * request before the settings are, which say where paths begin.
 */
const struct cm_route *cm_route_by_end(const struct cm_route *table, size_t count,
                                       const char *path);

/*
 * Refresh the context and answer a request by the first row that fits its path and method; HEAD
 * goes where GET goes.  Unknown path 404, other method 405 with Allow, body over the limit 413,
 * body cut short 400.  OPTIONS is answered for every path, before any authorization.  Routes that
 * want a token refuse pages of foreign origins first.
 */
void cm_route_dispatch(const struct cm_route *table, size_t count, struct cm_exchange *x);

#endif

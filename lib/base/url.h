#ifndef CM_BASE_URL_H
#define CM_BASE_URL_H

#include <stdbool.h>

#include "base/buf.h"

enum { CM_URL_MAX = 500 }; /* bytes of the longest URL that is taken, without its NUL */

/* An absolute URI in parts (RFC 3986).  The pointers borrow from the text that was parsed. */
struct cm_url {
	char scheme[32]; /* lower case */
	char host[256];  /* lower case, IPv6 with its brackets; "" when there is none */
	char origin[CM_URL_MAX + 16]; /* scheme://host[:port], the default port left out */
	const char *path;             /* from the first character after the authority */
	unsigned long path_len;       /* bytes, up to '?', '#' or the end */
	bool query;
	bool fragment;
	bool userinfo;
};

/* Take an absolute URI apart.  False when it isn't one, or is too long, or has bytes over ASCII. */
bool cm_url_parse(const char *text, struct cm_url *out);

/*
 * Whether the text is a path on the same host (RFC 3986 section 4.2, absolute-path reference).
 * Browsers take "//" and "/\" for another host and drop tabs and line ends, so these are none.
 */
bool cm_url_is_path(const char *text);

/*
 * Append name=value for a query, with all but unreserved characters escaped (RFC 3986 section 2.1),
 * after a '?', or '&' when the buffer has a '?' already.
 */
void cm_url_put_query(struct cm_buf *url, const char *name, const char *value);

/* Whether the host is this machine itself: 127.0.0.0/8, [::1] or localhost. */
bool cm_url_is_loopback(const struct cm_url *url);

/* Whether a textual IP address, without brackets, is a loopback one. */
bool cm_url_address_is_loopback(const char *address);

#endif

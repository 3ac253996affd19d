#ifndef CM_HTTP_RESPONSE_H
#define CM_HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * A response under construction.  Set it up with cm_response_init(), release it with
 * cm_response_clear().  A header that may not be sent, or a lack of memory, makes the response fail
 * as a whole: cm_response_emit() then says so, and nothing half-built goes out.
 */
struct cm_response {
	int status;               /* HTTP status code */
	const char *content_type; /* NULL: no body; borrowed */
	const char *cache;        /* Cache-Control; borrowed */
	struct cm_buf headers;    /* further ones, as "Name: value\r\n" lines */
	struct cm_buf body;
	bool without_body; /* for HEAD: the length of the body is told, the body is not */
	bool failed;
};

void cm_response_init(struct cm_response *res);
void cm_response_clear(struct cm_response *res);

/* Forget all that was set, to answer something else. */
void cm_response_restart(struct cm_response *res);

/* Add a header. A value with CR, LF or another control character fails the response. */
void cm_response_header(struct cm_response *res, const char *name, const char *value);

/*
 * Write the whole response in the form of CGI (RFC 3875 section 6): Status, headers, body.
 * CM_INTERNAL when the response failed, CM_NOMEM.
 */
enum cm_status cm_response_emit(const struct cm_response *res, struct cm_buf *out,
                                struct cm_err *err);

#endif

#ifndef CM_HTTP_REQUEST_H
#define CM_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/crypto.h"
#include "base/status.h"

enum { CM_PATH_MAX = 1024, CM_VARIABLES_MEASURED = 64 };

/* How the body arrived; short: it, or what was said of its length, is not whole. */
enum cm_body { CM_BODY_WHOLE = 0, CM_BODY_SHORT, CM_BODY_TOO_LARGE };

/* A request, from the CGI variables (RFC 3875) that FastCGI has too.  All of it is borrowed. */
struct cm_request {
	const char *const *env; /* NAME=value, NULL-terminated */
	const char *method;
	char path[CM_PATH_MAX]; /* of REQUEST_URI, as it came, without the query; "" if too long */
	const char *query;      /* "" when there is none */
	const char *address;    /* of the client, "" when unknown */
	const char *body;       /* NUL-terminated */
	size_t body_len;
	enum cm_body body_state;
	char request_id[CM_ID_TEXT];
	/* Length of the names of the first variables, so that most others are passed over unread.
	 */
	size_t measured;
	unsigned char name_length[CM_VARIABLES_MEASURED];
};

/*
 * Take a request over.  The path is REQUEST_URI's, the only variable that all web servers fill in
 * alike.  env and body must outlive the request.
 */
enum cm_status cm_request_init(struct cm_request *req, const char *const *env, const char *body,
                               size_t body_len, enum cm_body body_state, struct cm_err *err);

/* A CGI variable (borrowed), NULL when it is absent. */
const char *cm_request_variable(const struct cm_request *req, const char *name);

/*
 * The Authorization header, under whichever of its two names the web server passed it on; NULL when
 * it is absent or empty.
 */
const char *cm_request_authorization(const struct cm_request *req);

/* Whether the media type of the body is this one, whatever its parameters. */
bool cm_request_has_type(const struct cm_request *req, const char *type);

/* Whether the request came over TLS, or did not leave this machine. */
bool cm_request_is_private(const struct cm_request *req);

#endif

#ifndef CM_HTTP_FETCH_H
#define CM_HTTP_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

/*
 * HTTP as a client, by libcurl, which is loaded by the first request.  Redirects are not followed.
 */
struct cm_fetch {
	const char *method;
	const char *url;
	const char *const *fields; /* header fields, "Name: value", NULL at the end; NULL: none */
	const char *body;          /* NULL: none */
	size_t body_len;           /* bytes */
	bool chunked; /* send the body in two chunks, a moment apart, and not its length */
	/*
	 * Whether who asks chose the URL: then http is fine too, a proxy of the environment, and
	 * any address, and it may take 30 seconds.  Otherwise a stranger named the URL, who must
	 * not reach what only this machine can: https alone, no proxy, the address that is really
	 * connected to must be public, and it takes five seconds at most.
	 */
	bool trusted;
	size_t max; /* bytes of the answer's body that are kept */
};

/* What kept an answer from coming. */
enum cm_fetch_trouble {
	CM_FETCH_NONE = 0,
	CM_FETCH_RESOLVE, /* the name */
	CM_FETCH_CONNECT,
	CM_FETCH_TLS,
	CM_FETCH_TIMEOUT,
	CM_FETCH_OTHER
};

/* An answer.  Set it up with {0}, release it with cm_fetched_clear(). */
struct cm_fetched {
	enum cm_fetch_trouble trouble;
	int status;
	struct cm_buf head; /* its header fields, a line each */
	struct cm_buf body;
	bool cut; /* the body was longer than max */
};

/*
 * Send a request.  CM_OK with any answer, whatever its status.  CM_INPUT with trouble, in words for
 * the person who chose the URL; CM_INTERNAL, CM_NOMEM.
 */
enum cm_status cm_fetch(const struct cm_fetch *request, struct cm_fetched *out, struct cm_err *err);
void cm_fetched_clear(struct cm_fetched *fetched);

/*
 * The value of a header field, appended to out (NULL: not wanted); of several, the first.  Returns
 * how many there are.
 */
size_t cm_fetched_field(const struct cm_fetched *fetched, const char *name, struct cm_buf *out);

/*
 * Fetch a JSON document that a stranger named.  max: bytes of the longest document.  The document
 * is appended to out.  CM_INPUT with a sentence that tells nothing of the network.
 */
enum cm_status cm_fetch_json(const char *url, size_t max, struct cm_buf *out, struct cm_err *err);

#endif

#ifndef CM_FCGI_ANSWER_H
#define CM_FCGI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/context.h"
#include "base/buf.h"

/*
 * What FastCGI and CGI have in common: take a body from a stream and turn a request into the bytes
 * of a response.
 */
struct cm_stream {
	/* Read up to size bytes; less only at the end. Negative when the other side broke off. */
	long (*read)(void *arg, char *out, size_t size);
	void *arg;
};

/*
 * Answer one request; out gets the whole response in the form of CGI, always.  True when the whole
 * body was read.
 */
bool cm_answer(struct cm_context *ctx, const char *const *env, const struct cm_stream *in,
               struct cm_buf *out);

#endif

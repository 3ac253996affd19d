#ifndef CM_FCGI_ANSWER_H
#define CM_FCGI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/context.h"
#include "base/buf.h"
#include "http/env.h"
#include "http/exchange.h"

/*
 * What FastCGI and CGI have in common: take a body from a stream and turn a request into the bytes
 * of a response.
 */
struct cm_stream {
	/* Read up to size bytes; less only at the end. Negative when the other side broke off. */
	long (*read)(void *arg, char *out, size_t size);
	void *arg;
};

/* One request and its answer.  Zeroed, it is ready for cm_answer_read(). */
struct cm_answer {
	struct cm_env headers;
	struct cm_buf body;
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x;
	struct cm_err err; /* why not even an error can be answered */
};

/*
 * Take a request in; env must outlive the answer.  True when the whole body was read.  Then do what
 * it asks for, once or, when that was undone, again.  Then write the response in the form of CGI to
 * out, always, and release what the answer held.
 */
bool cm_answer_read(struct cm_answer *a, struct cm_context *ctx, const char *const *env,
                    const struct cm_stream *in);
void cm_answer_work(struct cm_answer *a, struct cm_context *ctx);
void cm_answer_end(struct cm_answer *a, struct cm_buf *out);

/* All of that for a request that is alone. */
bool cm_answer(struct cm_context *ctx, const char *const *env, const struct cm_stream *in,
               struct cm_buf *out);

#endif

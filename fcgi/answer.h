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
	/* Where its lines of the log go, if not to standard error (cm_log_sink()). */
	void (*log)(const char *line, void *arg);
	void *log_arg;
	struct cm_env headers;
	struct cm_buf body;
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x;
	struct cm_err err; /* why not even an error can be answered */
	bool whole;        /* the whole body was read */
};

/* Take a request in; env must outlive the answer. */
void cm_answer_read(struct cm_answer *a, struct cm_context *ctx, const char *const *env,
                    const struct cm_stream *in);

/* Whether the request was read, and is one that may share a transaction with others. */
bool cm_answer_is_short(const struct cm_answer *a);

/*
 * Do what the first of several requests ask for: of one, or, where they write, of more, as one
 * transaction.  How many; what they wrote is on the disk, and they can be answered.  Where that
 * transaction fails each of them is done again, alone.
 */
size_t cm_answer_work(struct cm_answer *all, size_t count, struct cm_context *ctx);

/*
 * Write the response in the form of CGI to out, always, and release what the answer held.  A peer
 * who takes long must not keep the store from going on: where it has sent less than it said, or
 * gets more than may fit into a socket, the context is at rest.
 */
void cm_answer_end(struct cm_answer *a, struct cm_context *ctx, struct cm_buf *out);

/* All of that for a request that is alone. */
void cm_answer(struct cm_context *ctx, const char *const *env, const struct cm_stream *in,
               struct cm_buf *out);

#endif

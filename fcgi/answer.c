#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "casement.h"
#include "http/env.h"

/* As much as the limit can be set to. */
enum { SKIP_MAX = 67108864 };

/* A socket takes more than this, whether anybody reads or not. */
enum { SOCKET_BYTES = 16384 };

/* For a request that can't even be answered with an error of its own. */
#define LAST_RESORT                                                                                \
	"Status: 500 Internal Server Error\r\nContent-Type: application/json\r\n"                  \
	"Content-Length: 24\r\n\r\n{\"error\":\"server_error\"}"

/*
 * CONTENT_LENGTH; -1 when it is absent or empty: the body ends with the stream, as chunked ones do.
 * False when it is no number.
 */
static bool content_length(const char *const *env, long long *out)
{
	struct cm_request req = {.env = env};
	const char *text = cm_request_variable(&req, "CONTENT_LENGTH");

	*out = -1;
	if (text == NULL || *text == '\0')
		return true;
	if (text[strspn(text, "0123456789")] != '\0')
		return false;
	/* A number beyond 64 bits becomes the largest one, which is over every limit. */
	*out = strtoll(text, NULL, 10);
	return true;
}

/*
 * Read on and forget it all.  A server that still has some of the body to write when the program is
 * done gives the client no answer (mod_cgid of Apache).
 */
static void skip_body(const struct cm_stream *in, long long left)
{
	char chunk[16384];
	long got = 1;

	for (left = left < SKIP_MAX ? left : SKIP_MAX; left > 0 && got > 0; left -= got)
		got = in->read(in->arg, chunk,
		               left < (long long)sizeof chunk ? (size_t)left : sizeof chunk);
}

/* Read the body: what was declared, or to the end, but keep no more than a byte over the limit. */
static enum cm_body read_body(const struct cm_stream *in, const char *const *env,
                              struct cm_context *ctx, struct cm_buf *body)
{
	long long declared;
	size_t wanted, limit;
	long got = 1;

	if (!content_length(env, &declared))
		return CM_BODY_SHORT;
	limit = cm_casement_body_limit(ctx, declared);
	if (declared > (long long)limit) {
		skip_body(in, declared);
		return CM_BODY_TOO_LARGE;
	}
	wanted = declared < 0 ? limit + 1 : (size_t)declared;
	while (got > 0 && body->len < wanted && !body->failed) {
		size_t room = wanted - body->len;
		char chunk[16384];

		got = in->read(in->arg, chunk, room < sizeof chunk ? room : sizeof chunk);
		if (got > 0)
			cm_buf_add(body, chunk, (size_t)got);
	}
	if (body->len > limit) {
		skip_body(in, SKIP_MAX);
		return CM_BODY_TOO_LARGE;
	}
	return got < 0 || (declared >= 0 && body->len < wanted) ? CM_BODY_SHORT : CM_BODY_WHOLE;
}

void cm_answer_read(struct cm_answer *a, struct cm_context *ctx, const char *const *env,
                    const struct cm_stream *in)
{
	enum cm_body state;

	cm_log_sink(a->log, a->log_arg);
	state = read_body(in, env, ctx, &a->body);
	if (cm_buf_status(&a->body, &a->err) == CM_OK &&
	    cm_env_init(&a->headers, env, &a->err) == CM_OK)
		(void)cm_request_init(&a->req, a->headers.list, cm_buf_str(&a->body), a->body.len,
		                      state, &a->err);
	cm_response_init(&a->res);
	a->whole = state == CM_BODY_WHOLE;
	cm_log_sink(NULL, NULL);
}

bool cm_answer_is_short(const struct cm_answer *a)
{
	return a->err.status == CM_OK && cm_casement_is_short(&a->req);
}

static void work(struct cm_answer *a, struct cm_context *ctx)
{
	if (a->err.status != CM_OK)
		return;
	cm_log_sink(a->log, a->log_arg);
	cm_response_restart(&a->res);
	cm_casement_run(&a->x, ctx, &a->req, &a->res);
	cm_log_sink(NULL, NULL);
}

size_t cm_answer_work(struct cm_answer *all, size_t count, struct cm_context *ctx)
{
	struct cm_err err = {0};
	size_t done = 0;

	if (count > 1 && cm_answer_is_short(&all[0]))
		cm_context_group_begin(ctx);
	do
		work(&all[done++], ctx);
	while (done < count && cm_context_group_is_open(ctx) && cm_answer_is_short(&all[done]));
	if (cm_context_group_end(ctx, &err) == CM_OK)
		return done;
	cm_log_sink(all->log, all->log_arg);
	cm_log_error(NULL, "done again, each alone: %zu requests: %s", done, err.text);
	cm_log_sink(NULL, NULL);
	for (size_t i = 0; i < done; i++) {
		cm_context_rest(ctx);
		work(&all[i], ctx);
	}
	return done;
}

void cm_answer_end(struct cm_answer *a, struct cm_context *ctx, struct cm_buf *out)
{
	cm_log_sink(a->log, a->log_arg);
	if (a->err.status == CM_OK) {
		cm_casement_end(&a->x);
		(void)cm_response_emit(&a->res, out, &a->err);
	}
	if (a->err.status != CM_OK) {
		cm_log_error(NULL, "%s: %s", cm_status_info(a->err.status)->name, a->err.text);
		cm_buf_clear(out);
		cm_buf_puts(out, LAST_RESORT);
	}
	if (!a->whole || out->len > SOCKET_BYTES)
		cm_context_rest(ctx);
	cm_response_clear(&a->res);
	cm_env_clear(&a->headers);
	cm_buf_clear(&a->body);
	cm_err_clear(&a->err);
	cm_log_sink(NULL, NULL);
}

void cm_answer(struct cm_context *ctx, const char *const *env, const struct cm_stream *in,
               struct cm_buf *out)
{
	struct cm_answer a = {0};

	cm_answer_read(&a, ctx, env, in);
	(void)cm_answer_work(&a, 1, ctx);
	cm_context_rest(ctx);
	cm_answer_end(&a, ctx, out);
}

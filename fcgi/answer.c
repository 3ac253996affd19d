#include "answer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "casement.h"

/* For a request that can't even be answered with an error of its own. */
#define LAST_RESORT                                                                                \
	"Status: 500 Internal Server Error\r\nContent-Type: application/json\r\n"                  \
	"Content-Length: 24\r\n\r\n{\"error\":\"server_error\"}"

/* CONTENT_LENGTH, or -1 when it is absent, empty or no number. */
static long long content_length(const char *const *env)
{
	struct cm_request req = {.env = env};
	const char *text = cm_request_variable(&req, "CONTENT_LENGTH");
	char *end = NULL;
	long long length;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	length = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0 ? length : -1;
}

/* Read the body, but never more than one byte over the limit. */
static enum cm_body read_body(const struct cm_stream *in, long long declared, size_t limit,
                              struct cm_buf *body)
{
	char chunk[16384];
	long got;

	if (declared > (long long)limit)
		return CM_BODY_TOO_LARGE;
	do {
		size_t room = limit + 1 - body->len;

		got = in->read(in->arg, chunk, room < sizeof chunk ? room : sizeof chunk);
		if (got < 0)
			return CM_BODY_SHORT;
		cm_buf_add(body, chunk, (size_t)got);
		if (body->len > limit)
			return CM_BODY_TOO_LARGE;
	} while (got > 0 && !body->failed);
	return declared >= 0 && (size_t)declared != body->len ? CM_BODY_SHORT : CM_BODY_WHOLE;
}

void cm_answer(struct cm_context *ctx, const char *const *env, const struct cm_stream *in,
               struct cm_buf *out)
{
	struct cm_response res;
	struct cm_request req;
	struct cm_buf body = {0};
	struct cm_err err = {0};
	enum cm_body state = read_body(in, content_length(env), cm_casement_body_limit(ctx), &body);
	enum cm_status rc = cm_buf_status(&body, &err);

	cm_response_init(&res);
	if (rc == CM_OK)
		rc = cm_request_init(&req, env, cm_buf_str(&body), body.len, state, &err);
	if (rc == CM_OK) {
		cm_casement_answer(ctx, &req, &res);
		rc = cm_response_emit(&res, out, &err);
	}
	if (rc != CM_OK) {
		cm_log_error(NULL, "%s: %s", cm_status_info(rc)->name, err.text);
		cm_buf_clear(out);
		cm_buf_puts(out, LAST_RESORT);
	}
	cm_response_clear(&res);
	cm_buf_clear(&body);
}

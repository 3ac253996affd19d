#include "responder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"

/*
 * Whether there is a body to read.  Without a length there is none (RFC 3875 section 4.2), and some
 * servers give the client's connection as input, which does not end.  Apache passes chunked bodies
 * so, though, and these do.
 */
static bool has_body(void)
{
	const char *length = getenv("CONTENT_LENGTH"), *method = getenv("REQUEST_METHOD");

	return (length != NULL && *length != '\0') || getenv("HTTP_TRANSFER_ENCODING") != NULL ||
	       (method != NULL && (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0));
}

static long read_stdin(void *arg, char *out, size_t size)
{
	size_t have = 0;

	(void)arg;
	while (have < size) {
		ssize_t got = read(STDIN_FILENO, out + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (long)have;
}

static long read_nothing(void *arg, char *out, size_t size)
{
	(void)arg;
	(void)out;
	(void)size;
	return 0;
}

int cm_cgi_run(struct cm_context *ctx)
{
	struct cm_stream in = {has_body() ? read_stdin : read_nothing, NULL};
	struct cm_buf out = {0};
	size_t sent = 0;

	cm_answer(ctx, (const char *const *)environ, &in, &out);
	while (sent < out.len) {
		ssize_t put = write(STDOUT_FILENO, out.data + sent, out.len - sent);

		if (put < 0 && errno != EINTR)
			break;
		sent += put > 0 ? (size_t)put : 0;
	}
	cm_buf_clear(&out);
	return sent > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

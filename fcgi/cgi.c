#include "responder.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "answer.h"

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

int cm_cgi_run(struct cm_context *ctx)
{
	struct cm_stream in = {read_stdin, NULL};
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

#include "responder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "answer.h"
#include "base/crypto.h"
#include "base/log.h"
#include "program.h"

enum { LISTEN_FD = 0, KEPT_BYTES = 65536, TOGETHER_MAX = 16 };

/* Connections with requests that came together. */
static FCGX_Request requests[TOGETHER_MAX];
static struct cm_answer answers[TOGETHER_MAX];

static int null_fd = -1;

/*
 * Put /dev/null in the place of the listening socket.  poll() then says that it can be read, and
 * accept() fails, so no signal is lost between looking and waiting.  Requests in hand have
 * descriptors of their own and are finished first.
 */
static void stop_listening(int number)
{
	(void)number;
	dup2(null_fd, LISTEN_FD);
}

static void catch_signals(void)
{
	/* libfcgi takes an interrupted read for the end of the request: let it go on instead. */
	struct sigaction stop = {.sa_handler = stop_listening, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGUSR1, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	/* No log is open yet. */
	sigaction(SIGHUP, &ignore, NULL);
}

bool cm_responder_is_fastcgi(void)
{
	/* libfcgi keeps handlers that are there before it is first called. */
	catch_signals();
	return FCGX_IsCGI() == 0;
}

static long read_request(void *arg, char *out, size_t size)
{
	FCGX_Stream *in = arg;
	int got = FCGX_GetStr(out, (int)size, in);

	return FCGX_GetError(in) != 0 ? -1 : got;
}

/* The web server writes what comes on the error stream into its own log. */
static void log_to_server(const char *line, void *arg)
{
	FCGX_Request *request = arg;

	FCGX_PutS(line, request->err);
}

/*
 * libfcgi closes a connection by closing one half and waiting for the web server to close the
 * other, because what comes to a closed socket would have the answer thrown away.  From a server
 * that has sent the end of its request nothing comes, so there is nothing to wait for.
 */
static void close_at_once(FCGX_Request *request, bool ended)
{
	if (ended)
		(void)FCGX_Detach(request);
	else
		(void)FCGX_Attach(request);
}

/* Most answers are short: their memory serves the next one too. */
static void forget(struct cm_buf *out)
{
	if (out->cap > KEPT_BYTES)
		cm_buf_clear(out);
	else
		cm_buf_reset(out);
}

static void answer(FCGX_Request *request, struct cm_answer *a, struct cm_context *ctx,
                   struct cm_buf *out)
{
	cm_answer_end(a, ctx, out);
	FCGX_PutStr(cm_buf_str(out), (int)out->len, request->out);
	close_at_once(request, a->whole && FCGX_GetChar(request->in) == EOF &&
	                           FCGX_GetError(request->in) == 0);
	FCGX_Finish_r(request);
	/* One that stayed open would keep all others from this process. */
	FCGX_Free(request, 1);
	forget(out);
}

/*
 * Whether to make room for a newer program, whose store this one must not use.  One that was good
 * until now does; one that was outdated from its beginning would only be started again, and waits
 * with its answers of 503 until the file of the program is replaced.
 */
static bool must_leave(const struct cm_context *ctx, bool *was_good)
{
	if (!ctx->outdated)
		*was_good = true;
	return ctx->outdated && (*was_good || cm_program_was_replaced());
}

/* Whether accept() found no descriptor or no memory, and the socket is there still. */
static bool may_come_later(int code)
{
	struct stat st;

	return (code == -EMFILE || code == -ENFILE || code == -ENOBUFS || code == -ENOMEM) &&
	       fstat(LISTEN_FD, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Whether to look again, when none could be taken: another process was faster, or there is no room.
 */
static bool may_go_on(int code, short seen)
{
	static const struct timespec pause = {.tv_nsec = 50000000};

	if (code == -EAGAIN)
		return (seen & (POLLERR | POLLHUP | POLLNVAL)) == 0;
	if (!may_come_later(code))
		return false;
	(void)nanosleep(&pause, NULL);
	return true;
}

/*
 * libfcgi waits for the first byte of a connection.  When a signal interrupts that it takes the web
 * server for gone, and closes: the signals come when it has the request.
 */
static int accept_request(FCGX_Request *request)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	code = FCGX_Accept_r(request);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}

/*
 * Take what has come, and wait only for the first; none when there are to be no more.  All of it
 * is read before any is worked on, so that no transaction waits for a sender.
 */
static size_t take(struct cm_context *ctx)
{
	size_t count = 0, bytes = 0;
	int code;

	while (count < TOGETHER_MAX && bytes < KEPT_BYTES) {
		struct pollfd listener = {.fd = LISTEN_FD, .events = POLLIN};
		FCGX_Request *request = &requests[count];
		struct cm_answer *a = &answers[count];
		struct cm_stream in = {.read = read_request};

		if (poll(&listener, 1, count == 0 ? -1 : 0) == 0)
			break;
		if ((code = accept_request(request)) < 0) {
			if (count > 0 || !may_go_on(code, listener.revents))
				break;
			continue;
		}
		a->log = log_to_server;
		a->log_arg = request;
		in.arg = request->in;
		cm_answer_read(a, ctx, (const char *const *)request->envp, &in);
		bytes += a->body.len;
		count++;
		/* Nobody has to wait behind it in this process. */
		if (!cm_answer_is_short(a))
			break;
	}
	return count;
}

static bool init_requests(void)
{
	bool ok = FCGX_Init() == 0;

	for (size_t i = 0; ok && i < TOGETHER_MAX; i++)
		ok = FCGX_InitRequest(&requests[i], LISTEN_FD, 0) == 0;
	/* Nobody who has something in hand waits for another process that was faster. */
	return ok && fcntl(LISTEN_FD, F_SETFL, fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK) == 0;
}

int cm_responder_run(struct cm_context *ctx)
{
	struct cm_buf out = {0};
	struct cm_err err = {0};
	bool leave = false, was_good = false;
	size_t count;

	if (cm_crypto_start(&err) != CM_OK) {
		cm_log_error(NULL, "%s", err.text);
		return EXIT_FAILURE;
	}
	if (!init_requests())
		return EXIT_FAILURE;
	for (; !leave && (count = take(ctx)) > 0; cm_context_wait_anew(ctx)) {
		for (size_t done = 0, sent = 0; done < count;) {
			done += cm_answer_work(answers + done, count - done, ctx);
			leave = must_leave(ctx, &was_good) || leave;
			if (done == count)
				cm_context_rest(ctx);
			for (; sent < done; sent++)
				answer(&requests[sent], &answers[sent], ctx, &out);
		}
	}
	cm_buf_clear(&out);
	if (leave && cm_program_was_replaced()) {
		cm_context_clear(ctx);
		cm_program_run_again();
	}
	return EXIT_SUCCESS;
}

/*
 * One request of the whole program, over and over in new processes: in each, another allocation
 * fails, of the program's own or of any library's.  Says what came of it.
 *
 * usage: memory DATABASE FAILURE STEP REQUEST [BEFORE]...
 *   FAILURE  once: that allocation fails; on: it and all that follow until the answer is there
 *   STEP     try every STEPth allocation; @N: only the Nth, with the log on stderr
 *   REQUEST  a file: variables of CGI, a line each, an empty line, the body
 *   BEFORE   such files: what the process has answered before; without any, the database is opened
 *            while memory is short
 *
 * Prints a line for each process with something wrong, then how many ended how.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocation.h"
#include "auth/context.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "fcgi/answer.h"
#include "state.h"

enum { VARIABLES = 40, BEFORE_MAX = 4 };

/* What became of one process. */
enum verdict {
	AS_USUAL,  /* the answer of a good day, and all written */
	REFUSED,   /* an error of the server's own, nothing written */
	TOO_LATE,  /* an error, although all was written: the answer could not be built */
	ALL_TRIED, /* fewer allocations than that: nothing failed */
	WRONG,     /* anything else; said on stdout */
	VERDICTS
};

struct request {
	char *text; /* owned; cut into lines */
	const char *env[VARIABLES + 1];
	const char *body;
	size_t read; /* of the body */
};

struct run {
	const char *database;
	bool on;
	struct request request, earlier[BEFORE_MAX];
	int earlier_count;
	int good_status; /* of the answer when nothing fails */
	size_t good_len;
	struct state before, after; /* of the database, when nothing fails */
};

static char *read_whole(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 ||
	    (text = malloc((size_t)size + 1)) == NULL)
		exit(2);
	rewind(file);
	*len = fread(text, 1, (size_t)size, file);
	text[*len] = '\0';
	fclose(file);
	return text;
}

static void read_request(const char *path, struct request *out)
{
	size_t len, count = 0;
	char *line = out->text = read_whole(path, &len);

	while (*line != '\n' && *line != '\0' && count < VARIABLES) {
		out->env[count++] = line;
		line += strcspn(line, "\n");
		if (*line != '\0')
			*line++ = '\0';
	}
	out->env[count] = NULL;
	out->body = *line == '\n' ? line + 1 : line;
}

static long read_body(void *arg, char *out, size_t size)
{
	struct request *request = arg;
	size_t left = strlen(request->body) - request->read;

	size = size < left ? size : left;
	memcpy(out, request->body + request->read, size);
	request->read += size;
	return (long)size;
}

static int answer(struct cm_context *ctx, struct request *request, struct cm_buf *out)
{
	struct cm_stream in = {read_body, request};
	int status = 0;

	request->read = 0;
	cm_buf_clear(out);
	cm_answer(ctx, request->env, &in, out);
	(void)sscanf(cm_buf_str(out), "Status: %d", &status);
	return status;
}

static int health(struct cm_context *ctx)
{
	static struct request request = {.env = {"REQUEST_METHOD=GET", "REQUEST_URI=/api/health",
	                                         "REMOTE_ADDR=127.0.0.1", "CONTENT_LENGTH=0"},
	                                 .body = ""};
	struct cm_buf out = {0};
	int status = answer(ctx, &request, &out);

	cm_buf_clear(&out);
	return status;
}

static void copy_file(const char *from, const char *to)
{
	size_t len;
	char *bytes = read_whole(from, &len);
	FILE *file = fopen(to, "wb");

	if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		exit(2);
	free(bytes);
}

static void remove_copy(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char name[PATH_MAX];

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
}

static enum verdict wrong(long number, const char *what, int status, const struct cm_buf *out)
{
	printf("allocation %ld: %s; status %d: %.300s\n", number, what, status,
	       strstr(cm_buf_str(out), "\r\n\r\n") == NULL ? cm_buf_str(out)
	                                                   : strstr(out->data, "\r\n\r\n") + 4);
	fflush(stdout);
	return WRONG;
}

/* What an answer and what was written say of each other. */
static enum verdict judge(const struct run *run, long number, int status, const struct cm_buf *out,
                          const struct state before_after[2])
{
	const struct state *before = &before_after[0], *after = &before_after[1];
	bool none = state_same(before, after);
	bool all = state_same_change(before, after, &run->before, &run->after), told;

	if (!none && !all)
		return wrong(number, "half was written", status, out);
	/* A person's browser is sent back to the client with the error (RFC 6749 section 4.1.2.1).
	 */
	told = strstr(cm_buf_str(out), "error=server_error") != NULL ||
	       strstr(cm_buf_str(out), "error=temporarily_unavailable") != NULL;
	if (status == run->good_status && !told)
		return !all ? wrong(number, "success, but not written", status, out)
		       : out->len == run->good_len
		           ? AS_USUAL
		           : wrong(number, "success, but another answer", status, out);
	/* Where even the error finds no memory, the web server sees none, and answers 500 itself.
	 */
	if (told || status == 500 || status == 503 || (status == 0 && out->len == 0 && run->on))
		return none ? REFUSED : TOO_LATE;
	return wrong(number, "an error that is not the server's own", status, out);
}

/* Afterwards, with all memory there is, the same process must do what it did before. */
static enum verdict go_on(const struct run *run, struct cm_context *ctx, long number,
                          enum verdict verdict)
{
	struct request again = run->request;
	struct cm_buf out = {0};
	int status;

	if (health(ctx) != 200)
		verdict = wrong(number, "not healthy afterwards", health(ctx), &out);
	status = answer(ctx, &again, &out);
	if (verdict == REFUSED && (status != run->good_status || out.len != run->good_len))
		verdict = wrong(number, "the next one fails too", status, &out);
	cm_buf_clear(&out);
	return verdict;
}

static void answer_earlier(struct run *run, struct cm_context *ctx)
{
	struct cm_buf out = {0};

	for (int i = 0; i < run->earlier_count; i++)
		(void)answer(ctx, &run->earlier[i], &out);
	cm_buf_clear(&out);
}

/* What happens when no allocation fails, for all to compare with. */
static enum verdict good_day(struct run *run, const char *path)
{
	struct cm_buf out = {0};
	struct cm_context ctx;

	cm_context_init(&ctx, path);
	answer_earlier(run, &ctx);
	state_read(path, false, &run->before);
	run->good_status = answer(&ctx, &run->request, &out);
	run->good_len = out.len;
	state_read(path, true, &run->after);
	cm_buf_clear(&out);
	cm_context_clear(&ctx);
	return run->after.whole ? AS_USUAL : WRONG;
}

/* One process in which an allocation fails. */
static enum verdict bad_day(struct run *run, long number, const char *path)
{
	enum verdict verdict = ALL_TRIED;
	struct state before_after[2];
	struct cm_buf out = {0};
	struct cm_context ctx;
	int status;

	cm_context_init(&ctx, path);
	answer_earlier(run, &ctx);
	state_read(path, false, &before_after[0]);
	allocation_fail(number, run->on);
	status = answer(&ctx, &run->request, &out);
	if (allocation_stop()) {
		state_read(path, true, &before_after[1]);
		verdict = judge(run, number, status, &out, before_after);
		verdict = go_on(run, &ctx, number, verdict);
	}
	cm_buf_clear(&out);
	cm_context_clear(&ctx);
	return verdict;
}

static void free_requests(struct run *run)
{
	free(run->request.text);
	for (int i = 0; i < run->earlier_count; i++)
		free(run->earlier[i].text);
}

/* exit() lets LeakSanitizer look, where it is built in; its exit status is not one of ours. */
static enum verdict try(struct run *run, long number)
{
	enum verdict verdict;
	char path[PATH_MAX];
	int status;
	pid_t pid;

	snprintf(path, sizeof path, "%s-%ld", run->database, number);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		copy_file(run->database, path);
		verdict = number == 0 ? good_day(run, path) : bad_day(run, number, path);
		free_requests(run);
		exit((int)verdict);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(2);
	remove_copy(path);
	if (WIFEXITED(status) && WEXITSTATUS(status) < VERDICTS)
		return (enum verdict)WEXITSTATUS(status);
	printf("allocation %ld: the process ended with %s %d\n", number,
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return WRONG;
}

static void to_stderr(const char *line, void *arg)
{
	(void)arg;
	fputs(line, stderr);
}

static void drop(const char *line, void *arg)
{
	(void)line;
	(void)arg;
}

/* All allocations in turn, then what came of it. */
static int try_all(struct run *run, long step)
{
	long counts[VERDICTS] = {0}, number;

	for (number = 1; counts[ALL_TRIED] == 0; number += step)
		counts[try(run, number)]++;
	printf("status %d, allocations %ld, as usual %ld, refused %ld, too late %ld, wrong %ld\n",
	       run->good_status, number - 1, counts[AS_USUAL], counts[REFUSED], counts[TOO_LATE],
	       counts[WRONG]);
	return counts[WRONG] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct run *run =
	    mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool only = argc > 4 && argv[3][0] == '@';
	struct stat st;
	long step;
	int code;

	if (run == MAP_FAILED || argc < 5 || argc > 5 + BEFORE_MAX || stat(argv[1], &st) != 0 ||
	    (step = strtol(argv[3] + only, NULL, 10)) < 1)
		return 2;
	/* All see the same second: rows hold times, and codes live for a minute. */
	cm_clock_fix(st.st_mtime);
	*run = (struct run){
	    .database = argv[1], .on = strcmp(argv[2], "on") == 0, .earlier_count = argc - 5};
	read_request(argv[4], &run->request);
	for (int i = 0; i < run->earlier_count; i++)
		read_request(argv[5 + i], &run->earlier[i]);
	cm_log_sink(only ? to_stderr : drop, NULL);
	if (cm_crypto_start(NULL) != CM_OK || try(run, 0) != AS_USUAL)
		return 2;
	code = only ? (int)try(run, step) : try_all(run, step);
	free_requests(run);
	return code;
}

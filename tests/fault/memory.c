/*
 * Requests that came together, or one, to the whole program, over and over in new processes: in
 * each, another allocation fails, of the program's own or of any library's.  Says what came of it.
 *
 * usage: memory DATABASE FAILURE STEP REQUEST... [-- BEFORE...]
 *   FAILURE  once: that allocation fails; on: it and all that follow until the answers are there
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

enum { VARIABLES = 40, BEFORE_MAX = 4, TOGETHER_MAX = 4, WRONG_MAX = 20 };

/* Exit statuses of a process, apart from those of sanitizers. */
enum { FIRST_STATUS = 100 };

/* What became of a request, or, the worst of its requests, of a process. */
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
	/* What comes of it when nothing fails: the answer, and rows of the audit trail. */
	int good_status;
	size_t good_len;
	int good_audits;
};

struct reply {
	int status;
	char request_id[CM_ID_TEXT]; /* "" where there was no memory for it */
	struct cm_buf out;
	bool unaudited; /* the log has what the audit trail could not take: a refusal */
	enum verdict verdict;
};

struct run {
	const char *database;
	bool on;
	struct request together[TOGETHER_MAX], earlier[BEFORE_MAX];
	int together_count, earlier_count;
	/* Of the database, when nothing fails: before them, and after each of them alone. */
	struct state good[TOGETHER_MAX + 1];
};

/*
 * libjwt 1.10 forgets the text of a token's header, or of its claims, where it finds no memory to
 * append it, and so what it got in place of one (lib/auth/libjwt_memory.h).  json-c 0.16 forgets
 * the copy of a member's name where it finds none to make an object's table larger.  GCC's
 * sanitizer is a library, which finds only what the program shows.
 */
#define SHOWN __attribute__((visibility("default")))
SHOWN const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:json_dumps\nleak:cm_libjwt_spare\nleak:json_object_object_add_ex";
}

/* Nor does it report what it left out. */
SHOWN const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

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

/* Whether the log is on stderr. */
static bool loud;

static void take_line(const char *line, void *arg)
{
	struct reply *reply = arg;

	if (strstr(line, "\"audit: ") != NULL)
		reply->unaudited = true;
	if (loud)
		fputs(line, stderr);
}

static void take_answer(struct cm_answer *a, struct cm_context *ctx, struct reply *reply)
{
	snprintf(reply->request_id, sizeof reply->request_id, "%s", a->req.request_id);
	reply->status = 0;
	cm_buf_clear(&reply->out);
	cm_answer_end(a, ctx, &reply->out);
	(void)sscanf(cm_buf_str(&reply->out), "Status: %d", &reply->status);
}

/* As a responder does it (fcgi/responder.c). */
static void answer(struct cm_context *ctx, struct request *requests, int count,
                   struct reply *replies)
{
	struct cm_answer all[TOGETHER_MAX] = {0};
	int done = 0, sent = 0;

	for (int i = 0; i < count; i++) {
		struct cm_stream in = {read_body, &requests[i]};

		requests[i].read = 0;
		replies[i].unaudited = false;
		all[i].log = take_line;
		all[i].log_arg = &replies[i];
		cm_answer_read(&all[i], ctx, requests[i].env, &in);
	}
	while (done < count) {
		done += (int)cm_answer_work(all + done, (size_t)(count - done), ctx);
		if (done == count)
			cm_context_rest(ctx);
		for (; sent < done; sent++)
			take_answer(&all[sent], ctx, &replies[sent]);
	}
}

static void clear_replies(struct reply *replies)
{
	for (int i = 0; i < TOGETHER_MAX; i++)
		cm_buf_clear(&replies[i].out);
}

static bool is_healthy(struct cm_context *ctx)
{
	static struct request request = {.env = {"REQUEST_METHOD=GET", "REQUEST_URI=/api/health",
	                                         "REMOTE_ADDR=127.0.0.1", "CONTENT_LENGTH=0"},
	                                 .body = ""};
	struct reply reply = {0};

	answer(ctx, &request, 1, &reply);
	cm_buf_clear(&reply.out);
	return reply.status == 200;
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

static enum verdict wrong(long number, const char *what, const struct reply *reply)
{
	const char *body = strstr(cm_buf_str(&reply->out), "\r\n\r\n");

	printf("allocation %ld: %s; status %d: %.300s\n", number, what, reply->status,
	       body == NULL ? cm_buf_str(&reply->out) : body + 4);
	fflush(stdout);
	return WRONG;
}

/* What an answer says of itself: AS_USUAL, REFUSED for an error of the server's own, WRONG. */
static enum verdict judge_answer(const struct run *run, int i, long number,
                                 const struct reply *reply)
{
	const struct request *request = &run->together[i];
	const char *text = cm_buf_str(&reply->out);
	/* A person's browser is sent back to the client with the error (RFC 6749 section 4.1.2.1).
	 */
	bool told = strstr(text, "error=server_error") != NULL ||
	            strstr(text, "error=temporarily_unavailable") != NULL;

	if (reply->status == request->good_status && !told)
		return reply->out.len == request->good_len
		           ? AS_USUAL
		           : wrong(number, "success, but another answer", reply);
	/* Where even the error finds no memory, the web server sees none, and answers 500 itself.
	 */
	if (told || reply->status == 500 || reply->status == 503 ||
	    (reply->status == 0 && reply->out.len == 0 && run->on))
		return REFUSED;
	return wrong(number, "an error that is not the server's own", reply);
}

/* Whether those of a set, and no others, have their rows of the audit trail. */
static bool audited(const struct run *run, const char *path, unsigned set,
                    const struct reply *replies)
{
	bool same = true;

	for (int i = 0; same && i < run->together_count; i++)
		same = state_audits(path, replies[i].request_id) ==
		       ((set >> i & 1) != 0 ? run->together[i].good_audits : 0);
	return same;
}

/*
 * The database must hold what a set of the requests writes, and no more: all that succeeded, and of
 * the others those that were too late.  A refusal stands without its row, if the log has it.
 */
static enum verdict judge(const struct run *run, long number, const char *path,
                          struct reply *replies, const struct state before_after[2])
{
	unsigned sets = 1u << run->together_count, succeeded = 0;
	enum verdict worst = AS_USUAL;

	for (int i = 0; i < run->together_count; i++) {
		replies[i].verdict = judge_answer(run, i, number, &replies[i]);
		if (replies[i].verdict == WRONG)
			return WRONG;
		if (replies[i].verdict == AS_USUAL && !replies[i].unaudited)
			succeeded |= 1u << i;
	}
	for (unsigned set = succeeded; set < sets; set++) {
		if ((set & succeeded) != succeeded ||
		    !state_has_changed_by(before_after, run->good, set) ||
		    !audited(run, path, set, replies))
			continue;
		for (int i = 0; i < run->together_count; i++) {
			if ((set >> i & 1) != 0 && replies[i].verdict == REFUSED)
				replies[i].verdict = TOO_LATE;
			if (replies[i].verdict > worst)
				worst = replies[i].verdict;
		}
		return worst;
	}
	for (int i = 0; i < run->together_count; i++)
		worst = wrong(number, "this is not what was written", &replies[i]);
	return worst;
}

/* Afterwards, with all memory there is, the same process must do what it did not do before. */
static enum verdict go_on(struct run *run, struct cm_context *ctx, long number,
                          const struct reply *replies)
{
	struct reply again[TOGETHER_MAX] = {0};
	enum verdict verdict = AS_USUAL;

	if (!is_healthy(ctx))
		verdict = wrong(number, "not healthy afterwards", &replies[0]);
	answer(ctx, run->together, run->together_count, again);
	for (int i = 0; i < run->together_count; i++) {
		if (replies[i].verdict == REFUSED &&
		    judge_answer(run, i, number, &again[i]) != AS_USUAL)
			verdict = wrong(number, "the next one fails too", &again[i]);
	}
	clear_replies(again);
	return verdict;
}

static void answer_earlier(struct run *run, struct cm_context *ctx)
{
	struct reply reply = {0};

	for (int i = 0; i < run->earlier_count; i++)
		answer(ctx, &run->earlier[i], 1, &reply);
	cm_buf_clear(&reply.out);
}

/* What happens when no allocation fails, to one after the other, for all to compare with. */
static enum verdict good_day(struct run *run, const char *path)
{
	struct reply reply = {0};
	struct cm_context ctx;
	bool whole = true;

	cm_context_init(&ctx, path);
	answer_earlier(run, &ctx);
	state_read(path, false, &run->good[0]);
	for (int i = 0; i < run->together_count; i++) {
		struct request *request = &run->together[i];

		answer(&ctx, request, 1, &reply);
		request->good_status = reply.status;
		request->good_len = reply.out.len;
		request->good_audits = state_audits(path, reply.request_id);
		state_read(path, true, &run->good[i + 1]);
		whole = whole && run->good[i + 1].whole;
	}
	cm_buf_clear(&reply.out);
	cm_context_clear(&ctx);
	return whole ? AS_USUAL : WRONG;
}

/* One process in which an allocation fails; where none is left to fail, a good day for all. */
static enum verdict bad_day(struct run *run, long number, const char *path)
{
	struct reply replies[TOGETHER_MAX] = {0};
	enum verdict verdict, later;
	struct state before_after[2];
	struct cm_context ctx;
	bool failed;

	cm_context_init(&ctx, path);
	answer_earlier(run, &ctx);
	state_read(path, false, &before_after[0]);
	allocation_fail(number, run->on);
	answer(&ctx, run->together, run->together_count, replies);
	failed = allocation_stop();
	state_read(path, true, &before_after[1]);
	verdict = judge(run, number, path, replies, before_after);
	later = go_on(run, &ctx, number, replies);
	clear_replies(replies);
	cm_context_clear(&ctx);
	if (later == WRONG)
		return WRONG;
	return verdict == AS_USUAL && !failed ? ALL_TRIED : verdict;
}

static void free_requests(struct run *run)
{
	for (int i = 0; i < run->together_count; i++)
		free(run->together[i].text);
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
		exit(FIRST_STATUS + (int)verdict);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(2);
	remove_copy(path);
	if (WIFEXITED(status) && WEXITSTATUS(status) >= FIRST_STATUS &&
	    WEXITSTATUS(status) < FIRST_STATUS + VERDICTS)
		return (enum verdict)(WEXITSTATUS(status) - FIRST_STATUS);
	printf("allocation %ld: the process ended with %s %d\n", number,
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return WRONG;
}

/* All allocations in turn, or until enough is wrong, then what came of it. */
static int try_all(struct run *run, long step)
{
	long counts[VERDICTS] = {0}, number;

	for (number = 1; counts[ALL_TRIED] == 0 && counts[WRONG] < WRONG_MAX; number += step)
		counts[try(run, number)]++;
	printf("status");
	for (int i = 0; i < run->together_count; i++)
		printf(" %d", run->together[i].good_status);
	printf(", allocations %ld, as usual %ld, refused %ld, too late %ld, wrong %ld\n",
	       number - 1, counts[AS_USUAL], counts[REFUSED], counts[TOO_LATE], counts[WRONG]);
	return counts[WRONG] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The names of files from the fourth on. */
static bool read_requests(struct run *run, char **names)
{
	for (; *names != NULL && strcmp(*names, "--") != 0; names++) {
		if (run->together_count == TOGETHER_MAX)
			return false;
		read_request(*names, &run->together[run->together_count++]);
	}
	while (*names != NULL && *++names != NULL) {
		if (run->earlier_count == BEFORE_MAX)
			return false;
		read_request(*names, &run->earlier[run->earlier_count++]);
	}
	return run->together_count > 0;
}

int main(int argc, char **argv)
{
	struct run *run =
	    mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool only = argc > 4 && argv[3][0] == '@';
	struct stat st;
	long step;
	int code;

	if (run == MAP_FAILED || argc < 5 || stat(argv[1], &st) != 0 ||
	    (step = strtol(argv[3] + only, NULL, 10)) < 1)
		return 2;
	/* All see the same second: rows hold times, and codes live for a minute. */
	cm_clock_fix(st.st_mtime);
	*run = (struct run){.database = argv[1], .on = strcmp(argv[2], "on") == 0};
	loud = only;
	if (!read_requests(run, argv + 4) || cm_crypto_start(NULL) != CM_OK ||
	    try(run, 0) != AS_USUAL)
		return 2;
	code = only ? (int)try(run, step) : try_all(run, step);
	free_requests(run);
	return code;
}

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

static void to_stderr(const char *line, void *arg)
{
	(void)arg;
	fputs(line, stderr);
}

static const char *const names[] = {
    [CM_LOG_OFF] = "off", [CM_LOG_ERROR] = "error", [CM_LOG_INFO] = "info"};
static const int priorities[] = {
    [CM_LOG_OFF] = LOG_DEBUG, [CM_LOG_ERROR] = LOG_ERR, [CM_LOG_INFO] = LOG_INFO};

static void (*log_sink)(const char *line, void *arg) = to_stderr;
static void *log_arg;
static enum cm_log_level log_level = CM_LOG_ERROR;
static enum cm_log_level line_level; /* of the line that was begun last */
static const char *syslog_path = _PATH_LOG;
static char log_target[4096] = CM_LOG_SERVER;
static int log_fd = -1; /* of the file or of the system's log, open from one line to the next */
static bool told;       /* that the target can't be written */
static bool watches_sighup;

static void forget_target(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
}

void cm_log_configure(const char *level, const char *target)
{
	log_level = CM_LOG_ERROR;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], level) == 0)
			log_level = (enum cm_log_level)i;
	}
	if (strcmp(log_target, target) == 0)
		return;
	forget_target();
	told = false;
	snprintf(log_target, sizeof log_target, "%s", target);
}

void cm_log_sink(void (*sink)(const char *line, void *arg), void *arg)
{
	log_sink = sink == NULL ? to_stderr : sink;
	log_arg = arg;
}

void cm_log_syslog_path(const char *path)
{
	syslog_path = path == NULL ? _PATH_LOG : path;
}

void cm_log_watch_sighup(void)
{
	sigset_t hup;

	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	watches_sighup = sigprocmask(SIG_BLOCK, &hup, NULL) == 0;
}

/* Whether SIGHUP came since this was asked last. */
static bool take_sighup(void)
{
	static const struct timespec at_once;
	sigset_t hup;

	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	return watches_sighup && sigtimedwait(&hup, NULL, &at_once) == SIGHUP;
}

bool cm_log_wants(enum cm_log_level level)
{
	return level <= log_level;
}

void cm_log_begin(struct cm_buf *line, enum cm_log_level level, const char *request_id)
{
	char at[CM_CLOCK_TEXT];

	line_level = level;
	*line = (struct cm_buf){0};
	cm_clock_format(cm_clock_now_s(), at);
	cm_json_put_open(line, '{');
	cm_json_put_member(line, "time", at);
	cm_json_put_member(line, "level", names[level]);
	if (request_id != NULL)
		cm_json_put_member(line, "request_id", request_id);
}

/*
 * Take back the beginning of a line, which would spoil the next one, unless somebody wrote after
 * it.
 */
static bool take_back(off_t len)
{
	off_t end = lseek(log_fd, 0, SEEK_CUR);
	struct stat st;

	return end >= len && fstat(log_fd, &st) == 0 && st.st_size == end &&
	       ftruncate(log_fd, end - len) == 0;
}

/*
 * One write for the whole line: other processes append to the same file.  A FIFO is not waited for,
 * neither until somebody reads it nor until there is room in it.  0 or why not.
 */
static int to_file(const struct cm_buf *line)
{
	ssize_t put;

	if (log_fd < 0)
		log_fd =
		    open(log_target,
		         O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	put = log_fd < 0 ? -1 : write(log_fd, line->data, line->len);
	if (put == (ssize_t)line->len)
		return 0;
	if (put < 0)
		return errno;
	(void)take_back(put);
	return ENOSPC;
}

static bool reach_syslog(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (log_fd >= 0)
		return true;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", syslog_path);
	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return log_fd >= 0 && connect(log_fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* A socket of our own, not syslog(3): that one does not tell when nobody is there, and waits. */
static int to_syslog(const struct cm_buf *line)
{
	struct cm_buf message = {0};
	time_t now = (time_t)cm_clock_now_s();
	char at[32];
	struct tm tm;
	int rc = 0;

	if (!reach_syslog())
		return errno;
	/* RFC 3164 section 4.1, without the host, as local programs send it. */
	strftime(at, sizeof at, "%b %e %H:%M:%S", localtime_r(&now, &tm));
	cm_buf_printf(&message, "<%d>%s casement[%ld]: ", LOG_DAEMON | priorities[line_level], at,
	              (long)getpid());
	cm_buf_add(&message, line->data, line->len - 1);
	if (message.failed)
		rc = ENOMEM;
	else if (send(log_fd, message.data, message.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		rc = errno;
	cm_buf_clear(&message);
	return rc;
}

/* Write a line to the target; if that fails, once more to the target opened anew. */
static int to_target(const struct cm_buf *line)
{
	int (*put)(const struct cm_buf *) =
	    strcmp(log_target, CM_LOG_SYSLOG) == 0 ? to_syslog : to_file;
	bool was_open;
	int rc;

	if (take_sighup())
		forget_target();
	was_open = log_fd >= 0;
	rc = put(line);
	if (rc != 0)
		forget_target();
	if (rc != 0 && was_open)
		rc = put(line);
	return rc;
}

/* Once, not with every line, until the target takes lines again. */
static void tell_failure(int number)
{
	struct cm_buf line;
	char text[sizeof log_target + 200];

	if (told)
		return;
	snprintf(text, sizeof text, "can't write the log to %s: %s; it goes here", log_target,
	         strerror(number));
	cm_text_repair(text);
	cm_log_begin(&line, CM_LOG_ERROR, NULL);
	cm_json_put_member(&line, "message", text);
	cm_json_put_close(&line, '}');
	if (!line.failed) {
		cm_buf_puts(&line, "\n");
		log_sink(cm_buf_str(&line), log_arg);
	}
	cm_buf_clear(&line);
}

void cm_log_end(struct cm_buf *line)
{
	int failure = 0;

	cm_json_put_close(line, '}');
	cm_buf_puts(line, "\n");
	if (!line->failed && strcmp(log_target, CM_LOG_SERVER) != 0) {
		failure = to_target(line);
		if (failure != 0)
			tell_failure(failure);
		told = failure != 0;
	}
	if (!line->failed && (failure != 0 || strcmp(log_target, CM_LOG_SERVER) == 0))
		log_sink(line->data, log_arg);
	cm_buf_clear(line);
}

void cm_log_error(const char *request_id, const char *fmt, ...)
{
	struct cm_buf line;
	char text[1024];
	va_list ap;

	if (!cm_log_wants(CM_LOG_ERROR))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	cm_text_repair(text);
	cm_log_begin(&line, CM_LOG_ERROR, request_id);
	cm_json_put_member(&line, "message", text);
	cm_log_end(&line);
}

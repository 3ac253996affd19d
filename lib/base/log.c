#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

static void (*log_sink)(const char *line, void *arg) = to_stderr;
static void *log_arg;
static enum cm_log_level log_level = CM_LOG_ERROR;
static char log_file[4096]; /* "": the sink */

void cm_log_configure(const char *level, const char *target)
{
	log_level = CM_LOG_ERROR;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], level) == 0)
			log_level = (enum cm_log_level)i;
	}
	snprintf(log_file, sizeof log_file, "%s", strcmp(target, "server") == 0 ? "" : target);
}

void cm_log_sink(void (*sink)(const char *line, void *arg), void *arg)
{
	log_sink = sink == NULL ? to_stderr : sink;
	log_arg = arg;
}

bool cm_log_wants(enum cm_log_level level)
{
	return level <= log_level;
}

void cm_log_begin(struct cm_buf *line, enum cm_log_level level, const char *request_id)
{
	char at[CM_CLOCK_TEXT];

	*line = (struct cm_buf){0};
	cm_clock_format(cm_clock_now_s(), at);
	cm_json_put_open(line, '{');
	cm_json_put_member(line, "time", at);
	cm_json_put_member(line, "level", names[level]);
	if (request_id != NULL)
		cm_json_put_member(line, "request_id", request_id);
}

/* One write for the whole line: other processes append to the same file. */
static bool to_file(const struct cm_buf *line)
{
	int fd = open(log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, line->data, line->len) == (ssize_t)line->len;

	if (fd >= 0)
		close(fd);
	return ok;
}

void cm_log_end(struct cm_buf *line)
{
	cm_json_put_close(line, '}');
	cm_buf_puts(line, "\n");
	if (!line->failed && (log_file[0] == '\0' || !to_file(line)))
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

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"

static void to_stderr(const char *line, void *arg)
{
	(void)arg;
	fputs(line, stderr);
}

static void (*log_sink)(const char *line, void *arg) = to_stderr;
static void *log_arg;

void cm_log_sink(void (*sink)(const char *line, void *arg), void *arg)
{
	log_sink = sink == NULL ? to_stderr : sink;
	log_arg = arg;
}

void cm_log_error(const char *request_id, const char *fmt, ...)
{
	char at[CM_CLOCK_TEXT], text[1024], line[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	}
	cm_clock_format(cm_clock_now_s(), at);
	snprintf(line, sizeof line, "%s casement error [%s] %s\n", at,
	         request_id == NULL ? "-" : request_id, text);
	log_sink(line, log_arg);
}

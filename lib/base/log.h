#ifndef CM_BASE_LOG_H
#define CM_BASE_LOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"

/*
 * The log for the person who runs the server: a line of JSON each for what failed and, if wanted,
 * for each request.  Nothing that is logged may hold a token, a secret or a password.
 */

/* How much is logged: nothing, failures, or every request too. */
enum cm_log_level { CM_LOG_OFF, CM_LOG_ERROR, CM_LOG_INFO };

#define CM_LOG_SERVER "server"
#define CM_LOG_SYSLOG "syslog"

/*
 * Set level (off, error, info) and target: CM_LOG_SERVER for the sink, CM_LOG_SYSLOG for the
 * system's log (facility daemon), else the path of a file, mode 0600.  A target stays open from one
 * line to the next.  What it can't take at once, such as a FIFO that nobody reads, goes to the
 * sink, which is told the reason once; no file keeps the beginning of a line.
 */
void cm_log_configure(const char *level, const char *target);

/*
 * Keep SIGHUP pending from now on, and open the target anew at the first line after one.  It has no
 * handler: none would be safe, for libfcgi drops a request when a signal interrupts it.
 */
void cm_log_watch_sighup(void);

/* Where the system's log listens, for tests; borrowed. NULL restores /dev/log. */
void cm_log_syslog_path(const char *path);

/* Where lines go: gets one line with its newline.  NULL restores standard error. */
void cm_log_sink(void (*sink)(const char *line, void *arg), void *arg);

/* Whether lines of this level are wanted. */
bool cm_log_wants(enum cm_log_level level);

/*
 * Begin a line: an open JSON object with time, level and request_id (NULL: none).  The caller adds
 * members and ends it with cm_log_end(), which also clears the buffer.
 */
void cm_log_begin(struct cm_buf *line, enum cm_log_level level, const char *request_id);
void cm_log_end(struct cm_buf *line);

/* Log a failure. request_id may be NULL. */
void cm_log_error(const char *request_id, const char *fmt, ...) CM_PRINTF(2, 3);

#endif

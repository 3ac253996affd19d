#ifndef CM_BASE_LOG_H
#define CM_BASE_LOG_H

#include "base/status.h"

/*
 * The log for the person who runs the server: what failed and why.  A line carries the time and the
 * id of the request.  Nothing that is logged may hold a token, a secret or a password.
 */

/* Where lines go: gets one line with its newline.  NULL restores standard error. */
void cm_log_sink(void (*sink)(const char *line, void *arg), void *arg);

/* Log a failure. request_id may be NULL. */
void cm_log_error(const char *request_id, const char *fmt, ...) CM_PRINTF(2, 3);

#endif

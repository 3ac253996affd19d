#ifndef CM_HTTP_ACCESS_LOG_H
#define CM_HTTP_ACCESS_LOG_H

#include <stdint.h>

#include "http/exchange.h"

/*
 * Log a request that was answered, if the level wants it: who asked for what, how it ended, and how
 * many microseconds it took.
 */
void cm_access_log(const struct cm_exchange *x, int64_t took_us);

#endif

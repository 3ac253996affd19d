#ifndef CM_BASE_CLOCK_H
#define CM_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t cm_clock_now_s(void);

/* The same in milliseconds. */
int64_t cm_clock_now_ms(void);

/* Microseconds from an arbitrary beginning, for measuring how long something takes. */
int64_t cm_clock_monotonic_us(void);

/* For tests: stand still at this second, or at this microsecond, until released. */
void cm_clock_fix(int64_t now_s);
void cm_clock_hold(int64_t monotonic_us);
void cm_clock_release(void);

enum { CM_CLOCK_TEXT = 21 }; /* bytes of "2026-01-02T03:04:05Z" with its NUL */

/* Write a time as RFC 3339 in UTC; the empty string for a second that has no four-digit year. */
void cm_clock_format(int64_t at_s, char out[CM_CLOCK_TEXT]);

/*
 * Read a time of RFC 3339 section 5.6, with 'T' and 'Z' in capitals; a fraction of a second is left
 * out.  False when it isn't one, or names no time that there is.
 */
bool cm_clock_parse(const char *text, int64_t *out);

#endif

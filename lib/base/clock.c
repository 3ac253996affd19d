#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

static bool fixed;
static int64_t fixed_now_s;

int64_t cm_clock_now_s(void)
{
	return fixed ? fixed_now_s : (int64_t)time(NULL);
}

int64_t cm_clock_now_ms(void)
{
	struct timespec now;

	if (fixed)
		return fixed_now_s * 1000;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t cm_clock_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void cm_clock_fix(int64_t now_s)
{
	fixed = true;
	fixed_now_s = now_s;
}

void cm_clock_release(void)
{
	fixed = false;
}

/* By hand: strftime() looks at the locale for each field, and a row has two times. */
void cm_clock_format(int64_t at_s, char out[CM_CLOCK_TEXT])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&at, &tm) == NULL || tm.tm_year < 0 || tm.tm_year > 8099)
		return;
	const int parts[] = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	                     tm.tm_hour,        tm.tm_min,     tm.tm_sec};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		int value = parts[i], digits = i == 0 ? 4 : 2;

		for (int at_digit = digits; at_digit-- > 0; value /= 10)
			out[at_digit] = (char)('0' + value % 10);
		out[digits] = "--T::Z"[i];
		out += digits + 1;
	}
	*out = '\0';
}

bool cm_clock_parse(const char *text, int64_t *out)
{
	char back[CM_CLOCK_TEXT];
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (end == NULL || *end != '\0')
		return false;
	*out = timegm(&tm);
	cm_clock_format(*out, back);
	return strcmp(back, text) == 0;
}

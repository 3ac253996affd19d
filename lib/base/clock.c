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

void cm_clock_format(int64_t at_s, char out[CM_CLOCK_TEXT])
{
	time_t at = (time_t)at_s;
	struct tm parts;

	if (gmtime_r(&at, &parts) == NULL || parts.tm_year < 0 || parts.tm_year > 8099 ||
	    strftime(out, CM_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		out[0] = '\0';
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

#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

static bool fixed;
static int64_t fixed_now_s;
static bool held;
static int64_t held_us;

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

	if (held)
		return held_us;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void cm_clock_fix(int64_t now_s)
{
	fixed = true;
	fixed_now_s = now_s;
}

void cm_clock_hold(int64_t monotonic_us)
{
	held = true;
	held_us = monotonic_us;
}

void cm_clock_release(void)
{
	fixed = held = false;
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

/* "Z", or an offset such as "+02:00", as the seconds that local time is ahead. */
static bool parse_offset(const char *text, int64_t *out)
{
	static const char form[] = "+00:00";
	int digit[sizeof form] = {0};
	int64_t hours, minutes;

	*out = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if (strlen(text) != sizeof form - 1 || (text[0] != '+' && text[0] != '-'))
		return false;
	for (size_t i = 1; i < sizeof form - 1; i++) {
		digit[i] = text[i] - '0';
		if (form[i] == ':' ? text[i] != ':' : digit[i] < 0 || digit[i] > 9)
			return false;
	}
	hours = 10 * digit[1] + digit[2];
	minutes = 10 * digit[4] + digit[5];
	*out = (60 * hours + minutes) * (text[0] == '-' ? -60 : 60);
	return hours < 24 && minutes < 60;
}

bool cm_clock_parse(const char *text, int64_t *out)
{
	enum { SECONDS = CM_CLOCK_TEXT - 2 }; /* characters up to the seconds */
	char local[SECONDS + 1], back[CM_CLOCK_TEXT];
	struct tm tm = {0};
	int64_t at_s, ahead_s;

	if (strlen(text) <= SECONDS)
		return false;
	memcpy(local, text, SECONDS);
	local[SECONDS] = '\0';
	if (strptime(local, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return false;
	at_s = timegm(&tm);
	cm_clock_format(at_s, back);
	text += SECONDS;
	if (*text == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return false;
		text += 1 + digits;
	}
	if (strncmp(back, local, SECONDS) != 0 || !parse_offset(text, &ahead_s))
		return false;
	*out = at_s - ahead_s;
	return true;
}

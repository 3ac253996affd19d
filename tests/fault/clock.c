/*
 * For LD_PRELOAD: another time of day, as the file in CASEMENT_CLOCK says, from one call to the
 * next: `SECONDS [EXTRA SINCE]` shifts it by SECONDS, and by EXTRA more for each real second since
 * the time SINCE.  The monotonic clock stays as it is, as when somebody sets the clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift_s(time_t now_s)
{
	const char *path = getenv("CASEMENT_CLOCK");
	FILE *file = path == NULL ? NULL : fopen(path, "r");
	long seconds = 0, extra = 0, since = 0;
	int read;

	if (file == NULL)
		return 0;
	read = fscanf(file, "%ld %ld %ld", &seconds, &extra, &since);
	fclose(file);
	return read < 1 ? 0 : read < 3 ? seconds : seconds + extra * (now_s - since);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	long code = syscall(SYS_clock_gettime, clock, out);

	if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		out->tv_sec += shift_s(out->tv_sec);
	return (int)code;
}

time_t time(time_t *out)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now = {0};

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}

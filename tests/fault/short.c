/*
 * For LD_PRELOAD: the allocation whose number CASEMENT_SHORT has fails.  With 0 none does, and the
 * end of the process tells on stderr how many there were.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static long wanted = -1, count;

static bool fails(void)
{
	if (wanted < 0) {
		const char *number = getenv("CASEMENT_SHORT");

		wanted = number == NULL ? 0 : strtol(number, NULL, 10);
	}
	if (++count != wanted)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

__attribute__((destructor)) static void tell(void)
{
	if (wanted == 0)
		dprintf(STDERR_FILENO, "%ld allocations\n", count);
}

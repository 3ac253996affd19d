#include "allocation.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What this file stands before: AddressSanitizer where that is built in, else libc. */
#define WEAK __attribute__((weak))
extern void *__interceptor_malloc(size_t size) WEAK;
extern void *__interceptor_calloc(size_t count, size_t size) WEAK;
extern void *__interceptor_realloc(void *old, size_t size) WEAK;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* Libraries are to find these. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED void *malloc(size_t size);
EXPORTED void *calloc(size_t count, size_t size);
EXPORTED void *realloc(void *old, size_t size);
EXPORTED char *strdup(const char *text);
EXPORTED char *strndup(const char *text, size_t size);

static bool counting, fail_on, failed;
static long left;

void allocation_fail(long number, bool on)
{
	left = number;
	fail_on = on;
	failed = false;
	counting = number > 0;
}

bool allocation_stop(void)
{
	counting = false;
	return failed;
}

static bool fails(void)
{
	if (!counting || --left > 0 || (left < 0 && !fail_on))
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_malloc != NULL ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_calloc != NULL ? __interceptor_calloc(count, size)
	                                    : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_realloc != NULL ? __interceptor_realloc(old, size)
	                                     : __libc_realloc(old, size);
}

/* AddressSanitizer's own would take memory past the functions above. */
char *strndup(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *strdup(const char *text)
{
	return strndup(text, strlen(text));
}

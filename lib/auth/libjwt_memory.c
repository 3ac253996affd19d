#include "auth/libjwt_memory.h"

#include <dlfcn.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* jansson's own declaration, with its type left opaque. */
#define EXPORTED __attribute__((visibility("default")))
struct json_t;
EXPORTED char *json_dumps(const struct json_t *json, size_t flags);

typedef void set_functions(void *(*allocate)(size_t size), void (*release)(void *memory));

enum {
	MEMORY = 1048576, /* bytes; twice what 8 KiB of the smallest objects take */
	SPARES = 2        /* header and claims */
};

/* The system gives its pages when they are first used. */
static alignas(max_align_t) unsigned char memory[MEMORY];
static size_t taken;
static char *spare[SPARES];
static bool spare_used;

static void *take(size_t size)
{
	size_t left = MEMORY - taken, step = alignof(max_align_t);
	void *at = memory + taken;

	if (size > left - step)
		return malloc(size);
	taken += (size + step - 1) / step * step;
	return at;
}

static void give_back(void *at)
{
	uintptr_t start = (uintptr_t)memory, place = (uintptr_t)at;

	if (place < start || place >= start + MEMORY)
		free(at);
}

void cm_libjwt_memory(void)
{
	static set_functions *set;

	taken = 0;
	if (set != NULL)
		return;
	/* ISO C has no cast from an object pointer to a function pointer; POSIX says this is one.
	 */
	*(void **)&set = dlsym(RTLD_DEFAULT, "json_set_alloc_funcs");
	if (set != NULL)
		set(take, give_back);
}

bool cm_libjwt_spare(void)
{
	spare_used = false;
	for (size_t i = 0; i < SPARES; i++) {
		if ((spare[i] = strdup("no memory")) == NULL)
			return false;
	}
	return true;
}

bool cm_libjwt_spared(void)
{
	for (size_t i = 0; i < SPARES; i++) {
		free(spare[i]);
		spare[i] = NULL;
	}
	return !spare_used;
}

char *json_dumps(const struct json_t *json, size_t flags)
{
	static char *(*real)(const struct json_t *json, size_t flags);
	char *text, *copy;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "json_dumps");
	text = real == NULL ? NULL : real(json, flags);
	copy = text == NULL ? NULL : strdup(text);
	give_back(text);
	for (size_t i = 0; copy == NULL && i < SPARES; i++) {
		copy = spare[i];
		spare[i] = NULL;
		spare_used = true;
	}
	return copy;
}

#include "auth/libjwt_type.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* jansson's own declarations, with its type left opaque. */
#define EXPORTED __attribute__((visibility("default")))
struct json_t;
EXPORTED struct json_t *json_string(const char *value);
EXPORTED const char *json_string_value(const struct json_t *string);

static const char *active;

void cm_libjwt_type(const char *type)
{
	active = type;
}

/* ISO C has no cast from an object pointer to a function pointer; POSIX says this is one. */
static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

struct json_t *json_string(const char *value)
{
	static struct json_t *(*real)(const char *value);

	if (real == NULL)
		*(void **)&real = next("json_string");
	if (real == NULL)
		return NULL;
	return real(active != NULL && value != NULL && strcmp(value, "JWT") == 0 ? active : value);
}

const char *json_string_value(const struct json_t *string)
{
	static const char *(*real)(const struct json_t *string);
	const char *value;

	if (real == NULL)
		*(void **)&real = next("json_string_value");
	value = real == NULL ? NULL : real(string);
	return active != NULL && value != NULL && strcasecmp(value, active) == 0 ? "JWT" : value;
}

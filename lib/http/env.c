#include "http/env.h"

#include <stdlib.h>
#include <string.h>

/* The length of a header's name, the '=' after it counted too; 0 for other variables. */
static size_t name_of(const char *entry)
{
	const char *end = strncmp(entry, "HTTP_", 5) == 0 ? strchr(entry, '=') : NULL;

	return end == NULL ? 0 : (size_t)(end - entry) + 1;
}

/* Where the next line of a header is, from i on; where the list ends when there is none. */
static size_t find(const char *const *env, size_t i, const char *header, size_t name)
{
	while (env[i] != NULL && strncmp(env[i], header, name) != 0)
		i++;
	return i;
}

/* Other variables are never joined. */
static bool is_repeated(const char *const *env, size_t i)
{
	size_t name = name_of(env[i]);

	return name > 0 && env[find(env, i + 1, env[i], name)] != NULL;
}

/* Write all lines of the header that begins at env[i]; the end of what was written. */
static char *join(const char *const *env, size_t i, char *text)
{
	const char *header = env[i];
	size_t name = name_of(header);

	text = stpcpy(text, header);
	while (name > 0 && env[i = find(env, i + 1, header, name)] != NULL)
		text = stpcpy(stpcpy(text, ", "), env[i] + name);
	return text + 1;
}

enum cm_status cm_env_init(struct cm_env *out, const char *const *env, struct cm_err *err)
{
	size_t count = 0, size = 0, kept = 0;
	bool repeated = false;
	char *text;

	*out = (struct cm_env){.list = env};
	for (; env[count] != NULL; count++)
		repeated = repeated || is_repeated(env, count);
	if (!repeated)
		return CM_OK;
	for (size_t i = 0; i < count; i++)
		size += strlen(env[i]) + sizeof ", ";
	out->own = malloc((count + 1) * sizeof *out->own + size);
	if (out->own == NULL)
		return cm_err_set(err, CM_NOMEM, "no memory for the headers");
	text = (char *)(out->own + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t name = name_of(env[i]);

		if (name > 0 && find(env, 0, env[i], name) < i)
			continue;
		out->own[kept++] = text;
		text = join(env, i, text);
	}
	out->own[kept] = NULL;
	out->list = out->own;
	return CM_OK;
}

void cm_env_clear(struct cm_env *env)
{
	free(env->own);
	*env = (struct cm_env){.list = NULL};
}

#include "http/env.h"

#include <stdlib.h>
#include <string.h>

/* Whether two variables are lines of one header; other variables are never joined. */
static bool same_header(const char *one, const char *other)
{
	size_t len = strcspn(one, "=");

	return strncmp(one, "HTTP_", 5) == 0 && strncmp(one, other, len) == 0 && other[len] == '=';
}

/* Where the next line of a header is, from i on; where the list ends when there is none. */
static size_t find(const char *const *env, size_t i, const char *header)
{
	while (env[i] != NULL && !same_header(header, env[i]))
		i++;
	return i;
}

/* Write all lines of the header that begins at env[i]; the end of what was written. */
static char *join(const char *const *env, size_t i, char *text)
{
	const char *header = env[i];

	text = stpcpy(text, header);
	while (env[i = find(env, i + 1, header)] != NULL)
		text = stpcpy(stpcpy(text, ", "), env[i] + strcspn(header, "=") + 1);
	return text + 1;
}

enum cm_status cm_env_init(struct cm_env *out, const char *const *env, struct cm_err *err)
{
	size_t count = 0, size = 0, kept = 0;
	bool repeated = false;
	char *text;

	*out = (struct cm_env){.list = env};
	for (; env[count] != NULL; count++) {
		repeated = repeated || env[find(env, count + 1, env[count])] != NULL;
		size += strlen(env[count]) + sizeof ", ";
	}
	if (!repeated)
		return CM_OK;
	out->own = malloc((count + 1) * sizeof *out->own + size);
	if (out->own == NULL)
		return cm_err_set(err, CM_NOMEM, "no memory for the headers");
	text = (char *)(out->own + count + 1);
	for (size_t i = 0; i < count; i++) {
		if (find(env, 0, env[i]) < i)
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

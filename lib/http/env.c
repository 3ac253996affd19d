#include "http/env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* As many headers are looked at without asking for memory, and so many each with each. */
enum { FEW = 64, PAIRED = 16 };

/* A line of a header. */
struct line {
	const char *entry;
	size_t name; /* its length, the '=' after it counted too */
	size_t at;   /* its place among all variables */
};

/* The length of a header's name, the '=' after it counted too; 0 for other variables. */
static size_t name_of(const char *entry)
{
	const char *end =
	    *entry == 'H' && strncmp(entry, "HTTP_", 5) == 0 ? strchr(entry, '=') : NULL;

	return end == NULL ? 0 : (size_t)(end - entry) + 1;
}

/* A '=' ends each name, so none is the beginning of another. */
static int compare_names(const struct line *one, const struct line *two)
{
	return memcmp(one->entry, two->entry, one->name < two->name ? one->name : two->name);
}

static int compare(const void *a, const void *b)
{
	const struct line *one = a, *two = b;
	int order = compare_names(one, two);

	return order != 0 ? order : one->at < two->at ? -1 : 1;
}

/* How many lines there are; as many as there is room for are put into the list. */
static size_t find(const char *const *env, struct line *lines, size_t room)
{
	size_t found = 0;

	for (size_t i = 0; env[i] != NULL; i++) {
		size_t name = name_of(env[i]);

		if (name > 0 && found < room)
			lines[found] = (struct line){env[i], name, i};
		found += name > 0;
	}
	return found;
}

/* Whether one of a few headers has two lines. */
static bool has_two(const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			if (lines[i].name == lines[j].name &&
			    compare_names(&lines[i], &lines[j]) == 0)
				return true;
		}
	}
	return false;
}

/* Put the lines of each header together, in their order; whether any header has two. */
static bool sort(struct line *lines, size_t count)
{
	bool repeated = false;

	if (count <= PAIRED && !has_two(lines, count))
		return false;
	qsort(lines, count, sizeof *lines, compare);
	for (size_t i = 1; i < count; i++)
		repeated = repeated || compare_names(&lines[i - 1], &lines[i]) == 0;
	return repeated;
}

/* What stands between the variables of one name. */
static const char *separator(const char *const *env)
{
	for (; *env != NULL; env++) {
		if (strncmp(*env, "SERVER_SOFTWARE=nginx/", 22) == 0)
			return ", ";
	}
	return CM_ENV_UNLIKE;
}

/* Make the list: the other variables, then the headers with their lines joined. */
static enum cm_status join(struct cm_env *out, const char *const *env, const struct line *lines,
                           size_t count, struct cm_err *err)
{
	const char *between = separator(env);
	size_t all = 0, size = 0, kept = 0;
	char *text;

	while (env[all] != NULL)
		all++;
	for (size_t i = 0; i < count; i++)
		size += strlen(lines[i].entry) + sizeof ", ";
	out->own = malloc((all + 1) * sizeof *out->own + size);
	if (out->own == NULL)
		return cm_err_set(err, CM_NOMEM, "no memory for the headers");
	text = (char *)(out->own + all + 1);
	for (size_t i = 0; i < all; i++) {
		if (name_of(env[i]) == 0)
			out->own[kept++] = env[i];
	}
	for (size_t i = 0; i < count; text++) {
		out->own[kept++] = text;
		text = stpcpy(text, lines[i].entry);
		while (++i < count && compare_names(&lines[i - 1], &lines[i]) == 0)
			text = stpcpy(stpcpy(text, between), lines[i].entry + lines[i].name);
	}
	out->own[kept] = NULL;
	out->list = out->own;
	return CM_OK;
}

enum cm_status cm_env_init(struct cm_env *out, const char *const *env, struct cm_err *err)
{
	struct line few[FEW], *lines = few;
	enum cm_status rc = CM_OK;
	size_t count = find(env, few, FEW);

	*out = (struct cm_env){.list = env};
	if (count > FEW) {
		lines = malloc(count * sizeof *lines);
		if (lines == NULL)
			return cm_err_set(err, CM_NOMEM, "no memory for the headers");
		(void)find(env, lines, count);
	}
	if (sort(lines, count))
		rc = join(out, env, lines, count, err);
	if (lines != few)
		free(lines);
	return rc;
}

void cm_env_clear(struct cm_env *env)
{
	free(env->own);
	*env = (struct cm_env){.list = NULL};
}

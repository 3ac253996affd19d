#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF          "/casement.conf"
#define SYSTEM_FOLDER "/etc"

/* The folder of the running program, if there is a casement.conf in it; else the system's. */
static void conf_folder(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - sizeof CONF);
	char *slash;

	out[len < 0 ? 0 : len] = '\0';
	slash = strrchr(out, '/');
	if (slash != NULL) {
		memcpy(slash, CONF, sizeof CONF);
		if (access(out, F_OK) == 0) {
			*slash = '\0';
			return;
		}
	}
	memcpy(out, SYSTEM_FOLDER, sizeof SYSTEM_FOLDER);
}

/* The value of a line "database = PATH", NULL for any other line. */
static char *database_value(char *line)
{
	char *value, *end;

	/* What some editors begin a file with is no part of its first line. */
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
		line += 3;
	line += strspn(line, " \t");
	if (strncmp(line, "database", 8) != 0)
		return NULL;
	value = line + 8 + strspn(line + 8, " \t");
	if (*value != '=')
		return NULL;
	value += 1 + strspn(value + 1, " \t");
	end = value + strcspn(value, "\r\n");
	/* Blanks at the end of a line are not seen by who looks for the reason. */
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return *value == '\0' ? NULL : value;
}

/* A folder ("": none) and a path; what: where the path is from, for the message. */
static enum cm_status join(const char *folder, const char *path, char out[PATH_MAX],
                           const char *what, struct cm_err *err)
{
	if (snprintf(out, PATH_MAX, "%s%s%s", folder, folder[0] == '\0' ? "" : "/", path) <
	    PATH_MAX)
		return CM_OK;
	out[0] = '\0';
	return cm_err_set(err, CM_STORE, "%s: the path of the database is too long", what);
}

enum cm_status cm_place_in(const char *folder, char out[PATH_MAX], struct cm_err *err)
{
	char line[PATH_MAX + 32], path[PATH_MAX];
	const char *value = NULL;
	FILE *file = NULL;

	out[0] = '\0';
	if (snprintf(path, sizeof path, "%s" CONF, folder) < (int)sizeof path &&
	    (file = fopen(path, "re")) == NULL && errno != ENOENT)
		return cm_err_set(err, CM_STORE, "can't read %s: %s", path, strerror(errno));
	while (file != NULL && value == NULL && fgets(line, sizeof line, file) != NULL)
		value = database_value(line);
	if (file != NULL)
		fclose(file);
	if (value == NULL)
		return cm_err_set(err, CM_STORE,
		                  "No database: set CASEMENT_DB to its path, or write "
		                  "\"database = PATH\" into %s.",
		                  path);
	return join(value[0] == '/' ? "" : folder, value, out, path, err);
}

enum cm_status cm_place_database(char out[PATH_MAX], struct cm_err *err)
{
	const char *given = getenv("CASEMENT_DB");
	char folder[PATH_MAX];

	if (given != NULL && *given != '\0')
		return join("", given, out, "CASEMENT_DB", err);
	conf_folder(folder);
	return cm_place_in(folder, out, err);
}

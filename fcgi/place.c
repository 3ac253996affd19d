#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF "/casement.conf"

/* The folder of the running program, with room left for the name of the file beside it. */
static int own_folder(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - sizeof CONF);
	char *slash;

	if (len <= 0)
		return -1;
	out[len] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL)
		return -1;
	*slash = '\0';
	return 0;
}

/* The value of a line "database = PATH", NULL for any other line. */
static char *database_value(char *line)
{
	char *value;

	line += strspn(line, " \t");
	if (strncmp(line, "database", 8) != 0)
		return NULL;
	value = line + 8 + strspn(line + 8, " \t");
	if (*value != '=')
		return NULL;
	value += 1 + strspn(value + 1, " \t");
	value[strcspn(value, "\r\n")] = '\0';
	return *value == '\0' ? NULL : value;
}

enum cm_status cm_place_database(char out[PATH_MAX], struct cm_err *err)
{
	const char *given = getenv("CASEMENT_DB");
	char line[PATH_MAX + 32], path[PATH_MAX];
	FILE *file = NULL;

	out[0] = '\0';
	if (given != NULL && *given != '\0') {
		snprintf(out, PATH_MAX, "%s", given);
		return CM_OK;
	}
	if (own_folder(path) == 0) {
		memcpy(path + strlen(path), CONF, sizeof CONF);
		file = fopen(path, "re");
	}
	while (file != NULL && out[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
		const char *value = database_value(line);

		if (value != NULL)
			snprintf(out, PATH_MAX, "%s", value);
	}
	if (file != NULL)
		fclose(file);
	return out[0] != '\0' ? CM_OK
	                      : cm_err_set(err, CM_USAGE,
	                                   "No database: set CASEMENT_DB to its path, or write "
	                                   "\"database = PATH\" into casement.conf beside the "
	                                   "program.");
}

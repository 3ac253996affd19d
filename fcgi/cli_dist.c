#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

/* The folder of a file, made if it isn't there and readable by nobody else. */
static enum cm_status ensure_folder_of(const char *file, struct cm_err *err)
{
	const char *slash = strrchr(file, '/');
	char folder[PATH_MAX];

	if (slash == NULL || slash == file)
		return CM_OK;
	snprintf(folder, sizeof folder, "%.*s", (int)(slash - file), file);
	if (mkdir(folder, 0700) == 0 || errno == EEXIST)
		return CM_OK;
	return cm_err_set(err, CM_STORE, "can't make the folder %s: %s", folder, strerror(errno));
}

enum cm_status cli_dist_place(struct cli *cli, struct cm_err *err)
{
	char starter[PATH_MAX];
	enum cm_status rc;

	if (cli->url == NULL)
		return cm_err_set(err, CM_USAGE, "--dist goes with --url");
	snprintf(starter, sizeof starter, "%s/casement.fcgi", cli->dist);
	if (access(starter, F_OK) != 0)
		return cm_err_set(err, CM_INPUT,
		                  "no casement.fcgi there (%s); --dist takes the folder of an "
		                  "unpacked archive of `make dist`: %s",
		                  strerror(errno), cli->dist);
	rc = cm_place_in(cli->dist, cli->path, err);
	return rc == CM_OK ? ensure_folder_of(cli->path, err) : rc;
}

void cli_dist_tell(const struct cli *cli)
{
	size_t len = strlen(cli->dist);
	bool inside =
	    strncmp(cli->path, cli->dist, len) == 0 && strstr(cli->path + len, "/../") == NULL;

	printf("\nUpload what is in %s, .htaccess%s too, in binary mode, to the\n"
	       "folder that %s shows. There, set the mode of casement.fcgi to 755.\n",
	       cli->dist, inside ? " and the database" : "", cli->url);
	if (!inside)
		printf("Upload %s to the place that casement.conf names there.\n", cli->path);
	printf("README.txt has the steps.\n");
}

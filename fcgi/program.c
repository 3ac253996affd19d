#include "program.h"

#include <limits.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define DELETED " (deleted)"

/*
 * The path by which the program was started, which a link may lead elsewhere by now; where that was
 * relative to a folder that nobody knows any more, the path of the file itself.
 */
static bool own_path(char out[PATH_MAX])
{
	unsigned long started = getauxval(AT_EXECFN);
	const char *path = (const char *)started;
	ssize_t len;

	if (path != NULL && path[0] == '/' && strlen(path) < PATH_MAX) {
		memcpy(out, path, strlen(path) + 1);
		return true;
	}
	len = readlink("/proc/self/exe", out, PATH_MAX - 1);
	if (len <= 0)
		return false;
	out[len] = '\0';
	/* So Linux marks a file that mv or rm has taken the name of. */
	if (len > (ssize_t)strlen(DELETED) && strcmp(out + len - strlen(DELETED), DELETED) == 0)
		out[len - (ssize_t)strlen(DELETED)] = '\0';
	return true;
}

bool cm_program_was_replaced(void)
{
	struct stat running, there;
	char path[PATH_MAX];

	return own_path(path) && stat("/proc/self/exe", &running) == 0 && stat(path, &there) == 0 &&
	       (running.st_dev != there.st_dev || running.st_ino != there.st_ino);
}

void cm_program_run_again(void)
{
	char path[PATH_MAX];

	if (own_path(path))
		execv(path, (char *[]){path, NULL});
}

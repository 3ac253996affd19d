#include "program.h"

#include <limits.h>
#include <stdlib.h>
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

/* Whether a file is there; *running: it is the one that this process runs. */
static bool look_at(const char *path, bool *running)
{
	struct stat own, there;

	if (stat("/proc/self/exe", &own) != 0 || stat(path, &there) != 0)
		return false;
	*running = own.st_dev == there.st_dev && own.st_ino == there.st_ino;
	return true;
}

bool cm_program_was_replaced(void)
{
	char path[PATH_MAX];
	bool running;

	return own_path(path) && look_at(path, &running) && !running;
}

void cm_program_run_again(void)
{
	char path[PATH_MAX];

	if (own_path(path))
		execv(path, (char *[]){path, NULL});
}

/*
 * Not where the program runs through another one, such as a loader with libraries of its own or an
 * emulator: started again, it would leave that.  Nor with the rights of its file's owner: there
 * glibc takes no notice of the variable, or takes it away, so that this would never end.
 */
void cm_program_set_up_memory(char **argv)
{
	unsigned long started = getauxval(AT_EXECFN);
	const char *path = (const char *)started;
	bool running;

	if (path != NULL && getauxval(AT_SECURE) == 0 && look_at(path, &running) && running &&
	    getenv("GLIBC_TUNABLES") == NULL &&
	    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=127", 0) == 0)
		execv(path, argv);
}

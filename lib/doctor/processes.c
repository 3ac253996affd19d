#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/examined.h"

/* Processes that serve the database, as /proc shows them (proc(5)). */

enum {
	PROCESSES_MANY =
	    64, /* one request each at a time: more wait for the disk, not for requests */
	DESCRIPTORS_LEAST = 32,
	DESCRIPTORS_SPARE = 8,
	ENVIRONMENT_MAX = 65536
};

struct census {
	struct examined *examined;
	struct stat program;
	bool named_by_environment; /* the database of this process, and so of the others */
	unsigned count;
	unsigned long long kib; /* that no other process shares with them */
};

/* Read a small file of /proc; its bytes, 0 when it can't be read.  out is NUL-terminated. */
static size_t read_file(const char *pid, const char *name, char *out, size_t size)
{
	char path[NAME_MAX + 64];
	ssize_t got = -1;
	size_t len = 0;
	int fd;

	snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && len < size - 1 && (got = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)got;
	if (fd >= 0)
		close(fd);
	out[len] = '\0';
	return got < 0 ? 0 : len;
}

/* Whether a process was given this database, by the same means as this one. */
static bool serves(const struct census *census, const char *pid)
{
	static char environment[ENVIRONMENT_MAX];
	size_t len = read_file(pid, "environ", environment, sizeof environment);
	char path[PATH_MAX + NAME_MAX + 64];
	struct stat st;

	for (const char *at = environment; at < environment + len; at += strlen(at) + 1) {
		const char *value = at + strlen("CASEMENT_DB=");

		if (strncmp(at, "CASEMENT_DB=", strlen("CASEMENT_DB=")) != 0 || *value == '\0')
			continue;
		snprintf(path, sizeof path, "/proc/%s/%s/%.*s", pid, *value == '/' ? "root" : "cwd",
		         PATH_MAX - 1, value);
		return stat(path, &st) == 0 && st.st_dev == census->examined->st.st_dev &&
		       st.st_ino == census->examined->st.st_ino;
	}
	return !census->named_by_environment;
}

/* A responder is the same program without arguments. */
static bool is_responder(const struct census *census, const char *pid)
{
	char path[NAME_MAX + 64], command[PATH_MAX + 64];
	struct stat st;
	size_t len;

	snprintf(path, sizeof path, "/proc/%s/exe", pid);
	if (stat(path, &st) != 0 || st.st_dev != census->program.st_dev ||
	    st.st_ino != census->program.st_ino)
		return false;
	len = read_file(pid, "cmdline", command, sizeof command);
	return len > 0 && strlen(command) + 1 == len && serves(census, pid);
}

static unsigned open_descriptors(const char *pid)
{
	char path[NAME_MAX + 64];
	unsigned count = 0;
	DIR *folder;

	snprintf(path, sizeof path, "/proc/%s/fd", pid);
	folder = opendir(path);
	while (folder != NULL && readdir(folder) != NULL)
		count++;
	if (folder != NULL)
		closedir(folder);
	return count;
}

static void examine_limits(const char *pid, struct cm_finding *f)
{
	char limits[4096];
	const char *line;
	unsigned long limit;
	unsigned used;

	if (read_file(pid, "limits", limits, sizeof limits) == 0 ||
	    (line = strstr(limits, "Max open files")) == NULL)
		return;
	line += strlen("Max open files");
	line += strspn(line, " ");
	if (!isdigit((unsigned char)*line))
		return;
	limit = strtoul(line, NULL, 10);
	used = open_descriptors(pid);
	if (limit >= DESCRIPTORS_LEAST && used + DESCRIPTORS_SPARE <= limit)
		return;
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "Process %s may have %lu files open and has %u: it runs out of descriptors.",
	               pid, limit, used);
	cm_finding_mend(f, "raise the limit of open files to 1024: LimitNOFILE= of the systemd "
	                   "unit, server.max-fds of lighttpd, ulimit -n where the web server is "
	                   "started");
}

/* Memory that is its own, in KiB (proc(5), statm: size, resident, shared; in pages). */
static unsigned long long own_kib(const char *pid)
{
	unsigned long long pages[3] = {0};
	char text[128], *at = text;

	if (read_file(pid, "statm", text, sizeof text) == 0)
		return 0;
	for (size_t i = 0; i < 3; i++)
		pages[i] = strtoull(at, &at, 10);
	return pages[1] > pages[2]
	           ? (pages[1] - pages[2]) * (unsigned long long)sysconf(_SC_PAGESIZE) / 1024
	           : 0;
}

static void examine_user(const struct examined *x, const char *pid, struct cm_finding *f)
{
	char path[NAME_MAX + 64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%s", pid);
	if (stat(path, &st) != 0 || st.st_uid == 0 || st.st_uid == x->st.st_uid)
		return;
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "Process %s runs as the user %s, who is not the owner of the database.", pid,
	               examined_user(st.st_uid));
	if (examined_folder_is_own(x))
		cm_finding_mend(f, "chown -h %s %s %s*, or let the web server run it as the owner",
		                examined_user(st.st_uid), QUOTED(x->folder), QUOTED(x->path));
	else
		cm_finding_mend(f, "let the web server run it as the owner, or move the database "
		                   "to a folder of its own");
}

static void count_one(struct census *census, const char *pid, struct cm_finding *f)
{
	census->count++;
	census->kib += own_kib(pid);
	examine_limits(pid, f);
	examine_user(census->examined, pid, f);
}

static unsigned long long memory_kib(void)
{
	return (unsigned long long)sysconf(_SC_PHYS_PAGES) *
	       (unsigned long long)sysconf(_SC_PAGESIZE) / 1024;
}

static void judge(const struct census *census, struct cm_finding *f)
{
	unsigned long long memory = memory_kib();

	if (census->count == 0) {
		cm_finding_say(f, CM_VERDICT_OK, "None is seen that serves it%s.",
		               geteuid() == 0 ? "" : "; root sees those of a systemd unit too");
		return;
	}
	cm_finding_say(f, CM_VERDICT_OK, "%u serve it, with %llu KiB of their own.", census->count,
	               census->kib);
	if (census->count <= PROCESSES_MANY && census->kib <= memory / 2)
		return;
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "There are too many: %u processes serve it, with %llu of this machine's "
	               "%llu MiB.",
	               census->count, census->kib / 1024, memory / 1024);
	cm_finding_mend(f, "Apache: FcgidMaxProcessesPerClass 32");
	cm_finding_mend(f, "lighttpd: \"max-procs\" => 8");
	cm_finding_mend(f, "spawn-fcgi: multiwatch -f 8");
	cm_finding_mend(f, "systemd: disable some of the casement@ units");
}

void examine_processes(void *examined, struct cm_finding *f)
{
	const char *given = getenv("CASEMENT_DB");
	struct census census = {.examined = examined,
	                        .named_by_environment = given != NULL && *given != '\0'};
	const struct dirent *entry;
	DIR *folder = opendir("/proc");

	if (folder == NULL || stat("/proc/self/exe", &census.program) != 0) {
		cm_finding_say(f, CM_VERDICT_NOTE, "They can't be seen here.");
	} else {
		while ((entry = readdir(folder)) != NULL) {
			if (isdigit((unsigned char)entry->d_name[0]) &&
			    is_responder(&census, entry->d_name))
				count_one(&census, entry->d_name, f);
		}
		judge(&census, f);
	}
	if (folder != NULL)
		closedir(folder);
}

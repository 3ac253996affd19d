#include "doctor/inside.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor/examined.h"

static const struct cm_check checks[] = {
    {.name = "file", .run = examine_file},
    {.name = "rights", .needs = KNOWN_FILE, .run = examine_rights},
    {.name = "place", .needs = KNOWN_FILE, .run = examine_place},
    {.name = "file system", .needs = KNOWN_FILE, .run = examine_file_system},
    {.name = "space", .needs = KNOWN_FILE, .run = examine_space},
    {.name = "lock", .needs = KNOWN_FILE, .run = examine_lock},
    {.name = "database", .needs = KNOWN_FILE, .run = examine_open},
    {.name = "schema", .needs = KNOWN_STORE, .run = examine_schema},
    {.name = "integrity", .needs = KNOWN_STORE, .run = examine_integrity},
    {.name = "journal", .needs = KNOWN_STORE, .run = examine_journal},
    {.name = "settings", .needs = KNOWN_STORE, .run = examine_settings},
    {.name = "issuer", .needs = KNOWN_SETTINGS, .run = examine_issuer},
    {.name = "signing key", .needs = KNOWN_SETTINGS, .run = examine_key},
    {.name = "clock", .needs = KNOWN_STORE, .run = examine_clock},
    {.name = "log", .needs = KNOWN_SETTINGS, .run = examine_log},
    {.name = "processes", .needs = KNOWN_FILE, .run = examine_processes},
};

const char *examined_user(unsigned uid)
{
	static char name[64];
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		snprintf(name, sizeof name, "%s", user->pw_name);
	else
		snprintf(name, sizeof name, "%u", uid);
	return name;
}

/* A link to the file is followed: SQLite keeps the others beside what it leads to. */
static const char *leads_to(const char *path, char real[PATH_MAX])
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real) != NULL ? real
	                                                                                    : path;
}

size_t cm_doctor_inside(const char *path, cm_check_told *told, void *arg)
{
	char real[PATH_MAX];
	struct examined examined = {.path = leads_to(path, real)};
	size_t wrong = cm_check_all(checks, sizeof checks / sizeof *checks, &examined,
	                            &examined.known, told, arg);

	cm_store_close(examined.store);
	return wrong;
}

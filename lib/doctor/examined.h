#ifndef CM_DOCTOR_EXAMINED_H
#define CM_DOCTOR_EXAMINED_H

/* Only for the files of lib/doctor that examine from inside. */

#include <limits.h>
#include <sys/stat.h>

#include "base/text.h"
#include "doctor/finding.h"
#include "store/inspect.h"
#include "store/setting.h"
#include "store/store.h"

/* What checks need; set by the check that finds it out. */
enum { KNOWN_FILE = 1, KNOWN_STORE = 2, KNOWN_SETTINGS = 4 };

/* A path as a word of a command: whoever owns a folder can give what is in it any name. */
#define QUOTED(path) cm_text_quote(path, (char[CM_TEXT_QUOTED(PATH_MAX + 16)]){0})

struct examined {
	const char *path;
	char folder[PATH_MAX]; /* of the database, links resolved */
	struct stat st;        /* of the database */
	struct cm_inspection file;
	struct cm_store *store; /* NULL while it is not open */
	struct cm_settings settings;
	unsigned known;
};

/* A check of the table in inside.c. */
typedef void examine(void *examined, struct cm_finding *finding);

/* inside_file.c: the file and what is around it, without opening it as a database */
examine examine_file, examine_rights, examine_place, examine_file_system, examine_space,
    examine_lock;

/* inside_store.c: what is in it */
examine examine_open, examine_schema, examine_integrity, examine_journal, examine_settings,
    examine_issuer, examine_key, examine_clock, examine_log;

/* processes.c: who serves it */
examine examine_processes;

/*
 * Whether the database's folder has nothing of anybody but the database's owner, so that it can be
 * given to a user with all that is in it.
 */
bool examined_folder_is_own(const struct examined *x);

/* The name of a user (a number where it has none), good until the next call. */
const char *examined_user(unsigned uid);

#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "doctor/examined.h"
#include "store/journal.h"

enum {
	MIB = 1048576,
	SPACE_LEAST = 16 * MIB, /* less, and writing fails soon */
	SPACE_GOOD = 128 * MIB,
	LOCK_PATIENCE_MS = 5000, /* as long as a request waits for the lock */
	LOCK_STEP_MS = 100
};

static bool set_folder(struct examined *x)
{
	char *path = realpath(x->path, NULL);
	bool fits = path != NULL && strlen(path) < sizeof x->folder;

	if (fits) {
		snprintf(x->folder, sizeof x->folder, "%s", dirname(path));
		fits = stat(x->path, &x->st) == 0;
	}
	free(path);
	return fits;
}

static void say_no_file(const struct examined *x, struct cm_finding *f)
{
	cm_finding_say(f, CM_VERDICT_WRONG, "There is no file %s.", x->path);
	cm_finding_mend(f, "casement init --url https://... makes a new one; or let CASEMENT_DB or "
	                   "casement.conf beside the program say where it is");
}

static void say_unreadable(const struct examined *x, struct cm_finding *f)
{
	cm_finding_say(f, CM_VERDICT_WRONG, "%s can't be read by the user %s: %s.", x->path,
	               examined_user(geteuid()), strerror(x->file.error));
	cm_finding_mend(f, "run it as root, or as the user that the server runs as");
	cm_finding_mend(f, "if that one can't read it either: chown USER %s", QUOTED(x->path));
}

static void say_foreign(const struct examined *x, struct cm_finding *f)
{
	cm_finding_say(
	    f, CM_VERDICT_WRONG,
	    "%s is no database: its first bytes were overwritten, or it is another file.", x->path);
	cm_finding_mend(f, "correct CASEMENT_DB or casement.conf, or put a backup in its place");
}

static void say_empty(const struct examined *x, struct cm_finding *f)
{
	cm_finding_say(f, CM_VERDICT_WRONG, "%s is empty.", x->path);
	cm_finding_mend(f, "casement init --url https://... makes a database of it");
}

static void say_truncated(const struct examined *x, struct cm_finding *f)
{
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "%s was truncated: it has %lld bytes, and should have %lld.", x->path,
	               (long long)x->file.size, (long long)x->file.declared_size);
	cm_finding_mend(f, "stop the server and put a backup in its place, without the -wal and "
	                   "-shm of the broken one");
}

void examine_file(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	const struct cm_inspection *file = &x->file;

	cm_inspect_file(x->path, &x->file);
	/* SQLite makes and deletes the files beside it one after the other. */
	if (cm_inspect_lost_wal(file)) {
		nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_MS * 1000000L}, NULL);
		cm_inspect_file(x->path, &x->file);
	}
	if (file->kind == CM_INSPECT_MISSING) {
		say_no_file(x, f);
		return;
	}
	if (!set_folder(x)) {
		x->file.error = errno;
		say_unreadable(x, f);
		return;
	}
	if (file->kind == CM_INSPECT_UNREADABLE || file->kind == CM_INSPECT_DATABASE)
		x->known |= KNOWN_FILE;
	if (file->kind == CM_INSPECT_UNREADABLE)
		say_unreadable(x, f);
	else if (file->kind == CM_INSPECT_IRREGULAR || file->kind == CM_INSPECT_NO_DATABASE)
		say_foreign(x, f);
	else if (file->kind == CM_INSPECT_EMPTY)
		say_empty(x, f);
	else if (file->wal_size <= 0 && file->size < file->declared_size)
		say_truncated(x, f);
	else
		cm_finding_say(f, CM_VERDICT_OK, "%s, %lld bytes.", x->path, (long long)file->size);
}

/* --- rights --- */

static void examine_one(const struct examined *x, const char *suffix, struct cm_finding *f)
{
	char name[PATH_MAX + 16];
	struct stat st;

	snprintf(name, sizeof name, "%s%s", x->path, suffix);
	/* What root does to a link that the owner made, it does to another file. */
	if ((*suffix == '\0' ? stat(name, &st) : lstat(name, &st)) != 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "%s is a link, and SQLite opens no link beside a database.", name);
		cm_finding_mend(f, "rm %s", QUOTED(name));
		return;
	}
	if ((st.st_mode & 077) != 0) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "Others than the owner may open %s (mode %04o), which holds the "
		               "private keys.",
		               name, (unsigned)st.st_mode & 07777);
		cm_finding_mend(f, "chmod 600 %s", QUOTED(name));
	}
	if (st.st_uid != x->st.st_uid) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "%s belongs to the user %s and not to the owner of the database.",
		               name, examined_user(st.st_uid));
		cm_finding_mend(f, "chown -h --reference=%s %s", QUOTED(x->path), QUOTED(name));
	} else if ((st.st_mode & 0600) != 0600) {
		cm_finding_say(f, CM_VERDICT_WRONG, "The owner may not write %s (mode %04o).", name,
		               (unsigned)st.st_mode & 07777);
		cm_finding_mend(f, "chmod 600 %s", QUOTED(name));
	}
}

bool examined_folder_is_own(const struct examined *x)
{
	const char *slash = strrchr(x->path, '/'), *base = slash == NULL ? x->path : slash + 1;
	DIR *folder = opendir(x->folder);
	const struct dirent *entry;
	bool own = folder != NULL;
	struct stat st;

	while (own && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strncmp(entry->d_name, base, strlen(base)) == 0)
			continue;
		own = fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		      st.st_uid == x->st.st_uid;
	}
	if (folder != NULL)
		closedir(folder);
	return own;
}

/* The journal is made beside the database, so its owner must be able to make files there. */
static void examine_folder(const struct examined *x, struct cm_finding *f)
{
	struct stat st;
	bool own;

	if (stat(x->folder, &st) != 0)
		return;
	own = st.st_uid == x->st.st_uid;
	if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "Anyone may replace the database: the folder %s has mode %04o.",
		               x->folder, (unsigned)st.st_mode & 07777);
		cm_finding_mend(f, "chmod o-w %s", QUOTED(x->folder));
	}
	if ((own && (st.st_mode & 0300) != 0300) || (!own && (st.st_mode & 0022) == 0)) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The owner of the database, %s, can't make files in the folder %s, "
		               "where SQLite keeps its journal.",
		               examined_user(x->st.st_uid), x->folder);
		if (own)
			cm_finding_mend(f, "chmod u+rwx %s", QUOTED(x->folder));
		else if (examined_folder_is_own(x))
			cm_finding_mend(f, "chown -h --reference=%s %s; chmod 700 %s",
			                QUOTED(x->path), QUOTED(x->folder), QUOTED(x->folder));
		else
			cm_finding_mend(f,
			                "others have files there: move the database, with its -wal "
			                "and -shm, to a folder of its own that %s owns, and "
			                "correct CASEMENT_DB or casement.conf",
			                examined_user(x->st.st_uid));
	}
}

void examine_rights(void *examined, struct cm_finding *f)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	const struct examined *x = examined;
	uid_t me = geteuid();

	cm_finding_say(f, CM_VERDICT_OK, "Only its owner, %s, may open the database.",
	               examined_user(x->st.st_uid));
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		examine_one(x, suffixes[i], f);
	examine_folder(x, f);
	if (me != 0 && me != x->st.st_uid)
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "This was run by a user who is not the owner, and sees less.");
}

/* --- place --- */

/* Folders from which web servers serve files, by what they are called and by where they are. */
static const char *const document_roots[] = {"public_html", "public_ftp", "www",     "htdocs",
                                             "httpdocs",    "wwwroot",    "webroot", "docroot"};
static const char *const document_trees[] = {"/var/www/", "/srv/www/", "/srv/http/",
                                             "/usr/share/nginx/"};

static bool is_below_documents(const char *folder)
{
	char path[PATH_MAX + 2];
	char *state = NULL;

	snprintf(path, sizeof path, "%s/", folder);
	for (size_t i = 0; i < sizeof document_trees / sizeof *document_trees; i++) {
		if (strncmp(path, document_trees[i], strlen(document_trees[i])) == 0)
			return true;
	}
	for (char *word = strtok_r(path, "/", &state); word != NULL;
	     word = strtok_r(NULL, "/", &state)) {
		for (size_t i = 0; i < sizeof document_roots / sizeof *document_roots; i++) {
			if (strcmp(word, document_roots[i]) == 0)
				return true;
		}
	}
	return false;
}

/* Whether a .htaccess in the database's own folder keeps Apache from serving what is there. */
static bool is_denied(const char *folder)
{
	char path[PATH_MAX + 16], line[256];
	bool denied = false;
	FILE *file;

	snprintf(path, sizeof path, "%s/.htaccess", folder);
	file = fopen(path, "re");
	while (file != NULL && !denied && fgets(line, sizeof line, file) != NULL) {
		const char *word = line + strspn(line, " \t");

		denied = strncasecmp(word, "Require all denied", 18) == 0 ||
		         strncasecmp(word, "Deny from all", 13) == 0 ||
		         strncasecmp(word, "RedirectMatch 403 ^", 19) == 0;
	}
	if (file != NULL)
		fclose(file);
	return denied;
}

void examine_place(void *examined, struct cm_finding *f)
{
	const struct examined *x = examined;

	if (!is_below_documents(x->folder)) {
		cm_finding_say(f, CM_VERDICT_OK, "%s looks like no folder of web pages.",
		               x->folder);
	} else if (is_denied(x->folder)) {
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "The database is among web pages, in %s; a .htaccess keeps Apache "
		               "from giving it out, other web servers do not read that.",
		               x->folder);
	} else {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The database is among web pages, in %s: the web server may give it "
		               "to anyone.",
		               x->folder);
		cm_finding_mend(f, "move it, with its -wal and -shm, to a folder that no URL leads "
		                   "to, and correct CASEMENT_DB or casement.conf");
		cm_finding_mend(f, "Apache: where it can't be moved, \"Require all denied\" in a "
		                   ".htaccess beside it");
	}
}

/* --- file system --- */

void examine_file_system(void *examined, struct cm_finding *f)
{
	const struct examined *x = examined;
	struct statvfs fs;
	const char *why = cm_journal_why_no_wal(x->path);

	if (statvfs(x->folder, &fs) != 0) {
		cm_finding_say(f, CM_VERDICT_WRONG, "%s can't be looked at: %s.", x->folder,
		               strerror(errno));
	} else if ((fs.f_flag & ST_RDONLY) != 0) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The file system of %s is mounted read-only: every change fails.",
		               x->folder);
		cm_finding_mend(f,
		                "mount -o remount,rw it; look into the system's log first, for a "
		                "failing disk makes it read-only too");
	} else if (why != NULL) {
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "A write-ahead log is not possible in %s: %s. Casement uses a "
		               "rollback journal there, with which writers and readers wait for "
		               "each other.",
		               x->folder, why);
	} else {
		cm_finding_say(f, CM_VERDICT_OK,
		               "It can be written, and a write-ahead log is "
		               "possible.");
	}
}

void examine_space(void *examined, struct cm_finding *f)
{
	const struct examined *x = examined;
	unsigned long long room;
	struct statvfs fs;

	/* Some file systems don't say how large they are. */
	if (statvfs(x->folder, &fs) != 0 || fs.f_blocks == 0)
		return;
	room = (unsigned long long)fs.f_bavail * fs.f_frsize;
	if (room < SPACE_LEAST || (fs.f_files != 0 && fs.f_favail == 0)) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The disk is full: %s has %llu bytes and %llu files free. Changes "
		               "fail, and so does signing in.",
		               x->folder, room, (unsigned long long)fs.f_favail);
		cm_finding_mend(f,
		                "delete or move other files of that file system; casement itself "
		                "needs no repair");
	} else {
		cm_finding_say(f, room < SPACE_GOOD ? CM_VERDICT_NOTE : CM_VERDICT_OK,
		               "%llu MiB are free.", room / MIB);
	}
}

/* --- lock --- */

static void process_name(pid_t pid, char out[64])
{
	char path[32];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	out[0] = '\0';
	file = fopen(path, "re");
	if (file != NULL && fgets(out, 64, file) != NULL)
		out[strcspn(out, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
}

void examine_lock(void *examined, struct cm_finding *f)
{
	const struct examined *x = examined;
	pid_t first = cm_inspect_lock_holder(x->path), now = first;
	char name[64];

	for (int waited = 0; now != 0 && now == first && waited < LOCK_PATIENCE_MS;
	     waited += LOCK_STEP_MS) {
		nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_MS * 1000000L}, NULL);
		now = cm_inspect_lock_holder(x->path);
	}
	if (now == 0 || now != first) {
		cm_finding_say(f, CM_VERDICT_OK, "Nobody keeps the database locked.");
		return;
	}
	process_name(now, name);
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "%s%s%s has kept the database locked for %d seconds; requests that change "
	               "something are answered 503.",
	               now > 0 ? "The process " : "A process of another machine or container",
	               now > 0 ? name : "", "", LOCK_PATIENCE_MS / 1000);
	if (now > 0)
		cm_finding_mend(f, "end it: kill %d", (int)now);
}

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "auth/jwt.h"
#include "auth/key.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/url.h"
#include "doctor/examined.h"
#include "store/journal.h"

enum { CLOCK_SLACK_S = 60, WAL_LARGE = 64 * 1048576 };

void examine_open(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	struct cm_err err = {0};

	if (x->file.kind == CM_INSPECT_UNREADABLE)
		return;
	if (cm_inspect_open(x->path, &x->file, &x->store, &err) == CM_OK) {
		x->known |= KNOWN_STORE;
		cm_finding_say(f, CM_VERDICT_OK, "It can be opened.");
		return;
	}
	if (!x->file.wal_mode && x->file.journal_size > 0 && err.status != CM_BUSY) {
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "A change was cut short; the next request or command takes it back. "
		               "Then ask again.");
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG, "It can't be opened: %s.", err.text);
	if (err.status == CM_BUSY)
		cm_finding_mend(f, "end the process that has it for itself, a shell or a backup "
		                   "for example");
	else
		cm_finding_mend(f, "correct CASEMENT_DB or casement.conf if that is another file; "
		                   "or stop the server and put a backup in its place");
}

void examine_schema(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	struct cm_err err = {0};
	int has = 0, known = cm_store_schema_known();

	if (cm_store_schema(x->store, &has, &err) != CM_OK) {
		cm_finding_say(f, CM_VERDICT_WRONG, "The schema can't be read: %s.", err.text);
	} else if (has > known) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The database has schema %d, this program knows %d: it belongs to a "
		               "newer casement, and is left alone.",
		               has, known);
		cm_finding_mend(f, "install the newer casement, or put a backup of before in its "
		                   "place");
	} else if (has < known) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The database has the old schema %d, this program %d.", has, known);
		cm_finding_mend(f, "casement migrate");
	} else {
		cm_finding_say(f, CM_VERDICT_OK, "Schema %d, the one of this program.", has);
	}
}

/* A database that was opened as one that nobody uses, and then was used, may look damaged. */
static bool has_changed(const struct examined *x)
{
	struct cm_inspection now;
	struct stat st;

	cm_inspect_file(x->path, &now);
	return stat(x->path, &st) != 0 || now.wal_size != x->file.wal_size ||
	       st.st_mtim.tv_sec != x->st.st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != x->st.st_mtim.tv_nsec;
}

static void say_damaged(const struct examined *x, const char *how, struct cm_finding *f)
{
	int schema = cm_store_schema_known();

	if (has_changed(x)) {
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "The database was changed while it was looked at. Ask again.");
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG, "The database is damaged: %s", how);
	cm_finding_mend(f, "stop the server and put a backup in its place, without the -wal and "
	                   "-shm of the broken one");
	(void)cm_store_schema(x->store, &schema, NULL);
	/* Debian's sqlite3 has a .recover that can't work.  A dump lacks what names the file ours.
	 */
	cm_finding_mend(
	    f,
	    "without a backup, what can still be read: (umask 077; (sqlite3 %s .dump | sed "
	    "'s/^ROLLBACK;.*/COMMIT;/'; echo 'PRAGMA application_id = %d; PRAGMA "
	    "user_version = %d;') | sqlite3 NEW.db)",
	    QUOTED(x->path), CM_APPLICATION_ID, schema);
}

void examine_integrity(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	struct cm_buf problems = {0};
	struct cm_err err = {0};

	if (x->file.wal_size > 0 && x->file.shm_size < 0)
		cm_finding_say(
		    f, CM_VERDICT_NOTE,
		    "Changes of %lld bytes wait in the -wal; the next request or command "
		    "takes them in. Then ask again.",
		    (long long)x->file.wal_size);
	else if (cm_inspect_integrity(x->store, &problems, &err) != CM_OK)
		cm_buf_printf(&problems, "%s.", err.text);
	if (problems.len > 0)
		say_damaged(x, cm_buf_str(&problems), f);
	else if (f->verdict == CM_VERDICT_NONE)
		cm_finding_say(f, CM_VERDICT_OK, "No damage was found.");
	cm_buf_clear(&problems);
}

static void say_lost_wal(struct cm_finding *f)
{
	cm_finding_say(
	    f, CM_VERDICT_WRONG,
	    "The -wal was deleted, and its -shm was not: the latest changes may be lost.");
	cm_finding_mend(f,
	                "casement audit shows the latest that is left; put a backup in its place "
	                "if that has more");
}

static void say_cut_off(struct cm_finding *f)
{
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "The -wal or -shm was deleted while processes use the database: they go on, "
	               "and others can't open it.");
	cm_finding_mend(f, "end all processes that use it, but not with kill -9: the last one puts "
	                   "what they wrote into the file");
}

void examine_journal(void *examined, struct cm_finding *f)
{
	const struct examined *x = examined;

	if (!x->file.wal_mode)
		cm_finding_say(f, CM_VERDICT_NOTE, "A rollback journal is in use%s",
		               cm_journal_why_no_wal(x->path) == NULL
		                   ? "; the next request or command makes it a write-ahead log."
		                   : ", as this file system has no write-ahead log.");
	else if (cm_inspect_is_cut_off(x->path))
		say_cut_off(f);
	else if (cm_inspect_lost_wal(&x->file))
		say_lost_wal(f);
	else if (x->file.wal_size > 0 && x->file.shm_size < 0)
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "The -shm is not there; SQLite makes it anew from the -wal.");
	else if (x->file.wal_size > WAL_LARGE)
		cm_finding_say(
		    f, CM_VERDICT_NOTE,
		    "The -wal has grown to %lld MiB: something reads without end, such as "
		    "a forgotten sqlite3 shell.",
		    (long long)x->file.wal_size / 1048576);
	else
		cm_finding_say(f, CM_VERDICT_OK, "A write-ahead log is in use.");
}

void examine_settings(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	struct cm_err err = {0};
	const char *name;

	if (cm_settings_load(x->store, &x->settings, &err) == CM_OK) {
		x->known |= KNOWN_SETTINGS;
		cm_finding_say(f, CM_VERDICT_OK, "All settings have a good value.");
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG, "%s.", err.text);
	/* "setting: NAME must ..." */
	name = strncmp(err.text, "setting: ", 9) == 0 ? err.text + 9 : NULL;
	if (name != NULL)
		cm_finding_mend(f, "sqlite3 %s \"DELETE FROM setting WHERE name = '%.*s'\"",
		                QUOTED(x->path), (int)strcspn(name, " "), name);
}

void examine_issuer(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	const char *issuer = x->settings.issuer;
	struct cm_url url;
	bool set = false;

	(void)cm_inspect_setting(x->store, "issuer", &set, NULL);
	if (set && cm_url_parse(issuer, &url) && !cm_url_is_loopback(&url)) {
		cm_finding_say(f, CM_VERDICT_OK, "Clients are told %s.", issuer);
		return;
	}
	cm_finding_say(f, set ? CM_VERDICT_OK : CM_VERDICT_NOTE,
	               "%sClients are told %s, which they reach only on this machine.",
	               set ? "" : "No public URL was set. ", issuer);
	if (!set)
		cm_finding_mend(f, "casement setting set issuer https://example.org");
}

/* Sign something and verify it, as every token is. */
static void try_key(const struct cm_keyring *ring, const struct cm_key *key, struct cm_finding *f)
{
	struct cm_buf token = {0};
	cm_json *claims = NULL;
	struct cm_err err = {0};

	if (cm_jwt_sign(key, CM_JWT_ACCESS, "{\"sub\":\"doctor\"}", &token, &err) == CM_OK &&
	    cm_jwt_verify(ring, cm_buf_str(&token), &claims, &err) == CM_OK)
		cm_finding_say(f, CM_VERDICT_OK, "The %s key %s signs.", key->alg, key->kid);
	else
		cm_finding_say(f, CM_VERDICT_WRONG, "The %s key %s does not work: %s.", key->alg,
		               key->kid, err.text);
	cm_json_free(claims);
	cm_buf_clear(&token);
}

void examine_key(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	const char *alg = x->settings.signing_algorithm;
	struct cm_keyring ring = {0};
	const struct cm_key *key = NULL;
	struct cm_err err = {0};

	if (cm_keyring_load(&ring, x->store, &err) != CM_OK)
		cm_finding_say(f, CM_VERDICT_WRONG, "The signing keys can't be read: %s.",
		               err.text);
	else if ((key = cm_keyring_signer(&ring, alg)) != NULL)
		try_key(&ring, key, f);
	else if (ring.count == 0)
		cm_finding_say(
		    f, CM_VERDICT_WRONG,
		    "There is no signing key: no token can be issued, and none is good.");
	else
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "No signing key for %s is in use: no token can be issued.", alg);
	if (f->verdict == CM_VERDICT_WRONG)
		cm_finding_mend(f, err.status == CM_OK ? "casement key rotate"
		                                       : "see what integrity says");
	cm_keyring_clear(&ring);
}

void examine_clock(void *examined, struct cm_finding *f)
{
	struct examined *x = examined;
	int64_t newest_s = 0, now_s = cm_clock_now_s();
	char what[32], newest[CM_CLOCK_TEXT], now[CM_CLOCK_TEXT];
	struct cm_err err = {0};

	if (cm_inspect_newest(x->store, &newest_s, what, &err) != CM_OK) {
		cm_finding_say(f, CM_VERDICT_NOTE, "The rows' times can't be read: %s.", err.text);
		return;
	}
	cm_clock_format(now_s, now);
	cm_clock_format(newest_s, newest);
	if (newest_s > now_s + CLOCK_SLACK_S) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The clock jumped: it is %s now, and the newest %s is of %s.", now,
		               what, newest);
		cm_finding_mend(f, "set the clock: timedatectl set-ntp true");
		cm_finding_mend(f, "if the clock is right now, it was wrong then: tokens of that "
		                   "time are refused until then, or live too long; casement token "
		                   "delete revokes one");
	} else {
		cm_finding_say(f, CM_VERDICT_OK, "It is %s, later than every row.", now);
	}
}

static void examine_syslog(struct cm_finding *f)
{
	if (access(_PATH_LOG, W_OK) == 0) {
		cm_finding_say(f, CM_VERDICT_OK, "It goes to the system's log.");
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "The system's log does not take it (%s: %s); lines go to the web server's "
	               "log.",
	               _PATH_LOG, strerror(errno));
	cm_finding_mend(f, "start rsyslog or systemd-journald, or: casement setting set log_target "
	                   "server");
}

/* access(2) for who owns the database, as the server's user does: to root all is allowed. */
static bool owner_may(const struct examined *x, const char *path, int how)
{
	const struct passwd *user = getpwuid(x->st.st_uid);
	int status = -1;
	pid_t child;

	if (geteuid() != 0 || x->st.st_uid == 0)
		return access(path, how) == 0;
	child = fork();
	if (child == 0) {
		bool is_owner = (user == NULL ? setgroups(0, NULL)
		                              : initgroups(user->pw_name, user->pw_gid)) == 0 &&
		                setgid(user == NULL ? x->st.st_gid : user->pw_gid) == 0 &&
		                setuid(x->st.st_uid) == 0;

		_exit(is_owner && access(path, how) == 0 ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void examine_log(void *examined, struct cm_finding *f)
{
	const struct examined *x = examined;
	const char *target = x->settings.log_target;
	char folder[CM_SETTING_TEXT_MAX];
	char *slash;
	struct stat st;
	bool there;

	if (strcmp(target, CM_LOG_SERVER) == 0) {
		cm_finding_say(f, CM_VERDICT_OK, "It goes to the web server's log.");
		return;
	}
	if (strcmp(target, CM_LOG_SYSLOG) == 0) {
		examine_syslog(f);
		return;
	}
	snprintf(folder, sizeof folder, "%s", target);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder] = '\0';
	there = stat(target, &st) == 0;
	if (there && S_ISDIR(st.st_mode)) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "%s is a folder; lines go to the web server's log.", target);
		cm_finding_mend(f, "casement setting set log_target %s/casement.log",
		                QUOTED(target));
		return;
	}
	if (there ? owner_may(x, target, W_OK) : owner_may(x, folder, W_OK | X_OK)) {
		cm_finding_say(f, CM_VERDICT_OK, "It goes to %s.", target);
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "%s can't be written by %s; lines go to the web server's log.", target,
	               examined_user(geteuid() == 0 ? x->st.st_uid : geteuid()));
	/* The folder may be that of all logs: it is left to whom it belongs. */
	if (access(folder, F_OK) != 0 && errno == ENOENT)
		cm_finding_mend(f, "as root: install -d -m 700 -o %s %s",
		                examined_user(x->st.st_uid), QUOTED(folder));
	else
		cm_finding_mend(f, "as root: touch %s; chown %s %s", QUOTED(target),
		                examined_user(x->st.st_uid), QUOTED(target));
	cm_finding_mend(f, "or: casement setting set log_target server");
}

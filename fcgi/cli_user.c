#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/password.h"
#include "auth/scope.h"
#include "base/crypto.h"
#include "base/text.h"
#include "store/grant.h"
#include "store/session.h"
#include "store/user.h"
#include "tools/crud.h"
#include "tools/fields.h"

enum { LINE = CM_PASSWORD_MAX + 3 };

/* Read a line without its end.  CM_INPUT when it is longer than a password may be. */
static enum cm_status read_line(char out[LINE], struct cm_err *err)
{
	size_t len;

	if (fgets(out, LINE, stdin) == NULL)
		return cm_err_set(err, CM_INPUT, "no password was given");
	len = strcspn(out, "\r\n");
	if (out[len] == '\0' && len == LINE - 1)
		return cm_err_set(err, CM_INPUT, "the password is too long");
	out[len] = '\0';
	return CM_OK;
}

static enum cm_status prompt(const char *question, char out[LINE], struct cm_err *err)
{
	struct termios shown, hidden;
	enum cm_status rc;

	fprintf(stderr, "%s: ", question);
	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return cm_err_set(err, CM_INTERNAL, "can't hide what is typed");
	hidden = shown;
	hidden.c_lflag &= (tcflag_t)~ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	rc = read_line(out, err);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fprintf(stderr, "\n");
	return rc;
}

/* A new password: typed twice at a terminal, or the first line of the input. */
static enum cm_status read_password(char hash[CM_PASSWORD_HASH_MAX], struct cm_err *err)
{
	char password[LINE] = "", again[LINE] = "";
	bool terminal = isatty(STDIN_FILENO) != 0;
	enum cm_status rc;

	rc = terminal ? prompt("Password", password, err) : read_line(password, err);
	if (rc == CM_OK)
		rc = cm_password_check(password, err);
	if (rc == CM_OK && terminal)
		rc = prompt("Once more", again, err);
	if (rc == CM_OK && terminal && strcmp(password, again) != 0)
		rc = cm_err_set(err, CM_INPUT, "the two passwords differ");
	if (rc == CM_OK)
		rc = cm_password_hash(password, hash, err);
	cm_crypto_wipe(password, sizeof password);
	cm_crypto_wipe(again, sizeof again);
	return rc;
}

static const char *check_display_name(const char *value)
{
	return cm_text_chars(value) <= 100 ? NULL : "is longer than 100 characters";
}

static const char *check_email(const char *value)
{
	const char *at = strchr(value, '@');

	if (*value == '\0')
		return NULL;
	return at != NULL && at != value && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
	               cm_text_is_visible(value) && strpbrk(value, " /<>\"") == NULL
	           ? NULL
	           : "is no e-mail address";
}

static const char *check_scope(const char *value)
{
	cm_scope_set set;

	if (cm_scope_parse(value, &set, NULL) != CM_OK)
		return "has a scope that is not known";
	return (set & CM_SCOPE_IDENTITY) == 0 ? NULL
	                                      : "is about tools; openid and the like are free";
}

/* What can be said of a user besides the name. */
static const struct {
	const char *name;
	size_t offset, size;
	const char *(*check)(const char *value);
} fields[] = {
    {"displayName", offsetof(struct cm_user, display_name), CM_DISPLAY_NAME_MAX + 1,
     check_display_name},
    {"email", offsetof(struct cm_user, email), CM_EMAIL_MAX + 1, check_email},
    {"scope", offsetof(struct cm_user, scope), CM_SCOPE_TEXT_MAX, check_scope},
};

static enum cm_status set_field(struct cm_user *user, const char *pair, struct cm_err *err)
{
	size_t len = strcspn(pair, "=");
	const char *value = pair + len + 1, *wrong;

	if (pair[len] == '\0')
		return cm_err_set(err, CM_USAGE, "%.100s: must be FIELD=VALUE", pair);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strlen(fields[i].name) != len || strncmp(fields[i].name, pair, len) != 0)
			continue;
		wrong = strlen(value) >= fields[i].size ? "is too long" : fields[i].check(value);
		if (wrong != NULL)
			return cm_err_set(err, CM_INPUT, "%s: %s", fields[i].name, wrong);
		memcpy((char *)user + fields[i].offset, value, strlen(value) + 1);
		return CM_OK;
	}
	return cm_err_set(err, CM_INPUT, "%.*s: a user has displayName, email and scope", (int)len,
	                  pair);
}

static void put_user(struct cm_buf *json, const struct cm_user *user)
{
	cm_json_put_open(json, '{');
	cm_json_put_member(json, "owner", user->owner);
	cm_json_put_member(json, "name", user->name);
	cm_json_put_member(json, "displayName", user->display_name);
	cm_json_put_member(json, "email", user->email);
	cm_json_put_member(json, "scope", user->scope);
	cm_json_put_name(json, "isForbidden");
	cm_json_put_bool(json, user->forbidden);
	cm_json_put_close(json, '}');
}

static enum cm_status print_user(const struct cli *cli, const struct cm_user *user,
                                 struct cm_err *err)
{
	struct cm_buf json = {0};
	enum cm_status rc;

	put_user(&json, user);
	rc = cm_buf_status(&json, err);
	if (rc == CM_OK)
		rc = cli_print_object(cli, cm_buf_str(&json), err);
	cm_buf_clear(&json);
	return rc;
}

static enum cm_status insert(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_user_insert(store, arg, err);
}

enum cm_status cli_user_add(struct cli *cli, struct cm_err *err)
{
	struct cm_user user = {.scope = "read:application"};
	struct cm_organization organization;
	struct cm_err why = {0};
	struct cm_id id;
	enum cm_status rc = CM_OK;

	if (!cm_id_parse(cli->argument[0], &id) || !cm_fields_is_name(id.name))
		return cm_err_set(err, CM_INPUT, "%.100s: must be ORGANIZATION/NAME",
		                  cli->argument[0]);
	snprintf(user.owner, sizeof user.owner, "%s", id.owner);
	snprintf(user.name, sizeof user.name, "%s", id.name);
	snprintf(user.display_name, sizeof user.display_name, "%s", id.name);
	for (int i = 1; rc == CM_OK && i < cli->arguments; i++)
		rc = set_field(&user, cli->argument[i], err);
	if (rc != CM_OK ||
	    (rc = cm_organization_get(cli->ctx.store, user.owner, &organization, err)) != CM_OK ||
	    (rc = read_password(user.password_hash, err)) != CM_OK)
		return rc;
	rc = cli_change(cli, "add_user", cli->argument[0], insert, &user, &why);
	if (rc == CM_CONFLICT)
		return cm_err_set(err, rc, "user %s exists already, or the e-mail address is taken",
		                  cli->argument[0]);
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	return print_user(cli, &user, err);
}

struct listing {
	struct cm_buf json;
	bool as_json;
};

static void list_user(const struct cm_user *user, void *arg)
{
	struct listing *listing = arg;

	if (!listing->as_json) {
		printf("%s/%s\t%s\t%s\t%s%s\n", user->owner, user->name, user->display_name,
		       user->email, user->scope, user->forbidden ? "\tdisabled" : "");
		return;
	}
	put_user(&listing->json, user);
}

enum cm_status cli_user_list(struct cli *cli, struct cm_err *err)
{
	struct listing listing = {.as_json = cli->json};
	enum cm_status rc;

	cm_json_put_open(&listing.json, '[');
	rc = cm_user_list(cli->ctx.store, cli->arguments > 0 ? cli->argument[0] : NULL, list_user,
	                  &listing, err);
	cm_json_put_close(&listing.json, ']');
	if (rc == CM_OK)
		rc = cm_buf_status(&listing.json, err);
	if (rc == CM_OK && cli->json)
		printf("%s\n", cm_buf_str(&listing.json));
	cm_buf_clear(&listing.json);
	return rc;
}

static enum cm_status find(struct cli *cli, struct cm_user *out, struct cm_err *err)
{
	struct cm_err why = {0};
	struct cm_id id;
	enum cm_status rc;

	if (!cm_id_parse(cli->argument[0], &id))
		return cm_err_set(err, CM_INPUT, "%.100s: must be ORGANIZATION/NAME",
		                  cli->argument[0]);
	rc = cm_user_get(cli->ctx.store, id.owner, id.name, out, &why);
	if (rc == CM_NOT_FOUND)
		return cm_err_set(err, rc, "there is no user %s", cli->argument[0]);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

/* Whoever knew the old password is signed out; what the person granted stays. */
static enum cm_status write_password(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct cm_user *user = arg;
	enum cm_status rc = cm_user_set_password(store, user, user->password_hash, err);

	return rc == CM_OK ? cm_session_delete_of_user(store, user->id, err) : rc;
}

enum cm_status cli_user_set_password(struct cli *cli, struct cm_err *err)
{
	struct cm_user user;
	enum cm_status rc;

	if ((rc = find(cli, &user, err)) != CM_OK ||
	    (rc = read_password(user.password_hash, err)) != CM_OK)
		return rc;
	rc = cli_change(cli, "set_password", cli->argument[0], write_password, &user, err);
	return rc == CM_OK ? print_user(cli, &user, err) : rc;
}

/* All that was issued in the person's name ends, and does not come back when enabled again. */
static enum cm_status write_forbidden(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct cm_user *user = arg;
	enum cm_status rc = cm_user_set_forbidden(store, user, user->forbidden, err);

	if (rc == CM_OK)
		rc = cm_session_delete_of_user(store, user->id, err);
	return rc == CM_OK ? cm_user_revoke(store, user->id, err) : rc;
}

static enum cm_status set_forbidden(struct cli *cli, bool forbidden, struct cm_err *err)
{
	struct cm_user user;
	enum cm_status rc = find(cli, &user, err);

	if (rc != CM_OK)
		return rc;
	user.forbidden = forbidden;
	rc = cli_change(cli, forbidden ? "disable_user" : "enable_user", cli->argument[0],
	                write_forbidden, &user, err);
	return rc == CM_OK ? print_user(cli, &user, err) : rc;
}

enum cm_status cli_user_disable(struct cli *cli, struct cm_err *err)
{
	return set_forbidden(cli, true, err);
}

enum cm_status cli_user_enable(struct cli *cli, struct cm_err *err)
{
	return set_forbidden(cli, false, err);
}

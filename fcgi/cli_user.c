#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/password.h"
#include "base/crypto.h"

enum { LINE = CM_PASSWORD_MAX + 3 };

/* Read a line without its end.  CM_INPUT when it is longer than a password may be. */
static enum cm_status read_line(char out[LINE], struct cm_err *err)
{
	size_t len = 0;
	int c;

	while ((c = getchar()) != EOF && c != '\n' && len < LINE - 1)
		out[len++] = (char)c;
	if (c == EOF && len == 0)
		return cm_err_set(err, CM_INPUT, "no password was given");
	if (c != EOF && c != '\n')
		return cm_err_set(err, CM_INPUT, "the password is too long");
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	/* What is behind it would be no part of the password. */
	if (strlen(out) != len)
		return cm_err_set(err, CM_INPUT, "a password has no NUL in it");
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
static enum cm_status read_password(char password[LINE], struct cm_err *err)
{
	char again[LINE] = "";
	bool terminal = isatty(STDIN_FILENO) != 0;
	enum cm_status rc;

	rc = terminal ? prompt("Password", password, err) : read_line(password, err);
	if (rc == CM_OK)
		rc = cm_password_check(password, err);
	if (rc == CM_OK && terminal)
		rc = prompt("Once more", again, err);
	if (rc == CM_OK && terminal && strcmp(password, again) != 0)
		rc = cm_err_set(err, CM_INPUT, "the two passwords differ");
	cm_crypto_wipe(again, sizeof again);
	return rc;
}

/* What a new user may do unless something else is said. */
#define SCOPES "scopes=read:application"

enum cm_status cli_user_add(struct cli *cli, struct cm_err *err)
{
	char password[LINE] = "";
	enum cm_status rc = read_password(password, err);

	if (rc == CM_OK)
		rc = cli_add(cli, SCOPES, "password", password, err);
	cm_crypto_wipe(password, sizeof password);
	return rc;
}

enum cm_status cli_user_set_password(struct cli *cli, struct cm_err *err)
{
	char password[LINE] = "";
	enum cm_status rc = read_password(password, err);

	if (rc == CM_OK)
		rc = cli_update(cli, "password", cm_json_from_string(password), err);
	cm_crypto_wipe(password, sizeof password);
	return rc;
}

enum cm_status cli_user_disable(struct cli *cli, struct cm_err *err)
{
	return cli_update(cli, "isForbidden", cm_json_from_bool(true), err);
}

enum cm_status cli_user_enable(struct cli *cli, struct cm_err *err)
{
	return cli_update(cli, "isForbidden", cm_json_from_bool(false), err);
}

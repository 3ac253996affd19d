#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "oauth/metadata.h"

/* The lines of the file, and where what they hold belongs. */
enum { URL, TOKEN_URL, CLIENT_ID, CLIENT_SECRET, ADMIN_CLIENT_ID, ADMIN_CLIENT_SECRET, LINES };

static const char *const names[] = {
    [URL] = "CASEMENT_URL=",
    [TOKEN_URL] = "CASEMENT_TOKEN_URL=",
    [CLIENT_ID] = "CASEMENT_CLIENT_ID=",
    [CLIENT_SECRET] = "CASEMENT_CLIENT_SECRET=",
    [ADMIN_CLIENT_ID] = "CASEMENT_ADMIN_CLIENT_ID=",
    [ADMIN_CLIENT_SECRET] = "CASEMENT_ADMIN_CLIENT_SECRET=",
};
_Static_assert(sizeof names / sizeof *names == LINES, "every line has a name");

/* Copy the value of a line, without what it is quoted with; one that is too long is none. */
static void take_value(const char *value, char *out, size_t size)
{
	size_t len;

	value += strspn(value, "'\"");
	len = strcspn(value, "'\"\r\n");
	if (len < size) {
		memcpy(out, value, len);
		out[len] = '\0';
	}
}

static void take_line(const char *line, struct cli_credentials known[CLI_SEEDS],
                      struct cm_buf *others)
{
	const char *text = line + strspn(line, " \t");
	size_t i = 0;

	if (strncmp(text, "export ", 7) == 0)
		text += 7;
	while (i < LINES && strncmp(text, names[i], strlen(names[i])) != 0)
		i++;
	if (i == LINES) {
		cm_buf_puts(others, line);
		return;
	}
	text += strlen(names[i]);
	if (i == CLIENT_ID || i == ADMIN_CLIENT_ID) {
		struct cli_credentials *of = &known[i == CLIENT_ID ? CLI_DEMO : CLI_ADMIN];

		take_value(text, of->client_id, sizeof of->client_id);
	} else if (i == CLIENT_SECRET || i == ADMIN_CLIENT_SECRET) {
		struct cli_credentials *of = &known[i == CLIENT_SECRET ? CLI_DEMO : CLI_ADMIN];

		take_value(text, of->secret, sizeof of->secret);
	}
}

static enum cm_status read_lines(FILE *file, const char *path,
                                 struct cli_credentials known[CLI_SEEDS], struct cm_buf *others,
                                 struct cm_err *err)
{
	enum cm_status rc = CM_OK;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	errno = 0;
	while (rc == CM_OK && (len = getline(&line, &size, file)) > 0) {
		/* The database itself, for example. */
		if (strlen(line) != (size_t)len)
			rc = cm_err_set(err, CM_STORE, "%s is there, and is no text", path);
		else
			take_line(line, known, others);
	}
	/* Without memory for a line there is no end either, but no error of the file. */
	if (rc == CM_OK && feof(file) == 0)
		rc = cm_err_set(err, CM_STORE, "can't read %s: %s", path, strerror(errno));
	free(line);
	return rc == CM_OK ? cm_buf_status(others, err) : rc;
}

/*
 * Open the file that is to come in the place of another, which stays as it is until then; of a
 * link, of the file that it leads to.  Its descriptor and its name, -1 on failure.
 */
static int open_fresh(const char *path, char fresh[PATH_MAX], struct cm_err *err)
{
	char real[PATH_MAX];
	int fd;

	if (realpath(path, real) == NULL)
		snprintf(real, sizeof real, "%s", path);
	if (snprintf(fresh, PATH_MAX, "%s.new", real) >= PATH_MAX) {
		(void)cm_err_set(err, CM_INPUT, "the name of the --env-file is too long");
		return -1;
	}
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		(void)cm_err_set(err, CM_STORE, "can't write %s: %s", path, strerror(errno));
	return fd;
}

enum cm_status cli_env_read(const char *path, struct cli_credentials known[CLI_SEEDS],
                            struct cm_buf *others, struct cm_err *err)
{
	char fresh[PATH_MAX];
	enum cm_status rc = CM_OK;
	struct stat st;
	FILE *file;
	int fd;

	/* A device, a terminal behind /dev/stdout for example, is neither read nor replaced; nor
	 * is a link that leads nowhere. */
	if (stat(path, &st) == 0 ? !S_ISREG(st.st_mode) : lstat(path, &st) == 0)
		return cm_err_set(err, CM_STORE, "%s is there, and is no file", path);
	/* Before a secret is renewed. */
	if ((fd = open_fresh(path, fresh, err)) < 0)
		return err->status;
	close(fd);
	(void)unlink(fresh);
	file = fopen(path, "re");
	if (file != NULL) {
		rc = read_lines(file, path, known, others, err);
		fclose(file);
	} else if (errno != ENOENT) {
		rc = cm_err_set(err, CM_STORE, "can't read %s: %s", path, strerror(errno));
	}
	for (size_t i = 0; i < CLI_SEEDS; i++) {
		/* An id is of no use without its secret. */
		if (known[i].secret[0] == '\0')
			known[i].client_id[0] = '\0';
	}
	return rc;
}

static enum cm_status replace_file(const char *path, const struct cm_buf *text, struct cm_err *err)
{
	char fresh[PATH_MAX], real[PATH_MAX];
	int fd = open_fresh(path, fresh, err);
	ssize_t put;

	if (fd < 0)
		return err->status;
	put = write(fd, text->data, text->len);
	if (put >= 0 && put < (ssize_t)text->len)
		errno = ENOSPC;
	if (close(fd) != 0)
		put = -1;
	if (put == (ssize_t)text->len &&
	    rename(fresh, realpath(path, real) != NULL ? real : path) == 0)
		return CM_OK;
	(void)cm_err_set(err, CM_STORE, "can't write %s: %s", path, strerror(errno));
	(void)unlink(fresh);
	return CM_STORE;
}

enum cm_status cli_env_write(struct cli *cli, const struct cli_credentials known[CLI_SEEDS],
                             const struct cli_credentials made[CLI_SEEDS],
                             const struct cm_buf *others, struct cm_err *err)
{
	static const size_t first[CLI_SEEDS] = {
	    [CLI_ADMIN] = ADMIN_CLIENT_ID,
	    [CLI_DEMO] = CLIENT_ID,
	};
	char token_url[sizeof cli->ctx.settings.issuer + sizeof CM_TOKEN_PATH];
	char quoted[CM_TEXT_QUOTED(sizeof token_url)];
	struct cm_buf text = {0};
	enum cm_status rc;

	_Static_assert(sizeof cli->ctx.mcp_url <= sizeof token_url, "both can be quoted");
	snprintf(token_url, sizeof token_url, "%s" CM_TOKEN_PATH, cli->ctx.settings.issuer);
	cm_buf_printf(&text, "%s%s\n", names[URL], cm_text_quote(cli->ctx.mcp_url, quoted));
	cm_buf_printf(&text, "%s%s\n", names[TOKEN_URL], cm_text_quote(token_url, quoted));
	for (size_t i = CLI_SEEDS; i-- > 0;)
		cm_buf_printf(&text, "%s'%s'\n%s'%s'\n", names[first[i]], made[i].client_id,
		              names[first[i] + 1],
		              made[i].secret[0] != '\0' ? made[i].secret : known[i].secret);
	cm_buf_append(&text, others);
	rc = cm_buf_status(&text, err);
	if (rc == CM_OK)
		rc = replace_file(cli->env_file, &text, err);
	cm_crypto_wipe(text.data, text.len);
	cm_buf_clear(&text);
	return rc;
}

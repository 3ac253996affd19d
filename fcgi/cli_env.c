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

enum cm_status cli_env_read(const char *path, struct cli_credentials known[CLI_SEEDS],
                            struct cm_buf *others, struct cm_err *err)
{
	FILE *file;
	bool read;
	struct stat st;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	/* A device, a terminal behind /dev/stdout for example, is neither read nor replaced; nor
	 * is a link that leads nowhere. */
	if (stat(path, &st) == 0 ? !S_ISREG(st.st_mode) : lstat(path, &st) == 0)
		return cm_err_set(err, CM_STORE, "%s is there, and is no file", path);
	file = fopen(path, "re");
	read = file != NULL || errno == ENOENT;
	errno = file != NULL ? 0 : errno;
	while (file != NULL && read && (len = getline(&line, &size, file)) > 0) {
		take_line(line, known, others);
		/* The database itself, for example. */
		read = strlen(line) == (size_t)len;
		if (!read)
			(void)cm_err_set(err, CM_STORE, "%s is there, and is no text", path);
	}
	if (file != NULL && ferror(file) != 0)
		read = false;
	if (!read)
		(void)cm_err_set(err, CM_STORE, "can't read %s: %s", path, strerror(errno));
	if (file != NULL)
		fclose(file);
	free(line);
	for (size_t i = 0; i < CLI_SEEDS; i++) {
		/* An id is of no use without its secret. */
		if (known[i].secret[0] == '\0')
			known[i].client_id[0] = '\0';
	}
	return read ? cm_buf_status(others, err) : CM_STORE;
}

/* A link stays: the file that it leads to is replaced. */
static enum cm_status replace_file(const char *path, const struct cm_buf *text, struct cm_err *err)
{
	char fresh[PATH_MAX], real[PATH_MAX];
	ssize_t put = -1;
	int fd;

	if (realpath(path, real) != NULL)
		path = real;
	if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
		return cm_err_set(err, CM_INPUT, "the name of the --env-file is too long");
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		put = write(fd, text->data, text->len);
		if (close(fd) != 0)
			put = -1;
	}
	if (put == (ssize_t)text->len && rename(fresh, path) == 0)
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

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "oauth/metadata.h"
#include "store/application.h"
#include "store/organization.h"
#include "tools/application.h"

/* The credentials of one client, as they are told. */
struct credentials {
	char client_id[CM_CLIENT_ID_MAX + 1];
	char secret[CM_SECRET_TEXT]; /* "" when the client was there before and kept its own */
};

/* What init makes when it is missing. */
static const struct seed {
	const char *owner, *name;
	const char *home;   /* arguments of add_organization */
	const char *client; /* arguments of add_application */
	bool demo;
} seeds[] = {
    {"built-in", "admin",
     "{\"organization\":{\"name\":\"built-in\",\"displayName\":\"Built-in organisation\"}}",
     "{\"application\":{\"owner\":\"built-in\",\"name\":\"admin\",\"displayName\":"
     "\"Administrator\","
     "\"scopes\":[{\"name\":\"admin\"}]}}",
     false},
    {"my-org", "demo",
     "{\"organization\":{\"name\":\"my-org\",\"displayName\":\"My organisation\"}}",
     "{\"application\":{\"owner\":\"my-org\",\"name\":\"demo\",\"displayName\":\"Demo client\","
     "\"scopes\":[{\"name\":\"read:application\"},{\"name\":\"write:application\"}]}}",
     true},
};
enum { ADMIN, DEMO, SEEDS };
_Static_assert(sizeof seeds / sizeof *seeds == SEEDS, "every seed has a name");

/* What a tool tells about the row that it makes. */
static enum cm_status make(struct cli *cli, const char *tool, const char *json, struct cm_buf *told,
                           struct cm_err *err)
{
	cm_json *arguments = NULL;
	enum cm_status rc = cm_json_parse(json, strlen(json), &arguments, err);

	if (rc == CM_OK)
		rc = cli_call_tool(cli, tool, arguments, told, err);
	cm_json_free(arguments);
	return rc;
}

static enum cm_status ensure_organization(struct cli *cli, const struct seed *seed,
                                          struct cm_err *err)
{
	struct cm_organization row;
	struct cm_err why = {0};
	struct cm_buf told = {0};
	enum cm_status rc = cm_organization_get(cli->ctx.store, seed->owner, &row, &why);

	if (rc != CM_NOT_FOUND)
		return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
	rc = make(cli, "add_organization", seed->home, &told, err);
	cm_buf_clear(&told);
	return rc;
}

/* Take clientId and clientSecret out of what a tool told. */
static enum cm_status take_credentials(const struct cm_buf *told, struct credentials *out,
                                       struct cm_err *err)
{
	cm_json *json = NULL;
	enum cm_status rc = cm_json_parse(cm_buf_str(told), told->len, &json, err);
	const char *client_id = cm_json_string(cm_json_get(json, "clientId"));
	const char *secret = cm_json_string(cm_json_get(json, "clientSecret"));

	if (rc == CM_OK && (client_id == NULL || secret == NULL))
		rc = cm_err_set(err, CM_INTERNAL, "no credentials were told");
	if (rc == CM_OK) {
		snprintf(out->client_id, sizeof out->client_id, "%s", client_id);
		snprintf(out->secret, sizeof out->secret, "%s", secret);
	}
	cm_json_free(json);
	return rc;
}

static enum cm_status add_client(struct cli *cli, const struct seed *seed, struct credentials *out,
                                 struct cm_err *err)
{
	struct cm_buf told = {0};
	enum cm_status rc = make(cli, "add_application", seed->client, &told, err);

	if (rc == CM_OK)
		rc = take_credentials(&told, out, err);
	cm_buf_clear(&told);
	return rc;
}

static enum cm_status renew_secret(struct cli *cli, const struct seed *seed,
                                   struct credentials *out, struct cm_err *err)
{
	struct cm_buf told = {0};
	struct cm_id id;
	enum cm_status rc;

	snprintf(id.owner, sizeof id.owner, "%s", seed->owner);
	snprintf(id.name, sizeof id.name, "%s", seed->name);
	rc = cm_application_rotate_secret(&cli->ctx, &cli->caller, &id, false, &told, err);
	if (rc == CM_OK)
		rc = take_credentials(&told, out, err);
	cm_buf_clear(&told);
	return rc;
}

/* Make the client if it isn't there; renew: give one that is there a new secret. */
static enum cm_status ensure_client(struct cli *cli, const struct seed *seed, bool renew,
                                    struct credentials *out, struct cm_err *err)
{
	struct cm_record record;
	struct cm_err why = {0};
	enum cm_status rc;

	cm_record_init(&record, &cm_application_entity);
	rc = cm_entity_get(cli->ctx.store, seed->owner, seed->name, &record, &why);
	if (rc == CM_OK)
		snprintf(out->client_id, sizeof out->client_id, "%s",
		         cm_record_text(&record, "client_id"));
	cm_record_clear(&record);
	if (rc == CM_NOT_FOUND)
		return add_client(cli, seed, out, err);
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	return renew ? renew_secret(cli, seed, out, err) : CM_OK;
}

static enum cm_status write_key(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_key_create(store, arg, err);
}

static enum cm_status ensure_key(struct cli *cli, struct cm_err *err)
{
	char *alg = cli->ctx.settings.signing_algorithm;

	if (cm_keyring_signer(&cli->ctx.keys, alg) != NULL)
		return CM_OK;
	return cli_change(cli, "rotate_key", alg, write_key, alg, err);
}

static enum cm_status write_url(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_setting_set(store, "issuer", arg, err);
}

static enum cm_status ensure_url(struct cli *cli, struct cm_err *err)
{
	char value[CM_SETTING_TEXT_MAX];
	enum cm_status rc;

	if (cli->url == NULL || strcmp(cli->url, cli->ctx.settings.issuer) == 0)
		return CM_OK;
	snprintf(value, sizeof value, "%s", cli->url);
	if ((rc = cli_change(cli, "set_setting", "issuer", write_url, value, err)) != CM_OK)
		return rc;
	/* This process made the change itself, so the store's version does not tell of it. */
	cli->ctx.version = -1;
	rc = cm_context_refresh(&cli->ctx, err);
	cm_context_rest(&cli->ctx);
	return rc;
}

/* --- the file for shells --- */

/* The lines of the old file that hold credentials: everything but the two URLs. */
static void keep_credentials(const char *path, struct cm_buf *out)
{
	FILE *file = fopen(path, "re");
	char line[1024];

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		if (strncmp(line, "CASEMENT_", 9) == 0 && strncmp(line, "CASEMENT_URL=", 13) != 0 &&
		    strncmp(line, "CASEMENT_TOKEN_URL=", 19) != 0)
			cm_buf_puts(out, line);
	}
	if (file != NULL)
		fclose(file);
}

static enum cm_status replace_file(const char *path, const struct cm_buf *text, struct cm_err *err)
{
	char fresh[PATH_MAX];
	ssize_t put = -1;
	int fd;

	if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
		return cm_err_set(err, CM_INPUT, "the name of the --env-file is too long");
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		put = write(fd, text->data, text->len);
		if (close(fd) != 0)
			put = -1;
	}
	if (put != (ssize_t)text->len || rename(fresh, path) != 0)
		return cm_err_set(err, CM_STORE, "can't write %s: %s", path, strerror(errno));
	return CM_OK;
}

static enum cm_status write_env_file(struct cli *cli, const struct credentials *made, bool keep,
                                     struct cm_err *err)
{
	char token_url[sizeof cli->ctx.settings.issuer + sizeof CM_TOKEN_PATH];
	char quoted[CM_TEXT_QUOTED(sizeof token_url)];
	struct cm_buf text = {0};
	enum cm_status rc;

	_Static_assert(sizeof cli->ctx.mcp_url <= sizeof token_url, "both can be quoted");
	snprintf(token_url, sizeof token_url, "%s" CM_TOKEN_PATH, cli->ctx.settings.issuer);
	cm_buf_printf(&text, "CASEMENT_URL=%s\n", cm_text_quote(cli->ctx.mcp_url, quoted));
	cm_buf_printf(&text, "CASEMENT_TOKEN_URL=%s\n", cm_text_quote(token_url, quoted));
	if (keep)
		keep_credentials(cli->env_file, &text);
	else
		cm_buf_printf(&text,
		              "CASEMENT_CLIENT_ID='%s'\nCASEMENT_CLIENT_SECRET='%s'\n"
		              "CASEMENT_ADMIN_CLIENT_ID='%s'\nCASEMENT_ADMIN_CLIENT_SECRET='%s'\n",
		              made[DEMO].client_id, made[DEMO].secret, made[ADMIN].client_id,
		              made[ADMIN].secret);
	rc = cm_buf_status(&text, err);
	if (rc == CM_OK)
		rc = replace_file(cli->env_file, &text, err);
	cm_crypto_wipe(text.data, text.len);
	cm_buf_clear(&text);
	return rc;
}

/* --- telling --- */

static void print_json(const struct cli *cli, const struct credentials *made)
{
	struct cm_buf json = {0};

	cm_json_put_open(&json, '{');
	cm_json_put_member(&json, "database", cli->path);
	cm_json_put_member(&json, "url", cli->ctx.mcp_url);
	cm_json_put_name(&json, "clients");
	cm_json_put_open(&json, '[');
	for (size_t i = 0; i < SEEDS; i++) {
		if (made[i].client_id[0] == '\0')
			continue;
		cm_json_put_open(&json, '{');
		cm_json_put_member(&json, "owner", seeds[i].owner);
		cm_json_put_member(&json, "name", seeds[i].name);
		cm_json_put_member(&json, "clientId", made[i].client_id);
		if (made[i].secret[0] != '\0')
			cm_json_put_member(&json, "clientSecret", made[i].secret);
		cm_json_put_close(&json, '}');
	}
	cm_json_put_close(&json, ']');
	cm_json_put_close(&json, '}');
	printf("%s\n", cm_buf_str(&json));
	cm_buf_clear(&json);
}

static void print_text(const struct cli *cli, const struct credentials *made)
{
	printf("Database       %s\nMCP endpoint   %s\n", cli->path, cli->ctx.mcp_url);
	for (size_t i = 0; i < SEEDS; i++) {
		if (made[i].secret[0] != '\0')
			printf("\nClient %s/%s; its secret is shown this once:\n"
			       "  client_id      %s\n  client_secret  %s\n",
			       seeds[i].owner, seeds[i].name, made[i].client_id, made[i].secret);
	}
}

enum cm_status cli_init(struct cli *cli, struct cm_err *err)
{
	bool keep = cli->env_file != NULL && access(cli->env_file, F_OK) == 0;
	/* Without the file, nobody has the secrets of a demo any more. */
	bool renew = cli->env_file != NULL && !keep;
	struct credentials made[SEEDS] = {0};
	enum cm_status rc;

	if (cli->env_file != NULL && !cli->demo)
		return cm_err_set(err, CM_USAGE, "--env-file goes with --demo");
	if ((rc = ensure_url(cli, err)) != CM_OK || (rc = ensure_key(cli, err)) != CM_OK)
		return rc;
	for (size_t i = 0; rc == CM_OK && i < SEEDS; i++) {
		if (seeds[i].demo && !cli->demo)
			continue;
		if ((rc = ensure_organization(cli, &seeds[i], err)) == CM_OK)
			rc = ensure_client(cli, &seeds[i], renew, &made[i], err);
	}
	if (rc == CM_OK && cli->env_file != NULL)
		rc = write_env_file(cli, made, keep, err);
	if (rc == CM_OK && cli->json)
		print_json(cli, made);
	else if (rc == CM_OK)
		print_text(cli, made);
	if (rc == CM_OK && cli->dist != NULL && !cli->json)
		cli_dist_tell(cli);
	cm_crypto_wipe(made, sizeof made);
	return rc;
}

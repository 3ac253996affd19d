#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "oauth/metadata.h"
#include "store/application.h"
#include "store/inspect.h"
#include "store/organization.h"
#include "tools/application.h"

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
_Static_assert(sizeof seeds / sizeof *seeds == CLI_SEEDS, "every seed has a name");

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
static enum cm_status take_credentials(const struct cm_buf *told, struct cli_credentials *out,
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

static enum cm_status add_client(struct cli *cli, const struct seed *seed,
                                 struct cli_credentials *out, struct cm_err *err)
{
	struct cm_buf told = {0};
	enum cm_status rc = make(cli, "add_application", seed->client, &told, err);

	if (rc == CM_OK)
		rc = take_credentials(&told, out, err);
	cm_buf_clear(&told);
	return rc;
}

static enum cm_status renew_secret(struct cli *cli, const struct seed *seed,
                                   struct cli_credentials *out, struct cm_err *err)
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

/* Whether credentials are still those of a client. */
static bool is_current(const struct cli_credentials *known, const struct cm_record *client)
{
	char digest[CM_SHA256_HEX];

	return strcmp(known->client_id, cm_record_text(client, "client_id")) == 0 &&
	       cm_crypto_sha256_hex(known->secret, strlen(known->secret), digest, NULL) == CM_OK &&
	       strcmp(digest, cm_record_text(client, "client_secret_sha256")) == 0;
}

/*
 * Make the client if it isn't there.  One that is there gets a new secret when there is a file for
 * shells, and what that had of old doesn't hold this client's.
 */
static enum cm_status ensure_client(struct cli *cli, const struct seed *seed,
                                    const struct cli_credentials *known,
                                    struct cli_credentials *out, struct cm_err *err)
{
	struct cm_record record;
	struct cm_err why = {0};
	bool current = false;
	enum cm_status rc;

	cm_record_init(&record, &cm_application_entity);
	rc = cm_entity_get(cli->ctx.store, seed->owner, seed->name, &record, &why);
	if (rc == CM_OK) {
		snprintf(out->client_id, sizeof out->client_id, "%s",
		         cm_record_text(&record, "client_id"));
		current = is_current(known, &record);
	}
	cm_record_clear(&record);
	if (rc == CM_NOT_FOUND)
		return add_client(cli, seed, out, err);
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	return cli->env_file != NULL && !current ? renew_secret(cli, seed, out, err) : CM_OK;
}

static enum cm_status ensure_key(struct cli *cli, struct cm_err *err)
{
	return cm_keyring_signer(&cli->ctx.keys, cli->ctx.settings.signing_algorithm) != NULL
	           ? CM_OK
	           : cli_new_key(cli, err);
}

static enum cm_status write_url(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_setting_set(store, "issuer", arg, err);
}

static enum cm_status ensure_url(struct cli *cli, struct cm_err *err)
{
	char value[CM_SETTING_TEXT_MAX];
	bool set = false;
	enum cm_status rc;

	if (cli->url == NULL)
		return CM_OK;
	if ((rc = cm_inspect_setting(cli->ctx.store, "issuer", &set, err)) != CM_OK)
		return rc;
	if (set && strcmp(cli->url, cli->ctx.settings.issuer) == 0)
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

/* --- telling --- */

static void print_json(const struct cli *cli, const struct cli_credentials *made)
{
	struct cm_buf json = {0};

	cm_json_put_open(&json, '{');
	cm_json_put_member(&json, "database", cli->path);
	cm_json_put_member(&json, "url", cli->ctx.mcp_url);
	cm_json_put_name(&json, "clients");
	cm_json_put_open(&json, '[');
	for (size_t i = 0; i < CLI_SEEDS; i++) {
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

static void print_text(const struct cli *cli, const struct cli_credentials *made)
{
	printf("Database       %s\nMCP endpoint   %s\n", cli->path, cli->ctx.mcp_url);
	for (size_t i = 0; i < CLI_SEEDS; i++) {
		if (made[i].secret[0] != '\0')
			printf("\nClient %s/%s; its secret is shown this once:\n"
			       "  client_id      %s\n  client_secret  %s\n",
			       seeds[i].owner, seeds[i].name, made[i].client_id, made[i].secret);
	}
}

enum cm_status cli_init(struct cli *cli, struct cm_err *err)
{
	struct cli_credentials known[CLI_SEEDS] = {0}, made[CLI_SEEDS] = {0};
	struct cm_buf others = {0};
	enum cm_status rc = CM_OK, written = CM_OK;

	if (cli->env_file != NULL && !cli->demo)
		return cm_err_set(err, CM_USAGE, "--env-file goes with --demo");
	if (cli->env_file != NULL)
		rc = cli_env_read(cli->env_file, known, &others, err);
	if (rc == CM_OK && (rc = ensure_url(cli, err)) == CM_OK)
		rc = ensure_key(cli, err);
	for (size_t i = 0; rc == CM_OK && i < CLI_SEEDS; i++) {
		if (seeds[i].demo && !cli->demo)
			continue;
		if ((rc = ensure_organization(cli, &seeds[i], err)) == CM_OK)
			rc = ensure_client(cli, &seeds[i], &known[i], &made[i], err);
	}
	if (rc == CM_OK && cli->env_file != NULL)
		written = cli_env_write(cli, known, made, &others, err);
	/* Secrets are shown this once, so also when the file can't be written. */
	if (rc == CM_OK && cli->json)
		print_json(cli, made);
	else if (rc == CM_OK)
		print_text(cli, made);
	if (rc == CM_OK && cli->dist != NULL && !cli->json)
		cli_dist_tell(cli);
	cm_crypto_wipe(known, sizeof known);
	cm_crypto_wipe(made, sizeof made);
	cm_crypto_wipe(others.data, others.len);
	cm_buf_clear(&others);
	return rc == CM_OK ? written : rc;
}

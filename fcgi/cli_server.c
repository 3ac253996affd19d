#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "auth/issue.h"
#include "base/clock.h"
#include "store/application.h"
#include "tools/crud.h"

enum cm_status cli_key_list(struct cli *cli, struct cm_err *err)
{
	struct cm_buf json = {0};

	(void)err;
	cm_json_put_open(&json, '[');
	for (size_t i = 0; i < cli->ctx.keys.count; i++) {
		const struct cm_key *key = &cli->ctx.keys.key[i];
		char created[CM_CLOCK_TEXT], retired[CM_CLOCK_TEXT] = "in use";

		cm_clock_format(key->created_at_s, created);
		if (key->retired_at_s != 0)
			cm_clock_format(key->retired_at_s, retired);
		if (!cli->json)
			printf("%s\t%s\tcreated %s\t%s%s\n", key->kid, key->alg, created,
			       key->retired_at_s == 0 ? "" : "retired ", retired);
		cm_json_put_open(&json, '{');
		cm_json_put_member(&json, "kid", key->kid);
		cm_json_put_member(&json, "alg", key->alg);
		cm_json_put_member(&json, "createdTime", created);
		cm_json_put_member(&json, "retiredTime", key->retired_at_s == 0 ? NULL : retired);
		cm_json_put_close(&json, '}');
	}
	cm_json_put_close(&json, ']');
	if (cli->json)
		printf("%s\n", cm_buf_str(&json));
	cm_buf_clear(&json);
	return CM_OK;
}

static enum cm_status write_key(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_key_create(store, arg, err);
}

enum cm_status cli_new_key(struct cli *cli, struct cm_err *err)
{
	const char *alg = cli->ctx.settings.signing_algorithm;
	struct cm_key key;
	enum cm_status rc = cm_key_make(alg, &key, err);

	if (rc == CM_OK)
		rc = cli_change(cli, "rotate_key", alg, write_key, &key, err);
	cm_key_clear(&key);
	return rc;
}

enum cm_status cli_key_rotate(struct cli *cli, struct cm_err *err)
{
	const char *alg = cli->ctx.settings.signing_algorithm;
	enum cm_status rc = cli_new_key(cli, err);

	if (rc == CM_OK && cli->json)
		printf("{\"alg\":\"%s\"}\n", alg);
	else if (rc == CM_OK)
		printf(
		    "There is a new %s key. Tokens of the old one stay good until they expire.\n",
		    alg);
	return rc;
}

enum cm_status cli_token_issue(struct cli *cli, struct cm_err *err)
{
	struct cm_issued token = {0};
	struct cm_client client = {0};
	struct cm_record record;
	struct cm_id id;
	enum cm_status rc;

	if (!cm_id_parse(cli->argument[0], &id))
		return cm_err_set(err, CM_INPUT, "%.100s: must be OWNER/NAME" CLI_NAMES,
		                  cli->argument[0]);
	cm_record_init(&record, &cm_application_entity);
	if ((rc = cm_entity_get(cli->ctx.store, id.owner, id.name, &record, err)) == CM_OK &&
	    (rc = cm_client_get(cli->ctx.store, cm_record_text(&record, "client_id"), &client,
	                        err)) == CM_OK &&
	    (rc = cm_issue_to_client(&cli->ctx, &client, cli->scope, &cli->caller, &token, err)) ==
	        CM_OK) {
		if (cli->json)
			printf("{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%"
			       "lld,"
			       "\"scope\":\"%s\"}\n",
			       cm_buf_str(&token.jwt), (long long)token.expires_in_s,
			       cm_buf_str(&token.scope));
		else
			printf("%s\n", cm_buf_str(&token.jwt));
	}
	cm_issued_clear(&token);
	cm_client_clear(&client);
	cm_record_clear(&record);
	return rc;
}

enum cm_status cli_setting_get(struct cli *cli, struct cm_err *err)
{
	char value[CM_SETTING_TEXT_MAX];
	enum cm_status rc = cm_setting_text(&cli->ctx.settings, cli->argument[0], value, err);
	struct cm_buf json = {0};

	if (rc != CM_OK)
		return rc;
	cm_json_put_open(&json, '{');
	cm_json_put_member(&json, cli->argument[0], value);
	cm_json_put_close(&json, '}');
	printf("%s\n", cli->json ? cm_buf_str(&json) : value);
	cm_buf_clear(&json);
	return CM_OK;
}

static enum cm_status write_setting(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct cli *cli = arg;

	return cm_setting_set(store, cli->argument[0], cli->argument[1], err);
}

enum cm_status cli_setting_set(struct cli *cli, struct cm_err *err)
{
	return cli_change(cli, "set_setting", cli->argument[0], write_setting, cli, err);
}

enum cm_status cli_setting_list(struct cli *cli, struct cm_err *err)
{
	const struct cm_setting_info *info;
	char value[CM_SETTING_TEXT_MAX];
	struct cm_buf json = {0};
	enum cm_status rc = CM_OK;

	cm_json_put_open(&json, '{');
	for (size_t i = 0; rc == CM_OK && (info = cm_setting_info(i)) != NULL; i++) {
		rc = cm_setting_text(&cli->ctx.settings, info->name, value, err);
		cm_json_put_member(&json, info->name, value);
		if (!cli->json)
			printf("%s = %s\n    %s (default: %s)\n", info->name, value,
			       info->description,
			       *info->fallback == '\0' ? "none" : info->fallback);
	}
	cm_json_put_close(&json, '}');
	if (cli->json)
		printf("%s\n", cm_buf_str(&json));
	cm_buf_clear(&json);
	return rc;
}

static enum cm_status write_digest(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_setting_set(store, "registration_token_sha256", arg, err);
}

enum cm_status cli_registration_rotate_token(struct cli *cli, struct cm_err *err)
{
	char token[CM_SECRET_TEXT], digest[CM_SHA256_HEX];
	enum cm_status rc;

	if ((rc = cm_crypto_secret(token, err)) == CM_OK &&
	    (rc = cm_crypto_sha256_hex(token, strlen(token), digest, err)) == CM_OK &&
	    (rc = cli_change(cli, "rotate_registration_token", "registration", write_digest, digest,
	                     err)) == CM_OK)
		printf(cli->json ? "{\"token\":\"%s\"}\n" : "%s\n", token);
	cm_crypto_wipe(token, sizeof token);
	return rc;
}

/* The store was brought up to date when it was opened. */
enum cm_status cli_migrate(struct cli *cli, struct cm_err *err)
{
	int schema = 0;
	enum cm_status rc = cm_store_schema(cli->ctx.store, &schema, err);

	if (rc == CM_OK)
		printf(cli->json ? "{\"schema\":%d}\n" : "The database has schema %d.\n", schema);
	return rc;
}

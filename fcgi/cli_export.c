#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "auth/password.h"
#include "store/application.h"
#include "store/organization.h"
#include "store/role.h"
#include "store/user.h"
#include "tools/fields.h"

const struct cm_entity *const cli_sections[] = {
    &cm_organization_entity, &cm_user_entity,        &cm_role_entity,
    &cm_permission_entity,   &cm_application_entity, NULL,
};

struct export
{
	struct cm_buf *json;
	bool secrets;
	char last[CM_NAME_MAX + 1];
	int64_t rows;
};

/* What proves who somebody is, as digests: only for who asks, and good only for an import. */
static void put_secrets(struct cm_buf *json, const struct cm_record *record)
{
	const char *hash =
	    record->entity == &cm_user_entity ? cm_record_text(record, "password_hash") : "";

	if (*hash != '\0') {
		cm_json_put_member(json, "password", hash);
		cm_json_put_member(json, "passwordType", cm_password_type(hash));
	}
	if (record->entity == &cm_application_entity)
		cm_json_put_member(json, CLI_SECRET_DIGEST,
		                   cm_record_text(record, "client_secret_sha256"));
}

static enum cm_status put_row(const struct cm_record *record, void *arg, struct cm_err *err)
{
	struct export *export = arg;
	struct cm_record shown = *record;
	struct cm_buf row = {0};

	/* Applications of an organisation itself belong to admin in Casdoor. */
	if (record->entity == &cm_application_entity &&
	    strcmp(cm_record_text(record, "owner"), cm_record_text(record, "organization")) == 0)
		cm_record_value(&shown, "owner")->text = CM_ORGANIZATION_OWNER;
	cm_fields_put_open(&row, &shown);
	if (export->secrets)
		put_secrets(&row, record);
	cm_json_put_close(&row, '}');
	cm_buf_puts(export->json, export->last[0] == '\0' ? "\n" : ",\n");
	cm_buf_append(export->json, &row);
	cm_crypto_wipe(row.data, row.len);
	cm_buf_clear(&row);
	snprintf(export->last, sizeof export->last, "%s", cm_record_text(record, "name"));
	export->rows++;
	return cm_buf_status(export->json, err);
}

/* All rows of a section, page by page. */
static enum cm_status put_section(struct cli *cli, const struct cm_entity *entity,
                                  struct cm_buf *json, struct cm_err *err)
{
	enum { PAGE = 500 };
	struct export export = {.json = json, .secrets = cli->secrets};
	enum cm_status rc = CM_OK;

	cm_buf_printf(json, "  \"%s\": [", entity->plural);
	do {
		char after[CM_NAME_MAX + 1];
		struct cm_page page = {.owner = cli->argument[0],
		                       .name_prefix = "",
		                       .after_owner = cli->argument[0],
		                       .after_name = after,
		                       .limit = PAGE};

		memcpy(after, export.last, sizeof after);
		export.rows = 0;
		rc = cm_entity_list(cli->ctx.store, entity, &page, put_row, &export, err);
	} while (rc == CM_OK && export.rows == PAGE);
	cm_buf_puts(json, export.last[0] == '\0' ? "]" : "\n  ]");
	return rc;
}

enum cm_status cli_export(struct cli *cli, struct cm_err *err)
{
	struct cm_organization organization;
	struct cm_buf json = {0};
	struct cm_err why = {0};
	int64_t version = 0;
	enum cm_status rc;

	/* Of one moment: what has another name by the next page must be neither missing nor twice.
	 */
	if ((rc = cm_store_read_begin(cli->ctx.store, &version, err)) != CM_OK)
		return rc;
	rc = cm_organization_get(cli->ctx.store, cli->argument[0], &organization, &why);
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	cm_buf_puts(&json, "{\n");
	for (size_t i = 0; rc == CM_OK && cli_sections[i] != NULL; i++) {
		cm_buf_puts(&json, i == 0 ? "" : ",\n");
		rc = put_section(cli, cli_sections[i], &json, err);
	}
	cm_buf_puts(&json, "\n}\n");
	if (rc == CM_OK && (rc = cm_buf_status(&json, err)) == CM_OK)
		fputs(cm_buf_str(&json), stdout);
	cm_crypto_wipe(json.data, json.len);
	cm_buf_clear(&json);
	return rc;
}

#include "cli.h"

#include <stdio.h>

#include "place.h"
#include "store/audit.h"
#include "store/backup.h"

/* Without --json it says nothing, as what cron runs should. */
enum cm_status cli_backup(struct cli *cli, struct cm_err *err)
{
	enum cm_status rc = cm_store_backup(cli->ctx.store, cli->argument[0], err);
	struct cm_buf json = {0};

	if (rc != CM_OK || !cli->json)
		return rc;
	cm_json_put_open(&json, '{');
	cm_json_put_member(&json, "file", cli->argument[0]);
	cm_json_put_name(&json, "schema");
	cm_json_put_integer(&json, cm_store_schema_known());
	cm_json_put_close(&json, '}');
	printf("%s\n", cm_buf_str(&json));
	cm_buf_clear(&json);
	return rc;
}

struct restoring {
	struct cm_audit audit;
	struct cm_settings settings;
};

/* Settings that are nonsense would stop every request: refuse them while there is something else.
 */
static enum cm_status look_and_note(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct restoring *restoring = arg;
	enum cm_status rc = cm_settings_load(store, &restoring->settings, err);

	return rc == CM_OK ? cm_audit_insert(store, &restoring->audit, err) : rc;
}

enum cm_status cli_restore(struct cli *cli, struct cm_err *err)
{
	const char *copy = cli->argument[0];
	struct restoring restoring = {
	    .audit = cm_principal_audit(&cli->caller, "restore_database", copy, CM_OK)};
	struct cm_buf json = {0};
	enum cm_status rc;

	if ((rc = cm_place_database(cli->path, err)) != CM_OK ||
	    (rc = cm_store_restore(cli->path, copy, look_and_note, &restoring, err)) != CM_OK)
		return rc;
	if (!cli->json) {
		printf("%s holds what %s does, its settings too: issuer is %s\n", cli->path, copy,
		       restoring.settings.issuer);
		return CM_OK;
	}
	cm_json_put_open(&json, '{');
	cm_json_put_member(&json, "database", cli->path);
	cm_json_put_member(&json, "issuer", restoring.settings.issuer);
	cm_json_put_close(&json, '}');
	printf("%s\n", cm_buf_str(&json));
	cm_buf_clear(&json);
	return CM_OK;
}

#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "import.h"
#include "store/application.h"
#include "store/organization.h"
#include "store/role.h"
#include "store/user.h"
#include "tools/arguments.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

const char *cli_import_text(const cm_json *row, const char *name)
{
	const char *text = cm_json_string(cm_json_get(row, name));

	return text == NULL ? "" : text;
}

/* Casdoor's own rows belong to "admin"; here they belong to the organisation that they are for. */
const char *cli_import_owner(const cm_json *row)
{
	const char *owner = cli_import_text(row, "owner");
	const char *organization = cli_import_text(row, "organization");

	return strcmp(owner, CM_ORGANIZATION_OWNER) == 0 && *organization != '\0' ? organization
	                                                                          : owner;
}

/* --- rows --- */

static enum cm_status call(struct import *import, const char *verb, struct place at,
                           const cm_json *object, const char *id, struct cm_err *err)
{
	cm_json *arguments = cm_json_object();
	struct cm_err why = {0};
	struct cm_buf out = {0};
	char tool[64];
	enum cm_status rc = CM_OK;

	snprintf(tool, sizeof tool, "%s_%s", verb, at.entity->name);
	if (arguments == NULL || !cm_json_set(arguments, at.entity->name, cm_json_share(object)) ||
	    (id != NULL && !cm_json_set_string(arguments, "id", id)))
		rc = cm_err_set(&why, CM_NOMEM, "out of memory");
	else
		rc = cli_call_tool(import->cli, tool, arguments, &out, &why);
	cm_json_free(arguments);
	cm_crypto_wipe(out.data, out.len);
	cm_buf_clear(&out);
	return rc == CM_OK
	           ? rc
	           : cm_err_set(err, rc, "%s[%zu]: %s", at.entity->plural, at.index, why.text);
}

/* Whether a row is an organisation that there is. */
static enum cm_status is_here(struct import *import, struct place at, const cm_json *row, bool *out,
                              struct cm_err *err)
{
	struct cm_organization known;
	struct cm_err why = {0};
	enum cm_status rc;

	if (at.entity != &cm_organization_entity)
		return CM_OK;
	rc =
	    cm_organization_get(import->cli->ctx.store, cli_import_text(row, "name"), &known, &why);
	*out = rc == CM_OK;
	return rc == CM_OK || rc == CM_NOT_FOUND ? CM_OK : cm_err_set(err, rc, "%s", why.text);
}

static enum cm_status add_row(struct import *import, struct place at, const cm_json *row,
                              struct cm_err *err)
{
	cm_json *object = NULL;
	bool here = false;
	enum cm_status rc = is_here(import, at, row, &here, err);

	if (rc != CM_OK)
		return rc;
	if (here) {
		cli_report_add(&import->report, at.entity->plural, at.index, "name",
		               "is here already; it stays as it is");
		return CM_OK;
	}
	rc = cli_import_convert(import, at, row, &object, err);
	if (rc == CM_OK)
		rc = call(import, "add", at, object, NULL, err);
	import->added += rc == CM_OK;
	cm_json_free(object);
	if (rc == CM_OK && at.entity == &cm_user_entity)
		rc = cli_import_take_password(import, at, row, err);
	if (rc == CM_OK && at.entity == &cm_application_entity)
		rc = cli_import_take_secret(import, at, row, err);
	if (rc == CM_OK && at.entity == &cm_permission_entity && cm_json_get(row, "scopes") == NULL)
		cli_report_add(&import->report, at.entity->plural, at.index, "actions",
		               "say nothing here; give the permission scopes");
	return rc;
}

/* Roles may name each other: their links are made when all are there. */
static enum cm_status link_row(struct import *import, struct place at, const cm_json *row,
                               struct cm_err *err)
{
	char id[CM_ID_LENGTH];
	cm_json *object = NULL;
	enum cm_status rc;

	if (at.entity->link[0].column == NULL)
		return CM_OK;
	snprintf(id, sizeof id, "%.100s/%.100s", cli_import_owner(row),
	         cli_import_text(row, "name"));
	at.links = true;
	rc = cli_import_convert(import, at, row, &object, err);
	if (rc == CM_OK)
		rc = call(import, "update", at, object, id, err);
	cm_json_free(object);
	return rc;
}

static enum cm_status walk(struct import *import, const struct cm_entity *entity,
                           enum cm_status (*each)(struct import *, struct place, const cm_json *,
                                                  struct cm_err *),
                           struct cm_err *err)
{
	const cm_json *rows = cm_json_get(import->data, entity->plural);
	enum cm_status rc = CM_OK;

	if (rows != NULL && cm_json_type(rows) != CM_JSON_ARRAY)
		return cm_err_set(err, CM_INPUT, "%s: must be an array", entity->plural);
	for (size_t i = 0; rc == CM_OK && i < cm_json_length(rows); i++) {
		const cm_json *row = cm_json_at(rows, i);

		if (cm_json_type(row) != CM_JSON_OBJECT)
			rc = cm_err_set(err, CM_INPUT, "%s[%zu]: must be an object", entity->plural,
			                i);
		else
			rc = each(import, (struct place){entity, i, false}, row, err);
	}
	return rc;
}

static enum cm_status write_all(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct import *import = arg;
	enum cm_status rc = CM_OK;

	(void)store;
	for (size_t i = 0; rc == CM_OK && cli_sections[i] != NULL; i++) {
		rc = walk(import, cli_sections[i], add_row, err);
		if (rc == CM_OK)
			rc = walk(import, cli_sections[i], link_row, err);
	}
	/* Once it is committed, there is nothing left that could fail. */
	if (rc == CM_OK)
		cli_report_put(&import->report, &import->lines);
	if (rc == CM_OK && (import->report.failed || import->lines.failed))
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	return rc == CM_OK && import->cli->dry_run ? cm_err_set(err, CM_DRY_RUN, "dry run") : rc;
}

/* --- the command --- */

/* Sections that Casement has nothing for. */
static void note_sections(struct import *import)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	while (cm_json_each(import->data, &cursor, &name, &value)) {
		bool known = false;

		for (size_t i = 0; cli_sections[i] != NULL; i++)
			known = known || strcmp(cli_sections[i]->plural, name) == 0;
		if (!known && !cli_import_is_blank(value)) {
			cli_report_add(&import->report, name, WHOLE_SECTION, "",
			               "is not known here; left out");
		}
	}
}

static enum cm_status read_file(const char *path, struct cm_buf *out, struct cm_err *err)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	enum cm_status rc = CM_OK;
	char chunk[65536];
	size_t got;

	while (file != NULL && (got = fread(chunk, 1, sizeof chunk, file)) > 0 &&
	       out->len <= FILE_MAX)
		cm_buf_add(out, chunk, got);
	if (file == NULL || ferror(file) != 0)
		rc = cm_err_set(err, CM_INPUT, "can't read %s: %s", path, strerror(errno));
	else if (out->len > FILE_MAX)
		rc = cm_err_set(err, CM_INPUT, "%s is over %d bytes", path, FILE_MAX);
	if (file != NULL && file != stdin)
		fclose(file);
	return rc == CM_OK ? cm_buf_status(out, err) : rc;
}

static void print_result(const struct cli *cli, const struct import *import)
{
	if (cli->json) {
		printf("{\"added\":%lld,\"notUnderstood\":%lld,\"report\":%s}\n",
		       (long long)import->added, (long long)import->report.times,
		       cm_buf_str(&import->lines));
		return;
	}
	cli_report_print(&import->report);
	printf("%lld added, %lld not understood\n", (long long)import->added,
	       (long long)import->report.times);
}

static enum cm_status read_data(const char *path, cm_json **out, struct cm_err *err)
{
	struct cm_err why = {0};
	struct cm_buf text = {0};
	enum cm_status rc = read_file(path, &text, err);

	if (rc == CM_OK && (rc = cm_json_parse(cm_buf_str(&text), text.len, out, &why)) != CM_OK)
		rc = cm_err_set(err, CM_INPUT, "%s is not JSON: %s", path, why.text);
	if (rc == CM_OK && cm_json_type(*out) != CM_JSON_OBJECT)
		rc = cm_err_set(err, CM_INPUT, "%s: must hold a JSON object", path);
	cm_crypto_wipe(text.data, text.len);
	cm_buf_clear(&text);
	return rc;
}

enum cm_status cli_import(struct cli *cli, struct cm_err *err)
{
	struct import import = {.cli = cli};
	cm_json *data = NULL;
	enum cm_status rc = read_data(cli->argument[0], &data, err);

	import.data = data;
	if (rc == CM_OK)
		note_sections(&import);
	if (rc == CM_OK && (rc = cli_import_hash_passwords(&import, err)) == CM_OK)
		rc = cm_store_write(cli->ctx.store, write_all, &import, err);
	if (rc == CM_DRY_RUN) {
		cm_err_clear(err);
		rc = CM_OK;
	}
	if (rc == CM_OK)
		print_result(cli, &import);
	cm_json_free(data);
	cm_buf_clear(&import.lines);
	cli_report_clear(&import.report);
	free(import.hash);
	return rc;
}

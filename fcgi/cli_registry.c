#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/organization.h"
#include "tools/application.h"
#include "tools/crud.h"
#include "tools/toolbox.h"

/* The kinds of rows are those that have tools: these and their fields do the work. */
const struct cm_tool *cli_tool_of(const char *kind, const char *verb)
{
	const struct cm_tool *get;
	char name[64];

	snprintf(name, sizeof name, "get_%.40s", kind);
	get = cm_tool_find(&cm_toolbox, name);
	if (get == NULL || get->crud == NULL || strcmp(get->crud->entity->name, kind) != 0)
		return NULL;
	if (strcmp(verb, "list") == 0)
		snprintf(name, sizeof name, "get_%.40s", get->crud->entity->plural);
	else if (strcmp(verb, "show") != 0)
		snprintf(name, sizeof name, "%.10s_%.40s", verb, kind);
	return cm_tool_find(&cm_toolbox, name);
}

static const struct cm_entity *entity_of(const struct cli *cli)
{
	return cli_tool_of(cli->noun, "show")->crud->entity;
}

enum cm_status cli_call_tool(struct cli *cli, const char *tool, const cm_json *arguments,
                             struct cm_buf *out, struct cm_err *err)
{
	struct cm_tool_call call = {
	    .ctx = &cli->ctx,
	    .tool = cm_tool_find(&cm_toolbox, tool),
	    .caller = &cli->caller,
	    .arguments = arguments,
	};
	struct cm_tool_result result = {0};
	enum cm_status rc = cm_tool_run(&call, &result, err);

	if (rc == CM_OK) {
		cm_buf_append(out, result.structured.len > 0 ? &result.structured : &result.text);
		rc = cm_buf_status(out, err);
	}
	cm_tool_result_clear(&result);
	return rc;
}

struct change {
	struct cm_audit audit;
	cm_store_work *work;
	void *arg;
};

static enum cm_status work_and_audit(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct change *change = arg;
	enum cm_status rc = change->work(store, change->arg, err);

	return rc == CM_OK ? cm_audit_insert(store, &change->audit, err) : rc;
}

enum cm_status cli_change(struct cli *cli, const char *tool, const char *target,
                          cm_store_work *work, void *arg, struct cm_err *err)
{
	struct change change = {cm_principal_audit(&cli->caller, tool, target, CM_OK), work, arg};

	return cm_store_write(cli->ctx.store, work_and_audit, &change, err);
}

/* U+0000 to U+001F, U+007F, and U+0080 to U+009F, which in UTF-8 are C2 80 to C2 9F. */
void cli_print_text(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		bool late = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;

		fputc(late || *c < ' ' || *c == 0x7f ? '?' : *c, out);
		c += late;
	}
}

static void print_members(const cm_json *object)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	while (cm_json_each(object, &cursor, &name, &value)) {
		const char *text = cm_json_string(value);
		struct cm_buf json = {0};

		if (text == NULL) {
			cm_json_put_value(&json, value);
			text = cm_buf_str(&json);
		}
		printf("%-20s ", name);
		cli_print_text(stdout, text);
		printf("\n");
		cm_buf_clear(&json);
	}
}

enum cm_status cli_print_object(const struct cli *cli, const char *json, struct cm_err *err)
{
	cm_json *object = NULL;
	enum cm_status rc;

	if (cli->json) {
		printf("%s\n", json);
		return CM_OK;
	}
	rc = cm_json_parse(json, strlen(json), &object, err);
	if (rc == CM_OK)
		print_members(object);
	cm_json_free(object);
	return rc;
}

/* Call a tool of the noun and print what it returns. */
static enum cm_status call_and_print(struct cli *cli, const char *verb, const cm_json *arguments,
                                     struct cm_err *err)
{
	struct cm_buf out = {0};
	enum cm_status rc =
	    cli_call_tool(cli, cli_tool_of(cli->noun, verb)->name, arguments, &out, err);

	if (rc == CM_OK)
		rc = cli_print_object(cli, cm_buf_str(&out), err);
	cm_buf_clear(&out);
	return rc;
}

/* --- arguments --- */

/* OWNER/NAME; an organisation is named by NAME alone, its owner is always the same. */
static enum cm_status read_id(const struct cli *cli, struct cm_id *out, struct cm_err *err)
{
	bool organization = entity_of(cli) == &cm_organization_entity;
	const char *text = cli->argument[0];
	struct cm_buf id = {0};
	bool ok;

	cm_buf_printf(&id, "%s%s", organization ? CM_ORGANIZATION_OWNER "/" : "", text);
	ok = !id.failed && cm_id_parse(cm_buf_str(&id), out);
	cm_buf_clear(&id);
	return ok ? CM_OK
	          : cm_err_set(err, CM_INPUT, "%.100s: must be %s" CLI_NAMES, text,
	                       organization ? "a name" : "OWNER/NAME");
}

/* The options that are arguments of the tools. */
static enum cm_status read_options(const struct cli *cli, cm_json *arguments, struct cm_err *err)
{
	if ((cli->dry_run && !cm_json_set_bool(arguments, "dry_run", true)) ||
	    (cli->cascade && !cm_json_set_bool(arguments, "cascade", true)) ||
	    (cli->if_match != NULL && !cm_json_set_string(arguments, "if_match", cli->if_match)))
		return cm_err_set(err, CM_NOMEM, "out of memory");
	return CM_OK;
}

/* --- the verbs --- */

enum cm_status cli_add(struct cli *cli, const char *fallback, const char *field, const char *value,
                       struct cm_err *err)
{
	const struct cm_entity *entity = entity_of(cli);
	cm_json *row = cm_json_object(), *arguments = cm_json_object();
	struct cm_id id;
	enum cm_status rc = read_id(cli, &id, err);

	if (rc == CM_OK &&
	    (row == NULL || arguments == NULL || !cm_json_set_string(row, "owner", id.owner) ||
	     !cm_json_set_string(row, "name", id.name) ||
	     !cm_json_set(arguments, entity->name, cm_json_share(row)) ||
	     (field != NULL && !cm_json_set_string(row, field, value))))
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	/* Its owner is not for anybody to choose. */
	if (entity == &cm_organization_entity)
		cm_json_unset(row, "owner");
	if (rc == CM_OK && (rc = cli_fields_read(cli, entity_of(cli), row, err)) == CM_OK &&
	    fallback != NULL && !cli_is_given(cli, fallback))
		rc = cli_field_set(entity, row, fallback, err);
	if (rc == CM_OK && (rc = read_options(cli, arguments, err)) == CM_OK)
		rc = call_and_print(cli, "add", arguments, err);
	cm_json_free(arguments);
	cm_json_free(row);
	return rc;
}

enum cm_status cli_entity_add(struct cli *cli, struct cm_err *err)
{
	return cli_add(cli, NULL, NULL, NULL, err);
}

/* An object with the id of the command line; owned by the caller; NULL on failure. */
static cm_json *with_id(const struct cli *cli, struct cm_err *err)
{
	cm_json *arguments = cm_json_object();
	char text[CM_ID_LENGTH];
	struct cm_id id;

	if (read_id(cli, &id, err) == CM_OK) {
		snprintf(text, sizeof text, "%s/%s", id.owner, id.name);
		if (arguments != NULL && cm_json_set_string(arguments, "id", text))
			return arguments;
		cm_err_set(err, CM_NOMEM, "out of memory");
	}
	cm_json_free(arguments);
	return NULL;
}

enum cm_status cli_update(struct cli *cli, const char *field, cm_json *value, struct cm_err *err)
{
	cm_json *arguments = with_id(cli, err), *row = cm_json_object();
	enum cm_status rc = arguments == NULL ? err->status : CM_OK;

	if (row == NULL || (field != NULL && value == NULL) ||
	    (field != NULL && !cm_json_set(row, field, cm_json_share(value))) ||
	    (rc == CM_OK && !cm_json_set(arguments, entity_of(cli)->name, cm_json_share(row))))
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	if (rc == CM_OK && (rc = cli_fields_read(cli, entity_of(cli), row, err)) == CM_OK &&
	    (rc = read_options(cli, arguments, err)) == CM_OK)
		rc = call_and_print(cli, "update", arguments, err);
	cm_json_free(value);
	cm_json_free(row);
	cm_json_free(arguments);
	return rc;
}

enum cm_status cli_entity_update(struct cli *cli, struct cm_err *err)
{
	return cli_update(cli, NULL, NULL, err);
}

enum cm_status cli_entity_show(struct cli *cli, struct cm_err *err)
{
	cm_json *arguments = with_id(cli, err);
	enum cm_status rc =
	    arguments == NULL ? err->status : call_and_print(cli, "show", arguments, err);

	cm_json_free(arguments);
	return rc;
}

enum cm_status cli_entity_delete(struct cli *cli, struct cm_err *err)
{
	cm_json *arguments = with_id(cli, err);
	enum cm_status rc = arguments == NULL ? err->status : CM_OK;

	if (rc == CM_OK && (rc = read_options(cli, arguments, err)) == CM_OK)
		rc = call_and_print(cli, "delete", arguments, err);
	cm_json_free(arguments);
	return rc;
}

/* --- list --- */

static void print_row(const struct cli *cli, const cm_json *row)
{
	static const char *const columns[] = {"clientId", "displayName", "email", "scope"};
	const char *owner = cm_json_string(cm_json_get(row, "owner"));
	const char *name = cm_json_string(cm_json_get(row, "name"));

	if (entity_of(cli) == &cm_organization_entity)
		printf("%s", name);
	else
		printf("%s/%s", owner, name);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		const char *text = cm_json_string(cm_json_get(row, columns[i]));

		if (text == NULL)
			continue;
		printf("\t");
		cli_print_text(stdout, text);
	}
	printf("\n");
}

/* Print the rows of a page; *cursor gets that of the next, owned by the caller, or NULL. */
static enum cm_status print_page(const struct cli *cli, const char *text, bool first, char **cursor,
                                 struct cm_err *err)
{
	cm_json *page = NULL;
	const cm_json *rows;
	enum cm_status rc = cm_json_parse(text, strlen(text), &page, err);

	*cursor = NULL;
	rows = cm_json_get(page, entity_of(cli)->plural);
	if (rc == CM_OK && cli->json && first)
		printf("[");
	for (size_t i = 0; rc == CM_OK && i < cm_json_length(rows); i++) {
		const cm_json *row = cm_json_at(rows, i);
		struct cm_buf json = {0};

		if (cli->json) {
			cm_json_put_value(&json, row);
			printf("%s%s", first && i == 0 ? "" : ",\n", cm_buf_str(&json));
			cm_buf_clear(&json);
		} else {
			print_row(cli, row);
		}
	}
	if (rc == CM_OK && cm_json_get(page, "nextCursor") != NULL) {
		*cursor = cm_text_dup(cm_json_string(cm_json_get(page, "nextCursor")));
		if (*cursor == NULL)
			rc = cm_err_set(err, CM_NOMEM, "out of memory");
	}
	cm_json_free(page);
	return rc;
}

/* An organisation, and filters of the list tool as NAME=VALUE. */
static enum cm_status read_filters(const struct cli *cli, cm_json *arguments, struct cm_err *err)
{
	for (int i = 0; i < cli->arguments; i++) {
		const char *text = cli->argument[i];
		bool pair = strchr(text, '=') != NULL;
		char name[CLI_NAME_SIZE] = "owner";
		const char *value = pair ? cli_pair(text, name) : text;

		if (value == NULL)
			return cm_err_set(err, CM_USAGE, "%.100s: must be NAME=VALUE", text);
		if (cm_json_get(arguments, name) != NULL)
			return cm_err_set(err, CM_USAGE,
			                  pair ? "%.100s: is given twice"
			                       : "%.100s: one argument too many",
			                  pair ? name : text);
		if (!cm_json_set_string(arguments, name, value))
			return cm_err_set(err, CM_NOMEM, "out of memory");
	}
	return CM_OK;
}

enum cm_status cli_entity_list(struct cli *cli, struct cm_err *err)
{
	const char *tool = cli_tool_of(cli->noun, "list")->name;
	cm_json *arguments = cm_json_object();
	struct cm_buf page = {0};
	char *cursor = NULL;
	bool first = true;
	enum cm_status rc = read_filters(cli, arguments, err);

	if (rc != CM_OK)
		goto out;
	do {
		cm_buf_reset(&page);
		rc = cli_call_tool(cli, tool, arguments, &page, err);
		free(cursor);
		cursor = NULL;
		if (rc == CM_OK)
			rc = print_page(cli, cm_buf_str(&page), first, &cursor, err);
		if (cursor != NULL)
			(void)cm_json_set_string(arguments, "cursor", cursor);
		first = false;
	} while (rc == CM_OK && cursor != NULL);
	if (cli->json && rc == CM_OK)
		printf("]\n");
out:
	free(cursor);
	cm_json_free(arguments);
	cm_buf_clear(&page);
	return rc;
}

enum cm_status cli_application_rotate_secret(struct cli *cli, struct cm_err *err)
{
	struct cm_buf out = {0};
	struct cm_id id;
	enum cm_status rc = read_id(cli, &id, err);

	if (rc != CM_OK)
		return rc;
	rc = cm_application_rotate_secret(&cli->ctx, &cli->caller, &id, false, &out, err);
	if (rc == CM_OK)
		rc = cli_print_object(cli, cm_buf_str(&out), err);
	cm_buf_clear(&out);
	return rc;
}

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/application.h"
#include "store/organization.h"
#include "tools/application.h"
#include "tools/fields.h"
#include "tools/toolbox.h"

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
		printf("%-20s %s\n", name, text);
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

/* One argument of a tool call, as an object around a string. */
static cm_json *argument(const char *name, const char *text)
{
	cm_json *object = cm_json_object();

	if (object != NULL)
		(void)cm_json_set(object, name, cm_json_from_string(text));
	return object;
}

/* FIELD=VALUE: text where the field is a string, JSON where it is not. */
static enum cm_status set_field(cm_json *object, const char *pair, struct cm_err *err)
{
	const char *equals = strchr(pair, '=');
	const struct cm_field *field;
	cm_json *value = NULL;
	char name[64];
	enum cm_status rc;

	if (equals == NULL || (size_t)(equals - pair) >= sizeof name)
		return cm_err_set(err, CM_USAGE, "%.100s: must be FIELD=VALUE", pair);
	snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
	field = cm_entity_field(&cm_application_entity, name);
	if (field == NULL || field->type == CM_FIELD_STRING) {
		value = cm_json_from_string(equals + 1);
	} else {
		struct cm_err why = {0};

		rc = cm_json_parse(equals + 1, strlen(equals + 1), &value, &why);
		if (rc != CM_OK)
			return cm_err_set(err, CM_INPUT, "%s: the value must be JSON: %s", name,
			                  why.text);
	}
	return cm_json_set(object, name, value) ? CM_OK
	                                        : cm_err_set(err, CM_NOMEM, "out of memory");
}

enum cm_status cli_application_add(struct cli *cli, struct cm_err *err)
{
	cm_json *application = cm_json_object(), *arguments = cm_json_object();
	struct cm_buf out = {0};
	struct cm_id id;
	enum cm_status rc = CM_OK;

	if (!cm_id_parse(cli->argument[0], &id)) {
		rc = cm_err_set(err, CM_INPUT, "%.100s: must be OWNER/NAME", cli->argument[0]);
		goto out;
	}
	if (application == NULL || arguments == NULL ||
	    !cm_json_set(application, "owner", cm_json_from_string(id.owner)) ||
	    !cm_json_set(application, "name", cm_json_from_string(id.name)) ||
	    !cm_json_set(arguments, "application", cm_json_share(application))) {
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
		goto out;
	}
	for (int i = 1; rc == CM_OK && i < cli->arguments; i++)
		rc = set_field(application, cli->argument[i], err);
	if (rc == CM_OK)
		rc = cli_call_tool(cli, "add_application", arguments, &out, err);
	if (rc == CM_OK)
		rc = cli_print_object(cli, cm_buf_str(&out), err);
out:
	cm_json_free(arguments);
	cm_json_free(application);
	cm_buf_clear(&out);
	return rc;
}

/* Print the rows of a page; *cursor gets that of the next, owned by the caller, or NULL. */
static enum cm_status print_page(const struct cli *cli, const char *text, bool first, char **cursor,
                                 struct cm_err *err)
{
	cm_json *page = NULL;
	const cm_json *rows;
	enum cm_status rc = cm_json_parse(text, strlen(text), &page, err);

	*cursor = NULL;
	rows = cm_json_get(page, "applications");
	for (size_t i = 0; rc == CM_OK && i < cm_json_length(rows); i++) {
		const cm_json *row = cm_json_at(rows, i);
		struct cm_buf json = {0};

		if (cli->json) {
			cm_json_put_value(&json, row);
			printf("%s%s", first && i == 0 ? "" : ",\n", cm_buf_str(&json));
			cm_buf_clear(&json);
		} else {
			printf("%s/%s\t%s\t%s\n", cm_json_string(cm_json_get(row, "owner")),
			       cm_json_string(cm_json_get(row, "name")),
			       cm_json_string(cm_json_get(row, "clientId")),
			       cm_json_string(cm_json_get(row, "displayName")));
		}
	}
	if (rc == CM_OK && cm_json_get(page, "nextCursor") != NULL) {
		*cursor = strdup(cm_json_string(cm_json_get(page, "nextCursor")));
		if (*cursor == NULL)
			rc = cm_err_set(err, CM_NOMEM, "out of memory");
	}
	cm_json_free(page);
	return rc;
}

enum cm_status cli_application_list(struct cli *cli, struct cm_err *err)
{
	cm_json *arguments = cm_json_object();
	struct cm_buf page = {0};
	char *cursor = NULL;
	bool first = true;
	enum cm_status rc = CM_OK;

	if (cli->arguments > 0)
		(void)cm_json_set(arguments, "owner", cm_json_from_string(cli->argument[0]));
	if (cli->json)
		printf("[");
	do {
		cm_buf_reset(&page);
		rc = cli_call_tool(cli, "get_applications", arguments, &page, err);
		free(cursor);
		cursor = NULL;
		if (rc == CM_OK)
			rc = print_page(cli, cm_buf_str(&page), first, &cursor, err);
		if (cursor != NULL)
			(void)cm_json_set(arguments, "cursor", cm_json_from_string(cursor));
		first = false;
	} while (rc == CM_OK && cursor != NULL);
	if (cli->json)
		printf("]\n");
	free(cursor);
	cm_json_free(arguments);
	cm_buf_clear(&page);
	return rc;
}

/* A tool whose one argument is an id. */
static enum cm_status call_with_id(struct cli *cli, const char *tool, struct cm_err *err)
{
	cm_json *arguments = argument("id", cli->argument[0]);
	struct cm_buf out = {0};
	enum cm_status rc = cli_call_tool(cli, tool, arguments, &out, err);

	if (rc == CM_OK)
		rc = cli_print_object(cli, cm_buf_str(&out), err);
	cm_json_free(arguments);
	cm_buf_clear(&out);
	return rc;
}

enum cm_status cli_application_show(struct cli *cli, struct cm_err *err)
{
	return call_with_id(cli, "get_application", err);
}

enum cm_status cli_application_delete(struct cli *cli, struct cm_err *err)
{
	return call_with_id(cli, "delete_application", err);
}

enum cm_status cli_application_rotate_secret(struct cli *cli, struct cm_err *err)
{
	struct cm_buf out = {0};
	struct cm_id id;
	enum cm_status rc;

	if (!cm_id_parse(cli->argument[0], &id))
		return cm_err_set(err, CM_INPUT, "%.100s: must be OWNER/NAME", cli->argument[0]);
	rc = cm_application_rotate_secret(cli->ctx.store, &cli->caller, &id, &out, err);
	if (rc == CM_OK)
		rc = cli_print_object(cli, cm_buf_str(&out), err);
	cm_buf_clear(&out);
	return rc;
}

enum cm_status cli_write_organization(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_organization_insert(store, arg, err);
}

enum cm_status cli_organization_add(struct cli *cli, struct cm_err *err)
{
	struct cm_organization row = {.created_at_s = cm_clock_now_s()};
	const char *name = cli->argument[0];
	const char *display = cli->arguments > 1 ? cli->argument[1] : name;
	struct cm_err why = {0};
	enum cm_status rc;

	if (!cm_fields_is_name(name) || strlen(name) > CM_NAME_MAX)
		return cm_err_set(err, CM_INPUT,
		                  "%.100s: a name has letters, digits, '.', '_' and '-' only",
		                  name);
	if (strlen(display) > CM_DISPLAY_NAME_MAX)
		return cm_err_set(err, CM_INPUT, "the display name is longer than %d bytes",
		                  CM_DISPLAY_NAME_MAX);
	snprintf(row.name, sizeof row.name, "%s", name);
	snprintf(row.display_name, sizeof row.display_name, "%s", display);
	rc = cli_change(cli, "add_organization", name, cli_write_organization, &row, &why);
	if (rc == CM_CONFLICT)
		return cm_err_set(err, rc, "organization %s exists already", name);
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	printf(cli->json ? "{\"name\":\"%s\"}\n" : "Added organisation %s.\n", name);
	return CM_OK;
}

struct listing {
	const struct cli *cli;
	struct cm_buf json;
	char last[CM_NAME_MAX + 1];
	int rows;
};

static void list_organization(const struct cm_organization *row, void *arg)
{
	struct listing *listing = arg;

	snprintf(listing->last, sizeof listing->last, "%s", row->name);
	listing->rows++;
	if (!listing->cli->json) {
		printf("%s\t%s\n", row->name, row->display_name);
		return;
	}
	cm_json_put_open(&listing->json, '{');
	cm_json_put_member(&listing->json, "name", row->name);
	cm_json_put_member(&listing->json, "displayName", row->display_name);
	cm_json_put_close(&listing->json, '}');
}

enum cm_status cli_organization_list(struct cli *cli, struct cm_err *err)
{
	enum { PAGE = 500 };
	struct listing listing = {.cli = cli};
	enum cm_status rc = CM_OK;

	cm_json_put_open(&listing.json, '[');
	do {
		listing.rows = 0;
		rc = cm_organization_list(cli->ctx.store, listing.last, PAGE, list_organization,
		                          &listing, err);
	} while (rc == CM_OK && listing.rows == PAGE);
	cm_json_put_close(&listing.json, ']');
	if (rc == CM_OK)
		rc = cm_buf_status(&listing.json, err);
	if (rc == CM_OK && cli->json)
		printf("%s\n", cm_buf_str(&listing.json));
	cm_buf_clear(&listing.json);
	return rc;
}

#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/password.h"
#include "store/application.h"
#include "store/client.h"
#include "store/organization.h"
#include "store/role.h"
#include "store/user.h"
#include "tools/arguments.h"
#include "tools/check.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

/* An import on its way: one transaction, and a line for each thing that was not understood. */
struct import {
	struct cli *cli;
	const cm_json *data;
	struct cm_buf report;
	int64_t added, notes;
};

/* Where a row stands in the file, for the report, and which of its members are taken now. */
struct place {
	const struct cm_entity *entity;
	size_t index;
	bool links; /* only links to other rows, or all but those */
};

static void note(struct import *import, struct place at, const char *field, const char *why)
{
	import->notes++;
	cm_buf_printf(&import->report, "%s[%zu]%s%s: %s\n", at.entity->plural, at.index,
	              *field == '\0' ? "" : ".", field, why);
}

static const char *text_of(const cm_json *row, const char *name)
{
	const char *text = cm_json_string(cm_json_get(row, name));

	return text == NULL ? "" : text;
}

/* --- what a row becomes --- */

/* Casdoor's own rows belong to "admin"; here they belong to the organisation that they are for. */
static const char *owner_of(const cm_json *row)
{
	const char *owner = text_of(row, "owner"), *organization = text_of(row, "organization");

	return strcmp(owner, "admin") == 0 && *organization != '\0' ? organization : owner;
}

static bool is_empty(const cm_json *value)
{
	const char *text = cm_json_string(value);

	return value == NULL || (text != NULL && *text == '\0');
}

/* Members that are dealt with elsewhere, or that the server makes anew. */
static bool is_apart(const struct cm_entity *entity, const struct cm_field *field, const char *name)
{
	static const char *const apart[] = {"owner",        "organization", "password",
	                                    "passwordSalt", "clientSecret", CLI_SECRET_DIGEST};

	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
		if (strcmp(name, apart[i]) == 0)
			return true;
	}
	return (entity == &cm_user_entity && strcmp(name, "passwordType") == 0) ||
	       (field != NULL && (field->flags & CM_FIELD_READ_ONLY) != 0);
}

/* The ids of a link that lead somewhere; owned by the caller. */
static cm_json *existing(struct import *import, struct place at, const struct cm_entity_link *link,
                         const char *owner, const cm_json *ids)
{
	struct cm_buf kept = {0};
	cm_json *list = NULL;

	cm_json_put_open(&kept, '[');
	for (size_t i = 0; i < cm_json_length(ids); i++) {
		const char *text = cm_json_string(cm_json_at(ids, i));
		struct cm_record other;
		struct cm_id id;
		bool found;

		cm_record_init(&other, link->to);
		found =
		    text != NULL && cm_id_parse(text, &id) && strcmp(id.owner, owner) == 0 &&
		    cm_entity_get(import->cli->ctx.store, id.owner, id.name, &other, NULL) == CM_OK;
		cm_record_clear(&other);
		if (found)
			cm_json_put_string(&kept, text);
		else
			note(import, at, link->column, "names somebody who is not there; left out");
	}
	cm_json_put_close(&kept, ']');
	if (!kept.failed)
		(void)cm_json_parse(kept.data, kept.len, &list, NULL);
	cm_buf_clear(&kept);
	return list;
}

static const struct cm_entity_link *link_of(const struct cm_entity *entity, const char *name)
{
	for (size_t i = 0; i < CM_LINKS_MAX && entity->link[i].column != NULL; i++) {
		if (strcmp(entity->link[i].column, name) == 0)
			return &entity->link[i];
	}
	return NULL;
}

/* Take over one member if it means something here. */
static enum cm_status take_member(struct import *import, struct place at, cm_json *out,
                                  const char *name, const cm_json *value, struct cm_err *err)
{
	const struct cm_field *field = cm_entity_field(at.entity, name);
	const struct cm_entity_link *link = link_of(at.entity, name);
	struct cm_err why = {0};
	cm_json *taken;

	if (is_apart(at.entity, field, name) || is_empty(value) || at.links != (link != NULL))
		return CM_OK;
	if (field == NULL) {
		note(import, at, name, "is not known here; left out");
		return CM_OK;
	}
	if (link == NULL && cm_check_value(field, value, name, &why) != CM_OK) {
		note(import, at, "", why.text);
		return CM_OK;
	}
	taken = link == NULL ? cm_json_share(value)
	                     : existing(import, at, link, text_of(out, "owner"), value);
	return cm_json_set(out, name, taken) ? CM_OK : cm_err_set(err, CM_NOMEM, "out of memory");
}

/* --- secrets --- */

/* A password is taken over as its hash, if libxcrypt can check it; a plain one is hashed now. */
static enum cm_status take_password(struct import *import, struct place at, const cm_json *row,
                                    const char *type, struct cm_err *err)
{
	const char *password = text_of(row, "password");
	char hash[CM_PASSWORD_HASH_MAX] = "";
	struct cm_user user;
	enum cm_status rc;

	if (*password == '\0')
		return CM_OK;
	if (strcmp(type, "plain") == 0 || *type == '\0')
		rc = cm_password_hash(password, hash, err);
	else if ((strcmp(type, "bcrypt") == 0 && strncmp(password, "$2", 2) == 0) ||
	         (strcmp(type, CLI_PASSWORD_TYPE) == 0 && strncmp(password, "$y$", 3) == 0))
		rc = snprintf(hash, sizeof hash, "%s", password) < (int)sizeof hash
		         ? CM_OK
		         : cm_err_set(err, CM_INPUT, "a password hash is too long");
	else {
		note(import, at, "password", "is of a type that can't be checked; set a new one");
		return CM_OK;
	}
	if (rc == CM_OK)
		rc = cm_user_get(import->cli->ctx.store, owner_of(row), text_of(row, "name"), &user,
		                 err);
	return rc == CM_OK ? cm_user_set_password(import->cli->ctx.store, user.id, hash, err) : rc;
}

/* The client's secret stays what it is, so that nobody has to be told a new one. */
static enum cm_status take_secret(struct import *import, const cm_json *row, struct cm_err *err)
{
	const char *digest = text_of(row, CLI_SECRET_DIGEST),
	           *secret = text_of(row, "clientSecret");
	char made[CM_SHA256_HEX];
	enum cm_status rc = CM_OK;

	if (*secret != '\0') {
		rc = cm_crypto_sha256_hex(secret, strlen(secret), made, err);
		digest = made;
	}
	if (rc != CM_OK || strlen(digest) != CM_SHA256_HEX - 1)
		return rc;
	return cm_client_set_secret(import->cli->ctx.store, owner_of(row), text_of(row, "name"),
	                            digest, err);
}

/* The type of a user's password: its own, or that of its organisation in the file. */
static const char *password_type(const struct import *import, const cm_json *row)
{
	const cm_json *organizations = cm_json_get(import->data, "organizations");
	const char *own = text_of(row, "passwordType");

	for (size_t i = 0; *own == '\0' && i < cm_json_length(organizations); i++) {
		const cm_json *one = cm_json_at(organizations, i);

		if (strcmp(text_of(one, "name"), text_of(row, "owner")) == 0)
			own = text_of(one, "passwordType");
	}
	return own;
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

/* Make the object that the tools take; owned by the caller. */
static enum cm_status convert(struct import *import, struct place at, const cm_json *row,
                              cm_json **out, struct cm_err *err)
{
	bool organization = at.entity == &cm_organization_entity;
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	enum cm_status rc = CM_OK;

	*out = cm_json_object();
	if (*out == NULL || (!organization && !cm_json_set_string(*out, "owner", owner_of(row))))
		return cm_err_set(err, CM_NOMEM, "out of memory");
	while (rc == CM_OK && cm_json_each(row, &cursor, &name, &value))
		rc = take_member(import, at, *out, name, value, err);
	return rc;
}

static enum cm_status add_row(struct import *import, struct place at, const cm_json *row,
                              struct cm_err *err)
{
	struct cm_organization known;
	cm_json *object = NULL;
	enum cm_status rc;

	if (at.entity == &cm_organization_entity &&
	    cm_organization_get(import->cli->ctx.store, text_of(row, "name"), &known, NULL) ==
	        CM_OK) {
		note(import, at, "name", "is here already; it stays as it is");
		return CM_OK;
	}
	rc = convert(import, at, row, &object, err);
	if (rc == CM_OK)
		rc = call(import, "add", at, object, NULL, err);
	import->added += rc == CM_OK;
	cm_json_free(object);
	if (rc == CM_OK && at.entity == &cm_user_entity)
		rc = take_password(import, at, row, password_type(import, row), err);
	if (rc == CM_OK && at.entity == &cm_application_entity)
		rc = take_secret(import, row, err);
	if (rc == CM_OK && at.entity == &cm_permission_entity && cm_json_get(row, "scopes") == NULL)
		note(import, at, "actions", "say nothing here; give the permission scopes");
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
	snprintf(id, sizeof id, "%.100s/%.100s", owner_of(row), text_of(row, "name"));
	at.links = true;
	rc = convert(import, at, row, &object, err);
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

	for (size_t i = 0; rc == CM_OK && i < cm_json_length(rows); i++)
		rc = each(import, (struct place){entity, i, false}, cm_json_at(rows, i), err);
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
		if (!known && cm_json_length(value) > 0) {
			import->notes++;
			cm_buf_printf(&import->report, "%s: is not known here; left out\n", name);
		}
	}
}

static enum cm_status read_file(const char *path, struct cm_buf *out, struct cm_err *err)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char chunk[65536];
	size_t got;

	if (file == NULL)
		return cm_err_set(err, CM_INPUT, "can't read %s: %s", path, strerror(errno));
	while ((got = fread(chunk, 1, sizeof chunk, file)) > 0 && out->len <= FILE_MAX)
		cm_buf_add(out, chunk, got);
	if (file != stdin)
		fclose(file);
	if (out->len > FILE_MAX)
		return cm_err_set(err, CM_INPUT, "%s is over %d bytes", path, FILE_MAX);
	return cm_buf_status(out, err);
}

enum cm_status cli_import(struct cli *cli, struct cm_err *err)
{
	struct import import = {.cli = cli};
	struct cm_err why = {0};
	struct cm_buf text = {0};
	cm_json *data = NULL;
	enum cm_status rc = read_file(cli->argument[0], &text, err);

	if (rc == CM_OK && (rc = cm_json_parse(cm_buf_str(&text), text.len, &data, &why)) != CM_OK)
		cm_err_set(err, CM_INPUT, "%s is not JSON: %s", cli->argument[0], why.text);
	if (rc == CM_OK && cm_json_type(data) != CM_JSON_OBJECT)
		rc = cm_err_set(err, CM_INPUT, "%s: must hold a JSON object", cli->argument[0]);
	import.data = data;
	if (rc == CM_OK) {
		note_sections(&import);
		rc = cm_store_write(cli->ctx.store, write_all, &import, err);
	}
	if (rc == CM_DRY_RUN) {
		cm_err_clear(err);
		rc = CM_OK;
	}
	if (rc == CM_OK) {
		fputs(cm_buf_str(&import.report), stderr);
		printf(cli->json ? "{\"added\":%lld,\"notUnderstood\":%lld}\n"
		                 : "%lld added, %lld not understood\n",
		       (long long)import.added, (long long)import.notes);
	}
	cm_json_free(data);
	cm_crypto_wipe(text.data, text.len);
	cm_buf_clear(&text);
	cm_buf_clear(&import.report);
	return rc == CM_OK ? rc : err->status;
}

#include <stdio.h>
#include <string.h>

#include "import.h"
#include "tools/arguments.h"
#include "tools/check.h"

enum { PATH_TEXT = 200 };

#define UNKNOWN "is not known here; left out"

static void note(struct import *import, struct place at, const char *path, const char *why)
{
	cli_report_add(&import->report, at.entity->plural, at.index, path, why);
}

/* What a check says of a value, without the path that it begins with and its full stop. */
static void note_wrong(struct import *import, struct place at, const char *path,
                       const struct cm_err *why)
{
	const char *text = strstr(why->text, ": ");
	char sentence[sizeof why->text];

	snprintf(sentence, sizeof sentence, "%s", text == NULL ? why->text : text + 2);
	if (*sentence != '\0' && sentence[strlen(sentence) - 1] == '.')
		sentence[strlen(sentence) - 1] = '\0';
	strncat(sentence, "; left out", sizeof sentence - strlen(sentence) - 1);
	note(import, at, path, sentence);
}

bool cli_import_is_blank(const cm_json *value)
{
	const char *text = cm_json_string(value);
	const void *cursor = NULL;
	const cm_json *member;
	const char *name;
	double number = 1;
	bool yes = true;

	switch (cm_json_type(value)) {
	case CM_JSON_STRING:
		return *text == '\0';
	case CM_JSON_BOOL:
		return cm_json_bool(value, &yes) && !yes;
	case CM_JSON_INTEGER:
	case CM_JSON_NUMBER:
		return cm_json_number(value, &number) && number == 0;
	case CM_JSON_ARRAY:
		return cm_json_length(value) == 0;
	case CM_JSON_OBJECT:
		return !cm_json_each(value, &cursor, &name, &member);
	default:
		return true;
	}
}

/* Texts that are dealt with elsewhere. */
static bool is_apart(const struct cm_entity *entity, const char *name)
{
	static const char *const apart[] = {"owner",        "organization", "password",
	                                    "passwordSalt", "clientSecret", CLI_SECRET_DIGEST};

	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
		if (strcmp(name, apart[i]) == 0)
			return true;
	}
	return entity == &cm_user_entity && strcmp(name, "passwordType") == 0;
}

/* Text that was put together, as JSON; owned by the caller, NULL when there is no memory. */
static cm_json *parsed(struct import *import, struct cm_buf *text)
{
	cm_json *json = NULL;

	if (text->failed || cm_json_parse(text->data, text->len, &json, NULL) != CM_OK)
		import->report.failed = true;
	cm_buf_clear(text);
	return json;
}

/* --- links --- */

static const struct cm_entity_link *link_of(const struct cm_entity *entity, const char *name)
{
	for (size_t i = 0; i < CM_LINKS_MAX && entity->link[i].column != NULL; i++) {
		if (strcmp(entity->link[i].column, name) == 0)
			return &entity->link[i];
	}
	return NULL;
}

/* The ids of a link that lead somewhere; owned by the caller, NULL when it is no list. */
static cm_json *existing(struct import *import, struct place at, const struct cm_entity_link *link,
                         const char *owner, const cm_json *ids)
{
	struct cm_buf kept = {0};
	char why[80];

	if (cm_json_type(ids) != CM_JSON_ARRAY) {
		snprintf(why, sizeof why, "must be an array, not %s; left out",
		         cm_json_type_name(cm_json_type(ids)));
		note(import, at, link->column, why);
		return NULL;
	}
	cm_json_put_open(&kept, '[');
	for (size_t i = 0; i < cm_json_length(ids); i++) {
		const char *text = cm_json_string(cm_json_at(ids, i));
		enum cm_status rc = CM_NOT_FOUND;
		struct cm_record other;
		struct cm_id id;

		cm_record_init(&other, link->to);
		if (text != NULL && cm_id_parse(text, &id) && strcmp(id.owner, owner) == 0)
			rc = cm_entity_get(import->cli->ctx.store, id.owner, id.name, &other, NULL);
		cm_record_clear(&other);
		if (rc == CM_OK)
			cm_json_put_string(&kept, text);
		else if (rc != CM_NOT_FOUND)
			import->report.failed = true;
		else
			note(import, at, link->column, "names somebody who is not there; left out");
	}
	cm_json_put_close(&kept, ']');
	return parsed(import, &kept);
}

/* --- values --- */

/* The members of an object that are understood; false when one that is needed is not. */
static bool put_known(struct import *import, struct place at, const struct cm_field *members,
                      const cm_json *object, const char *path, struct cm_buf *out)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	bool whole = true;

	cm_json_put_open(out, '{');
	while (cm_json_each(object, &cursor, &name, &value)) {
		const struct cm_field *member = members;
		char inner[PATH_TEXT];
		struct cm_err why = {0};

		while (member->name != NULL && strcmp(member->name, name) != 0)
			member++;
		snprintf(inner, sizeof inner, "%s.%s", path, name);
		if (value == NULL || (member->name == NULL && cli_import_is_blank(value)))
			continue;
		if (member->name == NULL) {
			note(import, at, inner, UNKNOWN);
		} else if (cm_check_value(member, value, inner, &why) != CM_OK) {
			note_wrong(import, at, inner, &why);
			whole = whole && (member->flags & CM_FIELD_REQUIRED) == 0;
		} else {
			cm_json_put_name(out, name);
			cm_json_put_value(out, value);
		}
	}
	cm_json_put_close(out, '}');
	for (; members->name != NULL; members++)
		whole = whole && ((members->flags & CM_FIELD_REQUIRED) == 0 ||
		                  cm_json_get(object, members->name) != NULL);
	return whole;
}

/* An element of a list, if it is understood as far as it must be. */
static void put_element(struct import *import, struct place at, const struct cm_field *field,
                        const cm_json *element, const char *path, struct cm_buf *out)
{
	/* A string of a list is checked as a list of one. */
	struct cm_buf text = {0}, known = {0};
	struct cm_err why = {0};
	cm_json *one;

	cm_json_put_open(&text, '[');
	cm_json_put_value(&text, element);
	cm_json_put_close(&text, ']');
	one = parsed(import, &text);
	if (cm_check_value(field, one, path, &why) == CM_OK)
		cm_json_put_value(out, element);
	else if (field->members == NULL || cm_json_type(element) != CM_JSON_OBJECT)
		note_wrong(import, at, path, &why);
	else if (put_known(import, at, field->members, element, path, &known))
		cm_json_put_raw(out, cm_buf_str(&known));
	if (known.failed)
		out->failed = true;
	cm_buf_clear(&known);
	cm_json_free(one);
}

/* As much of a value as is understood, owned by the caller; NULL: nothing of it. */
static cm_json *understood(struct import *import, struct place at, const struct cm_field *field,
                           const cm_json *value, const char *name)
{
	bool list = field->type == CM_FIELD_STRINGS || field->type == CM_FIELD_OBJECTS;
	struct cm_buf kept = {0};
	struct cm_err why = {0};

	if (cm_check_value(field, value, name, &why) == CM_OK)
		return cm_json_share(value);
	if (list && cm_json_type(value) == CM_JSON_ARRAY &&
	    cm_json_length(value) <= (size_t)field->max) {
		cm_json_put_open(&kept, '[');
		for (size_t i = 0; i < cm_json_length(value); i++) {
			char path[PATH_TEXT];

			snprintf(path, sizeof path, "%s[%zu]", name, i);
			put_element(import, at, field, cm_json_at(value, i), path, &kept);
		}
		cm_json_put_close(&kept, ']');
	} else if (field->type == CM_FIELD_OBJECT && field->members != NULL &&
	           cm_json_type(value) == CM_JSON_OBJECT) {
		(void)put_known(import, at, field->members, value, name, &kept);
	} else {
		note_wrong(import, at, name, &why);
		return NULL;
	}
	return parsed(import, &kept);
}

/* Take over one member if it means something here. */
static enum cm_status take_member(struct import *import, struct place at, cm_json *out,
                                  const char *name, const cm_json *value, struct cm_err *err)
{
	const struct cm_field *field = cm_entity_field(at.entity, name);
	const struct cm_entity_link *link = link_of(at.entity, name);
	const char *text = cm_json_string(value);
	cm_json *taken;

	if (value == NULL || (text != NULL && *text == '\0') || at.links != (link != NULL))
		return CM_OK;
	if (is_apart(at.entity, name)) {
		if (text == NULL)
			note(import, at, name, "is no text; left out");
		return CM_OK;
	}
	/* The server makes them anew. */
	if (field != NULL && (field->flags & CM_FIELD_READ_ONLY) != 0)
		return CM_OK;
	if (field == NULL) {
		if (!cli_import_is_blank(value))
			note(import, at, name, UNKNOWN);
		return CM_OK;
	}
	taken = link == NULL ? understood(import, at, field, value, name)
	                     : existing(import, at, link, cli_import_text(out, "owner"), value);
	if (taken == NULL)
		return CM_OK;
	return cm_json_set(out, name, taken) ? CM_OK : cm_err_set(err, CM_NOMEM, "out of memory");
}

enum cm_status cli_import_convert(struct import *import, struct place at, const cm_json *row,
                                  cm_json **out, struct cm_err *err)
{
	const char *organization = cli_import_text(row, "organization");
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	enum cm_status rc = CM_OK;

	*out = cm_json_object();
	if (*out == NULL || (at.entity->link[0].column == NULL && at.links) ||
	    (cm_entity_field(at.entity, "organization") != NULL && *organization != '\0' &&
	     !cm_json_set_string(*out, "organization", organization)) ||
	    (strcmp(at.entity->tenant[0], "owner") == 0 &&
	     !cm_json_set_string(*out, "owner", cli_import_owner(row))))
		return cm_err_set(err, CM_NOMEM, "out of memory");
	while (rc == CM_OK && cm_json_each(row, &cursor, &name, &value))
		rc = take_member(import, at, *out, name, value, err);
	return rc;
}

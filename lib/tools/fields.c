#include "tools/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/token.h"
#include "tools/check.h"

enum { PATH_LEN = 160 };

/* Put a checked value, or a default, into the column of a field. */
static enum cm_status set_column(struct cm_value *slot, const struct cm_field *field,
                                 const cm_json *value, struct cm_err *err)
{
	const char *text = cm_json_string(value);
	struct cm_buf json = {0};
	bool truth = false;

	switch (cm_field_column_kind(field)) {
	case CM_COLUMN_INTEGER:
		if (cm_json_bool(value, &truth))
			slot->integer = truth;
		else
			(void)cm_check_whole(value, &slot->integer);
		return CM_OK;
	case CM_COLUMN_REAL:
		(void)cm_json_number(value, &slot->real);
		return CM_OK;
	case CM_COLUMN_TEXT:
		break;
	}
	if (value != NULL && text == NULL)
		cm_json_put_value(&json, value);
	else
		cm_buf_puts(&json, text == NULL ? "" : text);
	if (json.failed) {
		cm_buf_clear(&json);
		return cm_err_set(err, CM_NOMEM, "out of memory");
	}
	cm_value_take(slot, json.data);
	return CM_OK;
}

/*
 * Reset a column to the field's fallback; without one it becomes empty.  What is kept as JSON has
 * its fallback in the form that is kept.
 */
static enum cm_status reset_column(struct cm_value *slot, const struct cm_field *field,
                                   struct cm_err *err)
{
	bool text = cm_field_column_kind(field) == CM_COLUMN_TEXT;
	cm_json *value = NULL;
	enum cm_status rc;

	slot->integer = 0;
	slot->real = 0;
	if (text && (field->fallback == NULL || field->type != CM_FIELD_STRING)) {
		cm_value_take(slot, cm_text_dup(field->fallback == NULL ? "" : field->fallback));
		return slot->text != NULL ? CM_OK : cm_err_set(err, CM_NOMEM, "out of memory");
	}
	if (field->fallback == NULL)
		return CM_OK;
	rc = cm_json_parse(field->fallback, strlen(field->fallback), &value, err);
	if (rc == CM_OK && value != NULL)
		rc = set_column(slot, field, value, err);
	cm_json_free(value);
	return rc;
}

enum cm_status cm_fields_default(struct cm_record *record, struct cm_err *err)
{
	const struct cm_entity *entity = record->entity;
	struct cm_value *slot = record->value;
	enum cm_status rc = CM_OK;

	for (size_t i = 0; rc == CM_OK && i < entity->field_count; i++) {
		if (entity->fields[i].column != NULL)
			rc = reset_column(slot++, &entity->fields[i], err);
	}
	return rc;
}

/* A value that a caller may send back unchanged for a field that the caller can't set. */
static bool is_unchanged(const struct cm_record *record, const struct cm_field *field,
                         const cm_json *value)
{
	const char *text = cm_json_string(value);
	int64_t at_s;
	int column;

	if (value == NULL || (text != NULL && *text == '\0'))
		return true;
	if (field->column == NULL || text == NULL)
		return false;
	column = cm_entity_column(record->entity, field->column);
	if (field->type != CM_FIELD_TIME)
		return record->value[column].text != NULL &&
		       strcmp(text, record->value[column].text) == 0;
	return cm_clock_parse(text, &at_s) && at_s == record->value[column].integer;
}

static enum cm_status check_settable(const struct cm_field *field, const cm_json *value,
                                     bool creating, const char *path, struct cm_err *err)
{
	if ((field->flags & CM_FIELD_READ_ONLY) != 0)
		return cm_err_set(err, CM_INPUT, "%s: is set by the server; leave it out.", path);
	if ((field->flags & CM_FIELD_CREATE_ONLY) != 0 && !creating)
		return cm_err_set(err, CM_INPUT, "%s: can't be changed.", path);
	if ((field->flags & CM_FIELD_REQUIRED) != 0 && value == NULL)
		return cm_err_set(err, CM_INPUT, "%s: must not be null.", path);
	return value == NULL ? CM_OK : cm_check_value(field, value, path, err);
}

/*
 * What is kept of a property, or of a member of one: 1.0 as 1, as there are readers who see no
 * integer in it.  NULL when there is no memory.
 */
static cm_json *keep(const struct cm_field *field, const cm_json *value)
{
	const struct cm_field *member = field->type == CM_FIELD_OBJECT ? field->members : NULL;
	cm_json *kept;
	int64_t whole;

	if (field->type == CM_FIELD_INTEGER && cm_check_whole(value, &whole))
		return cm_json_from_integer(whole);
	kept = cm_json_share(value);
	for (; member != NULL && member->name != NULL; member++) {
		const cm_json *inner = cm_json_get(value, member->name);
		cm_json *fresh = inner == NULL ? NULL : keep(member, inner);

		if (inner != NULL && (fresh == NULL || !cm_json_set(kept, member->name, fresh))) {
			cm_json_free(kept);
			return NULL;
		}
	}
	return kept;
}

static enum cm_status set_property(cm_json *properties, const struct cm_field *field,
                                   const cm_json *value, struct cm_err *err)
{
	cm_json *kept;

	if (value == NULL) {
		cm_json_unset(properties, field->name);
		return CM_OK;
	}
	kept = keep(field, value);
	return kept != NULL && cm_json_set(properties, field->name, kept)
	           ? CM_OK
	           : cm_err_set(err, CM_NOMEM, "out of memory");
}

/* Whether two names differ at most in case and in '_' and '-', as redirect_uris and redirectUris.
 */
static bool is_like(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "_-");
		b += strspn(b, "_-");
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

static enum cm_status refuse_member(const struct cm_entity *entity, const char *name,
                                    const char *path, struct cm_err *err)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		if (entity->fields[i].name != NULL && is_like(entity->fields[i].name, name))
			return cm_err_set(err, CM_INPUT, "%s: there is no such field; there is %s.",
			                  path, entity->fields[i].name);
	}
	return cm_err_set(err, CM_INPUT, "%s: there is no such field.", path);
}

/* One member of the patch. */
static enum cm_status apply_member(struct cm_record *record, cm_json *properties, const char *name,
                                   const cm_json *value, bool creating, struct cm_err *err)
{
	const struct cm_field *field = cm_entity_field(record->entity, name);
	bool fixed = false;
	char path[PATH_LEN];
	enum cm_status rc;

	snprintf(path, sizeof path, "%s.%.80s", record->entity->name, name);
	if (field == NULL)
		return refuse_member(record->entity, name, path, err);
	fixed = (field->flags & CM_FIELD_READ_ONLY) != 0 ||
	        ((field->flags & CM_FIELD_CREATE_ONLY) != 0 && !creating);
	if (fixed && is_unchanged(record, field, value))
		return CM_OK;
	rc = check_settable(field, value, creating, path, err);
	if (rc != CM_OK)
		return rc;
	if (field->column == NULL)
		return set_property(properties, field, value, err);
	return value == NULL
	           ? reset_column(cm_record_value(record, field->column), field, err)
	           : set_column(cm_record_value(record, field->column), field, value, err);
}

static enum cm_status check_required(const struct cm_entity *entity, const cm_json *patch,
                                     struct cm_err *err)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];

		if ((field->flags & CM_FIELD_REQUIRED) != 0 &&
		    cm_json_get(patch, field->name) == NULL)
			return cm_err_set(err, CM_INPUT, "%s.%s: is needed.", entity->name,
			                  field->name);
	}
	return CM_OK;
}

enum cm_status cm_fields_apply(struct cm_record *record, const cm_json *patch, bool creating,
                               struct cm_err *err)
{
	const char *text = cm_record_text(record, "properties");
	cm_json *properties = NULL;
	struct cm_buf json = {0};
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	enum cm_status rc = CM_OK;

	if (cm_json_parse(text, strlen(text), &properties, NULL) != CM_OK ||
	    cm_json_type(properties) != CM_JSON_OBJECT) {
		rc = cm_err_set(err, CM_STORE, "properties of %s/%s are no JSON object",
		                cm_record_text(record, "owner"), cm_record_text(record, "name"));
		goto out;
	}
	if (creating)
		rc = check_required(record->entity, patch, err);
	while (rc == CM_OK && cm_json_each(patch, &cursor, &name, &value))
		rc = apply_member(record, properties, name, value, creating, err);
	if (rc != CM_OK)
		goto out;
	cm_json_put_value(&json, properties);
	rc = cm_buf_status(&json, err);
	if (rc == CM_OK)
		rc = cm_record_set_text(record, "properties", cm_buf_str(&json), err);
out:
	cm_buf_clear(&json);
	cm_json_free(properties);
	return rc;
}

enum cm_status cm_fields_join(struct cm_record *record, const char *from, const char *to,
                              struct cm_err *err)
{
	const char *text = cm_record_text(record, from);
	struct cm_buf words = {0};
	cm_json *list = NULL;
	enum cm_status rc = cm_json_parse(text, strlen(text), &list, NULL);

	if (rc != CM_OK)
		return cm_err_set(err, CM_STORE, "%s of a %s are not JSON", from,
		                  record->entity->name);
	for (size_t i = 0; i < cm_json_length(list); i++) {
		const char *word = cm_json_string(cm_json_at(list, i));

		cm_buf_puts(&words, i == 0 ? "" : " ");
		cm_buf_puts(&words, word == NULL ? "" : word);
	}
	cm_json_free(list);
	rc = cm_buf_status(&words, err);
	if (rc == CM_OK && words.len >= CM_SCOPE_TEXT_MAX)
		rc = cm_err_set(err, CM_INPUT, "%s.%s: are too many.", record->entity->name, from);
	if (rc == CM_OK)
		rc = cm_record_set_text(record, to, cm_buf_str(&words), err);
	cm_buf_clear(&words);
	return rc;
}

static void put_column(struct cm_buf *buf, const struct cm_field *field,
                       const struct cm_value *value)
{
	char at[CM_CLOCK_TEXT];
	bool pending;

	cm_json_put_name(buf, field->name);
	switch (field->type) {
	case CM_FIELD_STRING:
		cm_json_put_string(buf, value->text == NULL ? "" : value->text);
		break;
	case CM_FIELD_BOOL:
		cm_json_put_bool(buf, value->integer != 0);
		break;
	case CM_FIELD_INTEGER:
		cm_json_put_integer(buf, value->integer);
		break;
	case CM_FIELD_NUMBER:
		cm_json_put_number(buf, value->real);
		break;
	case CM_FIELD_TIME:
		cm_clock_format(value->integer, at);
		pending = value->integer == 0 && (field->flags & CM_FIELD_PENDING) != 0;
		cm_json_put_string(buf, pending ? NULL : at);
		break;
	case CM_FIELD_STRINGS:
	case CM_FIELD_OBJECTS:
	case CM_FIELD_OBJECT:
		cm_json_put_raw(buf, value->text == NULL ? "null" : value->text);
		break;
	}
}

void cm_fields_put_open(struct cm_buf *buf, const struct cm_record *record)
{
	const struct cm_entity *entity = record->entity;
	const char *properties = cm_record_text(record, "properties");
	size_t len = strlen(properties);
	int column = 0;

	cm_json_put_open(buf, '{');
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];

		if (field->column == NULL)
			continue;
		if (field->name != NULL && (field->flags & CM_FIELD_WRITE_ONLY) == 0)
			put_column(buf, field, &record->value[column]);
		column++;
	}
	/* The properties are a JSON object already: its members follow without the braces. */
	if (len > 2) {
		cm_buf_add(buf, ",", 1);
		cm_buf_add(buf, properties + 1, len - 2);
	}
}

void cm_fields_put(struct cm_buf *buf, const struct cm_record *record)
{
	cm_fields_put_open(buf, record);
	cm_json_put_close(buf, '}');
}

#include "store/entity.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/query.h"

enum cm_column_kind cm_field_column_kind(const struct cm_field *field)
{
	switch (field->type) {
	case CM_FIELD_BOOL:
	case CM_FIELD_INTEGER:
	case CM_FIELD_TIME:
		return CM_COLUMN_INTEGER;
	case CM_FIELD_NUMBER:
		return CM_COLUMN_REAL;
	case CM_FIELD_STRING:
	case CM_FIELD_STRINGS:
	case CM_FIELD_OBJECTS:
	case CM_FIELD_OBJECT:
		break;
	}
	return CM_COLUMN_TEXT;
}

int cm_entity_column(const struct cm_entity *entity, const char *column)
{
	int index = 0;

	for (size_t i = 0; i < entity->field_count; i++) {
		const char *name = entity->fields[i].column;

		if (name != NULL && strcmp(name, column) == 0)
			return index;
		index += name != NULL;
	}
	assert(false && "a column that the entity has");
	return 0;
}

bool cm_entity_has(const struct cm_entity *entity, const char *column)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		if (entity->fields[i].column != NULL &&
		    strcmp(entity->fields[i].column, column) == 0)
			return true;
	}
	return false;
}

bool cm_entity_is_versioned(const struct cm_entity *entity)
{
	return cm_entity_has(entity, "updated_at_s");
}

const struct cm_field *cm_entity_field(const struct cm_entity *entity, const char *name)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];

		if (field->name != NULL && strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

void cm_record_init(struct cm_record *record, const struct cm_entity *entity)
{
	*record = (struct cm_record){.entity = entity};
}

/* Forget the values; the memory of the row is kept for the next one. */
static void empty(struct cm_record *record)
{
	for (size_t i = 0; i < CM_COLUMNS_MAX; i++) {
		free(record->value[i].own);
		record->value[i] = (struct cm_value){0};
	}
	cm_buf_reset(&record->row);
}

void cm_record_clear(struct cm_record *record)
{
	empty(record);
	cm_buf_clear(&record->row);
}

struct cm_value *cm_record_value(struct cm_record *record, const char *column)
{
	return &record->value[cm_entity_column(record->entity, column)];
}

const char *cm_record_text(const struct cm_record *record, const char *column)
{
	const char *text = record->value[cm_entity_column(record->entity, column)].text;

	return text == NULL ? "" : text;
}

enum cm_status cm_record_set_text(struct cm_record *record, const char *column, const char *text,
                                  struct cm_err *err)
{
	struct cm_value *value = cm_record_value(record, column);
	char *copy = cm_text_dup(text);

	if (text != NULL && copy == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	cm_value_take(value, copy);
	return CM_OK;
}

void cm_value_take(struct cm_value *value, char *text)
{
	free(value->own);
	value->own = text;
	value->text = text;
}

/* Copy the current row of the query; its columns stand in the order of the fields. */
static void read_record(struct cm_query *q, struct cm_record *out)
{
	const struct cm_entity *entity = out->entity;
	size_t at[CM_COLUMNS_MAX] = {0}, column = 0;

	empty(out);
	for (size_t i = 0; i < entity->field_count; i++) {
		struct cm_value *value = &out->value[column];

		if (entity->fields[i].column == NULL)
			continue;
		switch (cm_field_column_kind(&entity->fields[i])) {
		case CM_COLUMN_TEXT:
			value->text = cm_query_column_text(q, (int)column);
			at[column] = out->row.len;
			if (value->text != NULL)
				cm_buf_add(&out->row, value->text, strlen(value->text) + 1);
			break;
		case CM_COLUMN_INTEGER:
			value->integer = cm_query_column_integer(q, (int)column);
			break;
		case CM_COLUMN_REAL:
			value->real = cm_query_column_real(q, (int)column);
			break;
		}
		column++;
	}
	if (out->row.failed && q->rc == CM_OK)
		q->rc = cm_buf_status(&out->row, q->err);
	/* From SQLite's memory to that of the row, which has stopped moving. */
	for (size_t i = 0; i < column; i++) {
		if (out->value[i].text != NULL)
			out->value[i].text = out->row.failed ? NULL : out->row.data + at[i];
	}
}

static void bind_record(struct cm_query *q, const struct cm_record *record)
{
	const struct cm_entity *entity = record->entity;
	const struct cm_value *value = record->value;

	for (size_t i = 0; i < entity->field_count; i++) {
		char name[64] = ":";

		if (entity->fields[i].column == NULL)
			continue;
		if ((entity->fields[i].flags & CM_FIELD_LINKS) != 0) {
			value++;
			continue;
		}
		(void)memccpy(name + 1, entity->fields[i].column, 0, sizeof name - 2);
		switch (cm_field_column_kind(&entity->fields[i])) {
		case CM_COLUMN_TEXT:
			cm_query_text(q, name, value->text);
			break;
		case CM_COLUMN_INTEGER:
			cm_query_integer(q, name, value->integer);
			break;
		case CM_COLUMN_REAL:
			cm_query_real(q, name, value->real);
			break;
		}
		value++;
	}
}

static enum cm_status not_found(const struct cm_entity *entity, const char *owner, const char *name,
                                struct cm_err *err)
{
	return cm_err_set(err, CM_NOT_FOUND, "There is no %s %s/%s.", entity->name, owner, name);
}

enum cm_status cm_entity_get(struct cm_store *store, const char *owner, const char *name,
                             struct cm_record *out, struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	cm_query_begin(&q, store, out->entity->get, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":name", name);
	if (cm_query_row(&q)) {
		found = true;
		read_record(&q, out);
	}
	rc = cm_query_end(&q);
	return rc == CM_OK && !found ? not_found(out->entity, owner, name, err) : rc;
}

/* --- links --- */

static enum cm_status run_link(struct cm_store *store, enum cm_stmt stmt,
                               const struct cm_record *record, const char *ids, int *changes,
                               struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, stmt, err);
	cm_query_text(&q, ":owner", cm_record_text(record, "owner"));
	cm_query_text(&q, ":name", cm_record_text(record, "name"));
	if (ids != NULL)
		cm_query_text(&q, ":ids", ids);
	cm_query_run(&q);
	*changes = cm_query_changes(&q);
	return cm_query_end(&q);
}

/* Which of the ids made no link: it is not there, of another owner, or occurs twice. */
static enum cm_status explain_link(struct cm_store *store, const struct cm_record *record,
                                   const struct cm_entity_link *link, const cm_json *ids,
                                   struct cm_err *err)
{
	const char *owner = cm_record_text(record, "owner");
	size_t len = strlen(owner);

	for (size_t i = 0; i < cm_json_length(ids); i++) {
		const char *id = cm_json_string(cm_json_at(ids, i));
		struct cm_record other;
		struct cm_err why = {0};
		enum cm_status rc = CM_NOT_FOUND;

		cm_record_init(&other, link->to);
		if (strncmp(id, owner, len) == 0 && id[len] == '/')
			rc = cm_entity_get(store, owner, id + len + 1, &other, &why);
		cm_record_clear(&other);
		if (rc != CM_OK && rc != CM_NOT_FOUND)
			return cm_err_set(err, rc, "%s", why.text);
		if (rc == CM_NOT_FOUND)
			return cm_err_set(err, CM_INPUT, "%s.%s[%zu]: there is no %s %.210s in %s.",
			                  record->entity->name, link->column, i, link->to->name, id,
			                  owner);
	}
	return cm_err_set(err, CM_INPUT, "%s.%s: an id occurs twice.", record->entity->name,
	                  link->column);
}

static enum cm_status write_link(struct cm_store *store, const struct cm_record *record,
                                 const struct cm_entity_link *link, struct cm_err *err)
{
	const char *text = cm_record_text(record, link->column);
	struct cm_err why = {0};
	cm_json *ids = NULL;
	int changes = 0;
	enum cm_status rc;

	if ((rc = cm_json_parse(text, strlen(text), &ids, err)) != CM_OK ||
	    (rc = run_link(store, link->clear, record, NULL, &changes, err)) != CM_OK)
		goto out;
	rc = run_link(store, link->insert, record, text, &changes, &why);
	if (rc == CM_CONFLICT || (rc == CM_OK && (size_t)changes != cm_json_length(ids)))
		rc = explain_link(store, record, link, ids, err);
	else if (rc != CM_OK)
		cm_err_set(err, rc, "%s", why.text);
out:
	cm_json_free(ids);
	return rc;
}

static enum cm_status write_links(struct cm_store *store, const struct cm_record *record,
                                  struct cm_err *err)
{
	const struct cm_entity_link *link = record->entity->link;
	enum cm_status rc = CM_OK;

	for (size_t i = 0; rc == CM_OK && i < CM_LINKS_MAX && link[i].column != NULL; i++)
		rc = write_link(store, record, &link[i], err);
	return rc;
}

enum cm_status cm_entity_insert(struct cm_store *store, const struct cm_record *record,
                                struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;

	cm_query_begin(&q, store, record->entity->insert, err);
	bind_record(&q, record);
	rc = cm_query_finish(&q);
	return rc == CM_OK ? write_links(store, record, err) : rc;
}

enum cm_status cm_entity_update(struct cm_store *store, const char *owner, const char *name,
                                const struct cm_record *record, struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;
	int changes;

	cm_query_begin(&q, store, record->entity->update, err);
	cm_query_text(&q, ":key_owner", owner);
	cm_query_text(&q, ":key_name", name);
	bind_record(&q, record);
	cm_query_run(&q);
	changes = cm_query_changes(&q);
	rc = cm_query_end(&q);
	if (rc == CM_OK && changes == 0)
		return not_found(record->entity, owner, name, err);
	return rc == CM_OK ? write_links(store, record, err) : rc;
}

enum cm_status cm_entity_dependents(struct cm_store *store, const struct cm_record *record,
                                    int64_t limit, cm_entity_depends *each, void *arg,
                                    struct cm_err *err)
{
	struct cm_query q;

	if (record->entity->dependents == CM_STMT_NONE)
		return CM_OK;
	cm_query_begin(&q, store, record->entity->dependents, err);
	cm_query_text(&q, ":owner", cm_record_text(record, "owner"));
	cm_query_text(&q, ":name", cm_record_text(record, "name"));
	cm_query_integer(&q, ":limit", limit);
	while (cm_query_row(&q))
		q.rc = each(cm_query_column_text(&q, 0), cm_query_column_text(&q, 1), arg, err);
	return cm_query_end(&q);
}

enum cm_status cm_entity_delete(struct cm_store *store, const struct cm_entity *entity,
                                const char *owner, const char *name, struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;
	int changes;

	cm_query_begin(&q, store, entity->remove, err);
	cm_query_text(&q, ":key_owner", owner);
	cm_query_text(&q, ":key_name", name);
	cm_query_run(&q);
	changes = cm_query_changes(&q);
	rc = cm_query_end(&q);
	return rc == CM_OK && changes == 0 ? not_found(entity, owner, name, err) : rc;
}

enum cm_status cm_entity_list(struct cm_store *store, const struct cm_entity *entity,
                              const struct cm_page *page, cm_entity_each *each, void *arg,
                              struct cm_err *err)
{
	struct cm_record record;
	struct cm_query q;

	cm_record_init(&record, entity);
	cm_query_begin(&q, store, page->since_s > 0 ? entity->changed : entity->list, err);
	cm_query_text(&q, ":owner", page->owner);
	if (entity->tenant[1] != NULL)
		cm_query_text(&q, ":organization", page->organization);
	cm_query_text(&q, ":name_prefix", page->name_prefix);
	cm_query_text(&q, ":after_owner", page->after_owner);
	cm_query_text(&q, ":after_name", page->after_name);
	if (page->since_s > 0) {
		cm_query_integer(&q, ":since_s", page->since_s);
		cm_query_integer(&q, ":after_s", page->after_s);
	}
	cm_query_integer(&q, ":limit", page->limit);
	while (cm_query_row(&q)) {
		read_record(&q, &record);
		if (q.rc == CM_OK)
			q.rc = each(&record, arg, err);
	}
	cm_record_clear(&record);
	return cm_query_end(&q);
}

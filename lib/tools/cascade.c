#include "tools/cascade.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tools/arguments.h"
#include "tools/crud.h"
#include "tools/fields.h"
#include "tools/toolbox.h"

enum { SHOWN = 20, AT_ONCE = 50, KIND_TEXT = 32 };

/* --- what depends on a row --- */

struct listing {
	struct cm_buf *out;
	int rows;
};

static enum cm_status put_dependent(const char *kind, const char *id, void *arg, struct cm_err *err)
{
	struct listing *listing = arg;

	(void)err;
	if (listing->rows < SHOWN)
		cm_buf_printf(listing->out, "%s%s %s", listing->rows == 0 ? "" : ", ", kind, id);
	else
		cm_buf_puts(listing->out, " and more");
	listing->rows++;
	return CM_OK;
}

enum cm_status cm_cascade_put_dependents(struct cm_store *store, const struct cm_record *record,
                                         struct cm_buf *out, struct cm_err *err)
{
	struct listing listing = {.out = out};
	enum cm_status rc =
	    cm_entity_dependents(store, record, SHOWN + 1, put_dependent, &listing, err);

	return rc == CM_OK ? cm_buf_status(out, err) : rc;
}

/* Some of it, kept while it is changed. */
struct dependents {
	struct {
		const struct cm_entity *entity;
		struct cm_id id;
	} row[AT_ONCE];
	size_t count;
};

/* The entity of this name, found by its tools. */
static const struct cm_entity *entity_of(const char *kind)
{
	char name[KIND_TEXT + 8];
	const struct cm_tool *tool;

	snprintf(name, sizeof name, "delete_%.*s", KIND_TEXT, kind);
	tool = cm_tool_find(&cm_toolbox, name);
	return tool == NULL ? NULL : tool->crud->entity;
}

static enum cm_status keep_dependent(const char *kind, const char *id, void *arg,
                                     struct cm_err *err)
{
	struct dependents *dependents = arg;
	size_t i = dependents->count++;

	dependents->row[i].entity = entity_of(kind);
	return dependents->row[i].entity != NULL && cm_id_parse(id, &dependents->row[i].id)
	           ? CM_OK
	           : cm_err_set(err, CM_STORE, "a dependent row is %s %s", kind, id);
}

/* --- one change and its audit row --- */

static enum cm_status audit(struct cm_store *store, const struct cm_principal *caller,
                            const char *verb, const struct cm_record *record,
                            const struct cm_buf *before, struct cm_err *err)
{
	char tool[KIND_TEXT + 8], id[CM_ID_LENGTH];
	struct cm_buf after = {0};
	struct cm_audit row;
	enum cm_status rc = cm_buf_status(before, err);

	snprintf(tool, sizeof tool, "%s_%s", verb, record->entity->name);
	cm_id_format(record, id);
	row = cm_principal_audit(caller, tool, id, CM_OK);
	row.before = cm_buf_str(before);
	if (strcmp(verb, "update") == 0) {
		cm_fields_put(&after, record);
		row.after = cm_buf_str(&after);
		rc = rc == CM_OK ? cm_buf_status(&after, err) : rc;
	}
	if (rc == CM_OK)
		rc = cm_audit_insert(store, &row, err);
	cm_buf_clear(&after);
	return rc;
}

/* Take an id out of a column of ids. */
static enum cm_status unlink_id(struct cm_record *record, const char *column, const char *id,
                                struct cm_err *err)
{
	const char *text = cm_record_text(record, column);
	struct cm_buf kept = {0};
	cm_json *ids = NULL;
	enum cm_status rc = cm_json_parse(text, strlen(text), &ids, err);

	cm_json_put_open(&kept, '[');
	for (size_t i = 0; i < cm_json_length(ids); i++) {
		const char *one = cm_json_string(cm_json_at(ids, i));

		if (strcmp(one, id) != 0)
			cm_json_put_string(&kept, one);
	}
	cm_json_put_close(&kept, ']');
	cm_json_free(ids);
	if (rc == CM_OK && (rc = cm_buf_status(&kept, err)) == CM_OK)
		rc = cm_record_set_text(record, column, cm_buf_str(&kept), err);
	cm_buf_clear(&kept);
	return rc;
}

/* The row lives on without the one that goes. */
static enum cm_status lose(struct cm_store *store, const struct cm_principal *caller,
                           struct cm_record *record, const struct cm_record *lost,
                           struct cm_err *err)
{
	struct cm_value *updated = cm_record_value(record, "updated_at_s");
	const struct cm_entity_link *link = record->entity->link;
	int64_t now_s = cm_clock_now_s();
	struct cm_buf before = {0};
	char id[CM_ID_LENGTH];
	enum cm_status rc = CM_OK;

	cm_id_format(lost, id);
	cm_fields_put(&before, record);
	for (size_t i = 0; rc == CM_OK && i < CM_LINKS_MAX && link[i].column != NULL; i++) {
		if (link[i].to == lost->entity)
			rc = unlink_id(record, link[i].column, id, err);
	}
	updated->integer = now_s > updated->integer ? now_s : updated->integer + 1;
	if (rc == CM_OK)
		rc = cm_entity_update(store, cm_record_text(record, "owner"),
		                      cm_record_text(record, "name"), record, err);
	if (rc == CM_OK)
		rc = audit(store, caller, "update", record, &before, err);
	cm_buf_clear(&before);
	return rc;
}

static bool links_to(const struct cm_entity *entity, const struct cm_entity *other)
{
	for (size_t i = 0; i < CM_LINKS_MAX; i++) {
		if (entity->link[i].column != NULL && entity->link[i].to == other)
			return true;
	}
	return false;
}

/* Rows that lose a link live on, so this goes no deeper than from an organisation to its rows. */
static enum cm_status follow(struct cm_store *store, const struct cm_principal *caller,
                             const struct cm_entity *entity, const struct cm_id *id,
                             const struct cm_record *lost, struct cm_err *err)
{
	struct cm_record record;
	enum cm_status rc;

	cm_record_init(&record, entity);
	rc = cm_entity_get(store, id->owner, id->name, &record, err);
	if (rc == CM_OK)
		rc = links_to(entity, lost->entity)
		         ? lose(store, caller, &record, lost, err)
		         : cm_cascade_remove(store, caller, &record, err);
	cm_record_clear(&record);
	return rc;
}

enum cm_status cm_cascade_remove(struct cm_store *store, const struct cm_principal *caller,
                                 const struct cm_record *record, struct cm_err *err)
{
	struct dependents dependents;
	struct cm_buf before = {0};
	enum cm_status rc;

	do {
		dependents.count = 0;
		rc = cm_entity_dependents(store, record, AT_ONCE, keep_dependent, &dependents, err);
		for (size_t i = 0; rc == CM_OK && i < dependents.count; i++)
			rc = follow(store, caller, dependents.row[i].entity, &dependents.row[i].id,
			            record, err);
	} while (rc == CM_OK && dependents.count == AT_ONCE);
	cm_fields_put(&before, record);
	if (rc == CM_OK)
		rc = cm_entity_delete(store, record->entity, cm_record_text(record, "owner"),
		                      cm_record_text(record, "name"), err);
	if (rc == CM_OK)
		rc = audit(store, caller, "delete", record, &before, err);
	cm_buf_clear(&before);
	return rc;
}

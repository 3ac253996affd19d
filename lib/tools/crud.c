#include "tools/crud.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "tools/access.h"
#include "tools/fields.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 100, PAGE_BYTES = 1048576, ID_TEXT = 2 * CM_NAME_MAX + 2 };

bool cm_id_parse(const char *text, struct cm_id *out)
{
	const char *slash = strchr(text, '/');
	size_t owner;

	if (slash == NULL)
		return false;
	owner = (size_t)(slash - text);
	if (owner >= sizeof out->owner || strlen(slash + 1) >= sizeof out->name)
		return false;
	memcpy(out->owner, text, owner);
	out->owner[owner] = '\0';
	memcpy(out->name, slash + 1, strlen(slash + 1) + 1);
	return cm_fields_is_name(out->owner) && cm_fields_is_name(out->name);
}

/* Arguments that the tool does not have are refused: a misspelt one must not pass unnoticed. */
static enum cm_status check_arguments(const struct cm_tool_call *call, const char *const *known,
                                      struct cm_err *err)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	while (cm_json_each(call->arguments, &cursor, &name, &value)) {
		bool found = false;

		for (const char *const *one = known; *one != NULL; one++)
			found = found || strcmp(*one, name) == 0;
		if (!found)
			return cm_err_set(err, CM_INPUT, "%.60s: %s has no such argument.", name,
			                  call->tool->name);
	}
	return CM_OK;
}

static enum cm_status read_id(const struct cm_tool_call *call, struct cm_id *out,
                              struct cm_err *err)
{
	const char *id = cm_json_string(cm_json_get(call->arguments, "id"));

	if (id == NULL || !cm_id_parse(id, out))
		return cm_err_set(err, CM_INPUT, "id: must be a string such as my-org/my-%s.",
		                  call->tool->crud->entity->name);
	return CM_OK;
}

enum cm_status cm_crud_read_only_id(const struct cm_tool_call *call, struct cm_id *out,
                                    struct cm_err *err)
{
	static const char *const known[] = {"id", NULL};
	enum cm_status rc = check_arguments(call, known, err);

	return rc == CM_OK ? read_id(call, out, err) : rc;
}

static enum cm_status read_object(const struct cm_tool_call *call, const cm_json **out,
                                  struct cm_err *err)
{
	const char *name = call->tool->crud->entity->name;

	*out = cm_json_get(call->arguments, name);
	if (cm_json_type(*out) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_INPUT, "%s: must be an object.", name);
	return CM_OK;
}

static void put_id(const struct cm_record *record, char out[ID_TEXT])
{
	snprintf(out, ID_TEXT, "%s/%s", cm_record_text(record, "owner"),
	         cm_record_text(record, "name"));
}

static enum cm_status audit(struct cm_store *store, const struct cm_principal *caller,
                            const char *tool, const char *target, struct cm_err *err)
{
	struct cm_audit row = cm_principal_audit(caller, tool, target, CM_OK);

	return cm_audit_insert(store, &row, err);
}

/* --- list --- */

/* A cursor is the id of the last row of the page before, in base64url. */
static void put_cursor(struct cm_buf *buf, const char *id)
{
	char text[CM_BASE64URL_SIZE(ID_TEXT)];

	cm_encode_base64url(id, strlen(id), text);
	cm_buf_puts(buf, text);
}

static bool read_cursor(const char *text, struct cm_id *out)
{
	unsigned char id[CM_BASE64URL_SIZE(ID_TEXT) + 1];
	size_t len = strlen(text), id_len = 0;

	if (len >= sizeof id || !cm_decode_base64url(text, len, id, &id_len))
		return false;
	id[id_len] = '\0';
	return strlen((char *)id) == id_len && cm_id_parse((char *)id, out);
}

/* The arguments of a list, checked. */
struct list {
	const char *owner;  /* NULL: of all */
	const char *prefix; /* of the names */
	int64_t size;
	struct cm_id after;
};

static enum cm_status read_list(const struct cm_tool_call *call, struct list *out,
                                struct cm_err *err)
{
	static const char *const known[] = {"owner", "namePrefix", "pageSize", "cursor", NULL};
	const cm_json *value;
	const char *text;
	enum cm_status rc = check_arguments(call, known, err);

	if (rc != CM_OK)
		return rc;
	*out = (struct list){.size = PAGE_DEFAULT, .prefix = ""};
	if (cm_json_find(call->arguments, "pageSize", &value) && value != NULL &&
	    (!cm_json_integer(value, &out->size) || out->size < 1 || out->size > PAGE_MAX))
		return cm_err_set(err, CM_INPUT, "pageSize: must be a whole number from 1 to %d.",
		                  PAGE_MAX);
	if (cm_json_find(call->arguments, "cursor", &value) && value != NULL) {
		text = cm_json_string(value);
		if (text == NULL || !read_cursor(text, &out->after))
			return cm_err_set(err, CM_INPUT,
			                  "cursor: must be one that an earlier page gave.");
	}
	if (cm_json_find(call->arguments, "namePrefix", &value) && value != NULL) {
		out->prefix = cm_json_string(value);
		if (out->prefix == NULL ||
		    (*out->prefix != '\0' && !cm_fields_is_name(out->prefix)))
			return cm_err_set(err, CM_INPUT,
			                  "namePrefix: must be the beginning of a name.");
	}
	if (cm_json_find(call->arguments, "owner", &value) && value != NULL) {
		out->owner = cm_json_string(value);
		if (out->owner == NULL || !cm_fields_is_name(out->owner))
			return cm_err_set(err, CM_INPUT, "owner: must be an organisation's name.");
	}
	if (out->owner != NULL)
		return cm_access_list(call->caller, out->owner, err);
	if (!cm_principal_is_built_in(call->caller))
		out->owner = call->caller->organization;
	return CM_OK;
}

struct page {
	struct cm_tool_result *result;
	int64_t size;
	int64_t rows;
	char last[ID_TEXT];
	bool more;
};

static enum cm_status add_row(const struct cm_record *record, void *arg, struct cm_err *err)
{
	struct page *page = arg;

	(void)err;
	/* One row more than the page was asked for; large rows make a page end early. */
	if (page->more || page->rows == page->size || page->result->text.len > PAGE_BYTES) {
		page->more = true;
		return CM_OK;
	}
	cm_fields_put(&page->result->text, record);
	put_id(record, page->last);
	page->rows++;
	return CM_OK;
}

static void finish_list(const struct cm_tool_call *call, struct page *page)
{
	struct cm_tool_result *result = page->result;
	const char *plural = call->tool->crud->entity->plural;
	struct cm_buf cursor = {0};

	cm_json_put_close(&result->text, ']');
	if (page->more)
		put_cursor(&cursor, page->last);
	cm_json_put_open(&result->structured, '{');
	cm_json_put_name(&result->structured, plural);
	cm_json_put_raw(&result->structured, cm_buf_str(&result->text));
	if (page->more) {
		cm_json_put_member(&result->structured, "nextCursor", cm_buf_str(&cursor));
		cm_buf_printf(&result->note,
		              "There are more %s. To get the next page, call %s again with "
		              "cursor \"%s\".",
		              plural, call->tool->name, cm_buf_str(&cursor));
	}
	cm_json_put_close(&result->structured, '}');
	if (cursor.failed)
		result->structured.failed = true;
	cm_buf_clear(&cursor);
}

enum cm_status cm_crud_list(const struct cm_tool_call *call, struct cm_tool_result *result,
                            struct cm_err *err)
{
	struct list list;
	struct page page = {.result = result};
	enum cm_status rc = read_list(call, &list, err);
	bool all = cm_principal_is_built_in(call->caller);

	if (rc != CM_OK)
		return rc;
	page.size = list.size;
	cm_json_put_open(&result->text, '[');
	rc = cm_entity_list(call->ctx->store, call->tool->crud->entity,
	                    &(struct cm_page){
	                        .owner = list.owner,
	                        .organization = all ? NULL : call->caller->organization,
	                        .name_prefix = list.prefix,
	                        .after_owner = list.after.owner,
	                        .after_name = list.after.name,
	                        .limit = list.size + 1,
	                    },
	                    add_row, &page, err);
	if (rc == CM_OK)
		finish_list(call, &page);
	return rc;
}

/* --- get --- */

enum cm_status cm_crud_get(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err)
{
	struct cm_record record;
	struct cm_id id;
	enum cm_status rc;

	cm_record_init(&record, call->tool->crud->entity);
	if ((rc = cm_crud_read_only_id(call, &id, err)) == CM_OK &&
	    (rc = cm_entity_get(call->ctx->store, id.owner, id.name, &record, err)) == CM_OK &&
	    (rc = cm_access_see(call->caller, &record, err)) == CM_OK)
		cm_fields_put(&result->text, &record);
	cm_record_clear(&record);
	return rc;
}

/* --- add --- */

struct add {
	const struct cm_tool_call *call;
	struct cm_record *record;
};

static enum cm_status write_new(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct add *add = arg;
	const struct cm_crud *crud = add->call->tool->crud;
	char id[ID_TEXT];
	enum cm_status rc =
	    cm_access_change(store, add->call->caller, add->record, crud->held(add->record), err);

	put_id(add->record, id);
	if (rc == CM_OK)
		rc = cm_entity_insert(store, add->record, err);
	return rc == CM_OK ? audit(store, add->call->caller, add->call->tool->name, id, err) : rc;
}

/* A conflict in words: which of the two unique values was taken. */
static enum cm_status explain_conflict(struct cm_store *store, const struct cm_crud *crud,
                                       const struct cm_record *record, struct cm_err *err)
{
	struct cm_record other;
	char id[ID_TEXT];
	enum cm_status rc;

	put_id(record, id);
	cm_record_init(&other, record->entity);
	rc = cm_entity_get(store, cm_record_text(record, "owner"), cm_record_text(record, "name"),
	                   &other, NULL);
	cm_record_clear(&other);
	cm_err_clear(err);
	if (rc == CM_OK)
		return cm_err_set(err, CM_CONFLICT, "%s %s exists already.", record->entity->name,
		                  id);
	return cm_err_set(err, CM_CONFLICT, "%s.%s: another %s has the same.", crud->entity->name,
	                  crud->unique, crud->entity->name);
}

/* Who is named neither way gets the caller's own organisation. */
static enum cm_status default_owner(struct cm_record *record, const struct cm_principal *caller,
                                    struct cm_err *err)
{
	const char *owner = cm_record_text(record, "owner");
	const char *organization = cm_record_text(record, "organization");

	if (*owner == '\0')
		return cm_record_set_text(
		    record, "owner", *organization == '\0' ? caller->organization : organization,
		    err);
	return *organization == '\0' ? cm_record_set_text(record, "organization", owner, err)
	                             : CM_OK;
}

/* Apply a change and everything that follows from it. */
static enum cm_status apply(const struct cm_crud *crud, const struct cm_principal *caller,
                            struct cm_record *record, const cm_json *patch, bool creating,
                            struct cm_buf *once, struct cm_err *err)
{
	enum cm_status rc;

	if ((rc = cm_fields_apply(record, patch, creating, err)) != CM_OK)
		return rc;
	/* Twice, for a record that names neither: the organisation then follows the owner. */
	if ((rc = default_owner(record, caller, err)) != CM_OK ||
	    (rc = default_owner(record, caller, err)) != CM_OK)
		return rc;
	return crud->complete(record, creating, once, err);
}

enum cm_status cm_crud_add(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err)
{
	const struct cm_crud *crud = call->tool->crud;
	const char *const known[] = {crud->entity->name, NULL};
	struct cm_buf once = {0};
	const cm_json *object = NULL;
	struct cm_record record;
	enum cm_status rc;

	cm_record_init(&record, crud->entity);
	if ((rc = check_arguments(call, known, err)) != CM_OK ||
	    (rc = read_object(call, &object, err)) != CM_OK ||
	    (rc = cm_fields_default(&record, err)) != CM_OK)
		goto out;
	cm_record_value(&record, "created_at_s")->integer = cm_clock_now_s();
	cm_record_value(&record, "updated_at_s")->integer = cm_clock_now_s();
	if ((rc = apply(crud, call->caller, &record, object, true, &once, err)) != CM_OK)
		goto out;
	rc = cm_store_write(call->ctx->store, write_new, &(struct add){call, &record}, err);
	if (rc == CM_CONFLICT)
		rc = explain_conflict(call->ctx->store, crud, &record, err);
	if (rc != CM_OK)
		goto out;
	cm_fields_put_open(&result->text, &record);
	if (once.len > 0)
		cm_json_put_raw(&result->text, cm_buf_str(&once));
	cm_json_put_close(&result->text, '}');
	rc = cm_buf_status(&once, err);
out:
	cm_buf_clear(&once);
	cm_record_clear(&record);
	return rc;
}

/* --- update --- */

static enum cm_status write_change(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct cm_crud_change *change = arg;
	const struct cm_crud *crud = change->crud;
	const struct cm_id *id = &change->id;
	struct cm_record *record = change->record;
	char old[ID_TEXT];
	enum cm_status rc;

	if ((rc = cm_entity_get(store, id->owner, id->name, record, err)) != CM_OK ||
	    (rc = cm_access_see(change->caller, record, err)) != CM_OK ||
	    (rc = cm_access_change(store, change->caller, record, crud->held(record), err)) !=
	        CM_OK)
		return rc;
	put_id(record, old);
	if ((rc = change->change(record, change->arg, err)) != CM_OK ||
	    (rc = cm_access_change(store, change->caller, record, crud->held(record), err)) !=
	        CM_OK)
		return rc;
	cm_record_value(record, "updated_at_s")->integer = cm_clock_now_s();
	rc = cm_entity_update(store, id->owner, id->name, record, err);
	return rc == CM_OK ? audit(store, change->caller, change->tool, old, err) : rc;
}

enum cm_status cm_crud_change_row(struct cm_store *store, struct cm_crud_change *change,
                                  struct cm_err *err)
{
	enum cm_status rc = cm_store_write(store, write_change, change, err);

	return rc == CM_CONFLICT ? explain_conflict(store, change->crud, change->record, err) : rc;
}

struct update {
	const struct cm_tool_call *call;
	const cm_json *patch;
};

static enum cm_status apply_update(struct cm_record *record, void *arg, struct cm_err *err)
{
	const struct update *update = arg;
	struct cm_buf once = {0};
	enum cm_status rc = apply(update->call->tool->crud, update->call->caller, record,
	                          update->patch, false, &once, err);

	cm_buf_clear(&once);
	return rc;
}

enum cm_status cm_crud_update(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err)
{
	const struct cm_crud *crud = call->tool->crud;
	const char *const known[] = {"id", crud->entity->name, NULL};
	struct update update = {.call = call};
	struct cm_record record;
	struct cm_crud_change change = {
	    .crud = crud,
	    .caller = call->caller,
	    .tool = call->tool->name,
	    .record = &record,
	    .change = apply_update,
	    .arg = &update,
	};
	enum cm_status rc;

	cm_record_init(&record, crud->entity);
	if ((rc = check_arguments(call, known, err)) == CM_OK &&
	    (rc = read_id(call, &change.id, err)) == CM_OK &&
	    (rc = read_object(call, &update.patch, err)) == CM_OK &&
	    (rc = cm_crud_change_row(call->ctx->store, &change, err)) == CM_OK)
		cm_fields_put(&result->text, &record);
	cm_record_clear(&record);
	return rc;
}

/* --- delete --- */

struct removal {
	const struct cm_tool_call *call;
	struct cm_id id;
};

static enum cm_status write_removal(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct removal *removal = arg;
	const struct cm_entity *entity = removal->call->tool->crud->entity;
	const struct cm_id *id = &removal->id;
	struct cm_record record;
	char text[ID_TEXT];
	enum cm_status rc;

	cm_record_init(&record, entity);
	if ((rc = cm_entity_get(store, id->owner, id->name, &record, err)) == CM_OK &&
	    (rc = cm_access_see(removal->call->caller, &record, err)) == CM_OK)
		rc = cm_entity_delete(store, entity, id->owner, id->name, err);
	put_id(&record, text);
	cm_record_clear(&record);
	return rc == CM_OK
	           ? audit(store, removal->call->caller, removal->call->tool->name, text, err)
	           : rc;
}

/* The row is named by its id, or by an object with owner and name as Casdoor has it. */
static enum cm_status read_target(const struct cm_tool_call *call, struct cm_id *out,
                                  struct cm_err *err)
{
	const char *entity = call->tool->crud->entity->name;
	const cm_json *object = cm_json_get(call->arguments, entity);
	const char *owner = cm_json_string(cm_json_get(object, "owner"));
	const char *name = cm_json_string(cm_json_get(object, "name"));
	bool by_id = cm_json_get(call->arguments, "id") != NULL;

	if (by_id != (object == NULL))
		return cm_err_set(err, CM_INPUT, "id: give either id or %s, with owner and name.",
		                  entity);
	if (by_id)
		return read_id(call, out, err);
	if (owner == NULL || name == NULL || !cm_fields_is_name(owner) ||
	    !cm_fields_is_name(name) || strlen(owner) > CM_NAME_MAX || strlen(name) > CM_NAME_MAX)
		return cm_err_set(err, CM_INPUT, "%s: must have owner and name.", entity);
	memcpy(out->owner, owner, strlen(owner) + 1);
	memcpy(out->name, name, strlen(name) + 1);
	return CM_OK;
}

enum cm_status cm_crud_delete(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err)
{
	const char *const known[] = {"id", call->tool->crud->entity->name, NULL};
	struct removal removal = {.call = call};
	enum cm_status rc;

	if ((rc = check_arguments(call, known, err)) != CM_OK ||
	    (rc = read_target(call, &removal.id, err)) != CM_OK ||
	    (rc = cm_store_write(call->ctx->store, write_removal, &removal, err)) != CM_OK)
		return rc;
	cm_json_put_open(&result->text, '{');
	cm_json_put_member(&result->text, "owner", removal.id.owner);
	cm_json_put_member(&result->text, "name", removal.id.name);
	cm_json_put_name(&result->text, "deleted");
	cm_json_put_bool(&result->text, true);
	cm_json_put_close(&result->text, '}');
	return CM_OK;
}

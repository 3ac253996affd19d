#include "tools/crud.h"

#include "base/clock.h"
#include "tools/access.h"
#include "tools/arguments.h"
#include "tools/fields.h"

static enum cm_status audit(struct cm_store *store, const struct cm_principal *caller,
                            const char *tool, const char *target, struct cm_err *err)
{
	struct cm_audit row = cm_principal_audit(caller, tool, target, CM_OK);

	return cm_audit_insert(store, &row, err);
}

/* --- get --- */

enum cm_status cm_crud_get(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err)
{
	struct cm_record record;
	struct cm_id id;
	enum cm_status rc;

	cm_record_init(&record, call->tool->crud->entity);
	if ((rc = cm_arguments_only_id(call, &id, err)) == CM_OK &&
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
	char id[CM_ID_LENGTH];
	enum cm_status rc =
	    cm_access_change(store, add->call->caller, add->record, crud->held(add->record), err);

	cm_id_format(add->record, id);
	if (rc == CM_OK)
		rc = cm_entity_insert(store, add->record, err);
	return rc == CM_OK ? audit(store, add->call->caller, add->call->tool->name, id, err) : rc;
}

/* A conflict in words: which of the two unique values was taken. */
static enum cm_status explain_conflict(struct cm_store *store, const struct cm_crud *crud,
                                       const struct cm_record *record, struct cm_err *err)
{
	struct cm_record other;
	char id[CM_ID_LENGTH];
	enum cm_status rc;

	cm_id_format(record, id);
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

/* The one of owner and organization that is missing follows the other; both, the caller's. */
static enum cm_status default_owner(struct cm_record *record, const struct cm_principal *caller,
                                    struct cm_err *err)
{
	const char *owner = cm_record_text(record, "owner");
	const char *organization = cm_record_text(record, "organization");
	bool no_owner = *owner == '\0', no_organization = *organization == '\0';
	const char *home = no_owner ? organization : owner;
	enum cm_status rc = CM_OK;

	if (no_owner && no_organization)
		home = caller->organization;
	if (no_owner)
		rc = cm_record_set_text(record, "owner", home, err);
	if (rc == CM_OK && no_organization)
		rc = cm_record_set_text(record, "organization", home, err);
	return rc;
}

/* Apply a change and everything that follows from it. */
static enum cm_status apply(const struct cm_tool_call *call, struct cm_record *record,
                            const cm_json *patch, bool creating, struct cm_buf *once,
                            struct cm_err *err)
{
	enum cm_status rc;

	if ((rc = cm_fields_apply(record, patch, creating, err)) != CM_OK ||
	    (rc = default_owner(record, call->caller, err)) != CM_OK)
		return rc;
	return call->tool->crud->complete(record, creating, once, err);
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
	if ((rc = cm_arguments_check(call, known, err)) != CM_OK ||
	    (rc = cm_arguments_object(call, &object, err)) != CM_OK ||
	    (rc = cm_fields_default(&record, err)) != CM_OK)
		goto out;
	cm_record_value(&record, "created_at_s")->integer = cm_clock_now_s();
	cm_record_value(&record, "updated_at_s")->integer = cm_clock_now_s();
	if ((rc = apply(call, &record, object, true, &once, err)) != CM_OK)
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
	char old[CM_ID_LENGTH];
	enum cm_status rc;

	if ((rc = cm_entity_get(store, id->owner, id->name, record, err)) != CM_OK ||
	    (rc = cm_access_see(change->caller, record, err)) != CM_OK ||
	    (rc = cm_access_change(store, change->caller, record, crud->held(record), err)) !=
	        CM_OK)
		return rc;
	cm_id_format(record, old);
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
	enum cm_status rc = apply(update->call, record, update->patch, false, &once, err);

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
	if ((rc = cm_arguments_check(call, known, err)) == CM_OK &&
	    (rc = cm_arguments_id(call, &change.id, err)) == CM_OK &&
	    (rc = cm_arguments_object(call, &update.patch, err)) == CM_OK &&
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
	char text[CM_ID_LENGTH];
	enum cm_status rc;

	cm_record_init(&record, entity);
	if ((rc = cm_entity_get(store, id->owner, id->name, &record, err)) == CM_OK &&
	    (rc = cm_access_see(removal->call->caller, &record, err)) == CM_OK)
		rc = cm_entity_delete(store, entity, id->owner, id->name, err);
	cm_id_format(&record, text);
	cm_record_clear(&record);
	return rc == CM_OK
	           ? audit(store, removal->call->caller, removal->call->tool->name, text, err)
	           : rc;
}

enum cm_status cm_crud_delete(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err)
{
	const char *const known[] = {"id", call->tool->crud->entity->name, NULL};
	struct removal removal = {.call = call};
	enum cm_status rc;

	if ((rc = cm_arguments_check(call, known, err)) != CM_OK ||
	    (rc = cm_arguments_target(call, &removal.id, err)) != CM_OK ||
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

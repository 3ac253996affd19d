#include <string.h>

#include "tools/access.h"
#include "tools/cascade.h"
#include "tools/crud.h"

/* What is asked for, and what is found on the way. */
struct removal {
	const struct cm_tool_call *call;
	struct cm_id id;
	bool cascade, dry_run;
	const char *if_match;
	struct cm_buf dependents;
};

/* What depends on the row keeps it, unless it may go too. */
static enum cm_status check_dependents(struct cm_store *store, struct removal *removal,
                                       const struct cm_record *record, struct cm_err *err)
{
	enum cm_status rc = cm_cascade_put_dependents(store, record, &removal->dependents, err);

	if (rc != CM_OK || removal->dependents.len == 0 || removal->cascade)
		return rc;
	return cm_err_set(err, CM_CONFLICT,
	                  "%s %s/%s is needed by: %s. With cascade they lose it, or go with "
	                  "it.",
	                  record->entity->name, removal->id.owner, removal->id.name,
	                  cm_buf_str(&removal->dependents));
}

static enum cm_status check(struct cm_store *store, const struct removal *removal,
                            struct cm_record *record, struct cm_err *err)
{
	const struct cm_crud *crud = removal->call->tool->crud;
	cm_scope_set held = 0;
	enum cm_status rc;

	if ((rc = cm_entity_get(store, removal->id.owner, removal->id.name, record, err)) !=
	        CM_OK ||
	    (rc = cm_access_see(removal->call->caller, record, err)) != CM_OK ||
	    (rc = crud->held(store, record, &held, err)) != CM_OK ||
	    (rc = cm_access_remove(crud, removal->call->caller, record, held, err)) != CM_OK)
		return rc;
	if (crud->check_removal != NULL && (rc = crud->check_removal(record, err)) != CM_OK)
		return rc;
	return cm_crud_check_version(removal->if_match, record, err);
}

static enum cm_status write_removal(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct removal *removal = arg;
	struct cm_record record;
	enum cm_status rc;

	cm_record_init(&record, removal->call->tool->crud->entity);
	rc = check(store, removal, &record, err);
	if (rc == CM_OK)
		rc = check_dependents(store, removal, &record, err);
	if (rc == CM_OK)
		rc = cm_cascade_remove(store, removal->call->caller, &record, err);
	cm_record_clear(&record);
	return rc == CM_OK && removal->dry_run ? cm_err_set(err, CM_DRY_RUN, "dry run") : rc;
}

static void put_answer(const struct removal *removal, struct cm_tool_result *result)
{
	struct cm_buf *buf = &result->text;

	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "owner", removal->id.owner);
	cm_json_put_member(buf, "name", removal->id.name);
	cm_json_put_name(buf, "deleted");
	cm_json_put_bool(buf, !removal->dry_run);
	if (removal->dependents.len > 0)
		cm_json_put_member(buf, "neededBy", cm_buf_str(&removal->dependents));
	cm_json_put_close(buf, '}');
	if (removal->dry_run)
		cm_buf_puts(&result->note, "This was a dry run: nothing was deleted.");
}

enum cm_status cm_crud_delete(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err)
{
	const struct cm_entity *entity = call->tool->crud->entity;
	const char *version = cm_entity_is_versioned(entity) ? "if_match" : NULL;
	const char *const known[] = {"id", entity->name, "cascade", "dry_run", version, NULL};
	struct removal removal = {.call = call};
	enum cm_status rc;

	if ((rc = cm_arguments_check(call, known, err)) == CM_OK &&
	    (rc = cm_arguments_target(call, &removal.id, err)) == CM_OK &&
	    (rc = cm_arguments_bool(call, "cascade", &removal.cascade, err)) == CM_OK &&
	    (rc = cm_arguments_bool(call, "dry_run", &removal.dry_run, err)) == CM_OK &&
	    (rc = cm_arguments_text(call, "if_match", &removal.if_match, err)) == CM_OK)
		rc = cm_access_write(call->ctx, call->caller, write_removal, &removal, err);
	if (rc == CM_DRY_RUN) {
		cm_err_clear(err);
		rc = CM_OK;
	}
	if (rc == CM_OK)
		put_answer(&removal, result);
	cm_buf_clear(&removal.dependents);
	return rc;
}

#include "tools/crud.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tools/access.h"
#include "tools/arguments.h"
#include "tools/fields.h"

static enum cm_status audit(struct cm_store *store, const struct cm_crud_change *change,
                            const char *target, const char *after, struct cm_err *err)
{
	struct cm_audit row = cm_principal_audit(change->caller, change->tool, target, CM_OK);

	row.before = change->before.len > 0 ? cm_buf_str(&change->before) : NULL;
	row.after = after;
	return cm_audit_insert(store, &row, err);
}

/* --- get --- */

enum cm_status cm_crud_get_row(const struct cm_tool_call *call, const struct cm_id *id,
                               struct cm_tool_result *result, struct cm_err *err)
{
	struct cm_record record;
	enum cm_status rc;

	cm_record_init(&record, call->tool->crud->entity);
	if ((rc = cm_entity_get(call->ctx->store, id->owner, id->name, &record, err)) == CM_OK &&
	    (rc = cm_access_see(call->caller, &record, err)) == CM_OK)
		cm_fields_put(&result->text, &record);
	cm_record_clear(&record);
	return rc;
}

enum cm_status cm_crud_get(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err)
{
	struct cm_id id;
	enum cm_status rc = cm_arguments_only_id(call, &id, err);

	return rc == CM_OK ? cm_crud_get_row(call, &id, result, err) : rc;
}

/* --- writing, new or changed --- */

/* Whether the caller may leave the record like this behind, or touch it as it is. */
static enum cm_status check_access(struct cm_store *store, const struct cm_crud *crud,
                                   const struct cm_principal *caller,
                                   const struct cm_record *record, struct cm_err *err)
{
	cm_scope_set held = 0;
	enum cm_status rc = crud->held(store, record, &held, err);

	return rc == CM_OK ? cm_access_change(store, crud, caller, record, held, err) : rc;
}

/* Links come out of the store in an order of their own: what is told is what others will read. */
static enum cm_status read_again(const struct cm_crud_step *step, struct cm_err *err)
{
	char id[CM_ID_LENGTH];
	struct cm_id now;

	cm_id_format(step->record, id);
	if (step->record->entity->link[0].column == NULL || !cm_id_parse(id, &now))
		return CM_OK;
	return cm_entity_get(step->store, now.owner, now.name, step->record, err);
}

/* The end of every change: what the store must look like now, the audit row, and the undoing. */
static enum cm_status finish(const struct cm_crud_step *step, const struct cm_crud_change *change,
                             struct cm_err *err)
{
	struct cm_buf after = {0};
	char id[CM_ID_LENGTH];
	enum cm_status rc = read_again(step, err);

	if (rc == CM_OK && change->crud->check != NULL)
		rc = change->crud->check(step, err);
	if (rc == CM_OK)
		rc = check_access(step->store, change->crud, step->caller, step->record, err);
	/* The trail names a row as it was called when it was changed. */
	if (step->id != NULL)
		snprintf(id, sizeof id, "%s/%s", step->id->owner, step->id->name);
	else
		cm_id_format(step->record, id);
	cm_fields_put(&after, step->record);
	if (rc == CM_OK)
		rc = cm_buf_status(&after, err);
	if (rc == CM_OK)
		rc = audit(step->store, change, id, cm_buf_str(&after), err);
	cm_buf_clear(&after);
	return rc == CM_OK && change->dry_run ? cm_err_set(err, CM_DRY_RUN, "dry run") : rc;
}

/* A conflict in words: which of the unique values was taken.  was: NULL when the row is new. */
static enum cm_status explain_conflict(struct cm_store *store, const struct cm_crud *crud,
                                       const struct cm_id *was, const struct cm_record *record,
                                       struct cm_err *err)
{
	const char *owner = cm_record_text(record, "owner"), *name = cm_record_text(record, "name");
	struct cm_record other;
	char id[CM_ID_LENGTH];
	bool taken;

	cm_id_format(record, id);
	cm_record_init(&other, record->entity);
	/* A row is in nobody's way under the name that it had. */
	taken = (was == NULL || strcmp(was->owner, owner) != 0 || strcmp(was->name, name) != 0) &&
	        cm_entity_get(store, owner, name, &other, NULL) == CM_OK;
	cm_record_clear(&other);
	cm_err_clear(err);
	if (taken || crud->unique == NULL)
		return cm_err_set(err, CM_CONFLICT, "%s %s exists already.", record->entity->name,
		                  id);
	return cm_err_set(err, CM_CONFLICT, "%s.%s: another %s has the same.", crud->entity->name,
	                  crud->unique, crud->entity->name);
}

/* The one of owner and organization that is missing follows the other; both, the caller's. */
static enum cm_status default_owner(struct cm_record *record, const struct cm_principal *caller,
                                    struct cm_err *err)
{
	bool two = cm_entity_has(record->entity, "organization");
	const char *owner = cm_record_text(record, "owner");
	const char *organization = two ? cm_record_text(record, "organization") : owner;
	bool no_owner = *owner == '\0', no_organization = *organization == '\0';
	const char *home = no_owner ? organization : owner;
	enum cm_status rc = CM_OK;

	if (no_owner && no_organization)
		home = caller->organization;
	if (no_owner)
		rc = cm_record_set_text(record, "owner", home, err);
	if (rc == CM_OK && two && no_organization)
		rc = cm_record_set_text(record, "organization", home, err);
	return rc;
}

/* What takes long, while nobody waits for the lock. */
static enum cm_status prepare(const struct cm_tool_call *call, struct cm_crud_change *change,
                              struct cm_err *err)
{
	const struct cm_crud *crud = change->crud;

	return crud->prepare == NULL ? CM_OK
	                             : crud->prepare(call, change->patch, &change->prepared, err);
}

/* Apply a change and everything that follows from it. */
static enum cm_status apply(const struct cm_crud_step *step, const struct cm_crud *crud,
                            struct cm_err *err)
{
	enum cm_status rc;

	if ((rc = cm_fields_apply(step->record, step->patch, step->id == NULL, err)) != CM_OK ||
	    (rc = default_owner(step->record, step->caller, err)) != CM_OK)
		return rc;
	return crud->complete(step, err);
}

/* --- add --- */

static enum cm_status write_new(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct cm_crud_change *change = arg;
	struct cm_crud_step step = {
	    .store = store,
	    .caller = change->caller,
	    .record = change->record,
	    .patch = change->patch,
	    .prepared = cm_buf_str(&change->prepared),
	    .once = &change->once,
	};
	enum cm_status rc;

	if ((rc = cm_fields_default(change->record, err)) != CM_OK)
		return rc;
	cm_record_value(change->record, "created_at_s")->integer = cm_clock_now_s();
	cm_record_value(change->record, "updated_at_s")->integer = cm_clock_now_s();
	if ((rc = apply(&step, change->crud, err)) != CM_OK ||
	    (rc = check_access(store, change->crud, change->caller, change->record, err)) !=
	        CM_OK ||
	    (rc = cm_entity_insert(store, change->record, err)) != CM_OK)
		return rc;
	return finish(&step, change, err);
}

/* The answer to add and update: the row, what is told once, and what a dry run would do. */
static enum cm_status put_answer(const struct cm_crud_change *change, bool new_row,
                                 struct cm_tool_result *result, struct cm_err *err)
{
	struct cm_buf after = {0};

	cm_fields_put_open(&result->text, change->record);
	if (change->dry_run) {
		cm_fields_put(&after, change->record);
		cm_crud_put_dry_run(&result->text, cm_buf_str(&change->before), cm_buf_str(&after));
		cm_buf_puts(&result->note, "This was a dry run: nothing was changed.");
	} else if (new_row && change->once.len > 0) {
		cm_json_put_raw(&result->text, cm_buf_str(&change->once));
	}
	cm_json_put_close(&result->text, '}');
	if (after.failed || change->once.failed)
		result->text.failed = true;
	cm_buf_clear(&after);
	return cm_buf_status(&result->text, err);
}

/* A dry run that went well is a success. */
static enum cm_status undone(enum cm_status rc, struct cm_err *err)
{
	if (rc != CM_DRY_RUN)
		return rc;
	cm_err_clear(err);
	return CM_OK;
}

enum cm_status cm_crud_add(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err)
{
	const struct cm_crud *crud = call->tool->crud;
	const char *const known[] = {crud->entity->name, "dry_run", NULL};
	struct cm_record record;
	struct cm_crud_change change = {
	    .crud = crud, .caller = call->caller, .tool = call->tool->name, .record = &record};
	enum cm_status rc;

	cm_record_init(&record, crud->entity);
	if ((rc = cm_arguments_check(call, known, err)) == CM_OK &&
	    (rc = cm_arguments_object(call, &change.patch, err)) == CM_OK &&
	    (rc = cm_arguments_bool(call, "dry_run", &change.dry_run, err)) == CM_OK &&
	    (rc = prepare(call, &change, err)) == CM_OK)
		rc = cm_access_write(call->ctx, call->caller, write_new, &change, err);
	if (rc == CM_CONFLICT)
		rc = explain_conflict(call->ctx->store, crud, NULL, &record, err);
	rc = undone(rc, err);
	if (rc == CM_OK)
		rc = put_answer(&change, true, result, err);
	cm_buf_clear(&change.prepared);
	cm_buf_clear(&change.once);
	cm_record_clear(&record);
	return rc;
}

/* --- update --- */

enum cm_status cm_crud_check_version(const char *if_match, struct cm_record *record,
                                     struct cm_err *err)
{
	int64_t read_at_s, updated_at_s;
	char at[CM_CLOCK_TEXT];

	if (if_match == NULL)
		return CM_OK;
	if (!cm_clock_parse(if_match, &read_at_s))
		return cm_err_set(err, CM_INPUT,
		                  "if_match: must be a time such as 2026-01-02T03:04:05Z.");
	updated_at_s = cm_record_value(record, "updated_at_s")->integer;
	if (read_at_s == updated_at_s)
		return CM_OK;
	cm_clock_format(updated_at_s, at);
	return cm_err_set(err, CM_CONFLICT,
	                  "if_match: %s %s/%s was changed at %s by somebody else. Read it again.",
	                  record->entity->name, cm_record_text(record, "owner"),
	                  cm_record_text(record, "name"), at);
}

static enum cm_status write_change(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct cm_crud_change *change = arg;
	const struct cm_crud *crud = change->crud;
	const struct cm_id *id = &change->id;
	struct cm_record *record = change->record;
	struct cm_crud_step step = {.store = store,
	                            .caller = change->caller,
	                            .id = id,
	                            .record = record,
	                            .patch = change->patch,
	                            .prepared = cm_buf_str(&change->prepared),
	                            .once = &change->once};
	int64_t now_s = cm_clock_now_s(), old_s;
	enum cm_status rc;

	if ((rc = cm_entity_get(store, id->owner, id->name, record, err)) != CM_OK ||
	    (rc = cm_access_see(change->caller, record, err)) != CM_OK ||
	    (rc = check_access(store, crud, change->caller, record, err)) != CM_OK)
		return rc;
	old_s = cm_record_value(record, "updated_at_s")->integer;
	if ((rc = cm_crud_check_version(change->if_match, record, err)) != CM_OK)
		return rc;
	cm_fields_put(&change->before, record);
	if ((rc = cm_buf_status(&change->before, err)) != CM_OK ||
	    (rc = change->change(&step, change->arg, err)) != CM_OK ||
	    (rc = check_access(store, crud, change->caller, record, err)) != CM_OK)
		return rc;
	cm_record_value(record, "updated_at_s")->integer = now_s > old_s ? now_s : old_s + 1;
	if ((rc = cm_entity_update(store, id->owner, id->name, record, err)) != CM_OK)
		return rc;
	return finish(&step, change, err);
}

enum cm_status cm_crud_change_row(struct cm_context *ctx, struct cm_crud_change *change,
                                  struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc = cm_access_write(ctx, change->caller, write_change, change, &why);

	/* SQLite's own conflicts say nothing of what was in conflict. */
	if (rc == CM_CONFLICT && strncmp(why.text, "if_match", 8) != 0)
		return explain_conflict(ctx->store, change->crud, &change->id, change->record, err);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

/* arg is the entity's struct cm_crud. */
static enum cm_status apply_patch(const struct cm_crud_step *step, void *arg, struct cm_err *err)
{
	return apply(step, arg, err);
}

enum cm_status cm_crud_update(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err)
{
	const struct cm_crud *crud = call->tool->crud;
	const char *const known[] = {"id", crud->entity->name, "dry_run", "if_match", NULL};
	struct cm_record record;
	struct cm_crud_change change = {
	    .crud = crud,
	    .caller = call->caller,
	    .tool = call->tool->name,
	    .record = &record,
	    .change = apply_patch,
	    .arg = (void *)crud,
	};
	enum cm_status rc;

	cm_record_init(&record, crud->entity);
	if ((rc = cm_arguments_check(call, known, err)) == CM_OK &&
	    (rc = cm_arguments_id(call, &change.id, err)) == CM_OK &&
	    (rc = cm_arguments_object(call, &change.patch, err)) == CM_OK &&
	    (rc = cm_arguments_bool(call, "dry_run", &change.dry_run, err)) == CM_OK &&
	    (rc = cm_arguments_text(call, "if_match", &change.if_match, err)) == CM_OK &&
	    (rc = prepare(call, &change, err)) == CM_OK &&
	    (rc = undone(cm_crud_change_row(call->ctx, &change, err), err)) == CM_OK)
		rc = put_answer(&change, false, result, err);
	cm_buf_clear(&change.prepared);
	cm_buf_clear(&change.before);
	cm_buf_clear(&change.once);
	cm_record_clear(&record);
	return rc;
}

#include "tools/user.h"

#include <string.h>

#include "auth/password.h"
#include "auth/person.h"
#include "store/grant.h"
#include "store/organization.h"
#include "store/session.h"
#include "store/user.h"
#include "tools/access.h"
#include "tools/fields.h"

/* The hash of a password that may be taken; take_password() says why another may not. */
static enum cm_status prepare(const struct cm_tool_call *call, const cm_json *patch,
                              struct cm_buf *out, struct cm_err *err)
{
	const char *password = cm_json_string(cm_json_get(patch, "password"));
	char hash[CM_PASSWORD_HASH_MAX];
	enum cm_status rc;

	if (password == NULL || cm_password_check(password, NULL) != CM_OK)
		return CM_OK;
	if ((rc = cm_context_group_leave(call->ctx, err)) != CM_OK ||
	    (rc = cm_password_hash(password, hash, err)) != CM_OK)
		return rc;
	cm_buf_puts(out, hash);
	return cm_buf_status(out, err);
}

/* A password that was sent is in the record as it came: its hash takes its place. */
static enum cm_status take_password(const struct cm_crud_step *step, struct cm_err *err)
{
	const char *password = cm_json_string(cm_json_get(step->patch, "password"));
	struct cm_err why = {0};
	enum cm_status rc;

	if (password == NULL || *password == '\0')
		return CM_OK;
	rc = cm_password_check(password, &why);
	if (rc != CM_OK)
		return cm_err_set(err, rc, "user.password: %s", why.text);
	return cm_record_set_text(step->record, "password_hash", step->prepared, err);
}

static enum cm_status complete(const struct cm_crud_step *step, struct cm_err *err)
{
	struct cm_record *record = step->record;
	char subject[CM_SUBJECT_MAX];
	enum cm_status rc;

	if ((rc = cm_fields_join(record, "scopes", "scope", err)) != CM_OK ||
	    (rc = take_password(step, err)) != CM_OK)
		return rc;
	if (*cm_record_text(record, "display_name") == '\0')
		rc =
		    cm_record_set_text(record, "display_name", cm_record_text(record, "name"), err);
	if (rc == CM_OK && step->id == NULL && (rc = cm_user_subject(subject, err)) == CM_OK)
		rc = cm_record_set_text(record, "subject", subject, err);
	return rc;
}

/* What the user has, by itself and through roles and permissions, whatever is denied elsewhere. */
static enum cm_status held(struct cm_store *store, const struct cm_record *record,
                           cm_scope_set *out, struct cm_err *err)
{
	struct cm_err why = {0};
	struct cm_user person;
	enum cm_status rc;

	*out = cm_scope_known(cm_record_text(record, "scope"));
	if (cm_record_value((struct cm_record *)record, "is_admin")->integer != 0)
		*out |= CM_SCOPE_ALL;
	rc = cm_user_get(store, cm_record_text(record, "owner"), cm_record_text(record, "name"),
	                 &person, &why);
	if (rc == CM_NOT_FOUND)
		return CM_OK;
	return rc == CM_OK ? cm_person_held(store, &person, out, err)
	                   : cm_err_set(err, rc, "%s", why.text);
}

/* Whoever knew an old password, or is kept out now, is out. */
static enum cm_status end_sessions(const struct cm_crud_step *step, struct cm_err *err)
{
	const cm_json *value;
	bool password = cm_json_find(step->patch, "password", &value);
	bool forbidden = cm_record_value(step->record, "is_forbidden")->integer != 0;
	struct cm_user person;
	enum cm_status rc = CM_OK;

	if (step->id == NULL || (!password && !forbidden))
		return CM_OK;
	rc = cm_user_get(step->store, cm_record_text(step->record, "owner"),
	                 cm_record_text(step->record, "name"), &person, err);
	if (rc == CM_OK)
		rc = cm_session_delete_of_user(step->store, person.id, err);
	return rc == CM_OK && forbidden ? cm_user_revoke(step->store, person.id, err) : rc;
}

static enum cm_status check(const struct cm_crud_step *step, struct cm_err *err)
{
	const char *owner = cm_record_text(step->record, "owner");
	struct cm_organization_counts counts;
	enum cm_status rc = cm_organization_counts(step->store, owner, &counts, err);

	if (rc == CM_OK && step->id == NULL && counts.user_quota >= 0 &&
	    counts.users > counts.user_quota)
		rc = cm_err_set(err, CM_FORBIDDEN,
		                "user.owner: %s may have no more than %lld users.", owner,
		                (long long)counts.user_quota);
	if (rc == CM_OK && step->id != NULL && strcmp(step->id->owner, owner) != 0)
		rc = cm_err_set(err, CM_INPUT, "user.owner: a user stays in its organisation.");
	return rc == CM_OK ? end_sessions(step, err) : rc;
}

const struct cm_crud cm_user_crud = {
    .entity = &cm_user_entity,
    .unique = "email",
    .prepare = prepare,
    .complete = complete,
    .held = held,
    .check = check,
};

/* --- get_user: by id, or by owner with email or phone, as Casdoor has it --- */

static void put_get_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	cm_buf_puts(buf, "{\"type\":\"object\",\"properties\":{");
	cm_crud_put_id(buf, tool->crud->entity);
	cm_buf_puts(buf,
	            ",\"owner\":{\"type\":\"string\",\"description\":\"With email or phone: the "
	            "user's organisation\"},\"email\":{\"type\":\"string\",\"description\":"
	            "\"In place of id\"},\"phone\":{\"type\":\"string\",\"description\":\"In "
	            "place of id\"}},\"additionalProperties\":false}");
}

/* The id that the arguments mean. */
static enum cm_status find(const struct cm_tool_call *call, struct cm_id *out, struct cm_err *err)
{
	static const char *const known[] = {"id", "owner", "email", "phone", NULL};
	const char *owner, *email, *phone;
	char id[CM_USER_TEXT];
	enum cm_status rc;

	if ((rc = cm_arguments_check(call, known, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "owner", &owner, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "email", &email, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "phone", &phone, err)) != CM_OK)
		return rc;
	if (email == NULL && phone == NULL)
		return cm_arguments_id(call, out, err);
	if (owner == NULL || cm_json_get(call->arguments, "id") != NULL ||
	    (email != NULL) == (phone != NULL))
		return cm_err_set(err, CM_INPUT,
		                  "id: give either id, or owner with one of email and phone.");
	if ((rc = cm_access_list(call->caller, "owner", owner, err)) != CM_OK ||
	    (rc = cm_user_find_id(call->ctx->store, owner, email, phone, id, err)) != CM_OK)
		return rc;
	return cm_id_parse(id, out) ? CM_OK : cm_err_set(err, CM_STORE, "a user has the id %s", id);
}

static enum cm_status get(const struct cm_tool_call *call, struct cm_tool_result *result,
                          struct cm_err *err)
{
	struct cm_id id;
	enum cm_status rc = find(call, &id, err);

	return rc == CM_OK ? cm_crud_get_row(call, &id, result, err) : rc;
}

const struct cm_tool cm_user_tools[CM_USER_TOOLS] = {
    {
        .name = "get_users",
        .title = "List users",
        .description =
            "Lists the users that you may see, ordered by owner and name, without passwords. "
            "Returns an array; when there are more than fit on a page, the result has a cursor for "
            "the next one. Example arguments: {\"owner\": \"my-org\", \"pageSize\": 20}",
        .scope = CM_SCOPE_READ_USER,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_LIST(cm_user_crud),
    },
    {
        .name = "get_user",
        .title = "Get a user",
        .description = "Returns one user with all fields, without the password: by id, or by owner "
                       "with email or phone. Example arguments: {\"id\": \"my-org/alice\"}",
        .scope = CM_SCOPE_READ_USER,
        .read_only = true,
        .idempotent = true,
        .crud = &cm_user_crud,
        .put_input_schema = put_get_input,
        .put_output_schema = cm_crud_put_entity_output,
        .run = get,
    },
    {
        .name = "add_user",
        .title = "Add a user",
        .description =
            "Adds a user, who can sign in when a password is given, and returns it as it was "
            "stored. scopes and isAdmin must be within what your token has. Fails when owner/name "
            "or the e-mail address is taken. Example arguments: {\"user\": {\"owner\": \"my-org\", "
            "\"name\": \"alice\", \"email\": \"alice@example.org\", \"scopes\": "
            "[\"read:application\"]}}",
        .scope = CM_SCOPE_WRITE_USER,
        CM_CRUD_ADD(cm_user_crud),
    },
    {
        .name = "update_user",
        .title = "Change a user",
        .description =
            "Changes the fields of a user that are given, and returns it as it is stored then. "
            "null "
            "resets a field, fields left out stay, another name renames it. A new password ends "
            "the user's sessions; isForbidden ends all sessions and tokens. Users who have more "
            "than your token can't be changed by you. Example arguments: {\"id\": "
            "\"my-org/alice\", \"user\": {\"isForbidden\": true}}",
        .scope = CM_SCOPE_WRITE_USER,
        .destructive = true,
        .idempotent = true,
        CM_CRUD_UPDATE(cm_user_crud),
    },
    {
        .name = "delete_user",
        .title = "Delete a user",
        .description =
            "Deletes a user for good, with all sessions and tokens. Refused with a list while "
            "roles "
            "or permissions name the user; with cascade they lose it. Example arguments: {\"id\": "
            "\"my-org/alice\"}",
        .scope = CM_SCOPE_WRITE_USER,
        .destructive = true,
        CM_CRUD_DELETE(cm_user_crud),
    },
};

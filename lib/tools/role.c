#include "tools/role.h"

#include <string.h>

#include "store/role.h"
#include "tools/fields.h"

/* A row that links to others stays where they are. */
static enum cm_status check_owner(const struct cm_crud_step *step, struct cm_err *err)
{
	if (step->id == NULL || strcmp(step->id->owner, cm_record_text(step->record, "owner")) == 0)
		return CM_OK;
	return cm_err_set(err, CM_INPUT, "%s.owner: a %s stays in its organisation.",
	                  step->record->entity->name, step->record->entity->name);
}

static enum cm_status set_display_name(struct cm_record *record, struct cm_err *err)
{
	return *cm_record_text(record, "display_name") != '\0'
	           ? CM_OK
	           : cm_record_set_text(record, "display_name", cm_record_text(record, "name"),
	                                err);
}

/* --- role --- */

static enum cm_status complete_role(const struct cm_crud_step *step, struct cm_err *err)
{
	return set_display_name(step->record, err);
}

/* Who puts somebody into a role hands out all that the role has, and the roles that it is in. */
static enum cm_status role_held(struct cm_store *store, const struct cm_record *record,
                                cm_scope_set *out, struct cm_err *err)
{
	struct cm_buf words = {0};
	enum cm_status rc = cm_role_scopes(store, cm_record_text(record, "owner"),
	                                   cm_record_text(record, "name"), &words, err);

	*out = cm_scope_known(cm_buf_str(&words));
	cm_buf_clear(&words);
	return rc;
}

static enum cm_status check_role(const struct cm_crud_step *step, struct cm_err *err)
{
	bool cyclic = false;
	enum cm_status rc = check_owner(step, err);

	if (rc == CM_OK)
		rc = cm_role_is_cyclic(step->store, cm_record_text(step->record, "owner"),
		                       cm_record_text(step->record, "name"), &cyclic, err);
	return rc == CM_OK && cyclic
	           ? cm_err_set(err, CM_INPUT, "role.roles: the role would be a member of itself.")
	           : rc;
}

const struct cm_crud cm_role_crud = {
    .entity = &cm_role_entity,
    .complete = complete_role,
    .held = role_held,
    .check = check_role,
    .restricts = true,
};

/* --- permission --- */

static enum cm_status complete_permission(const struct cm_crud_step *step, struct cm_err *err)
{
	enum cm_status rc = cm_fields_join(step->record, "scopes", "scope", err);

	return rc == CM_OK ? set_display_name(step->record, err) : rc;
}

/* Whether it allows or denies: only who has a scope decides about it. */
static enum cm_status permission_held(struct cm_store *store, const struct cm_record *record,
                                      cm_scope_set *out, struct cm_err *err)
{
	(void)store;
	(void)err;
	*out = cm_scope_known(cm_record_text(record, "scope"));
	return CM_OK;
}

const struct cm_crud cm_permission_crud = {
    .entity = &cm_permission_entity,
    .complete = complete_permission,
    .held = permission_held,
    .check = check_owner,
    .restricts = true,
};

const struct cm_tool cm_role_tools[CM_ROLE_TOOLS] = {
    {
        .name = "get_roles",
        .title = "List roles",
        .description =
            "Lists the roles that you may see, with the users and roles in each. Returns an array; "
            "when there are more than fit on a page, the result has a cursor for the next one. "
            "Example arguments: {\"owner\": \"my-org\"}",
        .scope = CM_SCOPE_READ_ROLE,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_LIST(cm_role_crud),
    },
    {
        .name = "get_role",
        .title = "Get a role",
        .description = "Returns one role with its users and roles. Example arguments: {\"id\": "
                       "\"my-org/operators\"}",
        .scope = CM_SCOPE_READ_ROLE,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_GET(cm_role_crud),
    },
    {
        .name = "add_role",
        .title = "Create a role",
        .description =
            "Creates a role, a named set of users and of other roles, and returns it. Permissions "
            "say what it allows. Example arguments: {\"role\": {\"owner\": \"my-org\", \"name\": "
            "\"operators\", \"users\": [\"my-org/alice\"]}}",
        .scope = CM_SCOPE_WRITE_ROLE,
        CM_CRUD_ADD(cm_role_crud),
    },
    {
        .name = "update_role",
        .title = "Change a role",
        .description =
            "Changes the fields of a role that are given, and returns it as it is stored then. "
            "users and roles are replaced as a whole. null resets a field, fields left out stay. "
            "A role that gives more than your token has can't be changed by you. Example "
            "arguments: {\"id\": \"my-org/operators\", \"role\": {\"users\": []}}",
        .scope = CM_SCOPE_WRITE_ROLE,
        .destructive = true,
        .idempotent = true,
        CM_CRUD_UPDATE(cm_role_crud),
    },
    {
        .name = "delete_role",
        .title = "Delete a role",
        .description = "Deletes a role. Refused with a list while other roles or permissions name "
                       "it; with cascade they lose it. Example arguments: {\"id\": "
                       "\"my-org/operators\"}",
        .scope = CM_SCOPE_WRITE_ROLE,
        .destructive = true,
        CM_CRUD_DELETE(cm_role_crud),
    },
};

const struct cm_tool cm_permission_tools[CM_PERMISSION_TOOLS] = {
    {
        .name = "get_permissions",
        .title = "List permissions",
        .description =
            "Lists the permissions that you may see: which scopes are allowed or denied to which "
            "users and roles. Returns an array; when there are more than fit on a page, the result "
            "has a cursor for the next one. Example arguments: {\"owner\": \"my-org\"}",
        .scope = CM_SCOPE_READ_PERMISSION,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_LIST(cm_permission_crud),
    },
    {
        .name = "get_permission",
        .title = "Get a permission",
        .description = "Returns one permission. Example arguments: {\"id\": \"my-org/operate\"}",
        .scope = CM_SCOPE_READ_PERMISSION,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_GET(cm_permission_crud),
    },
    {
        .name = "add_permission",
        .title = "Create a permission",
        .description =
            "Allows or denies scopes to users and roles of an organisation, from the next request "
            "on, and returns the permission. What one denies, no other allows. Its scopes must be "
            "among your own. Example arguments: {\"permission\": {\"owner\": \"my-org\", "
            "\"name\": \"operate\", \"scopes\": [\"write:application\"], \"roles\": "
            "[\"my-org/operators\"]}}",
        .scope = CM_SCOPE_WRITE_PERMISSION,
        CM_CRUD_ADD(cm_permission_crud),
    },
    {
        .name = "update_permission",
        .title = "Change a permission",
        .description =
            "Changes the fields of a permission that are given, and returns it as it is stored "
            "then. users, roles and scopes are replaced as a whole. null resets a field, fields "
            "left out stay. Example arguments: {\"id\": \"my-org/operate\", \"permission\": "
            "{\"isEnabled\": false}}",
        .scope = CM_SCOPE_WRITE_PERMISSION,
        .destructive = true,
        .idempotent = true,
        CM_CRUD_UPDATE(cm_permission_crud),
    },
    {
        .name = "delete_permission",
        .title = "Delete a permission",
        .description = "Deletes a permission; what it allowed or denied ends at the next request. "
                       "Example arguments: {\"id\": \"my-org/operate\"}",
        .scope = CM_SCOPE_WRITE_PERMISSION,
        .destructive = true,
        CM_CRUD_DELETE(cm_permission_crud),
    },
};

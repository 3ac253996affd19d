#include "tools/organization.h"

#include <string.h>

#include "store/organization.h"

static enum cm_status complete(const struct cm_crud_step *step, struct cm_err *err)
{
	struct cm_record *record = step->record;

	if (*cm_record_text(record, "display_name") != '\0')
		return CM_OK;
	return cm_record_set_text(record, "display_name", cm_record_text(record, "name"), err);
}

/* An organisation holds no scopes. */
static enum cm_status held(struct cm_store *store, const struct cm_record *record,
                           cm_scope_set *out, struct cm_err *err)
{
	(void)store;
	(void)record;
	(void)err;
	*out = 0;
	return CM_OK;
}

/* The one whose callers reach all others must stay what it is. */
static enum cm_status check(const struct cm_crud_step *step, struct cm_err *err)
{
	if (step->id == NULL || strcmp(step->id->name, CM_ORGANIZATION_BUILT_IN) != 0)
		return CM_OK;
	if (strcmp(cm_record_text(step->record, "name"), CM_ORGANIZATION_BUILT_IN) != 0)
		return cm_err_set(err, CM_FORBIDDEN, "organization.name: %s can't be renamed.",
		                  CM_ORGANIZATION_BUILT_IN);
	if (cm_record_value(step->record, "disable_signin")->integer != 0)
		return cm_err_set(err, CM_FORBIDDEN,
		                  "organization.disableSignin: %s can't be switched off.",
		                  CM_ORGANIZATION_BUILT_IN);
	return CM_OK;
}

static enum cm_status check_removal(const struct cm_record *record, struct cm_err *err)
{
	return strcmp(cm_record_text(record, "name"), CM_ORGANIZATION_BUILT_IN) != 0
	           ? CM_OK
	           : cm_err_set(err, CM_FORBIDDEN, "%s can't be deleted.",
	                        CM_ORGANIZATION_BUILT_IN);
}

const struct cm_crud cm_organization_crud = {
    .entity = &cm_organization_entity,
    .complete = complete,
    .held = held,
    .check = check,
    .check_removal = check_removal,
    .built_in_only = true,
};

const struct cm_tool cm_organization_tools[CM_ORGANIZATION_TOOLS] = {
    {
        .name = "get_organizations",
        .title = "List organisations",
        .description =
            "Lists the organisations that you may see: your own, or all for callers of built-in. "
            "Returns an array; when there are more than fit on a page, the result has a cursor for "
            "the next one. Example arguments: {\"pageSize\": 20}",
        .scope = CM_SCOPE_READ_ORGANIZATION,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_LIST(cm_organization_crud),
    },
    {
        .name = "get_organization",
        .title = "Get an organisation",
        .description = "Returns one organisation with all its fields. Example arguments: {\"id\": "
                       "\"admin/my-org\"}",
        .scope = CM_SCOPE_READ_ORGANIZATION,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_GET(cm_organization_crud),
    },
    {
        .name = "add_organization",
        .title = "Create an organisation",
        .description =
            "Creates an organisation and returns it as it was stored. Only callers of built-in "
            "may. "
            "Fails when there is one of this name. Example arguments: {\"organization\": "
            "{\"name\": \"my-org\", \"displayName\": \"My organisation\"}}",
        .scope = CM_SCOPE_WRITE_ORGANIZATION,
        CM_CRUD_ADD(cm_organization_crud),
    },
    {
        .name = "update_organization",
        .title = "Change an organisation",
        .description =
            "Changes the fields of an organisation that are given, and returns it as it is stored "
            "then. null resets a field, fields left out stay, another name renames it with all "
            "that refers to it. disableSignin stops everything in it at the next request. Only "
            "callers of built-in may. Example arguments: {\"id\": \"admin/my-org\", "
            "\"organization\": {\"userQuota\": 50}}",
        .scope = CM_SCOPE_WRITE_ORGANIZATION,
        .destructive = true,
        .idempotent = true,
        CM_CRUD_UPDATE(cm_organization_crud),
    },
    {
        .name = "delete_organization",
        .title = "Delete an organisation",
        .description =
            "Deletes an organisation for good. Refused with a list while it has users, "
            "applications, roles or permissions; with cascade they go with it. Only callers of "
            "built-in may. Example arguments: {\"id\": \"admin/my-org\", \"dry_run\": true}",
        .scope = CM_SCOPE_WRITE_ORGANIZATION,
        .destructive = true,
        CM_CRUD_DELETE(cm_organization_crud),
    },
};

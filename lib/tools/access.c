#include "tools/access.h"

#include <string.h>

#include "auth/access_token.h"
#include "store/organization.h"
#include "tools/crud.h"

/* Every tenant column of the row must name the caller's organisation. */
static bool belongs(const struct cm_principal *caller, const struct cm_record *row)
{
	const char *const *column = row->entity->tenant;
	bool own = true;

	for (size_t i = 0; i < CM_TENANT_COLUMNS && column[i] != NULL; i++)
		own = own && strcmp(cm_record_text(row, column[i]), caller->organization) == 0;
	return own;
}

enum cm_status cm_access_see(const struct cm_principal *caller, const struct cm_record *row,
                             struct cm_err *err)
{
	if (cm_principal_is_built_in(caller) || belongs(caller, row))
		return CM_OK;
	return cm_err_set(err, CM_NOT_FOUND, "There is no %s %s/%s.", row->entity->name,
	                  cm_record_text(row, "owner"), cm_record_text(row, "name"));
}

static enum cm_status check_exists(struct cm_store *store, const struct cm_record *row,
                                   const char *column, struct cm_err *err)
{
	const char *name = cm_record_text(row, column);
	struct cm_organization organization;
	struct cm_err inner = {0};
	enum cm_status rc = cm_organization_get(store, name, &organization, &inner);

	if (rc == CM_NOT_FOUND)
		return cm_err_set(err, CM_INPUT, "%s.%s: there is no organisation %s.",
		                  row->entity->name, column, name);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", inner.text);
}

/* All organisations that a row names must be there; an organisation itself is about to be. */
static enum cm_status check_organizations(struct cm_store *store, const struct cm_record *row,
                                          struct cm_err *err)
{
	const char *const *column = row->entity->tenant;
	enum cm_status rc = CM_OK;

	if (row->entity == &cm_organization_entity)
		return CM_OK;
	for (size_t i = 0; rc == CM_OK && i < CM_TENANT_COLUMNS && column[i] != NULL; i++) {
		/* Mostly they name the same one. */
		if (i == 0 ||
		    strcmp(cm_record_text(row, column[i]), cm_record_text(row, column[i - 1])) != 0)
			rc = check_exists(store, row, column[i], err);
	}
	return rc;
}

static enum cm_status check_built_in(const struct cm_crud *crud, const struct cm_principal *caller,
                                     struct cm_err *err)
{
	return !crud->built_in_only || cm_principal_is_built_in(caller)
	           ? CM_OK
	           : cm_err_set(err, CM_FORBIDDEN, "Only callers of %s change %s.",
	                        CM_ORGANIZATION_BUILT_IN, crud->entity->plural);
}

static enum cm_status check_held(const struct cm_principal *caller, const struct cm_record *row,
                                 cm_scope_set held, struct cm_err *err)
{
	/* What is about a person, each has of itself. */
	cm_scope_set beyond = held & ~(caller->scopes | CM_SCOPE_IDENTITY);
	struct cm_buf names = {0};
	enum cm_status rc = CM_OK;

	if (beyond != 0) {
		cm_scope_put(&names, beyond);
		rc = cm_err_set(
		    err, CM_FORBIDDEN, "%s %s/%s: needs scopes that your token lacks: %s.",
		    row->entity->name, cm_record_text(row, "owner"), cm_record_text(row, "name"),
		    names.len == 0 ? "scopes of every kind" : cm_buf_str(&names));
		cm_buf_clear(&names);
	}
	return rc;
}

enum cm_status cm_access_change(struct cm_store *store, const struct cm_crud *crud,
                                const struct cm_principal *caller, const struct cm_record *row,
                                cm_scope_set held, struct cm_err *err)
{
	const struct cm_entity *entity = row->entity;
	enum cm_status rc = check_built_in(crud, caller, err);

	if (rc != CM_OK)
		return rc;
	if (!cm_principal_is_built_in(caller) && !belongs(caller, row))
		return cm_err_set(
		    err, CM_FORBIDDEN, "%s.%s%s%s%s%s: must be %s, your organisation.",
		    entity->name, entity->tenant[0], entity->tenant[1] == NULL ? "" : " and ",
		    entity->tenant[1] == NULL ? "" : entity->name,
		    entity->tenant[1] == NULL ? "" : ".",
		    entity->tenant[1] == NULL ? "" : entity->tenant[1], caller->organization);
	if ((rc = check_organizations(store, row, err)) != CM_OK)
		return rc;
	return check_held(caller, row, held, err);
}

enum cm_status cm_access_remove(const struct cm_crud *crud, const struct cm_principal *caller,
                                const struct cm_record *row, cm_scope_set held, struct cm_err *err)
{
	enum cm_status rc = check_built_in(crud, caller, err);

	return rc == CM_OK && crud->restricts ? check_held(caller, row, held, err) : rc;
}

enum cm_status cm_access_list(const struct cm_principal *caller, const char *argument,
                              const char *organization, struct cm_err *err)
{
	if (cm_principal_is_built_in(caller) || strcmp(organization, caller->organization) == 0)
		return CM_OK;
	return cm_err_set(err, CM_FORBIDDEN, "%s: must be %s, your organisation.", argument,
	                  caller->organization);
}

struct checked {
	struct cm_context *ctx;
	const struct cm_principal *caller;
	cm_store_work *work;
	void *arg;
};

static enum cm_status check_and_work(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct checked *checked = arg;
	const struct cm_principal *caller = checked->caller;
	struct cm_principal now = *caller;
	enum cm_status rc = cm_access_token_check(checked->ctx, caller->token, &now, err);

	if (rc != CM_OK)
		return rc;
	if (now.scopes != caller->scopes || strcmp(now.organization, caller->organization) != 0 ||
	    strcmp(now.user, caller->user) != 0)
		return cm_err_set(err, CM_UNAUTHORIZED,
		                  "What the token is good for was changed at this moment.");
	return checked->work(store, checked->arg, err);
}

enum cm_status cm_access_write(struct cm_context *ctx, const struct cm_principal *caller,
                               cm_store_work *work, void *arg, struct cm_err *err)
{
	struct checked checked = {ctx, caller, work, arg};

	/* The command line has no token; and who was let in within the transaction has not waited.
	 */
	if (caller->token == NULL || cm_store_is_writing(ctx->store))
		return cm_store_write(ctx->store, work, arg, err);
	return cm_store_write(ctx->store, check_and_work, &checked, err);
}

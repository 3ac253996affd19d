#include "tools/access.h"

#include <string.h>

#include "store/organization.h"

/* A row has two organisations: the one that manages it and the one whose resources it reaches. */
static bool belongs(const struct cm_principal *caller, const struct cm_record *row)
{
	return strcmp(cm_record_text(row, "owner"), caller->organization) == 0 &&
	       strcmp(cm_record_text(row, "organization"), caller->organization) == 0;
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

enum cm_status cm_access_change(struct cm_store *store, const struct cm_principal *caller,
                                const struct cm_record *row, cm_scope_set held, struct cm_err *err)
{
	cm_scope_set beyond = held & ~caller->scopes;
	struct cm_buf names = {0};
	enum cm_status rc;

	if (!cm_principal_is_built_in(caller) && !belongs(caller, row))
		return cm_err_set(err, CM_FORBIDDEN,
		                  "%s.owner and %s.organization: must be %s, your organisation.",
		                  row->entity->name, row->entity->name, caller->organization);
	if ((rc = check_exists(store, row, "owner", err)) != CM_OK ||
	    (rc = check_exists(store, row, "organization", err)) != CM_OK)
		return rc;
	if (beyond != 0) {
		cm_scope_put(&names, beyond);
		rc = cm_err_set(
		    err, CM_FORBIDDEN, "%s %s/%s: has scopes that your token lacks: %s.",
		    row->entity->name, cm_record_text(row, "owner"), cm_record_text(row, "name"),
		    names.len == 0 ? "scopes of every kind" : cm_buf_str(&names));
		cm_buf_clear(&names);
	}
	return rc;
}

enum cm_status cm_access_list(const struct cm_principal *caller, const char *owner,
                              struct cm_err *err)
{
	if (cm_principal_is_built_in(caller) || strcmp(owner, caller->organization) == 0)
		return CM_OK;
	return cm_err_set(err, CM_FORBIDDEN, "owner: must be %s, your organisation.",
	                  caller->organization);
}

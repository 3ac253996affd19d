#include "auth/person.h"

#include "store/role.h"

static enum cm_status read_permissions(struct cm_store *store, int64_t user_id,
                                       cm_scope_set *allowed, cm_scope_set *denied,
                                       struct cm_err *err)
{
	struct cm_buf allow = {0}, deny = {0};
	enum cm_status rc = cm_permission_of_user(store, user_id, &allow, &deny, err);

	*allowed = cm_scope_known(cm_buf_str(&allow));
	*denied = cm_scope_known(cm_buf_str(&deny));
	cm_buf_clear(&allow);
	cm_buf_clear(&deny);
	return rc;
}

enum cm_status cm_person_scopes(struct cm_store *store, const struct cm_user *user,
                                cm_scope_set *out, struct cm_err *err)
{
	cm_scope_set own = user->admin ? CM_SCOPE_ALL : cm_scope_known(user->scope);
	cm_scope_set allowed, denied;
	enum cm_status rc = read_permissions(store, user->id, &allowed, &denied, err);

	*out = rc == CM_OK ? (own | allowed) & ~denied : 0;
	return rc;
}

enum cm_status cm_person_limit(struct cm_store *store, const struct cm_user *user,
                               const char *registered, cm_scope_set *out, struct cm_err *err)
{
	cm_scope_set held = CM_SCOPE_ALL;
	enum cm_status rc = user == NULL ? CM_OK : cm_person_scopes(store, user, &held, err);

	*out = rc == CM_OK ? cm_scope_known(registered) & (held | CM_SCOPE_IDENTITY) : 0;
	return rc;
}

enum cm_status cm_person_held(struct cm_store *store, const struct cm_user *user, cm_scope_set *out,
                              struct cm_err *err)
{
	cm_scope_set allowed, denied;
	enum cm_status rc = read_permissions(store, user->id, &allowed, &denied, err);

	if (rc == CM_OK)
		*out |= allowed;
	return rc;
}

#ifndef CM_STORE_ROLE_H
#define CM_STORE_ROLE_H

#include "base/buf.h"
#include "store/entity.h"

/*
 * A role is a named set of users and of other roles; a permission gives scopes to users and roles
 * of an organisation, or denies them.
 */
extern const struct cm_entity cm_role_entity;
extern const struct cm_entity cm_permission_entity;

/* Whether a role is, through its member roles, a member of itself. */
enum cm_status cm_role_is_cyclic(struct cm_store *store, const char *owner, const char *name,
                                 bool *out, struct cm_err *err);

/* Append the scopes that permissions name for a role, and for those that it is in. */
enum cm_status cm_role_scopes(struct cm_store *store, const char *owner, const char *name,
                              struct cm_buf *out, struct cm_err *err);

/* Append what permissions allow and deny a user, directly and through roles. */
enum cm_status cm_permission_of_user(struct cm_store *store, int64_t user_id,
                                     struct cm_buf *allowed, struct cm_buf *denied,
                                     struct cm_err *err);

#endif

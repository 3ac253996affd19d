#ifndef CM_TOOLS_ACCESS_H
#define CM_TOOLS_ACCESS_H

#include "auth/context.h"
#include "auth/principal.h"
#include "store/entity.h"
#include "store/store.h"

struct cm_crud;

/*
 * Who may do what to which row: the one place where tenancy and escalation are decided, always on
 * the row as it is in the store or is about to be.
 */

/*
 * Whether the caller may see a row: it belongs to the caller's organisation, or the caller to
 * built-in.  CM_NOT_FOUND when not, so that names of others stay unknown.
 */
enum cm_status cm_access_see(const struct cm_principal *caller, const struct cm_record *row,
                             struct cm_err *err);

/*
 * Whether the caller may leave a row like this behind: both its organisations exist and are the
 * caller's own (built-in: any), and it holds no scope that the caller doesn't, but for those about
 * the person who signs in.  Asked of the row as it was too, so that nobody takes over what holds
 * more.  held: the scopes that the row holds.
 * CM_FORBIDDEN, CM_INPUT when an organisation does not exist.
 */
enum cm_status cm_access_change(struct cm_store *store, const struct cm_crud *crud,
                                const struct cm_principal *caller, const struct cm_record *row,
                                cm_scope_set held, struct cm_err *err);

/*
 * Whether the caller, who may see a row, may remove it.  What keeps others from something can be
 * removed only by who holds it.  CM_FORBIDDEN.
 */
enum cm_status cm_access_remove(const struct cm_crud *crud, const struct cm_principal *caller,
                                const struct cm_record *row, cm_scope_set held, struct cm_err *err);

/*
 * cm_store_write() for a caller: what a tool changes is changed by this.  Who was let in may have
 * waited for the lock, so within the transaction the token must still be good for the same.
 * CM_UNAUTHORIZED when it is not, and work is not done.
 */
enum cm_status cm_access_write(struct cm_context *ctx, const struct cm_principal *caller,
                               cm_store_work *work, void *arg, struct cm_err *err);

/*
 * Whether the caller may list the rows of an organisation; argument: what the caller named it by.
 * CM_FORBIDDEN.
 */
enum cm_status cm_access_list(const struct cm_principal *caller, const char *argument,
                              const char *organization, struct cm_err *err);

#endif

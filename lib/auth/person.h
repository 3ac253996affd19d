#ifndef CM_AUTH_PERSON_H
#define CM_AUTH_PERSON_H

#include "auth/scope.h"
#include "store/user.h"

/* What a person may do, and so may let clients do, as the registry has it now. */

/*
 * What the person has: scopes of its own, all as an administrator, and what permissions allow it,
 * directly and through roles; less what permissions deny it.
 */
enum cm_status cm_person_scopes(struct cm_store *store, const struct cm_user *user,
                                cm_scope_set *out, struct cm_err *err);

/*
 * The most that a token is worth now: what its client is registered for (scopes separated by
 * spaces), and of that only what the person has in whose name it is, with all that is about the
 * person.  user NULL: the token is the client's own.
 */
enum cm_status cm_person_limit(struct cm_store *store, const struct cm_user *user,
                               const char *registered, cm_scope_set *out, struct cm_err *err);

/* Add to *out what permissions allow the person, whatever others deny. */
enum cm_status cm_person_held(struct cm_store *store, const struct cm_user *user, cm_scope_set *out,
                              struct cm_err *err);

#endif

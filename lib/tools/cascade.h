#ifndef CM_TOOLS_CASCADE_H
#define CM_TOOLS_CASCADE_H

#include "auth/principal.h"
#include "store/entity.h"

/* Append what depends on a row, the first 20 of it, separated by commas; nothing for nothing. */
enum cm_status cm_cascade_put_dependents(struct cm_store *store, const struct cm_record *record,
                                         struct cm_buf *out, struct cm_err *err);

/*
 * Remove a row and all that depends on it: what links to it loses the link, what belongs to it goes
 * with it.  Every row that changes has its own row in the audit trail.  Within the caller's
 * transaction.
 */
enum cm_status cm_cascade_remove(struct cm_store *store, const struct cm_principal *caller,
                                 const struct cm_record *record, struct cm_err *err);

#endif

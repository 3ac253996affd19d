#ifndef CM_TOOLS_APPLICATION_H
#define CM_TOOLS_APPLICATION_H

#include "tools/crud.h"

/* What is particular to applications. */
extern const struct cm_crud cm_application_crud;

/* Their tools, and how many there are. */
enum { CM_APPLICATION_TOOLS = 6 };
extern const struct cm_tool cm_application_tools[CM_APPLICATION_TOOLS];

/*
 * Give an application a new secret; the old one stops working at once.  Its id, clientId and,
 * unless it is a dry run, clientSecret are appended to out as a JSON object.  As
 * cm_access_write(); CM_NOT_FOUND, CM_FORBIDDEN.
 */
enum cm_status cm_application_rotate_secret(struct cm_context *ctx,
                                            const struct cm_principal *caller,
                                            const struct cm_id *id, bool dry_run,
                                            struct cm_buf *out, struct cm_err *err);

#endif

#ifndef CM_STORE_AUDIT_H
#define CM_STORE_AUDIT_H

#include "base/status.h"

struct cm_store;

/* Who did what to which, and how it ended, now.  All strings are borrowed. */
struct cm_audit {
	const char *client_id;
	const char *user; /* owner/name of the person in whose name; "" or NULL: none */
	const char *organization;
	const char *tool;
	const char *target;
	const char *outcome; /* cm_status_info()->name */
	const char *request_id;
	const char *address;
	const char *traceparent; /* NULL: none */
};

/* Write a row; within the cm_store_write() of the change that it tells of. */
enum cm_status cm_audit_insert(struct cm_store *store, const struct cm_audit *audit,
                               struct cm_err *err);

#endif

#ifndef CM_STORE_AUDIT_H
#define CM_STORE_AUDIT_H

#include <stdint.h>

#include "base/status.h"

struct cm_store;

/*
 * The client_id under which the trail has what the program does by itself: the command line, and
 * the sweeping.  No application may choose it.
 */
#define CM_AUDIT_PROGRAM "casement"

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
	const char *before;      /* JSON of the row, without secrets; NULL: there was none */
	const char *after;       /* the same of what it became; NULL: nothing */
};

/* Write a row; within the cm_store_write() of the change that it tells of. */
enum cm_status cm_audit_insert(struct cm_store *store, const struct cm_audit *audit,
                               struct cm_err *err);

/* A row of the trail. */
struct cm_audit_event {
	int64_t id;
	int64_t at_s;
	struct cm_audit audit;
};

/* Which rows.  NULL: whatever. */
struct cm_audit_filter {
	const char *organization, *tool, *target, *client_id;
	int64_t since_s;
	int64_t before_id; /* only older rows; 0: from the newest on */
	int64_t after_id;  /* only newer rows; 0: down to the oldest */
	int64_t limit;
};

/* The rows, the newest first; the strings of an event are good only during the call. */
enum cm_status cm_audit_list(struct cm_store *store, const struct cm_audit_filter *filter,
                             void (*each)(const struct cm_audit_event *event, void *arg), void *arg,
                             struct cm_err *err);

/* The rows after one, the oldest first; those two ids of the filter count for nothing. */
enum cm_status cm_audit_list_after(struct cm_store *store, const struct cm_audit_filter *filter,
                                   int64_t after_id,
                                   void (*each)(const struct cm_audit_event *event, void *arg),
                                   void *arg, struct cm_err *err);

/*
 * The id of the newest row by which an organisation gave up this name, by another one or by its
 * end; 0: none did.  What the trail has of the name before is of that organisation.
 */
enum cm_status cm_audit_given_up(struct cm_store *store, const char *organization, int64_t *out,
                                 struct cm_err *err);

/* The id of the newest row, 0 when there is none. */
enum cm_status cm_audit_newest(struct cm_store *store, int64_t *out, struct cm_err *err);

#endif

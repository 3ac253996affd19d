#include "store/audit.h"

#include <string.h>

#include "base/clock.h"
#include "store/query.h"

enum cm_status cm_audit_insert(struct cm_store *store, const struct cm_audit *audit,
                               struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_AUDIT_INSERT, err);
	cm_query_integer(&q, ":at_s", cm_clock_now_s());
	cm_query_text(&q, ":client_id", audit->client_id);
	cm_query_text(&q, ":user", audit->user == NULL ? "" : audit->user);
	cm_query_text(&q, ":organization", audit->organization);
	cm_query_text(&q, ":tool", audit->tool);
	cm_query_text(&q, ":target", audit->target);
	cm_query_text(&q, ":outcome", audit->outcome);
	cm_query_text(&q, ":request_id", audit->request_id);
	cm_query_text(&q, ":address", audit->address);
	cm_query_text(&q, ":traceparent", audit->traceparent);
	cm_query_text(&q, ":before_json", audit->before);
	cm_query_text(&q, ":after_json", audit->after);
	return cm_query_finish(&q);
}

static void read_row(struct cm_query *q, struct cm_audit_event *out)
{
	*out = (struct cm_audit_event){
	    .id = cm_query_column_integer(q, 0),
	    .at_s = cm_query_column_integer(q, 1),
	    .audit =
	        {
	            .client_id = cm_query_column_text(q, 2),
	            .user = cm_query_column_text(q, 3),
	            .organization = cm_query_column_text(q, 4),
	            .tool = cm_query_column_text(q, 5),
	            .target = cm_query_column_text(q, 6),
	            .outcome = cm_query_column_text(q, 7),
	            .request_id = cm_query_column_text(q, 8),
	            .address = cm_query_column_text(q, 9),
	            .traceparent = cm_query_column_text(q, 10),
	            .before = cm_query_column_text(q, 11),
	            .after = cm_query_column_text(q, 12),
	        },
	};
}

/* The statement that reads no more rows than the filters ask for, or few more. */
static enum cm_stmt statement_for(const struct cm_audit_filter *filter)
{
	if (filter->target != NULL)
		return CM_STMT_AUDIT_OF_TARGET;
	if (filter->client_id != NULL)
		return CM_STMT_AUDIT_OF_CLIENT;
	if (filter->tool != NULL && strcmp(filter->tool, "token") != 0)
		return CM_STMT_AUDIT_OF_TOOL;
	return filter->organization != NULL ? CM_STMT_AUDIT_OF_ORGANIZATION : CM_STMT_AUDIT_LIST;
}

/* Bind the filters, read the rows, end the query. */
static enum cm_status run(struct cm_query *q, const struct cm_audit_filter *filter,
                          void (*each)(const struct cm_audit_event *event, void *arg), void *arg)
{
	struct cm_audit_event event;

	cm_query_text(q, ":organization", filter->organization);
	cm_query_text(q, ":tool", filter->tool);
	cm_query_text(q, ":target", filter->target);
	cm_query_text(q, ":client_id", filter->client_id);
	cm_query_integer(q, ":since_s", filter->since_s);
	cm_query_integer(q, ":limit", filter->limit);
	while (cm_query_row(q)) {
		read_row(q, &event);
		if (q->rc == CM_OK)
			each(&event, arg);
	}
	return cm_query_end(q);
}

enum cm_status cm_audit_list(struct cm_store *store, const struct cm_audit_filter *filter,
                             void (*each)(const struct cm_audit_event *event, void *arg), void *arg,
                             struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, statement_for(filter), err);
	cm_query_integer(&q, ":before_id", filter->before_id);
	cm_query_integer(&q, ":after_id", filter->after_id);
	return run(&q, filter, each, arg);
}

enum cm_status cm_audit_list_after(struct cm_store *store, const struct cm_audit_filter *filter,
                                   int64_t after_id,
                                   void (*each)(const struct cm_audit_event *event, void *arg),
                                   void *arg, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_AUDIT_AFTER, err);
	cm_query_integer(&q, ":after_id", after_id);
	return run(&q, filter, each, arg);
}

/* End a query that gives one id. */
static enum cm_status end_with_id(struct cm_query *q, int64_t *out)
{
	*out = cm_query_row(q) ? cm_query_column_integer(q, 0) : 0;
	return cm_query_end(q);
}

enum cm_status cm_audit_given_up(struct cm_store *store, const char *organization, int64_t *out,
                                 struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_AUDIT_GIVEN_UP, err);
	cm_query_text(&q, ":organization", organization);
	return end_with_id(&q, out);
}

enum cm_status cm_audit_newest(struct cm_store *store, int64_t *out, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_AUDIT_NEWEST, err);
	return end_with_id(&q, out);
}

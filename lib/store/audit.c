#include "store/audit.h"

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
	return cm_query_finish(&q);
}

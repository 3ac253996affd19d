#include "store/assertion.h"

#include "store/query.h"

enum cm_status cm_assertion_insert(struct cm_store *store, int64_t application_id, const char *jti,
                                   int64_t expires_at_s, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ASSERTION_INSERT, err);
	cm_query_integer(&q, ":application_id", application_id);
	cm_query_text(&q, ":jti", jti);
	cm_query_integer(&q, ":expires_at_s", expires_at_s);
	return cm_query_finish(&q);
}

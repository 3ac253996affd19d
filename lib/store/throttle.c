#include "store/throttle.h"

#include "base/clock.h"
#include "store/query.h"

enum cm_status cm_throttle_get(struct cm_store *store, const char *key, int64_t since_s,
                               int64_t until_s, struct cm_throttle *out, struct cm_err *err)
{
	struct cm_query q;

	*out = (struct cm_throttle){0};
	cm_query_begin(&q, store, CM_STMT_THROTTLE_GET, err);
	cm_query_text(&q, ":key", key);
	cm_query_integer(&q, ":since_s", since_s);
	cm_query_integer(&q, ":until_s", until_s);
	if (cm_query_row(&q)) {
		out->failures = cm_query_column_integer(&q, 0);
		out->last_at_s = cm_query_column_integer(&q, 1);
	}
	return cm_query_end(&q);
}

enum cm_status cm_throttle_add(struct cm_store *store, const char *key, int64_t forgotten_s,
                               struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_THROTTLE_ADD, err);
	cm_query_text(&q, ":key", key);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	cm_query_integer(&q, ":forgotten_s", forgotten_s);
	return cm_query_finish(&q);
}

enum cm_status cm_throttle_forget(struct cm_store *store, const char *key, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_THROTTLE_FORGET, err);
	cm_query_text(&q, ":key", key);
	return cm_query_finish(&q);
}

enum cm_status cm_rate_add(struct cm_store *store, const char *key, int64_t window_s,
                           int64_t *requests, struct cm_err *err)
{
	struct cm_query q;

	*requests = 0;
	cm_query_begin(&q, store, CM_STMT_RATE_ADD, err);
	cm_query_text(&q, ":key", key);
	cm_query_integer(&q, ":window_s", window_s);
	if (cm_query_row(&q))
		*requests = cm_query_column_integer(&q, 0);
	return cm_query_finish(&q);
}

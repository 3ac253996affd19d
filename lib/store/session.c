#include "store/session.h"

#include "base/clock.h"
#include "store/query.h"

enum cm_status cm_session_insert(struct cm_store *store, const char *id_sha256, int64_t user_id,
                                 int64_t expires_at_s, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_SESSION_INSERT, err);
	cm_query_text(&q, ":id_sha256", id_sha256);
	cm_query_integer(&q, ":user_id", user_id);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	cm_query_integer(&q, ":expires_at_s", expires_at_s);
	return cm_query_finish(&q);
}

enum cm_status cm_session_get(struct cm_store *store, const char *id_sha256, int64_t idle_since_s,
                              struct cm_session *out, struct cm_err *err)
{
	int64_t user_id = 0;
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	*out = (struct cm_session){0};
	cm_query_begin(&q, store, CM_STMT_SESSION_GET, err);
	cm_query_text(&q, ":id_sha256", id_sha256);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	cm_query_integer(&q, ":idle_since_s", idle_since_s);
	if (cm_query_row(&q)) {
		found = true;
		user_id = cm_query_column_integer(&q, 0);
		out->signed_in_at_s = cm_query_column_integer(&q, 1);
		out->seen_at_s = cm_query_column_integer(&q, 2);
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && found)
		rc = cm_user_by_id(store, user_id, &out->user, err);
	if (rc == CM_OK && (!found || out->user.forbidden))
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no such session.");
	return rc;
}

enum cm_status cm_session_touch(struct cm_store *store, const char *id_sha256, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_SESSION_TOUCH, err);
	cm_query_text(&q, ":id_sha256", id_sha256);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish(&q);
}

enum cm_status cm_session_delete(struct cm_store *store, const char *id_sha256, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_SESSION_DELETE, err);
	cm_query_text(&q, ":id_sha256", id_sha256);
	return cm_query_finish(&q);
}

enum cm_status cm_session_delete_of_user(struct cm_store *store, int64_t user_id,
                                         struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_SESSION_DELETE_OF_USER, err);
	cm_query_integer(&q, ":user_id", user_id);
	return cm_query_finish(&q);
}

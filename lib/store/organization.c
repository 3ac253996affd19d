#include "store/organization.h"

#include "store/query.h"

enum cm_status cm_organization_insert(struct cm_store *store, const struct cm_organization *row,
                                      struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_INSERT, err);
	cm_query_text(&q, ":name", row->name);
	cm_query_text(&q, ":display_name", row->display_name);
	cm_query_integer(&q, ":created_at_s", row->created_at_s);
	return cm_query_finish(&q);
}

static void read_row(struct cm_query *q, struct cm_organization *out)
{
	cm_query_column_copy(q, 0, out->name, sizeof out->name);
	cm_query_column_copy(q, 1, out->display_name, sizeof out->display_name);
	out->created_at_s = cm_query_column_integer(q, 2);
}

enum cm_status cm_organization_get(struct cm_store *store, const char *name,
                                   struct cm_organization *out, struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_GET, err);
	cm_query_text(&q, ":name", name);
	if (cm_query_row(&q)) {
		found = true;
		read_row(&q, out);
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && !found)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no organisation %s.", name);
	return rc;
}

enum cm_status cm_organization_list(struct cm_store *store, const char *after_name, int64_t limit,
                                    void (*each)(const struct cm_organization *row, void *arg),
                                    void *arg, struct cm_err *err)
{
	struct cm_organization row;
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_LIST, err);
	cm_query_text(&q, ":after_name", after_name);
	cm_query_integer(&q, ":limit", limit);
	while (cm_query_row(&q)) {
		read_row(&q, &row);
		if (q.rc == CM_OK)
			each(&row, arg);
	}
	return cm_query_end(&q);
}

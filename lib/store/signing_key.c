#include "store/signing_key.h"

#include "store/query.h"

enum cm_status cm_signing_key_list(struct cm_store *store, cm_signing_key_each *each, void *arg,
                                   struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_SIGNING_KEY_LIST, err);
	while (cm_query_row(&q)) {
		struct cm_signing_key key = {
		    .kid = cm_query_column_text(&q, 0),
		    .alg = cm_query_column_text(&q, 1),
		    .private_pem = cm_query_column_text(&q, 2),
		    .public_pem = cm_query_column_text(&q, 3),
		    .jwk = cm_query_column_text(&q, 4),
		    .created_at_s = cm_query_column_integer(&q, 5),
		    .retired_at_s = cm_query_column_integer(&q, 6),
		};

		if (q.rc == CM_OK)
			q.rc = each(&key, arg, err);
	}
	return cm_query_end(&q);
}

enum cm_status cm_signing_key_replace(struct cm_store *store, const struct cm_signing_key *key,
                                      struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_SIGNING_KEY_INSERT, err);
	cm_query_text(&q, ":kid", key->kid);
	cm_query_text(&q, ":alg", key->alg);
	cm_query_text(&q, ":private_pem", key->private_pem);
	cm_query_text(&q, ":public_pem", key->public_pem);
	cm_query_text(&q, ":jwk", key->jwk);
	cm_query_integer(&q, ":created_at_s", key->created_at_s);
	rc = cm_query_finish(&q);
	if (rc != CM_OK)
		return rc;
	cm_query_begin(&q, store, CM_STMT_SIGNING_KEY_RETIRE_OTHERS, err);
	cm_query_integer(&q, ":retired_at_s", key->created_at_s);
	cm_query_text(&q, ":kid", key->kid);
	return cm_query_finish(&q);
}

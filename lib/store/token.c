#include "store/token.h"

#include "store/query.h"

enum cm_status cm_token_insert(struct cm_store *store, const struct cm_token *token,
                               struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;
	int changes;

	cm_query_begin(&q, store, CM_STMT_TOKEN_INSERT, err);
	cm_query_text(&q, ":jti", token->jti);
	cm_query_text(&q, ":client_id", token->client_id);
	cm_query_text(&q, ":subject", token->subject);
	cm_query_text(&q, ":scope", token->scope);
	cm_query_text(&q, ":resource", token->resource);
	cm_query_integer(&q, ":issued_at_s", token->issued_at_s);
	cm_query_integer(&q, ":expires_at_s", token->expires_at_s);
	cm_query_run(&q);
	changes = cm_query_changes(&q);
	rc = cm_query_end(&q);
	if (rc == CM_OK && changes == 0)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no such client.");
	return rc;
}

enum cm_status cm_token_caller(struct cm_store *store, const char *jti, struct cm_token_caller *out,
                               struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_TOKEN_CALLER, err);
	cm_query_text(&q, ":jti", jti);
	if (cm_query_row(&q)) {
		found = true;
		cm_query_column_copy(&q, 0, out->client_id, sizeof out->client_id);
		cm_query_column_copy(&q, 1, out->organization, sizeof out->organization);
		cm_query_column_copy(&q, 2, out->registered_scope, sizeof out->registered_scope);
		out->revoked = cm_query_column_text(&q, 3) != NULL;
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && !found)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no such token.");
	return rc;
}

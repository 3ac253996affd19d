#include "store/token.h"

#include "base/clock.h"
#include "store/query.h"

/* The columns stand in the order of the fragment token_columns in sql/queries. */
static const struct cm_field fields[] = {
    {.name = "owner",
     .column = "owner",
     .flags = CM_FIELD_READ_ONLY,
     .description = "Organisation whose resources it reaches"},
    {.name = "name",
     .column = "name",
     .flags = CM_FIELD_READ_ONLY,
     .description = "Its jti; owner/name is its id"},
    {.name = "application",
     .column = "application",
     .flags = CM_FIELD_READ_ONLY,
     .description = "Id of the application that it was issued to"},
    {.name = "clientId",
     .column = "client_id",
     .flags = CM_FIELD_READ_ONLY,
     .description = "client_id of that application"},
    {.name = "user",
     .column = "user",
     .flags = CM_FIELD_READ_ONLY,
     .description = "Id of the user in whose name it is; empty: the application's own"},
    {.name = "scope",
     .column = "scope",
     .flags = CM_FIELD_READ_ONLY,
     .description = "What it was issued for"},
    {.name = "createdTime",
     .column = "issued_at_s",
     .type = CM_FIELD_TIME,
     .flags = CM_FIELD_READ_ONLY,
     .description = "When it was issued"},
    {.name = "expiresTime",
     .column = "expires_at_s",
     .type = CM_FIELD_TIME,
     .flags = CM_FIELD_READ_ONLY,
     .description = "When it expires"},
    {.name = "revokedTime",
     .column = "revoked_at_s",
     .type = CM_FIELD_TIME,
     .flags = CM_FIELD_READ_ONLY | CM_FIELD_PENDING,
     .description = "When it was revoked; null: it was not"},
    {.column = "properties", .flags = CM_FIELD_HIDDEN, .fallback = "{}"},
};

const struct cm_entity cm_token_entity = {
    .name = "token",
    .plural = "tokens",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .get = CM_STMT_TOKEN_GET,
    .list = CM_STMT_TOKEN_LIST,
    .changed = CM_STMT_TOKEN_CHANGED,
    .remove = CM_STMT_TOKEN_DELETE,
    .tenant = {"owner"},
    .changed_at = "issued_at_s",
};

enum cm_status cm_token_insert(struct cm_store *store, const struct cm_token *token,
                               struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_TOKEN_INSERT, err);
	cm_query_text(&q, ":jti", token->jti);
	cm_query_integer(&q, ":application_id", token->application_id);
	cm_query_text(&q, ":client_id", token->client_id);
	cm_query_text(&q, ":organization", token->organization);
	cm_query_text(&q, ":client_secret_sha256", token->secret_sha256);
	cm_query_text(&q, ":subject", token->subject);
	cm_query_text(&q, ":scope", token->scope);
	cm_query_text(&q, ":resource", token->resource);
	cm_query_integer(&q, ":issued_at_s", token->issued_at_s);
	cm_query_integer(&q, ":expires_at_s", token->expires_at_s);
	if (token->user_id != 0)
		cm_query_integer(&q, ":user_id", token->user_id);
	cm_query_text(&q, ":family", token->family);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such client.");
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
		out->user_id = cm_query_column_integer(&q, 4);
		cm_query_column_copy(&q, 5, out->user_scope, sizeof out->user_scope);
		out->user_forbidden = cm_query_column_integer(&q, 6) != 0;
		cm_query_column_copy(&q, 7, out->user, sizeof out->user);
		out->user_admin = cm_query_column_integer(&q, 8) != 0;
		cm_query_column_copy(&q, 9, out->ip_whitelist, sizeof out->ip_whitelist);
		out->from_document = cm_query_column_integer(&q, 10) != 0;
		out->disabled = cm_query_column_integer(&q, 11) != 0;
		out->user_foreign = cm_query_column_integer(&q, 12) != 0;
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && !found)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no such token.");
	return rc;
}

enum cm_status cm_token_revoke(struct cm_store *store, const char *jti, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_TOKEN_REVOKE, err);
	cm_query_text(&q, ":jti", jti);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish(&q);
}

#include "store/grant.h"

#include "base/clock.h"
#include "store/query.h"

/* For statements that use something up: they decide by whether they found their row. */
static enum cm_status finish_spending(struct cm_query *q)
{
	return cm_query_finish_change(q, CM_INVALID_GRANT, "It was used already, or has expired.");
}

/* --- consent --- */

enum cm_status cm_consent_get(struct cm_store *store, int64_t user_id, int64_t application_id,
                              char scope[CM_SCOPE_TEXT_MAX], struct cm_err *err)
{
	struct cm_query q;

	scope[0] = '\0';
	cm_query_begin(&q, store, CM_STMT_CONSENT_GET, err);
	cm_query_integer(&q, ":user_id", user_id);
	cm_query_integer(&q, ":application_id", application_id);
	if (cm_query_row(&q))
		cm_query_column_copy(&q, 0, scope, CM_SCOPE_TEXT_MAX);
	return cm_query_end(&q);
}

enum cm_status cm_consent_put(struct cm_store *store, int64_t user_id, int64_t application_id,
                              const char *scope, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CONSENT_PUT, err);
	cm_query_integer(&q, ":user_id", user_id);
	cm_query_integer(&q, ":application_id", application_id);
	cm_query_text(&q, ":scope", scope);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish(&q);
}

enum cm_status cm_consent_list(struct cm_store *store, int64_t user_id,
                               void (*each)(const struct cm_consent *consent, void *arg), void *arg,
                               struct cm_err *err)
{
	struct cm_consent row;
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CONSENT_LIST, err);
	cm_query_integer(&q, ":user_id", user_id);
	while (cm_query_row(&q)) {
		row.application_id = cm_query_column_integer(&q, 0);
		cm_query_column_copy(&q, 1, row.client_id, sizeof row.client_id);
		cm_query_column_copy(&q, 2, row.display_name, sizeof row.display_name);
		cm_query_column_copy(&q, 3, row.scope, sizeof row.scope);
		row.granted_at_s = cm_query_column_integer(&q, 4);
		if (q.rc == CM_OK)
			each(&row, arg);
	}
	return cm_query_end(&q);
}

/* A statement about what one client, or (application_id 0) any client, got from a person. */
static enum cm_status end_of(struct cm_store *store, enum cm_stmt stmt, int64_t user_id,
                             int64_t application_id, bool timed, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, stmt, err);
	cm_query_integer(&q, ":user_id", user_id);
	if (application_id != 0)
		cm_query_integer(&q, ":application_id", application_id);
	if (timed)
		cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish(&q);
}

enum cm_status cm_consent_revoke(struct cm_store *store, int64_t user_id, int64_t application_id,
                                 struct cm_err *err)
{
	static const struct {
		enum cm_stmt stmt;
		bool timed;
	} steps[] = {
	    {CM_STMT_CONSENT_DELETE, false},   {CM_STMT_CODE_DELETE_OF, false},
	    {CM_STMT_DEVICE_DELETE_OF, false}, {CM_STMT_REFRESH_DELETE_OF, false},
	    {CM_STMT_TOKEN_REVOKE_OF, true},
	};
	enum cm_status rc = CM_OK;

	for (size_t i = 0; rc == CM_OK && i < sizeof steps / sizeof *steps; i++)
		rc = end_of(store, steps[i].stmt, user_id, application_id, steps[i].timed, err);
	return rc;
}

enum cm_status cm_user_revoke(struct cm_store *store, int64_t user_id, struct cm_err *err)
{
	enum cm_status rc;

	if ((rc = end_of(store, CM_STMT_CODE_DELETE_OF_USER, user_id, 0, false, err)) != CM_OK ||
	    (rc = end_of(store, CM_STMT_DEVICE_DELETE_OF_USER, user_id, 0, false, err)) != CM_OK ||
	    (rc = end_of(store, CM_STMT_REFRESH_DELETE_OF_USER, user_id, 0, false, err)) != CM_OK)
		return rc;
	return end_of(store, CM_STMT_TOKEN_REVOKE_OF_USER, user_id, 0, true, err);
}

enum cm_status cm_family_revoke(struct cm_store *store, const char *family, struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_REFRESH_DELETE_FAMILY, err);
	cm_query_text(&q, ":family", family);
	if ((rc = cm_query_finish(&q)) != CM_OK)
		return rc;
	cm_query_begin(&q, store, CM_STMT_TOKEN_REVOKE_FAMILY, err);
	cm_query_text(&q, ":family", family);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish(&q);
}

/* --- authorization code --- */

enum cm_status cm_code_insert(struct cm_store *store, const struct cm_code *code,
                              struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CODE_INSERT, err);
	cm_query_text(&q, ":code_sha256", code->sha256);
	cm_query_integer(&q, ":application_id", code->application_id);
	cm_query_text(&q, ":client_id", code->client_id);
	cm_query_integer(&q, ":user_id", code->user_id);
	cm_query_text(&q, ":redirect_uri", code->redirect_uri);
	cm_query_integer(&q, ":redirect_uri_sent", code->redirect_uri_sent);
	cm_query_text(&q, ":code_challenge", code->challenge);
	cm_query_text(&q, ":scope", code->scope);
	cm_query_text(&q, ":nonce", code->nonce[0] == '\0' ? NULL : code->nonce);
	cm_query_integer(&q, ":signed_in_at_s", code->signed_in_at_s);
	cm_query_text(&q, ":family", code->family);
	cm_query_integer(&q, ":expires_at_s", code->expires_at_s);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such client.");
}

enum cm_status cm_code_get(struct cm_store *store, const char *sha256, struct cm_code *out,
                           struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	*out = (struct cm_code){0};
	cm_query_begin(&q, store, CM_STMT_CODE_GET, err);
	cm_query_text(&q, ":code_sha256", sha256);
	if (cm_query_row(&q)) {
		found = true;
		cm_query_column_copy(&q, 0, out->sha256, sizeof out->sha256);
		out->application_id = cm_query_column_integer(&q, 1);
		out->user_id = cm_query_column_integer(&q, 2);
		cm_query_column_copy(&q, 3, out->redirect_uri, sizeof out->redirect_uri);
		out->redirect_uri_sent = cm_query_column_integer(&q, 4) != 0;
		cm_query_column_copy(&q, 5, out->challenge, sizeof out->challenge);
		cm_query_column_copy(&q, 6, out->scope, sizeof out->scope);
		cm_query_column_copy(&q, 7, out->nonce, sizeof out->nonce);
		out->signed_in_at_s = cm_query_column_integer(&q, 8);
		cm_query_column_copy(&q, 9, out->family, sizeof out->family);
		out->expires_at_s = cm_query_column_integer(&q, 10);
		out->used = cm_query_column_text(&q, 11) != NULL;
	}
	rc = cm_query_end(&q);
	return rc == CM_OK && !found ? cm_err_set(err, CM_NOT_FOUND, "There is no such code.") : rc;
}

enum cm_status cm_code_spend(struct cm_store *store, const char *sha256, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CODE_SPEND, err);
	cm_query_text(&q, ":code_sha256", sha256);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return finish_spending(&q);
}

/* --- refresh token --- */

enum cm_status cm_refresh_insert(struct cm_store *store, const struct cm_refresh *refresh,
                                 struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_REFRESH_INSERT, err);
	cm_query_text(&q, ":token_sha256", refresh->sha256);
	cm_query_integer(&q, ":application_id", refresh->application_id);
	cm_query_integer(&q, ":user_id", refresh->user_id);
	cm_query_text(&q, ":scope", refresh->scope);
	cm_query_integer(&q, ":signed_in_at_s", refresh->signed_in_at_s);
	cm_query_text(&q, ":family", refresh->family);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	cm_query_integer(&q, ":expires_at_s", refresh->expires_at_s);
	return cm_query_finish(&q);
}

enum cm_status cm_refresh_get(struct cm_store *store, const char *sha256, struct cm_refresh *out,
                              struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	*out = (struct cm_refresh){0};
	cm_query_begin(&q, store, CM_STMT_REFRESH_GET, err);
	cm_query_text(&q, ":token_sha256", sha256);
	if (cm_query_row(&q)) {
		found = true;
		cm_query_column_copy(&q, 0, out->sha256, sizeof out->sha256);
		out->application_id = cm_query_column_integer(&q, 1);
		out->user_id = cm_query_column_integer(&q, 2);
		cm_query_column_copy(&q, 3, out->scope, sizeof out->scope);
		out->signed_in_at_s = cm_query_column_integer(&q, 4);
		cm_query_column_copy(&q, 5, out->family, sizeof out->family);
		out->expires_at_s = cm_query_column_integer(&q, 6);
		out->used_at_s = cm_query_column_integer(&q, 7);
	}
	rc = cm_query_end(&q);
	return rc == CM_OK && !found
	           ? cm_err_set(err, CM_NOT_FOUND, "There is no such refresh token.")
	           : rc;
}

enum cm_status cm_refresh_spend(struct cm_store *store, const char *sha256, int64_t grace_since_s,
                                struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_REFRESH_SPEND, err);
	cm_query_text(&q, ":token_sha256", sha256);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	cm_query_integer(&q, ":grace_since_s", grace_since_s);
	return finish_spending(&q);
}

#include "auth/issue.h"

#include <stdlib.h>
#include <string.h>

#include "auth/jwt.h"
#include "auth/scope.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/grant.h"
#include "store/sweep.h"

void cm_issued_clear(struct cm_issued *issued)
{
	cm_buf_clear(&issued->jwt);
	cm_buf_clear(&issued->id_token);
	cm_buf_clear(&issued->scope);
	cm_crypto_wipe(issued->refresh, sizeof issued->refresh);
}

/* All that one transaction writes.  It may be written when the request is over. */
struct rows {
	const struct cm_principal *caller;
	int64_t used_client; /* whose last use is remembered; 0: nobody's */
	cm_store_work *spend;
	void *spend_arg;
	char jti[CM_ID_TEXT];
	struct cm_token token;
	struct cm_refresh refresh; /* sha256 "": none */
	struct cm_buf texts;       /* what token points to */
};

static void release_rows(void *arg)
{
	struct rows *rows = arg;

	cm_buf_clear(&rows->texts);
	free(rows);
}

/* Let the token point to texts of its own. */
static enum cm_status own_texts(struct rows *rows, struct cm_err *err)
{
	struct cm_token *token = &rows->token;
	const char **const texts[] = {
	    &token->client_id, &token->organization, &token->secret_sha256, &token->subject,
	    &token->scope,     &token->resource,     &token->family};
	enum { TEXTS = sizeof texts / sizeof *texts };
	size_t at[TEXTS];

	for (size_t i = 0; i < TEXTS; i++) {
		at[i] = rows->texts.len;
		if (*texts[i] != NULL)
			cm_buf_add(&rows->texts, *texts[i], strlen(*texts[i]) + 1);
	}
	for (size_t i = 0; i < TEXTS && !rows->texts.failed; i++) {
		if (*texts[i] != NULL)
			*texts[i] = rows->texts.data + at[i];
	}
	return cm_buf_status(&rows->texts, err);
}

static enum cm_status write_rows(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct rows *rows = arg;
	struct cm_audit audit = cm_principal_audit(rows->caller, "token", rows->token.jti, CM_OK);
	enum cm_status rc = CM_OK;

	if (rows->spend != NULL)
		rc = rows->spend(store, rows->spend_arg, err);
	if (rc == CM_OK)
		rc = cm_token_insert(store, &rows->token, err);
	if (rc == CM_OK && rows->refresh.sha256[0] != '\0')
		rc = cm_refresh_insert(store, &rows->refresh, err);
	if (rc == CM_OK && rows->used_client != 0)
		rc = cm_client_used(store, rows->used_client, rows->token.issued_at_s, err);
	if (rc == CM_OK)
		rc = cm_audit_insert(store, &audit, err);
	return rc == CM_OK ? cm_sweep(store, (unsigned)cm_clock_monotonic_us(), err) : rc;
}

static void put_time(struct cm_buf *buf, const char *name, int64_t at_s)
{
	cm_json_put_name(buf, name);
	cm_json_put_integer(buf, at_s);
}

/* RFC 9068 section 2.2, and whose resources it reaches. */
static void put_access_claims(struct cm_buf *buf, const struct cm_context *ctx,
                              const struct cm_issue *issue, const struct cm_token *token)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "iss", ctx->settings.issuer);
	cm_json_put_member(buf, "aud", token->resource);
	cm_json_put_member(buf, "sub", token->subject);
	cm_json_put_member(buf, "client_id", token->client_id);
	cm_json_put_member(buf, "organization",
	                   issue->user != NULL ? issue->user->owner : issue->client->organization);
	cm_json_put_member(buf, "scope", token->scope);
	cm_json_put_member(buf, "jti", token->jti);
	put_time(buf, "iat", token->issued_at_s);
	put_time(buf, "exp", token->expires_at_s);
	if (issue->user != NULL)
		put_time(buf, "auth_time", issue->signed_in_at_s);
	cm_json_put_close(buf, '}');
}

void cm_issue_put_claims(struct cm_buf *buf, const struct cm_user *user, cm_scope_set scopes)
{
	cm_json_put_member(buf, "sub", user->subject);
	if ((scopes & CM_SCOPE_PROFILE) != 0) {
		cm_json_put_member(buf, "name", user->display_name);
		cm_json_put_member(buf, "preferred_username", user->name);
	}
	if ((scopes & CM_SCOPE_EMAIL) != 0 && user->email[0] != '\0')
		cm_json_put_member(buf, "email", user->email);
}

static void put_id_claims(struct cm_buf *buf, const struct cm_context *ctx,
                          const struct cm_issue *issue, const struct cm_token *token)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "iss", ctx->settings.issuer);
	cm_json_put_member(buf, "aud", token->client_id);
	cm_issue_put_claims(buf, issue->user, cm_scope_known(token->scope));
	put_time(buf, "iat", token->issued_at_s);
	put_time(buf, "exp", token->expires_at_s);
	put_time(buf, "auth_time", issue->signed_in_at_s);
	if (issue->nonce != NULL && *issue->nonce != '\0')
		cm_json_put_member(buf, "nonce", issue->nonce);
	cm_json_put_close(buf, '}');
}

static enum cm_status sign(const struct cm_context *ctx, const struct cm_issue *issue,
                           const struct cm_token *token, struct cm_issued *out, struct cm_err *err)
{
	const struct cm_key *key = cm_keyring_signer(&ctx->keys, ctx->settings.signing_algorithm);
	struct cm_buf access = {0}, id = {0};
	enum cm_status rc;

	if (key == NULL)
		return cm_err_set(err, CM_STORE, "no signing key for %s: run `casement key rotate`",
		                  ctx->settings.signing_algorithm);
	put_access_claims(&access, ctx, issue, token);
	if ((rc = cm_buf_status(&access, err)) == CM_OK)
		rc = cm_jwt_sign(key, CM_JWT_ACCESS, cm_buf_str(&access), &out->jwt, err);
	if (rc == CM_OK && issue->user != NULL &&
	    (cm_scope_known(token->scope) & CM_SCOPE_OPENID) != 0) {
		put_id_claims(&id, ctx, issue, token);
		if ((rc = cm_buf_status(&id, err)) == CM_OK)
			rc = cm_jwt_sign(key, CM_JWT_PLAIN, cm_buf_str(&id), &out->id_token, err);
	}
	cm_buf_clear(&access);
	cm_buf_clear(&id);
	return rc;
}

static int64_t lifetime_s(const struct cm_context *ctx, const struct cm_client *client)
{
	int64_t life_s = ctx->settings.access_token_lifetime_s;

	if (client->expire_in_hours > 0)
		life_s = (int64_t)(client->expire_in_hours * 3600);
	return life_s < 1 ? 1 : life_s;
}

/* A new refresh token: its digest goes into the row, its text to the client. */
static enum cm_status make_refresh(const struct cm_context *ctx, const struct cm_issue *issue,
                                   struct cm_refresh *row, struct cm_issued *out,
                                   struct cm_err *err)
{
	size_t len = strlen(issue->refresh_scope);
	enum cm_status rc;

	if (len >= sizeof row->scope || strlen(issue->family) >= sizeof row->family)
		return cm_err_set(err, CM_INTERNAL, "scope or family is too long");
	if ((rc = cm_crypto_secret(out->refresh, err)) != CM_OK ||
	    (rc = cm_crypto_sha256_hex(out->refresh, strlen(out->refresh), row->sha256, err)) !=
	        CM_OK)
		return rc;
	row->application_id = issue->client->id;
	row->user_id = issue->user->id;
	memcpy(row->scope, issue->refresh_scope, len + 1);
	memcpy(row->family, issue->family, strlen(issue->family) + 1);
	row->signed_in_at_s = issue->signed_in_at_s;
	row->expires_at_s = cm_clock_now_s() + ctx->settings.refresh_token_lifetime_s;
	return CM_OK;
}

static enum cm_status fill_rows(struct rows *rows, const struct cm_context *ctx,
                                const struct cm_issue *issue, int64_t life_s, struct cm_err *err)
{
	const struct cm_client *client = issue->client;
	enum cm_status rc;

	if ((rc = cm_crypto_id_at(cm_clock_now_ms(), rows->jti, err)) != CM_OK)
		return rc;
	rows->caller = issue->caller;
	rows->used_client = client->origin == CM_CLIENT_MADE ? 0 : client->id;
	rows->spend = issue->spend;
	rows->spend_arg = issue->spend_arg;
	rows->token = (struct cm_token){
	    .jti = rows->jti,
	    .application_id = client->id,
	    .client_id = client->client_id,
	    .organization = client->organization,
	    .secret_sha256 = client->secret_sha256,
	    .subject = issue->user != NULL ? issue->user->subject : client->client_id,
	    .scope = issue->scope,
	    .resource = ctx->mcp_url,
	    .issued_at_s = cm_clock_now_s(),
	    .expires_at_s = cm_clock_now_s() + life_s,
	    .user_id = issue->user != NULL ? issue->user->id : 0,
	    .family = issue->family,
	};
	return own_texts(rows, err);
}

/* What is spent decides at once; what only adds rows needs no lock before they are written. */
static enum cm_status write(struct cm_context *ctx, struct rows *rows, struct cm_err *err)
{
	enum cm_status rc;

	if (rows->spend == NULL)
		return cm_store_write_later(ctx->store, write_rows, rows, release_rows, err);
	rc = cm_store_write(ctx->store, write_rows, rows, err);
	release_rows(rows);
	return rc;
}

enum cm_status cm_issue_run(struct cm_context *ctx, const struct cm_issue *issue,
                            struct cm_issued *out, struct cm_err *err)
{
	struct rows *rows;
	enum cm_status rc;

	*out = (struct cm_issued){.expires_in_s = lifetime_s(ctx, issue->client)};
	/* To sign takes long. */
	if (issue->spend != NULL && (rc = cm_context_group_leave(ctx, err)) != CM_OK)
		return rc;
	if ((rows = calloc(1, sizeof *rows)) == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	rc = fill_rows(rows, ctx, issue, out->expires_in_s, err);
	cm_buf_puts(&out->scope, issue->scope);
	if (rc == CM_OK)
		rc = cm_buf_status(&out->scope, err);
	if (rc == CM_OK)
		rc = sign(ctx, issue, &rows->token, out, err);
	if (rc == CM_OK && issue->refresh_scope != NULL)
		rc = make_refresh(ctx, issue, &rows->refresh, out, err);
	if (rc == CM_OK)
		rc = write(ctx, rows, err);
	else
		release_rows(rows);
	if (rc != CM_OK)
		cm_issued_clear(out);
	return rc;
}

enum cm_status cm_issue_to_client(struct cm_context *ctx, const struct cm_client *client,
                                  const char *scope, const struct cm_principal *caller,
                                  struct cm_issued *out, struct cm_err *err)
{
	bool registered_set = scope == NULL || *scope == '\0';
	struct cm_scope_limits limits = {
	    .registered = cm_scope_known(client->scope) & ~CM_SCOPE_IDENTITY,
	    .held = CM_SCOPE_ALL,
	    .lenient = registered_set,
	};
	struct cm_buf granted = {0};
	enum cm_status rc =
	    cm_scope_grant(registered_set ? client->scope : scope, &limits, &granted, err);

	*out = (struct cm_issued){0};
	if (rc == CM_OK) {
		struct cm_issue issue = {
		    .client = client, .scope = cm_buf_str(&granted), .caller = caller};

		rc = cm_issue_run(ctx, &issue, out, err);
	}
	cm_buf_clear(&granted);
	return rc;
}

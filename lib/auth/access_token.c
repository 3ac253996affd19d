#include "auth/access_token.h"

#include <stdio.h>
#include <string.h>

#include "auth/jwt.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/token.h"

void cm_access_token_clear(struct cm_access_token *token)
{
	cm_buf_clear(&token->jwt);
	cm_buf_clear(&token->scope);
}

struct issue {
	const struct cm_principal *caller;
	struct cm_token token;
};

static enum cm_status write_token(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct issue *issue = arg;
	struct cm_audit audit = cm_principal_audit(issue->caller, "token", issue->token.jti, CM_OK);
	enum cm_status rc = cm_token_insert(store, &issue->token, err);

	return rc == CM_OK ? cm_audit_insert(store, &audit, err) : rc;
}

/* RFC 9068 section 2.2, and the client's organisation. */
static void put_claims(struct cm_buf *buf, const struct cm_context *ctx,
                       const struct cm_token *token, const char *organization)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "iss", ctx->settings.issuer);
	cm_json_put_member(buf, "aud", token->resource);
	cm_json_put_member(buf, "sub", token->subject);
	cm_json_put_member(buf, "client_id", token->client_id);
	cm_json_put_member(buf, "organization", organization);
	cm_json_put_member(buf, "scope", token->scope);
	cm_json_put_member(buf, "jti", token->jti);
	cm_json_put_name(buf, "iat");
	cm_json_put_integer(buf, token->issued_at_s);
	cm_json_put_name(buf, "exp");
	cm_json_put_integer(buf, token->expires_at_s);
	cm_json_put_close(buf, '}');
}

/* The scopes to grant: those asked for, in the client's spelling and each once. */
static enum cm_status grant_scope(const struct cm_client *client, const char *scope,
                                  struct cm_buf *out, struct cm_err *err)
{
	const char *wanted = scope == NULL || *scope == '\0' ? client->scope : scope;
	cm_scope_set registered = cm_scope_known(client->scope);
	const char *cursor = wanted, *word;
	size_t len;

	while ((word = cm_text_word(&cursor, " ", &len)) != NULL) {
		cm_scope_set set = cm_scope_word(word, len);
		char copy[CM_SCOPE_TEXT_MAX];

		if (set == 0 || (set & ~registered) != 0)
			return cm_err_set(err, CM_INVALID_SCOPE,
			                  "The client is not registered for scope %.*s.",
			                  len > 100 ? 100 : (int)len, word);
		snprintf(copy, sizeof copy, "%.*s", (int)len, word);
		if (!cm_text_has_word(cm_buf_str(out), copy)) {
			cm_buf_puts(out, out->len == 0 ? "" : " ");
			cm_buf_puts(out, copy);
		}
	}
	return cm_buf_status(out, err);
}

enum cm_status cm_access_token_issue(struct cm_context *ctx, const struct cm_client *client,
                                     const char *scope, const struct cm_principal *caller,
                                     struct cm_access_token *out, struct cm_err *err)
{
	const struct cm_key *key = cm_keyring_signer(&ctx->keys, ctx->settings.signing_algorithm);
	struct issue issue = {.caller = caller};
	struct cm_buf claims = {0};
	char jti[CM_ID_TEXT];
	enum cm_status rc;

	*out = (struct cm_access_token){.expires_in_s = ctx->settings.access_token_lifetime_s};
	if (client->expire_in_hours > 0)
		out->expires_in_s = (int64_t)(client->expire_in_hours * 3600);
	if (out->expires_in_s < 1)
		out->expires_in_s = 1;
	if (key == NULL) {
		rc = cm_err_set(err, CM_STORE, "no signing key for %s: run `casement key rotate`",
		                ctx->settings.signing_algorithm);
		goto out;
	}
	if ((rc = grant_scope(client, scope, &out->scope, err)) != CM_OK ||
	    (rc = cm_crypto_id(jti, err)) != CM_OK)
		goto out;
	issue.token = (struct cm_token){
	    .jti = jti,
	    .client_id = client->client_id,
	    .subject = client->client_id,
	    .scope = cm_buf_str(&out->scope),
	    .resource = ctx->mcp_url,
	    .issued_at_s = cm_clock_now_s(),
	    .expires_at_s = cm_clock_now_s() + out->expires_in_s,
	};
	put_claims(&claims, ctx, &issue.token, client->organization);
	if ((rc = cm_buf_status(&claims, err)) != CM_OK ||
	    (rc = cm_jwt_sign(key, cm_buf_str(&claims), &out->jwt, err)) != CM_OK)
		goto out;
	rc = cm_store_write(ctx->store, write_token, &issue, err);
out:
	cm_buf_clear(&claims);
	if (rc != CM_OK)
		cm_access_token_clear(out);
	return rc;
}

static enum cm_status refuse(struct cm_err *err, const char *why)
{
	return cm_err_set(err, CM_UNAUTHORIZED, "%s", why);
}

/* aud is one string or an array of them (RFC 7519 section 4.1.3). */
static bool has_audience(const cm_json *aud, const char *wanted)
{
	const char *one = cm_json_string(aud);

	if (one != NULL)
		return strcmp(one, wanted) == 0;
	for (size_t i = 0; i < cm_json_length(aud); i++) {
		one = cm_json_string(cm_json_at(aud, i));
		if (one != NULL && strcmp(one, wanted) == 0)
			return true;
	}
	return false;
}

/* RFC 9068 section 4: the claims that stay as they are for the life of the token. */
static enum cm_status read_claims(const struct cm_context *ctx, const cm_json *json,
                                  struct cm_claims *out, struct cm_err *err)
{
	const char *iss = cm_json_string(cm_json_get(json, "iss"));
	const char *sub = cm_json_string(cm_json_get(json, "sub"));
	const char *jti = cm_json_string(cm_json_get(json, "jti"));
	const char *client_id = cm_json_string(cm_json_get(json, "client_id"));
	const char *scope = cm_json_string(cm_json_get(json, "scope"));
	const cm_json *nbf;
	int64_t iat;

	*out = (struct cm_claims){0};
	if (iss == NULL || strcmp(iss, ctx->settings.issuer) != 0)
		return refuse(err, "The token is from another issuer.");
	if (!has_audience(cm_json_get(json, "aud"), ctx->mcp_url))
		return refuse(err, "The token is for another resource.");
	if (!cm_json_integer(cm_json_get(json, "exp"), &out->expires_at_s) ||
	    !cm_json_integer(cm_json_get(json, "iat"), &iat) ||
	    (cm_json_find(json, "nbf", &nbf) && !cm_json_integer(nbf, &out->not_before_s)) ||
	    sub == NULL || scope == NULL || jti == NULL || strlen(jti) >= sizeof out->jti ||
	    client_id == NULL || strlen(client_id) >= sizeof out->client_id)
		return refuse(err, "The token lacks a claim.");
	memcpy(out->jti, jti, strlen(jti) + 1);
	memcpy(out->client_id, client_id, strlen(client_id) + 1);
	out->scopes = cm_scope_known(scope);
	return CM_OK;
}

/* The claims of a token whose signature is good, from memory or by verifying it. */
static enum cm_status verify(struct cm_context *ctx, const char *token, struct cm_claims *out,
                             struct cm_err *err)
{
	unsigned char digest[CM_SHA256_BYTES];
	const struct cm_claims *known;
	cm_json *json = NULL;
	enum cm_status rc = cm_crypto_sha256(token, strlen(token), digest, err);

	if (rc != CM_OK)
		return rc;
	known = cm_verified_get(&ctx->verified, digest);
	if (known != NULL) {
		*out = *known;
		return CM_OK;
	}
	rc = cm_jwt_verify(&ctx->keys, token, &json, err);
	if (rc == CM_OK)
		rc = read_claims(ctx, json, out, err);
	if (rc == CM_OK)
		cm_verified_put(&ctx->verified, digest, out);
	cm_json_free(json);
	return rc;
}

enum cm_status cm_access_token_check(struct cm_context *ctx, const char *token,
                                     struct cm_principal *out, struct cm_err *err)
{
	struct cm_token_caller caller;
	struct cm_claims claims;
	int64_t now_s = cm_clock_now_s();
	struct cm_err inner = {0};
	enum cm_status rc = verify(ctx, token, &claims, err);

	if (rc != CM_OK)
		return rc;
	if (claims.expires_at_s <= now_s)
		return refuse(err, "The token has expired.");
	if (claims.not_before_s > now_s)
		return refuse(err, "The token is not valid yet.");
	rc = cm_token_caller(ctx->store, claims.jti, &caller, &inner);
	if (rc == CM_NOT_FOUND)
		return refuse(err, "The token or its client is not known any more.");
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", inner.text);
	if (caller.revoked)
		return refuse(err, "The token was revoked.");
	if (strcmp(caller.client_id, claims.client_id) != 0)
		return refuse(err, "The token is of another client.");
	memcpy(out->client_id, caller.client_id, sizeof out->client_id);
	memcpy(out->organization, caller.organization, sizeof out->organization);
	out->scopes = claims.scopes & cm_scope_known(caller.registered_scope);
	return CM_OK;
}

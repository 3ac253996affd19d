#include "auth/access_token.h"

#include <string.h>

#include "auth/jwt.h"
#include "auth/person.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/token.h"

static enum cm_status refuse(struct cm_err *err, const char *why)
{
	cm_err_set(err, CM_UNAUTHORIZED, "%s", why);
	return CM_UNAUTHORIZED;
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

/*
 * A token whose signature and fixed claims are good, from memory or by verifying it; *out is
 * borrowed from what is remembered, or is fresh.
 */
static enum cm_status verify(struct cm_context *ctx, const char *token,
                             struct cm_verified_token *fresh, struct cm_verified_token **out,
                             struct cm_err *err)
{
	unsigned char digest[CM_SHA256_BYTES];
	cm_json *json = NULL;
	enum cm_status rc = cm_crypto_sha256(token, strlen(token), digest, err);

	if (rc != CM_OK)
		return rc;
	*out = cm_verified_get(&ctx->verified, digest);
	if (*out != NULL)
		return CM_OK;
	*fresh = (struct cm_verified_token){.state = 0};
	rc = cm_jwt_verify(&ctx->keys, token, &json, err);
	if (rc == CM_OK)
		rc = read_claims(ctx, json, &fresh->claims, err);
	if (rc == CM_OK)
		cm_verified_put(&ctx->verified, digest, fresh);
	cm_json_free(json);
	*out = fresh;
	return rc;
}

/* What the registry has of the caller, if it is still good. */
static enum cm_status find_caller(struct cm_context *ctx, const struct cm_claims *claims,
                                  struct cm_token_caller *caller, struct cm_err *err)
{
	struct cm_err inner = {0};
	enum cm_status rc = cm_token_caller(ctx->store, claims->jti, caller, &inner);

	if (rc == CM_NOT_FOUND)
		return refuse(err, "The token or its client is not known any more.");
	if (rc != CM_OK) {
		cm_err_set(err, rc, "%s", inner.text);
		return rc;
	}
	if (caller->revoked)
		return refuse(err, "The token was revoked.");
	if (strcmp(caller->client_id, claims->client_id) != 0)
		return refuse(err, "The token is of another client.");
	if (caller->user_forbidden)
		return refuse(err, "The user may not sign in any more.");
	if (caller->user_foreign)
		return refuse(err, "The user is not of the client's organisation.");
	/* A client that came by its document goes with the setting. */
	if (caller->from_document && strcmp(ctx->settings.client_id_metadata_documents, "on") != 0)
		return refuse(err, "The client is not taken by its document any more.");
	if (caller->disabled)
		return refuse(err, "The client or its organisation is switched off.");
	return CM_OK;
}

/* Whom the token speaks for, and what of its scopes is good now. */
static enum cm_status tell(struct cm_context *ctx, const struct cm_claims *claims,
                           const struct cm_token_caller *caller, struct cm_caller *out,
                           struct cm_err *err)
{
	struct cm_user person = {.id = caller->user_id, .admin = caller->user_admin};
	cm_scope_set limit;
	enum cm_status rc;

	memcpy(person.scope, caller->user_scope, sizeof person.scope);
	rc = cm_person_limit(ctx->store, caller->user_id == 0 ? NULL : &person,
	                     caller->registered_scope, &limit, err);
	if (rc != CM_OK)
		return rc;
	memcpy(out->organization, caller->organization, sizeof out->organization);
	memcpy(out->user, caller->user, sizeof out->user);
	out->user_id = caller->user_id;
	out->scopes = claims->scopes & limit & CM_SCOPE_ALL;
	out->identity = claims->scopes & limit & CM_SCOPE_IDENTITY;
	return CM_OK;
}

/*
 * The caller as the registry has it now.  used: the token lets in a request, from the address of
 * the principal.  A client that may be used from some addresses alone is looked up each time.
 */
static enum cm_status look_up(struct cm_context *ctx, struct cm_verified_token *token,
                              const struct cm_principal *principal, bool used, struct cm_err *err)
{
	struct cm_token_caller caller;
	enum cm_status rc = find_caller(ctx, &token->claims, &caller, err);

	if (rc != CM_OK)
		return rc;
	if (used && caller.ip_whitelist[0] != '\0' &&
	    !cm_address_in_list(caller.ip_whitelist, principal->address))
		return refuse(err, "The client may not be used from this address.");
	token->state = 0;
	rc = tell(ctx, &token->claims, &caller, &token->caller, err);
	if (rc == CM_OK && caller.ip_whitelist[0] == '\0')
		token->state = cm_context_state(ctx);
	return rc;
}

static enum cm_status check(struct cm_context *ctx, const char *token, bool used,
                            struct cm_principal *out, struct cm_err *err)
{
	struct cm_verified_token fresh, *known;
	int64_t now_s = cm_clock_now_s();
	enum cm_status rc = verify(ctx, token, &fresh, &known, err);

	if (rc != CM_OK)
		return rc;
	if (known->claims.expires_at_s <= now_s)
		return refuse(err, "The token has expired.");
	if (known->claims.not_before_s > now_s)
		return refuse(err, "The token is not valid yet.");
	if ((known->state == 0 || known->state != cm_context_state(ctx)) &&
	    (rc = look_up(ctx, known, out, used, err)) != CM_OK)
		return rc;
	memcpy(out->client_id, known->claims.client_id, sizeof out->client_id);
	memcpy(out->organization, known->caller.organization, sizeof out->organization);
	memcpy(out->user, known->caller.user, sizeof out->user);
	out->user_id = known->caller.user_id;
	out->scopes = known->caller.scopes;
	out->identity = known->caller.identity;
	return CM_OK;
}

enum cm_status cm_access_token_check(struct cm_context *ctx, const char *token,
                                     struct cm_principal *out, struct cm_err *err)
{
	enum cm_status rc = check(ctx, token, true, out, err);

	if (rc == CM_OK)
		out->token = token;
	return rc;
}

enum cm_status cm_access_token_look(struct cm_context *ctx, const char *token,
                                    struct cm_principal *out, struct cm_err *err)
{
	return check(ctx, token, false, out, err);
}

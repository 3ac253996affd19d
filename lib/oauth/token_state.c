#include "oauth/token_state.h"

#include <string.h>

#include "auth/access_token.h"
#include "auth/issue.h"
#include "auth/jwt.h"
#include "auth/person.h"
#include "base/clock.h"
#include "base/json.h"
#include "oauth/client_request.h"
#include "oauth/consent.h"
#include "store/audit.h"
#include "store/grant.h"
#include "store/user.h"

/* A token that a client showed: one of the two kinds, or neither. */
struct shown {
	cm_json *claims; /* of an access token whose signature is good; owned; NULL: none */
	bool is_refresh;
	struct cm_refresh refresh;
};

static enum cm_status look_at(struct cm_exchange *x, const char *token, struct shown *out,
                              struct cm_err *err)
{
	char sha256[CM_SHA256_HEX];
	struct cm_err why = {0};
	enum cm_status rc = cm_jwt_verify(&x->ctx->keys, token, &out->claims, &why);

	if (rc == CM_OK)
		return rc;
	if (rc != CM_UNAUTHORIZED)
		return cm_err_set(err, rc, "%s", why.text);
	cm_err_clear(&why);
	if ((rc = cm_crypto_sha256_hex(token, strlen(token), sha256, err)) != CM_OK)
		return rc;
	rc = cm_refresh_get(x->ctx->store, sha256, &out->refresh, &why);
	out->is_refresh = rc == CM_OK;
	return rc == CM_OK || rc == CM_NOT_FOUND ? CM_OK : cm_err_set(err, rc, "%s", why.text);
}

static const char *claim(const struct shown *shown, const char *name)
{
	const char *text = cm_json_string(cm_json_get(shown->claims, name));

	return text == NULL ? "" : text;
}

static enum cm_status read_token(const struct cm_client_request *request, const char **out,
                                 struct cm_err *err)
{
	*out = cm_params_get(&request->params, "token");
	return *out == NULL ? cm_err_set(err, CM_REQUEST, "token is needed.") : CM_OK;
}

/* --- introspection --- */

static void put_inactive(struct cm_buf *buf)
{
	cm_buf_reset(buf);
	cm_buf_puts(buf, "{\"active\":false}");
}

/* What of a token's scopes is good now. */
static enum cm_status put_scope(struct cm_buf *buf, const char *granted, cm_scope_set limit,
                                struct cm_err *err)
{
	struct cm_buf scope = {0};
	enum cm_status rc = cm_scope_put_within(&scope, granted, limit, err);

	if (rc == CM_OK)
		cm_json_put_member(buf, "scope", cm_buf_str(&scope));
	cm_buf_clear(&scope);
	return rc;
}

static enum cm_status put_access(struct cm_exchange *x, const struct cm_client *client,
                                 const char *token, const struct shown *shown, struct cm_err *err)
{
	static const char *const copied[] = {"client_id", "sub", "aud", "iss", "jti", "exp", "iat"};
	struct cm_buf *buf = &x->res->body;
	struct cm_principal principal = {.user = ""};
	struct cm_err why = {0};
	enum cm_status rc = cm_access_token_look(x->ctx, token, &principal, &why);

	if (rc == CM_UNAUTHORIZED ||
	    (rc == CM_OK && strcmp(principal.client_id, client->client_id) != 0)) {
		put_inactive(buf);
		return CM_OK;
	}
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "active");
	cm_json_put_bool(buf, true);
	cm_json_put_member(buf, "token_type", "Bearer");
	rc = put_scope(buf, claim(shown, "scope"), principal.scopes | principal.identity, err);
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		cm_json_put_name(buf, copied[i]);
		cm_json_put_value(buf, cm_json_get(shown->claims, copied[i]));
	}
	if (principal.user[0] != '\0')
		cm_json_put_member(buf, "username", principal.user);
	cm_json_put_close(buf, '}');
	return rc;
}

static enum cm_status put_refresh(struct cm_exchange *x, const struct cm_client *client,
                                  const struct cm_refresh *refresh, struct cm_err *err)
{
	struct cm_buf *buf = &x->res->body;
	struct cm_err why = {0};
	struct cm_user user;
	cm_scope_set limit;
	enum cm_status rc;

	rc = cm_user_by_id(x->ctx->store, refresh->user_id, &user, &why);
	if (rc != CM_OK && rc != CM_NOT_FOUND)
		return cm_err_set(err, rc, "%s", why.text);
	if (rc == CM_NOT_FOUND || user.forbidden || refresh->application_id != client->id ||
	    refresh->used_at_s != 0 || refresh->expires_at_s <= cm_clock_now_s() ||
	    cm_consent_check_user(client, &user, NULL) != CM_OK) {
		put_inactive(buf);
		return CM_OK;
	}
	rc = cm_person_limit(x->ctx->store, &user, client->scope, &limit, err);
	if (rc != CM_OK)
		return rc;
	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "active");
	cm_json_put_bool(buf, true);
	rc = put_scope(buf, refresh->scope, limit, err);
	cm_json_put_member(buf, "client_id", client->client_id);
	cm_json_put_member(buf, "sub", user.subject);
	cm_json_put_member(buf, "iss", x->ctx->settings.issuer);
	cm_json_put_name(buf, "exp");
	cm_json_put_integer(buf, refresh->expires_at_s);
	cm_json_put_close(buf, '}');
	return rc;
}

static enum cm_status introspect(struct cm_exchange *x, const struct cm_client_request *request,
                                 struct cm_err *err)
{
	struct shown shown = {0};
	const char *token;
	enum cm_status rc;

	/* RFC 7662 section 2.1: against scanning for tokens, clients must prove who they are. */
	if (strcmp(request->client.auth_method, cm_client_method_name(CM_METHOD_NONE)) == 0)
		return cm_err_set(err, CM_INVALID_CLIENT, "Only clients with credentials may ask.");
	if ((rc = read_token(request, &token, err)) == CM_OK)
		rc = look_at(x, token, &shown, err);
	if (rc == CM_OK && shown.claims != NULL)
		rc = put_access(x, &request->client, token, &shown, err);
	else if (rc == CM_OK && shown.is_refresh)
		rc = put_refresh(x, &request->client, &shown.refresh, err);
	else if (rc == CM_OK)
		put_inactive(&x->res->body);
	cm_json_free(shown.claims);
	return rc;
}

void cm_oauth_introspect_post(struct cm_exchange *x)
{
	struct cm_client_request request = {0};
	struct cm_err err = {0};

	x->res->content_type = "application/json";
	if (cm_client_request_read(x, &request, &err) != CM_OK ||
	    introspect(x, &request, &err) != CM_OK)
		cm_client_request_fail(x, &err);
	cm_client_request_clear(&request);
}

/* --- revocation --- */

struct revocation {
	const char *jti;    /* an access token, or */
	const char *family; /* a refresh token and its kin */
	struct cm_audit audit;
};

static enum cm_status write_revocation(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct revocation *work = arg;
	enum cm_status rc = work->family != NULL ? cm_family_revoke(store, work->family, err)
	                                         : cm_token_revoke(store, work->jti, err);

	return rc == CM_OK ? cm_audit_insert(store, &work->audit, err) : rc;
}

static enum cm_status revoke(struct cm_exchange *x, const struct cm_client_request *request,
                             struct cm_err *err)
{
	struct revocation work = {0};
	struct shown shown = {0};
	const char *token;
	bool own = false;
	enum cm_status rc;

	if ((rc = read_token(request, &token, err)) != CM_OK ||
	    (rc = look_at(x, token, &shown, err)) != CM_OK)
		goto out;
	if (shown.claims != NULL) {
		own = strcmp(claim(&shown, "client_id"), request->client.client_id) == 0;
		work.jti = claim(&shown, "jti");
	} else if (shown.is_refresh) {
		own = shown.refresh.application_id == request->client.id;
		work.family = shown.refresh.family;
	} else {
		goto out;
	}
	if (!own) {
		rc = cm_err_set(err, CM_UNAUTHORIZED_CLIENT, "The token is not this client's.");
		goto out;
	}
	work.audit = cm_principal_audit(&x->caller, "revoke_token",
	                                work.family != NULL ? work.family : work.jti, CM_OK);
	rc = cm_store_write(x->ctx->store, write_revocation, &work, err);
out:
	cm_json_free(shown.claims);
	return rc;
}

void cm_oauth_revoke_post(struct cm_exchange *x)
{
	struct cm_client_request request = {0};
	struct cm_err err = {0};

	if (cm_client_request_read(x, &request, &err) != CM_OK ||
	    revoke(x, &request, &err) != CM_OK)
		cm_client_request_fail(x, &err);
	cm_client_request_clear(&request);
}

/* --- userinfo --- */

void cm_oauth_userinfo(struct cm_exchange *x)
{
	struct cm_err err = {0};
	struct cm_user user;

	if (x->caller.user_id == 0 || (x->caller.identity & CM_SCOPE_OPENID) == 0) {
		cm_err_set(&err, CM_SCOPE, "The token lacks scope openid.");
		cm_exchange_challenge(x, "insufficient_scope", err.text, CM_SCOPE_OPENID);
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
		return;
	}
	if (cm_user_by_id(x->ctx->store, x->caller.user_id, &user, &err) != CM_OK) {
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
		return;
	}
	x->res->content_type = "application/json";
	cm_json_put_open(&x->res->body, '{');
	cm_issue_put_claims(&x->res->body, &user, x->caller.identity);
	cm_json_put_close(&x->res->body, '}');
}

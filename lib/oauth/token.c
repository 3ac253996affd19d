#include "oauth/token.h"

#include <stdio.h>
#include <string.h>

#include "auth/person.h"
#include "auth/throttle.h"
#include "base/json.h"
#include "oauth/consent.h"
#include "oauth/grant.h"
#include "oauth/resource.h"
#include "store/grant.h"

/* RFC 6749 section 4.4: no refresh token, no ID token, and nothing for clients without a secret. */
static enum cm_status client_credentials(struct cm_exchange *x,
                                         const struct cm_client_request *request,
                                         struct cm_issued *out, struct cm_err *err)
{
	const struct cm_client *client = &request->client;

	if (client->origin != CM_CLIENT_MADE ||
	    strcmp(client->auth_method, cm_client_method_name(CM_METHOD_NONE)) == 0)
		return cm_err_set(err, CM_UNAUTHORIZED_CLIENT,
		                  "Only a client with credentials, made by an administrator, gets "
		                  "tokens for itself.");
	return cm_issue_to_client(x->ctx, client, cm_params_get(&request->params, "scope"),
	                          &x->caller, out, err);
}

static const struct grant {
	const char *name; /* grant_type */
	cm_grant_run *run;
} grants[] = {
    {CM_GRANT_CLIENT_CREDENTIALS, client_credentials},
    {CM_GRANT_AUTHORIZATION_CODE, cm_grant_authorization_code},
    {CM_GRANT_REFRESH_TOKEN, cm_grant_refresh_token},
    {CM_GRANT_DEVICE_CODE, cm_grant_device_code},
};
enum { GRANTS = sizeof grants / sizeof *grants };

void cm_oauth_put_grants(struct cm_buf *buf)
{
	cm_json_put_open(buf, '[');
	for (size_t i = 0; i < GRANTS; i++)
		cm_json_put_string(buf, grants[i].name);
	cm_json_put_close(buf, ']');
}

static enum cm_status find_grant(const struct cm_client_request *request, cm_grant_run **out,
                                 struct cm_err *err)
{
	const char *name = cm_params_get(&request->params, "grant_type");

	*out = NULL;
	if (name == NULL)
		return cm_err_set(err, CM_REQUEST, "grant_type is needed.");
	for (size_t i = 0; i < GRANTS; i++) {
		if (strcmp(grants[i].name, name) != 0)
			continue;
		*out = grants[i].run;
		return cm_client_check_grant(&request->client, name, err);
	}
	return cm_err_set(err, CM_UNSUPPORTED_GRANT, "This grant_type is not supported.");
}

/* What is left of a grant, for issue->scope.  RFC 6749 section 3.3: at least one word. */
static enum cm_status cut(struct cm_exchange *x, const struct cm_issue *issue, struct cm_buf *out,
                          struct cm_err *err)
{
	cm_scope_set limit;
	enum cm_status rc =
	    cm_person_limit(x->ctx->store, issue->user, issue->client->scope, &limit, err);

	if (rc == CM_OK)
		rc = cm_scope_put_within(out, issue->scope, limit, err);
	return rc == CM_OK && out->len == 0
	           ? cm_err_set(err, CM_INVALID_SCOPE,
	                        "The client or the user has none of these scopes any more.")
	           : rc;
}

enum cm_status cm_grant_issue(struct cm_exchange *x, const struct cm_issue *issue, int64_t user_id,
                              struct cm_issued *out, struct cm_err *err)
{
	struct cm_issue complete = *issue;
	struct cm_buf scope = {0};
	struct cm_err why = {0};
	struct cm_user user;
	enum cm_status rc = cm_user_by_id(x->ctx->store, user_id, &user, &why);

	if (rc == CM_NOT_FOUND || (rc == CM_OK && user.forbidden))
		return cm_err_set(err, CM_INVALID_GRANT, "The user may not sign in any more.");
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	if (cm_consent_check_user(issue->client, &user, NULL) != CM_OK)
		return cm_err_set(err, CM_INVALID_GRANT,
		                  "The user is not of the client's organisation.");
	memcpy(x->caller.organization, user.owner, sizeof x->caller.organization);
	snprintf(x->caller.user, sizeof x->caller.user, "%s/%s", user.owner, user.name);
	x->caller.user_id = user.id;
	complete.user = &user;
	complete.caller = &x->caller;
	rc = cm_client_check_grant(issue->client, CM_GRANT_REFRESH_TOKEN, NULL);
	if (rc == CM_NOMEM)
		return cm_err_set(err, rc, "out of memory");
	if (rc != CM_OK)
		complete.refresh_scope = NULL;
	if ((rc = cut(x, &complete, &scope, err)) == CM_OK) {
		complete.scope = cm_buf_str(&scope);
		rc = cm_issue_run(x->ctx, &complete, out, err);
	}
	cm_buf_clear(&scope);
	return rc;
}

struct replay {
	const char *family;
	struct cm_audit audit;
};

static enum cm_status revoke_family(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct replay *replay = arg;
	enum cm_status rc = cm_family_revoke(store, replay->family, err);

	return rc == CM_OK ? cm_audit_insert(store, &replay->audit, err) : rc;
}

enum cm_status cm_grant_replayed(struct cm_exchange *x, const char *family, struct cm_err *err)
{
	struct replay replay = {
	    family, cm_principal_audit(&x->caller, "token_replay", family, CM_INVALID_GRANT)};
	enum cm_status rc = cm_store_write(x->ctx->store, revoke_family, &replay, err);

	return rc == CM_OK ? cm_err_set(err, CM_INVALID_GRANT,
	                                "It was used already; all that came of it is revoked.")
	                   : rc;
}

/*
 * Count the request for the client.  Anybody can say to be one that has no credentials, so each
 * address has as many of those.
 */
static enum cm_status count(struct cm_exchange *x, const struct cm_client *client,
                            struct cm_err *err)
{
	char subject[CM_CLIENT_ID_MAX + CM_THROTTLE_ADDRESS_TEXT + 2];
	char address[CM_THROTTLE_ADDRESS_TEXT];
	bool none = strcmp(client->auth_method, cm_client_method_name(CM_METHOD_NONE)) == 0;

	cm_throttle_address(x->caller.address, address);
	snprintf(subject, sizeof subject, "%s%s%s", client->client_id, none ? " " : "",
	         none ? address : "");
	return cm_throttle_rate(x->ctx->store, "token", subject,
	                        x->ctx->settings.token_requests_per_minute, &x->retry_after_s, err);
}

/* RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3 */
static void put_answer(struct cm_buf *buf, const struct cm_issued *issued)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "access_token", cm_buf_str(&issued->jwt));
	cm_json_put_member(buf, "token_type", "Bearer");
	cm_json_put_name(buf, "expires_in");
	cm_json_put_integer(buf, issued->expires_in_s);
	cm_json_put_member(buf, "scope", cm_buf_str(&issued->scope));
	if (issued->refresh[0] != '\0')
		cm_json_put_member(buf, "refresh_token", issued->refresh);
	if (issued->id_token.len > 0)
		cm_json_put_member(buf, "id_token", cm_buf_str(&issued->id_token));
	cm_json_put_close(buf, '}');
}

void cm_oauth_token_post(struct cm_exchange *x)
{
	struct cm_client_request request = {0};
	struct cm_issued issued = {0};
	cm_grant_run *grant = NULL;
	struct cm_err err = {0};
	enum cm_status rc;

	if ((rc = cm_client_request_read(x, &request, &err)) == CM_OK &&
	    (rc = count(x, &request.client, &err)) == CM_OK &&
	    (rc = find_grant(&request, &grant, &err)) == CM_OK &&
	    (rc = cm_oauth_resources_check(&request.params, x->ctx->mcp_url, &err)) == CM_OK &&
	    grant != NULL)
		rc = grant(x, &request, &issued, &err);
	if (rc == CM_OK) {
		x->res->content_type = "application/json";
		cm_response_header(x->res, "Pragma", "no-cache");
		put_answer(&x->res->body, &issued);
	} else {
		cm_client_request_fail(x, &err);
	}
	cm_issued_clear(&issued);
	cm_client_request_clear(&request);
}

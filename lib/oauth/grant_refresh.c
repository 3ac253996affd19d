#include "oauth/grant.h"

#include <string.h>

#include "auth/scope.h"
#include "base/clock.h"
#include "store/grant.h"

/* Two windows of one client may use a token at once; after so many seconds, it is a stolen one. */
enum { GRACE_S = 30 };

static enum cm_status spend(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_refresh_spend(store, arg, cm_clock_now_s() - GRACE_S, err);
}

/* What is granted again: all, or the part that was asked for (RFC 6749 section 6). */
static enum cm_status narrow(const char *asked, const struct cm_refresh *refresh,
                             struct cm_buf *out, struct cm_err *err)
{
	struct cm_scope_limits limits = {.registered = cm_scope_known(refresh->scope),
	                                 .held = ~(cm_scope_set)0};

	return cm_scope_grant(asked == NULL ? refresh->scope : asked, &limits, out, err);
}

enum cm_status cm_grant_refresh_token(struct cm_exchange *x,
                                      const struct cm_client_request *request,
                                      struct cm_issued *out, struct cm_err *err)
{
	const char *text = cm_params_get(&request->params, "refresh_token");
	int64_t now_s = cm_clock_now_s();
	struct cm_refresh refresh;
	struct cm_buf scope = {0};
	struct cm_err why = {0};
	char sha256[CM_SHA256_HEX];
	struct cm_issue issue;
	enum cm_status rc;

	if (text == NULL)
		return cm_err_set(err, CM_REQUEST, "refresh_token is needed.");
	if ((rc = cm_crypto_sha256_hex(text, strlen(text), sha256, err)) != CM_OK)
		return rc;
	rc = cm_refresh_get(x->ctx->store, sha256, &refresh, &why);
	if (rc != CM_OK && rc != CM_NOT_FOUND)
		return cm_err_set(err, rc, "%s", why.text);
	if (rc == CM_NOT_FOUND || refresh.application_id != request->client.id ||
	    refresh.expires_at_s <= now_s)
		return cm_err_set(err, CM_INVALID_GRANT,
		                  "The refresh token is not known, or has expired.");
	if (refresh.used_at_s != 0 && refresh.used_at_s < now_s - GRACE_S)
		return cm_grant_replayed(x, refresh.family, err);
	if ((rc = narrow(cm_params_get(&request->params, "scope"), &refresh, &scope, err)) != CM_OK)
		goto out;
	issue = (struct cm_issue){
	    .client = &request->client,
	    .scope = cm_buf_str(&scope),
	    .refresh_scope = refresh.scope,
	    .family = refresh.family,
	    .signed_in_at_s = refresh.signed_in_at_s,
	    .spend = spend,
	    .spend_arg = sha256,
	};
	rc = cm_grant_issue(x, &issue, refresh.user_id, out, err);
out:
	cm_buf_clear(&scope);
	return rc;
}

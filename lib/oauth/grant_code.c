#include "oauth/grant.h"

#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "store/grant.h"

static enum cm_status refuse(struct cm_err *err, const char *why)
{
	return cm_err_set(err, CM_INVALID_GRANT, "%s", why);
}

/* RFC 7636 section 4.1: 43 to 128 unreserved characters. */
static bool is_verifier(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	                          "-._~");

	return text[len] == '\0' && len >= 43 && len <= 128;
}

static enum cm_status check_verifier(const char *verifier, const char *challenge,
                                     struct cm_err *err)
{
	unsigned char digest[CM_SHA256_BYTES];
	char made[CM_BASE64URL_SIZE(CM_SHA256_BYTES)];
	enum cm_status rc;

	if (verifier == NULL || !is_verifier(verifier))
		return cm_err_set(err, CM_REQUEST,
		                  "code_verifier must be 43 to 128 unreserved characters.");
	if ((rc = cm_crypto_sha256(verifier, strlen(verifier), digest, err)) != CM_OK)
		return rc;
	cm_encode_base64url(digest, sizeof digest, made);
	if (strlen(challenge) != strlen(made) || !cm_crypto_equal(made, challenge, strlen(made)))
		return refuse(err, "code_verifier does not fit the code.");
	return CM_OK;
}

/* What must hold whether the code was used or not. */
static enum cm_status check_code(const struct cm_client_request *request,
                                 const struct cm_code *code, struct cm_err *err)
{
	const char *redirect_uri = cm_params_get(&request->params, "redirect_uri");

	if (code->application_id != request->client.id)
		return refuse(err, "The code is not one of this client's.");
	if (redirect_uri == NULL ? code->redirect_uri_sent
	                         : strcmp(redirect_uri, code->redirect_uri) != 0)
		return refuse(err, "redirect_uri is not that of the authorization request.");
	return check_verifier(cm_params_get(&request->params, "code_verifier"), code->challenge,
	                      err);
}

static enum cm_status spend(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_code_spend(store, arg, err);
}

enum cm_status cm_grant_authorization_code(struct cm_exchange *x,
                                           const struct cm_client_request *request,
                                           struct cm_issued *out, struct cm_err *err)
{
	const char *text = cm_params_get(&request->params, "code");
	char sha256[CM_SHA256_HEX];
	struct cm_err why = {0};
	struct cm_code code;
	struct cm_issue issue;
	enum cm_status rc;

	if (text == NULL)
		return cm_err_set(err, CM_REQUEST, "code is needed.");
	if ((rc = cm_crypto_sha256_hex(text, strlen(text), sha256, err)) != CM_OK)
		return rc;
	rc = cm_code_get(x->ctx->store, sha256, &code, &why);
	if (rc == CM_NOT_FOUND)
		return refuse(err, "The code is not known, or has expired.");
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	if ((rc = check_code(request, &code, err)) != CM_OK)
		return rc;
	if (code.used)
		return cm_grant_replayed(x, code.family, err);
	if (code.expires_at_s <= cm_clock_now_s())
		return refuse(err, "The code is not known, or has expired.");
	issue = (struct cm_issue){
	    .client = &request->client,
	    .scope = code.scope,
	    .refresh_scope = code.scope,
	    .family = code.family,
	    .nonce = code.nonce,
	    .signed_in_at_s = code.signed_in_at_s,
	    .spend = spend,
	    .spend_arg = sha256,
	};
	rc = cm_grant_issue(x, &issue, code.user_id, out, &why);
	/* Somebody else may have been faster by a moment. */
	if (rc == CM_INVALID_GRANT && cm_code_get(x->ctx->store, sha256, &code, NULL) == CM_OK &&
	    code.used)
		return cm_grant_replayed(x, code.family, err);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

#include "auth/assertion.h"

#include <stdio.h>
#include <string.h>

#include "auth/jwk.h"
#include "auth/jwt.h"
#include "base/clock.h"
#include "store/assertion.h"
#include "store/sweep.h"

enum { LIFE_MAX_S = 600, CLOCK_SKEW_S = 60, JTI_MAX = 200 };

static enum cm_status refuse(struct cm_err *err, const char *why)
{
	return cm_err_set(err, CM_INVALID_CLIENT, "%s", why);
}

/*
 * RFC 7523 section 3: aud names this server, as its issuer or by the token endpoint's URL, and
 * nobody else: another server that it is for too could show it here.
 */
static bool is_for_us(const struct cm_context *ctx, const cm_json *aud)
{
	const char *issuer = ctx->settings.issuer;
	size_t len = strlen(issuer), count = cm_json_length(aud);

	for (size_t i = 0; i < (count == 0 ? 1 : count); i++) {
		const char *one = cm_json_string(count == 0 ? aud : cm_json_at(aud, i));

		if (one == NULL || strncmp(one, issuer, len) != 0 ||
		    (one[len] != '\0' && strcmp(one + len, CM_TOKEN_PATH) != 0))
			return false;
	}
	return true;
}

struct use {
	int64_t application_id;
	const char *jti;
	int64_t expires_at_s;
};

static enum cm_status write_use(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct use *use = arg;
	enum cm_status rc =
	    cm_assertion_insert(store, use->application_id, use->jti, use->expires_at_s, err);

	return rc == CM_OK ? cm_sweep(store, (unsigned)cm_clock_monotonic_us(), err) : rc;
}

static enum cm_status check_claims(struct cm_context *ctx, const cm_json *claims,
                                   const struct cm_client *client, struct use *use,
                                   struct cm_err *err)
{
	const char *iss = cm_json_string(cm_json_get(claims, "iss"));
	const char *sub = cm_json_string(cm_json_get(claims, "sub"));
	int64_t now_s = cm_clock_now_s(), not_before_s = now_s;
	const cm_json *nbf;

	use->application_id = client->id;
	use->jti = cm_json_string(cm_json_get(claims, "jti"));
	if (iss == NULL || sub == NULL || strcmp(iss, client->client_id) != 0 ||
	    strcmp(sub, client->client_id) != 0)
		return refuse(err, "The assertion's iss and sub must be the client_id.");
	if (!is_for_us(ctx, cm_json_get(claims, "aud")))
		return refuse(err, "The assertion's aud must be this server.");
	if (!cm_json_integer(cm_json_get(claims, "exp"), &use->expires_at_s) ||
	    use->expires_at_s <= now_s || use->expires_at_s > now_s + LIFE_MAX_S + CLOCK_SKEW_S)
		return refuse(err, "The assertion has expired, or lives longer than ten minutes.");
	if (cm_json_find(claims, "nbf", &nbf) &&
	    (!cm_json_integer(nbf, &not_before_s) || not_before_s > now_s + CLOCK_SKEW_S))
		return refuse(err, "The assertion is not valid yet.");
	if (use->jti == NULL || *use->jti == '\0' || strlen(use->jti) > JTI_MAX)
		return refuse(err, "The assertion lacks a jti.");
	return CM_OK;
}

enum cm_status cm_assertion_check(struct cm_context *ctx, const char *assertion,
                                  const struct cm_client *client, struct cm_err *err)
{
	struct cm_keyring keys = {0};
	cm_json *claims = NULL;
	struct cm_err why = {0};
	struct use use = {0};
	enum cm_status rc;

	if ((rc = cm_jwk_read_set(client->jwks, &keys, err)) != CM_OK)
		return rc;
	rc = cm_jwt_verify_assertion(&keys, assertion, &claims, &why);
	if (rc == CM_OK)
		rc = check_claims(ctx, claims, client, &use, err);
	else
		rc = rc == CM_UNAUTHORIZED ? refuse(err, "The assertion's signature is wrong.")
		                           : cm_err_set(err, rc, "%s", why.text);
	if (rc == CM_OK) {
		cm_err_clear(&why);
		rc = cm_store_write(ctx->store, write_use, &use, &why);
		if (rc == CM_CONFLICT)
			rc = refuse(err, "The assertion was used already.");
		else if (rc != CM_OK)
			cm_err_set(err, rc, "%s", why.text);
	}
	cm_json_free(claims);
	cm_keyring_clear(&keys);
	return rc;
}

bool cm_assertion_client_id(const char *assertion, char out[CM_CLIENT_ID_MAX + 1])
{
	cm_json *claims = NULL;
	const char *sub;
	bool ok;

	if (cm_jwt_peek(assertion, &claims) != CM_OK)
		return false;
	sub = cm_json_string(cm_json_get(claims, "sub"));
	ok = sub != NULL && strlen(sub) <= CM_CLIENT_ID_MAX;
	if (ok)
		memcpy(out, sub, strlen(sub) + 1);
	cm_json_free(claims);
	return ok;
}

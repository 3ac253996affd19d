#include "auth/client.h"

#include <stdio.h>
#include <string.h>

#include "auth/assertion.h"
#include "auth/throttle.h"
#include "base/address.h"
#include "base/crypto.h"

static const char *const names[] = {
    [CM_METHOD_NONE] = "none",
    [CM_METHOD_BASIC] = "client_secret_basic",
    [CM_METHOD_POST] = "client_secret_post",
    [CM_METHOD_JWT] = "private_key_jwt",
};
_Static_assert(sizeof names / sizeof *names == CM_METHOD_COUNT, "every method has a name");

const char *cm_client_method_name(enum cm_client_method method)
{
	return names[method];
}

/* An application of an administrator may have no method: then it sends its secret as it likes. */
static bool is_registered(const struct cm_client *client, enum cm_client_method method)
{
	if (client->auth_method[0] == '\0')
		return method == CM_METHOD_BASIC || method == CM_METHOD_POST;
	return strcmp(client->auth_method, names[method]) == 0;
}

static enum cm_status check_secret(const char *secret, const struct cm_client *client,
                                   struct cm_err *err)
{
	char digest[CM_SHA256_HEX];
	enum cm_status rc = cm_crypto_sha256_hex(secret, strlen(secret), digest, err);

	/* The digest is never empty, so a client without a secret differs. */
	if (rc == CM_OK && !cm_crypto_equal(digest, client->secret_sha256, sizeof digest))
		rc = cm_err_set(err, CM_INVALID_CLIENT, "Client authentication failed.");
	return rc;
}

static enum cm_status check(struct cm_context *ctx, const struct cm_credentials *sent,
                            const struct cm_client *client, struct cm_err *err)
{
	enum cm_status rc = CM_OK;

	if (sent->method == CM_METHOD_BASIC || sent->method == CM_METHOD_POST)
		rc = check_secret(sent->secret, client, err);
	if (rc == CM_OK && client->client_id[0] == '\0')
		rc = cm_err_set(err, CM_INVALID_CLIENT, "Client authentication failed.");
	if (rc == CM_OK && !is_registered(client, sent->method))
		rc = cm_err_set(err, CM_INVALID_CLIENT,
		                "The client is registered for another authentication method.");
	if (rc == CM_OK && client->disabled)
		rc = cm_err_set(err, CM_INVALID_CLIENT, "The client is switched off.");
	if (rc == CM_OK && client->ip_whitelist[0] != '\0' &&
	    !cm_address_in_list(client->ip_whitelist, sent->address))
		rc = cm_err_set(err, CM_INVALID_CLIENT,
		                "The client may not be used from this address.");
	if (rc == CM_OK && sent->method == CM_METHOD_JWT)
		rc = cm_assertion_check(ctx, sent->assertion, client, err);
	return rc;
}

/* Whose failures count: a client's from an address; all unknown clients are one. */
static void throttle_subject(const struct cm_credentials *sent, const struct cm_client *client,
                             char out[CM_CLIENT_ID_MAX + CM_THROTTLE_ADDRESS_TEXT + 2])
{
	char address[CM_THROTTLE_ADDRESS_TEXT];

	cm_throttle_address(sent->address, address);
	snprintf(out, CM_CLIENT_ID_MAX + CM_THROTTLE_ADDRESS_TEXT + 2, "%s %s", client->client_id,
	         address);
}

enum cm_status cm_client_authenticate(struct cm_context *ctx, const struct cm_credentials *sent,
                                      struct cm_client *out, int64_t *wait_s, struct cm_err *err)
{
	char subject[CM_CLIENT_ID_MAX + CM_THROTTLE_ADDRESS_TEXT + 2];
	struct cm_err inner = {0};
	enum cm_status rc;

	*wait_s = 0;
	rc = cm_client_get(ctx->store, sent->client_id, out, &inner);
	if (rc != CM_OK && rc != CM_NOT_FOUND)
		return cm_err_set(err, rc, "%s", inner.text);
	/* A client that came by its document goes with the setting. */
	if (out->origin == CM_CLIENT_DOCUMENT &&
	    strcmp(ctx->settings.client_id_metadata_documents, "on") != 0)
		cm_client_clear(out);
	throttle_subject(sent, out, subject);
	rc = cm_throttle_check(ctx->store, CM_THROTTLE_CLIENT, subject, wait_s, err);
	if (rc == CM_OK) {
		cm_err_clear(&inner);
		rc = check(ctx, sent, out, &inner);
		if (rc == CM_OK)
			rc = cm_throttle_passed(ctx->store, CM_THROTTLE_CLIENT, subject, err);
		else if (rc != CM_INVALID_CLIENT ||
		         (rc = cm_throttle_failed(ctx->store, CM_THROTTLE_CLIENT, subject, err)) ==
		             CM_OK)
			rc = cm_err_set(err, inner.status, "%s", inner.text);
	}
	if (rc != CM_OK)
		cm_client_clear(out);
	return rc;
}

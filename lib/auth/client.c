#include "auth/client.h"

#include <string.h>

#include "base/crypto.h"

enum cm_status cm_client_authenticate(struct cm_store *store, const char *client_id,
                                      const char *secret, struct cm_client *out, struct cm_err *err)
{
	char digest[CM_SHA256_HEX], stored[CM_SHA256_HEX] = "";
	struct cm_err inner = {0};
	enum cm_status found, rc;

	found = cm_client_get(store, client_id, out, &inner);
	if (found != CM_OK && found != CM_NOT_FOUND)
		return cm_err_set(err, found, "%s", inner.text);
	rc = cm_crypto_sha256_hex(secret, strlen(secret), digest, err);
	if (rc == CM_OK && found == CM_OK)
		memcpy(stored, out->secret_sha256, sizeof stored);
	/* The digest is never empty, so an application without a secret differs. */
	if (rc == CM_OK && !cm_crypto_equal(digest, stored, sizeof digest))
		rc = cm_err_set(err, CM_INVALID_CLIENT, "Client authentication failed.");
	if (rc != CM_OK)
		cm_client_clear(out);
	return rc;
}

#include "oauth/grant.h"

#include <string.h>

#include "base/clock.h"
#include "store/device.h"

enum { SLOWER_S = 5 }; /* RFC 8628 section 3.5: by this much, each time */

struct poll {
	char sha256[CM_SHA256_HEX];
	int64_t interval_s;
};

static enum cm_status write_poll(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct poll *poll = arg;

	return cm_device_poll(store, poll->sha256, poll->interval_s, err);
}

/* Nobody has decided yet; a terminal that asks too fast has to wait longer from now on. */
static enum cm_status pending(struct cm_exchange *x, const struct cm_device *device,
                              struct cm_err *err)
{
	bool fast = device->polled_at_s + device->interval_s > cm_clock_now_s();
	struct poll poll = {.interval_s = device->interval_s + (fast ? SLOWER_S : 0)};
	enum cm_status rc;

	memcpy(poll.sha256, device->sha256, sizeof poll.sha256);
	if ((rc = cm_store_write(x->ctx->store, write_poll, &poll, err)) != CM_OK)
		return rc;
	return fast ? cm_err_set(err, CM_SLOW_DOWN, "Wait %lld seconds between two requests.",
	                         (long long)poll.interval_s)
	            : cm_err_set(err, CM_AUTHORIZATION_PENDING, "Nobody has decided yet.");
}

static enum cm_status spend(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_device_spend(store, arg, err);
}

enum cm_status cm_grant_device_code(struct cm_exchange *x, const struct cm_client_request *request,
                                    struct cm_issued *out, struct cm_err *err)
{
	const char *text = cm_params_get(&request->params, "device_code");
	char sha256[CM_SHA256_HEX], family[CM_ID_TEXT];
	struct cm_err why = {0};
	struct cm_device device;
	struct cm_issue issue;
	enum cm_status rc;

	if (text == NULL)
		return cm_err_set(err, CM_REQUEST, "device_code is needed.");
	if ((rc = cm_crypto_sha256_hex(text, strlen(text), sha256, err)) != CM_OK)
		return rc;
	rc = cm_device_get(x->ctx->store, sha256, NULL, &device, &why);
	if (rc != CM_OK && rc != CM_NOT_FOUND)
		return cm_err_set(err, rc, "%s", why.text);
	if (rc == CM_NOT_FOUND || device.application_id != request->client.id)
		return cm_err_set(err, CM_INVALID_GRANT, "The device code is not known.");
	if (device.decision == CM_DEVICE_DENIED)
		return cm_err_set(err, CM_ACCESS_DENIED, "The person said no.");
	if (device.expires_at_s <= cm_clock_now_s())
		return cm_err_set(err, CM_EXPIRED_TOKEN, "The device code has expired.");
	if (device.decision == CM_DEVICE_OPEN)
		return pending(x, &device, err);
	if ((rc = cm_crypto_id(family, err)) != CM_OK)
		return rc;
	issue = (struct cm_issue){
	    .client = &request->client,
	    .scope = device.scope,
	    .refresh_scope = device.scope,
	    .family = family,
	    .signed_in_at_s = device.signed_in_at_s,
	    .spend = spend,
	    .spend_arg = sha256,
	};
	return cm_grant_issue(x, &issue, device.user_id, out, err);
}

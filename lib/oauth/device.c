#include "oauth/device.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "oauth/authorization.h"
#include "oauth/client_request.h"
#include "oauth/grant.h"
#include "oauth/resource.h"
#include "store/audit.h"
#include "store/device.h"
#include "store/sweep.h"

enum { LIFE_S = 600, INTERVAL_S = 5 };

/* Consonants that are not taken for one another (RFC 8628 section 6.1): 34 bits in eight. */
static enum cm_status make_user_code(char out[CM_USER_CODE_TEXT], struct cm_err *err)
{
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
	enum { LETTERS = sizeof letters - 1, FAIR = 256 - 256 % LETTERS };
	size_t at = 0;

	while (at < CM_USER_CODE_TEXT - 1) {
		unsigned char byte;
		enum cm_status rc = cm_crypto_random(&byte, 1, err);

		if (rc != CM_OK)
			return rc;
		if (at == 4)
			out[at++] = '-';
		/* The rest would make some letters likelier than others. */
		if (byte < FAIR)
			out[at++] = letters[byte % LETTERS];
	}
	out[at] = '\0';
	return CM_OK;
}

struct work {
	struct cm_device device;
	struct cm_audit audit;
};

static enum cm_status write_device(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct work *work = arg;
	enum cm_status rc = cm_device_insert(store, &work->device, err);

	if (rc == CM_OK)
		rc = cm_audit_insert(store, &work->audit, err);
	return rc == CM_OK ? cm_sweep(store, (unsigned)cm_clock_monotonic_us(), err) : rc;
}

static enum cm_status make(struct cm_exchange *x, const struct cm_client_request *request,
                           char device_code[CM_SECRET_TEXT], struct cm_device *out,
                           struct cm_err *err)
{
	struct work work = {.audit = {0}};
	struct cm_buf scope = {0};
	enum cm_status rc;

	if ((rc = cm_client_check_grant(&request->client, CM_GRANT_DEVICE_CODE, err)) != CM_OK ||
	    (rc = cm_oauth_resources_check(&request->params, x->ctx->mcp_url, err)) != CM_OK ||
	    (rc = cm_authorization_scope(x->ctx->store, cm_params_get(&request->params, "scope"),
	                                 &request->client, NULL, &scope, err)) != CM_OK ||
	    (rc = cm_exchange_count(x, CM_THROTTLE_REGISTER, err)) != CM_OK ||
	    (rc = cm_crypto_secret(device_code, err)) != CM_OK ||
	    (rc = cm_crypto_sha256_hex(device_code, strlen(device_code), work.device.sha256,
	                               err)) != CM_OK ||
	    (rc = make_user_code(work.device.user_code, err)) != CM_OK)
		goto out;
	work.device.application_id = request->client.id;
	memcpy(work.device.client_id, request->client.client_id, sizeof work.device.client_id);
	work.device.interval_s = INTERVAL_S;
	work.device.expires_at_s = cm_clock_now_s() + LIFE_S;
	memcpy(work.device.scope, cm_buf_str(&scope), scope.len + 1);
	work.audit = cm_principal_audit(&x->caller, "device_authorization",
	                                request->client.client_id, CM_OK);
	rc = cm_store_write(x->ctx->store, write_device, &work, err);
	*out = work.device;
out:
	cm_buf_clear(&scope);
	return rc;
}

static void put_answer(struct cm_exchange *x, const char *device_code,
                       const struct cm_device *device)
{
	struct cm_buf *buf = &x->res->body;
	struct cm_buf url = {0};

	x->res->content_type = "application/json";
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "device_code", device_code);
	cm_json_put_member(buf, "user_code", device->user_code);
	cm_buf_printf(&url, "%s" CM_DEVICE_PATH, x->ctx->settings.issuer);
	cm_json_put_member(buf, "verification_uri", cm_buf_str(&url));
	cm_url_put_query(&url, "user_code", device->user_code);
	cm_json_put_member(buf, "verification_uri_complete", cm_buf_str(&url));
	cm_json_put_name(buf, "expires_in");
	cm_json_put_integer(buf, LIFE_S);
	cm_json_put_name(buf, "interval");
	cm_json_put_integer(buf, INTERVAL_S);
	cm_json_put_close(buf, '}');
	if (url.failed)
		x->res->failed = true;
	cm_buf_clear(&url);
}

void cm_oauth_device_authorization_post(struct cm_exchange *x)
{
	struct cm_client_request request = {0};
	char device_code[CM_SECRET_TEXT] = "";
	struct cm_device device;
	struct cm_err err = {0};

	if (cm_client_request_read(x, &request, &err) == CM_OK &&
	    make(x, &request, device_code, &device, &err) == CM_OK)
		put_answer(x, device_code, &device);
	else
		cm_client_request_fail(x, &err);
	cm_crypto_wipe(device_code, sizeof device_code);
	cm_client_request_clear(&request);
}

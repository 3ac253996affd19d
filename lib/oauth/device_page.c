#include <ctype.h>
#include <string.h>

#include "auth/throttle.h"
#include "base/clock.h"
#include "http/page.h"
#include "oauth/authorization.h"
#include "oauth/browser.h"
#include "oauth/consent.h"
#include "oauth/device.h"
#include "store/audit.h"
#include "store/device.h"

/* A code as a person types it: any case, with or without the dash. */
static void read_user_code(const char *typed, char out[CM_USER_CODE_TEXT])
{
	size_t at = 0;

	for (; typed != NULL && *typed != '\0' && at < CM_USER_CODE_TEXT - 1; typed++) {
		if (!isalpha((unsigned char)*typed))
			continue;
		if (at == 4)
			out[at++] = '-';
		out[at++] = (char)toupper((unsigned char)*typed);
	}
	out[at] = '\0';
}

static void ask_for_code(struct cm_exchange *x, const struct cm_browser *browser, const char *typed,
                         const struct cm_err *err)
{
	cm_page_begin(x, "Connect a device", NULL);
	if (err != NULL) {
		cm_exchange_set_status(x, err);
		cm_page_html(x, "<p class=\"error\" role=\"alert\" id=\"error\">%</p>\n",
		             cm_err_public(err));
	}
	cm_browser_put_form(x, browser);
	cm_page_html(x,
	             "<label for=\"user_code\">The code that your device shows</label>\n"
	             "<input id=\"user_code\" name=\"user_code\" autocomplete=\"off\" "
	             "autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"20\" required "
	             "value=\"%\"",
	             typed == NULL ? "" : typed);
	cm_page_html(x, err == NULL ? " autofocus>\n" : " aria-describedby=\"error\">\n", "");
	cm_page_html(x, "<button name=\"action\" value=\"find\">Go on</button>\n</form>\n", "");
	cm_page_end(x);
}

static void ask_to_sign_in(struct cm_exchange *x, const struct cm_browser *browser,
                           const char *username, const struct cm_err *err)
{
	struct cm_sign_in page = {.client = "connect a device", .username = username, .err = err};

	cm_browser_sign_in_page(x, browser, &page);
}

/* What the person typed, and what it is about. */
struct found {
	struct cm_device device;
	struct cm_client client;
	struct cm_buf scope; /* what this person can grant of what was asked for */
};

static void clear(struct found *found)
{
	cm_client_clear(&found->client);
	cm_buf_clear(&found->scope);
}

/* Find what waits under the code.  CM_NOT_FOUND, slowed down for the person who guesses. */
static enum cm_status find(struct cm_exchange *x, const struct cm_user *user, const char *typed,
                           struct found *out, struct cm_err *err)
{
	struct cm_store *store = x->ctx->store;
	char code[CM_USER_CODE_TEXT];
	struct cm_err why = {0};
	enum cm_status rc;

	rc = cm_throttle_check(store, CM_THROTTLE_DEVICE, x->caller.user, &x->retry_after_s, err);
	if (rc != CM_OK)
		return rc;
	read_user_code(typed, code);
	rc = cm_device_get(store, NULL, code, &out->device, &why);
	if (rc == CM_NOT_FOUND || (rc == CM_OK && (out->device.decision != CM_DEVICE_OPEN ||
	                                           out->device.expires_at_s <= cm_clock_now_s()))) {
		rc = cm_throttle_failed(store, CM_THROTTLE_DEVICE, x->caller.user, err);
		return rc == CM_OK ? cm_err_set(err, CM_NOT_FOUND,
		                                "No device waits under this code. Codes are good "
		                                "for ten minutes, once.")
		                   : rc;
	}
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	if ((rc = cm_client_get(store, out->device.client_id, &out->client, err)) != CM_OK ||
	    (rc = cm_consent_check_user(&out->client, user, err)) != CM_OK)
		return rc;
	return cm_authorization_scope(x->ctx->store, out->device.scope, &out->client, user,
	                              &out->scope, err);
}

/* --- the steps; a code in the URL only fills the field in (RFC 8628 section 5.4) --- */

void cm_oauth_device_get(struct cm_exchange *x)
{
	struct cm_params query = {0};
	struct cm_browser browser;
	struct cm_err err = {0};
	enum cm_status rc = cm_params_read_query(&query, x->req, &err);

	if (rc == CM_OK)
		rc = cm_browser_open(x, &browser, &err);
	if (rc != CM_OK)
		cm_exchange_fail(x, CM_SHAPE_PAGE, &err);
	else if (browser.signed_in)
		ask_for_code(x, &browser, cm_params_get(&query, "user_code"), NULL);
	else
		ask_to_sign_in(x, &browser, NULL, NULL);
	cm_params_clear(&query);
}

static enum cm_status sign_in(struct cm_exchange *x, struct cm_browser *browser,
                              const struct cm_params *form, struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc = cm_browser_sign_in(x, browser, form, NULL, &why);

	if (rc == CM_UNAUTHORIZED || rc == CM_THROTTLED) {
		ask_to_sign_in(x, browser, cm_params_get(form, "username"), &why);
		return CM_OK;
	}
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	cm_browser_go(x, CM_DEVICE_PATH, true);
	return CM_OK;
}

static enum cm_status show(struct cm_exchange *x, struct cm_browser *browser,
                           const struct cm_params *form, struct cm_err *err)
{
	const char *typed = cm_params_get(form, "user_code");
	struct found found = {.device = {.user_code = ""}};
	struct cm_err why = {0};
	enum cm_status rc = find(x, &browser->session.user, typed, &found, &why);
	struct cm_consent_page page = {
	    .client = &found.client,
	    .scope = cm_buf_str(&found.scope),
	    .user_code = found.device.user_code,
	};

	if (rc == CM_OK)
		cm_consent_page(x, browser, &page);
	else if (cm_status_info(rc)->generic == NULL)
		ask_for_code(x, browser, typed, &why);
	else
		cm_err_set(err, rc, "%s", why.text);
	clear(&found);
	return err->status;
}

struct decision {
	struct cm_device device;
	struct cm_audit audit;
};

static enum cm_status write_decision(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct decision *work = arg;
	const struct cm_device *device = &work->device;
	enum cm_status rc = cm_device_decide(store, device, err);

	if (rc == CM_OK && device->decision == CM_DEVICE_ALLOWED)
		rc = cm_consent_remember(store, device->user_id, device->application_id,
		                         device->scope, err);
	return rc == CM_OK ? cm_audit_insert(store, &work->audit, err) : rc;
}

static enum cm_status decide(struct cm_exchange *x, struct cm_browser *browser,
                             const struct cm_params *form, enum cm_device_decision decision,
                             struct cm_err *err)
{
	const struct cm_session *session = &browser->session;
	struct found found = {.device = {.user_code = ""}};
	struct decision work;
	enum cm_status rc = find(x, &session->user, cm_params_get(form, "user_code"), &found, err);

	if (rc == CM_OK) {
		work.device = found.device;
		work.device.decision = decision;
		work.device.user_id = session->user.id;
		work.device.signed_in_at_s = session->signed_in_at_s;
		memcpy(work.device.scope, cm_buf_str(&found.scope), found.scope.len + 1);
		work.audit =
		    cm_principal_audit(&x->caller, "device_decision", found.device.client_id,
		                       decision == CM_DEVICE_ALLOWED ? CM_OK : CM_ACCESS_DENIED);
		rc = cm_browser_write(x, browser, write_decision, &work, err);
	}
	if (rc == CM_OK) {
		cm_page_begin(x, decision == CM_DEVICE_ALLOWED ? "Connected" : "Not connected",
		              NULL);
		cm_page_html(x, "<p>Go back to your device; you may close this page.</p>\n", "");
		cm_page_end(x);
	}
	clear(&found);
	return rc;
}

static enum cm_status allow(struct cm_exchange *x, struct cm_browser *browser,
                            const struct cm_params *form, struct cm_err *err)
{
	return decide(x, browser, form, CM_DEVICE_ALLOWED, err);
}

static enum cm_status deny(struct cm_exchange *x, struct cm_browser *browser,
                           const struct cm_params *form, struct cm_err *err)
{
	return decide(x, browser, form, CM_DEVICE_DENIED, err);
}

static enum cm_status sign_in_as_other(struct cm_exchange *x, struct cm_browser *browser,
                                       const struct cm_params *form, struct cm_err *err)
{
	enum cm_status rc = cm_browser_sign_out(x, browser, err);

	(void)form;
	if (rc == CM_OK)
		cm_browser_go(x, CM_DEVICE_PATH, true);
	return rc;
}

void cm_oauth_device_post(struct cm_exchange *x)
{
	static const struct cm_browser_action actions[] = {
	    {"sign-in", sign_in, false},
	    {"find", show, true},
	    {"allow", allow, true},
	    {"deny", deny, true},
	    {"switch", sign_in_as_other, false},
	    {NULL, NULL, false},
	};

	cm_browser_post(x, actions);
}

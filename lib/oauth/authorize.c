#include "oauth/authorize.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/url.h"
#include "http/page.h"
#include "oauth/authorization.h"
#include "oauth/browser.h"
#include "oauth/consent.h"
#include "store/audit.h"
#include "store/grant.h"
#include "store/sweep.h"

enum { CODE_LIFE_S = 60 };

/* One request to the endpoint, at whichever step. */
struct step {
	struct cm_authorization request;
	struct cm_browser browser;
	struct cm_params form; /* empty with GET */
};

static void clear(struct step *step)
{
	cm_authorization_clear(&step->request);
	cm_params_clear(&step->form);
}

/*
 * Whether an error may lead the browser to another site by itself.  Anybody may register a client
 * and send people here by a link that is wrong on purpose, so whoever has not signed in is told
 * first (RFC 9700 section 4.11.2).
 */
static bool may_lead_away(struct cm_exchange *x, struct step *step)
{
	struct cm_url url;

	if (step->request.client.origin == CM_CLIENT_MADE ||
	    !cm_url_parse(step->request.redirect_uri, &url) || strcmp(url.scheme, "https") != 0)
		return true;
	if (step->browser.secret[0] == '\0' && cm_browser_open(x, &step->browser, NULL) != CM_OK)
		return false;
	return step->browser.signed_in;
}

/* Tell what is wrong: the client, where that is safe, else the person. */
static void fail(struct cm_exchange *x, struct step *step, const struct cm_err *err)
{
	if (step->request.redirect_uri == NULL)
		cm_exchange_fail(x, CM_SHAPE_PAGE, err);
	else if (may_lead_away(x, step))
		cm_authorization_refuse(x, &step->request, err);
	else
		cm_authorization_explain(x, &step->request, err);
}

static void ask_to_sign_in(struct cm_exchange *x, const struct step *step, const struct cm_err *err)
{
	const char *typed = cm_params_get(&step->form, "username");
	struct cm_sign_in page = {
	    .client = step->request.client.display_name,
	    .username = typed != NULL ? typed : cm_authorization_get(&step->request, "login_hint"),
	    .form_target = step->request.redirect_uri,
	    .err = err,
	};

	cm_browser_sign_in_page(x, &step->browser, &page);
}

/* --- the code --- */

static enum cm_status ask(struct cm_err *err)
{
	return cm_err_set(err, CM_CONSENT_REQUIRED, "The user has to be asked.");
}

struct grant {
	struct cm_exchange *x;
	const struct cm_browser *browser;
	const struct cm_consent_page *page;
	struct cm_code code;
	bool allowed; /* the person was asked, and said yes */
	struct cm_audit audit;
};

/* Remember the yes of now, or see to it that an earlier one was not taken back meanwhile. */
static enum cm_status write_consent(struct cm_store *store, const struct grant *grant,
                                    struct cm_err *err)
{
	const struct cm_code *code = &grant->code;
	bool needed = false;
	enum cm_status rc;

	if (grant->allowed)
		return cm_consent_remember(store, code->user_id, code->application_id, code->scope,
		                           err);
	rc = cm_consent_is_needed(grant->x, grant->browser, grant->page, &needed, err);
	return rc == CM_OK && needed ? ask(err) : rc;
}

static enum cm_status write_code(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct grant *grant = arg;
	enum cm_status rc = write_consent(store, grant, err);

	if (rc == CM_OK)
		rc = cm_code_insert(store, &grant->code, err);
	if (rc == CM_OK)
		rc = cm_audit_insert(store, &grant->audit, err);
	return rc == CM_OK ? cm_sweep(store, (unsigned)cm_clock_monotonic_us(), err) : rc;
}

static void copy(char *out, size_t size, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	/* Every length was checked when the request was read. */
	len = len < size ? len : size - 1;
	memcpy(out, text == NULL ? "" : text, len);
	out[len] = '\0';
}

/*
 * Give the client a code.  CM_LOGIN_REQUIRED or CM_CONSENT_REQUIRED when session or consent ended
 * meanwhile, CM_NOT_FOUND when the client did.
 */
static enum cm_status answer_with_code(struct cm_exchange *x, struct step *step,
                                       const struct cm_consent_page *page, bool allowed,
                                       struct cm_err *err)
{
	const struct cm_authorization *request = &step->request;
	const struct cm_session *session = &step->browser.session;
	struct grant grant = {.x = x, .browser = &step->browser, .page = page, .allowed = allowed};
	struct cm_code *code = &grant.code;
	char text[CM_SECRET_TEXT];
	enum cm_status rc;

	if ((rc = cm_crypto_secret(text, err)) != CM_OK ||
	    (rc = cm_crypto_sha256_hex(text, strlen(text), code->sha256, err)) != CM_OK ||
	    (rc = cm_crypto_id(code->family, err)) != CM_OK)
		return rc;
	code->application_id = request->client.id;
	code->client_id = request->client.client_id;
	code->user_id = session->user.id;
	copy(code->redirect_uri, sizeof code->redirect_uri, request->redirect_uri);
	code->redirect_uri_sent = cm_authorization_get(request, "redirect_uri") != NULL;
	copy(code->challenge, sizeof code->challenge,
	     cm_authorization_get(request, "code_challenge"));
	copy(code->scope, sizeof code->scope, page->scope);
	copy(code->nonce, sizeof code->nonce, cm_authorization_get(request, "nonce"));
	code->signed_in_at_s = session->signed_in_at_s;
	code->expires_at_s = cm_clock_now_s() + CODE_LIFE_S;
	grant.audit = cm_principal_audit(&x->caller, "authorize", request->client.client_id, CM_OK);
	rc = cm_browser_write(x, &step->browser, write_code, &grant, err);
	if (rc == CM_OK)
		cm_authorization_answer(x, request, text);
	cm_crypto_wipe(text, sizeof text);
	return rc;
}

/* --- the steps --- */

/* Whether the person must sign in now, and may. */
static bool must_sign_in(const struct step *step)
{
	const struct cm_authorization *request = &step->request;

	return !step->browser.signed_in || request->prompt_login ||
	       (request->max_age_s >= 0 &&
	        step->browser.session.signed_in_at_s < cm_clock_now_s() - request->max_age_s);
}

/* The person is signed in: ask, or give the code.  allowed: the consent form says yes. */
static enum cm_status decide(struct cm_exchange *x, struct step *step, bool allowed,
                             struct cm_err *err)
{
	const struct cm_authorization *request = &step->request;
	struct cm_buf scope = {0};
	struct cm_consent_page page = {.client = &request->client,
	                               .redirect_uri = request->redirect_uri};
	struct cm_err why = {0};
	bool needed = true;
	enum cm_status rc =
	    cm_authorization_scope(x->ctx->store, cm_authorization_get(request, "scope"),
	                           &request->client, &step->browser.session.user, &scope, &why);

	page.scope = cm_buf_str(&scope);
	if (rc == CM_OK && !allowed)
		rc = cm_consent_is_needed(x, &step->browser, &page, &needed, &why);
	if (rc == CM_OK && (needed || request->prompt_consent) && !allowed)
		rc = ask(&why);
	else if (rc == CM_OK)
		rc = answer_with_code(x, step, &page, allowed, &why);
	if (rc == CM_CONSENT_REQUIRED && !request->prompt_none) {
		cm_consent_page(x, &step->browser, &page);
		rc = CM_OK;
	} else if (rc == CM_LOGIN_REQUIRED && !request->prompt_none) {
		ask_to_sign_in(x, step, NULL);
		rc = CM_OK;
	} else if (rc != CM_OK) {
		cm_err_set(err, rc, "%s", why.text);
	}
	cm_buf_clear(&scope);
	return rc;
}

static enum cm_status begin(struct cm_exchange *x, struct step *step, struct cm_err *err)
{
	const struct cm_authorization *request = &step->request;
	struct cm_err why = {0};

	if (must_sign_in(step) && request->prompt_none)
		return cm_err_set(err, CM_LOGIN_REQUIRED, "The user has to sign in.");
	if (must_sign_in(step)) {
		ask_to_sign_in(x, step, NULL);
		return CM_OK;
	}
	if (cm_consent_check_user(&request->client, &step->browser.session.user, &why) != CM_OK) {
		if (request->prompt_none)
			return cm_err_set(err, CM_LOGIN_REQUIRED, "Another user has to sign in.");
		ask_to_sign_in(x, step, &why);
		return CM_OK;
	}
	return decide(x, step, false, err);
}

void cm_oauth_authorize_get(struct cm_exchange *x)
{
	struct step step = {0};
	struct cm_err err = {0};

	if (cm_authorization_read(x, &step.request, &err) != CM_OK ||
	    cm_browser_open(x, &step.browser, &err) != CM_OK || begin(x, &step, &err) != CM_OK)
		fail(x, &step, &err);
	clear(&step);
}

/* The forms say what the person did. */
static enum cm_status sign_in(struct cm_exchange *x, struct step *step, struct cm_err *err)
{
	const struct cm_client *client = &step->request.client;
	struct cm_err why = {0};
	enum cm_status rc = cm_browser_sign_in(
	    x, &step->browser, &step->form,
	    client->origin == CM_CLIENT_MADE ? client->organization : NULL, &why);

	if (rc == CM_UNAUTHORIZED || rc == CM_THROTTLED) {
		ask_to_sign_in(x, step, &why);
		return CM_OK;
	}
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	cm_authorization_again(x, &step->request);
	return CM_OK;
}

static enum cm_status sign_in_as_other(struct cm_exchange *x, struct step *step, struct cm_err *err)
{
	enum cm_status rc = cm_browser_sign_out(x, &step->browser, err);

	if (rc == CM_OK)
		cm_authorization_again(x, &step->request);
	return rc;
}

static enum cm_status allow(struct cm_exchange *x, struct step *step, struct cm_err *err)
{
	/* The session may have ended while the page was open. */
	if (must_sign_in(step) || cm_consent_check_user(&step->request.client,
	                                                &step->browser.session.user, NULL) != CM_OK)
		return begin(x, step, err);
	return decide(x, step, true, err);
}

static enum cm_status deny(struct cm_exchange *x, struct step *step, struct cm_err *err)
{
	(void)x;
	(void)step;
	return cm_err_set(err, CM_ACCESS_DENIED, "The user said no.");
}

static const struct {
	const char *name;
	enum cm_status (*run)(struct cm_exchange *x, struct step *step, struct cm_err *err);
} actions[] = {
    {"sign-in", sign_in},
    {"switch", sign_in_as_other},
    {"allow", allow},
    {"deny", deny},
};

static enum cm_status act(struct cm_exchange *x, struct step *step, struct cm_err *err)
{
	const char *name = cm_params_get(&step->form, "action");

	for (size_t i = 0; name != NULL && i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].name, name) == 0)
			return actions[i].run(x, step, err);
	}
	return cm_err_set(err, CM_REQUEST, "The form has no such action.");
}

/* A client may POST its request (OpenID Connect Core section 3.1.2.1); it goes on as a GET. */
static void turn_into_get(struct cm_exchange *x)
{
	enum { QUERY_MAX = 4000 };
	struct cm_buf url = {0};
	struct cm_err err = {0};

	if (!cm_request_has_type(x->req, "application/x-www-form-urlencoded") ||
	    x->req->body_len > QUERY_MAX || strlen(x->req->body) != x->req->body_len ||
	    !cm_text_is_visible(x->req->body) || strchr(x->req->body, ' ') != NULL) {
		cm_err_set(&err, CM_REQUEST, "This is no authorization request.");
		cm_exchange_fail(x, CM_SHAPE_PAGE, &err);
		return;
	}
	cm_buf_printf(&url, "%s" CM_AUTHORIZE_PATH "?%s", x->ctx->settings.issuer, x->req->body);
	if (url.failed)
		x->res->failed = true;
	cm_page_see_other(x, cm_buf_str(&url));
	cm_buf_clear(&url);
}

void cm_oauth_authorize_post(struct cm_exchange *x)
{
	struct step step = {0};
	struct cm_err err = {0};
	enum cm_status rc;

	if (*x->req->query == '\0') {
		turn_into_get(x);
		return;
	}
	/* A form that is not ours is no business of the client's: the person is told. */
	rc = cm_authorization_read(x, &step.request, &err);
	if (rc == CM_OK && (cm_browser_open(x, &step.browser, &err) != CM_OK ||
	                    cm_browser_read_form(x, &step.browser, &step.form, &err) != CM_OK))
		cm_exchange_fail(x, CM_SHAPE_PAGE, &err);
	else if (rc != CM_OK || act(x, &step, &err) != CM_OK)
		fail(x, &step, &err);
	clear(&step);
}

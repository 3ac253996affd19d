#include "oauth/browser.h"

#include <stdio.h>
#include <string.h>

#include "auth/password.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/cookie.h"
#include "http/page.h"
#include "store/audit.h"
#include "store/sweep.h"

enum {
	TOUCH_S = 60,     /* a session's last use is noted once a minute */
	ACCOUNT_MAX = 256 /* bytes of a typed name that failures are counted for, and a NUL */
};

static enum cm_status derive(struct cm_browser *browser, struct cm_err *err)
{
	char text[CM_SECRET_TEXT + 8];
	enum cm_status rc;

	rc = cm_crypto_sha256_hex(browser->secret, strlen(browser->secret), browser->sha256, err);
	if (rc != CM_OK)
		return rc;
	snprintf(text, sizeof text, "form:%s", browser->secret);
	rc = cm_crypto_sha256_hex(text, strlen(text), browser->form_token, err);
	cm_crypto_wipe(text, sizeof text);
	return rc;
}

static enum cm_status touch(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_session_touch(store, arg, err);
}

/* Whether the browser has a session that is still good, and whose. */
static enum cm_status find_session(struct cm_exchange *x, struct cm_browser *browser,
                                   struct cm_err *err)
{
	int64_t idle_since_s = cm_clock_now_s() - x->ctx->settings.session_idle_s;
	struct cm_err why = {0};
	enum cm_status rc =
	    cm_session_get(x->ctx->store, browser->sha256, idle_since_s, &browser->session, &why);

	browser->signed_in = rc == CM_OK;
	return rc == CM_OK || rc == CM_NOT_FOUND ? CM_OK : cm_err_set(err, rc, "%s", why.text);
}

enum cm_status cm_browser_open(struct cm_exchange *x, struct cm_browser *out, struct cm_err *err)
{
	enum cm_status rc;

	*out = (struct cm_browser){0};
	if (!cm_cookie_get(x, out->secret)) {
		if ((rc = cm_crypto_secret(out->secret, err)) != CM_OK)
			return rc;
		/* Another site's POST comes without the cookie, and must not replace it. */
		if (strcmp(x->req->method, "POST") != 0)
			cm_cookie_set(x, out->secret);
		return derive(out, err);
	}
	if ((rc = derive(out, err)) != CM_OK || (rc = find_session(x, out, err)) != CM_OK ||
	    !out->signed_in)
		return rc;
	cm_browser_set_caller(x, &out->session.user);
	if (out->session.seen_at_s < cm_clock_now_s() - TOUCH_S)
		rc = cm_store_write(x->ctx->store, touch, out->sha256, err);
	return rc;
}

struct personal {
	struct cm_exchange *x;
	struct cm_browser *browser;
	cm_store_work *work;
	void *arg;
};

static enum cm_status write_personal(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct personal *personal = arg;
	enum cm_status rc = find_session(personal->x, personal->browser, err);

	if (rc == CM_OK && !personal->browser->signed_in)
		rc = cm_err_set(err, CM_LOGIN_REQUIRED, "The user has to sign in.");
	return rc == CM_OK ? personal->work(store, personal->arg, err) : rc;
}

enum cm_status cm_browser_write(struct cm_exchange *x, struct cm_browser *browser,
                                cm_store_work *work, void *arg, struct cm_err *err)
{
	struct personal personal = {x, browser, work, arg};

	return cm_store_write(x->ctx->store, write_personal, &personal, err);
}

void cm_browser_set_caller(struct cm_exchange *x, const struct cm_user *user)
{
	snprintf(x->caller.user, sizeof x->caller.user, "%s/%s", user->owner, user->name);
	memcpy(x->caller.organization, user->owner, sizeof x->caller.organization);
	x->caller.user_id = user->id;
}

void cm_browser_put_token(struct cm_exchange *x, const struct cm_browser *browser)
{
	cm_page_html(x, "<input type=\"hidden\" name=\"form_token\" value=\"%\">\n",
	             browser->form_token);
}

void cm_browser_put_form(struct cm_exchange *x, const struct cm_browser *browser)
{
	cm_page_html(x, "<form method=\"post\" action=\"%", x->req->path);
	if (*x->req->query != '\0')
		cm_page_html(x, "?%", x->req->query);
	cm_page_html(x, "\">\n", "");
	cm_browser_put_token(x, browser);
}

enum cm_status cm_browser_read_form(struct cm_exchange *x, const struct cm_browser *browser,
                                    struct cm_params *form, struct cm_err *err)
{
	const char *token;
	enum cm_status rc;

	if (!cm_exchange_is_private(x))
		return cm_err_set(err, CM_REQUEST, "Passwords are taken over https only.");
	if (!cm_request_has_type(x->req, "application/x-www-form-urlencoded"))
		return cm_err_set(err, CM_REQUEST, "This is no form of this server.");
	if ((rc = cm_params_read(form, x->req, err)) != CM_OK)
		return rc;
	token = cm_params_get(form, "form_token");
	if (token == NULL || strlen(token) != strlen(browser->form_token) ||
	    !cm_crypto_equal(token, browser->form_token, strlen(token)))
		return cm_err_set(err, CM_REQUEST,
		                  "The page is too old, or this browser keeps no cookies. Go back, "
		                  "load the page again and send it once more.");
	return CM_OK;
}

/* --- signing in --- */

struct sign_in {
	struct cm_exchange *x;
	const struct cm_browser *old;
	struct cm_browser fresh;
	const char *account; /* the name as it was typed, whose failures are counted */
	const char *password;
	struct cm_user user;                 /* as last read; id 0: nobody */
	bool changed;                        /* after the password was verified */
	char rehashed[CM_PASSWORD_HASH_MAX]; /* of the same password; "": the hash is fine */
};

static enum cm_status refuse(struct cm_err *err)
{
	return cm_err_set(err, CM_UNAUTHORIZED, "The name or the password is wrong.");
}

/*
 * Of the failures of a name, those of the person whom it led to: who signs in forgets no others, or
 * somebody of the same name in another organisation could guess on and on.
 */
static enum cm_status note(struct cm_store *store, const struct sign_in *work,
                           enum cm_status how(struct cm_store *store, enum cm_throttle_kind kind,
                                              const char *subject, struct cm_err *err),
                           struct cm_err *err)
{
	char part[ACCOUNT_MAX + 24];

	snprintf(part, sizeof part, "%s #%lld", work->account, (long long)work->user.id);
	return how(store, CM_THROTTLE_USER, part, err);
}

/* Read the person again: it took long to verify the password. */
static enum cm_status check_user(struct cm_store *store, struct sign_in *work, struct cm_err *err)
{
	struct cm_err why = {0};
	struct cm_user user;
	enum cm_status rc = cm_user_by_id(store, work->user.id, &user, &why);

	if (rc != CM_OK && rc != CM_NOT_FOUND)
		return cm_err_set(err, rc, "%s", why.text);
	work->changed = user.forbidden || strcmp(user.password_hash, work->user.password_hash) != 0;
	work->user = user;
	return work->changed ? refuse(err) : CM_OK;
}

static enum cm_status write_session(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct sign_in *work = arg;
	int64_t now_s = cm_clock_now_s();
	struct cm_audit audit;
	enum cm_status rc;

	if ((rc = check_user(store, work, err)) != CM_OK)
		return rc;
	work->fresh.session = (struct cm_session){work->user, now_s, now_s};
	cm_browser_set_caller(work->x, &work->user);
	audit = cm_principal_audit(&work->x->caller, "sign_in", work->x->caller.user, CM_OK);
	if (work->rehashed[0] != '\0' &&
	    (rc = cm_user_set_password(store, work->user.id, work->rehashed, err)) != CM_OK)
		return rc;
	if ((rc = cm_session_delete(store, work->old->sha256, err)) != CM_OK ||
	    (rc = cm_session_insert(store, work->fresh.sha256, work->user.id,
	                            now_s + work->x->ctx->settings.session_lifetime_s, err)) !=
	        CM_OK ||
	    (rc = note(store, work, cm_throttle_passed, err)) != CM_OK ||
	    (rc = cm_audit_insert(store, &audit, err)) != CM_OK)
		return rc;
	return cm_sweep(store, (unsigned)cm_clock_monotonic_us(), err);
}

/*
 * Verify the password, and begin a session with a new secret, so that one that was planted before
 * is worth nothing.  CM_UNAUTHORIZED; and work->changed when the password may be right, but not for
 * the hash that it was verified with.
 */
static enum cm_status begin_session(struct sign_in *work, struct cm_err *err)
{
	const struct cm_user *user = &work->user;
	enum cm_status rc;

	work->changed = false;
	work->rehashed[0] = '\0';
	if ((rc = cm_password_verify(work->password, user->password_hash, err)) != CM_OK)
		return rc;
	if (user->forbidden)
		return refuse(err);
	if (cm_password_is_old(user->password_hash) &&
	    (rc = cm_password_hash(work->password, work->rehashed, err)) != CM_OK)
		return rc;
	work->fresh = (struct cm_browser){.signed_in = true};
	if ((rc = cm_crypto_secret(work->fresh.secret, err)) != CM_OK ||
	    (rc = derive(&work->fresh, err)) != CM_OK)
		return rc;
	return cm_store_write(work->x->ctx->store, write_session, work, err);
}

/*
 * Whose failures count: those of the name as it was typed, in whatever case.  Counted for the
 * person behind it, two spellings of one name would share their failures, and show that somebody
 * has it.  No name that is typed is a part of another one's failures, which would show it too.
 */
static void account_subject(const char *login, char out[ACCOUNT_MAX])
{
	snprintf(out, ACCOUNT_MAX, "%s", login);
	for (char *c = out; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c == '#' ? '?' : *c;
	cm_text_repair(out);
}

/* Sign in, slowed down by the failures of the account and of the address. */
static enum cm_status sign_in(struct sign_in *work, struct cm_err *err)
{
	struct cm_exchange *x = work->x;
	struct cm_store *store = x->ctx->store;
	char address[CM_THROTTLE_ADDRESS_TEXT];
	struct cm_err why = {0};
	enum cm_status rc;

	cm_throttle_address(x->caller.address, address);
	if ((rc = cm_throttle_check(store, CM_THROTTLE_USER, work->account, &x->retry_after_s,
	                            err)) != CM_OK ||
	    (rc = cm_throttle_check(store, CM_THROTTLE_ADDRESS, address, &x->retry_after_s, err)) !=
	        CM_OK)
		return rc;
	rc = begin_session(work, &why);
	/* Another password, or the same one that another sign-in has hashed anew. */
	if (work->changed) {
		cm_err_clear(&why);
		rc = begin_session(work, &why);
	}
	if (rc == CM_UNAUTHORIZED) {
		enum cm_status noted = note(store, work, cm_throttle_failed, err);

		if (noted == CM_OK)
			noted = cm_throttle_failed(store, CM_THROTTLE_ADDRESS, address, err);
		if (noted != CM_OK)
			return noted;
	}
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

enum cm_status cm_browser_sign_in(struct cm_exchange *x, struct cm_browser *browser,
                                  const struct cm_params *form, const char *organization,
                                  struct cm_err *err)
{
	const char *login = cm_params_get(form, "username");
	const char *password = cm_params_get(form, "password");
	char account[ACCOUNT_MAX];
	struct sign_in work = {.x = x, .old = browser, .account = account, .password = password};
	struct cm_err why = {0};
	enum cm_status rc;

	if (login == NULL || password == NULL)
		return cm_err_set(err, CM_UNAUTHORIZED, "Type in both a name and a password.");
	if (strlen(password) > CM_PASSWORD_MAX)
		work.password = "";
	account_subject(login, account);
	rc = cm_user_find(x->ctx->store, login, organization, &work.user, &why);
	if (rc != CM_OK && rc != CM_NOT_FOUND)
		return cm_err_set(err, rc, "%s", why.text);
	if ((rc = sign_in(&work, err)) != CM_OK)
		return rc;
	cm_cookie_set(x, work.fresh.secret);
	*browser = work.fresh;
	return CM_OK;
}

static enum cm_status end_session(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_session_delete(store, arg, err);
}

enum cm_status cm_browser_sign_out(struct cm_exchange *x, struct cm_browser *browser,
                                   struct cm_err *err)
{
	enum cm_status rc = cm_store_write(x->ctx->store, end_session, browser->sha256, err);

	if (rc == CM_OK) {
		cm_cookie_set(x, "");
		browser->signed_in = false;
	}
	return rc;
}

static enum cm_status act(struct cm_exchange *x, const struct cm_browser_action *actions,
                          struct cm_browser *browser, const struct cm_params *form,
                          struct cm_err *err)
{
	const char *name = cm_params_get(form, "action");
	enum cm_status rc = CM_LOGIN_REQUIRED;

	for (; name != NULL && actions->name != NULL; actions++) {
		if (strcmp(actions->name, name) != 0)
			continue;
		if (!actions->signed_in || browser->signed_in)
			rc = actions->run(x, browser, form, err);
		if (rc != CM_LOGIN_REQUIRED)
			return rc;
		cm_err_clear(err);
		cm_browser_sign_in_page(x, browser, &(struct cm_sign_in){0});
		return CM_OK;
	}
	return cm_err_set(err, CM_REQUEST, "The form has no such action.");
}

void cm_browser_post(struct cm_exchange *x, const struct cm_browser_action *actions)
{
	struct cm_params form = {0};
	struct cm_browser browser;
	struct cm_err err = {0};

	if (cm_browser_open(x, &browser, &err) != CM_OK ||
	    cm_browser_read_form(x, &browser, &form, &err) != CM_OK ||
	    act(x, actions, &browser, &form, &err) != CM_OK)
		cm_exchange_fail(x, CM_SHAPE_PAGE, &err);
	cm_params_clear(&form);
}

void cm_browser_go(struct cm_exchange *x, const char *path, bool with_query)
{
	struct cm_buf url = {0};

	cm_buf_printf(&url, "%s%s", x->ctx->settings.issuer, path);
	if (with_query && *x->req->query != '\0')
		cm_buf_printf(&url, "?%s", x->req->query);
	if (url.failed)
		x->res->failed = true;
	cm_page_see_other(x, cm_buf_str(&url));
	cm_buf_clear(&url);
}

void cm_browser_sign_in_page(struct cm_exchange *x, const struct cm_browser *browser,
                             const struct cm_sign_in *page)
{
	cm_page_begin(x, "Sign in", page->form_target);
	if (page->client != NULL)
		cm_page_html(x, "<p>to go on to <strong>%</strong></p>\n", page->client);
	if (page->err != NULL) {
		cm_exchange_set_status(x, page->err);
		/* 401 would want a challenge that browsers ask a password for by themselves. */
		if (x->res->status == 401)
			x->res->status = 403;
		cm_page_html(x, "<p class=\"error\" role=\"alert\" id=\"error\">%</p>\n",
		             cm_err_public(page->err));
	}
	cm_browser_put_form(x, browser);
	cm_page_html(x,
	             "<label for=\"username\">User name or e-mail address</label>\n"
	             "<input id=\"username\" name=\"username\" autocomplete=\"username\" "
	             "autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"254\" required "
	             "value=\"%\"",
	             page->username == NULL ? "" : page->username);
	cm_page_html(x, page->err == NULL ? " autofocus>\n" : " aria-describedby=\"error\">\n", "");
	cm_page_html(x,
	             "<label for=\"password\">Password</label>\n"
	             "<input id=\"password\" name=\"password\" type=\"password\" "
	             "autocomplete=\"current-password\" maxlength=\"200\" required>\n"
	             "<button name=\"action\" value=\"sign-in\">Sign in</button>\n</form>\n",
	             "");
	cm_page_end(x);
}

#include "oauth/account.h"

#include "base/clock.h"
#include "http/page.h"
#include "oauth/browser.h"
#include "oauth/consent.h"
#include "store/audit.h"
#include "store/client.h"
#include "store/grant.h"

struct listing {
	struct cm_exchange *x;
	const struct cm_browser *browser;
	int rows;
};

static void put_row(const struct cm_consent *consent, void *arg)
{
	struct listing *listing = arg;
	struct cm_exchange *x = listing->x;
	char when[CM_CLOCK_TEXT];

	listing->rows++;
	cm_clock_format(consent->granted_at_s, when);
	when[10] = '\0'; /* the day */
	cm_page_html(x, "<section class=\"grant\">\n<h3>%</h3>\n", consent->display_name);
	cm_page_html(x, "<p class=\"note\"><code>%</code>, ", consent->client_id);
	cm_page_html(x, "since %</p>\n", when);
	cm_consent_put_scopes(x, consent->scope);
	cm_browser_put_form(x, listing->browser);
	cm_page_html(x, "<input type=\"hidden\" name=\"client_id\" value=\"%\">\n",
	             consent->client_id);
	cm_page_html(x,
	             "<button class=\"quiet\" name=\"action\" value=\"revoke\">Take back what % "
	             "may do</button>\n</form>\n</section>\n",
	             consent->display_name);
}

static enum cm_status show(struct cm_exchange *x, const struct cm_browser *browser,
                           struct cm_err *err)
{
	const struct cm_user *user = &browser->session.user;
	struct listing listing = {.x = x, .browser = browser};
	enum cm_status rc;

	cm_page_begin(x, "Your account", NULL);
	cm_page_html(x, "<p>You are signed in as <strong>%", user->owner);
	cm_page_html(x, "/%</strong>.</p>\n", user->name);
	cm_browser_put_form(x, browser);
	cm_page_html(x,
	             "<button class=\"quiet\" name=\"action\" value=\"sign-out\">Sign out"
	             "</button>\n</form>\n<h2>Applications that you let in</h2>\n",
	             "");
	rc = cm_consent_list(x->ctx->store, user->id, put_row, &listing, err);
	if (listing.rows == 0)
		cm_page_html(x, "<p>There are none.</p>\n", "");
	cm_page_end(x);
	return rc;
}

static void ask_to_sign_in(struct cm_exchange *x, const struct cm_browser *browser,
                           const char *username, const struct cm_err *err)
{
	struct cm_sign_in page = {.username = username, .err = err};

	cm_browser_sign_in_page(x, browser, &page);
}

void cm_oauth_account_get(struct cm_exchange *x)
{
	struct cm_browser browser;
	struct cm_err err = {0};
	enum cm_status rc = cm_browser_open(x, &browser, &err);

	if (rc == CM_OK && browser.signed_in)
		rc = show(x, &browser, &err);
	else if (rc == CM_OK)
		ask_to_sign_in(x, &browser, NULL, NULL);
	if (rc != CM_OK)
		cm_exchange_fail(x, CM_SHAPE_PAGE, &err);
}

static enum cm_status sign_in(struct cm_exchange *x, struct cm_browser *browser,
                              const struct cm_params *form, struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc = cm_browser_sign_in(x, browser, form, NULL, &why);

	if (rc == CM_UNAUTHORIZED || rc == CM_THROTTLED)
		ask_to_sign_in(x, browser, cm_params_get(form, "username"), &why);
	else if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	else
		cm_browser_go(x, CM_ACCOUNT_PATH, false);
	return CM_OK;
}

static enum cm_status sign_out(struct cm_exchange *x, struct cm_browser *browser,
                               const struct cm_params *form, struct cm_err *err)
{
	enum cm_status rc = cm_browser_sign_out(x, browser, err);

	(void)form;
	if (rc != CM_OK)
		return rc;
	cm_page_begin(x, "You are signed out", NULL);
	cm_page_html(x, "<p>You may close this page.</p>\n", "");
	cm_page_end(x);
	return CM_OK;
}

struct revocation {
	int64_t user_id;
	const char *client_id;
	struct cm_audit audit;
};

static enum cm_status write_revocation(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct revocation *work = arg;
	struct cm_client client;
	enum cm_status rc = cm_client_get(store, work->client_id, &client, err);

	if (rc == CM_OK)
		rc = cm_consent_revoke(store, work->user_id, client.id, err);
	cm_client_clear(&client);
	return rc == CM_OK ? cm_audit_insert(store, &work->audit, err) : rc;
}

static enum cm_status revoke(struct cm_exchange *x, struct cm_browser *browser,
                             const struct cm_params *form, struct cm_err *err)
{
	const char *client_id = cm_params_get(form, "client_id");
	struct revocation work = {.user_id = browser->session.user.id, .client_id = client_id};
	struct cm_err why = {0};
	enum cm_status rc;

	if (client_id == NULL)
		return cm_err_set(err, CM_REQUEST, "The form names no application.");
	work.audit = cm_principal_audit(&x->caller, "revoke_consent", client_id, CM_OK);
	rc = cm_browser_write(x, browser, write_revocation, &work, &why);
	if (rc == CM_NOT_FOUND)
		return cm_err_set(err, CM_REQUEST, "There is no such application any more.");
	if (rc != CM_OK)
		return cm_err_set(err, rc, "%s", why.text);
	cm_browser_go(x, CM_ACCOUNT_PATH, false);
	return CM_OK;
}

void cm_oauth_account_post(struct cm_exchange *x)
{
	static const struct cm_browser_action actions[] = {
	    {"sign-in", sign_in, false},
	    {"sign-out", sign_out, false},
	    {"revoke", revoke, true},
	    {NULL, NULL, false},
	};

	cm_browser_post(x, actions);
}

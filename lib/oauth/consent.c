#include "oauth/consent.h"

#include <string.h>

#include "auth/client.h"
#include "auth/scope.h"
#include "base/url.h"
#include "http/page.h"
#include "store/grant.h"

void cm_consent_put_scopes(struct cm_exchange *x, const char *scope)
{
	cm_scope_set set = cm_scope_known(scope);
	const char *words;
	size_t cursor = 0;

	cm_page_html(x, "<ul>\n", "");
	while (cm_scope_describe(set, &cursor, &words))
		cm_page_html(x, "<li>%</li>\n", words);
	cm_page_html(x, "</ul>\n", "");
}

static void put_target(struct cm_exchange *x, const char *redirect_uri)
{
	struct cm_url url;

	if (!cm_url_parse(redirect_uri, &url))
		return;
	if (cm_url_is_loopback(&url))
		cm_page_html(x,
		             "<p>Then you go on to a program on this computer "
		             "(<code>%</code>).</p>\n",
		             url.origin);
	else if (strcmp(url.scheme, "https") == 0)
		cm_page_html(x, "<p>Then you go on to <code>%</code>.</p>\n", url.host);
	else
		cm_page_html(x,
		             "<p>Then you go on to the program on this device that opens "
		             "<code>%:</code> links.</p>\n",
		             url.scheme);
}

void cm_consent_page(struct cm_exchange *x, const struct cm_browser *browser,
                     const struct cm_consent_page *page)
{
	const struct cm_client *client = page->client;
	const struct cm_user *user = &browser->session.user;

	cm_page_begin(x, "Let this application in?", page->redirect_uri);
	cm_page_html(x, "<p><strong>%</strong> asks to do this in your name:</p>\n",
	             client->display_name);
	cm_consent_put_scopes(x, page->scope);
	if (page->user_code != NULL)
		cm_page_html(
		    x,
		    "<p>It shows the code <strong><code>%</code></strong>. Allow it only if "
		    "you see this code on your own device.</p>\n",
		    page->user_code);
	if (page->redirect_uri != NULL)
		put_target(x, page->redirect_uri);
	if (client->origin != CM_CLIENT_MADE)
		cm_page_html(x,
		             "<p class=\"note\">The application chose its name itself; nobody "
		             "checked it. Its identifier is <code>%</code>.</p>\n",
		             client->client_id);
	cm_page_html(x, "<p>You are signed in as <strong>%", user->owner);
	cm_page_html(x, "/%</strong>.</p>\n", user->name);
	cm_browser_put_form(x, browser);
	if (page->user_code != NULL)
		cm_page_html(x, "<input type=\"hidden\" name=\"user_code\" value=\"%\">\n",
		             page->user_code);
	cm_page_html(x,
	             "<button name=\"action\" value=\"allow\">Allow</button>\n"
	             "<button class=\"quiet\" name=\"action\" value=\"deny\">Deny</button>\n"
	             "<p><button class=\"link\" name=\"action\" value=\"switch\">Sign in as "
	             "somebody else</button></p>\n</form>\n",
	             "");
	cm_page_end(x);
}

/* Whether only the client itself can receive what is sent to the redirect URI. */
static bool is_claimed(const struct cm_consent_page *page)
{
	struct cm_url url;

	if (strcmp(page->client->auth_method, cm_client_method_name(CM_METHOD_NONE)) != 0)
		return true;
	return cm_url_parse(page->redirect_uri, &url) && strcmp(url.scheme, "https") == 0;
}

enum cm_status cm_consent_is_needed(struct cm_exchange *x, const struct cm_browser *browser,
                                    const struct cm_consent_page *page, bool *needed,
                                    struct cm_err *err)
{
	const struct cm_client *client = page->client;
	char granted[CM_SCOPE_TEXT_MAX];
	enum cm_status rc;

	*needed = true;
	if (client->origin == CM_CLIENT_MADE && strcmp(client->consent_policy, "never") == 0) {
		*needed = false;
		return CM_OK;
	}
	if (strcmp(client->consent_policy, "always") == 0 || !is_claimed(page))
		return CM_OK;
	rc = cm_consent_get(x->ctx->store, browser->session.user.id, client->id, granted, err);
	if (rc == CM_OK)
		*needed = (cm_scope_known(page->scope) & ~cm_scope_known(granted)) != 0;
	return rc;
}

enum cm_status cm_consent_remember(struct cm_store *store, int64_t user_id, int64_t application_id,
                                   const char *scope, struct cm_err *err)
{
	struct cm_scope_limits any = {
	    .registered = ~(cm_scope_set)0, .held = ~(cm_scope_set)0, .lenient = true};
	char granted[CM_SCOPE_TEXT_MAX];
	struct cm_buf both = {0};
	enum cm_status rc = cm_consent_get(store, user_id, application_id, granted, err);

	if (rc == CM_OK && (rc = cm_scope_grant(granted, &any, &both, err)) == CM_OK &&
	    (rc = cm_scope_grant(scope, &any, &both, err)) == CM_OK)
		rc = both.len >= CM_SCOPE_TEXT_MAX
		         ? cm_err_set(err, CM_INVALID_SCOPE, "The list of scopes is too long.")
		         : cm_consent_put(store, user_id, application_id, cm_buf_str(&both), err);
	cm_buf_clear(&both);
	return rc;
}

enum cm_status cm_consent_check_user(const struct cm_client *client, const struct cm_user *user,
                                     struct cm_err *err)
{
	if (client->origin != CM_CLIENT_MADE || strcmp(client->organization, user->owner) == 0)
		return CM_OK;
	return cm_err_set(err, CM_FORBIDDEN,
	                  "%s/%s is not of the organisation that this application is for. Sign in "
	                  "as somebody else.",
	                  user->owner, user->name);
}

#include "oauth/authorization.h"

#include <stdlib.h>
#include <string.h>

#include "auth/person.h"
#include "auth/redirect_uri.h"
#include "auth/scope.h"
#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "http/page.h"
#include "oauth/authorize.h"
#include "oauth/document.h"
#include "oauth/grant.h"
#include "oauth/resource.h"
#include "store/grant.h"

enum { STATE_MAX = 2000 };

const char *cm_authorization_get(const struct cm_authorization *request, const char *name)
{
	return cm_params_get(&request->params, name);
}

void cm_authorization_clear(struct cm_authorization *request)
{
	cm_params_clear(&request->params);
	cm_client_clear(&request->client);
	free(request->only_redirect_uri);
}

/* --- what must be right before anything is sent to the client --- */

static enum cm_status find_client(struct cm_exchange *x, struct cm_authorization *out,
                                  struct cm_err *err)
{
	const char *client_id = cm_authorization_get(out, "client_id");
	struct cm_err why = {0};
	enum cm_status rc;

	if (client_id == NULL)
		return cm_err_set(err, CM_REQUEST, "The link lacks a client_id.");
	rc = cm_document_client(x, client_id, &out->client, &why);
	if (rc == CM_NOT_FOUND)
		return cm_err_set(err, CM_REQUEST,
		                  "The application that sent you here is not known to this server. "
		                  "If it worked before, remove the connection there and add it "
		                  "again.");
	if (rc == CM_OK && out->client.disabled)
		return cm_err_set(err, CM_REQUEST,
		                  "The application that sent you here is switched off.");
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

/* The one that is registered (owned), when the request may leave it out; NULL where it may not. */
static enum cm_status only_one(const char *registered, char **out, struct cm_err *err)
{
	cm_json *list = NULL;
	enum cm_status rc = cm_json_parse(registered, strlen(registered), &list, NULL);
	const char *one = cm_json_string(cm_json_at(list, 0));

	*out = one != NULL && cm_json_length(list) == 1 ? cm_text_dup(one) : NULL;
	if (*out == NULL && one != NULL && cm_json_length(list) == 1)
		rc = CM_NOMEM;
	cm_json_free(list);
	return rc == CM_NOMEM ? cm_err_set(err, rc, "out of memory") : CM_OK;
}

static enum cm_status find_redirect_uri(struct cm_authorization *out, struct cm_err *err)
{
	const char *uri = cm_authorization_get(out, "redirect_uri");
	enum cm_status rc;

	if (uri == NULL) {
		rc = only_one(out->client.redirect_uris, &out->only_redirect_uri, err);
		if (rc != CM_OK)
			return rc;
		uri = out->only_redirect_uri;
	}
	rc = uri == NULL || strlen(uri) > CM_URL_MAX
	         ? CM_NOT_FOUND
	         : cm_redirect_uri_registered(out->client.redirect_uris, uri);
	if (rc == CM_NOMEM)
		return cm_err_set(err, rc, "out of memory");
	if (rc != CM_OK)
		return cm_err_set(err, CM_REQUEST,
		                  "The application asks to send you to an address that is not "
		                  "registered for it (redirect_uri).");
	out->redirect_uri = uri;
	return CM_OK;
}

/* --- what the client is told about --- */

static enum cm_status check_types(const struct cm_authorization *request, struct cm_err *err)
{
	const char *type = cm_authorization_get(request, "response_type");
	const char *mode = cm_authorization_get(request, "response_mode");

	if (cm_authorization_get(request, "request") != NULL)
		return cm_err_set(err, CM_REQUEST_NOT_SUPPORTED, "request is not supported.");
	if (cm_authorization_get(request, "request_uri") != NULL)
		return cm_err_set(err, CM_REQUEST_URI_NOT_SUPPORTED,
		                  "request_uri is not supported.");
	if (type == NULL)
		return cm_err_set(err, CM_REQUEST, "response_type is needed.");
	if (strcmp(type, "code") != 0)
		return cm_err_set(err, CM_UNSUPPORTED_RESPONSE, "response_type must be code.");
	if (mode != NULL && strcmp(mode, "query") != 0)
		return cm_err_set(err, CM_REQUEST, "response_mode must be query.");
	return cm_client_check_grant(&request->client, CM_GRANT_AUTHORIZATION_CODE, err);
}

/* RFC 7636 section 4.3; the SHA-256 of S256 is 43 characters of base64url. */
static enum cm_status check_challenge(const struct cm_authorization *request, struct cm_err *err)
{
	const char *challenge = cm_authorization_get(request, "code_challenge");
	const char *method = cm_authorization_get(request, "code_challenge_method");

	if (challenge == NULL)
		return cm_err_set(err, CM_REQUEST, "code_challenge is needed (PKCE).");
	if (method == NULL || strcmp(method, "S256") != 0)
		return cm_err_set(err, CM_REQUEST, "code_challenge_method must be S256.");
	if (strlen(challenge) != 43 ||
	    strspn(challenge, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
	        43)
		return cm_err_set(err, CM_REQUEST, "code_challenge is malformed.");
	return CM_OK;
}

static enum cm_status read_prompt(struct cm_authorization *out, struct cm_err *err)
{
	const char *list = cm_authorization_get(out, "prompt");
	const char *age = cm_authorization_get(out, "max_age");

	list = list == NULL ? "" : list;
	out->prompt_none = cm_text_has_word(list, "none");
	out->prompt_login =
	    cm_text_has_word(list, "login") || cm_text_has_word(list, "select_account");
	out->prompt_consent = cm_text_has_word(list, "consent");
	if (out->prompt_none && strcmp(list, "none") != 0)
		return cm_err_set(err, CM_REQUEST, "prompt=none must stand alone.");
	out->max_age_s = -1;
	if (age != NULL && (strlen(age) > 9 || age[strspn(age, "0123456789")] != '\0'))
		return cm_err_set(err, CM_REQUEST, "max_age must be a number of seconds.");
	if (age != NULL)
		out->max_age_s = strtoll(age, NULL, 10);
	return CM_OK;
}

static enum cm_status check_sizes(const struct cm_authorization *request, struct cm_err *err)
{
	const char *state = cm_authorization_get(request, "state");
	const char *nonce = cm_authorization_get(request, "nonce");

	if (state != NULL && strlen(state) > STATE_MAX)
		return cm_err_set(err, CM_REQUEST, "state is longer than %d bytes.", STATE_MAX);
	if (nonce != NULL && strlen(nonce) > CM_NONCE_MAX)
		return cm_err_set(err, CM_REQUEST, "nonce is longer than %d bytes.", CM_NONCE_MAX);
	return CM_OK;
}

enum cm_status cm_authorization_read(struct cm_exchange *x, struct cm_authorization *out,
                                     struct cm_err *err)
{
	struct cm_buf scope = {0};
	enum cm_status rc;

	if ((rc = cm_params_read_query(&out->params, x->req, err)) != CM_OK ||
	    (rc = find_client(x, out, err)) != CM_OK || (rc = find_redirect_uri(out, err)) != CM_OK)
		return rc;
	memcpy(x->caller.client_id, out->client.client_id, sizeof x->caller.client_id);
	if ((rc = check_sizes(out, err)) == CM_OK && (rc = check_types(out, err)) == CM_OK &&
	    (rc = check_challenge(out, err)) == CM_OK &&
	    (rc = cm_oauth_resources_check(&out->params, x->ctx->mcp_url, err)) == CM_OK &&
	    (rc = read_prompt(out, err)) == CM_OK)
		rc = cm_authorization_scope(x->ctx->store, cm_authorization_get(out, "scope"),
		                            &out->client, NULL, &scope, err);
	cm_buf_clear(&scope);
	return rc;
}

enum cm_status cm_authorization_scope(struct cm_store *store, const char *asked,
                                      const struct cm_client *client, const struct cm_user *user,
                                      struct cm_buf *out, struct cm_err *err)
{
	cm_scope_set registered = cm_scope_known(client->scope);
	struct cm_scope_limits limits = {
	    .registered = asked == NULL ? registered & ~CM_SCOPE_IDENTITY : registered,
	    .lenient = asked == NULL,
	};
	enum cm_status rc = cm_person_limit(store, user, client->scope, &limits.held, err);

	if (rc == CM_OK)
		rc = cm_scope_grant(asked == NULL ? client->scope : asked, &limits, out, err);
	if (rc == CM_OK && out->len >= CM_SCOPE_TEXT_MAX)
		return cm_err_set(err, CM_INVALID_SCOPE, "The list of scopes is too long.");
	if (rc == CM_OK && out->len == 0)
		return cm_err_set(err, CM_ACCESS_DENIED,
		                  "There is no scope that this user could grant the client.");
	return rc;
}

/* --- answering --- */

/* What every answer to the client ends with (RFC 6749 section 4.1.2, RFC 9207). */
static void put_end(struct cm_exchange *x, const struct cm_authorization *request,
                    struct cm_buf *url)
{
	const char *state = cm_authorization_get(request, "state");

	if (state != NULL)
		cm_url_put_query(url, "state", state);
	cm_url_put_query(url, "iss", x->ctx->settings.issuer);
	if (url->failed)
		x->res->failed = true;
}

void cm_authorization_answer(struct cm_exchange *x, const struct cm_authorization *request,
                             const char *code)
{
	struct cm_buf url = {0};

	cm_buf_puts(&url, request->redirect_uri);
	cm_url_put_query(&url, "code", code);
	put_end(x, request, &url);
	cm_page_see_other(x, cm_buf_str(&url));
	cm_buf_clear(&url);
}

/* Where the client hears of an error (RFC 6749 section 4.1.2.1). */
static void put_refusal(struct cm_exchange *x, const struct cm_authorization *request,
                        const struct cm_err *err, struct cm_buf *url)
{
	char description[sizeof err->text];

	cm_exchange_description(description, sizeof description, cm_err_public(err));
	cm_buf_puts(url, request->redirect_uri);
	cm_url_put_query(url, "error", cm_status_info(err->status)->oauth);
	cm_url_put_query(url, "error_description", description);
	put_end(x, request, url);
}

void cm_authorization_refuse(struct cm_exchange *x, const struct cm_authorization *request,
                             const struct cm_err *err)
{
	struct cm_buf url = {0};

	cm_exchange_log(x, err);
	x->outcome = err->status;
	put_refusal(x, request, err, &url);
	cm_page_see_other(x, cm_buf_str(&url));
	cm_buf_clear(&url);
}

void cm_authorization_explain(struct cm_exchange *x, const struct cm_authorization *request,
                              const struct cm_err *err)
{
	struct cm_buf back = {0};
	struct cm_url url;

	cm_exchange_log(x, err);
	cm_exchange_set_status(x, err);
	put_refusal(x, request, err, &back);
	cm_page_error_begin(x, err);
	cm_page_html(x, "<p><strong>%</strong> sent you here. ", request->client.display_name);
	cm_page_html(x, "It chose its name itself; nobody checked it.</p>\n", "");
	cm_page_html(x, "<p><a href=\"%\">Go back to ", cm_buf_str(&back));
	cm_page_html(x, "<code>%</code></a></p>\n",
	             cm_url_parse(request->redirect_uri, &url) ? url.host : "");
	cm_page_end(x);
	cm_buf_clear(&back);
}

static void put_prompt(struct cm_buf *url, const struct cm_authorization *request)
{
	if (request->prompt_consent)
		cm_url_put_query(url, "prompt", "consent");
}

void cm_authorization_again(struct cm_exchange *x, const struct cm_authorization *request)
{
	struct cm_buf url = {0};

	cm_buf_printf(&url, "%s" CM_AUTHORIZE_PATH, x->ctx->settings.issuer);
	for (size_t i = 0; i < request->params.count; i++) {
		const char *name = request->params.item[i].name;

		if (strcmp(name, "prompt") == 0)
			put_prompt(&url, request);
		else if (strcmp(name, "max_age") != 0)
			cm_url_put_query(&url, name, request->params.item[i].value);
	}
	if (url.failed)
		x->res->failed = true;
	cm_page_see_other(x, cm_buf_str(&url));
	cm_buf_clear(&url);
}

#include "oauth/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/access_token.h"
#include "auth/client.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "http/params.h"
#include "oauth/resource.h"

/* A grant: what it does once the client is known and may use it. */
struct grant {
	const char *name; /* grant_type */
	enum cm_status (*run)(struct cm_exchange *x, const struct cm_params *params,
	                      const struct cm_client *client, struct cm_access_token *out,
	                      struct cm_err *err);
};

/* RFC 6749 section 4.4: no refresh token, no ID token. */
static enum cm_status client_credentials(struct cm_exchange *x, const struct cm_params *params,
                                         const struct cm_client *client,
                                         struct cm_access_token *out, struct cm_err *err)
{
	return cm_access_token_issue(x->ctx, client, cm_params_get(params, "scope"), &x->caller,
	                             out, err);
}

static const struct grant grants[] = {
    {"client_credentials", client_credentials},
};
enum { GRANTS = sizeof grants / sizeof *grants };

void cm_oauth_put_grants(struct cm_buf *buf)
{
	cm_json_put_open(buf, '[');
	for (size_t i = 0; i < GRANTS; i++)
		cm_json_put_string(buf, grants[i].name);
	cm_json_put_close(buf, ']');
}

/* Id and secret as the client sent them.  Borrowed, from the header's copy or the parameters. */
struct credentials {
	char *header;      /* owned copy of the decoded Basic pair */
	size_t header_len; /* bytes that it may fill */
	const char *client_id;
	const char *secret;
};

static enum cm_status bad_client(struct cm_err *err, const char *why)
{
	cm_err_set(err, CM_INVALID_CLIENT, "%s", why);
	return CM_INVALID_CLIENT;
}

/* RFC 6749 section 2.3.1: Basic, where id and secret are form-encoded before they are joined. */
static enum cm_status read_basic(const char *value, struct credentials *out, struct cm_err *err)
{
	unsigned char *pair;
	size_t len = 0;
	char *colon;

	if (strncasecmp(value, "Basic ", 6) != 0)
		return bad_client(err, "The Authorization header must use Basic.");
	value += 6 + strspn(value + 6, " ");
	/* All zeros, so that whatever was decoded ends somewhere. */
	pair = calloc(1, strlen(value) + 1);
	if (pair == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	out->header = (char *)pair;
	out->header_len = strlen(value);
	if (!cm_decode_base64(value, strlen(value), pair, &len) || memchr(pair, 0, len) != NULL)
		return bad_client(err, "The Authorization header is malformed.");
	colon = strchr(out->header, ':');
	if (colon == NULL)
		return bad_client(err, "The Authorization header is malformed.");
	*colon = '\0';
	out->client_id = out->header;
	out->secret = colon + 1;
	if (!cm_decode_percent(out->header, true) || !cm_decode_percent(colon + 1, true))
		return bad_client(err, "The Authorization header is malformed.");
	return CM_OK;
}

/* One way to authenticate a request, not two (RFC 6749 section 2.3). */
static enum cm_status read_credentials(const struct cm_exchange *x, const struct cm_params *params,
                                       struct credentials *out, struct cm_err *err)
{
	const char *header = cm_request_authorization(x->req);
	const char *client_id = cm_params_get(params, "client_id");
	const char *secret = cm_params_get(params, "client_secret");
	enum cm_status rc;

	if (header == NULL) {
		if (client_id == NULL || secret == NULL)
			return bad_client(err, "client_id and client_secret are needed.");
		out->client_id = client_id;
		out->secret = secret;
		return CM_OK;
	}
	if (secret != NULL)
		return cm_err_set(
		    err, CM_REQUEST,
		    "Authenticate by the Authorization header or by the body, not both.");
	rc = read_basic(header, out, err);
	if (rc == CM_OK && client_id != NULL && out->client_id != NULL &&
	    strcmp(client_id, out->client_id) != 0)
		rc =
		    cm_err_set(err, CM_REQUEST, "client_id differs from the Authorization header.");
	return rc;
}

static enum cm_status authenticate(const struct cm_exchange *x, const struct cm_params *params,
                                   struct cm_client *out, struct cm_err *err)
{
	struct credentials credentials = {0};
	enum cm_status rc = read_credentials(x, params, &credentials, err);

	if (rc == CM_OK)
		rc = cm_client_authenticate(x->ctx->store, credentials.client_id,
		                            credentials.secret, out, err);
	if (credentials.header != NULL)
		cm_crypto_wipe(credentials.header, credentials.header_len);
	free(credentials.header);
	return rc;
}

static enum cm_status check_registered(const struct cm_client *client, const char *grant,
                                       struct cm_err *err)
{
	cm_json *list = NULL;
	enum cm_status rc =
	    cm_json_parse(client->grant_types, strlen(client->grant_types), &list, NULL);
	bool found = false;

	if (rc != CM_OK)
		return cm_err_set(err, CM_STORE, "grant_types of %s is not JSON",
		                  client->client_id);
	for (size_t i = 0; i < cm_json_length(list); i++) {
		const char *one = cm_json_string(cm_json_at(list, i));

		found = found || (one != NULL && strcmp(one, grant) == 0);
	}
	cm_json_free(list);
	return found ? CM_OK
	             : cm_err_set(err, CM_UNAUTHORIZED_CLIENT,
	                          "The client is not registered for grant %s.", grant);
}

static enum cm_status find_grant(const struct cm_params *params, const struct cm_client *client,
                                 const struct grant **out, struct cm_err *err)
{
	const char *name = cm_params_get(params, "grant_type");

	*out = NULL;
	if (name == NULL)
		return cm_err_set(err, CM_REQUEST, "grant_type is needed.");
	for (size_t i = 0; i < GRANTS; i++) {
		if (strcmp(grants[i].name, name) == 0) {
			*out = &grants[i];
			return check_registered(client, name, err);
		}
	}
	return cm_err_set(err, CM_UNSUPPORTED_GRANT, "This grant_type is not supported.");
}

static enum cm_status check_resources(const struct cm_exchange *x, const struct cm_params *params,
                                      struct cm_err *err)
{
	enum cm_status rc = CM_OK;

	for (size_t i = 0; rc == CM_OK && i < params->count; i++) {
		if (strcmp(params->item[i].name, "resource") == 0)
			rc = cm_oauth_resource_check(params->item[i].value, x->ctx->mcp_url, err);
	}
	return rc;
}

/* RFC 6749 section 5.1 */
static void put_answer(struct cm_buf *buf, const struct cm_access_token *token)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "access_token", cm_buf_str(&token->jwt));
	cm_json_put_member(buf, "token_type", "Bearer");
	cm_json_put_name(buf, "expires_in");
	cm_json_put_integer(buf, token->expires_in_s);
	cm_json_put_member(buf, "scope", cm_buf_str(&token->scope));
	cm_json_put_close(buf, '}');
}

static enum cm_status run(struct cm_exchange *x, const struct cm_params *params,
                          struct cm_access_token *out, struct cm_err *err)
{
	const struct grant *grant = NULL;
	struct cm_client client = {0};
	enum cm_status rc;

	if ((rc = authenticate(x, params, &client, err)) != CM_OK)
		return rc;
	memcpy(x->caller.client_id, client.client_id, sizeof x->caller.client_id);
	memcpy(x->caller.organization, client.organization, sizeof x->caller.organization);
	if ((rc = find_grant(params, &client, &grant, err)) == CM_OK &&
	    (rc = check_resources(x, params, err)) == CM_OK && grant != NULL)
		rc = grant->run(x, params, &client, out, err);
	cm_client_clear(&client);
	return rc;
}

void cm_oauth_token_post(struct cm_exchange *x)
{
	struct cm_access_token token = {0};
	struct cm_params params = {0};
	struct cm_err err = {0};
	enum cm_status rc = CM_OK;

	if (!cm_request_is_private(x->req))
		rc = cm_err_set(&err, CM_REQUEST, "Secrets are taken over https only.");
	else if (*x->req->query != '\0')
		rc = cm_err_set(&err, CM_REQUEST, "Parameters belong in the body, not in the URL.");
	if (rc == CM_OK && (rc = cm_params_read(&params, x->req, &err)) == CM_OK)
		rc = run(x, &params, &token, &err);
	if (rc == CM_OK) {
		x->res->content_type = "application/json";
		cm_response_header(x->res, "Pragma", "no-cache");
		put_answer(&x->res->body, &token);
	} else {
		if (rc == CM_INVALID_CLIENT && cm_request_authorization(x->req) != NULL)
			cm_response_header(x->res, "WWW-Authenticate", "Basic realm=\"casement\"");
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
	}
	cm_access_token_clear(&token);
	cm_params_clear(&params);
}

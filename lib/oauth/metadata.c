#include "oauth/metadata.h"

#include <stdio.h>
#include <string.h>

#include "auth/client.h"
#include "base/json.h"
#include "oauth/authorize.h"
#include "oauth/device.h"
#include "oauth/registration.h"
#include "oauth/token.h"
#include "oauth/token_state.h"

/* Documents for everyone; a few minutes in a cache do no harm. */
static struct cm_buf *public_json(struct cm_exchange *x)
{
	x->res->content_type = "application/json";
	x->res->cache = "public, max-age=300";
	return &x->res->body;
}

static void put_url(struct cm_buf *buf, const char *name, const struct cm_exchange *x,
                    const char *path)
{
	struct cm_buf url = {0};

	cm_buf_puts(&url, x->ctx->settings.issuer);
	cm_buf_puts(&url, path);
	cm_json_put_member(buf, name, cm_buf_str(&url));
	if (url.failed)
		buf->failed = true;
	cm_buf_clear(&url);
}

void cm_oauth_resource_metadata_get(struct cm_exchange *x)
{
	struct cm_buf *buf = public_json(x);

	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "resource", x->ctx->mcp_url);
	cm_json_put_member(buf, "resource_name", "Casement");
	cm_json_put_name(buf, "authorization_servers");
	cm_json_put_open(buf, '[');
	cm_json_put_string(buf, x->ctx->settings.issuer);
	cm_json_put_close(buf, ']');
	cm_json_put_name(buf, "scopes_supported");
	cm_scope_put_json(buf, CM_SCOPE_CORE);
	cm_json_put_name(buf, "bearer_methods_supported");
	cm_json_put_raw(buf, "[\"header\"]");
	cm_json_put_close(buf, '}');
}

static void put_raw(struct cm_buf *buf, const char *name, const char *json)
{
	cm_json_put_name(buf, name);
	cm_json_put_raw(buf, json);
}

static void put_strings(struct cm_buf *buf, const char *name, const char *one)
{
	cm_json_put_name(buf, name);
	cm_json_put_open(buf, '[');
	cm_json_put_string(buf, one);
	cm_json_put_close(buf, ']');
}

/*
 * How clients authenticate at an endpoint, and with which signatures (RFC 8414 section 2).  Clients
 * without a secret come by registering themselves, or with their documents.
 */
static void put_methods(struct cm_buf *buf, const char *endpoint, bool with_none)
{
	char name[80];

	snprintf(name, sizeof name, "%s_endpoint_auth_signing_alg_values_supported", endpoint);
	put_raw(buf, name, "[\"RS256\",\"ES256\"]");
	snprintf(name, sizeof name, "%s_endpoint_auth_methods_supported", endpoint);
	cm_json_put_name(buf, name);
	cm_json_put_open(buf, '[');
	for (int i = 0; i < CM_METHOD_COUNT; i++) {
		if (i != CM_METHOD_NONE || with_none)
			cm_json_put_string(buf, cm_client_method_name((enum cm_client_method)i));
	}
	cm_json_put_close(buf, ']');
}

static const struct {
	const char *name, *path;
} endpoints[] = {
    {"authorization_endpoint", CM_AUTHORIZE_PATH},
    {"token_endpoint", CM_TOKEN_PATH},
    {"jwks_uri", CM_JWKS_PATH},
    {"revocation_endpoint", CM_REVOKE_PATH},
    {"introspection_endpoint", CM_INTROSPECT_PATH},
    {"device_authorization_endpoint", CM_DEVICE_AUTHORIZATION_PATH},
    {"userinfo_endpoint", CM_USERINFO_PATH},
};

void cm_oauth_server_metadata_get(struct cm_exchange *x)
{
	const struct cm_settings *settings = &x->ctx->settings;
	struct cm_buf *buf = public_json(x);

	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "issuer", settings->issuer);
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
		put_url(buf, endpoints[i].name, x, endpoints[i].path);
	if (strcmp(settings->registration, "off") != 0)
		put_url(buf, "registration_endpoint", x, CM_REGISTER_PATH);
	cm_json_put_name(buf, "scopes_supported");
	cm_scope_put_json(buf, CM_SCOPE_KNOWN | CM_SCOPE_IDENTITY);
	put_raw(buf, "response_types_supported", "[\"code\"]");
	put_raw(buf, "response_modes_supported", "[\"query\"]");
	cm_json_put_name(buf, "grant_types_supported");
	cm_oauth_put_grants(buf);
	put_raw(buf, "code_challenge_methods_supported", "[\"S256\"]");
	put_methods(buf, "token", true);
	put_methods(buf, "revocation", true);
	put_methods(buf, "introspection", false);
	put_raw(buf, "authorization_response_iss_parameter_supported", "true");
	if (strcmp(settings->client_id_metadata_documents, "on") == 0)
		put_raw(buf, "client_id_metadata_document_supported", "true");
	put_strings(buf, "protected_resources", x->ctx->mcp_url);
	put_raw(buf, "prompt_values_supported", "[\"none\",\"login\",\"consent\"]");
	put_raw(buf, "subject_types_supported", "[\"public\"]");
	put_strings(buf, "id_token_signing_alg_values_supported", settings->signing_algorithm);
	put_raw(buf, "claims_supported",
	        "[\"iss\",\"sub\",\"aud\",\"exp\",\"iat\",\"auth_time\",\"nonce\",\"name\","
	        "\"preferred_username\",\"email\"]");
	put_raw(buf, "request_uri_parameter_supported", "false");
	cm_json_put_close(buf, '}');
}

void cm_oauth_jwks_get(struct cm_exchange *x)
{
	struct cm_buf *buf = public_json(x);

	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "keys");
	cm_json_put_open(buf, '[');
	for (size_t i = 0; i < x->ctx->keys.count; i++)
		cm_json_put_raw(buf, x->ctx->keys.key[i].jwk);
	cm_json_put_close(buf, ']');
	cm_json_put_close(buf, '}');
}

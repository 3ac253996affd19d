#include "oauth/metadata.h"

#include "base/json.h"
#include "oauth/token.h"

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

static void put_scopes(struct cm_buf *buf)
{
	cm_json_put_name(buf, "scopes_supported");
	cm_scope_put_json(buf, CM_SCOPE_KNOWN);
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
	put_scopes(buf);
	cm_json_put_name(buf, "bearer_methods_supported");
	cm_json_put_raw(buf, "[\"header\"]");
	cm_json_put_close(buf, '}');
}

void cm_oauth_server_metadata_get(struct cm_exchange *x)
{
	struct cm_buf *buf = public_json(x);

	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "issuer", x->ctx->settings.issuer);
	put_url(buf, "token_endpoint", x, CM_TOKEN_PATH);
	put_url(buf, "jwks_uri", x, CM_JWKS_PATH);
	put_scopes(buf);
	/* Required by RFC 8414; there is no authorization endpoint, so there is none. */
	cm_json_put_name(buf, "response_types_supported");
	cm_json_put_raw(buf, "[]");
	cm_json_put_name(buf, "grant_types_supported");
	cm_oauth_put_grants(buf);
	cm_json_put_name(buf, "token_endpoint_auth_methods_supported");
	cm_json_put_raw(buf, "[\"client_secret_basic\",\"client_secret_post\"]");
	cm_json_put_name(buf, "protected_resources");
	cm_json_put_open(buf, '[');
	cm_json_put_string(buf, x->ctx->mcp_url);
	cm_json_put_close(buf, ']');
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

#include "casement.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/access_log.h"
#include "http/route.h"
#include "mcp/endpoint.h"
#include "oauth/metadata.h"
#include "oauth/token.h"
#include "tools/toolbox.h"

static void mcp_post(struct cm_exchange *x)
{
	cm_mcp_post(x, &cm_toolbox);
}

/* The store answered when the context was refreshed, so there is nothing left to ask. */
static void health_get(struct cm_exchange *x)
{
	x->res->content_type = "application/json";
	cm_json_put_open(&x->res->body, '{');
	cm_json_put_member(&x->res->body, "status", "ok");
	cm_json_put_close(&x->res->body, '}');
}

/* A page for people who open the server's URL in a browser.  The issuer is a checked URL. */
static void home_get(struct cm_exchange *x)
{
	x->res->content_type = "text/html; charset=utf-8";
	cm_response_header(x->res, "Content-Security-Policy",
	                   "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
	cm_buf_printf(
	    &x->res->body,
	    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>Casement</title>\n"
	    "<style>body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;"
	    "padding:0 1rem}code{background:#eee;color:#111}</style>\n"
	    "<h1>Casement</h1>\n"
	    "<p>This is an MCP server for an application registry. Programs connect to it; "
	    "there is nothing to click here.</p>\n"
	    "<ul>\n<li>MCP endpoint: <code>%s</code></li>\n"
	    "<li>Token endpoint: <code>%s" CM_TOKEN_PATH "</code></li>\n</ul>\n"
	    "<p>Get a token from the token endpoint with the client credentials grant, then "
	    "send it to the MCP endpoint as <code>Authorization: Bearer</code>.</p>\n"
	    "</html>\n",
	    x->ctx->mcp_url, x->ctx->settings.issuer);
}

static const struct cm_route routes[] = {
    {"POST", CM_MCP_PATH, CM_AUTH_REQUIRED, CM_SHAPE_JSONRPC, mcp_post, CM_CORS_ALLOWED},
    {"POST", CM_TOKEN_PATH, CM_AUTH_NONE, CM_SHAPE_OAUTH, cm_oauth_token_post, CM_CORS_ALLOWED},
    {"GET", "/.well-known/oauth-protected-resource", CM_AUTH_NONE, CM_SHAPE_PLAIN,
     cm_oauth_resource_metadata_get, CM_CORS_ANYONE},
    {"GET", "/.well-known/oauth-protected-resource" CM_MCP_PATH, CM_AUTH_NONE, CM_SHAPE_PLAIN,
     cm_oauth_resource_metadata_get, CM_CORS_ANYONE},
    {"GET", "/.well-known/oauth-authorization-server", CM_AUTH_NONE, CM_SHAPE_PLAIN,
     cm_oauth_server_metadata_get, CM_CORS_ANYONE},
    {"GET", CM_JWKS_PATH, CM_AUTH_NONE, CM_SHAPE_PLAIN, cm_oauth_jwks_get, CM_CORS_ANYONE},
    {"GET", "/api/health", CM_AUTH_NONE, CM_SHAPE_PLAIN, health_get, CM_CORS_ALLOWED},
    {"GET", "/", CM_AUTH_NONE, CM_SHAPE_PLAIN, home_get, CM_CORS_ALLOWED},
};

size_t cm_casement_body_limit(struct cm_context *ctx)
{
	enum { UNKNOWN_LIMIT = 1048576 };

	(void)cm_context_refresh(ctx, NULL);
	return ctx->version < 0 ? UNKNOWN_LIMIT : (size_t)ctx->settings.max_body_bytes;
}

void cm_casement_answer(struct cm_context *ctx, const struct cm_request *req,
                        struct cm_response *res)
{
	struct cm_exchange x = {.ctx = ctx, .req = req, .res = res};
	int64_t began_us = cm_clock_monotonic_us();
	struct cm_err err = {0};

	x.rpc_without_id = cm_mcp_errors_without_id(req);
	x.caller.request_id = req->request_id;
	x.caller.address = req->address;
	cm_route_dispatch(routes, sizeof routes / sizeof *routes, &x);
	if (res->failed || res->headers.failed || res->body.failed) {
		cm_response_restart(res);
		cm_err_set(&err, CM_INTERNAL, "the response could not be built");
		cm_exchange_fail(&x, CM_SHAPE_PLAIN, &err);
	}
	res->without_body = strcmp(req->method, "HEAD") == 0;
	cm_response_header(res, "X-Request-Id", req->request_id);
	cm_access_log(&x, cm_clock_monotonic_us() - began_us);
}

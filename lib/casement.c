#include "casement.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/access_log.h"
#include "http/metrics.h"
#include "http/page.h"
#include "http/route.h"
#include "mcp/endpoint.h"
#include "oauth/account.h"
#include "oauth/authorize.h"
#include "oauth/device.h"
#include "oauth/metadata.h"
#include "oauth/registration.h"
#include "oauth/token.h"
#include "oauth/token_state.h"
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

/* A page for people who open the server's URL in a browser. */
static void home_get(struct cm_exchange *x)
{
	cm_page_begin(x, "Application registry", NULL);
	cm_page_html(x,
	             "<p>This is an MCP server for an application registry. Programs connect to it "
	             "at</p>\n<p><code>%</code></p>\n",
	             x->ctx->mcp_url);
	cm_page_html(
	    x,
	    "<p>Give an MCP client this URL and nothing else: it sends you here to sign in "
	    "and to say what it may do. A script gets a token with the client credentials "
	    "grant from <code>%" CM_TOKEN_PATH "</code>.</p>\n",
	    x->ctx->settings.issuer);
	cm_page_html(x,
	             "<p><a href=\"%" CM_ACCOUNT_PATH
	             "\">Your account: what you let in, and how to "
	             "take it back</a></p>\n",
	             x->ctx->prefix);
	cm_page_end(x);
}

static void metrics_get(struct cm_exchange *x);

static const struct cm_route routes[] = {
    {"POST", CM_MCP_PATH, CM_AUTH_REQUIRED, CM_SHAPE_JSONRPC, .handle = mcp_post,
     .company = CM_TOGETHER},
    {"POST", CM_TOKEN_PATH, CM_AUTH_NONE, CM_SHAPE_OAUTH, .handle = cm_oauth_token_post,
     .company = CM_TOGETHER},
    {"GET", "/.well-known/oauth-protected-resource", CM_AUTH_NONE, CM_SHAPE_PLAIN,
     .handle = cm_oauth_resource_metadata_get, .cors = CM_CORS_ANYONE},
    {"GET", "/.well-known/oauth-protected-resource" CM_MCP_PATH, CM_AUTH_NONE, CM_SHAPE_PLAIN,
     .handle = cm_oauth_resource_metadata_get, .cors = CM_CORS_ANYONE},
    {"GET", "/.well-known/oauth-authorization-server", CM_AUTH_NONE, CM_SHAPE_PLAIN,
     .handle = cm_oauth_server_metadata_get, .cors = CM_CORS_ANYONE},
    {"GET", "/.well-known/openid-configuration", CM_AUTH_NONE, CM_SHAPE_PLAIN,
     .handle = cm_oauth_server_metadata_get, .cors = CM_CORS_ANYONE},
    {"GET", CM_AUTHORIZE_PATH, CM_AUTH_NONE, CM_SHAPE_PAGE, .handle = cm_oauth_authorize_get},
    {"POST", CM_AUTHORIZE_PATH, CM_AUTH_NONE, CM_SHAPE_PAGE, .handle = cm_oauth_authorize_post},
    {"POST", CM_INTROSPECT_PATH, CM_AUTH_NONE, CM_SHAPE_OAUTH, .handle = cm_oauth_introspect_post},
    {"POST", CM_REVOKE_PATH, CM_AUTH_NONE, CM_SHAPE_OAUTH, .handle = cm_oauth_revoke_post},
    {"POST", CM_DEVICE_AUTHORIZATION_PATH, CM_AUTH_NONE, CM_SHAPE_OAUTH,
     .handle = cm_oauth_device_authorization_post},
    {"GET", CM_DEVICE_PATH, CM_AUTH_NONE, CM_SHAPE_PAGE, .handle = cm_oauth_device_get},
    {"POST", CM_DEVICE_PATH, CM_AUTH_NONE, CM_SHAPE_PAGE, .handle = cm_oauth_device_post},
    {"GET", CM_ACCOUNT_PATH, CM_AUTH_NONE, CM_SHAPE_PAGE, .handle = cm_oauth_account_get},
    {"POST", CM_ACCOUNT_PATH, CM_AUTH_NONE, CM_SHAPE_PAGE, .handle = cm_oauth_account_post},
    {"POST", CM_REGISTER_PATH, CM_AUTH_NONE, CM_SHAPE_OAUTH, .handle = cm_oauth_register_post},
    {"GET", CM_REGISTER_PATH "/", CM_AUTH_NONE, CM_SHAPE_OAUTH,
     .handle = cm_oauth_registration_get},
    {"PUT", CM_REGISTER_PATH "/", CM_AUTH_NONE, CM_SHAPE_OAUTH,
     .handle = cm_oauth_registration_put},
    {"DELETE", CM_REGISTER_PATH "/", CM_AUTH_NONE, CM_SHAPE_OAUTH,
     .handle = cm_oauth_registration_delete},
    {"GET", CM_USERINFO_PATH, CM_AUTH_REQUIRED, CM_SHAPE_OAUTH, .handle = cm_oauth_userinfo},
    {"POST", CM_USERINFO_PATH, CM_AUTH_REQUIRED, CM_SHAPE_OAUTH, .handle = cm_oauth_userinfo},
    {"GET", CM_STYLE_PATH, CM_AUTH_NONE, CM_SHAPE_PLAIN, .handle = cm_page_style_get},
    {"GET", CM_JWKS_PATH, CM_AUTH_NONE, CM_SHAPE_PLAIN, .handle = cm_oauth_jwks_get,
     .cors = CM_CORS_ANYONE},
    {"GET", "/api/health", CM_AUTH_NONE, CM_SHAPE_PLAIN, .handle = health_get},
    {"GET", CM_METRICS_PATH, CM_AUTH_NONE, CM_SHAPE_PLAIN, .handle = metrics_get},
    {"GET", "/", CM_AUTH_NONE, CM_SHAPE_PLAIN, .handle = home_get},
};

static const char *tool_name(size_t index)
{
	const struct cm_tool *tool = cm_tool_at(&cm_toolbox, index);

	return tool == NULL ? NULL : tool->name;
}

static const struct cm_metrics metrics = {
    .route = routes, .routes = sizeof routes / sizeof *routes, .tool = tool_name};

static void metrics_get(struct cm_exchange *x)
{
	cm_metrics_get(&metrics, x);
}

size_t cm_casement_body_limit(struct cm_context *ctx, long long declared)
{
	enum { UNKNOWN_LIMIT = 1048576 };

	if (ctx->version < 0 || declared < 0 || declared > ctx->settings.max_body_bytes) {
		(void)cm_context_refresh(ctx, NULL);
		cm_context_rest(ctx);
	}
	return ctx->version < 0 ? UNKNOWN_LIMIT : (size_t)ctx->settings.max_body_bytes;
}

bool cm_casement_is_short(const struct cm_request *req)
{
	const struct cm_route *route =
	    cm_route_by_end(routes, sizeof routes / sizeof *routes, req->path);

	return route != NULL && route->company == CM_TOGETHER &&
	       (route->shape != CM_SHAPE_JSONRPC || req->body[strspn(req->body, " \t\r\n")] != '[');
}

void cm_casement_run(struct cm_exchange *x, struct cm_context *ctx, const struct cm_request *req,
                     struct cm_response *res)
{
	struct cm_err err = {0};

	*x = (struct cm_exchange){
	    .ctx = ctx, .req = req, .res = res, .began_us = cm_clock_monotonic_us()};
	x->rpc_without_id = cm_mcp_errors_without_id(req);
	x->caller.request_id = req->request_id;
	cm_route_dispatch(routes, sizeof routes / sizeof *routes, x);
	if (res->failed || res->headers.failed || res->body.failed) {
		cm_response_restart(res);
		cm_err_set(&err, CM_INTERNAL, "the response could not be built");
		cm_exchange_fail(x, CM_SHAPE_PLAIN, &err);
	}
	ctx->outdated = x->outcome == CM_OUTDATED;
}

void cm_casement_end(struct cm_exchange *x)
{
	int64_t took_us = cm_clock_monotonic_us() - x->began_us;

	x->res->without_body = strcmp(x->req->method, "HEAD") == 0;
	cm_response_header(x->res, "X-Request-Id", x->req->request_id);
	cm_access_log(x, took_us);
	if (x->ctx->settings.metrics_addresses[0] != '\0')
		cm_metrics_count(&metrics, x, took_us);
}

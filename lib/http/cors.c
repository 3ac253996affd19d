#include "http/cors.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/url.h"
#include "http/env.h"

#define REQUEST_HEADERS                                                                            \
	"Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name"
#define PARAM_HEADER "Mcp-Param-"

bool cm_cors_allowed(const struct cm_exchange *x)
{
	const char *origin = cm_request_variable(x->req, "HTTP_ORIGIN");
	struct cm_url issuer;

	return origin == NULL ||
	       (cm_url_parse(x->ctx->settings.issuer, &issuer) &&
	        strcmp(origin, issuer.origin) == 0) ||
	       (strchr(origin, ' ') == NULL &&
	        cm_text_has_word(x->ctx->settings.allowed_origins, origin));
}

void cm_cors_put(struct cm_exchange *x, bool anyone)
{
	const char *origin = cm_request_variable(x->req, "HTTP_ORIGIN");

	if (!anyone)
		cm_response_header(x->res, "Vary", "Origin");
	if (anyone)
		origin = "*";
	else if (origin == NULL || !cm_cors_allowed(x))
		return;
	cm_response_header(x->res, "Access-Control-Allow-Origin", origin);
	cm_response_header(x->res, "Access-Control-Expose-Headers",
	                   "WWW-Authenticate, Retry-After, X-Request-Id");
}

/* The headers that MCP has, and of those asked for the ones that repeat tool parameters. */
static void put_headers(const struct cm_exchange *x, struct cm_buf *out)
{
	const char *asked = cm_request_variable(x->req, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");
	const char *word;
	size_t len;

	cm_buf_puts(out, REQUEST_HEADERS);
	while (asked != NULL && (word = cm_text_word(&asked, ", \t" CM_ENV_UNLIKE, &len)) != NULL) {
		if (len > strlen(PARAM_HEADER) && len < 100 &&
		    strncasecmp(word, PARAM_HEADER, strlen(PARAM_HEADER)) == 0) {
			cm_buf_puts(out, ", ");
			cm_buf_add(out, word, len);
		}
	}
}

void cm_cors_preflight(struct cm_exchange *x, const char *methods, bool anyone)
{
	struct cm_buf headers = {0};

	x->res->status = 204;
	cm_cors_put(x, anyone);
	cm_response_header(x->res, "Allow", methods);
	if (anyone || cm_cors_allowed(x)) {
		put_headers(x, &headers);
		cm_response_header(x->res, "Access-Control-Allow-Methods", methods);
		cm_response_header(x->res, "Access-Control-Allow-Headers", cm_buf_str(&headers));
		cm_response_header(x->res, "Access-Control-Max-Age", "600");
	}
	if (headers.failed)
		x->res->failed = true;
	cm_buf_clear(&headers);
}

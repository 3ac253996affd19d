#include "http/exchange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "auth/access_token.h"
#include "base/address.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "http/env.h"
#include "http/page.h"

void cm_exchange_log(const struct cm_exchange *x, const struct cm_err *err)
{
	if (cm_status_info(err->status)->generic != NULL)
		cm_log_error(x->req->request_id, "%s: %s", cm_status_info(err->status)->name,
		             err->text);
}

/* Take the last address off a list; false when there is none. */
static bool take_last(const char *list, size_t *len, char out[64])
{
	size_t end = *len, begin;

	while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == ','))
		end--;
	begin = end;
	while (begin > 0 && list[begin - 1] != ',' && list[begin - 1] != ' ')
		begin--;
	*len = begin;
	if (end == begin || end - begin >= 64)
		return false;
	memcpy(out, list + begin, end - begin);
	out[end - begin] = '\0';
	return true;
}

enum cm_status cm_exchange_set_address(struct cm_exchange *x, struct cm_err *err)
{
	const char *trusted = x->ctx->settings.trusted_proxies;
	const char *list = cm_request_variable(x->req, "HTTP_X_FORWARDED_FOR");
	size_t len = list == NULL ? 0 : strlen(list);
	char one[64];

	x->caller.address = x->req->address;
	if (list != NULL && strstr(list, CM_ENV_UNLIKE) != NULL &&
	    cm_address_in_list(trusted, x->caller.address))
		return cm_err_set(err, CM_REQUEST,
		                  "A header's name differs from X-Forwarded-For in signs alone.");
	while (cm_address_in_list(trusted, x->caller.address) && take_last(list, &len, one) &&
	       cm_address_in_list("::/0", one)) {
		memcpy(x->forwarded, one, sizeof one);
		x->caller.address = x->forwarded;
	}
	return CM_OK;
}

bool cm_exchange_is_private(const struct cm_exchange *x)
{
	const char *scheme = cm_request_variable(x->req, "HTTP_X_FORWARDED_PROTO");

	if (scheme == NULL ||
	    !cm_address_in_list(x->ctx->settings.trusted_proxies, x->req->address))
		return cm_request_is_private(x->req);
	return strcasecmp(scheme, "https") == 0 ||
	       (x->caller.address == x->forwarded && cm_url_address_is_loopback(x->forwarded));
}

void cm_exchange_description(char *out, size_t size, const char *text)
{
	size_t i;

	for (i = 0; i + 1 < size && text[i] != '\0'; i++)
		out[i] = text[i] < 0x20 || text[i] > 0x7e || strchr("\"\\", text[i]) != NULL
		             ? '?'
		             : text[i];
	out[i] = '\0';
}

static void put_oauth_error(struct cm_buf *buf, const char *code, const struct cm_err *err,
                            const char *request_id)
{
	char description[sizeof err->text];

	cm_exchange_description(description, sizeof description, cm_err_public(err));
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "error", code);
	cm_json_put_member(buf, "error_description", description);
	if (cm_status_info(err->status)->generic != NULL)
		cm_json_put_member(buf, "request_id", request_id);
	cm_json_put_close(buf, '}');
}

void cm_exchange_put_rpc_error(struct cm_buf *buf, int code, const struct cm_err *err,
                               const char *data, const char *request_id)
{
	bool internal = cm_status_info(err->status)->generic != NULL;

	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "code");
	cm_json_put_integer(buf, code);
	cm_json_put_member(buf, "message", cm_err_public(err));
	if (data != NULL) {
		cm_json_put_name(buf, "data");
		cm_json_put_raw(buf, data);
	} else if (internal) {
		cm_json_put_name(buf, "data");
		cm_json_put_open(buf, '{');
		cm_json_put_member(buf, "request_id", request_id);
		cm_json_put_close(buf, '}');
	}
	cm_json_put_close(buf, '}');
}

static void put_rpc_response(struct cm_exchange *x, const struct cm_err *err)
{
	struct cm_buf *buf = &x->res->body;

	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "jsonrpc", "2.0");
	if (!x->rpc_without_id)
		cm_json_put_member(buf, "id", NULL);
	cm_json_put_name(buf, "error");
	cm_exchange_put_rpc_error(buf, cm_status_info(err->status)->jsonrpc, err, NULL,
	                          x->req->request_id);
	cm_json_put_close(buf, '}');
}

void cm_exchange_set_status(struct cm_exchange *x, const struct cm_err *err)
{
	int http = cm_status_info(err->status)->http;

	x->outcome = err->status;
	x->res->status = http == 200 ? 400 : http;
	cm_exchange_put_retry_after(x);
}

void cm_exchange_put_retry_after(struct cm_exchange *x)
{
	char seconds[24];

	if (x->res->status != 503 && x->res->status != 429)
		return;
	snprintf(seconds, sizeof seconds, "%lld",
	         x->retry_after_s > 0 ? (long long)x->retry_after_s : 2);
	cm_response_header(x->res, "Retry-After", seconds);
}

void cm_exchange_fail(struct cm_exchange *x, enum cm_shape shape, const struct cm_err *err)
{
	const struct cm_status_info *info = cm_status_info(err->status);
	struct cm_response *res = x->res;
	struct cm_err unauthorized = {CM_UNAUTHORIZED, "Unauthorized"};

	cm_exchange_log(x, err);
	res->content_type = "application/json";
	res->cache = "no-store";
	cm_buf_reset(&res->body);
	cm_exchange_set_status(x, err);
	switch (shape) {
	case CM_SHAPE_OAUTH:
		put_oauth_error(&res->body, info->oauth, err, x->req->request_id);
		break;
	case CM_SHAPE_JSONRPC:
		put_rpc_response(x, err->status == CM_UNAUTHORIZED ? &unauthorized : err);
		break;
	case CM_SHAPE_PAGE:
		cm_page_error_begin(x, err);
		cm_page_end(x);
		break;
	case CM_SHAPE_PLAIN:
	case CM_SHAPE_COUNT:
		put_oauth_error(&res->body, info->name, err, x->req->request_id);
		break;
	}
}

enum cm_status cm_exchange_count(struct cm_exchange *x, enum cm_throttle_kind kind,
                                 struct cm_err *err)
{
	char address[CM_THROTTLE_ADDRESS_TEXT];

	cm_throttle_address(x->caller.address, address);
	return cm_throttle_count(x->ctx->store, kind, address, &x->retry_after_s, err);
}

void cm_exchange_challenge(struct cm_exchange *x, const char *error, const char *description,
                           cm_scope_set scopes)
{
	struct cm_buf value = {0};
	struct cm_url issuer;
	char copy[256];

	cm_buf_puts(&value, "Bearer ");
	if (error != NULL) {
		cm_exchange_description(copy, sizeof copy, description);
		cm_buf_printf(&value, "error=\"%s\", error_description=\"%s\", ", error, copy);
	}
	if (cm_url_parse(x->ctx->settings.issuer, &issuer))
		cm_buf_printf(
		    &value,
		    "resource_metadata=\"%s/.well-known/oauth-protected-resource%s" CM_MCP_PATH
		    "\", ",
		    issuer.origin, x->ctx->prefix);
	cm_buf_puts(&value, "scope=\"");
	cm_scope_put(&value, scopes);
	cm_buf_puts(&value, "\"");
	if (value.failed)
		x->res->failed = true;
	cm_response_header(x->res, "WWW-Authenticate", cm_buf_str(&value));
	cm_buf_clear(&value);
}

/* The token in the Authorization header (borrowed), NULL when it has none. */
static const char *bearer_token(const struct cm_request *req)
{
	const char *header = cm_request_authorization(req), *token;

	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	token = header + 7 + strspn(header + 7, " ");
	return *token == '\0' ? NULL : token;
}

enum cm_status cm_exchange_recheck(struct cm_exchange *x, struct cm_err *err)
{
	const char *token = bearer_token(x->req);

	return token == NULL ? cm_err_set(err, CM_UNAUTHORIZED, "A bearer token is needed.")
	                     : cm_access_token_check(x->ctx, token, &x->caller, err);
}

enum cm_status cm_exchange_authenticate(struct cm_exchange *x, struct cm_err *err)
{
	enum cm_status rc = cm_exchange_recheck(x, err);

	/* Who sent none, or credentials of another scheme, is told of no error (RFC 6750, 3.1). */
	if (rc == CM_UNAUTHORIZED)
		cm_exchange_challenge(x, bearer_token(x->req) == NULL ? NULL : "invalid_token",
		                      err->text, CM_SCOPE_CORE);
	return rc;
}

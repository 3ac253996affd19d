#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

#define UNAVAILABLE "The server can't answer right now. Try again in a few seconds."
#define BROKEN      "Internal error. The server's log has the details under this request id."

static const struct cm_status_info table[] = {
    [CM_OK] = {"ok", 200, 0, "", 0, NULL},
    [CM_INTERNAL] = {"internal", 500, -32603, "server_error", 1, BROKEN},
    [CM_NOMEM] = {"out_of_memory", 500, -32603, "server_error", 1, BROKEN},
    [CM_STORE] = {"store", 503, -32603, "temporarily_unavailable", 7, UNAVAILABLE},
    [CM_BUSY] = {"busy", 503, -32603, "temporarily_unavailable", 7, UNAVAILABLE},
    [CM_OUTDATED] = {"outdated", 503, -32603, "temporarily_unavailable", 7, UNAVAILABLE},
    [CM_PARSE] = {"parse_error", 400, -32700, "invalid_request", 6, NULL},
    [CM_REQUEST] = {"invalid_request", 400, -32600, "invalid_request", 6, NULL},
    [CM_METHOD] = {"method_not_found", 200, -32601, "invalid_request", 6, NULL},
    [CM_PARAMS] = {"invalid_params", 200, -32602, "invalid_request", 6, NULL},
    [CM_INPUT] = {"invalid_input", 400, -32602, "invalid_request", 6, NULL},
    [CM_NOT_FOUND] = {"not_found", 404, -32602, "invalid_request", 3, NULL},
    [CM_CONFLICT] = {"conflict", 409, -32602, "invalid_request", 4, NULL},
    [CM_FORBIDDEN] = {"forbidden", 403, -32001, "access_denied", 5, NULL},
    [CM_UNAUTHORIZED] = {"unauthorized", 401, -32001, "invalid_token", 5, NULL},
    [CM_SCOPE] = {"insufficient_scope", 403, -32001, "insufficient_scope", 5, NULL},
    [CM_TOO_LARGE] = {"too_large", 413, -32600, "invalid_request", 6, NULL},
    [CM_MEDIA_TYPE] = {"media_type", 415, -32600, "invalid_request", 6, NULL},
    [CM_HTTP_METHOD] = {"http_method", 405, -32600, "invalid_request", 6, NULL},
    [CM_INVALID_CLIENT] = {"invalid_client", 401, -32001, "invalid_client", 5, NULL},
    [CM_UNAUTHORIZED_CLIENT] = {"unauthorized_client", 400, -32001, "unauthorized_client", 5, NULL},
    [CM_UNSUPPORTED_GRANT] = {"unsupported_grant_type", 400, -32602, "unsupported_grant_type", 6,
                              NULL},
    [CM_INVALID_SCOPE] = {"invalid_scope", 400, -32602, "invalid_scope", 6, NULL},
    [CM_INVALID_TARGET] = {"invalid_target", 400, -32602, "invalid_target", 6, NULL},
    [CM_META] = {"invalid_meta", 400, -32602, "invalid_request", 6, NULL},
    [CM_HEADER_MISMATCH] = {"header_mismatch", 400, -32020, "invalid_request", 6, NULL},
    [CM_BAD_VERSION] = {"unsupported_version", 400, -32022, "invalid_request", 6, NULL},
    [CM_NO_RESOURCE] = {"no_resource", 200, -32002, "invalid_request", 3, NULL},
    [CM_NOT_ACCEPTABLE] = {"not_acceptable", 406, -32600, "invalid_request", 6, NULL},
    [CM_USAGE] = {"usage", 400, -32602, "invalid_request", 2, NULL},
    [CM_THROTTLED] = {"throttled", 429, -32000, "temporarily_unavailable", 5, NULL},
    [CM_INVALID_GRANT] = {"invalid_grant", 400, -32602, "invalid_grant", 6, NULL},
    [CM_ACCESS_DENIED] = {"access_denied", 400, -32001, "access_denied", 5, NULL},
    [CM_UNSUPPORTED_RESPONSE] = {"unsupported_response_type", 400, -32602,
                                 "unsupported_response_type", 6, NULL},
    [CM_REQUEST_NOT_SUPPORTED] = {"request_not_supported", 400, -32602, "request_not_supported", 6,
                                  NULL},
    [CM_REQUEST_URI_NOT_SUPPORTED] = {"request_uri_not_supported", 400, -32602,
                                      "request_uri_not_supported", 6, NULL},
    [CM_LOGIN_REQUIRED] = {"login_required", 400, -32001, "login_required", 5, NULL},
    [CM_CONSENT_REQUIRED] = {"consent_required", 400, -32001, "consent_required", 5, NULL},
    [CM_AUTHORIZATION_PENDING] = {"authorization_pending", 400, -32001, "authorization_pending", 5,
                                  NULL},
    [CM_SLOW_DOWN] = {"slow_down", 400, -32001, "slow_down", 5, NULL},
    [CM_EXPIRED_TOKEN] = {"expired_token", 400, -32001, "expired_token", 5, NULL},
    [CM_INVALID_REDIRECT_URI] = {"invalid_redirect_uri", 400, -32602, "invalid_redirect_uri", 6,
                                 NULL},
    [CM_UNWELL] = {"unwell", 500, -32603, "server_error", 8, NULL},
    [CM_DRY_RUN] = {"dry_run", 409, -32602, "invalid_request", 6, NULL},
    [CM_INVALID_METADATA] = {"invalid_client_metadata", 400, -32602, "invalid_client_metadata", 6,
                             NULL},
};
_Static_assert(sizeof table / sizeof *table == CM_STATUS_COUNT, "every status has a row");

const struct cm_status_info *cm_status_info(enum cm_status status)
{
	return &table[status < CM_STATUS_COUNT ? status : CM_INTERNAL];
}

enum cm_status cm_err_set(struct cm_err *err, enum cm_status status, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->status != CM_OK)
		return status;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	/* A limit in the format may have cut a character in two. */
	cm_text_repair(err->text);
	return status;
}

void cm_err_clear(struct cm_err *err)
{
	err->status = CM_OK;
	err->text[0] = '\0';
}

const char *cm_err_public(const struct cm_err *err)
{
	const char *generic = cm_status_info(err->status)->generic;

	return generic != NULL ? generic : err->text;
}

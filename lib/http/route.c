#include "http/route.h"

#include <string.h>

#include "base/text.h"
#include "base/url.h"

#define WELL_KNOWN "/.well-known/"

/*
 * The path below the mount point.  A well-known document is asked for at the root of the host, with
 * the mount point behind the document's name (RFC 8414 section 3.1, RFC 9728 section 3.1), or, by
 * clients that append, below the mount point.  NULL when the path is neither.
 */
static const char *local_path(const struct cm_exchange *x, char out[CM_PATH_MAX])
{
	const char *path = x->req->path, *prefix = x->ctx->prefix;
	size_t len = strlen(prefix), name;

	if (strncmp(path, prefix, len) == 0 && path[len] == '/')
		return path + len;
	if (strcmp(path, prefix) == 0)
		return "/";
	if (strncmp(path, WELL_KNOWN, strlen(WELL_KNOWN)) != 0)
		return NULL;
	name = strlen(WELL_KNOWN) + strcspn(path + strlen(WELL_KNOWN), "/");
	if (strncmp(path + name, prefix, len) != 0)
		return NULL;
	memcpy(out, path, name);
	memcpy(out + name, path + name + len, strlen(path + name + len) + 1);
	return out;
}

static bool method_fits(const struct cm_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* A page of another site must not use a person's browser to reach this server. */
static enum cm_status check_origin(const struct cm_exchange *x, struct cm_err *err)
{
	const char *origin = cm_request_variable(x->req, "HTTP_ORIGIN");
	struct cm_url issuer;

	if (origin == NULL ||
	    (cm_url_parse(x->ctx->settings.issuer, &issuer) &&
	     strcmp(origin, issuer.origin) == 0) ||
	    (strchr(origin, ' ') == NULL &&
	     cm_text_has_word(x->ctx->settings.allowed_origins, origin)))
		return CM_OK;
	return cm_err_set(err, CM_FORBIDDEN, "Pages of this origin may not call the server.");
}

/* What must hold before a handler sees the request; an error that is set already stays. */
static enum cm_status check_request(const struct cm_route *route, struct cm_exchange *x,
                                    struct cm_err *err)
{
	enum cm_status rc;

	if (err->status != CM_OK)
		return err->status;
	if (route->auth == CM_AUTH_REQUIRED && ((rc = check_origin(x, err)) != CM_OK ||
	                                        (rc = cm_exchange_authenticate(x, err)) != CM_OK))
		return rc;
	if (x->req->body_state == CM_BODY_TOO_LARGE)
		return cm_err_set(err, CM_TOO_LARGE, "The body is over the limit of %lld bytes.",
		                  (long long)x->ctx->settings.max_body_bytes);
	if (x->req->body_state == CM_BODY_SHORT)
		return cm_err_set(err, CM_REQUEST, "The body ended before its Content-Length.");
	return CM_OK;
}

void cm_route_dispatch(const struct cm_route *table, size_t count, struct cm_exchange *x)
{
	const struct cm_route *same_path = NULL;
	struct cm_buf allow = {0};
	struct cm_err err = {0};
	char buffer[CM_PATH_MAX];
	const char *path;

	/* A store that can't answer is told in the shape of the path, so first find the row. */
	(void)cm_context_refresh(x->ctx, &err);
	path = local_path(x, buffer);
	for (size_t i = 0; i < count && path != NULL; i++) {
		if (strcmp(table[i].path, path) != 0)
			continue;
		if (method_fits(&table[i], x->req->method)) {
			cm_buf_clear(&allow);
			if (check_request(&table[i], x, &err) == CM_OK)
				table[i].handle(x);
			else
				cm_exchange_fail(x, table[i].shape, &err);
			return;
		}
		same_path = &table[i];
		cm_buf_printf(&allow, "%s%s", allow.len == 0 ? "" : ", ", table[i].method);
	}
	cm_err_clear(&err);
	if (same_path == NULL) {
		cm_err_set(&err, CM_NOT_FOUND, "There is nothing at this path.");
		cm_exchange_fail(x, CM_SHAPE_PLAIN, &err);
	} else {
		cm_response_header(x->res, "Allow", cm_buf_str(&allow));
		cm_err_set(&err, CM_HTTP_METHOD, "Use %s here.", cm_buf_str(&allow));
		cm_exchange_fail(x, same_path->shape, &err);
	}
	cm_buf_clear(&allow);
}

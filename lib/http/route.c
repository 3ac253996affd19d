#include "http/route.h"

#include <string.h>

#include "http/cors.h"

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
	if (len > 0 && strcmp(path, prefix) == 0)
		return "/";
	if (strncmp(path, WELL_KNOWN, strlen(WELL_KNOWN)) != 0)
		return NULL;
	name = strlen(WELL_KNOWN) + strcspn(path + strlen(WELL_KNOWN), "/");
	if (strncmp(path + name, prefix, len) != 0 ||
	    (path[name + len] != '/' && path[name + len] != '\0'))
		return NULL;
	memcpy(out, path, name);
	memcpy(out + name, path + name + len, strlen(path + name + len) + 1);
	return out;
}

/* Whether a path is a row's; *rest gets its last segment where the row leaves that open. */
static bool path_fits(const struct cm_route *route, const char *path, const char **rest)
{
	size_t len = strlen(route->path);

	*rest = NULL;
	if (len < 2 || route->path[len - 1] != '/')
		return strcmp(route->path, path) == 0;
	*rest = path + len;
	return strncmp(route->path, path, len) == 0 && path[len] != '\0' &&
	       strchr(path + len, '/') == NULL;
}

static bool method_fits(const struct cm_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* A page of another site must not use a person's browser to reach this server. */
static enum cm_status check_origin(const struct cm_route *route, const struct cm_exchange *x,
                                   struct cm_err *err)
{
	if (route->auth == CM_AUTH_NONE || cm_cors_allowed(x))
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
	if ((rc = check_origin(route, x, err)) != CM_OK)
		return rc;
	if (route->auth == CM_AUTH_REQUIRED && (rc = cm_exchange_authenticate(x, err)) != CM_OK)
		return rc;
	if (x->req->body_state == CM_BODY_TOO_LARGE ||
	    x->req->body_len > (size_t)x->ctx->settings.max_body_bytes)
		return cm_err_set(err, CM_TOO_LARGE, "The body is over the limit of %lld bytes.",
		                  (long long)x->ctx->settings.max_body_bytes);
	if (x->req->body_state == CM_BODY_SHORT)
		return cm_err_set(err, CM_REQUEST, "The body does not match its Content-Length.");
	return CM_OK;
}

/* All methods that a path has, for Allow. */
static void put_methods(const struct cm_route *table, size_t count, const char *path,
                        struct cm_buf *out)
{
	const char *rest;

	for (size_t i = 0; i < count; i++) {
		if (path_fits(&table[i], path, &rest))
			cm_buf_printf(out, "%s%s", out->len == 0 ? "" : ", ", table[i].method);
	}
}

static void answer(const struct cm_route *route, struct cm_exchange *x, struct cm_err *err)
{
	cm_cors_put(x, route->cors == CM_CORS_ANYONE);
	if (check_request(route, x, err) == CM_OK)
		route->handle(x);
	else
		cm_exchange_fail(x, route->shape, err);
}

/* The path is there, the method is not: a preflight, or a mistake. */
static void answer_other(const struct cm_route *route, const char *methods, struct cm_exchange *x)
{
	bool anyone = route->cors == CM_CORS_ANYONE;
	struct cm_err err = {0};

	if (check_origin(route, x, &err) == CM_OK && strcmp(x->req->method, "OPTIONS") == 0) {
		cm_cors_preflight(x, methods, anyone);
		return;
	}
	cm_cors_put(x, anyone);
	if (err.status == CM_OK) {
		cm_response_header(x->res, "Allow", methods);
		cm_err_set(&err, CM_HTTP_METHOD, "Use %s here.", methods);
	}
	cm_exchange_fail(x, route->shape, &err);
}

const struct cm_route *cm_route_by_end(const struct cm_route *table, size_t count, const char *path)
{
	const struct cm_route *found = NULL;
	size_t path_len = strlen(path), longest = 0;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(table[i].path);

		if (len > longest && len <= path_len &&
		    strcmp(path + path_len - len, table[i].path) == 0) {
			longest = len;
			found = &table[i];
		}
	}
	return found;
}

/*
 * No row has the path.  But while the settings could not be read, nobody knows where paths begin:
 * then the error is the store's, and only the end of the path tells its shape.
 */
static void answer_nowhere(const struct cm_route *table, size_t count, struct cm_exchange *x,
                           struct cm_err *err)
{
	const struct cm_route *likely;

	if (err->status != CM_OK && x->ctx->version < 0) {
		likely = cm_route_by_end(table, count, x->req->path);
		cm_exchange_fail(x, likely == NULL ? CM_SHAPE_PLAIN : likely->shape, err);
		return;
	}
	cm_err_clear(err);
	cm_err_set(err, CM_NOT_FOUND, "There is nothing at this path.");
	cm_exchange_fail(x, CM_SHAPE_PLAIN, err);
}

void cm_route_dispatch(const struct cm_route *table, size_t count, struct cm_exchange *x)
{
	const struct cm_route *same_path = NULL;
	struct cm_buf methods = {0};
	struct cm_err err = {0};
	char buffer[CM_PATH_MAX];
	const char *path;

	/* A store that can't answer is told in the shape of the path, so first find the row. */
	(void)cm_context_refresh(x->ctx, &err);
	(void)cm_exchange_set_address(x, &err);
	path = local_path(x, buffer);
	for (size_t i = 0; i < count && path != NULL; i++) {
		if (!path_fits(&table[i], path, &x->path_rest))
			continue;
		if (method_fits(&table[i], x->req->method)) {
			x->route = &table[i];
			answer(&table[i], x, &err);
			return;
		}
		same_path = &table[i];
	}
	if (same_path == NULL) {
		answer_nowhere(table, count, x, &err);
		return;
	}
	put_methods(table, count, path, &methods);
	answer_other(same_path, cm_buf_str(&methods), x);
	cm_buf_clear(&methods);
}

#include "http/request.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/url.h"

const char *cm_request_variable(const struct cm_request *req, const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; i < req->measured; i++) {
		const char *entry = req->env[i];

		if (req->name_length[i] == len && memcmp(entry, name, len) == 0 &&
		    entry[len] == '=')
			return entry + len + 1;
	}
	for (; req->env[i] != NULL; i++) {
		const char *entry = req->env[i];

		if (strncmp(entry, name, len) == 0 && entry[len] == '=')
			return entry + len + 1;
	}
	return NULL;
}

static const char *variable_or_empty(const struct cm_request *req, const char *name)
{
	const char *value = cm_request_variable(req, name);

	return value == NULL ? "" : value;
}

static void measure(struct cm_request *req)
{
	size_t i;

	for (i = 0; i < CM_VARIABLES_MEASURED && req->env[i] != NULL; i++) {
		size_t len = (size_t)(strchrnul(req->env[i], '=') - req->env[i]);

		/* Nobody asks for a name that long. */
		req->name_length[i] = len < UCHAR_MAX ? (unsigned char)len : UCHAR_MAX;
	}
	req->measured = i;
}

/* Apache passes the absolute form on, lighttpd and nginx a fragment (RFC 9112 section 3.2). */
static void set_path(struct cm_request *req, const char *uri)
{
	size_t len;

	if (strncasecmp(uri, "http://", 7) == 0 || strncasecmp(uri, "https://", 8) == 0) {
		uri = strstr(uri, "//") + 2;
		uri += strcspn(uri, "/?#");
	}
	len = strcspn(uri, "?#");
	if (len >= sizeof req->path)
		len = 0;
	memcpy(req->path, uri, len);
	req->path[len] = '\0';
}

enum cm_status cm_request_init(struct cm_request *req, const char *const *env, const char *body,
                               size_t body_len, enum cm_body body_state, struct cm_err *err)
{
	*req = (struct cm_request){
	    .env = env, .body = body, .body_len = body_len, .body_state = body_state};
	measure(req);
	req->method = variable_or_empty(req, "REQUEST_METHOD");
	req->query = variable_or_empty(req, "QUERY_STRING");
	req->address = variable_or_empty(req, "REMOTE_ADDR");
	set_path(req, variable_or_empty(req, "REQUEST_URI"));
	return cm_crypto_id(req->request_id, err);
}

const char *cm_request_authorization(const struct cm_request *req)
{
	const char *value = cm_request_variable(req, "HTTP_AUTHORIZATION");

	if (value == NULL || *value == '\0')
		value = cm_request_variable(req, "REDIRECT_HTTP_AUTHORIZATION");
	return value == NULL || *value == '\0' ? NULL : value;
}

bool cm_request_has_type(const struct cm_request *req, const char *type)
{
	const char *value = variable_or_empty(req, "CONTENT_TYPE");
	size_t len = strcspn(value, "; \t");

	return len == strlen(type) && strncasecmp(value, type, len) == 0;
}

bool cm_request_is_private(const struct cm_request *req)
{
	const char *https = variable_or_empty(req, "HTTPS");

	return strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
	       strcasecmp(variable_or_empty(req, "REQUEST_SCHEME"), "https") == 0 ||
	       cm_url_address_is_loopback(req->address);
}

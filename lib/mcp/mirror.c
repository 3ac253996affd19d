#include "mcp/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"

#define META         "io.modelcontextprotocol/"
#define BASE64_BEGIN "=?base64?"
#define BASE64_END   "?="

/* Mcp-Name, where it is not plain ASCII, comes as =?base64?...?=.  Owned by the caller, or NULL. */
static char *decode_name(const char *value)
{
	size_t len = strlen(value), begin = strlen(BASE64_BEGIN), end = strlen(BASE64_END);
	unsigned char *out;
	size_t out_len = 0;

	if (len < begin + end || strncmp(value, BASE64_BEGIN, begin) != 0 ||
	    strcmp(value + len - end, BASE64_END) != 0)
		return cm_text_is_visible(value) ? strdup(value) : NULL;
	out = malloc(len + 1);
	if (out == NULL)
		return NULL;
	if (!cm_decode_base64(value + begin, len - begin - end, out, &out_len) ||
	    memchr(out, 0, out_len) != NULL) {
		free(out);
		return NULL;
	}
	out[out_len] = '\0';
	return (char *)out;
}

/* What is wrong with a header; what: its name as messages call it, value: NULL for none. */
static enum cm_status mismatch(const char *what, const char *value, struct cm_err *err)
{
	if (value == NULL)
		return cm_err_set(err, CM_HEADER_MISMATCH, "Header mismatch: %s is missing", what);
	return cm_err_set(err, CM_HEADER_MISMATCH,
	                  "Header mismatch: %s '%.60s' does not match the body", what, value);
}

/* Whether a header is, as it stands, a value of the body. */
static enum cm_status check_header(const struct cm_message *m, const char *variable,
                                   const char *what, const char *body, struct cm_err *err)
{
	const char *value = cm_request_variable(m->x->req, variable);

	if (value != NULL && cm_text_is_visible(value) && strcmp(value, body) == 0)
		return CM_OK;
	return mismatch(what, value, err);
}

/* Mcp-Name is the one header here that may be in base64. */
static enum cm_status check_name(const struct cm_message *m, const char *body, struct cm_err *err)
{
	const char *value = cm_request_variable(m->x->req, "HTTP_MCP_NAME");
	char *decoded = value == NULL ? NULL : decode_name(value);
	bool same = decoded != NULL && strcmp(decoded, body) == 0;

	free(decoded);
	return same ? CM_OK : mismatch("Mcp-Name", value, err);
}

static enum cm_status check_meta(const struct cm_message *m, struct cm_err *err)
{
	const cm_json *meta = cm_json_get(m->params, "_meta");
	const char *version = cm_json_string(cm_json_get(meta, META "protocolVersion"));
	enum cm_status rc;

	if (version == NULL)
		return cm_err_set(err, CM_META, "params._meta must have " META "protocolVersion.");
	rc = check_header(m, "HTTP_MCP_PROTOCOL_VERSION", "MCP-Protocol-Version", version, err);
	if (rc == CM_OK &&
	    cm_json_type(cm_json_get(meta, META "clientCapabilities")) != CM_JSON_OBJECT)
		rc = cm_err_set(err, CM_META,
		                "params._meta must have " META "clientCapabilities, an object.");
	return rc;
}

enum cm_status cm_mirror_check(const struct cm_message *m, const char *method, const char *mirrored,
                               struct cm_err *err)
{
	const char *name = cm_json_string(cm_json_get(m->params, mirrored == NULL ? "" : mirrored));
	enum cm_status rc;

	if ((rc = check_meta(m, err)) != CM_OK ||
	    (rc = check_header(m, "HTTP_MCP_METHOD", "Mcp-Method", method, err)) != CM_OK)
		return rc;
	/* A parameter that is missing or no string is the method's own to refuse. */
	if (mirrored == NULL || name == NULL)
		return CM_OK;
	return check_name(m, name, err);
}

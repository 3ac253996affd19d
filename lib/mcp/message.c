#include "mcp/message.h"

#include <string.h>

static void put_head(struct cm_buf *out, const cm_json *id)
{
	cm_json_put_open(out, '{');
	cm_json_put_member(out, "jsonrpc", "2.0");
	cm_json_put_name(out, "id");
	cm_json_put_value(out, id);
}

static void put_error(const struct cm_message *m, const struct cm_err *err, struct cm_buf *out)
{
	const char *data = m->data.len > 0 ? cm_buf_str(&m->data) : NULL;

	put_head(out, m->id);
	cm_json_put_name(out, "error");
	cm_exchange_put_rpc_error(out, err, data, m->x->req->request_id);
	cm_json_put_close(out, '}');
}

/* JSON-RPC 2.0 section 4; MCP wants ids to be strings or integers, and params to be an object. */
static enum cm_status check_envelope(struct cm_message *m, const cm_json *message,
                                     const char **method, bool *notification, struct cm_err *err)
{
	const char *version = cm_json_string(cm_json_get(message, "jsonrpc"));
	const cm_json *id = NULL, *params = NULL;
	enum cm_json_type type;

	if (cm_json_type(message) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_REQUEST, "The message must be a JSON object.");
	*notification = !cm_json_find(message, "id", &id);
	type = cm_json_type(id);
	if (!*notification && type != CM_JSON_STRING && type != CM_JSON_INTEGER)
		return cm_err_set(err, CM_REQUEST, "id must be a string or an integer.");
	m->id = id;
	if (version == NULL || strcmp(version, "2.0") != 0)
		return cm_err_set(err, CM_REQUEST, "jsonrpc must be \"2.0\".");
	*method = cm_json_string(cm_json_get(message, "method"));
	if (*method == NULL)
		return cm_err_set(err, CM_REQUEST, "method must be a string.");
	if (cm_json_find(message, "params", &params)) {
		type = cm_json_type(params);
		if (type != CM_JSON_OBJECT && type != CM_JSON_ARRAY)
			return cm_err_set(err, CM_REQUEST, "params must be an object.");
	}
	m->params = params;
	return CM_OK;
}

/* A client's answer to a request; this server asks nothing, so there is nothing to do. */
static bool is_response(const cm_json *message)
{
	const cm_json *value;

	return cm_json_type(message) == CM_JSON_OBJECT &&
	       !cm_json_find(message, "method", &value) &&
	       (cm_json_find(message, "result", &value) || cm_json_find(message, "error", &value));
}

static enum cm_status run_method(struct cm_message *m, const char *method, struct cm_buf *out,
                                 struct cm_err *err)
{
	cm_method_run *run = cm_method_find(method);
	size_t start = out->len;
	enum cm_status rc;

	if (run == NULL)
		return cm_err_set(err, CM_METHOD, "Method not found: %.100s", method);
	if (m->params != NULL && cm_json_type(m->params) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_PARAMS, "params must be an object.");
	put_head(out, m->id);
	cm_json_put_name(out, "result");
	rc = run(m, out, err);
	cm_json_put_close(out, '}');
	if (rc == CM_OK)
		rc = cm_buf_status(out, err);
	/* Take back what was written: the answer is a result or an error, never some of each. */
	if (rc != CM_OK && !out->failed) {
		out->len = start;
		out->data[start] = '\0';
	}
	return rc;
}

enum cm_status cm_message_answer(struct cm_message *m, const cm_json *message, struct cm_buf *out)
{
	bool notification = false;
	const char *method = NULL;
	struct cm_err err = {0};
	enum cm_status rc;

	m->id = NULL;
	m->params = NULL;
	cm_buf_reset(&m->data);
	if (is_response(message))
		return CM_OK;
	rc = check_envelope(m, message, &method, &notification, &err);
	/* A notification is never answered, and a request without id is not run unanswered. */
	if (rc == CM_OK && notification)
		return CM_OK;
	if (rc == CM_OK)
		rc = run_method(m, method, out, &err);
	if (rc != CM_OK) {
		cm_exchange_log(m->x, &err);
		put_error(m, &err, out);
	}
	return rc;
}

#include "mcp/message.h"

#include <stdio.h>
#include <string.h>

#include "auth/throttle.h"
#include "base/text.h"
#include "mcp/mirror.h"

/* How long clients may keep what seldom changes, in milliseconds. */
#define KEEP_MS 300000

/* Bytes of answers after which the rest of a batch is refused. */
#define BATCH_BYTES 8388608

static void put_head(const struct cm_message *m, struct cm_buf *out)
{
	cm_json_put_open(out, '{');
	cm_json_put_member(out, "jsonrpc", "2.0");
	if (m->id == NULL && m->revision->errors_without_id)
		return;
	cm_json_put_name(out, "id");
	cm_json_put_value(out, m->id);
}

static void put_error(const struct cm_message *m, const struct cm_err *err, struct cm_buf *out)
{
	const char *data = m->data.len > 0 ? cm_buf_str(&m->data) : NULL;
	int code = err->status == CM_NO_RESOURCE ? m->revision->no_resource_code
	                                         : cm_status_info(err->status)->jsonrpc;

	put_head(m, out);
	cm_json_put_name(out, "error");
	cm_exchange_put_rpc_error(out, code, err, data, m->x->req->request_id);
	cm_json_put_close(out, '}');
	/* What a client reads there must not be missing. */
	if (m->data.failed)
		out->failed = true;
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

/* MCP 2026-07-28: every result tells its type and its server, lists also how long they keep. */
static void put_result_tail(const struct cm_message *m, const struct cm_method *method,
                            struct cm_buf *out)
{
	if (!m->revision->per_request)
		return;
	cm_json_put_member(out, "resultType", "complete");
	if (method->cache != CM_CACHE_NONE) {
		cm_json_put_name(out, "ttlMs");
		cm_json_put_integer(out, method->cache == CM_CACHE_STALE ? 0 : KEEP_MS);
		cm_json_put_member(out, "cacheScope",
		                   method->cache == CM_CACHE_PUBLIC ? "public" : "private");
	}
	cm_json_put_name(out, "_meta");
	cm_json_put_open(out, '{');
	cm_json_put_name(out, "io.modelcontextprotocol/serverInfo");
	cm_method_put_server(out, m->revision);
	cm_json_put_close(out, '}');
}

/* Version 00 of traceparent (W3C Trace Context section 3.2): lower-case hexadecimal and dashes. */
static bool is_traceparent(const char *text)
{
	if (strlen(text) != CM_TRACEPARENT - 1 || strncmp(text, "00-", 3) != 0)
		return false;
	for (size_t i = 3; i < CM_TRACEPARENT - 1; i++) {
		bool dash = i == 35 || i == 52;

		if (dash ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	}
	return true;
}

/* What the log and the audit trail tell of a message: its method, what it names, its trace. */
static void note(struct cm_message *m, const char *method)
{
	const char *trace =
	    cm_json_string(cm_json_get(cm_json_get(m->params, "_meta"), "traceparent"));
	const char *name = cm_json_string(cm_json_get(m->params, "name"));
	struct cm_exchange *x = m->x;

	x->caller.traceparent[0] = '\0';
	if (trace != NULL && is_traceparent(trace))
		memcpy(x->caller.traceparent, trace, CM_TRACEPARENT);
	if (m->in_batch)
		return;
	snprintf(x->rpc_method, sizeof x->rpc_method, "%s", method);
	if (name == NULL)
		name = cm_json_string(cm_json_get(m->params, "uri"));
	snprintf(x->rpc_tool, sizeof x->rpc_tool, "%s", name == NULL ? "" : name);
	cm_text_repair(x->rpc_method);
	cm_text_repair(x->rpc_tool);
}

/*
 * People who use one client have as many calls each.  In a group this may begin the transaction,
 * and wait for its lock: who was let in before that may not be let in any more.
 */
static enum cm_status count_call(struct cm_message *m, const struct cm_method *method,
                                 struct cm_err *err)
{
	struct cm_exchange *x = m->x;
	char subject[CM_CLIENT_ID_MAX + 24];
	bool within = cm_store_is_writing(x->ctx->store);
	enum cm_status rc;

	if (!method->counted || x->ctx->settings.tool_calls_per_minute == 0)
		return CM_OK;
	snprintf(subject, sizeof subject, "%s %lld", x->caller.client_id,
	         (long long)x->caller.user_id);
	rc = cm_throttle_rate(x->ctx->store, "call", subject,
	                      x->ctx->settings.tool_calls_per_minute, &x->retry_after_s, err);
	return rc == CM_OK && !within && cm_store_is_writing(x->ctx->store)
	           ? cm_exchange_recheck(x, err)
	           : rc;
}

static enum cm_status run_method(struct cm_message *m, const char *name, struct cm_buf *out,
                                 struct cm_err *err)
{
	const struct cm_method *method = cm_method_find(name, m->revision);
	size_t start = out->len;
	enum cm_status rc;

	if (m->revision->per_request &&
	    (rc = cm_mirror_check(m, name, method == NULL ? NULL : method->mirrored, err)) != CM_OK)
		return rc;
	if (method == NULL)
		return cm_err_set(err, CM_METHOD, "Method not found: %.100s", name);
	if (m->params != NULL && cm_json_type(m->params) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_PARAMS, "params must be an object.");
	if ((rc = count_call(m, method, err)) != CM_OK)
		return rc;
	put_head(m, out);
	cm_json_put_name(out, "result");
	cm_json_put_open(out, '{');
	rc = method->run(m, out, err);
	put_result_tail(m, method, out);
	cm_json_put_close(out, '}');
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

/* An earlier message of the batch may have ended the token; and what is answered has a limit. */
static enum cm_status check_in_batch(struct cm_message *m, const struct cm_buf *out,
                                     struct cm_err *err)
{
	if (out->len > BATCH_BYTES)
		return cm_err_set(err, CM_REQUEST,
		                  "The answers to this batch are too long; send fewer messages.");
	return cm_exchange_recheck(m->x, err);
}

enum cm_status cm_message_answer(struct cm_message *m, const cm_json *message, struct cm_buf *out,
                                 int *http)
{
	bool notification = false;
	const char *method = NULL;
	struct cm_err err = {0};
	enum cm_status rc;

	m->id = NULL;
	m->params = NULL;
	cm_buf_reset(&m->data);
	*http = 200;
	if (m->revision->handshake && is_response(message))
		return CM_OK;
	rc = check_envelope(m, message, &method, &notification, &err);
	if (rc == CM_OK)
		note(m, method);
	if (rc == CM_OK && m->in_batch && !notification)
		rc = check_in_batch(m, out, &err);
	/* A notification is never answered, and a request without id is not run unanswered. */
	if (rc == CM_OK && notification)
		return CM_OK;
	if (rc == CM_OK)
		rc = run_method(m, method, out, &err);
	if (rc != CM_OK) {
		cm_exchange_log(m->x, &err);
		m->x->outcome = rc;
		put_error(m, &err, out);
		*http =
		    rc == CM_METHOD ? m->revision->unknown_method_http : cm_status_info(rc)->http;
	}
	return rc;
}

enum cm_status cm_message_lack_scope(struct cm_message *m, enum cm_scope scope, const char *kind,
                                     const char *name, struct cm_err *err)
{
	m->wanted = CM_SCOPE_BIT(scope);
	cm_json_put_open(&m->data, '{');
	cm_json_put_member(&m->data, kind, name);
	cm_json_put_name(&m->data, "granted_scopes");
	cm_scope_put_json(&m->data, m->x->caller.scopes);
	cm_json_put_member(&m->data, "required_scope", cm_scope_name(scope));
	cm_json_put_close(&m->data, '}');
	return cm_err_set(err, CM_SCOPE, "insufficient_scope");
}

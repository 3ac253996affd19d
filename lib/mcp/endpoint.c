#include "mcp/endpoint.h"

#include "mcp/message.h"

enum { BATCH_MAX = 100 };

/* The revision that the request is written in (MCP 2025-11-25, basic/transports). */
static enum cm_status read_revision(const struct cm_exchange *x, const struct cm_revision **out,
                                    struct cm_err *err)
{
	const char *name = cm_request_variable(x->req, "HTTP_MCP_PROTOCOL_VERSION");
	struct cm_buf known = {0};

	*out = name == NULL ? cm_revision_unnamed() : cm_revision_find(name);
	if (*out != NULL)
		return CM_OK;
	cm_revision_put_all(&known);
	cm_err_set(err, CM_REQUEST, "Unsupported MCP-Protocol-Version; supported: %s.",
	           cm_buf_str(&known));
	cm_buf_clear(&known);
	return CM_REQUEST;
}

static enum cm_status answer_batch(struct cm_message *m, const cm_json *batch, struct cm_buf *out,
                                   struct cm_err *err)
{
	if (!m->revision->batches)
		return cm_err_set(err, CM_REQUEST, "This revision of the protocol has no batches.");
	if (cm_json_length(batch) == 0)
		return cm_err_set(err, CM_REQUEST, "The batch is empty.");
	if (cm_json_length(batch) > BATCH_MAX)
		return cm_err_set(err, CM_REQUEST, "A batch holds at most %d messages.", BATCH_MAX);
	m->in_batch = true;
	cm_json_put_open(out, '[');
	for (size_t i = 0; i < cm_json_length(batch); i++)
		(void)cm_message_answer(m, cm_json_at(batch, i), out);
	if (out->len == 1)
		cm_buf_reset(out);
	else
		cm_json_put_close(out, ']');
	return CM_OK;
}

/* A single message decides the HTTP status; the messages of a batch can't. */
static void answer_single(struct cm_message *m, const cm_json *message, struct cm_buf *out)
{
	struct cm_exchange *x = m->x;
	enum cm_status rc = cm_message_answer(m, message, out);

	x->res->status = cm_status_info(rc)->http;
	if (rc == CM_SCOPE)
		cm_exchange_challenge(x, "insufficient_scope", "The token lacks a scope.",
		                      x->caller.scopes | m->wanted);
	if (x->res->status == 503)
		cm_response_header(x->res, "Retry-After", "2");
}

void cm_mcp_post(struct cm_exchange *x, const struct cm_toolbox *box)
{
	struct cm_message m = {.x = x, .box = box};
	cm_json *body = NULL;
	struct cm_err err = {0};
	enum cm_status rc;

	if ((rc = read_revision(x, &m.revision, &err)) != CM_OK)
		goto out;
	if (!cm_request_has_type(x->req, "application/json")) {
		rc = cm_err_set(&err, CM_MEDIA_TYPE, "Content-Type must be application/json.");
		goto out;
	}
	if ((rc = cm_json_parse(x->req->body, x->req->body_len, &body, &err)) != CM_OK)
		goto out;
	if (cm_json_type(body) == CM_JSON_ARRAY)
		rc = answer_batch(&m, body, &x->res->body, &err);
	else
		answer_single(&m, body, &x->res->body);
	if (rc == CM_OK)
		rc = cm_buf_status(&x->res->body, &err);
out:
	if (rc != CM_OK)
		cm_exchange_fail(x, CM_SHAPE_JSONRPC, &err);
	else if (x->res->body.len == 0)
		x->res->status = 202;
	else
		x->res->content_type = "application/json";
	cm_buf_clear(&m.data);
	cm_json_free(body);
}

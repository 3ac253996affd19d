#include "mcp/endpoint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "mcp/message.h"

enum { BATCH_MAX = 100, REQUESTED_MAX = 200 };

#define VERSION_META "io.modelcontextprotocol/protocolVersion"

static const char *named_version(const struct cm_request *req)
{
	return cm_request_variable(req, "HTTP_MCP_PROTOCOL_VERSION");
}

bool cm_mcp_errors_without_id(const struct cm_request *req)
{
	const char *name = named_version(req);
	const struct cm_revision *revision =
	    name == NULL ? cm_revision_unnamed() : cm_revision_find(name);

	return revision != NULL && revision->errors_without_id;
}

/* The revision that a message says it is of, NULL when it says none. */
static const char *version_in(const cm_json *message)
{
	const cm_json *meta = cm_json_get(cm_json_get(message, "params"), "_meta");

	return cm_json_string(cm_json_get(meta, VERSION_META));
}

/* Whether a message is of a revision whose requests stand alone: that one, else NULL. */
static const struct cm_revision *stands_alone(const cm_json *message)
{
	const char *version = version_in(message);
	const struct cm_revision *own = version == NULL ? NULL : cm_revision_find(version);

	return own != NULL && own->per_request ? own : NULL;
}

/*
 * The revision of a body: what the header says; without one, what the body says of itself.  A
 * body of a revision whose requests stand alone, in a batch or not, is served by that one or not
 * at all, so that neither a header nor a bracket can turn off what it is checked against (MCP
 * 2026-07-28, basic/versioning).
 */
static const struct cm_revision *find_revision(const struct cm_message *m, const cm_json *body,
                                               const char **wanted)
{
	const char *in_body = version_in(body);
	const struct cm_revision *named, *own = stands_alone(body);

	for (size_t i = 0; own == NULL && i < cm_json_length(body); i++)
		own = stands_alone(cm_json_at(body, i));
	*wanted = named_version(m->x->req);
	if (*wanted == NULL)
		*wanted = in_body;
	named = *wanted == NULL ? cm_revision_unnamed() : cm_revision_find(*wanted);
	return named != NULL && own != NULL ? own : named;
}

/* An error that names what is spoken here, so that a client can choose (MCP basic/versioning). */
static void refuse_version(struct cm_message *m, const cm_json *message, const char *wanted)
{
	struct cm_err err = {CM_BAD_VERSION, "Unsupported protocol version"};
	struct cm_buf *out = &m->x->res->body;
	const cm_json *id = cm_json_get(message, "id");
	struct cm_buf data = {0};
	char requested[REQUESTED_MAX];

	/* A header may hold any bytes, JSON none but UTF-8. */
	snprintf(requested, sizeof requested, "%s", wanted);
	cm_text_repair(requested);
	cm_json_put_open(&data, '{');
	cm_json_put_name(&data, "supported");
	cm_revision_put_names(&data);
	cm_json_put_member(&data, "requested", requested);
	cm_json_put_close(&data, '}');
	cm_json_put_open(out, '{');
	cm_json_put_member(out, "jsonrpc", "2.0");
	if (cm_json_type(id) == CM_JSON_STRING || cm_json_type(id) == CM_JSON_INTEGER) {
		cm_json_put_name(out, "id");
		cm_json_put_value(out, id);
	}
	cm_json_put_name(out, "error");
	cm_exchange_put_rpc_error(out, cm_status_info(CM_BAD_VERSION)->jsonrpc, &err,
	                          cm_buf_str(&data), m->x->req->request_id);
	cm_json_put_close(out, '}');
	if (data.failed)
		out->failed = true;
	cm_buf_clear(&data);
	m->x->res->status = cm_status_info(CM_BAD_VERSION)->http;
	m->x->outcome = CM_BAD_VERSION;
}

static enum cm_status answer_batch(struct cm_message *m, const cm_json *batch, struct cm_buf *out,
                                   struct cm_err *err)
{
	int http;

	if (!m->revision->batches)
		return cm_err_set(err, CM_REQUEST, "This revision of the protocol has no batches.");
	if (cm_json_length(batch) == 0)
		return cm_err_set(err, CM_REQUEST, "The batch is empty.");
	if (cm_json_length(batch) > BATCH_MAX)
		return cm_err_set(err, CM_REQUEST, "A batch holds at most %d messages.", BATCH_MAX);
	m->in_batch = true;
	snprintf(m->x->rpc_method, sizeof m->x->rpc_method, "batch of %zu", cm_json_length(batch));
	cm_json_put_open(out, '[');
	for (size_t i = 0; i < cm_json_length(batch); i++)
		(void)cm_message_answer(m, cm_json_at(batch, i), out, &http);
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
	enum cm_status rc = cm_message_answer(m, message, out, &x->res->status);

	if (rc == CM_SCOPE)
		cm_exchange_challenge(x, "insufficient_scope", "The token lacks a scope.",
		                      x->caller.scopes | m->wanted);
	else if (rc == CM_UNAUTHORIZED)
		cm_exchange_challenge(x, "invalid_token", "The token is not good any more.",
		                      CM_SCOPE_CORE);
	cm_exchange_put_retry_after(x);
}

/* Whether a media range of an Accept header covers JSON (RFC 9110 section 12.5.1). */
static bool covers_json(const char *range, size_t len)
{
	static const char *const ranges[] = {"application/json", "application/*", "*/*"};
	size_t type = strcspn(range, ";, \t");

	if (type > len)
		type = len;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (strlen(ranges[i]) == type && strncasecmp(range, ranges[i], type) == 0)
			return true;
	}
	return false;
}

static bool takes_json(const struct cm_request *req)
{
	const char *accept = cm_request_variable(req, "HTTP_ACCEPT");
	const char *range;
	size_t len;

	if (accept == NULL || *accept == '\0')
		return true;
	while ((range = cm_text_word(&accept, ",", &len)) != NULL) {
		size_t blank = strspn(range, " \t");

		if (blank < len && covers_json(range + blank, len - blank))
			return true;
	}
	return false;
}

static enum cm_status read_body(const struct cm_exchange *x, cm_json **body, struct cm_err *err)
{
	if (!takes_json(x->req))
		return cm_err_set(err, CM_NOT_ACCEPTABLE, "Accept must allow application/json.");
	if (!cm_request_has_type(x->req, "application/json"))
		return cm_err_set(err, CM_MEDIA_TYPE, "Content-Type must be application/json.");
	return cm_json_parse_request(x->req->body, x->req->body_len, body, err);
}

void cm_mcp_post(struct cm_exchange *x, const struct cm_toolbox *box)
{
	struct cm_message m = {.x = x, .box = box};
	const char *wanted = NULL;
	cm_json *body = NULL;
	struct cm_err err = {0};
	enum cm_status rc;

	if ((rc = read_body(x, &body, &err)) != CM_OK)
		goto out;
	m.revision = find_revision(&m, body, &wanted);
	if (m.revision == NULL)
		refuse_version(&m, body, wanted);
	else if (cm_json_type(body) == CM_JSON_ARRAY)
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

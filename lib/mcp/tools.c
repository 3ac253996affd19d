#include "mcp/method.h"

static void put_annotations(struct cm_buf *buf, const struct cm_tool *tool, bool titles)
{
	cm_json_put_name(buf, "annotations");
	cm_json_put_open(buf, '{');
	if (!titles)
		cm_json_put_member(buf, "title", tool->title);
	cm_json_put_name(buf, "readOnlyHint");
	cm_json_put_bool(buf, tool->read_only);
	if (!tool->read_only) {
		cm_json_put_name(buf, "destructiveHint");
		cm_json_put_bool(buf, tool->destructive);
	}
	cm_json_put_name(buf, "idempotentHint");
	cm_json_put_bool(buf, tool->idempotent);
	cm_json_put_name(buf, "openWorldHint");
	cm_json_put_bool(buf, false);
	cm_json_put_close(buf, '}');
}

static void put_tool(struct cm_buf *buf, const struct cm_tool *tool,
                     const struct cm_revision *revision)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "name", tool->name);
	if (revision->titles)
		cm_json_put_member(buf, "title", tool->title);
	cm_json_put_member(buf, "description", tool->description);
	cm_json_put_name(buf, "inputSchema");
	tool->put_input_schema(tool, buf);
	if (revision->structured_content) {
		cm_json_put_name(buf, "outputSchema");
		tool->put_output_schema(tool, buf);
	}
	if (revision->annotations)
		put_annotations(buf, tool, revision->titles);
	cm_json_put_close(buf, '}');
}

/* A tool looks the same to everybody who speaks a revision, so it is written once a process. */
static void put_tool_kept(struct cm_context *ctx, struct cm_buf *buf, const struct cm_tool *tool,
                          const struct cm_revision *revision)
{
	struct cm_buf *kept = cm_context_keep(ctx, tool, revision);

	if (kept != NULL && kept->len == 0) {
		put_tool(kept, tool, revision);
		if (kept->failed)
			cm_buf_clear(kept);
	}
	if (kept != NULL && kept->len > 0)
		cm_json_put_raw(buf, kept->data);
	else
		put_tool(buf, tool, revision);
}

/* The tools that the caller's scopes allow, all in one page. */
enum cm_status cm_method_tools_list(struct cm_message *m, struct cm_buf *result, struct cm_err *err)
{
	const struct cm_tool *tool;
	const cm_json *cursor;

	if (cm_json_find(m->params, "cursor", &cursor))
		return cm_err_set(err, CM_PARAMS,
		                  "params.cursor is unknown: the list has one page.");
	cm_json_put_name(result, "tools");
	cm_json_put_open(result, '[');
	for (size_t i = 0; (tool = cm_tool_at(m->box, i)) != NULL; i++) {
		if (cm_tool_allowed(tool, &m->x->caller))
			put_tool_kept(m->x->ctx, result, tool, m->revision);
	}
	cm_json_put_close(result, ']');
	return CM_OK;
}

static void put_text_block(struct cm_buf *buf, const char *text)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "type", "text");
	cm_json_put_member(buf, "text", text);
	cm_json_put_close(buf, '}');
}

static void put_success(struct cm_buf *buf, const struct cm_tool_result *tool,
                        const struct cm_revision *revision)
{
	cm_json_put_name(buf, "content");
	cm_json_put_open(buf, '[');
	put_text_block(buf, cm_buf_str(&tool->text));
	if (tool->note.len > 0)
		put_text_block(buf, cm_buf_str(&tool->note));
	cm_json_put_close(buf, ']');
	if (revision->structured_content) {
		cm_json_put_name(buf, "structuredContent");
		cm_json_put_raw(
		    buf, cm_buf_str(tool->structured.len > 0 ? &tool->structured : &tool->text));
	}
	cm_json_put_name(buf, "isError");
	cm_json_put_bool(buf, false);
}

static void put_failure(struct cm_buf *buf, const struct cm_err *err)
{
	cm_json_put_name(buf, "content");
	cm_json_put_open(buf, '[');
	put_text_block(buf, err->text);
	cm_json_put_close(buf, ']');
	cm_json_put_name(buf, "isError");
	cm_json_put_bool(buf, true);
}

/* Whether a failure is the tool's own, told to the model, or one of the protocol or the server. */
static bool is_tool_failure(enum cm_status rc)
{
	return rc == CM_INPUT || rc == CM_NOT_FOUND || rc == CM_CONFLICT || rc == CM_FORBIDDEN;
}

enum cm_status cm_method_tools_call(struct cm_message *m, struct cm_buf *result, struct cm_err *err)
{
	const char *name = cm_json_string(cm_json_get(m->params, "name"));
	struct cm_tool_call call = {.ctx = m->x->ctx, .caller = &m->x->caller};
	struct cm_tool_result tool = {0};
	struct cm_err failure = {0};
	enum cm_status rc;

	if (name == NULL)
		return cm_err_set(err, CM_PARAMS, "params.name must be a string.");
	if (cm_json_find(m->params, "arguments", &call.arguments) &&
	    cm_json_type(call.arguments) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_PARAMS, "params.arguments must be an object.");
	call.tool = cm_tool_find(m->box, name);
	if (call.tool == NULL)
		return cm_err_set(err, CM_PARAMS, "Unknown tool: %.100s", name);
	rc = cm_tool_run(&call, &tool, &failure);
	if (rc == CM_OK && (tool.text.failed || tool.note.failed || tool.structured.failed))
		rc = cm_err_set(&failure, CM_NOMEM, "out of memory");
	if (rc == CM_OK) {
		put_success(result, &tool, m->revision);
	} else if (is_tool_failure(rc)) {
		put_failure(result, &failure);
		m->x->outcome = rc;
		rc = CM_OK;
	} else if (rc == CM_SCOPE) {
		(void)cm_message_lack_scope(m, call.tool->scope, "tool", name, err);
	} else {
		cm_err_set(err, rc, "%s", failure.text);
	}
	cm_tool_result_clear(&tool);
	return rc;
}

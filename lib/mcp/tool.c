#include "mcp/tool.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

void cm_tool_result_clear(struct cm_tool_result *result)
{
	cm_buf_clear(&result->text);
	cm_buf_clear(&result->note);
	cm_buf_clear(&result->structured);
}

const struct cm_tool *cm_tool_at(const struct cm_toolbox *box, size_t index)
{
	for (size_t i = 0; i < box->sets; i++) {
		if (index < box->set[i].count)
			return &box->set[i].tool[index];
		index -= box->set[i].count;
	}
	return NULL;
}

const struct cm_tool *cm_tool_find(const struct cm_toolbox *box, const char *name)
{
	const struct cm_tool *tool;

	for (size_t i = 0; (tool = cm_tool_at(box, i)) != NULL; i++) {
		if (strcmp(tool->name, name) == 0)
			return tool;
	}
	return NULL;
}

bool cm_tool_allowed(const struct cm_tool *tool, const struct cm_principal *caller)
{
	return (caller->scopes & CM_SCOPE_BIT(tool->scope)) != 0;
}

static enum cm_status write_refusal(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_audit_insert(store, arg, err);
}

enum { TARGET_TEXT = 256 };

/* What the call was aimed at, as the caller said: an id, or an object with owner and name. */
static void put_target(const cm_json *arguments, char out[TARGET_TEXT])
{
	const char *id = cm_json_string(cm_json_get(arguments, "id"));
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	snprintf(out, TARGET_TEXT, "%s", id == NULL ? "" : id);
	while (id == NULL && cm_json_each(arguments, &cursor, &name, &value)) {
		const char *owner = cm_json_string(cm_json_get(value, "owner"));

		name = cm_json_string(cm_json_get(value, "name"));
		if (name != NULL)
			snprintf(out, TARGET_TEXT, "%s/%s", owner == NULL ? "" : owner, name);
	}
	/* It was not checked: anything but plain text stays out of the trail. */
	if (!cm_text_is_visible(out))
		out[0] = '\0';
}

/* A refusal is remembered, but what can't be remembered is refused all the same. */
static void audit_refusal(const struct cm_tool_call *call, enum cm_status why)
{
	char target[TARGET_TEXT] = "";
	struct cm_audit audit = cm_principal_audit(call->caller, call->tool->name, target, why);
	struct cm_err err = {0};

	put_target(call->arguments, target);
	if (cm_store_write(call->ctx->store, write_refusal, &audit, &err) != CM_OK)
		cm_log_error(call->caller->request_id, "audit: %s", err.text);
}

enum cm_status cm_tool_run(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err)
{
	enum cm_status rc;

	if (!cm_tool_allowed(call->tool, call->caller))
		rc = cm_err_set(err, CM_SCOPE, "insufficient_scope");
	else if (call->tool->read_only || (rc = cm_context_may_change(call->ctx, err)) == CM_OK)
		rc = call->tool->run(call, result, err);
	if (!call->tool->read_only && (rc == CM_SCOPE || rc == CM_FORBIDDEN))
		audit_refusal(call, rc);
	return rc;
}

#include "mcp/method.h"

#include <string.h>

#include "mcp/endpoint.h"

void cm_method_put_server(struct cm_buf *buf, const struct cm_revision *revision)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "name", "casement");
	if (revision->titles)
		cm_json_put_member(buf, "title", "Casement");
	cm_json_put_member(buf, "version", CM_VERSION);
	cm_json_put_close(buf, '}');
}

static void put_capabilities(struct cm_buf *buf, const struct cm_revision *revision)
{
	cm_json_put_name(buf, "capabilities");
	cm_json_put_raw(buf,
	                revision->completions
	                    ? "{\"tools\":{},\"resources\":{},\"prompts\":{},\"completions\":{}}"
	                    : "{\"tools\":{},\"resources\":{},\"prompts\":{}}");
}

/* What a model should know before its first call. */
static void put_instructions(const struct cm_message *m, struct cm_buf *result)
{
	struct cm_buf text = {0};

	cm_buf_puts(&text, "Casement keeps an organisation's registry: applications (OAuth "
	                   "clients), users, roles, permissions, tokens and an audit trail. "
	                   "This token has the scopes: ");
	if (m->x->caller.scopes == 0)
		cm_buf_puts(&text, "none");
	cm_scope_put(&text, m->x->caller.scopes);
	cm_buf_puts(&text,
	            ". tools/list shows the tools that they allow; a call that needs another scope "
	            "is refused and told which. An id is owner/name, such as my-org/my-app, or "
	            "admin/my-org for an organization. Lists come in pages: a page that is not the "
	            "last gives a cursor; call again with it, and the same filters, for the next. "
	            "Before a change, dry_run tells what it would do. A clientSecret is told once, "
	            "by the call that makes it, and never again: pass it on at once. Passwords and "
	            "tokens are never returned.");
	cm_json_put_member(result, "instructions", cm_buf_str(&text));
	if (text.failed)
		result->failed = true;
	cm_buf_clear(&text);
}

/* MCP 2025-11-25, basic/lifecycle: the client's revision if it is spoken here, else the newest. */
enum cm_status cm_method_initialize(struct cm_message *m, struct cm_buf *result, struct cm_err *err)
{
	const char *wanted = cm_json_string(cm_json_get(m->params, "protocolVersion"));
	const struct cm_revision *revision;

	if (m->in_batch)
		return cm_err_set(err, CM_REQUEST, "initialize must not be part of a batch.");
	if (wanted == NULL)
		return cm_err_set(err, CM_PARAMS, "params.protocolVersion must be a string.");
	revision = cm_revision_find(wanted);
	if (revision == NULL || !revision->handshake)
		revision = cm_revision_newest_handshake();
	cm_json_put_member(result, "protocolVersion", revision->name);
	put_capabilities(result, revision);
	cm_json_put_name(result, "serverInfo");
	cm_method_put_server(result, revision);
	put_instructions(m, result);
	return CM_OK;
}

/* MCP 2026-07-28, server/discover */
enum cm_status cm_method_discover(struct cm_message *m, struct cm_buf *result, struct cm_err *err)
{
	(void)err;
	cm_json_put_name(result, "supportedVersions");
	cm_revision_put_names(result);
	put_capabilities(result, m->revision);
	put_instructions(m, result);
	return CM_OK;
}

enum cm_status cm_method_ping(struct cm_message *m, struct cm_buf *result, struct cm_err *err)
{
	(void)m;
	(void)result;
	(void)err;
	return CM_OK;
}

static const struct cm_method methods[] = {
    {.name = "initialize", .run = cm_method_initialize, .era = CM_ERA_HANDSHAKE},
    {.name = "ping", .run = cm_method_ping, .era = CM_ERA_HANDSHAKE},
    {.name = "server/discover",
     .run = cm_method_discover,
     .era = CM_ERA_PER_REQUEST,
     .cache = CM_CACHE_PRIVATE},
    {.name = "tools/list", .run = cm_method_tools_list, .cache = CM_CACHE_PRIVATE},
    {.name = "tools/call", .run = cm_method_tools_call, .mirrored = "name", .counted = true},
    {.name = "resources/list",
     .run = cm_method_resources_list,
     .cache = CM_CACHE_STALE,
     .counted = true},
    {.name = "resources/templates/list",
     .run = cm_method_resources_templates_list,
     .cache = CM_CACHE_PUBLIC},
    {.name = "resources/read",
     .run = cm_method_resources_read,
     .cache = CM_CACHE_STALE,
     .mirrored = "uri",
     .counted = true},
    {.name = "prompts/list", .run = cm_method_prompts_list, .cache = CM_CACHE_PRIVATE},
    {.name = "prompts/get", .run = cm_method_prompts_get, .mirrored = "name"},
    {.name = "completion/complete", .run = cm_method_completion_complete, .counted = true},
};

const struct cm_method *cm_method_find(const char *name, const struct cm_revision *revision)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		const struct cm_method *method = &methods[i];
		bool offered = method->era == CM_ERA_ALL ||
		               (method->era == CM_ERA_HANDSHAKE) == revision->handshake;

		if (offered && strcmp(method->name, name) == 0)
			return method;
	}
	return NULL;
}

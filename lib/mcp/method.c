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

	cm_buf_puts(&text, "Casement manages the applications (OAuth clients) of an organisation. "
	                   "This token has the scopes: ");
	if (m->x->caller.scopes == 0)
		cm_buf_puts(&text, "none");
	cm_scope_put(&text, m->x->caller.scopes);
	cm_buf_puts(&text,
	            ". tools/list shows the tools that they allow. Lists come in pages: pass "
	            "the cursor of one page to get the next. A clientSecret is told once, by "
	            "the call that makes it, and never again.");
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
    {"initialize", cm_method_initialize, CM_ERA_HANDSHAKE, CM_CACHE_NONE, NULL},
    {"ping", cm_method_ping, CM_ERA_HANDSHAKE, CM_CACHE_NONE, NULL},
    {"server/discover", cm_method_discover, CM_ERA_PER_REQUEST, CM_CACHE_PRIVATE, NULL},
    {"tools/list", cm_method_tools_list, CM_ERA_ALL, CM_CACHE_PRIVATE, NULL},
    {"tools/call", cm_method_tools_call, CM_ERA_ALL, CM_CACHE_NONE, "name"},
    {"resources/list", cm_method_resources_list, CM_ERA_ALL, CM_CACHE_STALE, NULL},
    {"resources/templates/list", cm_method_resources_templates_list, CM_ERA_ALL, CM_CACHE_PUBLIC,
     NULL},
    {"resources/read", cm_method_resources_read, CM_ERA_ALL, CM_CACHE_STALE, "uri"},
    {"prompts/list", cm_method_prompts_list, CM_ERA_ALL, CM_CACHE_PRIVATE, NULL},
    {"prompts/get", cm_method_prompts_get, CM_ERA_ALL, CM_CACHE_NONE, "name"},
    {"completion/complete", cm_method_completion_complete, CM_ERA_ALL, CM_CACHE_NONE, NULL},
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

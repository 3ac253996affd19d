#include "mcp/method.h"

#include <stdio.h>
#include <string.h>

#include "mcp/prompt.h"
#include "mcp/resource.h"
#include "store/organization.h"

enum { VALUES_MAX = 100, SCAN_ROWS = 500 }; /* of values: MCP server/utilities/completion */

/* What is completed: the beginning of a value, and what is known of the others. */
struct completion {
	struct cm_message *m;
	const char *value;
	const char *owner; /* for names; NULL: the caller's own organisation */
	bool with_owner;   /* values are owner/name, not name */
	struct cm_buf *out;
	size_t count;
	bool more;
	char last[CM_NAME_MAX + 1];
	int rows;
};

static void put_value(struct completion *c, const char *text)
{
	c->more = c->more || c->count == VALUES_MAX;
	if (c->count == VALUES_MAX)
		return;
	cm_json_put_string(c->out, text);
	c->count++;
}

static void offer(struct completion *c, const char *text)
{
	if (strncmp(text, c->value, strlen(c->value)) == 0)
		put_value(c, text);
}

static void offer_owner(const struct cm_organization *row, void *arg)
{
	struct completion *c = arg;

	snprintf(c->last, sizeof c->last, "%s", row->name);
	c->rows++;
	offer(c, row->name);
}

/* Names of organisations: all for built-in, for the others their own. */
static enum cm_status complete_owner(struct completion *c, struct cm_err *err)
{
	const struct cm_principal *caller = &c->m->x->caller;
	enum cm_status rc = CM_OK;

	if (!cm_principal_is_built_in(caller)) {
		offer(c, caller->organization);
		return CM_OK;
	}
	do {
		c->rows = 0;
		rc = cm_organization_list(c->m->x->ctx->store, c->last, SCAN_ROWS, offer_owner, c,
		                          err);
	} while (rc == CM_OK && c->rows == SCAN_ROWS && !c->more);
	return rc;
}

static void put_rows(struct completion *c, const cm_json *rows)
{
	for (size_t i = 0; i < cm_json_length(rows); i++) {
		const cm_json *row = cm_json_at(rows, i);
		const char *name = cm_json_string(cm_json_get(row, "name"));
		char id[2 * CM_NAME_MAX + 2];

		snprintf(id, sizeof id, "%s/%s", cm_json_string(cm_json_get(row, "owner")), name);
		put_value(c, c->with_owner ? id : name);
	}
}

/* Names of entities, found through their list tool. */
static enum cm_status complete_name(struct completion *c, const struct cm_resource_kind *kind,
                                    const char *prefix, struct cm_err *err)
{
	struct cm_message *m = c->m;
	struct cm_tool_call base = {.ctx = m->x->ctx, .caller = &m->x->caller};
	const char *owner = c->owner == NULL ? m->x->caller.organization : c->owner;
	cm_json *arguments = cm_json_object(), *page = NULL;
	struct cm_err why = {0};
	enum cm_status rc = CM_NOMEM;

	if (kind->owner != NULL && c->owner == NULL)
		owner = kind->owner;
	if (kind->owner != NULL && strcmp(owner, kind->owner) != 0)
		rc = CM_OK;
	else if (arguments != NULL && cm_json_set_string(arguments, "owner", owner) &&
	         cm_json_set_string(arguments, "namePrefix", prefix))
		rc = cm_resource_list(&base, m->box, kind, arguments, &page, &why);
	/* What the caller may not see, and what can be no name, has no completions. */
	if (rc == CM_SCOPE || rc == CM_FORBIDDEN || rc == CM_INPUT)
		rc = CM_OK;
	else if (rc != CM_OK)
		cm_err_set(err, rc, "%s", why.text);
	put_rows(c, cm_json_get(page, kind->rows));
	c->more = c->more || cm_json_get(page, "nextCursor") != NULL;
	cm_json_free(page);
	cm_json_free(arguments);
	return rc;
}

/* owner/name as one value, as prompts take it. */
static enum cm_status complete_id(struct completion *c, struct cm_err *err)
{
	const char *slash = strchr(c->value, '/');
	char owner[CM_NAME_MAX + 1];
	enum cm_status rc;

	c->with_owner = true;
	if (slash == NULL) {
		const char *own = c->m->x->caller.organization;

		return strncmp(own, c->value, strlen(c->value)) == 0
		           ? complete_name(c, c->m->box->kind, "", err)
		           : CM_OK;
	}
	if ((size_t)(slash - c->value) >= sizeof owner)
		return CM_OK;
	snprintf(owner, sizeof owner, "%.*s", (int)(slash - c->value), c->value);
	c->owner = owner;
	rc = complete_name(c, c->m->box->kind, slash + 1, err);
	c->owner = NULL;
	return rc;
}

/* Who has entities of a kind, for those who may list them. */
static enum cm_status complete_owner_of(struct completion *c, const struct cm_resource_kind *kind,
                                        struct cm_err *err)
{
	if (!cm_tool_allowed(cm_tool_find(c->m->box, kind->list_tool), &c->m->x->caller))
		return CM_OK;
	if (kind->owner == NULL)
		return complete_owner(c, err);
	offer(c, kind->owner);
	return CM_OK;
}

static enum cm_status complete_template(struct completion *c, const char *uri, const char *argument,
                                        struct cm_err *err)
{
	const cm_json *context = cm_json_get(c->m->params, "context");

	for (size_t i = 0; i < c->m->box->kinds; i++) {
		char template[CM_URI_MAX];

		cm_resource_template(&c->m->box->kind[i], template);
		if (strcmp(template, uri) != 0)
			continue;
		c->owner = cm_json_string(cm_json_get(cm_json_get(context, "arguments"), "owner"));
		if (strcmp(argument, "owner") == 0)
			return complete_owner_of(c, &c->m->box->kind[i], err);
		if (strcmp(argument, "name") == 0)
			return complete_name(c, &c->m->box->kind[i], c->value, err);
		return cm_err_set(err, CM_PARAMS, "The template has no argument %.60s.", argument);
	}
	return cm_err_set(err, CM_PARAMS, "There is no resource template %.200s.", uri);
}

static enum cm_status complete_prompt(struct completion *c, const char *name, const char *argument,
                                      struct cm_err *err)
{
	const struct cm_prompt *prompt = cm_prompt_find(c->m->box, name);
	const struct cm_prompt_argument *a;

	if (prompt == NULL)
		return cm_err_set(err, CM_PARAMS, "Unknown prompt: %.100s", name);
	a = prompt->argument;
	while (a->name != NULL && strcmp(a->name, argument) != 0)
		a++;
	if (a->name == NULL)
		return cm_err_set(err, CM_PARAMS, "%s has no argument %.60s.", name, argument);
	if (!cm_prompt_allowed(prompt, &c->m->x->caller))
		return CM_OK;
	if (a->completes == CM_COMPLETES_OWNER)
		return complete_owner(c, err);
	return a->completes == CM_COMPLETES_ID ? complete_id(c, err) : CM_OK;
}

enum cm_status cm_method_completion_complete(struct cm_message *m, struct cm_buf *result,
                                             struct cm_err *err)
{
	const cm_json *ref = cm_json_get(m->params, "ref");
	const cm_json *asked = cm_json_get(m->params, "argument");
	const char *type = cm_json_string(cm_json_get(ref, "type"));
	const char *uri = cm_json_string(cm_json_get(ref, "uri"));
	const char *name = cm_json_string(cm_json_get(ref, "name"));
	const char *argument = cm_json_string(cm_json_get(asked, "name"));
	struct completion c = {.m = m, .out = result};
	enum cm_status rc;

	c.value = cm_json_string(cm_json_get(asked, "value"));
	if (type == NULL || argument == NULL || c.value == NULL)
		return cm_err_set(err, CM_PARAMS,
		                  "params must have ref.type, argument.name and argument.value.");
	cm_json_put_name(result, "completion");
	cm_json_put_open(result, '{');
	cm_json_put_name(result, "values");
	cm_json_put_open(result, '[');
	if (strcmp(type, "ref/resource") == 0 && uri != NULL)
		rc = complete_template(&c, uri, argument, err);
	else if (strcmp(type, "ref/prompt") == 0 && name != NULL)
		rc = complete_prompt(&c, name, argument, err);
	else
		rc =
		    cm_err_set(err, CM_PARAMS,
		               "params.ref must be ref/resource with uri or ref/prompt with name.");
	cm_json_put_close(result, ']');
	cm_json_put_name(result, "hasMore");
	cm_json_put_bool(result, c.more);
	cm_json_put_close(result, '}');
	return rc;
}

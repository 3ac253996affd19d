#include "mcp/method.h"

#include <stdio.h>
#include <string.h>

#include "mcp/resource.h"

#define SCHEME "casement://"
#define MIME   "application/json"

void cm_resource_uri(const struct cm_resource_kind *kind, const char *owner, const char *name,
                     char out[CM_URI_MAX])
{
	snprintf(out, CM_URI_MAX, SCHEME "%s/%s/%s", kind->kind, owner, name);
}

void cm_resource_template(const struct cm_resource_kind *kind, char out[CM_URI_MAX])
{
	cm_resource_uri(kind, "{owner}", "{name}", out);
}

enum cm_status cm_resource_list(const struct cm_tool_call *base, const struct cm_toolbox *box,
                                const struct cm_resource_kind *kind, const cm_json *arguments,
                                cm_json **page, struct cm_err *err)
{
	struct cm_tool_call call = *base;
	struct cm_tool_result result = {0};
	enum cm_status rc;

	*page = NULL;
	call.tool = cm_tool_find(box, kind->list_tool);
	call.arguments = arguments;
	rc = cm_tool_run(&call, &result, err);
	if (rc == CM_OK)
		rc = cm_buf_status(&result.structured, err);
	if (rc == CM_OK)
		rc = cm_json_parse(result.structured.data, result.structured.len, page, err);
	cm_tool_result_clear(&result);
	return rc;
}

/* A cursor says which kind the page is of: KIND:CURSOR; an empty CURSOR is the first page. */
static const struct cm_resource_kind *read_cursor(const struct cm_toolbox *box, const char *text,
                                                  const char **inner)
{
	for (size_t i = 0; i < box->kinds; i++) {
		size_t len = strlen(box->kind[i].kind);

		if (strncmp(text, box->kind[i].kind, len) == 0 && text[len] == ':') {
			*inner = text + len + 1;
			return &box->kind[i];
		}
	}
	return NULL;
}

static void put_row(struct cm_buf *buf, const struct cm_resource_kind *kind, const cm_json *row,
                    const struct cm_revision *revision)
{
	const char *owner = cm_json_string(cm_json_get(row, "owner"));
	const char *name = cm_json_string(cm_json_get(row, "name"));
	const char *title = cm_json_string(cm_json_get(row, "displayName"));
	const char *description = cm_json_string(cm_json_get(row, "description"));
	struct cm_buf label = {0};
	char uri[CM_URI_MAX];

	cm_resource_uri(kind, owner, name, uri);
	cm_buf_printf(&label, "%s/%s", owner, name);
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "uri", uri);
	cm_json_put_member(buf, "name", cm_buf_str(&label));
	if (revision->titles && title != NULL)
		cm_json_put_member(buf, "title", title);
	if (description != NULL && *description != '\0')
		cm_json_put_member(buf, "description", description);
	cm_json_put_member(buf, "mimeType", MIME);
	cm_json_put_close(buf, '}');
	if (label.failed)
		buf->failed = true;
	cm_buf_clear(&label);
}

/* The first kind from this one on that the caller may list, NULL when there is none. */
static const struct cm_resource_kind *allowed_from(const struct cm_message *m,
                                                   const struct cm_resource_kind *kind)
{
	for (; kind < m->box->kind + m->box->kinds; kind++) {
		if (cm_tool_allowed(cm_tool_find(m->box, kind->list_tool), &m->x->caller))
			return kind;
	}
	return NULL;
}

/* The next cursor: further in this kind, or the beginning of the next. */
static void put_next(struct cm_message *m, const struct cm_resource_kind *kind, const cm_json *page,
                     struct cm_buf *result)
{
	const char *next = cm_json_string(cm_json_get(page, "nextCursor"));
	const struct cm_resource_kind *following = allowed_from(m, kind + 1);
	struct cm_buf cursor = {0};

	if (next != NULL)
		cm_buf_printf(&cursor, "%s:%s", kind->kind, next);
	else if (following != NULL)
		cm_buf_printf(&cursor, "%s:", following->kind);
	if (cursor.len > 0)
		cm_json_put_member(result, "nextCursor", cm_buf_str(&cursor));
	if (cursor.failed)
		result->failed = true;
	cm_buf_clear(&cursor);
}

static enum cm_status list_kind(struct cm_message *m, const struct cm_resource_kind *kind,
                                const char *cursor, struct cm_buf *result, struct cm_err *err)
{
	struct cm_tool_call base = {.ctx = m->x->ctx, .caller = &m->x->caller};
	cm_json *arguments = cm_json_object(), *page = NULL;
	struct cm_err why = {0};
	const cm_json *rows;
	enum cm_status rc = CM_OK;

	if (arguments == NULL ||
	    (*cursor != '\0' && !cm_json_set_string(arguments, "cursor", cursor)))
		rc = cm_err_set(&why, CM_NOMEM, "out of memory");
	/* Without the scope there is nothing to see, as in tools/list. */
	if (rc == CM_OK && cm_tool_allowed(cm_tool_find(m->box, kind->list_tool), &m->x->caller))
		rc = cm_resource_list(&base, m->box, kind, arguments, &page, &why);
	if (rc == CM_OK) {
		rows = cm_json_get(page, kind->rows);
		for (size_t i = 0; i < cm_json_length(rows); i++)
			put_row(result, kind, cm_json_at(rows, i), m->revision);
		cm_json_put_close(result, ']');
		put_next(m, kind, page, result);
	} else {
		rc = cm_err_set(err, rc == CM_INPUT ? CM_PARAMS : rc, "%s", why.text);
	}
	cm_json_free(page);
	cm_json_free(arguments);
	return rc;
}

enum cm_status cm_method_resources_list(struct cm_message *m, struct cm_buf *result,
                                        struct cm_err *err)
{
	const struct cm_resource_kind *kind = allowed_from(m, m->box->kind);
	const char *cursor, *inner = "";
	const cm_json *value;

	if (cm_json_find(m->params, "cursor", &value)) {
		cursor = cm_json_string(value);
		kind = cursor == NULL ? NULL : read_cursor(m->box, cursor, &inner);
		if (kind == NULL)
			return cm_err_set(err, CM_PARAMS,
			                  "params.cursor must be one that an earlier page gave.");
	}
	cm_json_put_name(result, "resources");
	cm_json_put_open(result, '[');
	if (kind != NULL)
		return list_kind(m, kind, inner, result, err);
	cm_json_put_close(result, ']');
	return CM_OK;
}

enum cm_status cm_method_resources_templates_list(struct cm_message *m, struct cm_buf *result,
                                                  struct cm_err *err)
{
	const cm_json *cursor;

	if (cm_json_find(m->params, "cursor", &cursor))
		return cm_err_set(err, CM_PARAMS,
		                  "params.cursor is unknown: the list has one page.");
	cm_json_put_name(result, "resourceTemplates");
	cm_json_put_open(result, '[');
	for (size_t i = 0; i < m->box->kinds; i++) {
		const struct cm_resource_kind *kind = &m->box->kind[i];
		char uri[CM_URI_MAX];

		cm_resource_template(kind, uri);
		cm_json_put_open(result, '{');
		cm_json_put_member(result, "uriTemplate", uri);
		cm_json_put_member(result, "name", kind->kind);
		if (m->revision->titles)
			cm_json_put_member(result, "title", kind->title);
		cm_json_put_member(result, "description", kind->description);
		cm_json_put_member(result, "mimeType", MIME);
		cm_json_put_close(result, '}');
	}
	cm_json_put_close(result, ']');
	return CM_OK;
}

/* The kind and the id "owner/name" of a URI; NULL when it is of no kind. */
static const struct cm_resource_kind *read_uri(const struct cm_toolbox *box, const char *uri,
                                               const char **id)
{
	if (strncmp(uri, SCHEME, strlen(SCHEME)) != 0)
		return NULL;
	uri += strlen(SCHEME);
	for (size_t i = 0; i < box->kinds; i++) {
		size_t len = strlen(box->kind[i].kind);

		if (strncmp(uri, box->kind[i].kind, len) == 0 && uri[len] == '/') {
			*id = uri + len + 1;
			return &box->kind[i];
		}
	}
	return NULL;
}

static enum cm_status no_resource(struct cm_message *m, const char *uri, struct cm_err *err)
{
	cm_json_put_open(&m->data, '{');
	cm_json_put_member(&m->data, "uri", uri);
	cm_json_put_close(&m->data, '}');
	return cm_err_set(err, CM_NO_RESOURCE, "Resource not found");
}

static enum cm_status call_get(struct cm_message *m, const struct cm_tool *tool, const char *id,
                               struct cm_tool_result *out, struct cm_err *err)
{
	cm_json *arguments = cm_json_object();
	struct cm_tool_call call = {
	    .ctx = m->x->ctx, .caller = &m->x->caller, .tool = tool, .arguments = arguments};
	enum cm_status rc;

	if (arguments == NULL || !cm_json_set_string(arguments, "id", id))
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	else
		rc = cm_tool_run(&call, out, err);
	if (rc == CM_OK)
		rc = cm_buf_status(&out->text, err);
	cm_json_free(arguments);
	return rc;
}

enum cm_status cm_method_resources_read(struct cm_message *m, struct cm_buf *result,
                                        struct cm_err *err)
{
	const char *uri = cm_json_string(cm_json_get(m->params, "uri")), *id = NULL;
	const struct cm_resource_kind *kind;
	struct cm_tool_result told = {0};
	const struct cm_tool *tool;
	struct cm_err why = {0};
	enum cm_status rc;

	if (uri == NULL)
		return cm_err_set(err, CM_PARAMS, "params.uri must be a string.");
	kind = read_uri(m->box, uri, &id);
	if (kind == NULL)
		return no_resource(m, uri, err);
	tool = cm_tool_find(m->box, kind->get_tool);
	rc = call_get(m, tool, id, &told, &why);
	if (rc == CM_OK) {
		cm_json_put_name(result, "contents");
		cm_json_put_open(result, '[');
		cm_json_put_open(result, '{');
		cm_json_put_member(result, "uri", uri);
		cm_json_put_member(result, "mimeType", MIME);
		cm_json_put_member(result, "text", cm_buf_str(&told.text));
		cm_json_put_close(result, '}');
		cm_json_put_close(result, ']');
	} else if (rc == CM_SCOPE) {
		(void)cm_message_lack_scope(m, tool->scope, "resource", uri, err);
	} else if (rc == CM_NOT_FOUND || rc == CM_INPUT) {
		rc = no_resource(m, uri, err);
	} else {
		cm_err_set(err, rc, "%s", why.text);
	}
	cm_tool_result_clear(&told);
	return rc;
}

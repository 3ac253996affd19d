#ifndef CM_MCP_RESOURCE_H
#define CM_MCP_RESOURCE_H

#include "mcp/tool.h"

/*
 * A kind of resource (MCP server/resources): casement://KIND/{owner}/{name}.  It is read and listed
 * through the tools of its entity, so that the same scopes and the same tenancy hold.
 */
struct cm_resource_kind {
	const char *kind; /* in URIs, and the entity's name in sentences */
	const char *title;
	const char *description;
	const char *get_tool;  /* takes id */
	const char *list_tool; /* takes owner, namePrefix, pageSize, cursor */
	const char *owner;     /* the one owner of all; NULL: each has its own */
	const char *rows;      /* the member of the list tool's result that holds the rows */
};

enum { CM_URI_MAX = 300 };

/* Write the URI of an entity. */
void cm_resource_uri(const struct cm_resource_kind *kind, const char *owner, const char *name,
                     char out[CM_URI_MAX]);

/* The URI template (RFC 6570) of a kind. */
void cm_resource_template(const struct cm_resource_kind *kind, char out[CM_URI_MAX]);

/*
 * Call a kind's list tool with these arguments, for the caller of base.  *page: its structured
 * result, owned by the caller.
 */
enum cm_status cm_resource_list(const struct cm_tool_call *base, const struct cm_toolbox *box,
                                const struct cm_resource_kind *kind, const cm_json *arguments,
                                cm_json **page, struct cm_err *err);

#endif

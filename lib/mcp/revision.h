#ifndef CM_MCP_REVISION_H
#define CM_MCP_REVISION_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * The revisions of the Model Context Protocol that are spoken here, and what each has.  Handlers
 * ask for a feature, never for a revision.
 */
struct cm_revision {
	const char *name;        /* as in MCP-Protocol-Version */
	bool handshake;          /* begins with initialize; has ping and answers of the client */
	bool per_request;        /* every request tells its revision in _meta, mirrored in headers;
	                            results tell their type, their server and their life */
	bool batches;            /* a body may be an array (JSON-RPC 2.0 section 6) */
	bool annotations;        /* tools tell what they do to the world */
	bool titles;             /* names for people beside the names for programs */
	bool structured_content; /* results as JSON, with an outputSchema */
	bool completions;        /* a capability of that name */
	bool errors_without_id;  /* an error of a request whose id is unknown has no id, not null */
	int unknown_method_http; /* HTTP status of an unknown method */
	int no_resource_code;    /* JSON-RPC code of a resource that is not there */
};

/* The row of a revision, NULL when it is not spoken here. */
const struct cm_revision *cm_revision_find(const char *name);

/* The newest one that begins with initialize, for clients that ask there for an unknown one. */
const struct cm_revision *cm_revision_newest_handshake(void);

/* What a request without MCP-Protocol-Version speaks (MCP 2025-11-25, basic/transports). */
const struct cm_revision *cm_revision_unnamed(void);

/* Append the names, newest first, as a JSON array. */
void cm_revision_put_names(struct cm_buf *buf);

#endif

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
	bool batches;            /* a body may be an array (JSON-RPC 2.0 section 6) */
	bool annotations;        /* tools tell what they do to the world */
	bool titles;             /* names for people beside the names for programs */
	bool structured_content; /* results as JSON, with an outputSchema */
};

/* The row of a revision, NULL when it is not spoken here. */
const struct cm_revision *cm_revision_find(const char *name);

/* The newest one, offered to clients that ask for an unknown one. */
const struct cm_revision *cm_revision_newest(void);

/* What a request without MCP-Protocol-Version speaks (MCP 2025-11-25, transports). */
const struct cm_revision *cm_revision_unnamed(void);

/* Append the names, oldest first, separated by ", ". */
void cm_revision_put_all(struct cm_buf *buf);

#endif

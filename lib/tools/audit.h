#ifndef CM_TOOLS_AUDIT_H
#define CM_TOOLS_AUDIT_H

#include "mcp/tool.h"
#include "store/audit.h"

/* The tool that reads the audit trail. */
extern const struct cm_tool cm_audit_tool;

/* Append an event as a JSON object. */
void cm_audit_put(struct cm_buf *buf, const struct cm_audit_event *event);

#endif

#ifndef CM_MCP_ENDPOINT_H
#define CM_MCP_ENDPOINT_H

#include "http/exchange.h"
#include "mcp/tool.h"

#define CM_VERSION "0.1.0"

/*
 * POST /api/mcp: one JSON-RPC 2.0 message, or a batch of them where the revision has batches, over
 * Streamable HTTP with JSON answers and without sessions.  The caller was authenticated before.
 */
void cm_mcp_post(struct cm_exchange *x, const struct cm_toolbox *box);

/*
 * Whether the revision that a request names has errors without id where older ones have id null;
 * for errors that are made before the body is read.
 */
bool cm_mcp_errors_without_id(const struct cm_request *req);

#endif

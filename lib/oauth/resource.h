#ifndef CM_OAUTH_RESOURCE_H
#define CM_OAUTH_RESOURCE_H

#include "base/status.h"
#include "http/params.h"

/*
 * Check a resource parameter (RFC 8707 section 2): it must be the MCP URL or the URL of the server
 * (the MCP URL without CM_MCP_PATH), with or without a slash at its end.  CM_INVALID_TARGET.
 */
enum cm_status cm_oauth_resource_check(const char *resource, const char *mcp_url,
                                       struct cm_err *err);

/* The same for every resource parameter of a request; none is as good as the MCP URL. */
enum cm_status cm_oauth_resources_check(const struct cm_params *params, const char *mcp_url,
                                        struct cm_err *err);

#endif

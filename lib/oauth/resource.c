#include "oauth/resource.h"

#include <string.h>

#include "auth/context.h"
#include "base/url.h"

/* Whether a path is that of the MCP URL, or of the server: the same without CM_MCP_PATH. */
static bool means_server(const char *path, const char *mcp_path)
{
	size_t len = strlen(mcp_path) - strlen(CM_MCP_PATH);

	return strcmp(path, mcp_path) == 0 || (strncmp(path, mcp_path, len) == 0 &&
	                                       (path[len] == '\0' || strcmp(path + len, "/") == 0));
}

enum cm_status cm_oauth_resource_check(const char *resource, const char *mcp_url,
                                       struct cm_err *err)
{
	struct cm_url asked, ours;

	if (!cm_url_parse(resource, &asked) || asked.fragment)
		return cm_err_set(err, CM_INVALID_TARGET,
		                  "resource must be an absolute URL without a fragment.");
	if (!cm_url_parse(mcp_url, &ours))
		return cm_err_set(err, CM_INTERNAL, "the MCP URL can't be parsed");
	if (strcmp(asked.origin, ours.origin) == 0 && !asked.query && !asked.userinfo &&
	    means_server(asked.path, ours.path))
		return CM_OK;
	return cm_err_set(err, CM_INVALID_TARGET, "resource must be %s.", mcp_url);
}

enum cm_status cm_oauth_resources_check(const struct cm_params *params, const char *mcp_url,
                                        struct cm_err *err)
{
	enum cm_status rc = CM_OK;

	for (size_t i = 0; rc == CM_OK && i < params->count; i++) {
		if (strcmp(params->item[i].name, "resource") == 0)
			rc = cm_oauth_resource_check(params->item[i].value, mcp_url, err);
	}
	return rc;
}

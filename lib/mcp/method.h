#ifndef CM_MCP_METHOD_H
#define CM_MCP_METHOD_H

#include "mcp/message.h"

/* The methods of MCP, a file an area; method.c has the table. */

/* method.c */
cm_method_run cm_method_initialize, cm_method_discover, cm_method_ping;

/* tools.c (server/tools) */
cm_method_run cm_method_tools_list, cm_method_tools_call;

/* resources.c (server/resources) */
cm_method_run cm_method_resources_list, cm_method_resources_templates_list,
    cm_method_resources_read;

/* prompts.c (server/prompts) */
cm_method_run cm_method_prompts_list, cm_method_prompts_get;

/* completion.c (server/utilities/completion) */
cm_method_run cm_method_completion_complete;

#endif

#ifndef CM_TOOLS_TOOLBOX_H
#define CM_TOOLS_TOOLBOX_H

#include "mcp/tool.h"

/* Everything that the server offers: tools, kinds of resources, prompts. */
extern const struct cm_toolbox cm_toolbox;

#endif

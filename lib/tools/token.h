#ifndef CM_TOOLS_TOKEN_H
#define CM_TOOLS_TOKEN_H

#include "tools/crud.h"

/* Tools that list tokens and revoke them. */
enum { CM_TOKEN_TOOLS = 3 };
extern const struct cm_tool cm_token_tools[CM_TOKEN_TOOLS];

#endif

#ifndef CM_TOOLS_USER_H
#define CM_TOOLS_USER_H

#include "tools/crud.h"

/* What is particular to users, and their tools. */
extern const struct cm_crud cm_user_crud;

enum { CM_USER_TOOLS = 5 };
extern const struct cm_tool cm_user_tools[CM_USER_TOOLS];

#endif

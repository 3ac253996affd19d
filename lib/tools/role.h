#ifndef CM_TOOLS_ROLE_H
#define CM_TOOLS_ROLE_H

#include "tools/crud.h"

/* What is particular to roles and permissions, and their tools. */
extern const struct cm_crud cm_role_crud;
extern const struct cm_crud cm_permission_crud;

enum { CM_ROLE_TOOLS = 5, CM_PERMISSION_TOOLS = 5 };
extern const struct cm_tool cm_role_tools[CM_ROLE_TOOLS];
extern const struct cm_tool cm_permission_tools[CM_PERMISSION_TOOLS];

#endif

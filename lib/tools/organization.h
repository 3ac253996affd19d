#ifndef CM_TOOLS_ORGANIZATION_H
#define CM_TOOLS_ORGANIZATION_H

#include "tools/crud.h"

/* What is particular to organisations, and their tools. */
extern const struct cm_crud cm_organization_crud;

enum { CM_ORGANIZATION_TOOLS = 5 };
extern const struct cm_tool cm_organization_tools[CM_ORGANIZATION_TOOLS];

#endif

#ifndef CM_MCP_PROMPT_H
#define CM_MCP_PROMPT_H

#include <stdbool.h>

#include "mcp/tool.h"

/* What completion offers for an argument. */
enum cm_completes { CM_COMPLETES_NOTHING = 0, CM_COMPLETES_OWNER, CM_COMPLETES_ID };

struct cm_prompt_argument {
	const char *name; /* NULL ends the list */
	const char *title;
	const char *description;
	bool required;
	const char *fallback; /* in place of an optional one that is not given */
	enum cm_completes completes;
};

enum { CM_PROMPT_ARGUMENTS_MAX = 4 };

/* A prompt (MCP server/prompts): words for a job that people do with the tools. */
struct cm_prompt {
	const char *name;
	const char *title;
	const char *description;
	enum cm_scope scope; /* that the job needs */
	struct cm_prompt_argument argument[CM_PROMPT_ARGUMENTS_MAX + 1];
	const char *text; /* {argument} stands for its value */
};

/* The prompt of this exact name, NULL when there is none. */
const struct cm_prompt *cm_prompt_find(const struct cm_toolbox *box, const char *name);

/* Whether the caller's scopes allow the job. */
bool cm_prompt_allowed(const struct cm_prompt *prompt, const struct cm_principal *caller);

#endif

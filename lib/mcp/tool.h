#ifndef CM_MCP_TOOL_H
#define CM_MCP_TOOL_H

#include <stdbool.h>

#include "auth/context.h"
#include "auth/principal.h"
#include "base/buf.h"
#include "base/json.h"

struct cm_tool;
struct cm_crud;

/* A call: what, by whom, with what.  All of it is borrowed. */
struct cm_tool_call {
	struct cm_context *ctx;
	const struct cm_tool *tool;
	const struct cm_principal *caller;
	const cm_json *arguments; /* an object, or NULL for none */
};

/* What a tool says when it succeeds. Set it up with {0}. */
struct cm_tool_result {
	struct cm_buf text;       /* JSON, the first text block */
	struct cm_buf note;       /* a sentence for a second text block; empty: none */
	struct cm_buf structured; /* JSON object; empty: text is an object and serves */
};

void cm_tool_result_clear(struct cm_tool_result *result);

/* A tool (MCP server/tools). */
struct cm_tool {
	const char *name;
	const char *title;
	const char *description;
	enum cm_scope scope; /* that its callers need */
	bool read_only;
	bool destructive; /* may undo what is there; only for tools that are not read-only */
	bool idempotent;  /* again with the same arguments changes nothing more */
	const struct cm_crud *crud; /* what lib/tools knows of the entity */
	/* Append a JSON Schema 2020-12 of the arguments and of the structured result. */
	void (*put_input_schema)(const struct cm_tool *tool, struct cm_buf *buf);
	void (*put_output_schema)(const struct cm_tool *tool, struct cm_buf *buf);
	/*
	 * Do it.  A failure says in words what a person or a model can do about it, and leaves
	 * everything as it was.
	 */
	enum cm_status (*run)(const struct cm_tool_call *call, struct cm_tool_result *result,
	                      struct cm_err *err);
};

struct cm_resource_kind;
struct cm_prompt;

/* The tools of one kind of thing. */
struct cm_tool_set {
	const struct cm_tool *tool;
	size_t count;
};

/* What the server offers, each in the order in which it is listed. */
struct cm_toolbox {
	const struct cm_tool_set *set;
	size_t sets;
	const struct cm_resource_kind *kind;
	size_t kinds;
	const struct cm_prompt *prompt;
	size_t prompts;
};

/* The tools in their order: the index-th, NULL beyond the last. */
const struct cm_tool *cm_tool_at(const struct cm_toolbox *box, size_t index);

/* The tool of this exact name, NULL when there is none. */
const struct cm_tool *cm_tool_find(const struct cm_toolbox *box, const char *name);

/* Whether the caller's scopes allow a tool. */
bool cm_tool_allowed(const struct cm_tool *tool, const struct cm_principal *caller);

/*
 * Run a tool for a caller: the one place where the scope is checked.  Refusals of a tool that
 * changes things are written to the audit trail.  CM_SCOPE when the caller lacks the scope, else
 * what the tool says.
 */
enum cm_status cm_tool_run(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err);

#endif

#ifndef CM_MCP_MESSAGE_H
#define CM_MCP_MESSAGE_H

#include <stdbool.h>

#include "base/json.h"
#include "http/exchange.h"
#include "mcp/revision.h"
#include "mcp/tool.h"

/* One JSON-RPC message being answered. */
struct cm_message {
	struct cm_exchange *x;
	const struct cm_toolbox *box;
	const struct cm_revision *revision;
	bool in_batch;
	const cm_json *id;     /* string or integer; NULL for null */
	const cm_json *params; /* an object, or NULL for none */
	struct cm_buf data;    /* JSON for the error's data; empty: none */
	cm_scope_set wanted;   /* with CM_SCOPE: every scope that the operation needs */
};

/*
 * Answers a request: appends the JSON of its result, or returns why there is none.  One row of the
 * table in method.c for each.
 */
typedef enum cm_status cm_method_run(struct cm_message *m, struct cm_buf *result,
                                     struct cm_err *err);

/* The method of this name, NULL when there is none. */
cm_method_run *cm_method_find(const char *name);

/*
 * Answer one message: append a JSON-RPC response to out, or nothing when it wants none.
 * The returned status is CM_OK or that of the error in the response.
 */
enum cm_status cm_message_answer(struct cm_message *m, const cm_json *message, struct cm_buf *out);

#endif

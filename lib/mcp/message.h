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
	const cm_json *id;     /* string or integer; NULL for none that could be read */
	const cm_json *params; /* an object, or NULL for none */
	struct cm_buf data;    /* JSON for the error's data; empty: none */
	cm_scope_set wanted;   /* with CM_SCOPE: every scope that the operation needs */
};

/*
 * Answers a request: appends the members of its result, an object that is open, or returns why
 * there is none.
 */
typedef enum cm_status cm_method_run(struct cm_message *m, struct cm_buf *result,
                                     struct cm_err *err);

/* How long, and by whom, a result may be kept (MCP 2026-07-28, server/utilities/caching). */
enum cm_cache { CM_CACHE_NONE = 0, CM_CACHE_STALE, CM_CACHE_PRIVATE, CM_CACHE_PUBLIC };

/* A method: one row of the table in method.c. */
struct cm_method {
	const char *name;
	cm_method_run *run;
	enum { CM_ERA_ALL = 0, CM_ERA_HANDSHAKE, CM_ERA_PER_REQUEST } era;
	enum cm_cache cache;
	const char *mirrored; /* the parameter that the header Mcp-Name repeats; NULL: none */
	bool counted;         /* against the setting tool_calls_per_minute */
};

/* The method of this name in a revision, NULL when there is none. */
const struct cm_method *cm_method_find(const char *name, const struct cm_revision *revision);

/* Append what the server is called: {"name":...,"version":...}. */
void cm_method_put_server(struct cm_buf *buf, const struct cm_revision *revision);

/*
 * Answer one message: append a JSON-RPC response to out, or nothing when it wants none.
 * The returned status is CM_OK or that of the error in the response; *http gets the HTTP status
 * that goes with it.
 */
enum cm_status cm_message_answer(struct cm_message *m, const cm_json *message, struct cm_buf *out,
                                 int *http);

/*
 * What a caller without the scope is told: the scope, and what it was needed for as a member of the
 * error's data.  Returns CM_SCOPE.
 */
enum cm_status cm_message_lack_scope(struct cm_message *m, enum cm_scope scope, const char *kind,
                                     const char *name, struct cm_err *err);

#endif

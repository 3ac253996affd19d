#ifndef CM_TESTS_SUPPORT_H
#define CM_TESTS_SUPPORT_H

#include "http/exchange.h"
#include "mcp/tool.h"
#include "serve.h"
#include "store/fixture_store.h"

/* More for tests of the upper layers, on top of the server of serve.h. */

/* Parse a text that must be JSON; the caller frees it. */
cm_json *support_parse(const char *text);

/* Whether a member is exactly this string. */
bool support_is(const cm_json *json, const char *member, const char *text);

/* Whether a value is written exactly like this. */
bool support_writes(const cm_json *json, const char *text);

/* The code of a reply's JSON-RPC error, 0 when there is none. */
int64_t support_code(const struct reply *reply);

/* Run one request through the whole server: variables are CGI's, all of them, NULL-terminated. */
struct reply support_answer(struct cm_context *ctx, const char *const *variables, const char *body,
                            size_t body_len, enum cm_body state);

/* POST a text to a path from this machine, with one more variable each (NULL for none). */
struct reply support_post(struct serve *serve, const char *uri, const char *type,
                          const char *variable, const char *body);

/* Basic credentials as a variable; the pair is "id:secret" as it goes into base64. */
void support_basic(const char *pair, char out[400]);

/* Change a setting, and let the context see it. */
void support_set(struct serve *serve, const char *name, const char *value);

/* How many rows there are. */
struct support_rows {
	int64_t applications, tokens, audits;
};

struct support_rows support_rows(struct serve *serve);
bool support_same_rows(struct support_rows a, struct support_rows b);

/* From now on the system has this many more portions of random bytes. */
void support_random_ends_after(int portions);

/* A caller that never had a token. */
struct cm_principal support_caller(const char *organization, cm_scope_set scopes);

/*
 * Run one of the server's own tools for a caller; arguments is JSON text.  *result (may be NULL)
 * gets the text block; the caller frees it.
 */
enum cm_status support_tool(struct serve *serve, const struct cm_principal *caller,
                            const char *tool, const char *arguments, cm_json **result,
                            struct cm_err *err);

#endif

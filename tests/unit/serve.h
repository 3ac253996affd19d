#ifndef CM_TESTS_SERVE_H
#define CM_TESTS_SERVE_H

#include "auth/context.h"
#include "auth/principal.h"
#include "base/buf.h"
#include "base/json.h"
#include "fixture.h"
#include "http/request.h"
#include "http/response.h"
#include "suite.h"

/*
 * A server without a socket: a store in memory with a key, the organisations built-in, my-org and
 * other-org, and a client in each: built-in/admin (admin), my-org/demo and other-org/demo (read and
 * write), my-org/reader (read).
 */
enum serve_client { ADMIN, DEMO, OTHER, READER, NOBODY, SERVE_CLIENTS = NOBODY };

struct serve {
	struct cm_context ctx;
	char client_id[SERVE_CLIENTS][CM_NAME_MAX + 1];
	char secret[SERVE_CLIENTS][64];
	char *token[SERVE_CLIENTS]; /* owned */
};

void serve_open(struct serve *serve);

/* The same with a file in place of memory; the path is borrowed. */
void serve_open_file(struct serve *serve, const char *path);

void serve_close(struct serve *serve);

/* An answer, in parts. Release it with reply_clear(). */
struct reply {
	int status;
	struct cm_buf raw;
	const char *body; /* in raw */
	cm_json *json;    /* NULL when the body is none */
};

void reply_clear(struct reply *reply);

/* Whether the answer has this header line, from its beginning, up to where text ends. */
bool reply_has_header(const struct reply *reply, const char *text);

/* What the program does with a request that is alone; the response is the caller's to clear. */
void serve_answer(struct cm_context *ctx, const struct cm_request *req, struct cm_response *res);

/* Send a request: variables are CGI's, NULL-terminated, NULL for none. */
struct reply serve_send(struct serve *serve, const char *method, const char *uri,
                        const char *const *variables, const char *body);

/* POST a JSON-RPC text to the MCP endpoint with the client's token, in a revision or none. */
struct reply serve_rpc(struct serve *serve, enum serve_client client, const char *revision,
                       const char *text);

/* Call a tool; *failed gets isError.  The first text block (owned by the caller), NULL for none. */
char *serve_call(struct serve *serve, enum serve_client client, const char *tool,
                 const char *arguments, bool *failed);

/* Call a tool that must fail with a text that holds a word. */
void serve_refuses(struct serve *serve, enum serve_client client, const char *tool,
                   const char *arguments, const char *word);

/* Call a tool that must succeed. */
void serve_does(struct serve *serve, enum serve_client client, const char *tool,
                const char *arguments);

/* A form for the token endpoint; the client's credentials are in it unless client is NOBODY. */
struct reply serve_token(struct serve *serve, enum serve_client client, const char *form);

#endif

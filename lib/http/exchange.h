#ifndef CM_HTTP_EXCHANGE_H
#define CM_HTTP_EXCHANGE_H

#include "auth/context.h"
#include "auth/principal.h"
#include "auth/throttle.h"
#include "http/request.h"
#include "http/response.h"

struct cm_route;

/* One request on its way to its response. */
struct cm_exchange {
	struct cm_context *ctx;
	const struct cm_request *req;
	struct cm_response *res;
	const struct cm_route *route; /* the row that answers it; NULL: none fits */
	enum cm_status outcome;       /* how it ended, for the log */
	int64_t began_us;             /* on the monotonic clock */
	char rpc_method[64];          /* JSON-RPC method, for the log; "" outside MCP */
	char rpc_tool[64];            /* the tool, prompt or resource that was named */
	bool rpc_without_id;          /* JSON-RPC errors of unknown requests have no id, not null */
	int64_t retry_after_s;        /* for Retry-After with an error; 0: as its status has it */
	const char *path_rest;        /* of a path that a route has the beginning of; borrowed */
	char forwarded[64];           /* the client's address as a trusted proxy told it */
	struct cm_principal caller;   /* scopes and names only where the route wants a token */
};

/*
 * Find out where the request came from, for x->caller.address: from the web server, or, if that is
 * a trusted proxy, the last address of X-Forwarded-For that is none.  CM_REQUEST where a client
 * may have added to what the proxy says, by a header of another name (CM_ENV_UNLIKE).
 */
enum cm_status cm_exchange_set_address(struct cm_exchange *x, struct cm_err *err);

/*
 * Whether a client's secrets may be in the request: it came over TLS or did not leave this machine,
 * or a trusted proxy says so of what came to it (X-Forwarded-Proto).
 */
bool cm_exchange_is_private(const struct cm_exchange *x);

/* In which shape a path tells errors. */
enum cm_shape {
	CM_SHAPE_PLAIN = 0, /* {"error": name, "error_description": text} */
	CM_SHAPE_OAUTH,     /* RFC 6749 section 5.2 */
	CM_SHAPE_JSONRPC,   /* JSON-RPC 2.0 section 5.1 */
	CM_SHAPE_PAGE,      /* HTML for a person */
	CM_SHAPE_COUNT
};

/*
 * Answer with an error: status, body in the given shape, Retry-After with 429 and 503.  What a
 * caller may not read goes to the log, under the request id that the caller gets.
 */
void cm_exchange_fail(struct cm_exchange *x, enum cm_shape shape, const struct cm_err *err);

/* Set outcome, HTTP status and Retry-After for an error, for answers that have their own body. */
void cm_exchange_set_status(struct cm_exchange *x, const struct cm_err *err);

/* Say with 429 and 503 when to try again. */
void cm_exchange_put_retry_after(struct cm_exchange *x);

/*
 * Copy a sentence as an error_description may have it: ASCII without quote and backslash, others
 * are '?' (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3).  What exceeds size is left out.
 */
void cm_exchange_description(char *out, size_t size, const char *text);

/* The error object of JSON-RPC; data is JSON text or NULL. */
void cm_exchange_put_rpc_error(struct cm_buf *buf, int code, const struct cm_err *err,
                               const char *data, const char *request_id);

/* Log a failure whose text the caller may not read; the others are the caller's own. */
void cm_exchange_log(const struct cm_exchange *x, const struct cm_err *err);

/*
 * Count one more of a kind from the address of this request, if there weren't too many lately.
 * CM_THROTTLED, with x->retry_after_s.
 */
enum cm_status cm_exchange_count(struct cm_exchange *x, enum cm_throttle_kind kind,
                                 struct cm_err *err);

/*
 * The challenge for a bearer token (RFC 6750 section 3, RFC 9728 section 5.1).  error may be NULL:
 * no token was sent.
 */
void cm_exchange_challenge(struct cm_exchange *x, const char *error, const char *description,
                           cm_scope_set scopes);

/*
 * Find out who is calling, from the Authorization header alone (RFC 6750 section 2.1).  On failure
 * the challenge is in the response.  CM_UNAUTHORIZED, or what kept the store from answering.
 */
enum cm_status cm_exchange_authenticate(struct cm_exchange *x, struct cm_err *err);

/*
 * The same once more within one request, which may have changed what its own token is good for.
 * Sends no challenge.
 */
enum cm_status cm_exchange_recheck(struct cm_exchange *x, struct cm_err *err);

#endif

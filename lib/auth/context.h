#ifndef CM_AUTH_CONTEXT_H
#define CM_AUTH_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/key.h"
#include "auth/verified.h"
#include "base/buf.h"
#include "base/counters.h"
#include "base/status.h"
#include "store/setting.h"
#include "store/store.h"

#define CM_MCP_PATH   "/api/mcp"
#define CM_TOKEN_PATH "/api/login/oauth/access_token"

/* A text that stays the same while the process runs: what it is of, in which form. */
struct cm_kept {
	const void *of, *form;
	struct cm_buf text;
};

/*
 * What a process keeps from one request to the next: the open store, and the settings and keys as
 * they were last read from it.  Set it up with cm_context_init(), refresh it at each request.
 */
struct cm_context {
	const char *path;       /* of the database; borrowed */
	struct cm_store *store; /* NULL while it can't be opened */
	int64_t version;        /* of the store, at the last refresh */
	struct cm_settings settings;
	struct cm_keyring keys;
	struct cm_verified verified;
	char mcp_url[CM_URL_MAX + sizeof CM_MCP_PATH]; /* the resource identifier, RFC 8707 */
	struct cm_kept *kept;                          /* owned, kept_count of them */
	size_t kept_count;
	struct cm_counters counters; /* what /metrics tells; open when first used */
	bool counters_used;          /* they were opened before */
	bool counters_told;          /* that they can't be used was logged */
	bool outdated;               /* the last request met a store of a newer program */
	const char *prefix; /* path of the issuer, "" at the root; borrowed from the settings */
};

void cm_context_init(struct cm_context *ctx, const char *path);

/* Take over an open store, for tests and the command line. */
void cm_context_take_store(struct cm_context *ctx, struct cm_store *store);

void cm_context_clear(struct cm_context *ctx);

/*
 * Open the store if it isn't, reopen it if its file was replaced or got another schema, and read
 * settings and keys again if they may have changed.  Verified tokens are forgotten when settings or
 * keys did change.  What is read from then on is one state of the store (cm_store_read_begin()),
 * until something is written or cm_context_rest().  CM_STORE, CM_OUTDATED, CM_BUSY, CM_NOMEM.
 */
enum cm_status cm_context_refresh(struct cm_context *ctx, struct cm_err *err);

/*
 * The text that is kept of a thing in a form, both told apart by their addresses: empty the first
 * time, for the caller to fill.  Borrowed until the next call; NULL without memory.
 */
struct cm_buf *cm_context_keep(struct cm_context *ctx, const void *of, const void *form);

/* The request is answered: hold no lock on the store. */
void cm_context_rest(struct cm_context *ctx);

#endif

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
	const char *path;          /* of the database; borrowed */
	struct cm_store *store;    /* NULL while it can't be opened */
	int64_t version;           /* of the store, at the last refresh */
	int changes;               /* cm_store_changes() then */
	int64_t state;             /* how many states of the store refreshes have met */
	char revision[CM_ID_TEXT]; /* of settings and keys, when they were last read */
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
	bool grouped;                /* cm_context_group_begin() */
	struct cm_err undone;        /* why the group's transaction was undone; CM_OK: it wasn't */
	const char *prefix; /* path of the issuer, "" at the root; borrowed from the settings */
};

/* Set it up; nothing is opened yet.  path must stay as long as the context. */
void cm_context_init(struct cm_context *ctx, const char *path);

/* Take over an open store, for tests and the command line. */
void cm_context_take_store(struct cm_context *ctx, struct cm_store *store);

/* Close the store and release all; the context is as cm_context_init() left it. */
void cm_context_clear(struct cm_context *ctx);

/*
 * Open the store if it isn't, reopen it if its file was replaced or got another schema, and read
 * settings and keys again if they may have changed.  Verified tokens are forgotten when settings or
 * keys did change.  What is read from then on is one state of the store (cm_store_read_begin()),
 * until something is written or cm_context_rest().  CM_STORE, CM_OUTDATED, CM_BUSY, CM_NOMEM.
 */
enum cm_status cm_context_refresh(struct cm_context *ctx, struct cm_err *err);

/*
 * The state of the store that is read: a number that another state never had in this context.  0
 * when it can't be told, because a transaction is open or nothing is being read.
 */
int64_t cm_context_state(const struct cm_context *ctx);

/*
 * The text that is kept of a thing in a form, both told apart by their addresses: empty the first
 * time, for the caller to fill.  Borrowed until the next call; NULL without memory.
 */
struct cm_buf *cm_context_keep(struct cm_context *ctx, const void *of, const void *form);

/* What was asked for is answered: hold no lock on the store. */
void cm_context_rest(struct cm_context *ctx);

/* Whether the setting read_only lets the registry be changed.  CM_FORBIDDEN. */
enum cm_status cm_context_may_change(const struct cm_context *ctx, struct cm_err *err);

/* More requests came: they may wait for a lock on the store (cm_store_wait_anew()). */
void cm_context_wait_anew(struct cm_context *ctx);

/*
 * Requests that came together are a group: what they write is one transaction, with one sync
 * (cm_store_group_begin()).  Add one after the other while the group is open, then end it, then
 * answer them all.  When the end fails none of them wrote anything, and each is to be done again,
 * alone.
 */
void cm_context_group_begin(struct cm_context *ctx);
enum cm_status cm_context_group_end(struct cm_context *ctx, struct cm_err *err);

/* Whether the group has something to commit, and more can be added. */
bool cm_context_group_is_open(const struct cm_context *ctx);

/*
 * For a request that will sign or hash something: end its group now, for nobody shall wait for the
 * lock so long.  On failure the request must fail with what this returned.
 */
enum cm_status cm_context_group_leave(struct cm_context *ctx, struct cm_err *err);

#endif

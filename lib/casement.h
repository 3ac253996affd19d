#ifndef CM_CASEMENT_H
#define CM_CASEMENT_H

#include "auth/context.h"
#include "http/exchange.h"

/*
 * Whether a request may share a transaction with others: its route says so, and it is not a batch
 * of JSON-RPC.  Others may take long, by a password or a fetch.
 */
bool cm_casement_is_short(const struct cm_request *req);

/*
 * Answer a request, in three steps: what it does, cm_context_group_end(), and the end.
 *
 * The first refreshes what is kept in memory, finds the route, and fills the response, whatever
 * happens.  The response was initialised by the caller, who emits and clears it.  It may be done
 * again where the commit failed.
 */
void cm_casement_run(struct cm_exchange *x, struct cm_context *ctx, const struct cm_request *req,
                     struct cm_response *res);

/* The request is answered: it is logged and counted, and the response can be emitted. */
void cm_casement_end(struct cm_exchange *x);

/*
 * Bytes of body that a request may have: the setting, 1 MiB while the store can't be opened.  A
 * declared length within the setting as it was last read needs no look at the store, because the
 * answer looks again; one that is unknown (negative) or beyond it does.
 */
size_t cm_casement_body_limit(struct cm_context *ctx, long long declared);

#endif

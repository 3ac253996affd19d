#ifndef CM_CASEMENT_H
#define CM_CASEMENT_H

#include "auth/context.h"
#include "http/request.h"
#include "http/response.h"

/*
 * Answer a request: refresh what is kept in memory, find the route, and fill the response, whatever
 * happens.  The response was initialised by the caller, who emits and clears it.
 */
void cm_casement_answer(struct cm_context *ctx, const struct cm_request *req,
                        struct cm_response *res);

/*
 * Bytes of body that a request may have: the setting, 1 MiB while the store can't be opened.  A
 * declared length within the setting as it was last read needs no look at the store, because the
 * answer looks again; one that is unknown (negative) or beyond it does.
 */
size_t cm_casement_body_limit(struct cm_context *ctx, long long declared);

#endif

#ifndef CM_OAUTH_CLIENT_REQUEST_H
#define CM_OAUTH_CLIENT_REQUEST_H

#include "auth/client.h"
#include "http/exchange.h"
#include "http/params.h"

/*
 * A request that a client makes itself, by POST: the token endpoint's and its relatives'.  Set it
 * up with {0}, release it with cm_client_request_clear().
 */
struct cm_client_request {
	struct cm_params params;
	struct cm_client client;
};

/*
 * Check the transport, read the parameters and authenticate the client; who it is goes into
 * x->caller.  What is wrong has the error of RFC 6749 section 5.2.
 */
enum cm_status cm_client_request_read(struct cm_exchange *x, struct cm_client_request *out,
                                      struct cm_err *err);
void cm_client_request_clear(struct cm_client_request *request);

/* Answer with an error in the shape of RFC 6749 section 5.2, with a challenge if Basic was used. */
void cm_client_request_fail(struct cm_exchange *x, const struct cm_err *err);

#endif

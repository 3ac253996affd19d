#ifndef CM_AUTH_CLIENT_H
#define CM_AUTH_CLIENT_H

#include "base/status.h"
#include "store/application.h"
#include "store/store.h"

/*
 * Authenticate a client by its id and secret (RFC 6749 section 2.3.1).  The secret's SHA-256 is
 * compared in constant time; an unknown client costs the same comparison.  An application without
 * a secret never matches.  Release *out with cm_client_clear().  CM_INVALID_CLIENT.
 */
enum cm_status cm_client_authenticate(struct cm_store *store, const char *client_id,
                                      const char *secret, struct cm_client *out,
                                      struct cm_err *err);

#endif

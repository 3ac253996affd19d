#ifndef CM_AUTH_VERIFIED_H
#define CM_AUTH_VERIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/scope.h"
#include "base/crypto.h"
#include "store/token.h"

/*
 * Access tokens whose signature and fixed claims were found good under the current keys and
 * settings.  A process remembers a bounded number of them by their SHA-256, because a signature
 * takes long to check.  What can change while a token lives is looked at for each request: the time
 * always; revocation, client and person in the store, unless that is in the state in which they
 * were last looked at.
 */

enum { CM_JTI_MAX = 64, CM_VERIFIED_SLOTS = 512 };

/* The claims that requests are decided on. */
struct cm_claims {
	char jti[CM_JTI_MAX];
	char client_id[CM_CLIENT_ID_MAX + 1];
	cm_scope_set scopes;
	int64_t not_before_s; /* 0: none */
	int64_t expires_at_s;
};

/* Whom a good token speaks for. */
struct cm_caller {
	char organization[CM_NAME_MAX + 1];
	char user[CM_USER_TEXT];
	int64_t user_id;
	cm_scope_set scopes, identity;
};

struct cm_verified_token {
	struct cm_claims claims;
	int64_t state; /* cm_context_state() in which the caller was found; 0: in none */
	struct cm_caller caller;
};

struct cm_verified_slot {
	unsigned char digest[CM_SHA256_BYTES];
	bool used;
	struct cm_verified_token token;
};

/* Set it up with {0}. */
struct cm_verified {
	struct cm_verified_slot *slot; /* CM_VERIFIED_SLOTS of them, owned; NULL until first used */
};

/* A token by its digest (borrowed until the next put), NULL when not remembered. */
struct cm_verified_token *cm_verified_get(const struct cm_verified *table,
                                          const unsigned char digest[CM_SHA256_BYTES]);

/* Remember a token; it may push out another.  Forgetting is no failure: without memory, nothing. */
void cm_verified_put(struct cm_verified *table, const unsigned char digest[CM_SHA256_BYTES],
                     const struct cm_verified_token *token);

/* Forget all. */
void cm_verified_clear(struct cm_verified *table);

#endif

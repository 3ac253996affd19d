#ifndef CM_STORE_TOKEN_H
#define CM_STORE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/entity.h"

struct cm_store;

/* An access token as it is remembered: what it grants, never the token itself. */
struct cm_token {
	const char *jti;
	const char *client_id;
	const char *subject;
	const char *scope;    /* as asked for, separated by spaces */
	const char *resource; /* the audience */
	int64_t issued_at_s;
	int64_t expires_at_s;
};

/* Write a new token; within cm_store_write().  CM_NOT_FOUND when its client is gone. */
enum cm_status cm_token_insert(struct cm_store *store, const struct cm_token *token,
                               struct cm_err *err);

enum { CM_SCOPE_TEXT_MAX = 4096 }; /* bytes of a list of scopes, its NUL included */

/* Who a token speaks for, as the registry has it now. */
struct cm_token_caller {
	char client_id[CM_NAME_MAX + 1];
	char organization[CM_NAME_MAX + 1];
	char registered_scope[CM_SCOPE_TEXT_MAX];
	bool revoked;
};

/* CM_NOT_FOUND when the token was never issued here, or its client was deleted. */
enum cm_status cm_token_caller(struct cm_store *store, const char *jti, struct cm_token_caller *out,
                               struct cm_err *err);

#endif

#ifndef CM_STORE_TOKEN_H
#define CM_STORE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/entity.h"

struct cm_store;

enum {
	CM_SCOPE_TEXT_MAX = 4096,   /* bytes of a list of scopes, its NUL included */
	CM_CLIENT_ID_MAX = 255,     /* bytes; URLs of client documents are longer than names */
	CM_IP_WHITELIST_MAX = 1000, /* bytes */
	CM_USER_TEXT = 2 * CM_NAME_MAX + 2 /* bytes of "owner/name" with its NUL */
};

/* The token as people see it, without the token itself; "removing" it revokes it. */
extern const struct cm_entity cm_token_entity;

/* An access token as it is remembered: what it grants, never the token itself. */
struct cm_token {
	const char *jti;
	/* Of the client that it is for, as struct cm_client had them when that was authenticated.
	 */
	int64_t application_id;
	const char *client_id;
	const char *organization;
	const char *secret_sha256;
	const char *subject;
	const char *scope;    /* as asked for, separated by spaces */
	const char *resource; /* the audience */
	int64_t issued_at_s;
	int64_t expires_at_s;
	int64_t user_id;    /* in whose name; 0: the client's own */
	const char *family; /* what it came of; NULL: of nothing but itself */
};

/*
 * Write a new token; within cm_store_write().  CM_NOT_FOUND when its client is gone, or is another
 * one by now, of another organisation or with another secret.
 */
enum cm_status cm_token_insert(struct cm_store *store, const struct cm_token *token,
                               struct cm_err *err);

/* Who a token speaks for, as the registry has it now. */
struct cm_token_caller {
	char client_id[CM_CLIENT_ID_MAX + 1];
	char organization[CM_NAME_MAX + 1]; /* of the person, or of the client itself */
	char registered_scope[CM_SCOPE_TEXT_MAX];
	bool revoked;
	int64_t user_id;                    /* 0: the client itself */
	char user[CM_USER_TEXT];            /* owner/name of the person, "" for the client itself */
	char user_scope[CM_SCOPE_TEXT_MAX]; /* what the person may let clients do */
	bool user_forbidden;
	bool user_admin;
	char ip_whitelist[CM_IP_WHITELIST_MAX + 1]; /* of the application */
	bool from_document; /* the application came by its document: CM_CLIENT_DOCUMENT */
	bool disabled;      /* the application, or an organisation of it or of the person, is off */
	bool user_foreign;  /* an administrator's application is of another organisation by now */
};

/* CM_NOT_FOUND when the token was never issued here, or its client was deleted. */
enum cm_status cm_token_caller(struct cm_store *store, const char *jti, struct cm_token_caller *out,
                               struct cm_err *err);

/* End a token; within cm_store_write().  One that has ended already stays so. */
enum cm_status cm_token_revoke(struct cm_store *store, const char *jti, struct cm_err *err);

#endif

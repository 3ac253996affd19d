#ifndef CM_STORE_USER_H
#define CM_STORE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "store/entity.h"
#include "store/organization.h"
#include "store/token.h"

enum {
	CM_SUBJECT_MAX = 40,       /* bytes of a subject with its NUL */
	CM_EMAIL_MAX = 254,        /* bytes, RFC 5321 section 4.5.3.1.3 */
	CM_PASSWORD_HASH_MAX = 384 /* bytes with the NUL, crypt(5) */
};

/* A person who can sign in. */
struct cm_user {
	int64_t id;                   /* of the row; 0: nobody */
	char subject[CM_SUBJECT_MAX]; /* sub of the person's tokens, the same for ever */
	char owner[CM_NAME_MAX + 1];  /* the organisation */
	char name[CM_NAME_MAX + 1];
	char display_name[CM_DISPLAY_NAME_MAX + 1];
	char email[CM_EMAIL_MAX + 1];             /* "" when unknown */
	char password_hash[CM_PASSWORD_HASH_MAX]; /* crypt(5); "": nobody can sign in */
	char scope[CM_SCOPE_TEXT_MAX]; /* what the person has without roles and permissions */
	bool forbidden;                /* or of an organisation that is switched off */
	bool admin;                    /* has all scopes */
	int64_t created_at_s;
};

/* The user as people manage it. */
extern const struct cm_entity cm_user_entity;

/* A new subject. */
enum cm_status cm_user_subject(char out[CM_SUBJECT_MAX], struct cm_err *err);

/* The id of the one user of an organisation with this address or number (NULL: not asked for). */
enum cm_status cm_user_find_id(struct cm_store *store, const char *owner, const char *email,
                               const char *phone, char out[CM_USER_TEXT], struct cm_err *err);

/* CM_NOT_FOUND when there is none. */
enum cm_status cm_user_get(struct cm_store *store, const char *owner, const char *name,
                           struct cm_user *out, struct cm_err *err);
enum cm_status cm_user_by_id(struct cm_store *store, int64_t id, struct cm_user *out,
                             struct cm_err *err);

/*
 * The person whom a name typed at sign-in means: owner/name, an e-mail address, or a name alone: of
 * the given organisation (NULL: none), else where only one has it.  CM_NOT_FOUND.
 */
enum cm_status cm_user_find(struct cm_store *store, const char *login, const char *owner,
                            struct cm_user *out, struct cm_err *err);

/*
 * Give a person the hash of a password, as it was kept elsewhere or made anew for the same
 * password; within cm_store_write().  CM_NOT_FOUND.
 */
enum cm_status cm_user_set_password(struct cm_store *store, int64_t id, const char *hash,
                                    struct cm_err *err);

#endif

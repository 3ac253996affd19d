#ifndef CM_STORE_SESSION_H
#define CM_STORE_SESSION_H

#include "store/user.h"

/* A browser in which a person has signed in.  It is known by the SHA-256 of its cookie's secret. */
struct cm_session {
	struct cm_user user;
	int64_t signed_in_at_s;
	int64_t seen_at_s; /* to the minute */
};

/* Write a new session; within cm_store_write(). */
enum cm_status cm_session_insert(struct cm_store *store, const char *id_sha256, int64_t user_id,
                                 int64_t expires_at_s, struct cm_err *err);

/*
 * The session that is still good: not expired, last seen after idle_since_s, of a person who may
 * sign in.  CM_NOT_FOUND.
 */
enum cm_status cm_session_get(struct cm_store *store, const char *id_sha256, int64_t idle_since_s,
                              struct cm_session *out, struct cm_err *err);

/* Note that it was seen now, or end it, or all of a person; within cm_store_write(). */
enum cm_status cm_session_touch(struct cm_store *store, const char *id_sha256, struct cm_err *err);
enum cm_status cm_session_delete(struct cm_store *store, const char *id_sha256, struct cm_err *err);
enum cm_status cm_session_delete_of_user(struct cm_store *store, int64_t user_id,
                                         struct cm_err *err);

#endif

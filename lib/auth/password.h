#ifndef CM_AUTH_PASSWORD_H
#define CM_AUTH_PASSWORD_H

#include <stdbool.h>

#include "base/status.h"
#include "store/user.h"

/* People's passwords, kept as yescrypt by libxcrypt (crypt(5)). */

enum { CM_PASSWORD_MIN = 8, CM_PASSWORD_MAX = 200 }; /* characters; bytes */

/* Whether a new password may be taken.  CM_INPUT with a sentence that doesn't hold it. */
enum cm_status cm_password_check(const char *password, struct cm_err *err);

/* The hash of a password, with a salt of its own.  It takes long: before the lock is taken. */
enum cm_status cm_password_hash(const char *password, char out[CM_PASSWORD_HASH_MAX],
                                struct cm_err *err);

/*
 * Whether a password is the one of a hash.  With "" for either the answer is no, after as much
 * work.  CM_UNAUTHORIZED when it is not.
 */
enum cm_status cm_password_verify(const char *password, const char *hash, struct cm_err *err);

/* Whether a hash is of another kind than new ones are, such as one that came from elsewhere. */
bool cm_password_is_old(const char *hash);

/* What kind of hash a text is: "yescrypt", "bcrypt", "digest" (see below); NULL when none. */
const char *cm_password_type(const char *hash);

/*
 * The hash for a password of which only a digest is known, by the type that Casdoor calls it (see
 * digest_password.h).  The digest is hashed as a password would be: it is not kept.  CM_INPUT when
 * this can't be checked later.
 */
enum cm_status cm_password_from_digest(const char *type, const char *salt, const char *digest,
                                       char out[CM_PASSWORD_HASH_MAX], struct cm_err *err);

#endif

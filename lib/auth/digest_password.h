#ifndef CM_AUTH_DIGEST_PASSWORD_H
#define CM_AUTH_DIGEST_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * Digests of passwords as Casdoor keeps them, by the name of its password type: "salt" (SHA-256),
 * "sha512-salt", "md5-salt", "pbkdf2-salt" and "pbkdf2-django".
 */

enum {
	CM_DIGEST_TEXT = 130,   /* bytes of a digest's text with its NUL */
	CM_DIGEST_TYPE_MAX = 16 /* bytes of a type's name */
};

/* Whether a type is one of those. */
bool cm_digest_password_known(const char *type);

/*
 * The digest of a password.  form counts the ways in which a type without a salt was made; CM_INPUT
 * when there is no such form, or the salt is none.
 */
enum cm_status cm_digest_password(const char *type, const char *salt, const char *password,
                                  unsigned form, char out[CM_DIGEST_TEXT], struct cm_err *err);

#endif

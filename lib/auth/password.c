#include "auth/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"

_Static_assert(CM_PASSWORD_HASH_MAX >= CRYPT_OUTPUT_SIZE, "a hash fits");

/* The method, at the cost that libxcrypt recommends (crypt_gensalt(3)). */
#define METHOD "$y$"

enum cm_status cm_password_check(const char *password, struct cm_err *err)
{
	if (!cm_text_is_utf8(password, strlen(password)))
		return cm_err_set(err, CM_INPUT, "The password must be UTF-8.");
	if (cm_text_chars(password) < CM_PASSWORD_MIN)
		return cm_err_set(err, CM_INPUT, "A password has at least %d characters.",
		                  CM_PASSWORD_MIN);
	if (strlen(password) > CM_PASSWORD_MAX)
		return cm_err_set(err, CM_INPUT, "A password has at most %d bytes.",
		                  CM_PASSWORD_MAX);
	return CM_OK;
}

static enum cm_status hash(const char *password, const char *setting,
                           char out[CM_PASSWORD_HASH_MAX], struct cm_err *err)
{
	struct crypt_data *work = calloc(1, sizeof *work);
	enum cm_status rc = CM_OK;
	const char *made;

	if (work == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	made = crypt_rn(password, setting, work, (int)sizeof *work);
	if (made == NULL)
		rc = cm_err_set(err, CM_INTERNAL, "libxcrypt can't hash with this setting");
	else
		memcpy(out, made, strlen(made) + 1);
	cm_crypto_wipe(work, sizeof *work);
	free(work);
	return rc;
}

enum cm_status cm_password_hash(const char *password, char out[CM_PASSWORD_HASH_MAX],
                                struct cm_err *err)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char salt[32];
	enum cm_status rc = cm_crypto_random(salt, sizeof salt, err);

	out[0] = '\0';
	if (rc != CM_OK)
		return rc;
	if (crypt_gensalt_rn(METHOD, 0, salt, sizeof salt, setting, sizeof setting) == NULL)
		return cm_err_set(err, CM_INTERNAL, "libxcrypt can't make a salt for " METHOD);
	return hash(password, setting, out, err);
}

enum cm_status cm_password_verify(const char *password, const char *stored, struct cm_err *err)
{
	char made[CM_PASSWORD_HASH_MAX];
	size_t len = strlen(stored);
	/* Without a hash it takes as long as with one: nobody learns which names there are. */
	enum cm_status rc =
	    len == 0 ? cm_password_hash(password, made, err) : hash(password, stored, made, err);

	if (rc == CM_OK && (len == 0 || strlen(made) != len || !cm_crypto_equal(made, stored, len)))
		rc = cm_err_set(err, CM_UNAUTHORIZED, "The name or the password is wrong.");
	cm_crypto_wipe(made, sizeof made);
	return rc;
}

bool cm_password_is_old(const char *hash)
{
	return strncmp(hash, METHOD, strlen(METHOD)) != 0;
}

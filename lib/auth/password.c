#include "auth/password.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/digest_password.h"
#include "base/crypto.h"
#include "base/encode.h"
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

static enum cm_status verify(const char *password, const char *stored, struct cm_err *err)
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

/* --- passwords of which a digest is known: "$digest$TYPE$SALT" in base64url, "$", and its hash ---
 */

#define DIGEST "$digest$"

enum { SALT_MAX = 100 };

struct digested {
	char type[CM_DIGEST_TYPE_MAX];
	char salt[SALT_MAX + 1];
	const char *hash; /* of the digest; borrowed */
};

static bool read_digested(const char *stored, struct digested *out)
{
	const char *type = stored + strlen(DIGEST), *salt = strchr(type, '$'), *end;
	size_t len = 0;

	end = salt == NULL ? NULL : strchr(salt + 1, '$');
	if (end == NULL || (size_t)(salt - type) >= sizeof out->type ||
	    (size_t)(end - salt - 1) >= CM_BASE64URL_SIZE(SALT_MAX) ||
	    !cm_decode_base64url(salt + 1, (size_t)(end - salt - 1), (unsigned char *)out->salt,
	                         &len))
		return false;
	snprintf(out->type, sizeof out->type, "%.*s", (int)(salt - type), type);
	out->salt[len] = '\0';
	out->hash = end + 1;
	return strlen(out->salt) == len && cm_digest_password_known(out->type);
}

static enum cm_status verify_digested(const char *password, const char *stored, struct cm_err *err)
{
	char digest[CM_DIGEST_TEXT];
	struct cm_err why = {0};
	struct digested parts;
	enum cm_status rc;

	if (!read_digested(stored, &parts))
		return cm_err_set(err, CM_STORE, "a password's hash can't be read");
	rc = cm_digest_password(parts.type, parts.salt, password, 0, digest, &why);
	if (rc == CM_OK)
		rc = verify(digest, parts.hash, &why);
	if (rc == CM_UNAUTHORIZED &&
	    cm_digest_password(parts.type, parts.salt, password, 1, digest, NULL) == CM_OK)
		rc = verify(digest, parts.hash, NULL);
	cm_crypto_wipe(digest, sizeof digest);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

enum cm_status cm_password_from_digest(const char *type, const char *salt, const char *digest,
                                       char out[CM_PASSWORD_HASH_MAX], struct cm_err *err)
{
	char encoded[CM_BASE64URL_SIZE(SALT_MAX)], probe[CM_DIGEST_TEXT], cost[SALT_MAX + 1];
	char made[CM_PASSWORD_HASH_MAX];
	const char *mark;
	enum cm_status rc;

	/* Django's way: pbkdf2_sha256$260000$salt$digest */
	if (strcmp(type, "pbkdf2-django") == 0) {
		salt = strchr(digest, '$');
		mark = strrchr(digest, '$');
		if (salt == NULL || mark - salt < 2 || mark - salt > SALT_MAX ||
		    strncmp(digest, "pbkdf2_sha256$", 14) != 0)
			return cm_err_set(err, CM_INPUT, "it is no hash of Django");
		snprintf(cost, sizeof cost, "%.*s", (int)(mark - salt - 1), salt + 1);
		salt = cost;
		digest = mark + 1;
	}
	if (strlen(salt) > SALT_MAX)
		return cm_err_set(err, CM_INPUT, "its salt is too long");
	if ((rc = cm_digest_password(type, salt, "", 0, probe, err)) != CM_OK)
		return rc;
	if (strlen(digest) != strlen(probe))
		return cm_err_set(err, CM_INPUT, "it is no digest of this type");
	if ((rc = cm_password_hash(digest, made, err)) != CM_OK)
		return rc;
	cm_encode_base64url(salt, strlen(salt), encoded);
	return snprintf(out, CM_PASSWORD_HASH_MAX, DIGEST "%s$%s$%s", type, encoded, made) <
	               CM_PASSWORD_HASH_MAX
	           ? CM_OK
	           : cm_err_set(err, CM_INTERNAL, "a hash is too long");
}

enum cm_status cm_password_verify(const char *password, const char *stored, struct cm_err *err)
{
	/* Who never had a password elsewhere may have come with a hash of none. */
	if (*password == '\0')
		stored = "";
	return strncmp(stored, DIGEST, strlen(DIGEST)) == 0 ? verify_digested(password, stored, err)
	                                                    : verify(password, stored, err);
}

bool cm_password_is_old(const char *hash)
{
	return strncmp(hash, METHOD, strlen(METHOD)) != 0;
}

/* A whole yescrypt hash: what follows the last '$' are 256 bits. */
static bool is_whole(const char *hash)
{
	return !cm_password_is_old(hash) && strlen(strrchr(hash, '$')) == 44 &&
	       crypt_checksalt(hash) != CRYPT_SALT_INVALID;
}

const char *cm_password_type(const char *hash)
{
	struct digested parts;

	if (strncmp(hash, DIGEST, strlen(DIGEST)) == 0)
		return read_digested(hash, &parts) && is_whole(parts.hash) ? "digest" : NULL;
	if (is_whole(hash))
		return "yescrypt";
	return strncmp(hash, "$2", 2) == 0 && strlen(hash) == 60 &&
	               crypt_checksalt(hash) != CRYPT_SALT_INVALID
	           ? "bcrypt"
	           : NULL;
}

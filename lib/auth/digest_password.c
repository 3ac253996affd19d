#include "auth/digest_password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/encode.h"

enum { PBKDF2_BYTES_MAX = 64, ITERATIONS_MAX = 2000000, SALT_MAX = 200 };

struct type {
	const char *name;
	const EVP_MD *(*digest)(void);
	int key_bytes;  /* of PBKDF2 (RFC 8018 section 5.2); 0: it is a plain digest */
	int iterations; /* 0: they stand before the salt, as "260000$" */
};

/* The cost of pbkdf2-salt is fixed, and its salt is base64. */
static const struct type types[] = {
    {"salt", EVP_sha256, 0, 0},           {"sha512-salt", EVP_sha512, 0, 0},
    {"md5-salt", EVP_md5, 0, 0},          {"pbkdf2-salt", EVP_sha256, 64, 27500},
    {"pbkdf2-django", EVP_sha256, 32, 0},
};

static const struct type *find(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	}
	return NULL;
}

bool cm_digest_password_known(const char *type)
{
	return find(type) != NULL;
}

static enum cm_status digest_hex(const EVP_MD *digest, const char *text, char out[CM_DIGEST_TEXT],
                                 struct cm_err *err)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_Digest(text, strlen(text), bytes, &len, digest, NULL) != 1)
		return cm_err_set(err, CM_INTERNAL, "OpenSSL can't make this digest");
	cm_encode_hex(bytes, len, out);
	return CM_OK;
}

/* The digest of the digest's text and the salt; without a salt, of either, as versions differ. */
static enum cm_status plain(const struct type *type, const char *salt, const char *password,
                            unsigned form, char out[CM_DIGEST_TEXT], struct cm_err *err)
{
	struct cm_buf salted = {0};
	enum cm_status rc;

	if (form > (*salt == '\0' ? 1u : 0u))
		return cm_err_set(err, CM_INPUT, "there is no other form of this digest");
	rc = digest_hex(type->digest(), password, out, err);
	if (rc != CM_OK || (*salt == '\0' && form == 0))
		return rc;
	cm_buf_printf(&salted, "%s%s", out, salt);
	if ((rc = cm_buf_status(&salted, err)) == CM_OK)
		rc = digest_hex(type->digest(), cm_buf_str(&salted), out, err);
	cm_buf_clear(&salted);
	return rc;
}

static enum cm_status pbkdf2(const struct type *type, const char *salt, const char *password,
                             char out[CM_DIGEST_TEXT], struct cm_err *err)
{
	unsigned char key[PBKDF2_BYTES_MAX], bytes[SALT_MAX];
	const char *mark = strchr(salt, '$');
	size_t len = strlen(salt);
	int iterations = type->iterations;

	if (iterations == 0) {
		iterations = mark == NULL ? 0 : (int)strtol(salt, NULL, 10);
		salt = mark == NULL ? "" : mark + 1;
		len = strlen(salt);
	} else if (len > sizeof bytes || !cm_decode_base64(salt, len, bytes, &len)) {
		iterations = 0;
	} else {
		salt = (const char *)bytes;
	}
	if (iterations < 1 || iterations > ITERATIONS_MAX)
		return cm_err_set(err, CM_INPUT, "the salt of a password is none");
	if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const unsigned char *)salt,
	                      (int)len, iterations, type->digest(), type->key_bytes, key) != 1)
		return cm_err_set(err, CM_INTERNAL, "OpenSSL can't derive this key");
	EVP_EncodeBlock((unsigned char *)out, key, type->key_bytes);
	cm_crypto_wipe(key, sizeof key);
	return CM_OK;
}

enum cm_status cm_digest_password(const char *name, const char *salt, const char *password,
                                  unsigned form, char out[CM_DIGEST_TEXT], struct cm_err *err)
{
	const struct type *type = find(name);

	out[0] = '\0';
	if (type == NULL)
		return cm_err_set(err, CM_INPUT, "there is no such type of password");
	if (type->key_bytes == 0)
		return plain(type, salt, password, form, out, err);
	return form == 0 ? pbkdf2(type, salt, password, out, err)
	                 : cm_err_set(err, CM_INPUT, "there is no other form of this digest");
}

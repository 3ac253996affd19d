#include "base/crypto.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/encode.h"

enum { ID_BYTES = 16, TIME_BYTES = 6 };

static bool (*test_source)(void *out, size_t len);

/* The kernel's: OpenSSL would seed a generator of its own first, half the start of a CGI process.
 */
static bool draw(unsigned char *out, size_t len)
{
	while (len > 0) {
		ssize_t got = getrandom(out, len, 0);

		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0) {
			out += got;
			len -= (size_t)got;
		}
	}
	return true;
}

enum cm_status cm_crypto_random(void *out, size_t len, struct cm_err *err)
{
	bool ok = test_source != NULL ? test_source(out, len) : draw(out, len);

	return ok ? CM_OK : cm_err_set(err, CM_INTERNAL, "no random bytes");
}

/* The first of a kind brings all of that kind, or none for ever; signatures draw random bytes. */
static bool fetch_all(void)
{
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, "RSA", NULL);
	EVP_SIGNATURE *signatures = EVP_SIGNATURE_fetch(NULL, "RSA", NULL);
	OSSL_DECODER *decoders = OSSL_DECODER_fetch(NULL, "RSA", NULL);
	unsigned char byte;
	bool ok = keys != NULL && signatures != NULL && decoders != NULL &&
	          RAND_priv_bytes(&byte, 1) == 1;

	OSSL_DECODER_free(decoders);
	EVP_SIGNATURE_free(signatures);
	EVP_KEYMGMT_free(keys);
	return ok;
}

enum cm_status cm_crypto_start(struct cm_err *err)
{
	unsigned char digest[CM_SHA256_BYTES];

	/* An error gives OpenSSL's list of errors its place. */
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	ERR_clear_error();
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_LOAD_CONFIG,
	                        NULL) != 1)
		return cm_err_set(err, CM_INTERNAL, "OpenSSL could not start");
	if (!fetch_all())
		return cm_err_set(err, CM_INTERNAL, "OpenSSL has no RSA");
	return cm_crypto_sha256("", 0, digest, err);
}

void cm_crypto_random_source(bool (*source)(void *out, size_t len))
{
	test_source = source;
}

enum cm_status cm_crypto_secret(char out[CM_SECRET_TEXT], struct cm_err *err)
{
	unsigned char bytes[32];
	enum cm_status rc = cm_crypto_random(bytes, sizeof bytes, err);

	out[0] = '\0';
	if (rc == CM_OK)
		cm_encode_base64url(bytes, sizeof bytes, out);
	cm_crypto_wipe(bytes, sizeof bytes);
	return rc;
}

/* Every request has an id, and most of what random bytes cost is the asking. */
static enum cm_status draw_id(unsigned char out[ID_BYTES], struct cm_err *err)
{
	static unsigned char drawn[32 * ID_BYTES];
	static size_t left;
	enum cm_status rc;

	if (test_source != NULL)
		return cm_crypto_random(out, ID_BYTES, err);
	if (left == 0) {
		if ((rc = cm_crypto_random(drawn, sizeof drawn, err)) != CM_OK)
			return rc;
		left = sizeof drawn;
	}
	left -= ID_BYTES;
	memcpy(out, drawn + left, ID_BYTES);
	return CM_OK;
}

enum cm_status cm_crypto_id(char out[CM_ID_TEXT], struct cm_err *err)
{
	unsigned char bytes[ID_BYTES];
	enum cm_status rc = draw_id(bytes, err);

	out[0] = '\0';
	if (rc == CM_OK)
		cm_encode_hex(bytes, sizeof bytes, out);
	return rc;
}

enum cm_status cm_crypto_id_at(int64_t at_ms, char out[CM_ID_TEXT], struct cm_err *err)
{
	unsigned char bytes[ID_BYTES];
	enum cm_status rc = draw_id(bytes, err);

	out[0] = '\0';
	for (int i = 0; i < TIME_BYTES; i++)
		bytes[i] = (unsigned char)(at_ms >> 8 * (TIME_BYTES - 1 - i));
	if (rc == CM_OK)
		cm_encode_hex(bytes, sizeof bytes, out);
	return rc;
}

/* Looked up once: EVP_sha256() would search the providers for each digest. */
enum cm_status cm_crypto_sha256(const void *data, size_t len, unsigned char out[CM_SHA256_BYTES],
                                struct cm_err *err)
{
	static EVP_MD *algorithm;
	static EVP_MD_CTX *ctx;

	if (algorithm == NULL)
		algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (algorithm == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, algorithm, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, data, len) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		return cm_err_set(err, CM_INTERNAL, "SHA-256 failed");
	return CM_OK;
}

enum cm_status cm_crypto_sha256_hex(const void *data, size_t len, char out[CM_SHA256_HEX],
                                    struct cm_err *err)
{
	unsigned char digest[CM_SHA256_BYTES];
	enum cm_status rc = cm_crypto_sha256(data, len, digest, err);

	out[0] = '\0';
	if (rc == CM_OK)
		cm_encode_hex(digest, sizeof digest, out);
	return rc;
}

bool cm_crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void cm_crypto_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}

#include "auth/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "store/signing_key.h"

struct cm_key_read {
	EVP_PKEY *public_key, *private_key; /* NULL until asked for */
};

static EVP_PKEY *read_once(EVP_PKEY **slot, const char *pem,
                           EVP_PKEY *read(BIO *bio, EVP_PKEY **out, pem_password_cb *password,
                                          void *arg))
{
	BIO *bio = *slot == NULL ? BIO_new_mem_buf(pem, -1) : NULL;

	if (bio != NULL)
		*slot = read(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return *slot;
}

EVP_PKEY *cm_key_public(const struct cm_key *key)
{
	return key->read == NULL
	           ? NULL
	           : read_once(&key->read->public_key, key->public_pem, PEM_read_bio_PUBKEY);
}

EVP_PKEY *cm_key_private(const struct cm_key *key)
{
	return key->read == NULL
	           ? NULL
	           : read_once(&key->read->private_key, key->private_pem, PEM_read_bio_PrivateKey);
}

static void clear_read(struct cm_key_read *read)
{
	if (read == NULL)
		return;
	EVP_PKEY_free(read->public_key);
	EVP_PKEY_free(read->private_key);
	free(read);
}

void cm_key_clear(struct cm_key *key)
{
	if (key->private_pem != NULL)
		cm_crypto_wipe(key->private_pem, strlen(key->private_pem));
	free(key->private_pem);
	free(key->public_pem);
	free(key->jwk);
	clear_read(key->read);
	*key = (struct cm_key){0};
}

void cm_keyring_clear(struct cm_keyring *ring)
{
	for (size_t i = 0; i < ring->count; i++)
		cm_key_clear(&ring->key[i]);
	free(ring->key);
	*ring = (struct cm_keyring){0};
}

static enum cm_status add_key(const struct cm_signing_key *row, void *arg, struct cm_err *err)
{
	struct cm_keyring *ring = arg;
	struct cm_key *grown = realloc(ring->key, (ring->count + 1) * sizeof *grown), *key;

	if (grown == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	ring->key = grown;
	key = &ring->key[ring->count++];
	*key = (struct cm_key){
	    .private_pem = cm_text_dup(row->private_pem),
	    .public_pem = cm_text_dup(row->public_pem),
	    .jwk = cm_text_dup(row->jwk),
	    .read = calloc(1, sizeof *key->read),
	    .created_at_s = row->created_at_s,
	    .retired_at_s = row->retired_at_s,
	};
	snprintf(key->kid, sizeof key->kid, "%s", row->kid);
	snprintf(key->alg, sizeof key->alg, "%s", row->alg);
	if (key->private_pem == NULL || key->public_pem == NULL || key->jwk == NULL ||
	    key->read == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	return CM_OK;
}

enum cm_status cm_keyring_load(struct cm_keyring *ring, struct cm_store *store, struct cm_err *err)
{
	struct cm_keyring fresh = {0};
	enum cm_status rc = cm_signing_key_list(store, add_key, &fresh, err);

	if (rc == CM_OK) {
		struct cm_keyring old = *ring;

		*ring = fresh;
		fresh = old;
	}
	cm_keyring_clear(&fresh);
	return rc;
}

bool cm_keyring_equal(const struct cm_keyring *a, const struct cm_keyring *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->key[i].kid, b->key[i].kid) != 0 ||
		    strcmp(a->key[i].public_pem, b->key[i].public_pem) != 0 ||
		    a->key[i].retired_at_s != b->key[i].retired_at_s)
			return false;
	}
	return true;
}

const struct cm_key *cm_keyring_find(const struct cm_keyring *ring, const char *kid)
{
	for (size_t i = 0; i < ring->count; i++) {
		if (strcmp(ring->key[i].kid, kid) == 0)
			return &ring->key[i];
	}
	return NULL;
}

const struct cm_key *cm_keyring_signer(const struct cm_keyring *ring, const char *alg)
{
	for (size_t i = ring->count; i-- > 0;) {
		if (ring->key[i].retired_at_s == 0 && strcmp(ring->key[i].alg, alg) == 0)
			return &ring->key[i];
	}
	return NULL;
}

/* A big number of the key as base64url; width pads it to that many bytes (RFC 7518 section 6). */
static bool put_number(struct cm_buf *buf, const EVP_PKEY *pkey, const char *member,
                       const char *param, int width)
{
	unsigned char bytes[512];
	char text[CM_BASE64URL_SIZE(sizeof bytes)];
	BIGNUM *number = NULL;
	bool ok = false;
	int len;

	if (EVP_PKEY_get_bn_param(pkey, param, &number) != 1)
		goto out;
	len = width > 0 ? width : BN_num_bytes(number);
	if (len > (int)sizeof bytes || BN_bn2binpad(number, bytes, len) != len)
		goto out;
	cm_encode_base64url(bytes, (size_t)len, text);
	cm_json_put_member(buf, member, text);
	ok = true;
out:
	BN_free(number);
	return ok;
}

/* The members that RFC 7638 section 3.2 hashes, in its order. */
static bool put_required_members(struct cm_buf *buf, const EVP_PKEY *pkey, bool rsa)
{
	bool ok;

	cm_json_put_open(buf, '{');
	if (rsa) {
		ok = put_number(buf, pkey, "e", OSSL_PKEY_PARAM_RSA_E, 0);
		cm_json_put_member(buf, "kty", "RSA");
		ok = ok && put_number(buf, pkey, "n", OSSL_PKEY_PARAM_RSA_N, 0);
	} else {
		cm_json_put_member(buf, "crv", "P-256");
		cm_json_put_member(buf, "kty", "EC");
		ok = put_number(buf, pkey, "x", OSSL_PKEY_PARAM_EC_PUB_X, 32) &&
		     put_number(buf, pkey, "y", OSSL_PKEY_PARAM_EC_PUB_Y, 32);
	}
	return ok;
}

/* Fill kid and jwk from the public key. */
static enum cm_status describe(const EVP_PKEY *pkey, const char *alg, char kid[CM_KID_MAX],
                               struct cm_buf *jwk, struct cm_err *err)
{
	unsigned char digest[CM_SHA256_BYTES];
	struct cm_buf hashed = {0};
	bool rsa = strcmp(alg, "RS256") == 0;
	enum cm_status rc = CM_INTERNAL;

	if (!put_required_members(jwk, pkey, rsa)) {
		cm_err_set(err, rc, "the public key has no numbers");
		goto out;
	}
	cm_buf_append(&hashed, jwk);
	cm_json_put_close(&hashed, '}');
	if ((rc = cm_buf_status(&hashed, err)) != CM_OK ||
	    (rc = cm_crypto_sha256(hashed.data, hashed.len, digest, err)) != CM_OK)
		goto out;
	cm_encode_base64url(digest, sizeof digest, kid);
	cm_json_put_member(jwk, "kid", kid);
	cm_json_put_member(jwk, "use", "sig");
	cm_json_put_member(jwk, "alg", alg);
	cm_json_put_close(jwk, '}');
	rc = cm_buf_status(jwk, err);
out:
	cm_buf_clear(&hashed);
	return rc;
}

/* A key in PEM; the caller frees it with BIO_free(). */
static BIO *to_pem(EVP_PKEY *pkey, bool private_part, const char **text)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	int ok;

	if (bio == NULL)
		return NULL;
	ok = private_part ? PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL)
	                  : PEM_write_bio_PUBKEY(bio, pkey);
	ok = ok == 1 && BIO_write(bio, "", 1) == 1; /* the NUL */
	(void)BIO_get_mem_data(bio, &data);
	*text = data;
	if (!ok) {
		BIO_free(bio);
		return NULL;
	}
	return bio;
}

enum cm_status cm_key_make(const char *alg, struct cm_key *out, struct cm_err *err)
{
	EVP_PKEY *pkey = strcmp(alg, "RS256") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	const char *private_text = NULL, *public_text = NULL;
	BIO *private_pem = NULL, *public_pem = NULL;
	struct cm_buf jwk = {0};
	enum cm_status rc = CM_INTERNAL;

	*out = (struct cm_key){0};
	if (pkey == NULL || (private_pem = to_pem(pkey, true, &private_text)) == NULL ||
	    (public_pem = to_pem(pkey, false, &public_text)) == NULL) {
		cm_err_set(err, rc, "OpenSSL could not make a key");
		goto out;
	}
	if ((rc = describe(pkey, alg, out->kid, &jwk, err)) != CM_OK)
		goto out;
	snprintf(out->alg, sizeof out->alg, "%s", alg);
	out->private_pem = cm_text_dup(private_text);
	out->public_pem = cm_text_dup(public_text);
	out->jwk = cm_text_dup(cm_buf_str(&jwk));
	if (out->private_pem == NULL || out->public_pem == NULL || out->jwk == NULL)
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
out:
	cm_buf_clear(&jwk);
	BIO_free(private_pem);
	BIO_free(public_pem);
	EVP_PKEY_free(pkey);
	return rc;
}

enum cm_status cm_key_create(struct cm_store *store, const struct cm_key *key, struct cm_err *err)
{
	struct cm_signing_key row = {.kid = key->kid,
	                             .alg = key->alg,
	                             .private_pem = key->private_pem,
	                             .public_pem = key->public_pem,
	                             .jwk = key->jwk,
	                             .created_at_s = cm_clock_now_s()};

	return cm_signing_key_replace(store, &row, err);
}

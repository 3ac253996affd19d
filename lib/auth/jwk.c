#include "auth/jwk.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/encode.h"
#include "base/json.h"

enum {
	KEYS_MAX = 16,
	COORDINATE = 32,
	RSA_BITS_MIN = 2048,
	RSA_BITS_MAX = 4096,
	NUMBER_MAX = CM_BASE64URL_SIZE(RSA_BITS_MAX / 8) /* characters of the longest, and a NUL */
};

/* A member's bytes; 0 when it is absent, too long or no base64url. */
static size_t read_bytes(const cm_json *jwk, const char *name, unsigned char out[NUMBER_MAX])
{
	const char *text = cm_json_string(cm_json_get(jwk, name));
	size_t len = 0;

	if (text == NULL || strlen(text) >= NUMBER_MAX ||
	    !cm_decode_base64url(text, strlen(text), out, &len))
		return 0;
	return len;
}

/* Build the key from its parameters. */
static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params == NULL || make == NULL || EVP_PKEY_fromdata_init(make) != 1 ||
	    EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(make);
	OSSL_PARAM_free(params);
	return pkey;
}

/* The key, if it is a point of its curve; else NULL, and it is released. */
static EVP_PKEY *if_on_curve(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *check = pkey == NULL ? NULL : EVP_PKEY_CTX_new(pkey, NULL);
	bool good = check != NULL && EVP_PKEY_public_check(check) == 1;

	EVP_PKEY_CTX_free(check);
	if (good)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/*
 * RFC 7518 section 6.3.1.  Only what a signature can be verified with is asked of the modulus: to
 * look for its factors takes long, with each request, for a key that harms nobody but its client.
 */
static EVP_PKEY *read_rsa(const cm_json *jwk)
{
	unsigned char n[NUMBER_MAX], e[NUMBER_MAX];
	size_t n_len = read_bytes(jwk, "n", n), e_len = read_bytes(jwk, "e", e);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL),
	       *exponent = BN_bin2bn(e, (int)e_len, NULL);
	EVP_PKEY *pkey = NULL;

	if (build != NULL && modulus != NULL && exponent != NULL && e_len > 0 && e_len <= 8 &&
	    BN_num_bits(modulus) >= RSA_BITS_MIN && BN_num_bits(modulus) <= RSA_BITS_MAX &&
	    BN_is_odd(modulus) && BN_is_odd(exponent) && !BN_is_one(exponent) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		pkey = from_parameters("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return pkey;
}

/* RFC 7518 section 6.2.1; the point as SEC 1 section 2.3.3 writes it. */
static EVP_PKEY *read_p256(const cm_json *jwk)
{
	const char *curve = cm_json_string(cm_json_get(jwk, "crv"));
	unsigned char point[1 + 2 * COORDINATE] = {4}, x[NUMBER_MAX], y[NUMBER_MAX];
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;

	if (build != NULL && curve != NULL && strcmp(curve, "P-256") == 0 &&
	    read_bytes(jwk, "x", x) == COORDINATE && read_bytes(jwk, "y", y) == COORDINATE) {
		memcpy(point + 1, x, COORDINATE);
		memcpy(point + 1 + COORDINATE, y, COORDINATE);
		if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256",
		                                    0) == 1 &&
		    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
		                                     sizeof point) == 1)
			pkey = if_on_curve(from_parameters("EC", build));
	}
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* The key's text for libjwt, owned by the caller; NULL when OpenSSL can't write it. */
static char *to_pem(const EVP_PKEY *pkey)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *text = NULL;
	long len = 0;

	if (bio != NULL && PEM_write_bio_PUBKEY(bio, pkey) == 1)
		len = BIO_get_mem_data(bio, &data);
	if (len > 0 && (text = calloc(1, (size_t)len + 1)) != NULL)
		memcpy(text, data, (size_t)len);
	BIO_free(bio);
	return text;
}

/* Whether a member is absent or exactly this. */
static bool may_be(const cm_json *jwk, const char *name, const char *value)
{
	const cm_json *found = cm_json_get(jwk, name);
	const char *text = cm_json_string(found);

	return found == NULL || (text != NULL && strcmp(text, value) == 0);
}

/* Read one key; false when it can't be used here. */
static bool read_key(const cm_json *jwk, struct cm_key *out)
{
	static const struct {
		const char *type, *alg;
		EVP_PKEY *(*read)(const cm_json *jwk);
	} kinds[] = {{"RSA", "RS256", read_rsa}, {"EC", "ES256", read_p256}};
	const char *type = cm_json_string(cm_json_get(jwk, "kty"));
	const char *kid = cm_json_string(cm_json_get(jwk, "kid"));
	EVP_PKEY *pkey = NULL;

	if (type == NULL || !may_be(jwk, "use", "sig") ||
	    (kid != NULL && strlen(kid) >= sizeof out->kid))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(type, kinds[i].type) != 0 || !may_be(jwk, "alg", kinds[i].alg))
			continue;
		memcpy(out->alg, kinds[i].alg, strlen(kinds[i].alg) + 1);
		pkey = kinds[i].read(jwk);
	}
	if (pkey == NULL)
		return false;
	memcpy(out->kid, kid == NULL ? "" : kid, kid == NULL ? 1 : strlen(kid) + 1);
	out->public_pem = to_pem(pkey);
	EVP_PKEY_free(pkey);
	return out->public_pem != NULL;
}

enum cm_status cm_jwk_read_set(const char *jwks, struct cm_keyring *out, struct cm_err *err)
{
	cm_json *json = NULL;
	const cm_json *keys;
	enum cm_status rc = cm_json_parse(jwks, strlen(jwks), &json, NULL);

	if (rc != CM_OK)
		return rc == CM_NOMEM ? cm_err_set(err, rc, "out of memory") : CM_OK;
	keys = cm_json_get(json, "keys");
	out->key = calloc(KEYS_MAX, sizeof *out->key);
	for (size_t i = 0; out->key != NULL && i < cm_json_length(keys) && out->count < KEYS_MAX;
	     i++) {
		if (read_key(cm_json_at(keys, i), &out->key[out->count]))
			out->count++;
	}
	cm_json_free(json);
	return out->key == NULL ? cm_err_set(err, CM_NOMEM, "out of memory") : CM_OK;
}

bool cm_jwk_set_is_private(const cm_json *set)
{
	static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	const cm_json *keys = cm_json_get(set, "keys"), *value;

	for (size_t i = 0; i < cm_json_length(keys); i++) {
		for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
			if (cm_json_find(cm_json_at(keys, i), members[m], &value))
				return true;
		}
	}
	return false;
}

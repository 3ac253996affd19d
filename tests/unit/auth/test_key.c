#include "auth/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "base/encode.h"
#include "suite.h"

static EVP_PKEY *public_key(const struct cm_key *key)
{
	BIO *bio = BIO_new_mem_buf(key->public_pem, -1);
	EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return pkey;
}

/* A member of a JWK is this number of the key, in this many bytes and with no more than it needs.
 */
static void assert_number(const cm_json *jwk, const char *member, const EVP_PKEY *pkey,
                          const char *param, size_t width)
{
	const char *text = cm_json_string(cm_json_get(jwk, member));
	unsigned char bytes[512];
	BIGNUM *number = NULL, *read;
	size_t len = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_TRUE_FATAL(strlen(text) < sizeof bytes);
	CU_ASSERT_TRUE(cm_decode_base64url(text, strlen(text), bytes, &len));
	ASSERT_ROW(member, len == width);
	CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(pkey, param, &number), 1);
	read = BN_bin2bn(bytes, (int)len, NULL);
	ASSERT_ROW(member, BN_cmp(number, read) == 0);
	BN_free(number);
	BN_free(read);
}

/* The thumbprint of RFC 7638 section 3: of the required members, in order, without spaces. */
static void assert_thumbprint(const char *kid, const cm_json *jwk, const char *const *members)
{
	unsigned char digest[CM_SHA256_BYTES];
	char text[CM_BASE64URL_SIZE(CM_SHA256_BYTES)];
	struct cm_buf hashed = {0};

	cm_json_put_open(&hashed, '{');
	for (; *members != NULL; members++)
		cm_json_put_member(&hashed, *members, cm_json_string(cm_json_get(jwk, *members)));
	cm_json_put_close(&hashed, '}');
	CU_ASSERT_EQUAL(cm_crypto_sha256(hashed.data, hashed.len, digest, NULL), CM_OK);
	cm_encode_base64url(digest, sizeof digest, text);
	CU_ASSERT_STRING_EQUAL(kid, text);
	CU_ASSERT_EQUAL(strlen(kid), 43);
	cm_buf_clear(&hashed);
}

/* A JWK tells the public key and what it is for, and nothing of the private one (RFC 7518). */
static void assert_public(const cm_json *jwk, const struct cm_key *key, size_t members)
{
	static const char *const secret[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	size_t count = 0;

	while (cm_json_each(jwk, &cursor, &name, &value))
		count++;
	CU_ASSERT_EQUAL(count, members);
	for (size_t i = 0; i < COUNT_OF(secret); i++)
		ASSERT_ROW(secret[i], !cm_json_find(jwk, secret[i], &value));
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "kid")), key->kid);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "alg")), key->alg);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "use")), "sig");
	CU_ASSERT_PTR_NOT_NULL(strstr(key->private_pem, "-----BEGIN PRIVATE KEY-----\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(key->public_pem, "-----BEGIN PUBLIC KEY-----\n"));
	CU_ASSERT_PTR_NULL(strstr(key->public_pem, "PRIVATE"));
}

/* The only key of a store with one, as a ring; the caller clears it. */
static struct cm_keyring ring_of(enum fixture_key which)
{
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};

	fixture_key_add(store, which);
	CU_ASSERT_EQUAL_FATAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(ring.count, 1);
	cm_store_close(store);
	return ring;
}

static void test_rsa(void)
{
	static const char *const required[] = {"e", "kty", "n", NULL};
	struct cm_keyring ring = ring_of(FIXTURE_RS256);
	const struct cm_key *key = &ring.key[0];
	EVP_PKEY *pkey = public_key(key);
	cm_json *jwk = NULL;

	CU_ASSERT_STRING_EQUAL(key->alg, "RS256");
	CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
	CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), 2048);
	CU_ASSERT_EQUAL_FATAL(cm_json_parse(key->jwk, strlen(key->jwk), &jwk, NULL), CM_OK);
	assert_public(jwk, key, 6);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "kty")), "RSA");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "e")), "AQAB");
	assert_number(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 256);
	assert_thumbprint(key->kid, jwk, required);
	EVP_PKEY_free(pkey);
	cm_json_free(jwk);
	cm_keyring_clear(&ring);
}

static void test_ec(void)
{
	static const char *const required[] = {"crv", "kty", "x", "y", NULL};
	struct cm_keyring ring = ring_of(FIXTURE_ES256);
	const struct cm_key *key = &ring.key[0];
	EVP_PKEY *pkey = public_key(key);
	cm_json *jwk = NULL;

	CU_ASSERT_STRING_EQUAL(key->alg, "ES256");
	CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
	CU_ASSERT_EQUAL_FATAL(cm_json_parse(key->jwk, strlen(key->jwk), &jwk, NULL), CM_OK);
	assert_public(jwk, key, 7);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "kty")), "EC");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(jwk, "crv")), "P-256");
	assert_number(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, 32);
	assert_number(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
	assert_thumbprint(key->kid, jwk, required);
	EVP_PKEY_free(pkey);
	cm_json_free(jwk);
	cm_keyring_clear(&ring);
}

/* About one number in 128 begins with a zero byte; it is not left out. */
static void test_ec_width(void)
{
	static char alg[] = "ES256";

	for (int i = 0; i < 150; i++) {
		struct cm_store *store = NULL;
		struct cm_keyring ring = {0};
		cm_json *jwk = NULL;

		CU_ASSERT_EQUAL_FATAL(cm_store_open(":memory:", true, &store, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_store_write(store, fixture_key_create, alg, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_json_parse(ring.key[0].jwk, strlen(ring.key[0].jwk), &jwk, NULL),
		                CM_OK);
		CU_ASSERT_EQUAL(strlen(cm_json_string(cm_json_get(jwk, "x"))), 43);
		CU_ASSERT_EQUAL(strlen(cm_json_string(cm_json_get(jwk, "y"))), 43);
		cm_json_free(jwk);
		cm_keyring_clear(&ring);
		cm_store_close(store);
	}
}

static void test_create(void)
{
	static char alg[] = "ES256";
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};

	cm_clock_fix(100);
	CU_ASSERT_EQUAL(cm_store_write(store, fixture_key_create, alg, NULL), CM_OK);
	cm_clock_fix(200);
	CU_ASSERT_EQUAL(cm_store_write(store, fixture_key_create, alg, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(ring.count, 2);
	CU_ASSERT_STRING_NOT_EQUAL(ring.key[0].kid, ring.key[1].kid);
	CU_ASSERT_STRING_NOT_EQUAL(ring.key[0].private_pem, ring.key[1].private_pem);
	CU_ASSERT_EQUAL(ring.key[0].created_at_s, 100);
	CU_ASSERT_EQUAL(ring.key[0].retired_at_s, 200);
	CU_ASSERT_EQUAL(ring.key[1].created_at_s, 200);
	CU_ASSERT_EQUAL(ring.key[1].retired_at_s, 0);
	cm_keyring_clear(&ring);
	cm_store_close(store);
}

/* Else it would be published and believed for ever. */
static void test_create_of_another_algorithm(void)
{
	static char alg[] = "ES256";
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};

	cm_clock_fix(100);
	fixture_key_add(store, FIXTURE_RS256);
	cm_clock_fix(200);
	CU_ASSERT_EQUAL(cm_store_write(store, fixture_key_create, alg, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(ring.count, 2);
	CU_ASSERT_STRING_EQUAL(ring.key[0].alg, "RS256");
	CU_ASSERT_EQUAL(ring.key[0].retired_at_s, 200);
	CU_ASSERT_EQUAL(ring.key[1].retired_at_s, 0);
	cm_keyring_clear(&ring);
	cm_store_close(store);
}

static void test_unknown_algorithm(void)
{
	static char algs[][8] = {"HS256", "none", "", "rs256", "ES384", "RS2567"};
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};

	for (size_t i = 0; i < COUNT_OF(algs); i++) {
		struct cm_err err = {0};

		ASSERT_ROW(algs[i],
		           cm_store_write(store, fixture_key_create, algs[i], &err) != CM_OK);
		ASSERT_ROW(algs[i], strstr(err.text, "PRIVATE") == NULL);
	}
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL(ring.count, 0);
	cm_keyring_clear(&ring);
	cm_store_close(store);
}

static void test_find(void)
{
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};

	CU_ASSERT_PTR_NULL(cm_keyring_find(&ring, "x"));
	CU_ASSERT_PTR_NULL(cm_keyring_signer(&ring, "RS256"));
	fixture_key_add(store, FIXTURE_RS256);
	fixture_key_add(store, FIXTURE_ES256);
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	for (size_t i = 0; i < ring.count; i++) {
		char kid[CM_KID_MAX + 8];

		CU_ASSERT_PTR_EQUAL(cm_keyring_find(&ring, ring.key[i].kid), &ring.key[i]);
		CU_ASSERT_PTR_EQUAL(cm_keyring_signer(&ring, ring.key[i].alg), &ring.key[i]);
		snprintf(kid, sizeof kid, "%sA", ring.key[i].kid);
		CU_ASSERT_PTR_NULL(cm_keyring_find(&ring, kid));
		kid[strlen(kid) - 2] = '\0';
		CU_ASSERT_PTR_NULL(cm_keyring_find(&ring, kid));
	}
	CU_ASSERT_PTR_NULL(cm_keyring_find(&ring, ""));
	CU_ASSERT_PTR_NULL(cm_keyring_signer(&ring, "HS256"));
	CU_ASSERT_PTR_NULL(cm_keyring_signer(&ring, ""));
	cm_keyring_clear(&ring);
	cm_store_close(store);
}

static void test_signer(void)
{
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};
	const struct cm_key *old;

	cm_clock_fix(100);
	fixture_key_add(store, FIXTURE_RS256);
	cm_clock_fix(200);
	fixture_key_add(store, FIXTURE_RS256_OTHER);
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(ring.count, 2);
	old = &ring.key[0];
	CU_ASSERT_PTR_EQUAL(cm_keyring_signer(&ring, "RS256"), &ring.key[1]);
	CU_ASSERT_PTR_EQUAL(cm_keyring_find(&ring, old->kid), old);
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE signing_key SET retired_at_s = 300"));
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(cm_keyring_signer(&ring, "RS256"));
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE signing_key SET retired_at_s = NULL"));
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_PTR_EQUAL(cm_keyring_signer(&ring, "RS256"), &ring.key[1]);
	cm_keyring_clear(&ring);
	cm_store_close(store);
}

static void test_failed_load(void)
{
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};

	fixture_key_add(store, FIXTURE_ES256);
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(store, "ALTER TABLE signing_key RENAME TO gone"));
	CU_ASSERT_NOT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL(ring.count, 1);
	CU_ASSERT_PTR_NOT_NULL(cm_keyring_signer(&ring, "ES256"));
	cm_keyring_clear(&ring);
	cm_keyring_clear(&ring);
	CU_ASSERT_EQUAL(ring.count, 0);
	cm_store_close(store);
}

static void test_equal(void)
{
	struct cm_store *store = fixture_store();
	struct cm_keyring one = {0}, two = {0};

	CU_ASSERT_TRUE(cm_keyring_equal(&one, &two));
	cm_clock_fix(100);
	fixture_key_add(store, FIXTURE_RS256);
	CU_ASSERT_EQUAL(cm_keyring_load(&one, store, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_keyring_equal(&one, &two));
	CU_ASSERT_FALSE(cm_keyring_equal(&two, &one));
	CU_ASSERT_EQUAL(cm_keyring_load(&two, store, NULL), CM_OK);
	CU_ASSERT_TRUE(cm_keyring_equal(&one, &two));
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE signing_key SET retired_at_s = 300"));
	CU_ASSERT_EQUAL(cm_keyring_load(&two, store, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_keyring_equal(&one, &two));
	CU_ASSERT_TRUE(fixture_sql(store, "DELETE FROM signing_key"));
	fixture_key_add(store, FIXTURE_RS256_OTHER);
	CU_ASSERT_EQUAL(cm_keyring_load(&two, store, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_keyring_equal(&one, &two));
	/* The same id for another key is another key. */
	snprintf(two.key[0].kid, sizeof two.key[0].kid, "%s", one.key[0].kid);
	CU_ASSERT_FALSE(cm_keyring_equal(&one, &two));
	cm_keyring_clear(&one);
	cm_keyring_clear(&two);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"an RS256 key has 2048 bits, a public JWK and its thumbprint as kid", test_rsa},
    {"an ES256 key is of P-256, with a public JWK and its thumbprint as kid", test_ec},
    {"coordinates always have 32 bytes", test_ec_width},
    {"every new key is another one and retires the one before it", test_create},
    {"it retires one of another algorithm too", test_create_of_another_algorithm},
    {"no key is made for another algorithm", test_unknown_algorithm},
    {"a key is found by its exact id", test_find},
    {"the newest key in use signs, a retired one is still found", test_signer},
    {"a load that fails leaves the ring as it was", test_failed_load},
    {"rings differ when a key is new, gone, retired or another", test_equal},
};

CM_SUITE(cm_suite_auth_key, "auth/key", tests);

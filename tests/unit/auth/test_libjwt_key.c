#include "auth/libjwt_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "auth/fixture_auth.h"
#include "auth/jwt.h"
#include "suite.h"

/* Whether a text is read as this key; NULL: as none. */
static bool reads_as(const char *text, bool private_part, const EVP_PKEY *wanted)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = private_part ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
	                             : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	bool same = wanted == NULL || key == NULL ? key == wanted : EVP_PKEY_eq(key, wanted) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return same;
}

/* A ring of two keys. */
static void load(struct cm_keyring *ring, struct cm_store **store)
{
	*store = fixture_store();
	fixture_key_add(*store, FIXTURE_RS256);
	fixture_key_add(*store, FIXTURE_ES256);
	*ring = (struct cm_keyring){0};
	CU_ASSERT_EQUAL_FATAL(cm_keyring_load(ring, *store, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(ring->count, 2);
}

static void clear(struct cm_keyring *ring, struct cm_store *store)
{
	cm_keyring_clear(ring);
	cm_store_close(store);
}

static void test_lent(void)
{
	struct cm_keyring ring;
	struct cm_store *store;
	EVP_PKEY *first, *second;

	load(&ring, &store);
	first = cm_key_public(&ring.key[0]);
	second = cm_key_private(&ring.key[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second);
	CU_ASSERT_PTR_EQUAL(cm_key_public(&ring.key[0]), first);
	CU_ASSERT_TRUE(reads_as(ring.key[0].public_pem, false, first));
	CU_ASSERT_TRUE(reads_as(ring.key[1].private_pem, true, second));
	CU_ASSERT_TRUE(reads_as("nonsense", false, NULL));
	cm_libjwt_key(first);
	CU_ASSERT_TRUE(reads_as("nonsense", false, first));
	cm_libjwt_key(NULL);
	CU_ASSERT_TRUE(reads_as("nonsense", false, NULL));
	CU_ASSERT_TRUE(reads_as(ring.key[1].public_pem, false, second));
	clear(&ring, store);
}

static void test_unreadable(void)
{
	static char no_pem[] = "no key";
	struct cm_keyring ring;
	struct cm_store *store;
	struct cm_key other;
	char *kept;

	load(&ring, &store);
	kept = ring.key[0].public_pem;
	ring.key[0].public_pem = no_pem;
	CU_ASSERT_PTR_NULL(cm_key_public(&ring.key[0]));
	ring.key[0].public_pem = kept;
	CU_ASSERT_PTR_NOT_NULL(cm_key_public(&ring.key[0]));
	other = ring.key[1];
	other.read = NULL;
	CU_ASSERT_PTR_NULL(cm_key_public(&other));
	CU_ASSERT_PTR_NULL(cm_key_private(&other));
	clear(&ring, store);
}

/* Nothing stays lent: a later reader gets what its own text says. */
static void test_nothing_stays(void)
{
	struct cm_keyring ring;
	struct cm_store *store;
	struct cm_buf token = {0};
	cm_json *claims = NULL;

	load(&ring, &store);
	CU_ASSERT_EQUAL(cm_jwt_sign(&ring.key[0], CM_JWT_ACCESS, "{}", &token, NULL), CM_OK);
	CU_ASSERT_TRUE(reads_as("nonsense", true, NULL));
	CU_ASSERT_EQUAL(cm_jwt_verify(&ring, token.data, &claims, NULL), CM_OK);
	cm_json_free(claims);
	CU_ASSERT_TRUE(reads_as("nonsense", false, NULL));
	token.data[token.len - 5] = token.data[token.len - 5] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(cm_jwt_verify(&ring, token.data, &claims, NULL), CM_UNAUTHORIZED);
	CU_ASSERT_TRUE(reads_as("nonsense", false, NULL));
	CU_ASSERT_NOT_EQUAL(cm_jwt_sign(&ring.key[0], CM_JWT_ACCESS, "no", &token, NULL), CM_OK);
	CU_ASSERT_TRUE(reads_as("nonsense", true, NULL));
	cm_buf_clear(&token);
	clear(&ring, store);
}

/* libjwt still judges: the lent key must be of the algorithm's kind, and the signer's. */
static void test_still_judged(void)
{
	struct cm_keyring ring;
	struct cm_store *store;
	struct cm_buf token = {0};
	struct cm_key swapped;
	cm_json *claims = NULL;

	load(&ring, &store);
	swapped = ring.key[0];
	memcpy(swapped.alg, ring.key[1].alg, sizeof swapped.alg);
	CU_ASSERT_NOT_EQUAL(cm_jwt_sign(&swapped, CM_JWT_ACCESS, "{}", &token, NULL), CM_OK);
	CU_ASSERT_EQUAL(token.len, 0);

	swapped = ring.key[0];
	swapped.read = NULL;
	CU_ASSERT_EQUAL(cm_jwt_sign(&swapped, CM_JWT_ACCESS, "{}", &token, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_jwt_verify(&ring, token.data, &claims, NULL), CM_OK);
	cm_json_free(claims);
	/* The same key id with another key behind it. */
	swapped = ring.key[0];
	CU_ASSERT_PTR_NOT_NULL(cm_key_public(&ring.key[1]));
	ring.key[0].read = ring.key[1].read;
	CU_ASSERT_EQUAL(cm_jwt_verify(&ring, token.data, &claims, NULL), CM_UNAUTHORIZED);
	ring.key[0].read = swapped.read;
	cm_buf_clear(&token);
	clear(&ring, store);
}

static const struct cm_test tests[] = {
    {"a lent key is given in place of the text, and only then", test_lent},
    {"a text that can't be read gives no key, and another ring's key none", test_unreadable},
    {"nothing stays lent after signing and verifying, failed or not", test_nothing_stays},
    {"a lent key of another kind or another signer is refused", test_still_judged},
};

CM_SUITE(cm_suite_auth_libjwt_key, "auth/libjwt_key", tests);

#include "base/crypto.h"

#include "fixture.h"
#include "suite.h"

static bool no_bytes(void *out, size_t len)
{
	memset(out, 0, len);
	return false;
}

static bool counting(void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)out)[i] = (unsigned char)i;
	return true;
}

/* FIPS 180-4 examples. */
static void test_sha256(void)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char hex[CM_SHA256_HEX];

		CU_ASSERT_EQUAL(cm_crypto_sha256_hex(rows[i].text, strlen(rows[i].text), hex, NULL),
		                CM_OK);
		ASSERT_ROW(rows[i].hex, strcmp(hex, rows[i].hex) == 0);
	}
}

static void test_sha256_of_bytes(void)
{
	unsigned char one[CM_SHA256_BYTES], two[CM_SHA256_BYTES];

	CU_ASSERT_EQUAL(cm_crypto_sha256("a\0b", 3, one, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_crypto_sha256("a\0c", 3, two, NULL), CM_OK);
	CU_ASSERT_TRUE(memcmp(one, two, sizeof one) != 0);
	CU_ASSERT_EQUAL(cm_crypto_sha256("abc", 3, one, NULL), CM_OK);
	CU_ASSERT_EQUAL(one[0], 0xba);
	CU_ASSERT_EQUAL(one[31], 0xad);
}

static void test_random(void)
{
	unsigned char one[32] = {0}, two[32] = {0};

	CU_ASSERT_EQUAL(cm_crypto_random(one, sizeof one, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_crypto_random(two, sizeof two, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_crypto_equal(one, two, sizeof one));
	CU_ASSERT_EQUAL(cm_crypto_random(one, 0, NULL), CM_OK);
}

static void test_forms(void)
{
	char secret[CM_SECRET_TEXT], id[CM_ID_TEXT];

	cm_crypto_random_source(counting);
	CU_ASSERT_EQUAL(cm_crypto_secret(secret, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(secret, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
	CU_ASSERT_EQUAL(cm_crypto_id(id, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(id, "000102030405060708090a0b0c0d0e0f");
	CU_ASSERT_EQUAL(cm_crypto_id_at(0x0123456789ab, id, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(id, "0123456789ab060708090a0b0c0d0e0f");
	cm_crypto_random_source(NULL);
	CU_ASSERT_EQUAL(cm_crypto_id(id, NULL), CM_OK);
	CU_ASSERT_STRING_NOT_EQUAL(id, "000102030405060708090a0b0c0d0e0f");
}

static void test_no_two_alike(void)
{
	char secret[50][CM_SECRET_TEXT], id[50][CM_ID_TEXT];

	for (size_t i = 0; i < 50; i++) {
		CU_ASSERT_EQUAL(cm_crypto_secret(secret[i], NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_crypto_id(id[i], NULL), CM_OK);
		CU_ASSERT_EQUAL(strlen(secret[i]), CM_SECRET_TEXT - 1);
		CU_ASSERT_EQUAL(strlen(id[i]), CM_ID_TEXT - 1);
		for (size_t j = 0; j < i; j++) {
			CU_ASSERT_STRING_NOT_EQUAL(secret[i], secret[j]);
			CU_ASSERT_STRING_NOT_EQUAL(id[i], id[j]);
		}
	}
}

static void test_no_random_bytes(void)
{
	char secret[CM_SECRET_TEXT] = "old", id[CM_ID_TEXT] = "old";
	unsigned char bytes[8];
	struct cm_err err = {0};

	cm_crypto_random_source(no_bytes);
	CU_ASSERT_EQUAL(cm_crypto_random(bytes, sizeof bytes, &err), CM_INTERNAL);
	CU_ASSERT_EQUAL(err.status, CM_INTERNAL);
	CU_ASSERT_EQUAL(cm_crypto_secret(secret, NULL), CM_INTERNAL);
	CU_ASSERT_STRING_EQUAL(secret, "");
	CU_ASSERT_EQUAL(cm_crypto_id(id, NULL), CM_INTERNAL);
	CU_ASSERT_STRING_EQUAL(id, "");
	CU_ASSERT_EQUAL(cm_crypto_id_at(1, id, NULL), CM_INTERNAL);
	CU_ASSERT_STRING_EQUAL(id, "");
}

static void test_equal(void)
{
	unsigned char one[64] = {0}, two[64] = {0};

	CU_ASSERT_TRUE(cm_crypto_equal(one, two, sizeof one));
	for (size_t i = 0; i < sizeof one; i++) {
		two[i] = 0x80;
		CU_ASSERT_FALSE(cm_crypto_equal(one, two, sizeof one));
		CU_ASSERT_TRUE(cm_crypto_equal(one, two, i));
		two[i] = 0;
	}
	CU_ASSERT_TRUE(cm_crypto_equal("a", "b", 0));
}

static void test_wipe(void)
{
	char text[] = "secret text";

	cm_crypto_wipe(text, 6);
	CU_ASSERT_EQUAL(memcmp(text, "\0\0\0\0\0\0 text", sizeof text), 0);
}

static const struct cm_test tests[] = {
    {"SHA-256 gives the digests of FIPS 180-4", test_sha256},
    {"SHA-256 goes on after a NUL", test_sha256_of_bytes},
    {"random bytes differ from call to call", test_random},
    {"a secret has 256 bits in base64url, an identifier 128 in hexadecimal", test_forms},
    {"no secret and no identifier comes twice", test_no_two_alike},
    {"without random bytes there is no secret and no identifier", test_no_random_bytes},
    {"a difference in any byte is seen, none beyond the length", test_equal},
    {"what is wiped is gone, its neighbours stay", test_wipe},
};

CM_SUITE(cm_suite_base_crypto, "base/crypto", tests);

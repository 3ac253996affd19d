#include "auth/jwk.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>

#include "auth/fixture_auth.h"
#include "base/encode.h"
#include "suite.h"

/* The coordinates of a P-256 key (RFC 7515 appendix A.3). */
#define X  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\""

/* How many keys a set has; the first of them goes to *out, which may be NULL. */
static size_t read_set(const char *jwks, struct cm_keyring *out)
{
	struct cm_keyring ring = {0};
	size_t count;

	ASSERT_ROW(jwks, cm_jwk_read_set(jwks, &ring, NULL) == CM_OK);
	count = ring.count;
	if (out != NULL)
		*out = ring;
	else
		cm_keyring_clear(&ring);
	return count;
}

/* The same for a set of one key with these members. */
static size_t read_one(const char *members)
{
	struct cm_buf jwks = {0};
	size_t count;

	cm_buf_printf(&jwks, "{\"keys\":[{%s}]}", members);
	count = read_set(cm_buf_str(&jwks), NULL);
	cm_buf_clear(&jwks);
	return count;
}

/*
 * A member of a modulus with this many bits: odd and without small factors, as that of a key is.
 * Nobody knows its factors, so nobody can sign with it.
 */
static void put_modulus(struct cm_buf *out, int bits)
{
	BIGNUM *n = BN_new();
	unsigned char bytes[2048];
	char text[2 * sizeof bytes];
	bool small = true;

	BN_zero(n);
	BN_set_bit(n, bits - 1);
	for (BN_add_word(n, 1); small; BN_add_word(n, small ? 2 : 0)) {
		small = false;
		for (unsigned p = 3; !small && p < 1000; p += 2)
			small = BN_mod_word(n, p) == 0;
	}
	cm_encode_base64url(bytes, (size_t)BN_bn2bin(n, bytes), text);
	cm_buf_printf(out, "\"n\":\"%s\"", text);
	BN_free(n);
}

static size_t read_rsa(int bits, const char *rest)
{
	struct cm_buf members = {0};
	size_t count;

	cm_buf_printf(&members, "\"kty\":\"RSA\",%s,", rest);
	put_modulus(&members, bits);
	count = read_one(cm_buf_str(&members));
	cm_buf_clear(&members);
	return count;
}

static void test_own_keys(void)
{
	struct fixture_world world;

	fixture_world_make(&world);
	for (size_t i = 0; i < world.ctx.keys.count; i++) {
		const struct cm_key *key = &world.ctx.keys.key[i];
		struct cm_keyring ring = {0};
		struct cm_buf jwks = {0};

		cm_buf_printf(&jwks, "{\"keys\":[%s]}", key->jwk);
		ASSERT_ROW(key->alg, read_set(cm_buf_str(&jwks), &ring) == 1);
		ASSERT_ROW(key->alg, strcmp(ring.key[0].alg, key->alg) == 0);
		ASSERT_ROW(key->alg, strcmp(ring.key[0].kid, key->kid) == 0);
		ASSERT_ROW(key->alg, strcmp(ring.key[0].public_pem, key->public_pem) == 0);
		ASSERT_ROW(key->alg, ring.key[0].private_pem == NULL);
		cm_keyring_clear(&ring);
		cm_buf_clear(&jwks);
	}
	fixture_world_clear(&world);
}

static void test_rsa_sizes(void)
{
	static const struct {
		const char *name;
		int bits;
		size_t count;
	} rows[] = {
	    {"512", 512, 0},   {"1024", 1024, 0}, {"2040", 2040, 0},   {"2047", 2047, 0},
	    {"2048", 2048, 1}, {"3072", 3072, 1}, {"4096", 4096, 1},   {"4097", 4097, 0},
	    {"8192", 8192, 0}, {"9000", 9000, 0}, {"16000", 16000, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].name, read_rsa(rows[i].bits, "\"e\":\"AQAB\"") == rows[i].count);
}

static void test_rsa_exponents(void)
{
	static const struct {
		const char *e;
		size_t count;
	} rows[] = {
	    {"\"e\":\"AQAB\"", 1},   {"\"e\":\"Aw\"", 1},
	    {"\"e\":\"AAEAAQ\"", 1}, {"\"e\":\"\"", 0},
	    {"\"e\":\"AA\"", 0},     {"\"e\":\"AQ\"", 0},
	    {"\"e\":\"Ag\"", 0},     {"\"e\":\"AQAA\"", 0},
	    {"\"e\":65537", 0},      {"\"e\":null", 0},
	    {"\"x\":\"AQAB\"", 0},   {"\"e\":\"AQAB=\"", 0},
	    {"\"e\":\"AQ+B\"", 0},   {"\"e\":\"AQA B\"", 0},
	    {"\"e\":[\"AQAB\"]", 0}, {"\"e\":\"AAAAAAAAAAAB\"", 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].e, read_rsa(2048, rows[i].e) == rows[i].count);
}

static void test_rsa_exponent_length(void)
{
	/* 8 bytes and 9, all of them of an odd number. */
	CU_ASSERT_EQUAL(read_rsa(2048, "\"e\":\"AQAAAAAAAAE\""), 1);
	CU_ASSERT_EQUAL(read_rsa(2048, "\"e\":\"AQAAAAAAAAAB\""), 0);
	CU_ASSERT_EQUAL(read_one("\"kty\":\"RSA\",\"e\":\"AQAB\""), 0);
	CU_ASSERT_EQUAL(read_one("\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\""), 0);
	CU_ASSERT_EQUAL(read_one("\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":2048"), 0);
}

/* Nobody looks for the factors of a client's modulus, which would take long; it must be odd. */
static void test_rsa_factors(void)
{
	static const struct {
		const char *name;
		BN_ULONG factor;
		size_t count;
	} rows[] = {{"3", 3, 1}, {"751", 751, 1}, {"2", 2, 0}};
	unsigned char bytes[256];
	char text[CM_BASE64URL_SIZE(sizeof bytes)], members[500];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		BN_ULONG factor = rows[i].factor;
		BIGNUM *n = BN_new();

		BN_zero(n);
		BN_set_bit(n, 2047);
		BN_add_word(n, factor - BN_mod_word(n, factor));
		if (!BN_is_odd(n))
			BN_add_word(n, factor);
		(void)BN_bn2bin(n, bytes);
		cm_encode_base64url(bytes, sizeof bytes, text);
		snprintf(members, sizeof members, "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"",
		         text);
		ASSERT_ROW(rows[i].name, read_one(members) == rows[i].count);
		BN_free(n);
	}
}

static void test_p256(void)
{
	static const struct {
		const char *members;
		size_t count;
	} rows[] = {
	    {EC, 1},
	    {"\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"p-256\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":null,\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"\"", 0},
	    /* Not on the curve: swapped, the same twice, one bit off, nothing at all. */
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" Y "\",\"y\":\"" X "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" X "\"", 0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X
	     "\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"",
	     0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
	     "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	     "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
	     0},
	    /* A byte more, in front, or one less. */
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AH_NzidwRsRdQYPL7m_bS3tYBzM1e-"
	     "nvE7rPbjx70VRF\","
	     "\"y\":\"" Y "\"",
	     0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
	     "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA\","
	     "\"y\":\"" Y "\"",
	     0},
	    {"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" Y "\"", 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].members, read_one(rows[i].members) == rows[i].count);
}

static void test_kinds_and_uses(void)
{
	static const struct {
		const char *members;
		size_t count;
	} rows[] = {
	    {EC ",\"use\":\"sig\"", 1},
	    {EC ",\"use\":\"enc\"", 0},
	    {EC ",\"use\":\"SIG\"", 0},
	    {EC ",\"use\":[\"sig\"]", 0},
	    {EC ",\"alg\":\"ES256\"", 1},
	    {EC ",\"alg\":\"ES384\"", 0},
	    {EC ",\"alg\":\"RS256\"", 0},
	    {EC ",\"alg\":\"HS256\"", 0},
	    {EC ",\"alg\":\"none\"", 0},
	    {EC ",\"alg\":\"es256\"", 0},
	    {EC ",\"alg\":7", 0},
	    {"\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"RSA\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":7,\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"", 0},
	    {"\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"", 0},
	    {"\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	     "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"",
	     0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].members, read_one(rows[i].members) == rows[i].count);
}

/* A client that sends its private key by mistake gives us no more than the public one. */
static void test_private_members(void)
{
	struct cm_keyring ring = {0};

	CU_ASSERT_EQUAL(read_set("{\"keys\":[{" EC ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1f"
	                         "CE9-E9LI\",\"k\":\"AAAA\"}]}",
	                         &ring),
	                1);
	CU_ASSERT_PTR_NULL(ring.key[0].private_pem);
	CU_ASSERT_PTR_NOT_NULL(strstr(ring.key[0].public_pem, "BEGIN PUBLIC KEY"));
	CU_ASSERT_PTR_NULL(strstr(ring.key[0].public_pem, "PRIVATE"));
	cm_keyring_clear(&ring);
}

static void test_kids(void)
{
	char kid[CM_KID_MAX + 1], members[400];
	struct cm_keyring ring = {0};

	CU_ASSERT_EQUAL(read_set("{\"keys\":[{" EC "},{" EC ",\"kid\":\"a\"},{" EC
	                         ",\"kid\":\"a\"},{" EC ",\"kid\":7}]}",
	                         &ring),
	                4);
	CU_ASSERT_STRING_EQUAL(ring.key[0].kid, "");
	CU_ASSERT_STRING_EQUAL(ring.key[1].kid, "a");
	CU_ASSERT_STRING_EQUAL(ring.key[2].kid, "a");
	CU_ASSERT_STRING_EQUAL(ring.key[3].kid, "");
	cm_keyring_clear(&ring);
	memset(kid, 'k', sizeof kid);
	kid[CM_KID_MAX - 1] = '\0';
	snprintf(members, sizeof members, EC ",\"kid\":\"%s\"", kid);
	CU_ASSERT_EQUAL(read_one(members), 1);
	kid[CM_KID_MAX - 1] = 'k';
	kid[CM_KID_MAX] = '\0';
	snprintf(members, sizeof members, EC ",\"kid\":\"%s\"", kid);
	CU_ASSERT_EQUAL(read_one(members), 0);
}

static void test_many(void)
{
	struct cm_keyring ring = {0};
	struct cm_buf jwks = {0};

	cm_buf_puts(&jwks, "{\"keys\":[{\"kty\":\"oct\"}");
	for (int i = 0; i < 17; i++)
		cm_buf_printf(&jwks, ",{" EC ",\"kid\":\"%d\"}", i);
	cm_buf_puts(&jwks, "]}");
	CU_ASSERT_EQUAL(read_set(cm_buf_str(&jwks), &ring), 16);
	CU_ASSERT_STRING_EQUAL(ring.key[0].kid, "0");
	CU_ASSERT_STRING_EQUAL(ring.key[15].kid, "15");
	cm_keyring_clear(&ring);
	cm_buf_clear(&jwks);
}

static void test_no_sets(void)
{
	static const char *const texts[] = {
	    "",
	    "{",
	    "null",
	    "7",
	    "[]",
	    "{}",
	    "[{" EC "}]",
	    "{" EC "}",
	    "{\"keys\":null}",
	    "{\"keys\":{}}",
	    "{\"keys\":\"x\"}",
	    "{\"keys\":{" EC "}}",
	    "{\"keys\":[]}",
	    "{\"keys\":[null,7,\"x\",[],{}]}",
	    "{\"Keys\":[{" EC "}]}",
	    "{\"keys\":[{" EC "}]} x",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], read_set(texts[i], NULL) == 0);
	/* A bad key spoils none that stands beside it. */
	CU_ASSERT_EQUAL(read_set("{\"keys\":[null,{" EC "},{\"kty\":\"EC\"}]}", NULL), 1);
}

static const struct cm_test tests[] = {
    {"the server's own keys are read as they are written", test_own_keys},
    {"an RSA key has 2048 to 4096 bits", test_rsa_sizes},
    {"an RSA exponent is odd, and not one", test_rsa_exponents},
    {"an RSA exponent has eight bytes at most", test_rsa_exponent_length},
    {"an RSA modulus is odd, whatever its factors", test_rsa_factors},
    {"a P-256 key is a point of that curve, of 32 bytes each", test_p256},
    {"keys of other kinds, for other uses and algorithms are passed over", test_kinds_and_uses},
    {"private members are not kept", test_private_members},
    {"a key may have an id, which is not too long", test_kids},
    {"of many keys the first 16 are taken", test_many},
    {"what is no set has no keys", test_no_sets},
};

CM_SUITE(cm_suite_auth_jwk, "auth/jwk", tests);

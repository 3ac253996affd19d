#include "auth/jwt.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_auth.h"
#include "suite.h"

/* A client's own keys: the private ones are in the ring too, so that the tests can sign. */
struct keys {
	struct cm_keyring ring;
	const struct cm_key *rs, *es;
};

static void make_keys(struct keys *keys)
{
	struct cm_store *store = fixture_store();

	*keys = (struct keys){0};
	fixture_key_add(store, FIXTURE_RS256);
	fixture_key_add(store, FIXTURE_ES256);
	CU_ASSERT_EQUAL_FATAL(cm_keyring_load(&keys->ring, store, NULL), CM_OK);
	cm_store_close(store);
	keys->rs = cm_keyring_signer(&keys->ring, "RS256");
	keys->es = cm_keyring_signer(&keys->ring, "ES256");
}

#define CLAIMS "{\"sub\":\"me\"}"

/* Whether a token of this header, in which % is the id of the key that signs, is taken. */
static bool takes(const struct keys *keys, enum fixture_signature how, const struct cm_key *signer,
                  const char *header, const char *claims)
{
	struct cm_buf text = {0}, token = {0};
	struct cm_err err = {0};
	cm_json *json = NULL;
	enum cm_status rc;

	for (const char *at = header; *at != '\0'; at++) {
		if (*at == '%')
			cm_buf_puts(&text, signer->kid);
		else
			cm_buf_add(&text, at, 1);
	}
	fixture_forge(&token, how,
	              how == FIXTURE_SIGN_HS256 ? signer->public_pem : signer->private_pem,
	              text.data, text.len, claims, strlen(claims));
	rc = cm_jwt_verify_assertion(&keys->ring, token.data, &json, &err);
	CU_ASSERT_TRUE(rc == CM_OK || rc == CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(json != NULL, rc == CM_OK);
	CU_ASSERT_PTR_NULL(strstr(err.text, token.data));
	cm_json_free(json);
	cm_buf_clear(&text);
	cm_buf_clear(&token);
	return rc == CM_OK;
}

static void test_headers_taken(void)
{
	static const char *const headers[] = {
	    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"ES256\",\"kid\":\"%\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"client-authentication+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"Client-Authentication+JWT\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"application/client-authentication+jwt\"}",
	    "{\"alg\":\"ES256\"}",
	    "{\"alg\":\"ES256\",\"jku\":\"https://evil.example/\",\"x5u\":\"x\"}",
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		ASSERT_ROW(headers[i],
		           takes(&keys, FIXTURE_SIGN_ES256, keys.es, headers[i], CLAIMS));
	CU_ASSERT_TRUE(takes(&keys, FIXTURE_SIGN_RS256, keys.rs, "{\"alg\":\"RS256\"}", CLAIMS));
	cm_keyring_clear(&keys.ring);
}

static void test_headers_refused(void)
{
	static const char *const headers[] = {
	    "{}",
	    "[]",
	    "7",
	    "{\"alg\":\"RS256\"}",
	    "{\"alg\":\"RS256\",\"kid\":\"%\"}",
	    "{\"alg\":\"none\"}",
	    "{\"alg\":\"None\"}",
	    "{\"alg\":\"es256\"}",
	    "{\"alg\":\"HS256\"}",
	    "{\"alg\":\"ES384\"}",
	    "{\"alg\":7}",
	    "{\"typ\":\"JWT\"}",
	    "{\"alg\":\"ES256\",\"kid\":\"\"}",
	    "{\"alg\":\"ES256\",\"kid\":\"another\"}",
	    "{\"alg\":\"ES256\",\"kid\":\"%x\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"AT+JWT\",\"kid\":\"%\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"\"}",
	    "{\"alg\":\"ES256\",\"typ\":7}",
	    "{\"alg\":\"ES256\",\"typ\":\"client-authentication+jwtx\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"application/\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"application/at+jwt\"}",
	    "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}",
	    "{\"alg\":\"ES256\",\"crit\":[]}",
	    "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":9}",
	    "{\"alg\":\"ES256\",\"crit\":null}",
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		ASSERT_ROW(headers[i],
		           !takes(&keys, FIXTURE_SIGN_ES256, keys.es, headers[i], CLAIMS));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_NONE, keys.es, "{\"alg\":\"none\"}", CLAIMS));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_HS256, keys.rs, "{\"alg\":\"HS256\"}", CLAIMS));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_HS256, keys.rs, "{\"alg\":\"RS256\"}", CLAIMS));
	cm_keyring_clear(&keys.ring);
}

static void test_claims_are_an_object(void)
{
	static const char *const claims[] = {
	    "[]", "7", "null", "\"x\"", "{", "{}{}", "{\"a\":1,\"a\":2}"};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(claims); i++)
		ASSERT_ROW(claims[i], !takes(&keys, FIXTURE_SIGN_ES256, keys.es,
		                             "{\"alg\":\"ES256\"}", claims[i]));
	CU_ASSERT_TRUE(takes(&keys, FIXTURE_SIGN_ES256, keys.es, "{\"alg\":\"ES256\"}", "{}"));
	cm_keyring_clear(&keys.ring);
}

/* Keys without an id, or with the same: whichever made the signature. */
static void test_any_key_of_the_ring(void)
{
	static const char *const kids[] = {"", "same"};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(kids); i++) {
		for (size_t k = 0; k < keys.ring.count; k++)
			snprintf(keys.ring.key[k].kid, CM_KID_MAX, "%s", kids[i]);
		ASSERT_ROW(kids[i], takes(&keys, FIXTURE_SIGN_ES256, keys.es,
		                          "{\"alg\":\"ES256\",\"kid\":\"%\"}", CLAIMS));
		ASSERT_ROW(kids[i], takes(&keys, FIXTURE_SIGN_RS256, keys.rs,
		                          "{\"alg\":\"RS256\",\"kid\":\"%\"}", CLAIMS));
	}
	cm_keyring_clear(&keys.ring);
}

static void test_empty_ring(void)
{
	struct keys keys;
	struct cm_keyring none = {0};
	struct cm_buf token = {0};
	cm_json *json = NULL;

	make_keys(&keys);
	fixture_forge(&token, FIXTURE_SIGN_ES256, keys.es->private_pem, "{\"alg\":\"ES256\"}", 15,
	              CLAIMS, strlen(CLAIMS));
	CU_ASSERT_EQUAL(cm_jwt_verify_assertion(&none, token.data, &json, NULL), CM_UNAUTHORIZED);
	/* One bit of the signature is another signature. */
	token.data[token.len - 10] ^= 1;
	CU_ASSERT_EQUAL(cm_jwt_verify_assertion(&keys.ring, token.data, &json, NULL),
	                CM_UNAUTHORIZED);
	CU_ASSERT_PTR_NULL(json);
	cm_buf_clear(&token);
	cm_keyring_clear(&keys.ring);
}

/* An access token of this server is no assertion, and an assertion no access token. */
static void test_not_for_each_other(void)
{
	struct cm_buf access = {0}, plain = {0};
	cm_json *json = NULL;
	struct keys keys;

	make_keys(&keys);
	CU_ASSERT_EQUAL(cm_jwt_sign(keys.es, CM_JWT_ACCESS, CLAIMS, &access, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_jwt_sign(keys.es, CM_JWT_PLAIN, CLAIMS, &plain, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_jwt_verify_assertion(&keys.ring, access.data, &json, NULL),
	                CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_jwt_verify(&keys.ring, plain.data, &json, NULL), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_jwt_verify_assertion(&keys.ring, plain.data, &json, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "sub")), "me");
	cm_json_free(json);
	CU_ASSERT_EQUAL(cm_jwt_verify(&keys.ring, access.data, &json, NULL), CM_OK);
	cm_json_free(json);
	cm_buf_clear(&access);
	cm_buf_clear(&plain);
	cm_keyring_clear(&keys.ring);
}

static void test_malformed(void)
{
	static const char *const tokens[] = {
	    "",          ".",           "..",          "...",         "a.b.c",
	    "e30.e30",   "e30..",       "e30.e30.",    ".e30.AA",     "e30..AA",
	    "e30.e30.A", "e30.e30.AA=", "e30.e30.A A", "e30.e30.AA.", "W10.e30.AA",
	    "e3.e30.AA", "{}.{}.AA",    "e30.W10.AA",  "e30.N w.AA",  "e30.bnVsbA.AA"};
	char long_token[CM_JWT_MAX + 2];
	cm_json *json = NULL;
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		ASSERT_ROW(tokens[i], cm_jwt_verify_assertion(&keys.ring, tokens[i], &json, NULL) ==
		                          CM_UNAUTHORIZED);
		ASSERT_ROW(tokens[i], json == NULL);
		ASSERT_ROW(tokens[i], cm_jwt_peek(tokens[i], &json) == CM_UNAUTHORIZED);
		ASSERT_ROW(tokens[i], json == NULL);
	}
	memset(long_token, 'A', sizeof long_token);
	memcpy(long_token, "e30.e30.", 8);
	long_token[CM_JWT_MAX] = '\0';
	CU_ASSERT_EQUAL(cm_jwt_peek(long_token, &json), CM_OK);
	cm_json_free(json);
	long_token[CM_JWT_MAX] = 'A';
	long_token[CM_JWT_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(cm_jwt_peek(long_token, &json), CM_UNAUTHORIZED);
	cm_keyring_clear(&keys.ring);
}

/* Peeking believes anything that has the form. */
static void test_peek(void)
{
	cm_json *json = NULL;

	/* {}.{"sub":"me"} with a signature of nobody */
	CU_ASSERT_EQUAL(cm_jwt_peek("e30.eyJzdWIiOiJtZSJ9.AA", &json), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "sub")), "me");
	cm_json_free(json);
}

static const struct cm_test tests[] = {
    {"typ is JWT, that of assertions, or absent, and the key may be named", test_headers_taken},
    {"other types, algorithms, keys and critical headers are refused", test_headers_refused},
    {"the claims are an object", test_claims_are_an_object},
    {"any key of the ring that fits may have signed", test_any_key_of_the_ring},
    {"without keys, or with another signature, nothing is taken", test_empty_ring},
    {"an access token is no assertion, nor the other way round", test_not_for_each_other},
    {"what is no token is neither taken nor looked into", test_malformed},
    {"the payload can be read before it is checked", test_peek},
};

CM_SUITE(cm_suite_auth_jwt_assertion, "auth/jwt_assertion", tests);

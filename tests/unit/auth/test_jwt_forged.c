#include "auth/jwt.h"

#include <stdio.h>

#include "auth/fixture_auth.h"
#include "suite.h"

/* What an attacker knows: the two public keys and their ids; and for some tests the private ones.
 */
struct keys {
	struct cm_keyring ring, other; /* other: a ring of an RS256 key that the server has not */
	const struct cm_key *rs, *es, *foreign;
};

static void load(struct cm_keyring *ring, enum fixture_key one, enum fixture_key two)
{
	struct cm_store *store = fixture_store();

	fixture_key_add(store, one);
	if (two != one)
		fixture_key_add(store, two);
	CU_ASSERT_EQUAL_FATAL(cm_keyring_load(ring, store, NULL), CM_OK);
	cm_store_close(store);
}

static void make_keys(struct keys *keys)
{
	*keys = (struct keys){0};
	load(&keys->ring, FIXTURE_RS256, FIXTURE_ES256);
	load(&keys->other, FIXTURE_RS256_OTHER, FIXTURE_RS256_OTHER);
	keys->rs = cm_keyring_signer(&keys->ring, "RS256");
	keys->es = cm_keyring_signer(&keys->ring, "ES256");
	keys->foreign = cm_keyring_signer(&keys->other, "RS256");
}

static void clear(struct keys *keys)
{
	cm_keyring_clear(&keys->ring);
	cm_keyring_clear(&keys->other);
}

#define CLAIMS "{\"iss\":\"https://example.org\"}"

/* Whether a token with this header and these claims is taken. */
static bool is_good(const struct keys *keys, enum fixture_signature how, const char *secret,
                    const char *header, size_t header_len, const char *claims, size_t claims_len)
{
	struct cm_buf token = {0};
	struct cm_err err = {0};
	cm_json *json = NULL;
	enum cm_status rc;

	fixture_forge(&token, how, secret, header, header_len, claims, claims_len);
	rc = cm_jwt_verify(&keys->ring, token.data, &json, &err);
	if (rc != CM_OK) {
		CU_ASSERT_EQUAL(rc, CM_UNAUTHORIZED);
		CU_ASSERT_PTR_NULL(json);
		CU_ASSERT_PTR_NULL(strstr(err.text, token.data));
	}
	cm_json_free(json);
	cm_buf_clear(&token);
	return rc == CM_OK;
}

/* The usual case: a header in which %s stands for the id of a key, and good claims. */
static bool takes(const struct keys *keys, enum fixture_signature how, const char *secret,
                  const char *header, const char *kid)
{
	struct cm_buf text = {0};
	bool good;

	for (const char *at = header; *at != '\0'; at++) {
		if (*at == '%')
			cm_buf_puts(&text, kid);
		else
			cm_buf_add(&text, at, 1);
	}
	good = is_good(keys, how, secret, text.data, text.len, CLAIMS, sizeof CLAIMS - 1);
	cm_buf_clear(&text);
	return good;
}

#define RS "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}"
#define ES "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}"
#define HS "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}"

/* The forger's own tokens are good when made with the right keys: so the others fail for a reason.
 */
static void test_forger_can_sign(void)
{
	struct keys keys;

	make_keys(&keys);
	CU_ASSERT_TRUE(takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem, RS, keys.rs->kid));
	CU_ASSERT_TRUE(takes(&keys, FIXTURE_SIGN_ES256, keys.es->private_pem, ES, keys.es->kid));
	clear(&keys);
}

static void test_none(void)
{
	static const char *const names[] = {"none", "None", "NONE", "nOnE", ""};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char header[200];

		snprintf(header, sizeof header,
		         "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%%\"}", names[i]);
		ASSERT_ROW(header, !takes(&keys, FIXTURE_SIGN_NONE, NULL, header, keys.rs->kid));
		ASSERT_ROW(header, !takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem, header,
		                          keys.rs->kid));
		snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\"}", names[i]);
		ASSERT_ROW(header, !takes(&keys, FIXTURE_SIGN_NONE, NULL, header, ""));
	}
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_NONE, NULL, RS, keys.rs->kid));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_NONE, NULL, ES, keys.es->kid));
	clear(&keys);
}

/* The public key is known to everyone; as an HMAC secret it proves nothing. */
static void test_public_key_as_secret(void)
{
	static const char *const headers[] = {
	    HS,
	    "{\"alg\":\"HS384\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"HS512\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"hs256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
	    RS,
	    ES,
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		for (size_t j = 0; j < keys.ring.count; j++) {
			const struct cm_key *key = &keys.ring.key[j];
			char trimmed[1024];

			snprintf(trimmed, sizeof trimmed, "%s", key->public_pem);
			trimmed[strlen(trimmed) - 1] = '\0'; /* without the last newline */
			ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_HS256, key->public_pem,
			                              headers[i], key->kid));
			ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_HS256, trimmed,
			                              headers[i], key->kid));
			ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_HS256, key->jwk,
			                              headers[i], key->kid));
			ASSERT_ROW(headers[i],
			           !takes(&keys, FIXTURE_SIGN_HS256, "", headers[i], key->kid));
		}
	}
	clear(&keys);
}

static void test_other_algorithm(void)
{
	static const char *const headers[] = {
	    "{\"alg\":\"rs256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS384\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS512\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"PS256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256 \",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":null,\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":256,\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":[\"RS256\"],\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    ES,
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem,
		                              headers[i], keys.rs->kid));
	/* Each key with the other's name, and each algorithm with the other's key. */
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem, RS, keys.es->kid));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem, ES, keys.es->kid));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_ES256, keys.es->private_pem, ES, keys.rs->kid));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_ES256, keys.es->private_pem, RS, keys.rs->kid));
	CU_ASSERT_FALSE(takes(&keys, FIXTURE_SIGN_ES256, keys.es->private_pem, RS, keys.es->kid));
	clear(&keys);
}

static void test_kid(void)
{
	static const char *const headers[] = {
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"unknown\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":null}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":0}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":[\"%\"]}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":{\"%\":1}}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%x\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\" %\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"Kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"../../dev/null\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"' OR 1=1 --\"}",
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem,
		                              headers[i], keys.rs->kid));
	clear(&keys);
}

/* An ID token or any other JWT of this server's keys is no access token (RFC 9068 section 4). */
static void test_typ(void)
{
	static const char *const headers[] = {
	    "{\"alg\":\"RS256\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":null,\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":1,\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":[\"at+jwt\"],\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt \",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwtx\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"logout+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"dpop+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"Typ\":\"at+jwt\",\"kid\":\"%\"}",
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem,
		                              headers[i], keys.rs->kid));
	clear(&keys);
}

/* RFC 7515 section 4.1.11: what is critical and not understood is refused. */
static void test_crit(void)
{
	static const char *const values[] = {
	    "[\"exp\"]", "[]", "null", "\"exp\"", "false", "{}", "[\"b64\"],\"b64\":false",
	    "[\"alg\"]"};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		char header[200];

		snprintf(header, sizeof header,
		         "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%%\",\"crit\":%s}",
		         values[i]);
		ASSERT_ROW(header, !takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem, header,
		                          keys.rs->kid));
	}
	clear(&keys);
}

/* A header that brings or points to its own key does not choose the key. */
static void test_own_key(void)
{
	static const char *const more[] = {"\"jku\":\"https://evil.example/jwks\"",
	                                   "\"x5u\":\"https://evil.example/x\"",
	                                   "\"x5c\":[\"AAAA\"]", "\"jwk\":"};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(more); i++) {
		char header[2000];

		snprintf(header, sizeof header,
		         "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%%\",%s%s}", more[i],
		         i == 3 ? keys.foreign->jwk : "");
		ASSERT_ROW(header, !takes(&keys, FIXTURE_SIGN_RS256, keys.foreign->private_pem,
		                          header, keys.rs->kid));
		ASSERT_ROW(header, !takes(&keys, FIXTURE_SIGN_RS256, keys.foreign->private_pem,
		                          header, keys.foreign->kid));
		ASSERT_ROW(header, takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem, header,
		                         keys.rs->kid));
	}
	CU_ASSERT_FALSE(
	    takes(&keys, FIXTURE_SIGN_RS256, keys.foreign->private_pem, RS, keys.rs->kid));
	clear(&keys);
}

static void test_headers_that_are_none(void)
{
	static const char *const headers[] = {
	    "",
	    " ",
	    "null",
	    "[]",
	    "\"at+jwt\"",
	    "1",
	    "{",
	    "{}",
	    "[{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}]",
	    RS "x",
	    RS RS,
	    "{\"alg\":\"none\",\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\",\"\\u0000\":1}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\\u0000\"}",
	    "{\"alg\":\"RS256\\u0000\",\"typ\":\"at+jwt\",\"kid\":\"%\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\",\"x\":\"\xff\"}",
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%\",\"x\":NaN}",
	    "{'alg':'RS256','typ':'at+jwt','kid':'%'}",
	};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		ASSERT_ROW(headers[i], !takes(&keys, FIXTURE_SIGN_RS256, keys.rs->private_pem,
		                              headers[i], keys.rs->kid));
	clear(&keys);
}

static bool takes_claims(const struct keys *keys, const char *claims, size_t len)
{
	char header[200];

	snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
	         keys->rs->kid);
	return is_good(keys, FIXTURE_SIGN_RS256, keys->rs->private_pem, header, strlen(header),
	               claims, len);
}

static void test_claims_that_are_none(void)
{
	static const char *const claims[] = {
	    "",
	    "null",
	    "[]",
	    "\"x\"",
	    "1",
	    "{",
	    "{}x",
	    "{\"exp\":1,\"exp\":2}",
	    "{,}",
	    "{\"a\":\"\\u0000\"}",
	    "{\"a\":\"\xff\"}",
	    "{\"exp\":99999999999999999999}",
	    "[{\"iss\":\"https://example.org\"}]",
	};
	struct keys keys;

	make_keys(&keys);
	CU_ASSERT_TRUE(takes_claims(&keys, "{}", 2));
	for (size_t i = 0; i < COUNT_OF(claims); i++)
		ASSERT_ROW(claims[i], !takes_claims(&keys, claims[i], strlen(claims[i])));
	CU_ASSERT_FALSE(takes_claims(&keys, "{}\0", 3));
	CU_ASSERT_FALSE(takes_claims(&keys, "{\"a\":\"x\0\"}", 10));
	clear(&keys);
}

/* Signatures that say little: none, zeros (r = s = 0), the wrong form, or of another token. */
static void test_hollow_signatures(void)
{
	static const struct {
		const char *text;
		size_t zeros;
	} rows[] = {{"", 0},   {"A", 0}, {"AA", 0}, {"", 86},
	            {"", 342}, {"", 43}, {"", 96},  {"MAYCAQACAQA", 0}};
	struct keys keys;

	make_keys(&keys);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t j = 0; j < keys.ring.count; j++) {
			struct cm_buf token = {0};
			cm_json *json = NULL;

			CU_ASSERT_EQUAL(
			    cm_jwt_sign(&keys.ring.key[j], CM_JWT_ACCESS, "{}", &token, NULL),
			    CM_OK);
			token.len = (size_t)(strrchr(token.data, '.') + 1 - token.data);
			cm_buf_puts(&token, rows[i].text);
			for (size_t k = 0; k < rows[i].zeros; k++)
				cm_buf_puts(&token, "A");
			ASSERT_ROW(token.data, cm_jwt_verify(&keys.ring, token.data, &json, NULL) ==
			                           CM_UNAUTHORIZED);
			cm_json_free(json);
			cm_buf_clear(&token);
		}
	}
	clear(&keys);
}

static void test_swapped_parts(void)
{
	struct keys keys;

	make_keys(&keys);
	for (size_t j = 0; j < keys.ring.count; j++) {
		struct cm_buf one = {0}, two = {0}, mixed = {0};
		cm_json *json = NULL;

		CU_ASSERT_EQUAL(
		    cm_jwt_sign(&keys.ring.key[j], CM_JWT_ACCESS, "{\"a\":1}", &one, NULL), CM_OK);
		CU_ASSERT_EQUAL(
		    cm_jwt_sign(&keys.ring.key[j], CM_JWT_ACCESS, "{\"a\":2}", &two, NULL), CM_OK);
		cm_buf_add(&mixed, one.data, (size_t)(strrchr(one.data, '.') - one.data));
		cm_buf_puts(&mixed, strrchr(two.data, '.'));
		CU_ASSERT_EQUAL(cm_jwt_verify(&keys.ring, mixed.data, &json, NULL),
		                CM_UNAUTHORIZED);
		cm_buf_clear(&one);
		cm_buf_clear(&two);
		cm_buf_clear(&mixed);
	}
	clear(&keys);
}

static const struct cm_test tests[] = {
    {"a token that was signed elsewhere with the right key is good", test_forger_can_sign},
    {"alg none is refused, however it is spelled", test_none},
    {"an HMAC with the public key as its secret is refused", test_public_key_as_secret},
    {"another algorithm than the key's is refused", test_other_algorithm},
    {"a kid that is missing, unknown or no string is refused", test_kid},
    {"another typ than at+jwt is refused, though the signature is good", test_typ},
    {"a critical header is refused", test_crit},
    {"a header does not bring its own key", test_own_key},
    {"a header that is no clean JSON object is refused", test_headers_that_are_none},
    {"claims that are no clean JSON object are refused, though signed", test_claims_that_are_none},
    {"hollow signatures are refused", test_hollow_signatures},
    {"a signature is good for its own token only", test_swapped_parts},
};

CM_SUITE(cm_suite_auth_jwt_forged, "auth/jwt_forged", tests);

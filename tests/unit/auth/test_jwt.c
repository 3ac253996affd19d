#include "auth/jwt.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_auth.h"
#include "suite.h"

/* The store's keys and a token with these claims by the one for alg. */
struct signed_token {
	struct cm_keyring ring;
	const struct cm_key *key;
	struct cm_buf text;
};

static void make_token(struct signed_token *token, const char *alg, const char *claims)
{
	struct cm_store *store = fixture_store();

	*token = (struct signed_token){0};
	fixture_key_add(store, FIXTURE_RS256);
	fixture_key_add(store, FIXTURE_ES256);
	CU_ASSERT_EQUAL_FATAL(cm_keyring_load(&token->ring, store, NULL), CM_OK);
	cm_store_close(store);
	token->key = cm_keyring_signer(&token->ring, alg);
	CU_ASSERT_PTR_NOT_NULL_FATAL(token->key);
	CU_ASSERT_EQUAL_FATAL(cm_jwt_sign(token->key, CM_JWT_ACCESS, claims, &token->text, NULL),
	                      CM_OK);
}

static void clear(struct signed_token *token)
{
	cm_keyring_clear(&token->ring);
	cm_buf_clear(&token->text);
}

/* Whether a text is taken as a token; if not, it must be refused in the proper way. */
static bool is_good(const struct cm_keyring *ring, const char *text)
{
	struct cm_err err = {0};
	cm_json *claims = NULL;
	enum cm_status rc = cm_jwt_verify(ring, text, &claims, &err);

	if (rc != CM_OK) {
		CU_ASSERT_EQUAL(rc, CM_UNAUTHORIZED);
		CU_ASSERT_PTR_NULL(claims);
		CU_ASSERT_TRUE(err.text[0] != '\0');
	}
	cm_json_free(claims);
	return rc == CM_OK;
}

static const char *const algorithms[] = {"RS256", "ES256"};

static void test_round_trip(void)
{
	static const char claims[] = "{\"iss\":\"https://example.org\",\"exp\":9223372036854775807,"
	                             "\"list\":[1,null,true,0.5],\"text\":\"\xc3\xbc\\n\\\"\"}";

	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;
		cm_json *back = NULL, *wanted = NULL;
		struct cm_buf one = {0}, two = {0};

		make_token(&token, algorithms[i], claims);
		CU_ASSERT_EQUAL(cm_jwt_verify(&token.ring, token.text.data, &back, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_json_parse(claims, sizeof claims - 1, &wanted, NULL), CM_OK);
		for (const char *const *name =
		         (const char *const[]){"iss", "exp", "list", "text", NULL};
		     *name != NULL; name++) {
			cm_buf_reset(&one);
			cm_buf_reset(&two);
			cm_json_put_value(&one, cm_json_get(back, *name));
			cm_json_put_value(&two, cm_json_get(wanted, *name));
			ASSERT_ROW(*name, strcmp(cm_buf_str(&one), cm_buf_str(&two)) == 0);
		}
		cm_json_free(back);
		cm_json_free(wanted);
		cm_buf_clear(&one);
		cm_buf_clear(&two);
		clear(&token);
	}
}

static void test_header(void)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;
		const void *cursor = NULL;
		const cm_json *value;
		const char *name;
		size_t members = 0;
		cm_json *header;

		make_token(&token, algorithms[i], "{}");
		header = fixture_part(token.text.data, 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(header);
		CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(header, "typ")), "at+jwt");
		CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(header, "alg")), algorithms[i]);
		CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(header, "kid")), token.key->kid);
		while (cm_json_each(header, &cursor, &name, &value))
			members++;
		CU_ASSERT_EQUAL(members, 3);
		CU_ASSERT_EQUAL(strspn(token.text.data,
		                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		                       "0123456789-_."),
		                token.text.len);
		cm_json_free(header);
		clear(&token);
	}
}

/* A claim that says "JWT" or "at+jwt" is not the header that says so. */
static void test_claims_about_types(void)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;
		cm_json *claims = NULL;

		make_token(&token, algorithms[i],
		           "{\"sub\":\"JWT\",\"client_id\":\"at+jwt\",\"scope\":\"AT+JWT\"}");
		CU_ASSERT_EQUAL(cm_jwt_verify(&token.ring, token.text.data, &claims, NULL), CM_OK);
		CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(claims, "sub")), "JWT");
		CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(claims, "client_id")), "at+jwt");
		CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(claims, "scope")), "AT+JWT");
		cm_json_free(claims);
		clear(&token);
	}
}

static void test_sign_appends(void)
{
	struct signed_token token;
	struct cm_buf out = {0};

	make_token(&token, "ES256", "{}");
	cm_buf_puts(&out, "Bearer ");
	CU_ASSERT_EQUAL(cm_jwt_sign(token.key, CM_JWT_ACCESS, "{}", &out, NULL), CM_OK);
	CU_ASSERT_EQUAL(strncmp(out.data, "Bearer ", 7), 0);
	CU_ASSERT_TRUE(is_good(&token.ring, out.data + 7));
	cm_buf_clear(&out);
	clear(&token);
}

static void test_sign_refused(void)
{
	static const char *const bad[] = {"", "nonsense", "[]", "\"x\"", "null", "{\"a\":}", "{}x"};
	static char no_pem[] = "no key", no_text[] = "";
	struct signed_token token;
	struct cm_key broken;

	make_token(&token, "RS256", "{}");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct cm_buf out = {0};
		struct cm_err err = {0};

		ASSERT_ROW(bad[i], cm_jwt_sign(token.key, CM_JWT_ACCESS, bad[i], &out, &err) ==
		                       CM_INTERNAL);
		ASSERT_ROW(bad[i], out.len == 0);
		ASSERT_ROW(bad[i], strstr(err.text, "PRIVATE") == NULL);
	}
	broken = *token.key;
	for (int i = 0; i < 4; i++) {
		struct cm_buf out = {0};

		broken = *token.key;
		broken.read = NULL;
		if (i == 0)
			broken.private_pem = no_pem;
		else if (i == 1)
			broken.private_pem = no_text;
		else if (i == 2)
			broken.private_pem = token.key->public_pem;
		else
			strcpy(broken.alg, "ES256"); /* an RSA key can't */
		CU_ASSERT_EQUAL(cm_jwt_sign(&broken, CM_JWT_ACCESS, "{}", &out, NULL), CM_INTERNAL);
		CU_ASSERT_EQUAL(out.len, 0);
	}
	clear(&token);
}

static void test_retired_and_removed_keys(void)
{
	struct signed_token token;
	struct cm_keyring none = {0};
	char kid[CM_KID_MAX];

	make_token(&token, "RS256", "{}");
	for (size_t i = 0; i < token.ring.count; i++)
		token.ring.key[i].retired_at_s = 1;
	CU_ASSERT_TRUE(is_good(&token.ring, token.text.data));
	CU_ASSERT_FALSE(is_good(&none, token.text.data));
	/* Another key under the same id did not sign it. */
	strcpy(kid, token.key->kid);
	for (size_t i = 0; i < token.ring.count; i++)
		strcpy(token.ring.key[i].kid, &token.ring.key[i] == token.key ? "x" : kid);
	CU_ASSERT_FALSE(is_good(&token.ring, token.text.data));
	clear(&token);
}

static void test_truncated(void)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;

		make_token(&token, algorithms[i], "{\"iss\":\"x\"}");
		for (size_t len = 0; len < token.text.len; len++) {
			char *text = strndup(token.text.data, len);

			ASSERT_ROW(text, !is_good(&token.ring, text));
			free(text);
		}
		for (size_t from = 1; from < token.text.len; from += 7)
			CU_ASSERT_FALSE(is_good(&token.ring, token.text.data + from));
		CU_ASSERT_TRUE(is_good(&token.ring, token.text.data));
		clear(&token);
	}
}

static void test_flipped_bits(void)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;
		char *text;

		make_token(&token, algorithms[i], "{\"iss\":\"x\",\"exp\":1}");
		text = strdup(token.text.data);
		for (size_t at = 0; at < token.text.len; at++) {
			text[at] = (char)(text[at] ^ (1 << (at % 8)));
			ASSERT_ROW(text, !is_good(&token.ring, text));
			text[at] = token.text.data[at];
		}
		CU_ASSERT_TRUE(is_good(&token.ring, text));
		free(text);
		clear(&token);
	}
}

/* The last character of each part may have bits that decode to nothing. */
static void test_last_characters(void)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";

	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;
		char *text, *last[3];

		make_token(&token, algorithms[i], "{\"iss\":\"xy\"}");
		text = strdup(token.text.data);
		last[0] = strchr(text, '.') - 1;
		last[1] = strrchr(text, '.') - 1;
		last[2] = text + strlen(text) - 1;
		for (size_t part = 0; part < 3; part++) {
			char right = *last[part];

			for (const char *c = alphabet; *c != '\0'; c++) {
				*last[part] = *c;
				ASSERT_ROW(text, is_good(&token.ring, text) == (*c == right));
			}
			*last[part] = right;
		}
		free(text);
		clear(&token);
	}
}

static void test_odd_texts(void)
{
	static const char *const texts[] = {"",         ".",           "..",    "...",
	                                    "a",        "a.b",         "a.b.c", "....",
	                                    "e30.e30.", "e30.e30.e30", ".e30.", "null"};
	struct signed_token token;

	make_token(&token, "RS256", "{}");
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !is_good(&token.ring, texts[i]));
	clear(&token);
}

/* Something added in any place makes it another text, and no token. */
static void test_additions(void)
{
	static const char *const more[] = {".",    "=",  "==",   "A",  "AAAA", " ",
	                                   "\n",   "\t", "%3D",  "+",  "/",    "\x01",
	                                   "\xff", "!",  ".e30", "..", ",",    ";x"};

	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct signed_token token;
		size_t dots[4] = {0};

		make_token(&token, algorithms[i], "{\"iss\":\"x\"}");
		dots[1] = strcspn(token.text.data, ".");
		dots[2] = dots[1] + 1 + strcspn(token.text.data + dots[1] + 1, ".");
		dots[3] = token.text.len;
		for (size_t j = 0; j < COUNT_OF(more); j++) {
			for (size_t place = 0; place < 4; place++) {
				struct cm_buf text = {0};

				cm_buf_add(&text, token.text.data, dots[place]);
				cm_buf_puts(&text, more[j]);
				cm_buf_puts(&text, token.text.data + dots[place]);
				ASSERT_ROW(text.data, !is_good(&token.ring, text.data));
				cm_buf_clear(&text);
			}
		}
		clear(&token);
	}
}

/* A token of base64 instead of base64url, and in other places, another alphabet. */
static void test_other_alphabet(void)
{
	int tried = 0;

	for (int round = 0; round < 30 && tried < 3; round++) {
		struct signed_token token;
		char *at;

		make_token(&token, "ES256", "{\"iss\":\"x\"}");
		at = strpbrk(strrchr(token.text.data, '.'), "-_");
		if (at != NULL) {
			*at = *at == '-' ? '+' : '/';
			CU_ASSERT_FALSE(is_good(&token.ring, token.text.data));
			tried++;
		}
		clear(&token);
	}
	CU_ASSERT_EQUAL(tried, 3);
}

static void test_longest(void)
{
	struct signed_token token;
	struct cm_buf claims = {0};
	bool good = true;
	size_t len = 0;

	/* From a bit below the limit to a bit above, growing by a few characters. */
	for (size_t pad = 5700; good && pad < 6200; pad += 3) {
		cm_buf_reset(&claims);
		cm_buf_printf(&claims, "{\"pad\":\"%0*d\"}", (int)pad, 0);
		make_token(&token, "RS256", claims.data);
		good = is_good(&token.ring, token.text.data);
		CU_ASSERT_EQUAL(good, token.text.len <= CM_JWT_MAX);
		len = token.text.len;
		clear(&token);
	}
	CU_ASSERT_TRUE(!good && len > CM_JWT_MAX && len < CM_JWT_MAX + 10);
	cm_buf_reset(&claims);
	cm_buf_printf(&claims, "{\"pad\":\"%0*d\"}", 100000, 0);
	make_token(&token, "RS256", claims.data);
	CU_ASSERT_FALSE(is_good(&token.ring, token.text.data));
	clear(&token);
	cm_buf_clear(&claims);
}

static const struct cm_test tests[] = {
    {"the claims of a token come back as they were signed", test_round_trip},
    {"a header says at+jwt, the algorithm and the key, and no more", test_header},
    {"claims that look like a type stay as they are", test_claims_about_types},
    {"a token is appended", test_sign_appends},
    {"no token comes of bad claims or a bad key", test_sign_refused},
    {"a retired key's tokens are good, a removed one's are not", test_retired_and_removed_keys},
    {"a truncated token is refused at any length", test_truncated},
    {"a flipped bit anywhere is seen", test_flipped_bits},
    {"a token has one spelling: no stray bits in a part's last character", test_last_characters},
    {"texts that only look like a token are refused", test_odd_texts},
    {"whatever is added to a token, it is refused", test_additions},
    {"the characters of base64 are not taken for those of base64url", test_other_alphabet},
    {"a token over the limit is refused, though its signature is good", test_longest},
};

CM_SUITE(cm_suite_auth_jwt, "auth/jwt", tests);

#include "auth/libjwt_type.h"

#include <dlfcn.h>

#include "auth/fixture_auth.h"
#include "auth/jwt.h"
#include "suite.h"

/* jansson's, as libjwt finds them. */
struct json_t;
struct json_t *json_string(const char *value);
const char *json_string_value(const struct json_t *string);

/* Whether a string of jansson's that is made of one text reads as another. */
static bool reads_as(const char *text, const char *wanted)
{
	void (*release)(struct json_t * json) = NULL;
	struct json_t *json = json_string(text);
	bool same;

	*(void **)&release = dlsym(RTLD_DEFAULT, "json_delete");
	CU_ASSERT_TRUE_FATAL(release != NULL && json != NULL);
	same = strcmp(json_string_value(json), wanted) == 0;
	release(json);
	return same;
}

static void test_off(void)
{
	static const char *const texts[] = {"JWT", "at+jwt", "AT+JWT", "", "jwt", "x"};

	cm_libjwt_type("at+jwt");
	cm_libjwt_type(NULL);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], reads_as(texts[i], texts[i]));
	CU_ASSERT_PTR_NULL(json_string(NULL));
	CU_ASSERT_PTR_NULL(json_string_value(NULL));
}

static void test_on(void)
{
	cm_libjwt_type("at+jwt");
	CU_ASSERT_TRUE(reads_as("x", "x"));
	CU_ASSERT_TRUE(reads_as("RS256", "RS256"));
	CU_ASSERT_TRUE(reads_as("jwt", "jwt"));
	CU_ASSERT_TRUE(reads_as("at+jwtx", "at+jwtx"));
	CU_ASSERT_TRUE(reads_as("at+jwt", "JWT"));
	CU_ASSERT_TRUE(reads_as("JWT", "JWT")); /* written as at+jwt, and read back */
	CU_ASSERT_PTR_NULL(json_string(NULL));
	cm_libjwt_type(NULL);
}

/* Written while on, read while off: that is what a token says. */
static void test_written(void)
{
	void (*release)(struct json_t * json) = NULL;
	struct json_t *json;

	*(void **)&release = dlsym(RTLD_DEFAULT, "json_delete");
	CU_ASSERT_TRUE_FATAL(release != NULL);
	cm_libjwt_type("at+jwt");
	json = json_string("JWT");
	cm_libjwt_type(NULL);
	CU_ASSERT_STRING_EQUAL(json_string_value(json), "at+jwt");
	release(json);
}

/* Whatever becomes of a token, afterwards strings are what they say. */
static void test_off_after_use(void)
{
	static char no_pem[] = "no key";
	struct cm_store *store = fixture_store();
	struct cm_keyring ring = {0};
	struct cm_buf token = {0};
	struct cm_key broken;
	cm_json *claims = NULL;

	fixture_key_add(store, FIXTURE_ES256);
	CU_ASSERT_EQUAL(cm_keyring_load(&ring, store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_jwt_sign(&ring.key[0], CM_JWT_ACCESS, "{}", &token, NULL), CM_OK);
	CU_ASSERT_TRUE(reads_as("JWT", "JWT") && reads_as("at+jwt", "at+jwt"));
	CU_ASSERT_EQUAL(cm_jwt_verify(&ring, token.data, &claims, NULL), CM_OK);
	cm_json_free(claims);
	CU_ASSERT_TRUE(reads_as("JWT", "JWT") && reads_as("at+jwt", "at+jwt"));
	token.data[token.len - 5] = token.data[token.len - 5] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(cm_jwt_verify(&ring, token.data, &claims, NULL), CM_UNAUTHORIZED);
	CU_ASSERT_TRUE(reads_as("JWT", "JWT") && reads_as("at+jwt", "at+jwt"));
	CU_ASSERT_NOT_EQUAL(cm_jwt_sign(&ring.key[0], CM_JWT_ACCESS, "nonsense", &token, NULL),
	                    CM_OK);
	broken = ring.key[0];
	broken.read = NULL;
	broken.private_pem = no_pem;
	CU_ASSERT_NOT_EQUAL(cm_jwt_sign(&broken, CM_JWT_ACCESS, "{}", &token, NULL), CM_OK);
	CU_ASSERT_TRUE(reads_as("JWT", "JWT") && reads_as("at+jwt", "at+jwt"));
	cm_buf_clear(&token);
	cm_keyring_clear(&ring);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"switched off, every string is what it says", test_off},
    {"switched on, only the type is changed", test_on},
    {"a type that was written while on says at+jwt", test_written},
    {"it is off after signing and verifying, failed or not", test_off_after_use},
};

CM_SUITE(cm_suite_auth_libjwt_type, "auth/libjwt_type", tests);

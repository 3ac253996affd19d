#include "oauth/registration.h"

#include <stdio.h>

#include "support.h"

#define URIS "\"redirect_uris\":[\"https://example.org/cb\"]"

/* Read metadata; *out is to be cleared. */
static enum cm_status read_text(const char *text, struct cm_client *out, struct cm_err *err)
{
	cm_json *json = support_parse(text);
	enum cm_status rc;

	*out = (struct cm_client){0};
	rc = cm_registration_read(json, out, err);
	cm_json_free(json);
	return rc;
}

static void test_effective_values(void)
{
	struct cm_client client;

	CU_ASSERT_EQUAL(read_text("{" URIS "}", &client, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(client.redirect_uris, "[\"https://example.org/cb\"]");
	CU_ASSERT_STRING_EQUAL(client.grant_types, "[\"authorization_code\"]");
	CU_ASSERT_STRING_EQUAL(client.auth_method, "client_secret_basic");
	CU_ASSERT_STRING_EQUAL(client.consent_policy, "once");
	CU_ASSERT_STRING_EQUAL(client.jwks, "{}");
	CU_ASSERT_TRUE(strlen(client.display_name) > 0);
	CU_ASSERT_STRING_EQUAL(client.scope, "read write openid profile email offline_access");
	CU_ASSERT_STRING_EQUAL(client.client_id, "");
	CU_ASSERT_STRING_EQUAL(client.secret_sha256, "");
	CU_ASSERT_EQUAL(client.expire_in_hours, 0);
	cm_client_clear(&client);
	/* What a client may not choose is ignored. */
	CU_ASSERT_EQUAL(
	    read_text(
	        "{" URIS ",\"client_id\":\"admin\",\"client_secret\":\"x\",\"scope\":\"admin\","
	        "\"owner\":\"my-org\",\"organization\":\"my-org\",\"consent_policy\":\"never\","
	        "\"origin\":\"made\",\"expireInHours\":9999,\"client_name\":\"Caf\\u00e9\","
	        "\"grant_types\":[\"client_credentials\",\"refresh_token\",\"password\","
	        "\"authorization_code\",\"authorization_code\",\"implicit\"],"
	        "\"response_types\":[\"token\",\"code\"],"
	        "\"token_endpoint_auth_method\":\"none\"}",
	        &client, NULL),
	    CM_OK);
	CU_ASSERT_STRING_EQUAL(client.client_id, "");
	CU_ASSERT_STRING_EQUAL(client.owner, "");
	CU_ASSERT_STRING_EQUAL(client.consent_policy, "once");
	CU_ASSERT_EQUAL(client.origin, CM_CLIENT_MADE); /* the caller's to set */
	CU_ASSERT_STRING_EQUAL(client.scope, "read write openid profile email offline_access");
	CU_ASSERT_STRING_EQUAL(client.grant_types, "[\"authorization_code\",\"refresh_token\"]");
	CU_ASSERT_STRING_EQUAL(client.auth_method, "none");
	CU_ASSERT_STRING_EQUAL(client.display_name, "Caf\xc3\xa9");
	cm_client_clear(&client);
}

static void test_devices(void)
{
	static const char *const texts[] = {
	    "{\"grant_types\":[\"urn:ietf:params:oauth:grant-type:device_code\"]}",
	    "{\"grant_types\":[\"urn:ietf:params:oauth:grant-type:device_code\"],"
	    "\"redirect_uris\":[],\"response_types\":[]}",
	};
	struct cm_client client;

	/* A terminal needs nowhere to send people to. */
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		ASSERT_ROW(texts[i], read_text(texts[i], &client, NULL) == CM_OK);
		ASSERT_ROW(texts[i], strcmp(client.redirect_uris, "[]") == 0);
		cm_client_clear(&client);
	}
}

static const struct {
	const char *text, *word;
	enum cm_status rc;
} bad[] = {
    {"[]", "object", CM_INVALID_METADATA},
    {"null", "object", CM_INVALID_METADATA},
    {"\"x\"", "object", CM_INVALID_METADATA},
    {"{}", "redirect_uris", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[]}", "redirect_uris", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":\"https://example.org/\"}", "array", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":{}}", "array", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[7]}", "redirect_uris[0] must be a string", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[null]}", "redirect_uris[0]", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[\"\"]}", "redirect_uris[0]", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[\"https://a/\",\"http://example.org/\"]}", "redirect_uris[1]",
     CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[\"javascript:alert(1)\"]}", "scheme", CM_INVALID_REDIRECT_URI},
    {"{\"redirect_uris\":[\"https://a/#x\"]}", "fragment", CM_INVALID_REDIRECT_URI},
    {"{" URIS ",\"grant_types\":\"authorization_code\"}", "grant_types", CM_INVALID_METADATA},
    {"{" URIS ",\"grant_types\":[]}", "grant_types", CM_INVALID_METADATA},
    {"{" URIS ",\"grant_types\":[7]}", "grant_types", CM_INVALID_METADATA},
    {"{" URIS ",\"grant_types\":[\"refresh_token\"]}", "grant_types", CM_INVALID_METADATA},
    {"{" URIS ",\"grant_types\":[\"client_credentials\"]}", "grant_types", CM_INVALID_METADATA},
    {"{" URIS ",\"grant_types\":[\"Authorization_code\"]}", "grant_types", CM_INVALID_METADATA},
    {"{" URIS ",\"response_types\":\"code\"}", "response_types", CM_INVALID_METADATA},
    {"{" URIS ",\"response_types\":[\"token\"]}", "response_types", CM_INVALID_METADATA},
    {"{" URIS ",\"response_types\":[7]}", "response_types", CM_INVALID_METADATA},
    {"{" URIS ",\"response_types\":[\"code token\"]}", "response_types", CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":\"\"}", "auth_method", CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":7}", "auth_method", CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":\"None\"}", "auth_method", CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":\"client_secret_jwt\"}", "auth_method",
     CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":\"tls_client_auth\"}", "auth_method",
     CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":\"private_key_jwt\"}", "jwks", CM_INVALID_METADATA},
    {"{" URIS ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks_uri\":\"https://a/\"}",
     "jwks", CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":[]}", "jwks", CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":{}}", "jwks", CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":\"{}\"}", "jwks", CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":{\"keys\":{}}}", "jwks", CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":{\"keys\":[{\"kty\":\"EC\"},{\"kty\":\"EC\",\"d\":\"AA\"}]}}",
     "public keys", CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"p\":\"AA\"}]}}", "public keys",
     CM_INVALID_METADATA},
    {"{" URIS ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}}", "public keys",
     CM_INVALID_METADATA},
    {"{" URIS ",\"client_name\":7}", "client_name", CM_INVALID_METADATA},
    {"{" URIS ",\"client_name\":[\"x\"]}", "client_name", CM_INVALID_METADATA},
    {"{" URIS ",\"client_name\":\"a\\nb\"}", "control", CM_INVALID_METADATA},
    {"{" URIS ",\"client_name\":\"a\\u007fb\"}", "control", CM_INVALID_METADATA},
    {"{" URIS ",\"client_name\":\"\\u0001\"}", "control", CM_INVALID_METADATA},
};

/* A name that turns the text after it would let a page say something else. */
static void test_names_that_turn_text(void)
{
	static const struct {
		unsigned first, last;
		enum cm_status status;
	} ranges[] = {
	    {0x2027, 0x2027, CM_OK}, {0x202a, 0x202e, CM_INVALID_METADATA}, {0x202f, 0x202f, CM_OK},
	    {0x2065, 0x2065, CM_OK}, {0x2066, 0x2069, CM_INVALID_METADATA}, {0x206a, 0x206a, CM_OK},
	};

	for (size_t i = 0; i < COUNT_OF(ranges); i++) {
		for (unsigned point = ranges[i].first; point <= ranges[i].last; point++) {
			struct cm_client client = {0};
			char text[200];

			snprintf(text, sizeof text, "{" URIS ",\"client_name\":\"a\\u%04x\"}",
			         point);
			ASSERT_ROW(text, read_text(text, &client, NULL) == ranges[i].status);
			cm_client_clear(&client);
		}
	}
}

static void test_refused(void)
{
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct cm_err err = {0};
		struct cm_client client;

		ASSERT_ROW(bad[i].text, read_text(bad[i].text, &client, &err) == bad[i].rc);
		ASSERT_ROW(bad[i].text, err.status == bad[i].rc);
		ASSERT_ROW(bad[i].text, strstr(err.text, bad[i].word) != NULL);
		cm_client_clear(&client);
	}
}

static void test_uri_count(void)
{
	for (int count = 20; count <= 21; count++) {
		struct cm_buf text = {0};
		struct cm_client client;

		cm_buf_puts(&text, "{\"redirect_uris\":[");
		for (int i = 0; i < count; i++)
			cm_buf_printf(&text, "%s\"https://example.org/%d\"", i == 0 ? "" : ",", i);
		cm_buf_puts(&text, "]}");
		CU_ASSERT_EQUAL(read_text(cm_buf_str(&text), &client, NULL),
		                count == 20 ? CM_OK : CM_INVALID_REDIRECT_URI);
		cm_client_clear(&client);
		cm_buf_clear(&text);
	}
}

static void test_uri_length(void)
{
	for (size_t len = CM_URL_MAX; len <= CM_URL_MAX + 1; len++) {
		char uri[CM_URL_MAX + 2] = "https://example.org/", text[CM_URL_MAX + 100];
		struct cm_client client;
		size_t at = strlen(uri);

		memset(uri + at, 'x', len - at);
		uri[len] = '\0';
		snprintf(text, sizeof text, "{\"redirect_uris\":[\"%s\"]}", uri);
		CU_ASSERT_EQUAL(read_text(text, &client, NULL),
		                len == CM_URL_MAX ? CM_OK : CM_INVALID_REDIRECT_URI);
		cm_client_clear(&client);
	}
}

/* Letters of one to four bytes: characters are counted, and all of them fit. */
static void test_name_length(void)
{
	static const char *const letters[] = {"x", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x94\x91"};

	for (size_t i = 0; i < COUNT_OF(letters); i++) {
		for (int count = 100; count <= 101; count++) {
			struct cm_buf text = {0};
			struct cm_client client;

			cm_buf_puts(&text, "{" URIS ",\"client_name\":\"");
			for (int k = 0; k < count; k++)
				cm_buf_puts(&text, letters[i]);
			cm_buf_puts(&text, "\"}");
			ASSERT_ROW(letters[i], read_text(cm_buf_str(&text), &client, NULL) ==
			                           (count == 100 ? CM_OK : CM_INVALID_METADATA));
			if (count == 100)
				ASSERT_ROW(letters[i],
				           strlen(client.display_name) == 100 * strlen(letters[i]));
			cm_client_clear(&client);
			cm_buf_clear(&text);
		}
	}
}

static void test_methods_and_keys(void)
{
	static const struct {
		const char *members, *method, *jwks;
	} rows[] = {
	    {"\"token_endpoint_auth_method\":\"client_secret_post\"", "client_secret_post", "{}"},
	    {"\"token_endpoint_auth_method\":\"client_secret_basic\"", "client_secret_basic", "{}"},
	    {"\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[]}",
	     "private_key_jwt", "{\"keys\":[]}"},
	    {"\"jwks\":{\"keys\":[{\"kty\":\"oct\"}],\"x\":1}", "client_secret_basic",
	     "{\"keys\":[{\"kty\":\"oct\"}],\"x\":1}"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_client client;
		char text[400];

		snprintf(text, sizeof text, "{" URIS ",%s}", rows[i].members);
		ASSERT_ROW(text, read_text(text, &client, NULL) == CM_OK);
		ASSERT_ROW(text, strcmp(client.auth_method, rows[i].method) == 0);
		ASSERT_ROW(text, strcmp(client.jwks, rows[i].jwks) == 0);
		cm_client_clear(&client);
	}
}

#define CODE    "\"authorization_code\""
#define REFRESH "\"refresh_token\""
#define DEVICE  "\"urn:ietf:params:oauth:grant-type:device_code\""

/* What a client asks for that has some grants already, and what it has then; NULL: it is refused.
 */
static void test_renewed(void)
{
	static const struct {
		char *stored;
		const char *asked, *then;
	} rows[] = {
	    {"[" CODE "," REFRESH "]", "[" CODE "," REFRESH "]", "[" CODE "," REFRESH "]"},
	    {"[" CODE "," REFRESH "]", "[" CODE "]", "[" CODE "]"},
	    {"[" CODE "]", "[" CODE "," REFRESH "," DEVICE "]", "[" CODE "]"},
	    {"[" REFRESH "]", "[" CODE "," REFRESH "]", "[" REFRESH "]"},
	    {"[" REFRESH "," CODE "]", "[" CODE "," REFRESH "]", "[" CODE "," REFRESH "]"},
	    {"[\"client_credentials\"," CODE "]", "[\"client_credentials\"," CODE "]",
	     "[" CODE "]"},
	    {"[" CODE "]", "[" DEVICE "]", NULL},
	    {"[" REFRESH "]", "[" CODE "]", NULL},
	    {"[\"client_credentials\"]", "[\"client_credentials\"," CODE "]", NULL},
	    {"[]", "[" CODE "," REFRESH "," DEVICE "]", NULL},
	    {"", "[" CODE "]", NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_client stored = {.id = 7,
		                           .client_id = "c",
		                           .origin = CM_CLIENT_DOCUMENT,
		                           .created_at_s = 8,
		                           .scope = (char[]){"read openid"},
		                           .grant_types = rows[i].stored};
		struct cm_client fresh;
		struct cm_err err = {0};
		char text[400];
		enum cm_status rc;

		snprintf(text, sizeof text, "{" URIS ",\"grant_types\":%s}", rows[i].asked);
		CU_ASSERT_EQUAL_FATAL(read_text(text, &fresh, NULL), CM_OK);
		rc = cm_registration_renew(&stored, &fresh, &err);
		if (rows[i].then == NULL) {
			ASSERT_ROW(text, rc == CM_INVALID_METADATA && err.status == rc);
			ASSERT_ROW(text, strstr(err.text, "grant_types") != NULL);
		} else {
			ASSERT_ROW(text, rc == CM_OK);
			ASSERT_ROW(text, strcmp(fresh.grant_types, rows[i].then) == 0);
		}
		ASSERT_ROW(text, strcmp(fresh.scope, "read openid") == 0);
		ASSERT_ROW(text, fresh.id == 7 && fresh.created_at_s == 8);
		ASSERT_ROW(text, fresh.origin == CM_CLIENT_DOCUMENT);
		ASSERT_ROW(text, strcmp(fresh.client_id, "c") == 0);
		ASSERT_ROW(text, strcmp(fresh.display_name, stored.display_name) != 0);
		cm_client_clear(&fresh);
	}
}

static const struct cm_test tests[] = {
    {"what a client leaves out has a value, what it may not choose is ignored",
     test_effective_values},
    {"a terminal needs no redirect URI", test_devices},
    {"bad metadata is refused, and the member named", test_refused},
    {"a name that turns text is refused", test_names_that_turn_text},
    {"a client has 20 redirect URIs at most", test_uri_count},
    {"a redirect URI is not too long", test_uri_length},
    {"a name has 100 characters, of however many bytes", test_name_length},
    {"a client says how it authenticates, with which keys", test_methods_and_keys},
    {"a client that is there keeps its scopes and gets no more grants", test_renewed},
};

CM_SUITE(cm_suite_oauth_registration, "oauth/registration", tests);

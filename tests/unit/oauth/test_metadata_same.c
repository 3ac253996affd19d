#include "oauth/metadata.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_auth.h"
#include "support.h"

/* GET a path with headers that a stranger made up. */
static struct reply get(struct serve *serve, const char *path)
{
	static const char *const forged[] = {"HTTP_HOST=evil.example",
	                                     "HTTP_X_FORWARDED_HOST=evil.example",
	                                     "HTTP_X_FORWARDED_PROTO=gopher",
	                                     "HTTP_X_FORWARDED_PREFIX=/evil.example",
	                                     "HTTP_FORWARDED=host=evil.example;proto=gopher",
	                                     "HTTP_ORIGIN=https://evil.example",
	                                     "SERVER_NAME=evil.example",
	                                     "SCRIPT_NAME=/evil.example",
	                                     "PATH_INFO=/evil.example",
	                                     NULL};
	struct reply reply = serve_send(serve, "GET", path, forged, "");

	ASSERT_ROW(path, strstr(cm_buf_str(&reply.raw), "evil.example") == NULL);
	ASSERT_ROW(path, strstr(cm_buf_str(&reply.raw), "gopher") == NULL);
	return reply;
}

/* The same issuer in both documents, in the token and in the challenge. */
static void same_everywhere(const char *setting, const char *issuer, const char *prefix,
                            const char *prm_url)
{
	char path[200], mcp[200], token_url[200], challenge[300];
	struct cm_buf form = {0};
	struct serve serve;
	struct reply reply;
	cm_json *claims;

	serve_open(&serve);
	support_set(&serve, "issuer", setting);
	snprintf(mcp, sizeof mcp, "%s/api/mcp", issuer);
	snprintf(token_url, sizeof token_url, "%s/api/login/oauth/access_token", issuer);
	snprintf(path, sizeof path, "/.well-known/oauth-authorization-server%s", prefix);
	reply = get(&serve, path);
	ASSERT_ROW(setting, support_is(reply.json, "issuer", issuer));
	ASSERT_ROW(setting, support_is(reply.json, "token_endpoint", token_url));
	reply_clear(&reply);
	snprintf(path, sizeof path, "/.well-known/oauth-protected-resource%s/api/mcp", prefix);
	reply = get(&serve, path);
	ASSERT_ROW(setting, support_is(reply.json, "resource", mcp));
	ASSERT_ROW(
	    setting,
	    strcmp(cm_json_string(cm_json_at(cm_json_get(reply.json, "authorization_servers"), 0)),
	           issuer) == 0);
	reply_clear(&reply);
	cm_buf_printf(&form, "grant_type=client_credentials&client_id=%s&client_secret=%s",
	              serve.client_id[DEMO], serve.secret[DEMO]);
	snprintf(path, sizeof path, "%s/api/login/oauth/access_token", prefix);
	reply = support_post(&serve, path, "application/x-www-form-urlencoded",
	                     "HTTP_HOST=evil.example", cm_buf_str(&form));
	claims = fixture_part(cm_json_string(cm_json_get(reply.json, "access_token")), 1);
	ASSERT_ROW(setting, support_is(claims, "iss", issuer));
	ASSERT_ROW(setting, support_is(claims, "aud", mcp));
	cm_json_free(claims);
	reply_clear(&reply);
	snprintf(path, sizeof path, "%s/api/mcp", prefix);
	reply = support_post(&serve, path, "application/json", "HTTP_HOST=evil.example", "{}");
	snprintf(challenge, sizeof challenge, "WWW-Authenticate: Bearer resource_metadata=\"%s\", ",
	         prm_url);
	ASSERT_ROW(setting, reply.status == 401 && reply_has_header(&reply, challenge));
	reply_clear(&reply);
	cm_buf_clear(&form);
	serve_close(&serve);
}

static void test_A27_issuer(void)
{
	same_everywhere("http://127.0.0.1:8080", "http://127.0.0.1:8080", "",
	                "http://127.0.0.1:8080/.well-known/oauth-protected-resource/api/mcp");
	same_everywhere("https://h.example/", "https://h.example", "",
	                "https://h.example/.well-known/oauth-protected-resource/api/mcp");
	same_everywhere("https://h.example/auth", "https://h.example/auth", "/auth",
	                "https://h.example/.well-known/oauth-protected-resource/auth/api/mcp");
	same_everywhere("https://h.example:8443/a/b//", "https://h.example:8443/a/b", "/a/b",
	                "https://h.example:8443/.well-known/oauth-protected-resource/a/b/api/mcp");
}

/* A URL of a document leads somewhere: below the issuer, to a path that is not 404. */
static void leads_somewhere(struct serve *serve, const char *url)
{
	struct reply reply;

	CU_ASSERT_PTR_NOT_NULL_FATAL(url);
	ASSERT_ROW(url, strncmp(url, "http://127.0.0.1:8080/", 22) == 0);
	reply = get(serve, url + strlen("http://127.0.0.1:8080"));
	ASSERT_ROW(url, reply.status != 404);
	reply_clear(&reply);
}

static void test_A29_every_url_works(void)
{
	static const char *const endpoints[] = {
	    "authorization_endpoint", "token_endpoint",         "jwks_uri",
	    "revocation_endpoint",    "introspection_endpoint", "device_authorization_endpoint",
	    "userinfo_endpoint",      "registration_endpoint"};
	static const char *const members[] = {
	    "issuer",
	    "scopes_supported",
	    "response_types_supported",
	    "response_modes_supported",
	    "grant_types_supported",
	    "code_challenge_methods_supported",
	    "token_endpoint_auth_methods_supported",
	    "revocation_endpoint_auth_methods_supported",
	    "introspection_endpoint_auth_methods_supported",
	    "token_endpoint_auth_signing_alg_values_supported",
	    "revocation_endpoint_auth_signing_alg_values_supported",
	    "introspection_endpoint_auth_signing_alg_values_"
	    "supported",
	    "authorization_response_iss_parameter_supported",
	    "protected_resources",
	    "prompt_values_supported",
	    "subject_types_supported",
	    "id_token_signing_alg_values_supported",
	    "claims_supported",
	    "request_uri_parameter_supported"};
	struct serve serve;
	struct reply reply;
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	serve_open(&serve);
	reply = get(&serve, "/.well-known/oauth-authorization-server");
	while (cm_json_each(reply.json, &cursor, &name, &value)) {
		bool known = false;

		for (size_t i = 0; i < COUNT_OF(members); i++)
			known = known || strcmp(members[i], name) == 0;
		for (size_t i = 0; i < COUNT_OF(endpoints); i++)
			known = known || strcmp(endpoints[i], name) == 0;
		ASSERT_ROW(name, known);
	}
	for (size_t i = 0; i < COUNT_OF(endpoints); i++)
		leads_somewhere(&serve, cm_json_string(cm_json_get(reply.json, endpoints[i])));
	leads_somewhere(
	    &serve, cm_json_string(cm_json_at(cm_json_get(reply.json, "protected_resources"), 0)));
	CU_ASSERT_TRUE(
	    support_writes(cm_json_get(reply.json, "response_types_supported"), "[\"code\"]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(reply.json, "code_challenge_methods_supported"),
	                              "[\"S256\"]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(reply.json, "scopes_supported"),
	                              "[\"read:application\",\"write:application\","
	                              "\"read:organization\",\"write:organization\","
	                              "\"read:user\",\"write:user\",\"read:role\","
	                              "\"write:role\",\"read:permission\",\"write:permission\","
	                              "\"read:token\",\"write:token\",\"read:audit\","
	                              "\"openid\",\"profile\",\"email\",\"offline_access\"]"));
	reply_clear(&reply);
	serve_close(&serve);
}

/* Each grant that is listed gets past "unsupported", each method to authenticate works. */
static void test_A29_grants_and_methods_work(void)
{
	static const char *const unlisted[] = {"password", "implicit",
	                                       "urn:ietf:params:oauth:grant-type:jwt-bearer"};
	struct serve serve;
	struct reply reply, answer;

	serve_open(&serve);
	reply = get(&serve, "/.well-known/oauth-authorization-server");
	CU_ASSERT_TRUE(support_writes(cm_json_get(reply.json, "grant_types_supported"),
	                              "[\"client_credentials\",\"authorization_code\","
	                              "\"refresh_token\","
	                              "\"urn:ietf:params:oauth:grant-type:device_code\"]"));
	CU_ASSERT_TRUE(
	    support_writes(cm_json_get(reply.json, "token_endpoint_auth_methods_supported"),
	                   "[\"none\",\"client_secret_basic\",\"client_secret_post\","
	                   "\"private_key_jwt\"]"));
	reply_clear(&reply);
	for (size_t i = 0; i < COUNT_OF(unlisted); i++) {
		char form[200];

		snprintf(form, sizeof form, "grant_type=%s&username=a&password=b&code=c",
		         unlisted[i]);
		answer = serve_token(&serve, DEMO, form);
		ASSERT_ROW(unlisted[i], support_is(answer.json, "error", "unsupported_grant_type"));
		reply_clear(&answer);
	}
	serve_close(&serve);
}

static void test_A31_protected_resource(void)
{
	static const char *const paths[] = {"/.well-known/oauth-protected-resource",
	                                    "/.well-known/oauth-protected-resource/api/mcp"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct reply reply = get(&serve, paths[i]);

		ASSERT_ROW(paths[i],
		           strcmp(reply.body,
		                  "{\"resource\":\"http://127.0.0.1:8080/api/mcp\","
		                  "\"resource_name\":\"Casement\",\"authorization_servers\":"
		                  "[\"http://127.0.0.1:8080\"],\"scopes_supported\":"
		                  "[\"read:application\",\"write:application\"],"
		                  "\"bearer_methods_supported\":[\"header\"]}") == 0);
		ASSERT_ROW(paths[i],
		           reply_has_header(&reply, "Cache-Control: public, max-age=300\r\n"));
		ASSERT_ROW(paths[i],
		           reply_has_header(&reply, "Access-Control-Allow-Origin: *\r\n"));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_keys(void)
{
	static char alg[] = "ES256";
	static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "k"};
	struct serve serve;
	struct reply reply;
	const cm_json *keys;

	serve_open(&serve);
	CU_ASSERT_EQUAL(cm_store_write(serve.ctx.store, fixture_key_create, alg, NULL), CM_OK);
	serve.ctx.version = -1;
	reply = get(&serve, "/.well-known/jwks");
	keys = cm_json_get(reply.json, "keys");
	/* The retired one is still there: its tokens are good until they end. */
	CU_ASSERT_EQUAL(cm_json_length(keys), 2);
	for (size_t i = 0; i < cm_json_length(keys); i++) {
		const cm_json *key = cm_json_at(keys, i);

		CU_ASSERT_TRUE(support_is(key, "kty", "EC"));
		CU_ASSERT_PTR_NOT_NULL(cm_json_get(key, "kid"));
		CU_ASSERT_TRUE(support_is(key, "alg", "ES256"));
		for (size_t k = 0; k < COUNT_OF(private_members); k++)
			ASSERT_ROW(private_members[k],
			           cm_json_get(key, private_members[k]) == NULL);
	}
	CU_ASSERT_PTR_NULL(strstr(reply.body, "PRIVATE"));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"A27 A30 U2 one issuer in documents, tokens and challenges, whatever headers say",
     test_A27_issuer},
    {"A29 the document has what works, and its URLs lead somewhere", test_A29_every_url_works},
    {"A9 A29 grants that are not listed are not there", test_A29_grants_and_methods_work},
    {"A31 the protected resource is the MCP URL, in both places", test_A31_protected_resource},
    {"all keys are told, and nothing private of them", test_keys},
};

CM_SUITE(cm_suite_oauth_metadata_same, "oauth/metadata_same", tests);

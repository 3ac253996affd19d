#include "oauth/token.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "support.h"

#define PATH "/api/login/oauth/access_token"

/* The claims (1) or the header (0) of the token in a reply; the caller frees it. */
static cm_json *part(const struct reply *reply, int which)
{
	const char *token = cm_json_string(cm_json_get(reply->json, "access_token"));
	cm_json *json = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(token);
	json = fixture_part(token, which);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	return json;
}

static int64_t number(const cm_json *json, const char *member)
{
	int64_t value = -1;

	(void)cm_json_integer(cm_json_get(json, member), &value);
	return value;
}

static void test_A2_success(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_TRUE(reply_has_header(&reply, "Content-Type: application/json\r\n"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Cache-Control: no-store\r\n"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Pragma: no-cache\r\n"));
	CU_ASSERT_FALSE(reply_has_header(&reply, "WWW-Authenticate"));
	CU_ASSERT_TRUE(support_is(reply.json, "token_type", "Bearer"));
	CU_ASSERT_TRUE(support_is(reply.json, "scope", "read:application write:application"));
	CU_ASSERT_EQUAL(number(reply.json, "expires_in"), 3600);
	CU_ASSERT_PTR_NULL(strstr(reply.body, serve.secret[DEMO]));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_A10_what_the_token_says(void)
{
	static const char *const members[] = {"iss",   "aud", "sub", "client_id", "organization",
	                                      "scope", "jti", "iat", "exp"};
	struct serve serve;
	struct reply reply;
	cm_json *claims, *header;
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	size_t count = 0;

	cm_clock_fix(2000000000);
	serve_open(&serve);
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials&scope=application:read");
	header = part(&reply, 0);
	claims = part(&reply, 1);
	CU_ASSERT_TRUE(support_is(header, "typ", "at+jwt"));
	CU_ASSERT_TRUE(support_is(header, "alg", "ES256"));
	CU_ASSERT_TRUE(support_is(claims, "iss", "http://127.0.0.1:8080"));
	CU_ASSERT_TRUE(support_is(claims, "aud", "http://127.0.0.1:8080/api/mcp"));
	CU_ASSERT_TRUE(support_is(claims, "sub", serve.client_id[DEMO]));
	CU_ASSERT_TRUE(support_is(claims, "client_id", serve.client_id[DEMO]));
	CU_ASSERT_TRUE(support_is(claims, "organization", "my-org"));
	CU_ASSERT_TRUE(support_is(claims, "scope", "application:read"));
	CU_ASSERT_EQUAL(number(claims, "iat"), 2000000000);
	CU_ASSERT_EQUAL(number(claims, "exp"), 2000003600);
	/* Nothing else, and no refresh token or ID token beside it. */
	while (cm_json_each(claims, &cursor, &name, &value))
		count++;
	CU_ASSERT_EQUAL(count, COUNT_OF(members));
	for (size_t i = 0; i < COUNT_OF(members); i++)
		ASSERT_ROW(members[i], cm_json_get(claims, members[i]) != NULL);
	for (cursor = NULL, count = 0; cm_json_each(reply.json, &cursor, &name, &value);)
		count++;
	CU_ASSERT_EQUAL(count, 4);
	cm_json_free(header);
	cm_json_free(claims);
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_A10_each_token_is_new(void)
{
	struct support_rows before;
	struct serve serve;
	struct reply one, two;
	cm_json *first, *second;

	serve_open(&serve);
	before = support_rows(&serve);
	one = serve_token(&serve, DEMO, "grant_type=client_credentials");
	two = serve_token(&serve, DEMO, "grant_type=client_credentials");
	first = part(&one, 1);
	second = part(&two, 1);
	CU_ASSERT_STRING_NOT_EQUAL(cm_json_string(cm_json_get(first, "jti")),
	                           cm_json_string(cm_json_get(second, "jti")));
	CU_ASSERT_EQUAL(support_rows(&serve).tokens, before.tokens + 2);
	CU_ASSERT_EQUAL(support_rows(&serve).audits, before.audits + 2);
	cm_json_free(first);
	cm_json_free(second);
	reply_clear(&one);
	reply_clear(&two);
	serve_close(&serve);
}

static void test_a_refusal_writes_nothing(void)
{
	static const char *const forms[] = {
	    "",
	    "grant_type=password",
	    "grant_type=client_credentials&scope=admin",
	    "grant_type=client_credentials&resource=https://evil.example",
	    "grant_type=client_credentials&grant_type=client_credentials",
	};
	struct support_rows before;
	struct serve serve;

	serve_open(&serve);
	before = support_rows(&serve);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct reply reply = serve_token(&serve, DEMO, forms[i]);

		ASSERT_ROW(forms[i], reply.status == 400);
		ASSERT_ROW(forms[i], support_same_rows(before, support_rows(&serve)));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_life_of_a_token(void)
{
	static const struct {
		const char *hours;
		int64_t seconds;
	} rows[] = {{"0", 600}, {"1", 3600}, {"0.5", 1800}, {"0.0001", 1}, {"8760", 31536000}};
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "access_token_lifetime_s", "600");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char sql[100];
		struct reply reply;

		snprintf(sql, sizeof sql, "UPDATE application SET expire_in_hours = %s",
		         rows[i].hours);
		CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, sql));
		reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
		ASSERT_ROW(rows[i].hours, number(reply.json, "expires_in") == rows[i].seconds);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* The scope that a form gets, NULL for invalid_scope. */
static void grants(struct serve *serve, enum serve_client client, const char *form,
                   const char *scope)
{
	struct reply reply = serve_token(serve, client, form);
	cm_json *claims;

	if (scope == NULL) {
		ASSERT_ROW(form, reply.status == 400);
		ASSERT_ROW(form, support_is(reply.json, "error", "invalid_scope"));
	} else {
		claims = part(&reply, 1);
		ASSERT_ROW(form, reply.status == 200);
		ASSERT_ROW(form, support_is(reply.json, "scope", scope));
		ASSERT_ROW(form, support_is(claims, "scope", scope));
		cm_json_free(claims);
	}
	reply_clear(&reply);
}

#define SCOPE(text) "grant_type=client_credentials&scope=" text

static void test_A11_scope_comes_back(void)
{
	struct serve serve;

	serve_open(&serve);
	grants(&serve, DEMO, SCOPE(""), "read:application write:application");
	grants(&serve, DEMO, SCOPE("write:application"), "write:application");
	grants(&serve, DEMO, SCOPE("application:write+application:read"),
	       "application:write application:read");
	grants(&serve, DEMO, SCOPE("read:application+read:application"), "read:application");
	grants(&serve, DEMO, SCOPE("++read:application++"), "read:application");
	grants(&serve, DEMO, SCOPE("*:application"), "*:application");
	grants(&serve, ADMIN, SCOPE(""), "admin");
	grants(&serve, ADMIN, SCOPE("write+read:*+*:read"), "write read:* *:read");
	grants(&serve, READER, SCOPE(""), "read:application");
	serve_close(&serve);
}

static void test_A11_not_registered(void)
{
	struct serve serve;

	serve_open(&serve);
	grants(&serve, READER, SCOPE("write:application"), NULL);
	grants(&serve, READER, SCOPE("read:application+write:application"), NULL);
	grants(&serve, READER, SCOPE("*:application"), NULL);
	grants(&serve, DEMO, SCOPE("admin"), NULL);
	grants(&serve, DEMO, SCOPE("read:*"), NULL);
	grants(&serve, DEMO, SCOPE("write"), NULL);
	grants(&serve, DEMO, SCOPE("*"), NULL);
	grants(&serve, DEMO, SCOPE("*:*"), NULL);
	grants(&serve, DEMO, SCOPE("application"), NULL);
	grants(&serve, DEMO, SCOPE("read:user"), NULL);
	grants(&serve, DEMO, SCOPE("READ:application"), NULL);
	grants(&serve, DEMO, SCOPE("read:application,write:application"), NULL);
	grants(&serve, DEMO, SCOPE("read:application%09write:application"), NULL);
	grants(&serve, DEMO, SCOPE("openid"), NULL);
	grants(&serve, DEMO, SCOPE("offline_access"), NULL);
	grants(&serve, DEMO, SCOPE("%22"), NULL);
	serve_close(&serve);
}

static void test_A11_client_without_scopes(void)
{
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_TRUE(
	    fixture_sql(serve.ctx.store, "UPDATE application SET scopes = '[]', scope = ''"));
	grants(&serve, DEMO, SCOPE(""), "");
	grants(&serve, DEMO, SCOPE("read:application"), NULL);
	serve_close(&serve);
}

static void test_A17_audience(void)
{
	static const char *const forms[] = {
	    "grant_type=client_credentials",
	    "grant_type=client_credentials&resource=https://h.example/auth/api/mcp",
	    "grant_type=client_credentials&resource=https://h.example/auth",
	    "grant_type=client_credentials&resource=https://h.example/auth/&resource="
	    "https%3A%2F%2Fh.example%2Fauth%2Fapi%2Fmcp",
	};
	static const char *const bad[] = {
	    "grant_type=client_credentials&resource=https://h.example",
	    "grant_type=client_credentials&resource=https://h.example/api/mcp",
	    "grant_type=client_credentials&resource=https://h.example/auth/&resource=https://"
	    "evil.example",
	    "grant_type=client_credentials&resource=https://evil.example&resource=https://"
	    "h.example/auth",
	};
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "issuer", "https://h.example/auth");
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct cm_buf form = {0};
		struct reply reply;
		cm_json *claims;

		cm_buf_printf(&form, "%s&client_id=%s&client_secret=%s", forms[i],
		              serve.client_id[DEMO], serve.secret[DEMO]);
		reply = support_post(&serve, "/auth" PATH, "application/x-www-form-urlencoded",
		                     NULL, cm_buf_str(&form));
		claims = part(&reply, 1);
		ASSERT_ROW(forms[i], support_is(claims, "aud", "https://h.example/auth/api/mcp"));
		ASSERT_ROW(forms[i], support_is(claims, "iss", "https://h.example/auth"));
		cm_json_free(claims);
		cm_buf_clear(&form);
		reply_clear(&reply);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct cm_buf form = {0};
		struct reply reply;

		cm_buf_printf(&form, "%s&client_id=%s&client_secret=%s", bad[i],
		              serve.client_id[DEMO], serve.secret[DEMO]);
		reply = support_post(&serve, "/auth" PATH, "application/x-www-form-urlencoded",
		                     NULL, cm_buf_str(&form));
		ASSERT_ROW(bad[i], support_is(reply.json, "error", "invalid_target"));
		cm_buf_clear(&form);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* RFC 6749 section 5.2: visible ASCII without quote and backslash. */
static void test_A18_descriptions(void)
{
	static const char *const forms[] = {
	    "grant_type=%22%5C%0D%0A%01%C3%A9",
	    "grant_type=client_credentials&scope=%22%5C%0D%0A%01%C3%A9",
	    "grant_type=client_credentials&resource=%22%5C%0D%0A%01%C3%A9",
	    "%22%5C%0D%0A%01%C3%A9=1&%22%5C%0D%0A%01%C3%A9=1",
	    "grant_type=%",
	    "",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct reply reply = serve_token(&serve, DEMO, forms[i]);
		const char *text = cm_json_string(cm_json_get(reply.json, "error_description"));

		ASSERT_ROW(forms[i], reply.status == 400 && text != NULL);
		ASSERT_ROW(forms[i], text != NULL && *text != '\0' &&
		                         strpbrk(text, "\"\\\r\n\x01\xc3\xa9\x7f") == NULL);
		ASSERT_ROW(forms[i], strstr(cm_buf_str(&reply.raw), serve.secret[DEMO]) == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_json_body(void)
{
	struct cm_buf body = {0};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	cm_buf_printf(&body,
	              "{\"grant_type\":\"client_credentials\",\"client_id\":\"%s\","
	              "\"client_secret\":\"%s\",\"scope\":\"read:application\","
	              "\"resource\":[\"http://127.0.0.1:8080\"]}",
	              serve.client_id[DEMO], serve.secret[DEMO]);
	reply = support_post(&serve, PATH, "application/json", NULL, cm_buf_str(&body));
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_TRUE(support_is(reply.json, "scope", "read:application"));
	reply_clear(&reply);
	/* The same bytes under the name of a form are no form. */
	reply = support_post(&serve, PATH, "application/x-www-form-urlencoded", NULL,
	                     cm_buf_str(&body));
	CU_ASSERT_EQUAL(reply.status, 401);
	reply_clear(&reply);
	cm_buf_clear(&body);
	serve_close(&serve);
}

static void test_no_signing_key(void)
{
	struct support_rows before;
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	before = support_rows(&serve);
	support_set(&serve, "signing_algorithm", "RS256");
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 503);
	CU_ASSERT_TRUE(support_is(reply.json, "error", "temporarily_unavailable"));
	CU_ASSERT_PTR_NULL(strstr(reply.body, "RS256"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Retry-After: "));
	CU_ASSERT_TRUE(support_same_rows(before, support_rows(&serve)));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_audit_of_a_token(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
	CU_ASSERT_TRUE(fixture_is_text(
	    serve.ctx.store,
	    "SELECT tool || ' ' || outcome || ' ' || organization || ' ' || address || ' ' || "
	    "(client_id = (SELECT client_id FROM application WHERE owner = 'my-org' AND "
	    "name = 'demo')) || ' ' || (target IN (SELECT jti FROM token)) FROM audit "
	    "ORDER BY id DESC LIMIT 1",
	    "token ok my-org 127.0.0.1 1 1"));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"A2 a token comes as JSON that nobody may keep", test_A2_success},
    {"A10 R1 the token has the claims of RFC 9068 and no others", test_A10_what_the_token_says},
    {"A10 each token has an id and a row of its own", test_A10_each_token_is_new},
    {"a refusal leaves no row behind", test_a_refusal_writes_nothing},
    {"a token lives as long as its client's hours, or the setting", test_life_of_a_token},
    {"A11 scope comes back as it was asked for, each word once", test_A11_scope_comes_back},
    {"A11 what is not registered is invalid_scope", test_A11_not_registered},
    {"A11 a client without scopes gets none", test_A11_client_without_scopes},
    {"A17 the audience is the MCP URL, whichever resource was named", test_A17_audience},
    {"A18 descriptions are plain ASCII and hold no secret", test_A18_descriptions},
    {"a JSON body is as good as a form", test_json_body},
    {"without a signing key there is no token and no row", test_no_signing_key},
    {"a token is in the audit trail, under the client's name", test_audit_of_a_token},
};

CM_SUITE(cm_suite_oauth_token_answer, "oauth/token_answer", tests);

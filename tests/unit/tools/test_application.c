#include "serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "http/request.h"
#include "store/application.h"

#define ADD(fields)    "{\"application\":{" fields "}}"
#define UPDATE(fields) "{\"id\":\"my-org/demo\",\"application\":{" fields "}}"
#define READ_SCOPE     "\"scopes\":[{\"name\":\"read:application\"}]"

/* The parsed text of a call that must succeed; owned by the caller. */
static cm_json *result(struct serve *serve, enum serve_client client, const char *tool,
                       const char *arguments)
{
	bool failed = true;
	char *text = serve_call(serve, client, tool, arguments, &failed);
	cm_json *json = NULL;

	ASSERT_ROW(arguments, !failed && text != NULL &&
	                          cm_json_parse(text, strlen(text), &json, NULL) == CM_OK);
	free(text);
	return json;
}

static void test_values_are_checked(void)
{
	static const struct {
		const char *arguments, *word;
	} rows[] = {
	    {"{}", "application: must be an object"},
	    {"{\"application\":[]}", "application: must be an object"},
	    {"{\"application\":{\"name\":\"a\"},\"x\":1}",
	     "x: add_application has no such argument"},
	    {ADD(""), "application.name: is needed"},
	    {ADD("\"name\":null"), "application.name"},
	    {ADD("\"name\":\"\""), "application.name"},
	    {ADD("\"name\":7"), "application.name: must be a string, not an integer"},
	    {ADD("\"name\":\"a/b\""), "application.name"},
	    {ADD("\"name\":\".a\""), "application.name"},
	    {ADD("\"name\":\"a\",\"displyName\":\"x\""),
	     "application.displyName: there is no such field"},
	    {ADD("\"name\":\"a\",\"Name\":\"b\""), "application.Name"},
	    {ADD("\"name\":\"a\",\"createdTime\":\"2020-01-01T00:00:00Z\""),
	     "application.createdTime"},
	    {ADD("\"name\":\"a\",\"clientSecret\":\"x\""), "application.clientSecret"},
	    {ADD("\"name\":\"a\",\"expireInHours\":-1"), "application.expireInHours"},
	    {ADD("\"name\":\"a\",\"expireInHours\":8761"), "application.expireInHours"},
	    {ADD("\"name\":\"a\",\"expireInHours\":\"1\""), "must be a number, not a string"},
	    {ADD("\"name\":\"a\",\"order\":1.5"), "must be an integer, not a number"},
	    {ADD("\"name\":\"a\",\"enablePassword\":1"), "must be true or false"},
	    {ADD("\"name\":\"a\",\"redirectUris\":\"x\""), "must be an array"},
	    {ADD("\"name\":\"a\",\"redirectUris\":[1]"), "application.redirectUris[0]"},
	    {ADD("\"name\":\"a\",\"redirectUris\":[\"https://a/x\",\"http://a/x\"]"),
	     "redirectUris[1]"},
	    {ADD("\"name\":\"a\",\"redirectUris\":[\"javascript:alert(1)\"]"), "not allowed"},
	    {ADD("\"name\":\"a\",\"redirectUris\":[\"JavaScript:alert(1)\"]"), "not allowed"},
	    {ADD("\"name\":\"a\",\"redirectUris\":[\"https://a/x#y\"]"), "fragment"},
	    {ADD("\"name\":\"a\",\"homepageUrl\":\"javascript:x\""), "application.homepageUrl"},
	    {ADD("\"name\":\"a\",\"grantTypes\":[\"password\"]"), "application.grantTypes[0]"},
	    {ADD("\"name\":\"a\",\"scopes\":[\"read:application\"]"),
	     "scopes[0]: must be an object"},
	    {ADD("\"name\":\"a\",\"scopes\":[{}]"), "application.scopes[0].name: is needed"},
	    {ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"read:moon\"}]"),
	     "no scope of this server"},
	    {ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"application\"}]"),
	     "no scope of this server"},
	    {ADD("\"name\":\"a\",\"providers\":[{\"x\":1}]"), "providers[0]: has no member x"},
	    {ADD("\"name\":\"a\",\"themeData\":{\"borderRadius\":\"1\"}"),
	     "themeData.borderRadius"},
	    {ADD("\"name\":\"a\",\"owner\":\"nowhere\""), "must be my-org"},
	    {ADD("\"name\":\"a\",\"clientId\":\"casement\""),
	     "application.clientId: casement is the program itself"},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		serve_refuses(&serve, DEMO, "add_application", rows[i].arguments, rows[i].word);
	serve_refuses(&serve, DEMO, "get_application", "{\"id\":\"my-org/a\"}", "There is no");
	serve_refuses(&serve, ADMIN, "add_application", ADD("\"name\":\"a\",\"owner\":\"nowhere\""),
	              "there is no organisation nowhere");
	serve_refuses(&serve, ADMIN, "add_application",
	              ADD("\"name\":\"a\",\"clientId\":\"casement\""), "application.clientId");
	serve_does(&serve, DEMO, "add_application",
	           ADD("\"name\":\"casement\",\"clientId\":\"casement-1\""));
	serve_close(&serve);
}

static void test_values_come_back(void)
{
	static const char *const members[] = {
	    "\"themeData\":{\"themeType\":\"dark\",\"borderRadius\":3,\"isCompact\":null}",
	    "\"providers\":[{\"name\":\"p\",\"provider\":{\"any\":[1,2.50,{\"x\":null}]}}]",
	    "\"refreshExpireInHours\":0.25",
	    "\"tags\":[\"\xc3\xa9\",\"\"]",
	    "\"order\":-7",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		char arguments[400];
		bool failed = true;
		char *text;

		snprintf(arguments, sizeof arguments, "{\"application\":{\"name\":\"a%zu\",%s}}", i,
		         members[i]);
		serve_does(&serve, DEMO, "add_application", arguments);
		snprintf(arguments, sizeof arguments, "{\"id\":\"my-org/a%zu\"}", i);
		text = serve_call(&serve, DEMO, "get_application", arguments, &failed);
		ASSERT_ROW(members[i], text != NULL && strstr(text, members[i]) != NULL);
		ASSERT_ROW(members[i], text != NULL && strstr(text, "clientSecret") == NULL);
		free(text);
	}
	serve_close(&serve);
}

static void test_update(void)
{
	struct serve serve;
	cm_json *json;

	serve_open(&serve);
	serve_does(
	    &serve, DEMO, "add_application",
	    ADD("\"name\":\"a\",\"description\":\"d\",\"title\":\"t\",\"displayName\":\"A\""));
	json = result(&serve, DEMO, "update_application",
	              "{\"id\":\"my-org/"
	              "a\",\"application\":{\"title\":null,\"displayName\":null,\"name\":\"b\"}}");
	CU_ASSERT_PTR_NULL(cm_json_get(json, "title"));
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "displayName")), "b");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(json, "description")), "d");
	cm_json_free(json);
	serve_refuses(&serve, DEMO, "get_application", "{\"id\":\"my-org/a\"}", "There is no");
	serve_refuses(&serve, DEMO, "update_application",
	              "{\"id\":\"my-org/b\",\"application\":{\"name\":\"demo\"}}",
	              "exists already");
	serve_refuses(&serve, DEMO, "update_application", UPDATE("\"clientId\":\"x\""),
	              "can't be changed");
	serve_refuses(&serve, DEMO, "update_application", UPDATE("\"clientId\":\"casement\""),
	              "can't be changed");
	serve_refuses(&serve, DEMO, "update_application", "{\"id\":\"demo\",\"application\":{}}",
	              "id:");
	serve_refuses(&serve, DEMO, "update_application", "{\"id\":\"my-org/demo\"}",
	              "application:");
	serve_close(&serve);
}

static void test_conflicts(void)
{
	struct serve serve;

	serve_open(&serve);
	serve_refuses(&serve, DEMO, "add_application", ADD("\"name\":\"demo\""), "exists already");
	serve_does(&serve, OTHER, "add_application", ADD("\"name\":\"x\",\"clientId\":\"taken\""));
	serve_refuses(&serve, DEMO, "add_application", ADD("\"name\":\"y\",\"clientId\":\"taken\""),
	              "application.clientId");
	serve_refuses(&serve, DEMO, "get_application", "{\"id\":\"my-org/y\"}", "There is no");
	serve_close(&serve);
}

static void test_R6_tenancy(void)
{
	static const struct {
		const char *tool, *arguments, *word;
	} rows[] = {
	    {"get_application", "{\"id\":\"my-org/demo\"}", "There is no"},
	    {"update_application", UPDATE("\"title\":\"x\""), "There is no"},
	    {"delete_application", "{\"id\":\"my-org/demo\"}", "There is no"},
	    {"delete_application", ADD("\"owner\":\"my-org\",\"name\":\"demo\""), "There is no"},
	    {"rotate_application_secret", "{\"id\":\"my-org/demo\"}", "There is no"},
	    {"get_applications", "{\"owner\":\"my-org\"}", "your organisation"},
	    {"add_application", ADD("\"name\":\"a\",\"owner\":\"my-org\""), "your organisation"},
	    {"add_application", ADD("\"name\":\"a\",\"organization\":\"my-org\""),
	     "your organisation"},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"other-org\",\"organization\":\"my-org\""),
	     "your organisation"},
	    {"update_application",
	     "{\"id\":\"other-org/demo\",\"application\":{\"owner\":\"my-org\"}}",
	     "your organisation"},
	    {"update_application",
	     "{\"id\":\"other-org/demo\",\"application\":{\"organization\":\"built-in\"}}",
	     "your organisation"},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		serve_refuses(&serve, OTHER, rows[i].tool, rows[i].arguments, rows[i].word);
	serve_does(&serve, ADMIN, "update_application", UPDATE("\"title\":\"x\""));
	/* A row that built-in manages for the organisation is not the organisation's to touch. */
	serve_does(&serve, ADMIN, "add_application",
	           ADD("\"owner\":\"built-in\",\"name\":\"m\",\"organization\":\"my-org\""));
	serve_refuses(&serve, DEMO, "get_application", "{\"id\":\"built-in/m\"}", "There is no");
	serve_close(&serve);
}

static void test_R6_escalation(void)
{
	static const struct {
		const char *tool, *arguments;
	} rows[] = {
	    {"add_application", ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"admin\"}]")},
	    {"add_application", ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"read\"}]")},
	    {"add_application", ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"*:write\"}]")},
	    {"update_application", UPDATE("\"scopes\":[{\"name\":\"write:*\"}]")},
	    {"update_application",
	     "{\"id\":\"my-org/strong\",\"application\":{\"redirectUris\":[\"https://evil.example/"
	     "\"]}}"},
	    {"update_application", "{\"id\":\"my-org/strong\",\"application\":{\"scopes\":[]}}"},
	    {"rotate_application_secret", "{\"id\":\"my-org/strong\"}"},
	    {"add_application", ADD("\"name\":\"a\",\"consentPolicy\":\"never\"")},
	    {"update_application", UPDATE("\"consentPolicy\":\"never\"")},
	    {"update_application",
	     "{\"id\":\"my-org/silent\",\"application\":{\"redirectUris\":[\"https://evil.example/"
	     "\"]}}"},
	    {"update_application",
	     "{\"id\":\"my-org/silent\",\"application\":{\"consentPolicy\":\"once\"}}"},
	    {"rotate_application_secret", "{\"id\":\"my-org/silent\"}"},
	};
	struct serve serve;

	serve_open(&serve);
	serve_does(
	    &serve, ADMIN, "add_application",
	    ADD("\"owner\":\"my-org\",\"name\":\"strong\",\"scopes\":[{\"name\":\"admin\"}]"));
	serve_does(&serve, ADMIN, "add_application",
	           ADD("\"owner\":\"my-org\",\"name\":\"silent\",\"consentPolicy\":\"never\""));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		serve_refuses(&serve, DEMO, rows[i].tool, rows[i].arguments, "your token lacks");
	serve_does(&serve, DEMO, "add_application", ADD("\"name\":\"a\"," READ_SCOPE));
	serve_close(&serve);
}

static void test_pages(void)
{
	struct serve serve;
	cm_json *json;
	char arguments[200];

	serve_open(&serve);
	for (int i = 0; i < 5; i++) {
		snprintf(arguments, sizeof arguments, ADD("\"name\":\"p%d\""), i);
		serve_does(&serve, DEMO, "add_application", arguments);
	}
	json = result(&serve, DEMO, "get_applications", "{\"pageSize\":3,\"namePrefix\":\"p\"}");
	CU_ASSERT_EQUAL(cm_json_length(json), 3);
	cm_json_free(json);
	/* "my-org/p2" in base64url: the page after it. */
	json = result(&serve, DEMO, "get_applications",
	              "{\"pageSize\":3,\"namePrefix\":\"p\",\"cursor\":\"bXktb3JnL3Ay\"}");
	CU_ASSERT_EQUAL(cm_json_length(json), 2);
	cm_json_free(json);
	/* A cursor into another organisation shows nothing of it. */
	json = result(&serve, OTHER, "get_applications", "{\"cursor\":\"bXktb3JnLzA\"}");
	CU_ASSERT_EQUAL(cm_json_length(json), 1);
	cm_json_free(json);
	serve_refuses(&serve, DEMO, "get_applications", "{\"pageSize\":0}", "pageSize");
	serve_refuses(&serve, DEMO, "get_applications", "{\"pageSize\":101}", "pageSize");
	serve_refuses(&serve, DEMO, "get_applications", "{\"pageSize\":\"3\"}", "pageSize");
	serve_refuses(&serve, DEMO, "get_applications", "{\"cursor\":\"!\"}", "cursor");
	serve_refuses(&serve, DEMO, "get_applications", "{\"cursor\":7}", "cursor");
	serve_refuses(&serve, DEMO, "get_applications", "{\"namePrefix\":\"%\"}", "namePrefix");
	serve_close(&serve);
}

static void test_delete(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	serve_refuses(&serve, DEMO, "delete_application", "{}", "id:");
	serve_refuses(
	    &serve, DEMO, "delete_application",
	    "{\"id\":\"my-org/reader\",\"application\":{\"owner\":\"my-org\",\"name\":\"reader\"}}",
	    "id:");
	serve_refuses(&serve, DEMO, "delete_application", ADD("\"name\":\"reader\""),
	              "owner and name");
	serve_does(&serve, DEMO, "delete_application",
	           ADD("\"owner\":\"my-org\",\"name\":\"reader\""));
	reply =
	    serve_rpc(&serve, READER, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
	CU_ASSERT_EQUAL(reply.status, 401);
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_rotation(void)
{
	struct serve serve;
	struct reply reply;
	cm_json *json;

	serve_open(&serve);
	json = result(&serve, DEMO, "rotate_application_secret", "{\"id\":\"my-org/reader\"}");
	reply = serve_token(&serve, READER, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 401);
	reply_clear(&reply);
	snprintf(serve.secret[READER], sizeof serve.secret[READER], "%s",
	         cm_json_string(cm_json_get(json, "clientSecret")));
	reply = serve_token(&serve, READER, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 200);
	reply_clear(&reply);
	cm_json_free(json);
	serve_close(&serve);
}

static bool no_random(void *out, size_t len)
{
	(void)out;
	(void)len;
	return false;
}

static void test_no_random_bytes(void)
{
	struct cm_request req;
	static const char *const env[] = {NULL};

	cm_crypto_random_source(no_random);
	CU_ASSERT_EQUAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL), CM_INTERNAL);
	cm_crypto_random_source(NULL);
}

static void test_schemas(void)
{
	struct serve serve;
	struct reply reply;
	const cm_json *tools, *fields;

	serve_open(&serve);
	reply = serve_rpc(&serve, DEMO, "2025-11-25",
	                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
	tools = cm_json_get(cm_json_get(reply.json, "result"), "tools");
	fields = cm_json_get(
	    cm_json_get(cm_json_get(cm_json_get(cm_json_at(tools, 2), "inputSchema"), "properties"),
	                "application"),
	    "properties");
	for (size_t i = 0; i < cm_application_entity.field_count; i++) {
		const char *name = cm_application_entity.fields[i].name;

		if (name != NULL)
			ASSERT_ROW(name,
			           cm_json_get(cm_json_get(fields, name), "description") != NULL);
	}
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a value that is not acceptable is named with the reason", test_values_are_checked},
    {"what is kept comes back as it went in", test_values_come_back},
    {"update changes what is given, null resets, names may change", test_update},
    {"a name or client id that is taken is a conflict", test_conflicts},
    {"R6 rows of others can't be seen or changed", test_R6_tenancy},
    {"R6 nobody hands out or takes over more than they hold", test_R6_escalation},
    {"lists come in pages", test_pages},
    {"delete takes one way to name the row, and its tokens with it", test_delete},
    {"a rotated secret replaces the old one", test_rotation},
    {"without random bytes nothing begins", test_no_random_bytes},
    {"every field is in the schema, described", test_schemas},
};

CM_SUITE(cm_suite_tools_application, "tools/application", tests);

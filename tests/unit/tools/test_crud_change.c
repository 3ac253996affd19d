#include "tools/crud.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support.h"

#define ADD(fields)        "{\"application\":{" fields "}}"
#define UPDATE(id, fields) "{\"id\":\"" id "\",\"application\":{" fields "}}"

static const char *const tools[] = {"add_application", "update_application", "delete_application",
                                    "rotate_application_secret"};

/* Every text of the table of applications and of the audit trail, as one number. */
static int64_t contents(struct serve *serve)
{
	return fixture_integer(
	    serve->ctx.store,
	    "SELECT coalesce(sum(length(owner || name || organization || display_name || "
	    "description || client_id || client_secret_sha256 || scopes || scope || grant_types || "
	    "redirect_uris || properties) + updated_at_s + created_at_s), 0) FROM application");
}

/* A call that fails: with this status and a word, and nothing is written. */
static void fails(struct serve *serve, const struct cm_principal *caller, const char *tool,
                  const char *arguments, enum cm_status status, const char *word)
{
	struct support_rows before = support_rows(serve);
	int64_t written = contents(serve);
	struct cm_err err = {0};

	ASSERT_ROW(arguments, support_tool(serve, caller, tool, arguments, NULL, &err) == status);
	ASSERT_ROW(arguments, strstr(err.text, word) != NULL);
	/* A refusal is remembered; a mistake leaves no trace at all. */
	before.audits += status == CM_FORBIDDEN || status == CM_SCOPE;
	ASSERT_ROW(arguments, support_same_rows(before, support_rows(serve)));
	ASSERT_ROW(arguments, contents(serve) == written);
}

/* A call that works: its result, owned by the caller. */
static cm_json *works(struct serve *serve, const struct cm_principal *caller, const char *tool,
                      const char *arguments)
{
	struct support_rows before = support_rows(serve);
	cm_json *result = NULL;

	ASSERT_ROW(arguments, support_tool(serve, caller, tool, arguments, &result, NULL) == CM_OK);
	ASSERT_ROW(arguments, support_rows(serve).audits == before.audits + 1);
	return result;
}

static void test_conflicts(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct cm_principal root = support_caller("built-in", CM_SCOPE_ALL);
	char arguments[200];
	struct serve serve;

	serve_open(&serve);
	fails(&serve, &caller, tools[0], ADD("\"name\":\"demo\""), CM_CONFLICT,
	      "application my-org/demo exists already.");
	/* The name first: it is what the caller chose most likely. */
	snprintf(arguments, sizeof arguments, ADD("\"name\":\"demo\",\"clientId\":\"%s\""),
	         serve.client_id[READER]);
	fails(&serve, &caller, tools[0], arguments, CM_CONFLICT, "my-org/demo exists already.");
	snprintf(arguments, sizeof arguments, ADD("\"name\":\"new\",\"clientId\":\"%s\""),
	         serve.client_id[READER]);
	fails(&serve, &caller, tools[0], arguments, CM_CONFLICT,
	      "application.clientId: another application has the same.");
	/* Nothing tells whose it is. */
	snprintf(arguments, sizeof arguments, ADD("\"name\":\"new\",\"clientId\":\"%s\""),
	         serve.client_id[OTHER]);
	fails(&serve, &caller, tools[0], arguments, CM_CONFLICT,
	      "application.clientId: another application has the same.");
	fails(&serve, &caller, tools[1], UPDATE("my-org/demo", "\"name\":\"reader\""), CM_CONFLICT,
	      "application my-org/reader exists already.");
	fails(&serve, &root, tools[1], UPDATE("my-org/demo", "\"owner\":\"other-org\""),
	      CM_CONFLICT, "application other-org/demo exists already.");
	/* Names of two owners are two names; case counts. */
	cm_json_free(works(&serve, &caller, tools[0], ADD("\"name\":\"Demo\"")));
	cm_json_free(
	    works(&serve, &root, tools[0], ADD("\"owner\":\"my-org\",\"name\":\"admin\"")));
	serve_close(&serve);
}

static void test_rename(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;
	struct reply reply;
	cm_json *json;

	serve_open(&serve);
	json = works(&serve, &caller, tools[1], UPDATE("my-org/reader", "\"name\":\"renamed\""));
	CU_ASSERT_TRUE(support_is(json, "name", "renamed"));
	CU_ASSERT_TRUE(support_is(json, "clientId", serve.client_id[READER]));
	cm_json_free(json);
	fails(&serve, &caller, tools[1], UPDATE("my-org/reader", "\"title\":\"x\""), CM_NOT_FOUND,
	      "There is no application my-org/reader.");
	/* The client is the same one: its token and its secret stay good. */
	reply =
	    serve_rpc(&serve, READER, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
	CU_ASSERT_EQUAL(reply.status, 200);
	reply_clear(&reply);
	reply = serve_token(&serve, READER, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 200);
	reply_clear(&reply);
	/* To its own name is no conflict with itself. */
	cm_json_free(
	    works(&serve, &caller, tools[1], UPDATE("my-org/renamed", "\"name\":\"renamed\"")));
	/* The trail names the row as it was called when it was changed. */
	CU_ASSERT_TRUE(fixture_is_text(serve.ctx.store,
	                               "SELECT target FROM audit WHERE tool = "
	                               "'update_application' ORDER BY id LIMIT 1",
	                               "my-org/reader"));
	serve_close(&serve);
}

static void test_an_update_that_says_nothing(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;
	cm_json *json;

	cm_clock_fix(1000000000);
	serve_open(&serve);
	cm_clock_fix(1000000060);
	json = works(&serve, &caller, tools[1], UPDATE("my-org/demo", ""));
	CU_ASSERT_TRUE(support_is(json, "name", "demo"));
	CU_ASSERT_TRUE(support_is(json, "createdTime", "2001-09-09T01:46:40Z"));
	CU_ASSERT_TRUE(support_is(json, "updatedTime", "2001-09-09T01:47:40Z"));
	CU_ASSERT_PTR_NULL(cm_json_get(json, "clientSecret"));
	cm_json_free(json);
	serve_close(&serve);
}

/* The first member is good, the last is not: the first must not be kept. */
static void test_half_good_changes(void)
{
	static const struct {
		size_t tool;
		const char *arguments;
		enum cm_status status;
		const char *word;
	} rows[] = {
	    {0, ADD("\"name\":\"a\",\"title\":\"t\",\"order\":\"x\""), CM_INPUT, "order"},
	    {0, ADD("\"name\":\"a\",\"owner\":\"other-org\""), CM_FORBIDDEN, "must be my-org"},
	    {0, ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"admin\"}]"), CM_FORBIDDEN, "lacks"},
	    {0, ADD("\"name\":\"a\",\"grantTypes\":[\"x\"]"), CM_INPUT, "grantTypes[0]"},
	    {1, UPDATE("my-org/demo", "\"title\":\"t\",\"order\":\"x\""), CM_INPUT, "order"},
	    {1, UPDATE("my-org/demo", "\"title\":\"t\",\"nonsense\":1"), CM_INPUT, "nonsense"},
	    {1, UPDATE("my-org/demo", "\"title\":\"t\",\"name\":\"reader\""), CM_CONFLICT,
	     "exists"},
	    {1, UPDATE("my-org/demo", "\"title\":\"t\",\"owner\":\"other-org\""), CM_FORBIDDEN,
	     "must be my-org"},
	    {1, UPDATE("my-org/demo", "\"title\":\"t\",\"scopes\":[{\"name\":\"admin\"}]"),
	     CM_FORBIDDEN, "lacks"},
	    {1, UPDATE("my-org/none", "\"title\":\"t\""), CM_NOT_FOUND, "There is no"},
	    {1, "{\"id\":\"my-org/demo\"}", CM_INPUT, "application: must be an object."},
	    {1, "{\"id\":\"my-org/demo\",\"application\":null}", CM_INPUT, "must be an object."},
	    {1, "{\"application\":{\"owner\":\"my-org\",\"name\":\"demo\"}}", CM_INPUT, "id: "},
	    {2, "{\"id\":\"my-org/none\"}", CM_NOT_FOUND, "There is no"},
	    {2, "{\"id\":\"other-org/demo\"}", CM_NOT_FOUND, "There is no"},
	    {2, "{}", CM_INPUT, "id: give either id or application"},
	    {2, "{\"id\":\"my-org/demo\",\"application\":{\"owner\":\"my-org\",\"name\":\"demo\"}}",
	     CM_INPUT, "id: give either id or application"},
	    {3, "{\"id\":\"my-org/none\"}", CM_NOT_FOUND, "There is no"},
	    {3, "{\"id\":\"my-org/demo\",\"application\":{}}", CM_INPUT, "no such argument"},
	    {3, "{}", CM_INPUT, "id: "},
	};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		fails(&serve, &caller, tools[rows[i].tool], rows[i].arguments, rows[i].status,
		      rows[i].word);
	serve_close(&serve);
}

/* A change and its audit row are one transaction. */
static void test_no_change_without_a_trail(void)
{
	static const char *const arguments[] = {
	    ADD("\"name\":\"a\""), UPDATE("my-org/demo", "\"title\":\"t\""),
	    "{\"id\":\"my-org/demo\"}", "{\"id\":\"my-org/demo\"}"};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store,
	                           "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN "
	                           "SELECT raise(ABORT, 'the disk is full'); END"));
	for (size_t i = 0; i < COUNT_OF(tools); i++) {
		struct support_rows before = support_rows(&serve);
		int64_t written = contents(&serve);

		ASSERT_ROW(tools[i], support_tool(&serve, &caller, tools[i], arguments[i], NULL,
		                                  NULL) != CM_OK);
		ASSERT_ROW(tools[i], support_same_rows(before, support_rows(&serve)));
		ASSERT_ROW(tools[i], contents(&serve) == written);
	}
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, "DROP TRIGGER full"));
	/* Nothing was left open: the next change works. */
	cm_json_free(works(&serve, &caller, tools[0], arguments[0]));
	serve_close(&serve);
}

static void test_delete(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;
	cm_json *json;

	serve_open(&serve);
	json = works(&serve, &caller, tools[2], "{\"id\":\"my-org/demo\"}");
	CU_ASSERT_TRUE(
	    support_writes(json, "{\"owner\":\"my-org\",\"name\":\"demo\",\"deleted\":true}"));
	cm_json_free(json);
	json = works(&serve, &caller, tools[2],
	             ADD("\"owner\":\"my-org\",\"name\":\"reader\",\"title\":7"));
	CU_ASSERT_TRUE(support_is(json, "name", "reader"));
	cm_json_free(json);
	CU_ASSERT_EQUAL(support_rows(&serve).applications, 2);
	/* Their tokens went with them; others' stayed. */
	CU_ASSERT_EQUAL(support_rows(&serve).tokens, 2);
	fails(&serve, &caller, tools[2], "{\"id\":\"my-org/demo\"}", CM_NOT_FOUND,
	      "There is no application my-org/demo.");
	serve_close(&serve);
}

static void test_what_is_made(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;
	cm_json *one, *two;

	serve_open(&serve);
	one = works(&serve, &caller, tools[0], ADD("\"name\":\"one\""));
	two = works(&serve, &caller, tools[0],
	            ADD("\"name\":\"two\",\"clientId\":null,\"displayName\":\"\""));
	CU_ASSERT_TRUE(support_is(one, "owner", "my-org"));
	CU_ASSERT_TRUE(support_is(one, "organization", "my-org"));
	CU_ASSERT_TRUE(support_is(one, "displayName", "one"));
	CU_ASSERT_TRUE(support_is(two, "displayName", "two"));
	CU_ASSERT_EQUAL(strlen(cm_json_string(cm_json_get(one, "clientId"))), 32);
	CU_ASSERT_EQUAL(strlen(cm_json_string(cm_json_get(one, "clientSecret"))), 43);
	CU_ASSERT_STRING_NOT_EQUAL(cm_json_string(cm_json_get(one, "clientId")),
	                           cm_json_string(cm_json_get(two, "clientId")));
	CU_ASSERT_STRING_NOT_EQUAL(cm_json_string(cm_json_get(one, "clientSecret")),
	                           cm_json_string(cm_json_get(two, "clientSecret")));
	/* A scope is granted to nobody unless it was named. */
	CU_ASSERT_TRUE(support_writes(cm_json_get(one, "scopes"), "[]"));
	cm_json_free(one);
	cm_json_free(two);
	one = works(&serve, &caller, tools[0],
	            ADD("\"name\":\"three\",\"clientId\":\"chosen\",\"scopes\":["
	                "{\"name\":\"read:application\"},{\"name\":\"application:write\"}]"));
	CU_ASSERT_TRUE(support_is(one, "clientId", "chosen"));
	CU_ASSERT_TRUE(fixture_is_text(serve.ctx.store,
	                               "SELECT scope FROM application WHERE client_id = 'chosen'",
	                               "read:application application:write"));
	cm_json_free(one);
	serve_close(&serve);
}

static void test_rotation(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;
	cm_json *one, *two, *got = NULL;

	serve_open(&serve);
	one = works(&serve, &caller, tools[3], "{\"id\":\"my-org/reader\"}");
	two = works(&serve, &caller, tools[3], "{\"id\":\"my-org/reader\"}");
	CU_ASSERT_TRUE(support_is(one, "clientId", serve.client_id[READER]));
	CU_ASSERT_STRING_NOT_EQUAL(cm_json_string(cm_json_get(one, "clientSecret")),
	                           cm_json_string(cm_json_get(two, "clientSecret")));
	CU_ASSERT_EQUAL(support_tool(&serve, &caller, "get_application",
	                             "{\"id\":\"my-org/reader\"}", &got, NULL),
	                CM_OK);
	CU_ASSERT_PTR_NULL(cm_json_get(got, "clientSecret"));
	CU_ASSERT_EQUAL(fixture_integer(serve.ctx.store,
	                                "SELECT count(*) FROM audit WHERE tool = "
	                                "'rotate_application_secret' AND outcome = 'ok' AND "
	                                "target = 'my-org/reader' AND client_id = 'tester'"),
	                2);
	cm_json_free(one);
	cm_json_free(two);
	cm_json_free(got);
	serve_close(&serve);
}

static void test_private_keys(void)
{
	static const char *const keys[] = {
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\",\"d\":\"c\"}",
	    "{\"kty\":\"RSA\",\"n\":\"a\",\"e\":\"AQAB\",\"p\":\"c\"}",
	    "{\"kty\":\"oct\",\"k\":\"a\"}",
	};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	char arguments[300];
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		snprintf(arguments, sizeof arguments,
		         ADD("\"name\":\"a\",\"jwks\":{\"keys\":[{},%s]}"), keys[i]);
		fails(&serve, &caller, tools[0], arguments, CM_INPUT,
		      "application.jwks: must hold public keys only.");
		snprintf(arguments, sizeof arguments,
		         UPDATE("my-org/demo", "\"jwks\":{\"keys\":[{},%s]}"), keys[i]);
		fails(&serve, &caller, tools[1], arguments, CM_INPUT,
		      "application.jwks: must hold public keys only.");
	}
	cm_json_free(works(&serve, &caller, tools[1],
	                   UPDATE("my-org/demo", "\"jwks\":{\"keys\":[{\"kty\":\"EC\","
	                                         "\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\"}]}")));
	serve_close(&serve);
}

/* Twenty of those that need a row are named; of more, that there are more. */
static void test_dependents_that_are_named(void)
{
	struct serve serve;
	bool failed;

	serve_open(&serve);
	serve_does(&serve, ADMIN, "add_organization", "{\"organization\":{\"name\":\"big\"}}");
	for (int i = 1; i <= 21; i++) {
		char arguments[200], *text;
		int named = 0;

		snprintf(arguments, sizeof arguments,
		         "{\"role\":{\"owner\":\"big\",\"name\":\"r%d\"}}", i);
		serve_does(&serve, ADMIN, "add_role", arguments);
		text = serve_call(&serve, ADMIN, "delete_organization", "{\"id\":\"admin/big\"}",
		                  &failed);
		CU_ASSERT_TRUE(failed);
		for (const char *at = text; (at = strstr(at, "role big/r")) != NULL; at++)
			named++;
		ASSERT_ROW(text, named == (i < 20 ? i : 20));
		ASSERT_ROW(text, (strstr(text, " and more.") != NULL) == (i > 20));
		free(text);
	}
	serve_close(&serve);
}

/* More than are taken at once. */
static void test_cascade_of_many(void)
{
	struct serve serve;

	serve_open(&serve);
	serve_does(&serve, ADMIN, "add_organization", "{\"organization\":{\"name\":\"big\"}}");
	for (int i = 0; i < 101; i++) {
		char arguments[200];

		snprintf(arguments, sizeof arguments,
		         "{\"role\":{\"owner\":\"big\",\"name\":\"r%d\"}}", i);
		serve_does(&serve, ADMIN, "add_role", arguments);
	}
	serve_does(&serve, ADMIN, "delete_organization", "{\"id\":\"admin/big\",\"cascade\":true}");
	CU_ASSERT_EQUAL(fixture_integer(serve.ctx.store, "SELECT count(*) FROM role"), 0);
	CU_ASSERT_EQUAL(fixture_integer(serve.ctx.store,
	                                "SELECT count(*) FROM audit WHERE tool = 'delete_role'"),
	                101);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a private key is not kept where everybody reads", test_private_keys},
    {"a name or a clientId that is taken is a conflict, and says which", test_conflicts},
    {"a renamed application is the same client", test_rename},
    {"an update that says nothing changes only the time", test_an_update_that_says_nothing},
    {"when anything fails nothing is written", test_half_good_changes},
    {"a change that can't be audited is not made", test_no_change_without_a_trail},
    {"delete takes an id or owner and name, and the tokens with it", test_delete},
    {"what the server makes is new each time", test_what_is_made},
    {"a rotated secret is told once", test_rotation},
    {"twenty of those that need a row are named", test_dependents_that_are_named},
    {"all that depends on a row goes with it, however much it is", test_cascade_of_many},
};

CM_SUITE(cm_suite_tools_crud_change, "tools/crud_change", tests);

#include "tools/access.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define READ  CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION)
#define WRITE CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION)

static const char *const organizations[] = {"my-org", "other-org", "built-in"};
enum { OWN, FOREIGN, ROOT, CALLERS };

/* Run a tool for a caller with exactly these scopes. */
static enum cm_status run(struct serve *serve, size_t caller, cm_scope_set scopes, const char *tool,
                          const char *arguments, struct cm_err *err)
{
	struct cm_principal who = support_caller(organizations[caller], scopes);

	return support_tool(serve, &who, tool, arguments, NULL, err);
}

/* What each of the three callers gets for one call on my-org; a fresh server each. */
struct row {
	const char *tool, *arguments;
	enum cm_status status[CALLERS];
};

static void check_rows(const struct row *rows, size_t count, cm_scope_set scopes)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < CALLERS; c++) {
			struct cm_buf row = {0};
			struct serve serve;

			cm_buf_printf(&row, "%s %s by %s", rows[i].tool, rows[i].arguments,
			              organizations[c]);
			serve_open(&serve);
			ASSERT_ROW(cm_buf_str(&row),
			           run(&serve, c, scopes, rows[i].tool, rows[i].arguments, NULL) ==
			               rows[i].status[c]);
			serve_close(&serve);
			cm_buf_clear(&row);
		}
	}
}

#define ADD(fields)    "{\"application\":{" fields "}}"
#define UPDATE(fields) "{\"id\":\"my-org/demo\",\"application\":{" fields "}}"

static void test_R6_each_tool(void)
{
	static const struct row rows[] = {
	    {"get_applications", "{\"owner\":\"my-org\"}", {CM_OK, CM_FORBIDDEN, CM_OK}},
	    {"get_applications", "{}", {CM_OK, CM_OK, CM_OK}},
	    {"get_application", "{\"id\":\"my-org/demo\"}", {CM_OK, CM_NOT_FOUND, CM_OK}},
	    {"add_application",
	     ADD("\"owner\":\"my-org\",\"name\":\"a\""),
	     {CM_OK, CM_FORBIDDEN, CM_OK}},
	    {"update_application", UPDATE("\"title\":\"t\""), {CM_OK, CM_NOT_FOUND, CM_OK}},
	    {"rotate_application_secret", "{\"id\":\"my-org/demo\"}", {CM_OK, CM_NOT_FOUND, CM_OK}},
	    {"delete_application", "{\"id\":\"my-org/demo\"}", {CM_OK, CM_NOT_FOUND, CM_OK}},
	    {"delete_application",
	     ADD("\"owner\":\"my-org\",\"name\":\"demo\""),
	     {CM_OK, CM_NOT_FOUND, CM_OK}},
	};

	check_rows(rows, COUNT_OF(rows), CM_SCOPE_ALL);
}

/* owner and organization: the one that is missing follows; both must be the caller's. */
static void test_R6_mixes_in_add(void)
{
	static const struct row rows[] = {
	    {"add_application", ADD("\"name\":\"a\""), {CM_OK, CM_OK, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":null,\"organization\":null"),
	     {CM_OK, CM_OK, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"organization\":\"my-org\""),
	     {CM_OK, CM_FORBIDDEN, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"my-org\",\"organization\":\"other-org\""),
	     {CM_FORBIDDEN, CM_FORBIDDEN, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"other-org\",\"organization\":\"my-org\""),
	     {CM_FORBIDDEN, CM_FORBIDDEN, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"built-in\""),
	     {CM_FORBIDDEN, CM_FORBIDDEN, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"organization\":\"built-in\""),
	     {CM_FORBIDDEN, CM_FORBIDDEN, CM_OK}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"nowhere\""),
	     {CM_FORBIDDEN, CM_FORBIDDEN, CM_INPUT}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"My-Org\""),
	     {CM_FORBIDDEN, CM_FORBIDDEN, CM_INPUT}},
	    {"add_application",
	     ADD("\"name\":\"a\",\"owner\":\"\""),
	     {CM_INPUT, CM_INPUT, CM_INPUT}},
	};

	check_rows(rows, COUNT_OF(rows), CM_SCOPE_ALL);
}

static void test_R6_moving_to_another_organisation(void)
{
	static const struct row rows[] = {
	    {"update_application",
	     UPDATE("\"owner\":\"other-org\",\"name\":\"a\""),
	     {CM_FORBIDDEN, CM_NOT_FOUND, CM_OK}},
	    {"update_application",
	     UPDATE("\"organization\":\"other-org\""),
	     {CM_FORBIDDEN, CM_NOT_FOUND, CM_OK}},
	    {"update_application",
	     UPDATE("\"owner\":\"other-org\",\"organization\":\"other-org\",\"name\":\"a\""),
	     {CM_FORBIDDEN, CM_NOT_FOUND, CM_OK}},
	    {"update_application",
	     UPDATE("\"organization\":\"built-in\""),
	     {CM_FORBIDDEN, CM_NOT_FOUND, CM_OK}},
	    {"update_application",
	     UPDATE("\"owner\":\"nowhere\""),
	     {CM_FORBIDDEN, CM_NOT_FOUND, CM_INPUT}},
	    {"update_application", UPDATE("\"owner\":null"), {CM_OK, CM_NOT_FOUND, CM_OK}},
	    {"update_application", UPDATE("\"organization\":null"), {CM_OK, CM_NOT_FOUND, CM_OK}},
	    {"update_application",
	     UPDATE("\"owner\":\"my-org\",\"organization\":\"my-org\""),
	     {CM_OK, CM_NOT_FOUND, CM_OK}},
	};

	check_rows(rows, COUNT_OF(rows), CM_SCOPE_ALL);
}

/* What is missing follows the other; what is reset follows too. */
static void test_which_organisation_follows(void)
{
	static const struct {
		const char *fields, *owner, *organization;
	} rows[] = {
	    {"\"name\":\"a\"", "built-in", "built-in"},
	    {"\"name\":\"a\",\"owner\":\"my-org\"", "my-org", "my-org"},
	    {"\"name\":\"a\",\"organization\":\"my-org\"", "my-org", "my-org"},
	    {"\"name\":\"a\",\"owner\":null,\"organization\":\"my-org\"", "my-org", "my-org"},
	    {"\"name\":\"a\",\"owner\":\"my-org\",\"organization\":\"other-org\"", "my-org",
	     "other-org"},
	};
	struct cm_principal root = support_caller("built-in", CM_SCOPE_ALL);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf arguments = {0};
		struct serve serve;
		cm_json *made = NULL;

		serve_open(&serve);
		cm_buf_printf(&arguments, ADD("%s"), rows[i].fields);
		CU_ASSERT_EQUAL(support_tool(&serve, &root, "add_application",
		                             cm_buf_str(&arguments), &made, NULL),
		                CM_OK);
		ASSERT_ROW(rows[i].fields, support_is(made, "owner", rows[i].owner));
		ASSERT_ROW(rows[i].fields, support_is(made, "organization", rows[i].organization));
		cm_json_free(made);
		cm_buf_clear(&arguments);
		serve_close(&serve);
	}
}

/* Make an application of my-org that holds more than read and write. */
static void add_strong(struct serve *serve, const char *scope)
{
	struct cm_principal root = support_caller("built-in", CM_SCOPE_ALL);
	char arguments[300];

	snprintf(arguments, sizeof arguments,
	         ADD("\"owner\":\"my-org\",\"name\":\"strong\",\"scopes\":[{\"name\":\"%s\"}]"),
	         scope);
	CU_ASSERT_EQUAL(support_tool(serve, &root, "add_application", arguments, NULL, NULL),
	                CM_OK);
}

static void test_R6_taking_over_what_holds_more(void)
{
	static const char *const scopes[] = {"admin", "read", "write:*", "*:read"};
	static const struct {
		const char *tool, *arguments;
	} rows[] = {
	    {"rotate_application_secret", "{\"id\":\"my-org/strong\"}"},
	    {"update_application", "{\"id\":\"my-org/strong\",\"application\":{}}"},
	    {"update_application", "{\"id\":\"my-org/strong\",\"application\":{\"redirectUris\":["
	                           "\"https://evil.example/\"]}}"},
	    {"update_application", "{\"id\":\"my-org/strong\",\"application\":{\"scopes\":[]}}"},
	    {"update_application",
	     "{\"id\":\"my-org/strong\",\"application\":{\"name\":\"weak\"}}"},
	};

	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		struct serve serve;

		serve_open(&serve);
		add_strong(&serve, scopes[i]);
		for (size_t k = 0; k < COUNT_OF(rows); k++) {
			ASSERT_ROW(rows[k].arguments, run(&serve, OWN, READ | WRITE, rows[k].tool,
			                                  rows[k].arguments, NULL) == CM_FORBIDDEN);
			ASSERT_ROW(rows[k].arguments, run(&serve, ROOT, READ | WRITE, rows[k].tool,
			                                  rows[k].arguments, NULL) == CM_FORBIDDEN);
			ASSERT_ROW(rows[k].arguments,
			           run(&serve, FOREIGN, CM_SCOPE_ALL, rows[k].tool,
			               rows[k].arguments, NULL) == CM_NOT_FOUND);
		}
		/* Seeing it is no taking over. */
		CU_ASSERT_EQUAL(
		    run(&serve, OWN, READ, "get_application", "{\"id\":\"my-org/strong\"}", NULL),
		    CM_OK);
		CU_ASSERT_EQUAL(run(&serve, ROOT, CM_SCOPE_ALL, "update_application",
		                    "{\"id\":\"my-org/strong\",\"application\":{\"scopes\":[]}}",
		                    NULL),
		                CM_OK);
		serve_close(&serve);
	}
}

static void test_R6_handing_out_more(void)
{
	static const struct {
		const char *scope;
		cm_scope_set scopes;
		bool may;
	} rows[] = {
	    {"read:application", READ | WRITE, true},
	    {"application:write", READ | WRITE, true},
	    {"*:application", READ | WRITE, true},
	    {"read:application", WRITE, false},
	    {"*:application", WRITE, false},
	    {"read", READ | WRITE, false},
	    {"write", READ | WRITE, false},
	    {"read:*", READ | WRITE, false},
	    {"*:write", READ | WRITE, false},
	    {"admin", READ | WRITE, false},
	    {"admin", CM_SCOPE_ALL & ~CM_SCOPE_ANY_WRITE, false},
	    {"read", CM_SCOPE_KNOWN, false},
	    {"read", CM_SCOPE_ALL & ~CM_SCOPE_ANY_WRITE, true},
	    {"admin", CM_SCOPE_ALL, true},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum cm_status wanted = rows[i].may ? CM_OK : CM_FORBIDDEN;
		struct serve serve;
		char add[200], update[200];

		snprintf(add, sizeof add, ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"%s\"}]"),
		         rows[i].scope);
		snprintf(
		    update, sizeof update,
		    "{\"id\":\"my-org/plain\",\"application\":{\"scopes\":[{\"name\":\"%s\"}]}}",
		    rows[i].scope);
		serve_open(&serve);
		CU_ASSERT_EQUAL(
		    run(&serve, OWN, WRITE, "add_application", ADD("\"name\":\"plain\""), NULL),
		    CM_OK);
		ASSERT_ROW(add, run(&serve, OWN, rows[i].scopes, "add_application", add, NULL) ==
		                    wanted);
		ASSERT_ROW(update, run(&serve, OWN, rows[i].scopes, "update_application", update,
		                       NULL) == wanted);
		serve_close(&serve);
	}
}

/* One scope too many among good ones is too many. */
static void test_R6_among_others(void)
{
	struct serve serve;
	struct cm_err err = {0};

	serve_open(&serve);
	CU_ASSERT_EQUAL(run(&serve, OWN, READ | WRITE, "add_application",
	                    ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"read:application\"},"
	                        "{\"name\":\"admin\"},{\"name\":\"write:application\"}]"),
	                    &err),
	                CM_FORBIDDEN);
	CU_ASSERT_EQUAL(
	    run(&serve, OWN, READ | WRITE, "get_application", "{\"id\":\"my-org/a\"}", NULL),
	    CM_NOT_FOUND);
	serve_close(&serve);
}

/* A client may change itself, downwards; from then on it is less. */
static void test_R6_changing_oneself(void)
{
	struct serve serve;
	bool failed = false;

	serve_open(&serve);
	serve_refuses(&serve, DEMO, "update_application",
	              UPDATE("\"scopes\":[{\"name\":\"admin\"}]"), "your token lacks");
	serve_does(&serve, DEMO, "update_application",
	           UPDATE("\"scopes\":[{\"name\":\"read:application\"}]"));
	free(serve_call(&serve, DEMO, "update_application",
	                UPDATE("\"scopes\":[{\"name\":\"write:application\"}]"), &failed));
	CU_ASSERT_TRUE(failed);
	CU_ASSERT_TRUE(fixture_is_text(serve.ctx.store,
	                               "SELECT scope FROM application WHERE owner = 'my-org' AND "
	                               "name = 'demo'",
	                               "read:application"));
	serve_close(&serve);
}

/* Roles and permissions name rows of their own organisation, so not even built-in moves them. */
static void test_R6_what_links_stays(void)
{
	static const char *const kinds[] = {"user", "role", "permission"};

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char tool[40], arguments[200];
		struct serve serve;

		serve_open(&serve);
		snprintf(tool, sizeof tool, "add_%s", kinds[i]);
		snprintf(arguments, sizeof arguments,
		         "{\"%s\":{\"owner\":\"my-org\",\"name\":\"one\"}}", kinds[i]);
		serve_does(&serve, ADMIN, tool, arguments);
		snprintf(tool, sizeof tool, "update_%s", kinds[i]);
		snprintf(arguments, sizeof arguments,
		         "{\"id\":\"my-org/one\",\"%s\":{\"owner\":\"other-org\"}}", kinds[i]);
		serve_refuses(&serve, ADMIN, tool, arguments, "stays in its organisation");
		serve_close(&serve);
	}
}

/* The token's scopes count, not those that its client is registered for. */
static void test_R6_a_narrow_token(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials&scope=write:application");
	free(serve.token[DEMO]);
	serve.token[DEMO] = strdup(cm_json_string(cm_json_get(reply.json, "access_token")));
	reply_clear(&reply);
	serve_refuses(&serve, DEMO, "add_application",
	              ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"read:application\"}]"),
	              "your token lacks: read:application.");
	/* Even its own row holds more than the token. */
	serve_refuses(&serve, DEMO, "rotate_application_secret", "{\"id\":\"my-org/demo\"}",
	              "your token lacks: read:application.");
	serve_does(&serve, DEMO, "add_application",
	           ADD("\"name\":\"a\",\"scopes\":[{\"name\":\"write:application\"}]"));
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"R6 each tool, from its own organisation, another and built-in", test_R6_each_tool},
    {"R6 add: owner and organization are the caller's", test_R6_mixes_in_add},
    {"R6 update: nothing moves to another organisation but by built-in",
     test_R6_moving_to_another_organisation},
    {"the organisation that is left out follows the other", test_which_organisation_follows},
    {"R6 what holds more than the caller is not taken over", test_R6_taking_over_what_holds_more},
    {"R6 no scope is handed out that the caller lacks", test_R6_handing_out_more},
    {"R6 one scope too many among good ones is refused", test_R6_among_others},
    {"R6 a client may make itself less, never more", test_R6_changing_oneself},
    {"R6 what links to others stays in its organisation", test_R6_what_links_stays},
    {"R6 a token counts for what it holds, not for its client", test_R6_a_narrow_token},
};

CM_SUITE(cm_suite_tools_tenancy, "tools/tenancy", tests);

#include "mcp/tool.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

/* Tools that say what they are told to say, and count how often they ran. */
static enum cm_status says;
static int runs;

static enum cm_status run(const struct cm_tool_call *call, struct cm_tool_result *result,
                          struct cm_err *err)
{
	(void)call;
	runs++;
	cm_buf_puts(&result->text, "{}");
	return says == CM_OK ? CM_OK : cm_err_set(err, says, "as told");
}

static const struct cm_tool tools[] = {
    {.name = "look", .scope = CM_SCOPE_READ_APPLICATION, .read_only = true, .run = run},
    {.name = "change", .scope = CM_SCOPE_WRITE_APPLICATION, .run = run},
};
static const struct cm_tool_set set = {tools, COUNT_OF(tools)};
static const struct cm_toolbox box = {.set = &set, .sets = 1};

/* A store alone is all that running a tool needs. */
static void open_store(struct cm_context *ctx)
{
	cm_context_init(ctx, ":memory:");
	cm_context_take_store(ctx, fixture_store());
}

static int64_t audits(const struct cm_context *ctx)
{
	return fixture_integer(ctx->store, "SELECT count(*) FROM audit");
}

/* Run one tool with arguments (JSON text, NULL for none). */
static enum cm_status call(struct cm_context *ctx, size_t tool, cm_scope_set scopes,
                           const char *arguments)
{
	cm_json *json = arguments == NULL ? NULL : support_parse(arguments);
	struct cm_principal caller = support_caller("my-org", scopes);
	struct cm_tool_result result = {0};
	struct cm_err err = {0};
	enum cm_status rc = cm_tool_run(
	    &(struct cm_tool_call){
	        .ctx = ctx, .tool = &tools[tool], .caller = &caller, .arguments = json},
	    &result, &err);

	CU_ASSERT_EQUAL(err.status, rc);
	cm_tool_result_clear(&result);
	cm_json_free(json);
	return rc;
}

static void test_find(void)
{
	CU_ASSERT_PTR_EQUAL(cm_tool_find(&box, "look"), &tools[0]);
	CU_ASSERT_PTR_EQUAL(cm_tool_find(&box, "change"), &tools[1]);
	CU_ASSERT_PTR_NULL(cm_tool_find(&box, "Look"));
	CU_ASSERT_PTR_NULL(cm_tool_find(&box, "loo"));
	CU_ASSERT_PTR_NULL(cm_tool_find(&box, "looks"));
	CU_ASSERT_PTR_NULL(cm_tool_find(&box, ""));
}

static void test_scope_is_checked_here(void)
{
	static const struct {
		size_t tool;
		cm_scope_set scopes;
		bool allowed;
	} rows[] = {
	    {0, 0, false},
	    {0, CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION), true},
	    {0, CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION), false},
	    {0, CM_SCOPE_ANY_READ | CM_SCOPE_ANY_WRITE, false},
	    {1, CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION), false},
	    {1, CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION), true},
	    {1, CM_SCOPE_ALL & ~CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION), false},
	    {1, CM_SCOPE_ALL, true},
	};
	struct cm_context ctx;

	open_store(&ctx);
	says = CM_OK;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_principal caller = support_caller("built-in", rows[i].scopes);

		runs = 0;
		CU_ASSERT_EQUAL(cm_tool_allowed(&tools[rows[i].tool], &caller), rows[i].allowed);
		CU_ASSERT_EQUAL(call(&ctx, rows[i].tool, rows[i].scopes, "{}"),
		                rows[i].allowed ? CM_OK : CM_SCOPE);
		CU_ASSERT_EQUAL(runs, rows[i].allowed);
	}
	cm_context_clear(&ctx);
}

static void test_which_refusals_are_audited(void)
{
	static const struct {
		enum cm_status says;
		int64_t rows;
	} rows[] = {{CM_OK, 0},        {CM_FORBIDDEN, 1}, {CM_SCOPE, 1},    {CM_INPUT, 0},
	            {CM_NOT_FOUND, 0}, {CM_CONFLICT, 0},  {CM_INTERNAL, 0}, {CM_STORE, 0}};
	struct cm_context ctx;

	open_store(&ctx);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *row = cm_status_info(rows[i].says)->name;
		int64_t before = audits(&ctx);

		says = rows[i].says;
		ASSERT_ROW(row, call(&ctx, 1, CM_SCOPE_ALL, "{}") == says);
		ASSERT_ROW(row, audits(&ctx) == before + rows[i].rows);
		/* What only looks leaves no trail, refused or not. */
		ASSERT_ROW(row, call(&ctx, 0, CM_SCOPE_ALL, "{}") == says);
		ASSERT_ROW(row, audits(&ctx) == before + rows[i].rows);
	}
	says = CM_OK;
	CU_ASSERT_EQUAL(call(&ctx, 0, 0, "{}"), CM_SCOPE);
	CU_ASSERT_EQUAL(audits(&ctx), 2);
	CU_ASSERT_EQUAL(call(&ctx, 1, 0, "{}"), CM_SCOPE);
	CU_ASSERT_EQUAL(audits(&ctx), 3);
	CU_ASSERT_TRUE(fixture_is_text(ctx.store,
	                               "SELECT client_id || ' ' || organization || ' ' || tool || "
	                               "' ' || outcome FROM audit ORDER BY id DESC",
	                               "tester my-org change insufficient_scope"));
	cm_context_clear(&ctx);
}

static void test_what_was_aimed_at(void)
{
	static const struct {
		const char *arguments, *target;
	} rows[] = {
	    {"{\"id\":\"my-org/a\"}", "my-org/a"},
	    {"{\"id\":\"my-org/a\",\"application\":{\"owner\":\"x\",\"name\":\"y\"}}", "my-org/a"},
	    {"{\"application\":{\"owner\":\"other-org\",\"name\":\"b\"}}", "other-org/b"},
	    {"{\"application\":{\"name\":\"b\"}}", "/b"},
	    {"{\"application\":{\"owner\":\"other-org\"}}", ""},
	    {"{\"application\":{\"owner\":7,\"name\":\"b\"}}", "/b"},
	    {"{\"application\":{\"name\":7}}", ""},
	    {"{\"application\":7}", ""},
	    {"{\"id\":7}", ""},
	    {"{\"id\":\"a\\nb\"}", ""},
	    {"{\"id\":\"\\u001b[2J\"}", ""},
	    {"{\"id\":\"\xc3\xa9\"}", ""},
	    {"{}", ""},
	    {NULL, ""},
	};
	struct cm_context ctx;

	open_store(&ctx);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *row = rows[i].arguments == NULL ? "none" : rows[i].arguments;

		ASSERT_ROW(row, call(&ctx, 1, 0, rows[i].arguments) == CM_SCOPE);
		ASSERT_ROW(row,
		           fixture_is_text(ctx.store, "SELECT target FROM audit ORDER BY id DESC",
		                           rows[i].target));
	}
	cm_context_clear(&ctx);
}

static void test_a_long_target(void)
{
	char arguments[2000] = "{\"id\":\"";
	struct cm_context ctx;

	memset(arguments + 7, 'a', 1900);
	strcpy(arguments + 1907, "\"}");
	open_store(&ctx);
	CU_ASSERT_EQUAL(call(&ctx, 1, 0, arguments), CM_SCOPE);
	CU_ASSERT_EQUAL(fixture_integer(ctx.store, "SELECT length(target) FROM audit"), 255);
	cm_context_clear(&ctx);
}

static void test_refused_without_a_trail(void)
{
	struct cm_context ctx;

	open_store(&ctx);
	CU_ASSERT_TRUE(fixture_sql(ctx.store, "DROP TABLE audit"));
	runs = 0;
	CU_ASSERT_EQUAL(call(&ctx, 1, 0, "{}"), CM_SCOPE);
	CU_ASSERT_EQUAL(runs, 0);
	cm_context_clear(&ctx);
}

static const struct cm_test tests[] = {
    {"a tool is found by its exact name", test_find},
    {"R5 the scope is checked before a tool runs", test_scope_is_checked_here},
    {"refusals of tools that change things are audited, and nothing else",
     test_which_refusals_are_audited},
    {"the trail has what a refused call was aimed at, if it is plain text", test_what_was_aimed_at},
    {"a target that is too long is cut", test_a_long_target},
    {"what can't be audited is refused all the same", test_refused_without_a_trail},
};

CM_SUITE(cm_suite_mcp_tool, "mcp/tool", tests);

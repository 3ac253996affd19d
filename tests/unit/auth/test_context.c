#include "auth/context.h"

#include <stdio.h>
#include <unistd.h>

#include "auth/fixture_processes.h"
#include "base/clock.h"
#include "store/organization.h"
#include "suite.h"

/* A token that the process issues and has checked once. */
static void issue(struct processes *p, struct cm_buf *out)
{
	struct cm_principal caller = {.client_id = "app", .request_id = "r", .address = ""};
	struct cm_issued token;
	struct cm_client client;

	CU_ASSERT_EQUAL_FATAL(cm_client_get(p->ctx.store, "app", &client, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_issue_to_client(&p->ctx, &client, NULL, &caller, &token, NULL),
	                      CM_OK);
	cm_buf_append(out, &token.jwt);
	cm_issued_clear(&token);
	cm_client_clear(&client);
	CU_ASSERT_EQUAL(cm_access_token_check(&p->ctx, out->data, &caller, NULL), CM_OK);
}

static enum cm_status check(struct processes *p, const char *token)
{
	struct cm_principal who;

	CU_ASSERT_EQUAL(processes_next(&p->ctx, NULL), CM_OK);
	return cm_access_token_check(&p->ctx, token, &who, NULL);
}

static void test_first_refresh(void)
{
	struct processes p;

	processes_start(&p);
	CU_ASSERT_PTR_NOT_NULL(p.ctx.store);
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "http://127.0.0.1:8080");
	CU_ASSERT_STRING_EQUAL(p.ctx.mcp_url, "http://127.0.0.1:8080/api/mcp");
	CU_ASSERT_STRING_EQUAL(p.ctx.prefix, "");
	CU_ASSERT_EQUAL(p.ctx.keys.count, 1);
	cm_context_clear(&p.ctx);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(p.ctx.keys.count, 0);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	processes_end(&p);
}

static void test_settings_of_another(void)
{
	struct processes p;

	processes_start(&p);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "issuer", "https://example.org/a/b/", NULL), CM_OK);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "https://example.org/a/b");
	CU_ASSERT_STRING_EQUAL(p.ctx.mcp_url, "https://example.org/a/b/api/mcp");
	CU_ASSERT_STRING_EQUAL(p.ctx.prefix, "/a/b");
	CU_ASSERT_TRUE(fixture_sql(p.other, "DELETE FROM setting"));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(p.ctx.prefix, "");
	processes_end(&p);
}

static void test_longest_issuer(void)
{
	char issuer[CM_URL_MAX + 1] = "https://example.org/";
	struct processes p;

	memset(issuer + 20, 'x', sizeof issuer - 21);
	issuer[CM_URL_MAX] = '\0';
	processes_start(&p);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "issuer", issuer, NULL), CM_OK);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(strlen(p.ctx.mcp_url), CM_URL_MAX + strlen(CM_MCP_PATH));
	processes_end(&p);
}

static void test_revoked_by_another(void)
{
	struct processes p;
	struct cm_buf token = {0};

	processes_start(&p);
	issue(&p, &token);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET scope = ''"));
	CU_ASSERT_EQUAL(check(&p, token.data), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE token SET revoked_at_s = 1"));
	CU_ASSERT_EQUAL(check(&p, token.data), CM_UNAUTHORIZED);
	cm_buf_clear(&token);
	processes_end(&p);
}

static void test_keys_of_another(void)
{
	struct processes p;
	struct cm_buf token = {0};

	processes_start(&p);
	issue(&p, &token);
	cm_clock_fix(FIXTURE_NOW_S + 1);
	fixture_key_add(p.other, FIXTURE_RS256_OTHER);
	CU_ASSERT_EQUAL(check(&p, token.data), CM_OK);
	CU_ASSERT_EQUAL(p.ctx.keys.count, 2);
	CU_ASSERT_TRUE(
	    fixture_sql(p.other, "DELETE FROM signing_key WHERE retired_at_s IS NOT NULL"));
	CU_ASSERT_EQUAL(check(&p, token.data), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(p.ctx.keys.count, 1);
	cm_buf_clear(&token);
	processes_end(&p);
}

/* Verified tokens are forgotten when settings or keys change, and only then. */
static void test_what_is_forgotten(void)
{
	struct processes p;
	struct cm_buf token = {0};

	processes_start(&p);
	issue(&p, &token);
	CU_ASSERT_PTR_NOT_NULL(p.ctx.verified.slot);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET description = 'x'"));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NOT_NULL(p.ctx.verified.slot);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "max_body_bytes", "4096", NULL), CM_OK);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.verified.slot);
	CU_ASSERT_EQUAL(check(&p, token.data), CM_OK);
	cm_clock_fix(FIXTURE_NOW_S + 1);
	fixture_key_add(p.other, FIXTURE_ES256);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.verified.slot);
	cm_buf_clear(&token);
	processes_end(&p);
}

static void test_nonsense_by_hand(void)
{
	struct processes p;
	struct cm_err err = {0};

	processes_start(&p);
	CU_ASSERT_TRUE(
	    fixture_sql(p.other, "INSERT INTO setting VALUES ('issuer', 'nonsense', 0)"));
	for (int i = 0; i < 3; i++) {
		/* At each request, not only at the first one after the change. */
		cm_err_clear(&err);
		CU_ASSERT_EQUAL(processes_next(&p.ctx, &err), CM_STORE);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "issuer"));
	}
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "http://127.0.0.1:8080");
	CU_ASSERT_TRUE(fixture_sql(p.other, "DELETE FROM setting"));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	processes_end(&p);
}

static void test_file_missing(void)
{
	struct fixture_folder folder;
	struct cm_context ctx;

	fixture_folder_make(&folder);
	cm_context_init(&ctx, folder.db);
	CU_ASSERT_EQUAL(processes_next(&ctx, NULL), CM_STORE);
	CU_ASSERT_PTR_NULL(ctx.store);
	CU_ASSERT_EQUAL(processes_next(&ctx, NULL), CM_STORE);
	CU_ASSERT_NOT_EQUAL(access(folder.db, F_OK), 0);
	cm_context_clear(&ctx);
	fixture_folder_remove(&folder);
}

static void test_file_deleted_and_made_again(void)
{
	struct processes p;
	struct cm_buf token = {0};
	struct cm_organization row;

	processes_start(&p);
	issue(&p, &token);
	processes_remove_file(&p);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_STORE);
	processes_make_file(&p);
	fixture_organization(p.other, "new");
	/* The same keys and settings: only the new database says that the token is not known. */
	CU_ASSERT_EQUAL(check(&p, token.data), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "new", &row, NULL), CM_OK);
	cm_buf_reset(&token);
	issue(&p, &token);
	CU_ASSERT_EQUAL(fixture_integer(p.other, "SELECT count(*) FROM token"), 1);
	cm_buf_clear(&token);
	processes_end(&p);
}

/* As deploying a backup does: another file takes the place between two requests. */
static void test_file_replaced(void)
{
	struct processes p;

	processes_start(&p);
	processes_remove_file(&p);
	processes_make_file(&p);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "issuer", "https://new.example", NULL), CM_OK);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "https://new.example");
	CU_ASSERT_EQUAL(fixture_integer(p.other, "SELECT count(*) FROM application"), 1);
	processes_end(&p);
}

static void test_file_replaced_by_nonsense(void)
{
	struct processes p;

	processes_start(&p);
	processes_remove_file(&p);
	fixture_file_write(p.folder.db, "# no database, but a file of text for people", 44);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(unlink(p.folder.db), 0);
	processes_make_file(&p);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	processes_end(&p);
}

static void test_kept_texts(void)
{
	struct cm_context ctx;
	struct cm_buf *text;
	char one, two;

	cm_context_init(&ctx, ":memory:");
	text = cm_context_keep(&ctx, &one, &two);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL(text->len, 0);
	cm_buf_puts(text, "one");
	CU_ASSERT_EQUAL(cm_context_keep(&ctx, &two, &one)->len, 0);
	CU_ASSERT_EQUAL(cm_context_keep(&ctx, &one, &one)->len, 0);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(cm_context_keep(&ctx, &one, &two)), "one");
	cm_context_clear(&ctx);
	CU_ASSERT_EQUAL(cm_context_keep(&ctx, &one, &two)->len, 0);
	cm_context_clear(&ctx);
}

/* A newer program changed the schema, and somebody undid that. */
static void test_schema_of_another(void)
{
	struct processes p;
	struct cm_err err = {0};
	char sql[80];
	int schema = 0;

	processes_start(&p);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", cm_store_schema_known() + 1);
	CU_ASSERT_TRUE(fixture_sql(p.other, sql));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, &err), CM_OUTDATED);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OUTDATED);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", cm_store_schema_known());
	CU_ASSERT_TRUE(fixture_sql(p.other, sql));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);

	/* An older one is brought up to date first; that fails here, for all tables are there. */
	CU_ASSERT_TRUE(fixture_sql(p.other, "PRAGMA user_version = 1"));
	cm_err_clear(&err);
	CU_ASSERT_NOT_EQUAL(processes_next(&p.ctx, &err), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_TRUE(fixture_sql(p.other, sql));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_schema(p.ctx.store, &schema, NULL), CM_OK);
	CU_ASSERT_EQUAL(schema, cm_store_schema_known());
	processes_end(&p);
}

/* The state after the next refresh, which can be told. */
static int64_t next_state(struct processes *p)
{
	CU_ASSERT_EQUAL(processes_next(&p->ctx, NULL), CM_OK);
	CU_ASSERT_NOT_EQUAL(cm_context_state(&p->ctx), 0);
	return cm_context_state(&p->ctx);
}

static enum cm_status change_within(struct cm_store *store, void *arg, struct cm_err *err)
{
	(void)err;
	CU_ASSERT_EQUAL(cm_context_state(arg), 0);
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE application SET description = 'y'"));
	return CM_OK;
}

static void test_state(void)
{
	struct processes p;
	int64_t first, second, third;

	processes_start(&p);
	first = next_state(&p);
	CU_ASSERT_EQUAL(next_state(&p), first);
	cm_context_rest(&p.ctx);
	CU_ASSERT_EQUAL(cm_context_state(&p.ctx), 0);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET description = 'x'"));
	second = next_state(&p);
	CU_ASSERT_NOT_EQUAL(second, first);
	/* What this process writes is no other version to SQLite. */
	CU_ASSERT_EQUAL(cm_store_write(p.ctx.store, change_within, &p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_context_state(&p.ctx), 0);
	third = next_state(&p);
	CU_ASSERT_TRUE(third != first && third != second);
	processes_end(&p);
	CU_ASSERT_EQUAL(cm_context_state(&p.ctx), 0);
}

/* To a connection that was just opened, each file may be of the same version. */
static void test_state_of_another_file(void)
{
	struct processes p;
	int64_t first;

	processes_start(&p);
	first = next_state(&p);
	processes_remove_file(&p);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_context_state(&p.ctx), 0);
	processes_make_file(&p);
	CU_ASSERT_NOT_EQUAL(next_state(&p), first);
	processes_end(&p);
}

static const struct cm_test tests[] = {
    {"the state of the store is another one when anybody has written", test_state},
    {"the state of another file is another one", test_state_of_another_file},
    {"a text is kept for a thing in a form, until the context is cleared", test_kept_texts},
    {"the first refresh opens the store and reads settings and keys", test_first_refresh},
    {"another process' settings are seen, the path of the issuer too", test_settings_of_another},
    {"the longest issuer fits", test_longest_issuer},
    {"a token that another process revoked is refused", test_revoked_by_another},
    {"another process' keys are seen", test_keys_of_another},
    {"verified tokens are forgotten when settings or keys change", test_what_is_forgotten},
    {"settings that were edited into nonsense stop every request until mended",
     test_nonsense_by_hand},
    {"a file that is missing is told, and not made", test_file_missing},
    {"a file that is deleted and made again is found again", test_file_deleted_and_made_again},
    {"a file that is replaced is opened anew", test_file_replaced},
    {"a file that is replaced by nonsense is refused until mended", test_file_replaced_by_nonsense},
    {"a schema that changes is noticed: a newer one refused, an older one brought up to date",
     test_schema_of_another},
};

CM_SUITE(cm_suite_auth_context, "auth/context", tests);

#include "auth/context.h"

#include <stdio.h>
#include <unistd.h>

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "store/organization.h"
#include "suite.h"

/* A process with a file, and another one beside it that changes the file. */
struct processes {
	struct fixture_folder folder;
	struct cm_context ctx;
	struct cm_store *other;
};

static enum cm_status next_request(struct cm_context *ctx, struct cm_err *err)
{
	cm_context_rest(ctx);
	return cm_context_refresh(ctx, err);
}

static enum cm_status found(struct cm_store *store, void *arg, struct cm_err *err)
{
	(void)arg;
	(void)err;
	fixture_organization(store, "my-org");
	fixture_key_add(store, FIXTURE_RS256);
	return fixture_application(store, "my-org", "app");
}

/* Make the file anew and keep it open as the other process. */
static void make_file(struct processes *p)
{
	CU_ASSERT_EQUAL_FATAL(cm_store_open(p->folder.db, true, &p->other, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_store_write(p->other, found, NULL, NULL), CM_OK);
}

static void remove_file(struct processes *p)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	cm_store_close(p->other);
	p->other = NULL;
	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		char path[120];

		snprintf(path, sizeof path, "%s%s", p->folder.db, suffixes[i]);
		(void)unlink(path);
	}
}

static void start(struct processes *p)
{
	cm_clock_fix(FIXTURE_NOW_S);
	*p = (struct processes){0};
	fixture_folder_make(&p->folder);
	make_file(p);
	cm_context_init(&p->ctx, p->folder.db);
	CU_ASSERT_EQUAL_FATAL(next_request(&p->ctx, NULL), CM_OK);
}

static void end(struct processes *p)
{
	cm_context_clear(&p->ctx);
	cm_store_close(p->other);
	fixture_folder_remove(&p->folder);
}

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

	CU_ASSERT_EQUAL(next_request(&p->ctx, NULL), CM_OK);
	return cm_access_token_check(&p->ctx, token, &who, NULL);
}

static void test_first_refresh(void)
{
	struct processes p;

	start(&p);
	CU_ASSERT_PTR_NOT_NULL(p.ctx.store);
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "http://127.0.0.1:8080");
	CU_ASSERT_STRING_EQUAL(p.ctx.mcp_url, "http://127.0.0.1:8080/api/mcp");
	CU_ASSERT_STRING_EQUAL(p.ctx.prefix, "");
	CU_ASSERT_EQUAL(p.ctx.keys.count, 1);
	cm_context_clear(&p.ctx);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(p.ctx.keys.count, 0);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	end(&p);
}

static void test_settings_of_another(void)
{
	struct processes p;

	start(&p);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "issuer", "https://example.org/a/b/", NULL), CM_OK);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "https://example.org/a/b");
	CU_ASSERT_STRING_EQUAL(p.ctx.mcp_url, "https://example.org/a/b/api/mcp");
	CU_ASSERT_STRING_EQUAL(p.ctx.prefix, "/a/b");
	CU_ASSERT_TRUE(fixture_sql(p.other, "DELETE FROM setting"));
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(p.ctx.prefix, "");
	end(&p);
}

static void test_longest_issuer(void)
{
	char issuer[CM_URL_MAX + 1] = "https://example.org/";
	struct processes p;

	memset(issuer + 20, 'x', sizeof issuer - 21);
	issuer[CM_URL_MAX] = '\0';
	start(&p);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "issuer", issuer, NULL), CM_OK);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(strlen(p.ctx.mcp_url), CM_URL_MAX + strlen(CM_MCP_PATH));
	end(&p);
}

static void test_revoked_by_another(void)
{
	struct processes p;
	struct cm_buf token = {0};

	start(&p);
	issue(&p, &token);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET scope = ''"));
	CU_ASSERT_EQUAL(check(&p, token.data), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE token SET revoked_at_s = 1"));
	CU_ASSERT_EQUAL(check(&p, token.data), CM_UNAUTHORIZED);
	cm_buf_clear(&token);
	end(&p);
}

static void test_keys_of_another(void)
{
	struct processes p;
	struct cm_buf token = {0};

	start(&p);
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
	end(&p);
}

/* Verified tokens are forgotten when settings or keys change, and only then. */
static void test_what_is_forgotten(void)
{
	struct processes p;
	struct cm_buf token = {0};

	start(&p);
	issue(&p, &token);
	CU_ASSERT_PTR_NOT_NULL(p.ctx.verified.slot);
	CU_ASSERT_TRUE(fixture_sql(p.other, "UPDATE application SET description = 'x'"));
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NOT_NULL(p.ctx.verified.slot);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "max_body_bytes", "4096", NULL), CM_OK);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.verified.slot);
	CU_ASSERT_EQUAL(check(&p, token.data), CM_OK);
	cm_clock_fix(FIXTURE_NOW_S + 1);
	fixture_key_add(p.other, FIXTURE_ES256);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.verified.slot);
	cm_buf_clear(&token);
	end(&p);
}

static void test_nonsense_by_hand(void)
{
	struct processes p;
	struct cm_err err = {0};

	start(&p);
	CU_ASSERT_TRUE(
	    fixture_sql(p.other, "INSERT INTO setting VALUES ('issuer', 'nonsense', 0)"));
	for (int i = 0; i < 3; i++) {
		/* At each request, not only at the first one after the change. */
		cm_err_clear(&err);
		CU_ASSERT_EQUAL(next_request(&p.ctx, &err), CM_STORE);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "issuer"));
	}
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "http://127.0.0.1:8080");
	CU_ASSERT_TRUE(fixture_sql(p.other, "DELETE FROM setting"));
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	end(&p);
}

static void test_file_missing(void)
{
	struct fixture_folder folder;
	struct cm_context ctx;

	fixture_folder_make(&folder);
	cm_context_init(&ctx, folder.db);
	CU_ASSERT_EQUAL(next_request(&ctx, NULL), CM_STORE);
	CU_ASSERT_PTR_NULL(ctx.store);
	CU_ASSERT_EQUAL(next_request(&ctx, NULL), CM_STORE);
	CU_ASSERT_NOT_EQUAL(access(folder.db, F_OK), 0);
	cm_context_clear(&ctx);
	fixture_folder_remove(&folder);
}

static void test_file_deleted_and_made_again(void)
{
	struct processes p;
	struct cm_buf token = {0};
	struct cm_organization row;

	start(&p);
	issue(&p, &token);
	remove_file(&p);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_STORE);
	make_file(&p);
	fixture_organization(p.other, "new");
	/* The same keys and settings: only the new database says that the token is not known. */
	CU_ASSERT_EQUAL(check(&p, token.data), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "new", &row, NULL), CM_OK);
	cm_buf_reset(&token);
	issue(&p, &token);
	CU_ASSERT_EQUAL(fixture_integer(p.other, "SELECT count(*) FROM token"), 1);
	cm_buf_clear(&token);
	end(&p);
}

/* As deploying a backup does: another file takes the place between two requests. */
static void test_file_replaced(void)
{
	struct processes p;

	start(&p);
	remove_file(&p);
	make_file(&p);
	CU_ASSERT_EQUAL(cm_setting_set(p.other, "issuer", "https://new.example", NULL), CM_OK);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(p.ctx.settings.issuer, "https://new.example");
	CU_ASSERT_EQUAL(fixture_integer(p.other, "SELECT count(*) FROM application"), 1);
	end(&p);
}

static void test_file_replaced_by_nonsense(void)
{
	struct processes p;

	start(&p);
	remove_file(&p);
	fixture_file_write(p.folder.db, "# no database, but a file of text for people", 44);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(unlink(p.folder.db), 0);
	make_file(&p);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	end(&p);
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

static enum cm_status add_organization(struct cm_store *store, void *arg, struct cm_err *err)
{
	(void)err;
	fixture_organization(store, arg);
	return CM_OK;
}

static enum cm_status add(struct cm_context *ctx, char *name)
{
	return cm_store_write(ctx->store, add_organization, name, NULL);
}

static bool others_see(const struct processes *p, const char *name)
{
	struct cm_organization row;

	return cm_organization_get(p->other, name, &row, NULL) == CM_OK;
}

static void test_group(void)
{
	struct processes p;

	start(&p);
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_context_group_is_open(&p.ctx));
	CU_ASSERT_EQUAL(add(&p.ctx, "one"), CM_OK);
	CU_ASSERT_TRUE(cm_context_group_is_open(&p.ctx));
	/* The file is gone: the group is finished on what is open all the same. */
	remove_file(&p);
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "two"), CM_OK);
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_STORE);
	end(&p);
}

static void test_one_state(void)
{
	struct cm_organization row;
	struct processes p;

	start(&p);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	fixture_organization(p.other, "theirs");
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "theirs", &row, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "theirs", &row, NULL), CM_OK);
	end(&p);
}

static void keep(void *arg)
{
	(void)arg;
}

/* What is to be written later is not forgotten with a file that is gone. */
static void test_group_with_something_later(void)
{
	struct cm_organization row;
	struct processes p;

	start(&p);
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write_later(p.ctx.store, add_organization, "late", keep, NULL),
	                CM_OK);
	cm_store_read_end(p.ctx.store);
	remove_file(&p);
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "late", &row, NULL), CM_OK);
	end(&p);
}

static void test_group_without_a_store(void)
{
	struct cm_context ctx;

	cm_context_init(&ctx, "/nonexistent/casement.db");
	cm_context_group_begin(&ctx);
	CU_ASSERT_EQUAL(next_request(&ctx, NULL), CM_STORE);
	CU_ASSERT_FALSE(cm_context_group_is_open(&ctx));
	CU_ASSERT_EQUAL(cm_context_group_leave(&ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_context_group_end(&ctx, NULL), CM_OK);
	cm_context_clear(&ctx);
}

static void test_leaving_a_group(void)
{
	struct processes p;
	struct cm_err err = {0};

	start(&p);
	/* What was done by then is committed, and what comes is on its own. */
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "one"), CM_OK);
	CU_ASSERT_FALSE(others_see(&p, "one"));
	CU_ASSERT_EQUAL(cm_context_group_leave(&p.ctx, NULL), CM_OK);
	CU_ASSERT_TRUE(others_see(&p, "one"));
	CU_ASSERT_EQUAL(add(&p.ctx, "two"), CM_OK);
	CU_ASSERT_TRUE(others_see(&p, "two"));
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	/* Where that fails, who leaves hears it, and so does who ends the group; once. */
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "three"), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(p.ctx.store, "ROLLBACK"));
	CU_ASSERT_EQUAL(cm_context_group_leave(&p.ctx, &err), CM_STORE);
	CU_ASSERT_NOT_EQUAL(err.text[0], '\0');
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_FALSE(others_see(&p, "three"));
	end(&p);
}

/* A newer program changed the schema, and somebody undid that. */
static void test_schema_of_another(void)
{
	struct processes p;
	struct cm_err err = {0};
	char sql[80];
	int schema = 0;

	start(&p);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", cm_store_schema_known() + 1);
	CU_ASSERT_TRUE(fixture_sql(p.other, sql));
	CU_ASSERT_EQUAL(next_request(&p.ctx, &err), CM_OUTDATED);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OUTDATED);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", cm_store_schema_known());
	CU_ASSERT_TRUE(fixture_sql(p.other, sql));
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);

	/* An older one is brought up to date first; that fails here, for all tables are there. */
	CU_ASSERT_TRUE(fixture_sql(p.other, "PRAGMA user_version = 1"));
	cm_err_clear(&err);
	CU_ASSERT_NOT_EQUAL(next_request(&p.ctx, &err), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_TRUE(fixture_sql(p.other, sql));
	CU_ASSERT_EQUAL(next_request(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_schema(p.ctx.store, &schema, NULL), CM_OK);
	CU_ASSERT_EQUAL(schema, cm_store_schema_known());
	end(&p);
}

static const struct cm_test tests[] = {
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
    {"a group ends on the file that it began on", test_group},
    {"what is to be written later stays with the file", test_group_with_something_later},
    {"what is read is one state until it is let go", test_one_state},
    {"without a store a group is nothing", test_group_without_a_store},
    {"who leaves a group commits it", test_leaving_a_group},
};

CM_SUITE(cm_suite_auth_context, "auth/context", tests);

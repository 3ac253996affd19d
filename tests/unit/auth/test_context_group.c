#include "auth/fixture_processes.h"
#include "base/clock.h"
#include "store/organization.h"
#include "suite.h"

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

	cm_clock_hold(0);
	processes_start(&p);
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_context_group_is_open(&p.ctx));
	CU_ASSERT_EQUAL(add(&p.ctx, "one"), CM_OK);
	CU_ASSERT_TRUE(cm_context_group_is_open(&p.ctx));
	/* The file is gone: the group is finished on what is open all the same. */
	processes_remove_file(&p);
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "two"), CM_OK);
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_STORE);
	processes_end(&p);
}

static void test_one_state(void)
{
	struct cm_organization row;
	struct processes p;

	processes_start(&p);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	fixture_organization(p.other, "theirs");
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "theirs", &row, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "theirs", &row, NULL), CM_OK);
	processes_end(&p);
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

	processes_start(&p);
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write_later(p.ctx.store, add_organization, "late", keep, NULL),
	                CM_OK);
	cm_store_read_end(p.ctx.store);
	processes_remove_file(&p);
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(p.ctx.store, "late", &row, NULL), CM_OK);
	processes_end(&p);
}

/* Who comes next must not be served by the settings that could not be read. */
static void test_refresh_that_fails(void)
{
	struct processes p;

	processes_start(&p);
	CU_ASSERT_TRUE(
	    fixture_sql(p.other, "INSERT INTO setting VALUES ('max_body_bytes', 'a lot', 1)"));
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_TRUE(fixture_sql(p.other, "DELETE FROM setting WHERE name = 'max_body_bytes'"));
	CU_ASSERT_EQUAL(cm_context_refresh(&p.ctx, NULL), CM_OK);
	processes_end(&p);
}

/* As when it could not be undone: what came into it would never be committed. */
static void test_transaction_left_open(void)
{
	struct processes p;

	processes_start(&p);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(p.ctx.store, "BEGIN IMMEDIATE"));
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(p.ctx.store);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "one"), CM_OK);
	CU_ASSERT_TRUE(others_see(&p, "one"));
	processes_end(&p);
}

static void test_group_without_a_store(void)
{
	struct cm_context ctx;

	cm_context_init(&ctx, "/nonexistent/casement.db");
	cm_context_group_begin(&ctx);
	CU_ASSERT_EQUAL(processes_next(&ctx, NULL), CM_STORE);
	CU_ASSERT_FALSE(cm_context_group_is_open(&ctx));
	CU_ASSERT_EQUAL(cm_context_group_leave(&ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_context_group_end(&ctx, NULL), CM_OK);
	cm_context_clear(&ctx);
}

static void test_leaving_a_group(void)
{
	struct processes p;
	struct cm_err err = {0};

	processes_start(&p);
	/* What was done by then is committed, and what comes is on its own. */
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "one"), CM_OK);
	CU_ASSERT_FALSE(others_see(&p, "one"));
	CU_ASSERT_EQUAL(cm_context_group_leave(&p.ctx, NULL), CM_OK);
	CU_ASSERT_TRUE(others_see(&p, "one"));
	CU_ASSERT_EQUAL(add(&p.ctx, "two"), CM_OK);
	CU_ASSERT_TRUE(others_see(&p, "two"));
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	/* Where that fails, who leaves hears it, and so does who ends the group; once. */
	cm_context_group_begin(&p.ctx);
	CU_ASSERT_EQUAL(processes_next(&p.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(add(&p.ctx, "three"), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(p.ctx.store, "ROLLBACK"));
	CU_ASSERT_EQUAL(cm_context_group_leave(&p.ctx, &err), CM_STORE);
	CU_ASSERT_NOT_EQUAL(err.text[0], '\0');
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_context_group_end(&p.ctx, NULL), CM_OK);
	CU_ASSERT_FALSE(others_see(&p, "three"));
	processes_end(&p);
}

static const struct cm_test tests[] = {
    {"a group ends on the file that it began on", test_group},
    {"what is to be written later stays with the file", test_group_with_something_later},
    {"a refresh that fails is tried again by the next request", test_refresh_that_fails},
    {"a transaction that is left open is not gone on with", test_transaction_left_open},
    {"what is read is one state until it is let go", test_one_state},
    {"without a store a group is nothing", test_group_without_a_store},
    {"who leaves a group commits it", test_leaving_a_group},
};

CM_SUITE(cm_suite_auth_context_group, "auth/context_group", tests);

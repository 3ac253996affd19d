#include "store/audit.h"

#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

static struct cm_audit row(void)
{
	return (struct cm_audit){.client_id = "the-client",
	                         .organization = "the-org",
	                         .tool = "the-tool",
	                         .target = "the/target",
	                         .outcome = "ok",
	                         .request_id = "the-request",
	                         .address = "192.0.2.1",
	                         .traceparent = "the-trace"};
}

static void test_columns(void)
{
	struct cm_store *store = fixture_store();
	struct cm_audit audit = row();

	cm_clock_fix(86400);
	CU_ASSERT_EQUAL(cm_audit_insert(store, &audit, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_is_text(
	    store,
	    "SELECT at_s || ' ' || client_id || ' ' || organization || ' ' || tool || ' ' || target"
	    " || ' ' || outcome || ' ' || request_id || ' ' || address || ' ' || traceparent FROM "
	    "audit",
	    "86400 the-client the-org the-tool the/target ok the-request 192.0.2.1 the-trace"));
	CU_ASSERT_TRUE(fixture_is_text(store, "SELECT at || ' ' || traceparent FROM audit_readable",
	                               "1970-01-02 00:00:00 the-trace"));
	cm_store_close(store);
}

static void test_no_trace(void)
{
	struct cm_store *store = fixture_store();
	struct cm_audit audit = row();

	audit.traceparent = NULL;
	CU_ASSERT_EQUAL(cm_audit_insert(store, &audit, NULL), CM_OK);
	CU_ASSERT_EQUAL(
	    fixture_integer(store, "SELECT count(*) FROM audit WHERE traceparent IS NULL"), 1);
	cm_store_close(store);
}

static void test_person(void)
{
	static const char *const users[] = {"my-org/alice", "", NULL};
	struct cm_store *store = fixture_store();
	struct cm_audit audit = row();

	for (size_t i = 0; i < COUNT_OF(users); i++) {
		audit.user = users[i];
		CU_ASSERT_EQUAL(cm_audit_insert(store, &audit, NULL), CM_OK);
	}
	CU_ASSERT_TRUE(fixture_is_text(
	    store, "SELECT group_concat(user, ',') FROM (SELECT * FROM audit_readable ORDER BY id)",
	    "my-org/alice,,"));
	cm_store_close(store);
}

static void test_incomplete(void)
{
	struct cm_store *store = fixture_store();

	for (int i = 0; i < 7; i++) {
		struct cm_audit audit = row();
		const char **members[] = {&audit.client_id, &audit.organization, &audit.tool,
		                          &audit.target,    &audit.outcome,      &audit.request_id,
		                          &audit.address};

		*members[i] = NULL;
		CU_ASSERT_NOT_EQUAL(cm_audit_insert(store, &audit, NULL), CM_OK);
	}
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM audit"), 0);
	cm_store_close(store);
}

static enum cm_status write_and_fail(struct cm_store *store, void *arg, struct cm_err *err)
{
	enum cm_status rc = cm_audit_insert(store, arg, err);

	return rc == CM_OK ? cm_err_set(err, CM_CONFLICT, "the change failed") : rc;
}

static void test_with_its_change(void)
{
	struct cm_store *store = fixture_store();
	struct cm_audit audit = row();

	CU_ASSERT_EQUAL(cm_store_write(store, write_and_fail, &audit, NULL), CM_CONFLICT);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM audit"), 0);
	cm_store_close(store);
}

/* Rows are in the order in which they were written, and alike ones are not merged. */
static void test_order(void)
{
	struct cm_store *store = fixture_store();
	struct cm_audit audit = row();

	cm_clock_fix(5);
	for (int i = 0; i < 3; i++) {
		audit.target = i == 1 ? "b" : "a";
		CU_ASSERT_EQUAL(cm_audit_insert(store, &audit, NULL), CM_OK);
	}
	CU_ASSERT_TRUE(fixture_is_text(
	    store, "SELECT group_concat(target, '') FROM (SELECT target FROM audit ORDER BY id)",
	    "aba"));
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"an audit row has the time and every column, and people can read it", test_columns},
    {"a call without a trace has none", test_no_trace},
    {"a row names the person in whose name it was, if any", test_person},
    {"an incomplete row is refused", test_incomplete},
    {"a row goes when its change goes", test_with_its_change},
    {"rows are kept in order", test_order},
};

CM_SUITE(cm_suite_store_audit, "store/audit", tests);

#include "store/assertion.h"

#include "store/fixture_store.h"
#include "suite.h"

static void test_once(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	int64_t app, other;

	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "other"), CM_OK);
	app = fixture_application_id(store, "app");
	other = fixture_application_id(store, "other");
	CU_ASSERT_EQUAL(cm_assertion_insert(store, app, "j", 100, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_assertion_insert(store, app, "j", 100, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	CU_ASSERT_EQUAL(cm_assertion_insert(store, app, "j", 200, NULL), CM_CONFLICT);
	CU_ASSERT_EQUAL(cm_assertion_insert(store, app, "J", 100, NULL), CM_OK);
	/* Another client's ids are its own. */
	CU_ASSERT_EQUAL(cm_assertion_insert(store, other, "j", 100, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT sum(expires_at_s) FROM client_assertion"),
	                300);
	cm_store_close(store);
}

static void test_no_client(void)
{
	struct cm_store *store = fixture_store();
	enum cm_status rc;

	rc = cm_assertion_insert(store, 1, "j", 100, NULL);
	CU_ASSERT_NOT_EQUAL(rc, CM_OK);
	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL(
	    cm_assertion_insert(store, fixture_application_id(store, "app"), "j", 100, NULL),
	    CM_OK);
	CU_ASSERT_TRUE(fixture_sql(store, "DELETE FROM application"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM client_assertion"), 0);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a client uses an assertion once", test_once},
    {"assertions are of a client that is there", test_no_client},
};

CM_SUITE(cm_suite_store_assertion, "store/assertion", tests);

#include "store/query.h"

#include <sqlite3.h>

#include "store/fixture_store.h"
#include "suite.h"

static void test_unknown_parameter(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_FIND, &err);
	cm_query_text(&q, ":nmae", "my-org");
	cm_query_text(&q, ":name", "my-org");
	CU_ASSERT_FALSE(cm_query_row(&q));
	CU_ASSERT_EQUAL(cm_query_end(&q), CM_INTERNAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":nmae"));
	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_NAMES, NULL);
	cm_query_integer(&q, ":lmit", 1);
	CU_ASSERT_EQUAL(cm_query_end(&q), CM_INTERNAL);
	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_NAMES, NULL);
	cm_query_real(&q, ":lmit", 1);
	CU_ASSERT_EQUAL(cm_query_end(&q), CM_INTERNAL);
	cm_store_close(store);
}

static bool finds(struct cm_store *store, const char *name)
{
	struct cm_query q;
	bool found;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_FIND, NULL);
	if (name != NULL)
		cm_query_text(&q, ":name", name);
	found = cm_query_row(&q);
	CU_ASSERT_EQUAL(cm_query_end(&q), CM_OK);
	return found;
}

static void test_bindings_are_forgotten(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_TRUE(finds(store, "my-org"));
	CU_ASSERT_FALSE(finds(store, NULL));
	CU_ASSERT_TRUE(finds(store, "other-org"));
	CU_ASSERT_FALSE(finds(store, "MY-ORG"));
	cm_store_close(store);
}

/* A statement that was left in the middle, or failed, is used again from its beginning. */
static void test_statement_is_reset(void)
{
	struct cm_store *store = fixture_store();
	struct cm_query q;

	for (int i = 0; i < 3; i++) {
		cm_query_begin(&q, store, CM_STMT_ORGANIZATION_NAMES, NULL);
		cm_query_text(&q, ":after_name", "");
		cm_query_integer(&q, ":limit", 10);
		CU_ASSERT_TRUE(cm_query_row(&q));
		CU_ASSERT_STRING_EQUAL(cm_query_column_text(&q, 0), "built-in");
		CU_ASSERT_EQUAL(cm_query_end(&q), CM_OK);
	}
	for (int i = 0; i < 3; i++) {
		cm_query_begin(&q, store, CM_STMT_ORGANIZATION_INSERT, NULL);
		cm_query_text(&q, ":name", i == 2 ? "new" : "my-org");
		cm_query_text(&q, ":owner", "admin");
		cm_query_text(&q, ":display_name", "x");
		cm_query_text(&q, ":properties", "{}");
		cm_query_integer(&q, ":created_at_s", 1);
		cm_query_integer(&q, ":updated_at_s", 1);
		cm_query_integer(&q, ":disable_signin", 0);
		cm_query_integer(&q, ":application_quota", -1);
		cm_query_integer(&q, ":user_quota", -1);
		cm_query_run(&q);
		CU_ASSERT_EQUAL(cm_query_changes(&q), i == 2);
		CU_ASSERT_EQUAL(cm_query_end(&q), i == 2 ? CM_OK : CM_CONFLICT);
	}
	cm_store_close(store);
}

static void test_columns(void)
{
	struct cm_store *store = fixture_store();
	struct cm_query q;
	char text[16] = "old", small[4] = "old";

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	cm_query_begin(&q, store, CM_STMT_CLIENT_GET, NULL);
	cm_query_text(&q, ":client_id", "app");
	CU_ASSERT_TRUE(cm_query_row(&q));
	CU_ASSERT_STRING_EQUAL(cm_query_column_text(&q, 1), "app");
	CU_ASSERT_PTR_NULL(cm_query_column_text(&q, 6)); /* there is no secret */
	cm_query_column_copy(&q, 6, text, sizeof text);
	CU_ASSERT_STRING_EQUAL(text, "");
	cm_query_column_copy(&q, 1, small, sizeof small); /* just fits */
	CU_ASSERT_STRING_EQUAL(small, "app");
	CU_ASSERT_EQUAL(cm_query_end(&q), CM_OK);
	cm_store_close(store);
}

static void test_too_long_a_column(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	struct cm_query q;
	char small[6] = "old";

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_FIND, &err);
	cm_query_text(&q, ":name", "my-org");
	CU_ASSERT_TRUE(cm_query_row(&q));
	cm_query_column_copy(&q, 1, small, sizeof small);
	CU_ASSERT_STRING_EQUAL(small, "");
	CU_ASSERT_FALSE(cm_query_row(&q));
	CU_ASSERT_EQUAL(cm_query_end(&q), CM_STORE);
	CU_ASSERT_EQUAL(err.status, CM_STORE);
	cm_store_close(store);
}

static void test_null_parameter(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_INSERT, &err);
	cm_query_text(&q, ":name", "new");
	cm_query_text(&q, ":display_name", NULL);
	cm_query_integer(&q, ":created_at_s", 1);
	cm_query_run(&q);
	CU_ASSERT_EQUAL(cm_query_changes(&q), 0);
	CU_ASSERT_NOT_EQUAL(cm_query_end(&q), CM_OK);
	CU_ASSERT_PTR_NOT_NULL(cm_status_info(err.status)->generic);
	CU_ASSERT_FALSE(finds(store, "new"));
	cm_store_close(store);
}

static void test_statement_that_cannot_be_prepared(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	struct cm_query q;
	char text[8];

	CU_ASSERT_TRUE(fixture_sql(store, "DROP VIEW audit_readable; DROP TABLE audit"));
	cm_query_begin(&q, store, CM_STMT_AUDIT_INSERT, &err);
	cm_query_text(&q, ":tool", "x");
	cm_query_integer(&q, ":at_s", 1);
	cm_query_run(&q);
	CU_ASSERT_FALSE(cm_query_row(&q));
	CU_ASSERT_PTR_NULL(cm_query_column_text(&q, 0));
	CU_ASSERT_EQUAL(cm_query_column_integer(&q, 0), 0);
	cm_query_column_copy(&q, 0, text, sizeof text);
	CU_ASSERT_EQUAL(cm_query_changes(&q), 0);
	CU_ASSERT_NOT_EQUAL(cm_query_end(&q), CM_OK);
	CU_ASSERT_PTR_NOT_NULL(cm_status_info(err.status)->generic);
	cm_store_close(store);
}

static void test_faults(void)
{
	static const struct {
		int code;
		enum cm_status status;
	} rows[] = {
	    {SQLITE_CONSTRAINT_UNIQUE, CM_CONFLICT},
	    {SQLITE_CONSTRAINT_PRIMARYKEY, CM_CONFLICT},
	    {SQLITE_CONSTRAINT_FOREIGNKEY, CM_CONFLICT},
	    {SQLITE_CONSTRAINT_NOTNULL, CM_INTERNAL},
	    {SQLITE_CONSTRAINT_CHECK, CM_INTERNAL},
	    {SQLITE_ERROR, CM_INTERNAL},
	    {SQLITE_MISUSE, CM_INTERNAL},
	    {SQLITE_BUSY, CM_BUSY},
	    {SQLITE_BUSY_SNAPSHOT, CM_BUSY},
	    {SQLITE_BUSY_RECOVERY, CM_BUSY},
	    {SQLITE_LOCKED, CM_BUSY},
	    {SQLITE_PROTOCOL, CM_BUSY},
	    {SQLITE_NOMEM, CM_NOMEM},
	    {SQLITE_IOERR_NOMEM, CM_STORE},
	    {SQLITE_FULL, CM_STORE},
	    {SQLITE_IOERR_WRITE, CM_STORE},
	    {SQLITE_IOERR_FSYNC, CM_STORE},
	    {SQLITE_CANTOPEN, CM_STORE},
	    {SQLITE_READONLY_DBMOVED, CM_STORE},
	    {SQLITE_CORRUPT_VTAB, CM_STORE},
	    {SQLITE_NOTADB, CM_STORE},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *name = sqlite3_errstr(rows[i].code);
		struct cm_err err = {0};

		ASSERT_ROW(name, cm_query_fault(NULL, rows[i].code, &err) == rows[i].status);
		ASSERT_ROW(name, err.status == rows[i].status);
		ASSERT_ROW(name, fixture_hides_sql(cm_err_public(&err)));
	}
}

/* What is bound is a value, whatever it looks like. */
static void test_values_are_no_sql(void)
{
	static const char *const names[] = {
	    "' OR '1'='1", "\"; DROP TABLE organization; --", "%", "my_org", "my-or?", ":name", "*",
	    "my-org'--"};
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		ASSERT_ROW(names[i], !finds(store, names[i]));
		fixture_organization(store, names[i]);
		ASSERT_ROW(names[i], finds(store, names[i]));
	}
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM organization"),
	                3 + COUNT_OF(names));
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a parameter that the statement has not is a failure", test_unknown_parameter},
    {"a value that was bound once is not there the next time", test_bindings_are_forgotten},
    {"a statement begins anew, however it ended", test_statement_is_reset},
    {"columns come as text or NULL", test_columns},
    {"a column that is too long is a failure, not cut", test_too_long_a_column},
    {"SQL NULL is bound, and refused where a value must be", test_null_parameter},
    {"a statement that can't be prepared fails at its end, and nowhere before",
     test_statement_that_cannot_be_prepared},
    {"what SQLite says becomes the right status, without its words", test_faults},
    {"a value is never read as SQL", test_values_are_no_sql},
};

CM_SUITE(cm_suite_store_query, "store/query", tests);

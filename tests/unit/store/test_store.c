#include "store/store.h"

#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/fixture_store.h"
#include "store/organization.h"
#include "store/query.h"
#include "suite.h"

/* What a transaction is to do: write an organisation or not, and then end with a status. */
struct plan {
	const char *name; /* NULL: write nothing */
	enum cm_status end;
	int runs;
};

static enum cm_status follow(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct plan *plan = arg;

	plan->runs++;
	if (plan->name != NULL)
		fixture_organization(store, plan->name);
	return plan->end == CM_OK ? CM_OK : cm_err_set(err, plan->end, "as planned");
}

static bool exists(struct cm_store *store, const char *name)
{
	struct cm_organization row;

	return cm_organization_get(store, name, &row, NULL) == CM_OK;
}

static void test_memory(void)
{
	struct cm_store *store = NULL, *other = NULL;
	int schema = 0;

	CU_ASSERT_EQUAL(cm_store_open(":memory:", true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_open(":memory:", true, &other, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_schema(store, &schema, NULL), CM_OK);
	CU_ASSERT_TRUE(schema > 0);
	CU_ASSERT_EQUAL(schema, cm_store_schema_known());
	CU_ASSERT_TRUE(cm_store_is_current(store));
	fixture_organization(store, "one");
	CU_ASSERT_FALSE(exists(other, "one"));
	cm_store_close(store);
	cm_store_close(other);
	cm_store_close(NULL);
}

static void test_commit(void)
{
	struct cm_store *store = fixture_store();
	struct plan plan = {.name = "new"};

	CU_ASSERT_EQUAL(cm_store_write(store, follow, &plan, NULL), CM_OK);
	CU_ASSERT_EQUAL(plan.runs, 1);
	CU_ASSERT_TRUE(exists(store, "new"));
	CU_ASSERT_NOT_EQUAL(sqlite3_get_autocommit(cm_store_db(store)), 0);
	cm_store_close(store);
}

static void test_rollback(void)
{
	struct cm_store *store = fixture_store();

	for (int status = CM_OK + 1; status < CM_STATUS_COUNT; status++) {
		struct plan plan = {.name = "new", .end = (enum cm_status)status};
		struct cm_err err = {0};

		CU_ASSERT_EQUAL(cm_store_write(store, follow, &plan, &err), status);
		CU_ASSERT_STRING_EQUAL(err.text, "as planned");
		CU_ASSERT_FALSE(exists(store, "new"));
		CU_ASSERT_NOT_EQUAL(sqlite3_get_autocommit(cm_store_db(store)), 0);
	}
	cm_store_close(store);
}

static void test_goes_on_after_failure(void)
{
	struct cm_store *store = fixture_store();
	struct plan bad = {.name = "bad", .end = CM_INPUT}, good = {.name = "good"};

	CU_ASSERT_EQUAL(cm_store_write(store, follow, &bad, NULL), CM_INPUT);
	CU_ASSERT_EQUAL(cm_store_write(store, follow, &good, NULL), CM_OK);
	CU_ASSERT_FALSE(exists(store, "bad"));
	CU_ASSERT_TRUE(exists(store, "good"));
	cm_store_close(store);
}

/* Two inserts, the second of which the table refuses. */
static enum cm_status twice(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct cm_organization row = {.name = "twice"};
	enum cm_status rc = fixture_organization_insert(store, &row, err);

	(void)arg;
	return rc == CM_OK ? fixture_organization_insert(store, &row, err) : rc;
}

static void test_failed_statement(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(cm_store_write(store, twice, NULL, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	CU_ASSERT_FALSE(exists(store, "twice"));
	cm_store_close(store);
}

/* A transaction that writes "outer", and one within it that writes "inner". */
struct nested {
	struct plan inner;
	enum cm_status inner_rc, outer_rc;
};

static enum cm_status within(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct nested *nested = arg;

	(void)err;
	fixture_organization(store, "outer");
	nested->inner_rc = cm_store_write(store, follow, &nested->inner, NULL);
	return nested->outer_rc;
}

static void test_nested(void)
{
	static const struct {
		enum cm_status inner, outer;
	} rows[] = {{CM_OK, CM_OK}, {CM_INPUT, CM_OK}, {CM_OK, CM_INPUT}, {CM_INPUT, CM_INPUT}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_store *store = fixture_store();
		struct nested nested = {.inner = {.name = "inner", .end = rows[i].inner},
		                        .outer_rc = rows[i].outer};

		CU_ASSERT_EQUAL(cm_store_write(store, within, &nested, NULL), rows[i].outer);
		CU_ASSERT_EQUAL(nested.inner_rc, rows[i].inner);
		CU_ASSERT_EQUAL(exists(store, "outer"), rows[i].outer == CM_OK);
		CU_ASSERT_EQUAL(exists(store, "inner"),
		                rows[i].outer == CM_OK && rows[i].inner == CM_OK);
		/* The connection is ready for the next one. */
		nested = (struct nested){.inner = {.name = "again"}};
		CU_ASSERT_EQUAL(cm_store_write(store, follow, &nested.inner, NULL), CM_OK);
		cm_store_close(store);
	}
}

/* A transaction that SQLite has rolled back by itself must not be reported as kept. */
static enum cm_status lose(struct cm_store *store, void *arg, struct cm_err *err)
{
	(void)arg;
	(void)err;
	fixture_organization(store, "lost");
	CU_ASSERT_TRUE(fixture_sql(store, "ROLLBACK"));
	return CM_OK;
}

static void test_failed_commit(void)
{
	struct cm_store *store = fixture_store();
	struct plan plan = {.name = "next"};

	CU_ASSERT_NOT_EQUAL(cm_store_write(store, lose, NULL, NULL), CM_OK);
	CU_ASSERT_FALSE(exists(store, "lost"));
	CU_ASSERT_EQUAL(cm_store_write(store, follow, &plan, NULL), CM_OK);
	cm_store_close(store);
}

static void test_pragmas(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(fixture_integer(store, "PRAGMA foreign_keys"), 1);
	CU_ASSERT_EQUAL(fixture_integer(store, "PRAGMA trusted_schema"), 0);
	CU_ASSERT_EQUAL(fixture_integer(store, "PRAGMA synchronous"), 2);
	CU_ASSERT_FALSE(fixture_sql(store, "PRAGMA writable_schema = ON;"
	                                   "DELETE FROM sqlite_schema WHERE name = 'audit'"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM audit"), 0);
	cm_store_close(store);
}

/* The name, the command in the shell, and what a STRICT table makes of a wrong type. */
static void test_strict(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_FALSE(
	    fixture_sql(store, "INSERT INTO organization VALUES ('x', 'x', 'soon', 0)"));
	CU_ASSERT_FALSE(fixture_sql(store, "INSERT INTO setting VALUES ('x', 'x', 'now')"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM sqlite_schema"
	                                       " WHERE type = 'table' AND sql NOT LIKE '%STRICT%'"),
	                0);
	cm_store_close(store);
}

static void test_views(void)
{
	static const char *const views[] = {"application_readable", "token_readable",
	                                    "audit_readable"};
	struct cm_store *store = fixture_store();
	char sql[100];

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	for (size_t i = 0; i < COUNT_OF(views); i++) {
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", views[i]);
		ASSERT_ROW(views[i], fixture_integer(store, sql) == (i == 0));
	}
	CU_ASSERT_TRUE(
	    fixture_is_text(store, "SELECT application || ' ' || created FROM application_readable",
	                    "my-org/app 1970-01-01 00:16:40"));
	cm_store_close(store);
}

/* An organisation that others belong to stays; a new name reaches them. */
static void test_organization_keys(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_FALSE(fixture_sql(store, "DELETE FROM organization WHERE name = 'my-org'"));
	CU_ASSERT_TRUE(fixture_sql(store, "DELETE FROM organization WHERE name = 'other-org'"));
	CU_ASSERT_TRUE(
	    fixture_sql(store, "UPDATE organization SET name = 'renamed' WHERE name = 'my-org'"));
	CU_ASSERT_TRUE(fixture_is_text(
	    store, "SELECT owner || ' ' || organization FROM application", "renamed renamed"));
	cm_store_close(store);
}

static const struct fixture_folder *opened;

/* Called by SQLite when it has opened a file: another one takes its name. */
static int take_name(sqlite3 *db, char **problem, const struct sqlite3_api_routines *api)
{
	char other[120];

	(void)db;
	(void)problem;
	(void)api;
	snprintf(other, sizeof other, "%s.new", opened->db);
	(void)rename(other, opened->db);
	return SQLITE_OK;
}

/* What is written to the file that has lost its name would be lost too. */
static void test_replaced_while_opened(void)
{
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	char other[120];

	fixture_folder_make(&folder);
	snprintf(other, sizeof other, "%s.new", folder.db);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(cm_store_open(i == 0 ? folder.db : other, true, &store, NULL),
		                      CM_OK);
		cm_store_close(store);
	}
	opened = &folder;
	(void)sqlite3_auto_extension((void (*)(void))take_name);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &store, NULL), CM_OK);
	sqlite3_reset_auto_extension();
	CU_ASSERT_NOT_EQUAL(access(other, F_OK), 0);
	CU_ASSERT_FALSE(cm_store_is_current(store));
	cm_store_close(store);
	CU_ASSERT_EQUAL(cm_store_open(folder.db, false, &store, NULL), CM_OK);
	CU_ASSERT_TRUE(cm_store_is_current(store));
	cm_store_close(store);
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"a store in memory has the newest schema and is alone", test_memory},
    {"what succeeds is kept", test_commit},
    {"whatever status work ends with, nothing of it is kept", test_rollback},
    {"a failed transaction does not hinder the next", test_goes_on_after_failure},
    {"a statement that fails takes the ones before it back", test_failed_statement},
    {"a transaction within a transaction is undone alone, or with the outer one", test_nested},
    {"a commit that fails is told", test_failed_commit},
    {"foreign keys, full sync and the defences are on", test_pragmas},
    {"tables take no values of another type", test_strict},
    {"the views for people can be read", test_views},
    {"an organisation in use is not deleted; its new name reaches its rows",
     test_organization_keys},
    {"a file that another one replaced while it was opened is not the current one",
     test_replaced_while_opened},
};

CM_SUITE(cm_suite_store_store, "store/store", tests);

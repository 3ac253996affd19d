#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "sql.h"
#include "store/application.h"
#include "store/fixture_store.h"
#include "store/organization.h"
#include "store/query.h"
#include "store/role.h"
#include "store/token.h"
#include "store/user.h"
#include "suite.h"

/* How SQLite means to find rows, as EXPLAIN QUERY PLAN tells it: a line a step. */
static void read_plan(struct cm_store *store, const char *sql, struct cm_buf *out)
{
	struct cm_buf explain = {0};
	sqlite3_stmt *stmt = NULL;

	cm_buf_printf(&explain, "EXPLAIN QUERY PLAN %s", sql);
	ASSERT_ROW(sql, sqlite3_prepare_v2(cm_store_db(store), cm_buf_str(&explain), -1, &stmt,
	                                   NULL) == SQLITE_OK);
	while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		cm_buf_printf(out, "%s\n", (const char *)sqlite3_column_text(stmt, 3));
	sqlite3_finalize(stmt);
	cm_buf_clear(&explain);
}

/* Tables that stay small whatever people do. */
static bool is_small(const char *table)
{
	return strncmp(table, "setting\n", 8) == 0 || strncmp(table, "signing_key\n", 12) == 0 ||
	       /* Clients that registered themselves: 5000 at most. */
	       strstr(table, "application USING COVERING INDEX application_origin\n") == table ||
	       strstr(table, "application USING INDEX application_origin\n") == table;
}

/* Whether a name is that of a table, and not of a part of the statement. */
static bool is_table(struct cm_store *store, const char *name)
{
	char sql[200];
	int len = 0;

	while (isalnum((unsigned char)name[len]) || name[len] == '_')
		len++;
	snprintf(sql, sizeof sql,
	         "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '%.*s'", len,
	         name);
	return fixture_integer(store, sql) == 1;
}

static void test_no_scan(void)
{
	struct cm_store *store = fixture_store();

	for (size_t i = CM_STMT_NONE + 1; i < CM_STMT_COUNT; i++) {
		struct cm_buf plan = {0};

		read_plan(store, cm_sql_statement[i], &plan);
		for (const char *at = cm_buf_str(&plan); (at = strstr(at, "SCAN ")) != NULL; at++) {
			const char *table = at + strlen("SCAN ");

			ASSERT_ROW(cm_sql_statement[i], is_small(table) || !is_table(store, table));
		}
		cm_buf_clear(&plan);
	}
	cm_store_close(store);
}

/* A page needs no sorting of what is not on it: the rows come in its order. */
static void test_lists(void)
{
	static const struct cm_entity *const entities[] = {
	    &cm_application_entity, &cm_organization_entity, &cm_user_entity,
	    &cm_role_entity,        &cm_permission_entity,   &cm_token_entity};
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(entities); i++) {
		const char *const lists[] = {cm_sql_statement[entities[i]->list],
		                             cm_sql_statement[entities[i]->changed]};

		for (size_t k = 0; k < COUNT_OF(lists); k++) {
			struct cm_buf plan = {0};
			const char *sort, *members;

			read_plan(store, lists[k], &plan);
			/* The members of a role are sorted, row by row, in a subquery. */
			sort = strstr(cm_buf_str(&plan), "USE TEMP B-TREE");
			members = strstr(cm_buf_str(&plan), "CORRELATED SCALAR SUBQUERY");
			ASSERT_ROW(lists[k], sort == NULL || (members != NULL && members < sort));
			ASSERT_ROW(lists[k],
			           strstr(cm_buf_str(&plan), k == 0 ? "name<?" : "_s,") != NULL ||
			               strstr(cm_buf_str(&plan), "jti<?") != NULL);
			cm_buf_clear(&plan);
		}
	}
	cm_store_close(store);
}

/* Most tokens are of a newer key: the few of a retired one are not looked for among them. */
static void test_retired_key(void)
{
	struct cm_store *store = fixture_store();
	struct cm_buf plan = {0};

	read_plan(store, cm_sql_statement[CM_STMT_SWEEP_SIGNING_KEY], &plan);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&plan), "(owner=? AND issued_at_s<?)"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&plan), "token_expires"));
	cm_buf_clear(&plan);
	cm_store_close(store);
}

/*
 * Every column that refers to another table begins an index: cascades find their rows by it.  An
 * index of the rows that refer to anything at all will do.
 */
static void test_references(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_TRUE(
	    fixture_integer(store, "SELECT count(*) FROM sqlite_schema AS t,"
	                           " pragma_foreign_key_list(t.name) WHERE t.type = 'table'") > 20);
	CU_ASSERT_EQUAL(
	    fixture_integer(
	        store,
	        "SELECT count(*) FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f"
	        " WHERE t.type = 'table' AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) "
	        "AS i, pragma_index_info(i.name) AS c"
	        " WHERE c.seqno = 0 AND c.name = f.\"from\" AND (i.partial = 0 OR"
	        " (SELECT sql FROM sqlite_schema AS x WHERE x.name = i.name)"
	        " LIKE '% WHERE ' || c.name || ' IS NOT NULL'))"),
	    0);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"no statement reads the whole of a table that grows", test_no_scan},
    {"lists come out of an index in their order", test_lists},
    {"tokens of a retired key are found by when they were issued", test_retired_key},
    {"every reference has an index", test_references},
};

CM_SUITE(cm_suite_store_plan, "store/plan", tests);

#include <stdio.h>

#include "base/buf.h"
#include "store/application.h"
#include "store/fixture_store.h"
#include "suite.h"

/* The rows that a list came by, as "owner/name " each, and when to stop. */
struct seen {
	struct cm_buf text;
	char owner[CM_NAME_MAX + 1], name[CM_NAME_MAX + 1]; /* of the last one */
	int rows;
	int fail_at; /* 0: never */
};

static enum cm_status see(const struct cm_record *record, void *arg, struct cm_err *err)
{
	struct seen *seen = arg;

	if (++seen->rows == seen->fail_at)
		return cm_err_set(err, CM_FORBIDDEN, "stop here");
	snprintf(seen->owner, sizeof seen->owner, "%s", cm_record_text(record, "owner"));
	snprintf(seen->name, sizeof seen->name, "%s", cm_record_text(record, "name"));
	cm_buf_printf(&seen->text, "%s/%s ", seen->owner, seen->name);
	return CM_OK;
}

/* All pages, one after the other; the number of pages that had rows. */
static int walk(struct cm_store *store, struct cm_page page, struct seen *seen)
{
	int pages = 0, before;

	do {
		before = seen->rows;
		CU_ASSERT_EQUAL(
		    cm_entity_list(store, &cm_application_entity, &page, see, seen, NULL), CM_OK);
		CU_ASSERT_TRUE(seen->rows - before <= page.limit);
		page.after_owner = seen->owner;
		page.after_name = seen->name;
		pages += seen->rows > before;
	} while (seen->rows > before && pages < 100);
	return pages;
}

/* What the pages of a list hold, from the first to the last. */
static void assert_list(struct cm_store *store, struct cm_page page, const char *rows)
{
	struct seen seen = {0};

	(void)walk(store, page, &seen);
	ASSERT_ROW(rows, strcmp(cm_buf_str(&seen.text), rows) == 0);
	cm_buf_clear(&seen.text);
}

#define FIRST .name_prefix = "", .after_owner = "", .after_name = ""

/* Written in another order than that of the names; "b" and "a" of two owners, "Z" before "a". */
static struct cm_store *filled(void)
{
	static const char *const rows[][2] = {
	    {"my-org", "b"},   {"built-in", "b2"},  {"other-org", "a1"},
	    {"my-org", "a"},   {"my-org", "Z"},     {"my-org", "a_b"},
	    {"my-org", "a-c"}, {"other-org", "b1"}, {"my-org", "ab"},
	};
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CU_ASSERT_EQUAL(fixture_application(store, rows[i][0], rows[i][1]), CM_OK);
	return store;
}

#define ALL                                                                                        \
	"built-in/b2 my-org/Z my-org/a my-org/a-c my-org/a_b my-org/ab my-org/b other-org/a1 "     \
	"other-org/b1 "

static void test_pages(void)
{
	struct cm_store *store = filled();

	for (int64_t limit = 1; limit <= 10; limit++) {
		struct seen seen = {0};
		int pages = walk(store, (struct cm_page){FIRST, .limit = limit}, &seen);

		CU_ASSERT_STRING_EQUAL(cm_buf_str(&seen.text), ALL);
		CU_ASSERT_EQUAL(pages, (9 + limit - 1) / limit);
		cm_buf_clear(&seen.text);
	}
	cm_store_close(store);
}

static void test_owner(void)
{
	struct cm_store *store = filled();

	for (int64_t limit = 1; limit <= 7; limit++)
		assert_list(store, (struct cm_page){FIRST, .owner = "my-org", .limit = limit},
		            "my-org/Z my-org/a my-org/a-c my-org/a_b my-org/ab my-org/b ");
	assert_list(store, (struct cm_page){FIRST, .owner = "other-org", .limit = 5},
	            "other-org/a1 other-org/b1 ");
	assert_list(store, (struct cm_page){FIRST, .owner = "nobody", .limit = 5}, "");
	assert_list(store, (struct cm_page){FIRST, .owner = "%", .limit = 5}, "");
	assert_list(store, (struct cm_page){FIRST, .owner = "", .limit = 5}, "");
	cm_store_close(store);
}

static void test_organization(void)
{
	struct cm_store *store = filled();
	struct cm_page page = {FIRST, .owner = "my-org", .organization = "other-org", .limit = 2};

	assert_list(store, page, "");
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE application SET organization = 'other-org'"
	                                  " WHERE name IN ('a', 'a_b', 'b')"));
	assert_list(store, page, "my-org/a my-org/a_b my-org/b ");
	page.organization = "my-org";
	assert_list(store, page, "my-org/Z my-org/a-c my-org/ab ");
	page.organization = "";
	assert_list(store, page, "");
	cm_store_close(store);
}

static void test_prefix(void)
{
	static const struct {
		const char *prefix, *rows;
	} rows[] = {
	    {"a", "my-org/a my-org/a-c my-org/a_b my-org/ab "},
	    {"a_", "my-org/a_b "},
	    {"a_b", "my-org/a_b "},
	    {"a_bc", ""},
	    {"A", ""},
	    {"Z", "my-org/Z "},
	    {"%", ""},
	    {"*", ""},
	    {"b", "my-org/b "},
	};
	struct cm_store *store = filled();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_page page = {FIRST, .owner = "my-org", .limit = 2};

		page.name_prefix = rows[i].prefix;
		assert_list(store, page, rows[i].rows);
	}
	for (int64_t limit = 1; limit <= 4; limit++) {
		struct cm_page page = {FIRST, .limit = limit};

		page.name_prefix = "b";
		assert_list(store, page, "built-in/b2 my-org/b other-org/b1 ");
	}
	cm_store_close(store);
}

static void test_limit(void)
{
	struct cm_store *store = filled();
	struct seen seen = {0};

	CU_ASSERT_EQUAL(cm_entity_list(store, &cm_application_entity,
	                               &(struct cm_page){FIRST, .limit = 0}, see, &seen, NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(seen.rows, 0);
	cm_buf_clear(&seen.text);
	cm_store_close(store);
}

static void test_stopped(void)
{
	struct cm_store *store = filled();
	struct seen seen = {.fail_at = 3};
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(cm_entity_list(store, &cm_application_entity,
	                               &(struct cm_page){FIRST, .limit = 9}, see, &seen, &err),
	                CM_FORBIDDEN);
	CU_ASSERT_STRING_EQUAL(err.text, "stop here");
	CU_ASSERT_EQUAL(seen.rows, 3);
	cm_buf_clear(&seen.text);
	/* The statement is free for the next list. */
	assert_list(store, (struct cm_page){FIRST, .limit = 9}, ALL);
	cm_store_close(store);
}

/* Rows that come and go between two pages move no other: none is skipped, none comes twice. */
static void test_changes_between_pages(void)
{
	struct cm_store *store = filled();
	struct cm_page page = {FIRST, .limit = 3};
	struct seen seen = {0};

	CU_ASSERT_EQUAL(cm_entity_list(store, &cm_application_entity, &page, see, &seen, NULL),
	                CM_OK);
	CU_ASSERT_STRING_EQUAL(seen.name, "a");
	CU_ASSERT_EQUAL(cm_entity_delete(store, &cm_application_entity, "my-org", "a", NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(cm_entity_delete(store, &cm_application_entity, "built-in", "b2", NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "A-new"), CM_OK);
	page.after_owner = seen.owner;
	page.after_name = seen.name;
	(void)walk(store, page, &seen);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&seen.text), ALL);
	cm_buf_clear(&seen.text);
	cm_store_close(store);
}

static enum cm_status look_up(const struct cm_record *record, void *arg, struct cm_err *err)
{
	struct cm_record other;
	enum cm_status rc;

	(void)record;
	cm_record_init(&other, &cm_application_entity);
	rc = cm_entity_get(arg, "my-org", "b", &other, err);
	cm_record_clear(&other);
	return rc;
}

static void test_other_statements_within(void)
{
	struct cm_store *store = filled();

	CU_ASSERT_EQUAL(cm_entity_list(store, &cm_application_entity,
	                               &(struct cm_page){FIRST, .limit = 9}, look_up, store, NULL),
	                CM_OK);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"pages of any size hold every row once, in order", test_pages},
    {"the list of an owner has no other's rows", test_owner},
    {"the list of an organisation has no other's rows", test_organization},
    {"a prefix is taken literally", test_prefix},
    {"a page of no rows has none", test_limit},
    {"a list ends with the failure of its reader", test_stopped},
    {"changes between two pages move no other row", test_changes_between_pages},
    {"the store may be asked while a list goes on", test_other_statements_within},
};

CM_SUITE(cm_suite_store_entity_list, "store/entity_list", tests);

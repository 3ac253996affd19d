#include "store/organization.h"

#include <stdio.h>

#include "base/buf.h"
#include "store/fixture_store.h"
#include "suite.h"

static void test_read_back(void)
{
	struct cm_store *store = fixture_store();
	struct cm_organization row = {
	    .name = "new", .display_name = "New \xc3\xbc", .created_at_s = 77};
	struct cm_organization back = {0};

	CU_ASSERT_EQUAL(fixture_organization_insert(store, &row, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(store, "new", &back, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(back.name, "new");
	CU_ASSERT_STRING_EQUAL(back.display_name, "New \xc3\xbc");
	CU_ASSERT_EQUAL(back.created_at_s, 77);
	cm_store_close(store);
}

static void test_longest(void)
{
	struct cm_store *store = fixture_store();
	struct cm_organization row = {.created_at_s = 1}, back;

	memset(row.name, 'n', CM_NAME_MAX);
	memset(row.display_name, 'd', CM_DISPLAY_NAME_MAX);
	CU_ASSERT_EQUAL(fixture_organization_insert(store, &row, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_organization_get(store, row.name, &back, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(back.display_name, row.display_name);
	cm_store_close(store);
}

static void test_taken(void)
{
	struct cm_store *store = fixture_store();
	struct cm_organization row = {.name = "my-org", .display_name = "Another"};
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(fixture_organization_insert(store, &row, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	CU_ASSERT_EQUAL(cm_organization_get(store, "my-org", &row, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(row.display_name, "The my-org");
	cm_store_close(store);
}

static void test_not_found(void)
{
	static const char *const names[] = {"", "none", "MY-ORG", "my-org ", "my_org", "%"};
	struct cm_store *store = fixture_store();
	struct cm_organization row;
	struct cm_err err = {0};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ASSERT_ROW(names[i],
		           cm_organization_get(store, names[i], &row, NULL) == CM_NOT_FOUND);
	(void)cm_organization_get(store, "none", &row, &err);
	CU_ASSERT_STRING_EQUAL(err.text, "There is no organisation none.");
	cm_store_close(store);
}

static void test_edited_by_hand(void)
{
	struct cm_store *store = fixture_store();
	struct cm_organization row;

	CU_ASSERT_TRUE(fixture_sql(store,
	                           "UPDATE organization SET display_name = printf('%0401d', 0)"
	                           " WHERE name = 'my-org'"));
	CU_ASSERT_EQUAL(cm_organization_get(store, "my-org", &row, NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_organization_get(store, "other-org", &row, NULL), CM_OK);
	cm_store_close(store);
}

static void see(const struct cm_organization *row, void *arg)
{
	cm_buf_printf(arg, "%s ", row->name);
}

static void assert_list(struct cm_store *store, const char *after, int64_t limit, const char *names)
{
	struct cm_buf seen = {0};

	CU_ASSERT_EQUAL(cm_organization_list(store, after, limit, see, &seen, NULL), CM_OK);
	ASSERT_ROW(names, strcmp(cm_buf_str(&seen), names) == 0);
	cm_buf_clear(&seen);
}

static void test_list(void)
{
	struct cm_store *store = fixture_store();

	fixture_organization(store, "a");
	fixture_organization(store, "Z");
	assert_list(store, "", 9, "Z a built-in my-org other-org ");
	assert_list(store, "", 2, "Z a ");
	assert_list(store, "a", 2, "built-in my-org ");
	assert_list(store, "my-org", 2, "other-org ");
	assert_list(store, "other-org", 2, "");
	assert_list(store, "c", 1, "my-org ");
	assert_list(store, "", 0, "");
	cm_store_close(store);
}

static void test_list_with_a_bad_row(void)
{
	struct cm_store *store = fixture_store();
	struct cm_buf seen = {0};

	CU_ASSERT_TRUE(fixture_sql(store,
	                           "UPDATE organization SET display_name = printf('%0401d', 0)"
	                           " WHERE name = 'my-org'"));
	CU_ASSERT_EQUAL(cm_organization_list(store, "", 9, see, &seen, NULL), CM_STORE);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&seen), "built-in ");
	cm_buf_clear(&seen);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"an organisation comes back as it was written", test_read_back},
    {"the longest names fit", test_longest},
    {"a taken name is a conflict and stays as it was", test_taken},
    {"only the exact name is found", test_not_found},
    {"a row that is too long is a failure, not cut", test_edited_by_hand},
    {"a list goes on after a name, in order", test_list},
    {"a list ends at a row that is too long", test_list_with_a_bad_row},
};

CM_SUITE(cm_suite_store_organization, "store/organization", tests);

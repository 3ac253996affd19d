#include "auth/principal.h"

#include "fixture.h"
#include "suite.h"

static void test_built_in(void)
{
	static const char *const names[] = {"",        "my-org",   "Built-in",  "built-in2",
	                                    "built-i", "built_in", " built-in", "built-in "};
	struct cm_principal principal = {.organization = "built-in"};

	CU_ASSERT_TRUE(cm_principal_is_built_in(&principal));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		strcpy(principal.organization, names[i]);
		ASSERT_ROW(names[i], !cm_principal_is_built_in(&principal));
	}
}

static void test_audit(void)
{
	struct cm_principal principal = {.client_id = "app",
	                                 .organization = "my-org",
	                                 .request_id = "r1",
	                                 .address = "192.0.2.1",
	                                 .traceparent = "00-1-2-01"};
	struct cm_audit audit = cm_principal_audit(&principal, "tool", "a/b", CM_SCOPE);

	CU_ASSERT_STRING_EQUAL(audit.client_id, "app");
	CU_ASSERT_STRING_EQUAL(audit.organization, "my-org");
	CU_ASSERT_STRING_EQUAL(audit.tool, "tool");
	CU_ASSERT_STRING_EQUAL(audit.target, "a/b");
	CU_ASSERT_STRING_EQUAL(audit.outcome, "insufficient_scope");
	CU_ASSERT_STRING_EQUAL(audit.request_id, "r1");
	CU_ASSERT_STRING_EQUAL(audit.address, "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(audit.traceparent, "00-1-2-01");
	audit = cm_principal_audit(&principal, "tool", "a/b", CM_OK);
	CU_ASSERT_STRING_EQUAL(audit.outcome, "ok");
}

static void test_no_trace(void)
{
	struct cm_principal principal = {.request_id = "r1", .address = ""};
	struct cm_audit audit = cm_principal_audit(&principal, "tool", "", CM_OK);

	CU_ASSERT_PTR_NULL(audit.traceparent);
	CU_ASSERT_STRING_EQUAL(audit.address, "");
}

static const struct cm_test tests[] = {
    {"only the organisation of exactly that name reaches all others", test_built_in},
    {"an audit row says who, what and how it ended", test_audit},
    {"an audit row of a call without a trace has none", test_no_trace},
};

CM_SUITE(cm_suite_auth_principal, "auth/principal", tests);

#include "auth/person.h"

#include <stdio.h>

#include "fixture.h"
#include "store/fixture_store.h"
#include "suite.h"

#define READ  CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION)
#define WRITE CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION)

static void test_limit(void)
{
	static const struct {
		const char *registered; /* of the client */
		const char *held;       /* of the person; NULL: there is none */
		bool admin;
		cm_scope_set limit;
	} rows[] = {
	    {"read:application write:application", NULL, false, READ | WRITE},
	    {"application:read openid", NULL, false, READ | CM_SCOPE_OPENID},
	    {"", NULL, false, 0},
	    {"nonsense", "admin", true, 0},
	    {"read:application write:application", "write", false, WRITE},
	    {"read:application", "write", false, 0},
	    {"read write", "read:application write:application", false, READ | WRITE},
	    {"admin", "admin", false, CM_SCOPE_ALL},
	    {"admin", "", true, CM_SCOPE_ALL},
	    {"read:application", "", true, READ},
	    /* What is about the person is the client's to have or not, whatever the person may do.
	     */
	    {"openid email", "", false, CM_SCOPE_OPENID | CM_SCOPE_EMAIL},
	    {"admin openid", "read:application email", false, READ | CM_SCOPE_OPENID},
	    {"offline_access profile", "", true, CM_SCOPE_OFFLINE | CM_SCOPE_PROFILE},
	};
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_user user = {.id = 1, .admin = rows[i].admin};
		cm_scope_set limit = 1;

		snprintf(user.scope, sizeof user.scope, "%s",
		         rows[i].held == NULL ? "" : rows[i].held);
		ASSERT_ROW(rows[i].registered,
		           cm_person_limit(store, rows[i].held == NULL ? NULL : &user,
		                           rows[i].registered, &limit, NULL) == CM_OK);
		ASSERT_ROW(rows[i].registered, limit == rows[i].limit);
	}
	cm_store_close(store);
}

/* Without an answer about the person nothing is good. */
static void test_broken_store(void)
{
	struct cm_store *store = fixture_store();
	struct cm_user user = {.id = 1, .admin = true};
	cm_scope_set limit = 1;
	struct cm_err err = {0};

	CU_ASSERT_TRUE(fixture_sql(store, "DROP TABLE permission"));
	CU_ASSERT_EQUAL(cm_person_limit(store, &user, "admin openid", &limit, &err), CM_INTERNAL);
	CU_ASSERT_EQUAL(err.status, CM_INTERNAL);
	CU_ASSERT_EQUAL(limit, 0);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a token is worth what client and person have, and what is about the person", test_limit},
    {"a store that fails leaves nothing", test_broken_store},
};

CM_SUITE(cm_suite_auth_person, "auth/person", tests);

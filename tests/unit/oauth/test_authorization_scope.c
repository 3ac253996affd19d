#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "oauth/authorization.h"
#include "store/fixture_store.h"
#include "suite.h"

static const struct row {
	const char *asked;      /* NULL: the request names no scope */
	const char *registered; /* of the client */
	const char *held;       /* of the person; NULL: nobody yet */
	const char *granted;    /* NULL: refused with rc */
	enum cm_status rc;
} rows[] = {
    {"read:application", "read write", NULL, "read:application", CM_OK},
    {"read", "read write", NULL, "read", CM_OK},
    {"read", "read write", "admin", "read", CM_OK},
    {"read", "read write", "read", "read", CM_OK},
    {"read", "read write", "read:application", "read:application", CM_OK},
    {"read write", "read write", "read:application", "read:application", CM_OK},
    {"application:read", "read write", "read", "application:read", CM_OK},
    {"openid", "read openid", "", "openid", CM_OK},
    {"openid email", "read openid email", "", "openid email", CM_OK},
    {"openid read", "read openid", "write", "openid", CM_OK},
    {"read read", "read", "read", "read", CM_OK},
    /* No scope asked for: what is registered, less what is about the person. */
    {NULL, "read openid profile email offline_access", NULL, "read", CM_OK},
    {NULL, "read write openid", "admin", "read write", CM_OK},
    {NULL, "read write openid", "write:application", "write:application", CM_OK},
    {NULL, "nonsense read", "admin", "read", CM_OK},
    {NULL, "openid email", NULL, NULL, CM_ACCESS_DENIED},
    {NULL, "", NULL, NULL, CM_ACCESS_DENIED},
    {NULL, "read", "write", NULL, CM_ACCESS_DENIED},
    {NULL, "read", "", NULL, CM_ACCESS_DENIED},
    /* Asked for, but beyond the client or the person. */
    {"write", "read", NULL, NULL, CM_INVALID_SCOPE},
    {"write", "read", "admin", NULL, CM_INVALID_SCOPE},
    {"read write", "read", "admin", NULL, CM_INVALID_SCOPE},
    {"admin", "read:application write:application", "admin", NULL, CM_INVALID_SCOPE},
    {"openid", "read", "admin", NULL, CM_INVALID_SCOPE},
    {"nonsense", "read", "admin", NULL, CM_INVALID_SCOPE},
    {"nonsense", "nonsense", "admin", NULL, CM_INVALID_SCOPE},
    {"*", "admin", "admin", NULL, CM_INVALID_SCOPE},
    {"write", "read write", "read", NULL, CM_ACCESS_DENIED},
    {"write", "read write", "", NULL, CM_ACCESS_DENIED},
    {"", "read", "admin", NULL, CM_ACCESS_DENIED},
};

static void test_rows(void)
{
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *name = rows[i].asked == NULL ? rows[i].registered : rows[i].asked;
		struct cm_client client = {.scope = strdup(rows[i].registered)};
		struct cm_buf out = {0};
		struct cm_err err = {0};
		struct cm_user user = {.id = 1};
		enum cm_status rc;

		snprintf(user.scope, sizeof user.scope, "%s",
		         rows[i].held == NULL ? "" : rows[i].held);
		rc = cm_authorization_scope(store, rows[i].asked, &client,
		                            rows[i].held == NULL ? NULL : &user, &out, &err);
		ASSERT_ROW(name, rc == rows[i].rc);
		ASSERT_ROW(name, err.status == rc);
		if (rows[i].granted != NULL)
			ASSERT_ROW(name, strcmp(cm_buf_str(&out), rows[i].granted) == 0);
		cm_buf_clear(&out);
		cm_client_clear(&client);
	}
	cm_store_close(store);
}

/* Many spellings of the same scopes stay different words, but a list has an end. */
static void test_too_long(void)
{
	static const char *const words[] = {"read", "read:*", "*:read", "read:application",
	                                    "application:read"};
	struct cm_client client = {.scope = strdup("admin")};
	struct cm_buf asked = {0}, out = {0};

	for (int i = 0; i < 2000; i++)
		cm_buf_printf(&asked, "%s ", words[i % 5]);
	CU_ASSERT_EQUAL(cm_authorization_scope(NULL, cm_buf_str(&asked), &client, NULL, &out, NULL),
	                CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out),
	                       "read read:* *:read read:application application:read");
	cm_buf_clear(&out);
	/* The buffer may hold something already; what does not fit the store is refused. */
	while (out.len < CM_SCOPE_TEXT_MAX - 5)
		cm_buf_puts(&out, "x");
	CU_ASSERT_EQUAL(cm_authorization_scope(NULL, "admin", &client, NULL, &out, NULL),
	                CM_INVALID_SCOPE);
	cm_buf_clear(&asked);
	cm_buf_clear(&out);
	cm_client_clear(&client);
}

static const struct cm_test tests[] = {
    {"a person grants what was asked for, as far as client and person have it", test_rows},
    {"a list of scopes has an end", test_too_long},
};

CM_SUITE(cm_suite_oauth_authorization_scope, "oauth/authorization_scope", tests);

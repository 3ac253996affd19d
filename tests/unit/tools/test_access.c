#include "tools/access.h"
#include "tools/application.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/access_token.h"
#include "support.h"

#define READ  CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION)
#define WRITE CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION)

/* A row of two organisations. */
static void make(struct cm_record *record, const char *owner, const char *organization)
{
	fixture_record(record, owner, "a");
	CU_ASSERT_EQUAL(cm_record_set_text(record, "organization", organization, NULL), CM_OK);
}

static const char *const organizations[] = {"built-in", "my-org", "other-org"};
enum { ORGANIZATIONS = COUNT_OF(organizations) };

/* Whether a caller's organisation, by its place, reaches a row of these two. */
static bool reaches(size_t caller, const char *owner, const char *organization)
{
	return caller == 0 || (strcmp(owner, organizations[caller]) == 0 &&
	                       strcmp(organization, organizations[caller]) == 0);
}

/* Who sees which mix of owner and organization: built-in all, the others only their own twice. */
static void test_R6_see(void)
{
	for (size_t c = 0; c < ORGANIZATIONS; c++) {
		struct cm_principal caller = support_caller(organizations[c], 0);

		for (size_t i = 0; i < (size_t)ORGANIZATIONS * ORGANIZATIONS; i++) {
			const char *owner = organizations[i % ORGANIZATIONS];
			const char *organization = organizations[i / ORGANIZATIONS];
			bool sees = reaches(c, owner, organization);
			struct cm_err err = {0};
			struct cm_record record;
			char row[100], sentence[100];

			snprintf(row, sizeof row, "%s sees %s of %s", organizations[c], owner,
			         organization);
			snprintf(sentence, sizeof sentence, "There is no application %s/a.", owner);
			make(&record, owner, organization);
			ASSERT_ROW(row, cm_access_see(&caller, &record, &err) ==
			                    (sees ? CM_OK : CM_NOT_FOUND));
			ASSERT_ROW(row, strcmp(err.text, sees ? "" : sentence) == 0);
			cm_record_clear(&record);
		}
	}
}

/* The words for what is hidden are those for what is not there. */
static void test_R6_hidden_is_like_absent(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_ALL);
	struct cm_store *store = fixture_store();
	struct cm_err hidden = {0}, absent = {0};
	struct cm_record record;

	make(&record, "other-org", "other-org");
	CU_ASSERT_EQUAL(cm_access_see(&caller, &record, &hidden), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_entity_get(store, "other-org", "a", &record, &absent), CM_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(hidden.text, absent.text);
	cm_record_clear(&record);
	cm_store_close(store);
}

static void test_R6_change_of_organizations(void)
{
	struct cm_store *store = fixture_store();

	for (size_t c = 0; c < ORGANIZATIONS; c++) {
		struct cm_principal caller = support_caller(organizations[c], CM_SCOPE_ALL);

		for (size_t i = 0; i < (size_t)ORGANIZATIONS * ORGANIZATIONS; i++) {
			const char *owner = organizations[i % ORGANIZATIONS];
			const char *organization = organizations[i / ORGANIZATIONS];
			struct cm_record record;
			char row[100];

			snprintf(row, sizeof row, "%s changes %s of %s", organizations[c], owner,
			         organization);
			make(&record, owner, organization);
			ASSERT_ROW(row,
			           cm_access_change(store, &cm_application_crud, &caller, &record,
			                            0, NULL) ==
			               (reaches(c, owner, organization) ? CM_OK : CM_FORBIDDEN));
			cm_record_clear(&record);
		}
	}
	cm_store_close(store);
}

static void test_organizations_exist(void)
{
	static const struct {
		const char *owner, *organization, *sentence;
	} rows[] = {
	    {"nowhere", "my-org", "application.owner: there is no organisation nowhere."},
	    {"my-org", "nowhere", "application.organization: there is no organisation nowhere."},
	    {"My-Org", "my-org", "application.owner: there is no organisation My-Org."},
	    {"", "my-org", "application.owner: there is no organisation ."},
	};
	struct cm_principal caller = support_caller("built-in", CM_SCOPE_ALL);
	struct cm_principal stranger = support_caller("nowhere", CM_SCOPE_ALL);
	struct cm_store *store = fixture_store();
	struct cm_record record;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_err err = {0};

		make(&record, rows[i].owner, rows[i].organization);
		ASSERT_ROW(rows[i].sentence, cm_access_change(store, &cm_application_crud, &caller,
		                                              &record, 0, &err) == CM_INPUT);
		ASSERT_ROW(rows[i].sentence, strcmp(err.text, rows[i].sentence) == 0);
		cm_record_clear(&record);
	}
	/* A caller whose organisation is gone leaves no row of it behind. */
	make(&record, "nowhere", "nowhere");
	CU_ASSERT_EQUAL(cm_access_change(store, &cm_application_crud, &stranger, &record, 0, NULL),
	                CM_INPUT);
	cm_record_clear(&record);
	cm_store_close(store);
}

static void test_R6_escalation(void)
{
	static const struct {
		const char *organization;
		cm_scope_set scopes, held;
		const char *word; /* NULL: allowed */
	} rows[] = {
	    {"my-org", READ | WRITE, 0, NULL},
	    {"my-org", READ | WRITE, READ, NULL},
	    {"my-org", READ | WRITE, READ | WRITE, NULL},
	    {"my-org", 0, 0, NULL},
	    {"my-org", 0, CM_SCOPE_IDENTITY, NULL},
	    {"my-org", WRITE, READ | CM_SCOPE_OPENID, "your token lacks: read:application."},
	    {"my-org", WRITE, READ, "your token lacks: read:application."},
	    {"my-org", WRITE, READ | WRITE, "your token lacks: read:application."},
	    {"my-org", 0, READ | WRITE, "lacks: read:application write:application."},
	    {"my-org", READ | WRITE, CM_SCOPE_ANY_READ, "lacks: scopes of every kind."},
	    {"my-org", READ | WRITE, CM_SCOPE_ANY_WRITE | READ, "lacks: scopes of every kind."},
	    {"my-org", READ | WRITE, CM_SCOPE_ALL,
	     "lacks: read:organization write:organization read:user"},
	    {"my-org", CM_SCOPE_ALL, CM_SCOPE_ALL, NULL},
	    /* built-in reaches all organisations, but holds no more than its token. */
	    {"built-in", WRITE, READ, "your token lacks: read:application."},
	    {"built-in", READ | WRITE, CM_SCOPE_ALL,
	     "lacks: read:organization write:organization read:user"},
	    {"built-in", CM_SCOPE_ALL, CM_SCOPE_ALL, NULL},
	};
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_principal caller = support_caller(rows[i].organization, rows[i].scopes);
		const char *row = rows[i].word == NULL ? "allowed" : rows[i].word;
		struct cm_err err = {0};
		struct cm_record record;

		make(&record, "my-org", "my-org");
		ASSERT_ROW(row, cm_access_change(store, &cm_application_crud, &caller, &record,
		                                 rows[i].held, &err) ==
		                    (rows[i].word == NULL ? CM_OK : CM_FORBIDDEN));
		ASSERT_ROW(row, rows[i].word == NULL || strstr(err.text, rows[i].word) != NULL);
		cm_record_clear(&record);
	}
	cm_store_close(store);
}

static void test_R6_list(void)
{
	for (size_t c = 0; c < ORGANIZATIONS; c++) {
		struct cm_principal caller = support_caller(organizations[c], 0);

		for (size_t i = 0; i < ORGANIZATIONS; i++)
			ASSERT_ROW(organizations[i],
			           cm_access_list(&caller, "owner", organizations[i], NULL) ==
			               (c == 0 || c == i ? CM_OK : CM_FORBIDDEN));
		/* Whether there is such an organisation at all is not told. */
		CU_ASSERT_EQUAL(cm_access_list(&caller, "owner", "nowhere", NULL),
		                c == 0 ? CM_OK : CM_FORBIDDEN);
	}
}

static void test_a_store_that_fails(void)
{
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_ALL);
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	struct cm_record record;
	enum cm_status rc;

	CU_ASSERT_TRUE(fixture_sql(store, "ALTER TABLE organization RENAME TO gone"));
	make(&record, "my-org", "my-org");
	rc = cm_access_change(store, &cm_application_crud, &caller, &record, 0, &err);
	CU_ASSERT_TRUE(rc != CM_OK && rc != CM_INPUT);
	CU_ASSERT_EQUAL(err.status, rc);
	cm_record_clear(&record);
	cm_store_close(store);
}

/* Who was let in waits for the lock, and meanwhile the token is good for less. */
static void test_R6_changed_while_waiting(void)
{
	static const char *const changes[] = {
	    "UPDATE token SET revoked_at_s = 1",
	    "DELETE FROM token",
	    "UPDATE application SET disable_signin = 1",
	    "UPDATE application SET scope = 'write:application'",
	    "UPDATE application SET organization = 'other-org'",
	    "UPDATE application SET ip_whitelist = '192.0.2.1'",
	};
	static const char *const calls[][2] = {
	    {"add_application", "{\"application\":{\"name\":\"new\"}}"},
	    {"update_application", "{\"id\":\"my-org/reader\",\"application\":{\"tag\":\"x\"}}"},
	    {"rotate_application_secret", "{\"id\":\"my-org/reader\"}"},
	    {"delete_application", "{\"id\":\"my-org/reader\"}"},
	};

	for (size_t i = 0; i < COUNT_OF(changes) * COUNT_OF(calls); i++) {
		const char *change = changes[i / COUNT_OF(calls)];
		const char *const *call = calls[i % COUNT_OF(calls)];
		struct cm_principal caller = {.request_id = "", .address = "127.0.0.1"};
		struct support_rows before, after;
		struct cm_err err = {0};
		struct serve serve;

		serve_open(&serve);
		CU_ASSERT_EQUAL(cm_context_refresh(&serve.ctx, NULL), CM_OK);
		ASSERT_ROW(change, cm_access_token_check(&serve.ctx, serve.token[DEMO], &caller,
		                                         NULL) == CM_OK);
		cm_context_rest(&serve.ctx);
		ASSERT_ROW(change, fixture_sql(serve.ctx.store, change));
		before = support_rows(&serve);
		ASSERT_ROW(call[0], support_tool(&serve, &caller, call[0], call[1], NULL, &err) ==
		                        CM_UNAUTHORIZED);
		after = support_rows(&serve);
		ASSERT_ROW(call[0], support_same_rows(before, after));
		serve_close(&serve);
	}
}

static const struct cm_test tests[] = {
    {"R6 a row is seen by its organisation, if both its names are that, and by built-in",
     test_R6_see},
    {"R6 what is hidden is told like what is not there", test_R6_hidden_is_like_absent},
    {"R6 a row is left behind only in the caller's organisation", test_R6_change_of_organizations},
    {"both organisations of a row exist", test_organizations_exist},
    {"R6 a row holds no scope that the caller does not, built-in too", test_R6_escalation},
    {"R6 only built-in lists what is of others", test_R6_list},
    {"R6 who waited for the lock is looked at again", test_R6_changed_while_waiting},
    {"a store that fails refuses", test_a_store_that_fails},
};

CM_SUITE(cm_suite_tools_access, "tools/access", tests);

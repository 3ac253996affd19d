#include "store/user.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "store/fixture_store.h"
#include "suite.h"

static struct cm_user person(const char *owner, const char *name, const char *email)
{
	struct cm_user user = {.display_name = "Al", .scope = "read"};

	snprintf(user.owner, sizeof user.owner, "%s", owner);
	snprintf(user.name, sizeof user.name, "%s", name);
	snprintf(user.email, sizeof user.email, "%s", email);
	return user;
}

static enum cm_status add(struct cm_store *store, const char *owner, const char *name,
                          const char *email)
{
	struct cm_user user = person(owner, name, email);
	enum cm_status rc = cm_user_subject(user.subject, NULL);

	return rc == CM_OK ? fixture_user_insert(store, &user, NULL) : rc;
}

static void test_columns(void)
{
	struct cm_store *store = fixture_store();
	struct cm_user user = person("my-org", "alice", "Alice@Example.org"), same, by_id;

	user.created_at_s = 777;
	strcpy(user.password_hash, "the-hash");
	CU_ASSERT_EQUAL(cm_user_subject(user.subject, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_user_insert(store, &user, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_user_get(store, "my-org", "alice", &same, NULL), CM_OK);
	CU_ASSERT_TRUE(same.id > 0);
	CU_ASSERT_STRING_EQUAL(same.subject, user.subject);
	CU_ASSERT_EQUAL(strncmp(same.subject, "user:", 5), 0);
	CU_ASSERT_EQUAL(strlen(same.subject), 5 + CM_ID_TEXT - 1);
	CU_ASSERT_STRING_EQUAL(same.owner, "my-org");
	CU_ASSERT_STRING_EQUAL(same.name, "alice");
	CU_ASSERT_STRING_EQUAL(same.display_name, "Al");
	CU_ASSERT_STRING_EQUAL(same.email, "Alice@Example.org");
	CU_ASSERT_STRING_EQUAL(same.password_hash, "the-hash");
	CU_ASSERT_STRING_EQUAL(same.scope, "read");
	CU_ASSERT_EQUAL(same.created_at_s, 777);
	CU_ASSERT_FALSE(same.forbidden);
	CU_ASSERT_EQUAL(cm_user_by_id(store, same.id, &by_id, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(by_id.subject, same.subject);
	CU_ASSERT_TRUE(fixture_is_text(
	    store, "SELECT user || ' ' || has_password FROM user_readable", "my-org/alice 1"));
	cm_store_close(store);
}

static void test_subjects_differ(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(add(store, "my-org", "a", ""), CM_OK);
	CU_ASSERT_EQUAL(add(store, "my-org", "b", ""), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(DISTINCT subject) FROM user"), 2);
	cm_store_close(store);
}

static void test_taken(void)
{
	static const struct {
		const char *owner, *name, *email;
		enum cm_status rc;
	} rows[] = {
	    {"my-org", "alice", "", CM_CONFLICT},
	    {"my-org", "bob", "alice@example.org", CM_CONFLICT},
	    {"other-org", "bob", "ALICE@example.ORG", CM_CONFLICT},
	    {"other-org", "alice", "", CM_OK},
	    {"my-org", "Alice", "", CM_OK},
	    {"my-org", "bob", "alice2@example.org", CM_OK},
	};
	struct cm_store *store = fixture_store();
	struct cm_user user = person("my-org", "alice", "");
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(add(store, "my-org", "alice", "alice@example.org"), CM_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].name,
		           add(store, rows[i].owner, rows[i].name, rows[i].email) == rows[i].rc);
	CU_ASSERT_EQUAL(fixture_user_insert(store, &user, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	CU_ASSERT_NOT_EQUAL(add(store, "no-org", "x", ""), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM user"), 4);
	cm_store_close(store);
}

static bool no_random(void *out, size_t len)
{
	memset(out, 0, len);
	return false;
}

static void test_no_random(void)
{
	struct cm_store *store = fixture_store();

	cm_crypto_random_source(no_random);
	CU_ASSERT_EQUAL(add(store, "my-org", "alice", ""), CM_INTERNAL);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM user"), 0);
	cm_store_close(store);
}

static void test_not_there(void)
{
	struct cm_store *store = fixture_store();
	struct cm_user user;
	int64_t id = fixture_user(store, "my-org", "alice");

	memset(&user, 1, sizeof user);
	CU_ASSERT_EQUAL(cm_user_get(store, "other-org", "alice", &user, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(user.id, 0);
	CU_ASSERT_STRING_EQUAL(user.password_hash, "");
	CU_ASSERT_EQUAL(cm_user_get(store, "my-org", "Alice", &user, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_user_get(store, "", "", &user, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_user_by_id(store, 0, &user, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_user_by_id(store, id + 1, &user, NULL), CM_NOT_FOUND);
	cm_store_close(store);
}

static void test_find(void)
{
	static const struct {
		const char *login, *owner, *found; /* found: owner/name, NULL for none */
	} rows[] = {
	    {"my-org/alice", NULL, "my-org/alice"},
	    {"my-org/alice", "other-org", "my-org/alice"},
	    {"alice", "my-org", "my-org/alice"},
	    {"alice", "other-org", "other-org/alice"},
	    {"alice", NULL, NULL},       /* two have it */
	    {"alice", "built-in", NULL}, /* the same */
	    {"bob", NULL, "my-org/bob"},
	    {"bob", "other-org", "my-org/bob"},
	    {"bob@my-org.example", NULL, "my-org/bob"},
	    {"BOB@My-Org.Example", "other-org", "my-org/bob"},
	    {"bob@other-org.example", NULL, NULL},
	    {"@", NULL, NULL},
	    {"", NULL, NULL},
	    {"", "my-org", NULL},
	    {"/", NULL, NULL},
	    {"my-org/", NULL, NULL},
	    {"/bob", NULL, NULL},
	    {"my-org/bob/", NULL, NULL},
	    {"my-org/Bob", NULL, NULL},
	    {"My-Org/bob", NULL, NULL},
	    {"Bob", NULL, NULL},
	    {"bob ", NULL, NULL},
	    {"b%", NULL, NULL},
	    {"' OR 1=1 --", NULL, NULL},
	    {"carol", NULL, "my-org/carol"},
	};
	struct cm_store *store = fixture_store();
	char text[300];

	fixture_user(store, "my-org", "alice");
	fixture_user(store, "other-org", "alice");
	fixture_user(store, "my-org", "bob");
	CU_ASSERT_EQUAL(add(store, "my-org", "carol", ""), CM_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_err err = {0};
		struct cm_user user;
		enum cm_status rc = cm_user_find(store, rows[i].login, rows[i].owner, &user, &err);

		ASSERT_ROW(rows[i].login, rc == (rows[i].found == NULL ? CM_NOT_FOUND : CM_OK));
		ASSERT_ROW(rows[i].login, err.status == rc);
		snprintf(text, sizeof text, "%s/%s", user.owner, user.name);
		ASSERT_ROW(rows[i].login,
		           strcmp(text, rows[i].found == NULL ? "/" : rows[i].found) == 0);
	}
	cm_store_close(store);
}

static void test_find_long(void)
{
	struct cm_store *store = fixture_store();
	struct cm_user user;
	char login[3000];

	memset(login, 'x', sizeof login - 1);
	login[sizeof login - 1] = '\0';
	CU_ASSERT_EQUAL(cm_user_find(store, login, NULL, &user, NULL), CM_NOT_FOUND);
	login[CM_NAME_MAX + 1] = '/';
	CU_ASSERT_EQUAL(cm_user_find(store, login, NULL, &user, NULL), CM_NOT_FOUND);
	login[10] = '@';
	CU_ASSERT_EQUAL(cm_user_find(store, login, "my-org", &user, NULL), CM_NOT_FOUND);
	cm_store_close(store);
}

/* All that a person has goes with the row. */
static void test_deleted(void)
{
	struct cm_store *store = fixture_store();
	char sql[300];
	int64_t id = fixture_user(store, "my-org", "alice");

	snprintf(sql, sizeof sql, "INSERT INTO session VALUES ('x', %lld, 1, 1, 9)", (long long)id);
	CU_ASSERT_TRUE(fixture_sql(store, sql));
	CU_ASSERT_TRUE(fixture_sql(store, "DELETE FROM user"));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM session"), 0);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"a person is written column by column; the subject is never a client's", test_columns},
    {"no two persons have one subject", test_subjects_differ},
    {"a name is taken in its organisation, an e-mail address everywhere", test_taken},
    {"without random bytes nobody is written", test_no_random},
    {"who is not there is nobody", test_not_there},
    {"a login means a person exactly, or nobody", test_find},
    {"a very long login means nobody", test_find_long},
    {"what a person has goes with the person", test_deleted},
};

CM_SUITE(cm_suite_store_user, "store/user", tests);

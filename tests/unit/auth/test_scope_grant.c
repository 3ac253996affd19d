#include <stdio.h>

#include "auth/scope.h"
#include "fixture.h"
#include "suite.h"

#define READ  CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION)
#define WRITE CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION)

static void test_identity_words(void)
{
	static const struct {
		const char *word;
		cm_scope_set set;
	} rows[] = {
	    {"openid", CM_SCOPE_OPENID},
	    {"profile", CM_SCOPE_PROFILE},
	    {"email", CM_SCOPE_EMAIL},
	    {"offline_access", CM_SCOPE_OFFLINE},
	    {"email openid email", CM_SCOPE_EMAIL | CM_SCOPE_OPENID},
	    {"openid profile email offline_access", CM_SCOPE_IDENTITY},
	    {"read:application openid", READ | CM_SCOPE_OPENID},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ASSERT_ROW(rows[i].word, cm_scope_known(rows[i].word) == rows[i].set);
	}
}

/* No word for all reaches the person, and no colon makes a word about the person. */
static void test_identity_apart(void)
{
	static const char *const all[] = {"admin",  "read",    "write",        "*:read",
	                                  "read:*", "*:write", "*:application"};
	static const char *const none[] = {
	    "Openid",        "OPENID",         "openid:",    "openid:*", "*:openid", "read:openid",
	    "profile:",      "read:email",     "email:read", "offline",  "openi",    "openidx",
	    "offline_acces", "offline-access", "address",    "phone"};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		ASSERT_ROW(all[i],
		           (cm_scope_word(all[i], strlen(all[i])) & CM_SCOPE_IDENTITY) == 0);
	for (size_t i = 0; i < COUNT_OF(none); i++)
		ASSERT_ROW(none[i], cm_scope_word(none[i], strlen(none[i])) == 0);
	CU_ASSERT_EQUAL(CM_SCOPE_ALL & CM_SCOPE_IDENTITY, 0);
}

static void test_identity_written(void)
{
	struct cm_buf text = {0}, json = {0};

	cm_scope_put(&text, CM_SCOPE_IDENTITY | READ | WRITE | CM_SCOPE_ANY_READ);
	CU_ASSERT_STRING_EQUAL(
	    cm_buf_str(&text),
	    "read:application write:application openid profile email offline_access");
	cm_scope_put_json(&json, CM_SCOPE_OFFLINE | CM_SCOPE_OPENID);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&json), "[\"openid\",\"offline_access\"]");
	cm_buf_clear(&text);
	cm_buf_clear(&json);
}

struct granting {
	const char *list;
	struct cm_scope_limits limits;
	const char *granted; /* NULL: refused */
};

static void grant(const struct granting *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cm_buf out = {0};
		struct cm_err err = {0};
		enum cm_status rc = cm_scope_grant(rows[i].list, &rows[i].limits, &out, &err);

		ASSERT_ROW(rows[i].list,
		           rc == (rows[i].granted == NULL ? CM_INVALID_SCOPE : CM_OK));
		ASSERT_ROW(rows[i].list, err.status == rc);
		if (rows[i].granted != NULL)
			ASSERT_ROW(rows[i].list, strcmp(cm_buf_str(&out), rows[i].granted) == 0);
		cm_buf_clear(&out);
	}
}

static void test_granted_as_spelled(void)
{
	static const struct granting rows[] = {
	    {"", {CM_SCOPE_ALL, CM_SCOPE_ALL, false}, ""},
	    {"  ", {CM_SCOPE_ALL, CM_SCOPE_ALL, false}, ""},
	    {"application:read", {READ, CM_SCOPE_ALL, false}, "application:read"},
	    {"read", {CM_SCOPE_ALL, CM_SCOPE_ALL, false}, "read"},
	    {"admin", {CM_SCOPE_ALL, CM_SCOPE_ALL, false}, "admin"},
	    {" read:application  read:application", {READ, READ, false}, "read:application"},
	    {"read:application application:read",
	     {READ, READ, false},
	     "read:application application:read"},
	    {"write:application read:application",
	     {READ | WRITE, READ | WRITE, false},
	     "write:application read:application"},
	    {"openid read",
	     {CM_SCOPE_ALL | CM_SCOPE_OPENID, ~(cm_scope_set)0, false},
	     "openid read"},
	};

	grant(rows, COUNT_OF(rows));
}

static void test_not_registered(void)
{
	static const struct granting rows[] = {
	    {"write:application", {READ, CM_SCOPE_ALL, false}, NULL},
	    {"read:application write:application", {READ, CM_SCOPE_ALL, false}, NULL},
	    {"*:application", {READ, CM_SCOPE_ALL, false}, NULL},
	    {"read", {READ | WRITE, CM_SCOPE_ALL, false}, NULL},
	    {"admin", {CM_SCOPE_KNOWN, CM_SCOPE_ALL, false}, NULL},
	    {"nonsense", {~(cm_scope_set)0, ~(cm_scope_set)0, false}, NULL},
	    {"*", {~(cm_scope_set)0, ~(cm_scope_set)0, false}, NULL},
	    {"openid", {CM_SCOPE_ALL, CM_SCOPE_ALL | CM_SCOPE_IDENTITY, false}, NULL},
	    {"read:application", {0, CM_SCOPE_ALL, false}, NULL},
	    /* The same for a list that nobody asked for: the word is left out. */
	    {"write:application", {READ, CM_SCOPE_ALL, true}, ""},
	    {"read:application write:application", {READ, CM_SCOPE_ALL, true}, "read:application"},
	    {"nonsense read:application", {READ, CM_SCOPE_ALL, true}, "read:application"},
	    {"openid read", {CM_SCOPE_ALL, ~(cm_scope_set)0, true}, "read"},
	};
	struct cm_scope_limits limits = {.registered = READ, .held = CM_SCOPE_ALL};
	struct cm_buf out = {0};
	struct cm_err err = {0};
	char word[1000];

	grant(rows, COUNT_OF(rows));
	CU_ASSERT_EQUAL(cm_scope_grant("read:application x:y", &limits, &out, &err),
	                CM_INVALID_SCOPE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "x:y"));
	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	cm_err_clear(&err);
	CU_ASSERT_EQUAL(cm_scope_grant(word, &limits, &out, &err), CM_INVALID_SCOPE);
	CU_ASSERT_TRUE(strlen(err.text) < 200);
	cm_buf_clear(&out);
}

/* Of a word beyond what is held, only the part within goes on, by its own name. */
static void test_beyond_held(void)
{
	static const struct granting rows[] = {
	    {"read:application", {READ, 0, false}, ""},
	    {"read", {CM_SCOPE_ALL, READ, false}, "read:application"},
	    {"read", {CM_SCOPE_ALL, READ | WRITE, false}, "read:application"},
	    {"read", {CM_SCOPE_ALL, WRITE, false}, ""},
	    {"admin", {CM_SCOPE_ALL, READ | WRITE, false}, "read:application write:application"},
	    {"admin", {CM_SCOPE_ALL, CM_SCOPE_ANY_READ | READ, false}, "read:application"},
	    {"admin", {CM_SCOPE_ALL, CM_SCOPE_ANY_READ, false}, ""},
	    {"*:application", {CM_SCOPE_ALL, WRITE, false}, "write:application"},
	    {"read read:application", {CM_SCOPE_ALL, READ, false}, "read:application"},
	    {"read:application read", {CM_SCOPE_ALL, READ, false}, "read:application"},
	    {"read write",
	     {CM_SCOPE_ALL, READ | WRITE, true},
	     "read:application write:application"},
	    /* What is held beside the word is not granted with it. */
	    {"read", {~(cm_scope_set)0, READ | WRITE | CM_SCOPE_OPENID, false}, "read:application"},
	    {"openid", {CM_SCOPE_IDENTITY, CM_SCOPE_ALL, false}, ""},
	    {"openid email", {CM_SCOPE_IDENTITY, CM_SCOPE_OPENID, false}, "openid"},
	};

	grant(rows, COUNT_OF(rows));
}

/* The same word in two lists is one; a word that begins like another is not. */
static void test_once(void)
{
	struct cm_scope_limits limits = {.registered = CM_SCOPE_ALL, .held = CM_SCOPE_ALL};
	struct cm_buf out = {0};

	CU_ASSERT_EQUAL(cm_scope_grant("read:application", &limits, &out, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_scope_grant("read read:application", &limits, &out, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out), "read:application read");
	cm_buf_clear(&out);
}

/* What is left of a list, as it is spelled and ordered, behind what is there. */
static void test_within(void)
{
	static const struct {
		const char *list;
		cm_scope_set within;
		const char *left;
	} rows[] = {
	    {"application:write openid read:application", READ | WRITE | CM_SCOPE_OPENID,
	     "application:write openid read:application"},
	    {"application:write openid read:application", READ | CM_SCOPE_OPENID,
	     "openid read:application"},
	    {"email read openid", READ | CM_SCOPE_EMAIL, "email read:application"},
	    {"admin", CM_SCOPE_ALL, "admin"},
	    {"read write", READ | CM_SCOPE_ANY_WRITE, "read:application"},
	    {"write nonsense", READ, ""},
	    {"read nonsense", CM_SCOPE_ALL, "read"},
	    {"read", 0, ""},
	    {"", ~(cm_scope_set)0, ""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf out = {0};

		ASSERT_ROW(rows[i].list,
		           cm_scope_put_within(&out, rows[i].list, rows[i].within, NULL) == CM_OK);
		ASSERT_ROW(rows[i].list, strcmp(cm_buf_str(&out), rows[i].left) == 0);
		cm_buf_clear(&out);
	}
}

static size_t count_words(cm_scope_set set, const char **last)
{
	size_t cursor = 0, count = 0;

	while (cm_scope_describe(set, &cursor, last))
		count++;
	return count;
}

static void test_described(void)
{
	static const cm_scope_set sets[] = {READ,
	                                    WRITE,
	                                    CM_SCOPE_ANY_READ,
	                                    CM_SCOPE_ANY_WRITE,
	                                    CM_SCOPE_OPENID,
	                                    CM_SCOPE_PROFILE,
	                                    CM_SCOPE_EMAIL,
	                                    CM_SCOPE_OFFLINE};
	const char *seen[COUNT_OF(sets)], *words = NULL;

	CU_ASSERT_EQUAL(count_words(0, &words), 0);
	CU_ASSERT_PTR_NULL(words);
	CU_ASSERT_EQUAL(count_words(CM_SCOPE_BIT(40), &words), 0);
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		words = "";
		CU_ASSERT_EQUAL(count_words(sets[i], &words), 1);
		ASSERT_ROW(words, strlen(words) > 10);
		for (size_t k = 0; k < i; k++)
			ASSERT_ROW(words, strcmp(words, seen[k]) != 0);
		seen[i] = words;
	}
	CU_ASSERT_EQUAL(count_words(~(cm_scope_set)0, &words), CM_SCOPE_COUNT + 6);
	CU_ASSERT_EQUAL(count_words(cm_scope_known("admin"), &words), CM_SCOPE_COUNT + 2);
	CU_ASSERT_EQUAL(count_words(cm_scope_known("read:application openid"), &words), 2);
}

static const struct cm_test tests[] = {
    {"scopes about the person are words of their own", test_identity_words},
    {"no word for all covers the person", test_identity_apart},
    {"scopes about the person are written behind the others", test_identity_written},
    {"what may be granted is granted as it was spelled", test_granted_as_spelled},
    {"what a client is not registered for is refused or left out", test_not_registered},
    {"nobody grants more than he holds", test_beyond_held},
    {"a word is granted once", test_once},
    {"of a list the words within a set are left, in their order", test_within},
    {"each scope is described in words of its own", test_described},
};

CM_SUITE(cm_suite_auth_scope_grant, "auth/scope_grant", tests);

#include "auth/scope.h"

#include <stdio.h>

#include "fixture.h"
#include "suite.h"

#define READ  CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION)
#define WRITE CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION)
#define ALL_READ                                                                                   \
	(READ | CM_SCOPE_BIT(CM_SCOPE_READ_ORGANIZATION) | CM_SCOPE_BIT(CM_SCOPE_READ_USER) |      \
	 CM_SCOPE_BIT(CM_SCOPE_READ_ROLE) | CM_SCOPE_BIT(CM_SCOPE_READ_PERMISSION) |               \
	 CM_SCOPE_BIT(CM_SCOPE_READ_TOKEN) | CM_SCOPE_BIT(CM_SCOPE_READ_AUDIT))
#define ALL_WRITE                                                                                  \
	(WRITE | CM_SCOPE_BIT(CM_SCOPE_WRITE_ORGANIZATION) | CM_SCOPE_BIT(CM_SCOPE_WRITE_USER) |   \
	 CM_SCOPE_BIT(CM_SCOPE_WRITE_ROLE) | CM_SCOPE_BIT(CM_SCOPE_WRITE_PERMISSION) |             \
	 CM_SCOPE_BIT(CM_SCOPE_WRITE_TOKEN))

static void test_spellings(void)
{
	static const struct {
		const char *word;
		cm_scope_set set;
	} rows[] = {
	    {"read:application", READ},
	    {"application:read", READ},
	    {"write:application", WRITE},
	    {"application:write", WRITE},
	    {"read", ALL_READ | CM_SCOPE_ANY_READ},
	    {"read:*", ALL_READ | CM_SCOPE_ANY_READ},
	    {"*:read", ALL_READ | CM_SCOPE_ANY_READ},
	    {"write", ALL_WRITE | CM_SCOPE_ANY_WRITE},
	    {"write:*", ALL_WRITE | CM_SCOPE_ANY_WRITE},
	    {"*:write", ALL_WRITE | CM_SCOPE_ANY_WRITE},
	    {"*:application", READ | WRITE},
	    {"application:*", READ | WRITE},
	    {"admin", CM_SCOPE_ALL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ASSERT_ROW(rows[i].word,
		           cm_scope_word(rows[i].word, strlen(rows[i].word)) == rows[i].set);
		ASSERT_ROW(rows[i].word, cm_scope_known(rows[i].word) == rows[i].set);
	}
}

static void test_unknown_words(void)
{
	static const char *const words[] = {
	    "nonsense",
	    "*",
	    "*:*",
	    ":",
	    "::",
	    "*:",
	    ":*",
	    "read:",
	    ":read",
	    "read::application",
	    "read:application:",
	    ":read:application",
	    "read:application:x",
	    "READ",
	    "Read:application",
	    "read:Application",
	    "ADMIN",
	    "admin:",
	    "admin:*",
	    "*:admin",
	    "admin:application",
	    "read:read",
	    "read:write",
	    "application:application",
	    "read:users",
	    "users:read",
	    "reads",
	    "rea",
	    "read:applications",
	    "read:app",
	    "r*:application",
	    "read:app*",
	    "read.application",
	    "read/application",
	    "read,write",
	    "openid:*",
	    "offline",
	    "\xc3\xbc",
	    "read\t",
	    "0",
	};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		ASSERT_ROW(words[i], cm_scope_word(words[i], strlen(words[i])) == 0);
		ASSERT_ROW(words[i], cm_scope_known(words[i]) == 0);
	}
	CU_ASSERT_EQUAL(cm_scope_word("", 0), 0);
}

/* An action may stand alone; a kind of thing says nothing about what may be done to it. */
static void test_kind_alone(void)
{
	CU_ASSERT_EQUAL(cm_scope_word("application", 11), 0);
}

static void test_length_counts(void)
{
	CU_ASSERT_EQUAL(cm_scope_word("read:application", 4), ALL_READ | CM_SCOPE_ANY_READ);
	CU_ASSERT_EQUAL(cm_scope_word("read:applicationx", 16), READ);
	CU_ASSERT_EQUAL(cm_scope_word("read:application", 15), 0);
	CU_ASSERT_EQUAL(cm_scope_word("admin", 4), 0);
	CU_ASSERT_EQUAL(cm_scope_word("admin", 0), 0);
	CU_ASSERT_EQUAL(cm_scope_word("*:*", 1), 0);
}

static void test_lists(void)
{
	static const struct {
		const char *list;
		cm_scope_set set;
	} rows[] = {
	    {"", 0},
	    {"   ", 0},
	    {"read:application write:application", READ | WRITE},
	    {"  application:write   application:read ", READ | WRITE},
	    {"read:application read:application application:read", READ},
	    {"read write", CM_SCOPE_ALL},
	    {"read *:application", ALL_READ | WRITE | CM_SCOPE_ANY_READ},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ASSERT_ROW(rows[i].list, cm_scope_known(rows[i].list) == rows[i].set);
	}
}

static void test_one_unknown(void)
{
	CU_ASSERT_EQUAL(cm_scope_known("read:application\twrite:application"), 0);
	CU_ASSERT_EQUAL(cm_scope_known("nonsense read:application *:*"), READ);
}

static void test_very_long(void)
{
	char text[10000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	CU_ASSERT_EQUAL(cm_scope_word(text, strlen(text)), 0);
	memset(text, ':', sizeof text - 1);
	CU_ASSERT_EQUAL(cm_scope_word(text, strlen(text)), 0);
	for (size_t i = 0; i + 17 < sizeof text; i += 17)
		memcpy(text + i, "read:application ", 17);
	text[17 * 500] = '\0';
	CU_ASSERT_EQUAL(cm_scope_known(text), READ);
}

/* Who holds all that this version knows still holds less than the words for all. */
static void test_all_is_more_than_known(void)
{
	CU_ASSERT_EQUAL(CM_SCOPE_KNOWN, ALL_READ | ALL_WRITE);
	CU_ASSERT_NOT_EQUAL(cm_scope_word("admin", 5) & ~CM_SCOPE_KNOWN, 0);
	CU_ASSERT_NOT_EQUAL(cm_scope_word("read", 4) & ~CM_SCOPE_KNOWN, 0);
	CU_ASSERT_NOT_EQUAL(cm_scope_word("*:write", 7) & ~CM_SCOPE_KNOWN, 0);
	CU_ASSERT_EQUAL(cm_scope_word("*:application", 13) & ~CM_SCOPE_KNOWN, 0);
	CU_ASSERT_EQUAL(cm_scope_word("read", 4) & cm_scope_word("write", 5), 0);
	CU_ASSERT_EQUAL(cm_scope_word("read", 4) & ~cm_scope_word("admin", 5), 0);
}

static void test_names(void)
{
	for (int i = 0; i < CM_SCOPE_COUNT; i++) {
		const char *name = cm_scope_name((enum cm_scope)i);

		ASSERT_ROW(name, cm_scope_word(name, strlen(name)) == CM_SCOPE_BIT(i));
	}
	CU_ASSERT_STRING_EQUAL(cm_scope_name(CM_SCOPE_READ_APPLICATION), "read:application");
}

static void test_written(void)
{
	static const struct {
		cm_scope_set set;
		const char *text, *json;
	} rows[] = {
	    {0, "", "[]"},
	    {READ, "read:application", "[\"read:application\"]"},
	    {READ | WRITE, "read:application write:application",
	     "[\"read:application\",\"write:application\"]"},
	    {CM_SCOPE_BIT(CM_SCOPE_READ_AUDIT) | READ, "read:application read:audit",
	     "[\"read:application\",\"read:audit\"]"},
	    {CM_SCOPE_OPENID | READ, "read:application openid",
	     "[\"read:application\",\"openid\"]"},
	    {CM_SCOPE_ANY_READ | WRITE, "write:application", "[\"write:application\"]"},
	    {CM_SCOPE_ANY_WRITE, "", "[]"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf text = {0}, json = {0};

		cm_scope_put(&text, rows[i].set);
		ASSERT_ROW(rows[i].text, strcmp(cm_buf_str(&text), rows[i].text) == 0);
		cm_scope_put_json(&json, rows[i].set);
		ASSERT_ROW(rows[i].json, strcmp(cm_buf_str(&json), rows[i].json) == 0);
		cm_buf_clear(&text);
		cm_buf_clear(&json);
	}
}

static const struct cm_test tests[] = {
    {"every spelling of a scope covers the same", test_spellings},
    {"what is no scope covers nothing and is named", test_unknown_words},
    {"a kind of thing alone is no scope", test_kind_alone},
    {"a word has the length that is given", test_length_counts},
    {"a list covers what its words cover", test_lists},
    {"one unknown word spoils a client's list, not the store's", test_one_unknown},
    {"very long words and lists do no harm", test_very_long},
    {"the words for all cover more than the scopes that are known", test_all_is_more_than_known},
    {"the server's own names are scopes", test_names},
    {"a set is written in the server's names, in order", test_written},
};

CM_SUITE(cm_suite_auth_scope, "auth/scope", tests);

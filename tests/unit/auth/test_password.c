#include "auth/password.h"

#include <stdio.h>

#include "base/crypto.h"
#include "fixture.h"
#include "suite.h"

static void test_lengths(void)
{
	static const struct {
		const char *password;
		bool good;
	} rows[] = {
	    {"", false},
	    {"1234567", false},
	    {"12345678", true},
	    {"        ", true},
	    {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", false},
	    {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", true},
	    {"\xf0\x9f\x94\x91\xf0\x9f\x94\x91", false},
	};
	char text[CM_PASSWORD_MAX + 2];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].password, cm_password_check(rows[i].password, NULL) ==
		                                 (rows[i].good ? CM_OK : CM_INPUT));
	memset(text, 'x', sizeof text);
	text[CM_PASSWORD_MAX] = '\0';
	CU_ASSERT_EQUAL(cm_password_check(text, NULL), CM_OK);
	text[CM_PASSWORD_MAX] = 'x';
	text[CM_PASSWORD_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(cm_password_check(text, NULL), CM_INPUT);
}

static void test_other_bytes(void)
{
	static const char *const passwords[] = {"1234567\xff", "12345678\xc3", "\xc0\x80xxxxxxxx",
	                                        "\xed\xa0\x80xxxxxxxx"};

	for (size_t i = 0; i < COUNT_OF(passwords); i++)
		ASSERT_ROW(passwords[i], cm_password_check(passwords[i], NULL) == CM_INPUT);
}

static void test_no_password_in_sentences(void)
{
	static const char *const passwords[] = {"hunter2", "hunter2hunter2\xff"};
	char text[CM_PASSWORD_MAX + 10] = "";
	struct cm_err err = {0};

	for (size_t i = 0; i < COUNT_OF(passwords); i++) {
		cm_err_clear(&err);
		ASSERT_ROW(passwords[i], cm_password_check(passwords[i], &err) == CM_INPUT);
		ASSERT_ROW(passwords[i], strstr(err.text, "hunter2") == NULL);
	}
	while (strlen(text) <= CM_PASSWORD_MAX)
		strcat(text, "hunter2");
	cm_err_clear(&err);
	CU_ASSERT_EQUAL(cm_password_check(text, &err), CM_INPUT);
	CU_ASSERT_PTR_NULL(strstr(err.text, "hunter2"));
}

static void test_verified(void)
{
	static const char *const wrong[] = {"",
	                                    "correct hors",
	                                    "correct horsE",
	                                    "correct horse ",
	                                    " correct horse",
	                                    "Correct horse",
	                                    "correct horse\n",
	                                    "correct horsecorrect horse"};
	char hash[CM_PASSWORD_HASH_MAX], again[CM_PASSWORD_HASH_MAX];

	CU_ASSERT_EQUAL(cm_password_hash("correct horse", hash, NULL), CM_OK);
	CU_ASSERT_EQUAL(strncmp(hash, "$y$", 3), 0);
	CU_ASSERT_PTR_NULL(strstr(hash, "horse"));
	CU_ASSERT_EQUAL(cm_password_verify("correct horse", hash, NULL), CM_OK);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		ASSERT_ROW(wrong[i], cm_password_verify(wrong[i], hash, NULL) == CM_UNAUTHORIZED);
	/* Salted: the same password never looks the same. */
	CU_ASSERT_EQUAL(cm_password_hash("correct horse", again, NULL), CM_OK);
	CU_ASSERT_STRING_NOT_EQUAL(hash, again);
	CU_ASSERT_EQUAL(cm_password_verify("correct horse", again, NULL), CM_OK);
}

static void test_no_hash(void)
{
	static const char *const passwords[] = {"", "password", "correct horse", "*", "!"};
	struct cm_err err = {0};

	for (size_t i = 0; i < COUNT_OF(passwords); i++)
		ASSERT_ROW(passwords[i],
		           cm_password_verify(passwords[i], "", NULL) == CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_password_verify("password", "", &err), CM_UNAUTHORIZED);
	CU_ASSERT_PTR_NULL(strstr(err.text, "password is not"));
	CU_ASSERT_STRING_EQUAL(err.text, "The name or the password is wrong.");
}

/* What is no hash lets nobody in, least of all who types it. */
static void test_odd_hashes(void)
{
	static const char *const hashes[] = {"*",   "!",    "x",       "*0",     "*1",
	                                     "$y$", "$y$$", "$y$j9T$", "$999$x", "correct horse"};
	char hash[CM_PASSWORD_HASH_MAX];

	for (size_t i = 0; i < COUNT_OF(hashes); i++) {
		ASSERT_ROW(hashes[i], cm_password_verify(hashes[i], hashes[i], NULL) != CM_OK);
		ASSERT_ROW(hashes[i], cm_password_verify("", hashes[i], NULL) != CM_OK);
	}
	/* A hash that was cut is not that of its password any more. */
	CU_ASSERT_EQUAL(cm_password_hash("correct horse", hash, NULL), CM_OK);
	for (size_t cut = 1; cut < 40; cut += 19) {
		hash[strlen(hash) - cut] = '\0';
		CU_ASSERT_NOT_EQUAL(cm_password_verify("correct horse", hash, NULL), CM_OK);
	}
}

static bool no_random(void *out, size_t len)
{
	memset(out, 0, len);
	return false;
}

static void test_no_random(void)
{
	char hash[CM_PASSWORD_HASH_MAX] = "before";
	struct cm_err err = {0};

	cm_crypto_random_source(no_random);
	CU_ASSERT_EQUAL(cm_password_hash("correct horse", hash, &err), CM_INTERNAL);
	CU_ASSERT_EQUAL(err.status, CM_INTERNAL);
	CU_ASSERT_STRING_EQUAL(hash, "");
	/* Where there is no hash one is made all the same: the answer takes as long. */
	CU_ASSERT_EQUAL(cm_password_verify("correct horse", "", NULL), CM_INTERNAL);
}

static const struct cm_test tests[] = {
    {"a password has 8 characters and 200 bytes at most", test_lengths},
    {"a password is UTF-8", test_other_bytes},
    {"A18 no password gets into a sentence", test_no_password_in_sentences},
    {"only the password itself is that of its hash", test_verified},
    {"who has no hash has no password", test_no_hash},
    {"what is no hash lets nobody in", test_odd_hashes},
    {"without random bytes nothing is hashed", test_no_random},
};

CM_SUITE(cm_suite_auth_password, "auth/password", tests);

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

/* Whoever signed up by another service may have come with a hash of the empty password. */
static void test_empty_password(void)
{
	static const char bcrypt[] = "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";
	static const char sha256[] =
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	char hash[CM_PASSWORD_HASH_MAX];

	CU_ASSERT_STRING_EQUAL(cm_password_type(bcrypt), "bcrypt");
	CU_ASSERT_EQUAL(cm_password_verify("", bcrypt, NULL), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_password_hash("", hash, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_password_verify("", hash, NULL), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(cm_password_from_digest("salt", "", sha256, hash, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_password_verify("", hash, NULL), CM_UNAUTHORIZED);
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

/* Of the password 123456789, by programs that are not this one. */
static const struct {
	const char *type, *salt, *digest;
} digests[] = {
    {"salt", "pepper", "5423d1f2c1080e13b19ce7d9cbc658c196d506586ba70c077b76554ad021a8b5"},
    {"salt", "", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"},
    {"salt", "", "ed92e4c7e54e3f4a29d8041ec93124bd3c1ec4825701cac42b3fffaf0bd7120a"},
    {"sha512-salt", "pepper",
     "1053c95c81b022bad31a0545ef746a4f7a898d5e384b7db047a23192d70611c422ac30ee75e5afa5c06354bfa3660"
     "363"
     "7cf5f8bd0d720f77a2eee321ede561ad"},
    {"md5-salt", "pepper", "d8e8bf48ddffdf0241fe1988d48113d3"},
    {"pbkdf2-salt", "c2FsdHNhbHQ=",
     "kxUnUO+Ni05icd+0uFqyR6FKDKH6RBtLYDUPbX9pdljp7VwhlX7tbxtMa1NHAoRFGDreDX8A0+07OhXO9QJE6w=="},
    {"pbkdf2-django", "", "pbkdf2_sha256$1000$salty$txeknELv9HvlyMjoY8+FkC83Re/QMZE65fvAnyf1N+g="},
};

static void test_digests(void)
{
	for (size_t i = 0; i < COUNT_OF(digests); i++) {
		const char *digest = digests[i].digest;
		char hash[CM_PASSWORD_HASH_MAX];

		ASSERT_ROW(digests[i].type,
		           cm_password_from_digest(digests[i].type, digests[i].salt, digest, hash,
		                                   NULL) == CM_OK);
		ASSERT_ROW(hash, strstr(hash, digest) == NULL);
		ASSERT_ROW(hash, cm_password_verify("123456789", hash, NULL) == CM_OK);
		ASSERT_ROW(hash, cm_password_verify("123456780", hash, NULL) == CM_UNAUTHORIZED);
		/* The digest itself is no password. */
		ASSERT_ROW(hash, cm_password_verify(digest, hash, NULL) == CM_UNAUTHORIZED);
		ASSERT_ROW(hash, cm_password_is_old(hash));
		ASSERT_ROW(hash, strcmp(cm_password_type(hash), "digest") == 0);
	}
}

static void test_no_digests(void)
{
	static const struct {
		const char *type, *salt, *digest;
	} rows[] = {
	    {"argon2id", "", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"},
	    {"plain", "", "123456789"},
	    {"", "", "123456789"},
	    {"salt", "", ""},
	    {"salt", "pepper", "d8e8bf48ddffdf0241fe1988d48113d3"},
	    {"pbkdf2-salt", "no base64", "x"},
	    {"pbkdf2-django", "",
	     "pbkdf2_sha256$1000$txeknELv9HvlyMjoY8+FkC83Re/QMZE65fvAnyf1N+g="},
	    {"pbkdf2-django", "", "pbkdf2_sha256$0$s$txeknELv9HvlyMjoY8+FkC83Re/QMZE65fvAnyf1N+g="},
	    {"pbkdf2-django", "",
	     "pbkdf2_sha256$9999999999$s$txeknELv9HvlyMjoY8+FkC83Re/QMZE65fvAnyf1N+g="},
	    {"pbkdf2-django", "",
	     "pbkdf2_sha1$1000$salty$txeknELv9HvlyMjoY8+FkC83Re/QMZE65fvAnyf1N+g="},
	    {"pbkdf2-django", "", "pbkdf2_sha256$"},
	    {"md5-salt",
	     "a salt of more than a hundred characters, a salt of more than a hundred characters, "
	     "and "
	     "more and more",
	     "d8e8bf48ddffdf0241fe1988d48113d3"},
	};
	char hash[CM_PASSWORD_HASH_MAX];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].digest,
		           cm_password_from_digest(rows[i].type, rows[i].salt, rows[i].digest, hash,
		                                   NULL) == CM_INPUT);
}

static void test_types(void)
{
	static const struct {
		const char *hash, *type;
	} rows[] = {
	    {"$2b$04$egrsrmI29HKVZ1CRNmrb1.WfOMJ1yXipVyk4k/47xZvYOibW0.1le", "bcrypt"},
	    {"$2b$04$egrsrmI29HKVZ1CRNmrb1", NULL},
	    {"$2", NULL},
	    {"", NULL},
	    {"123456789", NULL},
	    {"$y$", NULL},
	    {"$1$abc$def", NULL},
	    {"$digest$", NULL},
	    {"$digest$salt$cGVwcGVy", NULL},
	    {"$digest$salt$cGVwcGVy$123", NULL},
	    {"$digest$plain$cGVwcGVy$y$j9T$x$y", NULL},
	    {"$digest$salt$=$$y$j9T$x$y", NULL},
	};
	char hash[CM_PASSWORD_HASH_MAX];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *type = cm_password_type(rows[i].hash);

		ASSERT_ROW(rows[i].hash, rows[i].type == NULL
		                             ? type == NULL
		                             : type != NULL && strcmp(type, rows[i].type) == 0);
	}
	CU_ASSERT_EQUAL(cm_password_hash("long enough", hash, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_password_type(hash), "yescrypt");
}

static const struct cm_test tests[] = {
    {"a password has 8 characters and 200 bytes at most", test_lengths},
    {"a password is UTF-8", test_other_bytes},
    {"A18 no password gets into a sentence", test_no_password_in_sentences},
    {"only the password itself is that of its hash", test_verified},
    {"who has no hash has no password", test_no_hash},
    {"what is no hash lets nobody in", test_odd_hashes},
    {"an empty password lets nobody in", test_empty_password},
    {"without random bytes nothing is hashed", test_no_random},
    {"passwords of which a digest is known can be verified", test_digests},
    {"what can't be verified is refused", test_no_digests},
    {"the kinds of hashes are told apart, and from what is none", test_types},
};

CM_SUITE(cm_suite_auth_password, "auth/password", tests);

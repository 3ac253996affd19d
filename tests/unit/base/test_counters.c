#include "base/counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "store/fixture_store.h"
#include "suite.h"

#define LAYOUT  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYOUT2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void test_shared(void)
{
	struct cm_counters one = {0}, two = {0};
	struct fixture_folder folder;
	struct stat st;

	fixture_folder_make(&folder);
	CU_ASSERT_FALSE(cm_counters_is_current(&one));
	CU_ASSERT_EQUAL(cm_counters_open(&one, folder.db, LAYOUT, 5, false, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_counters_open(&two, folder.db, LAYOUT, 5, false, NULL), CM_OK);
	CU_ASSERT_EQUAL(stat(folder.db, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(cm_counters_get(&one, i), 0);
	cm_counters_add(&one, 0, 1);
	cm_counters_add(&two, 0, 2);
	cm_counters_add(&two, 4, UINT64_MAX / 2);
	CU_ASSERT_EQUAL(cm_counters_get(&one, 0), 3);
	CU_ASSERT_EQUAL(cm_counters_get(&one, 4), UINT64_MAX / 2);
	cm_counters_close(&one);
	cm_counters_close(&one);
	cm_counters_close(&two);
	CU_ASSERT_EQUAL(cm_counters_open(&one, folder.db, LAYOUT, 5, true, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_counters_get(&one, 0), 3);
	cm_counters_close(&one);
	fixture_folder_remove(&folder);
}

/* Processes that begin together, count, and die. */
static void test_processes(void)
{
	enum { PROCESSES = 8, TIMES = 2000 };
	struct cm_counters counters = {0};
	struct fixture_folder folder;

	fixture_folder_make(&folder);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			if (cm_counters_open(&counters, folder.db, LAYOUT, 3, true, NULL) != CM_OK)
				_exit(1);
			for (int j = 0; j < TIMES; j++)
				cm_counters_add(&counters, 1, 1);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;

		CU_ASSERT_TRUE(wait(&status) > 0);
		CU_ASSERT_EQUAL(status, 0);
	}
	CU_ASSERT_EQUAL(cm_counters_open(&counters, folder.db, LAYOUT, 3, false, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_counters_get(&counters, 1), PROCESSES * TIMES);
	cm_counters_close(&counters);
	fixture_folder_remove(&folder);
}

static void test_other_layout(void)
{
	struct cm_counters older = {0}, newer = {0};
	struct fixture_folder folder;
	struct cm_err err = {0};

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_counters_open(&older, folder.db, LAYOUT, 3, true, NULL), CM_OK);
	cm_counters_add(&older, 2, 7);
	CU_ASSERT_EQUAL(cm_counters_open(&newer, folder.db, LAYOUT2, 3, false, &err), CM_STORE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "another version"));
	CU_ASSERT_TRUE(cm_counters_is_current(&older));
	CU_ASSERT_EQUAL(cm_counters_get(&older, 2), 7);

	/* The newer one takes the name; the older one notices and does not take it back. */
	CU_ASSERT_EQUAL(cm_counters_open(&newer, folder.db, LAYOUT2, 3, true, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_counters_get(&newer, 2), 0);
	CU_ASSERT_FALSE(cm_counters_is_current(&older));
	cm_counters_add(&older, 2, 1);
	CU_ASSERT_EQUAL(cm_counters_open(&older, folder.db, LAYOUT, 3, false, NULL), CM_STORE);
	CU_ASSERT_PTR_NULL(older.value);
	CU_ASSERT_TRUE(cm_counters_is_current(&newer));
	cm_counters_close(&newer);
	fixture_folder_remove(&folder);
}

static void test_damaged(void)
{
	static const struct {
		const char *name, *data;
		size_t len;
	} rows[] = {
	    {"nothing", "", 0},
	    {"text", "# notes", 7},
	    {"its beginning", LAYOUT, 20},
	    {"its layout alone", LAYOUT, 64},
	    {"a number too few", LAYOUT "01234567", 72},
	    {"zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_counters counters = {0};
		struct fixture_folder folder;
		struct stat st;

		fixture_folder_make(&folder);
		fixture_file_write(folder.db, rows[i].data, rows[i].len);
		ASSERT_ROW(rows[i].name,
		           cm_counters_open(&counters, folder.db, LAYOUT, 2, false, NULL) == CM_OK);
		ASSERT_ROW(rows[i].name, cm_counters_get(&counters, 0) == 0);
		ASSERT_ROW(rows[i].name, stat(folder.db, &st) == 0 && st.st_size == 80 &&
		                             (st.st_mode & 0777) == 0600);
		cm_counters_close(&counters);
		fixture_folder_remove(&folder);
	}
}

/* As cp --sparse and rsync -S make them. */
static void test_holes(void)
{
	enum { NUMBERS = 8192 };
	struct cm_counters counters = {0};
	struct fixture_folder folder;
	struct stat st;

	fixture_folder_make(&folder);
	fixture_file_write(folder.db, LAYOUT, 64);
	CU_ASSERT_EQUAL(truncate(folder.db, 64 + NUMBERS * 8), 0);
	CU_ASSERT_EQUAL(stat(folder.db, &st), 0);
	CU_ASSERT_EQUAL(cm_counters_open(&counters, folder.db, LAYOUT, NUMBERS, false, NULL),
	                CM_OK);
	CU_ASSERT_TRUE(cm_counters_is_current(&counters));
	CU_ASSERT_EQUAL(counters.inode, st.st_ino);
	CU_ASSERT_EQUAL(stat(folder.db, &st), 0);
	CU_ASSERT_TRUE(512 * st.st_blocks >= st.st_size);
	cm_counters_close(&counters);
	fixture_folder_remove(&folder);
}

/* Somebody's hand in the file while it is mapped. */
static void test_not_current(void)
{
	struct cm_counters counters = {0};
	struct fixture_folder folder;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL(cm_counters_open(&counters, folder.db, LAYOUT, 2, true, NULL), CM_OK);
	CU_ASSERT_TRUE(cm_counters_is_current(&counters));
	CU_ASSERT_EQUAL(truncate(folder.db, 70), 0);
	CU_ASSERT_FALSE(cm_counters_is_current(&counters));
	CU_ASSERT_EQUAL(cm_counters_open(&counters, folder.db, LAYOUT, 2, false, NULL), CM_OK);
	CU_ASSERT_TRUE(cm_counters_is_current(&counters));
	CU_ASSERT_EQUAL(unlink(folder.db), 0);
	CU_ASSERT_FALSE(cm_counters_is_current(&counters));
	CU_ASSERT_EQUAL(cm_counters_open(&counters, folder.db, LAYOUT, 2, false, NULL), CM_OK);
	cm_counters_add(&counters, 1, 1);
	CU_ASSERT_TRUE(cm_counters_is_current(&counters));
	cm_counters_close(&counters);
	fixture_folder_remove(&folder);
}

static void test_places_that_cannot_be_used(void)
{
	struct cm_counters counters = {0};
	struct fixture_folder folder;
	struct cm_err err = {0};
	char path[120];

	fixture_folder_make(&folder);
	snprintf(path, sizeof path, "%s/missing/file", folder.folder);
	CU_ASSERT_EQUAL(cm_counters_open(&counters, path, LAYOUT, 2, true, &err), CM_STORE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "No such file"));
	CU_ASSERT_EQUAL(cm_counters_open(&counters, folder.folder, LAYOUT, 2, true, NULL),
	                CM_STORE);
	/* A link would let the name write to a file of somebody else. */
	fixture_file_write(folder.db, "mine", 4);
	snprintf(path, sizeof path, "%s/link", folder.folder);
	CU_ASSERT_EQUAL(symlink(folder.db, path), 0);
	CU_ASSERT_EQUAL(cm_counters_open(&counters, path, LAYOUT, 2, true, NULL), CM_STORE);
	CU_ASSERT_FALSE(cm_counters_is_current(&counters));
	CU_ASSERT_EQUAL(unlink(path), 0);
	fixture_folder_remove(&folder);
}

static const struct cm_test tests[] = {
    {"all who open the file share its numbers, which stay", test_shared},
    {"processes that begin together lose no count", test_processes},
    {"another layout is made anew by who may, and not taken back", test_other_layout},
    {"a damaged file is made anew", test_damaged},
    {"a file with holes is filled before anybody counts in one", test_holes},
    {"a file that was cut, deleted or replaced is noticed", test_not_current},
    {"where no file can be, it is said", test_places_that_cannot_be_used},
};

CM_SUITE(cm_suite_base_counters, "base/counters", tests);

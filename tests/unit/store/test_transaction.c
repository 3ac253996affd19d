#include <stdio.h>

#include "base/clock.h"
#include "store/fixture_store.h"
#include "store/setting.h"
#include "store/store.h"
#include "suite.h"

/* A file with a store on it, and what another process would see of it. */
struct scene {
	struct fixture_folder folder;
	struct cm_store *store;
};

static void make(struct scene *scene)
{
	cm_clock_hold(0);
	fixture_folder_make(&scene->folder);
	CU_ASSERT_EQUAL_FATAL(cm_store_open(scene->folder.db, true, &scene->store, NULL), CM_OK);
	cm_store_group_begin(scene->store);
}

static void end(struct scene *scene)
{
	cm_store_close(scene->store);
	fixture_folder_remove(&scene->folder);
}

static int64_t others_see(const struct scene *scene)
{
	return fixture_file_integer(scene->folder.db, "SELECT count(*) FROM setting");
}

/* What a member of a group does. */
struct member {
	const char *sql;
	enum cm_status end;
	int runs, releases;
};

static enum cm_status follow(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct member *member = arg;

	member->runs++;
	CU_ASSERT_TRUE(fixture_sql(store, member->sql));
	return member->end == CM_OK ? CM_OK : cm_err_set(err, member->end, "as planned");
}

static void release(void *arg)
{
	struct member *member = arg;

	member->releases++;
}

#define ADD(name) "INSERT INTO setting VALUES ('" name "', '', 1)"

static enum cm_status add(struct scene *scene, const char *sql, enum cm_status end)
{
	struct member member = {.sql = sql, .end = end};

	return cm_store_write(scene->store, follow, &member, NULL);
}

static enum cm_status add_later(struct scene *scene, struct member *member)
{
	return cm_store_write_later(scene->store, follow, member, release, NULL);
}

static void test_committed_at_its_end(void)
{
	struct scene scene;

	make(&scene);
	CU_ASSERT_FALSE(cm_store_group_is_open(scene.store));
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_TRUE(cm_store_group_is_open(scene.store));
	CU_ASSERT_EQUAL(add(&scene, ADD("two"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_EQUAL(others_see(&scene), 2);
	/* From then on each is a transaction of its own. */
	CU_ASSERT_FALSE(cm_store_group_is_open(scene.store));
	CU_ASSERT_EQUAL(add(&scene, ADD("three"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(others_see(&scene), 3);
	end(&scene);
}

/* Others wait for the lock meanwhile. */
static void test_held_for_long(void)
{
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	cm_clock_hold(9999);
	CU_ASSERT_TRUE(cm_store_group_is_open(scene.store));
	cm_clock_hold(10000);
	CU_ASSERT_FALSE(cm_store_group_is_open(scene.store));
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_EQUAL(others_see(&scene), 1);
	end(&scene);
}

static void test_nothing_to_commit(void)
{
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	end(&scene);
}

static void test_one_that_fails(void)
{
	static const struct {
		const char *name;
		enum cm_status end[3];
		int64_t kept;
	} rows[] = {
	    {"the first", {CM_INPUT, CM_OK, CM_OK}, 2},
	    {"one between", {CM_OK, CM_CONFLICT, CM_OK}, 2},
	    {"the last", {CM_OK, CM_OK, CM_DRY_RUN}, 2},
	    {"all", {CM_INPUT, CM_INPUT, CM_INPUT}, 0},
	};
	static const char *const sql[] = {ADD("one"), ADD("two"), ADD("three")};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene;

		make(&scene);
		for (size_t j = 0; j < COUNT_OF(sql); j++)
			ASSERT_ROW(rows[i].name,
			           add(&scene, sql[j], rows[i].end[j]) == rows[i].end[j]);
		ASSERT_ROW(rows[i].name, cm_store_group_end(scene.store, NULL) == CM_OK);
		ASSERT_ROW(rows[i].name, others_see(&scene) == rows[i].kept);
		end(&scene);
	}
}

/* As SQLite does by itself when the disk is full. */
static void test_undone_before_its_end(void)
{
	struct scene scene;
	struct member late = {.sql = ADD("late")};
	struct cm_err err = {0};

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &late), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(scene.store, "ROLLBACK"));
	CU_ASSERT_FALSE(cm_store_group_is_open(scene.store));
	/* What comes now would be kept without what was before. */
	CU_ASSERT_EQUAL(add(&scene, ADD("two"), CM_OK), CM_STORE);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, &err), CM_STORE);
	CU_ASSERT_NOT_EQUAL(err.text[0], '\0');
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	CU_ASSERT_EQUAL(late.runs, 0);
	CU_ASSERT_EQUAL(late.releases, 1);
	CU_ASSERT_EQUAL(add(&scene, ADD("again"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(others_see(&scene), 1);
	end(&scene);
}

static void test_undone_within_a_member(void)
{
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_NOT_EQUAL(add(&scene, "ROLLBACK", CM_STORE), CM_OK);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_STORE);
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	end(&scene);
}

/* SQLite has undone all, and the work does not look. */
static enum cm_status go_on(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct member before = {.sql = ADD("before")}, within = {.sql = ADD("within")};

	(void)arg;
	(void)err;
	CU_ASSERT_EQUAL(cm_store_write(store, follow, &before, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_setting_set(store, "issuer", "https://a.example", NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(store, "ROLLBACK"));
	CU_ASSERT_EQUAL(cm_setting_set(store, "issuer", "https://b.example", NULL), CM_STORE);
	CU_ASSERT_EQUAL(cm_store_write(store, follow, &within, NULL), CM_STORE);
	CU_ASSERT_EQUAL(within.runs, 0);
	return CM_OK;
}

static void test_undone_unnoticed(void)
{
	for (int grouped = 0; grouped < 2; grouped++) {
		struct cm_err err = {0};
		struct scene scene;

		make(&scene);
		if (grouped == 1)
			CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
		if (grouped == 0)
			CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
		CU_ASSERT_EQUAL(cm_store_write(scene.store, go_on, NULL, &err), CM_STORE);
		CU_ASSERT_STRING_EQUAL(err.text, "the transaction was undone");
		CU_ASSERT_EQUAL(others_see(&scene), 0);
		(void)cm_store_group_end(scene.store, NULL);
		CU_ASSERT_EQUAL(add(&scene, ADD("again"), CM_OK), CM_OK);
		CU_ASSERT_EQUAL(others_see(&scene), 1);
		end(&scene);
	}
}

/* The same at the end of a group. */
static void test_undone_unnoticed_later(void)
{
	struct member late = {.sql = ""};
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(cm_store_write_later(scene.store, go_on, &late, release, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_STORE);
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	CU_ASSERT_EQUAL(late.releases, 1);
	end(&scene);
}

/* A member that can't be undone alone takes the others with it. */
static void test_not_to_be_undone_alone(void)
{
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(add(&scene, "COMMIT; BEGIN; " ADD("two"), CM_INPUT), CM_INPUT);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_STORE);
	CU_ASSERT_EQUAL(fixture_file_integer(scene.folder.db,
	                                     "SELECT count(*) FROM setting WHERE name = 'two'"),
	                0);
	end(&scene);
}

static void test_a_commit_that_fails(void)
{
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(add(&scene,
	                    "PRAGMA defer_foreign_keys = 1;"
	                    "INSERT INTO client_assertion VALUES (999, 'of nobody', 1)",
	                    CM_OK),
	                CM_OK);
	CU_ASSERT_NOT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_store_is_writing(scene.store));
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	end(&scene);
}

static void test_later(void)
{
	struct member first = {.sql = ADD("first")};
	struct member second = {.sql = "UPDATE setting SET name = 'second'"};
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add_later(&scene, &first), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &second), CM_OK);
	CU_ASSERT_TRUE(cm_store_group_is_open(scene.store));
	/* Nobody waits for a lock meanwhile. */
	CU_ASSERT_FALSE(cm_store_is_writing(scene.store));
	CU_ASSERT_EQUAL(first.runs + second.runs, 0);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_file_integer(scene.folder.db,
	                                     "SELECT count(*) FROM setting WHERE name = 'second'"),
	                1);
	CU_ASSERT_EQUAL(first.releases, 1);
	CU_ASSERT_EQUAL(second.releases, 1);
	end(&scene);
}

static void test_later_fails(void)
{
	struct member bad = {.sql = ADD("bad"), .end = CM_NOT_FOUND}, after = {.sql = ADD("after")};
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &bad), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &after), CM_OK);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	CU_ASSERT_EQUAL(after.runs, 0);
	CU_ASSERT_EQUAL(bad.releases, 1);
	CU_ASSERT_EQUAL(after.releases, 1);
	end(&scene);
}

static void test_later_without_a_group(void)
{
	struct member good = {.sql = ADD("one")}, bad = {.sql = ADD("two"), .end = CM_INPUT};
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &good), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &bad), CM_INPUT);
	CU_ASSERT_EQUAL(others_see(&scene), 1);
	CU_ASSERT_EQUAL(good.releases, 1);
	CU_ASSERT_EQUAL(bad.releases, 1);
	end(&scene);
}

/* More than there is room for are written at once. */
static void test_many_later(void)
{
	enum { MANY = 40 };
	char sql[MANY][100];
	struct member members[MANY];
	struct scene scene;
	int releases = 0;

	make(&scene);
	for (int i = 0; i < MANY; i++) {
		snprintf(sql[i], sizeof sql[i], "INSERT INTO setting VALUES ('o%d', '', 1)", i);
		members[i] = (struct member){.sql = sql[i]};
		CU_ASSERT_EQUAL(add_later(&scene, &members[i]), CM_OK);
	}
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_EQUAL(others_see(&scene), MANY);
	for (int i = 0; i < MANY; i++)
		releases += members[i].releases;
	CU_ASSERT_EQUAL(releases, MANY);
	end(&scene);
}

static void test_closed_in_a_group(void)
{
	struct member late = {.sql = ADD("late")};
	struct scene scene;

	make(&scene);
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	CU_ASSERT_EQUAL(add_later(&scene, &late), CM_OK);
	cm_store_close(scene.store);
	scene.store = NULL;
	CU_ASSERT_EQUAL(late.releases, 1);
	CU_ASSERT_EQUAL(others_see(&scene), 0);
	end(&scene);
}

static void test_one_state_to_read(void)
{
	struct scene scene;
	int64_t version;

	make(&scene);
	CU_ASSERT_FALSE(cm_store_is_reading(scene.store));
	CU_ASSERT_EQUAL(cm_store_read_begin(scene.store, &version, NULL), CM_OK);
	CU_ASSERT_TRUE(cm_store_is_reading(scene.store));
	CU_ASSERT_TRUE(fixture_file_sql(scene.folder.db, ADD("theirs")));
	CU_ASSERT_EQUAL(fixture_integer(scene.store, "SELECT count(*) FROM setting"), 0);
	/* What is written is written on what the file is by then. */
	CU_ASSERT_EQUAL(add(&scene, ADD("ours"), CM_OK), CM_OK);
	CU_ASSERT_TRUE(cm_store_is_reading(scene.store));
	CU_ASSERT_EQUAL(fixture_integer(scene.store, "SELECT count(*) FROM setting"), 2);
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	CU_ASSERT_FALSE(cm_store_is_reading(scene.store));
	end(&scene);
}

/* Who came together waited together. */
static void test_waiting_once(void)
{
	struct cm_store *other = NULL;
	struct scene scene;
	int64_t began_us;

	make(&scene);
	cm_clock_release();
	CU_ASSERT_EQUAL_FATAL(cm_store_open(scene.folder.db, false, &other, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_sql(other, "BEGIN IMMEDIATE"));
	began_us = cm_clock_monotonic_us();
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_BUSY);
	CU_ASSERT_FALSE(cm_store_group_is_open(scene.store));
	CU_ASSERT_EQUAL(cm_store_group_end(scene.store, NULL), CM_OK);
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_BUSY);
	/* Not a thousand times five seconds: that is no matter of speed. */
	CU_ASSERT_TRUE(cm_clock_monotonic_us() - began_us < 1000LL * 1000000);
	CU_ASSERT_TRUE(fixture_sql(other, "ROLLBACK"));
	CU_ASSERT_EQUAL(add(&scene, ADD("one"), CM_OK), CM_OK);
	cm_store_close(other);
	end(&scene);
}

static const struct cm_test tests[] = {
    {"a group is committed at its end, all of it at once", test_committed_at_its_end},
    {"a group that held the lock for 10 ms takes no more", test_held_for_long},
    {"a group that wrote nothing has nothing to commit", test_nothing_to_commit},
    {"what fails in a group is undone alone", test_one_that_fails},
    {"a group that SQLite has undone is not kept in part", test_undone_before_its_end},
    {"a group that was undone within a member is not kept", test_undone_within_a_member},
    {"what goes on after SQLite has undone all is refused", test_undone_unnoticed},
    {"so is what is written later", test_undone_unnoticed_later},
    {"a member that can't be undone alone undoes its group", test_not_to_be_undone_alone},
    {"a commit that fails undoes all of a group", test_a_commit_that_fails},
    {"what is to be written later is, in order, at the end", test_later},
    {"what fails later fails its group, and is released", test_later_fails},
    {"without a group later is now", test_later_without_a_group},
    {"there is no end to what is written later", test_many_later},
    {"a store that closes keeps nothing of a group", test_closed_in_a_group},
    {"a lock that is not let go is waited for once", test_waiting_once},
    {"a group reads one state, and then what it wrote", test_one_state_to_read},
};

CM_SUITE(cm_suite_store_transaction, "store/transaction", tests);

#include "auth/throttle.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 1000000, HOUR_S = 3600, DAY_S = 86400 };

/* How long is to be waited now; 0: it may be tried. */
static int64_t wait_of(struct cm_store *store, enum cm_throttle_kind kind, const char *subject)
{
	struct cm_err err = {0};
	int64_t wait_s = -1;
	enum cm_status rc = cm_throttle_check(store, kind, subject, &wait_s, &err);

	CU_ASSERT_EQUAL(rc, wait_s > 0 ? CM_THROTTLED : CM_OK);
	CU_ASSERT_EQUAL(err.status, rc);
	return wait_s;
}

static void fail(struct cm_store *store, enum cm_throttle_kind kind, const char *subject, int times)
{
	while (times-- > 0)
		CU_ASSERT_EQUAL(cm_throttle_failed(store, kind, subject, NULL), CM_OK);
}

/* Each kind: the failures after which the first second is waited, and the longest wait. */
static const struct {
	const char *name;
	enum cm_throttle_kind kind;
	int first;
	int64_t longest_s, forgotten_s;
} kinds[] = {
    {"user", CM_THROTTLE_USER, 5, 900, DAY_S},
    {"address", CM_THROTTLE_ADDRESS, 20, 900, DAY_S},
    {"client", CM_THROTTLE_CLIENT, 10, 30, HOUR_S},
    {"device", CM_THROTTLE_DEVICE, 5, 900, HOUR_S},
    {"register", CM_THROTTLE_REGISTER, 30, 900, HOUR_S},
    {"renew", CM_THROTTLE_RENEW, 30, 60, HOUR_S},
};

static void test_doubles(void)
{
	_Static_assert(sizeof kinds / sizeof *kinds == CM_THROTTLE_KINDS, "every kind has a row");
	cm_clock_fix(NOW_S);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct cm_store *store = fixture_store();
		int64_t wanted_s = 1;

		for (int n = 0; n < kinds[i].first; n++) {
			ASSERT_ROW(kinds[i].name, wait_of(store, kinds[i].kind, "x") == 0);
			fail(store, kinds[i].kind, "x", 1);
		}
		for (int n = 0; n < 80; n++) {
			ASSERT_ROW(kinds[i].name, wait_of(store, kinds[i].kind, "x") == wanted_s);
			fail(store, kinds[i].kind, "x", 1);
			wanted_s =
			    wanted_s * 2 < kinds[i].longest_s ? wanted_s * 2 : kinds[i].longest_s;
		}
		cm_store_close(store);
	}
}

static void test_waiting(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	int64_t wait_s = 0;

	cm_clock_fix(NOW_S);
	fail(store, CM_THROTTLE_USER, "x", 8);
	CU_ASSERT_EQUAL(cm_throttle_check(store, CM_THROTTLE_USER, "x", &wait_s, &err),
	                CM_THROTTLED);
	CU_ASSERT_EQUAL(wait_s, 8);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "8 seconds"));
	cm_clock_fix(NOW_S + 7);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 1);
	cm_clock_fix(NOW_S + 8);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 0);
	/* Waiting forgives nothing: the next failure counts on. */
	fail(store, CM_THROTTLE_USER, "x", 1);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 16);
	cm_store_close(store);
}

static void test_forgotten(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct cm_store *store = fixture_store();
		enum cm_throttle_kind kind = kinds[i].kind;

		cm_clock_fix(NOW_S);
		fail(store, kind, "x", kinds[i].first + 1);
		cm_clock_fix(NOW_S + kinds[i].forgotten_s);
		fail(store, kind, "x", 1);
		ASSERT_ROW(kinds[i].name, wait_of(store, kind, "x") == 4);
		cm_clock_fix(NOW_S + 2 * kinds[i].forgotten_s + 1);
		fail(store, kind, "x", 1);
		ASSERT_ROW(kinds[i].name, wait_of(store, kind, "x") == 0);
		fail(store, kind, "x", kinds[i].first - 1);
		ASSERT_ROW(kinds[i].name, wait_of(store, kind, "x") == 1);
		cm_store_close(store);
	}
}

/* A clock that was wrong and is set right locks nobody out until its old time comes again. */
static void test_clock_jumps_back(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S + 10 * DAY_S);
	fail(store, CM_THROTTLE_USER, "x", 30);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 900);
	cm_clock_fix(NOW_S);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 0);
	/* The next failure has the right time, and the count goes on. */
	fail(store, CM_THROTTLE_USER, "x", 1);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 900);
	cm_clock_fix(NOW_S + 900);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 0);
	cm_store_close(store);
}

static void test_apart(void)
{
	static const char *const others[] = {"", "X", "x ", " x", "xx", "%", "x/y"};
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	fail(store, CM_THROTTLE_USER, "x", 20);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 900);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		ASSERT_ROW(others[i], wait_of(store, CM_THROTTLE_USER, others[i]) == 0);
	for (size_t i = 1; i < COUNT_OF(kinds); i++)
		ASSERT_ROW(kinds[i].name, wait_of(store, kinds[i].kind, "x") == 0);
	cm_store_close(store);
}

static void test_passed(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	fail(store, CM_THROTTLE_USER, "x", 9);
	fail(store, CM_THROTTLE_USER, "y", 9);
	fail(store, CM_THROTTLE_DEVICE, "x", 9);
	CU_ASSERT_EQUAL(cm_throttle_passed(store, CM_THROTTLE_USER, "x", NULL), CM_OK);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 0);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "y"), 16);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_DEVICE, "x"), 16);
	CU_ASSERT_EQUAL(cm_throttle_passed(store, CM_THROTTLE_USER, "x", NULL), CM_OK);
	fail(store, CM_THROTTLE_USER, "x", 4);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 0);
	cm_store_close(store);
}

static void test_parts(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	fail(store, CM_THROTTLE_USER, "x #1", 4);
	fail(store, CM_THROTTLE_USER, "x #2", 3);
	fail(store, CM_THROTTLE_USER, "x", 1);
	fail(store, CM_THROTTLE_USER, "x $", 9);
	fail(store, CM_THROTTLE_USER, "x#1", 9);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 8);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x #1"), 0);
	CU_ASSERT_EQUAL(cm_throttle_passed(store, CM_THROTTLE_USER, "x #2", NULL), CM_OK);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 1);
	/* Each is forgotten by itself. */
	cm_clock_fix(NOW_S + 1);
	fail(store, CM_THROTTLE_USER, "x #2", 3);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 8);
	cm_clock_fix(NOW_S + DAY_S + 1);
	fail(store, CM_THROTTLE_USER, "x #2", 2);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 1);
	cm_store_close(store);
}

/* What one part has of a clock that was wrong takes the wait from no other. */
static void test_parts_after_a_jump(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S + 10 * DAY_S);
	fail(store, CM_THROTTLE_USER, "x #1", 1);
	cm_clock_fix(NOW_S);
	fail(store, CM_THROTTLE_USER, "x #2", 30);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_USER, "x"), 900);
	CU_ASSERT_EQUAL(cm_throttle_passed(store, CM_THROTTLE_USER, "x #1", NULL), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM throttle"), 1);
	cm_store_close(store);
}

/* A subject is as long as whoever guesses likes. */
static void test_long_subject(void)
{
	struct cm_store *store = fixture_store();
	char subject[5000];

	memset(subject, 'x', sizeof subject - 1);
	subject[sizeof subject - 1] = '\0';
	cm_clock_fix(NOW_S);
	fail(store, CM_THROTTLE_CLIENT, subject, 10);
	CU_ASSERT_EQUAL(wait_of(store, CM_THROTTLE_CLIENT, subject), 1);
	CU_ASSERT_TRUE(fixture_integer(store, "SELECT max(length(key)) FROM throttle") < 500);
	cm_store_close(store);
}

static void test_no_table(void)
{
	struct cm_store *store = fixture_store();
	struct cm_err err = {0};
	int64_t wait_s = 7;

	CU_ASSERT_TRUE(fixture_sql(store, "ALTER TABLE throttle RENAME TO gone"));
	CU_ASSERT_NOT_EQUAL(cm_throttle_check(store, CM_THROTTLE_USER, "x", &wait_s, &err), CM_OK);
	CU_ASSERT_EQUAL(wait_s, 0);
	CU_ASSERT_NOT_EQUAL(cm_throttle_failed(store, CM_THROTTLE_USER, "x", NULL), CM_OK);
	CU_ASSERT_NOT_EQUAL(cm_throttle_passed(store, CM_THROTTLE_USER, "x", NULL), CM_OK);
	cm_store_close(store);
}

static void test_addresses(void)
{
	static const struct {
		const char *address, *party;
	} rows[] = {
	    {"", ""},
	    {"192.0.2.1", "192.0.2.1"},
	    {"192.0.2.2", "192.0.2.2"},
	    {"2001:db8:1:2::", "2001:db8:1:2::"},
	    {"2001:db8:1:2::1", "2001:db8:1:2::"},
	    {"2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"},
	    {"2001:0DB8:0001:0002:0000:0000:0000:0001", "2001:db8:1:2::"},
	    {"2001:db8:1:3::1", "2001:db8:1:3::"},
	    {"::1", "::"},
	    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
	    {"::ffff:192.0.2.2", "::ffff:192.0.2.2"},
	    {"fe80::1", "fe80::"},
	    {"2001:db8::1/64", "2001:db8::1/64"},
	    {"nonsense", "nonsense"},
	    {"unix:", "unix:"},
	    {"0123456789012345678901234567890123456789012345",
	     "012345678901234567890123456789012345678901234"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char party[CM_THROTTLE_ADDRESS_TEXT];

		cm_throttle_address(rows[i].address, party);
		ASSERT_ROW(rows[i].address, strcmp(party, rows[i].party) == 0);
	}
}

static const struct cm_test tests[] = {
    {"each failure beyond the free ones doubles the wait, up to a longest", test_doubles},
    {"a wait ends to the second, and forgives nothing", test_waiting},
    {"failures are forgotten when none came for long", test_forgotten},
    {"a clock that jumps back locks nobody out", test_clock_jumps_back},
    {"kinds and subjects are counted apart", test_apart},
    {"what went well forgets its own failures alone", test_passed},
    {"the parts of a subject count together, and are forgotten apart", test_parts},
    {"a part of a clock that jumped back hides no other", test_parts_after_a_jump},
    {"a very long subject does no harm", test_long_subject},
    {"a store that fails is told, not taken for leave", test_no_table},
    {"an IPv6 network is one party, an IPv4 address is", test_addresses},
};

CM_SUITE(cm_suite_auth_throttle, "auth/throttle", tests);

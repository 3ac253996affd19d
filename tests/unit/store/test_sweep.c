#include "store/sweep.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 100000000, HOUR_S = 3600, DAY_S = 86400, TURNS = 11, LIMIT = 50 };

/* Each kind: a row whose time is @ and whose key #, and how long it stays beyond that time. */
static const struct {
	const char *table, *insert;
	int64_t after_s;
} kinds[] = {
    {"session", "INSERT INTO session VALUES (#, 1, 0, 0, @)", 0},
    {"authorization_code",
     "INSERT INTO authorization_code VALUES (#, 1, 1, '', 0, '', '', '', 0, '', @, 1)", DAY_S},
    {"refresh_token", "INSERT INTO refresh_token VALUES (#, 1, 1, '', 0, '', 0, @, 1)", HOUR_S},
    {"device_code", "INSERT INTO device_code VALUES (#, #, 1, '', @, NULL, 5, NULL, NULL, NULL)",
     HOUR_S},
    {"token", "INSERT INTO token VALUES (#, 1, '', '', '', 0, @, NULL, NULL, NULL, 'my-org')",
     HOUR_S},
    {"client_assertion", "INSERT INTO client_assertion VALUES (1, #, @)", HOUR_S},
    {"throttle", "INSERT INTO throttle VALUES (#, 1, @)", DAY_S},
    {"rate", "INSERT INTO rate VALUES (#, @, 1)", HOUR_S},
    {"signing_key", "INSERT INTO signing_key VALUES (#, 'RS256', '', '', '', 1, @)", HOUR_S},
};

static struct cm_store *make(void)
{
	struct cm_store *store = fixture_store();

	cm_clock_fix(NOW_S);
	CU_ASSERT_EQUAL_FATAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL_FATAL(fixture_user(store, "my-org", "alice"), 1);
	CU_ASSERT_EQUAL_FATAL(fixture_application_id(store, "app"), 1);
	return store;
}

static void insert(struct cm_store *store, const char *text, int64_t at_s, int key)
{
	struct cm_buf sql = {0};

	for (; *text != '\0'; text++) {
		if (*text == '@')
			cm_buf_printf(&sql, "%lld", (long long)at_s);
		else if (*text == '#')
			cm_buf_printf(&sql, "%d", key);
		else
			cm_buf_add(&sql, text, 1);
	}
	ASSERT_ROW(cm_buf_str(&sql), fixture_sql(store, cm_buf_str(&sql)));
	cm_buf_clear(&sql);
}

static int64_t rows(struct cm_store *store, const char *table)
{
	char sql[100];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
	return fixture_integer(store, sql);
}

/* A turn of every kind. */
static void sweep(struct cm_store *store, unsigned first)
{
	for (unsigned turn = first; turn < first + TURNS; turn++)
		CU_ASSERT_EQUAL(cm_sweep(store, turn, NULL), CM_OK);
}

static void test_edges(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct cm_store *store = make();
		int64_t edge_s = NOW_S - kinds[i].after_s;

		insert(store, kinds[i].insert, edge_s - 1, 1); /* goes */
		insert(store, kinds[i].insert, edge_s, 2);     /* expired, but stays a while */
		insert(store, kinds[i].insert, NOW_S - 1, 3);
		insert(store, kinds[i].insert, NOW_S + 1, 4); /* still good */
		sweep(store, 0);
		ASSERT_ROW(kinds[i].table,
		           rows(store, kinds[i].table) == (edge_s == NOW_S ? 2 : 3));
		cm_clock_fix(NOW_S + kinds[i].after_s + 2);
		sweep(store, 0);
		ASSERT_ROW(kinds[i].table, rows(store, kinds[i].table) == 0);
		ASSERT_ROW(kinds[i].table, rows(store, "application") == 1);
		ASSERT_ROW(kinds[i].table, rows(store, "user") == 1);
		cm_store_close(store);
	}
}

static void test_limit(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct cm_store *store = make();

		for (int key = 0; key < 2 * LIMIT + 1; key++)
			insert(store, kinds[i].insert, 1000 - key, key + 1);
		sweep(store, 0);
		ASSERT_ROW(kinds[i].table, rows(store, kinds[i].table) == LIMIT + 1);
		sweep(store, 9);
		ASSERT_ROW(kinds[i].table, rows(store, kinds[i].table) == 1);
		sweep(store, 999);
		ASSERT_ROW(kinds[i].table, rows(store, kinds[i].table) == 0);
		cm_store_close(store);
	}
}

/* One call looks at one kind, and each kind has its turn. */
static void test_turns(void)
{
	struct cm_store *store = make();
	int64_t left = COUNT_OF(kinds);

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		insert(store, kinds[i].insert, 1000, 1);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		int64_t now = 0;

		CU_ASSERT_EQUAL(cm_sweep(store, turn, NULL), CM_OK);
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			now += rows(store, kinds[i].table);
		CU_ASSERT_TRUE(now == left || now == left - 1);
		left = now;
	}
	CU_ASSERT_EQUAL(left, 0);
	cm_store_close(store);
}

static void test_keys(void)
{
	static const struct {
		const char *retired; /* long ago, or NULL */
		int64_t issued_s, expires_s;
		bool stays;
	} keys[] = {
	    {"NULL", 1000, 2000, true},           {"5000", 1000, NOW_S + 1, true},
	    {"5000", 5060, NOW_S + 1, true},      {"5000", 5061, NOW_S + 1, false},
	    {"5000", 1000, NOW_S - HOUR_S, true}, {"5000", 1000, NOW_S - HOUR_S - 1, false},
	};
	static const char others[] =
	    "INSERT INTO organization (name, display_name, created_at_s, updated_at_s)"
	    " VALUES ('a-org', '', 1, 1), ('z-org', '', 1, 1);"
	    "INSERT INTO token (jti, application_id, subject, scope, resource, owner, issued_at_s,"
	    " expires_at_s) SELECT name, 1, '', '', '', name, 90000000, 200000000"
	    " FROM organization WHERE name LIKE '_-org'";
	char sql[300], name[20];

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct cm_store *store = make();

		snprintf(name, sizeof name, "row %zu", i);
		snprintf(sql, sizeof sql,
		         "INSERT INTO signing_key VALUES ('k', 'RS256', '', '', '', 1, %s)",
		         keys[i].retired);
		ASSERT_ROW(name, fixture_sql(store, sql));
		snprintf(
		    sql, sizeof sql,
		    "INSERT INTO token (jti, application_id, subject, scope, resource, owner, "
		    "issued_at_s, expires_at_s) VALUES ('j', 1, '', '', '', 'my-org', %lld, %lld)",
		    (long long)keys[i].issued_s, (long long)keys[i].expires_s);
		ASSERT_ROW(name, fixture_sql(store, sql));
		/* Before and behind it: tokens of other owners, that a newer key signed. */
		ASSERT_ROW(name, fixture_sql(store, others));
		sweep(store, 0);
		ASSERT_ROW(name, rows(store, "signing_key") == (keys[i].stays ? 1 : 0));
		cm_store_close(store);
	}
}

static void test_clients(void)
{
	static const struct {
		const char *name, *origin;
		int64_t created_s, used_s; /* ago; used 0: never */
		bool stays;
	} clients[] = {
	    {"made", "made", 900 * DAY_S, 0, true},
	    {"made-used", "made", 900 * DAY_S, 900 * DAY_S, true},
	    {"new", "registered", DAY_S, 0, true},
	    {"unused", "registered", DAY_S + 1, 0, false},
	    {"unused-document", "document", DAY_S + 1, 0, false},
	    {"used", "registered", 900 * DAY_S, 90 * DAY_S, true},
	    {"idle", "registered", 900 * DAY_S, 90 * DAY_S + 1, false},
	    {"idle-document", "document", 900 * DAY_S, 90 * DAY_S + 1, false},
	};
	struct cm_store *store = make();
	char sql[300];

	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		CU_ASSERT_EQUAL(fixture_application(store, "my-org", clients[i].name), CM_OK);
		snprintf(sql, sizeof sql,
		         "UPDATE application SET origin = '%s', created_at_s = %lld,"
		         " used_at_s = nullif(%lld, %d) WHERE name = '%s'",
		         clients[i].origin, (long long)(NOW_S - clients[i].created_s),
		         (long long)(NOW_S - clients[i].used_s), NOW_S, clients[i].name);
		ASSERT_ROW(clients[i].name, fixture_sql(store, sql));
	}
	CU_ASSERT_TRUE(
	    fixture_sql(store, "INSERT INTO consent SELECT 1, id, 'read', 1 FROM application"));
	sweep(store, 0);
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		ASSERT_ROW(clients[i].name, (fixture_application_id(store, clients[i].name) !=
		                             -1) == clients[i].stays);
	CU_ASSERT_TRUE(fixture_is_text(store,
	                               "SELECT group_concat(tool || ' ' || target || ' ' || at_s)"
	                               " FROM (SELECT * FROM audit ORDER BY target)",
	                               "expire_client idle 100000000,"
	                               "expire_client idle-document 100000000,"
	                               "expire_client unused 100000000,"
	                               "expire_client unused-document 100000000"));
	/* What people let them do goes with them. */
	CU_ASSERT_EQUAL(rows(store, "consent"), rows(store, "application"));
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"what expired a while ago goes, and nothing that may still matter", test_edges},
    {"a few rows go at a time", test_limit},
    {"each kind of row has its turn", test_turns},
    {"a retired key goes with the last token that it signed", test_keys},
    {"clients go that no administrator made and nobody uses", test_clients},
};

CM_SUITE(cm_suite_store_sweep, "store/sweep", tests);

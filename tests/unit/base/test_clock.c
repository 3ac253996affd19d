#include "base/clock.h"

#include "fixture.h"
#include "suite.h"

static void test_fixed(void)
{
	cm_clock_fix(1000);
	CU_ASSERT_EQUAL(cm_clock_now_s(), 1000);
	CU_ASSERT_EQUAL(cm_clock_now_s(), 1000);
	cm_clock_fix(-5);
	CU_ASSERT_EQUAL(cm_clock_now_s(), -5);
	CU_ASSERT_EQUAL(cm_clock_now_ms(), -5000);
	cm_clock_fix(0);
	CU_ASSERT_EQUAL(cm_clock_now_s(), 0);
}

static void test_released(void)
{
	cm_clock_fix(1000);
	cm_clock_release();
	CU_ASSERT_TRUE(cm_clock_now_s() > 1700000000);
	CU_ASSERT_TRUE(cm_clock_now_ms() / 1000 >= cm_clock_now_s() - 1);
	CU_ASSERT_TRUE(cm_clock_now_ms() / 1000 <= cm_clock_now_s() + 1);
}

static void test_monotonic(void)
{
	int64_t before = cm_clock_monotonic_us();

	cm_clock_fix(0);
	CU_ASSERT_TRUE(cm_clock_monotonic_us() >= before);
}

static void test_format(void)
{
	static const struct {
		int64_t at_s;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {-1, "1969-12-31T23:59:59Z"},
	    {951782400, "2000-02-29T00:00:00Z"},
	    {2147483647, "2038-01-19T03:14:07Z"},
	    {2147483648, "2038-01-19T03:14:08Z"},
	    {4107542400, "2100-03-01T00:00:00Z"},
	    {253402300799, "9999-12-31T23:59:59Z"},
	};
	char out[CM_CLOCK_TEXT];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cm_clock_format(rows[i].at_s, out);
		ASSERT_ROW(rows[i].text, strcmp(out, rows[i].text) == 0);
	}
}

static void test_no_such_year(void)
{
	static const int64_t seconds[] = {253402300800, -62167219201, INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < COUNT_OF(seconds); i++) {
		char out[CM_CLOCK_TEXT] = "not touched";

		cm_clock_format(seconds[i], out);
		CU_ASSERT_STRING_EQUAL(out, "");
	}
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		int64_t at_s; /* -1: it is no time */
	} rows[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2001-09-09T01:46:40Z", 1000000000},
	    {"2001-09-09T01:46:40.000Z", 1000000000},
	    {"2001-09-09T01:46:40.999999999Z", 1000000000},
	    {"2001-09-09T03:46:40+02:00", 1000000000},
	    {"2001-09-08T20:16:40.5-05:30", 1000000000},
	    {"2001-09-09T01:46:40-00:00", 1000000000},
	    {"2024-02-29T00:00:00Z", 1709164800},
	    {"2023-02-29T00:00:00Z", -1},
	    {"2001-09-09T24:00:00Z", -1},
	    {"2001-09-09T01:46:40", -1},
	    {"2001-09-09T01:46:40.Z", -1},
	    {"2001-09-09T01:46:40,5Z", -1},
	    {"2001-09-09T01:46:40Zx", -1},
	    {"2001-09-09T01:46:40+2:00", -1},
	    {"2001-09-09T01:46:40+0200", -1},
	    {"2001-09-09T01:46:40+24:00", -1},
	    {"2001-09-09T01:46:40+02:60", -1},
	    {"2001-09-09T01:46:40+02:00Z", -1},
	    {"2001-9-9T01:46:40Z", -1},
	    {" 2001-09-09T01:46:40Z", -1},
	    {"2001-09-09 01:46:40Z", -1},
	    {"2001-09-09", -1},
	    {"", -1},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t at_s = -1;
		bool good = cm_clock_parse(rows[i].text, &at_s);

		ASSERT_ROW(rows[i].text, good == (rows[i].at_s >= 0));
		ASSERT_ROW(rows[i].text, !good || at_s == rows[i].at_s);
	}
}

static const struct cm_test tests[] = {
    {"a time is read with a fraction and an offset", test_parse},
    {"a fixed clock stands still", test_fixed},
    {"a released clock is the system's again", test_released},
    {"the clock for measuring never goes back and is not fixed", test_monotonic},
    {"a time is written in UTC", test_format},
    {"a second beyond year 9999 is the empty string", test_no_such_year},
};

CM_SUITE(cm_suite_base_clock, "base/clock", tests);

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

static const struct cm_test tests[] = {
    {"a fixed clock stands still", test_fixed},
    {"a released clock is the system's again", test_released},
    {"the clock for measuring never goes back and is not fixed", test_monotonic},
    {"a time is written in UTC", test_format},
    {"a second beyond year 9999 is the empty string", test_no_such_year},
};

CM_SUITE(cm_suite_base_clock, "base/clock", tests);

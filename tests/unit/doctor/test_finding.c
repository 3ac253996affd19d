#include "doctor/finding.h"

#include <string.h>

#include "suite.h"

/* What a run of checks told, as text. */
struct told {
	struct cm_buf text;
	unsigned known;
	int runs;
};

static void tell(const struct cm_check *check, const struct cm_finding *finding, void *arg)
{
	cm_finding_put_text(&((struct told *)arg)->text, check, finding);
}

static void well(void *examined, struct cm_finding *finding)
{
	((struct told *)examined)->runs++;
	cm_finding_say(finding, CM_VERDICT_OK, "Well.");
}

static void find_out(void *examined, struct cm_finding *finding)
{
	((struct told *)examined)->known |= 2;
	well(examined, finding);
}

static void wrong(void *examined, struct cm_finding *finding)
{
	(void)examined;
	cm_finding_say(finding, CM_VERDICT_WRONG, "Bad %d.", 7);
	cm_finding_mend(finding, "do %s", "this");
	cm_finding_mend(finding, "or that");
}

static void silent(void *examined, struct cm_finding *finding)
{
	(void)examined;
	(void)finding;
}

static void test_verdicts(void)
{
	struct cm_finding finding = {0};

	cm_finding_say(&finding, CM_VERDICT_OK, "All is well.");
	cm_finding_say(&finding, CM_VERDICT_OK, "Really.");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&finding.says), "All is well. Really.");
	cm_finding_say(&finding, CM_VERDICT_NOTE, "One.");
	cm_finding_say(&finding, CM_VERDICT_OK, "All is well.");
	CU_ASSERT_EQUAL(finding.verdict, CM_VERDICT_NOTE);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&finding.says), "One.");
	cm_finding_say(&finding, CM_VERDICT_WRONG, "Two.");
	cm_finding_say(&finding, CM_VERDICT_NOTE, "Three.");
	CU_ASSERT_EQUAL(finding.verdict, CM_VERDICT_WRONG);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&finding.says), "One. Two. Three.");
	cm_finding_clear(&finding);
	CU_ASSERT_EQUAL(finding.verdict, CM_VERDICT_NONE);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&finding.says), "");
}

static void test_text(void)
{
	static const struct cm_check check = {.name = "signing key"};
	struct cm_finding finding = {0};
	struct cm_buf out = {0};

	wrong(NULL, &finding);
	cm_finding_put_text(&out, &check, &finding);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out), "wrong  signing key    Bad 7.\n"
	                                         "           do this\n"
	                                         "           or that\n");
	cm_finding_clear(&finding);
	cm_buf_reset(&out);
	cm_finding_say(&finding, CM_VERDICT_OK, "Well.");
	cm_finding_put_text(&out, &check, &finding);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out), "ok     signing key    Well.\n");
	cm_finding_clear(&finding);
	cm_buf_clear(&out);
}

static void test_json(void)
{
	static const struct cm_check check = {.name = "place"};
	struct cm_finding finding = {0};
	struct cm_buf out = {0};

	cm_finding_say(&finding, CM_VERDICT_NOTE, "A \"quote\".");
	cm_finding_put_json(&out, &check, &finding);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&out), "{\"status\":\"note\",\"check\":\"place\","
	                                         "\"says\":\"A \\\"quote\\\".\",\"mend\":[]}");
	cm_buf_reset(&out);
	wrong(NULL, &finding);
	cm_finding_put_json(&out, &check, &finding);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&out), "\"status\":\"wrong\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&out), "\"mend\":[\"do this\",\"or that\"]}"));
	cm_finding_clear(&finding);
	cm_buf_clear(&out);
}

static void test_stranger(void)
{
	struct cm_finding finding = {0};

	cm_finding_say(&finding, CM_VERDICT_NOTE, "It is %s.", "\033[2J\r\nx\177\xff");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&finding.says), "It is ?[2J??x??.");
	cm_finding_mend(&finding, "a %s", "b\nc");
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&finding.mends), "a b?c\n");
	cm_finding_clear(&finding);
}

static void test_needs(void)
{
	static const struct cm_check checks[] = {
	    {.name = "first", .needs = 1, .run = well},
	    {.name = "second", .needs = 2, .run = well},
	    {.name = "third", .run = find_out},
	    {.name = "fourth", .needs = 2, .run = well},
	    {.name = "fifth", .needs = 3, .run = well},
	    {.name = "silent", .run = silent},
	    {.name = "bad", .run = wrong},
	};
	struct told told = {0};

	CU_ASSERT_EQUAL(
	    cm_check_all(checks, sizeof checks / sizeof *checks, &told, &told.known, tell, &told),
	    1);
	CU_ASSERT_EQUAL(told.runs, 2);
	CU_ASSERT_STRING_EQUAL(
	    cm_buf_str(&told.text),
	    "ok     third          Well.\n"
	    "ok     fourth         Well.\n"
	    "wrong  bad            Bad 7.\n"
	    "           do this\n"
	    "           or that\n"
	    "note   the rest       Not looked at, because of what is said above: "
	    "first, second, fifth.\n");
	cm_buf_clear(&told.text);
}

static const struct cm_test tests[] = {
    {"the worst verdict stays, and what is well gives way", test_verdicts},
    {"a finding is a line, and a line for each thing to do", test_text},
    {"a finding is a JSON object", test_json},
    {"what a stranger says can't steer a terminal", test_stranger},
    {"a check that lacks what it needs is passed over", test_needs},
};

CM_SUITE(cm_suite_doctor_finding, "doctor/finding", tests);

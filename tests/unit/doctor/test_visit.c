#include "doctor/visit.h"

#include <string.h>

#include "doctor/outside.h"
#include "suite.h"

static void set_head(struct cm_fetched *answer, const char *head)
{
	cm_buf_reset(&answer->head);
	cm_buf_puts(&answer->head, head);
}

static void test_field(void)
{
	struct cm_fetched answer = {0};
	struct cm_buf value = {0};

	CU_ASSERT_EQUAL(cm_fetched_field(&answer, "Date", &value), 0);
	set_head(&answer, "Datex: no\r\ndate:  one \r\nDATE: two\r\nEmpty:\r\n\r\n");
	CU_ASSERT_EQUAL(cm_fetched_field(&answer, "Date", &value), 2);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&value), "one ");
	cm_buf_reset(&value);
	CU_ASSERT_EQUAL(cm_fetched_field(&answer, "Empty", &value), 1);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&value), "");
	CU_ASSERT_EQUAL(cm_fetched_field(&answer, "Dat", NULL), 0);
	cm_buf_clear(&value);
	cm_fetched_clear(&answer);
}

static void test_challenge(void)
{
	struct cm_fetched answer = {0};
	struct cm_buf value = {0};

	set_head(&answer, "WWW-Authenticate: Bearer error_description=\"error=\\\"no\", "
	                  "scope=\"a b\",error=\"invalid_token\"\r\n");
	CU_ASSERT_TRUE(visit_challenge(&answer, "error", &value));
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&value), "invalid_token");
	cm_buf_reset(&value);
	CU_ASSERT_TRUE(visit_challenge(&answer, "scope", &value));
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&value), "a b");
	CU_ASSERT_FALSE(visit_challenge(&answer, "description", &value));
	CU_ASSERT_FALSE(visit_challenge(&answer, "Bearer", &value));
	set_head(&answer, "WWW-Authenticate: Bearer\r\n");
	CU_ASSERT_FALSE(visit_challenge(&answer, "error", &value));
	set_head(&answer, "WWW-Authenticate: error=\"x");
	cm_buf_reset(&value);
	CU_ASSERT_TRUE(visit_challenge(&answer, "error", &value));
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&value), "x");
	set_head(&answer, "");
	CU_ASSERT_FALSE(visit_challenge(&answer, "error", &value));
	cm_buf_clear(&value);
	cm_fetched_clear(&answer);
}

static void never(const struct cm_check *check, const struct cm_finding *finding, void *arg)
{
	(void)check;
	(void)finding;
	(void)arg;
	CU_FAIL("nothing was to be examined");
}

static void test_url(void)
{
	static const char *const bad[] = {"",
	                                  "/",
	                                  "example.org",
	                                  "ftp://example.org",
	                                  "https://",
	                                  "https://u:p@example.org",
	                                  "https://example.org/?a",
	                                  "https://example.org/#a",
	                                  "file:///etc/passwd"};
	char longest[600];

	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	memcpy(longest, "https://", 8);
	for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
		const char *url = i < sizeof bad / sizeof *bad ? bad[i] : longest;
		struct cm_err err = {0};
		size_t wrong = 9;

		CU_ASSERT_EQUAL(cm_doctor_outside(url, NULL, never, NULL, &wrong, &err), CM_INPUT);
		CU_ASSERT_EQUAL(wrong, 0);
		CU_ASSERT_TRUE(err.text[0] != '\0');
	}
}

static void test_servers(void)
{
	CU_ASSERT_EQUAL(cm_web_server_of("Apache/2.4.62 (Debian)"), CM_WEB_APACHE);
	CU_ASSERT_EQUAL(cm_web_server_of("apache"), CM_WEB_APACHE);
	CU_ASSERT_EQUAL(cm_web_server_of("lighttpd/1.4.69"), CM_WEB_LIGHTTPD);
	CU_ASSERT_EQUAL(cm_web_server_of("nginx"), CM_WEB_NGINX);
	CU_ASSERT_EQUAL(cm_web_server_of(""), CM_WEB_UNKNOWN);
	CU_ASSERT_EQUAL(cm_web_server_of("LiteSpeed"), CM_WEB_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(cm_web_server_name(CM_WEB_UNKNOWN), "the web server");
}

static size_t lines(const struct cm_buf *text)
{
	size_t count = 0;

	for (size_t i = 0; i < text->len; i++)
		count += text->data[i] == '\n';
	return count;
}

static void test_mends(void)
{
	for (int mend = 0; mend < CM_MEND_COUNT; mend++) {
		for (int server = 0; server < CM_WEB_COUNT; server++) {
			struct cm_finding finding = {0};
			const char *name = cm_web_server_name((enum cm_web_server)server);
			bool known = server != CM_WEB_UNKNOWN;

			cm_mend_put(&finding, (enum cm_mend)mend, (enum cm_web_server)server);
			CU_ASSERT_EQUAL(lines(&finding.mends), known ? 1 : CM_WEB_COUNT - 1);
			CU_ASSERT_EQUAL(
			    strncmp(cm_buf_str(&finding.mends), name, strlen(name)) == 0, known);
			CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&finding.mends), "(null)"));
			cm_finding_clear(&finding);
		}
	}
}

static const struct cm_test tests[] = {
    {"a header field is found by its whole name, in any case", test_field},
    {"a parameter of a challenge is found by its whole name", test_challenge},
    {"what is no URL of a server is refused before anything is sent", test_url},
    {"a web server is known by what it calls itself", test_servers},
    {"each mistake has a directive for each web server", test_mends},
};

CM_SUITE(cm_suite_doctor_visit, "doctor/visit", tests);

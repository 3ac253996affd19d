#include "oauth/resource.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

struct row {
	const char *resource;
	bool good;
};

static void check_all(const char *mcp_url, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cm_err err = {0};
		enum cm_status rc = cm_oauth_resource_check(rows[i].resource, mcp_url, &err);

		ASSERT_ROW(rows[i].resource, rc == (rows[i].good ? CM_OK : CM_INVALID_TARGET));
		ASSERT_ROW(rows[i].resource, err.status == rc);
	}
}

static void test_A17_at_the_root(void)
{
	static const struct row rows[] = {
	    {"https://h.example/api/mcp", true},
	    {"HTTPS://H.EXAMPLE/api/mcp", true},
	    {"https://h.example:443/api/mcp", true},
	    {"https://h.example", true},
	    {"https://h.example/", true},
	    {"https://h.example:443", true},
	    {"https://h.example/api/mcp/", false},
	    {"https://h.example/API/mcp", false},
	    {"https://h.example/api/mc", false},
	    {"https://h.example/api/mcpx", false},
	    {"https://h.example/api/%6dcp", false},
	    {"https://h.example/api/../api/mcp", false},
	    {"https://h.example//api/mcp", false},
	    {"https://h.example//", false},
	    {"https://h.example:8443/api/mcp", false},
	    {"http://h.example/api/mcp", false},
	    {"https://h.example.evil/api/mcp", false},
	    {"https://evil.example/https://h.example/api/mcp", false},
	    {"https://u@h.example/api/mcp", false},
	    {"https://u:p@h.example", false},
	    {"https://h.example@evil.example/api/mcp", false},
	    {"https://h.example/api/mcp?x", false},
	    {"https://h.example?", false},
	    {"https://h.example/?x", false},
	};

	check_all("https://h.example/api/mcp", rows, COUNT_OF(rows));
}

static void test_A17_below_a_prefix(void)
{
	static const struct row rows[] = {
	    {"https://h.example:8443/auth/api/mcp", true},
	    {"https://h.example:8443/auth", true},
	    {"https://h.example:8443/auth/", true},
	    {"https://h.example:8443", false}, /* another site, of which this is a part */
	    {"https://h.example:8443/", false},
	    {"https://h.example/auth/api/mcp", false},
	    {"https://h.example:8443/api/mcp", false},
	    {"https://h.example:8443/auth//", false},
	    {"https://h.example:8443/authx", false},
	    {"https://h.example:8443/other/api/mcp", false},
	};

	check_all("https://h.example:8443/auth/api/mcp", rows, COUNT_OF(rows));
}

static void test_A17_no_absolute_url(void)
{
	static const char *const rows[] = {
	    "",
	    "/api/mcp",
	    "//h.example/api/mcp",
	    "h.example/api/mcp",
	    "api/mcp",
	    "https:",
	    "https://",
	    "https:///api/mcp",
	    "https://h.example/api/mcp#",
	    "https://h.example/api/mcp#x",
	    "https://h.example#x",
	    "https://h.example/api/mcp x",
	    " https://h.example/api/mcp",
	    "https://h.example/api/mcp\n",
	    "https://h.example/\xc3\xa9",
	    "https://h.example:0/api/mcp",
	    "https://h.example:99999/api/mcp",
	    "https://h.example:44 3/api/mcp",
	    "urn:h.example",
	    "*",
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_err err = {0};

		ASSERT_ROW(rows[i], cm_oauth_resource_check(rows[i], "https://h.example/api/mcp",
		                                            &err) == CM_INVALID_TARGET);
		/* The sentence says which one is right, or what is wrong, and repeats nothing. */
		ASSERT_ROW(rows[i], strcmp(err.text, "resource must be an absolute URL without a "
		                                     "fragment.") == 0 ||
		                        strcmp(err.text, "resource must be "
		                                         "https://h.example/api/mcp.") == 0);
	}
}

static void test_a_very_long_one(void)
{
	char text[CM_URL_MAX + 100] = "https://h.example/";

	memset(text + strlen(text), 'a', sizeof text - strlen(text) - 1);
	text[sizeof text - 1] = '\0';
	CU_ASSERT_EQUAL(cm_oauth_resource_check(text, "https://h.example/api/mcp", NULL),
	                CM_INVALID_TARGET);
}

static const struct cm_test tests[] = {
    {"A17 U3 resource is the MCP URL or its origin, nothing near them", test_A17_at_the_root},
    {"A17 below a prefix the prefix counts", test_A17_below_a_prefix},
    {"A17 what is no absolute URL without fragment is refused", test_A17_no_absolute_url},
    {"A17 a resource that is too long is refused", test_a_very_long_one},
};

CM_SUITE(cm_suite_oauth_resource, "oauth/resource", tests);

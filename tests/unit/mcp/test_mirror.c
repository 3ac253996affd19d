#include "mcp/mirror.h"

#include <stdio.h>

#include "support.h"

#define VERSION "2026-07-28"
#define META(version, capabilities)                                                                \
	"{\"name\":\"a b\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" version        \
	",\"io.modelcontextprotocol/clientCapabilities\":" capabilities "}}"
#define GOOD META("\"2026-07-28\"", "{}")

/* The three headers, NULL for none. */
struct headers {
	const char *version, *method, *name;
};

/* What the check says of params (JSON text, NULL for none) for method tools/call. */
static enum cm_status check(struct headers headers, const char *params, const char *mirrored)
{
	const char *env[4] = {NULL};
	struct cm_request req;
	struct cm_exchange x = {.req = &req};
	cm_json *json = params == NULL ? NULL : support_parse(params);
	struct cm_message m = {.x = &x, .params = json};
	struct cm_err err = {0};
	enum cm_status rc;
	size_t n = 0;

	if (headers.version != NULL)
		env[n++] = headers.version;
	if (headers.method != NULL)
		env[n++] = headers.method;
	if (headers.name != NULL)
		env[n++] = headers.name;
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
	rc = cm_mirror_check(&m, "tools/call", mirrored, &err);
	CU_ASSERT_EQUAL(err.status, rc);
	cm_json_free(json);
	return rc;
}

#define V  "HTTP_MCP_PROTOCOL_VERSION=" VERSION
#define M  "HTTP_MCP_METHOD=tools/call"
#define N  "HTTP_MCP_NAME=a b"
#define IS CU_ASSERT_EQUAL

static void test_meta(void)
{
	const struct headers all = {V, M, N};

	IS(check(all, GOOD, "name"), CM_OK);
	IS(check(all, NULL, "name"), CM_META);
	IS(check(all, "{}", "name"), CM_META);
	IS(check(all, "[]", "name"), CM_META);
	IS(check(all, "{\"_meta\":[]}", "name"), CM_META);
	IS(check(all, META("7", "{}"), "name"), CM_META);
	IS(check(all, META("null", "{}"), "name"), CM_META);
	IS(check(all, META("\"2026-07-28\"", "[]"), "name"), CM_META);
	IS(check(all, META("\"2026-07-28\"", "null"), "name"), CM_META);
	IS(check(all, META("\"2026-07-28\"", "{\"x\":{}}"), "name"), CM_OK);
	IS(check(all, META("\"2025-11-25\"", "{}"), "name"), CM_HEADER_MISMATCH);
	IS(check(all, META("\"2026-07-28 \"", "{}"), "name"), CM_HEADER_MISMATCH);
}

static void test_missing_headers(void)
{
	IS(check((struct headers){NULL, M, N}, GOOD, "name"), CM_HEADER_MISMATCH);
	IS(check((struct headers){V, NULL, N}, GOOD, "name"), CM_HEADER_MISMATCH);
	IS(check((struct headers){V, M, NULL}, GOOD, "name"), CM_HEADER_MISMATCH);
	/* A method without a name has no header of that name, and minds none. */
	IS(check((struct headers){V, M, NULL}, GOOD, NULL), CM_OK);
	IS(check((struct headers){V, M, "HTTP_MCP_NAME=other"}, GOOD, NULL), CM_OK);
	/* A name that is missing from the body is the method's to refuse. */
	IS(check((struct headers){V, M, NULL}, GOOD, "uri"), CM_OK);
}

static void test_other_values(void)
{
	static const char *const names[] = {
	    "HTTP_MCP_NAME=",      "HTTP_MCP_NAME=A b",     "HTTP_MCP_NAME=a  b",
	    "HTTP_MCP_NAME=a",     "HTTP_MCP_NAME=a b ",    "HTTP_MCP_NAME= a b",
	    "HTTP_MCP_NAME=a%20b", "HTTP_MCP_NAME=\"a b\"", "HTTP_MCP_NAME=a b\x01"};
	static const char *const methods[] = {"HTTP_MCP_METHOD=", "HTTP_MCP_METHOD=tools/list",
	                                      "HTTP_MCP_METHOD=Tools/Call",
	                                      "HTTP_MCP_METHOD=tools/call, tools/call",
	                                      "HTTP_MCP_METHOD==?base64?dG9vbHMvY2FsbA==?="};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ASSERT_ROW(names[i], check((struct headers){V, M, names[i]}, GOOD, "name") ==
		                         CM_HEADER_MISMATCH);
	for (size_t i = 0; i < COUNT_OF(methods); i++)
		ASSERT_ROW(methods[i], check((struct headers){V, methods[i], N}, GOOD, "name") ==
		                           CM_HEADER_MISMATCH);
}

static void test_base64(void)
{
	static const struct {
		const char *header;
		bool good;
	} rows[] = {
	    {"HTTP_MCP_NAME==?base64?YSBi?=", true},
	    {"HTTP_MCP_NAME==?base64?YSBj?=", false},
	    {"HTTP_MCP_NAME==?base64?YSBi", false},
	    {"HTTP_MCP_NAME==?base64?YSBi?= ", false},
	    {"HTTP_MCP_NAME==?base64?YSB!?=", false},
	    {"HTTP_MCP_NAME==?base64?YSBi=?=", false},
	    {"HTTP_MCP_NAME==?base64?YSBiAA==?=", false},
	    {"HTTP_MCP_NAME==?base64?"
	     "?=",
	     false},
	    {"HTTP_MCP_NAME==?base64?=", false},
	    {"HTTP_MCP_NAME==?base64", false},
	    {"HTTP_MCP_NAME==?Base64?YSBi?=", false},
	    {"HTTP_MCP_NAME==?utf-8?B?YSBi?=", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		ASSERT_ROW(rows[i].header,
		           check((struct headers){V, M, rows[i].header}, GOOD, "name") ==
		               (rows[i].good ? CM_OK : CM_HEADER_MISMATCH));
}

static void test_values_beyond_ascii(void)
{
	static const char params[] =
	    "{\"name\":\"\xc3\xa9\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
	    "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}";

	IS(check((struct headers){V, M, "HTTP_MCP_NAME==?base64?w6k=?="}, params, "name"), CM_OK);
	/* Raw, it is no header value that everything on the way reads alike. */
	IS(check((struct headers){V, M, "HTTP_MCP_NAME=\xc3\xa9"}, params, "name"),
	   CM_HEADER_MISMATCH);
}

static const struct cm_test tests[] = {
    {"_meta names the revision and the client's capabilities", test_meta},
    {"a header that is missing is a mismatch", test_missing_headers},
    {"R7 a header that differs in any way is a mismatch", test_other_values},
    {"Mcp-Name, and no other, may come in base64, of one form only", test_base64},
    {"what is not ASCII comes in base64", test_values_beyond_ascii},
};

CM_SUITE(cm_suite_mcp_mirror, "mcp/mirror", tests);

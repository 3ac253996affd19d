#include "mcp/revision.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve.h"

#define META                                                                                       \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                   \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"

/* Post a request of 2026-07-28 with these two headers, NULL for none. */
static struct reply modern(struct serve *serve, const char *method, const char *name,
                           const char *text)
{
	char authorization[2000], method_header[200], name_header[400];
	const char *variables[8] = {"CONTENT_TYPE=application/json",
	                            "HTTP_MCP_PROTOCOL_VERSION=2026-07-28", authorization};
	size_t n = 3;

	snprintf(authorization, sizeof authorization, "HTTP_AUTHORIZATION=Bearer %s",
	         serve->token[DEMO]);
	snprintf(method_header, sizeof method_header, "HTTP_MCP_METHOD=%s",
	         method == NULL ? "" : method);
	snprintf(name_header, sizeof name_header, "HTTP_MCP_NAME=%s", name == NULL ? "" : name);
	if (method != NULL)
		variables[n++] = method_header;
	if (name != NULL)
		variables[n++] = name_header;
	return serve_send(serve, "POST", "/api/mcp", variables, text);
}

static void expect(struct serve *serve, const char *method, const char *name, const char *text,
                   int status, int64_t code)
{
	struct reply reply = modern(serve, method, name, text);
	int64_t got = 0;

	(void)cm_json_integer(cm_json_get(cm_json_get(reply.json, "error"), "code"), &got);
	ASSERT_ROW(text, reply.status == status);
	ASSERT_ROW(text, got == code);
	reply_clear(&reply);
}

#define LIST "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}"
#define READ(uri)                                                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"" uri   \
	"\"," META "}}"
#define DEMO_URI "casement://application/my-org/demo"

static void test_headers_repeat_the_body(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, "tools/list", NULL, LIST, 200, 0);
	expect(&serve, NULL, NULL, LIST, 400, -32020);
	expect(&serve, "tools/call", NULL, LIST, 400, -32020);
	expect(&serve, "Tools/list", NULL, LIST, 400, -32020);
	expect(&serve, "resources/read", DEMO_URI, READ(DEMO_URI), 200, 0);
	expect(&serve, "resources/read", NULL, READ(DEMO_URI), 400, -32020);
	expect(&serve, "resources/read", "casement://application/my-org/x", READ(DEMO_URI), 400,
	       -32020);
	expect(&serve, "resources/read",
	       "=?base64?Y2FzZW1lbnQ6Ly9hcHBsaWNhdGlvbi9teS1vcmcvZGVtbw==?=", READ(DEMO_URI), 200,
	       0);
	expect(&serve, "resources/read", "=?base64?Y2Fz!?=", READ(DEMO_URI), 400, -32020);
	expect(&serve, "resources/read",
	       "=?BASE64?Y2FzZW1lbnQ6Ly9hcHBsaWNhdGlvbi9teS1vcmcvZGVtbw==?=", READ(DEMO_URI), 400,
	       -32020);
	serve_close(&serve);
}

static void test_meta_is_needed(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, "tools/list", NULL,
	       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", 400, -32602);
	expect(&serve, "tools/list", NULL,
	       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
	       "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}",
	       400, -32602);
	expect(&serve, "tools/list", NULL,
	       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
	       "\"io.modelcontextprotocol/protocolVersion\":\"2025-11-25\","
	       "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
	       400, -32020);
	expect(&serve, "ping", NULL,
	       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{" META "}}", 404,
	       -32601);
	expect(&serve, "initialize", NULL,
	       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{" META "}}",
	       404, -32601);
	expect(&serve, NULL, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 400, -32600);
	expect(&serve, NULL, NULL, "[]", 400, -32600);
	expect(&serve, "resources/read", "casement://application/my-org/x",
	       READ("casement://application/my-org/x"), 200, -32602);
	serve_close(&serve);
}

static void test_results_tell_more(void)
{
	struct serve serve;
	struct reply reply;
	const cm_json *result;
	int64_t ttl_ms = -1;

	serve_open(&serve);
	reply = modern(
	    &serve, "server/discover", NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}}");
	result = cm_json_get(reply.json, "result");
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(result, "resultType")), "complete");
	CU_ASSERT_TRUE(cm_json_integer(cm_json_get(result, "ttlMs"), &ttl_ms) && ttl_ms >= 0);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(result, "cacheScope")), "private");
	CU_ASSERT_EQUAL(cm_json_length(cm_json_get(result, "supportedVersions")), 5);
	CU_ASSERT_PTR_NOT_NULL(
	    cm_json_get(cm_json_get(result, "_meta"), "io.modelcontextprotocol/serverInfo"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_unknown_revision(void)
{
	static const char *const texts[] = {LIST, "[]", "7"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply reply = serve_rpc(&serve, DEMO, "1900-01-01", texts[i]);
		const cm_json *error = cm_json_get(reply.json, "error");
		int64_t code = 0;

		(void)cm_json_integer(cm_json_get(error, "code"), &code);
		ASSERT_ROW(texts[i], reply.status == 400 && code == -32022);
		ASSERT_ROW(texts[i], cm_json_length(cm_json_get(cm_json_get(error, "data"),
		                                                "supported")) == 5);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* What initialize answers when asked for a revision. */
static void negotiates(struct serve *serve, const char *wanted, const char *got)
{
	char text[200];
	struct reply reply;
	const char *version;

	snprintf(text, sizeof text,
	         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
	         "\"protocolVersion\":\"%s\"}}",
	         wanted);
	reply = serve_rpc(serve, DEMO, NULL, text);
	version = cm_json_string(cm_json_get(cm_json_get(reply.json, "result"), "protocolVersion"));
	ASSERT_ROW(wanted, version != NULL && strcmp(version, got) == 0);
	reply_clear(&reply);
}

static void test_negotiation(void)
{
	struct serve serve;

	serve_open(&serve);
	negotiates(&serve, "2024-11-05", "2024-11-05");
	negotiates(&serve, "2025-03-26", "2025-03-26");
	negotiates(&serve, "2025-06-18", "2025-06-18");
	negotiates(&serve, "2025-11-25", "2025-11-25");
	negotiates(&serve, "2026-07-28", "2025-11-25");
	negotiates(&serve, "", "2025-11-25");
	serve_close(&serve);
}

static void test_features(void)
{
	static const struct {
		const char *revision;
		bool titles, annotations, output;
	} rows[] = {
	    {NULL, false, true, false},
	    {"2024-11-05", false, false, false},
	    {"2025-06-18", true, true, true},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply =
		    serve_rpc(&serve, DEMO, rows[i].revision,
		              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
		const cm_json *tool =
		    cm_json_at(cm_json_get(cm_json_get(reply.json, "result"), "tools"), 0);

		CU_ASSERT_EQUAL(cm_json_get(tool, "title") != NULL, rows[i].titles);
		CU_ASSERT_EQUAL(cm_json_get(tool, "annotations") != NULL, rows[i].annotations);
		CU_ASSERT_EQUAL(cm_json_get(tool, "outputSchema") != NULL, rows[i].output);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"headers that differ from the body are refused", test_headers_repeat_the_body},
    {"a request that stands alone says its revision", test_meta_is_needed},
    {"a result tells its type, server and life", test_results_tell_more},
    {"an unknown revision is answered with those there are", test_unknown_revision},
    {"initialize answers with a revision that has it", test_negotiation},
    {"a revision is told only what it has", test_features},
};

CM_SUITE(cm_suite_mcp_revision, "mcp/revision", tests);

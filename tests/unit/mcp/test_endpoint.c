#include "mcp/endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define PING "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"

/* POST a ping with the demo client's token and two variables. */
static struct reply ping(struct serve *serve, const char *accept, const char *type)
{
	char authorization[2100];

	snprintf(authorization, sizeof authorization, "HTTP_AUTHORIZATION=Bearer %s",
	         serve->token[DEMO]);
	return serve_send(serve, "POST", "/api/mcp",
	                  (const char *[]){authorization, accept, type, NULL}, PING);
}

#define JSON "CONTENT_TYPE=application/json"

static void test_accept(void)
{
	static const struct {
		const char *accept;
		int status;
	} rows[] = {
	    {"X=y", 200},
	    {"HTTP_ACCEPT=", 200},
	    {"HTTP_ACCEPT=application/json", 200},
	    {"HTTP_ACCEPT=application/json, text/event-stream", 200},
	    {"HTTP_ACCEPT=text/event-stream,application/json", 200},
	    {"HTTP_ACCEPT=text/html , APPLICATION/JSON ; q=0.1", 200},
	    {"HTTP_ACCEPT=\t*/*", 200},
	    {"HTTP_ACCEPT=application/*", 200},
	    {"HTTP_ACCEPT=text/event-stream", 406},
	    {"HTTP_ACCEPT=text/*", 406},
	    {"HTTP_ACCEPT=application/jsonp", 406},
	    {"HTTP_ACCEPT=application/jso", 406},
	    {"HTTP_ACCEPT=application/problem+json", 406},
	    {"HTTP_ACCEPT=json", 406},
	    {"HTTP_ACCEPT=,", 406},
	    {"HTTP_ACCEPT=*", 406},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply = ping(&serve, rows[i].accept, JSON);

		ASSERT_ROW(rows[i].accept, reply.status == rows[i].status);
		ASSERT_ROW(rows[i].accept,
		           support_code(&reply) == (rows[i].status == 200 ? 0 : -32600));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_content_type(void)
{
	static const struct {
		const char *type;
		int status;
	} rows[] = {
	    {JSON, 200},
	    {"CONTENT_TYPE=Application/Json;charset=UTF-8", 200},
	    {"CONTENT_TYPE=text/plain", 415},
	    {"CONTENT_TYPE=application/x-www-form-urlencoded", 415},
	    {"CONTENT_TYPE=application/json-rpc", 415},
	    {"CONTENT_TYPE=", 415},
	    {"X=y", 415},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reply reply = ping(&serve, "X=y", rows[i].type);

		ASSERT_ROW(rows[i].type, reply.status == rows[i].status);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_an_answer(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = ping(&serve, "X=y", JSON);
	CU_ASSERT_TRUE(reply_has_header(&reply, "Content-Type: application/json\r\n"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Cache-Control: no-store\r\n"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "X-Content-Type-Options: nosniff\r\n"));
	CU_ASSERT_FALSE(reply_has_header(&reply, "Mcp-Session-Id"));
	CU_ASSERT_STRING_EQUAL(reply.body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
	reply_clear(&reply);
	serve_close(&serve);
}

/* Neither the media types nor the body are looked at before the token. */
static void test_R4_the_token_comes_first(void)
{
	static const char *const types[] = {JSON, "CONTENT_TYPE=text/plain", "X=y"};
	static const char *const bodies[] = {"", "{", "[]", PING,
	                                     "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		for (size_t k = 0; k < COUNT_OF(bodies); k++) {
			struct reply reply =
			    serve_send(&serve, "POST", "/api/mcp",
			               (const char *[]){types[i], "HTTP_ACCEPT=text/html",
			                                "HTTP_AUTHORIZATION=Bearer a.b.c", NULL},
			               bodies[k]);

			ASSERT_ROW(bodies[k], reply.status == 401);
			ASSERT_ROW(bodies[k], support_code(&reply) == -32001);
			ASSERT_ROW(bodies[k], support_is(cm_json_get(reply.json, "error"),
			                                 "message", "Unauthorized"));
			ASSERT_ROW(bodies[k],
			           reply_has_header(&reply, "WWW-Authenticate: Bearer error="
			                                    "\"invalid_token\""));
			reply_clear(&reply);
		}
	}
	serve_close(&serve);
}

/* The revision is the header's; without one, what the body says of itself. */
static void test_which_revision(void)
{
	static const char modern[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{"
	    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}";
	static const char unknown[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"ping\",\"params\":{\"_meta\":{"
	    "\"io.modelcontextprotocol/protocolVersion\":\"2020-01-01\"}}}";
	static const char odd[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{"
	    "\"io.modelcontextprotocol/protocolVersion\":7}}}";
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	/* An older header must not turn off the checks that such a body asks for. */
	reply = serve_rpc(&serve, DEMO, "2025-06-18", modern);
	CU_ASSERT_EQUAL(reply.status, 400);
	CU_ASSERT_EQUAL(support_code(&reply), -32020);
	reply_clear(&reply);
	reply = serve_rpc(&serve, DEMO, NULL, modern);
	CU_ASSERT_EQUAL(support_code(&reply), -32020);
	reply_clear(&reply);
	reply = serve_rpc(&serve, DEMO, NULL, unknown);
	CU_ASSERT_EQUAL(support_code(&reply), -32022);
	CU_ASSERT_TRUE(support_is(reply.json, "id", "me"));
	CU_ASSERT_TRUE(support_is(cm_json_get(cm_json_get(reply.json, "error"), "data"),
	                          "requested", "2020-01-01"));
	reply_clear(&reply);
	reply = serve_rpc(&serve, DEMO, NULL, odd);
	CU_ASSERT_EQUAL(reply.status, 200);
	reply_clear(&reply);
	reply = serve_rpc(&serve, DEMO, "", PING);
	CU_ASSERT_EQUAL(support_code(&reply), -32022);
	reply_clear(&reply);
	reply = serve_rpc(&serve, DEMO, "2025-06-18 ", PING);
	CU_ASSERT_EQUAL(support_code(&reply), -32022);
	reply_clear(&reply);
	reply = serve_rpc(&serve, DEMO, "2025\xff", PING);
	CU_ASSERT_EQUAL(support_code(&reply), -32022);
	CU_ASSERT_TRUE(support_is(cm_json_get(cm_json_get(reply.json, "error"), "data"),
	                          "requested", "2025?"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_errors_without_id(void)
{
	static const struct {
		const char *variable;
		bool without;
	} rows[] = {
	    {"X=y", false},
	    {"HTTP_MCP_PROTOCOL_VERSION=2025-06-18", false},
	    {"HTTP_MCP_PROTOCOL_VERSION=2025-11-25", true},
	    {"HTTP_MCP_PROTOCOL_VERSION=2026-07-28", true},
	    {"HTTP_MCP_PROTOCOL_VERSION=nonsense", false},
	    {"HTTP_MCP_PROTOCOL_VERSION=", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {rows[i].variable, NULL};
		struct cm_request req = {.env = env};

		ASSERT_ROW(rows[i].variable, cm_mcp_errors_without_id(&req) == rows[i].without);
	}
}

static void test_initialize(void)
{
	struct serve serve;
	struct reply reply;
	const cm_json *result;

	serve_open(&serve);
	reply = serve_rpc(&serve, READER, NULL,
	                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
	                  "\"protocolVersion\":\"2024-11-05\",\"capabilities\":{},"
	                  "\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}}");
	result = cm_json_get(reply.json, "result");
	CU_ASSERT_TRUE(support_is(result, "protocolVersion", "2024-11-05"));
	CU_ASSERT_TRUE(support_is(cm_json_get(result, "serverInfo"), "name", "casement"));
	CU_ASSERT_TRUE(support_is(cm_json_get(result, "serverInfo"), "version", CM_VERSION));
	CU_ASSERT_EQUAL(cm_json_type(cm_json_get(cm_json_get(result, "capabilities"), "tools")),
	                CM_JSON_OBJECT);
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_get(result, "capabilities"), "completions"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_json_string(cm_json_get(result, "instructions")),
	                              "scopes: read:application."));
	reply_clear(&reply);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, "UPDATE application SET scope = ''"));
	reply = serve_rpc(&serve, READER, NULL,
	                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
	                  "\"protocolVersion\":\"2025-11-25\"}}");
	result = cm_json_get(reply.json, "result");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(cm_json_string(cm_json_get(result, "instructions")), "scopes: none."));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"Accept must leave room for JSON", test_accept},
    {"Content-Type must be JSON", test_content_type},
    {"an answer is JSON that nobody keeps, without a session", test_an_answer},
    {"R4 nothing is looked at before the token", test_R4_the_token_comes_first},
    {"the revision is the header's, else the body's own, and they agree", test_which_revision},
    {"which revisions leave an unknown id out", test_errors_without_id},
    {"initialize tells the server, its powers and the token's scopes", test_initialize},
};

CM_SUITE(cm_suite_mcp_endpoint, "mcp/endpoint", tests);

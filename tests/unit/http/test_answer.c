#include "casement.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "support.h"

static void keep(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

/* Whether an answer shows nothing of the inside. */
static bool tells_nothing(const struct reply *reply)
{
	static const char *const words[] = {"SQL",         "sqlite",       "no such",
	                                    "casement.db", "/tmp",         "SELECT",
	                                    "INSERT",      "random bytes", "lib/"};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strstr(cm_buf_str(&reply->raw), words[i]) != NULL)
			return false;
	}
	return true;
}

/* An answer that says that the store is away. */
static void says_503(struct cm_context *ctx, const char *method, const char *uri, const char *shape)
{
	char method_is[40], uri_is[120];
	const char *env[] = {method_is, uri_is, "REMOTE_ADDR=127.0.0.1", NULL};
	struct cm_buf lines = {0};
	struct reply reply;
	char id[60] = "";
	const char *at;

	snprintf(method_is, sizeof method_is, "REQUEST_METHOD=%s", method);
	snprintf(uri_is, sizeof uri_is, "REQUEST_URI=%s", uri);
	cm_log_sink(keep, &lines);
	reply = support_answer(ctx, env, "", 0, CM_BODY_WHOLE);
	cm_log_sink(NULL, NULL);
	at = strstr(cm_buf_str(&reply.raw), "X-Request-Id: ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(id, sizeof id, "%.32s", at + strlen("X-Request-Id: "));
	ASSERT_ROW(uri, reply.status == 503);
	ASSERT_ROW(uri, reply_has_header(&reply, "Retry-After: 2\r\n"));
	ASSERT_ROW(uri, reply_has_header(&reply, "Cache-Control: no-store\r\n"));
	ASSERT_ROW(uri, !reply_has_header(&reply, "WWW-Authenticate"));
	ASSERT_ROW(uri, strncmp(reply.body, shape, strlen(shape)) == 0);
	ASSERT_ROW(uri, strstr(reply.body, id) != NULL);
	ASSERT_ROW(uri, tells_nothing(&reply));
	/* Who runs the server finds the cause under that id. */
	ASSERT_ROW(uri, strstr(cm_buf_str(&lines), id) != NULL);
	reply_clear(&reply);
	cm_buf_clear(&lines);
}

static void all_say_503(struct cm_context *ctx)
{
	says_503(ctx, "POST", "/api/mcp", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{");
	says_503(ctx, "POST", "/api/login/oauth/access_token",
	         "{\"error\":\"temporarily_unavailable\",");
	says_503(ctx, "GET", "/api/health", "{\"error\":\"store\",");
	says_503(ctx, "GET", "/.well-known/jwks", "{\"error\":\"store\",");
	says_503(ctx, "GET", "/", "{\"error\":\"store\",");
}

static void test_no_store_at_all(void)
{
	struct cm_context ctx;

	cm_context_init(&ctx, "/nonexistent/casement.db");
	all_say_503(&ctx);
	CU_ASSERT_EQUAL(cm_casement_body_limit(&ctx, 0), 1048576);
	cm_context_clear(&ctx);
}

static void test_a_store_that_goes_away(void)
{
	static const char *const env[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/api/health", NULL};
	struct fixture_folder folder;
	struct cm_store *store = NULL;
	struct cm_context ctx;
	struct reply reply;

	fixture_folder_make(&folder);
	CU_ASSERT_EQUAL_FATAL(cm_store_open(folder.db, true, &store, NULL), CM_OK);
	cm_store_close(store);
	cm_context_init(&ctx, folder.db);
	reply = support_answer(&ctx, env, "", 0, CM_BODY_WHOLE);
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_TRUE(support_is(reply.json, "status", "ok"));
	reply_clear(&reply);
	fixture_folder_remove(&folder);
	all_say_503(&ctx);
	cm_context_clear(&ctx);
}

static void test_no_database(void)
{
	struct fixture_folder folder;
	struct cm_context ctx;

	fixture_folder_make(&folder);
	fixture_file_write(folder.db, "This is no database at all, not even a small one.", 49);
	cm_context_init(&ctx, folder.db);
	all_say_503(&ctx);
	cm_context_clear(&ctx);
	fixture_folder_remove(&folder);
}

static void test_a_setting_edited_into_nonsense(void)
{
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store,
	                           "INSERT INTO setting VALUES ('max_body_bytes', 'a lot', 1)"));
	serve.ctx.version = -1;
	all_say_503(&serve.ctx);
	serve_close(&serve);
}

static void test_body_limit(void)
{
	struct serve serve;

	serve_open(&serve);
	CU_ASSERT_EQUAL(cm_casement_body_limit(&serve.ctx, 0), 1048576);
	support_set(&serve, "max_body_bytes", "2048");
	CU_ASSERT_EQUAL(cm_casement_body_limit(&serve.ctx, 0), 2048);
	serve_close(&serve);
}

static void test_no_random_bytes_for_a_token(void)
{
	struct support_rows before;
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	before = support_rows(&serve);
	support_random_ends_after(1); /* the request's own id */
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 500);
	CU_ASSERT_TRUE(support_is(reply.json, "error", "server_error"));
	CU_ASSERT_PTR_NULL(cm_json_get(reply.json, "access_token"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(reply.json, "request_id"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Cache-Control: no-store\r\n"));
	CU_ASSERT_TRUE(tells_nothing(&reply));
	CU_ASSERT_TRUE(support_same_rows(before, support_rows(&serve)));
	reply_clear(&reply);
	serve_close(&serve);
}

#define CALL(name, arguments)                                                                      \
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" name     \
	"\",\"arguments\":" arguments "}}"

static void test_no_random_bytes_for_a_tool(void)
{
	static const struct {
		const char *text;
		int portions;
	} rows[] = {
	    {CALL("add_application", "{\"application\":{\"name\":\"a\"}}"), 1},
	    {CALL("add_application", "{\"application\":{\"name\":\"a\"}}"), 2},
	    {CALL("rotate_application_secret", "{\"id\":\"my-org/demo\"}"), 1},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct support_rows before = support_rows(&serve);
		struct reply reply;

		support_random_ends_after(rows[i].portions);
		reply = serve_rpc(&serve, DEMO, NULL, rows[i].text);
		ASSERT_ROW(rows[i].text, reply.status == 500);
		ASSERT_ROW(rows[i].text, support_code(&reply) == -32603);
		ASSERT_ROW(rows[i].text, cm_json_get(reply.json, "result") == NULL);
		ASSERT_ROW(rows[i].text, support_writes(cm_json_get(reply.json, "id"), "7"));
		ASSERT_ROW(rows[i].text, strstr(reply.body, "\"request_id\":") != NULL);
		ASSERT_ROW(rows[i].text, tells_nothing(&reply));
		ASSERT_ROW(rows[i].text, support_same_rows(before, support_rows(&serve)));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* Each statement fails once its table is gone: nothing of SQLite's words may come out. */
static void test_A18_a_damaged_store(void)
{
	static const char *const texts[] = {
	    CALL("get_applications", "{}"),
	    CALL("get_application", "{\"id\":\"my-org/demo\"}"),
	    CALL("add_application", "{\"application\":{\"name\":\"a\"}}"),
	    CALL("delete_application", "{\"id\":\"my-org/reader\"}"),
	};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	/* A table's columns that are missing break these calls, but not the token's check. */
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store,
	                           "PRAGMA legacy_alter_table = 1; "
	                           "DROP VIEW application_readable; "
	                           "ALTER TABLE application RENAME COLUMN properties TO gone"));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		reply = serve_rpc(&serve, DEMO, NULL, texts[i]);
		ASSERT_ROW(texts[i], reply.status == 500);
		ASSERT_ROW(texts[i], support_code(&reply) == -32603);
		ASSERT_ROW(texts[i], tells_nothing(&reply));
		ASSERT_ROW(texts[i], strstr(reply.body, "properties") == NULL);
		reply_clear(&reply);
	}
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, "DROP TABLE audit"));
	reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
	CU_ASSERT_EQUAL(reply.status, 500);
	CU_ASSERT_TRUE(support_is(reply.json, "error", "server_error"));
	CU_ASSERT_TRUE(tells_nothing(&reply));
	/* No audit row, no token. */
	CU_ASSERT_EQUAL(fixture_integer(serve.ctx.store, "SELECT count(*) FROM token"), 4);
	reply_clear(&reply);
	(void)caller;
	serve_close(&serve);
}

static void test_a_response_that_fails(void)
{
	static const char *const env[] = {
	    "REQUEST_METHOD=OPTIONS", "REQUEST_URI=/.well-known/jwks",
	    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=mcp-param-a\r\n\r\n<script>", NULL};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = support_answer(&serve.ctx, env, "", 0, CM_BODY_WHOLE);
	CU_ASSERT_EQUAL(reply.status, 500);
	CU_ASSERT_TRUE(support_is(reply.json, "error", "internal"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&reply.raw), "<script"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&reply.raw), "Access-Control"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "X-Request-Id: "));
	reply_clear(&reply);
	serve_close(&serve);
}

/* RFC 9110 section 9.3.2, RFC 3875 section 4.3.2: the headers of GET, and no body. */
static void test_head(void)
{
	struct serve serve;
	struct reply get, head;

	serve_open(&serve);
	get = serve_send(&serve, "GET", "/api/health", NULL, "");
	head = serve_send(&serve, "HEAD", "/api/health", NULL, "");
	CU_ASSERT_EQUAL(head.status, get.status);
	CU_ASSERT_TRUE(reply_has_header(&head, "Content-Type: application/json\r\n"));
	CU_ASSERT_STRING_EQUAL(head.body, "");
	reply_clear(&get);
	reply_clear(&head);
	serve_close(&serve);
}

static void test_home_page(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	support_set(&serve, "issuer", "https://h.example/auth");
	reply = serve_send(&serve, "GET", "/auth", (const char *[]){"HTTP_HOST=evil.example", NULL},
	                   "");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_TRUE(reply_has_header(&reply, "Content-Type: text/html; charset=utf-8\r\n"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Content-Security-Policy: default-src 'none'"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply.body, "https://h.example/auth/api/mcp<"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(reply.body, "https://h.example/auth/api/login/oauth/access_token<"));
	CU_ASSERT_PTR_NULL(strstr(reply.body, "evil.example"));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a store that was never there: 503 with an id, in each path's shape", test_no_store_at_all},
    {"a store that goes away is missed at the next request", test_a_store_that_goes_away},
    {"a file that is no database: 503, and nothing of it is told", test_no_database},
    {"a setting that was edited into nonsense is not half obeyed",
     test_a_setting_edited_into_nonsense},
    {"the limit of bodies is the setting's, a careful one without a store", test_body_limit},
    {"without random bytes there is no token, and an OAuth error",
     test_no_random_bytes_for_a_token},
    {"without random bytes a tool changes nothing", test_no_random_bytes_for_a_tool},
    {"A18 no word of the database comes out when it fails", test_A18_a_damaged_store},
    {"a response that fails is replaced as a whole", test_a_response_that_fails},
    {"HEAD is answered like GET, without a body", test_head},
    {"the page for people names the server by its setting", test_home_page},
};

CM_SUITE(cm_suite_http_answer, "http/answer", tests);

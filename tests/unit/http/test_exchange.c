#include "http/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "support.h"

/* An exchange of its own: a request and the response to it. */
struct talk {
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x;
};

static void begin(struct talk *talk, struct cm_context *ctx, const char *const *env)
{
	*talk = (struct talk){0};
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&talk->req, env, "", 0, CM_BODY_WHOLE, NULL), CM_OK);
	cm_response_init(&talk->res);
	talk->x = (struct cm_exchange){.ctx = ctx, .req = &talk->req, .res = &talk->res};
	talk->x.caller.request_id = talk->req.request_id;
	talk->x.caller.address = talk->req.address;
	talk->x.caller.address = talk->req.address;
}

static void end(struct talk *talk)
{
	cm_response_clear(&talk->res);
}

static const char *const no_env[] = {NULL};

/* The challenge that is made of these, as a header line. */
static void challenges(struct serve *serve, const char *error, const char *description,
                       cm_scope_set scopes, const char *wanted)
{
	struct talk talk;

	begin(&talk, &serve->ctx, no_env);
	cm_exchange_challenge(&talk.x, error, description, scopes);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&talk.res.headers), wanted);
	CU_ASSERT_FALSE(talk.res.failed);
	end(&talk);
}

#define WHERE                                                                                      \
	"resource_metadata=\"http://127.0.0.1:8080/.well-known/oauth-protected-resource"           \
	"/api/mcp\", "

static void test_challenge_texts(void)
{
	struct serve serve;

	serve_open(&serve);
	challenges(&serve, NULL, NULL, CM_SCOPE_CORE,
	           "WWW-Authenticate: Bearer " WHERE
	           "scope=\"read:application write:application\"\r\n");
	challenges(
	    &serve, "invalid_token", "It has expired.", CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION),
	    "WWW-Authenticate: Bearer error=\"invalid_token\", "
	    "error_description=\"It has expired.\", " WHERE "scope=\"read:application\"\r\n");
	/* What covers all kinds has no name of its own here. */
	challenges(&serve, NULL, NULL, CM_SCOPE_ANY_READ | CM_SCOPE_ANY_WRITE,
	           "WWW-Authenticate: Bearer " WHERE "scope=\"\"\r\n");
	challenges(&serve, "x", "a\"b\\c\r\nX: d\x7f\xc3\xa9", 0,
	           "WWW-Authenticate: Bearer error=\"x\", "
	           "error_description=\"a?b?c??X: d???\", " WHERE "scope=\"\"\r\n");
	support_set(&serve, "issuer", "https://h.example/auth");
	challenges(&serve, NULL, NULL, 0,
	           "WWW-Authenticate: Bearer resource_metadata=\"https://h.example/.well-known/"
	           "oauth-protected-resource/auth/api/mcp\", scope=\"\"\r\n");
	serve_close(&serve);
}

/* Whether an OAuth or plain error is one that RFC 6749 section 5.2 allows. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
			return false;
	}
	return true;
}

/* Fail with a status in a shape, and look at what is the same for all. */
static void fails(struct serve *serve, enum cm_status status, enum cm_shape shape)
{
	static const char text[] = "SELECT \"x\" FROM secret \\ \r\n\x01 \xc3\xa9 /var/db";
	const struct cm_status_info *info = cm_status_info(status);
	struct cm_err err = {status, ""};
	const char *name = info->name, *body, *description;
	struct talk talk;
	cm_json *json;

	memcpy(err.text, text, sizeof text);
	begin(&talk, &serve->ctx, no_env);
	cm_buf_puts(&talk.res.body, "half of an answer");
	talk.res.cache = "public";
	cm_exchange_fail(&talk.x, shape, &err);
	body = cm_buf_str(&talk.res.body);
	ASSERT_ROW(name, talk.res.status == (info->http == 200 ? 400 : info->http));
	ASSERT_ROW(name, talk.x.outcome == status);
	ASSERT_ROW(name, strcmp(talk.res.content_type, "application/json") == 0);
	ASSERT_ROW(name, strcmp(talk.res.cache, "no-store") == 0);
	ASSERT_ROW(name,
	           strcmp(cm_buf_str(&talk.res.headers),
	                  info->http == 503 || info->http == 429 ? "Retry-After: 2\r\n" : "") == 0);
	json = support_parse(body);
	if (info->generic != NULL) {
		ASSERT_ROW(name, strstr(body, "SELECT") == NULL);
		ASSERT_ROW(name, strstr(body, "/var/db") == NULL);
	}
	ASSERT_ROW(name, (strstr(body, talk.req.request_id) != NULL) == (info->generic != NULL));
	description = cm_json_string(cm_json_get(json, "error_description"));
	if (shape != CM_SHAPE_JSONRPC) {
		ASSERT_ROW(name, description != NULL && is_printable(description));
		ASSERT_ROW(name,
		           support_is(json, "error", shape == CM_SHAPE_OAUTH ? info->oauth : name));
	}
	cm_json_free(json);
	end(&talk);
}

static void test_every_status_in_every_shape(void)
{
	static const enum cm_shape shapes[] = {CM_SHAPE_PLAIN, CM_SHAPE_OAUTH, CM_SHAPE_JSONRPC};
	struct serve serve;

	serve_open(&serve);
	for (int status = CM_OK + 1; status < CM_STATUS_COUNT; status++) {
		for (size_t i = 0; i < COUNT_OF(shapes); i++)
			fails(&serve, (enum cm_status)status, shapes[i]);
	}
	serve_close(&serve);
}

/* The JSON-RPC body of a failure. */
static void tells(struct serve *serve, bool without_id, struct cm_err err, const char *wanted)
{
	struct talk talk;

	begin(&talk, &serve->ctx, no_env);
	memset(talk.req.request_id, '7', sizeof talk.req.request_id - 1);
	talk.x.rpc_without_id = without_id;
	cm_exchange_fail(&talk.x, CM_SHAPE_JSONRPC, &err);
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&talk.res.body), wanted);
	end(&talk);
}

static void test_json_rpc_shape(void)
{
	struct serve serve;

	serve_open(&serve);
	tells(&serve, false, (struct cm_err){CM_UNAUTHORIZED, "The token has expired."},
	      "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,"
	      "\"message\":\"Unauthorized\"}}");
	tells(&serve, true, (struct cm_err){CM_TOO_LARGE, "The \"body\""},
	      "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
	      "\"message\":\"The \\\"body\\\"\"}}");
	tells(&serve, false, (struct cm_err){CM_PARSE, "not UTF-8"},
	      "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
	      "\"message\":\"not UTF-8\"}}");
	tells(&serve, false, (struct cm_err){CM_INTERNAL, "no such table: x"},
	      "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":"
	      "\"Internal error. The server's log has the details under this request id.\","
	      "\"data\":{\"request_id\":\"77777777777777777777777777777777\"}}}");
	serve_close(&serve);
}

static void keep(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

static void test_what_is_logged(void)
{
	struct cm_buf lines = {0};
	struct serve serve;
	struct talk talk;

	serve_open(&serve);
	cm_log_sink(keep, &lines);
	begin(&talk, &serve.ctx, no_env);
	cm_exchange_fail(&talk.x, CM_SHAPE_OAUTH, &(struct cm_err){CM_INVALID_CLIENT, "own"});
	cm_exchange_log(&talk.x, &(struct cm_err){CM_INPUT, "own"});
	CU_ASSERT_STRING_EQUAL(cm_buf_str(&lines), "");
	cm_exchange_fail(&talk.x, CM_SHAPE_OAUTH, &(struct cm_err){CM_STORE, "disk is full"});
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), "disk is full"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&lines), talk.req.request_id));
	end(&talk);
	cm_buf_clear(&lines);
	serve_close(&serve);
}

/* Authenticate with this header; the challenge must have error= only if a token was sent. */
static void refuses(struct serve *serve, const char *header, bool sent)
{
	const char *env[] = {header, NULL};
	struct cm_err err = {0};
	struct talk talk;

	begin(&talk, &serve->ctx, env);
	ASSERT_ROW(header, cm_exchange_authenticate(&talk.x, &err) == CM_UNAUTHORIZED);
	ASSERT_ROW(header, (strstr(cm_buf_str(&talk.res.headers), "error=\"invalid_token\"") !=
	                    NULL) == sent);
	ASSERT_ROW(header,
	           strstr(cm_buf_str(&talk.res.headers), "scope=\"read:application ") != NULL);
	ASSERT_ROW(header, talk.x.caller.client_id[0] == '\0' && talk.x.caller.scopes == 0);
	end(&talk);
}

static void test_R3_R4_bad_headers(void)
{
	char two[4200], tail[2100], inner[2100], colon[2100];
	struct serve serve;

	serve_open(&serve);
	snprintf(two, sizeof two, "HTTP_AUTHORIZATION=Bearer %s, Bearer %s", serve.token[DEMO],
	         serve.token[DEMO]);
	snprintf(tail, sizeof tail, "HTTP_AUTHORIZATION=Bearer %s x", serve.token[DEMO]);
	snprintf(inner, sizeof inner, "HTTP_AUTHORIZATION=Bearer =%s", serve.token[DEMO]);
	snprintf(colon, sizeof colon, "HTTP_AUTHORIZATION=Bearer: %s", serve.token[DEMO]);
	refuses(&serve, "X=y", false);
	refuses(&serve, "HTTP_AUTHORIZATION=", false);
	refuses(&serve, "HTTP_AUTHORIZATION=Bearer", false);
	refuses(&serve, "HTTP_AUTHORIZATION=Bearer ", false);
	refuses(&serve, "HTTP_AUTHORIZATION=Bearer a", true);
	refuses(&serve, "HTTP_AUTHORIZATION=Bearer a.b.c", true);
	refuses(&serve, "HTTP_AUTHORIZATION=Basic YTpi", false);
	refuses(&serve, "HTTP_AUTHORIZATION=Bearer \xff", true);
	refuses(&serve, two, true);
	refuses(&serve, tail, true);
	refuses(&serve, inner, true);
	refuses(&serve, colon, false);
	serve_close(&serve);
}

static void test_R3_good_headers(void)
{
	static const char *const forms[] = {
	    "HTTP_AUTHORIZATION=Bearer %s", "HTTP_AUTHORIZATION=bearer %s",
	    "HTTP_AUTHORIZATION=BEARER   %s", "REDIRECT_HTTP_AUTHORIZATION=Bearer %s"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct cm_buf header = {0};
		const char *env[2] = {NULL, NULL};
		struct cm_err err = {0};
		struct talk talk;

		cm_buf_puts(&header, forms[i]);
		header.len -= 2;
		cm_buf_puts(&header, serve.token[READER]);
		env[0] = cm_buf_str(&header);
		begin(&talk, &serve.ctx, env);
		ASSERT_ROW(forms[i], cm_exchange_authenticate(&talk.x, &err) == CM_OK);
		ASSERT_ROW(forms[i], strcmp(talk.x.caller.client_id, serve.client_id[READER]) == 0);
		ASSERT_ROW(forms[i], strcmp(talk.x.caller.organization, "my-org") == 0);
		ASSERT_ROW(forms[i],
		           talk.x.caller.scopes == CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION));
		ASSERT_ROW(forms[i], talk.res.headers.len == 0);
		end(&talk);
		cm_buf_clear(&header);
	}
	serve_close(&serve);
}

static void test_R3_only_the_header(void)
{
	char query[2100], uri[2100], cookie[2100], body[2100];
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	snprintf(query, sizeof query, "QUERY_STRING=access_token=%s", serve.token[DEMO]);
	snprintf(uri, sizeof uri, "/api/mcp?access_token=%s", serve.token[DEMO]);
	snprintf(cookie, sizeof cookie, "HTTP_COOKIE=access_token=%s", serve.token[DEMO]);
	snprintf(body, sizeof body, "access_token=%s", serve.token[DEMO]);
	reply = serve_send(
	    &serve, "POST", uri,
	    (const char *[]){"CONTENT_TYPE=application/x-www-form-urlencoded", query, cookie, NULL},
	    body);
	CU_ASSERT_EQUAL(reply.status, 401);
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&reply.raw), "invalid_token"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_recheck(void)
{
	static const char *const env[] = {"HTTP_AUTHORIZATION=Bearer x", NULL};
	struct cm_err err = {0};
	struct serve serve;
	struct talk talk;

	serve_open(&serve);
	begin(&talk, &serve.ctx, env);
	CU_ASSERT_EQUAL(cm_exchange_recheck(&talk.x, &err), CM_UNAUTHORIZED);
	CU_ASSERT_EQUAL(talk.res.headers.len, 0);
	end(&talk);
	begin(&talk, &serve.ctx, no_env);
	CU_ASSERT_EQUAL(cm_exchange_recheck(&talk.x, NULL), CM_UNAUTHORIZED);
	end(&talk);
	serve_close(&serve);
}

static void test_a_store_that_fails(void)
{
	char header[2100];
	const char *env[] = {header, NULL};
	struct cm_err err = {0};
	struct serve serve;
	struct talk talk;

	serve_open(&serve);
	snprintf(header, sizeof header, "HTTP_AUTHORIZATION=Bearer %s", serve.token[DEMO]);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, "ALTER TABLE token RENAME TO gone"));
	begin(&talk, &serve.ctx, env);
	CU_ASSERT_NOT_EQUAL(cm_exchange_authenticate(&talk.x, &err), CM_UNAUTHORIZED);
	CU_ASSERT_NOT_EQUAL(err.status, CM_OK);
	/* A good token must not be called bad: its client would throw it away. */
	CU_ASSERT_EQUAL(talk.res.headers.len, 0);
	end(&talk);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a challenge is what RFC 6750 and RFC 9728 want, and one line", test_challenge_texts},
    {"A18 errors tell no internal text, and descriptions are plain ASCII",
     test_every_status_in_every_shape},
    {"the shape of JSON-RPC errors", test_json_rpc_shape},
    {"the log has what the caller may not read, and only that", test_what_is_logged},
    {"R3 R4 what is no single bearer token is refused, and told so if one was sent",
     test_R3_R4_bad_headers},
    {"R3 the scheme has any case, the header either name", test_R3_good_headers},
    {"R3 tokens in query, body and cookie are not looked at", test_R3_only_the_header},
    {"a recheck sends no challenge", test_recheck},
    {"a store that fails makes no bad token", test_a_store_that_fails},
};

CM_SUITE(cm_suite_http_exchange, "http/exchange", tests);

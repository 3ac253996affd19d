#include "http/route.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

/* A table of its own: what each handler was asked stays in these. */
static int seen;
static char seen_client[CM_CLIENT_ID_MAX + 1];

static void handle(struct cm_exchange *x)
{
	seen++;
	snprintf(seen_client, sizeof seen_client, "%s", x->caller.client_id);
	x->res->content_type = "text/plain";
	cm_buf_puts(&x->res->body, "handled");
}

static void handle_other(struct cm_exchange *x)
{
	seen += 100;
	x->res->status = 202;
}

/* The segment that a row left open, as its handler got it. */
static char seen_rest[100];

static void handle_rest(struct cm_exchange *x)
{
	seen++;
	snprintf(seen_rest, sizeof seen_rest, "%s", x->path_rest == NULL ? "NULL" : x->path_rest);
}

static const struct cm_route table[] = {
    {.method = "GET", .path = "/one/", .auth = CM_AUTH_NONE, .handle = handle_rest},
    {.method = "PUT", .path = "/one/", .auth = CM_AUTH_NONE, .handle = handle_rest},
    {.method = "GET", .path = "/one/exact", .auth = CM_AUTH_NONE, .handle = handle_other},
    {.method = "POST", .path = "/one/exact", .auth = CM_AUTH_NONE, .handle = handle_rest},
    {.method = "GET", .path = "/two", .auth = CM_AUTH_NONE, .handle = handle_rest},
    {.method = "GET", .path = "/exact", .auth = CM_AUTH_NONE, .handle = handle_rest},
    {.method = "GET", .path = "/", .auth = CM_AUTH_NONE, .handle = handle_other},
    /* Nothing said of auth, shape and pages: the careful defaults hold. */
    {.method = "GET", .path = "/default", .handle = handle},
    {.method = "GET", .path = "/open", .auth = CM_AUTH_NONE, .handle = handle},
    {.method = "POST", .path = "/open", .auth = CM_AUTH_NONE, .handle = handle_other},
    {.method = "GET", .path = "/open", .auth = CM_AUTH_NONE, .handle = handle_other},
    {.method = "POST", .path = "/rpc", .shape = CM_SHAPE_JSONRPC, .handle = handle},
    {.method = "POST",
     .path = "/oauth",
     .auth = CM_AUTH_NONE,
     .shape = CM_SHAPE_OAUTH,
     .handle = handle},
    {.method = "GET",
     .path = "/all",
     .auth = CM_AUTH_NONE,
     .handle = handle,
     .cors = CM_CORS_ANYONE},
};

/* A request dispatched through the table. */
struct talk {
	struct cm_request req;
	struct cm_response res;
	struct cm_exchange x;
};

static void dispatch(struct talk *talk, struct cm_context *ctx, const char *method, const char *uri,
                     const char *variable, enum cm_body state)
{
	char method_is[80], uri_is[200];
	const char *env[] = {method_is, uri_is, variable, NULL};

	seen = 0;
	seen_client[0] = '\0';
	*talk = (struct talk){0};
	snprintf(method_is, sizeof method_is, "REQUEST_METHOD=%s", method);
	snprintf(uri_is, sizeof uri_is, "REQUEST_URI=%s", uri);
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&talk->req, env, "", 0, state, NULL), CM_OK);
	cm_response_init(&talk->res);
	talk->x = (struct cm_exchange){.ctx = ctx, .req = &talk->req, .res = &talk->res};
	cm_route_dispatch(table, COUNT_OF(table), &talk->x);
}

static void end(struct talk *talk)
{
	cm_response_clear(&talk->res);
}

/* Dispatch, and compare status and which handlers ran. */
static void expect(struct cm_context *ctx, const char *method, const char *uri,
                   const char *variable, int status, int handlers)
{
	struct talk talk;

	dispatch(&talk, ctx, method, uri, variable, CM_BODY_WHOLE);
	ASSERT_ROW(uri, talk.res.status == status);
	ASSERT_ROW(uri, seen == handlers);
	end(&talk);
}

static void test_a_token_is_the_default(void)
{
	char header[2100];
	struct serve serve;
	struct talk talk;

	_Static_assert(CM_AUTH_REQUIRED == 0, "a row that says nothing wants a token");
	_Static_assert(CM_CORS_ALLOWED == 0, "a row that says nothing is for allowed pages");
	_Static_assert(CM_ALONE == 0, "a row that says nothing is worked on alone");
	serve_open(&serve);
	snprintf(header, sizeof header, "HTTP_AUTHORIZATION=Bearer %s", serve.token[READER]);
	expect(&serve.ctx, "GET", "/default", "X=y", 401, 0);
	expect(&serve.ctx, "HEAD", "/default", "X=y", 401, 0);
	expect(&serve.ctx, "GET", "/default", "HTTP_AUTHORIZATION=Bearer x", 401, 0);
	expect(&serve.ctx, "GET", "/default", header, 200, 1);
	CU_ASSERT_STRING_EQUAL(seen_client, serve.client_id[READER]);
	/* Where none is wanted, a bad one does no harm and a good one is not looked at. */
	expect(&serve.ctx, "GET", "/open", "HTTP_AUTHORIZATION=Bearer x", 200, 1);
	expect(&serve.ctx, "GET", "/open", header, 200, 1);
	CU_ASSERT_STRING_EQUAL(seen_client, "");
	dispatch(&talk, &serve.ctx, "GET", "/default", "HTTP_ORIGIN=https://evil.example",
	         CM_BODY_WHOLE);
	CU_ASSERT_EQUAL(talk.res.status, 403);
	CU_ASSERT_EQUAL(seen, 0);
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&talk.res.headers), "WWW-Authenticate"));
	end(&talk);
	serve_close(&serve);
}

static void test_which_row(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve.ctx, "GET", "/open", "X=y", 200, 1);
	expect(&serve.ctx, "HEAD", "/open", "X=y", 200, 1);
	expect(&serve.ctx, "POST", "/open", "X=y", 202, 100);
	expect(&serve.ctx, "GET", "/open?x=/all", "X=y", 200, 1);
	expect(&serve.ctx, "GET", "/open/", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "/ope", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "/openx", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "/Open", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "/%6fpen", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "//open", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "/./open", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "open", "X=y", 404, 0);
	expect(&serve.ctx, "GET", "", "X=y", 404, 0);
	expect(&serve.ctx, "", "/open", "X=y", 405, 0);
	expect(&serve.ctx, "get", "/open", "X=y", 405, 0);
	expect(&serve.ctx, "GETX", "/open", "X=y", 405, 0);
	expect(&serve.ctx, "HEAD", "/rpc", "X=y", 405, 0);
	expect(&serve.ctx, "PUT", "/nonsense", "X=y", 404, 0);
	serve_close(&serve);
}

static void test_one_more_segment(void)
{
	static const struct {
		const char *method, *uri;
		int status;
		const char *rest; /* NULL: no handler that has one ran */
	} rows[] = {
	    {"GET", "/one/x", 200, "x"},
	    {"PUT", "/one/x", 200, "x"},
	    {"HEAD", "/one/x", 200, "x"},
	    {"GET", "/one/x?y=/z", 200, "x"},
	    {"GET", "/one/%2F..%2f", 200, "%2F..%2f"},
	    {"GET", "/one/..", 200, ".."},
	    /* The first row that fits answers; another method is that of a later one. */
	    {"GET", "/one/exact", 200, "exact"},
	    {"POST", "/one/exact", 200, "NULL"},
	    {"GET", "/two", 200, "NULL"},
	    {"DELETE", "/one/x", 405, NULL},
	    {"POST", "/one/x", 405, NULL},
	    {"GET", "/one", 404, NULL},
	    {"GET", "/one/", 404, NULL},
	    {"GET", "/one/?x", 404, NULL},
	    {"GET", "/one/x/", 404, NULL},
	    {"GET", "/one/x/y", 404, NULL},
	    {"GET", "/one//", 404, NULL},
	    {"GET", "/one//x", 404, NULL},
	    {"GET", "/One/x", 404, NULL},
	    {"GET", "/onex", 404, NULL},
	    {"GET", "/o", 404, NULL},
	    {"GET", "/x", 404, NULL},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		seen_rest[0] = '\0';
		dispatch(&talk, &serve.ctx, rows[i].method, rows[i].uri, "X=y", CM_BODY_WHOLE);
		ASSERT_ROW(rows[i].uri, talk.res.status == rows[i].status);
		ASSERT_ROW(rows[i].uri,
		           strcmp(seen_rest, rows[i].rest == NULL ? "" : rows[i].rest) == 0);
		end(&talk);
	}
	/* "/" is the root alone. */
	expect(&serve.ctx, "GET", "/", "X=y", 202, 100);
	serve_close(&serve);
}

static void test_allow_of_open_rows(void)
{
	struct serve serve;
	struct talk talk;

	serve_open(&serve);
	dispatch(&talk, &serve.ctx, "DELETE", "/one/exact", "X=y", CM_BODY_WHOLE);
	CU_ASSERT_EQUAL(talk.res.status, 405);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(cm_buf_str(&talk.res.headers), "Allow: GET, PUT, GET, POST\r\n"));
	end(&talk);
	dispatch(&talk, &serve.ctx, "DELETE", "/one/x", "X=y", CM_BODY_WHOLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&talk.res.headers), "Allow: GET, PUT\r\n"));
	end(&talk);
	serve_close(&serve);
}

static void test_405(void)
{
	static const struct {
		const char *uri, *allow, *body;
	} rows[] = {
	    {"/open", "Allow: GET, POST, GET\r\n", "{\"error\":\"http_method\","},
	    {"/default", "Allow: GET\r\n", "{\"error\":\"http_method\","},
	    {"/oauth", "Allow: POST\r\n", "{\"error\":\"invalid_request\","},
	    {"/rpc", "Allow: POST\r\n", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{"},
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		dispatch(&talk, &serve.ctx, "DELETE", rows[i].uri, "X=y", CM_BODY_WHOLE);
		ASSERT_ROW(rows[i].uri, talk.res.status == 405);
		ASSERT_ROW(rows[i].uri,
		           strstr(cm_buf_str(&talk.res.headers), rows[i].allow) != NULL);
		ASSERT_ROW(rows[i].uri, strncmp(cm_buf_str(&talk.res.body), rows[i].body,
		                                strlen(rows[i].body)) == 0);
		ASSERT_ROW(rows[i].uri, seen == 0);
		end(&talk);
	}
	serve_close(&serve);
}

/* The token comes first: who may not call learns nothing about the limit. */
static void test_body_states(void)
{
	static const struct {
		const char *method, *uri;
		enum cm_body state;
		int status;
		const char *body;
	} rows[] = {
	    {"GET", "/open", CM_BODY_SHORT, 400, "{\"error\":\"invalid_request\","},
	    {"GET", "/open", CM_BODY_TOO_LARGE, 413, "{\"error\":\"too_large\","},
	    {"POST", "/oauth", CM_BODY_SHORT, 400, "{\"error\":\"invalid_request\","},
	    {"POST", "/oauth", CM_BODY_TOO_LARGE, 413, "{\"error\":\"invalid_request\","},
	    {"POST", "/rpc", CM_BODY_TOO_LARGE, 401, "{\"jsonrpc\":\"2.0\","},
	    {"POST", "/rpc", CM_BODY_SHORT, 401, "{\"jsonrpc\":\"2.0\","},
	    {"GET", "/nonsense", CM_BODY_TOO_LARGE, 404, "{\"error\":\"not_found\","},
	    {"PUT", "/open", CM_BODY_SHORT, 405, "{\"error\":\"http_method\","},
	};
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "max_body_bytes", "2048");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		dispatch(&talk, &serve.ctx, rows[i].method, rows[i].uri, "X=y", rows[i].state);
		ASSERT_ROW(rows[i].uri, talk.res.status == rows[i].status);
		ASSERT_ROW(rows[i].uri, seen == 0);
		ASSERT_ROW(rows[i].uri, strncmp(cm_buf_str(&talk.res.body), rows[i].body,
		                                strlen(rows[i].body)) == 0);
		ASSERT_ROW(rows[i].uri, (strstr(cm_buf_str(&talk.res.body), " 2048 bytes") !=
		                         NULL) == (rows[i].status == 413));
		end(&talk);
	}
	serve_close(&serve);
}

static void test_large_bodies_of_callers(void)
{
	static const struct {
		enum cm_body state;
		int status;
	} rows[] = {{CM_BODY_WHOLE, 200}, {CM_BODY_SHORT, 400}, {CM_BODY_TOO_LARGE, 413}};
	char header[2100];
	struct serve serve;

	serve_open(&serve);
	snprintf(header, sizeof header, "HTTP_AUTHORIZATION=Bearer %s", serve.token[READER]);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		dispatch(&talk, &serve.ctx, "POST", "/rpc", header, rows[i].state);
		CU_ASSERT_EQUAL(talk.res.status, rows[i].status);
		CU_ASSERT_EQUAL(seen, rows[i].status == 200);
		CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&talk.res.headers), "WWW-Authenticate"));
		end(&talk);
	}
	serve_close(&serve);
}

static void test_by_end(void)
{
	static const struct {
		const char *path, *row; /* NULL: none */
	} rows[] = {
	    {"/rpc", "/rpc"},
	    {"/au/th/rpc", "/rpc"},
	    {"/one/exact", "/one/exact"},
	    {"/auth/one/exact", "/one/exact"},
	    {"/two/exact", "/exact"},
	    {"/", "/"},
	    {"/auth/", "/"},
	    {"/one/x", NULL},
	    {"/rpc/x", NULL},
	    {"/Rpc", NULL},
	    {"rpc", NULL},
	    {"/xrpc", NULL},
	    {"pc", NULL},
	    {"", NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cm_route *found =
		    cm_route_by_end(table, COUNT_OF(table), rows[i].path);

		ASSERT_ROW(rows[i].path, (found == NULL) == (rows[i].row == NULL));
		ASSERT_ROW(rows[i].path, found == NULL || strcmp(found->path, rows[i].row) == 0);
	}
	CU_ASSERT_PTR_NULL(cm_route_by_end(table, 0, "/rpc"));
}

static void test_no_store(void)
{
	static const struct {
		const char *method, *uri, *body;
	} rows[] = {
	    {"GET", "/default", "{\"error\":\"store\","},
	    {"GET", "/open", "{\"error\":\"store\","},
	    {"HEAD", "/all", "{\"error\":\"store\","},
	    {"POST", "/oauth", "{\"error\":\"temporarily_unavailable\","},
	    {"POST", "/rpc", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,"},
	    /* Below a prefix that nobody knows yet. */
	    {"GET", "/auth/open", "{\"error\":\"store\","},
	    {"POST", "/au/th/oauth", "{\"error\":\"temporarily_unavailable\","},
	    {"POST", "/auth/rpc", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,"},
	    {"POST", "/auth/nonsense", "{\"error\":\"store\","},
	};
	struct cm_context ctx;

	cm_context_init(&ctx, "/nonexistent/casement.db");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct talk talk;

		dispatch(&talk, &ctx, rows[i].method, rows[i].uri,
		         "HTTP_ORIGIN=https://evil.example", CM_BODY_WHOLE);
		ASSERT_ROW(rows[i].uri, talk.res.status == 503);
		ASSERT_ROW(rows[i].uri, seen == 0);
		ASSERT_ROW(rows[i].uri, strncmp(cm_buf_str(&talk.res.body), rows[i].body,
		                                strlen(rows[i].body)) == 0);
		ASSERT_ROW(rows[i].uri,
		           strstr(cm_buf_str(&talk.res.body), talk.req.request_id) != NULL);
		ASSERT_ROW(rows[i].uri,
		           strstr(cm_buf_str(&talk.res.headers), "Retry-After: ") != NULL);
		end(&talk);
	}
	expect(&ctx, "GET", "/nonsense", "X=y", 503, 0);
	/* What is wrong without asking the store is said as ever. */
	expect(&ctx, "PUT", "/open", "X=y", 405, 0);
	cm_context_clear(&ctx);
}

static const struct cm_test tests[] = {
    {"a row that says nothing wants a token and an allowed page", test_a_token_is_the_default},
    {"a path is compared as it came, HEAD goes where GET goes", test_which_row},
    {"a path that ends in a slash has exactly one more segment", test_one_more_segment},
    {"Allow has the methods of rows that are open too", test_allow_of_open_rows},
    {"405 tells all methods of the path, in its shape", test_405},
    {"a body that is short or too large reaches no handler", test_body_states},
    {"a caller is told what is wrong with the body", test_large_bodies_of_callers},
    {"a row is found by the end of a path", test_by_end},
    {"without a store every row says 503 in its shape, and no handler runs", test_no_store},
};

CM_SUITE(cm_suite_http_route_table, "http/route_table", tests);

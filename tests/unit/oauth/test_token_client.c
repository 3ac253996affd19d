#include "oauth/token.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support.h"

#define PATH "/api/login/oauth/access_token"
#define FORM "application/x-www-form-urlencoded"

/* Whether a reply is this error with this status; "" for a token. */
static void is(const char *row, struct reply *reply, int status, const char *error)
{
	const char *got = cm_json_string(cm_json_get(reply->json, "error"));

	ASSERT_ROW(row, reply->status == status);
	ASSERT_ROW(row, *error == '\0' ? got == NULL : got != NULL && strcmp(got, error) == 0);
	ASSERT_ROW(row, (cm_json_get(reply->json, "access_token") != NULL) == (*error == '\0'));
	ASSERT_ROW(row, reply_has_header(reply, "Cache-Control: no-store\r\n"));
	reply_clear(reply);
}

/* A form with the demo client's credentials in it. */
static void put_form(const struct serve *serve, struct cm_buf *out)
{
	cm_buf_printf(out, "grant_type=client_credentials&client_id=%s&client_secret=%s",
	              serve->client_id[DEMO], serve->secret[DEMO]);
}

static void test_A1_plain_http(void)
{
	static const struct {
		const char *address, *https;
		int status;
	} rows[] = {
	    {"REMOTE_ADDR=192.0.2.1", "X=y", 400},
	    {"REMOTE_ADDR=192.0.2.1", "HTTPS=off", 400},
	    {"REMOTE_ADDR=192.0.2.1", "HTTP_X_FORWARDED_PROTO=https", 400},
	    {"REMOTE_ADDR=192.0.2.1", "HTTP_X_FORWARDED_FOR=127.0.0.1", 400},
	    {"REMOTE_ADDR=", "X=y", 400},
	    {"REMOTE_ADDR=192.0.2.1", "HTTPS=on", 200},
	    {"REMOTE_ADDR=192.0.2.1", "REQUEST_SCHEME=https", 200},
	    {"REMOTE_ADDR=127.0.0.1", "X=y", 200},
	    {"REMOTE_ADDR=::1", "X=y", 200},
	};
	struct cm_buf form = {0};
	struct serve serve;

	serve_open(&serve);
	put_form(&serve, &form);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {"REQUEST_METHOD=POST", "REQUEST_URI=" PATH,
		                     "CONTENT_TYPE=" FORM,  rows[i].address,
		                     rows[i].https,         NULL};
		struct reply reply =
		    support_answer(&serve.ctx, env, cm_buf_str(&form), form.len, CM_BODY_WHOLE);

		is(rows[i].https, &reply, rows[i].status,
		   rows[i].status == 200 ? "" : "invalid_request");
	}
	cm_buf_clear(&form);
	serve_close(&serve);
}

/* The rest of each request is good, so that only the place of the parameters is refused. */
static void test_A1_not_in_the_url(void)
{
	static const char *const queries[] = {"x", "client_id=x", "grant_type=client_credentials",
	                                      "=", "%"};
	struct cm_buf form = {0};
	struct serve serve;

	serve_open(&serve);
	put_form(&serve, &form);
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		char uri[100], query[100];
		struct reply reply;

		snprintf(uri, sizeof uri, PATH "?%s", queries[i]);
		snprintf(query, sizeof query, "QUERY_STRING=%s", queries[i]);
		reply = support_post(&serve, uri, FORM, query, cm_buf_str(&form));
		is(queries[i], &reply, 400, "invalid_request");
	}
	cm_buf_clear(&form);
	serve_close(&serve);
}

static void test_A1_only_post(void)
{
	static const char *const methods[] = {"GET", "PUT", "DELETE", "post"};
	struct cm_buf form = {0};
	struct serve serve;

	serve_open(&serve);
	put_form(&serve, &form);
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		struct reply reply =
		    serve_send(&serve, methods[i], PATH,
		               (const char *[]){"CONTENT_TYPE=" FORM, NULL}, cm_buf_str(&form));

		ASSERT_ROW(methods[i], reply_has_header(&reply, "Allow: POST\r\n"));
		is(methods[i], &reply, 405, "invalid_request");
	}
	cm_buf_clear(&form);
	serve_close(&serve);
}

/* Send a form without credentials and this Authorization header. */
static struct reply with_header(struct serve *serve, const char *header, const char *form)
{
	return support_post(serve, PATH, FORM, header, form);
}

static void test_A5_before_the_grant(void)
{
	static const char *const grants[] = {"",
	                                     "grant_type=",
	                                     "grant_type=nonsense",
	                                     "grant_type=password&username=a&password=b",
	                                     "grant_type=client_credentials&scope=nonsense",
	                                     "grant_type=client_credentials&resource=nonsense"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		struct cm_buf form = {0};
		struct reply reply;

		cm_buf_printf(&form, "%s&client_id=%s&client_secret=wrong", grants[i],
		              serve.client_id[DEMO]);
		reply = serve_token(&serve, NOBODY, cm_buf_str(&form));
		ASSERT_ROW(grants[i], !reply_has_header(&reply, "WWW-Authenticate"));
		is(grants[i], &reply, 401, "invalid_client");
		reply = with_header(&serve, "HTTP_AUTHORIZATION=Basic YTpi", grants[i]);
		ASSERT_ROW(grants[i], reply_has_header(&reply, "WWW-Authenticate: Basic realm="));
		is(grants[i], &reply, 401, "invalid_client");
		cm_buf_clear(&form);
	}
	serve_close(&serve);
}

/* The same words for an unknown client and a wrong secret, so that neither can be told. */
static void test_A5_unknown_and_wrong_are_alike(void)
{
	struct cm_buf form = {0};
	struct serve serve;
	struct reply unknown, wrong;

	serve_open(&serve);
	cm_buf_printf(&form, "grant_type=client_credentials&client_id=%s&client_secret=%s",
	              serve.client_id[DEMO], serve.secret[OTHER]);
	wrong = serve_token(&serve, NOBODY, cm_buf_str(&form));
	unknown = serve_token(&serve, NOBODY,
	                      "grant_type=client_credentials&client_id=x&client_secret=y");
	CU_ASSERT_EQUAL(wrong.status, 401);
	CU_ASSERT_EQUAL(unknown.status, 401);
	CU_ASSERT_STRING_EQUAL(wrong.body, unknown.body);
	reply_clear(&wrong);
	reply_clear(&unknown);
	cm_buf_clear(&form);
	serve_close(&serve);
}

static void test_A6_basic_is_form_decoded(void)
{
	struct cm_buf pair = {0};
	struct serve serve;
	struct reply reply;
	char header[400];

	serve_open(&serve);
	cm_buf_printf(&pair, "%s:%s", serve.client_id[DEMO], serve.secret[DEMO]);
	support_basic(cm_buf_str(&pair), header);
	reply = with_header(&serve, header, "grant_type=client_credentials");
	is("plain", &reply, 200, "");
	cm_buf_reset(&pair);
	/* Each first character as an escape. */
	cm_buf_printf(&pair, "%%%02x%s:%%%02X%s", (unsigned)serve.client_id[DEMO][0],
	              serve.client_id[DEMO] + 1, (unsigned)serve.secret[DEMO][0],
	              serve.secret[DEMO] + 1);
	support_basic(cm_buf_str(&pair), header);
	reply = with_header(&serve, header, "grant_type=client_credentials");
	is("escaped", &reply, 200, "");
	cm_buf_reset(&pair);
	/* Decoded once, not twice. */
	cm_buf_printf(&pair, "%%25%02x%s:%s", (unsigned)serve.client_id[DEMO][0],
	              serve.client_id[DEMO] + 1, serve.secret[DEMO]);
	support_basic(cm_buf_str(&pair), header);
	reply = with_header(&serve, header, "grant_type=client_credentials");
	is("escaped twice", &reply, 401, "invalid_client");
	cm_buf_clear(&pair);
	serve_close(&serve);
}

static void test_A6_malformed_pairs(void)
{
	static const char *const pairs[] = {"",    ":",     "a",     "a:",    ":b",
	                                    "a:%", "%zz:b", "a:%00", "%ff:b", "a:b:c"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		char header[400];
		struct reply reply;

		support_basic(pairs[i], header);
		reply = with_header(&serve, header, "grant_type=client_credentials");
		ASSERT_ROW(pairs[i], reply_has_header(&reply, "WWW-Authenticate: Basic"));
		is(pairs[i], &reply, 401, "invalid_client");
	}
	serve_close(&serve);
}

static void test_A6_two_methods(void)
{
	struct cm_buf pair = {0}, form = {0};
	struct serve serve;
	struct reply reply;
	char header[400];

	serve_open(&serve);
	cm_buf_printf(&pair, "%s:%s", serve.client_id[DEMO], serve.secret[DEMO]);
	support_basic(cm_buf_str(&pair), header);
	put_form(&serve, &form);
	reply = with_header(&serve, header, cm_buf_str(&form));
	is("both, both right", &reply, 400, "invalid_request");
	reply = with_header(&serve, header, "grant_type=client_credentials&client_secret=x");
	is("a secret only in the body", &reply, 400, "invalid_request");
	reply = with_header(&serve, header, "grant_type=client_credentials&client_id=other");
	is("another id in the body", &reply, 400, "invalid_request");
	cm_buf_reset(&form);
	cm_buf_printf(&form, "grant_type=client_credentials&client_id=%s", serve.client_id[DEMO]);
	reply = with_header(&serve, header, cm_buf_str(&form));
	is("the same id in the body", &reply, 200, "");
	/* A form's empty secret counts as none (RFC 6749 section 3.1). */
	reply = with_header(&serve, header, "grant_type=client_credentials&client_secret=");
	is("an empty secret in the body", &reply, 200, "");
	cm_buf_clear(&pair);
	cm_buf_clear(&form);
	serve_close(&serve);
}

static void test_A7_no_secret_never_matches(void)
{
	struct cm_buf form = {0};
	struct serve serve;
	struct reply reply;
	char pair[200], header[400];

	serve_open(&serve);
	CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, "UPDATE application SET "
	                                            "client_secret_sha256 = NULL"));
	put_form(&serve, &form);
	reply = serve_token(&serve, NOBODY, cm_buf_str(&form));
	is("the secret that it had", &reply, 401, "invalid_client");
	cm_buf_reset(&form);
	cm_buf_printf(&form, "grant_type=client_credentials&client_id=%s", serve.client_id[DEMO]);
	reply = serve_token(&serve, NOBODY, cm_buf_str(&form));
	is("none at all", &reply, 401, "invalid_client");
	cm_buf_puts(&form, "&client_secret=");
	reply = serve_token(&serve, NOBODY, cm_buf_str(&form));
	is("an empty one", &reply, 401, "invalid_client");
	snprintf(pair, sizeof pair, "%s:", serve.client_id[DEMO]);
	support_basic(pair, header);
	reply = with_header(&serve, header, "grant_type=client_credentials");
	is("an empty one in the header", &reply, 401, "invalid_client");
	/* SHA-256 of nothing in the row would match nothing sent. */
	CU_ASSERT_TRUE(
	    fixture_sql(serve.ctx.store, "UPDATE application SET client_secret_sha256 = ''"));
	reply = with_header(&serve, header, "grant_type=client_credentials");
	is("an empty digest", &reply, 401, "invalid_client");
	cm_buf_clear(&form);
	serve_close(&serve);
}

static void test_A7_client_without_the_grant(void)
{
	static const char *const lists[] = {"[]", "[\"authorization_code\"]",
	                                    "[\"Client_Credentials\"]",
	                                    "[\"client_credentials \"]"};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		char sql[200];
		struct reply reply;

		snprintf(sql, sizeof sql, "UPDATE application SET grant_types = '%s'", lists[i]);
		CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, sql));
		reply = serve_token(&serve, DEMO, "grant_type=client_credentials");
		is(lists[i], &reply, 400, "unauthorized_client");
	}
	serve_close(&serve);
}

static void test_A8_secrets(void)
{
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		char sql[300];

		CU_ASSERT_EQUAL(strlen(serve.secret[i]), 43);
		snprintf(sql, sizeof sql,
		         "SELECT count(*) FROM application WHERE client_id = '%s' AND "
		         "length(client_secret_sha256) = 64 AND properties NOT LIKE '%%%s%%'",
		         serve.client_id[i], serve.secret[i]);
		CU_ASSERT_EQUAL(fixture_integer(serve.ctx.store, sql), 1);
		for (size_t k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(serve.secret[i], serve.secret[k]);
	}
	serve_close(&serve);
}

/* A stranger who knows the client_id of a client without credentials uses up its own requests. */
static void test_rate_without_credentials(void)
{
	static const struct {
		const char *method, *address;
		int status;
	} rows[] = {
	    {"none", "REMOTE_ADDR=192.0.2.1", 400},
	    {"none", "REMOTE_ADDR=192.0.2.1", 400},
	    {"none", "REMOTE_ADDR=192.0.2.1", 429},
	    {"none", "REMOTE_ADDR=192.0.2.2", 400},
	    {"client_secret_post", "REMOTE_ADDR=192.0.2.1", 200},
	    {"client_secret_post", "REMOTE_ADDR=192.0.2.2", 200},
	    {"client_secret_post", "REMOTE_ADDR=192.0.2.3", 429},
	};
	struct serve serve;

	cm_clock_fix(1800000000);
	serve_open(&serve);
	support_set(&serve, "token_requests_per_minute", "2");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *env[] = {
		    "REQUEST_METHOD=POST", "REQUEST_URI=" PATH, "CONTENT_TYPE=" FORM,
		    rows[i].address,       "HTTPS=on",          NULL};
		bool none = strcmp(rows[i].method, "none") == 0;
		struct cm_buf form = {0};
		struct reply reply;
		char sql[200];

		snprintf(sql, sizeof sql,
		         "UPDATE application SET token_endpoint_auth_method = '%s'"
		         " WHERE name = 'demo'",
		         rows[i].method);
		CU_ASSERT_TRUE(fixture_sql(serve.ctx.store, sql));
		if (none)
			cm_buf_printf(&form, "grant_type=authorization_code&client_id=%s",
			              serve.client_id[DEMO]);
		else
			put_form(&serve, &form);
		reply = support_answer(&serve.ctx, env, cm_buf_str(&form), form.len, CM_BODY_WHOLE);
		ASSERT_ROW(rows[i].address, reply.status == rows[i].status);
		reply_clear(&reply);
		cm_buf_clear(&form);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"A1 secrets are taken over TLS or on this machine, whatever headers claim",
     test_A1_plain_http},
    {"A1 parameters in the URL are refused, whatever the body has", test_A1_not_in_the_url},
    {"A1 other methods than POST are 405", test_A1_only_post},
    {"A5 the client comes before the grant, the scope and the resource", test_A5_before_the_grant},
    {"A5 an unknown client and a wrong secret get the same answer",
     test_A5_unknown_and_wrong_are_alike},
    {"A6 id and secret of Basic are form-decoded, once", test_A6_basic_is_form_decoded},
    {"A6 what is no pair is refused with a challenge", test_A6_malformed_pairs},
    {"A6 two ways to authenticate are one too many", test_A6_two_methods},
    {"A7 a client without a secret never matches", test_A7_no_secret_never_matches},
    {"A7 a client that is not registered for the grant gets no token",
     test_A7_client_without_the_grant},
    {"A8 secrets have 256 bits and only their digest is kept", test_A8_secrets},
    {"requests are limited for a client, or for who says to be one", test_rate_without_credentials},
};

CM_SUITE(cm_suite_oauth_token_client, "oauth/token_client", tests);

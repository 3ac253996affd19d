#include <stdio.h>
#include <stdlib.h>

#include "auth/fixture_processes.h"
#include "base/text.h"
#include "oauth/registration.h"
#include "store/client.h"
#include "suite.h"

#define BODY(more) "{\"client_id\":\"new\",\"redirect_uris\":[\"https://example.org/new\"]" more "}"
#define BASIC      ",\"token_endpoint_auth_method\":\"client_secret_basic\""

/* SHA-256 of "one" and of "two". */
#define ONE "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define TWO "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"

/* A client that registered itself, whose registration access token is "the-token". */
static void add_client(struct cm_store *store)
{
	struct cm_client client = {.client_id = "new",
	                           .name = "the-name",
	                           .display_name = "A client",
	                           .auth_method = "none",
	                           .origin = CM_CLIENT_REGISTERED,
	                           .scope = cm_text_dup("read write"),
	                           .grant_types = cm_text_dup("[\"authorization_code\"]"),
	                           .redirect_uris = cm_text_dup("[\"https://example.org/cb\"]"),
	                           .jwks = cm_text_dup("{}")};

	fixture_organization(store, "built-in");
	CU_ASSERT_EQUAL_FATAL(
	    cm_crypto_sha256_hex("the-token", 9, client.registration_sha256, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_client_insert(store, &client, NULL), CM_OK);
	cm_client_clear(&client);
}

static void start(struct processes *p)
{
	processes_start(p);
	add_client(p->other);
}

/* What the process answers when another one runs this SQL after the request has begun to read. */
static void send(struct processes *p, void (*answer)(struct cm_exchange *x), const char *body,
                 const char *meanwhile, struct cm_response *res)
{
	static const char *const env[] = {"REQUEST_METHOD=PUT",
	                                  "REQUEST_URI=" CM_REGISTER_PATH "/new",
	                                  "REMOTE_ADDR=127.0.0.1",
	                                  "CONTENT_TYPE=application/json",
	                                  "HTTP_AUTHORIZATION=Bearer the-token",
	                                  NULL};
	struct cm_request req;
	struct cm_exchange x = {.ctx = &p->ctx, .req = &req, .res = res, .path_rest = "new"};

	cm_response_init(res);
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, body, strlen(body), CM_BODY_WHOLE, NULL),
	                      CM_OK);
	x.caller.request_id = req.request_id;
	x.caller.address = req.address;
	CU_ASSERT_EQUAL_FATAL(processes_next(&p->ctx, NULL), CM_OK);
	CU_ASSERT_TRUE_FATAL(fixture_sql(p->other, meanwhile));
	answer(&x);
}

/* A client that goes, or is another's by the time of the change: nobody is told that it is there.
 */
static void test_gone(void)
{
	static const char *const meanwhile[] = {
	    "DELETE FROM application WHERE client_id = 'new'",
	    "UPDATE application SET registration_token_sha256 = '" ONE "' WHERE client_id = 'new'",
	    "UPDATE application SET client_id = 'x' WHERE client_id = 'new'",
	};
	static void (*const answers[])(struct cm_exchange *) = {cm_oauth_registration_put,
	                                                        cm_oauth_registration_delete};

	for (size_t i = 0; i < COUNT_OF(meanwhile) * COUNT_OF(answers); i++) {
		const char *row = meanwhile[i / COUNT_OF(answers)];
		struct cm_response res;
		struct processes p;

		start(&p);
		send(&p, answers[i % COUNT_OF(answers)], BODY(BASIC), row, &res);
		ASSERT_ROW(row, res.status == 401);
		ASSERT_ROW(row,
		           strstr(cm_buf_str(&res.headers), "WWW-Authenticate: Bearer") != NULL);
		ASSERT_ROW(row, strstr(cm_buf_str(&res.body), "secret") == NULL);
		ASSERT_ROW(row, fixture_integer(p.other, "SELECT count(*) FROM audit") == 0);
		ASSERT_ROW(row,
		           fixture_integer(p.other, "SELECT count(*) FROM application"
		                                    " WHERE redirect_uris LIKE '%/new%'") == 0);
		cm_response_clear(&res);
		processes_end(&p);
	}
}

/* The secrets before and meanwhile, the one that the body has, and what the row has then. */
static void test_secret(void)
{
	static const struct {
		const char *before, *meanwhile, *body, *then;
		int status;
	} rows[] = {
	    /* Two updates that both want a secret: the second one makes no other. */
	    {"", ONE, BODY(BASIC), ONE, 200},
	    /* A rotation is not written over. */
	    {ONE, TWO, BODY(BASIC), TWO, 200},
	    {ONE, TWO, BODY(BASIC ",\"client_secret\":\"two\""), TWO, 200},
	    {ONE, TWO, BODY(BASIC ",\"client_secret\":\"one\""), TWO, 400},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char sql[300];
		struct cm_response res;
		struct processes p;

		start(&p);
		snprintf(sql, sizeof sql,
		         "UPDATE application SET client_secret_sha256 = nullif('%s', '')"
		         " WHERE client_id = 'new'",
		         rows[i].before);
		CU_ASSERT_TRUE(fixture_sql(p.other, sql));
		snprintf(sql, sizeof sql,
		         "UPDATE application SET client_secret_sha256 = '%s',"
		         " token_endpoint_auth_method = 'client_secret_basic'"
		         " WHERE client_id = 'new'",
		         rows[i].meanwhile);
		send(&p, cm_oauth_registration_put, rows[i].body, sql, &res);
		ASSERT_ROW(rows[i].body, res.status == rows[i].status);
		ASSERT_ROW(rows[i].body,
		           strstr(cm_buf_str(&res.body), "\"client_secret\"") == NULL);
		ASSERT_ROW(rows[i].body,
		           fixture_is_text(p.other,
		                           "SELECT client_secret_sha256 FROM application"
		                           " WHERE client_id = 'new'",
		                           rows[i].then));
		ASSERT_ROW(rows[i].body, fixture_integer(p.other, "SELECT count(*) FROM audit") ==
		                             (rows[i].status == 200));
		cm_response_clear(&res);
		processes_end(&p);
	}
}

/* A secret that is told is the one that works. */
static void test_secret_made(void)
{
	struct cm_response res;
	struct processes p;
	cm_json *told = NULL;
	const char *secret;
	char digest[CM_SHA256_HEX] = "";

	start(&p);
	send(&p, cm_oauth_registration_put, BODY(BASIC), "SELECT 1", &res);
	CU_ASSERT_EQUAL(res.status, 200);
	CU_ASSERT_EQUAL_FATAL(cm_json_parse(res.body.data, res.body.len, &told, NULL), CM_OK);
	secret = cm_json_string(cm_json_get(told, "client_secret"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
	CU_ASSERT_EQUAL(cm_crypto_sha256_hex(secret, strlen(secret), digest, NULL), CM_OK);
	CU_ASSERT_TRUE(fixture_is_text(
	    p.other, "SELECT client_secret_sha256 FROM application WHERE client_id = 'new'",
	    digest));
	cm_json_free(told);
	cm_response_clear(&res);
	processes_end(&p);
}

/* What an administrator takes away stays so, also when it was taken only just now. */
static void test_taken_away(void)
{
	static const char *const lower =
	    "UPDATE application SET scope = 'read:application',"
	    " scopes = '[{\"name\":\"read:application\"}]' WHERE client_id = 'new'";

	for (int at_once = 0; at_once <= 1; at_once++) {
		struct cm_response res;
		struct processes p;

		start(&p);
		if (!at_once)
			CU_ASSERT_TRUE(fixture_sql(p.other, lower));
		send(&p, cm_oauth_registration_put,
		     BODY(",\"scope\":\"write\",\"grant_types\":[\"authorization_code\","
		          "\"refresh_token\"]"),
		     at_once ? lower : "SELECT 1", &res);
		CU_ASSERT_EQUAL(res.status, 200);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(cm_buf_str(&res.body), "\"scope\":\"read:application\""));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(cm_buf_str(&res.body), "\"grant_types\":[\"authorization_code\"]"));
		CU_ASSERT_TRUE(fixture_is_text(
		    p.other,
		    "SELECT scope || scopes || grant_types || redirect_uris FROM application"
		    " WHERE client_id = 'new'",
		    "read:application[{\"name\":\"read:application\"}]"
		    "[\"authorization_code\"][\"https://example.org/new\"]"));
		cm_response_clear(&res);
		processes_end(&p);
	}
}

static const struct cm_test tests[] = {
    {"a client that is gone when it is changed is as one that never was", test_gone},
    {"a secret that another has made meanwhile stays", test_secret},
    {"a secret that a change tells is the stored one", test_secret_made},
    {"a client gets nothing back that was taken from it", test_taken_away},
};

CM_SUITE(cm_suite_oauth_register, "oauth/register", tests);

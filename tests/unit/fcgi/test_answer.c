#include "fcgi/answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "casement.h"
#include "oauth/account.h"
#include "oauth/registration.h"
#include "support.h"

enum { REQUESTS = 4, BODY_MAX = 600, TEXT_MAX = 1500 };

/* Requests that came together. */
struct together {
	struct serve serve;
	size_t count;
	struct cm_answer answers[REQUESTS];
	struct reply replies[REQUESTS];
	char body[REQUESTS][BODY_MAX];
	char text[REQUESTS][2][TEXT_MAX];
	const char *env[REQUESTS][6];
	struct cm_buf log;
};

static void keep(const char *line, void *arg)
{
	cm_buf_puts(arg, line);
}

static void open_together(struct together *t)
{
	*t = (struct together){0};
	cm_clock_hold(0);
	serve_open(&t->serve);
}

static void close_together(struct together *t)
{
	for (size_t i = 0; i < t->count; i++)
		reply_clear(&t->replies[i]);
	cm_buf_clear(&t->log);
	serve_close(&t->serve);
}

static long read_text(void *arg, char *out, size_t size)
{
	const char **rest = arg;
	size_t len = strlen(*rest);

	if (len > size)
		len = size;
	memcpy(out, *rest, len);
	*rest += len;
	return (long)len;
}

/* One more came; its body is written already. */
static void came(struct together *t, const char *uri, const char *type)
{
	size_t i = t->count++;
	const char *rest = t->body[i];
	struct cm_stream in = {read_text, &rest};

	snprintf(t->text[i][1], TEXT_MAX, "REQUEST_URI=%s", uri);
	t->env[i][0] = "REQUEST_METHOD=POST";
	t->env[i][1] = t->text[i][1];
	t->env[i][2] = "REMOTE_ADDR=127.0.0.1";
	t->env[i][3] = type;
	t->env[i][4] = t->text[i][0];
	t->answers[i].log = keep;
	t->answers[i].log_arg = &t->log;
	cm_answer_read(&t->answers[i], &t->serve.ctx, t->env[i], &in);
}

static void call(struct together *t, enum serve_client client, const char *tool,
                 const char *arguments)
{
	snprintf(t->text[t->count][0], TEXT_MAX, "HTTP_AUTHORIZATION=Bearer %s",
	         t->serve.token[client]);
	snprintf(t->body[t->count], BODY_MAX,
	         "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"tools/call\",\"params\":{\"name\":"
	         "\"%s\",\"arguments\":%s}}",
	         t->count, tool, arguments);
	came(t, "/api/mcp", "CONTENT_TYPE=application/json");
}

static void add(struct together *t, const char *name)
{
	char arguments[200];

	snprintf(arguments, sizeof arguments,
	         "{\"application\":{\"owner\":\"my-org\",\"name\":\"%s\"}}", name);
	call(t, DEMO, "add_application", arguments);
}

static void token(struct together *t)
{
	char pair[200];

	snprintf(pair, sizeof pair, "%s:%s", t->serve.client_id[READER], t->serve.secret[READER]);
	support_basic(pair, t->text[t->count][0]);
	snprintf(t->body[t->count], BODY_MAX, "grant_type=client_credentials");
	came(t, "/api/login/oauth/access_token", "CONTENT_TYPE=application/x-www-form-urlencoded");
}

/* Answer them; how many steps that took. */
static int answer(struct together *t)
{
	int steps = 0;

	for (size_t done = 0, sent = 0; done < t->count; steps++) {
		done += cm_answer_work(t->answers + done, t->count - done, &t->serve.ctx);
		for (; sent < done; sent++) {
			struct reply *reply = &t->replies[sent];
			const char *end;

			cm_answer_end(&t->answers[sent], &t->serve.ctx, &reply->raw);
			(void)sscanf(cm_buf_str(&reply->raw), "Status: %d", &reply->status);
			end = strstr(cm_buf_str(&reply->raw), "\r\n\r\n");
			CU_ASSERT_PTR_NOT_NULL_FATAL(end);
			reply->body = end + 4;
			(void)cm_json_parse(reply->body, strlen(reply->body), &reply->json, NULL);
		}
	}
	cm_context_rest(&t->serve.ctx);
	return steps;
}

/* Whether a call of a tool went well, and was answered under its own id. */
static bool went_well(const struct together *t, size_t i)
{
	int64_t id = -1;

	(void)cm_json_integer(cm_json_get(t->replies[i].json, "id"), &id);
	return t->replies[i].status == 200 && id == (int64_t)i &&
	       strstr(t->replies[i].body, "\"isError\":true") == NULL &&
	       cm_json_get(t->replies[i].json, "result") != NULL;
}

static int times(const char *text, const char *word)
{
	int count = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		count++;
	}
	return count;
}

static void test_changes_are_one_transaction(void)
{
	struct support_rows before, after;
	struct together t;

	open_together(&t);
	before = support_rows(&t.serve);
	add(&t, "one");
	token(&t);
	add(&t, "two");
	call(&t, READER, "delete_application", "{\"id\":\"my-org/one\"}");
	CU_ASSERT_EQUAL(answer(&t), 1);
	after = support_rows(&t.serve);
	CU_ASSERT_TRUE(went_well(&t, 0));
	CU_ASSERT_EQUAL(t.replies[1].status, 200);
	CU_ASSERT_TRUE(went_well(&t, 2));
	CU_ASSERT_EQUAL(t.replies[3].status, 403);
	CU_ASSERT_EQUAL(after.applications, before.applications + 2);
	CU_ASSERT_EQUAL(after.tokens, before.tokens + 1);
	/* A refusal has its row too. */
	CU_ASSERT_EQUAL(after.audits, before.audits + 4);
	close_together(&t);
}

static void test_reads_are_answered_at_once(void)
{
	struct together t;

	open_together(&t);
	call(&t, DEMO, "get_application", "{\"id\":\"my-org/demo\"}");
	call(&t, READER, "get_application", "{\"id\":\"my-org/reader\"}");
	add(&t, "one");
	/* It sees what is not committed yet, and is answered when it is. */
	call(&t, DEMO, "get_application", "{\"id\":\"my-org/one\"}");
	CU_ASSERT_EQUAL(answer(&t), 3);
	for (size_t i = 0; i < t.count; i++)
		CU_ASSERT_TRUE(went_well(&t, i));
	close_together(&t);
}

static void test_one_that_fails(void)
{
	struct together t;

	open_together(&t);
	add(&t, "one");
	add(&t, "one");
	add(&t, "two");
	CU_ASSERT_EQUAL(answer(&t), 1);
	CU_ASSERT_TRUE(went_well(&t, 0));
	CU_ASSERT_FALSE(went_well(&t, 1));
	CU_ASSERT_TRUE(went_well(&t, 2));
	CU_ASSERT_EQUAL(fixture_integer(t.serve.ctx.store,
	                                "SELECT count(*) FROM application WHERE name = 'one'"),
	                1);
	close_together(&t);
}

/*
 * The row of the token is written last, when its client is gone: that can't be committed.  One
 * after the other both can be done.
 */
static void test_done_again_alone(void)
{
	struct support_rows before, after;
	struct together t;

	open_together(&t);
	support_set(&t.serve, "log_level", "info");
	before = support_rows(&t.serve);
	token(&t);
	call(&t, ADMIN, "delete_application", "{\"id\":\"my-org/reader\"}");
	add(&t, "one");
	CU_ASSERT_EQUAL(answer(&t), 1);
	after = support_rows(&t.serve);
	CU_ASSERT_EQUAL(t.replies[0].status, 200);
	CU_ASSERT_TRUE(went_well(&t, 1));
	CU_ASSERT_TRUE(went_well(&t, 2));
	/* One application less, one more; what was issued went with its client. */
	CU_ASSERT_EQUAL(after.applications, before.applications);
	CU_ASSERT_EQUAL(after.audits, before.audits + 3);
	CU_ASSERT_EQUAL(fixture_integer(t.serve.ctx.store,
	                                "SELECT count(*) FROM application WHERE name = 'one'"),
	                1);
	CU_ASSERT_EQUAL(times(cm_buf_str(&t.log), "done again, each alone: 3 requests"), 1);
	/* Each is logged once, with what came of it. */
	CU_ASSERT_EQUAL(times(cm_buf_str(&t.log), "\"status\":200"), 3);
	CU_ASSERT_EQUAL(times(cm_buf_str(&t.log), "\"http\":\"POST\""), 3);
	close_together(&t);
}

/* Another organisation takes the client_id of a client that a token is signed for. */
static void test_a_client_id_taken_over(void)
{
	char arguments[300];
	struct together t;

	open_together(&t);
	snprintf(arguments, sizeof arguments,
	         "{\"application\":{\"owner\":\"other-org\",\"name\":\"new\",\"clientId\":\"%s\","
	         "\"scopes\":[{\"name\":\"read:application\"}]}}",
	         t.serve.client_id[READER]);
	token(&t);
	call(&t, ADMIN, "delete_application", "{\"id\":\"my-org/reader\"}");
	call(&t, OTHER, "add_application", arguments);
	CU_ASSERT_EQUAL(answer(&t), 1);
	CU_ASSERT_EQUAL(t.replies[0].status, 200);
	CU_ASSERT_TRUE(went_well(&t, 1));
	CU_ASSERT_TRUE(went_well(&t, 2));
	/* The token went with its client. */
	CU_ASSERT_EQUAL(fixture_integer(t.serve.ctx.store,
	                                "SELECT count(*) FROM token JOIN application ON id ="
	                                " application_id WHERE name IN ('reader', 'new')"),
	                0);
	close_together(&t);
}

/* Somebody types a password in. */
static void sign_in(struct together *t)
{
	char secret[CM_SECRET_TEXT], text[CM_SECRET_TEXT + 8], form_token[CM_SHA256_HEX];

	CU_ASSERT_EQUAL_FATAL(cm_crypto_secret(secret, NULL), CM_OK);
	snprintf(text, sizeof text, "form:%s", secret);
	CU_ASSERT_EQUAL(cm_crypto_sha256_hex(text, strlen(text), form_token, NULL), CM_OK);
	snprintf(t->text[t->count][0], TEXT_MAX, "HTTP_COOKIE=casement=%s", secret);
	snprintf(t->body[t->count], BODY_MAX,
	         "form_token=%s&action=sign-in&username=nobody&password=of-no-use", form_token);
	came(t, CM_ACCOUNT_PATH, "CONTENT_TYPE=application/x-www-form-urlencoded");
}

/* A password takes long to check: nobody waits for the lock meanwhile, nor for an answer. */
static void test_a_sign_in_is_alone(void)
{
	struct together t;

	open_together(&t);
	add(&t, "one");
	sign_in(&t);
	add(&t, "two");
	CU_ASSERT_FALSE(cm_answer_is_short(&t.answers[1]));
	CU_ASSERT_EQUAL(answer(&t), 3);
	CU_ASSERT_TRUE(went_well(&t, 0));
	CU_ASSERT_EQUAL(t.replies[1].status, 403);
	CU_ASSERT_TRUE(went_well(&t, 2));
	close_together(&t);
}

/* It may hold a hundred messages. */
static void test_a_batch_is_alone(void)
{
	struct together t;

	open_together(&t);
	add(&t, "one");
	snprintf(t.text[t.count][0], TEXT_MAX, "HTTP_AUTHORIZATION=Bearer %s", t.serve.token[DEMO]);
	snprintf(t.body[t.count], BODY_MAX,
	         "\n [{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]");
	came(&t, "/api/mcp", "CONTENT_TYPE=application/json");
	add(&t, "two");
	CU_ASSERT_EQUAL(answer(&t), 3);
	CU_ASSERT_TRUE(went_well(&t, 0));
	CU_ASSERT_EQUAL(t.replies[1].status, 200);
	CU_ASSERT_TRUE(went_well(&t, 2));
	close_together(&t);
}

/* Before the settings are read nobody knows where paths begin: their ends tell. */
static void test_which_are_short(void)
{
	static const struct {
		const char *path, *body;
		bool is_short;
	} rows[] = {
	    {"/api/mcp", "{}", true},
	    {"/api/mcp", "", true},
	    {"/api/mcp", "\r\n\t [", false},
	    {"/auth/api/mcp", "{}", true},
	    {"/auth/api/mcp", "[", false},
	    {CM_TOKEN_PATH, "grant_type=x", true},
	    {"/auth" CM_TOKEN_PATH, "[", true},
	    {"/.well-known/oauth-protected-resource/api/mcp", "", false},
	    {CM_TOKEN_PATH "/", "", false},
	    {CM_ACCOUNT_PATH, "", false},
	    {CM_REGISTER_PATH, "", false},
	    {CM_REGISTER_PATH "/api/mcpx", "", false},
	    {"/", "", false},
	    {"", "", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_request req = {.body = rows[i].body};

		snprintf(req.path, sizeof req.path, "%s", rows[i].path);
		ASSERT_ROW(rows[i].path, cm_casement_is_short(&req) == rows[i].is_short);
	}
}

/* While the first of them waits for the lock another process ends their token. */
static void test_a_token_ends_before_the_lock(void)
{
	static const char *const limits[] = {"0", "100"};

	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct fixture_folder folder;
		struct support_rows before, after;
		struct together t = {0};

		cm_clock_hold(0);
		fixture_folder_make(&folder);
		serve_open_file(&t.serve, folder.db);
		support_set(&t.serve, "tool_calls_per_minute", limits[i]);
		before = support_rows(&t.serve);
		cm_context_rest(&t.serve.ctx);
		add(&t, "one");
		add(&t, "two");
		fixture_before_write(t.serve.ctx.store, folder.db,
		                     "UPDATE token SET revoked_at_s = 1");
		(void)answer(&t);
		ASSERT_ROW(limits[i], t.replies[0].status == 401 && t.replies[1].status == 401);
		after = support_rows(&t.serve);
		ASSERT_ROW(limits[i], after.applications == before.applications);
		cm_context_rest(&t.serve.ctx);
		close_together(&t);
		fixture_folder_remove(&folder);
	}
}

static long read_some(void *arg, char *out, size_t size)
{
	long *left = arg;
	long got = *left < (long)size ? *left : (long)size;

	memset(out, ' ', (size_t)got);
	*left -= got;
	return got;
}

/* Else a server that still writes the body gives the client no answer; and little of it is kept. */
static void test_too_long(void)
{
	static const char *const lengths[] = {"CONTENT_LENGTH=3000000", "CONTENT_LENGTH="};

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		const char *const env[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/api/mcp",
		                           lengths[i], NULL};
		long left = 3000000;
		struct cm_stream in = {read_some, &left};
		struct cm_answer a = {0};
		struct cm_buf out = {0};
		struct serve serve;

		serve_open(&serve);
		cm_answer_read(&a, &serve.ctx, env, &in);
		ASSERT_ROW(lengths[i], left == 0);
		ASSERT_ROW(lengths[i], a.req.body_state == CM_BODY_TOO_LARGE && !a.whole);
		ASSERT_ROW(lengths[i], a.body.len <= (size_t)serve.ctx.settings.max_body_bytes + 1);
		(void)cm_answer_work(&a, 1, &serve.ctx);
		cm_answer_end(&a, &serve.ctx, &out);
		cm_buf_clear(&out);
		serve_close(&serve);
	}
}

static const struct cm_test tests[] = {
    {"a token that ends before the lock is had changes nothing", test_a_token_ends_before_the_lock},
    {"changes that came together are one transaction", test_changes_are_one_transaction},
    {"what only reads is answered at once, but not what nobody else can see yet",
     test_reads_are_answered_at_once},
    {"one that fails does not touch the others", test_one_that_fails},
    {"a transaction that fails is done again, each request alone", test_done_again_alone},
    {"no token ends up with a client of the same client_id", test_a_client_id_taken_over},
    {"a sign-in is alone", test_a_sign_in_is_alone},
    {"a batch is alone", test_a_batch_is_alone},
    {"which requests may be worked on together", test_which_are_short},
    {"a body that is too long is read to its end, and little of it kept", test_too_long},
};

CM_SUITE(cm_suite_fcgi_answer, "fcgi/answer", tests);

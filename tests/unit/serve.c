#include "serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/access_token.h"
#include "auth/fixture_auth.h"
#include "auth/issue.h"
#include "base/clock.h"
#include "casement.h"
#include "store/fixture_store.h"
#include "store/organization.h"
#include "tools/toolbox.h"

static const struct {
	const char *owner, *name, *scopes;
} clients[SERVE_CLIENTS] = {
    [ADMIN] = {"built-in", "admin", "[{\"name\":\"admin\"}]"},
    [DEMO] = {"my-org", "demo",
              "[{\"name\":\"read:application\"},{\"name\":\"write:application\"}]"},
    [OTHER] = {"other-org", "demo",
               "[{\"name\":\"read:application\"},{\"name\":\"write:application\"}]"},
    [READER] = {"my-org", "reader", "[{\"name\":\"read:application\"}]"},
};

static const struct cm_principal root = {.client_id = "test",
                                         .organization = "built-in",
                                         .scopes = CM_SCOPE_ALL,
                                         .request_id = "",
                                         .address = ""};

static enum cm_status set_up(struct cm_store *store, void *arg, struct cm_err *err)
{
	static const char *const names[] = {"built-in", "my-org", "other-org"};
	static char alg[] = "ES256";
	enum cm_status rc = cm_setting_set(store, "signing_algorithm", "ES256", err);

	(void)arg;
	for (size_t i = 0; rc == CM_OK && i < COUNT_OF(names); i++) {
		struct cm_organization row = {.created_at_s = 1};

		snprintf(row.name, sizeof row.name, "%s", names[i]);
		snprintf(row.display_name, sizeof row.display_name, "%s", names[i]);
		rc = fixture_organization_insert(store, &row, err);
	}
	return rc == CM_OK ? fixture_key_create(store, alg, err) : rc;
}

static void add_client(struct serve *serve, size_t i)
{
	struct cm_issued token = {0};
	struct cm_tool_result result = {0};
	struct cm_tool_call call = {.ctx = &serve->ctx,
	                            .tool = cm_tool_find(&cm_toolbox, "add_application"),
	                            .caller = &root};
	cm_json *arguments = NULL, *made = NULL;
	struct cm_client client = {0};
	struct cm_err err = {0};
	char text[500];

	snprintf(text, sizeof text,
	         "{\"application\":{\"owner\":\"%s\",\"name\":\"%s\",\"scopes\":%s}}",
	         clients[i].owner, clients[i].name, clients[i].scopes);
	CU_ASSERT_EQUAL_FATAL(cm_json_parse(text, strlen(text), &arguments, &err), CM_OK);
	call.arguments = arguments;
	CU_ASSERT_EQUAL_FATAL(cm_tool_run(&call, &result, &err), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_json_parse(result.text.data, result.text.len, &made, &err), CM_OK);
	snprintf(serve->client_id[i], sizeof serve->client_id[i], "%s",
	         cm_json_string(cm_json_get(made, "clientId")));
	snprintf(serve->secret[i], sizeof serve->secret[i], "%s",
	         cm_json_string(cm_json_get(made, "clientSecret")));
	CU_ASSERT_EQUAL_FATAL(cm_client_get(serve->ctx.store, serve->client_id[i], &client, &err),
	                      CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_issue_to_client(&serve->ctx, &client, NULL, &root, &token, &err),
	                      CM_OK);
	serve->token[i] = strdup(cm_buf_str(&token.jwt));
	cm_issued_clear(&token);
	cm_client_clear(&client);
	cm_tool_result_clear(&result);
	cm_json_free(arguments);
	cm_json_free(made);
}

void serve_open_file(struct serve *serve, const char *path)
{
	struct cm_store *store = NULL;

	*serve = (struct serve){0};
	cm_context_init(&serve->ctx, path);
	CU_ASSERT_EQUAL_FATAL(cm_store_open(path, true, &store, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_store_write(store, set_up, NULL, NULL), CM_OK);
	cm_context_take_store(&serve->ctx, store);
	CU_ASSERT_EQUAL_FATAL(cm_context_refresh(&serve->ctx, NULL), CM_OK);
	cm_context_rest(&serve->ctx);
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		add_client(serve, i);
}

void serve_open(struct serve *serve)
{
	serve_open_file(serve, ":memory:");
}

void serve_close(struct serve *serve)
{
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		free(serve->token[i]);
	cm_context_clear(&serve->ctx);
}

void reply_clear(struct reply *reply)
{
	cm_json_free(reply->json);
	cm_buf_clear(&reply->raw);
}

bool reply_has_header(const struct reply *reply, const char *text)
{
	const char *found = strstr(cm_buf_str(&reply->raw), text);

	return found != NULL && found < reply->body &&
	       (found == reply->raw.data || found[-1] == '\n');
}

enum { VARIABLES = 32 };

void serve_answer(struct cm_context *ctx, const struct cm_request *req, struct cm_response *res)
{
	struct cm_exchange x;

	cm_casement_run(&x, ctx, req, res);
	cm_context_rest(ctx);
	cm_casement_end(&x);
}

struct reply serve_send(struct serve *serve, const char *method, const char *uri,
                        const char *const *variables, const char *body)
{
	char request_method[64], request_uri[2100];
	const char *env[VARIABLES + 4] = {request_method, request_uri, "REMOTE_ADDR=127.0.0.1"};
	struct reply reply = {0};
	struct cm_response res;
	struct cm_request req;
	const char *end;

	snprintf(request_method, sizeof request_method, "REQUEST_METHOD=%s", method);
	snprintf(request_uri, sizeof request_uri, "REQUEST_URI=%s", uri);
	for (size_t i = 0; variables != NULL && variables[i] != NULL && i < VARIABLES; i++)
		env[3 + i] = variables[i];
	cm_response_init(&res);
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, env, body, strlen(body), CM_BODY_WHOLE, NULL),
	                      CM_OK);
	serve_answer(&serve->ctx, &req, &res);
	reply.status = res.status;
	CU_ASSERT_EQUAL_FATAL(cm_response_emit(&res, &reply.raw, NULL), CM_OK);
	cm_response_clear(&res);
	end = strstr(cm_buf_str(&reply.raw), "\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	reply.body = end + 4;
	(void)cm_json_parse(reply.body, strlen(reply.body), &reply.json, NULL);
	return reply;
}

struct reply serve_rpc(struct serve *serve, enum serve_client client, const char *revision,
                       const char *text)
{
	char authorization[2000], version[80];
	const char *variables[4] = {"CONTENT_TYPE=application/json"};
	size_t n = 1;

	if (client != NOBODY) {
		snprintf(authorization, sizeof authorization, "HTTP_AUTHORIZATION=Bearer %s",
		         serve->token[client]);
		variables[n++] = authorization;
	}
	if (revision != NULL) {
		snprintf(version, sizeof version, "HTTP_MCP_PROTOCOL_VERSION=%s", revision);
		variables[n++] = version;
	}
	return serve_send(serve, "POST", "/api/mcp", variables, text);
}

char *serve_call(struct serve *serve, enum serve_client client, const char *tool,
                 const char *arguments, bool *failed)
{
	struct cm_buf text = {0};
	struct reply reply;
	const cm_json *result;
	const char *block;
	char *copy;

	cm_buf_printf(
	    &text,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\","
	    "\"arguments\":%s}}",
	    tool, arguments);
	reply = serve_rpc(serve, client, NULL, cm_buf_str(&text));
	result = cm_json_get(reply.json, "result");
	*failed = true;
	(void)cm_json_bool(cm_json_get(result, "isError"), failed);
	block = cm_json_string(cm_json_get(cm_json_at(cm_json_get(result, "content"), 0), "text"));
	copy = block == NULL ? NULL : strdup(block);
	reply_clear(&reply);
	cm_buf_clear(&text);
	return copy;
}

void serve_refuses(struct serve *serve, enum serve_client client, const char *tool,
                   const char *arguments, const char *word)
{
	bool failed = false;
	char *text = serve_call(serve, client, tool, arguments, &failed);

	ASSERT_ROW(arguments, failed && text != NULL && strstr(text, word) != NULL);
	free(text);
}

void serve_does(struct serve *serve, enum serve_client client, const char *tool,
                const char *arguments)
{
	bool failed = true;
	char *text = serve_call(serve, client, tool, arguments, &failed);

	ASSERT_ROW(arguments, !failed && text != NULL);
	free(text);
}

struct reply serve_token(struct serve *serve, enum serve_client client, const char *form)
{
	static const char *const variables[] = {"CONTENT_TYPE=application/x-www-form-urlencoded",
	                                        NULL};
	struct cm_buf body = {0};
	struct reply reply;

	cm_buf_puts(&body, form);
	if (client != NOBODY)
		cm_buf_printf(&body, "&client_id=%s&client_secret=%s", serve->client_id[client],
		              serve->secret[client]);
	reply = serve_send(serve, "POST", "/api/login/oauth/access_token", variables,
	                   cm_buf_str(&body));
	cm_buf_clear(&body);
	return reply;
}

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "casement.h"
#include "tools/toolbox.h"

cm_json *support_parse(const char *text)
{
	struct cm_err err = {0};
	cm_json *json = NULL;

	ASSERT_ROW(text, cm_json_parse(text, strlen(text), &json, &err) == CM_OK);
	return json;
}

bool support_is(const cm_json *json, const char *member, const char *text)
{
	const char *value = cm_json_string(cm_json_get(json, member));

	return value != NULL && strcmp(value, text) == 0;
}

bool support_writes(const cm_json *json, const char *text)
{
	struct cm_buf buf = {0};
	bool same;

	cm_json_put_value(&buf, json);
	same = strcmp(cm_buf_str(&buf), text) == 0;
	cm_buf_clear(&buf);
	return same;
}

int64_t support_code(const struct reply *reply)
{
	int64_t code = 0;

	(void)cm_json_integer(cm_json_get(cm_json_get(reply->json, "error"), "code"), &code);
	return code;
}

struct reply support_answer(struct cm_context *ctx, const char *const *variables, const char *body,
                            size_t body_len, enum cm_body state)
{
	struct reply reply = {0};
	struct cm_response res;
	struct cm_request req;
	const char *end;

	cm_response_init(&res);
	CU_ASSERT_EQUAL_FATAL(cm_request_init(&req, variables, body, body_len, state, NULL), CM_OK);
	serve_answer(ctx, &req, &res);
	reply.status = res.status;
	CU_ASSERT_EQUAL_FATAL(cm_response_emit(&res, &reply.raw, NULL), CM_OK);
	cm_response_clear(&res);
	end = strstr(cm_buf_str(&reply.raw), "\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	reply.body = end + 4;
	(void)cm_json_parse(reply.body, strlen(reply.body), &reply.json, NULL);
	return reply;
}

struct reply support_post(struct serve *serve, const char *uri, const char *type,
                          const char *variable, const char *body)
{
	char content_type[200];
	const char *variables[] = {content_type, variable, NULL};

	snprintf(content_type, sizeof content_type, "CONTENT_TYPE=%s", type);
	return serve_send(serve, "POST", uri, variables, body);
}

void support_basic(const char *pair, char out[400])
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(pair), at;

	strcpy(out, "HTTP_AUTHORIZATION=Basic ");
	at = strlen(out);
	for (size_t i = 0; i < len && at + 5 < 400; i += 3) {
		unsigned bits = (unsigned)(unsigned char)pair[i] << 16;

		if (i + 1 < len)
			bits |= (unsigned)(unsigned char)pair[i + 1] << 8;
		if (i + 2 < len)
			bits |= (unsigned char)pair[i + 2];
		out[at++] = digits[bits >> 18];
		out[at++] = digits[bits >> 12 & 63];
		out[at++] = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		out[at++] = i + 2 < len ? digits[bits & 63] : '=';
	}
	out[at] = '\0';
}

struct change {
	const char *name, *value;
};

static enum cm_status change_setting(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct change *change = arg;

	return cm_setting_set(store, change->name, change->value, err);
}

void support_set(struct serve *serve, const char *name, const char *value)
{
	struct change change = {name, value};

	CU_ASSERT_EQUAL_FATAL(cm_store_write(serve->ctx.store, change_setting, &change, NULL),
	                      CM_OK);
	serve->ctx.version = -1;
	CU_ASSERT_EQUAL_FATAL(cm_context_refresh(&serve->ctx, NULL), CM_OK);
}

struct support_rows support_rows(struct serve *serve)
{
	struct cm_store *store = serve->ctx.store;

	return (struct support_rows){
	    .applications = fixture_integer(store, "SELECT count(*) FROM application"),
	    .tokens = fixture_integer(store, "SELECT count(*) FROM token"),
	    .audits = fixture_integer(store, "SELECT count(*) FROM audit"),
	};
}

bool support_same_rows(struct support_rows a, struct support_rows b)
{
	return a.applications == b.applications && a.tokens == b.tokens && a.audits == b.audits;
}

static int portions_left;

static bool some_random(void *out, size_t len)
{
	unsigned char *bytes = out;

	if (portions_left == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)((size_t)portions_left * 31 + i);
	portions_left--;
	return true;
}

void support_random_ends_after(int portions)
{
	portions_left = portions;
	cm_crypto_random_source(some_random);
}

struct cm_principal support_caller(const char *organization, cm_scope_set scopes)
{
	struct cm_principal caller = {
	    .client_id = "tester", .scopes = scopes, .request_id = "", .address = ""};

	snprintf(caller.organization, sizeof caller.organization, "%s", organization);
	return caller;
}

enum cm_status support_tool(struct serve *serve, const struct cm_principal *caller,
                            const char *tool, const char *arguments, cm_json **result,
                            struct cm_err *err)
{
	cm_json *json = support_parse(arguments);
	struct cm_tool_result told = {0};
	struct cm_tool_call call = {.ctx = &serve->ctx,
	                            .tool = cm_tool_find(&cm_toolbox, tool),
	                            .caller = caller,
	                            .arguments = json};
	enum cm_status rc = cm_tool_run(&call, &told, err);

	if (result != NULL)
		*result = rc == CM_OK ? support_parse(cm_buf_str(&told.text)) : NULL;
	cm_tool_result_clear(&told);
	cm_json_free(json);
	return rc;
}

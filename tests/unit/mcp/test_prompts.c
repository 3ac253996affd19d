#include "mcp/prompt.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"
#include "tools/toolbox.h"

/* Ask for a prompt with these arguments, JSON text. */
static struct reply get(struct serve *serve, enum serve_client client, const char *name,
                        const char *arguments)
{
	struct cm_buf text = {0};
	struct reply reply;

	cm_buf_printf(&text,
	              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/get\",\"params\":{"
	              "\"name\":\"%s\",\"arguments\":%s}}",
	              name, arguments);
	reply = serve_rpc(serve, client, "2025-11-25", cm_buf_str(&text));
	cm_buf_clear(&text);
	return reply;
}

/* The prompt's one message (borrowed from the reply). */
static const char *text_of(const struct reply *reply)
{
	const cm_json *message =
	    cm_json_at(cm_json_get(cm_json_get(reply->json, "result"), "messages"), 0);

	return cm_json_string(cm_json_get(cm_json_get(message, "content"), "text"));
}

static void test_each_prompt_can_be_had(void)
{
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < cm_toolbox.prompts; i++) {
		const struct cm_prompt *prompt = &cm_toolbox.prompt[i];
		struct cm_buf arguments = {0};
		struct reply reply;
		const char *text;

		cm_json_put_open(&arguments, '{');
		for (const struct cm_prompt_argument *a = prompt->argument; a->name != NULL; a++) {
			ASSERT_ROW(prompt->name, a->required || a->fallback != NULL);
			if (a->required)
				cm_json_put_member(&arguments, a->name, "my-org/some");
		}
		cm_json_put_close(&arguments, '}');
		reply = get(&serve, DEMO, prompt->name, cm_buf_str(&arguments));
		text = text_of(&reply);
		ASSERT_ROW(prompt->name, text != NULL && *text != '\0');
		/* No place was left open. */
		ASSERT_ROW(prompt->name, text != NULL && strpbrk(text, "{}") == NULL);
		reply_clear(&reply);
		cm_buf_clear(&arguments);
	}
	serve_close(&serve);
}

static void refuse(struct serve *serve, const char *arguments, const char *word)
{
	struct reply reply = get(serve, DEMO, "register_application", arguments);
	const char *message =
	    cm_json_string(cm_json_get(cm_json_get(reply.json, "error"), "message"));

	ASSERT_ROW(word, support_code(&reply) == -32602);
	ASSERT_ROW(word, message != NULL && strstr(message, word) != NULL);
	reply_clear(&reply);
}

static void test_bad_arguments(void)
{
	struct serve serve;

	serve_open(&serve);
	refuse(&serve, "{}", "Argument name is needed.");
	refuse(&serve, "{\"name\":null}", "Argument name must be a string");
	refuse(&serve, "{\"name\":7}", "Argument name must be a string");
	refuse(&serve, "{\"name\":\"a\",\"Name\":\"b\"}", "has no argument Name.");
	refuse(&serve, "{\"name\":\"a\",\"redirect_uri\":[]}", "redirect_uri must be a string");
	refuse(&serve, "[]", "params.arguments must be an object.");
	refuse(&serve, "\"x\"", "params.arguments must be an object.");
	refuse(&serve, "{\"redirect_uri\":\"https://a.example\"}", "Argument name is needed.");
	serve_close(&serve);
}

static void test_longest_argument(void)
{
	struct cm_buf arguments = {0};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	/* Characters count, not bytes. */
	cm_buf_puts(&arguments, "{\"name\":\"");
	for (int i = 0; i < 1000; i++)
		cm_buf_puts(&arguments, "\xe2\x82\xac");
	cm_buf_puts(&arguments, "\"}");
	reply = get(&serve, DEMO, "register_application", cm_buf_str(&arguments));
	CU_ASSERT_EQUAL(support_code(&reply), 0);
	reply_clear(&reply);
	arguments.len -= 2;
	cm_buf_puts(&arguments, "x\"}");
	refuse(&serve, cm_buf_str(&arguments), "at most 1000 characters");
	cm_buf_clear(&arguments);
	serve_close(&serve);
}

static void test_values_are_put_once(void)
{
	struct serve serve;
	struct reply reply;
	const char *text;

	serve_open(&serve);
	reply = get(&serve, DEMO, "register_application",
	            "{\"name\":\"{redirect_uri}\\n\\\"%s{name}\",\"redirect_uri\":\"\"}");
	text = text_of(&reply);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "named {redirect_uri}\n\"%s{name} with"));
	/* A value that is empty is a value: the fallback is for none. */
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "Redirect URI: .\n"));
	reply_clear(&reply);
	reply = get(&serve, DEMO, "register_application", "{\"name\":\"a\"}");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(&reply), "client credentials"));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_R5_scope_comes_first(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = get(&serve, READER, "register_application", "{}");
	CU_ASSERT_EQUAL(reply.status, 403);
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(reply.json, "error"), "data"),
	                              "{\"prompt\":\"register_application\","
	                              "\"granted_scopes\":[\"read:application\"],"
	                              "\"required_scope\":\"write:application\"}"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "WWW-Authenticate: Bearer error="));
	reply_clear(&reply);
	reply = get(&serve, READER, "review_access", "{}");
	CU_ASSERT_EQUAL(reply.status, 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(&reply), "organisation: my own."));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"each prompt can be had with its required arguments", test_each_prompt_can_be_had},
    {"arguments that are missing, unknown or no strings are named", test_bad_arguments},
    {"an argument has 1000 characters and not one more", test_longest_argument},
    {"values are put in as they are, once", test_values_are_put_once},
    {"R5 a prompt needs the scope of its job", test_R5_scope_comes_first},
};

CM_SUITE(cm_suite_mcp_prompts, "mcp/prompts", tests);

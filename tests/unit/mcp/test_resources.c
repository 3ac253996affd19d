#include "mcp/resource.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"
#include "tools/toolbox.h"

static struct reply rpc(struct serve *serve, enum serve_client client, const char *method,
                        const char *params)
{
	struct cm_buf text = {0};
	struct reply reply;

	cm_buf_printf(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
	              method, params);
	reply = serve_rpc(serve, client, "2025-11-25", cm_buf_str(&text));
	cm_buf_clear(&text);
	return reply;
}

static struct reply read_uri(struct serve *serve, enum serve_client client, const char *uri)
{
	struct cm_buf params = {0};
	struct reply reply;

	cm_json_put_open(&params, '{');
	cm_json_put_member(&params, "uri", uri);
	cm_json_put_close(&params, '}');
	reply = rpc(serve, client, "resources/read", cm_buf_str(&params));
	cm_buf_clear(&params);
	return reply;
}

static void test_uris(void)
{
	const struct cm_resource_kind kind = {.kind = "thing"};
	char uri[CM_URI_MAX], name[CM_NAME_MAX + 1];

	cm_resource_uri(&kind, "my-org", "a", uri);
	CU_ASSERT_STRING_EQUAL(uri, "casement://thing/my-org/a");
	cm_resource_template(&kind, uri);
	CU_ASSERT_STRING_EQUAL(uri, "casement://thing/{owner}/{name}");
	memset(name, 'n', CM_NAME_MAX);
	name[CM_NAME_MAX] = '\0';
	for (size_t i = 0; i < cm_toolbox.kinds; i++) {
		cm_resource_uri(&cm_toolbox.kind[i], name, name, uri);
		ASSERT_ROW(cm_toolbox.kind[i].kind,
		           strlen(uri) == strlen("casement:////") +
		                              strlen(cm_toolbox.kind[i].kind) + 2 * CM_NAME_MAX);
	}
}

static void test_kinds_name_tools(void)
{
	for (size_t i = 0; i < cm_toolbox.kinds; i++) {
		const struct cm_resource_kind *kind = &cm_toolbox.kind[i];
		const struct cm_tool *get = cm_tool_find(&cm_toolbox, kind->get_tool);
		const struct cm_tool *list = cm_tool_find(&cm_toolbox, kind->list_tool);

		ASSERT_ROW(kind->kind, get != NULL && get->read_only);
		ASSERT_ROW(kind->kind, list != NULL && list->read_only);
		ASSERT_ROW(kind->kind, get != NULL && list != NULL && get->scope == list->scope);
	}
}

static void test_read(void)
{
	static const char uri[] = "casement://application/my-org/demo";
	struct serve serve;
	struct reply reply;
	const cm_json *item;
	cm_json *row;

	serve_open(&serve);
	reply = read_uri(&serve, READER, uri);
	item = cm_json_at(cm_json_get(cm_json_get(reply.json, "result"), "contents"), 0);
	CU_ASSERT_TRUE(support_is(item, "uri", uri));
	CU_ASSERT_TRUE(support_is(item, "mimeType", "application/json"));
	row = support_parse(cm_json_string(cm_json_get(item, "text")));
	CU_ASSERT_TRUE(support_is(row, "clientId", serve.client_id[DEMO]));
	CU_ASSERT_PTR_NULL(cm_json_get(row, "clientSecret"));
	CU_ASSERT_PTR_NULL(strstr(reply.body, "sha256"));
	cm_json_free(row);
	reply_clear(&reply);
	serve_close(&serve);
}

/* Whatever is not there, or not the caller's to see, is not there in the same words. */
static void test_R6_nothing_there(void)
{
	static const char *const uris[] = {
	    "casement://application/my-org/none",
	    "casement://application/other-org/demo",
	    "casement://application/built-in/admin",
	    "casement://application/nowhere/demo",
	    "casement://application/my-org/demo/",
	    "casement://application/my-org/demo?x",
	    "casement://application/my-org/demo#x",
	    "casement://application/my-org/de%6do",
	    "casement://application/my-org//demo",
	    "casement://application//my-org/demo",
	    "casement://application/my-org/../other-org/demo",
	    "casement://application/my-org",
	    "casement://application/",
	    "casement://application",
	    "casement://applications/my-org/demo",
	    "casement://Application/my-org/demo",
	    "CASEMENT://application/my-org/demo",
	    "casement:///application/my-org/demo",
	    "application/my-org/demo",
	    "my-org/demo",
	    "file:///etc/passwd",
	    "http://127.0.0.1/",
	    "",
	    "\x01\"\\\xc3\xa9",
	};
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		struct reply reply = read_uri(&serve, DEMO, uris[i]);
		const cm_json *error = cm_json_get(reply.json, "error");

		ASSERT_ROW(uris[i], reply.status == 200 && support_code(&reply) == -32002);
		ASSERT_ROW(uris[i], support_is(error, "message", "Resource not found"));
		ASSERT_ROW(uris[i], support_is(cm_json_get(error, "data"), "uri", uris[i]));
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static void test_bad_params(void)
{
	static const char *const params[] = {"{}", "{\"uri\":7}", "{\"uri\":null}",
	                                     "{\"URI\":\"casement://application/my-org/demo\"}"};
	static const char *const cursors[] = {"{\"cursor\":null}",
	                                      "{\"cursor\":7}",
	                                      "{\"cursor\":\"\"}",
	                                      "{\"cursor\":\"nonsense:\"}",
	                                      "{\"cursor\":\"application\"}",
	                                      "{\"cursor\":\"application:%\"}",
	                                      "{\"cursor\":\"application:YQ\"}"};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(params); i++) {
		reply = rpc(&serve, DEMO, "resources/read", params[i]);
		ASSERT_ROW(params[i], support_code(&reply) == -32602);
		reply_clear(&reply);
	}
	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		reply = rpc(&serve, DEMO, "resources/list", cursors[i]);
		ASSERT_ROW(cursors[i], support_code(&reply) == -32602);
		ASSERT_ROW(cursors[i], cm_json_get(reply.json, "result") == NULL);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

/* Walk over all pages; how many resources there are, each once. */
static size_t walk(struct serve *serve, enum serve_client client, size_t *pages)
{
	char params[400] = "{}", last[CM_URI_MAX] = "";
	size_t count = 0;

	for (*pages = 0; params[0] != '\0' && *pages < 50; (*pages)++) {
		struct reply reply = rpc(serve, client, "resources/list", params);
		const cm_json *result = cm_json_get(reply.json, "result");
		const cm_json *rows = cm_json_get(result, "resources");
		const char *cursor = cm_json_string(cm_json_get(result, "nextCursor"));

		for (size_t i = 0; i < cm_json_length(rows); i++) {
			const char *uri = cm_json_string(cm_json_get(cm_json_at(rows, i), "uri"));

			CU_ASSERT_TRUE(uri != NULL && strcmp(uri, last) != 0);
			snprintf(last, sizeof last, "%s", uri == NULL ? "" : uri);
			count++;
		}
		params[0] = '\0';
		if (cursor != NULL)
			snprintf(params, sizeof params, "{\"cursor\":\"%s\"}", cursor);
		reply_clear(&reply);
	}
	return count;
}

static void test_pages(void)
{
	struct serve serve;
	size_t pages = 0;

	serve_open(&serve);
	CU_ASSERT_EQUAL(walk(&serve, OTHER, &pages), 1);
	CU_ASSERT_EQUAL(pages, 1);
	for (int i = 0; i < 118; i++) {
		char name[20];

		snprintf(name, sizeof name, "n%03d", i);
		CU_ASSERT_EQUAL(fixture_application(serve.ctx.store, "my-org", name), CM_OK);
	}
	CU_ASSERT_EQUAL(walk(&serve, DEMO, &pages), 120);
	CU_ASSERT_EQUAL(pages, 3);
	CU_ASSERT_EQUAL(walk(&serve, OTHER, &pages), 1);
	/* The administrator sees other kinds too: three organisations and four tokens. */
	CU_ASSERT_EQUAL(walk(&serve, ADMIN, &pages), 122 + 3 + 4);
	serve_close(&serve);
}

static void test_templates(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	reply = rpc(&serve, READER, "resources/templates/list", "{}");
	CU_ASSERT_EQUAL(
	    cm_json_length(cm_json_get(cm_json_get(reply.json, "result"), "resourceTemplates")),
	    cm_toolbox.kinds);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(reply.body, "\"uriTemplate\":\"casement://application/{owner}/{name}\""));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a URI holds the longest names whole", test_uris},
    {"each kind is read and listed by tools that change nothing", test_kinds_name_tools},
    {"a resource is the entity without its secret", test_read},
    {"R6 what is not there and what is not shown are told alike", test_R6_nothing_there},
    {"params of the wrong shape are refused", test_bad_params},
    {"a list comes in pages, each resource once, others' never", test_pages},
    {"templates are the same for all", test_templates},
};

CM_SUITE(cm_suite_mcp_resources, "mcp/resources", tests);

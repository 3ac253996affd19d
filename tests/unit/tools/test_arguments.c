#include "tools/arguments.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/application.h"
#include "support.h"
#include "tools/crud.h"
#include "tools/toolbox.h"

static void test_id_parse(void)
{
	static const char *const bad[] = {"",     "/",     "a",     "a/",         "/b",    "a//b",
	                                  "a/b/", "a/b/c", "/a/b",  "a b/c",      "a/b c", "a/b ",
	                                  " a/b", "../b",  "a/..",  "./b",        "-a/b",  "a/-b",
	                                  "a\\b", "a/b\n", "a%2Fb", "a/\xc3\xa9", "a/b?x"};
	struct cm_id id;

	CU_ASSERT_TRUE(cm_id_parse("my-org/My.app_1", &id));
	CU_ASSERT_STRING_EQUAL(id.owner, "my-org");
	CU_ASSERT_STRING_EQUAL(id.name, "My.app_1");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ASSERT_ROW(bad[i], !cm_id_parse(bad[i], &id));
}

/* An id of an owner and a name of so many characters. */
static bool parses(size_t owner, size_t name)
{
	char text[600];
	struct cm_id id;

	memset(text, 'o', owner);
	text[owner] = '/';
	memset(text + owner + 1, 'n', name);
	text[owner + 1 + name] = '\0';
	return cm_id_parse(text, &id) && strlen(id.owner) == owner && strlen(id.name) == name;
}

static void test_id_lengths(void)
{
	CU_ASSERT_TRUE(parses(1, 1));
	CU_ASSERT_TRUE(parses(CM_NAME_MAX, CM_NAME_MAX));
	CU_ASSERT_FALSE(parses(CM_NAME_MAX + 1, 1));
	CU_ASSERT_FALSE(parses(1, CM_NAME_MAX + 1));
	CU_ASSERT_FALSE(parses(0, 1));
	CU_ASSERT_FALSE(parses(1, 0));
	CU_ASSERT_FALSE(parses(250, 250));
}

static void test_id_format(void)
{
	struct cm_record record;
	char id[CM_ID_LENGTH], name[CM_NAME_MAX + 1];

	memset(name, 'n', CM_NAME_MAX);
	name[CM_NAME_MAX] = '\0';
	fixture_record(&record, "my-org", "a");
	cm_id_format(&record, id);
	CU_ASSERT_STRING_EQUAL(id, "my-org/a");
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "owner", name, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "name", name, NULL), CM_OK);
	cm_id_format(&record, id);
	CU_ASSERT_EQUAL(strlen(id), 2 * CM_NAME_MAX + 1);
	cm_record_clear(&record);
}

/* Read the target of delete_application from arguments; the sentence, "" when it was found. */
static void targets(const char *arguments, const char *owner, const char *sentence)
{
	cm_json *json = support_parse(arguments);
	struct cm_tool_call call = {.tool = cm_tool_find(&cm_toolbox, "delete_application"),
	                            .arguments = json};
	struct cm_err err = {0};
	struct cm_id id = {"", ""};
	enum cm_status rc = cm_arguments_target(&call, &id, &err);

	ASSERT_ROW(arguments, rc == (*sentence == '\0' ? CM_OK : CM_INPUT));
	ASSERT_ROW(arguments, strcmp(err.text, sentence) == 0);
	if (rc == CM_OK)
		ASSERT_ROW(arguments, strcmp(id.owner, owner) == 0 && strcmp(id.name, "a") == 0);
	cm_json_free(json);
}

#define EITHER "id: give either id or application, with owner and name."
#define PARTS  "application: must have owner and name."
#define AN_ID  "id: must be a string such as my-org/my-application."

static void test_target(void)
{
	targets("{\"id\":\"my-org/a\"}", "my-org", "");
	targets("{\"application\":{\"owner\":\"my-org\",\"name\":\"a\"}}", "my-org", "");
	targets("{\"application\":{\"owner\":\"my-org\",\"name\":\"a\",\"x\":[1]}}", "my-org", "");
	targets("{\"id\":\"my-org/a\",\"application\":null}", "my-org", "");
	targets("{\"id\":null,\"application\":{\"owner\":\"my-org\",\"name\":\"a\"}}", "my-org",
	        "");
	targets("{}", "", EITHER);
	targets("{\"id\":null}", "", EITHER);
	targets("{\"id\":null,\"application\":null}", "", EITHER);
	targets("{\"id\":\"my-org/a\",\"application\":{\"owner\":\"my-org\",\"name\":\"a\"}}", "",
	        EITHER);
	targets("{\"id\":\"my-org/a\",\"application\":{}}", "", EITHER);
	targets("{\"id\":\"\"}", "", AN_ID);
	targets("{\"id\":7}", "", AN_ID);
	targets("{\"id\":[\"my-org/a\"]}", "", AN_ID);
	targets("{\"id\":\"my-org/\"}", "", AN_ID);
	targets("{\"application\":{}}", "", PARTS);
	targets("{\"application\":7}", "", PARTS);
	targets("{\"application\":\"my-org/a\"}", "", PARTS);
	targets("{\"application\":{\"name\":\"a\"}}", "", PARTS);
	targets("{\"application\":{\"owner\":\"my-org\"}}", "", PARTS);
	targets("{\"application\":{\"owner\":null,\"name\":\"a\"}}", "", PARTS);
	targets("{\"application\":{\"owner\":7,\"name\":\"a\"}}", "", PARTS);
	targets("{\"application\":{\"owner\":\"\",\"name\":\"a\"}}", "", PARTS);
	targets("{\"application\":{\"owner\":\"my-org/a\",\"name\":\"a\"}}", "", PARTS);
}

static void test_long_target(void)
{
	struct cm_buf text = {0};

	for (int name = 0; name < 2; name++) {
		cm_buf_printf(&text, "{\"application\":{\"owner\":\"%0*d\",\"name\":\"%0*d\"}}",
		              name ? 1 : CM_NAME_MAX + 1, 0, name ? CM_NAME_MAX + 1 : 1, 0);
		targets(cm_buf_str(&text), "", PARTS);
		cm_buf_reset(&text);
	}
	cm_buf_clear(&text);
}

static void test_unknown_arguments(void)
{
	static const char *const known[] = {"id", "application", NULL};
	static const struct {
		const char *arguments, *sentence;
	} rows[] = {
	    {"{}", ""},
	    {"{\"id\":null}", ""},
	    {"{\"application\":7,\"id\":[]}", ""},
	    {"{\"ID\":1}", "ID: get_application has no such argument; it has id, application."},
	    {"{\"id\":1,\"x\":null}",
	     "x: get_application has no such argument; it has id, application."},
	    {"{\"\":1}", ": get_application has no such argument; it has id, application."},
	};
	struct cm_tool_call call = {.tool = cm_tool_find(&cm_toolbox, "get_application")};

	CU_ASSERT_EQUAL(cm_arguments_check(&call, known, NULL), CM_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cm_json *json = support_parse(rows[i].arguments);
		struct cm_err err = {0};

		call.arguments = json;
		ASSERT_ROW(rows[i].arguments, cm_arguments_check(&call, known, &err) ==
		                                  (*rows[i].sentence == '\0' ? CM_OK : CM_INPUT));
		ASSERT_ROW(rows[i].arguments, strcmp(err.text, rows[i].sentence) == 0);
		cm_json_free(json);
	}
}

/* A misspelt argument of any tool must not pass unnoticed. */
static void test_each_tool_minds_its_arguments(void)
{
	struct cm_principal caller = support_caller("built-in", CM_SCOPE_ALL);
	struct support_rows before;
	const struct cm_tool *tool;
	struct serve serve;

	serve_open(&serve);
	before = support_rows(&serve);
	for (size_t i = 0; (tool = cm_tool_at(&cm_toolbox, i)) != NULL; i++) {
		struct cm_err err = {0};

		ASSERT_ROW(tool->name, support_tool(&serve, &caller, tool->name, "{\"nonsense\":1}",
		                                    NULL, &err) == CM_INPUT);
		ASSERT_ROW(tool->name, strncmp(err.text, "nonsense: ", 10) == 0);
	}
	CU_ASSERT_TRUE(support_same_rows(before, support_rows(&serve)));
	serve_close(&serve);
}

static void test_no_arguments(void)
{
	struct cm_principal caller = support_caller("built-in", CM_SCOPE_ALL);
	const struct cm_tool *tool;
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; (tool = cm_tool_at(&cm_toolbox, i)) != NULL; i++) {
		struct cm_tool_call call = {.ctx = &serve.ctx, .tool = tool, .caller = &caller};
		struct cm_tool_result result = {0};
		enum cm_status rc = cm_tool_run(&call, &result, NULL);
		bool lists =
		    tool->crud == NULL || strstr(tool->name, tool->crud->entity->plural) != NULL;

		ASSERT_ROW(tool->name, rc == (lists ? CM_OK : CM_INPUT));
		cm_tool_result_clear(&result);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"an id is owner and name, both of the form of names", test_id_parse},
    {"an id has its longest parts and not one character more", test_id_lengths},
    {"the id of a record", test_id_format},
    {"a row is named one way, by id or by owner and name", test_target},
    {"a name that is too long is none", test_long_target},
    {"an argument that a tool does not have is named", test_unknown_arguments},
    {"each tool minds its arguments, and changes nothing", test_each_tool_minds_its_arguments},
    {"only lists do without arguments", test_no_arguments},
};

CM_SUITE(cm_suite_tools_arguments, "tools/arguments", tests);

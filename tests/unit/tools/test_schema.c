#include "tools/fields.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/application.h"
#include "support.h"
#include "tools/check.h"
#include "tools/crud.h"
#include "tools/toolbox.h"

/* The schema of the application; the caller frees it. */
static cm_json *schema(enum cm_schema_use use)
{
	struct cm_buf buf = {0};
	cm_json *json;

	cm_fields_put_schema(&buf, &cm_application_entity, use);
	json = support_parse(cm_buf_str(&buf));
	cm_buf_clear(&buf);
	return json;
}

static size_t members_of(const cm_json *json)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	size_t count = 0;

	while (cm_json_each(json, &cursor, &name, &value))
		count++;
	return count;
}

/* Whether a schema allows a type: "type" is a string or an array of them. */
static bool allows(const cm_json *json, const char *type)
{
	const cm_json *types = cm_json_get(json, "type");
	bool found = support_is(json, "type", type);

	for (size_t i = 0; i < cm_json_length(types); i++) {
		const char *one = cm_json_string(cm_json_at(types, i));

		found = found || (one != NULL && strcmp(one, type) == 0);
	}
	return found;
}

static const char *const type_names[] = {
    [CM_FIELD_STRING] = "string", [CM_FIELD_BOOL] = "boolean",  [CM_FIELD_INTEGER] = "integer",
    [CM_FIELD_NUMBER] = "number", [CM_FIELD_TIME] = "string",   [CM_FIELD_STRINGS] = "array",
    [CM_FIELD_OBJECTS] = "array", [CM_FIELD_OBJECT] = "object",
};

static void test_every_field_is_there(void)
{
	static const enum cm_schema_use uses[] = {CM_SCHEMA_ADD, CM_SCHEMA_UPDATE};

	for (size_t k = 0; k < COUNT_OF(uses); k++) {
		cm_json *json = schema(uses[k]);
		const cm_json *properties = cm_json_get(json, "properties");
		size_t named = 0;

		for (size_t i = 0; i < cm_application_entity.field_count; i++) {
			const struct cm_field *field = &cm_application_entity.fields[i];
			const cm_json *one;

			if (field->name == NULL)
				continue;
			named++;
			one = cm_json_get(properties, field->name);
			ASSERT_ROW(field->name, allows(one, type_names[field->type]));
			ASSERT_ROW(field->name, support_is(one, "description", field->description));
			ASSERT_ROW(field->name, *field->description != '\0');
		}
		CU_ASSERT_EQUAL(members_of(properties), named);
		CU_ASSERT_TRUE(support_writes(cm_json_get(json, "additionalProperties"), "false"));
		CU_ASSERT_TRUE(support_is(json, "type", "object"));
		cm_json_free(json);
	}
}

/* Names are unique, or a member would mean two things. */
static void test_the_table(void)
{
	const struct cm_entity *entity = &cm_application_entity;

	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];

		if (field->name == NULL) {
			ASSERT_ROW(field->column, (field->flags & CM_FIELD_HIDDEN) != 0);
			continue;
		}
		ASSERT_ROW(field->name, cm_entity_field(entity, field->name) == field);
		ASSERT_ROW(field->name, field->min <= field->max);
	}
}

/* Whether a number of a schema is this. */
static void is_limit(const struct cm_field *field, const cm_json *json, const char *member,
                     int64_t wanted)
{
	int64_t limit = wanted - 1;

	(void)cm_json_integer(cm_json_get(json, member), &limit);
	ASSERT_ROW(field->name, limit == wanted);
}

/* The limits of a field in the schema are those that values are checked by. */
static void test_limits(void)
{
	cm_json *json = schema(CM_SCHEMA_ADD);

	for (size_t i = 0; i < cm_application_entity.field_count; i++) {
		const struct cm_field *field = &cm_application_entity.fields[i];
		const cm_json *one;

		if (field->name == NULL || (field->flags & CM_FIELD_READ_ONLY) != 0)
			continue;
		one = cm_json_get(cm_json_get(json, "properties"), field->name);
		switch (field->type) {
		case CM_FIELD_STRING:
			is_limit(field, one, "maxLength", cm_check_max_length(field));
			break;
		case CM_FIELD_INTEGER:
		case CM_FIELD_NUMBER:
			is_limit(field, one, "maximum", field->max);
			is_limit(field, one, "minimum", field->min);
			break;
		case CM_FIELD_STRINGS:
			is_limit(field, cm_json_get(one, "items"), "maxLength",
			         cm_check_max_length(field));
			is_limit(field, one, "maxItems", field->max);
			break;
		case CM_FIELD_OBJECTS:
			is_limit(field, one, "maxItems", field->max);
			break;
		case CM_FIELD_OBJECT:
		case CM_FIELD_BOOL:
		case CM_FIELD_TIME:
			break;
		}
	}
	cm_json_free(json);
}

static void test_add(void)
{
	cm_json *json = schema(CM_SCHEMA_ADD);
	const cm_json *properties = cm_json_get(json, "properties");
	const cm_json *name = cm_json_get(properties, "name");

	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "required"), "[\"name\"]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(name, "type"), "\"string\""));
	CU_ASSERT_TRUE(support_writes(cm_json_get(name, "minLength"), "1"));
	CU_ASSERT_TRUE(support_is(name, "pattern", CM_NAME_PATTERN));
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_get(properties, "clientId"), "readOnly"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_get(properties, "createdTime"), "readOnly"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_get(properties, "clientSecret"), "readOnly"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(properties, "consentPolicy"), "enum"),
	                              "[\"once\",\"always\",\"never\"]"));
	cm_json_free(json);
}

static void test_update(void)
{
	cm_json *json = schema(CM_SCHEMA_UPDATE);
	const cm_json *properties = cm_json_get(json, "properties");

	CU_ASSERT_PTR_NULL(cm_json_get(json, "required"));
	/* null resets everything but what must be there. */
	CU_ASSERT_TRUE(allows(cm_json_get(properties, "title"), "null"));
	CU_ASSERT_TRUE(allows(cm_json_get(properties, "scopes"), "null"));
	CU_ASSERT_TRUE(allows(cm_json_get(properties, "createdTime"), "null"));
	CU_ASSERT_FALSE(allows(cm_json_get(properties, "name"), "null"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(properties, "consentPolicy"), "enum"),
	                              "[\"once\",\"always\",\"never\",null]"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(cm_json_get(properties, "clientId"), "readOnly"));
	cm_json_free(json);
}

static void test_members_and_values(void)
{
	cm_json *json = schema(CM_SCHEMA_ADD);
	const cm_json *properties = cm_json_get(json, "properties");
	const cm_json *item = cm_json_get(cm_json_get(properties, "scopes"), "items");
	const cm_json *grants = cm_json_get(properties, "grantTypes");
	const cm_json *theme = cm_json_get(properties, "themeData");

	CU_ASSERT_TRUE(support_writes(cm_json_get(item, "required"), "[\"name\"]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(item, "additionalProperties"), "false"));
	CU_ASSERT_TRUE(allows(cm_json_get(cm_json_get(item, "properties"), "tools"), "array"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(theme, "additionalProperties"), "false"));
	CU_ASSERT_PTR_NULL(cm_json_get(theme, "required"));
	CU_ASSERT_TRUE(cm_json_length(cm_json_get(cm_json_get(grants, "items"), "enum")) > 0);
	CU_ASSERT_TRUE(support_writes(cm_json_get(grants, "default"), "[\"client_credentials\"]"));
	/* An object of any members has no table, and so no such limit. */
	item = cm_json_get(cm_json_get(properties, "providers"), "items");
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_get(cm_json_get(item, "properties"), "provider"),
	                               "additionalProperties"));
	cm_json_free(json);
}

static void test_result(void)
{
	cm_json *json = schema(CM_SCHEMA_RESULT);
	const cm_json *properties = cm_json_get(json, "properties"), *item;

	CU_ASSERT_PTR_NOT_NULL(cm_json_get(properties, "clientSecret"));
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(properties, "createdTime"));
	/* What is never told is in no result. */
	CU_ASSERT_PTR_NULL(cm_json_get(properties, "registrationAccessToken"));
	CU_ASSERT_PTR_NULL(cm_json_get(properties, "organizationObj"));
	/* What comes out did not all come in by a tool: the client_id of a document is its URL. */
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_get(properties, "clientId"), "pattern"));
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_get(properties, "clientId"), "maxLength"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "required"), "[\"name\"]"));
	/* So it is with what stands in arrays, and nothing is explained again to who reads it. */
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(properties, "redirectUris"), "items"),
	                              "{\"type\":\"string\"}"));
	item = cm_json_get(cm_json_get(properties, "signinMethods"), "items");
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(item, "properties"), "rule"),
	                              "{\"type\":[\"string\",\"null\"]}"));
	cm_json_free(json);
}

/* A time that may not have come is null until then. */
static void test_pending_time(void)
{
	const struct cm_tool *tool = cm_tool_find(&cm_toolbox, "get_token");
	struct cm_buf buf = {0};
	const cm_json *properties;
	cm_json *json;

	tool->put_output_schema(tool, &buf);
	json = support_parse(cm_buf_str(&buf));
	properties = cm_json_get(json, "properties");
	CU_ASSERT_TRUE(support_writes(cm_json_get(cm_json_get(properties, "revokedTime"), "type"),
	                              "[\"string\",\"null\"]"));
	CU_ASSERT_TRUE(support_is(cm_json_get(properties, "expiresTime"), "type", "string"));
	cm_json_free(json);
	cm_buf_clear(&buf);
}

/* A result's members are in its schema, each of an allowed type. */
static void check_result(const char *row, const cm_json *properties, const cm_json *result)
{
	static const char *const names[] = {
	    [CM_JSON_NULL] = "null",     [CM_JSON_BOOL] = "boolean",  [CM_JSON_INTEGER] = "integer",
	    [CM_JSON_NUMBER] = "number", [CM_JSON_STRING] = "string", [CM_JSON_ARRAY] = "array",
	    [CM_JSON_OBJECT] = "object"};
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	while (cm_json_each(result, &cursor, &name, &value)) {
		const cm_json *one = cm_json_get(properties, name);
		enum cm_json_type type = cm_json_type(value);

		ASSERT_ROW(row, one != NULL);
		/* An integer is a number; a "const" says it all by itself. */
		ASSERT_ROW(name, allows(one, names[type]) || cm_json_get(one, "const") != NULL ||
		                     (type == CM_JSON_INTEGER && allows(one, "number")));
	}
}

static void test_results_match(void)
{
	static const struct {
		const char *tool, *arguments;
	} rows[] = {
	    {"add_application",
	     "{\"application\":{\"name\":\"a\",\"title\":\"t\",\"enablePassword\":true,"
	     "\"themeData\":{\"isCompact\":null},\"expireInHours\":1.5}}"},
	    {"get_application", "{\"id\":\"my-org/a\"}"},
	    {"update_application",
	     "{\"id\":\"my-org/a\",\"application\":{\"expireInHours\":2,\"title\":null}}"},
	    {"add_application", "{\"application\":{\"name\":\"b\"},\"dry_run\":true}"},
	    {"update_application",
	     "{\"id\":\"my-org/a\",\"application\":{\"order\":1},\"dry_run\":true}"},
	    {"rotate_application_secret", "{\"id\":\"my-org/a\"}"},
	    {"rotate_application_secret", "{\"id\":\"my-org/a\",\"dry_run\":true}"},
	    {"delete_application", "{\"id\":\"my-org/a\"}"},
	};
	struct cm_principal caller = support_caller("my-org", CM_SCOPE_KNOWN);
	struct serve serve;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cm_tool *tool = cm_tool_find(&cm_toolbox, rows[i].tool);
		cm_json *result = NULL, *output;
		struct cm_buf buf = {0};
		struct cm_err err = {0};

		CU_ASSERT_EQUAL(
		    support_tool(&serve, &caller, rows[i].tool, rows[i].arguments, &result, &err),
		    CM_OK);
		tool->put_output_schema(tool, &buf);
		output = support_parse(cm_buf_str(&buf));
		check_result(rows[i].tool, cm_json_get(output, "properties"), result);
		for (size_t k = 0; k < cm_json_length(cm_json_get(output, "required")); k++) {
			const char *name =
			    cm_json_string(cm_json_at(cm_json_get(output, "required"), k));

			ASSERT_ROW(name, cm_json_get(result, name) != NULL);
		}
		cm_json_free(output);
		cm_json_free(result);
		cm_buf_clear(&buf);
	}
	serve_close(&serve);
}

/* What a schema has no word for is shown: a scope, the id of another row. */
static void test_forms_are_shown(void)
{
	const struct cm_tool *tool;

	for (size_t i = 0; (tool = cm_tool_at(&cm_toolbox, i)) != NULL; i++) {
		const struct cm_entity *entity = tool->crud == NULL ? NULL : tool->crud->entity;

		for (size_t k = 0; entity != NULL && k < entity->field_count; k++) {
			const struct cm_field *field = &entity->fields[k];

			if (field->form == CM_FORM_SCOPE || field->form == CM_FORM_ID)
				ASSERT_ROW(field->name, strstr(field->description, "such as "));
		}
	}
}

/* Every schema is JSON, of an object, and mentions each argument that is required. */
static void test_all_tools(void)
{
	const struct cm_tool *tool;

	for (size_t i = 0; (tool = cm_tool_at(&cm_toolbox, i)) != NULL; i++) {
		struct cm_buf in = {0}, out = {0};
		cm_json *input, *output;
		const cm_json *required;

		tool->put_input_schema(tool, &in);
		tool->put_output_schema(tool, &out);
		input = support_parse(cm_buf_str(&in));
		output = support_parse(cm_buf_str(&out));
		required = cm_json_get(input, "required");
		ASSERT_ROW(tool->name, support_is(input, "type", "object"));
		ASSERT_ROW(tool->name, support_is(output, "type", "object"));
		ASSERT_ROW(tool->name,
		           support_writes(cm_json_get(input, "additionalProperties"), "false"));
		for (size_t k = 0; k < cm_json_length(required); k++)
			ASSERT_ROW(tool->name,
			           cm_json_get(cm_json_get(input, "properties"),
			                       cm_json_string(cm_json_at(required, k))) != NULL);
		cm_json_free(input);
		cm_json_free(output);
		cm_buf_clear(&in);
		cm_buf_clear(&out);
	}
}

static const struct cm_test tests[] = {
    {"every field of the table is in the input schemas, with its type", test_every_field_is_there},
    {"the table names each field once", test_the_table},
    {"the limits in the schema are those of the check", test_limits},
    {"the schema of add says what is needed and what is the server's", test_add},
    {"the schema of update lets null reset", test_update},
    {"members, values and defaults are in the schema", test_members_and_values},
    {"the schema of a result has what comes out", test_result},
    {"a time that may not have come is null until then", test_pending_time},
    {"what tools answer is what their schemas say", test_results_match},
    {"what a schema has no word for is shown", test_forms_are_shown},
    {"each tool's schemas are JSON and whole", test_all_tools},
};

CM_SUITE(cm_suite_tools_schema, "tools/schema", tests);

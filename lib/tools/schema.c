#include "tools/fields.h"

#include "tools/check.h"

static const char *type_name(enum cm_field_type type)
{
	static const char *const names[] = {
	    [CM_FIELD_STRING] = "string",   [CM_FIELD_BOOL] = "boolean",
	    [CM_FIELD_INTEGER] = "integer", [CM_FIELD_NUMBER] = "number",
	    [CM_FIELD_TIME] = "string",     [CM_FIELD_STRINGS] = "array",
	    [CM_FIELD_OBJECTS] = "array",   [CM_FIELD_OBJECT] = "object",
	};

	return names[type];
}

static void put_number(struct cm_buf *buf, const char *name, int64_t value)
{
	cm_json_put_name(buf, name);
	cm_json_put_integer(buf, value);
}

/* The form of a string, and of the strings in an array. */
static void put_form(struct cm_buf *buf, const struct cm_field *field)
{
	if ((field->flags & CM_FIELD_REQUIRED) != 0)
		put_number(buf, "minLength", 1);
	put_number(buf, "maxLength", cm_check_max_length(field));
	if (field->form == CM_FORM_NAME)
		cm_json_put_member(buf, "pattern", CM_NAME_PATTERN);
}

/* The values that a string may have, where they are few. */
static void put_values(struct cm_buf *buf, const struct cm_field *field, bool nullable)
{
	if (field->values == NULL)
		return;
	cm_json_put_name(buf, "enum");
	cm_json_put_open(buf, '[');
	for (const char *const *value = field->values; *value != NULL; value++)
		cm_json_put_string(buf, *value);
	if (nullable)
		cm_json_put_string(buf, NULL);
	cm_json_put_close(buf, ']');
}

/* How a field stands in a schema. */
struct look {
	bool nullable;  /* null resets it */
	bool described; /* for readers of the schema, not only for validators */
	bool fixed;     /* may be sent back as it was, but not changed */
	bool told;      /* in a result: it may have come in by other ways than the tools */
};

static void put_field(struct cm_buf *buf, const struct cm_field *field, struct look look);

static void put_members(struct cm_buf *buf, const struct cm_field *members, bool told)
{
	struct look look = {.nullable = true, .described = !told, .told = told};
	bool required = false;

	cm_json_put_name(buf, "properties");
	cm_json_put_open(buf, '{');
	for (const struct cm_field *member = members; member->name != NULL; member++) {
		cm_json_put_name(buf, member->name);
		put_field(buf, member, look);
		required = required || (member->flags & CM_FIELD_REQUIRED) != 0;
	}
	cm_json_put_close(buf, '}');
	if (required) {
		cm_json_put_name(buf, "required");
		cm_json_put_open(buf, '[');
		for (const struct cm_field *member = members; member->name != NULL; member++) {
			if ((member->flags & CM_FIELD_REQUIRED) != 0)
				cm_json_put_string(buf, member->name);
		}
		cm_json_put_close(buf, ']');
	}
	cm_json_put_name(buf, "additionalProperties");
	cm_json_put_bool(buf, false);
}

static void put_items(struct cm_buf *buf, const struct cm_field *field, bool told)
{
	put_number(buf, "maxItems", field->max);
	cm_json_put_name(buf, "items");
	cm_json_put_open(buf, '{');
	if (field->type == CM_FIELD_STRINGS) {
		cm_json_put_member(buf, "type", "string");
		if (!told)
			put_form(buf, field);
		put_values(buf, field, false);
	} else {
		cm_json_put_member(buf, "type", "object");
		if (field->members != NULL)
			put_members(buf, field->members, told);
	}
	cm_json_put_close(buf, '}');
}

static void put_type(struct cm_buf *buf, const struct cm_field *field, bool nullable)
{
	cm_json_put_name(buf, "type");
	if (!nullable || (field->flags & CM_FIELD_REQUIRED) != 0) {
		cm_json_put_string(buf, type_name(field->type));
		return;
	}
	cm_json_put_open(buf, '[');
	cm_json_put_string(buf, type_name(field->type));
	cm_json_put_string(buf, "null");
	cm_json_put_close(buf, ']');
}

static void put_limits(struct cm_buf *buf, const struct cm_field *field, struct look look)
{
	switch (field->type) {
	case CM_FIELD_STRING:
		if (!look.told && (field->flags & CM_FIELD_READ_ONLY) == 0)
			put_form(buf, field);
		put_values(buf, field, look.nullable);
		break;
	case CM_FIELD_INTEGER:
	case CM_FIELD_NUMBER:
		put_number(buf, "minimum", field->min);
		put_number(buf, "maximum", field->max);
		break;
	case CM_FIELD_TIME:
		cm_json_put_member(buf, "format", "date-time");
		break;
	case CM_FIELD_STRINGS:
	case CM_FIELD_OBJECTS:
		put_items(buf, field, look.told);
		break;
	case CM_FIELD_OBJECT:
		if (field->members != NULL)
			put_members(buf, field->members, look.told);
		break;
	case CM_FIELD_BOOL:
		break;
	}
}

static void put_field(struct cm_buf *buf, const struct cm_field *field, struct look look)
{
	cm_json_put_open(buf, '{');
	put_type(buf, field, look.nullable);
	put_limits(buf, field, look);
	if (look.described)
		cm_json_put_member(buf, "description", field->description);
	if (look.described && field->fallback != NULL) {
		cm_json_put_name(buf, "default");
		cm_json_put_raw(buf, field->fallback);
	}
	if (look.fixed) {
		cm_json_put_name(buf, "readOnly");
		cm_json_put_bool(buf, true);
	}
	cm_json_put_close(buf, '}');
}

/* Whether a field comes out: what is never stored does only if it is told once. */
static bool comes_out(const struct cm_field *field)
{
	if ((field->flags & CM_FIELD_WRITE_ONLY) != 0)
		return false;
	return (field->flags & CM_FIELD_READ_ONLY) == 0 || field->column != NULL ||
	       (field->flags & CM_FIELD_ONCE) != 0;
}

static bool is_told(enum cm_schema_use use)
{
	return use == CM_SCHEMA_RESULT || use == CM_SCHEMA_ANSWER;
}

static struct look look_of(const struct cm_field *field, enum cm_schema_use use)
{
	unsigned fixed = CM_FIELD_READ_ONLY;

	if (is_told(use))
		return (struct look){.told = true,
		                     .nullable = (field->flags & CM_FIELD_PENDING) != 0};
	if (use == CM_SCHEMA_UPDATE)
		fixed |= CM_FIELD_CREATE_ONLY;
	return (struct look){
	    .described = true,
	    .fixed = (field->flags & fixed) != 0,
	    .nullable = use == CM_SCHEMA_UPDATE || (field->flags & fixed) != 0,
	};
}

void cm_fields_put_schema(struct cm_buf *buf, const struct cm_entity *entity,
                          enum cm_schema_use use)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "type", "object");
	cm_json_put_name(buf, "properties");
	cm_json_put_open(buf, '{');
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];

		if (field->name == NULL || (is_told(use) && !comes_out(field)))
			continue;
		cm_json_put_name(buf, field->name);
		put_field(buf, field, look_of(field, use));
	}
	if (use == CM_SCHEMA_ANSWER) {
		cm_json_put_name(buf, "dryRun");
		cm_json_put_raw(buf, "{\"type\":\"object\",\"description\":\"Only after a dry run: "
		                     "changes, with from and to of each field\"}");
	}
	cm_json_put_close(buf, '}');
	if (use != CM_SCHEMA_UPDATE) {
		cm_json_put_name(buf, "required");
		cm_json_put_open(buf, '[');
		for (size_t i = 0; i < entity->field_count; i++) {
			if ((entity->fields[i].flags & CM_FIELD_REQUIRED) != 0)
				cm_json_put_string(buf, entity->fields[i].name);
		}
		cm_json_put_close(buf, ']');
	}
	if (!is_told(use)) {
		cm_json_put_name(buf, "additionalProperties");
		cm_json_put_bool(buf, false);
	}
	cm_json_put_close(buf, '}');
}

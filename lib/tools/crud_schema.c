#include "tools/crud.h"

#include "tools/fields.h"

#define DRY_RUN_SCHEMA                                                                             \
	"{\"type\":\"boolean\",\"default\":false,\"description\":\"Check and tell what would "     \
	"change, and change nothing\"}"
#define IF_MATCH_SCHEMA                                                                            \
	"{\"type\":\"string\",\"format\":\"date-time\",\"description\":\"updatedTime that you "    \
	"read; refused when it was changed since\"}"
#define ID_PATTERN  "^[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$"
#define NAME_SCHEMA "{\"type\":\"string\",\"pattern\":\"" CM_NAME_PATTERN "\",\"maxLength\":100}"

/* Begin an object schema; members follow. */
static void open_object(struct cm_buf *buf)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "type", "object");
	cm_json_put_name(buf, "properties");
	cm_json_put_open(buf, '{');
}

/* End it; further is JSON text for what comes after the members. */
static void close_object(struct cm_buf *buf, const char *further)
{
	cm_json_put_close(buf, '}');
	cm_json_put_raw(buf, further);
	cm_json_put_name(buf, "additionalProperties");
	cm_json_put_bool(buf, false);
	cm_json_put_close(buf, '}');
}

static void put_member(struct cm_buf *buf, const char *name, const char *schema)
{
	cm_json_put_name(buf, name);
	cm_json_put_raw(buf, schema);
}

void cm_crud_put_id(struct cm_buf *buf, const struct cm_entity *entity)
{
	struct cm_buf about = {0};

	cm_buf_printf(&about, "owner/name, such as %s/my-%s",
	              entity->owner == NULL ? "my-org" : entity->owner, entity->name);
	cm_json_put_name(buf, "id");
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "type", "string");
	cm_json_put_member(buf, "description", cm_buf_str(&about));
	cm_json_put_member(buf, "pattern", ID_PATTERN);
	cm_json_put_name(buf, "maxLength");
	cm_json_put_integer(buf, 201);
	cm_json_put_close(buf, '}');
	if (about.failed)
		buf->failed = true;
	cm_buf_clear(&about);
}

void cm_crud_put_list_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	(void)tool;
	open_object(buf);
	put_member(
	    buf, "owner",
	    "{\"type\":\"string\",\"description\":\"Only those of this organisation; all that "
	    "you may see when left out\"}");
	put_member(buf, "namePrefix",
	           "{\"type\":\"string\",\"description\":\"Only those whose name begins like "
	           "this\"}");
	put_member(
	    buf, "updatedSince",
	    "{\"type\":\"string\",\"format\":\"date-time\",\"description\":\"Only those that "
	    "were changed at this time or later, in the order of the changes\"}");
	put_member(buf, "pageSize",
	           "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":50,"
	           "\"description\":\"How many to return at most\"}");
	put_member(buf, "cursor",
	           "{\"type\":\"string\",\"description\":\"nextCursor of the page before\"}");
	close_object(buf, "\"required\":[]");
}

void cm_crud_put_list_output(const struct cm_tool *tool, struct cm_buf *buf)
{
	const struct cm_entity *entity = tool->crud->entity;

	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "type", "object");
	cm_json_put_name(buf, "properties");
	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, entity->plural);
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "type", "array");
	cm_json_put_name(buf, "items");
	cm_fields_put_schema(buf, entity, CM_SCHEMA_RESULT);
	cm_json_put_close(buf, '}');
	put_member(buf, "nextCursor", "{\"type\":\"string\"}");
	cm_json_put_close(buf, '}');
	cm_json_put_name(buf, "required");
	cm_json_put_open(buf, '[');
	cm_json_put_string(buf, entity->plural);
	cm_json_put_close(buf, ']');
	cm_json_put_close(buf, '}');
}

void cm_crud_put_get_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	open_object(buf);
	cm_crud_put_id(buf, tool->crud->entity);
	close_object(buf, "\"required\":[\"id\"]");
}

void cm_crud_put_id_and_dry_run_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	open_object(buf);
	cm_crud_put_id(buf, tool->crud->entity);
	put_member(buf, "dry_run", DRY_RUN_SCHEMA);
	close_object(buf, "\"required\":[\"id\"]");
}

/* The required arguments of add and update. */
static void put_required(struct cm_buf *buf, const char *first, const char *second)
{
	cm_json_put_close(buf, '}');
	cm_json_put_name(buf, "required");
	cm_json_put_open(buf, '[');
	if (first != NULL)
		cm_json_put_string(buf, first);
	cm_json_put_string(buf, second);
	cm_json_put_close(buf, ']');
	cm_json_put_name(buf, "additionalProperties");
	cm_json_put_bool(buf, false);
	cm_json_put_close(buf, '}');
}

void cm_crud_put_add_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	const struct cm_entity *entity = tool->crud->entity;

	open_object(buf);
	cm_json_put_name(buf, entity->name);
	cm_fields_put_schema(buf, entity, CM_SCHEMA_ADD);
	put_member(buf, "dry_run", DRY_RUN_SCHEMA);
	put_required(buf, NULL, entity->name);
}

void cm_crud_put_update_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	const struct cm_entity *entity = tool->crud->entity;

	open_object(buf);
	cm_crud_put_id(buf, entity);
	cm_json_put_name(buf, entity->name);
	cm_fields_put_schema(buf, entity, CM_SCHEMA_UPDATE);
	put_member(buf, "dry_run", DRY_RUN_SCHEMA);
	put_member(buf, "if_match", IF_MATCH_SCHEMA);
	put_required(buf, "id", entity->name);
}

void cm_crud_put_delete_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	const struct cm_entity *entity = tool->crud->entity;

	open_object(buf);
	cm_crud_put_id(buf, entity);
	put_member(
	    buf, entity->name,
	    "{\"type\":\"object\",\"description\":\"In place of id: an object that has owner "
	    "and name\",\"properties\":{\"owner\":" NAME_SCHEMA ",\"name\":" NAME_SCHEMA
	    "},\"required\":[\"owner\",\"name\"]}");
	put_member(buf, "cascade",
	           "{\"type\":\"boolean\",\"default\":false,\"description\":\"Delete it even if "
	           "others need it: they lose it, or go with it\"}");
	put_member(buf, "dry_run", DRY_RUN_SCHEMA);
	if (cm_entity_is_versioned(entity))
		put_member(buf, "if_match", IF_MATCH_SCHEMA);
	close_object(buf, "\"required\":[]");
}

void cm_crud_put_delete_output(const struct cm_tool *tool, struct cm_buf *buf)
{
	(void)tool;
	open_object(buf);
	put_member(buf, "owner", NAME_SCHEMA);
	put_member(buf, "name", NAME_SCHEMA);
	put_member(buf, "deleted",
	           "{\"type\":\"boolean\",\"description\":\"false after a dry run\"}");
	put_member(buf, "neededBy", "{\"type\":\"string\"}");
	close_object(buf, "\"required\":[\"owner\",\"name\",\"deleted\"]");
}

void cm_crud_put_answer_output(const struct cm_tool *tool, struct cm_buf *buf)
{
	cm_fields_put_schema(buf, tool->crud->entity, CM_SCHEMA_ANSWER);
}

void cm_crud_put_entity_output(const struct cm_tool *tool, struct cm_buf *buf)
{
	cm_fields_put_schema(buf, tool->crud->entity, CM_SCHEMA_RESULT);
}

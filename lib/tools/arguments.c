#include "tools/arguments.h"

#include <stdio.h>
#include <string.h>

#include "tools/crud.h"
#include "tools/fields.h"

bool cm_id_parse(const char *text, struct cm_id *out)
{
	const char *slash = strchr(text, '/');
	size_t owner;

	if (slash == NULL)
		return false;
	owner = (size_t)(slash - text);
	if (owner >= sizeof out->owner || strlen(slash + 1) >= sizeof out->name)
		return false;
	memcpy(out->owner, text, owner);
	out->owner[owner] = '\0';
	memcpy(out->name, slash + 1, strlen(slash + 1) + 1);
	return cm_fields_is_name(out->owner) && cm_fields_is_name(out->name);
}

void cm_id_format(const struct cm_record *record, char out[CM_ID_LENGTH])
{
	snprintf(out, CM_ID_LENGTH, "%s/%s", cm_record_text(record, "owner"),
	         cm_record_text(record, "name"));
}

static enum cm_status refuse_argument(const struct cm_tool *tool, const char *name,
                                      const char *const *known, struct cm_err *err)
{
	struct cm_buf names = {0};

	for (const char *const *one = known; *one != NULL; one++)
		cm_buf_printf(&names, "%s%s", one == known ? "" : ", ", *one);
	(void)cm_err_set(err, CM_INPUT, "%.60s: %s has no such argument; it has %s.", name,
	                 tool->name, cm_buf_str(&names));
	cm_buf_clear(&names);
	return CM_INPUT;
}

/* Arguments that the tool does not have are refused: a misspelt one must not pass unnoticed. */
enum cm_status cm_arguments_check(const struct cm_tool_call *call, const char *const *known,
                                  struct cm_err *err)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	while (cm_json_each(call->arguments, &cursor, &name, &value)) {
		bool found = false;

		for (const char *const *one = known; *one != NULL; one++)
			found = found || strcmp(*one, name) == 0;
		if (!found)
			return refuse_argument(call->tool, name, known, err);
	}
	return CM_OK;
}

enum cm_status cm_arguments_id(const struct cm_tool_call *call, struct cm_id *out,
                               struct cm_err *err)
{
	const char *id = cm_json_string(cm_json_get(call->arguments, "id"));
	const struct cm_entity *entity = call->tool->crud->entity;

	if (id == NULL || !cm_id_parse(id, out))
		return cm_err_set(err, CM_INPUT, "id: must be a string such as %s/my-%s.",
		                  entity->owner == NULL ? "my-org" : entity->owner, entity->name);
	return CM_OK;
}

enum cm_status cm_arguments_only_id(const struct cm_tool_call *call, struct cm_id *out,
                                    struct cm_err *err)
{
	static const char *const known[] = {"id", NULL};
	enum cm_status rc = cm_arguments_check(call, known, err);

	return rc == CM_OK ? cm_arguments_id(call, out, err) : rc;
}

enum cm_status cm_arguments_object(const struct cm_tool_call *call, const cm_json **out,
                                   struct cm_err *err)
{
	const char *name = call->tool->crud->entity->name;

	*out = cm_json_get(call->arguments, name);
	if (cm_json_type(*out) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_INPUT, "%s: must be an object.", name);
	return CM_OK;
}

enum cm_status cm_arguments_bool(const struct cm_tool_call *call, const char *name, bool *out,
                                 struct cm_err *err)
{
	const cm_json *value = cm_json_get(call->arguments, name);

	*out = false;
	return value == NULL || cm_json_bool(value, out)
	           ? CM_OK
	           : cm_err_set(err, CM_INPUT, "%s: must be true or false.", name);
}

enum cm_status cm_arguments_text(const struct cm_tool_call *call, const char *name,
                                 const char **out, struct cm_err *err)
{
	const cm_json *value = cm_json_get(call->arguments, name);

	*out = cm_json_string(value);
	return value == NULL || *out != NULL
	           ? CM_OK
	           : cm_err_set(err, CM_INPUT, "%s: must be a string.", name);
}

/* The row is named by its id, or by an object with owner and name as Casdoor has it. */
enum cm_status cm_arguments_target(const struct cm_tool_call *call, struct cm_id *out,
                                   struct cm_err *err)
{
	const char *entity = call->tool->crud->entity->name;
	const cm_json *object = cm_json_get(call->arguments, entity);
	const char *owner = cm_json_string(cm_json_get(object, "owner"));
	const char *name = cm_json_string(cm_json_get(object, "name"));
	bool by_id = cm_json_get(call->arguments, "id") != NULL;

	if (by_id != (object == NULL))
		return cm_err_set(err, CM_INPUT, "id: give either id or %s, with owner and name.",
		                  entity);
	if (by_id)
		return cm_arguments_id(call, out, err);
	if (owner == NULL || name == NULL || !cm_fields_is_name(owner) ||
	    !cm_fields_is_name(name) || strlen(owner) > CM_NAME_MAX || strlen(name) > CM_NAME_MAX)
		return cm_err_set(err, CM_INPUT, "%s: must have owner and name.", entity);
	memcpy(out->owner, owner, strlen(owner) + 1);
	memcpy(out->name, name, strlen(name) + 1);
	return CM_OK;
}

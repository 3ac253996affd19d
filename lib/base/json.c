#include "base/json.h"

#include <string.h>

#include <json-c/json_object.h>
#include <json-c/linkhash.h>

void cm_json_free(cm_json *json)
{
	json_object_put(json);
}

/* json-c has no const in its getters; nothing is changed through this. */
static struct json_object *mutable(const cm_json *json)
{
	union {
		const cm_json *in;
		struct json_object *out;
	} cast = {.in = json};

	return cast.out;
}

cm_json *cm_json_share(const cm_json *json)
{
	return json_object_get(mutable(json));
}

enum cm_json_type cm_json_type(const cm_json *json)
{
	switch (json_object_get_type(json)) {
	case json_type_boolean:
		return CM_JSON_BOOL;
	case json_type_int:
		return CM_JSON_INTEGER;
	case json_type_double:
		return CM_JSON_NUMBER;
	case json_type_string:
		return CM_JSON_STRING;
	case json_type_array:
		return CM_JSON_ARRAY;
	case json_type_object:
		return CM_JSON_OBJECT;
	case json_type_null:
		break;
	}
	return CM_JSON_NULL;
}

const char *cm_json_type_name(enum cm_json_type type)
{
	static const char *const names[] = {
	    [CM_JSON_NULL] = "null",          [CM_JSON_BOOL] = "true or false",
	    [CM_JSON_INTEGER] = "an integer", [CM_JSON_NUMBER] = "a number",
	    [CM_JSON_STRING] = "a string",    [CM_JSON_ARRAY] = "an array",
	    [CM_JSON_OBJECT] = "an object",
	};

	return names[type];
}

const char *cm_json_string(const cm_json *json)
{
	return cm_json_type(json) == CM_JSON_STRING ? json_object_get_string(mutable(json)) : NULL;
}

bool cm_json_bool(const cm_json *json, bool *out)
{
	if (cm_json_type(json) != CM_JSON_BOOL)
		return false;
	*out = json_object_get_boolean(json) != 0;
	return true;
}

bool cm_json_integer(const cm_json *json, int64_t *out)
{
	if (cm_json_type(json) != CM_JSON_INTEGER)
		return false;
	*out = json_object_get_int64(json);
	return true;
}

bool cm_json_number(const cm_json *json, double *out)
{
	if (cm_json_type(json) != CM_JSON_INTEGER && cm_json_type(json) != CM_JSON_NUMBER)
		return false;
	*out = json_object_get_double(json);
	return true;
}

size_t cm_json_length(const cm_json *json)
{
	return cm_json_type(json) == CM_JSON_ARRAY ? json_object_array_length(json) : 0;
}

const cm_json *cm_json_at(const cm_json *json, size_t index)
{
	return index < cm_json_length(json) ? json_object_array_get_idx(json, index) : NULL;
}

bool cm_json_find(const cm_json *json, const char *name, const cm_json **value)
{
	struct json_object *found = NULL;
	bool present = cm_json_type(json) == CM_JSON_OBJECT &&
	               json_object_object_get_ex(json, name, &found) != 0;

	*value = found;
	return present;
}

const cm_json *cm_json_get(const cm_json *json, const char *name)
{
	const cm_json *value;

	(void)cm_json_find(json, name, &value);
	return value;
}

bool cm_json_each(const cm_json *json, const void **cursor, const char **name,
                  const cm_json **value)
{
	const struct lh_entry *entry;

	if (cm_json_type(json) != CM_JSON_OBJECT)
		return false;
	entry = *cursor == NULL ? json_object_get_object(json)->head
	                        : ((const struct lh_entry *)*cursor)->next;
	if (entry == NULL)
		return false;
	*cursor = entry;
	*name = lh_entry_k(entry);
	*value = lh_entry_v(entry);
	return true;
}

cm_json *cm_json_object(void)
{
	return json_object_new_object();
}

bool cm_json_set(cm_json *object, const char *name, cm_json *value)
{
	if (json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool cm_json_set_bool(cm_json *object, const char *name, bool truth)
{
	cm_json *value = cm_json_from_bool(truth);

	return value != NULL && cm_json_set(object, name, value);
}

void cm_json_unset(cm_json *object, const char *name)
{
	json_object_object_del(object, name);
}

bool cm_json_set_string(cm_json *object, const char *name, const char *text)
{
	cm_json *value = cm_json_from_string(text);

	return value != NULL && cm_json_set(object, name, value);
}

cm_json *cm_json_from_bool(bool value)
{
	return json_object_new_boolean(value);
}

cm_json *cm_json_from_integer(int64_t value)
{
	return json_object_new_int64(value);
}

cm_json *cm_json_from_string(const char *text)
{
	return json_object_new_string(text);
}

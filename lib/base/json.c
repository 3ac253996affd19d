#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

cm_json *cm_json_from_string(const char *text)
{
	return json_object_new_string(text);
}

/* A comma is due unless something was just opened, named, or nothing is there yet. */
static void put_comma(struct cm_buf *buf)
{
	char last = buf->len == 0 ? ',' : buf->data[buf->len - 1];

	if (last != '{' && last != '[' && last != ':' && last != ',')
		cm_buf_add(buf, ",", 1);
}

void cm_json_put_open(struct cm_buf *buf, char bracket)
{
	put_comma(buf);
	cm_buf_add(buf, &bracket, 1);
}

void cm_json_put_close(struct cm_buf *buf, char bracket)
{
	cm_buf_add(buf, &bracket, 1);
}

void cm_json_put_name(struct cm_buf *buf, const char *name)
{
	cm_json_put_string(buf, name);
	cm_buf_add(buf, ":", 1);
}

void cm_json_put_string(struct cm_buf *buf, const char *text)
{
	if (text == NULL)
		cm_json_put_raw(buf, "null");
	else
		cm_json_put_bytes(buf, text, strlen(text));
}

/* What stands after the backslash for a byte in a string, 'u' for \u00XX, NUL for no escape. */
static char escape_of(unsigned char c)
{
	if (c >= 0x20)
		return c == '"' || c == '\\' ? (char)c : '\0';
	return "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu"[c];
}

/* Write a byte that needs an escape; what follows it. */
static char *put_escape(char *out, unsigned char c)
{
	*out++ = '\\';
	*out++ = escape_of(c);
	if (escape_of(c) == 'u') {
		*out++ = '0';
		*out++ = '0';
		*out++ = "0123456789abcdef"[c >> 4];
		*out++ = "0123456789abcdef"[c & 15u];
	}
	return out;
}

/* A piece at a time, with room for the case that every byte needs the longest escape. */
static void put_escaped(struct cm_buf *buf, const char *text, size_t len)
{
	enum { PIECE = 256, ESCAPE = 6 };

	while (len > 0) {
		size_t piece = len < PIECE ? len : PIECE;
		char *start = cm_buf_room(buf, ESCAPE * piece), *out = start;

		if (start == NULL)
			return;
		for (size_t i = 0; i < piece; i++) {
			unsigned char c = (unsigned char)text[i];

			if (escape_of(c) == '\0')
				*out++ = (char)c;
			else
				out = put_escape(out, c);
		}
		cm_buf_took(buf, (size_t)(out - start));
		text += piece;
		len -= piece;
	}
}

void cm_json_put_bytes(struct cm_buf *buf, const char *text, size_t len)
{
	put_comma(buf);
	cm_buf_add(buf, "\"", 1);
	put_escaped(buf, text, len);
	cm_buf_add(buf, "\"", 1);
}

void cm_json_put_integer(struct cm_buf *buf, int64_t value)
{
	put_comma(buf);
	cm_buf_printf(buf, "%lld", (long long)value);
}

void cm_json_put_number(struct cm_buf *buf, double value)
{
	char text[40] = "null"; /* JSON has no infinity and no NaN */

	for (int digits = 15; isfinite(value) && digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
			break;
	}
	cm_json_put_raw(buf, text);
}

void cm_json_put_bool(struct cm_buf *buf, bool value)
{
	cm_json_put_raw(buf, value ? "true" : "false");
}

void cm_json_put_raw(struct cm_buf *buf, const char *json)
{
	put_comma(buf);
	cm_buf_puts(buf, json);
}

static void put_members(struct cm_buf *buf, const cm_json *json)
{
	const void *cursor = NULL;
	const char *name;
	const cm_json *value;

	cm_json_put_open(buf, '{');
	while (cm_json_each(json, &cursor, &name, &value)) {
		cm_json_put_name(buf, name);
		cm_json_put_value(buf, value);
	}
	cm_json_put_close(buf, '}');
}

static void put_elements(struct cm_buf *buf, const cm_json *json)
{
	cm_json_put_open(buf, '[');
	for (size_t i = 0; i < cm_json_length(json); i++)
		cm_json_put_value(buf, cm_json_at(json, i));
	cm_json_put_close(buf, ']');
}

/* json-c's own writer leaves out what it finds no memory for, and does not say so. */
void cm_json_put_value(struct cm_buf *buf, const cm_json *json)
{
	const char *text;

	switch (cm_json_type(json)) {
	case CM_JSON_NULL:
		cm_json_put_raw(buf, "null");
		break;
	case CM_JSON_BOOL:
		cm_json_put_bool(buf, json_object_get_boolean(json) != 0);
		break;
	case CM_JSON_INTEGER:
		cm_json_put_integer(buf, json_object_get_int64(json));
		break;
	case CM_JSON_NUMBER:
		/* As it was written, where it came from a text. */
		text = json_object_get_userdata(mutable(json));
		if (text != NULL)
			cm_json_put_raw(buf, text);
		else
			cm_json_put_number(buf, json_object_get_double(json));
		break;
	case CM_JSON_STRING:
		cm_json_put_bytes(buf, cm_json_string(json),
		                  (size_t)json_object_get_string_len(json));
		break;
	case CM_JSON_ARRAY:
		put_elements(buf, json);
		break;
	case CM_JSON_OBJECT:
		put_members(buf, json);
		break;
	}
}

void cm_json_put_member(struct cm_buf *buf, const char *name, const char *text)
{
	cm_json_put_name(buf, name);
	cm_json_put_string(buf, text);
}

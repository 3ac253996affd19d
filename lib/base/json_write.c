#include "base/json.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

/* A comma is due unless something was just opened, named, or nothing is there yet. */
static bool wants_comma(const struct cm_buf *buf)
{
	char last = buf->len == 0 ? ',' : buf->data[buf->len - 1];

	return last != '{' && last != '[' && last != ':' && last != ',';
}

static void put_comma(struct cm_buf *buf)
{
	if (wants_comma(buf))
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

/* What stands after the backslash for a byte in a string, 'u' for \u00XX, NUL for no escape. */
static const char escape_of[256] = {'u', 'u', 'u', 'u', 'u', 'u',         'u',          'u', 'b',
                                    't', 'n', 'u', 'f', 'r', 'u',         'u',          'u', 'u',
                                    'u', 'u', 'u', 'u', 'u', 'u',         'u',          'u', 'u',
                                    'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\'};

/* Write a byte that needs an escape; what follows it. */
static char *put_escape(char *out, unsigned char c)
{
	*out++ = '\\';
	*out++ = escape_of[c];
	if (escape_of[c] == 'u') {
		*out++ = '0';
		*out++ = '0';
		*out++ = "0123456789abcdef"[c >> 4];
		*out++ = "0123456789abcdef"[c & 15u];
	}
	return out;
}

/*
 * Where in eight bytes the first one is that needs an escape, 8 when none does.  In each byte of
 * the mask the highest bit tells; those above the first one may be wrong.
 */
static size_t first_escape(const char *text)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t eight, quote, backslash, mask;

	memcpy(&eight, text, sizeof eight);
	eight = le64toh(eight);
	quote = eight ^ each * '"';
	backslash = eight ^ each * '\\';
	mask = ((eight - each * ' ') & ~eight) | ((quote - each) & ~quote) |
	       ((backslash - each) & ~backslash);
	mask &= each * 0x80;
	return mask == 0 ? sizeof eight : (size_t)__builtin_ctzll(mask) / 8;
}

static char *put_escaped(char *out, const char *text, size_t len)
{
	const char *end = text + len;

	/* The room is for more than is there: what was copied too much is written over. */
	while (end - text >= 8) {
		size_t plain = first_escape(text);

		memcpy(out, text, 8);
		out += plain;
		text += plain;
		if (plain < 8)
			out = put_escape(out, (unsigned char)*text++);
	}
	for (; text < end; text++) {
		unsigned char c = (unsigned char)*text;

		if (escape_of[c] == '\0')
			*out++ = (char)c;
		else
			out = put_escape(out, c);
	}
	return out;
}

/*
 * A string, and a colon after it when it is a name.  A piece at a time, with room for the case that
 * every byte needs the longest escape.
 */
static void put_quoted(struct cm_buf *buf, const char *text, size_t len, bool name)
{
	enum { PIECE = 256, ESCAPE = 6, AROUND = 4 };
	bool first = true, last = false;

	while (!last) {
		size_t piece = len < PIECE ? len : PIECE;
		char *start = cm_buf_room(buf, ESCAPE * piece + AROUND), *out = start;

		if (start == NULL)
			return;
		last = piece == len;
		if (first && wants_comma(buf))
			*out++ = ',';
		if (first)
			*out++ = '"';
		out = put_escaped(out, text, piece);
		if (last)
			*out++ = '"';
		if (last && name)
			*out++ = ':';
		cm_buf_took(buf, (size_t)(out - start));
		first = false;
		text += piece;
		len -= piece;
	}
}

void cm_json_put_name(struct cm_buf *buf, const char *name)
{
	put_quoted(buf, name, strlen(name), true);
}

void cm_json_put_string(struct cm_buf *buf, const char *text)
{
	if (text == NULL)
		cm_json_put_raw(buf, "null");
	else
		put_quoted(buf, text, strlen(text), false);
}

void cm_json_put_bytes(struct cm_buf *buf, const char *text, size_t len)
{
	put_quoted(buf, text, len, false);
}

void cm_json_put_integer(struct cm_buf *buf, int64_t value)
{
	put_comma(buf);
	cm_buf_integer(buf, value);
}

void cm_json_put_number(struct cm_buf *buf, double value)
{
	char text[40] = "null"; /* JSON has no infinity and no NaN */

	/* Most are whole.  Without optimisation floor() would be one more library. */
	if (!signbit(value) && value < 1e15 && !(value > (double)(int64_t)value)) {
		cm_json_put_integer(buf, (int64_t)value);
		return;
	}
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
	/* json-c has no const there; nothing is changed through it. */
	union {
		const cm_json *in;
		struct json_object *out;
	} number = {.in = json};
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
		text = json_object_get_userdata(number.out);
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

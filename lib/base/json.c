#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "base/text.h"

/*
 * json-c takes some texts that RFC 8259 does not: NaN, "1.", "-01", raw control characters.  It
 * keeps the last of duplicate names and clips large integers.  So a small scanner looks at the text
 * first.  It decides nothing about meaning; it only refuses, and counts the colons between names
 * and values, so that a name that json-c dropped is missed afterwards.
 */
struct scan {
	const char *text;
	size_t len;
	size_t at;
	size_t colons;
	const char *fault; /* NULL while all is well */
};

static void scan_string(struct scan *s)
{
	for (s->at++; s->at < s->len; s->at++) {
		unsigned char c = (unsigned char)s->text[s->at];

		if (c < 0x20) {
			s->fault = "control character in a string";
			return;
		}
		if (c == '\\') {
			if (s->len - s->at > 5 && memcmp(s->text + s->at, "\\u0000", 6) == 0) {
				s->fault = "U+0000 in a string";
				return;
			}
			s->at++;
		} else if (c == '"') {
			s->at++;
			return;
		}
	}
	s->fault = "unterminated string";
}

static size_t scan_digits(struct scan *s)
{
	size_t start = s->at;

	while (s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9')
		s->at++;
	return s->at - start;
}

static bool scan_char(struct scan *s, const char *any)
{
	if (s->at < s->len && s->text[s->at] != '\0' && strchr(any, s->text[s->at]) != NULL) {
		s->at++;
		return true;
	}
	return false;
}

/* RFC 8259 section 6; integers must fit 64 bits, so that they are echoed as they came. */
static void scan_number(struct scan *s)
{
	const char *start = s->text + s->at, *first;
	bool integer = true;
	size_t digits;

	scan_char(s, "-");
	first = s->text + s->at;
	digits = scan_digits(s);
	if (digits == 0 || (digits > 1 && *first == '0'))
		s->fault = "malformed number";
	if (scan_char(s, ".")) {
		integer = false;
		if (scan_digits(s) == 0)
			s->fault = "malformed number";
	}
	if (scan_char(s, "eE")) {
		integer = false;
		scan_char(s, "+-");
		if (scan_digits(s) == 0)
			s->fault = "malformed number";
	}
	if (s->fault == NULL && integer && digits >= 19) {
		char copy[32] = "";

		if (digits == 19) {
			memcpy(copy, start, (size_t)(s->text + s->at - start));
			errno = 0;
			(void)strtoll(copy, NULL, 10);
		}
		if (digits > 19 || errno == ERANGE)
			s->fault = "integer beyond 64 bits";
	}
}

static void scan_word(struct scan *s)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i]);

		if (s->len - s->at >= len && memcmp(s->text + s->at, words[i], len) == 0) {
			s->at += len;
			return;
		}
	}
	s->fault = "unexpected character";
}

static void scan_text(struct scan *s)
{
	while (s->at < s->len && s->fault == NULL) {
		char c = s->text[s->at];

		if (c == '"') {
			scan_string(s);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			scan_number(s);
		} else if (c == ':') {
			s->colons++;
			s->at++;
		} else if (!scan_char(s, "{}[], \t\r\n")) {
			scan_word(s);
		}
	}
}

static size_t count_members(const cm_json *json)
{
	const void *cursor = NULL;
	const char *name;
	const cm_json *value;
	size_t count = 0;

	for (size_t i = 0; i < cm_json_length(json); i++)
		count += count_members(cm_json_at(json, i));
	while (cm_json_each(json, &cursor, &name, &value))
		count += 1 + count_members(value);
	return count;
}

static enum cm_status parse_fault(struct json_tokener *tok, struct cm_err *err)
{
	enum json_tokener_error why = json_tokener_get_error(tok);

	if (why == json_tokener_error_depth)
		return cm_err_set(err, CM_PARSE, "nested deeper than %d levels", CM_JSON_DEPTH_MAX);
	return cm_err_set(err, CM_PARSE, "%s at byte %zu", json_tokener_error_desc(why),
	                  json_tokener_get_parse_end(tok));
}

enum cm_status cm_json_parse(const char *text, size_t len, cm_json **out, struct cm_err *err)
{
	struct scan scan = {.text = text, .len = len};
	enum cm_status rc = CM_PARSE;
	struct json_tokener *tok;
	struct cm_buf copy = {0};

	*out = NULL;
	if (!cm_text_is_utf8(text, len))
		return cm_err_set(err, CM_PARSE, "not UTF-8");
	scan_text(&scan);
	if (scan.fault != NULL)
		return cm_err_set(err, CM_PARSE, "%s at byte %zu", scan.fault, scan.at);
	if (len >= INT32_MAX)
		return cm_err_set(err, CM_PARSE, "text too long");
	tok = json_tokener_new_ex(CM_JSON_DEPTH_MAX);
	/* json-c wants to see the terminating NUL: without it a bare number has no end. */
	cm_buf_add(&copy, text, len);
	if (tok == NULL || copy.failed) {
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
		goto out;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	*out = json_tokener_parse_ex(tok, copy.data, (int)len + 1);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		rc = parse_fault(tok, err);
		goto out;
	}
	if (count_members(*out) != scan.colons) {
		rc = cm_err_set(err, CM_PARSE, "a member name occurs twice in one object");
		goto out;
	}
	rc = CM_OK;
out:
	if (rc != CM_OK) {
		cm_json_free(*out);
		*out = NULL;
	}
	cm_buf_clear(&copy);
	if (tok != NULL)
		json_tokener_free(tok);
	return rc;
}

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

void cm_json_put_value(struct cm_buf *buf, const cm_json *json)
{
	const char *text = json_object_to_json_string_ext(
	    mutable(json), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text == NULL)
		buf->failed = true;
	else
		cm_json_put_raw(buf, text);
}

void cm_json_put_member(struct cm_buf *buf, const char *name, const char *text)
{
	cm_json_put_name(buf, name);
	cm_json_put_string(buf, text);
}

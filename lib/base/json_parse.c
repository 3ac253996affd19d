#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "base/text.h"

/*
 * json-c's own parser takes texts that RFC 8259 does not, and when memory runs out it loses values
 * or ends the process.  This one makes the same objects, and looks at what each step says.
 */
struct parser {
	const char *text;
	size_t len;
	size_t at;
	struct cm_buf word;     /* the names whose values are being read, and the word in hand */
	const char *fault;      /* what is wrong with the text, NULL while all is well */
	size_t containers_left; /* objects and arrays that it may have yet */
	bool no_memory;
};

static bool refuse(struct parser *p, const char *fault)
{
	p->fault = fault;
	return false;
}

/* Whether something was made; takes note when there was no memory for it. */
static bool made(struct parser *p, bool ok)
{
	if (!ok)
		p->no_memory = true;
	return ok;
}

static int peek(const struct parser *p)
{
	return p->at < p->len ? (unsigned char)p->text[p->at] : -1;
}

static void skip_blanks(struct parser *p)
{
	int c;

	while ((c = peek(p)) == ' ' || c == '\t' || c == '\r' || c == '\n')
		p->at++;
}

/* Take one character, blanks around it too; false when another one is there. */
static bool take(struct parser *p, char wanted)
{
	skip_blanks(p);
	if (peek(p) != wanted)
		return false;
	p->at++;
	skip_blanks(p);
	return true;
}

static bool unexpected(struct parser *p)
{
	return refuse(p, p->at < p->len ? "unexpected character" : "unexpected end of data");
}

/* The number that four hexadecimal digits stand for; false when they don't. */
static bool take_hex(struct parser *p, unsigned *out)
{
	char digits[5] = "";

	for (size_t i = 0; i < 4; i++, p->at++) {
		int c = peek(p);

		if (c <= 0 || strchr("0123456789abcdefABCDEF", c) == NULL)
			return refuse(p, "malformed escape");
		digits[i] = (char)c;
	}
	*out = (unsigned)strtoul(digits, NULL, 16);
	return true;
}

static void put_utf8(struct cm_buf *buf, unsigned point)
{
	char bytes[4];
	size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--, point >>= 6)
		bytes[i] = (char)(0x80u | (point & 0x3fu));
	bytes[0] = (char)(len == 1 ? point : (0xf00u >> len & 0xffu) | point);
	cm_buf_add(buf, bytes, len);
}

/* After \u.  Half a surrogate pair becomes U+FFFD. */
static bool take_unicode(struct parser *p)
{
	unsigned point, low;

	if (!take_hex(p, &point))
		return false;
	if (point == 0)
		return refuse(p, "U+0000 in a string");
	if (point >= 0xd800 && point < 0xdc00 && p->len - p->at >= 6 &&
	    memcmp(p->text + p->at, "\\u", 2) == 0) {
		size_t after_high = p->at;

		p->at += 2;
		if (!take_hex(p, &low))
			return false;
		if (low >= 0xdc00 && low < 0xe000)
			point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
		else
			p->at = after_high;
	}
	put_utf8(&p->word, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
	return true;
}

static bool take_escape(struct parser *p)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	int c = peek(p);
	const char *letter = c <= 0 ? NULL : strchr(letters, c);

	if (c == 'u') {
		p->at++;
		return take_unicode(p);
	}
	if (letter == NULL)
		return refuse(p, "malformed escape");
	p->at++;
	cm_buf_add(&p->word, &bytes[letter - letters], 1);
	return true;
}

/* A string, as a word more. */
static bool take_string(struct parser *p)
{
	for (p->at++; peek(p) >= 0;) {
		size_t plain = p->at;

		while (peek(p) >= 0x20 && peek(p) != '"' && peek(p) != '\\')
			p->at++;
		cm_buf_add(&p->word, p->text + plain, p->at - plain);
		if (peek(p) < 0)
			break;
		if (peek(p) < 0x20)
			return refuse(p, "control character in a string");
		if (p->text[p->at++] == '"')
			return made(p, !p->word.failed);
		if (!take_escape(p))
			return false;
	}
	return refuse(p, "unterminated string");
}

static size_t skip_digits(struct parser *p)
{
	size_t start = p->at;

	while (peek(p) >= '0' && peek(p) <= '9')
		p->at++;
	return p->at - start;
}

static bool skip_any(struct parser *p, const char *any)
{
	bool there = peek(p) > 0 && strchr(any, peek(p)) != NULL;

	p->at += there;
	return there;
}

/* RFC 8259 section 6.  Integers must fit 64 bits; other numbers keep their text. */
static bool take_number(struct parser *p, struct json_object **out)
{
	size_t start = p->at, kept = p->word.len, first, digits;
	bool integer = true;
	const char *word;

	skip_any(p, "-");
	first = p->at;
	digits = skip_digits(p);
	if (digits == 0 || (digits > 1 && p->text[first] == '0'))
		return refuse(p, "malformed number");
	if (skip_any(p, ".")) {
		integer = false;
		if (skip_digits(p) == 0)
			return refuse(p, "malformed number");
	}
	if (skip_any(p, "eE")) {
		integer = false;
		skip_any(p, "+-");
		if (skip_digits(p) == 0)
			return refuse(p, "malformed number");
	}
	cm_buf_add(&p->word, p->text + start, p->at - start);
	if (!made(p, !p->word.failed))
		return false;
	word = p->word.data + kept;
	errno = 0;
	if (!integer) {
		*out = json_object_new_double_s(strtod(word, NULL), word);
	} else {
		*out = json_object_new_int64(strtoll(word, NULL, 10));
		if (errno == ERANGE)
			return refuse(p, "integer beyond 64 bits");
	}
	p->word.len = kept;
	return made(p, *out != NULL);
}

static bool take_word(struct parser *p, struct json_object **out)
{
	static const char *const words[] = {"null", "true", "false"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i]);

		if (p->len - p->at < len || memcmp(p->text + p->at, words[i], len) != 0)
			continue;
		p->at += len;
		if (i > 0)
			*out = json_object_new_boolean(i == 1);
		return made(p, i == 0 || *out != NULL);
	}
	return unexpected(p);
}

static bool take_value(struct parser *p, int depth, struct json_object **out);

static bool take_elements(struct parser *p, int depth, struct json_object *array)
{
	p->at++;
	if (take(p, ']'))
		return true;
	do {
		struct json_object *value = NULL;
		bool ok = take_value(p, depth + 1, &value);

		if (!ok || !made(p, json_object_array_add(array, value) == 0)) {
			json_object_put(value);
			return false;
		}
	} while (take(p, ','));
	return take(p, ']') || unexpected(p);
}

static bool take_member(struct parser *p, int depth, struct json_object *object)
{
	size_t name = p->word.len;
	struct json_object *value = NULL;
	bool ok = false;

	skip_blanks(p);
	if (peek(p) != '"')
		return unexpected(p);
	if (!take_string(p))
		return false;
	/* It stays while the value is read, which may move it. */
	cm_buf_add(&p->word, "", 1);
	if (!made(p, !p->word.failed))
		return false;
	if (!take(p, ':'))
		unexpected(p);
	else if (json_object_object_get_ex(object, p->word.data + name, NULL))
		refuse(p, "a member name occurs twice in one object");
	else
		ok = take_value(p, depth + 1, &value) &&
		     made(p, json_object_object_add_ex(object, p->word.data + name, value,
		                                       JSON_C_OBJECT_ADD_KEY_IS_NEW) == 0);
	if (!ok)
		json_object_put(value);
	p->word.len = name;
	return ok;
}

static bool take_members(struct parser *p, int depth, struct json_object *object)
{
	p->at++;
	if (take(p, '}'))
		return true;
	do {
		if (!take_member(p, depth, object))
			return false;
	} while (take(p, ','));
	return take(p, '}') || unexpected(p);
}

/* What is in *out afterwards is the caller's, also when it is not whole. */
static bool take_value(struct parser *p, int depth, struct json_object **out)
{
	size_t kept = p->word.len;

	skip_blanks(p);
	if (depth > CM_JSON_DEPTH_MAX)
		return refuse(p, "nested deeper than 32 levels");
	if ((peek(p) == '{' || peek(p) == '[') && p->containers_left-- == 0)
		return refuse(p, "too many objects and arrays");
	switch (peek(p)) {
	case '{':
		*out = json_object_new_object();
		return made(p, *out != NULL) && take_members(p, depth, *out);
	case '[':
		*out = json_object_new_array();
		return made(p, *out != NULL) && take_elements(p, depth, *out);
	case '"':
		if (!take_string(p))
			return false;
		*out = json_object_new_string_len(p->word.data + kept, (int)(p->word.len - kept));
		p->word.len = kept;
		return made(p, *out != NULL);
	default:
		if (peek(p) == '-' || (peek(p) >= '0' && peek(p) <= '9'))
			return take_number(p, out);
		return take_word(p, out);
	}
}

static enum cm_status parse(const char *text, size_t len, size_t containers, cm_json **out,
                            struct cm_err *err)
{
	struct parser p = {.text = text, .len = len, .containers_left = containers};
	enum cm_status rc = CM_OK;
	bool ok;

	*out = NULL;
	if (!cm_text_is_utf8(text, len))
		return cm_err_set(err, CM_PARSE, "not UTF-8");
	if (len >= INT32_MAX)
		return cm_err_set(err, CM_PARSE, "text too long");
	ok = take_value(&p, 1, out);
	skip_blanks(&p);
	if (ok && p.at < len)
		unexpected(&p);
	if (p.no_memory)
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	else if (p.fault != NULL)
		rc = cm_err_set(err, CM_PARSE, "%s at byte %zu", p.fault, p.at);
	if (rc != CM_OK) {
		cm_json_free(*out);
		*out = NULL;
	}
	cm_buf_clear(&p.word);
	return rc;
}

enum cm_status cm_json_parse(const char *text, size_t len, cm_json **out, struct cm_err *err)
{
	return parse(text, len, SIZE_MAX, out, err);
}

enum cm_status cm_json_parse_request(const char *text, size_t len, cm_json **out,
                                     struct cm_err *err)
{
	return parse(text, len, CM_JSON_CONTAINERS_MAX, out, err);
}

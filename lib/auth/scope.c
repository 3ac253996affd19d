#include "auth/scope.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const struct {
	const char *action;
	const char *kind;
	const char *name;
} table[] = {
    [CM_SCOPE_READ_APPLICATION] = {"read", "application", "read:application"},
    [CM_SCOPE_WRITE_APPLICATION] = {"write", "application", "write:application"},
};
_Static_assert(sizeof table / sizeof *table == CM_SCOPE_COUNT, "every scope has a row");
_Static_assert(CM_SCOPE_COUNT < 62, "a set is 64 bits, two of them taken");

const char *cm_scope_name(enum cm_scope scope)
{
	return table[scope].name;
}

static bool is(const char *word, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(word, text, len) == 0;
}

/* Whether "action:kind" fits a row, where '*' in either place fits all. */
static bool covers(size_t row, const char *action, size_t action_len, const char *kind,
                   size_t kind_len)
{
	return (is(action, action_len, "*") || is(action, action_len, table[row].action)) &&
	       (is(kind, kind_len, "*") || is(kind, kind_len, table[row].kind));
}

/* What the words for all of an action cover beyond the rows. */
static cm_scope_set beyond_rows(const char *action, size_t len)
{
	if (is(action, len, "read"))
		return CM_SCOPE_ANY_READ;
	return is(action, len, "write") ? CM_SCOPE_ANY_WRITE : 0;
}

cm_scope_set cm_scope_word(const char *word, size_t len)
{
	const char *colon = memchr(word, ':', len);
	size_t first = colon == NULL ? len : (size_t)(colon - word);
	/* "read" is "read:*"; a kind alone, such as "application", says nothing of the action. */
	const char *second = colon == NULL ? "*" : colon + 1;
	size_t second_len = colon == NULL ? 1 : len - first - 1;
	cm_scope_set set = 0;

	if (is(word, len, "admin"))
		return CM_SCOPE_ALL;
	if (is(word, len, "*:*") || is(word, len, "*"))
		return 0;
	for (size_t row = 0; row < CM_SCOPE_COUNT; row++) {
		if (covers(row, word, first, second, second_len) ||
		    (colon != NULL && covers(row, second, second_len, word, first)))
			set |= CM_SCOPE_BIT(row);
	}
	if (is(second, second_len, "*"))
		set |= beyond_rows(word, first);
	if (is(word, first, "*"))
		set |= beyond_rows(second, second_len);
	return set;
}

enum cm_status cm_scope_parse(const char *list, cm_scope_set *out, struct cm_err *err)
{
	const char *word;
	size_t len;

	*out = 0;
	while ((word = cm_text_word(&list, " ", &len)) != NULL) {
		cm_scope_set set = cm_scope_word(word, len);

		if (set == 0)
			return cm_err_set(err, CM_INVALID_SCOPE, "Unknown scope: %.*s.",
			                  len > 100 ? 100 : (int)len, word);
		*out |= set;
	}
	return CM_OK;
}

cm_scope_set cm_scope_known(const char *list)
{
	cm_scope_set set = 0;
	const char *word;
	size_t len;

	while ((word = cm_text_word(&list, " ", &len)) != NULL)
		set |= cm_scope_word(word, len);
	return set;
}

void cm_scope_put(struct cm_buf *buf, cm_scope_set set)
{
	const char *separator = "";

	for (size_t row = 0; row < CM_SCOPE_COUNT; row++) {
		if ((set & CM_SCOPE_BIT(row)) != 0) {
			cm_buf_puts(buf, separator);
			cm_buf_puts(buf, table[row].name);
			separator = " ";
		}
	}
}

void cm_scope_put_json(struct cm_buf *buf, cm_scope_set set)
{
	cm_json_put_open(buf, '[');
	for (size_t row = 0; row < CM_SCOPE_COUNT; row++) {
		if ((set & CM_SCOPE_BIT(row)) != 0)
			cm_json_put_string(buf, table[row].name);
	}
	cm_json_put_close(buf, ']');
}

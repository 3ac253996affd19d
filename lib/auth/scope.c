#include "auth/scope.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const struct {
	const char *action;
	const char *kind;
} table[] = {
    [CM_SCOPE_READ_APPLICATION] = {"read", "application"},
    [CM_SCOPE_WRITE_APPLICATION] = {"write", "application"},
    [CM_SCOPE_READ_ORGANIZATION] = {"read", "organization"},
    [CM_SCOPE_WRITE_ORGANIZATION] = {"write", "organization"},
    [CM_SCOPE_READ_USER] = {"read", "user"},
    [CM_SCOPE_WRITE_USER] = {"write", "user"},
    [CM_SCOPE_READ_ROLE] = {"read", "role"},
    [CM_SCOPE_WRITE_ROLE] = {"write", "role"},
    [CM_SCOPE_READ_PERMISSION] = {"read", "permission"},
    [CM_SCOPE_WRITE_PERMISSION] = {"write", "permission"},
    [CM_SCOPE_READ_TOKEN] = {"read", "token"},
    [CM_SCOPE_WRITE_TOKEN] = {"write", "token"},
    [CM_SCOPE_READ_AUDIT] = {"read", "audit"},
};
_Static_assert(sizeof table / sizeof *table == CM_SCOPE_COUNT, "every scope has a row");
_Static_assert(CM_SCOPE_COUNT < 58, "a set is 64 bits, six of them taken");

/* Each scope's name, and what a person is told about it.  The tools' scopes come first. */
static const struct {
	cm_scope_set scope;
	const char *name; /* NULL: no word of its own */
	const char *words;
} scopes[] = {
    {CM_SCOPE_BIT(CM_SCOPE_READ_APPLICATION), "read:application",
     "See the applications of your organisation"},
    {CM_SCOPE_BIT(CM_SCOPE_WRITE_APPLICATION), "write:application",
     "Create, change and delete applications of your organisation, and replace their secrets"},
    {CM_SCOPE_BIT(CM_SCOPE_READ_ORGANIZATION), "read:organization",
     "See what your organisation is set to"},
    {CM_SCOPE_BIT(CM_SCOPE_WRITE_ORGANIZATION), "write:organization",
     "Create, change and delete organisations"},
    {CM_SCOPE_BIT(CM_SCOPE_READ_USER), "read:user", "See the users of your organisation"},
    {CM_SCOPE_BIT(CM_SCOPE_WRITE_USER), "write:user",
     "Add, change and delete users of your organisation, and set their passwords"},
    {CM_SCOPE_BIT(CM_SCOPE_READ_ROLE), "read:role", "See the roles of your organisation"},
    {CM_SCOPE_BIT(CM_SCOPE_WRITE_ROLE), "write:role",
     "Create, change and delete roles, and say who has them"},
    {CM_SCOPE_BIT(CM_SCOPE_READ_PERMISSION), "read:permission",
     "See the permissions of your organisation"},
    {CM_SCOPE_BIT(CM_SCOPE_WRITE_PERMISSION), "write:permission",
     "Create, change and delete permissions"},
    {CM_SCOPE_BIT(CM_SCOPE_READ_TOKEN), "read:token", "See which tokens there are"},
    {CM_SCOPE_BIT(CM_SCOPE_WRITE_TOKEN), "write:token", "Revoke tokens"},
    {CM_SCOPE_BIT(CM_SCOPE_READ_AUDIT), "read:audit", "See who changed what"},
    {CM_SCOPE_ANY_READ, NULL, "See everything else of your organisation"},
    {CM_SCOPE_ANY_WRITE, NULL, "Change everything else of your organisation"},
    {CM_SCOPE_OPENID, "openid", "Know that it is you, by an identifier"},
    {CM_SCOPE_PROFILE, "profile", "See your name"},
    {CM_SCOPE_EMAIL, "email", "See your e-mail address"},
    {CM_SCOPE_OFFLINE, "offline_access", "Stay connected while you are away"},
};
enum { SCOPES = sizeof scopes / sizeof *scopes };

const char *cm_scope_name(enum cm_scope scope)
{
	return scopes[scope].name;
}

static bool is(const char *word, size_t len, const char *text)
{
	/* Most differ in their first character. */
	return len > 0 && *word == *text && strlen(text) == len && memcmp(word, text, len) == 0;
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
	for (size_t i = 0; i < SCOPES; i++) {
		if ((scopes[i].scope & CM_SCOPE_IDENTITY) != 0 && is(word, len, scopes[i].name))
			return scopes[i].scope;
	}
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

cm_scope_set cm_scope_known(const char *list)
{
	cm_scope_set set = 0;
	const char *word;
	size_t len;

	while ((word = cm_text_word(&list, " ", &len)) != NULL)
		set |= cm_scope_word(word, len);
	return set;
}

/* Append a word of a list, unless it is there already. */
static void put_once(struct cm_buf *out, const char *word, size_t len)
{
	const char *cursor = cm_buf_str(out), *known;
	size_t known_len;

	while ((known = cm_text_word(&cursor, " ", &known_len)) != NULL) {
		if (known_len == len && memcmp(known, word, len) == 0)
			return;
	}
	cm_buf_puts(out, out->len == 0 ? "" : " ");
	cm_buf_add(out, word, len);
}

enum cm_status cm_scope_grant(const char *list, const struct cm_scope_limits *limits,
                              struct cm_buf *out, struct cm_err *err)
{
	const char *word;
	size_t len;

	while ((word = cm_text_word(&list, " ", &len)) != NULL) {
		cm_scope_set set = cm_scope_word(word, len);
		bool registered = set != 0 && (set & ~limits->registered) == 0;

		if (!registered && !limits->lenient)
			return cm_err_set(err, CM_INVALID_SCOPE,
			                  "The client is not registered for scope %.*s.",
			                  len > 100 ? 100 : (int)len, word);
		if (registered && (set & ~limits->held) == 0)
			put_once(out, word, len);
		for (size_t i = 0; registered && i < SCOPES; i++) {
			if ((set & ~limits->held) != 0 && scopes[i].name != NULL &&
			    (scopes[i].scope & set & limits->held) != 0)
				put_once(out, scopes[i].name, strlen(scopes[i].name));
		}
	}
	return cm_buf_status(out, err);
}

enum cm_status cm_scope_put_within(struct cm_buf *out, const char *list, cm_scope_set within,
                                   struct cm_err *err)
{
	struct cm_scope_limits limits = {
	    .registered = ~(cm_scope_set)0, .held = within, .lenient = true};

	return cm_scope_grant(list, &limits, out, err);
}

bool cm_scope_describe(cm_scope_set set, size_t *cursor, const char **words)
{
	while (*cursor < SCOPES) {
		size_t i = (*cursor)++;

		if ((scopes[i].scope & set) != 0) {
			*words = scopes[i].words;
			return true;
		}
	}
	return false;
}

void cm_scope_put(struct cm_buf *buf, cm_scope_set set)
{
	const char *separator = "";

	for (size_t i = 0; i < SCOPES; i++) {
		if ((set & scopes[i].scope) != 0 && scopes[i].name != NULL) {
			cm_buf_puts(buf, separator);
			cm_buf_puts(buf, scopes[i].name);
			separator = " ";
		}
	}
}

void cm_scope_put_json(struct cm_buf *buf, cm_scope_set set)
{
	cm_json_put_open(buf, '[');
	for (size_t i = 0; i < SCOPES; i++) {
		if ((set & scopes[i].scope) != 0 && scopes[i].name != NULL)
			cm_json_put_string(buf, scopes[i].name);
	}
	cm_json_put_close(buf, ']');
}

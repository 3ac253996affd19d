#include "tools/check.h"

#include <stdio.h>
#include <string.h>

#include "auth/redirect_uri.h"
#include "auth/scope.h"
#include "base/address.h"
#include "base/text.h"
#include "base/url.h"
#include "tools/arguments.h"
#include "tools/fields.h"

enum {
	PATH_MAX_LEN = 160,
	DEFAULT_LENGTH = 100,
	/* A value is told within a row, a list of rows and a result, and must be readable there. */
	LEVELS_MAX = CM_JSON_DEPTH_MAX - 4
};

#define WHOLE_MAX 9007199254740991.0 /* 2^53 - 1 */

bool cm_check_whole(const cm_json *value, int64_t *out)
{
	double number = 0;

	if (cm_json_integer(value, out))
		return true;
	if (!cm_json_number(value, &number) || number < -WHOLE_MAX || number > WHOLE_MAX ||
	    number != (double)(int64_t)number)
		return false;
	*out = (int64_t)number;
	return true;
}

int64_t cm_check_max_length(const struct cm_field *field)
{
	/* For arrays, min and max count the elements; their strings have a limit of their own. */
	if (field->type == CM_FIELD_STRINGS)
		return CM_URL_MAX;
	return field->max == 0 ? DEFAULT_LENGTH : field->max;
}

bool cm_fields_is_name(const char *text)
{
	size_t len =
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return len > 0 && text[len] == '\0' && text[0] != '.' && text[0] != '-';
}

static const char *check_name(const char *text)
{
	return cm_fields_is_name(text)
	           ? NULL
	           : "may have only letters, digits, '.', '_' and '-', and must "
	             "not begin with '.' or '-'";
}

static const char *check_url(const char *text)
{
	struct cm_url url;

	if (*text == '\0' || cm_url_is_path(text))
		return NULL;
	if (cm_url_parse(text, &url) && url.host[0] != '\0' &&
	    (strcmp(url.scheme, "https") == 0 || strcmp(url.scheme, "http") == 0))
		return NULL;
	return "must be an http or https URL, or a path from '/'";
}

static const char *check_scope(const char *text)
{
	return cm_scope_word(text, strlen(text)) != 0 ? NULL : "is no scope of this server";
}

static const char *check_email(const char *text)
{
	const char *at = strchr(text, '@');

	if (*text == '\0')
		return NULL;
	return at != NULL && at != text && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
	               cm_text_is_visible(text) && strpbrk(text, " /<>\"") == NULL
	           ? NULL
	           : "is no e-mail address";
}

static const char *check_addresses(const char *text)
{
	return cm_address_is_list(text) ? NULL
	                                : "must be IP addresses and ranges such as 192.0.2.0/24, "
	                                  "separated by commas";
}

static const char *check_id(const char *text)
{
	struct cm_id id;

	return cm_id_parse(text, &id) ? NULL : "must be an id such as my-org/alice";
}

static const char *(*const forms[CM_FORM_COUNT])(const char *text) = {
    [CM_FORM_NAME] = check_name,
    [CM_FORM_URL] = check_url,
    [CM_FORM_REDIRECT_URI] = cm_redirect_uri_wrong,
    [CM_FORM_SCOPE] = check_scope,
    [CM_FORM_EMAIL] = check_email,
    [CM_FORM_ADDRESSES] = check_addresses,
    [CM_FORM_ID] = check_id,
};

/* What is wrong with a string's form; of scopes, also which there are. */
static enum cm_status refuse_form(const struct cm_field *field, const char *wrong, const char *path,
                                  struct cm_err *err)
{
	struct cm_buf known = {0};

	if (field->form == CM_FORM_SCOPE) {
		cm_buf_puts(&known, "; it has ");
		cm_scope_put(&known, CM_SCOPE_KNOWN);
	}
	(void)cm_err_set(err, CM_INPUT, "%s: %s%s.", path, wrong, cm_buf_str(&known));
	cm_buf_clear(&known);
	return CM_INPUT;
}

static enum cm_status refuse_value(const struct cm_field *field, const char *text, const char *path,
                                   struct cm_err *err)
{
	struct cm_buf allowed = {0};

	for (const char *const *value = field->values; *value != NULL; value++)
		cm_buf_printf(&allowed, "%s\"%s\"", value == field->values ? "" : ", ", *value);
	(void)cm_err_set(err, CM_INPUT, "%s: \"%.60s\" is none of the allowed values: %s.", path,
	                 text, cm_buf_str(&allowed));
	cm_buf_clear(&allowed);
	return CM_INPUT;
}

static enum cm_status check_string(const struct cm_field *field, const char *text, const char *path,
                                   struct cm_err *err)
{
	const char *wrong = forms[field->form] == NULL ? NULL : forms[field->form](text);
	bool known = field->values == NULL;

	if (cm_text_chars(text) > (size_t)cm_check_max_length(field))
		return cm_err_set(err, CM_INPUT, "%s: is longer than %lld characters.", path,
		                  (long long)cm_check_max_length(field));
	if ((field->flags & CM_FIELD_REQUIRED) != 0 && *text == '\0')
		return cm_err_set(err, CM_INPUT, "%s: must not be empty.", path);
	if (wrong != NULL)
		return refuse_form(field, wrong, path, err);
	for (const char *const *value = field->values; !known && *value != NULL; value++)
		known = strcmp(*value, text) == 0;
	return known ? CM_OK : refuse_value(field, text, path, err);
}

static enum cm_status check_range(const struct cm_field *field, double value, const char *path,
                                  struct cm_err *err)
{
	if (value < (double)field->min || value > (double)field->max)
		return cm_err_set(err, CM_INPUT, "%s: must be from %lld to %lld.", path,
		                  (long long)field->min, (long long)field->max);
	return CM_OK;
}

static const struct cm_field *find_member(const struct cm_field *members, const char *name)
{
	for (; members->name != NULL; members++) {
		if (strcmp(members->name, name) == 0)
			return members;
	}
	return NULL;
}

static enum cm_status refuse_member(const struct cm_field *members, const char *name,
                                    const char *path, struct cm_err *err)
{
	struct cm_buf names = {0};

	for (const struct cm_field *one = members; one->name != NULL; one++)
		cm_buf_printf(&names, "%s%s", one == members ? "" : ", ", one->name);
	(void)cm_err_set(err, CM_INPUT, "%s: has no member %.60s; it has %s.", path, name,
	                 cm_buf_str(&names));
	cm_buf_clear(&names);
	return CM_INPUT;
}

/* An object inside a field; without a table of members any will do. */
static enum cm_status check_object(const struct cm_field *members, const cm_json *object,
                                   const char *path, struct cm_err *err)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;
	enum cm_status rc = CM_OK;

	if (members == NULL)
		return CM_OK;
	while (rc == CM_OK && cm_json_each(object, &cursor, &name, &value)) {
		const struct cm_field *member = find_member(members, name);
		char inner[PATH_MAX_LEN];

		if (member == NULL)
			return refuse_member(members, name, path, err);
		snprintf(inner, sizeof inner, "%s.%s", path, name);
		if (value != NULL)
			rc = cm_check_value(member, value, inner, err);
	}
	for (; rc == CM_OK && members->name != NULL; members++) {
		if ((members->flags & CM_FIELD_REQUIRED) != 0 &&
		    cm_json_get(object, members->name) == NULL)
			rc = cm_err_set(err, CM_INPUT, "%s.%s: is needed.", path, members->name);
	}
	return rc;
}

static enum cm_status check_array(const struct cm_field *field, const cm_json *array,
                                  const char *path, struct cm_err *err)
{
	enum cm_json_type wanted =
	    field->type == CM_FIELD_STRINGS ? CM_JSON_STRING : CM_JSON_OBJECT;
	enum cm_status rc = CM_OK;

	if (cm_json_length(array) > (size_t)field->max)
		return cm_err_set(err, CM_INPUT, "%s: has more than %lld elements.", path,
		                  (long long)field->max);
	for (size_t i = 0; rc == CM_OK && i < cm_json_length(array); i++) {
		const cm_json *element = cm_json_at(array, i);
		char inner[PATH_MAX_LEN];

		snprintf(inner, sizeof inner, "%s[%zu]", path, i);
		if (cm_json_type(element) != wanted)
			rc = cm_err_set(err, CM_INPUT, "%s: must be %s, not %s.", inner,
			                cm_json_type_name(wanted),
			                cm_json_type_name(cm_json_type(element)));
		else if (wanted == CM_JSON_STRING)
			rc = check_string(field, cm_json_string(element), inner, err);
		else
			rc = check_object(field->members, element, inner, err);
	}
	return rc;
}

/* Whether objects and arrays stand in one another on more levels than this. */
static bool is_deeper(const cm_json *value, int levels)
{
	enum cm_json_type type = cm_json_type(value);
	bool container = type == CM_JSON_OBJECT || type == CM_JSON_ARRAY;
	bool deeper = container && levels == 0;
	const void *cursor = NULL;
	const cm_json *inner;
	const char *name;

	for (size_t i = 0; !deeper && i < cm_json_length(value); i++)
		deeper = is_deeper(cm_json_at(value, i), levels - 1);
	while (!deeper && cm_json_each(value, &cursor, &name, &inner))
		deeper = is_deeper(inner, levels - 1);
	return deeper;
}

/* The JSON type of a field's values. */
static enum cm_json_type json_type(enum cm_field_type type)
{
	static const enum cm_json_type types[] = {
	    [CM_FIELD_STRING] = CM_JSON_STRING,   [CM_FIELD_BOOL] = CM_JSON_BOOL,
	    [CM_FIELD_INTEGER] = CM_JSON_INTEGER, [CM_FIELD_NUMBER] = CM_JSON_NUMBER,
	    [CM_FIELD_TIME] = CM_JSON_STRING,     [CM_FIELD_STRINGS] = CM_JSON_ARRAY,
	    [CM_FIELD_OBJECTS] = CM_JSON_ARRAY,   [CM_FIELD_OBJECT] = CM_JSON_OBJECT,
	};

	return types[type];
}

enum cm_status cm_check_value(const struct cm_field *field, const cm_json *value, const char *path,
                              struct cm_err *err)
{
	enum cm_json_type wanted = json_type(field->type), type = cm_json_type(value);
	double number = 0;
	int64_t whole;

	if (type != wanted && !(wanted == CM_JSON_NUMBER && type == CM_JSON_INTEGER) &&
	    !(wanted == CM_JSON_INTEGER && cm_check_whole(value, &whole)))
		return cm_err_set(err, CM_INPUT, "%s: must be %s, not %s.", path,
		                  cm_json_type_name(wanted), cm_json_type_name(type));
	if (is_deeper(value, LEVELS_MAX))
		return cm_err_set(err, CM_INPUT, "%s: is nested deeper than %d levels.", path,
		                  LEVELS_MAX);
	switch (field->type) {
	case CM_FIELD_STRING:
		return check_string(field, cm_json_string(value), path, err);
	case CM_FIELD_INTEGER:
	case CM_FIELD_NUMBER:
		(void)cm_json_number(value, &number);
		return check_range(field, number, path, err);
	case CM_FIELD_STRINGS:
	case CM_FIELD_OBJECTS:
		return check_array(field, value, path, err);
	case CM_FIELD_OBJECT:
		return check_object(field->members, value, path, err);
	case CM_FIELD_BOOL:
	case CM_FIELD_TIME:
		break;
	}
	return CM_OK;
}

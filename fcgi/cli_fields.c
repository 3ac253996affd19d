#include "cli.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/entity.h"

/* Words separated by spaces as a JSON array of strings. */
static cm_json *split(const char *text)
{
	struct cm_buf json = {0};
	cm_json *list = NULL;
	const char *word;
	size_t len;

	cm_json_put_open(&json, '[');
	while ((word = cm_text_word(&text, " ", &len)) != NULL)
		cm_json_put_bytes(&json, word, len);
	cm_json_put_close(&json, ']');
	if (!json.failed)
		(void)cm_json_parse(json.data, json.len, &list, NULL);
	cm_buf_clear(&json);
	return list;
}

/* Whether a list of strings is given as words, not as JSON. */
static bool is_words(const char *text)
{
	cm_json *json = NULL;
	bool is_json;

	if (*text == '\0' || isalpha((unsigned char)*text))
		return true;
	if (strchr("[{\"", *text) != NULL)
		return false;
	is_json = cm_json_parse(text, strlen(text), &json, NULL) == CM_OK;
	cm_json_free(json);
	return !is_json;
}

/* What a value that is no text must look like. */
static const char *form_of(const struct cm_field *field)
{
	switch (field->type) {
	case CM_FIELD_BOOL:
		return "true or false";
	case CM_FIELD_INTEGER:
	case CM_FIELD_NUMBER:
		return "a number";
	case CM_FIELD_STRINGS:
		return "words, or JSON such as [\"a\",\"b\"]";
	case CM_FIELD_OBJECTS:
		return "JSON such as [{\"name\":\"a\"},{\"name\":\"b\"}]";
	default:
		return "JSON";
	}
}

const char *cli_pair(const char *pair, char name[CLI_NAME_SIZE])
{
	size_t len = strcspn(pair, "=");

	if (pair[len] == '\0' || len == 0 || len >= CLI_NAME_SIZE)
		return NULL;
	snprintf(name, CLI_NAME_SIZE, "%.*s", (int)len, pair);
	return pair + len + 1;
}

enum cm_status cli_field_set(const struct cm_entity *entity, cm_json *object, const char *pair,
                             struct cm_err *err)
{
	const struct cm_field *field;
	const cm_json *before;
	cm_json *value = NULL;
	char name[CLI_NAME_SIZE];
	const char *text = cli_pair(pair, name);
	bool null = false; /* it is JSON's null, which resets the field */
	enum cm_status rc;

	if (text == NULL)
		return cm_err_set(err, CM_USAGE, "%.100s: must be FIELD=VALUE", pair);
	field = cm_entity_field(entity, name);
	if (field != NULL && (field->flags & CM_FIELD_WRITE_ONLY) != 0)
		return cm_err_set(err, CM_USAGE,
		                  "%s: everybody on this machine can read a command line; add and "
		                  "set-password ask for it",
		                  name);
	if (cm_json_find(object, name, &before))
		return cm_err_set(err, CM_USAGE, "%s: is given twice", name);
	if (field == NULL || field->type == CM_FIELD_STRING) {
		value = cm_json_from_string(text);
	} else if (field->type == CM_FIELD_STRINGS && is_words(text)) {
		value = split(text);
	} else {
		struct cm_err why = {0};

		rc = cm_json_parse(text, strlen(text), &value, &why);
		if (rc != CM_OK)
			return cm_err_set(err, CM_INPUT, "%s: must be %s: %s", name, form_of(field),
			                  why.text);
		null = value == NULL;
	}
	return (value != NULL || null) && cm_json_set(object, name, value)
	           ? CM_OK
	           : cm_err_set(err, CM_NOMEM, "out of memory");
}

enum cm_status cli_fields_read(const struct cli *cli, const struct cm_entity *entity,
                               cm_json *object, struct cm_err *err)
{
	enum cm_status rc = CM_OK;

	for (int i = 1; rc == CM_OK && i < cli->arguments; i++)
		rc = cli_field_set(entity, object, cli->argument[i], err);
	return rc;
}

bool cli_is_given(const struct cli *cli, const char *pair)
{
	size_t len = strcspn(pair, "=") + 1;

	for (int i = 1; i < cli->arguments; i++) {
		if (strncmp(cli->argument[i], pair, len) == 0)
			return true;
	}
	return false;
}

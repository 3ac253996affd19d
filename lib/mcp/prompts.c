#include "mcp/method.h"

#include <string.h>

#include "base/text.h"
#include "mcp/prompt.h"

enum { VALUE_MAX = 1000 }; /* characters of an argument */

const struct cm_prompt *cm_prompt_find(const struct cm_toolbox *box, const char *name)
{
	for (size_t i = 0; i < box->prompts; i++) {
		if (strcmp(box->prompt[i].name, name) == 0)
			return &box->prompt[i];
	}
	return NULL;
}

bool cm_prompt_allowed(const struct cm_prompt *prompt, const struct cm_principal *caller)
{
	return (caller->scopes & CM_SCOPE_BIT(prompt->scope)) != 0;
}

static void put_argument(struct cm_buf *buf, const struct cm_prompt_argument *argument,
                         const struct cm_revision *revision)
{
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "name", argument->name);
	if (revision->titles)
		cm_json_put_member(buf, "title", argument->title);
	cm_json_put_member(buf, "description", argument->description);
	cm_json_put_name(buf, "required");
	cm_json_put_bool(buf, argument->required);
	cm_json_put_close(buf, '}');
}

/* The prompts whose job the caller's scopes allow, all in one page. */
enum cm_status cm_method_prompts_list(struct cm_message *m, struct cm_buf *result,
                                      struct cm_err *err)
{
	const cm_json *cursor;

	if (cm_json_find(m->params, "cursor", &cursor))
		return cm_err_set(err, CM_PARAMS,
		                  "params.cursor is unknown: the list has one page.");
	cm_json_put_name(result, "prompts");
	cm_json_put_open(result, '[');
	for (size_t i = 0; i < m->box->prompts; i++) {
		const struct cm_prompt *prompt = &m->box->prompt[i];

		if (!cm_prompt_allowed(prompt, &m->x->caller))
			continue;
		cm_json_put_open(result, '{');
		cm_json_put_member(result, "name", prompt->name);
		if (m->revision->titles)
			cm_json_put_member(result, "title", prompt->title);
		cm_json_put_member(result, "description", prompt->description);
		cm_json_put_name(result, "arguments");
		cm_json_put_open(result, '[');
		for (const struct cm_prompt_argument *a = prompt->argument; a->name != NULL; a++)
			put_argument(result, a, m->revision);
		cm_json_put_close(result, ']');
		cm_json_put_close(result, '}');
	}
	cm_json_put_close(result, ']');
	return CM_OK;
}

static const struct cm_prompt_argument *find_argument(const struct cm_prompt *prompt,
                                                      const char *name, size_t len)
{
	for (const struct cm_prompt_argument *a = prompt->argument; a->name != NULL; a++) {
		if (strlen(a->name) == len && memcmp(a->name, name, len) == 0)
			return a;
	}
	return NULL;
}

static enum cm_status check_arguments(const struct cm_prompt *prompt, const cm_json *arguments,
                                      struct cm_err *err)
{
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	if (arguments != NULL && cm_json_type(arguments) != CM_JSON_OBJECT)
		return cm_err_set(err, CM_PARAMS, "params.arguments must be an object.");
	while (cm_json_each(arguments, &cursor, &name, &value)) {
		const char *text = cm_json_string(value);

		if (find_argument(prompt, name, strlen(name)) == NULL)
			return cm_err_set(err, CM_PARAMS, "%s has no argument %.60s.", prompt->name,
			                  name);
		if (text == NULL || cm_text_chars(text) > VALUE_MAX)
			return cm_err_set(err, CM_PARAMS,
			                  "Argument %s must be a string of at most %d characters.",
			                  name, VALUE_MAX);
	}
	for (const struct cm_prompt_argument *a = prompt->argument; a->name != NULL; a++) {
		if (a->required && cm_json_get(arguments, a->name) == NULL)
			return cm_err_set(err, CM_PARAMS, "Argument %s is needed.", a->name);
	}
	return CM_OK;
}

/* The prompt's words with the values in their places. */
static void put_text(struct cm_buf *out, const struct cm_prompt *prompt, const cm_json *arguments)
{
	const char *text = prompt->text;

	while (*text != '\0') {
		size_t plain = strcspn(text, "{"), len;
		const struct cm_prompt_argument *argument;
		const char *value;

		cm_buf_add(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		len = strcspn(text + 1, "}");
		argument = find_argument(prompt, text + 1, len);
		if (argument != NULL) {
			value = cm_json_string(cm_json_get(arguments, argument->name));
			cm_buf_puts(out, value == NULL ? argument->fallback : value);
		}
		text += len + 2;
	}
}

enum cm_status cm_method_prompts_get(struct cm_message *m, struct cm_buf *result,
                                     struct cm_err *err)
{
	const char *name = cm_json_string(cm_json_get(m->params, "name"));
	const cm_json *arguments = cm_json_get(m->params, "arguments");
	const struct cm_prompt *prompt = name == NULL ? NULL : cm_prompt_find(m->box, name);
	struct cm_buf text = {0};
	enum cm_status rc;

	if (prompt == NULL)
		return cm_err_set(err, CM_PARAMS, "Unknown prompt: %.100s",
		                  name == NULL ? "" : name);
	if (!cm_prompt_allowed(prompt, &m->x->caller))
		return cm_message_lack_scope(m, prompt->scope, "prompt", name, err);
	if ((rc = check_arguments(prompt, arguments, err)) != CM_OK)
		return rc;
	put_text(&text, prompt, arguments);
	cm_json_put_member(result, "description", prompt->description);
	cm_json_put_name(result, "messages");
	cm_json_put_open(result, '[');
	cm_json_put_open(result, '{');
	cm_json_put_member(result, "role", "user");
	cm_json_put_name(result, "content");
	cm_json_put_open(result, '{');
	cm_json_put_member(result, "type", "text");
	cm_json_put_member(result, "text", cm_buf_str(&text));
	cm_json_put_close(result, '}');
	cm_json_put_close(result, '}');
	cm_json_put_close(result, ']');
	rc = cm_buf_status(&text, err);
	cm_buf_clear(&text);
	return rc;
}

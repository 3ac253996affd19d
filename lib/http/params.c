#include "http/params.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

void cm_params_clear(struct cm_params *params)
{
	for (size_t i = 0; i < params->count; i++) {
		free(params->item[i].name);
		/* It may be a secret. */
		if (params->item[i].value != NULL)
			cm_crypto_wipe(params->item[i].value, strlen(params->item[i].value));
		free(params->item[i].value);
	}
	params->count = 0;
}

const char *cm_params_get(const struct cm_params *params, const char *name)
{
	for (size_t i = 0; i < params->count; i++) {
		if (strcmp(params->item[i].name, name) == 0)
			return params->item[i].value;
	}
	return NULL;
}

/* Takes over both strings. */
static enum cm_status add(struct cm_params *params, char *name, char *value, struct cm_err *err)
{
	enum cm_status rc = CM_OK;

	if (name == NULL || value == NULL)
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	else if (params->count == CM_PARAMS_MAX)
		rc = cm_err_set(err, CM_REQUEST, "There are more than %d parameters.",
		                CM_PARAMS_MAX);
	else if (strcmp(name, "resource") != 0 && cm_params_get(params, name) != NULL)
		rc = cm_err_set(err, CM_REQUEST, "Parameter %.40s occurs twice.", name);
	if (rc != CM_OK || name == NULL || value == NULL || *value == '\0') {
		free(name);
		free(value);
		return rc;
	}
	params->item[params->count].name = name;
	params->item[params->count].value = value;
	params->count++;
	return CM_OK;
}

static enum cm_status read_form(struct cm_params *params, const char *body, struct cm_err *err)
{
	enum cm_status rc = CM_OK;
	const char *pair;
	size_t len;

	while (rc == CM_OK && (pair = cm_text_word(&body, "&", &len)) != NULL) {
		const char *equals = memchr(pair, '=', len);
		size_t name_len = equals == NULL ? len : (size_t)(equals - pair);
		char *name = strndup(pair, name_len);
		char *value = strndup(equals == NULL ? "" : equals + 1,
		                      equals == NULL ? 0 : len - name_len - 1);

		if (name != NULL && value != NULL &&
		    (!cm_decode_percent(name, true) || !cm_decode_percent(value, true))) {
			rc = cm_err_set(err, CM_REQUEST,
			                "A parameter is not properly form-encoded.");
			free(name);
			free(value);
		} else {
			rc = add(params, name, value, err);
		}
	}
	return rc;
}

static enum cm_status add_json(struct cm_params *params, const char *name, const cm_json *value,
                               struct cm_err *err)
{
	const char *text = cm_json_string(value);

	if (text == NULL)
		return cm_err_set(err, CM_REQUEST, "Parameter %.40s must be a string.", name);
	return add(params, cm_text_dup(name), cm_text_dup(text), err);
}

static enum cm_status read_json(struct cm_params *params, const struct cm_request *req,
                                struct cm_err *err)
{
	const void *cursor = NULL;
	struct cm_err why = {0};
	cm_json *json = NULL;
	const cm_json *value;
	const char *name;
	enum cm_status rc;

	if (req->body_len > CM_PARAMS_JSON_MAX)
		return cm_err_set(err, CM_TOO_LARGE, "A JSON body has at most %d bytes here.",
		                  CM_PARAMS_JSON_MAX);
	rc = cm_json_parse_request(req->body, req->body_len, &json, &why);
	if (rc == CM_PARSE)
		rc = cm_err_set(err, CM_REQUEST, "The body is not JSON: %s.", why.text);
	else if (rc != CM_OK)
		cm_err_set(err, rc, "%s", why.text);
	else if (cm_json_type(json) != CM_JSON_OBJECT)
		rc = cm_err_set(err, CM_REQUEST, "The body must be a JSON object.");
	while (rc == CM_OK && cm_json_each(json, &cursor, &name, &value)) {
		size_t count = strcmp(name, "resource") == 0 ? cm_json_length(value) : 0;

		for (size_t i = 0; rc == CM_OK && i < count; i++)
			rc = add_json(params, name, cm_json_at(value, i), err);
		if (count == 0)
			rc = add_json(params, name, value, err);
	}
	cm_json_free(json);
	return rc;
}

enum cm_status cm_params_read(struct cm_params *params, const struct cm_request *req,
                              struct cm_err *err)
{
	if (cm_request_has_type(req, "application/json"))
		return read_json(params, req, err);
	if (!cm_request_has_type(req, "application/x-www-form-urlencoded"))
		return cm_err_set(err, CM_REQUEST,
		                  "The body must be application/x-www-form-urlencoded or JSON.");
	if (strlen(req->body) != req->body_len)
		return cm_err_set(err, CM_REQUEST, "The body holds a NUL byte.");
	return read_form(params, req->body, err);
}

enum cm_status cm_params_read_query(struct cm_params *params, const struct cm_request *req,
                                    struct cm_err *err)
{
	return read_form(params, req->query, err);
}

#include "oauth/registration.h"

#include <stdlib.h>
#include <string.h>

#include "auth/client.h"
#include "auth/jwk.h"
#include "auth/redirect_uri.h"
#include "base/text.h"
#include "base/url.h"
#include "oauth/grant.h"

enum { REDIRECT_URIS_MAX = 20, NAME_CHARS_MAX = 100 };

/* All there is today and may come later; what a token gets of it is the person's choice. */
#define ALL_SCOPES "read write openid profile email offline_access"

static enum cm_status bad(struct cm_err *err, const char *what, const char *why)
{
	return cm_err_set(err, CM_INVALID_METADATA, "%s %s.", what, why);
}

static enum cm_status read_redirect_uris(const cm_json *metadata, struct cm_client *out,
                                         struct cm_err *err)
{
	const cm_json *list = cm_json_get(metadata, "redirect_uris");
	struct cm_buf uris = {0};
	enum cm_status rc;

	if (list != NULL && cm_json_type(list) != CM_JSON_ARRAY)
		return cm_err_set(err, CM_INVALID_REDIRECT_URI, "redirect_uris must be an array.");
	if (cm_json_length(list) > REDIRECT_URIS_MAX)
		return cm_err_set(err, CM_INVALID_REDIRECT_URI,
		                  "redirect_uris has more than %d elements.", REDIRECT_URIS_MAX);
	for (size_t i = 0; i < cm_json_length(list); i++) {
		const char *uri = cm_json_string(cm_json_at(list, i));
		const char *wrong = uri == NULL                ? "must be a string"
		                    : strlen(uri) > CM_URL_MAX ? "is too long"
		                                               : cm_redirect_uri_wrong(uri);

		if (wrong != NULL)
			return cm_err_set(err, CM_INVALID_REDIRECT_URI, "redirect_uris[%zu] %s.", i,
			                  wrong);
	}
	cm_json_put_open(&uris, '[');
	for (size_t i = 0; i < cm_json_length(list); i++)
		cm_json_put_string(&uris, cm_json_string(cm_json_at(list, i)));
	cm_json_put_close(&uris, ']');
	if ((rc = cm_buf_status(&uris, err)) == CM_OK)
		out->redirect_uris = uris.data;
	else
		cm_buf_clear(&uris);
	return rc;
}

/* The grants that a client may use that nobody vouches for. */
static const char *const grants[] = {CM_GRANT_AUTHORIZATION_CODE, CM_GRANT_REFRESH_TOKEN,
                                     CM_GRANT_DEVICE_CODE};

static enum cm_status read_grants(const cm_json *metadata, struct cm_client *out,
                                  struct cm_err *err)
{
	const cm_json *list = cm_json_get(metadata, "grant_types");
	bool wanted[sizeof grants / sizeof *grants] = {list == NULL};
	struct cm_buf text = {0};
	enum cm_status rc;

	if (list != NULL && cm_json_type(list) != CM_JSON_ARRAY)
		return bad(err, "grant_types", "must be an array");
	for (size_t i = 0; i < cm_json_length(list); i++) {
		const char *name = cm_json_string(cm_json_at(list, i));

		if (name == NULL)
			return bad(err, "grant_types", "must hold strings");
		for (size_t g = 0; g < sizeof grants / sizeof *grants; g++)
			wanted[g] = wanted[g] || strcmp(name, grants[g]) == 0;
	}
	if (!wanted[0] && !wanted[2])
		return bad(err, "grant_types",
		           "must hold " CM_GRANT_AUTHORIZATION_CODE " or " CM_GRANT_DEVICE_CODE);
	cm_json_put_open(&text, '[');
	for (size_t g = 0; g < sizeof grants / sizeof *grants; g++) {
		if (wanted[g])
			cm_json_put_string(&text, grants[g]);
	}
	cm_json_put_close(&text, ']');
	if ((rc = cm_buf_status(&text, err)) == CM_OK)
		out->grant_types = text.data;
	else
		cm_buf_clear(&text);
	if (rc == CM_OK && wanted[0] && strcmp(out->redirect_uris, "[]") == 0)
		rc = cm_err_set(err, CM_INVALID_REDIRECT_URI, "redirect_uris is needed.");
	return rc;
}

static enum cm_status check_response_types(const cm_json *metadata, struct cm_err *err)
{
	const cm_json *list = cm_json_get(metadata, "response_types");
	bool code = list == NULL || cm_json_length(list) == 0;

	if (list != NULL && cm_json_type(list) != CM_JSON_ARRAY)
		return bad(err, "response_types", "must be an array");
	for (size_t i = 0; i < cm_json_length(list); i++) {
		const char *type = cm_json_string(cm_json_at(list, i));

		code = code || (type != NULL && strcmp(type, "code") == 0);
	}
	return code ? CM_OK : bad(err, "response_types", "must hold code");
}

static enum cm_status read_method(const cm_json *metadata, struct cm_client *out,
                                  struct cm_err *err)
{
	const cm_json *value = cm_json_get(metadata, "token_endpoint_auth_method");
	const cm_json *jwks = cm_json_get(metadata, "jwks");
	const char *name =
	    value == NULL ? cm_client_method_name(CM_METHOD_BASIC) : cm_json_string(value);
	struct cm_buf keys = {0};
	bool known = false;

	for (int i = 0; name != NULL && i < CM_METHOD_COUNT; i++)
		known = known || strcmp(name, cm_client_method_name((enum cm_client_method)i)) == 0;
	if (!known)
		return bad(err, "token_endpoint_auth_method", "is not supported");
	memcpy(out->auth_method, name, strlen(name) + 1);
	if (jwks != NULL && cm_json_type(cm_json_get(jwks, "keys")) != CM_JSON_ARRAY)
		return bad(err, "jwks", "must be a JSON Web Key Set");
	/* It would come back with the metadata, and stand in the audit trail. */
	if (cm_jwk_set_is_private(jwks))
		return bad(err, "jwks", "must hold public keys only");
	if (strcmp(name, cm_client_method_name(CM_METHOD_JWT)) == 0 && jwks == NULL)
		return bad(err, "jwks", "is needed for private_key_jwt; jwks_uri is for documents");
	if (jwks == NULL)
		cm_buf_puts(&keys, "{}");
	else
		cm_json_put_value(&keys, jwks);
	out->jwks = keys.data;
	return cm_buf_status(&keys, err);
}

/* Whether a character turns the direction of what follows: U+202A to 202E, U+2066 to 2069. */
static bool turns_text(const char *at)
{
	unsigned char third = at[0] == '\0' || at[1] == '\0' ? 0 : (unsigned char)at[2];

	return (strncmp(at, "\xe2\x80", 2) == 0 && third >= 0xaa && third <= 0xae) ||
	       (strncmp(at, "\xe2\x81", 2) == 0 && third >= 0xa6 && third <= 0xa9);
}

static enum cm_status read_name(const cm_json *metadata, struct cm_client *out, struct cm_err *err)
{
	const cm_json *value = cm_json_get(metadata, "client_name");
	const char *name = value == NULL ? "An application without a name" : cm_json_string(value);

	if (name == NULL)
		return bad(err, "client_name", "must be a string");
	if (*name == '\0')
		return bad(err, "client_name", "must not be empty");
	if (cm_text_chars(name) > NAME_CHARS_MAX)
		return bad(err, "client_name", "is longer than 100 characters");
	for (const char *c = name; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f || turns_text(c))
			return bad(err, "client_name", "has a control character");
	}
	memcpy(out->display_name, name, strlen(name) + 1);
	return CM_OK;
}

enum cm_status cm_registration_read(const cm_json *metadata, struct cm_client *out,
                                    struct cm_err *err)
{
	enum cm_status rc;

	if (cm_json_type(metadata) != CM_JSON_OBJECT)
		return bad(err, "Client metadata", "must be a JSON object");
	if ((rc = read_redirect_uris(metadata, out, err)) != CM_OK ||
	    (rc = read_grants(metadata, out, err)) != CM_OK ||
	    (rc = check_response_types(metadata, err)) != CM_OK ||
	    (rc = read_method(metadata, out, err)) != CM_OK ||
	    (rc = read_name(metadata, out, err)) != CM_OK)
		return rc;
	memcpy(out->consent_policy, "once", sizeof "once");
	out->scope = cm_text_dup(ALL_SCOPES);
	return out->scope == NULL ? cm_err_set(err, CM_NOMEM, "out of memory") : CM_OK;
}

/* Of the grants that were asked for, those that the client has. */
static enum cm_status keep_grants(const struct cm_client *stored, struct cm_client *fresh,
                                  struct cm_err *err)
{
	struct cm_buf text = {0};
	enum cm_status rc = CM_OK;

	cm_json_put_open(&text, '[');
	for (size_t g = 0; rc != CM_NOMEM && g < sizeof grants / sizeof *grants; g++) {
		if ((rc = cm_client_check_grant(fresh, grants[g], NULL)) == CM_OK &&
		    (rc = cm_client_check_grant(stored, grants[g], NULL)) == CM_OK)
			cm_json_put_string(&text, grants[g]);
	}
	cm_json_put_close(&text, ']');
	if (rc == CM_NOMEM)
		rc = cm_err_set(err, rc, "out of memory");
	else if ((rc = cm_buf_status(&text, err)) == CM_OK && strcmp(text.data, "[]") == 0)
		rc = bad(err, "grant_types", "must hold one that the client is registered for");
	if (rc == CM_OK) {
		free(fresh->grant_types);
		fresh->grant_types = text.data;
	} else {
		cm_buf_clear(&text);
	}
	return rc;
}

enum cm_status cm_registration_renew(const struct cm_client *stored, struct cm_client *fresh,
                                     struct cm_err *err)
{
	fresh->id = stored->id;
	fresh->origin = stored->origin;
	fresh->created_at_s = stored->created_at_s;
	memcpy(fresh->client_id, stored->client_id, sizeof fresh->client_id);
	free(fresh->scope);
	fresh->scope = cm_text_dup(stored->scope);
	if (fresh->scope == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	return keep_grants(stored, fresh, err);
}

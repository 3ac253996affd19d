#include "oauth/document.h"

#include <stdio.h>
#include <string.h>

#include "auth/client.h"
#include "base/clock.h"
#include "base/url.h"
#include "http/fetch.h"
#include "oauth/registration.h"
#include "store/audit.h"

enum { KEPT_S = 3600, DOCUMENT_MAX = CM_REGISTRATION_MAX };

/* Whether a path has a segment that leads elsewhere, "." or ".." (RFC 3986 section 5.2.4). */
static bool has_dots(const char *path)
{
	for (; (path = strstr(path, "/.")) != NULL; path++) {
		const char *end = path + (path[2] == '.' ? 3 : 2);

		if (*end == '\0' || *end == '/')
			return true;
	}
	return false;
}

bool cm_document_is_url(const char *client_id)
{
	struct cm_url url;

	return strlen(client_id) <= CM_CLIENT_ID_MAX && cm_url_parse(client_id, &url) &&
	       strcmp(url.scheme, "https") == 0 && url.host[0] != '\0' && !url.userinfo &&
	       !url.fragment && !url.query && url.path_len > 1 && !has_dots(url.path);
}

static enum cm_status bad(struct cm_err *err, const char *why)
{
	return cm_err_set(err, CM_INPUT, "The application's own document %s.", why);
}

/* In words for the person what the client's metadata lack. */
static enum cm_status explain(enum cm_status rc, const struct cm_err *why, struct cm_err *err)
{
	if (rc == CM_INVALID_METADATA || rc == CM_INVALID_REDIRECT_URI)
		return cm_err_set(err, CM_INPUT, "The application's own document: %s", why->text);
	return cm_err_set(err, rc, "%s", why->text);
}

/*
 * Parse a document, which must be about its client; *out is owned by the caller.  A client that
 * names no method has no secret.
 */
static enum cm_status parse(const char *client_id, const struct cm_buf *text, cm_json **out,
                            struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc = cm_json_parse_request(cm_buf_str(text), text->len, out, &why);
	const char *said = cm_json_string(cm_json_get(*out, "client_id"));

	if (rc == CM_PARSE)
		return bad(err, "is not JSON");
	if (rc != CM_OK)
		return explain(rc, &why, err);
	if (said == NULL || strcmp(said, client_id) != 0)
		return bad(err, "names another client_id than its URL");
	if (cm_json_get(*out, "token_endpoint_auth_method") == NULL &&
	    !cm_json_set_string(*out, "token_endpoint_auth_method",
	                        cm_client_method_name(CM_METHOD_NONE)))
		return cm_err_set(err, CM_NOMEM, "out of memory");
	return CM_OK;
}

static enum cm_status read_parsed(const cm_json *json, struct cm_client *out, struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc;

	if (cm_json_get(json, "client_secret") != NULL ||
	    cm_json_get(json, "client_secret_expires_at") != NULL)
		return bad(err, "holds a secret");
	if (cm_json_get(json, "client_name") == NULL)
		return bad(err, "lacks client_name");
	if ((rc = cm_registration_read(json, out, &why)) != CM_OK)
		return explain(rc, &why, err);
	return strncmp(out->auth_method, "client_secret_", 14) == 0 ? bad(err, "asks for a secret")
	                                                            : CM_OK;
}

enum cm_status cm_document_read(const char *client_id, const struct cm_buf *text,
                                struct cm_client *out, struct cm_err *err)
{
	cm_json *json = NULL;
	enum cm_status rc = parse(client_id, text, &json, err);

	if (rc == CM_OK)
		rc = read_parsed(json, out, err);
	cm_json_free(json);
	return rc;
}

/* The keys of a client that says where they are, in place of the keys (RFC 7591 section 2). */
static enum cm_status fetch_keys(cm_json *json, struct cm_err *err)
{
	const char *method = cm_json_string(cm_json_get(json, "token_endpoint_auth_method"));
	const char *url = cm_json_string(cm_json_get(json, "jwks_uri"));
	struct cm_buf text = {0};
	cm_json *keys = NULL;
	enum cm_status rc;

	if (url == NULL || cm_json_get(json, "jwks") != NULL || method == NULL ||
	    strcmp(method, cm_client_method_name(CM_METHOD_JWT)) != 0)
		return CM_OK;
	if ((rc = cm_fetch_json(url, DOCUMENT_MAX, &text, NULL)) == CM_OK)
		rc = cm_json_parse_request(cm_buf_str(&text), text.len, &keys, NULL);
	cm_buf_clear(&text);
	if (rc == CM_INPUT || rc == CM_PARSE)
		return bad(err, "has a jwks_uri that leads to no keys");
	if (rc != CM_OK)
		return cm_err_set(err, rc, "the keys of a client can't be read");
	return cm_json_set(json, "jwks", keys) ? CM_OK : cm_err_set(err, CM_NOMEM, "out of memory");
}

/* Fetch what a client says of itself. */
static enum cm_status fetch(const char *client_id, struct cm_client *out, struct cm_err *err)
{
	struct cm_buf text = {0};
	cm_json *json = NULL;
	enum cm_status rc;

	if ((rc = cm_fetch_json(client_id, DOCUMENT_MAX, &text, err)) == CM_OK &&
	    (rc = parse(client_id, &text, &json, err)) == CM_OK &&
	    (rc = fetch_keys(json, err)) == CM_OK)
		rc = read_parsed(json, out, err);
	cm_json_free(json);
	cm_buf_clear(&text);
	return rc;
}

struct work {
	struct cm_client *fresh;
	struct cm_audit audit;
};

/* Whether a client's document is to be read again. */
static bool is_due(const struct cm_client *client)
{
	return client->origin == CM_CLIENT_DOCUMENT &&
	       client->document_expires_at_s <= cm_clock_now_s();
}

static enum cm_status write_client(struct cm_store *store, void *arg, struct cm_err *err)
{
	const struct work *work = arg;
	struct cm_client stored;
	struct cm_err why = {0};
	enum cm_status rc = cm_client_get(store, work->fresh->client_id, &stored, &why);
	/* Another request was faster: what it read just now is as good. */
	bool done = rc == CM_OK && !is_due(&stored);

	if (rc == CM_NOT_FOUND) {
		cm_err_clear(&why);
		rc = cm_client_insert(store, work->fresh, &why);
	} else if (rc == CM_OK && !done &&
	           (rc = cm_registration_renew(&stored, work->fresh, &why)) == CM_OK) {
		rc = cm_client_update(store, work->fresh, &why);
	}
	cm_client_clear(&stored);
	if (rc != CM_OK)
		return explain(rc, &why, err);
	return done ? CM_OK : cm_audit_insert(store, &work->audit, err);
}

/* Fetch the document and keep what it says, in place of what it said before. */
static enum cm_status renew(struct cm_exchange *x, const char *client_id,
                            enum cm_throttle_kind counted, struct cm_err *err)
{
	char digest[CM_SHA256_HEX];
	struct cm_client fresh = {.origin = CM_CLIENT_DOCUMENT};
	struct work work = {.fresh = &fresh};
	enum cm_status rc;

	if ((rc = cm_exchange_count(x, counted, err)) != CM_OK ||
	    (rc = cm_crypto_sha256_hex(client_id, strlen(client_id), digest, err)) != CM_OK ||
	    (rc = fetch(client_id, &fresh, err)) != CM_OK)
		goto out;
	snprintf(fresh.client_id, sizeof fresh.client_id, "%s", client_id);
	snprintf(fresh.name, sizeof fresh.name, "document-%.32s", digest);
	fresh.document_expires_at_s = cm_clock_now_s() + KEPT_S;
	memcpy(x->caller.client_id, fresh.client_id, sizeof x->caller.client_id);
	work.audit = cm_principal_audit(&x->caller, "read_client_document", client_id, CM_OK);
	rc = cm_store_write(x->ctx->store, write_client, &work, err);
out:
	cm_client_clear(&fresh);
	return rc;
}

enum cm_status cm_document_client(struct cm_exchange *x, const char *client_id,
                                  struct cm_client *out, struct cm_err *err)
{
	bool on = strcmp(x->ctx->settings.client_id_metadata_documents, "on") == 0;
	bool url = on && cm_document_is_url(client_id);
	bool may_change = cm_context_may_change(x->ctx, NULL) == CM_OK;
	struct cm_err why = {0};
	enum cm_status rc = cm_client_get(x->ctx->store, client_id, out, &why);

	if (rc == CM_NOT_FOUND ? !url
	                       : rc != CM_OK || out->origin != CM_CLIENT_DOCUMENT ||
	                             (url && (!is_due(out) || !may_change)))
		return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
	cm_client_clear(out);
	if (!url)
		return cm_err_set(err, CM_NOT_FOUND, "There is no such client.");
	if ((rc = cm_context_may_change(x->ctx, err)) == CM_OK)
		rc = renew(x, client_id, CM_THROTTLE_REGISTER, err);
	return rc == CM_OK ? cm_client_get(x->ctx->store, client_id, out, err) : rc;
}

enum cm_status cm_document_renew(struct cm_exchange *x, const char *client_id, struct cm_err *err)
{
	bool on = strcmp(x->ctx->settings.client_id_metadata_documents, "on") == 0;
	struct cm_client stored = {.id = 0};
	bool due =
	    on && cm_document_is_url(client_id) && cm_context_may_change(x->ctx, NULL) == CM_OK &&
	    cm_client_get(x->ctx->store, client_id, &stored, NULL) == CM_OK && is_due(&stored);
	enum cm_status rc = CM_OK;

	cm_client_clear(&stored);
	/* To fetch takes long.  Nobody has proved yet to be the client. */
	if (due && (rc = cm_context_group_leave(x->ctx, err)) == CM_OK) {
		(void)renew(x, client_id, CM_THROTTLE_RENEW, NULL);
		x->caller.client_id[0] = '\0';
	}
	return rc;
}

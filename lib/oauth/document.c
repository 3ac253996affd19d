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

bool cm_document_is_url(const char *client_id)
{
	struct cm_url url;

	return strlen(client_id) <= CM_CLIENT_ID_MAX && cm_url_parse(client_id, &url) &&
	       strcmp(url.scheme, "https") == 0 && url.host[0] != '\0' && !url.userinfo &&
	       !url.fragment && !url.query && url.path_len > 1 && strstr(url.path, "/.") == NULL;
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

enum cm_status cm_document_read(const char *client_id, const struct cm_buf *text,
                                struct cm_client *out, struct cm_err *err)
{
	struct cm_err why = {0};
	cm_json *json = NULL;
	const char *said;
	enum cm_status rc = cm_json_parse_request(cm_buf_str(text), text->len, &json, &why);

	if (rc == CM_OK && cm_json_get(json, "token_endpoint_auth_method") == NULL &&
	    cm_json_type(json) == CM_JSON_OBJECT &&
	    !cm_json_set_string(json, "token_endpoint_auth_method",
	                        cm_client_method_name(CM_METHOD_NONE)))
		rc = cm_err_set(&why, CM_NOMEM, "out of memory");
	said = cm_json_string(cm_json_get(json, "client_id"));
	if (rc == CM_OK && (said == NULL || strcmp(said, client_id) != 0))
		rc = bad(err, "names another client_id than its URL");
	else if (rc == CM_OK && cm_json_get(json, "client_secret") != NULL)
		rc = bad(err, "holds a secret");
	else if (rc == CM_OK && (rc = cm_registration_read(json, out, &why)) == CM_OK &&
	         strncmp(out->auth_method, "client_secret_", 14) == 0)
		rc = bad(err, "asks for a secret");
	cm_json_free(json);
	if (rc == CM_PARSE)
		return bad(err, "is not JSON");
	return rc == CM_OK ? rc : explain(rc, &why, err);
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
static enum cm_status renew(struct cm_exchange *x, const char *client_id, struct cm_err *err)
{
	char digest[CM_SHA256_HEX];
	struct cm_client fresh = {.origin = CM_CLIENT_DOCUMENT};
	struct cm_buf text = {0};
	struct work work = {.fresh = &fresh};
	enum cm_status rc;

	if ((rc = cm_exchange_count(x, CM_THROTTLE_REGISTER, err)) != CM_OK ||
	    (rc = cm_crypto_sha256_hex(client_id, strlen(client_id), digest, err)) != CM_OK ||
	    (rc = cm_fetch_json(client_id, DOCUMENT_MAX, &text, err)) != CM_OK ||
	    (rc = cm_document_read(client_id, &text, &fresh, err)) != CM_OK)
		goto out;
	snprintf(fresh.client_id, sizeof fresh.client_id, "%s", client_id);
	snprintf(fresh.name, sizeof fresh.name, "document-%.32s", digest);
	fresh.document_expires_at_s = cm_clock_now_s() + KEPT_S;
	memcpy(x->caller.client_id, fresh.client_id, sizeof x->caller.client_id);
	work.audit = cm_principal_audit(&x->caller, "read_client_document", client_id, CM_OK);
	rc = cm_store_write(x->ctx->store, write_client, &work, err);
out:
	cm_buf_clear(&text);
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
		rc = renew(x, client_id, err);
	return rc == CM_OK ? cm_client_get(x->ctx->store, client_id, out, err) : rc;
}

#include "store/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/query.h"

static const char *const origins[] = {
    [CM_CLIENT_MADE] = "made",
    [CM_CLIENT_REGISTERED] = "registered",
    [CM_CLIENT_DOCUMENT] = "document",
};

static enum cm_client_origin origin_of(const char *text)
{
	for (size_t i = 0; text != NULL && i < sizeof origins / sizeof *origins; i++) {
		if (strcmp(text, origins[i]) == 0)
			return (enum cm_client_origin)i;
	}
	return CM_CLIENT_DOCUMENT;
}

static void read_row(struct cm_query *q, struct cm_client *out)
{
	out->id = cm_query_column_integer(q, 0);
	cm_query_column_copy(q, 1, out->client_id, sizeof out->client_id);
	cm_query_column_copy(q, 2, out->owner, sizeof out->owner);
	cm_query_column_copy(q, 3, out->name, sizeof out->name);
	cm_query_column_copy(q, 4, out->organization, sizeof out->organization);
	cm_query_column_copy(q, 5, out->display_name, sizeof out->display_name);
	cm_query_column_copy(q, 6, out->secret_sha256, sizeof out->secret_sha256);
	out->scope = cm_text_dup(cm_query_column_text(q, 7));
	out->grant_types = cm_text_dup(cm_query_column_text(q, 8));
	out->redirect_uris = cm_text_dup(cm_query_column_text(q, 9));
	out->expire_in_hours = cm_query_column_real(q, 10);
	out->origin = origin_of(cm_query_column_text(q, 11));
	cm_query_column_copy(q, 12, out->auth_method, sizeof out->auth_method);
	cm_query_column_copy(q, 13, out->consent_policy, sizeof out->consent_policy);
	out->jwks = cm_text_dup(cm_query_column_text(q, 14));
	cm_query_column_copy(q, 15, out->registration_sha256, sizeof out->registration_sha256);
	out->created_at_s = cm_query_column_integer(q, 16);
	out->document_expires_at_s = cm_query_column_integer(q, 17);
	cm_query_column_copy(q, 18, out->ip_whitelist, sizeof out->ip_whitelist);
	out->disabled = cm_query_column_integer(q, 19) != 0;
}

enum cm_status cm_client_get(struct cm_store *store, const char *client_id, struct cm_client *out,
                             struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	*out = (struct cm_client){0};
	cm_query_begin(&q, store, CM_STMT_CLIENT_GET, err);
	cm_query_text(&q, ":client_id", client_id);
	if (cm_query_row(&q)) {
		found = true;
		read_row(&q, out);
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && !found)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no such client.");
	if (rc == CM_OK && (out->scope == NULL || out->grant_types == NULL ||
	                    out->redirect_uris == NULL || out->jwks == NULL))
		rc = cm_err_set(err, CM_NOMEM, "out of memory");
	if (rc != CM_OK)
		cm_client_clear(out);
	return rc;
}

void cm_client_clear(struct cm_client *client)
{
	free(client->scope);
	free(client->grant_types);
	free(client->redirect_uris);
	free(client->jwks);
	*client = (struct cm_client){0};
}

enum cm_status cm_client_check_grant(const struct cm_client *client, const char *grant,
                                     struct cm_err *err)
{
	const char *text = client->grant_types;
	cm_json *list = NULL;
	bool found = false;
	enum cm_status rc = cm_json_parse(text, strlen(text), &list, NULL);

	for (size_t i = 0; i < cm_json_length(list); i++) {
		const char *one = cm_json_string(cm_json_at(list, i));

		found = found || (one != NULL && strcmp(one, grant) == 0);
	}
	cm_json_free(list);
	if (rc == CM_NOMEM)
		return cm_err_set(err, rc, "out of memory");
	return found ? CM_OK
	             : cm_err_set(err, CM_UNAUTHORIZED_CLIENT,
	                          "The client is not registered for grant %s.", grant);
}

/* The scopes as the field of an application has them: [{"name": "read"}, ...]. */
static enum cm_status list_scopes(const char *list, struct cm_buf *out, struct cm_err *err)
{
	const char *word;
	size_t len;

	cm_json_put_open(out, '[');
	while ((word = cm_text_word(&list, " ", &len)) != NULL) {
		cm_json_put_open(out, '{');
		cm_json_put_name(out, "name");
		cm_json_put_bytes(out, word, len);
		cm_json_put_close(out, '}');
	}
	cm_json_put_close(out, ']');
	return cm_buf_status(out, err);
}

/* What is written of a client each time. */
static void bind(struct cm_query *q, const struct cm_client *client)
{
	cm_query_text(q, ":client_id", client->client_id);
	cm_query_text(q, ":display_name", client->display_name);
	cm_query_text(q, ":client_secret_sha256",
	              client->secret_sha256[0] == '\0' ? NULL : client->secret_sha256);
	cm_query_text(q, ":token_endpoint_auth_method", client->auth_method);
	cm_query_text(q, ":grant_types", client->grant_types);
	cm_query_text(q, ":redirect_uris", client->redirect_uris);
	cm_query_text(q, ":jwks", client->jwks);
	cm_query_text(q, ":registration_token_sha256",
	              client->registration_sha256[0] == '\0' ? NULL : client->registration_sha256);
	cm_query_integer(q, ":document_expires_at_s", client->document_expires_at_s);
	cm_query_integer(q, ":now_s", cm_clock_now_s());
}

static enum cm_status check_count(struct cm_store *store, struct cm_err *err)
{
	int64_t count;
	enum cm_status rc = cm_client_count(store, &count, err);

	if (rc == CM_OK && count >= CM_CLIENTS_MAX)
		rc = cm_err_set(err, CM_THROTTLED,
		                "There are too many registered clients. Try again tomorrow.");
	return rc;
}

enum cm_status cm_client_insert(struct cm_store *store, const struct cm_client *client,
                                struct cm_err *err)
{
	struct cm_buf scopes = {0};
	struct cm_query q;
	enum cm_status rc;

	if ((rc = check_count(store, err)) != CM_OK ||
	    (rc = list_scopes(client->scope, &scopes, err)) != CM_OK)
		goto out;
	cm_query_begin(&q, store, CM_STMT_CLIENT_INSERT, err);
	bind(&q, client);
	cm_query_text(&q, ":owner", CM_ORGANIZATION_BUILT_IN);
	cm_query_text(&q, ":name", client->name);
	cm_query_text(&q, ":origin", origins[client->origin]);
	cm_query_text(&q, ":scope", client->scope);
	cm_query_text(&q, ":scopes", cm_buf_str(&scopes));
	rc = cm_query_finish(&q);
out:
	cm_buf_clear(&scopes);
	return rc;
}

enum cm_status cm_client_update(struct cm_store *store, const struct cm_client *client,
                                struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CLIENT_UPDATE, err);
	bind(&q, client);
	cm_query_integer(&q, ":id", client->id);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such client.");
}

enum cm_status cm_client_set_secret(struct cm_store *store, const char *owner, const char *name,
                                    const char *sha256, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CLIENT_SET_SECRET, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":name", name);
	cm_query_text(&q, ":client_secret_sha256", sha256);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such application.");
}

enum cm_status cm_client_delete(struct cm_store *store, int64_t id, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CLIENT_DELETE, err);
	cm_query_integer(&q, ":id", id);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such client.");
}

enum cm_status cm_client_count(struct cm_store *store, int64_t *out, struct cm_err *err)
{
	struct cm_query q;

	*out = 0;
	cm_query_begin(&q, store, CM_STMT_CLIENT_COUNT, err);
	if (cm_query_row(&q))
		*out = cm_query_column_integer(&q, 0);
	return cm_query_end(&q);
}

enum cm_status cm_client_used(struct cm_store *store, int64_t id, int64_t now_s, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_CLIENT_USED, err);
	cm_query_integer(&q, ":id", id);
	cm_query_integer(&q, ":now_s", now_s);
	cm_query_integer(&q, ":stale_s", now_s - 3600);
	return cm_query_finish(&q);
}

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "auth/client.h"
#include "auth/scope.h"
#include "base/clock.h"
#include "oauth/registration.h"
#include "store/audit.h"
#include "store/sweep.h"

/* What an answer tells this once. */
struct once {
	char secret[CM_SECRET_TEXT];       /* "": none was made */
	char registration[CM_SECRET_TEXT]; /* the registration access token; "": none was made */
};

static const char *bearer(const struct cm_exchange *x)
{
	const char *header = cm_request_authorization(x->req);

	return header != NULL && strncasecmp(header, "Bearer ", 7) == 0
	           ? header + 7 + strspn(header + 7, " ")
	           : NULL;
}

/* Whether the request carries the token of this digest. */
static enum cm_status check_bearer(struct cm_exchange *x, const char *sha256, struct cm_err *err)
{
	const char *token = bearer(x);
	char digest[CM_SHA256_HEX];
	enum cm_status rc = cm_crypto_sha256_hex(token == NULL ? "" : token,
	                                         token == NULL ? 0 : strlen(token), digest, err);

	if (rc != CM_OK)
		return rc;
	if (token != NULL && strlen(sha256) == CM_SHA256_HEX - 1 &&
	    cm_crypto_equal(digest, sha256, sizeof digest))
		return CM_OK;
	cm_response_header(x->res, "WWW-Authenticate",
	                   token == NULL ? "Bearer" : "Bearer error=\"invalid_token\"");
	return cm_err_set(err, CM_UNAUTHORIZED, "A registration token is needed.");
}

/* The client metadata in the body; *json owned by the caller. */
static enum cm_status read_body(struct cm_exchange *x, cm_json **json, struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc;

	*json = NULL;
	if (!cm_exchange_is_private(x))
		return cm_err_set(err, CM_REQUEST, "Secrets are taken over https only.");
	if (!cm_request_has_type(x->req, "application/json"))
		return cm_err_set(err, CM_INVALID_METADATA, "The body must be application/json.");
	if (x->req->body_len > CM_REGISTRATION_MAX)
		return cm_err_set(err, CM_INVALID_METADATA, "The body is over %d bytes.",
		                  CM_REGISTRATION_MAX);
	rc = cm_json_parse_request(x->req->body, x->req->body_len, json, &why);
	if (rc == CM_PARSE)
		return cm_err_set(err, CM_INVALID_METADATA, "The body is not JSON: %s.", why.text);
	return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
}

static enum cm_status make_secret(char text[CM_SECRET_TEXT], char sha256[CM_SHA256_HEX],
                                  struct cm_err *err)
{
	enum cm_status rc = cm_crypto_secret(text, err);

	return rc == CM_OK ? cm_crypto_sha256_hex(text, strlen(text), sha256, err) : rc;
}

static bool has_secret(const struct cm_client *client)
{
	return strcmp(client->auth_method, cm_client_method_name(CM_METHOD_BASIC)) == 0 ||
	       strcmp(client->auth_method, cm_client_method_name(CM_METHOD_POST)) == 0;
}

/* The members of a client's metadata (RFC 7591 section 2), which hold no secret. */
static void put_metadata(struct cm_buf *buf, const struct cm_client *client)
{
	struct cm_buf scope = {0};

	cm_json_put_member(buf, "client_name", client->display_name);
	cm_json_put_name(buf, "redirect_uris");
	cm_json_put_raw(buf, client->redirect_uris);
	cm_json_put_name(buf, "grant_types");
	cm_json_put_raw(buf, client->grant_types);
	cm_json_put_name(buf, "response_types");
	cm_json_put_raw(buf, strcmp(client->redirect_uris, "[]") == 0 ? "[]" : "[\"code\"]");
	cm_json_put_member(buf, "token_endpoint_auth_method", client->auth_method);
	if (strcmp(client->jwks, "{}") != 0) {
		cm_json_put_name(buf, "jwks");
		cm_json_put_raw(buf, client->jwks);
	}
	cm_scope_put(&scope, cm_scope_known(client->scope));
	cm_json_put_member(buf, "scope", cm_buf_str(&scope));
	if (scope.failed)
		buf->failed = true;
	cm_buf_clear(&scope);
}

/* RFC 7591 section 3.2.1: what holds now, whatever was asked for. */
static void put_client(struct cm_exchange *x, const struct cm_client *client,
                       const struct once *once)
{
	struct cm_buf *buf = &x->res->body, text = {0};

	x->res->content_type = "application/json";
	cm_json_put_open(buf, '{');
	cm_json_put_member(buf, "client_id", client->client_id);
	cm_json_put_name(buf, "client_id_issued_at");
	cm_json_put_integer(buf, client->created_at_s);
	if (once->secret[0] != '\0') {
		cm_json_put_member(buf, "client_secret", once->secret);
		cm_json_put_name(buf, "client_secret_expires_at");
		cm_json_put_integer(buf, 0);
	}
	put_metadata(buf, client);
	cm_buf_printf(&text, "%s" CM_REGISTER_PATH "/%s", x->ctx->settings.issuer,
	              client->client_id);
	cm_json_put_member(buf, "registration_client_uri", cm_buf_str(&text));
	/* A later answer has the token that the request came with. */
	cm_json_put_member(buf, "registration_access_token",
	                   once->registration[0] != '\0' ? once->registration : bearer(x));
	cm_json_put_close(buf, '}');
	if (text.failed)
		x->res->failed = true;
	cm_buf_clear(&text);
}

/* What is done to a client in one transaction. */
struct work {
	struct cm_exchange *x;
	const char *tool;               /* for the trail */
	cm_json *json;                  /* the body; owned */
	struct cm_client before, after; /* without a client_id: there is none */
	struct once once;
};

static void work_clear(struct work *work)
{
	cm_client_clear(&work->before);
	cm_client_clear(&work->after);
	cm_json_free(work->json);
	cm_crypto_wipe(&work->once, sizeof work->once);
}

/* The client as the trail has it; nothing where there is none. */
static enum cm_status describe(const struct cm_client *client, struct cm_buf *out,
                               struct cm_err *err)
{
	if (client->client_id[0] == '\0')
		return CM_OK;
	cm_json_put_open(out, '{');
	put_metadata(out, client);
	cm_json_put_close(out, '}');
	return cm_buf_status(out, err);
}

/* The row of the trail, with what the client was and what it is now. */
static enum cm_status tell(struct cm_store *store, const struct work *work, struct cm_err *err)
{
	const struct cm_client *client =
	    work->before.client_id[0] != '\0' ? &work->before : &work->after;
	struct cm_principal *caller = &work->x->caller;
	struct cm_buf before = {0}, after = {0};
	struct cm_audit audit;
	enum cm_status rc;

	memcpy(caller->client_id, client->client_id, sizeof caller->client_id);
	audit = cm_principal_audit(caller, work->tool, client->client_id, CM_OK);
	if ((rc = describe(&work->before, &before, err)) == CM_OK &&
	    (rc = describe(&work->after, &after, err)) == CM_OK) {
		audit.before = before.data;
		audit.after = after.data;
		rc = cm_audit_insert(store, &audit, err);
	}
	cm_buf_clear(&before);
	cm_buf_clear(&after);
	return rc;
}

/* --- RFC 7591 --- */

static enum cm_status check_policy(struct cm_exchange *x, struct cm_err *err)
{
	const struct cm_settings *settings = &x->ctx->settings;
	enum cm_status rc = cm_context_may_change(x->ctx, err);

	if (rc != CM_OK)
		return rc;
	if (strcmp(settings->registration, "off") == 0)
		return cm_err_set(err, CM_NOT_FOUND, "Clients are registered by an administrator.");
	rc = cm_exchange_count(x, CM_THROTTLE_REGISTER, err);
	if (rc == CM_OK && strcmp(settings->registration, "token") == 0)
		rc = check_bearer(x, settings->registration_token_sha256, err);
	return rc;
}

static enum cm_status make_client(const cm_json *json, struct cm_client *client, struct once *once,
                                  struct cm_err *err)
{
	char id[CM_ID_TEXT];
	enum cm_status rc;

	if ((rc = cm_registration_read(json, client, err)) != CM_OK ||
	    (rc = cm_crypto_id(id, err)) != CM_OK ||
	    (rc = make_secret(once->registration, client->registration_sha256, err)) != CM_OK ||
	    (has_secret(client) &&
	     (rc = make_secret(once->secret, client->secret_sha256, err)) != CM_OK))
		return rc;
	snprintf(client->client_id, sizeof client->client_id, "%s", id);
	snprintf(client->name, sizeof client->name, "registered-%s", id);
	client->origin = CM_CLIENT_REGISTERED;
	client->created_at_s = cm_clock_now_s();
	return CM_OK;
}

static enum cm_status write_new(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct work *work = arg;
	enum cm_status rc = cm_client_insert(store, &work->after, err);

	return rc == CM_OK ? tell(store, work, err) : rc;
}

void cm_oauth_register_post(struct cm_exchange *x)
{
	struct work work = {.x = x, .tool = "register_client"};
	struct cm_err err = {0};

	if (read_body(x, &work.json, &err) == CM_OK && check_policy(x, &err) == CM_OK &&
	    make_client(work.json, &work.after, &work.once, &err) == CM_OK &&
	    cm_store_write(x->ctx->store, write_new, &work, &err) == CM_OK) {
		x->res->status = 201;
		put_client(x, &work.after, &work.once);
	} else {
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
	}
	work_clear(&work);
}

/* --- RFC 7592 --- */

/* The client of the path, if the request has its token; else nobody learns whether it is there. */
static enum cm_status find(struct cm_exchange *x, struct cm_client *out, struct cm_err *err)
{
	struct cm_err why = {0};
	enum cm_status rc;

	if (!cm_exchange_is_private(x)) {
		cm_err_set(err, CM_REQUEST, "Secrets are taken over https only.");
		return CM_REQUEST;
	}
	rc = cm_client_get(x->ctx->store, x->path_rest, out, &why);
	if (rc != CM_OK && rc != CM_NOT_FOUND) {
		cm_err_set(err, rc, "%s", why.text);
		return rc;
	}
	return check_bearer(x, out->registration_sha256, err);
}

void cm_oauth_registration_get(struct cm_exchange *x)
{
	struct cm_client client = {0};
	struct once once = {"", ""};
	struct cm_err err = {0};

	if (find(x, &client, &err) == CM_OK)
		put_client(x, &client, &once);
	else
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
	cm_client_clear(&client);
}

/* The same with the lock: by now the client may be another, or gone. */
static enum cm_status find_again(struct work *work, struct cm_err *err)
{
	cm_client_clear(&work->before);
	return find(work->x, &work->before, err);
}

/* RFC 7592 section 2.2: the body says whom it is about, and with which secret. */
static enum cm_status check_update(const struct work *work, struct cm_err *err)
{
	const struct cm_client *old = &work->before;
	const char *client_id = cm_json_string(cm_json_get(work->json, "client_id"));
	const cm_json *secret = cm_json_get(work->json, "client_secret");
	const char *text = cm_json_string(secret);
	char digest[CM_SHA256_HEX] = "";
	enum cm_status rc = CM_OK;

	if (client_id == NULL || strcmp(client_id, old->client_id) != 0)
		return cm_err_set(err, CM_INVALID_METADATA,
		                  "client_id must be that of the registration.");
	if (secret == NULL)
		return CM_OK;
	if (text != NULL)
		rc = cm_crypto_sha256_hex(text, strlen(text), digest, err);
	if (rc == CM_OK && !cm_crypto_equal(digest, old->secret_sha256, sizeof digest))
		rc = cm_err_set(err, CM_INVALID_METADATA, "client_secret can't be chosen.");
	return rc;
}

/* It keeps its secret; one that had none, and needs one now, gets it. */
static enum cm_status keep_secret(struct work *work, struct cm_err *err)
{
	const struct cm_client *old = &work->before;
	struct cm_client *fresh = &work->after;

	memcpy(fresh->registration_sha256, old->registration_sha256,
	       sizeof fresh->registration_sha256);
	if (!has_secret(fresh))
		return CM_OK;
	memcpy(fresh->secret_sha256, old->secret_sha256, sizeof fresh->secret_sha256);
	return fresh->secret_sha256[0] != '\0'
	           ? CM_OK
	           : make_secret(work->once.secret, fresh->secret_sha256, err);
}

static enum cm_status write_update(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct work *work = arg;
	enum cm_status rc;

	if ((rc = find_again(work, err)) != CM_OK || (rc = check_update(work, err)) != CM_OK ||
	    (rc = cm_registration_renew(&work->before, &work->after, err)) != CM_OK ||
	    (rc = keep_secret(work, err)) != CM_OK ||
	    (rc = cm_client_update(store, &work->after, err)) != CM_OK)
		return rc;
	return tell(store, work, err);
}

void cm_oauth_registration_put(struct cm_exchange *x)
{
	struct work work = {.x = x, .tool = "update_client"};
	struct cm_err err = {0};

	/* The trail keeps what the client was each time. */
	if (find(x, &work.before, &err) == CM_OK && cm_context_may_change(x->ctx, &err) == CM_OK &&
	    cm_exchange_count(x, CM_THROTTLE_REGISTER, &err) == CM_OK &&
	    read_body(x, &work.json, &err) == CM_OK &&
	    cm_registration_read(work.json, &work.after, &err) == CM_OK &&
	    cm_store_write(x->ctx->store, write_update, &work, &err) == CM_OK)
		put_client(x, &work.after, &work.once);
	else
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
	work_clear(&work);
}

static enum cm_status write_removal(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct work *work = arg;
	enum cm_status rc;

	if ((rc = find_again(work, err)) != CM_OK ||
	    (rc = cm_client_delete(store, work->before.id, err)) != CM_OK)
		return rc;
	return tell(store, work, err);
}

void cm_oauth_registration_delete(struct cm_exchange *x)
{
	struct work work = {.x = x, .tool = "delete_client"};
	struct cm_err err = {0};

	if (find(x, &work.before, &err) == CM_OK && cm_context_may_change(x->ctx, &err) == CM_OK &&
	    cm_store_write(x->ctx->store, write_removal, &work, &err) == CM_OK)
		x->res->status = 204;
	else
		cm_exchange_fail(x, CM_SHAPE_OAUTH, &err);
	work_clear(&work);
}

#include "tools/application.h"

#include <string.h>

#include "auth/jwk.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "store/application.h"
#include "store/audit.h"
#include "store/organization.h"
#include "store/token.h"

/* A new secret: its digest goes into the row, the secret itself to the caller, this once. */
static enum cm_status make_secret(struct cm_record *record, struct cm_buf *once, struct cm_err *err)
{
	char secret[CM_SECRET_TEXT], digest[CM_SHA256_HEX];
	enum cm_status rc = cm_crypto_secret(secret, err);

	if (rc == CM_OK)
		rc = cm_crypto_sha256_hex(secret, strlen(secret), digest, err);
	if (rc == CM_OK)
		rc = cm_record_set_text(record, "client_secret_sha256", digest, err);
	if (rc == CM_OK)
		cm_json_put_member(once, "clientSecret", secret);
	cm_crypto_wipe(secret, sizeof secret);
	return rc;
}

static enum cm_status make_client_id(struct cm_record *record, struct cm_err *err)
{
	char id[CM_ID_TEXT];
	enum cm_status rc = cm_crypto_id_at(cm_clock_now_ms(), id, err);

	return rc == CM_OK ? cm_record_set_text(record, "client_id", id, err) : rc;
}

/* The column scope has the names of the column scopes, as the token endpoint reads them. */
static enum cm_status derive_scope(struct cm_record *record, struct cm_err *err)
{
	const char *text = cm_record_text(record, "scopes");
	struct cm_buf names = {0};
	cm_json *scopes = NULL;
	enum cm_status rc = cm_json_parse(text, strlen(text), &scopes, NULL);

	if (rc != CM_OK)
		return cm_err_set(err, CM_STORE, "scopes of an application are not JSON");
	for (size_t i = 0; i < cm_json_length(scopes); i++) {
		const char *name = cm_json_string(cm_json_get(cm_json_at(scopes, i), "name"));

		cm_buf_puts(&names, i == 0 ? "" : " ");
		cm_buf_puts(&names, name == NULL ? "" : name);
	}
	cm_json_free(scopes);
	rc = cm_buf_status(&names, err);
	if (rc == CM_OK && names.len >= CM_SCOPE_TEXT_MAX)
		rc = cm_err_set(err, CM_INPUT, "application.scopes: are too many.");
	if (rc == CM_OK)
		rc = cm_record_set_text(record, "scope", cm_buf_str(&names), err);
	cm_buf_clear(&names);
	return rc;
}

static enum cm_status check_client_id(const struct cm_record *record, struct cm_err *err)
{
	return strcmp(cm_record_text(record, "client_id"), CM_AUDIT_PROGRAM) != 0
	           ? CM_OK
	           : cm_err_set(err, CM_INPUT,
	                        "application.clientId: " CM_AUDIT_PROGRAM
	                        " is the program itself in the audit trail; choose another.");
}

/*
 * Who may read the application, or the audit trail, reads its jwks: what RFC 7518 sections 6.2.2,
 * 6.3.2 and 6.4 keep private must not be in it.
 */
static enum cm_status check_jwks(const cm_json *jwks, struct cm_err *err)
{
	return cm_jwk_set_is_private(jwks)
	           ? cm_err_set(err, CM_INPUT, "application.jwks: must hold public keys only.")
	           : CM_OK;
}

static enum cm_status complete(const struct cm_crud_step *step, struct cm_err *err)
{
	struct cm_record *record = step->record;
	enum cm_status rc = derive_scope(record, err);

	if (rc == CM_OK)
		rc = check_jwks(cm_json_get(step->patch, "jwks"), err);
	if (rc == CM_OK && *cm_record_text(record, "display_name") == '\0')
		rc =
		    cm_record_set_text(record, "display_name", cm_record_text(record, "name"), err);
	if (rc == CM_OK && *cm_record_text(record, "client_id") == '\0')
		rc = make_client_id(record, err);
	if (rc == CM_OK && step->id == NULL && (rc = check_client_id(record, err)) == CM_OK)
		rc = make_secret(record, step->once, err);
	return rc;
}

/* Where nobody is asked, the application acts for people as only who sets their passwords can. */
static enum cm_status held(struct cm_store *store, const struct cm_record *record,
                           cm_scope_set *out, struct cm_err *err)
{
	(void)store;
	(void)err;
	*out = cm_scope_known(cm_record_text(record, "scope"));
	if (strcmp(cm_record_text(record, "consent_policy"), "never") == 0)
		*out |= CM_SCOPE_BIT(CM_SCOPE_WRITE_USER);
	return CM_OK;
}

static enum cm_status check(const struct cm_crud_step *step, struct cm_err *err)
{
	const char *owner = cm_record_text(step->record, "owner");
	bool came = step->id == NULL || strcmp(step->id->owner, owner) != 0;
	struct cm_organization_counts counts;
	enum cm_status rc = cm_organization_counts(step->store, owner, &counts, err);

	if (rc == CM_OK && came && counts.application_quota >= 0 &&
	    counts.applications > counts.application_quota)
		rc = cm_err_set(err, CM_FORBIDDEN,
		                "application.owner: %s may have no more than %lld applications.",
		                owner, (long long)counts.application_quota);
	return rc;
}

const struct cm_crud cm_application_crud = {
    .entity = &cm_application_entity,
    .unique = "clientId",
    .complete = complete,
    .held = held,
    .check = check,
};

static enum cm_status change_secret(const struct cm_crud_step *step, void *arg, struct cm_err *err)
{
	(void)arg;
	return make_secret(step->record, step->once, err);
}

enum cm_status cm_application_rotate_secret(struct cm_context *ctx,
                                            const struct cm_principal *caller,
                                            const struct cm_id *id, bool dry_run,
                                            struct cm_buf *out, struct cm_err *err)
{
	struct cm_record record;
	struct cm_crud_change change = {
	    .crud = &cm_application_crud,
	    .caller = caller,
	    .tool = "rotate_application_secret",
	    .id = *id,
	    .record = &record,
	    .change = change_secret,
	    .dry_run = dry_run,
	};
	enum cm_status rc;

	cm_record_init(&record, &cm_application_entity);
	rc = cm_crud_change_row(ctx, &change, err);
	if (rc == CM_DRY_RUN) {
		cm_err_clear(err);
		rc = CM_OK;
	}
	if (rc == CM_OK) {
		cm_json_put_open(out, '{');
		cm_json_put_member(out, "owner", id->owner);
		cm_json_put_member(out, "name", id->name);
		cm_json_put_member(out, "clientId", cm_record_text(&record, "client_id"));
		/* The secret of a dry run opens nothing. */
		if (!dry_run)
			cm_json_put_raw(out, cm_buf_str(&change.once));
		cm_json_put_close(out, '}');
		rc = cm_buf_status(&change.once, err);
	}
	cm_buf_clear(&change.before);
	cm_buf_clear(&change.once);
	cm_record_clear(&record);
	return rc;
}

static enum cm_status rotate_secret(const struct cm_tool_call *call, struct cm_tool_result *result,
                                    struct cm_err *err)
{
	static const char *const known[] = {"id", "dry_run", NULL};
	bool dry_run = false;
	struct cm_id id;
	enum cm_status rc;

	if ((rc = cm_arguments_check(call, known, err)) != CM_OK ||
	    (rc = cm_arguments_id(call, &id, err)) != CM_OK ||
	    (rc = cm_arguments_bool(call, "dry_run", &dry_run, err)) != CM_OK)
		return rc;
	if (dry_run)
		cm_buf_puts(&result->note, "This was a dry run: nothing was changed.");
	return cm_application_rotate_secret(call->ctx, call->caller, &id, dry_run, &result->text,
	                                    err);
}

static void put_rotate_output(const struct cm_tool *tool, struct cm_buf *buf)
{
	(void)tool;
	cm_buf_puts(buf, "{\"type\":\"object\",\"properties\":{\"owner\":{\"type\":\"string\"},"
	                 "\"name\":{\"type\":\"string\"},\"clientId\":{\"type\":\"string\"},"
	                 "\"clientSecret\":{\"type\":\"string\",\"description\":\"Not after a "
	                 "dry run\"}},\"required\":[\"owner\",\"name\",\"clientId\"],"
	                 "\"additionalProperties\":false}");
}

const struct cm_tool cm_application_tools[CM_APPLICATION_TOOLS] = {
    {
        .name = "get_applications",
        .title = "List applications",
        .description =
            "Lists the applications (OAuth clients) that you may see, ordered by owner and name. "
            "Returns an array of applications, without secrets. When there are more than fit on a "
            "page, the result has a cursor for the next one. "
            "Example arguments: {\"owner\": \"my-org\", \"pageSize\": 20}",
        .scope = CM_SCOPE_READ_APPLICATION,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_LIST(cm_application_crud),
    },
    {
        .name = "get_application",
        .title = "Get an application",
        .description = "Returns one application (OAuth client) with all its fields, without its "
                       "secret. Example arguments: {\"id\": \"my-org/my-app\"}",
        .scope = CM_SCOPE_READ_APPLICATION,
        .read_only = true,
        .idempotent = true,
        CM_CRUD_GET(cm_application_crud),
    },
    {
        .name = "add_application",
        .title = "Create an application",
        .description =
            "Creates an application (OAuth client) and returns it as it was stored, with its "
            "clientId and its clientSecret. The clientSecret is told this once: keep it now. The "
            "new application can get tokens at once, for the scopes given to it, which must be "
            "among your own. Fails when owner/name exists already. Example arguments: "
            "{\"application\": {\"owner\": \"my-org\", \"name\": \"my-app\", \"displayName\": "
            "\"My app\", \"scopes\": [{\"name\": \"read:application\"}]}}",
        .scope = CM_SCOPE_WRITE_APPLICATION,
        CM_CRUD_ADD(cm_application_crud),
    },
    {
        .name = "update_application",
        .title = "Change an application",
        .description =
            "Changes the fields of an application (OAuth client) that are given, and returns it "
            "as it is stored then. null resets a field, fields left out stay as they are, another "
            "name renames it. Its scopes must stay among your own. Example arguments: {\"id\": "
            "\"my-org/my-app\", \"application\": {\"redirectUris\": "
            "[\"https://app.example/callback\"]}}",
        .scope = CM_SCOPE_WRITE_APPLICATION,
        .destructive = true,
        .idempotent = true,
        CM_CRUD_UPDATE(cm_application_crud),
    },
    {
        .name = "rotate_application_secret",
        .title = "Give an application a new secret",
        .description =
            "Makes a new clientSecret for an application (OAuth client) and returns it with the "
            "clientId. It is told this once: keep it now. The old secret stops working at once; "
            "tokens that were issued before stay good. Example arguments: {\"id\": "
            "\"my-org/my-app\"}",
        .scope = CM_SCOPE_WRITE_APPLICATION,
        .destructive = true,
        .crud = &cm_application_crud,
        .put_input_schema = cm_crud_put_id_and_dry_run_input,
        .put_output_schema = put_rotate_output,
        .run = rotate_secret,
    },
    {
        .name = "delete_application",
        .title = "Delete an application",
        .description = "Deletes an application (OAuth client) for good; its tokens stop working "
                       "at once. Example arguments: {\"id\": \"my-org/my-app\"}",
        .scope = CM_SCOPE_WRITE_APPLICATION,
        .destructive = true,
        CM_CRUD_DELETE(cm_application_crud),
    },
};

#include "store/user.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "store/field_rows.h"
#include "store/query.h"

/* The columns stand in the order of the fragment user_columns in sql/queries. */
static const struct cm_field fields[] = {
    {.name = "owner",
     .column = "owner",
     .form = CM_FORM_NAME,
     .description = "Organisation that the user belongs to; the caller's when left out"},
    {.name = "name",
     .column = "name",
     .flags = CM_FIELD_REQUIRED,
     .form = CM_FORM_NAME,
     .description = "Name, unique for its owner; owner/name is the user's id"},
    {.name = "id",
     .column = "subject",
     .flags = CM_FIELD_READ_ONLY,
     .description = "sub of the user's tokens, the same for ever"},
    CM_DISPLAY_NAME,
    {.name = "email",
     .column = "email",
     .form = CM_FORM_EMAIL,
     .max = CM_EMAIL_MAX,
     .fallback = "\"\"",
     .description = "E-mail address, which the user may sign in with; no two users have the same"},
    {.name = "phone",
     .column = "phone",
     .max = 40,
     .fallback = "\"\"",
     .description = "Telephone number"},
    CM_CREATED_TIME,
    CM_UPDATED_TIME,
    {.name = "password",
     .column = "password_hash",
     .flags = CM_FIELD_WRITE_ONLY,
     .max = 200,
     .fallback = "\"\"",
     .description = "A new password of at least 8 characters; never comes out"},
    {.name = "isAdmin",
     .column = "is_admin",
     .type = CM_FIELD_BOOL,
     .fallback = "false",
     .description = "Whether the user has all scopes in the organisation"},
    {.name = "isForbidden",
     .column = "is_forbidden",
     .type = CM_FIELD_BOOL,
     .fallback = "false",
     .description = "Whether the user is kept out: no sign-in, and all tokens stop working"},
    {.name = "scopes",
     .column = "scopes",
     .type = CM_FIELD_STRINGS,
     .form = CM_FORM_SCOPE,
     .max = 100,
     .fallback = "[]",
     .description = "What the user may let clients do, such as read:application, besides what "
                    "roles and permissions allow"},
    {.column = "scope", .flags = CM_FIELD_HIDDEN},
    {.column = "properties", .flags = CM_FIELD_HIDDEN, .fallback = "{}"},
    CM_TEXT("externalId", 100, "Id elsewhere"),
    CM_TEXT("type", 100, "Type of the user"),
    CM_TEXT("firstName", 100, "First name"),
    CM_TEXT("lastName", 100, "Last name"),
    CM_LINK("avatar", 500, "URL of the picture"),
    CM_LINK("permanentAvatar", 500, "URL of a copy of the picture"),
    CM_FLAG("emailVerified", "Whether the e-mail address was confirmed"),
    CM_TEXT("countryCode", 6, "Country of the telephone number"),
    CM_TEXT("region", 100, "Country or region"),
    CM_TEXT("location", 100, "City"),
    CM_WORDS("address", "Lines of the address"),
    CM_TEXT("affiliation", 100, "Company or school"),
    CM_TEXT("title", 100, "Title"),
    CM_TEXT("realName", 100, "Name in documents"),
    CM_LINK("homepage", 100, "URL of the home page"),
    CM_TEXT("bio", 1000, "About the user"),
    CM_TEXT("tag", 100, "Tag"),
    CM_TEXT("language", 100, "Language"),
    CM_TEXT("gender", 100, "Gender"),
    CM_TEXT("birthday", 100, "Birthday"),
    CM_TEXT("education", 100, "Education"),
    CM_COUNT("score", -1000000000, 1000000000, "Score"),
    CM_COUNT("karma", -1000000000, 1000000000, "Karma"),
    CM_COUNT("ranking", 0, 1000000000, "Ranking"),
    CM_FLAG("isDefaultAvatar", "Whether the picture is the default one"),
    CM_FLAG("isDeleted", "Whether Casdoor counts the user as deleted"),
    CM_TEXT("signupApplication", 100, "Application by which the user signed up"),
    CM_TEXT("registerType", 100, "How the user came to be"),
    CM_TEXT("registerSource", 100, "Who made the user"),
};

const struct cm_entity cm_user_entity = {
    .name = "user",
    .plural = "users",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .get = CM_STMT_USER_GET,
    .list = CM_STMT_USER_LIST,
    .changed = CM_STMT_USER_CHANGED,
    .insert = CM_STMT_USER_INSERT,
    .update = CM_STMT_USER_UPDATE,
    .remove = CM_STMT_USER_DELETE,
    .tenant = {"owner"},
    .changed_at = "updated_at_s",
    .dependents = CM_STMT_USER_DEPENDENTS,
};

static void read_row(struct cm_query *q, struct cm_user *out)
{
	out->id = cm_query_column_integer(q, 0);
	cm_query_column_copy(q, 1, out->subject, sizeof out->subject);
	cm_query_column_copy(q, 2, out->owner, sizeof out->owner);
	cm_query_column_copy(q, 3, out->name, sizeof out->name);
	cm_query_column_copy(q, 4, out->display_name, sizeof out->display_name);
	cm_query_column_copy(q, 5, out->email, sizeof out->email);
	cm_query_column_copy(q, 6, out->password_hash, sizeof out->password_hash);
	cm_query_column_copy(q, 7, out->scope, sizeof out->scope);
	out->forbidden = cm_query_column_integer(q, 8) != 0;
	out->created_at_s = cm_query_column_integer(q, 9);
	out->admin = cm_query_column_integer(q, 10) != 0;
}

enum cm_status cm_user_subject(char out[CM_SUBJECT_MAX], struct cm_err *err)
{
	char id[CM_ID_TEXT];
	enum cm_status rc = cm_crypto_id(id, err);

	/* No client_id has a colon, so no client can have a person's subject. */
	if (rc == CM_OK)
		snprintf(out, CM_SUBJECT_MAX, "user:%s", id);
	return rc;
}

/* Run a query that gives one person at most. */
static enum cm_status end_with_one(struct cm_query *q, struct cm_user *out)
{
	int found = 0;
	struct cm_err *err = q->err;
	enum cm_status rc;

	for (; cm_query_row(q); found++)
		read_row(q, out);
	rc = cm_query_end(q);
	if (rc == CM_OK && found != 1)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no such user.");
	if (rc != CM_OK)
		*out = (struct cm_user){0};
	return rc;
}

enum cm_status cm_user_get(struct cm_store *store, const char *owner, const char *name,
                           struct cm_user *out, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_PERSON_GET, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":name", name);
	return end_with_one(&q, out);
}

enum cm_status cm_user_by_id(struct cm_store *store, int64_t id, struct cm_user *out,
                             struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_PERSON_BY_ID, err);
	cm_query_integer(&q, ":id", id);
	return end_with_one(&q, out);
}

static enum cm_status find_alone(struct cm_store *store, const char *name, const char *owner,
                                 struct cm_user *out, struct cm_err *err)
{
	struct cm_err why = {0};
	struct cm_query q;
	enum cm_status rc;

	if (owner != NULL && (rc = cm_user_get(store, owner, name, out, &why)) != CM_NOT_FOUND)
		return rc == CM_OK ? rc : cm_err_set(err, rc, "%s", why.text);
	cm_query_begin(&q, store, CM_STMT_PERSON_BY_NAME, err);
	cm_query_text(&q, ":name", name);
	return end_with_one(&q, out);
}

enum cm_status cm_user_find(struct cm_store *store, const char *login, const char *owner,
                            struct cm_user *out, struct cm_err *err)
{
	const char *slash = strchr(login, '/');
	char organization[CM_NAME_MAX + 1];
	struct cm_query q;

	if (slash != NULL && (size_t)(slash - login) < sizeof organization) {
		snprintf(organization, sizeof organization, "%.*s", (int)(slash - login), login);
		return cm_user_get(store, organization, slash + 1, out, err);
	}
	if (strchr(login, '@') == NULL)
		return find_alone(store, login, owner, out, err);
	cm_query_begin(&q, store, CM_STMT_PERSON_BY_EMAIL, err);
	cm_query_text(&q, ":email", login);
	return end_with_one(&q, out);
}

enum cm_status cm_user_find_id(struct cm_store *store, const char *owner, const char *email,
                               const char *phone, char out[CM_USER_TEXT], struct cm_err *err)
{
	struct cm_query q;
	int found = 0;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_USER_FIND_ID, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":email", email);
	cm_query_text(&q, ":phone", phone);
	for (; cm_query_row(&q); found++)
		cm_query_column_copy(&q, 0, out, CM_USER_TEXT);
	rc = cm_query_end(&q);
	return rc == CM_OK && found != 1
	           ? cm_err_set(err, CM_NOT_FOUND, "There is no such user of %s, or more than one.",
	                        owner)
	           : rc;
}

enum cm_status cm_user_set_password(struct cm_store *store, int64_t id, const char *hash,
                                    struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_USER_SET_PASSWORD, err);
	cm_query_integer(&q, ":id", id);
	cm_query_text(&q, ":password_hash", hash);
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such user.");
}

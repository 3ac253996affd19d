#include "store/role.h"

#include <string.h>

#include "store/field_rows.h"
#include "store/query.h"
#include "store/user.h"

enum { MEMBERS_MAX = 10000 };

/* What roles and permissions have in common; the columns stand in the order of sql/queries. */
#define COMMON_FIELDS                                                                              \
	{.name = "owner",                                                                          \
	 .column = "owner",                                                                        \
	 .form = CM_FORM_NAME,                                                                     \
	 .description = "Organisation that it belongs to; the caller's when left out"},            \
	    {.name = "name",                                                                       \
	     .column = "name",                                                                     \
	     .flags = CM_FIELD_REQUIRED,                                                           \
	     .form = CM_FORM_NAME,                                                                 \
	     .description = "Name, unique for its owner; owner/name is its id"},                   \
	    CM_DISPLAY_NAME,                                                                       \
	    {.name = "description",                                                                \
	     .column = "description",                                                              \
	     .max = 65536,                                                                         \
	     .fallback = "\"\"",                                                                   \
	     .description = "What it is for"},                                                     \
	    CM_CREATED_TIME, CM_UPDATED_TIME

#define MEMBERS(field, about)                                                                      \
	{                                                                                          \
		.name = field, .column = field, .type = CM_FIELD_STRINGS, .flags = CM_FIELD_LINKS, \
		.form = CM_FORM_ID, .max = MEMBERS_MAX, .fallback = "[]", .description = about     \
	}

static const struct cm_field role_fields[] = {
    COMMON_FIELDS,
    MEMBERS("users", "Ids of the users who have it, such as my-org/alice"),
    MEMBERS("roles", "Ids of roles, such as my-org/staff; who has one of them has this one too"),
    {.name = "isEnabled",
     .column = "is_enabled",
     .type = CM_FIELD_BOOL,
     .fallback = "true",
     .description = "Whether it counts"},
    {.column = "properties", .flags = CM_FIELD_HIDDEN, .fallback = "{}"},
    CM_WORDS("groups", "Groups in Casdoor"),
    CM_WORDS("domains", "Domains in Casdoor"),
};

const struct cm_entity cm_role_entity = {
    .name = "role",
    .plural = "roles",
    .fields = role_fields,
    .field_count = sizeof role_fields / sizeof *role_fields,
    .get = CM_STMT_ROLE_GET,
    .list = CM_STMT_ROLE_LIST,
    .changed = CM_STMT_ROLE_CHANGED,
    .insert = CM_STMT_ROLE_INSERT,
    .update = CM_STMT_ROLE_UPDATE,
    .remove = CM_STMT_ROLE_DELETE,
    .tenant = {"owner"},
    .changed_at = "updated_at_s",
    .link = {{"users", CM_STMT_ROLE_CLEAR_USERS, CM_STMT_ROLE_LINK_USERS, &cm_user_entity},
             {"roles", CM_STMT_ROLE_CLEAR_ROLES, CM_STMT_ROLE_LINK_ROLES, &cm_role_entity}},
    .dependents = CM_STMT_ROLE_DEPENDENTS,
};

static const char *const effects[] = {"Allow", "Deny", NULL};

static const struct cm_field permission_fields[] = {
    COMMON_FIELDS,
    MEMBERS("users", "Ids of the users whom it is about, such as my-org/alice"),
    MEMBERS("roles", "Ids of the roles whose users it is about, such as my-org/operators"),
    {.name = "scopes",
     .column = "scopes",
     .type = CM_FIELD_STRINGS,
     .form = CM_FORM_SCOPE,
     .max = 100,
     .fallback = "[]",
     .description = "The scopes that it allows or denies, such as read:application"},
    {.name = "effect",
     .column = "effect",
     .values = effects,
     .fallback = "\"Allow\"",
     .description = "Allow or Deny; what is denied stays denied whatever else allows it"},
    {.name = "isEnabled",
     .column = "is_enabled",
     .type = CM_FIELD_BOOL,
     .fallback = "true",
     .description = "Whether it counts"},
    {.column = "scope", .flags = CM_FIELD_HIDDEN},
    {.column = "properties", .flags = CM_FIELD_HIDDEN, .fallback = "{}"},
    CM_WORDS("groups", "Groups in Casdoor"),
    CM_WORDS("domains", "Domains in Casdoor"),
    CM_TEXT("model", 100, "Model of Casbin in Casdoor"),
    CM_TEXT("adapter", 100, "Adapter of Casbin in Casdoor"),
    CM_TEXT("resourceType", 100, "Kind of the resources in Casdoor"),
    CM_WORDS("resources", "Resources in Casdoor; here scopes say what it is about"),
    CM_WORDS("actions", "Actions in Casdoor; here scopes say what it is about"),
    CM_TEXT("expireTime", 100, "When it ends in Casdoor"),
    CM_TEXT("submitter", 100, "Who asked for it"),
    CM_TEXT("approver", 100, "Who approved it"),
    CM_TEXT("approveTime", 100, "When it was approved"),
    CM_TEXT("state", 100, "State of the approval"),
};

const struct cm_entity cm_permission_entity = {
    .name = "permission",
    .plural = "permissions",
    .fields = permission_fields,
    .field_count = sizeof permission_fields / sizeof *permission_fields,
    .get = CM_STMT_PERMISSION_GET,
    .list = CM_STMT_PERMISSION_LIST,
    .changed = CM_STMT_PERMISSION_CHANGED,
    .insert = CM_STMT_PERMISSION_INSERT,
    .update = CM_STMT_PERMISSION_UPDATE,
    .remove = CM_STMT_PERMISSION_DELETE,
    .tenant = {"owner"},
    .changed_at = "updated_at_s",
    .link = {{"users", CM_STMT_PERMISSION_CLEAR_USERS, CM_STMT_PERMISSION_LINK_USERS,
              &cm_user_entity},
             {"roles", CM_STMT_PERMISSION_CLEAR_ROLES, CM_STMT_PERMISSION_LINK_ROLES,
              &cm_role_entity}},
};

enum cm_status cm_role_is_cyclic(struct cm_store *store, const char *owner, const char *name,
                                 bool *out, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ROLE_IS_CYCLIC, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":name", name);
	*out = cm_query_row(&q);
	return cm_query_end(&q);
}

static void add_words(struct cm_query *q, int column, struct cm_buf *out)
{
	const char *words = cm_query_column_text(q, column);

	cm_buf_puts(out, " ");
	cm_buf_puts(out, words == NULL ? "" : words);
}

enum cm_status cm_role_scopes(struct cm_store *store, const char *owner, const char *name,
                              struct cm_buf *out, struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_ROLE_SCOPES, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":name", name);
	while (cm_query_row(&q))
		add_words(&q, 0, out);
	rc = cm_query_end(&q);
	return rc == CM_OK ? cm_buf_status(out, err) : rc;
}

enum cm_status cm_permission_of_user(struct cm_store *store, int64_t user_id,
                                     struct cm_buf *allowed, struct cm_buf *denied,
                                     struct cm_err *err)
{
	struct cm_query q;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_PERMISSION_OF_USER, err);
	cm_query_integer(&q, ":user_id", user_id);
	while (cm_query_row(&q)) {
		const char *effect = cm_query_column_text(&q, 0);
		bool allows = effect != NULL && strcmp(effect, effects[0]) == 0;

		add_words(&q, 1, allows ? allowed : denied);
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK)
		rc = cm_buf_status(allowed, err);
	return rc == CM_OK ? cm_buf_status(denied, err) : rc;
}

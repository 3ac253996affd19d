#include "store/organization.h"

#include "store/field_rows.h"
#include "store/query.h"

/* The columns stand in the order of the fragment organization_columns in sql/queries. */
static const struct cm_field fields[] = {
    {.name = "owner",
     .column = "owner",
     .fallback = "\"" CM_ORGANIZATION_OWNER "\"",
     .flags = CM_FIELD_READ_ONLY,
     .description = "Always admin, as Casdoor has it"},
    {.name = "name",
     .column = "name",
     .flags = CM_FIELD_REQUIRED,
     .form = CM_FORM_NAME,
     .description = "Name; admin/name is the organisation's id"},
    CM_DISPLAY_NAME,
    CM_CREATED_TIME,
    CM_UPDATED_TIME,
    {.name = "disableSignin",
     .column = "disable_signin",
     .type = CM_FIELD_BOOL,
     .fallback = "false",
     .description = "Whether it is switched off: nobody signs in, and all tokens stop working"},
    {.name = "applicationQuota",
     .column = "application_quota",
     .type = CM_FIELD_INTEGER,
     .min = -1,
     .max = 1000000000,
     .fallback = "-1",
     .description = "How many applications it may have; -1 for any number"},
    {.name = "userQuota",
     .column = "user_quota",
     .type = CM_FIELD_INTEGER,
     .min = -1,
     .max = 1000000000,
     .fallback = "-1",
     .description = "How many users it may have; -1 for any number"},
    {.column = "properties", .flags = CM_FIELD_HIDDEN, .fallback = "{}"},

    CM_LINK("websiteUrl", 100, "URL of the organisation's own pages"),
    CM_LINK("logo", 200, "URL of the logo"),
    CM_LINK("logoDark", 200, "URL of the logo for dark pages"),
    CM_LINK("favicon", 200, "URL of the icon"),
    CM_FLAG("hasPrivilegeConsent", "Whether its administrators agreed to privileged access"),
    CM_TEXT("passwordType", 100, "How Casdoor kept passwords; here they are yescrypt"),
    CM_WORDS("passwordOptions", "Rules for passwords in Casdoor"),
    CM_COUNT("passwordExpireDays", 0, 100000, "Life of passwords in days"),
    CM_COUNT("tokenRetentionDays", 0, 100000, "How long Casdoor keeps tokens"),
    CM_COUNT("recordRetentionDays", 0, 100000, "How long Casdoor keeps records"),
    CM_WORDS("countryCodes", "Countries of its people"),
    CM_LINK("defaultAvatar", 200, "URL of the picture of people who have none"),
    CM_FLAG("usePermanentAvatar", "Whether pictures are copied"),
    CM_TEXT("defaultApplication", 100, "Application that people sign in to by default"),
    CM_TEXT("defaultTokenFormat", 100, "Format of tokens in Casdoor"),
    CM_WORDS("userTypes", "Types of users"),
    CM_WORDS("tags", "Tags"),
    CM_WORDS("languages", "Languages of its people"),
    {.name = "themeData", .type = CM_FIELD_OBJECT, .description = "Look of its pages"},
    CM_TEXT("ipWhitelist", 200, "Addresses of its people in Casdoor"),
    CM_COUNT("initScore", 0, 1000000000, "Score of new users"),
    CM_FLAG("enableSoftDeletion", "Whether deleted users are kept"),
    CM_FLAG("isProfilePublic", "Whether profiles are public"),
    CM_FLAG("useEmailAsUsername", "Whether people sign in by their e-mail addresses"),
    CM_FLAG("enableTour", "Whether new people are shown around"),
    CM_WORDS("navItems", "Items of the menu"),
    CM_WORDS("userNavItems", "Items of the menu of people who are no administrators"),
    CM_WORDS("widgetItems", "Widgets"),
    CM_ITEMS("mfaItems", NULL, "Second factors"),
    CM_COUNT("mfaRememberInHours", 0, 100000, "How long second factors are remembered"),
    CM_TEXT("accountMenu", 20, "Form of the account menu"),
    CM_ITEMS("accountItems", NULL, "Items of the account page"),
    CM_TEXT("dcrPolicy", 100, "Registration of clients in Casdoor; here a setting decides"),
};

const struct cm_entity cm_organization_entity = {
    .name = "organization",
    .plural = "organizations",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .get = CM_STMT_ORGANIZATION_GET,
    .list = CM_STMT_ORGANIZATION_LIST,
    .changed = CM_STMT_ORGANIZATION_CHANGED,
    .owner = CM_ORGANIZATION_OWNER,
    .insert = CM_STMT_ORGANIZATION_INSERT,
    .update = CM_STMT_ORGANIZATION_UPDATE,
    .remove = CM_STMT_ORGANIZATION_DELETE,
    .tenant = {"name"},
    .changed_at = "updated_at_s",
    .dependents = CM_STMT_ORGANIZATION_DEPENDENTS,
};

static void read_row(struct cm_query *q, struct cm_organization *out)
{
	cm_query_column_copy(q, 0, out->name, sizeof out->name);
	cm_query_column_copy(q, 1, out->display_name, sizeof out->display_name);
	out->created_at_s = cm_query_column_integer(q, 2);
}

enum cm_status cm_organization_get(struct cm_store *store, const char *name,
                                   struct cm_organization *out, struct cm_err *err)
{
	struct cm_query q;
	bool found = false;
	enum cm_status rc;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_FIND, err);
	cm_query_text(&q, ":name", name);
	if (cm_query_row(&q)) {
		found = true;
		read_row(&q, out);
	}
	rc = cm_query_end(&q);
	if (rc == CM_OK && !found)
		rc = cm_err_set(err, CM_NOT_FOUND, "There is no organisation %s.", name);
	return rc;
}

enum cm_status cm_organization_list(struct cm_store *store, const char *after_name, int64_t limit,
                                    void (*each)(const struct cm_organization *row, void *arg),
                                    void *arg, struct cm_err *err)
{
	struct cm_organization row;
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_NAMES, err);
	cm_query_text(&q, ":after_name", after_name);
	cm_query_integer(&q, ":limit", limit);
	while (cm_query_row(&q)) {
		read_row(&q, &row);
		if (q.rc == CM_OK)
			each(&row, arg);
	}
	return cm_query_end(&q);
}

enum cm_status cm_organization_counts(struct cm_store *store, const char *name,
                                      struct cm_organization_counts *out, struct cm_err *err)
{
	struct cm_query q;

	*out = (struct cm_organization_counts){0, -1, 0, -1};
	cm_query_begin(&q, store, CM_STMT_ORGANIZATION_COUNTS, err);
	cm_query_text(&q, ":name", name);
	if (cm_query_row(&q)) {
		out->applications = cm_query_column_integer(&q, 0);
		out->application_quota = cm_query_column_integer(&q, 1);
		out->users = cm_query_column_integer(&q, 2);
		out->user_quota = cm_query_column_integer(&q, 3);
	}
	return cm_query_end(&q);
}

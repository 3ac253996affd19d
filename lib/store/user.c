#include "store/user.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "store/query.h"

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
}

enum cm_status cm_user_insert(struct cm_store *store, const struct cm_user *user,
                              struct cm_err *err)
{
	char id[CM_ID_TEXT], subject[CM_SUBJECT_MAX];
	struct cm_query q;
	enum cm_status rc = cm_crypto_id(id, err);

	if (rc != CM_OK)
		return rc;
	/* No client_id has a colon, so no client can have a person's subject. */
	snprintf(subject, sizeof subject, "user:%s", id);
	cm_query_begin(&q, store, CM_STMT_USER_INSERT, err);
	cm_query_text(&q, ":subject", subject);
	cm_query_text(&q, ":owner", user->owner);
	cm_query_text(&q, ":name", user->name);
	cm_query_text(&q, ":display_name", user->display_name);
	cm_query_text(&q, ":email", user->email);
	cm_query_text(&q, ":password_hash",
	              user->password_hash[0] == '\0' ? NULL : user->password_hash);
	cm_query_text(&q, ":scope", user->scope);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish(&q);
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

	cm_query_begin(&q, store, CM_STMT_USER_GET, err);
	cm_query_text(&q, ":owner", owner);
	cm_query_text(&q, ":name", name);
	return end_with_one(&q, out);
}

enum cm_status cm_user_by_id(struct cm_store *store, int64_t id, struct cm_user *out,
                             struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_USER_BY_ID, err);
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
	cm_query_begin(&q, store, CM_STMT_USER_BY_NAME, err);
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
	cm_query_begin(&q, store, CM_STMT_USER_BY_EMAIL, err);
	cm_query_text(&q, ":email", login);
	return end_with_one(&q, out);
}

enum cm_status cm_user_list(struct cm_store *store, const char *owner,
                            void (*each)(const struct cm_user *user, void *arg), void *arg,
                            struct cm_err *err)
{
	struct cm_user row;
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_USER_LIST, err);
	cm_query_text(&q, ":owner", owner);
	while (cm_query_row(&q)) {
		read_row(&q, &row);
		if (q.rc == CM_OK)
			each(&row, arg);
	}
	return cm_query_end(&q);
}

enum cm_status cm_user_set_password(struct cm_store *store, const struct cm_user *user,
                                    const char *hash, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_USER_SET_PASSWORD, err);
	cm_query_integer(&q, ":id", user->id);
	cm_query_text(&q, ":password_hash", hash);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such user.");
}

enum cm_status cm_user_set_forbidden(struct cm_store *store, const struct cm_user *user,
                                     bool forbidden, struct cm_err *err)
{
	struct cm_query q;

	cm_query_begin(&q, store, CM_STMT_USER_SET_FORBIDDEN, err);
	cm_query_integer(&q, ":id", user->id);
	cm_query_integer(&q, ":is_forbidden", forbidden);
	cm_query_integer(&q, ":now_s", cm_clock_now_s());
	return cm_query_finish_change(&q, CM_NOT_FOUND, "There is no such user.");
}

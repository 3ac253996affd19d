#include "store/query.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

/* What each SQLite result means here; the primary code decides where nothing finer is said. */
static const struct {
	int code;
	enum cm_status status;
} faults[] = {
    {SQLITE_CONSTRAINT_UNIQUE, CM_CONFLICT},
    {SQLITE_CONSTRAINT_PRIMARYKEY, CM_CONFLICT},
    {SQLITE_CONSTRAINT_FOREIGNKEY, CM_CONFLICT},
    {SQLITE_BUSY, CM_BUSY},
    {SQLITE_LOCKED, CM_BUSY},
    {SQLITE_PROTOCOL, CM_BUSY}, /* others kept taking the locks of the write-ahead log first */
    {SQLITE_NOMEM, CM_NOMEM},
    {SQLITE_FULL, CM_STORE},
    {SQLITE_IOERR, CM_STORE},
    {SQLITE_CANTOPEN, CM_STORE},
    {SQLITE_READONLY, CM_STORE},
    {SQLITE_CORRUPT, CM_STORE},
    {SQLITE_NOTADB, CM_STORE},
    {SQLITE_PERM, CM_STORE},
    {SQLITE_AUTH, CM_STORE},
};

enum cm_status cm_query_outdated(int schema, struct cm_err *err)
{
	return cm_err_set(err, CM_OUTDATED,
	                  "the database has schema %d, this program knows %d: use a newer casement",
	                  schema, CM_SQL_MIGRATIONS);
}

/* PRAGMA user_version, 0 when it can't be asked for. */
static int schema_of(struct sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int schema = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		schema = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return schema;
}

enum cm_status cm_query_fault(struct sqlite3 *db, int code, struct cm_err *err)
{
	enum cm_status status = CM_INTERNAL;
	char why[256];
	int schema;

	snprintf(why, sizeof why, "%s", db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db));
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		if (faults[i].code == code || faults[i].code == (code & 0xff)) {
			status = faults[i].status;
			break;
		}
	}
	/* A statement that makes no sense any more, because a newer program changed the schema. */
	if (code == SQLITE_ERROR && db != NULL && (schema = schema_of(db)) > CM_SQL_MIGRATIONS)
		return cm_query_outdated(schema, err);
	/* A conflict is told to the caller, who has no use for the names of tables and columns. */
	if (status == CM_CONFLICT)
		return cm_err_set(err, status, "It exists already, or something else needs it.");
	return cm_err_set(err, status, "SQLite: %s (%d)", why, code);
}

static void fault(struct cm_query *q, int code)
{
	if (q->rc == CM_OK)
		q->rc = cm_query_fault(cm_store_db(q->store), code, q->err);
}

void cm_query_begin(struct cm_query *q, struct cm_store *store, enum cm_stmt id, struct cm_err *err)
{
	*q = (struct cm_query){.store = store, .err = err};
	q->rc = cm_store_statement(store, id, &q->stmt, err);
}

static int parameter(struct cm_query *q, const char *name)
{
	int index = sqlite3_bind_parameter_index(q->stmt, name);

	if (index == 0 && q->rc == CM_OK)
		q->rc = cm_err_set(q->err, CM_INTERNAL, "statement has no parameter %s", name);
	return index;
}

void cm_query_text(struct cm_query *q, const char *name, const char *text)
{
	if (q->rc == CM_OK) {
		int index = parameter(q, name);
		int code = sqlite3_bind_text(q->stmt, index, text, -1, SQLITE_STATIC);

		if (code != SQLITE_OK)
			fault(q, code);
	}
}

void cm_query_integer(struct cm_query *q, const char *name, int64_t value)
{
	if (q->rc == CM_OK) {
		int code = sqlite3_bind_int64(q->stmt, parameter(q, name), value);

		if (code != SQLITE_OK)
			fault(q, code);
	}
}

void cm_query_real(struct cm_query *q, const char *name, double value)
{
	if (q->rc == CM_OK) {
		int code = sqlite3_bind_double(q->stmt, parameter(q, name), value);

		if (code != SQLITE_OK)
			fault(q, code);
	}
}

bool cm_query_row(struct cm_query *q)
{
	int code;

	if (q->rc != CM_OK)
		return false;
	code = sqlite3_step(q->stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fault(q, code);
	return code == SQLITE_ROW;
}

const char *cm_query_column_text(struct cm_query *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q->stmt, column);

	if (text == NULL && sqlite3_column_type(q->stmt, column) != SQLITE_NULL)
		fault(q, SQLITE_NOMEM);
	return text;
}

int64_t cm_query_column_integer(struct cm_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

double cm_query_column_real(struct cm_query *q, int column)
{
	return sqlite3_column_double(q->stmt, column);
}

void cm_query_column_copy(struct cm_query *q, int column, char *out, size_t size)
{
	const char *text = cm_query_column_text(q, column);
	size_t len = text == NULL ? 0 : strlen(text);

	out[0] = '\0';
	if (len < size)
		memcpy(out, text == NULL ? "" : text, len + 1);
	else if (q->rc == CM_OK)
		q->rc = cm_err_set(q->err, CM_STORE, "column %s is longer than it may be",
		                   sqlite3_column_name(q->stmt, column));
}

void cm_query_run(struct cm_query *q)
{
	while (cm_query_row(q))
		continue;
}

int cm_query_changes(const struct cm_query *q)
{
	return q->rc == CM_OK ? sqlite3_changes(cm_store_db(q->store)) : 0;
}

enum cm_status cm_query_end(struct cm_query *q)
{
	if (q->stmt != NULL) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
		q->stmt = NULL;
	}
	return q->rc;
}

enum cm_status cm_query_finish(struct cm_query *q)
{
	cm_query_run(q);
	return cm_query_end(q);
}

enum cm_status cm_query_finish_change(struct cm_query *q, enum cm_status otherwise, const char *why)
{
	struct cm_err *err = q->err;
	enum cm_status rc;
	int changes;

	cm_query_run(q);
	changes = cm_query_changes(q);
	rc = cm_query_end(q);
	return rc == CM_OK && changes == 0 ? cm_err_set(err, otherwise, "%s", why) : rc;
}

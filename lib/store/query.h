#ifndef CM_STORE_QUERY_H
#define CM_STORE_QUERY_H

/*
 * Running one prepared statement; only for the files of lib/store.
 *
 *	struct cm_query q;
 *	cm_query_begin(&q, store, CM_STMT_X, err);
 *	cm_query_text(&q, ":name", name);
 *	while (cm_query_row(&q))
 *		... cm_query_column_text(&q, 0) ...
 *	return cm_query_end(&q);
 *
 * A failure anywhere stays in the query: the later calls do nothing, and cm_query_end() returns it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sql.h"

struct sqlite3;
struct sqlite3_stmt;
struct cm_store;

struct cm_query {
	struct cm_store *store;
	struct sqlite3_stmt *stmt;
	struct cm_err *err;
	enum cm_status rc;
};

/* Take a statement, prepared at its first use and kept until the store closes. */
void cm_query_begin(struct cm_query *q, struct cm_store *store, enum cm_stmt id,
                    struct cm_err *err);

/* Bind a named parameter.  The text is borrowed until cm_query_end(); NULL binds SQL NULL. */
void cm_query_text(struct cm_query *q, const char *name, const char *text);
void cm_query_integer(struct cm_query *q, const char *name, int64_t value);
void cm_query_real(struct cm_query *q, const char *name, double value);

/* Go to the next row. False at the end and after a failure. */
bool cm_query_row(struct cm_query *q);

/* A column of the row.  Text is borrowed until the next row; NULL for SQL NULL. */
const char *cm_query_column_text(struct cm_query *q, int column);
int64_t cm_query_column_integer(struct cm_query *q, int column);
double cm_query_column_real(struct cm_query *q, int column);

/* Copy a text column into an array of size bytes. A longer one is a failure: nothing is cut. */
void cm_query_column_copy(struct cm_query *q, int column, char *out, size_t size);

/* For statements without rows: run to the end. */
void cm_query_run(struct cm_query *q);

/* Rows that the statement changed. */
int cm_query_changes(const struct cm_query *q);

/* Give the statement back. Returns CM_OK or the first failure. */
enum cm_status cm_query_end(struct cm_query *q);

/* Run to the end and give the statement back. */
enum cm_status cm_query_finish(struct cm_query *q);

/* The same for a change that must find its row; otherwise this status with this sentence. */
enum cm_status cm_query_finish_change(struct cm_query *q, enum cm_status otherwise,
                                      const char *why);

/* Record what SQLite said: code is its extended result code. */
enum cm_status cm_query_fault(struct sqlite3 *db, int code, struct cm_err *err);

/* Record that the file has a newer schema, this one. Returns CM_OUTDATED. */
enum cm_status cm_query_outdated(int schema, struct cm_err *err);

/* The statement's own handle; store.c owns the table of them. */
enum cm_status cm_store_statement(struct cm_store *store, enum cm_stmt id,
                                  struct sqlite3_stmt **out, struct cm_err *err);
struct sqlite3 *cm_store_db(struct cm_store *store);

#endif

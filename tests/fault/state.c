#include "state.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

/* FNV-1a */
static uint64_t digest(uint64_t so_far, const void *data, int len)
{
	const unsigned char *byte = data;

	for (int i = 0; i < len; i++)
		so_far = (so_far ^ byte[i]) * 1099511628211u;
	return so_far;
}

static void read_table(sqlite3 *db, const char *name, struct state *out)
{
	uint64_t sum = 14695981039346656037u;
	sqlite3_stmt *stmt = NULL;
	int64_t rows = 0;
	char sql[200];

	snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", name);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		out->whole = false;
	for (; sqlite3_step(stmt) == SQLITE_ROW; rows++) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const void *value = sqlite3_column_blob(stmt, i);

			sum = digest(sum, value, sqlite3_column_bytes(stmt, i));
			sum = digest(sum, "|", 1);
		}
	}
	sqlite3_finalize(stmt);
	out->table[out->tables].rows = rows;
	out->table[out->tables].digest = sum;
	out->tables++;
}

static bool says(sqlite3 *db, const char *sql, const char *wanted)
{
	sqlite3_stmt *stmt = NULL;
	bool same = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	            sqlite3_step(stmt) == SQLITE_ROW &&
	            strcmp((const char *)sqlite3_column_text(stmt, 0), wanted) == 0;

	sqlite3_finalize(stmt);
	return same;
}

/* A row is in the audit trail by its id, or, where a client registered itself, by client_id. */
static bool is_whole(sqlite3 *db)
{
	static const char unknown[] =
	    "WITH told AS (SELECT target FROM audit WHERE outcome = 'ok')"
	    " SELECT (SELECT count(*) FROM application WHERE owner || '/' || name NOT IN told"
	    "          AND client_id NOT IN told) +"
	    "        (SELECT count(*) FROM token WHERE jti NOT IN told)";

	return says(db, "PRAGMA integrity_check", "ok") && says(db, unknown, "0");
}

void state_read(const char *path, bool check, struct state *out)
{
	static const char tables[] =
	    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN"
	    " ('throttle', 'rate') ORDER BY name";
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;

	*out = (struct state){0};
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, tables, -1, &stmt, NULL) == SQLITE_OK) {
		out->whole = !check || is_whole(db);
		while (sqlite3_step(stmt) == SQLITE_ROW && out->tables < STATE_TABLES)
			read_table(db, (const char *)sqlite3_column_text(stmt, 0), out);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static bool table_same(const struct state *a, const struct state *b, int table)
{
	return a->table[table].rows == b->table[table].rows &&
	       a->table[table].digest == b->table[table].digest;
}

int state_audits(const char *path, const char *request_id)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int count = -1;

	if (request_id[0] == '\0')
		return 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM audit WHERE request_id = ?", -1, &stmt,
	                       NULL) == SQLITE_OK &&
	    sqlite3_bind_text(stmt, 1, request_id, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		count = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

bool state_has_changed_by(const struct state before_after[2], const struct state *good,
                          unsigned steps)
{
	const struct state *before = &before_after[0], *after = &before_after[1];
	bool same = after->tables == good->tables && after->tables == before->tables &&
	            after->tables > 0 && before->whole && after->whole;

	for (int i = 0; same && i < after->tables; i++) {
		int64_t rows = 0;
		bool untouched = true;

		for (int step = 0; steps >> step != 0; step++) {
			if ((steps >> step & 1) == 0)
				continue;
			rows += good[step + 1].table[i].rows - good[step].table[i].rows;
			untouched = untouched && table_same(&good[step], &good[step + 1], i);
		}
		same = after->table[i].rows - before->table[i].rows == rows &&
		       table_same(before, after, i) == untouched;
	}
	return same;
}

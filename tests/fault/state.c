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

static bool is_whole(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	bool whole =
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;

	sqlite3_finalize(stmt);
	return whole;
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

bool state_same(const struct state *a, const struct state *b)
{
	bool same = a->tables == b->tables && a->tables > 0 && a->whole && b->whole;

	for (int i = 0; same && i < a->tables; i++)
		same = table_same(a, b, i);
	return same;
}

bool state_same_change(const struct state *before, const struct state *after,
                       const struct state *good_before, const struct state *good_after)
{
	bool same = after->tables == good_after->tables && after->tables > 0 && after->whole;

	for (int i = 0; same && i < after->tables; i++)
		same = after->table[i].rows - before->table[i].rows ==
		           good_after->table[i].rows - good_before->table[i].rows &&
		       table_same(before, after, i) == table_same(good_before, good_after, i);
	return same;
}

#ifndef CM_TESTS_STATE_H
#define CM_TESTS_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum { STATE_TABLES = 64 };

/*
 * What a database holds, a row a table in the order of their names, without those that count
 * attempts: an attempt that failed is one too.
 */
struct state {
	struct {
		int64_t rows;
		uint64_t digest;
	} table[STATE_TABLES];
	int tables;
	bool whole; /* PRAGMA integrity_check says ok */
};

/* Read it from the file; a database that can't be read has no tables and is not whole. */
void state_read(const char *path, struct state *out);

/* Whether two are the same, and whole. */
bool state_same(const struct state *a, const struct state *b);

/*
 * Whether what happened from before to after is what happened from before to wanted: the same
 * tables have changed, to the same number of rows.
 */
bool state_same_change(const struct state *before, const struct state *after,
                       const struct state *wanted);

#endif

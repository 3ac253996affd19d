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
	bool whole; /* PRAGMA integrity_check says ok; true where it was not asked */
};

/* Read it from the file, with a check or without.  One that can't be read has no tables. */
void state_read(const char *path, bool check, struct state *out);

/* Whether two are the same, and whole. */
bool state_same(const struct state *a, const struct state *b);

/*
 * Whether what happened from before to after is what happened from good_before to good_after: the
 * same tables have changed, by as many rows.
 */
bool state_same_change(const struct state *before, const struct state *after,
                       const struct state *good_before, const struct state *good_after);

#endif

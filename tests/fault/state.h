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
	bool whole; /* integrity_check says ok, all is in the audit trail; true where not asked */
};

/* Read it from the file, with a check or without.  One that can't be read has no tables. */
void state_read(const char *path, bool check, struct state *out);

/* How many rows of the audit trail a request has; none for "". */
int state_audits(const char *path, const char *request_id);

/*
 * Whether what happened from before_after[0] to before_after[1] is what happened in some steps of
 * a good day, from good[i] to good[i + 1] for each bit i of steps: the same tables have changed, by
 * as many rows.
 */
bool state_has_changed_by(const struct state before_after[2], const struct state *good,
                          unsigned steps);

#endif

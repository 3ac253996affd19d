#ifndef CM_BASE_COUNTERS_H
#define CM_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/crypto.h"
#include "base/status.h"

/*
 * Numbers that several processes count in together: a small file that each of them maps.  It
 * outlives them, not the machine's last writes: what was counted just before a power cut is lost.
 * Set it up with {0}.
 */
struct cm_counters {
	_Atomic uint64_t *value; /* NULL while it is not open */
	size_t count;
	char *path;
	dev_t device;
	ino_t inode;
};

/*
 * Open the file at path, or make it (mode 0600, all zero).  One that is damaged is made anew.  So
 * is one of another layout, if take_over; else it is left alone, so that two versions of a program
 * that run at the same time don't take it from each other again and again.  layout: the SHA-256, in
 * hexadecimal, of what the numbers stand for, in their order.  CM_STORE, CM_NOMEM.
 */
enum cm_status cm_counters_open(struct cm_counters *counters, const char *path,
                                const char layout[CM_SHA256_HEX], size_t count, bool take_over,
                                struct cm_err *err);

/* Release the mapping; the file stays. */
void cm_counters_close(struct cm_counters *counters);

/*
 * Whether it is open and its path still leads to the same file, in its full length: to count in a
 * file that was cut short would end the process.
 */
bool cm_counters_is_current(const struct cm_counters *counters);

/* Add to the index-th number, which must exist. */
void cm_counters_add(struct cm_counters *counters, size_t index, uint64_t amount);

uint64_t cm_counters_get(const struct cm_counters *counters, size_t index);

#endif

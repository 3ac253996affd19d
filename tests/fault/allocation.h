#ifndef CM_TESTS_ALLOCATION_H
#define CM_TESTS_ALLOCATION_H

#include <stdbool.h>

/*
 * malloc and its kin, for the whole process, libraries included, with failures on demand.  errno is
 * ENOMEM then, as libc has it.
 */

/* From now on count allocations; number fails (from 1, 0: none), and with on all that follow. */
void allocation_fail(long number, bool on);

/* Let none fail any more.  Whether one did. */
bool allocation_stop(void);

#endif

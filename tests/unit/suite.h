#ifndef CM_TESTS_SUITE_H
#define CM_TESTS_SUITE_H

#include <string.h>

#include <CUnit/CUnit.h>

/*
 * One file of tests, one suite.  A file defines its tests as static functions, lists them in an
 * array, and exports `const struct cm_suite cm_suite_<layer>_<module>`, which main.c lists.
 */
struct cm_test {
	const char *name; /* what holds when it passes, such as "a repeated name is refused" */
	void (*run)(void);
};

struct cm_suite {
	const char *name; /* layer/module */
	const struct cm_test *tests;
	size_t count;
};

#define CM_SUITE(symbol, title, table)                                                             \
	const struct cm_suite symbol;                                                              \
	const struct cm_suite symbol = {title, table, sizeof table / sizeof *table}

#endif

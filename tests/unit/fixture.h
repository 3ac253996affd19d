#ifndef CM_TESTS_FIXTURE_H
#define CM_TESTS_FIXTURE_H

#include <CUnit/CUnit.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* As CU_ASSERT, for tables: a failure prints the row (a string) that it is about. */
#define ASSERT_ROW(row, value)                                                                     \
	((void)CU_assertImplementation((value) ? CU_TRUE : CU_FALSE, __LINE__, (row), __FILE__,    \
	                               "", CU_FALSE))

#endif

#ifndef CM_TOOLS_CHECK_H
#define CM_TOOLS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "store/entity.h"

/*
 * Check a value against its field: type, limits, form, and the same for what it holds.  path is
 * what the value is called in the message.  null is no value here.  CM_INPUT.
 */
enum cm_status cm_check_value(const struct cm_field *field, const cm_json *value, const char *path,
                              struct cm_err *err);

/*
 * A whole number: to JSON Schema 1.0 is an integer too, and some clients write all numbers so.  One
 * that is written so must be one that JavaScript can hold.  false, and *out untouched, for anything
 * else.
 */
bool cm_check_whole(const cm_json *value, int64_t *out);

/* Characters that a string field may have. */
int64_t cm_check_max_length(const struct cm_field *field);

#endif

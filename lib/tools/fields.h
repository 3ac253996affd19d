#ifndef CM_TOOLS_FIELDS_H
#define CM_TOOLS_FIELDS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"
#include "store/entity.h"

/* What follows from a table of fields: checking, changing and writing an entity. */

/* Give every column of an empty record its default. CM_NOMEM. */
enum cm_status cm_fields_default(struct cm_record *record, struct cm_err *err);

/*
 * Change a record by a JSON object: members that are there are checked and set, null resets to the
 * default, absent ones stay.  creating: required members must be there, and those that can be
 * chosen only once may be.  CM_INPUT with a sentence that begins with the member, as in
 * "application.redirectUris[1]: ...".
 */
enum cm_status cm_fields_apply(struct cm_record *record, const cm_json *patch, bool creating,
                               struct cm_err *err);

/*
 * Put the strings of one column, a JSON array, into another, separated by spaces, as the store's
 * queries read them.  CM_INPUT when they are too many.
 */
enum cm_status cm_fields_join(struct cm_record *record, const char *from, const char *to,
                              struct cm_err *err);

/* Append the record as a JSON object, without closing it: the caller may add members. */
void cm_fields_put_open(struct cm_buf *buf, const struct cm_record *record);

/* Append the record as a JSON object. */
void cm_fields_put(struct cm_buf *buf, const struct cm_record *record);

/* How the schema is to be used; CM_SCHEMA_ANSWER: for what a change answers, dry or not. */
enum cm_schema_use { CM_SCHEMA_ADD, CM_SCHEMA_UPDATE, CM_SCHEMA_RESULT, CM_SCHEMA_ANSWER };

/* Append a JSON Schema 2020-12 of the entity. */
void cm_fields_put_schema(struct cm_buf *buf, const struct cm_entity *entity,
                          enum cm_schema_use use);

/* The regular expression (ECMA-262) of names, for schemas and messages. */
#define CM_NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9._-]*$"

/* Whether a text has the form of a name. */
bool cm_fields_is_name(const char *text);

#endif

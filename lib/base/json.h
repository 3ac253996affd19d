#ifndef CM_BASE_JSON_H
#define CM_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/*
 * Reading JSON (RFC 8259) into objects of json-c.  A JSON null is a NULL pointer, as json-c has
 * it; cm_json_find() tells null from absent.  Getters check the type, so a wrong one is seen, never
 * converted.
 */
typedef struct json_object cm_json;

enum cm_json_type {
	CM_JSON_NULL,
	CM_JSON_BOOL,
	CM_JSON_INTEGER, /* without fraction or exponent, within 64 bits signed */
	CM_JSON_NUMBER,  /* any other number */
	CM_JSON_STRING,
	CM_JSON_ARRAY,
	CM_JSON_OBJECT
};

enum {
	CM_JSON_DEPTH_MAX = 32,
	CM_JSON_CONTAINERS_MAX = 10000 /* objects and arrays of a request */
};

/*
 * Parse a whole text of len bytes.  Beyond RFC 8259 it refuses what two readers could take for two
 * things: duplicate names, U+0000 in strings, integers beyond 64 bits, nesting over
 * CM_JSON_DEPTH_MAX.  *out: owned by the caller.  CM_PARSE with a sentence that says what and
 * where; CM_NOMEM.
 */
enum cm_status cm_json_parse(const char *text, size_t len, cm_json **out, struct cm_err *err);

/*
 * The same for what somebody sends.  An object takes some 800 bytes, however short its text is, so
 * more than CM_JSON_CONTAINERS_MAX objects and arrays are refused too.
 */
enum cm_status cm_json_parse_request(const char *text, size_t len, cm_json **out,
                                     struct cm_err *err);

/* Give up one reference. NULL is fine. */
void cm_json_free(cm_json *json);

/* Take one more reference to a value that someone else owns. */
cm_json *cm_json_share(const cm_json *json);

enum cm_json_type cm_json_type(const cm_json *json);

/* What a type is called in a message: "a string", "an object". */
const char *cm_json_type_name(enum cm_json_type type);

/* The string (borrowed), NULL when it isn't one. It holds no NUL. */
const char *cm_json_string(const cm_json *json);

/* The value in *out; false, and *out untouched, when it is of another type. */
bool cm_json_bool(const cm_json *json, bool *out);
bool cm_json_integer(const cm_json *json, int64_t *out);
bool cm_json_number(const cm_json *json, double *out); /* takes integers too */

/* Elements of an array, 0 for anything else; an element (borrowed), NULL beyond the end. */
size_t cm_json_length(const cm_json *json);
const cm_json *cm_json_at(const cm_json *json, size_t index);

/*
 * A member by its exact name.  True when there is one; *value (borrowed) is then the value, NULL
 * for null.  False, and *value NULL, when it is absent or json is no object.
 */
bool cm_json_find(const cm_json *json, const char *name, const cm_json **value);

/* The same in short: the value, NULL when absent, null, or json is no object. */
const cm_json *cm_json_get(const cm_json *json, const char *name);

/* Walk over the members of an object: start with *cursor NULL, go on while true. */
bool cm_json_each(const cm_json *json, const void **cursor, const char **name,
                  const cm_json **value);

/*
 * Changing an object; false without memory.  set takes over the caller's reference to value, also
 * when it fails; NULL is JSON's null there.
 */
cm_json *cm_json_object(void);
bool cm_json_set(cm_json *object, const char *name, cm_json *value);
bool cm_json_set_string(cm_json *object, const char *name, const char *text);
bool cm_json_set_bool(cm_json *object, const char *name, bool truth);
void cm_json_unset(cm_json *object, const char *name);

/* Values of their own, owned by the caller; NULL without memory, which is no null to set. */
cm_json *cm_json_from_string(const char *text);
cm_json *cm_json_from_bool(bool value);
cm_json *cm_json_from_integer(int64_t value);

/*
 * Writing JSON into a buffer.  The commas come by themselves.  Memory failures stay in the buffer
 * (cm_buf_status), so nothing half-built passes for whole.
 */
void cm_json_put_open(struct cm_buf *buf, char bracket);  /* '{' or '[' */
void cm_json_put_close(struct cm_buf *buf, char bracket); /* '}' or ']' */
void cm_json_put_name(struct cm_buf *buf, const char *name);
void cm_json_put_string(struct cm_buf *buf, const char *text); /* NULL writes null */
void cm_json_put_bytes(struct cm_buf *buf, const char *text, size_t len);
void cm_json_put_integer(struct cm_buf *buf, int64_t value);
void cm_json_put_number(struct cm_buf *buf,
                        double value); /* shortest form that reads back; null if none */
void cm_json_put_bool(struct cm_buf *buf, bool value);
void cm_json_put_raw(struct cm_buf *buf, const char *json); /* text that is JSON already */
void cm_json_put_value(struct cm_buf *buf, const cm_json *json);

/* A member in one call. */
void cm_json_put_member(struct cm_buf *buf, const char *name, const char *text);

#endif

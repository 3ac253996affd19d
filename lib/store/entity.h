#ifndef CM_STORE_ENTITY_H
#define CM_STORE_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/status.h"
#include "sql.h"

struct cm_store;

/*
 * What the registry keeps is described by tables: an entity has fields, a field has a name, a type,
 * limits and a description.  Rows, validation, JSON Schema and the command line all follow them.
 */

enum cm_field_type {
	CM_FIELD_STRING,
	CM_FIELD_BOOL,
	CM_FIELD_INTEGER,
	CM_FIELD_NUMBER,
	CM_FIELD_TIME, /* RFC 3339 in JSON, seconds since 1970 in the column; set by the server */
	CM_FIELD_STRINGS, /* array of strings */
	CM_FIELD_OBJECTS, /* array of objects with the members in `members` */
	CM_FIELD_OBJECT   /* an object with the members in `members` */
};

/* What a string must look like, beyond its length. */
enum cm_field_form {
	CM_FORM_ANY = 0,
	CM_FORM_NAME,         /* letters, digits, '.', '_', '-', not starting with '.' or '-' */
	CM_FORM_URL,          /* empty, or an absolute http or https URL, or a path from '/' */
	CM_FORM_REDIRECT_URI, /* absolute, no fragment, not a scheme that runs in the browser */
	CM_FORM_SCOPE,        /* a scope of this server */
	CM_FORM_EMAIL,        /* empty, or an e-mail address */
	CM_FORM_ADDRESSES,    /* IP addresses and CIDR ranges, separated by commas */
	CM_FORM_ID,           /* owner/name */
	CM_FORM_COUNT
};

enum {
	CM_FIELD_REQUIRED = 1,  /* must be given when the entity is created; never null or empty */
	CM_FIELD_READ_ONLY = 2, /* the server sets it */
	CM_FIELD_CREATE_ONLY = 4, /* may be chosen when the entity is created, then stays */
	CM_FIELD_HIDDEN = 8,      /* a column that is no field for callers */
	CM_FIELD_ONCE = 16,       /* comes out only in the answer that made it; never stored */
	CM_FIELD_WRITE_ONLY = 32, /* never comes out, such as a password */
	CM_FIELD_LINKS =
	    64, /* ids of other rows, kept in a table of their own; see cm_entity_link */
	CM_FIELD_PENDING = 128 /* a time that may not have come: 0 comes out as null */
};

struct cm_field {
	const char *name;   /* JSON member; NULL for hidden columns */
	const char *column; /* NULL: kept in the properties */
	enum cm_field_type type;
	unsigned flags;
	enum cm_field_form form;
	int64_t min, max; /* string: characters (max 0: 100); number: value; array: elements */
	const char *const *values; /* the strings that are allowed, NULL-terminated; NULL: any */
	const char *fallback;      /* JSON text: the column's value when absent or reset */
	const struct cm_field *members; /* ends with a NULL name; NULL: any members */
	const char *description;
};

enum { CM_COLUMNS_MAX = 24, CM_NAME_MAX = 100 };

struct cm_entity;

/*
 * A column with the ids of other rows (owner/name).  Reading makes it from a table of pairs;
 * writing clears the pairs of :owner/:name and makes new ones from the JSON array :ids.
 */
struct cm_entity_link {
	const char *column;
	enum cm_stmt clear, insert;
	const struct cm_entity *to;
};

enum { CM_TENANT_COLUMNS = 2, CM_LINKS_MAX = 2 };

struct cm_entity {
	const char *name;   /* "application"; also the argument's name */
	const char *plural; /* "applications" */
	const struct cm_field *fields;
	size_t field_count;
	enum cm_stmt get, list, insert, update, remove;
	enum cm_stmt changed;   /* the list in the order of the time in changed_at */
	const char *changed_at; /* column */
	const char *owner;      /* the one owner of all rows; NULL: each has its own */
	/* The columns that say whose a row is: all must be the caller's organisation. */
	const char *tenant[CM_TENANT_COLUMNS];
	struct cm_entity_link link[CM_LINKS_MAX];
	/* What would be left without the row: its kind and its id; CM_STMT_NONE: nothing can. */
	enum cm_stmt dependents;
};

/* The value of a column. */
struct cm_value {
	const char *text; /* strings and JSON; NULL is SQL NULL */
	char *own;        /* what text is since it was set (owned); NULL: text is of the row */
	int64_t integer;
	double real;
};

/* A row: the values of the columns, in the order in which the fields table names them. */
struct cm_record {
	const struct cm_entity *entity;
	struct cm_value value[CM_COLUMNS_MAX];
	struct cm_buf row; /* the texts of the row that was read */
};

/* Set up an empty row; release it with cm_record_clear(). */
void cm_record_init(struct cm_record *record, const struct cm_entity *entity);
void cm_record_clear(struct cm_record *record);

/* The value under a column's name; the column must be one of the entity's. */
struct cm_value *cm_record_value(struct cm_record *record, const char *column);

/* Make a text the value; it is taken over, and released with the record. */
void cm_value_take(struct cm_value *value, char *text);

/* The text of a column (borrowed), "" when it is NULL. */
const char *cm_record_text(const struct cm_record *record, const char *column);

/* Replace the text of a column with a copy. CM_NOMEM. */
enum cm_status cm_record_set_text(struct cm_record *record, const char *column, const char *text,
                                  struct cm_err *err);

/* The same as cm_record_set_text() and friends by position among the columns. */
int cm_entity_column(const struct cm_entity *entity, const char *column);

/* How a field's column is stored. */
enum cm_column_kind { CM_COLUMN_TEXT, CM_COLUMN_INTEGER, CM_COLUMN_REAL };
enum cm_column_kind cm_field_column_kind(const struct cm_field *field);

/* The field of this exact JSON name, NULL when there is none. */
const struct cm_field *cm_entity_field(const struct cm_entity *entity, const char *name);

/* Read one row into an initialised record.  CM_NOT_FOUND when there is none. */
enum cm_status cm_entity_get(struct cm_store *store, const char *owner, const char *name,
                             struct cm_record *out, struct cm_err *err);

/* Whether rows have this column. */
bool cm_entity_has(const struct cm_entity *entity, const char *column);

/* Whether its rows say when they were changed; what never changes has no versions. */
bool cm_entity_is_versioned(const struct cm_entity *entity);

/*
 * Write a new row.  CM_CONFLICT when the name or another unique value is taken; CM_INPUT when a
 * link leads nowhere, or to a row of another owner.
 */
enum cm_status cm_entity_insert(struct cm_store *store, const struct cm_record *record,
                                struct cm_err *err);

/* Replace the row owner/name with the record, which may carry another name. */
enum cm_status cm_entity_update(struct cm_store *store, const char *owner, const char *name,
                                const struct cm_record *record, struct cm_err *err);

/* Called for each row that depends on another; both strings are good only during the call. */
typedef enum cm_status cm_entity_depends(const char *kind, const char *id, void *arg,
                                         struct cm_err *err);

/* What depends on a row, at most limit of it; what refers comes before what it refers to. */
enum cm_status cm_entity_dependents(struct cm_store *store, const struct cm_record *record,
                                    int64_t limit, cm_entity_depends *each, void *arg,
                                    struct cm_err *err);

/* Remove a row. CM_NOT_FOUND, CM_CONFLICT when others depend on it. */
enum cm_status cm_entity_delete(struct cm_store *store, const struct cm_entity *entity,
                                const char *owner, const char *name, struct cm_err *err);

/*
 * A page of rows by keyset: those after a given one, in the order of owner and name; of what was
 * changed since some time, in the order of owner, time of the change, and name.
 */
struct cm_page {
	const char *owner;        /* NULL: of all owners */
	const char *organization; /* only rows whose second tenant column is this; NULL: all */
	const char *name_prefix;  /* only names that begin like this; "" for all */
	int64_t since_s;          /* only what was changed then or later; 0: all, by name */
	const char *after_owner;  /* "" for the first page */
	const char *after_name;
	int64_t after_s; /* where since_s is given: the time of that row's change */
	int64_t limit;   /* rows */
};

/* Called for each row; the record is good only during the call. */
typedef enum cm_status cm_entity_each(const struct cm_record *record, void *arg,
                                      struct cm_err *err);

enum cm_status cm_entity_list(struct cm_store *store, const struct cm_entity *entity,
                              const struct cm_page *page, cm_entity_each *each, void *arg,
                              struct cm_err *err);

#endif

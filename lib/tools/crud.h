#ifndef CM_TOOLS_CRUD_H
#define CM_TOOLS_CRUD_H

#include "mcp/tool.h"
#include "store/entity.h"
#include "tools/arguments.h"

/* A change on its way into the store: what the functions of an entity get to see of it. */
struct cm_crud_step {
	struct cm_store *store;
	const struct cm_principal *caller;
	const struct cm_id *id; /* of the row that is changed; NULL: it is new */
	struct cm_record *record;
	const cm_json *patch; /* what the caller sent; NULL: nothing */
	const char *prepared; /* what prepare() of the entity made of it; "": nothing */
	struct cm_buf *once;  /* what is told only once, as members of an open JSON object */
};

/*
 * The five tools of every entity: list, get, add, update, delete.  What they do follows from the
 * entity's fields; what is particular to it stands in its struct cm_crud.
 */
struct cm_crud {
	const struct cm_entity *entity;
	const char *unique; /* the field that must be unique besides owner and name; NULL: none */
	/*
	 * Make of what was sent what takes long to make, before the lock is taken; out is empty.
	 * Whether the caller may do it, and whether what was sent is good, is found out later.
	 * NULL: nothing takes long.
	 */
	enum cm_status (*prepare)(const struct cm_tool_call *call, const cm_json *patch,
	                          struct cm_buf *out, struct cm_err *err);
	/*
	 * Finish a record after a change was applied: values that follow from others, and, when it
	 * is new, those that the server makes.
	 */
	enum cm_status (*complete)(const struct cm_crud_step *step, struct cm_err *err);
	/* The scopes that a row holds, or gives to others. */
	enum cm_status (*held)(struct cm_store *store, const struct cm_record *record,
	                       cm_scope_set *out, struct cm_err *err);
	/* What must hold of the store once the row is written; NULL: nothing. */
	enum cm_status (*check)(const struct cm_crud_step *step, struct cm_err *err);
	/* Whether a row may be removed at all; NULL: yes. */
	enum cm_status (*check_removal)(const struct cm_record *record, struct cm_err *err);
	bool built_in_only; /* only callers of built-in change rows */
	bool restricts;     /* rows may keep others from something: deleting one needs its scopes */
};

enum cm_status cm_crud_list(const struct cm_tool_call *call, struct cm_tool_result *result,
                            struct cm_err *err);
enum cm_status cm_crud_get(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err);
enum cm_status cm_crud_add(const struct cm_tool_call *call, struct cm_tool_result *result,
                           struct cm_err *err);
enum cm_status cm_crud_update(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err);
enum cm_status cm_crud_delete(const struct cm_tool_call *call, struct cm_tool_result *result,
                              struct cm_err *err);

/* Return a row that the caller may see. */
enum cm_status cm_crud_get_row(const struct cm_tool_call *call, const struct cm_id *id,
                               struct cm_tool_result *result, struct cm_err *err);

/* The member "id" of a schema's properties. */
void cm_crud_put_id(struct cm_buf *buf, const struct cm_entity *entity);

/* Their schemas, for the rows of the tool table. */
void cm_crud_put_list_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_list_output(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_get_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_id_and_dry_run_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_add_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_update_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_delete_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_delete_output(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_answer_output(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_entity_output(const struct cm_tool *tool, struct cm_buf *buf);

/* The rows of the tool table, but for what they are called and need. */
#define CM_CRUD_LIST(which)                                                                        \
	.crud = &(which), .put_input_schema = cm_crud_put_list_input,                              \
	.put_output_schema = cm_crud_put_list_output, .run = cm_crud_list
#define CM_CRUD_GET(which)                                                                         \
	.crud = &(which), .put_input_schema = cm_crud_put_get_input,                               \
	.put_output_schema = cm_crud_put_entity_output, .run = cm_crud_get
#define CM_CRUD_ADD(which)                                                                         \
	.crud = &(which), .put_input_schema = cm_crud_put_add_input,                               \
	.put_output_schema = cm_crud_put_answer_output, .run = cm_crud_add
#define CM_CRUD_UPDATE(which)                                                                      \
	.crud = &(which), .put_input_schema = cm_crud_put_update_input,                            \
	.put_output_schema = cm_crud_put_answer_output, .run = cm_crud_update
#define CM_CRUD_DELETE(which)                                                                      \
	.crud = &(which), .put_input_schema = cm_crud_put_delete_input,                            \
	.put_output_schema = cm_crud_put_delete_output, .run = cm_crud_delete

/* How a change of one row that is there goes: read, check, change, write, audit. */
struct cm_crud_change {
	const struct cm_crud *crud;
	const struct cm_principal *caller;
	const char *tool; /* for the audit row */
	struct cm_id id;
	struct cm_record *record; /* initialised; afterwards the row as it is stored */
	const cm_json *patch;     /* what the caller sent; NULL: nothing */
	/* Change the record; arg is the caller's. */
	enum cm_status (*change)(const struct cm_crud_step *step, void *arg, struct cm_err *err);
	void *arg;
	const char *if_match;   /* updatedTime that the row must have; NULL: any */
	bool dry_run;           /* undo it all in the end: CM_DRY_RUN */
	struct cm_buf prepared; /* see struct cm_crud_step; the caller's to clear */
	struct cm_buf before;   /* afterwards the row as it was, as JSON; the caller's to clear */
	struct cm_buf once;     /* see struct cm_crud_step; the caller's to clear */
};

/* Do it by cm_access_write(). CM_UNAUTHORIZED, CM_NOT_FOUND, CM_FORBIDDEN, CM_CONFLICT, CM_INPUT,
 * CM_DRY_RUN. */
enum cm_status cm_crud_change_row(struct cm_context *ctx, struct cm_crud_change *change,
                                  struct cm_err *err);

/*
 * Whether the row is still as the caller read it: each change moves its time of change, and
 * if_match is that time (RFC 3339), NULL: no matter.  CM_INPUT, CM_CONFLICT.
 */
enum cm_status cm_crud_check_version(const char *if_match, struct cm_record *record,
                                     struct cm_err *err);

/* Append the member dryRun: what would differ between two rows ("" for none) as JSON. */
void cm_crud_put_dry_run(struct cm_buf *buf, const char *before, const char *after);

#endif

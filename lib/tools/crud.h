#ifndef CM_TOOLS_CRUD_H
#define CM_TOOLS_CRUD_H

#include "mcp/tool.h"
#include "store/entity.h"
#include "tools/arguments.h"

/*
 * The five tools of every entity: list, get, add, update, delete.  What they do follows from the
 * entity's fields; what is particular to it stands in its struct cm_crud.
 */
struct cm_crud {
	const struct cm_entity *entity;
	const char *unique; /* the field that must be unique besides owner and name */
	/*
	 * Finish a record after a change was applied: values that follow from others, and, when it
	 * is new, those that the server makes.  What is told only once is appended to once, as
	 * members of an open JSON object.
	 */
	enum cm_status (*complete)(struct cm_record *record, bool creating, struct cm_buf *once,
	                           struct cm_err *err);
	/* The scopes that a row holds. */
	cm_scope_set (*held)(const struct cm_record *record);
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

/* Their schemas, for the rows of the tool table. */
void cm_crud_put_list_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_list_output(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_get_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_add_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_update_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_delete_input(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_delete_output(const struct cm_tool *tool, struct cm_buf *buf);
void cm_crud_put_entity_output(const struct cm_tool *tool, struct cm_buf *buf);

/* How a change of one row that is there goes: read, check, change, write, audit. */
struct cm_crud_change {
	const struct cm_crud *crud;
	const struct cm_principal *caller;
	const char *tool; /* for the audit row */
	struct cm_id id;
	struct cm_record *record; /* initialised; afterwards the row as it is stored */
	/* Change the record; arg is the caller's. */
	enum cm_status (*change)(struct cm_record *record, void *arg, struct cm_err *err);
	void *arg;
};

/* Do it in one transaction. CM_NOT_FOUND, CM_FORBIDDEN, CM_CONFLICT, CM_INPUT. */
enum cm_status cm_crud_change_row(struct cm_store *store, struct cm_crud_change *change,
                                  struct cm_err *err);

#endif

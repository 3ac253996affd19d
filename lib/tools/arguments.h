#ifndef CM_TOOLS_ARGUMENTS_H
#define CM_TOOLS_ARGUMENTS_H

#include <stdbool.h>

#include "mcp/tool.h"
#include "store/entity.h"

/* Reading the arguments of a tool call.  All of these answer CM_INPUT and name the argument. */

/* Owner and name of an entity, from its id "owner/name". */
struct cm_id {
	char owner[CM_NAME_MAX + 1];
	char name[CM_NAME_MAX + 1];
};

/* Take an id apart. False when it isn't one. */
bool cm_id_parse(const char *text, struct cm_id *out);

enum { CM_ID_LENGTH = 2 * CM_NAME_MAX + 2 }; /* bytes of an id with its NUL */

/* Write the id of a record. */
void cm_id_format(const struct cm_record *record, char out[CM_ID_LENGTH]);

/* Refuse arguments that are not in known, which ends with NULL. */
enum cm_status cm_arguments_check(const struct cm_tool_call *call, const char *const *known,
                                  struct cm_err *err);

/* The argument id. */
enum cm_status cm_arguments_id(const struct cm_tool_call *call, struct cm_id *out,
                               struct cm_err *err);

/* The argument id of a tool that has no other. */
enum cm_status cm_arguments_only_id(const struct cm_tool_call *call, struct cm_id *out,
                                    struct cm_err *err);

/* The argument that is named like the entity: an object (borrowed). */
enum cm_status cm_arguments_object(const struct cm_tool_call *call, const cm_json **out,
                                   struct cm_err *err);

/* An argument that is true or false (false when left out), or text (NULL when left out). */
enum cm_status cm_arguments_bool(const struct cm_tool_call *call, const char *name, bool *out,
                                 struct cm_err *err);
enum cm_status cm_arguments_text(const struct cm_tool_call *call, const char *name,
                                 const char **out, struct cm_err *err);

/* The row to act on: by id, or by an object with owner and name as Casdoor has it. */
enum cm_status cm_arguments_target(const struct cm_tool_call *call, struct cm_id *out,
                                   struct cm_err *err);

#endif

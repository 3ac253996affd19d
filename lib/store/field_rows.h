#ifndef CM_STORE_FIELD_ROWS_H
#define CM_STORE_FIELD_ROWS_H

#include "store/entity.h"

/* Rows for fields that are kept and handed back, but have no meaning here; see struct cm_field. */
#define CM_TEXT(field, limit, about)                                                               \
	{                                                                                          \
		.name = field, .type = CM_FIELD_STRING, .max = limit, .description = about         \
	}
#define CM_LINK(field, limit, about)                                                               \
	{                                                                                          \
		.name = field, .type = CM_FIELD_STRING, .form = CM_FORM_URL, .max = limit,         \
		.description = about                                                               \
	}
#define CM_FLAG(field, about)                                                                      \
	{                                                                                          \
		.name = field, .type = CM_FIELD_BOOL, .description = about                         \
	}
#define CM_COUNT(field, least, most, about)                                                        \
	{                                                                                          \
		.name = field, .type = CM_FIELD_INTEGER, .min = least, .max = most,                \
		.description = about                                                               \
	}
#define CM_WORDS(field, about)                                                                     \
	{                                                                                          \
		.name = field, .type = CM_FIELD_STRINGS, .max = 100, .description = about          \
	}
#define CM_ITEMS(field, table, about)                                                              \
	{                                                                                          \
		.name = field, .type = CM_FIELD_OBJECTS, .max = 100, .members = table,             \
		.description = about                                                               \
	}

/* Rows that the tables of several kinds of entity have. */
#define CM_DISPLAY_NAME                                                                            \
	{                                                                                          \
		.name = "displayName", .column = "display_name",                                   \
		.description = "What people see; the name when left out"                           \
	}
#define CM_CREATED_TIME                                                                            \
	{                                                                                          \
		.name = "createdTime", .column = "created_at_s", .type = CM_FIELD_TIME,            \
		.flags = CM_FIELD_READ_ONLY, .description = "When it was created"                  \
	}
#define CM_UPDATED_TIME                                                                            \
	{                                                                                          \
		.name = "updatedTime", .column = "updated_at_s", .type = CM_FIELD_TIME,            \
		.flags = CM_FIELD_READ_ONLY, .description = "When it was last changed"             \
	}

#endif

#ifndef CM_STORE_ORGANIZATION_H
#define CM_STORE_ORGANIZATION_H

#include <stdint.h>

#include "base/status.h"
#include "store/entity.h"

struct cm_store;

/* The organisation whose clients may reach all others. */
#define CM_ORGANIZATION_BUILT_IN "built-in"

/* The owner of all organisations, as Casdoor has it. */
#define CM_ORGANIZATION_OWNER "admin"

enum { CM_DISPLAY_NAME_MAX = 400 }; /* bytes */

struct cm_organization {
	char name[CM_NAME_MAX + 1];
	char display_name[CM_DISPLAY_NAME_MAX + 1];
	int64_t created_at_s;
};

/* The organisation as people manage it. */
extern const struct cm_entity cm_organization_entity;

/* How many applications and users it has, and may have (-1: any number). */
struct cm_organization_counts {
	int64_t applications, application_quota;
	int64_t users, user_quota;
};

enum cm_status cm_organization_counts(struct cm_store *store, const char *name,
                                      struct cm_organization_counts *out, struct cm_err *err);

/* CM_NOT_FOUND when there is none of that name. */
enum cm_status cm_organization_get(struct cm_store *store, const char *name,
                                   struct cm_organization *out, struct cm_err *err);

/* At most limit rows after a name ("" for the first), in the order of the names. */
enum cm_status cm_organization_list(struct cm_store *store, const char *after_name, int64_t limit,
                                    void (*each)(const struct cm_organization *row, void *arg),
                                    void *arg, struct cm_err *err);

#endif

#ifndef CM_TESTS_AUTH_FIXTURE_PROCESSES_H
#define CM_TESTS_AUTH_FIXTURE_PROCESSES_H

#include "auth/context.h"
#include "auth/fixture_auth.h"

/* A process with a file, and another one beside it that changes the file. */
struct processes {
	struct fixture_folder folder;
	struct cm_context ctx;
	struct cm_store *other;
};

/* Both begin, on a file with an organisation, a key and an application; and end. */
void processes_start(struct processes *p);
void processes_end(struct processes *p);

/* Make the file anew and keep it open as the other process; and remove it. */
void processes_make_file(struct processes *p);
void processes_remove_file(struct processes *p);

/* The process has answered, and gets its next request. */
enum cm_status processes_next(struct cm_context *ctx, struct cm_err *err);

#endif

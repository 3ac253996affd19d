#include "auth/fixture_processes.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum cm_status processes_next(struct cm_context *ctx, struct cm_err *err)
{
	cm_context_rest(ctx);
	return cm_context_refresh(ctx, err);
}

static enum cm_status found(struct cm_store *store, void *arg, struct cm_err *err)
{
	(void)arg;
	(void)err;
	fixture_organization(store, "my-org");
	fixture_key_add(store, FIXTURE_RS256);
	return fixture_application(store, "my-org", "app");
}

void processes_make_file(struct processes *p)
{
	CU_ASSERT_EQUAL_FATAL(cm_store_open(p->folder.db, true, &p->other, NULL), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_store_write(p->other, found, NULL, NULL), CM_OK);
}

void processes_remove_file(struct processes *p)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	cm_store_close(p->other);
	p->other = NULL;
	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		char path[120];

		snprintf(path, sizeof path, "%s%s", p->folder.db, suffixes[i]);
		(void)unlink(path);
	}
}

void processes_start(struct processes *p)
{
	cm_clock_fix(FIXTURE_NOW_S);
	*p = (struct processes){0};
	fixture_folder_make(&p->folder);
	processes_make_file(p);
	cm_context_init(&p->ctx, p->folder.db);
	CU_ASSERT_EQUAL_FATAL(processes_next(&p->ctx, NULL), CM_OK);
}

void processes_end(struct processes *p)
{
	cm_context_clear(&p->ctx);
	cm_store_close(p->other);
	fixture_folder_remove(&p->folder);
}

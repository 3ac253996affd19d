#include "mcp/revision.h"

#include <string.h>

static const struct cm_revision table[] = {
    {.name = "2024-11-05", .batches = true},
    {.name = "2025-03-26", .batches = true, .annotations = true},
    {.name = "2025-06-18", .annotations = true, .titles = true, .structured_content = true},
    {.name = "2025-11-25", .annotations = true, .titles = true, .structured_content = true},
};
enum { REVISIONS = sizeof table / sizeof *table };

const struct cm_revision *cm_revision_find(const char *name)
{
	for (size_t i = 0; i < REVISIONS; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

const struct cm_revision *cm_revision_newest(void)
{
	return &table[REVISIONS - 1];
}

const struct cm_revision *cm_revision_unnamed(void)
{
	return cm_revision_find("2025-03-26");
}

void cm_revision_put_all(struct cm_buf *buf)
{
	for (size_t i = 0; i < REVISIONS; i++)
		cm_buf_printf(buf, "%s%s", i == 0 ? "" : ", ", table[i].name);
}

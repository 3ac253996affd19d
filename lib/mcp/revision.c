#include "mcp/revision.h"

#include <string.h>

#include "base/json.h"

static const struct cm_revision table[] = {
    {.name = "2024-11-05",
     .handshake = true,
     .batches = true,
     .unknown_method_http = 200,
     .no_resource_code = -32002},
    {.name = "2025-03-26",
     .handshake = true,
     .batches = true,
     .annotations = true,
     .completions = true,
     .unknown_method_http = 200,
     .no_resource_code = -32002},
    {.name = "2025-06-18",
     .handshake = true,
     .annotations = true,
     .titles = true,
     .structured_content = true,
     .completions = true,
     .unknown_method_http = 200,
     .no_resource_code = -32002},
    {.name = "2025-11-25",
     .handshake = true,
     .annotations = true,
     .titles = true,
     .structured_content = true,
     .completions = true,
     .errors_without_id = true,
     .unknown_method_http = 200,
     .no_resource_code = -32002},
    {.name = "2026-07-28",
     .per_request = true,
     .annotations = true,
     .titles = true,
     .structured_content = true,
     .completions = true,
     .errors_without_id = true,
     .unknown_method_http = 404,
     .no_resource_code = -32602},
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

const struct cm_revision *cm_revision_newest_handshake(void)
{
	size_t i = REVISIONS;

	do
		i--;
	while (!table[i].handshake);
	return &table[i];
}

const struct cm_revision *cm_revision_unnamed(void)
{
	return cm_revision_find("2025-03-26");
}

void cm_revision_put_names(struct cm_buf *buf)
{
	cm_json_put_open(buf, '[');
	for (size_t i = REVISIONS; i-- > 0;)
		cm_json_put_string(buf, table[i].name);
	cm_json_put_close(buf, ']');
}

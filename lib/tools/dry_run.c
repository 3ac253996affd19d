#include "tools/crud.h"

#include <string.h>

static bool is_same(const cm_json *a, const cm_json *b)
{
	struct cm_buf left = {0}, right = {0};
	bool same;

	cm_json_put_value(&left, a);
	cm_json_put_value(&right, b);
	same = !left.failed && !right.failed && strcmp(cm_buf_str(&left), cm_buf_str(&right)) == 0;
	cm_buf_clear(&left);
	cm_buf_clear(&right);
	return same;
}

static void put_change(struct cm_buf *buf, const char *name, const cm_json *from, const cm_json *to)
{
	cm_json_put_name(buf, name);
	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "from");
	cm_json_put_value(buf, from);
	cm_json_put_name(buf, "to");
	cm_json_put_value(buf, to);
	cm_json_put_close(buf, '}');
}

void cm_crud_put_dry_run(struct cm_buf *buf, const char *before, const char *after)
{
	cm_json *old = NULL, *new = NULL;
	const void *cursor = NULL;
	const cm_json *value;
	const char *name;

	if (*before != '\0' && cm_json_parse(before, strlen(before), &old, NULL) != CM_OK)
		buf->failed = true;
	if (cm_json_parse(after, strlen(after), &new, NULL) != CM_OK)
		buf->failed = true;
	cm_json_put_name(buf, "dryRun");
	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "changes");
	cm_json_put_open(buf, '{');
	while (cm_json_each(new, &cursor, &name, &value)) {
		if (old == NULL || !is_same(cm_json_get(old, name), value))
			put_change(buf, name, cm_json_get(old, name), value);
	}
	cursor = NULL;
	while (cm_json_each(old, &cursor, &name, &value)) {
		if (value != NULL && cm_json_get(new, name) == NULL)
			put_change(buf, name, value, NULL);
	}
	cm_json_put_close(buf, '}');
	cm_json_put_close(buf, '}');
	cm_json_free(old);
	cm_json_free(new);
}

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

/* A path without the numbers in it: what is not understood is so in every row. */
static void put_key(struct cm_buf *key, const char *section, const char *path)
{
	cm_buf_printf(key, "%s.", section);
	while (*path != '\0') {
		size_t len = strcspn(path, "[");

		len += path[len] == '[';
		cm_buf_add(key, path, len);
		path += len;
		path += strspn(path, "0123456789");
	}
}

static int compare(const void *a, const void *b)
{
	const struct report_line *left = a, *right = b;

	return strcmp(cm_buf_str(&left->key), cm_buf_str(&right->key));
}

static void clear_line(void *of)
{
	struct report_line *line = of;

	cm_buf_clear(&line->place);
	cm_buf_clear(&line->key);
	free(line);
}

/* Give a line its place; false when there is one of its key, or no memory. */
static bool put_line(struct report *report, struct report_line *line)
{
	struct report_line **found = tsearch(line, &report->by_key, compare);

	if (found == NULL)
		report->failed = true;
	else if (*found != line)
		(*found)->times++;
	if (found == NULL || *found != line)
		return false;
	*(report->last == NULL ? &report->first : &report->last->next) = line;
	report->last = line;
	return true;
}

void cli_report_add(struct report *report, const char *section, size_t index, const char *path,
                    const char *why)
{
	struct report_line *line = calloc(1, sizeof *line);
	size_t begin;

	report->times++;
	if (line == NULL) {
		report->failed = true;
		return;
	}
	line->times = 1;
	put_key(&line->key, section, path);
	cm_buf_puts(&line->key, ": ");
	begin = line->key.len;
	cm_buf_puts(&line->key, why);
	line->why = cm_buf_str(&line->key) + (line->key.failed ? 0 : begin);
	report->failed = report->failed || line->key.failed;
	if (!put_line(report, line)) {
		clear_line(line);
		return;
	}
	cm_buf_puts(&line->place, section);
	if (index != WHOLE_SECTION)
		cm_buf_printf(&line->place, "[%zu]%s%s", index, *path == '\0' ? "" : ".", path);
	report->failed = report->failed || line->place.failed;
}

void cli_report_clear(struct report *report)
{
	tdestroy(report->by_key, clear_line);
	*report = (struct report){0};
}

void cli_report_print(const struct report *report)
{
	for (const struct report_line *line = report->first; line != NULL; line = line->next) {
		cli_print_text(stderr, cm_buf_str(&line->place));
		fprintf(stderr, ": ");
		cli_print_text(stderr, line->why);
		if (line->times > 1)
			fprintf(stderr, " (%lld times)", (long long)line->times);
		fputc('\n', stderr);
	}
}

void cli_report_put(const struct report *report, struct cm_buf *out)
{
	cm_json_put_open(out, '[');
	for (const struct report_line *line = report->first; line != NULL; line = line->next) {
		cm_json_put_open(out, '{');
		cm_json_put_member(out, "at", cm_buf_str(&line->place));
		cm_json_put_member(out, "why", line->why);
		cm_json_put_name(out, "times");
		cm_json_put_integer(out, line->times);
		cm_json_put_close(out, '}');
	}
	cm_json_put_close(out, ']');
}

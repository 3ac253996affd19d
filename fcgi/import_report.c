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

static struct report_line *find(struct report *report, const char *key)
{
	for (size_t i = 0; i < report->lines; i++) {
		if (strcmp(cm_buf_str(&report->line[i].key), key) == 0)
			return &report->line[i];
	}
	return NULL;
}

static struct report_line *new_line(struct report *report)
{
	if (report->line == NULL || report->lines == report->room) {
		size_t room = report->room == 0 ? 64 : 2 * report->room;
		struct report_line *line = realloc(report->line, room * sizeof *line);

		if (line == NULL)
			return NULL;
		report->line = line;
		report->room = room;
	}
	report->line[report->lines] = (struct report_line){0};
	return &report->line[report->lines++];
}

void cli_report_add(struct report *report, const char *section, size_t index, const char *path,
                    const char *why)
{
	struct cm_buf key = {0};
	struct report_line *line;
	size_t begin;

	put_key(&key, section, path);
	cm_buf_puts(&key, ": ");
	begin = key.len;
	cm_buf_puts(&key, why);
	report->times++;
	report->failed = report->failed || key.failed;
	line = find(report, cm_buf_str(&key));
	if (line != NULL) {
		line->times++;
		cm_buf_clear(&key);
		return;
	}
	line = new_line(report);
	if (line == NULL) {
		report->failed = true;
		cm_buf_clear(&key);
		return;
	}
	line->times = 1;
	line->key = key;
	line->why = cm_buf_str(&line->key) + (key.failed ? 0 : begin);
	cm_buf_puts(&line->place, section);
	if (index != WHOLE_SECTION)
		cm_buf_printf(&line->place, "[%zu]%s%s", index, *path == '\0' ? "" : ".", path);
	report->failed = report->failed || line->key.failed || line->place.failed;
}

void cli_report_clear(struct report *report)
{
	for (size_t i = 0; i < report->lines; i++) {
		cm_buf_clear(&report->line[i].place);
		cm_buf_clear(&report->line[i].key);
	}
	free(report->line);
	*report = (struct report){0};
}

void cli_report_print(const struct report *report)
{
	for (size_t i = 0; i < report->lines; i++) {
		const struct report_line *line = &report->line[i];

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
	for (size_t i = 0; i < report->lines; i++) {
		cm_json_put_open(out, '{');
		cm_json_put_member(out, "at", cm_buf_str(&report->line[i].place));
		cm_json_put_member(out, "why", report->line[i].why);
		cm_json_put_name(out, "times");
		cm_json_put_integer(out, report->line[i].times);
		cm_json_put_close(out, '}');
	}
	cm_json_put_close(out, ']');
}

#include "doctor/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const words[] = {
    [CM_VERDICT_NONE] = "",
    [CM_VERDICT_OK] = "ok",
    [CM_VERDICT_NOTE] = "note",
    [CM_VERDICT_WRONG] = "wrong",
};

enum { SENTENCE_MAX = 2000 };

/* Some of it was said by a stranger's server: nothing that a terminal would obey. */
CM_PRINTF(2, 0) static void add(struct cm_buf *buf, const char *fmt, va_list ap)
{
	char text[SENTENCE_MAX];

	vsnprintf(text, sizeof text, fmt, ap);
	cm_text_repair(text);
	for (char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == '\177')
			*at = '?';
	}
	cm_buf_puts(buf, text);
}

void cm_finding_say(struct cm_finding *finding, enum cm_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	if (verdict < finding->verdict && verdict == CM_VERDICT_OK)
		return;
	if (verdict > finding->verdict && finding->verdict <= CM_VERDICT_OK)
		cm_buf_reset(&finding->says);
	if (verdict > finding->verdict)
		finding->verdict = verdict;
	if (finding->says.len > 0)
		cm_buf_puts(&finding->says, " ");
	va_start(ap, fmt);
	add(&finding->says, fmt, ap);
	va_end(ap);
}

void cm_finding_mend(struct cm_finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(&finding->mends, fmt, ap);
	va_end(ap);
	cm_buf_puts(&finding->mends, "\n");
}

void cm_finding_clear(struct cm_finding *finding)
{
	cm_buf_clear(&finding->says);
	cm_buf_clear(&finding->mends);
	finding->verdict = CM_VERDICT_NONE;
}

/* One finding about all that was passed over. */
static void tell_passed_over(const struct cm_buf *names, cm_check_told *told, void *arg)
{
	static const struct cm_check rest = {.name = "the rest"};
	struct cm_finding finding = {0};

	if (names->len == 0)
		return;
	cm_finding_say(&finding, CM_VERDICT_NOTE,
	               "Not looked at, because of what is said above: %s.", cm_buf_str(names));
	told(&rest, &finding, arg);
	cm_finding_clear(&finding);
}

size_t cm_check_all(const struct cm_check *table, size_t count, void *examined,
                    const unsigned *known, cm_check_told *told, void *arg)
{
	struct cm_buf passed_over = {0};
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct cm_finding finding = {0};

		if ((table[i].needs & ~*known) != 0) {
			cm_buf_printf(&passed_over, "%s%s", passed_over.len > 0 ? ", " : "",
			              table[i].name);
			continue;
		}
		table[i].run(examined, &finding);
		if (finding.verdict == CM_VERDICT_WRONG)
			wrong++;
		if (finding.verdict != CM_VERDICT_NONE)
			told(&table[i], &finding, arg);
		cm_finding_clear(&finding);
	}
	tell_passed_over(&passed_over, told, arg);
	cm_buf_clear(&passed_over);
	return wrong;
}

/* The next line, NULL at the end; *len gets its length. */
static const char *next_line(const char **cursor, size_t *len)
{
	const char *line = *cursor;

	*len = strcspn(line, "\n");
	*cursor = line + *len + (line[*len] == '\n');
	return *len == 0 ? NULL : line;
}

void cm_finding_put_text(struct cm_buf *out, const struct cm_check *check,
                         const struct cm_finding *finding)
{
	const char *cursor = cm_buf_str(&finding->mends), *line;
	size_t len;

	cm_buf_printf(out, "%-6s %-14s ", words[finding->verdict], check->name);
	cm_buf_append(out, &finding->says);
	cm_buf_puts(out, "\n");
	while ((line = next_line(&cursor, &len)) != NULL) {
		cm_buf_puts(out, "           ");
		cm_buf_add(out, line, len);
		cm_buf_puts(out, "\n");
	}
}

void cm_finding_put_json(struct cm_buf *out, const struct cm_check *check,
                         const struct cm_finding *finding)
{
	const char *cursor = cm_buf_str(&finding->mends), *line;
	size_t len;

	cm_json_put_open(out, '{');
	cm_json_put_member(out, "status", words[finding->verdict]);
	cm_json_put_member(out, "check", check->name);
	cm_json_put_member(out, "says", cm_buf_str(&finding->says));
	cm_json_put_name(out, "mend");
	cm_json_put_open(out, '[');
	while ((line = next_line(&cursor, &len)) != NULL)
		cm_json_put_bytes(out, line, len);
	cm_json_put_close(out, ']');
	cm_json_put_close(out, '}');
}

#include "tools/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tools/access.h"
#include "tools/arguments.h"
#include "tools/check.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 100, PAGE_BYTES = 1048576 };

void cm_audit_put(struct cm_buf *buf, const struct cm_audit_event *event)
{
	const struct cm_audit *audit = &event->audit;
	char at[CM_CLOCK_TEXT];

	cm_clock_format(event->at_s, at);
	cm_json_put_open(buf, '{');
	cm_json_put_name(buf, "id");
	cm_json_put_integer(buf, event->id);
	cm_json_put_member(buf, "time", at);
	cm_json_put_member(buf, "clientId", audit->client_id);
	cm_json_put_member(buf, "user", audit->user);
	cm_json_put_member(buf, "organization", audit->organization);
	cm_json_put_member(buf, "tool", audit->tool);
	cm_json_put_member(buf, "target", audit->target);
	cm_json_put_member(buf, "outcome", audit->outcome);
	cm_json_put_member(buf, "requestId", audit->request_id);
	cm_json_put_member(buf, "address", audit->address);
	cm_json_put_name(buf, "before");
	cm_json_put_raw(buf, audit->before == NULL ? "null" : audit->before);
	cm_json_put_name(buf, "after");
	cm_json_put_raw(buf, audit->after == NULL ? "null" : audit->after);
	cm_json_put_close(buf, '}');
}

static void put_input(const struct cm_tool *tool, struct cm_buf *buf)
{
	(void)tool;
	cm_buf_puts(
	    buf,
	    "{\"type\":\"object\",\"properties\":{\"organization\":{\"type\":\"string\","
	    "\"description\":\"Only what callers of this organisation did\"},\"tool\":{\"type\":"
	    "\"string\",\"description\":\"Only this tool\"},\"target\":{\"type\":\"string\","
	    "\"description\":\"Only what was done to this id\"},\"clientId\":{\"type\":\"string\","
	    "\"description\":\"Only what this client "
	    "did\"},\"since\":{\"type\":\"string\",\"format\":"
	    "\"date-time\",\"description\":\"Only from this time on\"},\"pageSize\":{\"type\":"
	    "\"integer\",\"minimum\":1,\"maximum\":100,\"default\":50,\"description\":\"How many "
	    "to "
	    "return at most\"},\"cursor\":{\"type\":\"string\",\"pattern\":\"^[0-9]{1,18}$\","
	    "\"description\":\"nextCursor of the page before\"}},\"required\":[],"
	    "\"additionalProperties\":false}");
}

static void put_output(const struct cm_tool *tool, struct cm_buf *buf)
{
	(void)tool;
	cm_buf_puts(
	    buf,
	    "{\"type\":\"object\",\"properties\":{\"events\":{\"type\":\"array\",\"items\":{"
	    "\"type\":"
	    "\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"time\":{\"type\":"
	    "\"string\"},"
	    "\"clientId\":{\"type\":\"string\"},\"user\":{\"type\":\"string\"},\"organization\":"
	    "{\"type\":\"string\"},\"tool\":{\"type\":\"string\"},\"target\":{\"type\":\"string\"},"
	    "\"outcome\":{\"type\":\"string\"},\"requestId\":{\"type\":\"string\"},\"address\":"
	    "{\"type\":\"string\"},\"before\":{\"type\":[\"object\",\"null\"]},\"after\":{\"type\":"
	    "[\"object\",\"null\"]}},\"required\":[\"id\",\"time\",\"tool\",\"outcome\"]}},"
	    "\"nextCursor\":{\"type\":\"string\"}},\"required\":[\"events\"]}");
}

static enum cm_status read_numbers(const struct cm_tool_call *call, struct cm_audit_filter *out,
                                   struct cm_err *err)
{
	const char *since, *cursor;
	const cm_json *size;
	enum cm_status rc;

	out->limit = PAGE_DEFAULT;
	if (cm_json_find(call->arguments, "pageSize", &size) && size != NULL &&
	    (!cm_check_whole(size, &out->limit) || out->limit < 1 || out->limit > PAGE_MAX))
		return cm_err_set(err, CM_INPUT, "pageSize: must be a whole number from 1 to %d.",
		                  PAGE_MAX);
	if ((rc = cm_arguments_text(call, "since", &since, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "cursor", &cursor, err)) != CM_OK)
		return rc;
	if (since != NULL && !cm_clock_parse(since, &out->since_s))
		return cm_err_set(err, CM_INPUT,
		                  "since: must be a time such as 2026-01-02T03:04:05Z.");
	if (cursor != NULL && (*cursor == '\0' || strlen(cursor) > 18 ||
	                       cursor[strspn(cursor, "0123456789")] != '\0'))
		return cm_err_set(err, CM_INPUT, "cursor: must be one that an earlier page gave.");
	if (cursor != NULL)
		out->before_id = strtoll(cursor, NULL, 10);
	return CM_OK;
}

static enum cm_status read_filter(const struct cm_tool_call *call, struct cm_audit_filter *out,
                                  struct cm_err *err)
{
	static const char *const known[] = {"organization", "tool",     "target", "clientId",
	                                    "since",        "pageSize", "cursor", NULL};
	enum cm_status rc;

	*out = (struct cm_audit_filter){0};
	if ((rc = cm_arguments_check(call, known, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "organization", &out->organization, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "tool", &out->tool, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "target", &out->target, err)) != CM_OK ||
	    (rc = cm_arguments_text(call, "clientId", &out->client_id, err)) != CM_OK ||
	    (rc = read_numbers(call, out, err)) != CM_OK)
		return rc;
	if (out->organization != NULL &&
	    (rc = cm_access_list(call->caller, "organization", out->organization, err)) != CM_OK)
		return rc;
	if (cm_principal_is_built_in(call->caller))
		return CM_OK;
	/* Not what another organisation did that had the name before. */
	out->organization = call->caller->organization;
	return cm_audit_given_up(call->ctx->store, out->organization, &out->after_id, err);
}

struct page {
	struct cm_buf *text;
	int64_t size, rows, last;
	bool more;
};

static void add_event(const struct cm_audit_event *event, void *arg)
{
	struct page *page = arg;

	if (page->more || page->rows == page->size || page->text->len > PAGE_BYTES) {
		page->more = true;
		return;
	}
	cm_audit_put(page->text, event);
	page->last = event->id;
	page->rows++;
}

static enum cm_status run(const struct cm_tool_call *call, struct cm_tool_result *result,
                          struct cm_err *err)
{
	struct page page = {.text = &result->text};
	struct cm_audit_filter filter;
	char cursor[24];
	enum cm_status rc = read_filter(call, &filter, err);

	if (rc != CM_OK)
		return rc;
	page.size = filter.limit++;
	cm_json_put_open(&result->text, '[');
	rc = cm_audit_list(call->ctx->store, &filter, add_event, &page, err);
	cm_json_put_close(&result->text, ']');
	cm_json_put_open(&result->structured, '{');
	cm_json_put_name(&result->structured, "events");
	cm_json_put_raw(&result->structured, cm_buf_str(&result->text));
	if (page.more) {
		snprintf(cursor, sizeof cursor, "%lld", (long long)page.last);
		cm_json_put_member(&result->structured, "nextCursor", cursor);
		cm_buf_printf(&result->note,
		              "There are more events. To get the next page, call %s again with "
		              "cursor \"%s\".",
		              call->tool->name, cursor);
	}
	cm_json_put_close(&result->structured, '}');
	return rc;
}

const struct cm_tool cm_audit_tool = {
    .name = "get_audit_events",
    .title = "Read the audit trail",
    .description =
        "Lists who did what to which, the newest first, with the row before and after each change, "
        "without secrets. Returns an array; when there are more than fit on a page, the result has "
        "a cursor for the next one. Example arguments: {\"target\": \"my-org/my-app\"}",
    .scope = CM_SCOPE_READ_AUDIT,
    .read_only = true,
    .idempotent = true,
    .put_input_schema = put_input,
    .put_output_schema = put_output,
    .run = run,
};

#include "tools/crud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "store/organization.h"
#include "tools/access.h"
#include "tools/arguments.h"
#include "tools/check.h"
#include "tools/fields.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 100, PAGE_BYTES = 1048576 };

/* The last row of a page; at_s: when it was changed, where that is the order of the rows. */
struct place {
	struct cm_id id;
	int64_t at_s;
};

enum { PLACE_TEXT = 24 + CM_ID_LENGTH };

/* A cursor is the place of the last row of the page before, in base64url. */
static void put_cursor(struct cm_buf *buf, const struct place *place, bool by_time)
{
	char text[PLACE_TEXT], cursor[CM_BASE64URL_SIZE(PLACE_TEXT)];
	int len = 0;

	if (by_time)
		len = snprintf(text, sizeof text, "%lld ", (long long)place->at_s);
	snprintf(text + len, sizeof text - (size_t)len, "%s/%s", place->id.owner, place->id.name);
	cm_encode_base64url(text, strlen(text), cursor);
	cm_buf_puts(buf, cursor);
}

static bool read_cursor(const char *cursor, bool by_time, struct place *out)
{
	unsigned char bytes[CM_BASE64URL_SIZE(PLACE_TEXT) + 1];
	size_t len = strlen(cursor), text_len = 0, digits;
	const char *text;

	if (len >= sizeof bytes || !cm_decode_base64url(cursor, len, bytes, &text_len))
		return false;
	bytes[text_len] = '\0';
	text = (char *)bytes;
	if (strlen(text) != text_len)
		return false;
	if (by_time) {
		digits = strspn(text, "0123456789");
		if (digits == 0 || digits > 18 || text[digits] != ' ')
			return false;
		out->at_s = strtoll(text, NULL, 10);
		text += digits + 1;
	}
	return cm_id_parse(text, &out->id);
}

/* The arguments of a list, checked. */
struct list {
	const char *owner;  /* NULL: of all */
	const char *prefix; /* of the names */
	int64_t since_s;    /* 0: from the beginning, in the order of the names */
	int64_t size;
	struct place after;
};

static enum cm_status read_place(const struct cm_tool_call *call, struct list *out,
                                 struct cm_err *err)
{
	const cm_json *value;
	const char *text;
	enum cm_status rc = cm_arguments_text(call, "updatedSince", &text, err);

	if (rc != CM_OK)
		return rc;
	if (text != NULL && !cm_clock_parse(text, &out->since_s))
		return cm_err_set(err, CM_INPUT,
		                  "updatedSince: must be a time such as 2026-01-02T03:04:05Z.");
	/* Who begins with the first moment that there is wants the order of the changes too. */
	if (text != NULL && out->since_s < 1)
		out->since_s = 1;
	if (cm_json_find(call->arguments, "cursor", &value) && value != NULL) {
		text = cm_json_string(value);
		if (text == NULL || !read_cursor(text, out->since_s > 0, &out->after))
			return cm_err_set(err, CM_INPUT,
			                  "cursor: must be one that an earlier page gave.");
	}
	return CM_OK;
}

static enum cm_status read_list(const struct cm_tool_call *call, struct list *out,
                                struct cm_err *err)
{
	static const char *const known[] = {"owner",    "namePrefix", "updatedSince",
	                                    "pageSize", "cursor",     NULL};
	const struct cm_entity *entity = call->tool->crud->entity;
	const cm_json *value;
	enum cm_status rc = cm_arguments_check(call, known, err);

	if (rc != CM_OK)
		return rc;
	*out = (struct list){.size = PAGE_DEFAULT, .prefix = ""};
	if (cm_json_find(call->arguments, "pageSize", &value) && value != NULL &&
	    (!cm_check_whole(value, &out->size) || out->size < 1 || out->size > PAGE_MAX))
		return cm_err_set(err, CM_INPUT, "pageSize: must be a whole number from 1 to %d.",
		                  PAGE_MAX);
	if ((rc = read_place(call, out, err)) != CM_OK)
		return rc;
	if (cm_json_find(call->arguments, "namePrefix", &value) && value != NULL) {
		out->prefix = cm_json_string(value);
		if (out->prefix == NULL ||
		    (*out->prefix != '\0' && !cm_fields_is_name(out->prefix)))
			return cm_err_set(err, CM_INPUT,
			                  "namePrefix: must be the beginning of a name.");
	}
	if (cm_json_find(call->arguments, "owner", &value) && value != NULL) {
		out->owner = cm_json_string(value);
		if (out->owner == NULL || !cm_fields_is_name(out->owner))
			return cm_err_set(err, CM_INPUT, "owner: must be an organisation's name.");
	}
	/* Whose owner all have: no choice among them. */
	if (out->owner != NULL && entity->owner != NULL && strcmp(out->owner, entity->owner) == 0)
		out->owner = NULL;
	if (out->owner != NULL)
		return cm_access_list(call->caller, "owner", out->owner, err);
	if (!cm_principal_is_built_in(call->caller))
		out->owner = call->caller->organization;
	return CM_OK;
}

struct page {
	struct cm_tool_result *result;
	int64_t size;
	int64_t rows;
	struct place last;
	bool more;
};

static enum cm_status add_row(const struct cm_record *record, void *arg, struct cm_err *err)
{
	struct page *page = arg;

	(void)err;
	/* One row more than the page was asked for; large rows make a page end early. */
	if (page->more || page->rows == page->size || page->result->text.len > PAGE_BYTES) {
		page->more = true;
		return CM_OK;
	}
	cm_fields_put(&page->result->text, record);
	snprintf(page->last.id.owner, sizeof page->last.id.owner, "%s",
	         cm_record_text(record, "owner"));
	snprintf(page->last.id.name, sizeof page->last.id.name, "%s",
	         cm_record_text(record, "name"));
	page->last.at_s =
	    record->value[cm_entity_column(record->entity, record->entity->changed_at)].integer;
	page->rows++;
	return CM_OK;
}

static void finish_list(const struct cm_tool_call *call, const struct list *list, struct page *page)
{
	struct cm_tool_result *result = page->result;
	const char *plural = call->tool->crud->entity->plural;
	struct cm_buf cursor = {0};

	cm_json_put_close(&result->text, ']');
	if (page->more)
		put_cursor(&cursor, &page->last, list->since_s > 0);
	cm_json_put_open(&result->structured, '{');
	cm_json_put_name(&result->structured, plural);
	cm_json_put_raw(&result->structured, cm_buf_str(&result->text));
	if (page->more) {
		cm_json_put_member(&result->structured, "nextCursor", cm_buf_str(&cursor));
		cm_buf_printf(&result->note,
		              "There are more %s. To get the next page, call %s again with "
		              "cursor \"%s\".",
		              plural, call->tool->name, cm_buf_str(&cursor));
	}
	cm_json_put_close(&result->structured, '}');
	if (cursor.failed)
		result->structured.failed = true;
	cm_buf_clear(&cursor);
}

enum cm_status cm_crud_list(const struct cm_tool_call *call, struct cm_tool_result *result,
                            struct cm_err *err)
{
	struct list list;
	struct page page = {.result = result};
	enum cm_status rc = read_list(call, &list, err);
	bool all = cm_principal_is_built_in(call->caller);

	if (rc != CM_OK)
		return rc;
	page.size = list.size;
	cm_json_put_open(&result->text, '[');
	rc = cm_entity_list(call->ctx->store, call->tool->crud->entity,
	                    &(struct cm_page){
	                        .owner = list.owner,
	                        .organization = all ? NULL : call->caller->organization,
	                        .name_prefix = list.prefix,
	                        .since_s = list.since_s,
	                        .after_owner = list.after.id.owner,
	                        .after_name = list.after.id.name,
	                        .after_s = list.after.at_s,
	                        .limit = list.size + 1,
	                    },
	                    add_row, &page, err);
	if (rc == CM_OK)
		finish_list(call, &list, &page);
	return rc;
}

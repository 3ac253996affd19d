/*
 * Parameters of a request.  The input: f (a form), j (JSON) or q (a query), then the text.  What
 * was read is within its rules, and written as a form reads back the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/url.h"
#include "fuzz.h"
#include "http/params.h"

static enum cm_status read_as(char kind, const char *text, size_t len, struct cm_params *out)
{
	const char *env[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/",
	                     kind == 'j' ? "CONTENT_TYPE=application/json"
	                                 : "CONTENT_TYPE=application/x-www-form-urlencoded",
	                     NULL};
	struct cm_request req;

	fuzz_must(cm_request_init(&req, env, text, len, CM_BODY_WHOLE, NULL) == CM_OK,
	          "a request is made");
	if (kind != 'q')
		return cm_params_read(out, &req, NULL);
	req.query = text;
	return cm_params_read_query(out, &req, NULL);
}

static void check(const struct cm_params *params)
{
	for (size_t i = 0; i < params->count; i++) {
		const char *name = params->item[i].name, *value = params->item[i].value;

		fuzz_must(*value != '\0', "a parameter without a value is absent");
		fuzz_must(cm_text_is_utf8(name, strlen(name)) &&
		              cm_text_is_utf8(value, strlen(value)),
		          "names and values are UTF-8");
		fuzz_must(strcmp(name, "resource") == 0 || cm_params_get(params, name) == value,
		          "no name is there twice");
	}
}

static void check_round_trip(const struct cm_params *params)
{
	struct cm_params again = {.count = 0};
	struct cm_buf form = {0};

	for (size_t i = 0; i < params->count; i++)
		cm_url_put_query(&form, params->item[i].name, params->item[i].value);
	/* Without the question mark. */
	if (form.len > 0)
		fuzz_must(read_as('f', form.data + 1, form.len - 1, &again) == CM_OK,
		          "what was written can be read");
	fuzz_must(again.count == params->count, "and has as many parameters");
	for (size_t i = 0; i < params->count; i++)
		fuzz_must(strcmp(again.item[i].name, params->item[i].name) == 0 &&
		              strcmp(again.item[i].value, params->item[i].value) == 0,
		          "with the same names and values");
	cm_params_clear(&again);
	cm_buf_clear(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_params params = {.count = 0};
	char *text = fuzz_text(data, size);

	if (size > 0 && read_as(text[0], text + 1, size - 1, &params) == CM_OK) {
		check(&params);
		check_round_trip(&params);
	}
	cm_params_clear(&params);
	free(text);
	return 0;
}

/* JSON: what our parser accepts json-c's own accepts too, as the same value; what is written reads
 * back as that value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "base/json.h"
#include "fuzz.h"

static struct json_object *oracle(const char *text, size_t len, bool *ok)
{
	struct json_tokener *tokener = json_tokener_new_ex(CM_JSON_DEPTH_MAX + 1);
	struct json_object *value;

	fuzz_must(tokener != NULL, "memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With its NUL, where a number at the top ends. */
	value = json_tokener_parse_ex(tokener, text, (int)len + 1);
	*ok = json_tokener_get_error(tokener) == json_tokener_success;
	json_tokener_free(tokener);
	return value;
}

/*
 * json-c judges the lower 16 bits of what a surrogate pair stands for: U+1D800 is half a pair to
 * it. Whether an escape begins such a pair.
 */
static bool is_beyond_oracle(const char *text)
{
	unsigned high;

	for (; (text = strstr(text, "\\u")) != NULL; text += 2) {
		if (sscanf(text + 2, "%4x", &high) == 1 && (high & 0xfc00) == 0xd800 &&
		    (high & 0x3f) >= 0x36)
			return true;
	}
	return false;
}

static void check_round_trip(const cm_json *value)
{
	struct cm_buf text = {0};
	struct cm_err err = {0};
	cm_json *again = NULL;

	cm_json_put_value(&text, value);
	fuzz_must(cm_json_parse(cm_buf_str(&text), text.len, &again, &err) == CM_OK,
	          "what was written can be read");
	fuzz_must(json_object_equal((struct json_object *)value, again), "and is the same value");
	cm_json_free(again);
	cm_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct json_object *theirs;
	cm_json *ours = NULL;
	bool ok;

	if (cm_json_parse((const char *)data, size, &ours, NULL) == CM_OK) {
		theirs = oracle(text, size, &ok);
		fuzz_must(ok, "json-c accepts it too");
		fuzz_must(is_beyond_oracle(text) || json_object_equal(ours, theirs),
		          "json-c has the same value");
		check_round_trip(ours);
		json_object_put(theirs);
	}
	cm_json_free(ours);
	free(text);
	return 0;
}

#include "tools/fields.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/application.h"
#include "store/organization.h"
#include "support.h"

/* A record as it is before a new application is applied to it. */
static void make(struct cm_record *record)
{
	cm_record_init(record, &cm_application_entity);
	CU_ASSERT_EQUAL_FATAL(cm_fields_default(record, NULL), CM_OK);
	cm_record_value(record, "created_at_s")->integer = 1000;
	cm_record_value(record, "updated_at_s")->integer = 2000;
}

/* Apply a patch; the sentence of a refusal, "" for none. */
static void apply(struct cm_record *record, const char *patch, bool creating, const char *sentence)
{
	cm_json *json = support_parse(patch);
	struct cm_err err = {0};
	enum cm_status rc = cm_fields_apply(record, json, creating, &err);

	ASSERT_ROW(patch, rc == (*sentence == '\0' ? CM_OK : CM_INPUT));
	ASSERT_ROW(patch, strcmp(err.text, sentence) == 0);
	cm_json_free(json);
}

/* The record as JSON; the caller frees it. */
static cm_json *written(const struct cm_record *record)
{
	struct cm_buf buf = {0};
	cm_json *json;

	cm_fields_put(&buf, record);
	json = support_parse(cm_buf_str(&buf));
	cm_buf_clear(&buf);
	return json;
}

static void test_defaults(void)
{
	struct cm_record record;
	cm_json *json;

	make(&record);
	json = written(&record);
	CU_ASSERT_TRUE(support_writes(json, "{\"owner\":\"\",\"name\":\"\",\"organization\":\"\","
	                                    "\"displayName\":\"\",\"description\":\"\","
	                                    "\"createdTime\":\"1970-01-01T00:16:40Z\","
	                                    "\"updatedTime\":\"1970-01-01T00:33:20Z\","
	                                    "\"clientId\":\"\",\"scopes\":[],"
	                                    "\"grantTypes\":[\"client_credentials\"],"
	                                    "\"redirectUris\":[],\"expireInHours\":0,"
	                                    "\"tokenEndpointAuthMethod\":\"\","
	                                    "\"consentPolicy\":\"once\",\"jwks\":{},"
	                                    "\"disableSignin\":false,\"ipWhitelist\":\"\"}"));
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "properties"), "{}");
	cm_json_free(json);
	cm_record_clear(&record);
}

/* A table's fallbacks must be values that a caller could give, too. */
static void test_fallbacks_are_valid(void)
{
	for (size_t i = 0; i < cm_application_entity.field_count; i++) {
		const struct cm_field *field = &cm_application_entity.fields[i];
		struct cm_record record;
		struct cm_buf patch = {0};

		if (field->name == NULL || field->fallback == NULL)
			continue;
		make(&record);
		cm_buf_printf(&patch, "{\"%s\":%s}", field->name, field->fallback);
		apply(&record, cm_buf_str(&patch), false, "");
		cm_buf_clear(&patch);
		cm_record_clear(&record);
	}
}

static void test_required(void)
{
	static const struct {
		const char *patch;
		bool creating;
		const char *sentence;
	} rows[] = {
	    {"{}", true, "application.name: is needed."},
	    {"{\"name\":null}", true, "application.name: is needed."},
	    {"{\"name\":\"\"}", true, "application.name: must not be empty."},
	    {"{\"displayName\":\"x\"}", true, "application.name: is needed."},
	    {"{\"name\":\"a\"}", true, ""},
	    {"{}", false, ""},
	    {"{\"name\":null}", false, "application.name: must not be null."},
	    {"{\"name\":\"\"}", false, "application.name: must not be empty."},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_record record;

		make(&record);
		apply(&record, rows[i].patch, rows[i].creating, rows[i].sentence);
		cm_record_clear(&record);
	}
}

static void test_unknown_fields(void)
{
	static const char *const names[] = {
	    "x", "name ", "-name-x", "scope", "properties", "client_secret_sha256", "created_at_s",
	    "",  "id"};
	struct cm_record record;

	make(&record);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char patch[100], sentence[100];

		snprintf(patch, sizeof patch, "{\"%s\":null}", names[i]);
		snprintf(sentence, sizeof sentence, "application.%s: there is no such field.",
		         names[i]);
		apply(&record, patch, false, sentence);
	}
	apply(&record, "{\"scopes\":[{\"name\":\"read:application\",\"x\":1}]}", false,
	      "application.scopes[0]: has no member x; it has name, displayName, description, "
	      "tools.");
	apply(&record, "{\"themeData\":{\"x\":1}}", false,
	      "application.themeData: has no member x; it has themeType, colorPrimary, "
	      "borderRadius, isCompact, isEnabled.");
	cm_record_clear(&record);
}

/* Who spells a field as another protocol does is told how it is spelt here. */
static void test_fields_that_are_spelt_otherwise(void)
{
	static const struct {
		const char *name, *meant;
	} rows[] = {
	    {"Name", "name"},
	    {"redirect_uris", "redirectUris"},
	    {"redirectURIs", "redirectUris"},
	    {"token-endpoint-auth-method", "tokenEndpointAuthMethod"},
	    {"_client_id_", "clientId"},
	};
	struct cm_record record;

	make(&record);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char patch[100], sentence[120];

		snprintf(patch, sizeof patch, "{\"%s\":null}", rows[i].name);
		snprintf(sentence, sizeof sentence,
		         "application.%s: there is no such field; there is %s.", rows[i].name,
		         rows[i].meant);
		apply(&record, patch, false, sentence);
	}
	cm_record_clear(&record);
}

/* To JSON Schema 1.0 is an integer; it is kept as 1, in a column, a property and its members. */
static void test_whole_numbers(void)
{
	struct cm_record record;

	make(&record);
	apply(&record,
	      "{\"order\":7.0,\"codeResendTimeout\":1e2,"
	      "\"themeData\":{\"borderRadius\":5.0,\"isCompact\":true}}",
	      false, "");
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "properties"),
	                       "{\"order\":7,\"codeResendTimeout\":100,"
	                       "\"themeData\":{\"borderRadius\":5,\"isCompact\":true}}");
	cm_record_clear(&record);
	cm_record_init(&record, &cm_organization_entity);
	CU_ASSERT_EQUAL_FATAL(cm_fields_default(&record, NULL), CM_OK);
	apply(&record, "{\"userQuota\":12.0}", false, "");
	CU_ASSERT_EQUAL(cm_record_value(&record, "user_quota")->integer, 12);
	cm_record_clear(&record);
}

static void test_null_resets(void)
{
	struct cm_record record;
	cm_json *json;

	make(&record);
	apply(&record,
	      "{\"name\":\"a\",\"displayName\":\"A\",\"description\":\"d\",\"title\":\"t\","
	      "\"grantTypes\":[],\"redirectUris\":[\"https://a.example/\"],"
	      "\"scopes\":[{\"name\":\"read:application\"}],\"expireInHours\":2.5,"
	      "\"enablePassword\":true,\"themeData\":{\"isCompact\":true}}",
	      true, "");
	apply(&record,
	      "{\"displayName\":null,\"description\":null,\"title\":null,\"grantTypes\":null,"
	      "\"redirectUris\":null,\"scopes\":null,\"expireInHours\":null,"
	      "\"enablePassword\":null,\"themeData\":null,\"logo\":null}",
	      false, "");
	json = written(&record);
	CU_ASSERT_TRUE(support_is(json, "displayName", ""));
	CU_ASSERT_TRUE(support_is(json, "description", ""));
	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "grantTypes"), "[\"client_credentials\"]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "redirectUris"), "[]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "scopes"), "[]"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "expireInHours"), "0"));
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "properties"), "{}");
	cm_json_free(json);
	cm_record_clear(&record);
}

static void test_what_is_left_out_stays(void)
{
	struct cm_record record;
	cm_json *json;

	make(&record);
	apply(&record, "{\"name\":\"a\",\"title\":\"t\",\"order\":7,\"description\":\"d\"}", true,
	      "");
	apply(&record, "{\"order\":8}", false, "");
	json = written(&record);
	CU_ASSERT_TRUE(support_is(json, "name", "a"));
	CU_ASSERT_TRUE(support_is(json, "title", "t"));
	CU_ASSERT_TRUE(support_is(json, "description", "d"));
	CU_ASSERT_TRUE(support_writes(cm_json_get(json, "order"), "8"));
	cm_json_free(json);
	cm_record_clear(&record);
}

#define BY_SERVER(name) "application." name ": is set by the server; leave it out."

static void test_read_only(void)
{
	static const struct {
		const char *patch, *sentence;
	} rows[] = {
	    {"{\"createdTime\":\"1970-01-01T00:16:40Z\"}", ""},
	    {"{\"createdTime\":\"\"}", ""},
	    {"{\"createdTime\":null}", ""},
	    {"{\"createdTime\":\"1970-01-01T00:16:41Z\"}", BY_SERVER("createdTime")},
	    {"{\"createdTime\":\"1970-01-01T00:16:40+00:00\"}", ""},
	    {"{\"createdTime\":\"1970-01-01T02:16:40.000+02:00\"}", ""},
	    {"{\"createdTime\":\"1970-01-01T00:16:40+02:00\"}", BY_SERVER("createdTime")},
	    {"{\"createdTime\":\"x\"}", BY_SERVER("createdTime")},
	    {"{\"createdTime\":1000}", BY_SERVER("createdTime")},
	    {"{\"updatedTime\":\"1970-01-01T00:33:20Z\"}", ""},
	    {"{\"updatedTime\":\"1970-01-01T00:16:40Z\"}", BY_SERVER("updatedTime")},
	    {"{\"clientSecret\":\"\"}", ""},
	    {"{\"clientSecret\":null}", ""},
	    {"{\"clientSecret\":\"x\"}", BY_SERVER("clientSecret")},
	    {"{\"clientSecret\":[]}", BY_SERVER("clientSecret")},
	    {"{\"organizationObj\":null}", ""},
	    {"{\"organizationObj\":{}}", BY_SERVER("organizationObj")},
	    {"{\"certPublicKey\":\"x\"}", BY_SERVER("certPublicKey")},
	    {"{\"registrationAccessToken\":\"x\"}", BY_SERVER("registrationAccessToken")},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int creating = 0; creating < 2; creating++) {
			struct cm_buf patch = {0};
			struct cm_record record;

			make(&record);
			cm_buf_printf(&patch, "{\"name\":\"a\",%s", rows[i].patch + 1);
			apply(&record, cm_buf_str(&patch), creating != 0, rows[i].sentence);
			CU_ASSERT_EQUAL(cm_record_value(&record, "created_at_s")->integer, 1000);
			CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "properties"), "{}");
			cm_buf_clear(&patch);
			cm_record_clear(&record);
		}
	}
}

static void test_create_only(void)
{
	struct cm_record record;

	make(&record);
	apply(&record, "{\"name\":\"a\",\"clientId\":\"mine\"}", true, "");
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "client_id"), "mine");
	apply(&record, "{\"clientId\":\"mine\"}", false, "");
	apply(&record, "{\"clientId\":\"\"}", false, "");
	apply(&record, "{\"clientId\":null}", false, "");
	apply(&record, "{\"clientId\":\"other\"}", false,
	      "application.clientId: can't be changed.");
	apply(&record, "{\"clientId\":\"Mine\"}", false, "application.clientId: can't be changed.");
	apply(&record, "{\"clientId\":7}", false, "application.clientId: can't be changed.");
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "client_id"), "mine");
	cm_record_clear(&record);
}

static void test_damaged_properties(void)
{
	static const char *const texts[] = {"", "{", "[]", "7", "null", "{\"a\":1,\"a\":2}"};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		cm_json *patch = support_parse("{\"title\":\"t\"}");
		struct cm_err err = {0};
		struct cm_record record;

		make(&record);
		CU_ASSERT_EQUAL(cm_record_set_text(&record, "properties", texts[i], NULL), CM_OK);
		ASSERT_ROW(texts[i], cm_fields_apply(&record, patch, false, &err) == CM_STORE);
		ASSERT_ROW(texts[i], strcmp(cm_record_text(&record, "properties"), texts[i]) == 0);
		cm_json_free(patch);
		cm_record_clear(&record);
	}
}

static void test_nothing_hidden_comes_out(void)
{
	struct cm_buf buf = {0};
	struct cm_record record;

	make(&record);
	apply(&record, "{\"name\":\"a\",\"title\":\"t\"}", true, "");
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "client_secret_sha256", "d16e57", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "scope", "hidden", NULL), CM_OK);
	cm_fields_put_open(&buf, &record);
	cm_json_put_member(&buf, "more", "x");
	cm_json_put_close(&buf, '}');
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&buf), "d16e57"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&buf), "hidden"));
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&buf), "properties"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cm_buf_str(&buf), ",\"title\":\"t\",\"more\":\"x\"}"));
	cm_buf_clear(&buf);
	cm_record_clear(&record);
}

static const struct cm_test tests[] = {
    {"a new record has the defaults of the table", test_defaults},
    {"the defaults of the table are values that are taken", test_fallbacks_are_valid},
    {"a required field is given, and neither null nor empty", test_required},
    {"an unknown field is named, columns are no fields", test_unknown_fields},
    {"a field that is spelt otherwise is named", test_fields_that_are_spelt_otherwise},
    {"a whole number is an integer, however it is written", test_whole_numbers},
    {"null resets a field to its default", test_null_resets},
    {"a field that is left out stays as it was", test_what_is_left_out_stays},
    {"what the server sets may come back as it was, and not otherwise", test_read_only},
    {"what is chosen once may come back as it was, and not otherwise", test_create_only},
    {"properties that are damaged are the store's fault, and stay", test_damaged_properties},
    {"no hidden column comes out", test_nothing_hidden_comes_out},
};

CM_SUITE(cm_suite_tools_fields, "tools/fields", tests);

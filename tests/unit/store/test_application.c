#include "store/application.h"

#include <stdio.h>

#include "base/json.h"
#include "store/client.h"
#include "store/fixture_store.h"
#include "suite.h"

static const struct cm_entity *const entity = &cm_application_entity;

static void test_client(void)
{
	struct cm_store *store = fixture_store();
	struct cm_record record;
	struct cm_client client;

	fixture_record(&record, "my-org", "app");
	(void)cm_record_set_text(&record, "client_id", "the-client", NULL);
	(void)cm_record_set_text(&record, "organization", "other-org", NULL);
	(void)cm_record_set_text(&record, "client_secret_sha256", "0123", NULL);
	(void)cm_record_set_text(&record, "scope", "read:application", NULL);
	(void)cm_record_set_text(&record, "grant_types", "[\"refresh_token\"]", NULL);
	cm_record_value(&record, "expire_in_hours")->real = 1.5;
	CU_ASSERT_EQUAL(cm_entity_insert(store, &record, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_client_get(store, "the-client", &client, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(client.client_id, "the-client");
	CU_ASSERT_STRING_EQUAL(client.organization, "other-org");
	CU_ASSERT_STRING_EQUAL(client.secret_sha256, "0123");
	CU_ASSERT_STRING_EQUAL(client.scope, "read:application");
	CU_ASSERT_STRING_EQUAL(client.grant_types, "[\"refresh_token\"]");
	CU_ASSERT_DOUBLE_EQUAL(client.expire_in_hours, 1.5, 0);
	cm_client_clear(&client);
	cm_client_clear(&client);
	CU_ASSERT_PTR_NULL(client.scope);
	cm_record_clear(&record);
	cm_store_close(store);
}

static void test_client_without_secret(void)
{
	struct cm_store *store = fixture_store();
	struct cm_client client;

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	CU_ASSERT_EQUAL(cm_client_get(store, "app", &client, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(client.secret_sha256, "");
	cm_client_clear(&client);
	cm_store_close(store);
}

static void test_client_not_found(void)
{
	static const char *const ids[] = {"",          "APP", "ap", "app ", "%", "app' OR '1'='1",
	                                  "my-org/app"};
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		struct cm_client client;
		struct cm_err err = {0};

		ASSERT_ROW(ids[i], cm_client_get(store, ids[i], &client, &err) == CM_NOT_FOUND);
		ASSERT_ROW(ids[i], client.scope == NULL && client.client_id[0] == '\0');
		/* Whoever asks learns nothing by the text. */
		ASSERT_ROW(ids[i], strcmp(err.text, "There is no such client.") == 0);
	}
	cm_store_close(store);
}

/* A row that was edited into nonsense by hand is not half obeyed. */
static void test_damaged_client(void)
{
	static const char *const edits[] = {
	    "UPDATE application SET client_secret_sha256 = printf('%065d', 0)",
	    "UPDATE application SET client_secret_sha256 = printf('%0100000d', 0)",
	    "UPDATE organization SET name = printf('%0101d', 0) WHERE name = 'my-org'",
	};

	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		struct cm_store *store = fixture_store();
		struct cm_client client;

		CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
		ASSERT_ROW(edits[i], fixture_sql(store, edits[i]));
		ASSERT_ROW(edits[i], cm_client_get(store, "app", &client, NULL) == CM_STORE);
		ASSERT_ROW(edits[i], client.scope == NULL && client.secret_sha256[0] == '\0');
		cm_client_clear(&client);
		cm_store_close(store);
	}
}

static void test_columns_are_those_of_the_table(void)
{
	struct cm_store *store = fixture_store();
	int64_t columns = 0;
	char sql[200];

	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];

		if (field->column == NULL)
			continue;
		CU_ASSERT_EQUAL(cm_entity_column(entity, field->column), columns);
		columns++;
		snprintf(sql, sizeof sql,
		         "SELECT count(*) FROM pragma_table_info('application')"
		         " WHERE name = '%s' AND type = '%s'",
		         field->column,
		         cm_field_column_kind(field) == CM_COLUMN_TEXT      ? "TEXT"
		         : cm_field_column_kind(field) == CM_COLUMN_INTEGER ? "INTEGER"
		                                                            : "REAL");
		ASSERT_ROW(field->column, fixture_integer(store, sql) == 1);
	}
	CU_ASSERT_TRUE(columns <= CM_COLUMNS_MAX);
	CU_ASSERT_EQUAL(fixture_integer(store,
	                                "SELECT count(*) FROM pragma_table_info('application')"
	                                " WHERE name NOT IN ('id', 'origin',"
	                                " 'registration_token_sha256', 'used_at_s',"
	                                " 'document_expires_at_s')"),
	                columns);
	cm_store_close(store);
}

/* Rules for a table of fields, at any depth. */
static void check_fields(const struct cm_field *fields, size_t count, bool top)
{
	for (size_t i = 0; i < count; i++) {
		const struct cm_field *field = &fields[i];
		bool hidden = (field->flags & CM_FIELD_HIDDEN) != 0;
		const char *row = field->name != NULL ? field->name : field->column;
		cm_json *fallback = NULL;

		ASSERT_ROW(row, hidden == (field->name == NULL));
		ASSERT_ROW(row,
		           hidden || (field->description != NULL && *field->description != '\0'));
		ASSERT_ROW(row, top || field->column == NULL);
		ASSERT_ROW(row, field->min <= field->max);
		ASSERT_ROW(row, field->form < CM_FORM_COUNT);
		if (field->fallback != NULL)
			ASSERT_ROW(row, cm_json_parse(field->fallback, strlen(field->fallback),
			                              &fallback, NULL) == CM_OK);
		cm_json_free(fallback);
		for (size_t j = 0; j < i && field->name != NULL; j++)
			ASSERT_ROW(row, fields[j].name == NULL ||
			                    strcmp(fields[j].name, field->name) != 0);
		for (size_t j = 0; j < i && field->column != NULL; j++)
			ASSERT_ROW(row, fields[j].column == NULL ||
			                    strcmp(fields[j].column, field->column) != 0);
		if (field->members != NULL) {
			size_t members = 0;

			ASSERT_ROW(row, field->type == CM_FIELD_OBJECTS ||
			                    field->type == CM_FIELD_OBJECT);
			while (field->members[members].name != NULL)
				members++;
			ASSERT_ROW(row, members > 0);
			check_fields(field->members, members, false);
		}
	}
}

static void test_fields(void)
{
	CU_ASSERT_TRUE(entity->field_count > 90);
	check_fields(entity->fields, entity->field_count, true);
}

/* Callers can't give what the server sets, and a secret is told once and kept in no column. */
static void test_flags(void)
{
	static const struct {
		const char *name;
		unsigned flags;
	} rows[] = {
	    {"name", CM_FIELD_REQUIRED},
	    {"createdTime", CM_FIELD_READ_ONLY},
	    {"updatedTime", CM_FIELD_READ_ONLY},
	    {"clientId", CM_FIELD_CREATE_ONLY},
	    {"clientSecret", CM_FIELD_READ_ONLY | CM_FIELD_ONCE},
	    {"registrationAccessToken", CM_FIELD_READ_ONLY},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cm_field *field = cm_entity_field(entity, rows[i].name);

		ASSERT_ROW(rows[i].name, field != NULL && field->flags == rows[i].flags);
	}
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, "clientSecret")->column);
}

static const struct cm_test tests[] = {
    {"a client has what the token endpoint needs", test_client},
    {"a client without a secret has an empty digest", test_client_without_secret},
    {"only the exact client_id finds a client", test_client_not_found},
    {"a client that was edited into nonsense is a failure of the store", test_damaged_client},
    {"the fields' columns are the table's, with their types", test_columns_are_those_of_the_table},
    {"every field keeps the rules of a table of fields", test_fields},
    {"what the server sets is marked so, and the secret has no column", test_flags},
};

CM_SUITE(cm_suite_store_application, "store/application", tests);

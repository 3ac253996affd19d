#include "store/entity.h"

#include <stdio.h>

#include "store/application.h"
#include "store/fixture_store.h"
#include "suite.h"

/* Every entity of the registry. */
static const struct cm_entity *const entities[] = {&cm_application_entity};

/* Fill all columns so that no two have the same value; salt tells two records apart. */
static void fill(struct cm_record *record, const struct cm_entity *entity, const char *salt)
{
	int column = 0;

	cm_record_init(record, entity);
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];
		char text[100];

		if (field->column == NULL)
			continue;
		snprintf(text, sizeof text, "%s-%s", salt, field->column);
		switch (cm_field_column_kind(field)) {
		case CM_COLUMN_TEXT:
			CU_ASSERT_EQUAL(cm_record_set_text(record, field->column, text, NULL),
			                CM_OK);
			break;
		case CM_COLUMN_INTEGER:
			cm_record_value(record, field->column)->integer = salt[0] * 1000 + column;
			break;
		case CM_COLUMN_REAL:
			cm_record_value(record, field->column)->real =
			    salt[0] * 1000 + column + 0.5;
			break;
		}
		column++;
	}
}

/* Field by field, by name: position can't make two mistakes cancel each other. */
static void assert_filled(const struct cm_record *record, const char *salt)
{
	const struct cm_entity *entity = record->entity;
	int column = 0;

	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];
		const struct cm_value *value = &record->value[column];
		double real = salt[0] * 1000 + column + 0.5;
		char text[100];

		if (field->column == NULL)
			continue;
		snprintf(text, sizeof text, "%s-%s", salt, field->column);
		switch (cm_field_column_kind(field)) {
		case CM_COLUMN_TEXT:
			ASSERT_ROW(field->column,
			           value->text != NULL && strcmp(value->text, text) == 0);
			break;
		case CM_COLUMN_INTEGER:
			ASSERT_ROW(field->column, value->integer == salt[0] * 1000 + column);
			break;
		case CM_COLUMN_REAL:
			ASSERT_ROW(field->column, !(value->real < real) && !(value->real > real));
			break;
		}
		column++;
	}
}

/* The same in the table itself, where each value must be in the column of its name. */
static void assert_stored(struct cm_store *store, const struct cm_entity *entity, const char *salt)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct cm_field *field = &entity->fields[i];
		char sql[200];

		if (field->column == NULL || cm_field_column_kind(field) != CM_COLUMN_TEXT)
			continue;
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s = '%s-%s'",
		         entity->name, field->column, salt, field->column);
		ASSERT_ROW(sql, fixture_integer(store, sql) == 1);
	}
}

static enum cm_status assert_row(const struct cm_record *record, void *arg, struct cm_err *err)
{
	(void)err;
	assert_filled(record, "a");
	++*(int *)arg;
	return CM_OK;
}

static struct cm_store *store_for_filled(void)
{
	static const char *const names[] = {"a-owner", "a-organization", "b-owner",
	                                    "b-organization"};
	struct cm_store *store = fixture_store();

	for (size_t i = 0; i < COUNT_OF(names); i++)
		fixture_organization(store, names[i]);
	return store;
}

static void test_columns_in_order(void)
{
	for (size_t i = 0; i < COUNT_OF(entities); i++) {
		struct cm_page all = {
		    .name_prefix = "", .after_owner = "", .after_name = "", .limit = 9};
		struct cm_page owned = all;
		struct cm_store *store = store_for_filled();
		struct cm_record record, back;
		int rows = 0;

		owned.owner = "a-owner";
		fill(&record, entities[i], "a");
		CU_ASSERT_EQUAL(cm_entity_insert(store, &record, NULL), CM_OK);
		assert_stored(store, entities[i], "a");
		cm_record_init(&back, entities[i]);
		CU_ASSERT_EQUAL(cm_entity_get(store, "a-owner", "a-name", &back, NULL), CM_OK);
		assert_filled(&back, "a");
		CU_ASSERT_EQUAL(cm_entity_list(store, entities[i], &all, assert_row, &rows, NULL),
		                CM_OK);
		CU_ASSERT_EQUAL(cm_entity_list(store, entities[i], &owned, assert_row, &rows, NULL),
		                CM_OK);
		CU_ASSERT_EQUAL(rows, 2);
		cm_record_clear(&record);
		cm_record_clear(&back);
		cm_store_close(store);
	}
}

static void test_update_sets_every_column(void)
{
	for (size_t i = 0; i < COUNT_OF(entities); i++) {
		struct cm_store *store = store_for_filled();
		struct cm_record record, back;

		fill(&record, entities[i], "a");
		CU_ASSERT_EQUAL(cm_entity_insert(store, &record, NULL), CM_OK);
		cm_record_clear(&record);
		fill(&record, entities[i], "b");
		CU_ASSERT_EQUAL(cm_entity_update(store, "a-owner", "a-name", &record, NULL), CM_OK);
		assert_stored(store, entities[i], "b");
		cm_record_init(&back, entities[i]);
		CU_ASSERT_EQUAL(cm_entity_get(store, "a-owner", "a-name", &back, NULL),
		                CM_NOT_FOUND);
		CU_ASSERT_EQUAL(cm_entity_get(store, "b-owner", "b-name", &back, NULL), CM_OK);
		assert_filled(&back, "b");
		cm_record_clear(&record);
		cm_record_clear(&back);
		cm_store_close(store);
	}
}

static void test_null_column(void)
{
	struct cm_store *store = fixture_store();
	struct cm_record record;

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	cm_record_init(&record, &cm_application_entity);
	CU_ASSERT_EQUAL(cm_entity_get(store, "my-org", "app", &record, NULL), CM_OK);
	CU_ASSERT_PTR_NULL(cm_record_value(&record, "client_secret_sha256")->text);
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "client_secret_sha256"), "");
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM application"
	                                       " WHERE client_secret_sha256 IS NULL"),
	                1);
	cm_record_clear(&record);
	cm_store_close(store);
}

static void test_record_text(void)
{
	struct cm_record record;

	cm_record_init(&record, &cm_application_entity);
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "name"), "");
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "name", "one", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "name", "two", NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "name"), "two");
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "owner"), "");
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "name", cm_record_text(&record, "name"), NULL),
	                CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "name"), "two");
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "name", NULL, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(cm_record_text(&record, "name"), "");
	cm_record_clear(&record);
	cm_record_clear(&record);
}

static void test_fields_by_name(void)
{
	const struct cm_entity *entity = &cm_application_entity;

	CU_ASSERT_PTR_NOT_NULL(cm_entity_field(entity, "clientId"));
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, "clientid"));
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, "client_id"));
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, ""));
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, "nonsense"));
	/* Hidden columns are no fields. */
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, "client_secret_sha256"));
	CU_ASSERT_PTR_NULL(cm_entity_field(entity, "properties"));
}

static void test_not_found(void)
{
	struct cm_store *store = fixture_store();
	struct cm_record record;
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	fixture_record(&record, "my-org", "new");
	CU_ASSERT_EQUAL(cm_entity_get(store, "my-org", "none", &record, &err), CM_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(err.text, "There is no application my-org/none.");
	CU_ASSERT_EQUAL(cm_entity_get(store, "other-org", "app", &record, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_entity_get(store, "my-org", "APP", &record, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_entity_get(store, "my-org", "%", &record, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_entity_get(store, "my-org", "", &record, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_entity_update(store, "other-org", "app", &record, NULL), CM_NOT_FOUND);
	CU_ASSERT_EQUAL(cm_entity_delete(store, &cm_application_entity, "other-org", "app", NULL),
	                CM_NOT_FOUND);
	CU_ASSERT_EQUAL(
	    cm_entity_delete(store, &cm_application_entity, "my-org", "app' OR 1", NULL),
	    CM_NOT_FOUND);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM application"), 1);
	cm_record_clear(&record);
	cm_store_close(store);
}

/* A refused insert: the status, a text for callers, and the table as it was. */
static void refuse_insert(struct cm_store *store, const struct cm_record *record,
                          enum cm_status status)
{
	int64_t rows = fixture_integer(store, "SELECT count(*) FROM application");
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(cm_entity_insert(store, record, &err), status);
	CU_ASSERT_TRUE(fixture_hides_sql(cm_err_public(&err)));
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM application"), rows);
}

static void test_conflicts(void)
{
	struct cm_store *store = fixture_store();
	struct cm_record record;

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "app"), CM_OK);
	fixture_record(&record, "my-org", "app");
	(void)cm_record_set_text(&record, "client_id", "another", NULL);
	refuse_insert(store, &record, CM_CONFLICT);
	(void)cm_record_set_text(&record, "name", "other", NULL);
	(void)cm_record_set_text(&record, "client_id", "app", NULL);
	refuse_insert(store, &record, CM_CONFLICT);
	(void)cm_record_set_text(&record, "client_id", "another", NULL);
	(void)cm_record_set_text(&record, "owner", "nobody", NULL);
	refuse_insert(store, &record, CM_CONFLICT);
	(void)cm_record_set_text(&record, "owner", "my-org", NULL);
	(void)cm_record_set_text(&record, "organization", "nobody", NULL);
	refuse_insert(store, &record, CM_CONFLICT);
	(void)cm_record_set_text(&record, "organization", "my-org", NULL);
	(void)cm_record_set_text(&record, "scope", NULL, NULL);
	refuse_insert(store, &record, CM_INTERNAL);
	(void)cm_record_set_text(&record, "scope", "", NULL);
	CU_ASSERT_EQUAL(cm_entity_insert(store, &record, NULL), CM_OK);
	cm_record_clear(&record);
	CU_ASSERT_EQUAL(fixture_application(store, "other-org", "app2"), CM_OK);
	cm_store_close(store);
}

static void test_update_conflicts(void)
{
	struct cm_store *store = fixture_store();
	struct cm_record record;
	struct cm_err err = {0};

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "one"), CM_OK);
	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "two"), CM_OK);
	fixture_record(&record, "my-org", "two");
	(void)cm_record_set_text(&record, "client_id", "free", NULL);
	CU_ASSERT_EQUAL(cm_entity_update(store, "my-org", "one", &record, &err), CM_CONFLICT);
	CU_ASSERT_TRUE(fixture_hides_sql(err.text));
	(void)cm_record_set_text(&record, "name", "one", NULL);
	(void)cm_record_set_text(&record, "client_id", "two", NULL);
	CU_ASSERT_EQUAL(cm_entity_update(store, "my-org", "one", &record, NULL), CM_CONFLICT);
	(void)cm_record_set_text(&record, "client_id", "one", NULL);
	(void)cm_record_set_text(&record, "organization", "nobody", NULL);
	CU_ASSERT_EQUAL(cm_entity_update(store, "my-org", "one", &record, NULL), CM_CONFLICT);
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM application"
	                                       " WHERE name = client_id AND owner = 'my-org'"
	                                       " AND organization = 'my-org'"),
	                2);
	cm_record_clear(&record);
	cm_store_close(store);
}

static void test_delete(void)
{
	struct cm_store *store = fixture_store();

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "one"), CM_OK);
	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "two"), CM_OK);
	CU_ASSERT_EQUAL(cm_entity_delete(store, &cm_application_entity, "my-org", "one", NULL),
	                CM_OK);
	CU_ASSERT_EQUAL(cm_entity_delete(store, &cm_application_entity, "my-org", "one", NULL),
	                CM_NOT_FOUND);
	CU_ASSERT_TRUE(fixture_is_text(store, "SELECT group_concat(name) FROM application", "two"));
	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "one"), CM_OK);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"every column is written and read under its own name", test_columns_in_order},
    {"an update sets every column, the name too", test_update_sets_every_column},
    {"SQL NULL comes back as NULL", test_null_column},
    {"the text of a column is replaced with a copy", test_record_text},
    {"a field is found by its exact name, a hidden column never", test_fields_by_name},
    {"what is not there is not found, read, changed or deleted", test_not_found},
    {"a taken name, a taken client and a missing organisation are conflicts", test_conflicts},
    {"an update into a conflict changes nothing", test_update_conflicts},
    {"a deleted row is gone, once, and alone", test_delete},
};

CM_SUITE(cm_suite_store_entity, "store/entity", tests);

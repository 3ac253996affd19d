#include "store/device.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/fixture_store.h"
#include "suite.h"

enum { NOW_S = 1000000 };

struct world {
	struct cm_store *store;
	int64_t alice, app;
	struct cm_device device; /* as it was written */
};

static enum cm_status add(const struct world *world, const char *sha256, const char *user_code)
{
	struct cm_device device = world->device;

	snprintf(device.sha256, sizeof device.sha256, "%s", sha256);
	snprintf(device.user_code, sizeof device.user_code, "%s", user_code);
	return cm_device_insert(world->store, &device, NULL);
}

static void make(struct world *world)
{
	cm_clock_fix(NOW_S);
	*world = (struct world){.store = fixture_store()};
	world->alice = fixture_user(world->store, "my-org", "alice");
	CU_ASSERT_EQUAL_FATAL(fixture_application(world->store, "my-org", "app"), CM_OK);
	world->app = fixture_application_id(world->store, "app");
	world->device = (struct cm_device){.application_id = world->app,
	                                   .client_id = "app",
	                                   .scope = "read write",
	                                   .expires_at_s = NOW_S + 600,
	                                   .interval_s = 5};
	CU_ASSERT_EQUAL_FATAL(add(world, "one", "BCDF-GHJK"), CM_OK);
	CU_ASSERT_EQUAL_FATAL(cm_device_get(world->store, "one", NULL, &world->device, NULL),
	                      CM_OK);
}

static void test_columns(void)
{
	struct world world;
	struct cm_device device;

	make(&world);
	CU_ASSERT_EQUAL(cm_device_get(world.store, NULL, "BCDF-GHJK", &device, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(device.sha256, "one");
	CU_ASSERT_STRING_EQUAL(device.user_code, "BCDF-GHJK");
	CU_ASSERT_STRING_EQUAL(device.client_id, "app");
	CU_ASSERT_EQUAL(device.application_id, world.app);
	CU_ASSERT_STRING_EQUAL(device.scope, "read write");
	CU_ASSERT_EQUAL(device.expires_at_s, NOW_S + 600);
	CU_ASSERT_EQUAL(device.polled_at_s, 0);
	CU_ASSERT_EQUAL(device.interval_s, 5);
	CU_ASSERT_EQUAL(device.decision, CM_DEVICE_OPEN);
	CU_ASSERT_EQUAL(device.user_id, 0);
	cm_store_close(world.store);
}

static void test_not_there(void)
{
	static const struct {
		const char *sha256, *user_code;
	} rows[] = {
	    {"", NULL},          {NULL, ""},
	    {NULL, NULL},        {"One", NULL},
	    {"BCDF-GHJK", NULL}, {NULL, "one"},
	    {NULL, "bcdf-ghjk"}, {NULL, "BCDFGHJK"},
	    {NULL, "BCDF-GHJ%"}, {"' OR 1=1 --", NULL},
	};
	struct world world;
	struct cm_device device;

	make(&world);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CU_ASSERT_EQUAL(
		    cm_device_get(world.store, rows[i].sha256, rows[i].user_code, &device, NULL),
		    CM_NOT_FOUND);
		CU_ASSERT_EQUAL(device.application_id, 0);
	}
	cm_store_close(world.store);
}

static void test_taken(void)
{
	struct world world;

	make(&world);
	CU_ASSERT_EQUAL(add(&world, "two", "BCDF-GHJK"), CM_CONFLICT);
	CU_ASSERT_EQUAL(add(&world, "one", "LLLL-MMMM"), CM_CONFLICT);
	CU_ASSERT_EQUAL(add(&world, "two", "LLLL-MMMM"), CM_OK);
	world.device.application_id = 99;
	CU_ASSERT_NOT_EQUAL(add(&world, "three", "NNNN-PPPP"), CM_OK);
	CU_ASSERT_EQUAL(fixture_integer(world.store, "SELECT count(*) FROM device_code"), 2);
	cm_store_close(world.store);
}

static void test_poll(void)
{
	struct world world;
	struct cm_device device;

	make(&world);
	CU_ASSERT_EQUAL(add(&world, "two", "LLLL-MMMM"), CM_OK);
	cm_clock_fix(NOW_S + 3);
	CU_ASSERT_EQUAL(cm_device_poll(world.store, "one", 10, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_device_get(world.store, "one", NULL, &device, NULL), CM_OK);
	CU_ASSERT_EQUAL(device.polled_at_s, NOW_S + 3);
	CU_ASSERT_EQUAL(device.interval_s, 10);
	CU_ASSERT_EQUAL(cm_device_get(world.store, "two", NULL, &device, NULL), CM_OK);
	CU_ASSERT_EQUAL(device.polled_at_s, 0);
	CU_ASSERT_EQUAL(device.interval_s, 5);
	cm_store_close(world.store);
}

static void test_decided_once(void)
{
	static const enum cm_device_decision decisions[] = {CM_DEVICE_ALLOWED, CM_DEVICE_DENIED};

	for (size_t i = 0; i < COUNT_OF(decisions); i++) {
		struct world world;
		struct cm_device device;

		make(&world);
		world.device.decision = decisions[i];
		world.device.user_id = world.alice;
		world.device.signed_in_at_s = 5;
		strcpy(world.device.scope, "read");
		CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_OK);
		/* The first word counts, whoever comes later. */
		world.device.decision = decisions[1 - i];
		strcpy(world.device.scope, "admin");
		CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_NOT_FOUND);
		CU_ASSERT_EQUAL(cm_device_get(world.store, "one", NULL, &device, NULL), CM_OK);
		CU_ASSERT_EQUAL(device.decision, decisions[i]);
		CU_ASSERT_STRING_EQUAL(device.scope, "read");
		CU_ASSERT_EQUAL(device.user_id, world.alice);
		CU_ASSERT_EQUAL(device.signed_in_at_s, 5);
		cm_store_close(world.store);
	}
}

static void test_decided_in_time(void)
{
	struct world world;

	make(&world);
	world.device.decision = CM_DEVICE_ALLOWED;
	world.device.user_id = world.alice;
	cm_clock_fix(NOW_S + 600);
	CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_NOT_FOUND);
	cm_clock_fix(NOW_S + 599);
	strcpy(world.device.sha256, "another");
	CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_NOT_FOUND);
	strcpy(world.device.sha256, "one");
	CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_OK);
	cm_store_close(world.store);
}

static void test_spent(void)
{
	struct world world;
	struct cm_device device;
	struct cm_err err = {0};

	make(&world);
	CU_ASSERT_EQUAL(cm_device_spend(world.store, "nobody", NULL), CM_INVALID_GRANT);
	/* Not before the person said yes. */
	CU_ASSERT_EQUAL(cm_device_spend(world.store, "one", NULL), CM_INVALID_GRANT);
	world.device.decision = CM_DEVICE_ALLOWED;
	world.device.user_id = world.alice;
	CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_device_spend(world.store, "one", NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_device_spend(world.store, "one", &err), CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(err.status, CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(cm_device_get(world.store, "one", NULL, &device, NULL), CM_NOT_FOUND);

	CU_ASSERT_EQUAL(add(&world, "two", "LLLL-MMMM"), CM_OK);
	strcpy(world.device.sha256, "two");
	world.device.decision = CM_DEVICE_DENIED;
	CU_ASSERT_EQUAL(cm_device_decide(world.store, &world.device, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_device_spend(world.store, "two", NULL), CM_INVALID_GRANT);
	CU_ASSERT_EQUAL(cm_device_get(world.store, "two", NULL, &device, NULL), CM_OK);
	cm_store_close(world.store);
}

static const struct cm_test tests[] = {
    {"a device code is written column by column", test_columns},
    {"only the exact codes find a device", test_not_there},
    {"a code that is taken is a conflict", test_taken},
    {"a poll is noted for its device alone", test_poll},
    {"a device is decided about once", test_decided_once},
    {"nobody decides about a device that expired or is another", test_decided_in_time},
    {"a device code is good once, after a yes", test_spent},
};

CM_SUITE(cm_suite_store_device, "store/device", tests);

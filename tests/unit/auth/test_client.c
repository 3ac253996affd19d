#include "auth/client.h"

#include "auth/fixture_auth.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "suite.h"

/* A store with my-org/app whose secret is "secret", and my-org/public, which has none. */
static struct cm_store *store_with_clients(void)
{
	struct cm_store *store = fixture_store();
	char hex[CM_SHA256_HEX];
	struct cm_record record;

	CU_ASSERT_EQUAL(fixture_application(store, "my-org", "public"), CM_OK);
	CU_ASSERT_EQUAL(cm_crypto_sha256_hex("secret", 6, hex, NULL), CM_OK);
	fixture_record(&record, "my-org", "app");
	CU_ASSERT_EQUAL(cm_record_set_text(&record, "client_secret_sha256", hex, NULL), CM_OK);
	CU_ASSERT_EQUAL(cm_entity_insert(store, &record, NULL), CM_OK);
	cm_record_clear(&record);
	return store;
}

/* Authenticate from an address that has not failed yet. */
static enum cm_status authenticate(struct cm_store *store, const char *client_id,
                                   const char *secret, struct cm_client *client, struct cm_err *err)
{
	struct cm_credentials sent = {.method = CM_METHOD_POST,
	                              .client_id = client_id,
	                              .secret = secret,
	                              .address = "192.0.2.1"};
	struct cm_context ctx;
	int64_t wait_s;

	cm_context_init(&ctx, "");
	ctx.store = store;
	CU_ASSERT_TRUE(fixture_sql(store, "DELETE FROM throttle"));
	return cm_client_authenticate(&ctx, &sent, client, &wait_s, err);
}

static void refuse(struct cm_store *store, const char *client_id, const char *secret)
{
	struct cm_client client;
	struct cm_err err = {0};

	ASSERT_ROW(secret,
	           authenticate(store, client_id, secret, &client, &err) == CM_INVALID_CLIENT);
	/* Unknown clients and wrong secrets look alike. */
	ASSERT_ROW(secret, strcmp(err.text, "Client authentication failed.") == 0);
	ASSERT_ROW(secret, client.scope == NULL && client.client_id[0] == '\0' &&
	                       client.secret_sha256[0] == '\0');
}

static void test_good(void)
{
	struct cm_store *store = store_with_clients();
	struct cm_client client;

	CU_ASSERT_EQUAL(authenticate(store, "app", "secret", &client, NULL), CM_OK);
	CU_ASSERT_STRING_EQUAL(client.client_id, "app");
	CU_ASSERT_STRING_EQUAL(client.organization, "my-org");
	cm_client_clear(&client);
	cm_store_close(store);
}

static void test_wrong_secret(void)
{
	static const char *const secrets[] = {
	    "",
	    "Secret",
	    "secre",
	    "secret ",
	    " secret",
	    "secrets",
	    "\xff",
	    /* What is stored does not serve as the secret. */
	    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
	};
	struct cm_store *store = store_with_clients();
	char secret[5001];

	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		refuse(store, "app", secrets[i]);
	memset(secret, 's', sizeof secret - 1);
	secret[sizeof secret - 1] = '\0';
	refuse(store, "app", secret);
	cm_store_close(store);
}

static void test_unknown_client(void)
{
	static const char *const ids[] = {"", "APP", "app ", "my-org/app", "%", "nobody"};
	struct cm_store *store = store_with_clients();

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		refuse(store, ids[i], "secret");
		refuse(store, ids[i], "");
	}
	cm_store_close(store);
}

static void test_no_secret(void)
{
	struct cm_store *store = store_with_clients();

	refuse(store, "public", "");
	refuse(store, "public", "secret");
	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE application SET client_secret_sha256 = ''"));
	refuse(store, "public", "");
	refuse(store, "app", "");
	refuse(store, "app", "secret");
	cm_store_close(store);
}

/* A digest that begins like the right one is not the right one. */
static void test_damaged_digest(void)
{
	static const char *const edits[] = {
	    "substr(client_secret_sha256, 1, 63)",
	    "substr(client_secret_sha256, 1, 1)",
	    "upper(client_secret_sha256)",
	    "substr(client_secret_sha256, 2) || '0'",
	    "'secret'",
	};

	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		struct cm_store *store = store_with_clients();
		char sql[200];

		snprintf(sql, sizeof sql,
		         "UPDATE application SET client_secret_sha256 = %s"
		         " WHERE name = 'app'",
		         edits[i]);
		CU_ASSERT_TRUE(fixture_sql(store, sql));
		refuse(store, "app", "secret");
		cm_store_close(store);
	}
}

/* A store that can't answer is no proof that the secret is wrong: the client may try again. */
static void test_broken_store(void)
{
	struct cm_store *store = store_with_clients();
	struct cm_client client;
	struct cm_err err = {0};

	CU_ASSERT_TRUE(fixture_sql(store, "UPDATE organization SET name = printf('%0101d', 0)"
	                                  " WHERE name = 'my-org'"));
	CU_ASSERT_EQUAL(authenticate(store, "app", "secret", &client, &err), CM_STORE);
	CU_ASSERT_EQUAL(err.status, CM_STORE);
	CU_ASSERT_PTR_NULL(client.scope);
	cm_store_close(store);
}

/* With failures that were forgotten, it takes as many as before until a client has to wait. */
static void test_failures_are_forgotten(void)
{
	struct cm_store *store = store_with_clients();
	struct cm_credentials sent = {
	    .method = CM_METHOD_POST, .client_id = "app", .address = "192.0.2.1"};
	struct cm_context ctx;
	struct cm_client client;
	int64_t wait_s;

	cm_clock_fix(1000000);
	cm_context_init(&ctx, "");
	ctx.store = store;
	for (int i = 1; i <= 20; i++) {
		bool good = i % 5 == 0;

		sent.secret = good ? "secret" : "wrong";
		CU_ASSERT_EQUAL(cm_client_authenticate(&ctx, &sent, &client, &wait_s, NULL),
		                good ? CM_OK : CM_INVALID_CLIENT);
		cm_client_clear(&client);
	}
	CU_ASSERT_EQUAL(fixture_integer(store, "SELECT count(*) FROM throttle"), 0);
	cm_store_close(store);
}

static const struct cm_test tests[] = {
    {"the right secret lets a client in", test_good},
    {"a wrong secret, and the stored digest itself, do not", test_wrong_secret},
    {"an unknown client looks like a wrong secret", test_unknown_client},
    {"a client without a secret is never let in, with an empty one neither", test_no_secret},
    {"a damaged digest lets nobody in", test_damaged_digest},
    {"a store that fails is told as such", test_broken_store},
    {"who knows the secret has no failures any more", test_failures_are_forgotten},
};

CM_SUITE(cm_suite_auth_client, "auth/client", tests);

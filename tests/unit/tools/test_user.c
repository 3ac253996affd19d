#include "tools/user.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "support.h"

/* Hashing a password begins with its salt, the only portion of random bytes of this size. */
enum { SALT = 32 };

static struct {
	struct cm_store *store;
	int free, locked; /* passwords that were hashed without the lock, and with it */
} seen;

static bool watch(void *out, size_t len)
{
	static unsigned char next;

	if (len == SALT && cm_store_is_writing(seen.store))
		seen.locked++;
	else if (len == SALT)
		seen.free++;
	memset(out, ++next, len);
	return true;
}

/* A call that hashes this many passwords, none of them with the lock. */
static void expect(struct serve *serve, const char *tool, const char *arguments, enum cm_status rc,
                   int hashed)
{
	struct cm_principal root = support_caller("built-in", CM_SCOPE_ALL);
	enum cm_status got;

	seen.free = seen.locked = 0;
	seen.store = serve->ctx.store;
	cm_crypto_random_source(watch);
	got = support_tool(serve, &root, tool, arguments, NULL, NULL);
	cm_crypto_random_source(NULL);
	ASSERT_ROW(arguments, got == rc);
	ASSERT_ROW(arguments, seen.free == hashed);
	ASSERT_ROW(arguments, seen.locked == 0);
}

#define ADD(more)    "{\"user\":{\"owner\":\"my-org\",\"name\":\"alice\"" more "}}"
#define UPDATE(more) "{\"id\":\"my-org/alice\",\"user\":{" more "}}"

static void test_no_lock_while_hashing(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, "add_user", ADD(",\"password\":\"short\""), CM_INPUT, 0);
	expect(&serve, "add_user", ADD(",\"password\":\"correct horse\""), CM_OK, 1);
	CU_ASSERT_EQUAL(
	    fixture_integer(serve.ctx.store, "SELECT password_hash LIKE '$y$%' FROM user"), 1);
	expect(&serve, "update_user", UPDATE("\"password\":\"battery staple\""), CM_OK, 1);
	expect(&serve, "update_user", UPDATE("\"title\":\"Dr\""), CM_OK, 0);
	CU_ASSERT_EQUAL(
	    fixture_integer(serve.ctx.store, "SELECT password_hash LIKE '$y$%' FROM user"), 1);
	expect(&serve, "update_user", UPDATE("\"password\":\"\""), CM_OK, 0);
	CU_ASSERT(fixture_is_text(serve.ctx.store, "SELECT password_hash FROM user", ""));
	serve_close(&serve);
}

static void test_group_ends_before_hashing(void)
{
	struct serve serve;

	cm_clock_hold(0);
	serve_open(&serve);
	cm_context_group_begin(&serve.ctx);
	expect(&serve, "add_user", ADD(""), CM_OK, 0);
	CU_ASSERT(cm_context_group_is_open(&serve.ctx));
	expect(&serve, "update_user", UPDATE("\"title\":\"Dr\""), CM_OK, 0);
	CU_ASSERT(cm_context_group_is_open(&serve.ctx));
	expect(&serve, "update_user", UPDATE("\"password\":\"correct horse\""), CM_OK, 1);
	CU_ASSERT_FALSE(cm_context_group_is_open(&serve.ctx));
	CU_ASSERT_EQUAL(cm_context_group_end(&serve.ctx, NULL), CM_OK);
	CU_ASSERT_EQUAL(
	    fixture_integer(serve.ctx.store, "SELECT password_hash LIKE '$y$%' FROM user"), 1);
	serve_close(&serve);
}

/* A call that is refused as a conflict, in these words. */
static void conflicts(struct serve *serve, const char *tool, const char *arguments,
                      const char *words)
{
	struct cm_principal root = support_caller("built-in", CM_SCOPE_ALL);
	struct cm_err err = {0};

	ASSERT_ROW(arguments,
	           support_tool(serve, &root, tool, arguments, NULL, &err) == CM_CONFLICT);
	ASSERT_ROW(err.text, strcmp(err.text, words) == 0);
}

static void test_conflicts(void)
{
	struct serve serve;

	serve_open(&serve);
	expect(&serve, "add_user", ADD(",\"email\":\"alice@example.org\""), CM_OK, 0);
	expect(&serve, "add_user", "{\"user\":{\"owner\":\"my-org\",\"name\":\"bob\"}}", CM_OK, 0);
	conflicts(&serve, "update_user",
	          "{\"id\":\"my-org/bob\",\"user\":{\"email\":\"Alice@example.org\"}}",
	          "user.email: another user has the same.");
	conflicts(&serve, "update_user",
	          "{\"id\":\"my-org/bob\",\"user\":{\"name\":\"carol\","
	          "\"email\":\"alice@example.org\"}}",
	          "user.email: another user has the same.");
	conflicts(&serve, "update_user", "{\"id\":\"my-org/bob\",\"user\":{\"name\":\"alice\"}}",
	          "user my-org/alice exists already.");
	serve_close(&serve);
}

static int64_t sessions(struct serve *serve)
{
	return fixture_integer(serve->ctx.store, "SELECT count(*) FROM session");
}

static void test_password_and_sessions(void)
{
	static const struct {
		const char *change;
		int hashed, left;
	} rows[] = {
	    {UPDATE("\"title\":\"Dr\""), 0, 1},
	    {UPDATE("\"password\":\"battery staple\""), 1, 0},
	    {UPDATE("\"password\":\"\""), 0, 0},
	    {UPDATE("\"password\":null"), 0, 0},
	};
	struct serve serve;

	serve_open(&serve);
	expect(&serve, "add_user", ADD(",\"password\":\"correct horse\""), CM_OK, 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CU_ASSERT(fixture_sql(serve.ctx.store,
		                      "INSERT OR IGNORE INTO session SELECT 'one', id, 1, 1, "
		                      "9999999999 FROM user"));
		expect(&serve, "update_user", rows[i].change, CM_OK, rows[i].hashed);
		ASSERT_ROW(rows[i].change, sessions(&serve) == rows[i].left);
	}
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"a name or an e-mail address that is taken is a conflict, and says which", test_conflicts},
    {"a password that changes or goes ends the sessions", test_password_and_sessions},
    {"no password is hashed with the lock", test_no_lock_while_hashing},
    {"a group ends before a password is hashed", test_group_ends_before_hashing},
};

CM_SUITE(cm_suite_tools_user, "tools/user", tests);

#include "tools/user.h"

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

static const struct cm_test tests[] = {
    {"no password is hashed with the lock", test_no_lock_while_hashing},
    {"a group ends before a password is hashed", test_group_ends_before_hashing},
};

CM_SUITE(cm_suite_tools_user, "tools/user", tests);

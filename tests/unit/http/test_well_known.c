#include "http/route.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static struct reply get(struct serve *serve, const char *uri)
{
	return serve_send(serve, "GET", uri, NULL, "");
}

static void expect(struct serve *serve, const char *uri, int status)
{
	struct reply reply = get(serve, uri);

	ASSERT_ROW(uri, reply.status == status);
	reply_clear(&reply);
}

static void expect_all(const char *issuer, const char *const *uris, size_t count, int status)
{
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "issuer", issuer);
	for (size_t i = 0; i < count; i++)
		expect(&serve, uris[i], status);
	serve_close(&serve);
}

static void test_root(void)
{
	static const char *const good[] = {
	    "/.well-known/oauth-protected-resource",
	    "/.well-known/oauth-protected-resource/api/mcp",
	    "/.well-known/oauth-authorization-server",
	    "/.well-known/jwks",
	    "/.well-known/jwks?x=y",
	};
	static const char *const bad[] = {
	    "/.well-known",
	    "/.well-known/",
	    "/.well-known//oauth-protected-resource",
	    "/.well-known/oauth-protected-resource/",
	    "/.well-known/oauth-protected-resource/api",
	    "/.well-known/oauth-protected-resource/api/mcp/",
	    "/.well-known/oauth-protected-resource/api/mcpx",
	    "/.well-known/oauth-protected-resource/auth/api/mcp",
	    "/.well-known/oauth-protected-resourceapi/mcp",
	    "/.well-known/oauth-authorization-server/",
	    "/.well-known/oauth-authorization-server/api/mcp",
	    "/.well-known/oauth-authorization-serverx",
	    "/.well-known/jwks.json",
	    "/.well-known/jwks/",
	    "/.Well-Known/jwks",
	    "/x/.well-known/jwks",
	    "/api/mcp/.well-known/oauth-protected-resource",
	};

	expect_all("https://h.example", good, COUNT_OF(good), 200);
	expect_all("https://h.example", bad, COUNT_OF(bad), 404);
}

static void test_U1_prefix(void)
{
	static const char *const good[] = {
	    /* path-inserted: RFC 8414 section 3.1, RFC 9728 section 3.1 */
	    "/.well-known/oauth-protected-resource/auth/api/mcp",
	    "/.well-known/oauth-protected-resource/auth",
	    "/.well-known/oauth-authorization-server/auth",
	    "/.well-known/jwks/auth",
	    /* appended */
	    "/auth/.well-known/oauth-protected-resource/api/mcp",
	    "/auth/.well-known/oauth-protected-resource",
	    "/auth/.well-known/oauth-authorization-server",
	    "/auth/.well-known/jwks",
	};

	expect_all("https://h.example/auth", good, COUNT_OF(good), 200);
	expect_all("https://h.example:8443/auth", good, COUNT_OF(good), 200);
}

static void test_A28_wrong_forms(void)
{
	static const char *const bad[] = {
	    "/.well-known/oauth-protected-resource",
	    "/.well-known/oauth-protected-resource/api/mcp",
	    "/.well-known/oauth-authorization-server",
	    "/.well-known/jwks",
	    "/.well-known/oauth-authorization-server/auth/",
	    "/.well-known/oauth-authorization-server/authx",
	    "/.well-known/oauth-authorization-server/Auth",
	    "/.well-known/oauth-authorization-server/other",
	    "/.well-known/oauth-authorization-server/auth/api/mcp",
	    "/.well-known/oauth-authorization-server/x/auth",
	    "/.well-known/oauth-protected-resource/authx/api/mcp",
	    "/.well-known/oauth-protected-resource/auth/auth/api/mcp",
	    "/.well-known/oauth-protected-resource/api/mcp/auth",
	    "/.well-known/auth/oauth-protected-resource",
	    "/.well-known/auth",
	    "/auth/.well-known/oauth-protected-resource/auth/api/mcp",
	    "/auth/.well-known/oauth-authorization-server/auth",
	    "/auth/auth/.well-known/oauth-authorization-server",
	    "/authx/.well-known/oauth-authorization-server",
	    "/oauth-authorization-server/auth",
	};

	expect_all("https://h.example/auth", bad, COUNT_OF(bad), 404);
}

/* The name of a document ends at a slash: what follows is the mount point and nothing else. */
static void test_A28_prefix_inside_a_name(void)
{
	static const char *const bad[] = {
	    "/.well-known/oauth/auth-authorization-server",
	    "/.well-known/oauth/auth-protected-resource",
	    "/.well-known/oauth/auth-protected-resource/api/mcp",
	    "/.well-known/j/authwks",
	};

	expect_all("https://h.example/auth", bad, COUNT_OF(bad), 404);
}

static void test_long_prefix(void)
{
	static const char *const good[] = {
	    "/a/b-c/d_e",
	    "/a/b-c/d_e/",
	    "/a/b-c/d_e/api/health",
	    "/.well-known/oauth-authorization-server/a/b-c/d_e",
	    "/.well-known/oauth-protected-resource/a/b-c/d_e/api/mcp",
	    "/a/b-c/d_e/.well-known/oauth-protected-resource/api/mcp"};
	static const char *const bad[] = {"/",
	                                  "/a",
	                                  "/a/b-c",
	                                  "/a/b-c/",
	                                  "/a/b-c/d_ex",
	                                  "/api/health",
	                                  "/a/api/health",
	                                  "/.well-known/oauth-authorization-server/a",
	                                  "/.well-known/oauth-authorization-server/a/b-c",
	                                  "/a/.well-known/oauth-authorization-server/b-c/d_e"};

	expect_all("https://h.example/a/b-c/d_e", good, COUNT_OF(good), 200);
	expect_all("https://h.example/a/b-c/d_e", bad, COUNT_OF(bad), 404);
}

static void test_methods(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	support_set(&serve, "issuer", "https://h.example/auth");
	reply =
	    serve_send(&serve, "POST", "/.well-known/oauth-authorization-server/auth", NULL, "");
	CU_ASSERT_EQUAL(reply.status, 405);
	CU_ASSERT_TRUE(reply_has_header(&reply, "Allow: GET\r\n"));
	reply_clear(&reply);
	reply =
	    serve_send(&serve, "HEAD", "/.well-known/oauth-authorization-server/auth", NULL, "");
	CU_ASSERT_EQUAL(reply.status, 200);
	reply_clear(&reply);
	serve_close(&serve);
}

/* A path that is too long is none, so no buffer has to hold it. */
static void test_longest_paths(void)
{
	char uri[CM_PATH_MAX + 10] = "/.well-known/";
	size_t len = strlen(uri);
	struct serve serve;

	serve_open(&serve);
	support_set(&serve, "issuer", "https://h.example/auth");
	memset(uri + len, 'a', CM_PATH_MAX - 1 - len - 5);
	strcpy(uri + CM_PATH_MAX - 1 - 5, "/auth");
	expect(&serve, uri, 404);
	strcat(uri, "/");
	expect(&serve, uri, 404);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"A28 at the root each document has its places and no others", test_root},
    {"U1 A28 below a prefix both forms work", test_U1_prefix},
    {"A28 below a prefix every other form is 404", test_A28_wrong_forms},
    {"A28 the mount point does not begin inside a name", test_A28_prefix_inside_a_name},
    {"U1 a prefix may have several parts, all of which count", test_long_prefix},
    {"methods are told apart in the inserted form too", test_methods},
    {"paths of the greatest length are 404", test_longest_paths},
};

CM_SUITE(cm_suite_http_well_known, "http/well_known", tests);

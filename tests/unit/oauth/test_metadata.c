#include "serve.h"

static const char *const forged[] = {"HTTP_HOST=evil.example", "HTTP_X_FORWARDED_HOST=evil.example",
                                     "SERVER_NAME=evil.example", NULL};

/* Fetch a path; the status. The answer must not hold what a client made up. */
static int fetch(struct serve *serve, const char *path, struct reply *out)
{
	*out = serve_send(serve, "GET", path, forged, "");
	CU_ASSERT_PTR_NULL(strstr(cm_buf_str(&out->raw), "evil.example"));
	return out->status;
}

static void test_A28_places_at_the_root(void)
{
	static const struct {
		const char *path;
		int status;
	} rows[] = {
	    {"/.well-known/oauth-protected-resource", 200},
	    {"/.well-known/oauth-protected-resource/api/mcp", 200},
	    {"/.well-known/oauth-protected-resource/api/mcp/", 404},
	    {"/.well-known/oauth-protected-resource/api", 404},
	    {"/.well-known/oauth-authorization-server", 200},
	    {"/.well-known/oauth-authorization-server/api/mcp", 404},
	    {"/.well-known/openid-configuration", 200},
	    {"/.well-known/openid-configuration/api/mcp", 404},
	    {"/.well-known/jwks", 200},
	    {"/.well-known/", 404},
	    {"/api/mcp/.well-known/oauth-protected-resource", 404},
	};
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ASSERT_ROW(rows[i].path, fetch(&serve, rows[i].path, &reply) == rows[i].status);
		reply_clear(&reply);
	}
	serve_close(&serve);
}

static enum cm_status mount(struct cm_store *store, void *arg, struct cm_err *err)
{
	return cm_setting_set(store, "issuer", arg, err);
}

static void test_U1_U2_below_a_prefix(void)
{
	static const struct {
		const char *path;
		int status;
	} rows[] = {
	    {"/.well-known/oauth-protected-resource/auth/api/mcp", 200},
	    {"/.well-known/oauth-protected-resource/auth", 200},
	    {"/auth/.well-known/oauth-protected-resource/api/mcp", 200},
	    {"/.well-known/oauth-authorization-server/auth", 200},
	    {"/auth/.well-known/oauth-authorization-server", 200},
	    {"/.well-known/openid-configuration/auth", 200},
	    {"/auth/.well-known/openid-configuration", 200},
	    {"/.well-known/openid-configuration", 404},
	    {"/.well-known/oauth-authorization-server/authx", 404},
	    {"/.well-known/oauth-authorization-server/other", 404},
	    {"/auth/api/health", 200},
	    {"/auth", 200},
	    {"/auth/", 200},
	    {"/authx/api/health", 404},
	    {"/api/health", 404},
	};
	char issuer[] = "https://h.example/auth/";
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	CU_ASSERT_EQUAL(cm_store_write(serve.ctx.store, mount, issuer, NULL), CM_OK);
	serve.ctx.version = -1;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ASSERT_ROW(rows[i].path, fetch(&serve, rows[i].path, &reply) == rows[i].status);
		reply_clear(&reply);
	}
	(void)fetch(&serve, "/auth/.well-known/oauth-protected-resource", &reply);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(reply.json, "resource")),
	                       "https://h.example/auth/api/mcp");
	reply_clear(&reply);
	reply = serve_send(&serve, "POST", "/auth/api/mcp", NULL, "");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(cm_buf_str(&reply.raw),
	           "\"https://h.example/.well-known/oauth-protected-resource/auth/api/mcp\""));
	reply_clear(&reply);
	serve_close(&serve);
}

static void test_A29_only_what_works(void)
{
	struct serve serve;
	struct reply reply;

	serve_open(&serve);
	(void)fetch(&serve, "/.well-known/oauth-authorization-server", &reply);
	CU_ASSERT_STRING_EQUAL(cm_json_string(cm_json_get(reply.json, "issuer")),
	                       "http://127.0.0.1:8080");
	CU_ASSERT_EQUAL(cm_json_length(cm_json_get(reply.json, "grant_types_supported")), 4);
	CU_ASSERT_PTR_NOT_NULL(cm_json_get(reply.json, "registration_endpoint"));
	CU_ASSERT_PTR_NULL(cm_json_get(reply.json, "client_id_metadata_document_supported"));
	CU_ASSERT_TRUE(reply_has_header(&reply, "Access-Control-Allow-Origin: *\r\n"));
	reply_clear(&reply);
	(void)fetch(&serve, "/.well-known/jwks", &reply);
	CU_ASSERT_EQUAL(cm_json_length(cm_json_get(reply.json, "keys")), 1);
	CU_ASSERT_PTR_NULL(cm_json_get(cm_json_at(cm_json_get(reply.json, "keys"), 0), "d"));
	reply_clear(&reply);
	serve_close(&serve);
}

static const struct cm_test tests[] = {
    {"A28 A30 documents are where they belong and nowhere else", test_A28_places_at_the_root},
    {"U1 U2 below a prefix both forms work and the prefix is told", test_U1_U2_below_a_prefix},
    {"A29 metadata lists what works; no private key goes out", test_A29_only_what_works},
};

CM_SUITE(cm_suite_oauth_metadata, "oauth/metadata", tests);

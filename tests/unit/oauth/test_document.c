#include "oauth/document.h"

#include "fixture.h"
#include "suite.h"

static void test_urls(void)
{
	static const char *const urls[] = {
	    "https://example.org/client.json", "https://example.org/x",
	    "https://example.org/a/b/",        "https://example.org:8443/client",
	    "HTTPS://example.org/client",      "https://example.org/a.b/c..d",
	    "https://example.org/.x",          "https://example.org/.well-known/client",
	    "https://example.org/.../x",       "https://example.org/a/..x/.y",
	};

	for (size_t i = 0; i < COUNT_OF(urls); i++)
		ASSERT_ROW(urls[i], cm_document_is_url(urls[i]));
}

static void test_no_urls(void)
{
	static const char *const texts[] = {
	    "",
	    "my-client",
	    "0123456789abcdef",
	    "https://",
	    "https://example.org",
	    "https://example.org/",
	    "http://example.org/client",
	    "http://localhost/client",
	    "ftp://example.org/client",
	    "app:/client",
	    "https:/client",
	    "//example.org/client",
	    "https://example.org/client#x",
	    "https://example.org/client#",
	    "https://example.org/client?x=1",
	    "https://example.org/client?",
	    "https://user@example.org/client",
	    "https://user:word@example.org/client",
	    "https://@example.org/client",
	    "https://example.org/./client",
	    "https://example.org/../client",
	    "https://example.org/a/../client",
	    "https://example.org/a/..",
	    "https://example.org/a/../",
	    "https://example.org/.well-known/../client",
	    "https://example.org/.well-known/.",
	    "https://example.org/.",
	    "https://example.org/a b",
	    "https://example.org\\@evil.example/x",
	    "https://\xc3\xbc.example/x",
	    " https://example.org/client",
	    "https://example.org/client\n",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ASSERT_ROW(texts[i], !cm_document_is_url(texts[i]));
}

static void test_length(void)
{
	char url[CM_CLIENT_ID_MAX + 2] = "https://example.org/";
	size_t len = strlen(url);

	memset(url + len, 'x', CM_CLIENT_ID_MAX - len);
	url[CM_CLIENT_ID_MAX] = '\0';
	CU_ASSERT_TRUE(cm_document_is_url(url));
	url[CM_CLIENT_ID_MAX] = 'x';
	url[CM_CLIENT_ID_MAX + 1] = '\0';
	CU_ASSERT_FALSE(cm_document_is_url(url));
}

#define ID   "https://example.org/client"
#define GOOD "\"client_id\":\"" ID "\",\"redirect_uris\":[\"https://example.org/cb\"]"
#define NAME ",\"client_name\":\"A client\""

static void test_documents(void)
{
	static const struct {
		const char *text, *word; /* of what is wrong; NULL: nothing */
	} rows[] = {
	    {"{" GOOD NAME "}", NULL},
	    {"{" GOOD NAME ",\"token_endpoint_auth_method\":\"none\"}", NULL},
	    {"{" GOOD NAME ",\"logo_uri\":\"https://example.org/logo\"}", NULL},
	    {"{" GOOD "}", "client_name"},
	    {"{\"client_id\":\"" ID "\"" NAME "}", "redirect_uris"},
	    {"{\"redirect_uris\":[\"https://example.org/cb\"]" NAME "}", "client_id"},
	    {"{" GOOD NAME ",\"client_secret\":\"x\"}", "secret"},
	    {"{" GOOD NAME ",\"client_secret_expires_at\":0}", "secret"},
	    {"{" GOOD NAME ",\"token_endpoint_auth_method\":\"client_secret_post\"}", "secret"},
	    {"[]", "client_id"},
	    {"{", "JSON"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cm_buf text = {0};
		struct cm_client client = {.id = 0};
		struct cm_err err = {0};
		enum cm_status rc;

		cm_buf_puts(&text, rows[i].text);
		rc = cm_document_read(ID, &text, &client, &err);
		ASSERT_ROW(rows[i].text, rc == (rows[i].word == NULL ? CM_OK : CM_INPUT));
		ASSERT_ROW(rows[i].text,
		           rows[i].word == NULL || strstr(err.text, rows[i].word) != NULL);
		cm_client_clear(&client);
		cm_buf_clear(&text);
	}
}

static const struct cm_test tests[] = {
    {"an https URL with a path may be that of a document", test_urls},
    {"what is no https URL, or hides where it leads, is none", test_no_urls},
    {"a document's URL is no longer than a client_id", test_length},
    {"a document says who it is about, and holds no secret", test_documents},
};

CM_SUITE(cm_suite_oauth_document, "oauth/document", tests);

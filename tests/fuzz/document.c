/*
 * Documents that clients publish of themselves, whose URL is the client_id.  What is taken is about
 * the client itself, and redirects only where it may.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/redirect_uri.h"
#include "base/json.h"
#include "fuzz.h"
#include "oauth/document.h"

static void check(const struct cm_client *client)
{
	cm_json *list = NULL;

	fuzz_must(strncmp(client->auth_method, "client_secret_", 14) != 0 &&
	              client->secret_sha256[0] == '\0',
	          "no secret is known");
	fuzz_must(cm_json_parse(client->redirect_uris, strlen(client->redirect_uris), &list,
	                        NULL) == CM_OK,
	          "redirect URIs are JSON");
	for (size_t i = 0; i < cm_json_length(list); i++)
		fuzz_must(cm_redirect_uri_wrong(cm_json_string(cm_json_at(list, i))) == NULL,
		          "all redirect URIs are good");
	cm_json_free(list);
	fuzz_must(cm_client_check_grant(client, "client_credentials", NULL) != CM_OK,
	          "nobody gets a token without a person");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_client client = {.origin = CM_CLIENT_DOCUMENT};
	struct cm_err err = {0};
	struct cm_buf text = {0};

	cm_buf_add(&text, data, size);
	if (cm_document_read("https://client.example/id", &text, &client, &err) == CM_OK)
		check(&client);
	else
		fuzz_must(err.status == CM_INPUT, err.text);
	cm_client_clear(&client);
	cm_buf_clear(&text);
	return 0;
}

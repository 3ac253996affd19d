#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/issue.h"
#include "auth/key.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "store/client.h"
#include "store/setting.h"
#include "tools/toolbox.h"

enum { CALLS_A_SERVER = 20000 };

const struct cm_principal fuzz_root = {.client_id = "casement",
                                       .organization = CM_ORGANIZATION_BUILT_IN,
                                       .scopes = CM_SCOPE_ALL,
                                       .request_id = "",
                                       .address = ""};

static const struct {
	const char *organization, *name, *scopes;
} clients[FUZZ_CLIENTS] = {
    [FUZZ_ADMIN] = {"built-in", "admin", "[{\"name\":\"admin\"}]"},
    [FUZZ_DEMO] = {"my-org", "demo",
                   "[{\"name\":\"read:application\"},{\"name\":\"write:application\"}]"},
    [FUZZ_READER] = {"my-org", "reader", "[{\"name\":\"read:application\"}]"},
};

void fuzz_must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "must hold: %s\n", what);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	fuzz_must(text != NULL, "memory");
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

char *fuzz_line(char *text, char **rest)
{
	size_t len = strcspn(text, "\n");

	*rest = text + len + (text[len] == '\n');
	text[len] = '\0';
	return text;
}

void fuzz_silence(void)
{
	static int null = -1;

	if (null >= 0)
		return;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	fuzz_must(null >= 0 && dup2(null, STDOUT_FILENO) >= 0, "/dev/null");
}

/* --- the server --- */

static void check_log(const char *line, void *arg)
{
	cm_json *json = NULL;

	(void)arg;
	fuzz_must(cm_json_parse(line, strlen(line), &json, NULL) == CM_OK,
	          "a line of the log is JSON");
	cm_json_free(json);
}

static uint64_t random_state;

/* splitmix64 */
static bool random_bytes(void *out, size_t len)
{
	unsigned char *byte = out;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = random_state += 0x9e3779b97f4a7c15u;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		byte[i] = (unsigned char)((z ^ (z >> 27)) >> 32);
	}
	return true;
}

static enum cm_status set_up(struct cm_store *store, void *arg, struct cm_err *err)
{
	struct cm_key key = {0};
	enum cm_status rc;

	(void)arg;
	if ((rc = cm_setting_set(store, "signing_algorithm", "ES256", err)) == CM_OK &&
	    (rc = cm_setting_set(store, "log_level", "info", err)) == CM_OK &&
	    (rc = cm_key_make("ES256", &key, err)) == CM_OK)
		rc = cm_key_create(store, &key, err);
	cm_key_clear(&key);
	return rc;
}

static void call(struct cm_context *ctx, const char *tool, const char *arguments)
{
	struct cm_tool_call call = {
	    .ctx = ctx, .tool = cm_tool_find(&cm_toolbox, tool), .caller = &fuzz_root};
	struct cm_tool_result result = {0};
	struct cm_err err = {0};
	cm_json *json = NULL;

	fuzz_must(cm_json_parse(arguments, strlen(arguments), &json, &err) == CM_OK, err.text);
	call.arguments = json;
	fuzz_must(cm_tool_run(&call, &result, &err) == CM_OK, err.text);
	cm_tool_result_clear(&result);
	cm_json_free(json);
}

static enum cm_status set_secret(struct cm_store *store, void *arg, struct cm_err *err)
{
	char digest[CM_SHA256_HEX];
	const size_t *i = arg;
	enum cm_status rc = cm_crypto_sha256_hex(FUZZ_SECRET, strlen(FUZZ_SECRET), digest, err);

	return rc == CM_OK ? cm_client_set_secret(store, clients[*i].organization, clients[*i].name,
	                                          digest, err)
	                   : rc;
}

static void add_client(struct fuzz_server *server, size_t i)
{
	struct cm_issued token = {0};
	struct cm_client client = {0};
	struct cm_err err = {0};
	char text[400];

	snprintf(text, sizeof text,
	         "{\"application\":{\"owner\":\"%s\",\"name\":\"%s\",\"clientId\":\"%s\","
	         "\"scopes\":%s}}",
	         clients[i].organization, clients[i].name, clients[i].name, clients[i].scopes);
	call(&server->ctx, "add_application", text);
	fuzz_must(cm_store_write(server->ctx.store, set_secret, &i, &err) == CM_OK &&
	              cm_client_get(server->ctx.store, clients[i].name, &client, &err) == CM_OK &&
	              cm_issue_to_client(&server->ctx, &client, NULL, &fuzz_root, &token, &err) ==
	                  CM_OK,
	          err.text);
	server->token[i] = fuzz_text((const uint8_t *)token.jwt.data, token.jwt.len);
	cm_issued_clear(&token);
	cm_client_clear(&client);
}

static void open_server(struct fuzz_server *server)
{
	struct cm_store *store = NULL;
	struct cm_err err = {0};

	random_state = 1;
	cm_log_sink(check_log, NULL);
	cm_crypto_random_source(random_bytes);
	cm_context_init(&server->ctx, ":memory:");
	fuzz_must(cm_store_open(":memory:", true, &store, &err) == CM_OK &&
	              cm_store_write(store, set_up, NULL, &err) == CM_OK,
	          err.text);
	cm_context_take_store(&server->ctx, store);
	fuzz_must(cm_context_refresh(&server->ctx, &err) == CM_OK, err.text);
	cm_context_rest(&server->ctx);
	call(&server->ctx, "add_organization", "{\"organization\":{\"name\":\"built-in\"}}");
	call(&server->ctx, "add_organization", "{\"organization\":{\"name\":\"my-org\"}}");
	for (size_t i = 0; i < FUZZ_CLIENTS; i++)
		add_client(server, i);
}

static void close_server(struct fuzz_server *server)
{
	for (size_t i = 0; i < FUZZ_CLIENTS; i++)
		free(server->token[i]);
	cm_context_clear(&server->ctx);
}

struct fuzz_server *fuzz_server(void)
{
	static struct fuzz_server server;
	static long calls;

	if (calls > 0 && calls % CALLS_A_SERVER == 0)
		close_server(&server);
	if (calls++ % CALLS_A_SERVER == 0)
		open_server(&server);
	return &server;
}

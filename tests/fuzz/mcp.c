/*
 * A request to the MCP endpoint, through the whole program.  The input: who calls (a, d, r: the
 * clients of the server, anything else: nobody), a line of CGI each for its headers, an empty line,
 * the body.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fcgi/answer.h"
#include "fuzz.h"

enum { HEADERS = 12, FIXED = 5 };

struct body {
	const char *data;
	size_t len, at;
};

static long read_body(void *arg, char *out, size_t size)
{
	struct body *body = arg;
	size_t left = body->len - body->at;

	size = size < left ? size : left;
	memcpy(out, body->data + body->at, size);
	body->at += size;
	return (long)size;
}

static const char *authorization(const struct fuzz_server *server, char who, struct cm_buf *out)
{
	const char *found = who == '\0' ? NULL : strchr("adr", who);

	if (found == NULL)
		return "HTTP_X_NOBODY=1";
	cm_buf_printf(out, "HTTP_AUTHORIZATION=Bearer %s", server->token[found - "adr"]);
	return cm_buf_str(out);
}

static void check_answer(const struct cm_buf *out, bool nobody)
{
	const char *text = cm_buf_str(out), *body = strstr(text, "\r\n\r\n");
	cm_json *json = NULL;
	int status = 0;

	fuzz_must(strlen(text) == out->len, "no NUL in the answer");
	fuzz_must(body != NULL && sscanf(text, "Status: %d", &status) == 1,
	          "an answer has its form");
	fuzz_must(status >= 200 && status < 500, "no request makes the server fail");
	fuzz_must(!nobody || status >= 400, "nobody is refused");
	body += 4;
	if (*body != '\0') {
		fuzz_must(cm_json_parse(body, strlen(body), &json, NULL) == CM_OK,
		          "the body is JSON");
		cm_json_free(json);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_server *server = fuzz_server();
	const char *env[FIXED + HEADERS + 1] = {"REQUEST_METHOD=POST", "REQUEST_URI=/api/mcp",
	                                        "REMOTE_ADDR=127.0.0.1"};
	char *text = fuzz_text(data, size), *line, *rest;
	struct cm_buf bearer = {0}, out = {0};
	struct body body = {0};
	struct cm_stream in = {read_body, &body};
	size_t n = 4;

	if (size == 0)
		goto out;
	env[3] = authorization(server, text[0], &bearer);
	for (rest = text + 1; *(line = fuzz_line(rest, &rest)) != '\0' && n < FIXED + HEADERS;) {
		/* Who calls is said by the first character alone. */
		if (strchr(line, '=') != NULL && strstr(line, "AUTHORIZATION") == NULL)
			env[n++] = line;
	}
	body.data = rest;
	body.len = size - (size_t)(rest - text);
	(void)cm_answer(&server->ctx, env, &in, &out);
	check_answer(&out, bearer.len == 0);
out:
	cm_buf_clear(&out);
	cm_buf_clear(&bearer);
	free(text);
	return 0;
}

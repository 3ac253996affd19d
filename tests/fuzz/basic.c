/*
 * How a client says who it is.  The input: a line of kinds (b: Basic with this pair of id and
 * secret, encoded here; h: the Authorization header as it is; n: none) and text, then the body, a
 * form. Whoever is taken for a client gave the secret of it.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "fuzz.h"
#include "oauth/client_request.h"

enum { BEGIN_S = 1700000000, AN_HOUR_S = 3600, HOURS = 20000 };

static void put_header(struct cm_buf *out, const char *line)
{
	size_t len = strlen(line + 1);
	unsigned char *pair = malloc(len * 2 + 8);

	fuzz_must(pair != NULL, "memory");
	EVP_EncodeBlock(pair, (const unsigned char *)line + 1, (int)len);
	cm_buf_printf(out, "HTTP_AUTHORIZATION=%s", line[0] == 'b' ? "Basic " : line + 1);
	if (line[0] == 'b')
		cm_buf_puts(out, (const char *)pair);
	free(pair);
}

static void check(const struct cm_exchange *x, const struct cm_client_request *request,
                  const char *line)
{
	const char *sent = cm_params_get(&request->params, "client_secret");

	fuzz_must(request->client.id > 0 &&
	              strcmp(x->caller.client_id, request->client.client_id) == 0,
	          "the client is the caller");
	/* An empty header is none. */
	if (line[0] == 'n' || (line[0] != 'b' && line[1] == '\0'))
		fuzz_must(sent != NULL && strcmp(sent, FUZZ_SECRET) == 0,
		          "the secret was in the body");
	else
		fuzz_must(sent == NULL, "one way of authentication, not two");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int64_t hour;
	struct fuzz_server *server = fuzz_server();
	char *text = fuzz_text(data, size), *body, *line = fuzz_line(text, &body);
	struct cm_client_request request = {.params.count = 0};
	struct cm_response res;
	struct cm_request req;
	struct cm_exchange x = {.ctx = &server->ctx, .req = &req, .res = &res};
	struct cm_buf header = {0};
	struct cm_err err = {0};

	/* Long enough for every failure to be forgiven; in the past, where old rows may be deleted.
	 */
	cm_clock_fix(BEGIN_S + AN_HOUR_S * (hour++ % HOURS));
	if (*line != '\0' && *line != 'n')
		put_header(&header, line);
	cm_response_init(&res);
	fuzz_must(
	    cm_request_init(&req,
	                    (const char *[]){"REQUEST_METHOD=POST", "REQUEST_URI=/",
	                                     "CONTENT_TYPE=application/x-www-form-urlencoded",
	                                     "REMOTE_ADDR=127.0.0.1",
	                                     header.len > 0 ? cm_buf_str(&header) : NULL, NULL},
	                    body, strlen(body), CM_BODY_WHOLE, NULL) == CM_OK,
	    "a request is made");
	fuzz_must(cm_context_refresh(&server->ctx, NULL) == CM_OK, "the store answers");
	fuzz_must(cm_exchange_set_address(&x, NULL) == CM_OK, "nobody is in between");
	if (cm_client_request_read(&x, &request, &err) == CM_OK)
		check(&x, &request, *line == '\0' ? "n" : line);
	else
		fuzz_must(cm_status_info(err.status)->http < 500, err.text);
	cm_context_rest(&server->ctx);
	cm_client_request_clear(&request);
	cm_response_clear(&res);
	cm_buf_clear(&header);
	cm_clock_release();
	free(text);
	return 0;
}

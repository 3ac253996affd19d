#include "oauth/client_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/assertion.h"
#include "base/encode.h"
#include "oauth/document.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* What the client sent, with the memory that it may need. */
struct sent {
	struct cm_credentials credentials;
	char client_id[CM_CLIENT_ID_MAX + 1]; /* of an assertion that comes without one */
	char *header;                         /* owned copy of the decoded Basic pair */
	size_t header_len;                    /* bytes that it may fill */
};

static enum cm_status bad_client(struct cm_err *err, const char *why)
{
	cm_err_set(err, CM_INVALID_CLIENT, "%s", why);
	return CM_INVALID_CLIENT;
}

/* RFC 6749 section 2.3.1: Basic, where id and secret are form-encoded before they are joined. */
static enum cm_status read_basic(const char *value, struct sent *out, struct cm_err *err)
{
	unsigned char *pair;
	size_t len = 0;
	char *colon;

	if (strncasecmp(value, "Basic ", 6) != 0)
		return bad_client(err, "The Authorization header must use Basic.");
	value += 6 + strspn(value + 6, " ");
	/* All zeros, so that whatever was decoded ends somewhere. */
	pair = calloc(1, strlen(value) + 1);
	if (pair == NULL)
		return cm_err_set(err, CM_NOMEM, "out of memory");
	out->header = (char *)pair;
	out->header_len = strlen(value);
	if (!cm_decode_base64(value, strlen(value), pair, &len) || memchr(pair, 0, len) != NULL)
		return bad_client(err, "The Authorization header is malformed.");
	colon = strchr(out->header, ':');
	if (colon == NULL)
		return bad_client(err, "The Authorization header is malformed.");
	*colon = '\0';
	out->credentials.method = CM_METHOD_BASIC;
	out->credentials.client_id = out->header;
	out->credentials.secret = colon + 1;
	if (!cm_decode_percent(out->header, true) || !cm_decode_percent(colon + 1, true))
		return bad_client(err, "The Authorization header is malformed.");
	return CM_OK;
}

/* RFC 7521 section 4.2 */
static enum cm_status read_assertion(const struct cm_params *params, struct sent *out,
                                     struct cm_err *err)
{
	const char *type = cm_params_get(params, "client_assertion_type");
	const char *assertion = cm_params_get(params, "client_assertion");

	if (type == NULL || assertion == NULL || strcmp(type, ASSERTION_TYPE) != 0)
		return bad_client(
		    err,
		    "client_assertion must come with client_assertion_type " ASSERTION_TYPE ".");
	out->credentials.method = CM_METHOD_JWT;
	out->credentials.assertion = assertion;
	return CM_OK;
}

/* One way to authenticate a request, not two (RFC 6749 section 2.3). */
static enum cm_status read_credentials(const struct cm_exchange *x, const struct cm_params *params,
                                       struct sent *out, struct cm_err *err)
{
	const char *header = cm_request_authorization(x->req);
	const char *client_id = cm_params_get(params, "client_id");
	const char *secret = cm_params_get(params, "client_secret");
	bool assertion = cm_params_get(params, "client_assertion") != NULL ||
	                 cm_params_get(params, "client_assertion_type") != NULL;
	enum cm_status rc = CM_OK;

	if ((header != NULL) + (secret != NULL) + assertion > 1)
		return cm_err_set(err, CM_REQUEST, "Authenticate in one way, not in two.");
	if (header != NULL)
		rc = read_basic(header, out, err);
	else if (assertion)
		rc = read_assertion(params, out, err);
	else if (secret != NULL) {
		out->credentials.method = CM_METHOD_POST;
		out->credentials.secret = secret;
	}
	if (rc != CM_OK)
		return rc;
	if (out->credentials.client_id == NULL)
		out->credentials.client_id = client_id;
	/* RFC 7523 section 3: the assertion says it too, and client_id may be left out. */
	if (assertion && client_id == NULL &&
	    cm_assertion_client_id(out->credentials.assertion, out->client_id))
		out->credentials.client_id = out->client_id;
	if (out->credentials.client_id == NULL)
		return bad_client(err, "client_id is needed.");
	if (client_id != NULL && strcmp(client_id, out->credentials.client_id) != 0)
		return cm_err_set(err, CM_REQUEST,
		                  "client_id differs from the Authorization header.");
	return CM_OK;
}

static enum cm_status authenticate(struct cm_exchange *x, struct cm_client_request *request,
                                   struct cm_err *err)
{
	struct sent sent = {.credentials.address = x->caller.address};
	enum cm_status rc = read_credentials(x, &request->params, &sent, err);

	if (rc == CM_OK && sent.credentials.method == CM_METHOD_JWT)
		rc = cm_document_renew(x, sent.credentials.client_id, err);
	if (rc == CM_OK)
		rc = cm_client_authenticate(x->ctx, &sent.credentials, &request->client,
		                            &x->retry_after_s, err);
	if (sent.header != NULL)
		cm_crypto_wipe(sent.header, sent.header_len);
	free(sent.header);
	return rc;
}

enum cm_status cm_client_request_read(struct cm_exchange *x, struct cm_client_request *out,
                                      struct cm_err *err)
{
	enum cm_status rc;

	if (!cm_exchange_is_private(x))
		return cm_err_set(err, CM_REQUEST, "Secrets are taken over https only.");
	if (*x->req->query != '\0')
		return cm_err_set(err, CM_REQUEST,
		                  "Parameters belong in the body, not in the URL.");
	if ((rc = cm_params_read(&out->params, x->req, err)) != CM_OK ||
	    (rc = authenticate(x, out, err)) != CM_OK)
		return rc;
	memcpy(x->caller.client_id, out->client.client_id, sizeof x->caller.client_id);
	memcpy(x->caller.organization, out->client.organization, sizeof x->caller.organization);
	return CM_OK;
}

void cm_client_request_clear(struct cm_client_request *request)
{
	cm_params_clear(&request->params);
	cm_client_clear(&request->client);
}

void cm_client_request_fail(struct cm_exchange *x, const struct cm_err *err)
{
	if (err->status == CM_INVALID_CLIENT && cm_request_authorization(x->req) != NULL)
		cm_response_header(x->res, "WWW-Authenticate", "Basic realm=\"casement\"");
	cm_exchange_fail(x, CM_SHAPE_OAUTH, err);
}

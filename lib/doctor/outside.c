#include "doctor/outside.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "doctor/visit.h"

enum { ANSWER_MAX = 262144 };

static const struct cm_check checks[] = {
    {.name = "connection", .run = visit_connection},
    {.name = "https", .needs = KNOWN_ANSWERS, .run = visit_https},
    {.name = "files", .needs = KNOWN_ANSWERS, .run = visit_files},
    {.name = "path", .needs = KNOWN_ANSWERS, .run = visit_path},
    {.name = "clock", .needs = KNOWN_CASEMENT, .run = visit_clock},
    {.name = "well-known", .needs = KNOWN_CASEMENT, .run = visit_well_known},
    {.name = "issuer", .needs = KNOWN_METADATA, .run = visit_issuer},
    {.name = "prefix", .needs = KNOWN_METADATA, .run = visit_prefix},
    {.name = "keys", .needs = KNOWN_METADATA, .run = visit_jwks},
    {.name = "errors", .needs = KNOWN_CASEMENT, .run = visit_errors},
    {.name = "authorization", .needs = KNOWN_CASEMENT, .run = visit_authorization},
    {.name = "body limit", .needs = KNOWN_ERRORS, .run = visit_body},
    {.name = "chunked", .needs = KNOWN_ERRORS, .run = visit_chunked},
    {.name = "methods", .needs = KNOWN_ERRORS, .run = visit_methods},
    {.name = "cors", .needs = KNOWN_ERRORS, .run = visit_cors},
    {.name = "encoded slash", .needs = KNOWN_ERRORS, .run = visit_slash},
    {.name = "token", .needs = KNOWN_CASEMENT, .run = visit_token},
};

bool visit_send(const struct visit *v, const struct visit_request *request, struct cm_fetched *out,
                struct cm_err *problem)
{
	enum { GIVEN = sizeof request->fields / sizeof *request->fields };
	const char *fields[GIVEN + 2] = {"Accept: application/json, text/event-stream"};
	struct cm_buf url = {0};
	enum cm_status rc;
	size_t count = 1;
	struct cm_fetch fetch = {.method = request->method == NULL ? "GET" : request->method,
	                         .fields = fields,
	                         .body = request->body,
	                         .chunked = request->chunked,
	                         .trusted = true,
	                         .max = ANSWER_MAX};

	if (request->body != NULL)
		fields[count++] = "Content-Type: application/json";
	for (size_t i = 0; i < GIVEN - 1 && request->fields[i] != NULL; i++)
		fields[count++] = request->fields[i];
	fields[count] = NULL;
	if (request->body != NULL)
		fetch.body_len = request->body_len != 0 ? request->body_len : strlen(request->body);
	cm_buf_printf(&url, "%s%s", request->url == NULL ? v->url : request->url,
	              request->url == NULL ? request->path : "");
	fetch.url = cm_buf_str(&url);
	rc = cm_buf_status(&url, problem);
	if (rc == CM_OK)
		rc = cm_fetch(&fetch, out, problem);
	cm_buf_clear(&url);
	return rc == CM_OK;
}

bool visit_is_casement(const struct cm_fetched *answer)
{
	return cm_fetched_field(answer, "X-Request-Id", NULL) > 0;
}

cm_json *visit_json(const struct cm_fetched *answer)
{
	cm_json *json = NULL;

	(void)cm_json_parse(cm_buf_str(&answer->body), answer->body.len, &json, NULL);
	return json;
}

bool visit_challenge(const struct cm_fetched *answer, const char *name, struct cm_buf *out)
{
	struct cm_buf field = {0};
	const char *at;
	size_t len = strlen(name);
	bool found = false;

	(void)cm_fetched_field(answer, "WWW-Authenticate", &field);
	for (at = cm_buf_str(&field); !found && (at = strstr(at, name)) != NULL; at += len) {
		bool begins = at == field.data || at[-1] == ' ' || at[-1] == ',';

		if (!begins || strncmp(at + len, "=\"", 2) != 0)
			continue;
		found = true;
		cm_buf_add(out, at + len + 2, strcspn(at + len + 2, "\""));
	}
	cm_buf_clear(&field);
	return found;
}

void visit_mend_issuer(const struct visit *v, struct cm_finding *f)
{
	/* What is refused as an issuer is not advised. */
	if (strcmp(v->parts.scheme, "https") == 0 || cm_url_is_loopback(&v->parts))
		cm_finding_mend(f, "casement setting set issuer %s", QUOTED_URL(v->url));
	else
		cm_finding_mend(f, "first what https says, then ask again for the https URL");
}

/* As an issuer is written: small letters, no default port, no slash at the end. */
static enum cm_status take_url(struct visit *v, const char *url, struct cm_err *err)
{
	size_t len;
	int written;

	if (!cm_url_parse(url, &v->parts) || v->parts.host[0] == '\0' || v->parts.query ||
	    v->parts.fragment || v->parts.userinfo ||
	    (strcmp(v->parts.scheme, "https") != 0 && strcmp(v->parts.scheme, "http") != 0))
		return cm_err_set(err, CM_INPUT,
		                  "%.100s: must be a URL such as https://example.org", url);
	written = snprintf(v->url, sizeof v->url, "%s%s", v->parts.origin, v->parts.path);
	if (written < 0 || written >= (int)sizeof v->url)
		return cm_err_set(err, CM_INPUT, "the URL is too long");
	for (len = strlen(v->url); v->url[len - 1] == '/'; len--)
		v->url[len - 1] = '\0';
	(void)cm_url_parse(v->url, &v->parts);
	v->prefix = v->parts.path;
	return CM_OK;
}

enum cm_status cm_doctor_outside(const char *url, const char *token, cm_check_told *told, void *arg,
                                 size_t *wrong, struct cm_err *err)
{
	struct visit visit = {.token = token};
	enum cm_status rc = take_url(&visit, url, err);

	*wrong = 0;
	if (rc == CM_OK)
		*wrong = cm_check_all(checks, sizeof checks / sizeof *checks, &visit, &visit.known,
		                      told, arg);
	cm_fetched_clear(&visit.health);
	cm_json_free(visit.metadata);
	return rc;
}

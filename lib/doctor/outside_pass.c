#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/jwt.h"
#include "base/clock.h"
#include "doctor/visit.h"

#define MCP      "/api/mcp"
#define PING     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"
#define STRANGER "https://doctor.example"

enum { CLOCK_SLACK_S = 60, CHUNKED_BYTES = 1000 };

/* Say that an answer is not Casement's. */
static void say_foreign(const struct visit *v, const char *what, const struct cm_fetched *answer,
                        const struct cm_err *problem, struct cm_finding *f)
{
	if (problem->status != CM_OK)
		cm_finding_say(f, CM_VERDICT_WRONG, "%s does not get through: %s.", what,
		               problem->text);
	else
		cm_finding_say(f, CM_VERDICT_WRONG, "%s does not get through: %s answers %d.", what,
		               cm_web_server_name(v->server), answer->status);
}

/* --- 401 --- */

static void judge_challenge(struct visit *v, const struct cm_fetched *answer, struct cm_finding *f)
{
	struct cm_buf metadata = {0};
	cm_json *body = visit_json(answer);

	if (answer->status != 401) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "A request without a token is answered %d and not 401.",
		               answer->status);
		cm_mend_put(f, CM_MEND_ERRORS, v->server);
	} else if (!visit_challenge(answer, "resource_metadata", &metadata)) {
		cm_finding_say(
		    f, CM_VERDICT_WRONG,
		    "401 comes without its WWW-Authenticate: clients can't find out where "
		    "to get a token.");
		cm_mend_put(f, CM_MEND_ERRORS, v->server);
	} else if (cm_json_get(cm_json_get(body, "error"), "code") == NULL) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "%s puts its own page in the place of Casement's errors.",
		               cm_web_server_name(v->server));
		cm_mend_put(f, CM_MEND_ERRORS, v->server);
	} else {
		v->known |= KNOWN_ERRORS;
		cm_finding_say(f, CM_VERDICT_OK, "401 arrives with its challenge and its body.");
	}
	cm_json_free(body);
	cm_buf_clear(&metadata);
}

void visit_errors(void *visit, struct cm_finding *f)
{
	struct visit *v = visit;
	struct cm_fetched answer = {0};
	struct cm_err err = {0};
	const struct visit_request request = {.method = "POST", .path = MCP, .body = PING};

	if (visit_send(v, &request, &answer, &err) &&
	    (visit_is_casement(&answer) || answer.status == 401)) {
		judge_challenge(v, &answer, f);
	} else {
		say_foreign(v, "POST " MCP, &answer, &err, f);
		cm_mend_put(f, CM_MEND_ERRORS, v->server);
	}
	cm_fetched_clear(&answer);
}

/* error="invalid_token" is said only when a token arrived (RFC 6750 section 3.1). */
void visit_authorization(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	struct cm_fetched answer = {0};
	struct cm_buf error = {0};
	struct cm_err err = {0};
	const struct visit_request request = {
	    .method = "POST",
	    .path = MCP,
	    .fields = {"Authorization: Bearer doctor-has-no-token"},
	    .body = PING,
	};

	if (!visit_send(v, &request, &answer, &err) || answer.status != 401) {
		say_foreign(v, "A request with a token", &answer, &err, f);
		cm_mend_put(f, CM_MEND_ERRORS, v->server);
	} else if (visit_challenge(&answer, "error", &error)) {
		cm_finding_say(f, CM_VERDICT_OK, "The Authorization header arrives.");
	} else {
		cm_finding_say(
		    f, CM_VERDICT_WRONG,
		    "%s strips the Authorization header: no token and no client's secret "
		    "arrives.",
		    cm_web_server_name(v->server));
		cm_mend_put(f, CM_MEND_AUTHORIZATION, v->server);
	}
	cm_buf_clear(&error);
	cm_fetched_clear(&answer);
}

/* --- bodies --- */

static void put_body(struct cm_buf *out, size_t len)
{
	static const char begin[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"pad\":\"";
	static const char end[] = "\"}}";

	cm_buf_puts(out, begin);
	while (out->len + sizeof end - 1 < len)
		cm_buf_add(out, "................",
		           len - out->len - (sizeof end - 1) < 16
		               ? len - out->len - (sizeof end - 1)
		               : 16);
	cm_buf_puts(out, end);
}

/* Send a body of that many bytes; false when the web server does not let it through. */
static bool send_body(const struct visit *v, size_t len, bool chunked, struct cm_fetched *answer,
                      struct cm_err *problem)
{
	struct cm_buf body = {0};
	struct visit_request request = {.method = "POST", .path = MCP, .chunked = chunked};
	bool sent;

	put_body(&body, len);
	request.body = cm_buf_str(&body);
	request.body_len = body.len;
	sent = cm_buf_status(&body, problem) == CM_OK && visit_send(v, &request, answer, problem) &&
	       visit_is_casement(answer);
	cm_buf_clear(&body);
	return sent;
}

void visit_body(void *visit, struct cm_finding *f)
{
	static const size_t sizes[] = {4096, 65536, 200000, 1048576};
	const struct visit *v = visit;
	bool passes = true;

	for (size_t i = 0; passes && i < sizeof sizes / sizeof *sizes; i++) {
		struct cm_fetched answer = {0};
		struct cm_err err = {0};
		char what[64];

		passes = send_body(v, sizes[i], false, &answer, &err);
		snprintf(what, sizeof what, "A body of %zu bytes", sizes[i]);
		if (!passes) {
			say_foreign(v, what, &answer, &err, f);
			cm_mend_put(f, CM_MEND_BODY, v->server);
		}
		cm_fetched_clear(&answer);
	}
	if (passes)
		cm_finding_say(f, CM_VERDICT_OK, "Bodies of 1 MiB get through.");
}

void visit_chunked(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	struct cm_fetched answer = {0};
	struct cm_err err = {0};

	if (send_body(v, CHUNKED_BYTES, true, &answer, &err)) {
		cm_finding_say(f, CM_VERDICT_OK, "Bodies without Content-Length get through.");
	} else {
		say_foreign(v, "A body without Content-Length", &answer, &err, f);
		cm_mend_put(f, CM_MEND_CHUNKED, v->server);
	}
	cm_fetched_clear(&answer);
}

/* --- methods, CORS, paths --- */

void visit_methods(void *visit, struct cm_finding *f)
{
	static const char *const methods[] = {"OPTIONS", "PUT", "DELETE"};
	const struct visit *v = visit;

	cm_finding_say(f, CM_VERDICT_OK, "OPTIONS, PUT and DELETE get through.");
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		struct visit_request request = {.method = methods[i], .path = MCP};
		struct cm_fetched answer = {0};
		struct cm_err err = {0};

		if (!visit_send(v, &request, &answer, &err) || !visit_is_casement(&answer))
			say_foreign(v, methods[i], &answer, &err, f);
		cm_fetched_clear(&answer);
	}
	if (f->verdict == CM_VERDICT_WRONG)
		cm_mend_put(f, CM_MEND_METHODS, v->server);
}

/* The metadata is for the pages of everyone: one "*", and nothing that the web server added. */
void visit_cors(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	const struct visit_request request = {
	    .method = "OPTIONS",
	    .path = "/.well-known/oauth-protected-resource",
	    .fields = {"Origin: " STRANGER, "Access-Control-Request-Method: GET"},
	};
	struct cm_fetched answer = {0};
	struct cm_buf origin = {0};
	struct cm_err err = {0};
	bool sent = visit_send(v, &request, &answer, &err);
	size_t count = cm_fetched_field(&answer, "Access-Control-Allow-Origin", &origin);

	if (!sent || !visit_is_casement(&answer)) {
		say_foreign(v, "A preflight", &answer, &err, f);
		cm_mend_put(f, CM_MEND_METHODS, v->server);
	} else if (count != 1 || strcmp(cm_buf_str(&origin), "*") != 0) {
		cm_finding_say(
		    f, CM_VERDICT_WRONG,
		    "%s changes Access-Control-Allow-Origin: there are %zu, the first is "
		    "\"%.100s\" and not \"*\". Browsers refuse that.",
		    cm_web_server_name(v->server), count, cm_buf_str(&origin));
		cm_mend_put(f, CM_MEND_FIELDS, v->server);
	} else {
		cm_finding_say(f, CM_VERDICT_OK, "Preflights of browsers get through.");
	}
	cm_buf_clear(&origin);
	cm_fetched_clear(&answer);
}

void visit_slash(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	struct cm_fetched answer = {0};

	if (visit_send(v, &(struct visit_request){.path = "/api/oauth/register/a%2Fb"}, &answer,
	               NULL) &&
	    visit_is_casement(&answer)) {
		cm_finding_say(f, CM_VERDICT_OK, "%%2F in a path gets through.");
	} else {
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "%s answers paths with %%2F itself (%d); clients whose id is a URL "
		               "can't look after their registration.",
		               cm_web_server_name(v->server), answer.status);
		cm_mend_put(f, CM_MEND_SLASH, v->server);
	}
	cm_fetched_clear(&answer);
}

/* --- what must not be given out --- */

/* Whether a body begins as a database, or a write-ahead log of one, does. */
static bool is_state(const struct cm_buf *body)
{
	return (body->len >= 16 && memcmp(body->data, "SQLite format 3", 16) == 0) ||
	       (body->len >= 4 && (memcmp(body->data, "\x37\x7f\x06\x82", 4) == 0 ||
	                           memcmp(body->data, "\x37\x7f\x06\x83", 4) == 0));
}

static bool gives_out(const struct visit *v, const char *base, const char *path)
{
	struct cm_fetched answer = {0};
	struct cm_buf url = {0};
	struct visit_request request = {.fields = {"Range: bytes=0-1023"}};
	bool given;

	cm_buf_printf(&url, "%s%s", base, path);
	request.url = cm_buf_str(&url);
	given = visit_send(v, &request, &answer, NULL) &&
	        (answer.status == 200 || answer.status == 206) && is_state(&answer.body);
	cm_fetched_clear(&answer);
	cm_buf_clear(&url);
	return given;
}

void visit_files(void *visit, struct cm_finding *f)
{
	static const char *const paths[] = {"/casement.db",       "/casement.db-wal",
	                                    "/var/casement.db",   "/data/casement.db",
	                                    "/db/casement.db",    "/casement/casement.db",
	                                    "/lib/casement.db",   "/private/casement.db",
	                                    "/state/casement.db", "/casement-state/casement.db"};
	const struct visit *v = visit;

	cm_finding_say(f, CM_VERDICT_OK, "The database is not where it can be guessed.");
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		const char *base = v->parts.origin;

		for (int twice = 0; twice < (*v->prefix == '\0' ? 1 : 2); twice++, base = v->url) {
			if (gives_out(v, base, paths[i]))
				cm_finding_say(f, CM_VERDICT_WRONG,
				               "Anyone can download the database, with the private "
				               "keys, from %s%s.",
				               base, paths[i]);
		}
	}
	if (f->verdict == CM_VERDICT_WRONG) {
		cm_mend_put(f, CM_MEND_FILES, v->server);
		cm_finding_mend(
		    f, "then make new keys and secrets, for the old ones are known: casement "
		       "key rotate, casement application rotate-secret");
	}
}

/* --- with a token --- */

/* A call with the visit's token; its result, NULL when it failed.  The caller frees *json. */
static const cm_json *call(const struct visit *v, const char *body, cm_json **json,
                           struct cm_finding *f)
{
	struct visit_request request = {.method = "POST", .path = MCP, .body = body};
	struct cm_buf authorization = {0}, why = {0};
	struct cm_fetched answer = {0};
	const cm_json *result = NULL;
	struct cm_err err = {0};

	cm_buf_printf(&authorization, "Authorization: Bearer %s", v->token);
	request.fields[0] = cm_buf_str(&authorization);
	*json = NULL;
	if (visit_send(v, &request, &answer, &err)) {
		*json = visit_json(&answer);
		result = cm_json_get(*json, "result");
	}
	if (result == NULL) {
		(void)visit_challenge(&answer, "error_description", &why);
		cm_finding_say(f, CM_VERDICT_WRONG, "The token opens nothing (%d): %s",
		               answer.status,
		               err.status != CM_OK ? err.text
		               : why.len > 0       ? cm_buf_str(&why)
		                                   : "no result.");
		cm_finding_mend(f, "casement token issue OWNER/NAME makes a new one");
	}
	cm_buf_clear(&authorization);
	cm_buf_clear(&why);
	cm_fetched_clear(&answer);
	return result;
}

/* The first tool that lists something, which needs no arguments; NULL without one. */
static const char *reading_tool(const cm_json *tools)
{
	for (size_t i = 0; i < cm_json_length(tools); i++) {
		const char *name = cm_json_string(cm_json_get(cm_json_at(tools, i), "name"));
		size_t len = name == NULL ? 0 : strlen(name);

		if (len > 5 && strncmp(name, "get_", 4) == 0 && name[len - 1] == 's')
			return name;
	}
	return NULL;
}

static void try_tool(const struct visit *v, const cm_json *tools, struct cm_finding *f)
{
	const char *tool = reading_tool(tools);
	const cm_json *result;
	struct cm_buf body = {0};
	cm_json *json = NULL;
	bool failed = false;

	cm_finding_say(f, CM_VERDICT_OK, "It opens %zu tools.", cm_json_length(tools));
	if (tool == NULL)
		return;
	cm_buf_printf(&body,
	              "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
	              "\"name\":\"%.64s\",\"arguments\":{\"pageSize\":1}}}",
	              tool);
	result = call(v, cm_buf_str(&body), &json, f);
	(void)cm_json_bool(cm_json_get(result, "isError"), &failed);
	if (result != NULL && !failed)
		cm_finding_say(f, CM_VERDICT_OK, "%.64s works.", tool);
	else if (result != NULL)
		cm_finding_say(f, CM_VERDICT_NOTE, "%.64s failed.", tool);
	cm_json_free(json);
	cm_buf_clear(&body);
}

static void judge_times(const struct visit *v, struct cm_finding *f)
{
	int64_t now_s = cm_clock_now_s(), issued_s = now_s, expires_s = now_s + 1;
	cm_json *claims = NULL;

	if (cm_jwt_peek(v->token, &claims) != CM_OK)
		return;
	(void)cm_json_integer(cm_json_get(claims, "iat"), &issued_s);
	(void)cm_json_integer(cm_json_get(claims, "exp"), &expires_s);
	if (issued_s > now_s + CLOCK_SLACK_S)
		cm_finding_say(
		    f, CM_VERDICT_NOTE,
		    "The token is from the future: by this machine's clock it is issued in "
		    "%" PRId64 " seconds.",
		    issued_s - now_s);
	if (expires_s <= now_s)
		cm_finding_say(f, CM_VERDICT_NOTE,
		               "The token expired %" PRId64
		               " seconds ago, by this machine's clock.",
		               now_s - expires_s);
	cm_json_free(claims);
}

void visit_token(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	const cm_json *result;
	cm_json *json = NULL;

	if (v->token == NULL)
		return;
	result = call(v, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", &json, f);
	if (result != NULL)
		try_tool(v, cm_json_get(result, "tools"), f);
	judge_times(v, f);
	cm_json_free(json);
}

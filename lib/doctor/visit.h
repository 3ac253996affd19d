#ifndef CM_DOCTOR_VISIT_H
#define CM_DOCTOR_VISIT_H

/* Only for the files of lib/doctor that examine from outside. */

#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "doctor/finding.h"
#include "doctor/mend.h"
#include "http/fetch.h"

/* What checks need; set by the check that finds it out. */
enum { KNOWN_ANSWERS = 1, KNOWN_CASEMENT = 2, KNOWN_METADATA = 4, KNOWN_ERRORS = 8 };

struct visit {
	char url[CM_URL_MAX + 1]; /* without a slash at its end */
	struct cm_url parts;
	const char *prefix; /* the path of the URL */
	const char *token;  /* NULL: none */
	enum cm_web_server server;
	struct cm_fetched health; /* the answer of /api/health */
	cm_json *metadata;        /* of the authorization server; owned, NULL until it was found */
	unsigned known;
};

/* What a request of a visit adds to the URL. */
struct visit_request {
	const char *method; /* NULL: GET */
	const char *url;    /* NULL: path below the visit's URL */
	const char *path;
	const char *fields[8]; /* header fields */
	const char *body;      /* NULL: none; its type is JSON */
	size_t body_len;       /* 0: up to the NUL */
	bool chunked;
};

/*
 * Send a request; what keeps the answer from coming is in problem.  out is cleared by the caller.
 */
bool visit_send(const struct visit *v, const struct visit_request *request, struct cm_fetched *out,
                struct cm_err *problem);

/* Whether an answer is Casement's own: the web server's have no request id. */
bool visit_is_casement(const struct cm_fetched *answer);

/* The body as JSON, NULL when it is none; the caller frees it. */
cm_json *visit_json(const struct cm_fetched *answer);

/* The value of a parameter of a challenge (RFC 9110 section 11.2) in quotes; false without one. */
bool visit_challenge(const struct cm_fetched *answer, const char *name, struct cm_buf *out);

/* Tell how the visit's URL becomes the one that Casement calls itself. */
void visit_mend_issuer(const struct visit *v, struct cm_finding *f);

/* A URL as a word of a command: what a server says of itself may be anything. */
#define QUOTED_URL(url) cm_text_quote(url, (char[CM_TEXT_QUOTED(CM_URL_MAX + 16)]){0})

/* A check of the table in outside.c. */
typedef void visit_check(void *visit, struct cm_finding *finding);

/* outside_reach.c: whether it is there, and what it says about itself */
visit_check visit_connection, visit_path, visit_https, visit_clock, visit_issuer, visit_well_known,
    visit_prefix, visit_jwks;

/* outside_pass.c: what the web server lets through */
visit_check visit_errors, visit_authorization, visit_body, visit_chunked, visit_methods, visit_cors,
    visit_slash, visit_files, visit_token;

#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "doctor/visit.h"

enum { CLOCK_SLACK_S = 60 };

#define HEALTH "/api/health"

static void mend_connection(const struct visit *v, enum cm_fetch_trouble trouble,
                            struct cm_finding *f)
{
	switch (trouble) {
	case CM_FETCH_RESOLVE:
		cm_finding_mend(f, "give %s an A or AAAA record in the DNS, or correct --url",
		                v->parts.host);
		break;
	case CM_FETCH_TLS:
		cm_finding_mend(f, "a certificate for %s with its whole chain:", v->parts.host);
		cm_finding_mend(f, "Apache: SSLCertificateFile fullchain.pem");
		cm_finding_mend(f, "lighttpd: ssl.pemfile = \"fullchain.pem\"");
		cm_finding_mend(f, "nginx: ssl_certificate fullchain.pem;");
		break;
	default:
		cm_finding_mend(f, "start the web server, let it listen on that port, and open the "
		                   "port in the firewall");
	}
}

void visit_connection(void *visit, struct cm_finding *f)
{
	struct visit *v = visit;
	struct cm_buf server = {0};
	struct cm_err err = {0};

	if (!visit_send(v, &(struct visit_request){.path = HEALTH}, &v->health, &err)) {
		cm_finding_say(f, CM_VERDICT_WRONG, "No answer from %s: %s.", v->parts.origin,
		               err.text);
		mend_connection(v, v->health.trouble, f);
		return;
	}
	v->known |= KNOWN_ANSWERS;
	(void)cm_fetched_field(&v->health, "Server", &server);
	v->server = cm_web_server_of(cm_buf_str(&server));
	cm_finding_say(f, CM_VERDICT_OK, "%s answers%s%.100s.", v->parts.origin,
	               server.len > 0 ? " as " : "", cm_buf_str(&server));
	cm_buf_clear(&server);
}

/* --- the path --- */

static void say_redirect(struct visit *v, struct cm_finding *f)
{
	struct cm_buf location = {0};

	(void)cm_fetched_field(&v->health, "Location", &location);
	cm_finding_say(
	    f, CM_VERDICT_WRONG,
	    "The web server redirects to %.300s; clients follow no redirect with a token.",
	    cm_buf_str(&location));
	cm_finding_mend(f, "tell clients, and the issuer setting, the URL that it redirects to");
	cm_buf_clear(&location);
}

/* What a Casement says its URL is, when it is asked at the root of the host; false without one. */
static bool issuer_at_root(const struct visit *v, struct cm_buf *out)
{
	struct cm_fetched answer = {0};
	struct cm_buf url = {0};
	cm_json *json = NULL;
	const char *issuer = NULL;

	cm_buf_printf(&url, "%s/.well-known/oauth-authorization-server", v->parts.origin);
	if (visit_send(v, &(struct visit_request){.url = cm_buf_str(&url)}, &answer, NULL))
		json = visit_json(&answer);
	issuer = cm_json_string(cm_json_get(json, "issuer"));
	if (issuer != NULL)
		cm_buf_printf(out, "%.300s", issuer);
	cm_json_free(json);
	cm_fetched_clear(&answer);
	cm_buf_clear(&url);
	return issuer != NULL;
}

/* Casement itself knows nothing at this path. */
static void say_other_prefix(const struct visit *v, struct cm_finding *f)
{
	struct cm_buf issuer = {0};

	if (issuer_at_root(v, &issuer))
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The prefix is lost: Casement is mounted at %s and takes %s for its "
		               "URL.",
		               v->url, cm_buf_str(&issuer));
	else
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The prefix is lost: Casement is mounted at %s, and its issuer has "
		               "another path, or its database can't be opened.",
		               v->url);
	visit_mend_issuer(v, f);
	cm_finding_mend(f, "casement doctor, on the server, looks at the database");
	cm_buf_clear(&issuer);
}

static void say_not_mounted(const struct visit *v, struct cm_finding *f)
{
	struct cm_buf issuer = {0};

	cm_finding_say(f, CM_VERDICT_WRONG,
	               "Casement is not at this path: %s" HEALTH " is answered %d by %s.", v->url,
	               v->health.status, cm_web_server_name(v->server));
	if (issuer_at_root(v, &issuer)) {
		cm_finding_say(f, CM_VERDICT_WRONG, "One that is there calls itself %s.",
		               cm_buf_str(&issuer));
		cm_finding_mend(f, "ask for that one: --url %s", QUOTED_URL(cm_buf_str(&issuer)));
	}
	cm_mend_put(f, CM_MEND_MOUNT, v->server);
	cm_buf_clear(&issuer);
}

void visit_path(void *visit, struct cm_finding *f)
{
	struct visit *v = visit;
	int status = v->health.status;

	if (visit_is_casement(&v->health) && status == 200) {
		v->known |= KNOWN_CASEMENT;
		cm_finding_say(f, CM_VERDICT_OK, "Casement answers at %s.", v->url);
	} else if (visit_is_casement(&v->health) && status == 503) {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "Casement answers that its database can't be used (503).");
		cm_finding_mend(f, "casement doctor, on the server and as the database's owner, "
		                   "says why");
	} else if (visit_is_casement(&v->health)) {
		say_other_prefix(v, f);
	} else if (status >= 300 && status < 400) {
		say_redirect(v, f);
	} else if (status == 401 || status == 403) {
		cm_finding_say(f, CM_VERDICT_WRONG, "%s lets nobody through (%d).",
		               cm_web_server_name(v->server), status);
		cm_mend_put(f, CM_MEND_ALLOW, v->server);
	} else if (status >= 500) {
		cm_finding_say(f, CM_VERDICT_WRONG, "%s can't start or reach Casement (%d).",
		               cm_web_server_name(v->server), status);
		cm_mend_put(f, CM_MEND_START, v->server);
	} else {
		say_not_mounted(v, f);
	}
}

/* --- encryption and time --- */

/* Whether the same name answers without encryption, other than by a redirect. */
static bool answers_plainly(const struct visit *v)
{
	struct cm_fetched answer = {0};
	struct cm_buf url = {0};
	bool plain;

	cm_buf_printf(&url, "http://%s%s" HEALTH, v->parts.host, v->prefix);
	plain = visit_send(v, &(struct visit_request){.url = cm_buf_str(&url)}, &answer, NULL) &&
	        answer.status == 200 && visit_is_casement(&answer);
	cm_fetched_clear(&answer);
	cm_buf_clear(&url);
	return plain;
}

void visit_https(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	char encrypted[CM_URL_MAX + 16];

	if (strcmp(v->parts.scheme, "https") == 0) {
		if (answers_plainly(v))
			cm_finding_say(
			    f, CM_VERDICT_NOTE,
			    "It answers on http:// too, where a token can be read on the "
			    "way; a redirect to https:// is better.");
		else
			cm_finding_say(f, CM_VERDICT_OK, "The certificate is good.");
	} else if (cm_url_is_loopback(&v->parts)) {
		cm_finding_say(f, CM_VERDICT_OK, "Not needed on this machine itself.");
	} else {
		cm_finding_say(
		    f, CM_VERDICT_WRONG,
		    "http:// to another machine: whoever is on the way reads passwords and "
		    "tokens, and MCP clients refuse it.");
		snprintf(encrypted, sizeof encrypted, "https://%s%s", v->parts.host, v->prefix);
		cm_finding_mend(f,
		                "a certificate for the web server, then: casement setting set "
		                "issuer %s",
		                QUOTED_URL(encrypted));
	}
}

/* RFC 9110 section 5.6.7, the one form that is sent today; false when it isn't that. */
static bool parse_date(const char *text, int64_t *out)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

	if (end == NULL || *end != '\0')
		return false;
	*out = timegm(&tm);
	return true;
}

void visit_clock(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	int64_t theirs_s = 0, skew_s;
	struct cm_buf date = {0};

	(void)cm_fetched_field(&v->health, "Date", &date);
	if (!parse_date(cm_buf_str(&date), &theirs_s)) {
		cm_finding_say(f, CM_VERDICT_NOTE, "The web server sends no Date.");
	} else {
		skew_s = theirs_s - cm_clock_now_s();
		if (llabs(skew_s) <= CLOCK_SLACK_S) {
			cm_finding_say(f, CM_VERDICT_OK, "It tells the same time as this machine.");
		} else {
			cm_finding_say(f, CM_VERDICT_WRONG,
			               "Its clock is off, or this machine's: it is %" PRId64
			               " seconds %s. Tokens expire at the wrong time.",
			               (int64_t)llabs(skew_s), skew_s > 0 ? "ahead" : "behind");
			cm_finding_mend(f,
			                "timedatectl set-ntp true, on the machine that is wrong");
		}
	}
	cm_buf_clear(&date);
}

/* --- what it says about itself --- */

/* Where a well-known document may be asked for, and the member by which it is recognised. */
enum form { BELOW_MOUNT, AT_ROOT, AT_ROOT_WITH_MCP };

static const struct well_known {
	const char *name, *member;
	enum form form;
} documents[] = {
    {"oauth-authorization-server", "issuer", AT_ROOT},
    {"openid-configuration", "issuer", AT_ROOT},
    {"oauth-protected-resource", "resource", AT_ROOT_WITH_MCP},
    {"oauth-protected-resource", "resource", AT_ROOT},
    {"oauth-authorization-server", "issuer", BELOW_MOUNT},
    {"openid-configuration", "issuer", BELOW_MOUNT},
    {"oauth-protected-resource", "resource", BELOW_MOUNT},
    {"jwks", "keys", BELOW_MOUNT},
};

static void put_path(const struct visit *v, const struct well_known *document, struct cm_buf *out)
{
	bool root = document->form != BELOW_MOUNT;

	cm_buf_printf(out, "%s/.well-known/%s%s%s", root ? "" : v->prefix, document->name,
	              root ? v->prefix : "", document->form == AT_ROOT_WITH_MCP ? "/api/mcp" : "");
}

/* Whether a document is there; the first metadata is kept. */
static bool look_up(struct visit *v, const struct well_known *document, const char *path,
                    bool *reached)
{
	struct cm_fetched answer = {0};
	struct cm_buf url = {0};
	cm_json *json = NULL;
	bool there = false;

	cm_buf_printf(&url, "%s%s", v->parts.origin, path);
	if (visit_send(v, &(struct visit_request){.url = cm_buf_str(&url)}, &answer, NULL) &&
	    answer.status == 200) {
		json = visit_json(&answer);
		there = cm_json_get(json, document->member) != NULL;
	}
	*reached = visit_is_casement(&answer);
	if (there && v->metadata == NULL && strcmp(document->member, "issuer") == 0) {
		v->metadata = json;
		v->known |= KNOWN_METADATA;
		json = NULL;
	}
	cm_json_free(json);
	cm_fetched_clear(&answer);
	cm_buf_clear(&url);
	return there;
}

void visit_well_known(void *visit, struct cm_finding *f)
{
	struct visit *v = visit;
	bool not_routed = false, reached;

	cm_finding_say(f, CM_VERDICT_OK, "All documents are where clients look for them.");
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		struct cm_buf path = {0};

		/* At the root of the host, both places are one. */
		if (documents[i].form == BELOW_MOUNT && *v->prefix == '\0' &&
		    strcmp(documents[i].name, "jwks") != 0)
			continue;
		put_path(v, &documents[i], &path);
		if (!look_up(v, &documents[i], cm_buf_str(&path), &reached)) {
			cm_finding_say(f, CM_VERDICT_WRONG, "%s is not there%s.", cm_buf_str(&path),
			               reached ? ", says Casement" : "");
			not_routed = not_routed || !reached;
		}
		cm_buf_clear(&path);
	}
	if (not_routed)
		cm_mend_put(f, CM_MEND_WELL_KNOWN, v->server);
	else if (f->verdict == CM_VERDICT_WRONG)
		visit_mend_issuer(v, f);
}

static const char *told_issuer(const struct visit *v)
{
	const char *issuer = cm_json_string(cm_json_get(v->metadata, "issuer"));

	return issuer == NULL ? "" : issuer;
}

void visit_issuer(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	const char *issuer = told_issuer(v);

	if (strcmp(issuer, v->url) == 0) {
		cm_finding_say(f, CM_VERDICT_OK, "It calls itself %s.", issuer);
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "It calls itself %.300s; clients that were given %s refuse that.", issuer,
	               v->url);
	visit_mend_issuer(v, f);
	cm_finding_mend(f, "or give clients the URL that it calls itself");
}

/* Every URL is made from the issuer, so that only a wrong path has more to tell than that. */
void visit_prefix(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	const char *issuer = told_issuer(v);
	size_t origin = strlen(v->parts.origin);

	if (*v->prefix == '\0' || strncmp(issuer, v->parts.origin, origin) != 0)
		return;
	if (strcmp(issuer + origin, v->prefix) == 0) {
		cm_finding_say(f, CM_VERDICT_OK, "Every URL that it tells begins with it.");
		return;
	}
	cm_finding_say(f, CM_VERDICT_WRONG,
	               "The prefix %s is lost: clients are sent to %.300s, and not below %s.",
	               v->prefix, issuer, v->url);
	visit_mend_issuer(v, f);
	cm_finding_mend(f, "and let no proxy in front cut the prefix off the path");
}

void visit_jwks(void *visit, struct cm_finding *f)
{
	const struct visit *v = visit;
	const char *url = cm_json_string(cm_json_get(v->metadata, "jwks_uri"));
	struct cm_fetched answer = {0};
	cm_json *json = NULL;
	size_t keys = 0;

	if (url != NULL && visit_send(v, &(struct visit_request){.url = url}, &answer, NULL) &&
	    answer.status == 200) {
		json = visit_json(&answer);
		keys = cm_json_length(cm_json_get(json, "keys"));
	}
	if (keys > 0) {
		cm_finding_say(f, CM_VERDICT_OK, "%zu public %s published.", keys,
		               keys == 1 ? "key is" : "keys are");
	} else if (json != NULL) {
		cm_finding_say(f, CM_VERDICT_WRONG, "It has no signing key.");
		cm_finding_mend(f, "casement key rotate");
	} else {
		cm_finding_say(f, CM_VERDICT_WRONG,
		               "The public keys can't be fetched from %.300s (%d).",
		               url == NULL ? "" : url, answer.status);
		visit_mend_issuer(v, f);
	}
	cm_json_free(json);
	cm_fetched_clear(&answer);
}

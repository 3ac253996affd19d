#include "store/setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/query.h"

struct setting {
	struct cm_setting_info info;
	enum { TEXT, NUMBER } type;
	size_t offset;
	size_t size;      /* TEXT: bytes of the member */
	int64_t min, max; /* NUMBER */
	/* TEXT: may change the value to its one written form; says what is wrong with it */
	const char *(*check)(char *value);
};

/* RFC 8414 section 2: no query, no fragment; https, except on this machine itself. */
static const char *check_issuer(char *value)
{
	size_t len = strlen(value);
	struct cm_url url;

	while (len > 0 && value[len - 1] == '/')
		value[--len] = '\0';
	if (!cm_url_parse(value, &url) || url.host[0] == '\0')
		return "must be an absolute URL such as https://example.org";
	if (url.query || url.fragment || url.userinfo)
		return "must have no query, fragment or user name";
	if (strcmp(url.scheme, "https") != 0 &&
	    !(strcmp(url.scheme, "http") == 0 && cm_url_is_loopback(&url)))
		return "must begin with https:// (http:// only for a loopback address)";
	if (strncmp(value, url.origin, strlen(url.origin)) != 0 ||
	    url.path != value + strlen(url.origin))
		return "must have its host in lower case and no default port";
	if (strstr(url.path, "//") != NULL || strchr(url.path, '%') != NULL)
		return "must have a plain path";
	return NULL;
}

static const char *check_algorithm(char *value)
{
	bool known = strcmp(value, "RS256") == 0 || strcmp(value, "ES256") == 0;

	return known ? NULL : "must be RS256 or ES256";
}

static const char *check_origins(char *value)
{
	const char *cursor = value, *word;
	size_t len;

	while ((word = cm_text_word(&cursor, " ", &len)) != NULL) {
		char one[CM_URL_MAX + 1];
		struct cm_url url;

		if (len >= sizeof one)
			return "has an origin that is too long";
		memcpy(one, word, len);
		one[len] = '\0';
		if (!cm_url_parse(one, &url) || strcmp(url.origin, one) != 0)
			return "must be origins such as https://example.org, separated by spaces";
	}
	return NULL;
}

static const char *check_log_level(char *value)
{
	bool known =
	    strcmp(value, "off") == 0 || strcmp(value, "error") == 0 || strcmp(value, "info") == 0;

	return known ? NULL : "must be off, error or info";
}

static const char *check_log_target(char *value)
{
	return strcmp(value, CM_LOG_SERVER) == 0 || strcmp(value, CM_LOG_SYSLOG) == 0 ||
	               value[0] == '/'
	           ? NULL
	           : "must be server, syslog, or the absolute path of a file";
}

static const char *check_registration(char *value)
{
	bool known =
	    strcmp(value, "off") == 0 || strcmp(value, "token") == 0 || strcmp(value, "open") == 0;

	return known ? NULL : "must be off, token or open";
}

static const char *check_digest(char *value)
{
	size_t len = strlen(value);

	return len == 0 || (len == CM_SHA256_HEX - 1 && strspn(value, "0123456789abcdef") == len)
	           ? NULL
	           : "must be empty or a SHA-256 in hexadecimal";
}

static const char *check_switch(char *value)
{
	return strcmp(value, "on") == 0 || strcmp(value, "off") == 0 ? NULL : "must be on or off";
}

static const char *check_addresses(char *value)
{
	return cm_address_is_list(value)
	           ? NULL
	           : "must be IP addresses and ranges such as 192.0.2.0/24, separated by commas";
}

#define MEMBER(member)                                                                             \
	offsetof(struct cm_settings, member), sizeof((struct cm_settings *)NULL)->member

static const struct setting table[] = {
    {{"issuer", "http://127.0.0.1:8080", "Public URL of this server; all its URLs begin with it"},
     TEXT,
     MEMBER(issuer),
     0,
     0,
     check_issuer},
    {{"signing_algorithm", "RS256", "How access tokens are signed: RS256 or ES256"},
     TEXT,
     MEMBER(signing_algorithm),
     0,
     0,
     check_algorithm},
    {{"access_token_lifetime_s", "3600", "Life of access tokens in seconds"},
     NUMBER,
     MEMBER(access_token_lifetime_s),
     10,
     86400,
     NULL},
    {{"refresh_token_lifetime_s", "2592000",
      "Life of refresh tokens in seconds, anew with each use"},
     NUMBER,
     MEMBER(refresh_token_lifetime_s),
     60,
     31536000,
     NULL},
    {{"session_lifetime_s", "43200", "Life of a sign-in in a browser in seconds"},
     NUMBER,
     MEMBER(session_lifetime_s),
     60,
     2592000,
     NULL},
    {{"session_idle_s", "3600", "Life in seconds of a sign-in that is not used"},
     NUMBER,
     MEMBER(session_idle_s),
     60,
     2592000,
     NULL},
    {{"registration", "open",
      "Who may register clients: off, token (who has the initial access token) or open"},
     TEXT,
     MEMBER(registration),
     0,
     0,
     check_registration},
    {{"registration_token_sha256", "",
      "SHA-256 of the initial access token; `casement registration rotate-token` makes one"},
     TEXT,
     MEMBER(registration_token_sha256),
     0,
     0,
     check_digest},
    {{"client_id_metadata_documents", "off",
      "Whether a client_id may be the URL of the client's own document, which is fetched: on, off"},
     TEXT,
     MEMBER(client_id_metadata_documents),
     0,
     0,
     check_switch},
    {{"read_only", "off",
      "on: every change of the registry, by a tool, a command or a registration, is refused"},
     TEXT,
     MEMBER(read_only),
     0,
     0,
     check_switch},
    {{"token_requests_per_minute", "0", "Token requests of a client a minute; 0 for any number"},
     NUMBER,
     MEMBER(token_requests_per_minute),
     0,
     1000000000,
     NULL},
    {{"tool_calls_per_minute", "0",
      "Calls of tools, resources and completions of a client a minute; 0 for any number"},
     NUMBER,
     MEMBER(tool_calls_per_minute),
     0,
     1000000000,
     NULL},
    {{"trusted_proxies", "",
      "Addresses and ranges of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, "
      "separated by commas"},
     TEXT,
     MEMBER(trusted_proxies),
     0,
     0,
     check_addresses},
    {{"metrics_addresses", "",
      "Addresses and ranges that may read /metrics; none: it is off and nothing is counted"},
     TEXT,
     MEMBER(metrics_addresses),
     0,
     0,
     check_addresses},
    {{"audit_retention_days", "365", "How long the rows of the audit trail are kept, in days"},
     NUMBER,
     MEMBER(audit_retention_days),
     1,
     36500,
     NULL},
    {{"max_body_bytes", "1048576", "Largest request body in bytes"},
     NUMBER,
     MEMBER(max_body_bytes),
     1024,
     67108864,
     NULL},
    {{"allowed_origins", "", "Origins of web pages that may call the server, besides its own"},
     TEXT,
     MEMBER(allowed_origins),
     0,
     0,
     check_origins},
    {{"log_level", "error", "What is logged: off, error, or info for a line a request"},
     TEXT,
     MEMBER(log_level),
     0,
     0,
     check_log_level},
    {{"log_target", "server",
      "Where: server for the web server's log, syslog for the system's, or the absolute path of a "
      "file"},
     TEXT,
     MEMBER(log_target),
     0,
     0,
     check_log_target},
};
enum { SETTINGS = sizeof table / sizeof *table };

const struct cm_setting_info *cm_setting_info(size_t index)
{
	return index < SETTINGS ? &table[index].info : NULL;
}

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(table[i].info.name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* Check a value and put it into the settings. */
static enum cm_status apply(const struct setting *row, char *value, struct cm_settings *settings,
                            struct cm_err *err)
{
	char *at = (char *)settings + row->offset;
	const char *wrong = NULL;

	if (row->type == NUMBER) {
		size_t digits = strspn(value, "0123456789");
		long long number;

		errno = 0;
		number = strtoll(value, NULL, 10);
		if (digits == 0 || value[digits] != '\0' || errno != 0 || number < row->min ||
		    number > row->max)
			return cm_err_set(err, CM_INPUT,
			                  "%s must be a whole number from %lld to %lld",
			                  row->info.name, (long long)row->min, (long long)row->max);
		memcpy(at, &(int64_t){number}, sizeof(int64_t));
		return CM_OK;
	}
	if (row->check != NULL)
		wrong = row->check(value);
	if (wrong == NULL && strlen(value) >= row->size)
		wrong = "is too long";
	if (wrong != NULL)
		return cm_err_set(err, CM_INPUT, "%s %s", row->info.name, wrong);
	memcpy(at, value, strlen(value) + 1);
	return CM_OK;
}

enum cm_status cm_setting_revision(struct cm_store *store, char out[CM_ID_TEXT], struct cm_err *err)
{
	struct cm_query q;

	out[0] = '\0';
	cm_query_begin(&q, store, CM_STMT_SETTING_REVISION, err);
	if (cm_query_row(&q))
		cm_query_column_copy(&q, 0, out, CM_ID_TEXT);
	else if (q.rc == CM_OK)
		q.rc = cm_err_set(err, CM_STORE, "the table configuration has no row");
	return cm_query_end(&q);
}

enum cm_status cm_settings_load(struct cm_store *store, struct cm_settings *out, struct cm_err *err)
{
	char value[CM_SETTING_TEXT_MAX];
	struct cm_err wrong = {0};
	struct cm_query q;

	*out = (struct cm_settings){0};
	for (size_t i = 0; i < SETTINGS; i++) {
		snprintf(value, sizeof value, "%s", table[i].info.fallback);
		(void)apply(&table[i], value, out, err);
	}
	cm_query_begin(&q, store, CM_STMT_SETTING_LIST, err);
	while (cm_query_row(&q)) {
		const char *name = cm_query_column_text(&q, 0);
		const struct setting *row = name == NULL ? NULL : find(name);

		cm_query_column_copy(&q, 1, value, sizeof value);
		/* A row that was edited into nonsense by hand must not be half obeyed. */
		if (q.rc == CM_OK && row != NULL && apply(row, value, out, &wrong) != CM_OK)
			q.rc = cm_err_set(err, CM_STORE, "setting: %s", wrong.text);
	}
	return cm_query_end(&q);
}

bool cm_settings_equal(const struct cm_settings *a, const struct cm_settings *b)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *left = (const char *)a + table[i].offset;
		const char *right = (const char *)b + table[i].offset;
		bool same = table[i].type == NUMBER ? memcmp(left, right, sizeof(int64_t)) == 0
		                                    : strcmp(left, right) == 0;

		if (!same)
			return false;
	}
	return true;
}

enum cm_status cm_setting_text(const struct cm_settings *settings, const char *name,
                               char out[CM_SETTING_TEXT_MAX], struct cm_err *err)
{
	const struct setting *row = find(name);
	const char *at;
	int64_t number;

	if (row == NULL)
		return cm_err_set(err, CM_NOT_FOUND, "There is no setting %s.", name);
	at = (const char *)settings + row->offset;
	if (row->type == NUMBER) {
		memcpy(&number, at, sizeof number);
		snprintf(out, CM_SETTING_TEXT_MAX, "%lld", (long long)number);
	} else {
		snprintf(out, CM_SETTING_TEXT_MAX, "%s", at);
	}
	return CM_OK;
}

/* Check a value; copy gets it in its one written form. */
static enum cm_status check(const char *name, const char *value, char copy[CM_SETTING_TEXT_MAX],
                            struct cm_err *err)
{
	const struct setting *row = find(name);
	struct cm_settings scratch;

	if (row == NULL)
		return cm_err_set(err, CM_NOT_FOUND, "There is no setting %s.", name);
	if (strlen(value) >= CM_SETTING_TEXT_MAX)
		return cm_err_set(err, CM_INPUT, "%s is too long", name);
	memcpy(copy, value, strlen(value) + 1);
	return apply(row, copy, &scratch, err);
}

enum cm_status cm_setting_check(const char *name, const char *value, struct cm_err *err)
{
	char copy[CM_SETTING_TEXT_MAX];

	return check(name, value, copy, err);
}

enum cm_status cm_setting_set(struct cm_store *store, const char *name, const char *value,
                              struct cm_err *err)
{
	char copy[CM_SETTING_TEXT_MAX];
	struct cm_query q;
	enum cm_status rc = check(name, value, copy, err);

	if (rc != CM_OK)
		return rc;
	cm_query_begin(&q, store, CM_STMT_SETTING_SET, err);
	cm_query_text(&q, ":name", name);
	cm_query_text(&q, ":value", copy);
	cm_query_integer(&q, ":updated_at_s", cm_clock_now_s());
	return cm_query_finish(&q);
}

#include "http/fetch.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/address.h"
#include "base/log.h"

enum {
	TIMEOUT_MS = 5000,
	TRUSTED_TIMEOUT_MS = 30000,
	CONNECT_TIMEOUT_MS = 3000,
	CHUNK_PAUSE_MS = 100,
	HEAD_MAX = 65536
};

/*
 * libcurl is loaded by the first fetch.  Linked in, it and what it needs would double the time that
 * a CGI process takes to start, for something that few installations switch on.
 */
static struct {
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
} lib;

static bool load(void)
{
	static const struct {
		const char *name;
		void *slot;
	} symbols[] = {
	    {"curl_easy_init", &lib.easy_init},           {"curl_easy_setopt", &lib.easy_setopt},
	    {"curl_easy_perform", &lib.easy_perform},     {"curl_easy_getinfo", &lib.easy_getinfo},
	    {"curl_easy_cleanup", &lib.easy_cleanup},     {"curl_slist_append", &lib.slist_append},
	    {"curl_slist_free_all", &lib.slist_free_all},
	};
	void *library;

	if (lib.easy_init != NULL)
		return true;
	library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = sizeof symbols / sizeof *symbols; library != NULL && i-- > 0;) {
		void *symbol = dlsym(library, symbols[i].name);

		if (symbol == NULL)
			return false;
		memcpy(symbols[i].slot, &symbol, sizeof symbol);
	}
	return library != NULL;
}

/* A request under way. */
struct transfer {
	const struct cm_fetch *request;
	struct cm_fetched *out;
	size_t sent;                   /* bytes of the body */
	char problem[CURL_ERROR_SIZE]; /* libcurl's own words */
};

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count, room = t->request->max - t->out->body.len;

	cm_buf_add(&t->out->body, data, len < room ? len : room);
	if (len > room)
		t->out->cut = true;
	return t->out->body.failed || t->out->cut ? 0 : len;
}

/* Before the fields of the answer there may be those of a 100 (Continue). */
static size_t take_head(char *data, size_t size, size_t count, void *arg)
{
	struct cm_buf *head = &((struct transfer *)arg)->out->head;
	size_t len = size * count;

	if (len > 5 && strncmp(data, "HTTP/", 5) == 0)
		cm_buf_reset(head);
	else if (head->len + len <= HEAD_MAX)
		cm_buf_add(head, data, len);
	return head->failed ? 0 : len;
}

static size_t give_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = t->request->body_len - t->sent;

	if (t->request->chunked && t->sent == 0)
		len = (len + 1) / 2;
	else if (t->request->chunked && len > 0)
		nanosleep(&(struct timespec){.tv_nsec = CHUNK_PAUSE_MS * 1000000L}, NULL);
	if (len > size * count)
		len = size * count;
	memcpy(data, t->request->body + t->sent, len);
	t->sent += len;
	return len;
}

/* The name was resolved by now: this is the address that the connection goes to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg;
	if (purpose != CURLSOCKTYPE_IPCXN || !cm_address_is_public(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool set_reach(CURL *curl, const struct cm_fetch *request)
{
	if (request->trusted)
		return lib.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
		       lib.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TRUSTED_TIMEOUT_MS) ==
		           CURLE_OK;
	return lib.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
}

static bool set_body(CURL *curl, struct transfer *t)
{
	if (t->request->body == NULL)
		return true;
	return lib.easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_READFUNCTION, give_body) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_READDATA, t) == CURLE_OK &&
	       (t->request->chunked
	            /* HTTP/2 has no such thing. */
	            ? lib.easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1)
	            : lib.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
	                              (curl_off_t)t->request->body_len)) == CURLE_OK;
}

static bool set_options(CURL *curl, struct transfer *t, struct curl_slist *fields)
{
	return set_reach(curl, t->request) && set_body(curl, t) &&
	       lib.easy_setopt(curl, CURLOPT_URL, t->request->url) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, t->request->method) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       /* A thread looks names up: out of time, it ends by itself. */
	       lib.easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) ==
	           CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_ERRORBUFFER, t->problem) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_HEADERDATA, t) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_HTTPHEADER, fields) == CURLE_OK;
}

/* The caller's fields, and the two that libcurl would otherwise choose by itself. */
static bool make_fields(const struct cm_fetch *request, struct curl_slist **out)
{
	const char *more[] = {"Expect:", request->chunked ? "Transfer-Encoding: chunked" : NULL,
	                      NULL};
	const char *const *lists[] = {more, request->fields};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		for (const char *const *field = lists[i]; field != NULL && *field != NULL;
		     field++) {
			struct curl_slist *longer = lib.slist_append(*out, *field);

			if (longer == NULL)
				return false;
			*out = longer;
		}
	}
	return true;
}

static enum cm_fetch_trouble trouble_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return CM_FETCH_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return CM_FETCH_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return CM_FETCH_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return CM_FETCH_TIMEOUT;
	default:
		return CM_FETCH_OTHER;
	}
}

static enum cm_status perform(CURL *curl, struct transfer *t, struct cm_err *err)
{
	CURLcode code = lib.easy_perform(curl);
	long status = 0;

	(void)lib.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	t->out->status = (int)status;
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && t->out->cut))
		return CM_OK;
	t->out->trouble = trouble_of(code);
	return cm_err_set(err, CM_INPUT, "%s",
	                  t->problem[0] != '\0' ? t->problem : "The request failed");
}

enum cm_status cm_fetch(const struct cm_fetch *request, struct cm_fetched *out, struct cm_err *err)
{
	struct transfer t = {.request = request, .out = out};
	struct curl_slist *fields = NULL;
	enum cm_status rc;
	CURL *curl;

	if (!load())
		return cm_err_set(err, CM_INTERNAL, "libcurl.so.4 can't be loaded");
	curl = lib.easy_init();
	if (curl == NULL || !make_fields(request, &fields) || !set_options(curl, &t, fields))
		rc = cm_err_set(err, CM_INTERNAL, "libcurl can't be set up");
	else
		rc = perform(curl, &t, err);
	lib.easy_cleanup(curl);
	lib.slist_free_all(fields);
	if (rc == CM_OK && (rc = cm_buf_status(&out->head, err)) == CM_OK)
		rc = cm_buf_status(&out->body, err);
	return rc;
}

void cm_fetched_clear(struct cm_fetched *fetched)
{
	cm_buf_clear(&fetched->head);
	cm_buf_clear(&fetched->body);
	*fetched = (struct cm_fetched){0};
}

size_t cm_fetched_field(const struct cm_fetched *fetched, const char *name, struct cm_buf *out)
{
	const char *line = cm_buf_str(&fetched->head);
	size_t count = 0, len = strlen(name);

	for (; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *value = line + len + 1;

		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		value += strspn(value, " \t");
		if (count++ == 0 && out != NULL)
			cm_buf_add(out, value, strcspn(value, "\r\n"));
	}
	return count;
}

static bool is_json(const struct cm_fetched *fetched)
{
	struct cm_buf field = {0};
	const char *type;
	size_t len;
	bool json;

	(void)cm_fetched_field(fetched, "Content-Type", &field);
	type = cm_buf_str(&field);
	len = strcspn(type, "; \t");
	json = (len == 16 && strncasecmp(type, "application/json", len) == 0) ||
	       (len > 17 && strncasecmp(type, "application/", 12) == 0 &&
	        strncasecmp(type + len - 5, "+json", 5) == 0);
	cm_buf_clear(&field);
	return json;
}

enum cm_status cm_fetch_json(const char *url, size_t max, struct cm_buf *out, struct cm_err *err)
{
	static const char *const fields[] = {"Accept: application/json", NULL};
	const struct cm_fetch request = {.method = "GET", .url = url, .fields = fields, .max = max};
	struct cm_fetched fetched = {0};
	struct cm_err why = {0};
	enum cm_status rc = cm_fetch(&request, &fetched, &why);

	if (rc != CM_OK)
		cm_log_error(NULL, "fetch: %s", why.text);
	if (rc == CM_INTERNAL || rc == CM_NOMEM)
		rc = cm_err_set(err, rc, "%s", why.text);
	else if (rc != CM_OK || fetched.cut || fetched.status != 200 || !is_json(&fetched))
		rc = cm_err_set(err, CM_INPUT, "The document could not be fetched from its URL.");
	else
		cm_buf_append(out, &fetched.body);
	cm_fetched_clear(&fetched);
	return rc == CM_OK ? cm_buf_status(out, err) : rc;
}

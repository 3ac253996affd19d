#include "http/fetch.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/address.h"
#include "base/log.h"

enum { TIMEOUT_MS = 5000, CONNECT_TIMEOUT_MS = 3000 };

/*
 * libcurl is loaded by the first fetch.  Linked in, it and what it needs would double the time that
 * a CGI process takes to start, for something that few installations switch on.
 */
static struct {
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
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
	    {"curl_easy_init", &lib.easy_init},
	    {"curl_easy_setopt", &lib.easy_setopt},
	    {"curl_easy_perform", &lib.easy_perform},
	    {"curl_easy_getinfo", &lib.easy_getinfo},
	    {"curl_easy_strerror", &lib.easy_strerror},
	    {"curl_easy_cleanup", &lib.easy_cleanup},
	    {"curl_slist_append", &lib.slist_append},
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

struct sink {
	struct cm_buf *out;
	size_t max;
};

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct sink *sink = arg;
	size_t len = size * count;

	if (sink->out->len + len > sink->max)
		return 0;
	cm_buf_add(sink->out, data, len);
	return sink->out->failed ? 0 : len;
}

/* The name was resolved by now: this is the address that the connection goes to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg;
	if (purpose != CURLSOCKTYPE_IPCXN || !cm_address_is_public(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool set_options(CURL *curl, const char *url, struct sink *sink, struct curl_slist *headers)
{
	return lib.easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) ==
	           CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_WRITEDATA, sink) == CURLE_OK &&
	       lib.easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
}

static bool is_json(CURL *curl)
{
	char *type = NULL;
	size_t len;

	if (lib.easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == NULL)
		return false;
	len = strcspn(type, "; \t");
	return (len == 16 && strncasecmp(type, "application/json", len) == 0) ||
	       (len > 17 && strncasecmp(type, "application/", 12) == 0 &&
	        strncasecmp(type + len - 5, "+json", 5) == 0);
}

static enum cm_status run(CURL *curl, struct cm_err *err)
{
	CURLcode code = lib.easy_perform(curl);
	long status = 0;

	(void)lib.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		cm_log_error(NULL, "fetch: %s", lib.easy_strerror(code));
	if (code != CURLE_OK || status != 200 || !is_json(curl))
		return cm_err_set(err, CM_INPUT, "The document could not be fetched from its URL.");
	return CM_OK;
}

enum cm_status cm_fetch_json(const char *url, size_t max, struct cm_buf *out, struct cm_err *err)
{
	struct curl_slist *headers = NULL;
	struct sink sink = {out, max};
	CURL *curl = NULL;
	enum cm_status rc;

	if (!load())
		return cm_err_set(err, CM_INTERNAL, "libcurl.so.4 can't be loaded");
	curl = lib.easy_init();
	headers = lib.slist_append(NULL, "Accept: application/json");
	if (curl == NULL || headers == NULL || !set_options(curl, url, &sink, headers))
		rc = cm_err_set(err, CM_INTERNAL, "libcurl can't be set up");
	else
		rc = run(curl, err);
	lib.easy_cleanup(curl);
	lib.slist_free_all(headers);
	return rc == CM_OK ? cm_buf_status(out, err) : rc;
}

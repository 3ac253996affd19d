/*
 * URLs, redirect URIs and client_ids that are URLs, against libcurl, which fetches what we allow.
 * The input: a URL, a line end, another that is registered.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "auth/redirect_uri.h"
#include "base/json.h"
#include "base/url.h"
#include "fuzz.h"
#include "oauth/document.h"

/* libcurl writes 127.1 and 0x7f000001 as 127.0.0.1; there is no such address in ours. */
static bool same_host(const char *ours, const char *theirs)
{
	struct in_addr address;
	char plain[INET_ADDRSTRLEN];

	if (strcasecmp(ours, theirs) == 0)
		return true;
	return inet_aton(ours, &address) == 1 &&
	       inet_ntop(AF_INET, &address, plain, sizeof plain) != NULL &&
	       strcmp(plain, theirs) == 0;
}

static bool same_address(const char *ours, const char *theirs)
{
	struct in6_addr a, b;
	char copy[2][64];

	for (int i = 0; i < 2; i++) {
		snprintf(copy[i], sizeof copy[i], "%.63s", (i == 0 ? ours : theirs) + 1);
		copy[i][strcspn(copy[i], "]")] = '\0';
	}
	return inet_pton(AF_INET6, copy[0], &a) == 1 && inet_pton(AF_INET6, copy[1], &b) == 1 &&
	       memcmp(&a, &b, sizeof a) == 0;
}

/* The host that we judge is the host that libcurl would go to. */
static void check_host(const char *text, const struct cm_url *url)
{
	char *host = NULL;
	CURLU *curl = curl_url();

	fuzz_must(curl != NULL, "memory");
	if (curl_url_set(curl, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(curl, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		fuzz_must(url->host[0] == '[' && host[0] == '[' ? same_address(url->host, host)
		                                                : same_host(url->host, host),
		          "libcurl has the same host");
	curl_free(host);
	curl_url_cleanup(curl);
}

static void check_parts(const char *text, const struct cm_url *url)
{
	struct cm_url origin;

	fuzz_must(url->path >= text && url->path_len <= strlen(url->path), "the path is a part");
	if (url->host[0] == '\0')
		return;
	fuzz_must(cm_url_parse(url->origin, &origin) && strcmp(origin.host, url->host) == 0 &&
	              strcmp(origin.origin, url->origin) == 0 && *origin.path == '\0',
	          "an origin is its own origin");
	if (strcmp(url->scheme, "https") == 0 || strcmp(url->scheme, "http") == 0)
		check_host(text, url);
}

static void check_redirect(const char *uri, const char *registered)
{
	struct cm_buf list = {0};
	struct cm_url url, other;

	cm_json_put_open(&list, '[');
	cm_json_put_string(&list, registered);
	cm_json_put_close(&list, ']');
	if (cm_redirect_uri_registered(cm_buf_str(&list), uri) == CM_OK) {
		fuzz_must(cm_url_parse(uri, &url) && cm_url_parse(registered, &other) &&
		              strcmp(url.host, other.host) == 0 &&
		              strcmp(url.scheme, other.scheme) == 0 &&
		              strcmp(url.path, other.path) == 0 && !url.fragment && !url.userinfo,
		          "who is redirected goes where was registered");
		fuzz_must(strcmp(url.scheme, "http") != 0 || cm_url_is_loopback(&url),
		          "and not without TLS, but to this machine");
	}
	cm_buf_clear(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *registered, *uri = fuzz_line(text, &registered);
	struct cm_url url;

	if (cm_url_parse(uri, &url))
		check_parts(uri, &url);
	if (cm_document_is_url(uri))
		fuzz_must(cm_url_parse(uri, &url) && strcmp(url.scheme, "https") == 0 &&
		              url.host[0] != '\0',
		          "a document has a host, and TLS");
	(void)cm_url_is_path(uri);
	if (cm_redirect_uri_wrong(uri) == NULL)
		fuzz_must(cm_url_parse(uri, &url) && strcmp(url.scheme, "javascript") != 0,
		          "a redirect URI is a URI, and no script");
	check_redirect(uri, registered);
	free(text);
	return 0;
}

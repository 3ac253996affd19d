#include "base/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alnum(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 section 3.1) */
static const char *parse_scheme(const char *text, struct cm_url *out)
{
	size_t len = 0;

	while (is_alnum(text[len]) || (text[len] != '\0' && strchr("+-.", text[len]) != NULL)) {
		if (len + 1 >= sizeof out->scheme)
			return NULL;
		out->scheme[len] = lower(text[len]);
		len++;
	}
	out->scheme[len] = '\0';
	if (len == 0 || !(out->scheme[0] >= 'a' && out->scheme[0] <= 'z') || text[len] != ':')
		return NULL;
	return text + len + 1;
}

/* host = IP-literal / IPv4address / reg-name (RFC 3986 section 3.2.2), of those only plain ones */
static bool parse_host(const char *text, size_t len, struct cm_url *out)
{
	bool bracket = len > 1 && text[0] == '[' && text[len - 1] == ']';
	struct in6_addr address;

	if (len == 0 || len >= sizeof out->host)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!bracket && !is_alnum(text[i]) && strchr("-._", text[i]) == NULL)
			return false;
		out->host[i] = lower(text[i]);
	}
	out->host[len] = '\0';
	if (!bracket)
		return true;
	out->host[len - 1] = '\0';
	if (inet_pton(AF_INET6, out->host + 1, &address) != 1)
		return false;
	out->host[len - 1] = ']';
	return true;
}

/* authority = [ userinfo "@" ] host [ ":" port ] (RFC 3986 section 3.2) */
static bool parse_authority(const char *text, size_t len, struct cm_url *out)
{
	const char *at = memchr(text, '@', len);
	const char *colon;
	char *end = NULL;
	long port = 0;

	if (at != NULL) {
		out->userinfo = true;
		len -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	colon = len > 0 && text[0] == '[' ? memchr(text, ']', len) : text;
	colon = colon == NULL ? NULL : memchr(colon, ':', len - (size_t)(colon - text));
	if (colon != NULL) {
		size_t digits = len - (size_t)(colon + 1 - text);

		if (digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") < digits)
			return false;
		port = strtol(colon + 1, &end, 10);
		if (port < 1 || port > 65535)
			return false;
		len = (size_t)(colon - text);
	}
	if (!parse_host(text, len, out))
		return false;
	if (port == 0 || (port == 443 && strcmp(out->scheme, "https") == 0) ||
	    (port == 80 && strcmp(out->scheme, "http") == 0))
		snprintf(out->origin, sizeof out->origin, "%s://%s", out->scheme, out->host);
	else
		snprintf(out->origin, sizeof out->origin, "%s://%s:%ld", out->scheme, out->host,
		         port);
	return true;
}

static bool has_only_uri_characters(const char *text)
{
	return strlen(text) <= CM_URL_MAX && cm_text_is_visible(text) &&
	       strpbrk(text, " \"<>\\^`{|}") == NULL;
}

bool cm_url_is_path(const char *text)
{
	return text[0] == '/' && text[1] != '/' && has_only_uri_characters(text);
}

bool cm_url_parse(const char *text, struct cm_url *out)
{
	const char *rest;

	*out = (struct cm_url){0};
	if (!has_only_uri_characters(text))
		return false;
	rest = parse_scheme(text, out);
	if (rest == NULL)
		return false;
	if (strncmp(rest, "//", 2) == 0) {
		size_t len = strcspn(rest + 2, "/?#");

		if (!parse_authority(rest + 2, len, out))
			return false;
		rest += 2 + len;
	}
	out->path = rest;
	out->path_len = strcspn(rest, "?#");
	out->fragment = strchr(rest, '#') != NULL;
	out->query = rest[out->path_len] == '?';
	return true;
}

static void put_escaped(struct cm_buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		if (is_alnum(*text) || strchr("-._~", *text) != NULL)
			cm_buf_add(buf, text, 1);
		else
			cm_buf_printf(buf, "%%%02X", (unsigned char)*text);
	}
}

void cm_url_put_query(struct cm_buf *url, const char *name, const char *value)
{
	cm_buf_puts(url, strchr(cm_buf_str(url), '?') == NULL ? "?" : "&");
	put_escaped(url, name);
	cm_buf_puts(url, "=");
	put_escaped(url, value);
}

bool cm_url_address_is_loopback(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &six) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

bool cm_url_is_loopback(const struct cm_url *url)
{
	if (strcmp(url->host, "localhost") == 0 || strcmp(url->host, "[::1]") == 0)
		return true;
	/* A name such as 127.evil.example is no address. */
	return cm_url_address_is_loopback(url->host);
}

#include "http/cookie.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { NAME_SIZE = 40 };

/*
 * The name that a browser keeps for https only is refused by it elsewhere.  It goes with a path of
 * "/" alone, so who is under another one has a name by that: two servers under one host would sign
 * people out of each other.
 */
static void cookie_name(const struct cm_exchange *x, char out[NAME_SIZE])
{
	const char *prefix = x->ctx->prefix;
	bool https = strncmp(x->ctx->settings.issuer, "https:", 6) == 0;
	char digest[CM_SHA256_HEX] = "";

	/* Without a digest no cookie is found: who has one signs in once more. */
	if (*prefix != '\0')
		(void)cm_crypto_sha256_hex(prefix, strlen(prefix), digest, NULL);
	snprintf(out, NAME_SIZE, "%scasement%s%.16s", https ? "__Host-" : "",
	         *prefix == '\0' ? "" : "-", digest);
}

/*
 * The next pair of a Cookie header (RFC 6265 section 4.2.1) without the blanks around it.  A value
 * may hold blanks that another host chose, so only a semicolon ends it.
 */
static const char *next_pair(const char **header, size_t *len)
{
	const char *pair = cm_text_word(header, ";", len);

	if (pair == NULL)
		return NULL;
	for (; *len > 0 && (*pair == ' ' || *pair == '\t'); pair++)
		--*len;
	while (*len > 0 && (pair[*len - 1] == ' ' || pair[*len - 1] == '\t'))
		--*len;
	return pair;
}

bool cm_cookie_get(const struct cm_exchange *x, char out[CM_SECRET_TEXT])
{
	const char *header = cm_request_variable(x->req, "HTTP_COOKIE");
	char name[NAME_SIZE];
	size_t name_len, len;
	const char *pair;
	bool found = false;

	cookie_name(x, name);
	name_len = strlen(name);
	while (header != NULL && (pair = next_pair(&header, &len)) != NULL) {
		if (len <= name_len || strncmp(pair, name, name_len) != 0 || pair[name_len] != '=')
			continue;
		if (found || len - name_len - 1 != CM_SECRET_TEXT - 1)
			return false;
		memcpy(out, pair + name_len + 1, CM_SECRET_TEXT - 1);
		out[CM_SECRET_TEXT - 1] = '\0';
		found = true;
	}
	return found;
}

void cm_cookie_set(struct cm_exchange *x, const char *secret)
{
	char name[NAME_SIZE], value[200];

	cookie_name(x, name);
	snprintf(value, sizeof value, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, secret,
	         strncmp(name, "__Host-", 7) == 0 ? "; Secure" : "",
	         *secret == '\0' ? "; Max-Age=0" : "");
	cm_response_header(x->res, "Set-Cookie", value);
}

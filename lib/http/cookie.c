#include "http/cookie.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The name that a browser keeps for https only is refused by it elsewhere. */
static const char *cookie_name(const struct cm_exchange *x)
{
	return strncmp(x->ctx->settings.issuer, "https:", 6) == 0 ? "__Host-casement" : "casement";
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
	const char *name = cookie_name(x), *pair;
	size_t name_len = strlen(name), len;
	bool found = false;

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
	const char *name = cookie_name(x);
	char value[200];

	snprintf(value, sizeof value, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, secret,
	         strncmp(name, "__Host-", 7) == 0 ? "; Secure" : "",
	         *secret == '\0' ? "; Max-Age=0" : "");
	cm_response_header(x->res, "Set-Cookie", value);
}

#include "auth/redirect_uri.h"

#include <string.h>

#include "base/json.h"
#include "base/url.h"

const char *cm_redirect_uri_wrong(const char *uri)
{
	static const char *const refused[] = {"javascript", "data", "file",       "vbscript",
	                                      "about",      "blob", "filesystem", "ftp",
	                                      "ws",         "wss",  "mailto",     "view-source"};
	struct cm_url url;

	if (!cm_url_parse(uri, &url))
		return "must be an absolute URI";
	if (url.fragment || url.userinfo)
		return "must have no fragment and no user name";
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (strcmp(url.scheme, refused[i]) == 0)
			return "has a scheme that is not allowed";
	}
	if (strcmp(url.scheme, "http") == 0 && !cm_url_is_loopback(&url))
		return "must use https, except on a loopback address";
	if (strcmp(url.scheme, "https") == 0 && url.host[0] == '\0')
		return "must name a host";
	return NULL;
}

/* The same loopback host and the same path and query; the port is the system's choice. */
static bool is_same_loopback(const char *registered, const char *uri)
{
	struct cm_url a, b;

	return cm_url_parse(registered, &a) && cm_url_parse(uri, &b) &&
	       strcmp(a.scheme, "http") == 0 && strcmp(b.scheme, "http") == 0 &&
	       cm_url_is_loopback(&a) && strcmp(a.host, b.host) == 0 && !b.userinfo &&
	       !b.fragment && strcmp(a.path, b.path) == 0;
}

enum cm_status cm_redirect_uri_registered(const char *registered, const char *uri)
{
	cm_json *list = NULL;
	bool found = false;
	enum cm_status rc = cm_json_parse(registered, strlen(registered), &list, NULL);

	for (size_t i = 0; !found && i < cm_json_length(list); i++) {
		const char *one = cm_json_string(cm_json_at(list, i));

		found = one != NULL && (strcmp(one, uri) == 0 || is_same_loopback(one, uri));
	}
	cm_json_free(list);
	if (rc == CM_NOMEM)
		return rc;
	/* What was registered by older rules is checked by today's. */
	return found && cm_redirect_uri_wrong(uri) == NULL ? CM_OK : CM_NOT_FOUND;
}

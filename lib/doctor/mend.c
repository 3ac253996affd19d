#include "doctor/mend.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *token; /* as a person writes it, and as a Server field begins */
} servers[CM_WEB_COUNT] = {
    [CM_WEB_UNKNOWN] = {"the web server", ""},
    [CM_WEB_APACHE] = {"Apache", "Apache"},
    [CM_WEB_LIGHTTPD] = {"lighttpd", "lighttpd"},
    [CM_WEB_NGINX] = {"nginx", "nginx"},
};

static const char *const directives[CM_MEND_COUNT][CM_WEB_COUNT] = {
    [CM_MEND_MOUNT] =
        {
            [CM_WEB_APACHE] = "ScriptAlias \"/\" \"/PATH/casement.fcgi/\"; under a prefix: "
                              "ScriptAlias \"/PREFIX\" \"/PATH/casement.fcgi/PREFIX\"",
            [CM_WEB_LIGHTTPD] = "fastcgi.server = ( \"/\" => (( ..., \"check-local\" => "
                                "\"disable\", \"fix-root-scriptname\" => \"enable\" )))",
            [CM_WEB_NGINX] = "location / { include fastcgi_params; fastcgi_pass "
                             "unix:/run/casement/casement.sock; }",
        },
    [CM_MEND_START] =
        {
            [CM_WEB_APACHE] = "the reason is in its ErrorLog; the program needs mode 755, and "
                              "Options +ExecCGI with SetHandler fcgid-script",
            [CM_WEB_LIGHTTPD] = "the reason is in server.errorlog; \"bin-path\" must name the "
                                "program, and its user may make \"socket\"",
            [CM_WEB_NGINX] =
                "the reason is in error_log; the responders must run (systemctl status "
                "casement.socket, service casement status, or spawn-fcgi), and "
                "nginx's user may open the socket (spawn-fcgi -M 0660 -G www-data)",
        },
    [CM_MEND_ALLOW] =
        {
            [CM_WEB_APACHE] = "Require all granted, and no AuthType where Casement is mounted",
            [CM_WEB_LIGHTTPD] = "no auth.require and no url.access-deny for these paths",
            [CM_WEB_NGINX] = "no auth_basic, deny or internal in that location",
        },
    [CM_MEND_WELL_KNOWN] =
        {
            [CM_WEB_APACHE] =
                "ScriptAlias \"/.well-known/NAME/PREFIX\" "
                "\"/PATH/casement.fcgi/.well-known/NAME/PREFIX\", a line for each NAME",
            [CM_WEB_LIGHTTPD] =
                "$HTTP[\"url\"] =~ \"^(/[.]well-known/[a-z-]+)?/PREFIX(/|$)\" { fastcgi.server = "
                "... }",
            [CM_WEB_NGINX] = "location ~ ^(/[.]well-known/[a-z-]+)?/PREFIX(/|$) { include "
                             "fastcgi_params; fastcgi_pass ...; }",
        },
    [CM_MEND_AUTHORIZATION] =
        {
            [CM_WEB_APACHE] = "CGIPassAuth On (in Directory, Location or .htaccess), or SetEnvIf "
                              "Authorization \"^(.+)$\" HTTP_AUTHORIZATION=$1",
            [CM_WEB_LIGHTTPD] = "no setenv.set-request-header and no other rule that empties "
                                "Authorization",
            [CM_WEB_NGINX] = "fastcgi_param HTTP_AUTHORIZATION $http_authorization;",
        },
    [CM_MEND_BODY] =
        {
            [CM_WEB_APACHE] = "FcgidMaxRequestLen 16777216 (in the server or virtual host, "
                              "not in .htaccess), and no smaller LimitRequestBody",
            [CM_WEB_LIGHTTPD] = "server.max-request-size = 16384",
            [CM_WEB_NGINX] = "client_max_body_size 16m;",
        },
    [CM_MEND_CHUNKED] =
        {
            [CM_WEB_APACHE] = "a mod_fcgid or mod_proxy_fcgi that takes chunked bodies (2.3.9, "
                              "2.4)",
            [CM_WEB_LIGHTTPD] = "server.stream-request-body = 0",
            [CM_WEB_NGINX] = "fastcgi_request_buffering on;",
        },
    [CM_MEND_METHODS] =
        {
            [CM_WEB_APACHE] = "no Limit, LimitExcept or RewriteRule that keeps OPTIONS, PUT and "
                              "DELETE away",
            [CM_WEB_LIGHTTPD] = "no url.access-deny by $HTTP[\"request-method\"]",
            [CM_WEB_NGINX] = "no limit_except, and no \"if ($request_method ...)\"",
        },
    [CM_MEND_ERRORS] =
        {
            [CM_WEB_APACHE] = "ProxyErrorOverride Off",
            [CM_WEB_LIGHTTPD] = "server.error-intercept = \"disable\"",
            [CM_WEB_NGINX] = "fastcgi_intercept_errors off;",
        },
    [CM_MEND_FIELDS] =
        {
            [CM_WEB_APACHE] = "no \"Header add\" or \"Header set\" for Access-Control-*",
            [CM_WEB_LIGHTTPD] = "no setenv.add-response-header for Access-Control-*",
            [CM_WEB_NGINX] = "no add_header for Access-Control-*",
        },
    [CM_MEND_SLASH] =
        {
            [CM_WEB_APACHE] = "AllowEncodedSlashes NoDecode",
            [CM_WEB_LIGHTTPD] = "server.http-parseopts = ( \"url-path-2f-decode\" => \"disable\" )",
            [CM_WEB_NGINX] = "fastcgi_param REQUEST_URI $request_uri;",
        },
    [CM_MEND_FILES] =
        {
            [CM_WEB_APACHE] = "move it out of DocumentRoot; until then: <FilesMatch "
                              "\"^casement\\.(db|conf)\">Require all denied</FilesMatch>",
            [CM_WEB_LIGHTTPD] = "move it out of server.document-root; until then: "
                                "url.access-deny = ( \".db\", \".db-wal\", \".conf\" )",
            [CM_WEB_NGINX] = "move it out of root; until then: location ~ "
                             "casement\\.(db|conf) { deny all; }",
        },
};

enum cm_web_server cm_web_server_of(const char *field)
{
	for (int i = CM_WEB_UNKNOWN + 1; i < CM_WEB_COUNT; i++) {
		if (strncasecmp(field, servers[i].token, strlen(servers[i].token)) == 0)
			return (enum cm_web_server)i;
	}
	return CM_WEB_UNKNOWN;
}

const char *cm_web_server_name(enum cm_web_server server)
{
	return servers[server].name;
}

void cm_mend_put(struct cm_finding *finding, enum cm_mend mend, enum cm_web_server server)
{
	for (int i = CM_WEB_UNKNOWN + 1; i < CM_WEB_COUNT; i++) {
		if (server == CM_WEB_UNKNOWN || server == (enum cm_web_server)i)
			cm_finding_mend(finding, "%s: %s", servers[i].name, directives[mend][i]);
	}
}

"""`casement doctor --url`: what is wrong with the web server, made on purpose with real ones."""

import http.server
import os
import shlex
import shutil
import ssl
import subprocess
import threading
import time

import apache
import instance
import lighttpd
import mistakes
import nginx
import servers


class Site(instance.Instance):
    """An installation whose web server need not work."""

    def _start(self):
        self.server.start()
        deadline = time.monotonic() + servers.patient(instance.READY_SECONDS)
        while time.monotonic() < deadline and self.server.running():
            try:
                self.client.get("/api/health")
                return True
            except OSError:
                time.sleep(0.05)
        if "already in use" in self.server.log_since():
            return False
        raise RuntimeError(f"not ready\n{self.server.log_since()}")


def changed(base, **members):
    """A web server like another, but for these members of its class."""
    return type(base.__name__, (base,), members)


def edited(base, old, new, **members):
    """A web server whose configuration has one text in the place of another."""
    def mount(self):
        """How the program gets its paths, with the mistake."""
        conf = base.mount(self)
        assert old in conf, conf
        return conf.replace(old, new)
    return changed(base, mount=mount, **members)


def extended(base, more, modules=(), **members):
    """A lighttpd with more lines at the end of its configuration."""
    def mount(self):
        """How the program gets its paths, with the mistake."""
        return (base.mount(self) +
                "".join(f'server.modules += ( "{module}" )\n' for module in modules) +
                (more(self) if callable(more) else more) + "\n")
    return changed(base, mount=mount, **members)


class UrlCase(mistakes.MistakeCase):
    """Sites with a mistake."""

    @classmethod
    def setUpClass(cls):
        cls.once()

    def site(self, server_class, **options):
        """An installation behind a web server of this class."""
        for program in server_class.programs:
            try:
                servers.find_program(program)
            except FileNotFoundError as error:
                self.skipTest(str(error))
        site = type("Mistaken", (Site,), {"server_class": server_class})
        made = site(**options)
        self.addCleanup(made.close)
        self.use(made)
        return made

    def expect(self, mistake, server_class, check, says, mend="", **options):
        """The mistake is named when the doctor asks for the site's own URL."""
        made = self.site(server_class)
        return self.named(mistake, self.doctor("--url", made.server.url), check, says, mend,
                          **options)


class Well(mistakes.MistakeCase):
    """The installation that the other tests use."""

    def test_nothing_is_wrong(self):
        """With and without a token, and a slash at the end."""
        self.use(instance.Shared.get())
        url = self.instance.server.url
        # A host that allows .htaccess alone keeps its limit of 128 KiB.
        wrong = {"body limit"} if self.instance.server.name == "htaccess" else set()
        token = self.demo()
        for arguments, data in ((("--url", url), ""), (("--url", url + "/"), ""),
                                (("--url", url, "--token", token), ""),
                                (("--url", url, "--token", "-"), f"{token}\nmore\n")):
            with self.subTest(arguments=arguments):
                findings = self.doctor(*arguments, data=data)
                self.assertEqual({finding["check"] for finding in findings
                                  if finding["status"] == "wrong"}, wrong, findings)
                self.assertNotIn("the rest", {finding["check"] for finding in findings})
        self.assertRegex(findings[-1]["says"], r"^It opens \d+ tools. get_applications works.$")

    def test_bad_token(self):
        """What is wrong with it is told."""
        self.use(instance.Shared.get())
        findings = self.doctor("--url", self.instance.server.url, "--token", "nonsense")
        self.assertEqual(findings[-1]["check"], "token")
        self.assertRegex(findings[-1]["says"], r"opens nothing \(401\): The token is malformed")

    def test_url_as_typed(self):
        """Capital letters and slashes make no other URL, as for clients."""
        url = instance.Shared.get().server.url
        findings = self.doctor("--url", url.replace("http:", "HTTP:") + "//")
        found = {finding["check"]: finding["says"] for finding in findings}
        self.assertEqual(found["issuer"], f"It calls itself {url}.")

    def test_other_name(self):
        """A URL that leads there, and is not the one that clients are told."""
        self.use(instance.Shared.get())
        server = self.instance.server
        url = server.url.replace("127.0.0.1", "localhost")
        findings = [finding for finding in self.doctor("--url", url)
                    if finding["check"] != "body limit"]
        self.named("issuer is another name", findings, "issuer", f"calls itself {server.url};",
                   f"casement setting set issuer '{url}'$")


class Everywhere(UrlCase):
    """Each web server as deploy/configure has it."""

    def test_well(self):
        """At the root, and below a path."""
        for base in (lighttpd.Lighttpd, apache.Apache, nginx.Nginx):
            for prefix in ("", "/auth"):
                with self.subTest(base=base, prefix=prefix):
                    made = self.site(changed(base, prefix=prefix))
                    token = self.admin()
                    findings = self.doctor("--url", made.server.url, "--token", token)
                    self.all_well([finding for finding in findings
                                   if finding["check"] != "encoded slash"])
                    made.close()


class Lighttpd(UrlCase):
    """lighttpd."""

    base = lighttpd.Lighttpd
    below = changed(lighttpd.Lighttpd, prefix="/auth")

    def test_authorization(self):
        """Emptied on the way."""
        self.expect("lighttpd: Authorization stripped", extended(
            self.base, 'setenv.set-request-header = ( "Authorization" => "" )', ["mod_setenv"]),
                    "authorization", "strips", "lighttpd: no setenv.set-request-header")

    def test_body(self):
        """A limit below ours."""
        self.expect("lighttpd: body limit", edited(self.base, "16384", "100"), "body limit",
                    "200000 bytes .* answers 413", "lighttpd: server.max-request-size", )

    def test_chunked(self):
        """Bodies handed on while they come."""
        self.expect("lighttpd: chunked bodies refused", edited(
            self.base, "server.stream-request-body = 0", "server.stream-request-body = 1"),
                    "chunked", "answers 411", "lighttpd: server.stream-request-body = 0")

    def test_errors(self):
        """Error pages of the web server's own."""
        self.expect("lighttpd: own error pages", extended(
            self.base, 'server.error-intercept = "enable"'), "errors", "its own page",
                    "lighttpd: server.error-intercept")

    def test_methods(self):
        """OPTIONS, PUT and DELETE kept away."""
        self.expect("lighttpd: methods refused", extended(
            self.base, '$HTTP["request-method"] =~ "^(OPTIONS|PUT|DELETE)$" {'
                       ' url.access-deny = ( "" ) }', ["mod_access"]), "methods",
                    "OPTIONS does not .* PUT .* DELETE", "lighttpd: no url.access-deny",
                    also=["cors"])

    def test_cors(self):
        """A second Access-Control-Allow-Origin."""
        self.expect("lighttpd: header fields added", extended(
            self.base, 'setenv.add-response-header = ( "Access-Control-Allow-Origin" => "*" )',
            ["mod_setenv"]), "cors", "Browsers refuse", "lighttpd: no setenv.add-response-header")

    def test_denied(self):
        """Nobody gets through."""
        self.expect("lighttpd: access denied", extended(
            self.base, 'url.access-deny = ( "" )', ["mod_access"]), "path", "nobody through .403",
                    "lighttpd: no auth.require")

    def test_redirected(self):
        """To another URL."""
        self.expect("lighttpd: redirected", extended(
            self.base, 'url.redirect = ( "^/(.*)" => "https://mcp.example/$1" )',
            ["mod_redirect"]), "path", "redirects to https://mcp.example/api/health",
                    "the URL that it redirects to")

    def test_not_running(self):
        """The socket of a pool that is not there."""
        self.expect("lighttpd: program not running", edited(
            self.base, '"bin-path" =>', '"disable-time" => 0, "x-none" =>'), "path",
                    r"can't start or reach Casement \(503\)", "lighttpd: the reason is in")

    def test_clock(self):
        """It tells another time."""
        self.expect("clock of the server off", extended(
            self.base, 'setenv.set-response-header = ( "Date" =>'
                       ' "Thu, 01 Jan 2026 00:00:00 GMT" )', ["mod_setenv"]), "clock",
                    "clock is off, .* behind", "timedatectl")

    def test_wrong_path(self):
        """Where there are only files."""
        made = self.site(self.below)
        self.named("wrong path", self.doctor("--url", made.server.origin + "/mcp"), "path",
                   "not at this path: .* answered 404 by lighttpd", "lighttpd: fastcgi.server")

    def test_one_at_the_root(self):
        """The one that is there, is told."""
        made = self.site(edited(self.base, '"/" => ((', '"/api/" => ((', ))
        findings = self.doctor("--url", made.server.url + "/sso")
        self.named("wrong path, another web page there", findings, "path", "not at this path")
        made = self.site(self.base)
        findings = self.doctor("--url", made.server.url + "/sso")
        self.named("a path that the issuer lacks", findings, "path",
                   f"prefix is lost: .* takes {made.server.url} for its URL",
                   f"casement setting set issuer '{made.server.url}/sso'$")

    def test_well_known(self):
        """Only the prefix is routed."""
        made = self.site(edited(self.below, "/[.]well-known/", "/nothing/"))
        found = self.named("lighttpd: well-known not routed", self.doctor(
            "--url", made.server.url), "well-known", "/.well-known/oauth-protected-resource/auth",
                           "lighttpd: .*well-known")
        self.assertNotIn("/auth/.well-known/jwks", found["says"])

    def test_prefix_lost(self):
        """Mounted below a path, with an issuer at the root; and a proxy that cuts it off."""
        made = self.site(self.below)
        made.run("setting", "set", "issuer", made.server.origin, code=0)
        self.named("prefix lost: issuer without it", self.doctor("--url", made.server.url),
                   "path", "prefix is lost", f"casement setting set issuer '{made.server.url}'$")
        port = instance.free_port()
        made = self.site(extended(
            self.base, lambda server: f'$SERVER["socket"] == "127.0.0.1:{port}" {{\n'
            f'fastcgi.server = ()\nproxy.server = ( "" => (( "host" => "127.0.0.1",'
            f' "port" => {server.port} )))\n'
            'proxy.header = ( "map-urlpath" => ( "/auth/" => "/", "/.well-known/x" => "/x" ) )\n}',
            ["mod_proxy"]))
        made.run("setting", "set", "issuer", f"http://127.0.0.1:{port}", code=0)
        self.named("prefix lost: cut off by a proxy", self.doctor(
            "--url", f"http://127.0.0.1:{port}/auth"), "prefix", "prefix /auth is lost",
                   "no proxy in front", also=["issuer", "well-known"])

    def test_database_given_out(self):
        """A database among the files of the site."""
        made = self.site(self.below)
        shutil.copy(made.database, os.path.join(made.server.documents, "casement.db"))
        os.chmod(os.path.join(made.server.documents, "casement.db"), 0o644)
        self.named("database readable from the web", self.doctor("--url", made.server.url),
                   "files", f"download the database, .* from {made.server.origin}/casement.db",
                   r"lighttpd: .*(?s:.)*casement key rotate")

    def test_database_broken(self):
        """Casement answers, its database does not."""
        made = self.site(self.base)
        os.unlink(made.database)
        self.named("database not there", self.doctor("--url", made.server.url), "path",
                   "database can't be used", "casement doctor, on the server")

    def test_no_key(self):
        """Nothing is published."""
        made = self.site(self.base)
        made.change("DELETE FROM signing_key")
        self.named("no signing key published", self.doctor("--url", made.server.url), "keys",
                   "no signing key", "casement key rotate")

    def test_small_own_limit(self):
        """Casement's own limit is no mistake of the web server."""
        made = self.site(self.base, settings={"max_body_bytes": "100000"})
        self.all_well(self.doctor("--url", made.server.url))

    def test_not_encrypted(self):
        """http to what is not this machine by its name."""
        made = self.site(self.base)
        url = f"http://0.0.0.0:{made.server.port}"
        findings = self.doctor("--url", url)
        self.named("http to another machine", findings, "https", "reads passwords and tokens",
                   "casement setting set issuer 'https://0.0.0.0'", also=["issuer"])
        found = next(row for row in findings if row["check"] == "issuer")
        self.assertNotIn("issuer 'http:", str(found["mend"]))

    def test_commands(self):
        """What is said elsewhere is a word of a command, and no command."""
        made = self.site(self.base)
        path = "/a';touch$IFS;'"
        findings = self.doctor("--url", made.server.url + path)
        mend = next(row for row in findings if row["check"] == "path")["mend"][0]
        self.assertEqual(shlex.split(mend), ["casement", "setting", "set", "issuer",
                                             made.server.url + path])


class Connection(UrlCase):
    """Not even an answer."""

    def test_refused(self):
        """Nobody listens."""
        self.named("nobody listens", self.doctor("--url", f"http://127.0.0.1:{instance.free_port()}"),
                   "connection", "Failed to connect", "start the web server")

    def test_certificate(self):
        """One that nobody signed."""
        folder = instance.short_folder()
        self.addCleanup(shutil.rmtree, folder, True)
        pem = os.path.join(folder, "pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                        "-subj", "/CN=127.0.0.1", "-keyout", pem, "-out", pem + ".crt"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem + ".crt", pem)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.named("certificate not trusted", self.doctor(
            "--url", f"https://127.0.0.1:{server.server_port}"), "connection", "certificate",
                   "nginx: ssl_certificate")


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers nothing and logs nothing."""

    def log_message(self, *_):
        """Quiet."""


class Apache(UrlCase):
    """Apache with mod_fcgid."""

    def test_authorization(self):
        """Its default."""
        self.expect("Apache: Authorization stripped", edited(apache.Apache, "CGIPassAuth On", ""),
                    "authorization", "Apache strips", "Apache: CGIPassAuth On")

    def test_body(self):
        """Its default."""
        self.expect("Apache: body limit", edited(apache.Apache, "FcgidMaxRequestLen", "#"),
                    "body limit", "200000 bytes .* Apache answers 500",
                    "Apache: FcgidMaxRequestLen")

    def test_slash(self):
        """Its default."""
        self.expect("Apache: %2F in paths refused", edited(
            apache.Apache, "AllowEncodedSlashes NoDecode", ""), "encoded slash", "Apache answers",
                    "Apache: AllowEncodedSlashes NoDecode", status="note")

    def test_well_known(self):
        """Only the prefix is routed."""
        self.expect("Apache: well-known not routed", edited(
            changed(apache.Apache, prefix="/auth"), 'ScriptAlias "/.well-known/', '#'),
                    "well-known", "oauth-authorization-server/auth is not there",
                    "Apache: ScriptAlias")

    def test_htaccess(self):
        """A limit that .htaccess can't raise."""
        self.expect("Apache: body limit of a shared host", changed(apache.Htaccess), "body limit",
                    "Apache answers 500", "FcgidMaxRequestLen")


class Nginx(UrlCase):
    """nginx with a pool."""

    def edited(self, old, new, prefix=""):
        """nginx with a mistake; its configuration is made with the command."""
        class Edited(nginx.Nginx):
            """With the mistake."""

            def configure(self, server, *socket):
                conf = super().configure(server, *socket)
                assert old in conf, conf
                return conf.replace(old, new)
        Edited.prefix = prefix
        return Edited

    def test_authorization(self):
        """Not handed on."""
        self.expect("nginx: Authorization stripped", self.edited(
            "fastcgi_pass", 'fastcgi_param HTTP_AUTHORIZATION ""; fastcgi_pass'), "authorization",
                    "nginx strips", "nginx: fastcgi_param HTTP_AUTHORIZATION")

    def test_body(self):
        """A limit below ours."""
        self.expect("nginx: body limit", self.edited("client_max_body_size 16m", "client_max_body_size 100k"),
                    "body limit", "nginx answers 413", "nginx: client_max_body_size")

    def test_errors(self):
        """Error pages of the web server's own."""
        self.expect("nginx: own error pages", self.edited(
            "location / {", 'location = /none { return 200 "A page."; }\nlocation / {\n'
            "fastcgi_intercept_errors on; error_page 401 /none;"),
                    "errors", "nginx puts its own page", "nginx: fastcgi_intercept_errors")

    def test_cors(self):
        """A second Access-Control-Allow-Origin."""
        self.expect("nginx: header fields added", self.edited(
            "fastcgi_pass", "add_header Access-Control-Allow-Origin * always; fastcgi_pass"),
                    "cors", "there are 2", "nginx: no add_header")

    def test_well_known(self):
        """Only the prefix is routed."""
        self.expect("nginx: well-known not routed", self.edited(
            "/[.]well-known/", "/nothing/", "/auth"), "well-known",
                    "oauth-authorization-server/auth is not there", "nginx: location")

    def test_not_running(self):
        """The pool is gone."""
        made = self.site(nginx.Nginx)
        made.server.end(made.server.pool)
        self.named("nginx: program not running", self.doctor("--url", made.server.url), "path",
                   r"nginx can't start or reach Casement \(502\)",
                   "nginx: the reason .*systemctl status casement.socket")

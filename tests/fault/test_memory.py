"""Out of memory: every allocation of the main paths fails once, in turn."""

import concurrent.futures
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

import browser
import case
import client
import fault_case
import instance
import oauth_case
import setting


class Paths(oauth_case.OAuthCase):
    """
    Each test names a request.  What it needs is made on a real server; then the server stops, and
    the program answers that request on copies of the database.
    """

    @classmethod
    def setUpClass(cls):
        """One server for all, in memory where the system has such a place."""
        usual = tempfile.tempdir
        if os.access("/dev/shm", os.W_OK):
            tempfile.tempdir = "/dev/shm"
        cls.made_once = instance.Instance()
        tempfile.tempdir = usual

    @classmethod
    def tearDownClass(cls):
        cls.made_once.close()

    def setUp(self):
        self.use(self.made_once)
        self.pkce = browser.Pkce()
        if not self.instance.server.running():
            self.instance._start()       # pylint: disable=protected-access

    # Requests

    def write(self, method, target, *variables, body=b"", content_type=None):
        """A request as CGI has it; the path of the file."""
        path, _, query = target.partition("?")
        lines = [f"REQUEST_METHOD={method}", f"REQUEST_URI={target}", f"QUERY_STRING={query}",
                 f"SCRIPT_NAME={path}", "REMOTE_ADDR=127.0.0.1", f"CONTENT_LENGTH={len(body)}",
                 "SERVER_PROTOCOL=HTTP/1.1", *variables]
        if content_type:
            lines.append(f"CONTENT_TYPE={content_type}")
        path = os.path.join(self.instance.folder, case.unique("request"))
        with open(path, "wb") as file:
            file.write("\n".join(lines).encode() + b"\n\n" + body)
        return path

    def filled_in(self, target, *variables, **fields):
        """A form."""
        return self.write("POST", target, *variables, body=urllib.parse.urlencode(fields).encode(),
                          content_type="application/x-www-form-urlencoded")

    def tool(self, name, arguments, token=None):
        """A call of a tool."""
        return self.message("tools/call", {"name": name, "arguments": arguments}, token)

    def message(self, method, params=None, token=None):
        """A message to the MCP endpoint."""
        body = case.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}})
        return self.write("POST", client.MCP_PATH, "HTTP_ACCEPT=application/json",
                          f"HTTP_AUTHORIZATION=Bearer {token or self.demo()}",
                          body=body, content_type="application/json")

    def submit(self, person, **fields):
        """The form of the page that a person sees, not sent yet."""
        form = person.page.forms[0]
        target = urllib.parse.urlsplit(form["action"])
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.session.cookies)
        return self.filled_in(target.path + ("?" + target.query if target.query else ""),
                         f"HTTP_COOKIE={cookies}", "HTTP_ORIGIN=null",
                         **{**form["fields"], **fields})

    def health(self):
        """The shortest request that looks at the database."""
        return self.write("GET", "/api/health")

    def token_request(self, credentials):
        """A token for a client."""
        return self.filled_in(client.TOKEN_PATH, grant_type="client_credentials",
                         client_id=credentials.id, client_secret=credentials.secret)

    # Running

    def usual(self):
        """What a process has answered before: it has used its keys."""
        made = self.instance
        reader = made.application(f"my-org/{case.unique()}", 'scopes=[{"name":"read:application"}]')
        return [self.token_request(reader), self.message("ping", token=self.http.token(reader))]

    def fails_well(self, request, status, before=None):
        """Let each allocation fail, once and from there on."""
        self.fail_well([request], [status], before)

    def fail_well(self, requests, statuses, before=None):
        """The same for requests that come together."""
        made = self.instance
        before = self.usual() if before is None else before
        made.server.stop()
        made.change("PRAGMA wal_checkpoint(TRUNCATE)")
        runs = {}
        for failure in ("once", "on"):
            copy = os.path.join(made.folder, failure + ".db")
            shutil.copyfile(made.database, copy)
            runs[failure] = subprocess.Popen([setting.MEMORY, copy, failure, str(setting.STEP),
                                              *requests, "--", *before], text=True,
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            outputs = list(pool.map(subprocess.Popen.communicate, runs.values()))
        for (failure, run), (out, err) in zip(runs.items(), outputs):
            told = out.strip().splitlines() or [err.strip()]
            fault_case.say(self, f"{failure}: {told[-1]}")
            self.assertEqual(run.returncode, 0, "\n".join(told[:20]) + err[:4000])
            words = " ".join(str(status) for status in statuses)
            self.assertTrue(told[-1].startswith(f"status {words},"), told[-1])

    def test_token(self):
        """Client credentials."""
        self.fails_well(self.token_request(self.instance.demo), 200)

    def test_first_signature(self):
        """The first token that a process makes."""
        self.fails_well(self.token_request(self.instance.demo), 200, [self.health()])

    def test_known_token(self):
        """get_application with a token that the process knows."""
        request = self.tool("get_application", {"id": "my-org/demo"})
        self.fails_well(request, 200, [request])

    def test_first_seen_token(self):
        """get_application with a token that the process has not seen."""
        self.fails_well(self.tool("get_application", {"id": "my-org/demo"}), 200)

    def test_first_verification(self):
        """The same with the first token that a process sees."""
        self.fails_well(self.tool("get_application", {"id": "my-org/demo"}), 200, [self.health()])

    def test_first_request(self):
        """The first request of a process, which opens the database."""
        self.fails_well(self.health(), 200, [])

    def test_tools_list(self):
        """tools/list, the first of a process."""
        self.fails_well(self.message("tools/list", token=self.admin()), 200)

    def test_tools_list_again(self):
        """tools/list, not the first of a process."""
        request = self.message("tools/list", token=self.admin())
        self.fails_well(request, 200, [request])

    def test_list(self):
        """A page of applications."""
        self.fails_well(self.tool("get_applications", {}), 200)

    def test_add(self):
        """add_application."""
        application = {"owner": "my-org", "name": case.unique(), "tags": ["one", "two"],
                       "scopes": case.scopes(case.READ), "redirectUris": ["https://a.example/"],
                       "homepageUrl": "https://a.example/", "description": "A \u00fc\"text\""}
        self.fails_well(self.tool("add_application", {"application": application}), 200)

    def adds(self, **more):
        """add_application with a new name."""
        return self.tool("add_application", {"application": {
            "owner": "my-org", "name": case.unique(), "tags": ["one"]}, **more})

    def may_not(self):
        """A call that is refused for lack of scope, which leaves a row in the trail."""
        return self.tool("delete_application", {"id": "my-org/demo"}, self.demo(case.READ))

    def test_refused(self):
        """A scope is missing."""
        self.fails_well(self.may_not(), 403)

    def test_two_adds_together(self):
        """Two that write."""
        self.fail_well([self.adds(), self.adds()], [200, 200])

    def test_token_add_and_refused_together(self):
        """One that writes at the end, one that writes at once, and one that may not."""
        self.fail_well([self.token_request(self.instance.demo), self.adds(), self.may_not()],
                       [200, 200, 403])

    def test_first_together(self):
        """The first that a process answers, which open the database within their group."""
        self.fail_well([self.registers()] * 2, [201, 201], [])

    def test_dry_run_between_adds(self):
        """What is undone within the group."""
        self.fail_well([self.adds(), self.adds(dry_run=True), self.adds()], [200, 200, 200])

    def test_tokens_together(self):
        """Two that write at the end."""
        self.fail_well([self.token_request(self.instance.demo)] * 2, [200, 200])

    def test_token_between_adds(self):
        """What is written at the end after a savepoint, and what reads when nothing is left to do."""
        self.fail_well([self.adds(), self.token_request(self.instance.demo), self.adds(),
                        self.health()], [200, 200, 200, 200])

    def test_update(self):
        """update_application."""
        name = self.add(self.demo(), tags=["one"])["name"]
        self.fails_well(self.tool("update_application", {
            "id": f"my-org/{name}", "application": {"displayName": "x", "tags": ["two", "three"],
                                                    "redirectUris": ["https://b.example/"]}}), 200)

    def test_delete(self):
        """delete_application."""
        name = self.add(self.demo())["name"]
        self.fails_well(self.tool("delete_application", {"id": f"my-org/{name}"}), 200)

    def registers(self):
        """Dynamic registration."""
        body = case.dumps({"redirect_uris": [oauth_case.CALLBACK, "https://c.example/"],
                           "client_name": "A test", "scope": case.READ,
                           "grant_types": oauth_case.CODE_AND_REFRESH})
        return self.write("POST", oauth_case.REGISTER, body=body, content_type="application/json")

    def test_register(self):
        """A client registers."""
        self.fails_well(self.registers(), 201)

    def test_authorize(self):
        """The page on which a person signs in."""
        url = self.url(self.register()["client_id"])
        self.fails_well(self.write("GET", url), 200)

    def test_sign_in(self):
        """A person signs in."""
        user, person = self.user(), self.person()
        person.open(self.url(self.register()["client_id"]))
        self.fails_well(self.submit(person, username=user, password=oauth_case.PASSWORD,
                                    action="sign-in"), 303)

    def test_consent(self):
        """A person says yes."""
        user, person = self.user(), self.person()
        person.open(self.url(self.register()["client_id"]))
        person.sign_in(user, oauth_case.PASSWORD)
        self.fails_well(self.submit(person, action="allow"), 303)

    def test_code(self):
        """A code becomes tokens."""
        identity = self.register()["client_id"]
        code = self.code(identity, self.user(), scope=f"{case.READ} openid offline_access")
        self.fails_well(self.filled_in(client.TOKEN_PATH, grant_type="authorization_code",
                                  client_id=identity, code=code, redirect_uri=oauth_case.CALLBACK,
                                  code_verifier=self.pkce.verifier), 200)

    def test_refresh(self):
        """A refresh token becomes the next ones."""
        identity = self.register()["client_id"]
        told = self.tokens(identity, self.user(), scope=f"{case.READ} offline_access")
        self.fails_well(self.filled_in(client.TOKEN_PATH, grant_type="refresh_token",
                                  client_id=identity, refresh_token=told["refresh_token"]), 200)

    def test_device(self):
        """A terminal asks for a code."""
        told = self.register(grant_types=[oauth_case.DEVICE_GRANT], redirect_uris=[])
        self.fails_well(self.filled_in(oauth_case.DEVICE, client_id=told["client_id"]), 200)

    def test_introspect(self):
        """A resource server asks about a token."""
        demo = self.instance.demo
        self.fails_well(self.filled_in(oauth_case.INTROSPECT, client_id=demo.id,
                                       client_secret=demo.secret, token=self.demo()), 200)

    def test_revoke(self):
        """A client gives its token back."""
        demo = self.instance.demo
        self.fails_well(self.filled_in(oauth_case.REVOKE, client_id=demo.id,
                                       client_secret=demo.secret, token=self.demo()), 200)

    def test_metadata(self):
        """What clients discover."""
        self.fails_well(self.write("GET", "/.well-known/oauth-authorization-server"), 200)

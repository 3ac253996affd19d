"""What the server offers a model: instructions, descriptions, resources, prompts, completion."""

import json

import case
import stateless
from mcp_case import LATEST, REVISIONS
from test_registry import ALL, RegistryCase

KINDS = ("application", "organization", "user", "role", "permission", "token")
TEMPLATE = "casement://{}/{{owner}}/{{name}}"


class OffersCase(RegistryCase):
    """Ways to ask for what is offered."""

    def result(self, token, method, params=None):
        """The result of a request at the newest revision with a handshake."""
        reply = self.http.rpc(method, params, token=token, revision=LATEST)
        self.assertEqual(reply.status_code, 200, reply.text)
        return reply.json()["result"]

    def error(self, token, method, params, code=-32602):
        """The error of a request, the same at every revision."""
        for revision in REVISIONS:
            reply = self.http.rpc(method, params, token=token, revision=revision)
            error = self.assert_rpc_error(reply, 200, code, id=1)
        return error

    def crowd(self, count):
        """A new organisation with so many applications; its name and a token that may do all."""
        name = case.unique("crowd")
        token = self.http.token(self.instance.agent(name, *ALL.split()))
        for start in range(0, count, 50):
            batch = [{"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
                "name": "add_application",
                "arguments": {"application": {"owner": name, "name": f"n{number:03}"}}}}
                for number in range(start, min(start + 50, count))]
            for answer in self.http.post(batch, token).json():
                self.assertFalse(answer["result"]["isError"], answer)
        return name, token


class Guidance(OffersCase):
    """Words for the model."""

    def test_instructions(self):
        """The token's own scopes, how to page, and what is told once; with and without handshake."""
        for scope in (case.READ, case.BOTH):
            token = self.demo(scope)
            hello = {"protocolVersion": LATEST, "capabilities": {},
                     "clientInfo": {"name": "x", "version": "1"}}
            text = self.result(token, "initialize", hello)["instructions"]
            self.assertIn(f"scopes: {scope}.", text)
            for word in ("tools/list", "cursor", "clientSecret", "once", "never again", "dry_run"):
                self.assertIn(word, text)
            body = stateless.message("server/discover")
            reply = self.http.post(body, token, headers=stateless.headers(body))
            self.assertEqual(reply.json()["result"]["instructions"], text)

    def test_instructions_without_a_scope(self):
        """A token that opens nothing is told so."""
        bare = self.http.token(self.instance.application(f"my-org/{case.unique()}"))
        body = stateless.message("server/discover")
        reply = self.http.post(body, bare, headers=stateless.headers(body))
        self.assertIn("scopes: none.", reply.json()["result"]["instructions"])

    def test_every_tool_is_described(self):
        """A title, words, all hints, closed schemas, and an example that the schema takes."""
        tools = self.result(self.admin(), "tools/list")["tools"]
        self.assertEqual(len(tools), 30)
        for tool in tools:
            with self.subTest(tool=tool["name"]):
                self.assertGreater(len(tool["title"]), 5)
                self.assertRegex(tool["name"], r"^[a-z_]{1,64}$")
                words, _, example = tool["description"].partition(" Example arguments: ")
                self.assertRegex(words, r"\.$")
                self.conforms(json.loads(example), tool["inputSchema"])
                self.assertIs(tool["inputSchema"]["additionalProperties"], False)
                for name, schema in tool["inputSchema"]["properties"].items():
                    said = {name: schema} if schema.get("description") else schema["properties"]
                    for member, inner in said.items():
                        self.assertTrue(inner.get("description"), f"{name} {member}")
                hints = {"readOnlyHint", "idempotentHint", "openWorldHint"}
                if not tool["annotations"]["readOnlyHint"]:
                    hints.add("destructiveHint")
                self.assertEqual(set(tool["annotations"]), hints)

    def test_no_promise_that_is_not_kept(self):
        """No listChanged and no subscriptions: nothing is ever sent unasked."""
        for revision in REVISIONS:
            hello = {"protocolVersion": revision, "capabilities": {},
                     "clientInfo": {"name": "x", "version": "1"}}
            powers = self.result(self.all, "initialize", hello)["capabilities"]
            self.assertEqual(set(map(str, powers.values())), {"{}"})
            for method in ("resources/subscribe", "resources/unsubscribe", "logging/setLevel"):
                self.error(self.all, method, {"uri": "casement://application/my-org/demo"}, -32601)


class Resources(OffersCase):
    """Every row that the token's tools could list."""

    def pages(self, token):
        """All pages of resources/list."""
        pages, params = [], {}
        for _ in range(40):
            page = self.result(token, "resources/list", params)
            pages.append([one["uri"] for one in page["resources"]])
            if "nextCursor" not in page:
                return pages
            params = {"cursor": page["nextCursor"]}
        raise AssertionError("the pages do not end")

    def test_pages(self):
        """Kind after kind, page after page, each once, and each can be read."""
        name, token = self.crowd(130)
        self.do(token, "add_user", user={"owner": name, "name": "alice"})
        self.do(token, "add_role", role={"owner": name, "name": "staff"})
        self.do(token, "add_permission", permission={"owner": name, "name": "look"})
        pages = self.pages(token)
        uris = sum(pages, [])
        self.assertEqual(len(uris), len(set(uris)))
        self.assertGreater(len(pages), len(KINDS))
        self.assertEqual(
            [uri for uri in uris if uri.startswith("casement://application/")],
            [f"casement://application/{name}/agent",
             *(f"casement://application/{name}/n{number:03}" for number in range(130))])
        kinds = list(dict.fromkeys(uri.split("/")[2] for uri in uris))
        self.assertEqual(kinds, list(KINDS))
        for uri in (next(uri for uri in uris if f"//{kind}/" in uri) for kind in KINDS):
            contents = self.result(token, "resources/read", {"uri": uri})["contents"]
            self.assertEqual([one["uri"] for one in contents], [uri])
            row = json.loads(contents[0]["text"])
            self.assertTrue(uri.endswith(f"/{row['owner']}/{row['name']}"), uri)
            self.assertFalse({"clientSecret", "password", "accessToken"} & set(row))

    def test_one_cache_scope_on_all_pages(self):
        """MCP 2026-07-28, server/utilities/caching."""
        token, scopes, params = self.crowd(60)[1], set(), {}
        for _ in range(20):
            body = stateless.message("resources/list", params)
            page = self.http.post(body, token, headers=stateless.headers(body)).json()["result"]
            scopes.add((page["cacheScope"], page["ttlMs"]))
            if "nextCursor" not in page:
                break
            params = {"cursor": page["nextCursor"]}
        self.assertEqual(scopes, {("private", 0)})

    def test_R5_by_scope(self):
        """A token sees the kinds that it may list, and reads those only."""
        self.crowd(1)
        for kind in ("application", "user", "role", "permission", "token"):
            token = self.token_of("my-org", f"read:{kind}")
            uris = sum(self.pages(token), [])
            self.assertLessEqual({uri.split("/")[2] for uri in uris}, {kind})
            for other in KINDS:
                if other == kind:
                    continue
                uri = f"casement://{other}/my-org/demo"
                reply = self.http.rpc("resources/read", {"uri": uri}, token=token)
                error = self.assert_rpc_error(reply, 403, -32001, id=1)
                self.assertEqual(error["data"], {
                    "resource": uri, "granted_scopes": [f"read:{kind}"],
                    "required_scope": f"read:{other}"})

    def test_R6_of_one_organisation(self):
        """What another organisation has is not listed, and not there."""
        name = self.crowd(2)[0]
        for uri in sum(self.pages(self.all), []):
            self.assertNotIn(f"/{name}/", uri)
        error = self.error(self.all, "resources/read",
                           {"uri": f"casement://application/{name}/n000"}, -32002)
        self.assertEqual(error["message"], "Resource not found")

    def test_bad_cursors(self):
        """-32602 for any that no page gave, of each list."""
        for cursor in ("", "x", "application", "nothing:", "application:nonsense",
                       "application:my-org", 5, None, [], {}, "user:" + "x" * 5000):
            with self.subTest(cursor=str(cursor)[:20]):
                self.error(self.all, "resources/list", {"cursor": cursor})
        for method in ("tools/list", "prompts/list", "resources/templates/list"):
            self.error(self.all, method, {"cursor": "application:"})

    def test_bad_uris(self):
        """A string is wanted; what is no resource of ours is not there."""
        for params in (None, {}, {"uri": 5}, {"uri": None}, {"uri": ["x"]}):
            self.error(self.all, "resources/read", params)
        for uri in ("", "x", "casement://", "casement://application", "casement://application/",
                    "CASEMENT://application/my-org/demo", "casement://application/my-org/demo/",
                    "casement://application/../application/my-org/demo", "https://example.org/",
                    "casement://secret/my-org/demo", "casement://application/my-org/" + "x" * 3000):
            with self.subTest(uri=uri[:40]):
                error = self.error(self.all, "resources/read", {"uri": uri}, -32002)
                self.assertEqual(error["data"], {"uri": uri})


class Prompts(OffersCase):
    """Jobs that people do."""

    def test_by_scope(self):
        """Those whose job the scopes allow; the others are refused with the scope they need."""
        token = self.demo(case.READ)
        names = [one["name"] for one in self.result(token, "prompts/list")["prompts"]]
        self.assertEqual(names, ["review_access"])
        reply = self.http.rpc("prompts/get", {
            "name": "rotate_secret", "arguments": {"application": "my-org/demo"}}, token=token)
        error = self.assert_rpc_error(reply, 403, -32001, id=1)
        self.assertEqual(error["data"], {"prompt": "rotate_secret", "granted_scopes": [case.READ],
                                         "required_scope": case.WRITE})

    def test_words(self):
        """They name tools that there are, and hold what was given, as it was."""
        tools = {tool["name"] for tool in self.result(self.admin(), "tools/list")["tools"]}
        for name, given in (("register_application", {"name": "{redirect_uri} \u00e9"}),
                            ("review_access", {"owner": "my-org"}), ("review_access", {}),
                            ("rotate_secret", {"application": "my-org/demo\nand more"})):
            messages = self.result(self.all, "prompts/get",
                                   {"name": name, "arguments": given})["messages"]
            text = messages[0]["content"]["text"]
            for value in given.values():
                self.assertIn(value, text)
            self.assertTrue([tool for tool in tools if tool in text], text)
            for word in text.replace(".", " ").replace(",", " ").split():
                if word.startswith(("get_", "add_", "update_", "delete_", "rotate_")):
                    self.assertIn(word, tools)

    def test_bad_params(self):
        """Names and arguments that there are not, that are missing, that have another type."""
        for params in (None, {}, {"name": 5}, {"name": "no_such_prompt"}, {"name": "Rotate_secret"},
                       {"name": "rotate_secret"}, {"name": "rotate_secret", "arguments": {}},
                       {"name": "rotate_secret", "arguments": []},
                       {"name": "rotate_secret", "arguments": "my-org/demo"},
                       {"name": "rotate_secret", "arguments": {"application": 5}},
                       {"name": "rotate_secret", "arguments": {"application": None}},
                       {"name": "rotate_secret", "arguments": {"application": "x" * 1001}},
                       {"name": "rotate_secret", "arguments": {"application": "x", "other": "y"}}):
            with self.subTest(params=str(params)[:60]):
                self.error(self.all, "prompts/get", params)


class Completion(OffersCase):
    """The beginnings of values."""

    def values(self, token, ref, name, value, **context):
        """What is offered, and whether there is more."""
        params = {"ref": ref, "argument": {"name": name, "value": value}}
        if context:
            params["context"] = {"arguments": context}
        found = self.result(token, "completion/complete", params)["completion"]
        return found["values"], found["hasMore"]

    def template(self, kind="application"):
        """A reference to a template."""
        return {"type": "ref/resource", "uri": TEMPLATE.format(kind)}

    def test_every_template(self):
        """Names of each kind, within the caller's organisation or the one given."""
        name, token = self.crowd(1)
        self.do(token, "add_user", user={"owner": name, "name": "alice"})
        self.do(token, "add_role", role={"owner": name, "name": "staff"})
        self.do(token, "add_permission", permission={"owner": name, "name": "look"})
        for kind, value, offered in (("application", "", ["agent", "n000"]),
                                     ("application", "a", ["agent"]), ("user", "a", ["alice"]),
                                     ("role", "", ["staff"]), ("permission", "l", ["look"]),
                                     ("permission", "x", []), ("token", "-", [])):
            with self.subTest(kind=kind, value=value):
                found = self.values(token, self.template(kind), "name", value)
                self.assertEqual(found, (offered, False))
                self.assertEqual(self.values(self.admin(), self.template(kind), "name", value,
                                             owner=name), (offered, False))
                self.assertEqual(self.values(self.all, self.template(kind), "name", value,
                                             owner=name), ([], False))
        for kind, owner in (("application", name), ("token", name), ("organization", "admin")):
            self.assertEqual(self.values(token, self.template(kind), "owner", ""), ([owner], False))
        found = self.values(token, self.template("organization"), "name", "", owner="admin")
        self.assertEqual(found, ([name], False))
        self.assertEqual(self.values(token, self.template("organization"), "name", ""), found)
        self.assertEqual(self.values(token, self.template("organization"), "name", "", owner=name),
                         ([], False))
        self.assertIn("my-org", self.values(self.admin(), self.template(), "owner", "my")[0])

    def test_many(self):
        """A hundred at most, and the word that there are more."""
        token = self.crowd(120)[1]
        found, more = self.values(token, self.template(), "name", "n")
        self.assertLessEqual(len(found), 100)
        self.assertEqual(found, [f"n{number:03}" for number in range(len(found))])
        self.assertTrue(more)

    def test_prompts(self):
        """Whole ids where a prompt takes one."""
        ref = {"type": "ref/prompt", "name": "rotate_secret"}
        self.assertIn("my-org/demo", self.values(self.all, ref, "application", "my-org/de")[0])
        self.assertEqual(self.values(self.all, ref, "application", "built-in/"), ([], False))
        ref = {"type": "ref/prompt", "name": "register_application"}
        self.assertEqual(self.values(self.all, ref, "redirect_uri", "h"), ([], False))

    def test_R5_without_the_scope(self):
        """Nothing is offered of what the tools would not tell, not even who there is."""
        self.instance.run("organization", "add", case.unique("quiet"), code=0)
        token = self.token_of("built-in", "write:user")
        for kind in KINDS:
            for name in ("owner", "name"):
                self.assertEqual(self.values(token, self.template(kind), name, ""), ([], False))
        for prompt, name in (("review_access", "owner"), ("rotate_secret", "application")):
            ref = {"type": "ref/prompt", "name": prompt}
            self.assertEqual(self.values(token, ref, name, ""), ([], False))

    def test_bad_params(self):
        """Another reference, another argument, another type."""
        good = {"ref": self.template(), "argument": {"name": "name", "value": ""}}
        for change in ({"ref": None}, {"ref": {}}, {"ref": {"type": "ref/tool", "name": "x"}},
                       {"ref": {"type": "ref/prompt", "name": "none"}},
                       {"ref": {"type": "ref/resource", "uri": "casement://application/a/b"}},
                       {"argument": None}, {"argument": {"name": "name"}},
                       {"argument": {"name": "id", "value": ""}},
                       {"argument": {"name": "name", "value": 5}}):
            with self.subTest(change=change):
                self.error(self.all, "completion/complete", {**good, **change})

    def test_rate(self):
        """Reading and completing count as calls do; lists of what there is to do don't."""
        for method, params in (
                ("completion/complete", {"ref": self.template(),
                                         "argument": {"name": "name", "value": ""}}),
                ("resources/list", {}),
                ("resources/read", {"uri": "casement://application/my-org/demo"})):
            self.fresh(settings={"tool_calls_per_minute": "3"})
            token = self.demo()
            replies = [self.http.rpc(method, params, token=token) for _ in range(8)]
            last = next(reply for reply in replies if reply.status_code != 200)
            self.assertEqual((last.status_code, last.json()["error"]["code"]), (429, -32000))
            self.assertIn(int(last.headers["Retry-After"]), range(1, 61))
            self.result(token, "tools/list")

"""What is in the file, as a person with sqlite3 sees it."""

import hashlib
import os
import stat

import case
import client
import forge


class State(case.Case):
    """Rows, views, secrets, permissions."""

    def test_application_row(self):
        """Readable columns, and the digest of the secret that was shown."""
        made = self.add(self.demo(), displayName="Seen", scopes=case.scopes(case.READ))
        row = self.row(f"my-org/{made['name']}")
        self.assertEqual((row["display_name"], row["client_id"], row["scope"]),
                         ("Seen", made["clientId"], case.READ))
        self.assertEqual(row["client_secret_sha256"],
                         hashlib.sha256(made["clientSecret"].encode()).hexdigest())
        view = self.instance.query("SELECT * FROM application_readable WHERE application = ?",
                                   f"my-org/{made['name']}")
        self.assertEqual(len(view), 1)

    def test_token_row(self):
        """What was granted, not the token."""
        token = self.demo("application:read")
        claims = forge.parts(token)[1]
        row = self.instance.query("SELECT * FROM token WHERE jti = ?", claims["jti"])[0]
        self.assertEqual((row["subject"], row["scope"], row["resource"], row["revoked_at_s"]),
                         (self.instance.demo.id, "application:read", self.http.mcp_url, None))
        self.assertEqual((row["issued_at_s"], row["expires_at_s"]), (claims["iat"], claims["exp"]))
        view = self.instance.query("SELECT * FROM token_readable WHERE jti = ?", claims["jti"])
        self.assertEqual(view[0]["application"], "my-org/demo")

    def test_audit_rows(self):
        """A row a change: who, what, to which, with the request id that the client saw."""
        token = self.demo()
        name = case.unique()
        identity = f"my-org/{name}"
        calls = (("add_application", {"application": {"owner": "my-org", "name": name}}),
                 ("update_application", {"id": identity, "application": {"displayName": "x"}}),
                 ("get_application", {"id": identity}),
                 ("delete_application", {"id": identity}))
        seen = [(tool, self.http.call_tool_reply(token, tool, arguments).headers["X-Request-Id"])
                for tool, arguments in calls]
        rows = self.instance.query("SELECT * FROM audit WHERE target = ? ORDER BY id", identity)
        self.assertEqual([(row["tool"], row["request_id"]) for row in rows],
                         [pair for pair in seen if pair[0] != "get_application"])
        for row in rows:
            self.assertEqual((row["client_id"], row["organization"], row["outcome"],
                              row["address"]), (self.instance.demo.id, "my-org", "ok", "127.0.0.1"))
        self.assertTrue(self.instance.query("SELECT at FROM audit_readable WHERE target = ?",
                                            identity)[0]["at"])

    def test_failed_changes_leave_no_ok_row(self):
        """The audit trail never says that something was done which was not."""
        token = self.demo()
        for tool, arguments in (
                ("add_application", {"application": {"owner": "my-org", "name": "demo"}}),
                ("add_application", {"application": {"owner": "my-org", "name": "a/b"}}),
                ("update_application", {"id": "my-org/nobody", "application": {"tags": []}}),
                ("delete_application", {"id": "my-org/nobody"})):
            reply = self.http.call_tool_reply(token, tool, arguments)
            self.assertEqual(self.instance.query(
                "SELECT * FROM audit WHERE request_id = ? AND outcome = 'ok'",
                reply.headers["X-Request-Id"]), [])

    def test_A8_nothing_secret_in_clear(self):
        """Neither secrets nor tokens are anywhere in the files, write-ahead log included."""
        made = self.add(self.demo())
        token = self.demo()
        self.http.token_reply(client.Credentials("somebody", "a-wrong-secret-4711"))
        secrets = [self.instance.demo.secret, self.instance.admin.secret, made["clientSecret"],
                   token, token.rpartition(".")[2], "a-wrong-secret-4711"]
        for suffix in ("", "-wal", "-journal"):
            if os.path.exists(self.instance.database + suffix):
                with open(self.instance.database + suffix, "rb") as file:
                    data = file.read()
                for secret in secrets:
                    self.assertNotIn(secret.encode(), data)

    def test_A18_nothing_secret_in_the_log(self):
        """Nor in what the web server logged for us."""
        demo = self.instance.demo
        token = self.demo()
        self.http.token_reply(client.Credentials(demo.id, "a-wrong-secret-4712"))
        self.http.rpc("ping", token=token + "x")
        self.http.post(b"{ broken " + demo.secret.encode(), token)
        log = self.instance.server.log_since()
        for secret in (demo.secret, "a-wrong-secret-4712", token):
            self.assertNotIn(secret, log)

    def test_permissions(self):
        """0600, the write-ahead log and its index too."""
        for suffix in ("", "-wal", "-shm"):
            path = self.instance.database + suffix
            if os.path.exists(path):
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)

    def test_integrity(self):
        """The file is whole, references included."""
        self.assertEqual(self.instance.query("PRAGMA integrity_check")[0][0], "ok")
        self.assertEqual(self.instance.query("PRAGMA foreign_key_check"), [])
        self.assertEqual(self.instance.query("PRAGMA journal_mode")[0][0], "wal")

    def test_tokens_go_with_their_application(self):
        """No orphans."""
        made = self.add(self.demo())
        token = self.http.token(client.Credentials(made["clientId"], made["clientSecret"]))
        jti = forge.parts(token)[1]["jti"]
        self.assertTrue(self.instance.query("SELECT 1 FROM token WHERE jti = ?", jti))
        self.http.call_tool(self.demo(), "delete_application", {"id": f"my-org/{made['name']}"})
        self.assertEqual(self.instance.query("SELECT 1 FROM token WHERE jti = ?", jti), [])

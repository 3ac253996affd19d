"""The signing key is gone."""

import fault_case


class Key(fault_case.FaultCase):
    """A row that somebody deleted."""

    def test_missing(self):
        """Tokens can't be had, and those there are open nothing; a new key mends it."""
        made = self.instance
        token = self.demo()
        self.assert_token_good(token)
        made.change("DELETE FROM signing_key")
        for _ in range(3):
            reply = self.http.token_reply(made.demo)
            self.assert_oauth_down(reply)
            self.assert_logged(reply, "key rotate")
            self.assert_token_refused(token)
            self.assertEqual(self.http.get("/.well-known/jwks").json(), {"keys": []})
        self.assertEqual(made.query("SELECT count(*) FROM token")[0][0], 1)
        self.diagnosed("signing key", "There is no signing key")
        made.run("key", "rotate", code=0)
        self.recovers()
        self.assert_token_refused(token)

    def test_unreadable(self):
        """A private key that is none."""
        made = self.instance
        made.change("UPDATE signing_key SET private_pem = 'x'")
        reply = self.http.token_reply(made.demo)
        self.assert_oauth_down(reply, 500)
        self.diagnosed("signing key", "does not work")
        made.run("key", "rotate", code=0)
        self.recovers()

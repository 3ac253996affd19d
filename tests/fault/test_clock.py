"""The clock of the machine is set, forward and back, under the responders."""

import time

import client
import fault_case
import forge
import ledger
import oauth_case
import setting

HOUR = 3600
DAY = 24 * HOUR
YEAR = 365 * DAY


class Clock(fault_case.FaultCase, oauth_case.OAuthCase):
    """Nobody is let in who should not be, and nobody is locked out for long."""

    def setUp(self):
        super().setUp()
        self.pkce = oauth_case.browser.Pkce()

    def make(self):
        made = setting.Shifted()
        self.addCleanup(made.close)
        self.use(made)

    def test_jumps(self):
        """Under writers: all that is acknowledged is there, and every time is one that was set."""
        made = self.instance
        with ledger.Ledger(made) as book:
            for seconds in (HOUR // 2, -HOUR, 0, -YEAR, 0, -20 * YEAR, HOUR // 4, 0):
                made.set_clock(seconds)
                book.wait_for(20)
        fault_case.say(self, book.told())
        book.check(self)
        self.assertEqual(dict(book.others), {})
        self.diagnosed("clock", "The clock jumped")
        made.set_clock(HOUR)
        self.recovers()

    def test_forward(self):
        """Tokens end when their time is over, and new ones begin at once."""
        made = self.instance
        token = self.demo()
        made.set_clock(2 * HOUR)
        self.assert_token_refused(token)
        late = self.demo()
        self.assertAlmostEqual(forge.parts(late)[1]["iat"], time.time() + 2 * HOUR, delta=60)
        self.assert_token_good(late)
        made.set_clock(0)
        self.assert_token_good(token)
        self.assert_token_good(late)
        self.diagnosed("clock", "The clock jumped")
        made.set_clock(2 * HOUR)
        self.recovers()

    def test_back(self):
        """Tokens from before the jump stay good; what comes after it is of its time."""
        made = self.instance
        token = self.demo()
        made.set_clock(-YEAR)
        self.assert_token_good(token)
        early = self.demo()
        self.assert_token_good(early)
        made.set_clock(0)
        self.assert_token_refused(early)
        self.recovers(token)

    def test_codes(self):
        """A code works once, wherever the clock goes, and not after its minute."""
        made = self.instance
        identity, user = self.register()["client_id"], self.user()
        code = self.code(identity, user)
        made.set_clock(HOUR)
        self.assert_grant_refused(self.redeem(identity, code))
        made.set_clock(0)
        code = self.code(identity, user)
        made.set_clock(-HOUR)
        self.assertEqual(self.redeem(identity, code).status_code, 200)
        self.assert_grant_refused(self.redeem(identity, code))
        made.set_clock(0)
        self.assert_grant_refused(self.redeem(identity, code))
        self.recovers()

    def test_refresh(self):
        """A refresh token that was used is known as such in any time."""
        made = self.instance
        identity = self.register()["client_id"]
        first = self.tokens(identity, self.user(),
                            scope=f"{oauth_case.case.READ} offline_access")["refresh_token"]
        made.set_clock(-DAY)
        second = self.refresh(identity, first).json()["refresh_token"]
        made.set_clock(0)
        self.assert_grant_refused(self.refresh(identity, first))
        self.assert_grant_refused(self.refresh(identity, second))
        self.recovers()

    def test_slowed_down(self):
        """Who was slowed down in a future that did not come waits no longer than others."""
        made = self.instance
        demo = made.demo
        wrong = client.Credentials(demo.id, "wrong")
        made.set_clock(DAY)
        while self.http.token_reply(wrong).status_code != 429:
            pass
        self.assertEqual(self.http.token_reply(demo).status_code, 429)
        made.set_clock(0)
        self.assertEqual(self.http.token_reply(demo).status_code, 200)
        self.recovers()

    def test_rates(self):
        """The same for requests that are counted."""
        made = self.instance
        made.run("setting", "set", "token_requests_per_minute", "5", code=0)
        for seconds in (0, DAY, -DAY, 0):
            made.set_clock(seconds)
            replies = [self.http.token_reply(made.demo) for _ in range(12)]
            limited = [reply for reply in replies if reply.status_code == 429]
            self.assertIn(200, [reply.status_code for reply in replies])
            for reply in limited:
                self.assertLessEqual(int(reply.headers["Retry-After"]), 60)

"""Commands change the registry while memory is short."""

import fault_case
import setting

APPLICATION = "SELECT description, redirect_uris FROM application WHERE owner = 'my-org'"
UNDO = "UPDATE application SET description = ?, redirect_uris = ? WHERE owner = 'my-org'"
USER = "SELECT is_forbidden FROM user"
FIELDS = ("description=new", "redirectUris=http://localhost/a http://localhost/b")
MADE = ("new", '["http://localhost/a","http://localhost/b"]')


class Command(fault_case.FaultCase):
    """What is said to be done is done, and nothing else."""

    def make(self):
        self.fresh(start=False)

    def each_allocation(self, query, undo, wanted, *command):
        """Whichever fails, the row is as it was or as wanted; after a success it is as wanted."""
        made = self.instance
        before = tuple(made.query(query)[0])
        usual = made.run(*command, env={"LD_PRELOAD": setting.SHORT, "CASEMENT_SHORT": "0"})
        self.assertEqual(usual.code, 0, usual.err)
        self.assertEqual(tuple(made.query(query)[0]), wanted)
        last = int(usual.err.splitlines()[-1].partition(" ")[0])
        for number in range(1, last + 1, setting.STEP):
            made.change(undo, *before)
            done = made.run(*command, env={"LD_PRELOAD": setting.SHORT,
                                           "CASEMENT_SHORT": str(number)})
            with self.subTest(allocation=number, code=done.code, err=done.err):
                self.assertIn(tuple(made.query(query)[0]),
                              (wanted,) if done.code == 0 else (before, wanted))

    def test_update(self):
        """A text, and a list of words."""
        self.each_allocation(APPLICATION, UNDO, MADE, "application", "update", "my-org/demo", *FIELDS)

    def test_dry_run(self):
        """It stays one."""
        self.each_allocation(APPLICATION, UNDO, tuple(self.instance.query(APPLICATION)[0]),
                             "application", "update", "my-org/demo", *FIELDS, "--dry-run")

    def test_disable(self):
        """Who is said to be out is out."""
        self.instance.run("user", "add", "my-org/alice", data=b"a long password\n", code=0)
        self.each_allocation(USER, "UPDATE user SET is_forbidden = ?", (1,), "user", "disable",
                             "my-org/alice")

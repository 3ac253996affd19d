"""A file is imported while memory is short."""

import glob
import json
import os
import shutil

import fault_case
import setting

# No application: OpenSSL, which makes its secret, sets itself up when it is first used, and ends the
# process when it finds no memory then.
FILE = {
    "organizations": [{"name": "acme", "tags": ["a", 5], "themeData": {"x": 1}}],
    "users": [{"owner": "acme", "name": "alice", "address": ["x", 1]}],
    "roles": [{"owner": "acme", "name": "staff", "users": ["acme/alice", "acme/nobody"]}],
}


class Import(fault_case.FaultCase):
    """All or nothing."""

    def make(self):
        self.fresh(start=False)

    def load(self, number):
        """Import the file into a copy of the database; what the command says, what is there."""
        made = self.instance
        copy = made.database + ".copy"
        # Where the memory for closing it was short, there is a log still.
        for left in glob.glob(copy + "*"):
            os.unlink(left)
        shutil.copy(made.database, copy)
        done = made.run("import", "-", data=json.dumps(FILE).encode(),
                        env={"CASEMENT_DB": copy, "LD_PRELOAD": setting.SHORT,
                             "CASEMENT_SHORT": str(number)})
        kept, made.database = made.database, copy
        there = [tuple(row) for row in made.query(
            "SELECT name, properties FROM organization WHERE name = 'acme'"
            " UNION ALL SELECT name, properties FROM user"
            " UNION ALL SELECT role_id, user_id FROM role_user")]
        made.database = kept
        return done, there

    def test_each_allocation(self):
        """Whichever fails: what is said to be done is done, all of it, or nothing is there."""
        usual, everything = self.load(0)
        self.assertEqual(usual.out, "3 added, 3 not understood\n")
        self.assertEqual(len(everything), 3)
        last = int(usual.err.splitlines()[-1].partition(" ")[0])
        for number in range(1, last + 1, setting.STEP):
            done, there = self.load(number)
            with self.subTest(allocation=number, code=done.code, err=done.err):
                self.assertGreaterEqual(done.code, 0)
                self.assertIn(there, (everything, []))
                self.assertEqual(there, everything if done.code == 0 else [])
                if done.code == 0:
                    self.assertEqual(done.out, usual.out)

"""Mistakes that are made on purpose, and what `casement doctor` has to say about each."""

import json
import os
import subprocess

import case
import instance
import servers

_named = []         # a row for each mistake that was named


class MistakeCase(case.Case):
    """Helpers: run the doctor, and expect it to name one thing and nothing else."""

    def setUp(self):
        self.instance = None

    def doctor(self, *arguments, database=None, under=(), data="", **options):
        """The findings, and the exit status."""
        environment = {**os.environ, **servers.inherited_environment()}
        environment.pop("CASEMENT_DB", None)
        if database is not None:
            environment["CASEMENT_DB"] = database
        done = subprocess.run([*under, instance.Instance.binary, "doctor", "--json", *arguments],
                              capture_output=True, text=True, env=environment, check=False,
                              input=data, timeout=servers.patient(120), **options)
        self.assertIn(done.returncode, (0, 8), done.stdout + done.stderr)
        findings = json.loads(done.stdout)
        wrong = [finding for finding in findings if finding["status"] == "wrong"]
        self.assertEqual(done.returncode, 8 if wrong else 0, done.stdout)
        for finding in findings:
            self.assertEqual(set(finding), {"status", "check", "says", "mend"})
            self.assertIn(finding["status"], ("ok", "note", "wrong"))
            self.assertTrue(finding["says"], finding)
            self.assertTrue(finding["mend"] or finding["status"] != "wrong", finding)
        return findings

    def named(self, mistake, findings, check, says, mend="", status="wrong", also=()):
        """
        The mistake is named by this check, with words and directive; no other check finds anything
        wrong but those of also.
        """
        found = [finding for finding in findings if finding["check"] == check]
        self.assertEqual(len(found), 1, f"{mistake}: {findings}")
        self.assertEqual(found[0]["status"], status, f"{mistake}: {findings}")
        self.assertRegex(found[0]["says"], says)
        if mend:
            self.assertRegex("\n".join(found[0]["mend"]), f"(?m){mend}")
        wrong = {finding["check"] for finding in findings if finding["status"] == "wrong"}
        self.assertEqual(wrong - {check}, set(also), f"{mistake}: {findings}")
        _named.append((mistake, status, check, (found[0]["mend"] or [found[0]["says"]])[0]))
        return found[0]

    def all_well(self, findings, notes=()):
        """Nothing is wrong, and nothing noted but by these checks."""
        worse = {finding["check"]: finding for finding in findings if finding["status"] != "ok"}
        self.assertEqual(set(worse), set(notes), worse)


def show():
    """Print mistake, verdict and check, and what mends it."""
    if _named:
        width = max(len(row[0]) for row in _named)
        print(f"{'mistake':{width}}  the doctor's word    what mends it, or what is noted")
        for mistake, status, check, mend in _named:
            print(f"{mistake:{width}}  {status:5} {check:14} {mend[:100]}")
        print(f"{len(_named)} mistakes made on purpose, each named")

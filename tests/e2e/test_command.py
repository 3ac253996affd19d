"""The command line: what it prints, where, and its exit status."""

import json
import os
import sqlite3
import stat
import subprocess
import time

import case
import client
import forge
import servers

OK, INTERNAL, USAGE, NOT_FOUND, EXISTS, FORBIDDEN, BAD_INPUT, STORE = 0, 1, 2, 3, 4, 5, 6, 7
VERBS = ("list", "show", "add", "update", "delete")
GROUPS = {"application": (*VERBS, "rotate-secret"), "organization": VERBS,
          "user": (*VERBS, "set-password", "disable", "enable"), "role": VERBS,
          "permission": VERBS, "token": ("list", "show", "delete", "issue"),
          "key": ("list", "rotate"), "setting": ("get", "set", "list")}
SINGLE = ("init", "migrate", "version", "help")


class CommandCase(case.Case):
    """Helpers around the shared instance."""

    def ok(self, *arguments):
        """A command that works; its output."""
        return self.instance.run(*arguments, code=OK).out

    def bad(self, code, *arguments, **options):
        """A command that fails in this way: a line on stderr, nothing on stdout."""
        result = self.instance.run(*arguments, **options)
        self.assertEqual(result.code, code, f"{arguments}: {result.out}{result.err}")
        self.assertTrue(result.err.strip(), arguments)
        self.assertEqual(result.out, "", arguments)
        return result.err

    def json(self, *arguments):
        """A command that works, with --json."""
        return self.instance.run_json(*arguments)


class Help(CommandCase):
    """help, --help, version and wrong usage."""

    def test_help(self):
        """Every group is named."""
        for arguments in (("help",), ("--help",), ("-h",)):
            out = self.ok(*arguments)
            for name in (*GROUPS, *SINGLE):
                self.assertIn(name, out)
            self.assertNotIn(" \n", out)

    def test_help_of_each_command(self):
        """--help works everywhere and touches no database."""
        commands = [(name,) for name in (*SINGLE, *GROUPS)]
        commands += [(group, verb) for group, verbs in GROUPS.items() for verb in verbs]
        for command in commands:
            with self.subTest(command=command):
                result = self.instance.run(*command, "--help",
                                           env={"CASEMENT_DB": "/nonexistent/x.db"})
                self.assertEqual(result.code, OK, result.err)
                self.assertIn(command[-1], result.out)
                self.assertEqual(result.err, "")

    def test_version(self):
        """A number."""
        self.assertRegex(self.ok("version"), r"\d+\.\d+")

    def test_usage(self):
        """2 for what cannot be understood."""
        for arguments in (("nonsense",), ("application",), ("application", "nonsense"),
                          ("application", "add"), ("application", "show"),
                          ("application", "show", "my-org/demo", "extra"),
                          ("application", "list", "--nonsense"), ("organization", "add"),
                          ("token", "issue"), ("setting", "get"), ("setting", "set", "issuer"),
                          ("key", "nonsense"), ("init", "--nonsense"), ("--nonsense",),
                          ("token", "issue", "my-org/demo", "--scope"),
                          ("application", "delete"), ("init", "--url"),
                          ("init", "--demo", "--env-file", "--json"),
                          # What a variable of a shell is that was not set.
                          ("init", "--demo", "--env-file", ""), ("init", "--url", ""),
                          ("token", "issue", "my-org/demo", "--scope", ""),
                          ("doctor", "--url", "http://127.0.0.1:1", "--token", "")):
            with self.subTest(arguments=arguments):
                self.bad(USAGE, *arguments)
        self.assertFalse(os.path.exists(os.path.join(self.instance.folder, "--json")))
        self.demo()

    def test_given_twice(self):
        """Of two values for one thing none is passed over in silence."""
        name = f"my-org/{case.unique()}"
        for arguments in (("application", "list", "my-org", "built-in"),
                          ("application", "list", "owner=my-org", "built-in"),
                          ("application", "list", "namePrefix=a", "namePrefix=b"),
                          ("application", "list", "=a"),
                          ("application", "add", name, "displayName=a", "displayName=b"),
                          ("application", "add", name, "tags=null", "tags=a"),
                          ("application", "add", name, "name=other"),
                          ("application", "add", name, "owner=built-in"),
                          ("application", "update", "my-org/demo", "name=a", "name=b"),
                          ("audit", "tool=a", "tool=b"),
                          ("audit", "since=2026-01-02T03:04:05Z", "since=b"),
                          ("token", "issue", "my-org/demo", "--scope", "a", "--scope", "b"),
                          ("doctor", "--url", "http://127.0.0.1:1", "--url", "x")):
            with self.subTest(arguments=arguments):
                self.bad(USAGE, *arguments)
        self.bad(NOT_FOUND, "application", "show", name)

    def test_errors_in_json(self):
        """With --json, wherever it stands, stderr is one JSON object."""
        for arguments in (("nonsense", "--json"), ("application", "nonsense", "--json"),
                          ("application", "list", "--nonsense", "--json"),
                          ("application", "--json", "list"),
                          ("application", "show", "--json"),
                          ("application", "show", "--json", "my-org/nobody")):
            with self.subTest(arguments=arguments):
                result = self.instance.run(*arguments)
                self.assertEqual(set(json.loads(result.err)), {"error", "message"})

    def test_output_that_is_lost(self):
        """Of help, and of what is told as it is found, too."""
        environment = {**os.environ, **self.instance.environment()}
        for arguments in (("help",), ("--help",), ("setting", "--help"), ("doctor",)):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([self.instance.binary, *arguments],
                                      stdout=full, stderr=subprocess.PIPE, check=False,
                                      timeout=servers.patient(60), env=environment)
                self.assertNotEqual(done.returncode, OK)


class Applications(CommandCase):
    """application add|list|show|delete|rotate-secret"""

    def test_add_show_delete(self):
        """The whole life of one."""
        name = case.unique()
        made = self.json("application", "add", f"my-org/{name}", "displayName=From the shell",
                         'scopes=[{"name":"read:application"}]', 'tags=["a"]')
        self.assertEqual((made["owner"], made["name"], made["displayName"], made["tags"]),
                         ("my-org", name, "From the shell", ["a"]))
        own = client.Credentials(made["clientId"], made["clientSecret"])
        self.http.token(own, case.READ)
        shown = self.json("application", "show", f"my-org/{name}")
        self.assertNotIn(own.secret, json.dumps(shown))
        self.assertEqual(shown["clientId"], own.id)
        self.assertEqual(shown["displayName"], "From the shell")
        self.ok("application", "delete", f"my-org/{name}")
        self.bad(NOT_FOUND, "application", "show", f"my-org/{name}")
        self.bad(NOT_FOUND, "application", "delete", f"my-org/{name}")
        self.bad(NOT_FOUND, "application", "rotate-secret", f"my-org/{name}")

    def test_add_for_people(self):
        """Without --json the id and the secret are printed too, this once."""
        name = case.unique()
        out = self.ok("application", "add", f"my-org/{name}")
        shown = self.json("application", "show", f"my-org/{name}")
        self.assertIn(shown["clientId"], out)
        words = out.split()
        self.assertTrue(any(
            self.http.token_reply(client.Credentials(shown["clientId"], word)).status_code == 200
            for word in words if len(word) >= 22), out)

    def test_add_refused(self):
        """Each kind of refusal has its exit status."""
        name = case.unique()
        self.bad(EXISTS, "application", "add", "my-org/demo")
        self.assertIn("displyName",
                      self.bad(BAD_INPUT, "application", "add", f"my-org/{name}", "displyName=x"))
        self.assertIn("tags", self.bad(BAD_INPUT, "application", "add", f"my-org/{name}", "tags=5"))
        self.assertIn("tags", self.bad(BAD_INPUT, "application", "add", f"my-org/{name}", "tags={"))
        for field, form in (("scopes=read:application", 'such as [{"name":'),
                            ("disableSignin=yes", "true or false"),
                            ("expireInHours=1h", "a number"), ("tags=[a", 'such as ["a"')):
            with self.subTest(field=field):
                self.assertIn(form, self.bad(BAD_INPUT, "application", "add", f"my-org/{name}",
                                             field))
        for identity in (name, f"my-org/{name}/x", "my-org/", f"/{name}", "", "my-org/an app",
                         "my-org/" + "a" * 101):
            with self.subTest(identity=identity):
                self.assertIn("OWNER/NAME; names have at most 100 letters",
                              self.bad(BAD_INPUT, "application", "add", identity))
                self.bad(BAD_INPUT, "token", "issue", identity)
        self.assertIn(self.instance.run("application", "add", f"no-such-org/{name}").code,
                      (NOT_FOUND, BAD_INPUT))
        self.assertIn(self.instance.run("application", "add", f"my-org/{name}", "displayName").code,
                      (USAGE, BAD_INPUT))
        self.assertIsNone(self.row(f"my-org/{name}"))

    def test_string_fields_are_text(self):
        """A string field takes its value as it stands, JSON or not."""
        for value in ("5", "true", '"quoted"', "a=b", "", "ž", "{"):
            with self.subTest(value=value):
                made = self.json("application", "add", f"my-org/{case.unique()}",
                                 f"description={value}")
                self.assertEqual(made["description"], value)

    def test_words_of_lists(self):
        """A list of texts takes words, whatever they begin with, and JSON."""
        self.ok("organization", "add", "9lives", "tags=a 9b")
        self.instance.run("user", "add", "9lives/cat", "scopes=*:read", code=OK,
                          data=b"correct horse\n")
        self.instance.run("user", "add", "9lives/_dog", code=OK, data=b"correct horse\n")
        made = self.json("role", "add", "9lives/pets", "users=9lives/cat 9lives/_dog")
        self.assertEqual(made["users"], ["9lives/_dog", "9lives/cat"])
        self.assertEqual(self.json("user", "show", "9lives/cat")["scopes"], ["*:read"])
        self.assertEqual(self.json("organization", "show", "9lives")["tags"], ["a", "9b"])
        made = self.json("role", "update", "9lives/pets", 'users=["9lives/cat"]')
        self.assertEqual(made["users"], ["9lives/cat"])
        self.bad(BAD_INPUT, "role", "update", "9lives/pets", 'users=["9lives/cat"')

    def test_control_characters(self):
        """What a row has for a terminal to obey is not printed; programs read it as it is."""
        name = f"my-org/{case.unique()}"
        wild = "a\x1b]0;x\x07\nb\u009b31m\tž"
        self.json("application", "add", name, f"displayName={wild}")
        for arguments in (("list", "my-org"), ("show", name)):
            out = self.ok("application", *arguments)
            self.assertIn("a?]0;x??b?31m?ž\n", out)
            self.assertNotRegex(out, "[\x00-\x08\x0b-\x1f\x7f-\x9f]")
        self.assertEqual(self.json("application", "show", name)["displayName"], wild)

    def test_not_utf8(self):
        """An argument that is not UTF-8 is refused."""
        name = case.unique()
        code = self.instance.run("application", "add", b"my-org/" + name.encode(),
                                 b"displayName=\xff\xfe").code
        self.assertEqual(code, BAD_INPUT)
        self.assertEqual(self.instance.run("application", "show", f"my-org/{name}").code,
                         NOT_FOUND)
        self.bad(BAD_INPUT, "token", "issue", "my-org/demo", "--scope", b"\xff\xfe")

    def test_list(self):
        """All, or those of one organisation."""
        name = case.unique("org")
        self.instance.agent(name)
        self.assertEqual([f"{item['owner']}/{item['name']}"
                          for item in self.json("application", "list", name)], [f"{name}/agent"])
        owners = {item["owner"] for item in self.json("application", "list")}
        self.assertLessEqual({"built-in", "my-org", name}, owners)
        out = self.ok("application", "list", "my-org")
        self.assertIn("my-org/demo", out)
        self.assertNotIn("clientSecret", self.ok("application", "list", "--json"))
        for more in ((), ("--json",)):
            self.bad(BAD_INPUT, "application", "list", "nonsense=1", *more)

    def test_long_list(self):
        """More rows than a page has."""
        made = self.fresh(start=False)
        made.run("organization", "add", "many", code=OK)
        with_columns = ("INSERT INTO application (owner, name, organization, display_name,"
                        " description, created_at_s, updated_at_s, client_id, scopes, scope,"
                        " grant_types, redirect_uris, expire_in_hours, properties)"
                        " VALUES ('many', ?, 'many', '', '', 1, 1, ?, '[]', '', '[]', '[]', 0,"
                        " '{}')")
        for number in range(130):
            made.change(with_columns, f"n{number:03}", f"many-{number}")
        self.assertEqual([item["name"] for item in self.json("application", "list", "many")],
                         [f"n{number:03}" for number in range(130)])

    def test_rotate_secret(self):
        """A new secret for the same client, in JSON and for people."""
        name = case.unique()
        own = self.instance.application(f"my-org/{name}")
        new = self.json("application", "rotate-secret", f"my-org/{name}")
        self.assertEqual(new["clientId"], own.id)
        self.assertNotEqual(new["clientSecret"], own.secret)
        self.assertIn(own.id, self.ok("application", "rotate-secret", f"my-org/{name}"))
        self.assertEqual(self.http.token_reply(
            client.Credentials(own.id, new["clientSecret"])).status_code, 401)


class Others(CommandCase):
    """organization, key, token, setting, migrate"""

    def test_organizations(self):
        """add, list, and what is refused."""
        name = case.unique("org")
        self.ok("organization", "add", name, "displayName=With a Name")
        found = {item["name"]: item for item in self.json("organization", "list")}
        self.assertEqual(found[name]["displayName"], "With a Name")
        self.assertLessEqual({"built-in", "my-org"}, set(found))
        self.assertIn(name, self.ok("organization", "list"))
        self.bad(EXISTS, "organization", "add", name)
        for bad in ("", "a/b", "a\nb", "x" * 2000):
            with self.subTest(name=bad[:10]):
                self.assertIn(self.instance.run("organization", "add", bad).code,
                              (USAGE, BAD_INPUT))

    def test_keys(self):
        """The list tells ids and algorithms, never a private key."""
        out = self.ok("key", "list", "--json")
        self.assertNotIn("PRIVATE", out)
        self.assertNotIn("PRIVATE", self.ok("key", "list"))
        kids = {item["kid"] for item in json.loads(out)}
        self.assertIn(self.instance.signing_key()["kid"], kids)
        self.assertIn(forge.parts(self.demo())[0]["kid"], kids)

    def test_key_rotate(self):
        """One more key, which signs; the old one is retired."""
        made = self.fresh(start=False)
        before = made.signing_key()["kid"]
        self.ok("key", "rotate")
        after = made.signing_key()["kid"]
        self.assertNotEqual(after, before)
        self.assertEqual({item["kid"] for item in self.json("key", "list")}, {before, after})
        self.assertEqual(made.query("SELECT count(*) AS n FROM signing_key WHERE"
                                    " retired_at_s IS NULL")[0]["n"], 1)

    def test_key_is_made_before_the_lock(self):
        """While it is made, others write: OpenSSL waits for its configuration here."""
        made = self.fresh(start=False)
        fifo = os.path.join(made.folder, "openssl.cnf")
        os.mkfifo(fifo)
        with subprocess.Popen([made.binary, "key", "rotate"], stdout=subprocess.DEVNULL,
                              env={**os.environ, **made.environment(),
                                   "OPENSSL_CONF": fifo}) as rotating:
            with self.writer(fifo, rotating):
                connection = sqlite3.connect(made.database, timeout=0, isolation_level=None)
                try:
                    connection.execute("BEGIN IMMEDIATE")
                finally:
                    connection.close()
            self.assertEqual(rotating.wait(servers.patient(30)), 0)

    def writer(self, fifo, reader):
        """The other end of what a process reads, as soon as it does."""
        deadline = time.monotonic() + servers.patient(30)
        while time.monotonic() < deadline and reader.poll() is None:
            try:
                return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb")
            except OSError:
                time.sleep(0.01)
        reader.kill()
        self.fail("nobody reads it")

    def test_token_issue(self):
        """A token without a secret, for who runs the server."""
        token = self.json("token", "issue", "my-org/demo", "--scope", case.READ)["access_token"]
        self.assert_token_good(token)
        self.assertEqual(forge.parts(token)[1]["scope"], case.READ)
        whole = self.json("token", "issue", "my-org/demo")["access_token"]
        self.assertEqual(set(forge.parts(whole)[1]["scope"].split()), set(case.BOTH.split()))
        self.assertIn("ey", self.ok("token", "issue", "my-org/demo"))
        self.bad(NOT_FOUND, "token", "issue", "my-org/nobody")
        self.bad(BAD_INPUT, "token", "issue", "my-org/demo", "--scope", "admin")

    def test_settings(self):
        """get, set and list; unknown names and bad values are refused and change nothing."""
        made = self.fresh(start=False)
        self.assertEqual(self.ok("setting", "get", "issuer").strip(), made.server.url)
        self.ok("setting", "set", "access_token_lifetime_s", "120")
        self.assertEqual(self.ok("setting", "get", "access_token_lifetime_s").strip(), "120")
        listed = self.ok("setting", "list")
        for name in ("issuer", "signing_algorithm", "access_token_lifetime_s", "max_body_bytes",
                     "allowed_origins"):
            self.assertIn(name, listed)
        json.loads(self.ok("setting", "list", "--json"))
        self.assertIn(made.run("setting", "get", "nonsense").code, (USAGE, NOT_FOUND, BAD_INPUT))
        self.assertIn(made.run("setting", "set", "nonsense", "1").code,
                      (USAGE, NOT_FOUND, BAD_INPUT))
        self.assertIn(made.run("setting", "set", "max_body_bytes", "-1").code, (USAGE, BAD_INPUT))
        for name, values in {
                "signing_algorithm": ("HS256", "none", "", "rs256", "RS512"),
                "access_token_lifetime_s": ("0", "x", "", "1.5", "9" * 30, "10s", " 5"),
                "max_body_bytes": ("0", "x", "", "9" * 30),
                "issuer": ("", "x", "ftp://a.example", "https://a.example/?x=1",
                           "https://a.example/#x", "https://", "http://a.example",
                           "https://u:p@a.example/", "https://a.example/\nx", "/api"),
                "allowed_origins": ("x", "https://a.example/path", "https://a.example?x",
                                    "javascript:alert(1)")}.items():
            before = self.ok("setting", "get", name)
            for value in values:
                with self.subTest(name=name, value=value[:30]):
                    self.bad(BAD_INPUT, "setting", "set", name, value)
                    self.assertEqual(self.ok("setting", "get", name), before)

    def test_migrate(self):
        """Nothing to do, twice."""
        made = self.fresh(start=False)
        version = made.query("PRAGMA user_version")[0][0]
        self.ok("migrate")
        self.ok("migrate")
        self.assertGreater(version, 0)
        self.assertEqual(made.query("PRAGMA user_version")[0][0], version)

    def test_newer_database_is_refused(self):
        """A file of a later version is left alone, with a clear line."""
        made = self.fresh(start=False)
        made.change("PRAGMA user_version = 9999")
        err = self.bad(STORE, "application", "list")
        self.assertIn("9999", err)
        self.bad(STORE, "migrate")
        self.assertEqual(made.query("PRAGMA user_version")[0][0], 9999)

    def test_commands_are_on_record(self):
        """A change by command has an audit row as well."""
        name = case.unique()
        self.ok("application", "add", f"my-org/{name}")
        self.ok("application", "delete", f"my-org/{name}")
        rows = self.instance.query("SELECT * FROM audit WHERE target = ? ORDER BY id",
                                   f"my-org/{name}")
        self.assertEqual(len(rows), 2)
        self.assertEqual({(row["outcome"], row["address"]) for row in rows}, {("ok", "")})


class Tokens(CommandCase):
    """How a token comes to the doctor."""

    def test_line(self):
        """There is one, and all of it is taken."""
        for data, why in ((b"", "no token"), (b"\n", "no token"), (b"\r\nmore\n", "no token"),
                          (b"x" * 8192 + b"\n", "too long"), (b"x" * 100000, "too long")):
            with self.subTest(data=data[:10]):
                self.assertIn(why, self.bad(BAD_INPUT, "doctor", "--url", "http://127.0.0.1:1",
                                            "--token", "-", data=data))


class Passwords(CommandCase):
    """How a password comes to the program."""

    def test_line(self):
        """The first line as it is, without its end."""
        name = f"my-org/{case.unique()}"
        for data in (b"correct horse", b"correct horse\n", b"correct horse\r\n", b"with\rcr in it"):
            with self.subTest(data=data):
                self.instance.run("user", "add", name, data=data, code=OK)
                self.ok("user", "delete", name)
        for data in (b"", b"\n", b"short\n", b"correct\0horse battery\n", b"correct horse\0\n",
                     b"correct horse \xff\n", b"x" * 100000):
            with self.subTest(data=data[:30]):
                self.bad(BAD_INPUT, "user", "add", name, data=data)
        self.bad(NOT_FOUND, "user", "show", name)

    def test_not_in_the_arguments(self):
        """A command line can be read by everybody on the machine."""
        name = f"my-org/{case.unique()}"
        self.bad(USAGE, "user", "add", name, "password=correct horse", data=b"battery staple\n")
        self.instance.run("user", "add", name, data=b"battery staple\n", code=OK)
        self.assertIn("set-password",
                      self.bad(USAGE, "user", "update", name, "password=correct horse"))


class Init(CommandCase):
    """init, and databases that are not there or not good."""

    def init(self, folder_name, *more, url="http://127.0.0.1:9"):
        """Run init for a new database; its result, the database and the env file."""
        folder = os.path.join(self.instance.folder, folder_name)
        os.makedirs(folder, exist_ok=True)
        self.instance.server.hand_over()
        database, env_file = os.path.join(folder, "new.db"), os.path.join(folder, "new.env")
        arguments = ["init", "--url", url, *more]
        if "--demo" in more:
            arguments += ["--env-file", env_file]
        return (self.instance.run(*arguments, env={"CASEMENT_DB": database}), database, env_file)

    def mode(self, path):
        """The permissions of a file."""
        return stat.S_IMODE(os.stat(path).st_mode)

    def test_files_are_private(self):
        """0600 for database and env file, whatever the umask."""
        old = os.umask(0)
        try:
            result, database, env_file = self.init(case.unique("init"), "--demo")
        finally:
            os.umask(old)
        self.assertEqual(result.code, OK, result.err)
        for path in (database, env_file):
            self.assertEqual(self.mode(path), 0o600, path)

    def test_env_file(self):
        """Shell syntax with the six variables and nothing else."""
        with open(self.instance.env_file, encoding="utf-8") as env:
            lines = [line for line in env.read().splitlines() if line and line[0] != "#"]
        names = {line.removeprefix("export ").partition("=")[0] for line in lines}
        self.assertEqual(names, {"CASEMENT_URL", "CASEMENT_TOKEN_URL", "CASEMENT_CLIENT_ID",
                                 "CASEMENT_CLIENT_SECRET", "CASEMENT_ADMIN_CLIENT_ID",
                                 "CASEMENT_ADMIN_CLIENT_SECRET"})
        self.assertEqual(self.mode(self.instance.env_file), 0o600)

    def test_env_file_of_others(self):
        """A file that is there loses nothing but Casement's own lines."""
        name = case.unique("init")
        _, _, env_file = self.init(name)
        others = "# mine\nexport PATH=/bin\nDATABASE_URL='" + "x" * 3000 + "'\n"
        with open(env_file, "w", encoding="utf-8") as file:
            file.write(others + "CASEMENT_URL=http://old\n\t export CASEMENT_TOKEN_URL=//old\n")
        result, _, _ = self.init(name, "--demo")
        self.assertEqual(result.code, OK, result.err)
        with open(env_file, encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.endswith(others), text)
        self.assertNotIn("//old", text)
        for secret in [line.split()[1] for line in result.out.splitlines()
                       if "client_secret" in line]:
            self.assertIn(f"='{secret}'\n", text)
        self.assertEqual(text.count("CASEMENT_CLIENT_SECRET="), 1)
        self.init(name, "--demo")
        with open(env_file, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)

    def test_env_file_that_is_none(self):
        """What is no text stays as it is, were it the database itself."""
        name = case.unique("init")
        _, database, _ = self.init(name)
        for path in (database, os.path.join(os.path.dirname(database), "late")):
            if path != database:
                with open(path, "wb") as file:
                    file.write(b"A=b\nC=d\0\nE=f\n")
            with open(path, "rb") as file:
                before = file.read()
            self.assertIn("is no text", self.bad(STORE, "init", "--demo", "--env-file", path,
                                                 env={"CASEMENT_DB": database}))
            with open(path, "rb") as file:
                self.assertEqual(file.read(), before)

    def test_env_file_behind_a_link(self):
        """The link stays; the file that it leads to is the new one."""
        name = case.unique("init")
        _, database, env_file = self.init(name)
        os.symlink("there.env", env_file)
        there = os.path.join(os.path.dirname(env_file), "there.env")
        with open(there, "w", encoding="utf-8") as file:
            file.write("OTHER=1\n")
        result, _, _ = self.init(name, "--demo")
        self.assertEqual(result.code, OK, result.err)
        self.assertEqual(os.readlink(env_file), "there.env")
        with open(there, encoding="utf-8") as file:
            self.assertRegex(file.read(), "(?s)^CASEMENT_URL=.*\nOTHER=1\n$")
        self.assertEqual(self.mode(there), 0o600)
        os.unlink(there)
        self.bad(STORE, "init", "--demo", "--env-file", env_file, env={"CASEMENT_DB": database})
        self.assertEqual(os.readlink(env_file), "there.env")

    def test_url_of_the_default(self):
        """Who gives the default URL has set one."""
        result, database, _ = self.init(case.unique("init"), url="http://127.0.0.1:8080")
        self.assertEqual(result.code, OK, result.err)
        found = json.loads(self.instance.run("doctor", "--json", env={"CASEMENT_DB": database}).out)
        self.assertEqual([finding["status"] for finding in found if finding["check"] == "issuer"],
                         ["ok"])

    def test_env_file_of_another_database(self):
        """Credentials of a database that was deleted give way to those of the new one."""
        name = case.unique("init")
        _, database, env_file = self.init(name, "--demo")
        os.unlink(database)
        result, _, _ = self.init(name, "--demo")
        self.assertEqual(result.code, OK, result.err)
        with open(env_file, encoding="utf-8") as file:
            text = file.read()
        listed = json.loads(self.instance.run("application", "list", "--json", code=OK,
                                              env={"CASEMENT_DB": database}).out)
        for item in listed:
            self.assertIn(f"CLIENT_ID='{item['clientId']}'\n", text)

    def test_env_file_of_an_old_secret(self):
        """A secret that is not the client's any more gives way to one that is; others stay."""
        name = case.unique("init")
        _, database, env_file = self.init(name, "--demo")
        with open(env_file, encoding="utf-8") as file:
            before = file.read().splitlines()
        self.instance.run("application", "rotate-secret", "my-org/demo", code=OK,
                          env={"CASEMENT_DB": database})
        result, _, _ = self.init(name, "--demo")
        self.assertEqual(result.code, OK, result.err)
        with open(env_file, encoding="utf-8") as file:
            after = file.read().splitlines()
        secrets = [line.split()[1] for line in result.out.splitlines() if "client_secret" in line]
        self.assertEqual([line for line in after if line not in before],
                         [f"CASEMENT_CLIENT_SECRET='{secret}'" for secret in secrets])
        self.assertEqual(len(secrets), 1)

    def test_env_file_that_can_not_be_written(self):
        """It is an error before a secret is made or renewed, and nothing is left behind."""
        folder = os.path.join(self.instance.folder, case.unique("init"))
        os.makedirs(os.path.join(folder, "new.env"))
        database = os.path.join(folder, "new.db")
        self.instance.server.hand_over()
        os.symlink("/dev/null", os.path.join(folder, "null"))
        for name in ("new.env", "null"):
            self.bad(STORE, "init", "--demo", "--env-file", os.path.join(folder, name),
                     env={"CASEMENT_DB": database})
        os.unlink(os.path.join(folder, "null"))
        result = self.instance.run("init", "--demo", "--env-file", "/nonexistent/folder/x",
                                   env={"CASEMENT_DB": database})
        self.assertEqual(result.code, STORE, result.err)
        self.assertIn("No such file or directory", result.err)
        self.assertEqual(result.out, "")
        connection = sqlite3.connect(database)
        self.assertEqual(connection.execute("SELECT * FROM application").fetchall(), [])
        connection.close()
        self.assertEqual([name for name in os.listdir(folder) if not name.startswith("new.db")],
                         ["new.env"])

    def test_env_file_quotes(self):
        """A URL may have a quote: to a shell it is a part of the value."""
        url = "http://127.0.0.1:9/a'$(pwd)'c"
        result, _, env_file = self.init(case.unique("init"), "--demo", url=url)
        self.assertEqual(result.code, OK, result.err)
        done = subprocess.run(["sh", "-c", '. "$0"; echo "$CASEMENT_URL $CASEMENT_TOKEN_URL"',
                               env_file], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split(),
                         [url + "/api/mcp", url + "/api/login/oauth/access_token"])

    def test_again(self):
        """A second init finds the first one's state and breaks nothing."""
        made = self.fresh(start=False)
        before = made.query("SELECT client_id, client_secret_sha256 FROM application ORDER BY id")
        key = made.signing_key()["kid"]
        result = made.run("init", "--url", made.server.url, "--demo", "--env-file", made.env_file)
        self.assertIn(result.code, (OK, EXISTS), result.err)
        after = made.query("SELECT client_id, client_secret_sha256 FROM application ORDER BY id")
        self.assertEqual([tuple(row) for row in after], [tuple(row) for row in before])
        self.assertEqual(made.signing_key()["kid"], key)
        with open(made.env_file, encoding="utf-8") as env:
            self.assertIn(made.demo.secret, env.read())

    def test_without_demo(self):
        """A plain init has no demo client."""
        result, database, _ = self.init(case.unique("init"))
        self.assertEqual(result.code, OK, result.err)
        listed = self.instance.run("application", "list", "--json",
                                   env={"CASEMENT_DB": database}, code=OK)
        self.assertNotIn("demo", [item["name"] for item in json.loads(listed.out)])

    def test_A27_bad_urls(self):
        """No query, no fragment, https unless loopback; nothing is left behind."""
        for url in ("", "x", "http://a.example", "https://a.example/?x", "https://a.example/#x",
                    "ftp://127.0.0.1", "https://", "127.0.0.1:80", "http://127.0.0.1.example/"):
            with self.subTest(url=url):
                result, database, _ = self.init(case.unique("init"), url=url)
                self.assertIn(result.code, (USAGE, BAD_INPUT), result.out)
                self.assertTrue(result.err.strip())
                self.assertFalse(os.path.exists(database) and os.path.getsize(database))

    def test_loopback_urls(self):
        """All names of this machine may do without https."""
        for url in ("http://localhost:8080", "http://[::1]:8080", "http://127.0.0.1",
                    "https://a.example/mounted/here"):
            with self.subTest(url=url):
                result, _, _ = self.init(case.unique("init"), url=url)
                self.assertEqual(result.code, OK, result.err)

    def test_U3_trailing_slash(self):
        """https://h and https://h/ are one issuer."""
        result, database, _ = self.init(case.unique("init"), url="http://127.0.0.1:9/")
        self.assertEqual(result.code, OK, result.err)
        got = self.instance.run("setting", "get", "issuer", env={"CASEMENT_DB": database}, code=OK)
        self.assertEqual(got.out.strip(), "http://127.0.0.1:9")

    def test_no_database(self):
        """A database that is not there is not made by the way."""
        path = os.path.join(self.instance.folder, case.unique("absent") + ".db")
        for arguments in (("application", "list"), ("setting", "list"), ("key", "list"),
                          ("token", "issue", "my-org/demo")):
            with self.subTest(arguments=arguments):
                self.assertIn("No such file", self.bad(STORE, *arguments,
                                                       env={"CASEMENT_DB": path}))
                self.assertFalse(os.path.exists(path))

    def test_casement_conf(self):
        """The line as people write it; a file that can't be read is named as that."""
        if self.instance.wrapped:
            self.skipTest("commands run the program in its own place")
        folder = os.path.join(self.instance.folder, case.unique("place"))
        os.mkdir(folder)
        binary = os.path.join(folder, "casement")
        subprocess.run(["cp", self.instance.binary, binary], check=True)
        conf = os.path.join(folder, "casement.conf")
        environment = {**os.environ, **self.instance.environment()}
        database = environment.pop("CASEMENT_DB")

        def ask(**options):
            return subprocess.run([binary, "setting", "get", "issuer"], env=environment,
                                  capture_output=True, text=True, check=False, **options)
        for line in ("database = %s", "database=%s\n", "# x\n \tdatabase\t=\t%s \t\r\n",
                     "\ufeffdatabase = %s\r\n", f"database = ../{'%.0s'}casement.db\n"):
            with self.subTest(line=line):
                with open(conf, "w", encoding="utf-8", newline="") as file:
                    file.write(line % database)
                done = ask()
                self.assertEqual(done.returncode, OK, done.stderr)
        os.unlink(conf)
        os.mkdir(conf)
        done = ask()
        self.assertEqual(done.returncode, STORE)
        self.assertRegex(done.stderr, "^casement: No database: .*\n$")
        if os.geteuid() == 0:
            os.rmdir(conf)
            with open(conf, "w", encoding="ascii") as file:
                file.write(f"database = {database}\n")
            os.chmod(conf, 0)
            os.chmod(folder, 0o755)
            mode = self.mode(self.instance.folder)
            self.addCleanup(os.chmod, self.instance.folder, mode)
            os.chmod(self.instance.folder, mode | 0o11)
            done = ask(user=12345)
            self.assertEqual(done.returncode, STORE, done.stderr)
            self.assertIn(f"can't read {conf}", done.stderr)

    def test_unusable_database(self):
        """No folder, a folder, an empty file, something else."""
        folder = self.instance.folder
        other = os.path.join(folder, case.unique("other"))
        with open(other, "wb") as file:
            file.write(b"This is not a database. " * 100)
        for path in ("/nonexistent/folder/x.db", folder, other):
            with self.subTest(path=path):
                self.bad(STORE, "application", "list", env={"CASEMENT_DB": path})
        with open(other, "rb") as file:
            self.assertTrue(file.read().startswith(b"This is not"))
        self.bad(STORE, "init", "--url", "http://127.0.0.1:9",
                 env={"CASEMENT_DB": "/nonexistent/folder/x.db"})

    def test_database_from_another_program(self):
        """An SQLite file of somebody else is not turned into ours."""
        path = os.path.join(self.instance.folder, case.unique("foreign") + ".db")
        subprocess.run(["python3", "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]);"
                        "c.execute('create table theirs (x)'); c.commit()", path], check=True)
        self.bad(STORE, "application", "list", env={"CASEMENT_DB": path})

    def test_output_that_nobody_takes(self):
        """A full device under stdout is an error, not a success."""
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.instance.binary, "application", "list", "--json"],
                                  stdout=full, stderr=subprocess.PIPE, check=False,
                                  timeout=servers.patient(60),
                                  env={**os.environ, **self.instance.environment()})
        self.assertNotEqual(done.returncode, OK)

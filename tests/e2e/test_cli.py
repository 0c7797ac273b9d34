"""The command line, and configurations."""

import json
import os
import signal
import socket

from e2e.harness import Case, handler, run

ECHO_ENV = handler("return Response.json(env);")


class CommandLine(Case):
    def test_version(self):
        code, stdout, stderr = run(["--version"])
        self.assertEqual((code, stderr), (0, ""))
        lines = stdout.splitlines()
        self.assertRegex(lines[0], r"^verge \d+\.\d+\.\d+$")
        names = [line.split()[0] for line in lines[1:]]
        for name in ["V8", "libuv", "llhttp", "OpenSSL", "SQLite", "ada", "simdutf", "ICU", "zlib"]:
            self.assertIn(name, names)
        self.assertRegex(lines[1], r"^  V8 +\d+\.\d+\.\d+")

    def test_help(self):
        for arguments, word in [(["--help"], "verge COMMAND"), (["help"], "verge COMMAND"), (["serve", "--help"], "verge serve"),
                                (["help", "serve"], "verge serve"), (["dev", "-h"], "verge dev")]:
            with self.subTest(arguments):
                code, stdout, stderr = run(arguments)
                self.assertEqual((code, stderr), (0, ""))
                self.assertIn(f"Usage: {word}", stdout)
                self.assertIn("Exit codes:", stdout)
        _, stdout, _ = run(["serve", "--help"])
        for option in ["--port", "--host", "--shards", "--cpu-ms", "--max-body", "--drain-timeout", "--env", "--var"]:
            self.assertIn(option, stdout)

    def test_no_command(self):
        code, stdout, _ = run([])
        self.assertEqual(code, 0)
        self.assertIn("Usage: verge COMMAND", stdout)

    def test_wrong_arguments(self):
        for arguments, message in [
                (["serve", "--prot", "1"], "unknown option '--prot'; did you mean '--port'?"),
                (["serve", "--port", "x"], "--port must be a whole number from 0 to 65535"),
                (["serve", "--port", "65536"], "--port must be a whole number from 0 to 65535"),
                (["serve", "--port"], "--port needs a value"),
                (["serve", "--shards", "0"], "--shards must be a whole number from 1 to 1024"),
                (["serve", "--cpu-ms", "-5"], "--cpu-ms must be"),
                (["serve", "--max-body", "12 parsecs"], "--max-body must be"),
                (["serve", "--log-format", "xml"], "--log-format must be text or json"),
                (["serve", "--var", "novalue"], "--var must be NAME=VALUE"),
                (["serve", "a.js", "b.js"], "unexpected argument 'b.js'"),
                (["sevre"], "unknown command 'sevre'; did you mean 'serve'?"),
                (["worker.js"], "verge dev worker.js"),
                (["--port", "1"], "--port belongs behind a command"),
        ]:
            with self.subTest(arguments):
                error = self.run_to_failure(*arguments)
                self.assertIn(message, error)
                self.assertEqual(len(error.splitlines()), 1, error)
                self.assertIn("--help)", error)

    def test_missing_file(self):
        directory = self.directory()
        error = self.run_to_failure("serve", os.path.join(directory, "nothing.js"))
        self.assertIn("nothing.js", error)
        self.assertIn("there is no such file or directory", error)
        self.assertEqual(len(error.splitlines()), 1, error)

    def test_empty_directory(self):
        error = self.run_to_failure("serve", self.directory())
        self.assertIn("index.js", error)
        self.assertEqual(len(error.splitlines()), 1, error)

    def test_busy_port(self):
        path = self.directory({"worker.js": handler("return new Response('x');")})
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            error = self.run_to_failure("serve", path, "--port", str(port))
        self.assertIn(str(port), error)
        self.assertIn("in use", error)
        self.assertIn("--port", error)
        self.assertEqual(len(error.splitlines()), 1, error)

    def test_port_of_another_verge(self):
        # Both use SO_REUSEPORT, which must not let them share by accident.
        verge = self.start(handler("return new Response('first');"))
        path = self.directory({"worker.js": handler("return new Response('second');")})
        error = self.run_to_failure("serve", path, "--port", str(verge.port))
        self.assertIn("in use", error)

    def test_bad_hosts(self):
        path = self.directory({"worker.js": handler("return new Response('x');")})
        for host in ["192.0.2.1", "no-such-host.invalid", "1.2.3.4.5"]:
            with self.subTest(host):
                error = self.run_to_failure("serve", path, "--port", "0", "--host", host)
                self.assertIn(host, error)
                self.assertEqual(len(error.splitlines()), 1, error)

    def test_hosts(self):
        for host, url in [("127.0.0.1", "http://127.0.0.1:"), ("localhost", "http://localhost:"),
                          ("0.0.0.0", "http://127.0.0.1:")]:
            with self.subTest(host):
                verge = self.start(handler("return new Response('x');"), "--host", host)
                self.assertTrue(verge.url.startswith(url), verge.url)
                self.assert_response(verge.get("/"), 200, "x")

    def test_no_socket_is_open_before_the_worker_has_loaded(self):
        # A worker that does not load must not have taken the port, not even for a moment: with the port in use the error
        # of the worker would not be seen.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        path = self.directory({"worker.js": "throw new Error('at start');"})
        error = self.run_to_failure("serve", os.path.join(path, "worker.js"), "--port", str(port))
        self.assertIn("at start", error)
        self.assertNotIn("http://", error)

    def test_json_log(self):
        verge = self.start(handler('console.warn("a \\"quoted\\"\\nline \\u2713", 1); return new Response("x");'),
                           "--log-format", "json")
        verge.get("/")
        verge.wait_for_log("\n")
        record = json.loads(verge.log.splitlines()[0])
        self.assertEqual((record["level"], record["worker"], record["message"]),
                         ("warn", "site", 'a "quoted"\nline \u2713 1'))
        self.assertRegex(record["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_text_log(self):
        verge = self.start(handler('console.log("one", { two: [3] }); console.error("\\x1b[31mred\\x1b[0m \\x07bell");'
                                   'return new Response("x");'))
        verge.get("/")
        verge.wait_for_log("bell")
        self.assertIn("[site] one { two: [ 3 ] }\n", verge.log)
        self.assertIn("[site] red bell\n", verge.log)
        self.assertNotIn("\x07", verge.log)

    def test_nobody_reads_the_log(self):
        """A closed stderr stops no worker."""
        verge = self.start(handler('console.log("line"); return new Response("x");'),
                           preexec=lambda: os.dup2(os.open("/dev/full", os.O_WRONLY), 2))
        for _ in range(10):
            self.assert_response(verge.get("/"), 200, "x")

    def test_many_descriptors_are_closed(self):
        verge = self.start(handler("return new Response('x');"))
        verge.get("/")
        before = len(os.listdir(f"/proc/{verge.pid}/fd"))
        for _ in range(100):
            verge.get("/")
        # The last connections may not have been closed by the server yet.
        self.assertLess(len(os.listdir(f"/proc/{verge.pid}/fd")), before + 10)


class Configurations(Case):
    def start_project(self, files, *arguments, command="serve"):
        return self.start(None, *arguments, path=self.directory(files), command=command)

    def env_of(self, verge):
        return json.loads(verge.get("/").text)

    def test_toml(self):
        verge = self.start_project({
            "wrangler.toml": 'name = "shop"\nmain = "src/index.js"\ncompatibility_date = "2026-01-01"\n'
                             '[vars]\nTEXT = "t"\nNUMBER = 5\nLIST = [1, "two", { three = 3 }]\nFLAG = true\n'
                             '[limits]\ncpu_ms = 33\n',
            "src/index.js": "import { answer } from '../lib.js';\n" + handler("return Response.json({ ...env, answer });"),
            "lib.js": "export const answer = 42;",
        })
        self.assertEqual(verge.name, "shop")
        self.assertIn("33 ms CPU a request", verge.ready_line)
        self.assertEqual(self.env_of(verge), {"TEXT": "t", "NUMBER": 5, "LIST": [1, "two", {"three": 3}], "FLAG": True,
                                              "answer": 42})
        self.assertEqual(verge.log, "")

    def test_json_and_jsonc(self):
        text = '{\n  // a comment\n  "name": "j", "main": "index.js",\n  "vars": { "A": { "b": null } },\n}'
        for name in ["wrangler.json", "wrangler.jsonc"]:
            with self.subTest(name):
                verge = self.start_project({name: text, "index.js": ECHO_ENV})
                self.assertEqual(verge.name, "j")
                self.assertEqual(self.env_of(verge), {"A": {"b": None}})

    def test_configuration_as_path(self):
        directory = self.directory({"config/site.toml": 'name = "site"\nmain = "w.js"\n', "config/w.js": ECHO_ENV})
        verge = self.start(None, path=os.path.join(directory, "config", "site.toml"))
        self.assertEqual(verge.name, "site")

    def test_current_directory(self):
        directory = self.directory({"wrangler.toml": 'name = "here"\nmain = "w.js"\n', "w.js": ECHO_ENV})
        verge = self.start(None, path=".", cwd=directory)
        self.assertEqual(verge.name, "here")

    def test_var_overrides(self):
        verge = self.start_project({"wrangler.toml": 'name = "v"\nmain = "w.js"\n[vars]\nA = "config"\nB = 1\n',
                                    "w.js": ECHO_ENV}, "--var", "A=command", "--var", "C=x=y", "--var", "D=")
        self.assertEqual(self.env_of(verge), {"A": "command", "B": 1, "C": "x=y", "D": ""})

    def test_env(self):
        files = {"wrangler.toml": 'name = "site"\nmain = "w.js"\n[vars]\nA = "top"\n'
                                  '[env.staging]\n[env.staging.vars]\nA = "staging"\n', "w.js": ECHO_ENV}
        verge = self.start_project(files, "--env", "staging")
        self.assertEqual((verge.name, self.env_of(verge)), ("site-staging", {"A": "staging"}))
        error = self.run_to_failure("serve", self.directory(files), "--env", "stagin")
        self.assertIn("stagin", error)

    def test_dev_vars(self):
        files = {"wrangler.toml": 'name = "v"\nmain = "w.js"\n[vars]\nA = "config"\nB = "config"\n',
                 ".dev.vars": 'A="secret"\n', "w.js": ECHO_ENV}
        self.assertEqual(self.env_of(self.start_project(files, command="dev")), {"A": "secret", "B": "config"})
        self.assertEqual(self.env_of(self.start_project(files, command="serve")), {"A": "config", "B": "config"})

    def test_unknown_keys(self):
        verge = self.start_project({"wrangler.toml": 'name = "w"\nmain = "w.js"\nmian = "x"\n[[r2_buckets]]\n'
                                                     'binding = "R2"\nbucket_name = "1"\n', "w.js": ECHO_ENV})
        verge.wait_for_log("verge: warning: ", 2)
        verge.wait_for_log("r2_buckets")
        warnings = [line for line in verge.log.splitlines() if line.startswith("verge: warning: ")]
        self.assertEqual(len(warnings), 2, verge.log)
        self.assertIn("wrangler.toml:3", warnings[0])
        self.assertIn("mian", warnings[0])
        self.assertIn("main", warnings[0])
        self.assertIn("r2_buckets", warnings[1])
        self.assert_response(verge.get("/"), 200, "{}")

    def test_wrong_values(self):
        error = self.run_to_failure("serve", self.directory({
            "wrangler.toml": 'name = "w"\nmain = 5\n[limits]\ncpu_ms = "fast"\n', "w.js": ECHO_ENV}))
        self.assertIn("wrangler.toml:2", error)
        self.assertIn("wrangler.toml:4", error)
        self.assertIn("cpu_ms", error)

    def test_syntax_errors(self):
        error = self.run_to_failure("serve", self.directory({"wrangler.toml": 'name = "w\n', "w.js": ECHO_ENV}))
        self.assertIn("wrangler.toml:1", error)
        error = self.run_to_failure("serve", self.directory({"wrangler.json": '{\n  "name": }', "w.js": ECHO_ENV}))
        self.assertIn("wrangler.json:2", error)

    def test_main_is_missing(self):
        error = self.run_to_failure("serve", self.directory({"wrangler.toml": 'name = "w"\nmain = "gone.js"\n'}))
        self.assertIn("gone.js", error)
        self.assertEqual(len(error.splitlines()), 1, error)

    def test_rules(self):
        verge = self.start_project({
            "wrangler.toml": 'name = "r"\nmain = "w.js"\n[[rules]]\ntype = "Text"\nglobs = ["**/*.md"]\nfallthrough = true\n',
            "w.js": "import md from './doc/a.md';\nimport txt from './a.txt';\n" + handler("return new Response(md + txt);"),
            "doc/a.md": "# A", "a.txt": "!"})
        self.assert_response(verge.get("/"), 200, "# A!")
        error = self.fail_to_start({"worker.js": "import md from './a.md';\nexport default {};", "a.md": "# A"})
        self.assertIn("rules", error)


class Signals(Case):
    def test_signals_end_it(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(number):
                verge = self.start(handler("return new Response('x');"))
                self.assert_response(verge.get("/"), 200)
                verge.signal(number)
                self.assertEqual(verge.wait(), 0)
                self.assertEqual(verge.log, "")

    def test_without_any_request(self):
        verge = self.start(handler("return new Response('x');"), shards=3)
        verge.signal(signal.SIGTERM)
        self.assertEqual(verge.wait(), 0)

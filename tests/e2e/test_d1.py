"""D1: the API in workers, many at once, what survives kill -9, what broken files and full disks look like, the commands."""

import json
import os
import random
import shutil
import sqlite3
import stat
import threading

from e2e.harness import BINARY, Case, ROOT, Verge, handler, run, scaled, write_files

CONFIG = """
name = "site"
main = "worker.js"
[[d1_databases]]
binding = "DB"
database_name = "main"
database_id = "the-id"
"""

# Runs what the body asks for, and says what came back.
ASK = handler("""
    const { sql, params = [], method = 'all', args = [], batch } = await request.json();
    try {
      if (batch) {
        const results = await env.DB.batch(batch.map(([text, ...values]) => env.DB.prepare(text).bind(...values)));
        return Response.json(results.map((result) => result.results));
      }
      if (method === 'exec') return Response.json(await env.DB.exec(sql));
      const value = await env.DB.prepare(sql).bind(...params)[method](...args);
      return Response.json(method === 'all' || method === 'run' ? value.results : value);
    } catch (error) {
      return Response.json({ error: error.message }, { status: 400 });
    }
""")

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "


class D1Case(Case):
    def start_with(self, worker=ASK, *arguments, data=None, shards=1, files=None, **options):
        self.data = data or os.path.join(self.directory({}), "state")
        self.site = self.directory({"wrangler.toml": CONFIG, "worker.js": worker, **(files or {})})
        return self.start(None, "--data", self.data, *arguments, path=self.site, shards=shards, **options)

    @property
    def database(self):
        return os.path.join(self.data, "d1", "the-id.sqlite")

    def ask(self, verge, sql=None, *params, method="all", args=(), batch=None, status=200):
        body = {"sql": sql, "params": params, "method": method, "args": args, "batch": batch}
        response = verge.post("/", json.dumps(body))
        self.assertEqual(response.status, status, f"{response}\n{verge.log[-2000:]}")
        return json.loads(response.text)

    def d1(self, *arguments, code=0):
        got, stdout, stderr = run(["d1", *arguments, "--config", self.site, "--data", self.data])
        self.assertEqual(got, code, stdout + stderr)
        return stdout if code == 0 else stderr


class Api(D1Case):
    def test_api(self):
        with open(os.path.join(ROOT, "tests", "workers", "harness.mjs"), encoding="utf-8") as file:
            harness = file.read()
        with open(os.path.join(ROOT, "tests", "workers", "d1_api.mjs"), encoding="utf-8") as file:
            tests = file.read()
        verge = self.start_with("export { default } from './d1_api.mjs';\n", "--cpu-ms", "120000",
                                files={"harness.mjs": harness, "d1_api.mjs": tests})
        self.run_worker_tests(verge, least=11)

    def test_not_in_global_scope(self):
        verge = self.start_with(handler("return new Response(globalThis.early);") + """
            import { env } from 'cloudflare:workers';
            globalThis.early = await env.DB.prepare('SELECT 1').first().catch((error) => error.message.slice(0, 50));
        """)
        self.assert_response(verge.get("/"), 200, "Disallowed operation called within global scope. A")

    def test_terminated_at_every_call(self):
        worker = handler("""
            if (new URL(request.url).pathname === '/ping') return new Response('pong');
            const db = env.DB;
            await db.exec('CREATE TABLE IF NOT EXISTS t (a, b)');
            await db.prepare('INSERT INTO t VALUES (?, ?)').bind(1, new Uint8Array(3)).run();
            for (let i = 0; i < 3; ++i) await db.prepare('SELECT a FROM t WHERE rowid = ?').bind(1).first('a');
            await db.prepare('SELECT * FROM t LIMIT 3').raw({ columnNames: true });
            const session = db.withSession();
            await session.batch([session.prepare('SELECT * FROM t LIMIT 2'), session.prepare('SELECT 1').bind()]);
            await db.prepare('nonsense').all().catch(() => {});
            try { db.prepare('?').bind(undefined); } catch {}
            return new Response(session.getBookmark() + session.prepare('x').params.length);
        """)
        stopped = 0
        for n in range(1, 60, scaled(1, 5)):
            verge = self.start_with(worker, "--test-terminate-at", n, data=os.path.join(self.directory({}), "s"))
            response = verge.get("/")
            self.assertIn(response.status, (200, 503), response)
            stopped += response.status == 503
            verge.stop()
            if response.status == 200:
                break
        self.assertGreater(stopped, scaled(20, 4))


class Limits(D1Case):
    def test_cpu_time_is_the_invocations(self):
        verge = self.start_with(ASK, "--cpu-ms", "50")
        self.assert_limit(verge.post("/", json.dumps({"sql": ENDLESS + "sum(i) FROM n"})))
        self.ask(verge, "CREATE TABLE t (a)")
        self.assert_limit(verge.post("/", json.dumps({"sql": "INSERT INTO t " + ENDLESS + "i FROM n", "method": "run"})))
        self.assertEqual(self.ask(verge, "SELECT count(*) AS n FROM t"), [{"n": 0}])

    def test_a_result_has_a_bound(self):
        verge = self.start_with(ASK, "--cpu-ms", "60000")
        before = verge.rss_bytes()
        answer = self.ask(verge, ENDLESS + "i, 'some text that is repeated' FROM n LIMIT 10000000", status=400)
        self.assertEqual(answer["error"],
                         "D1_ERROR: the result is larger than 32 MiB; select less at a time: SQLITE_TOOBIG")
        self.assertLess(verge.rss_bytes() - before, 400 << 20)
        self.assertEqual(self.ask(verge, "SELECT 1 AS a"), [{"a": 1}])

    def test_queries_of_an_invocation(self):
        verge = self.start_with(handler("""
            const statement = env.DB.prepare('SELECT 1');
            for (let i = 0; i < 1000; ++i) if ((await statement.first())[1] !== 1) throw new Error('early');
            return new Response(await statement.first().catch((error) => error.message));
        """), "--cpu-ms", "10000")
        # Each invocation has as many of its own.
        for _ in range(3):
            self.assert_response(verge.get("/"), 200, "D1_ERROR: Too many API requests by single Worker invocation. "
                                 "1001 queries asked for, 1000 allowed (limits.d1_queries).")


class Concurrency(D1Case):
    def test_64_clients(self):
        verge = self.start_with(ASK, "--cpu-ms", "10000", shards=2)
        self.ask(verge, "CREATE TABLE t (client, n, UNIQUE (client, n))")
        rounds = scaled(12, 4)
        errors = []

        def work(client):
            try:
                for n in range(rounds):
                    if n % 4 == 3:
                        self.ask(verge, batch=[["INSERT INTO t VALUES (?, ?)", client, n], ["SELECT 1"]])
                    else:
                        self.ask(verge, "INSERT INTO t VALUES (?, ?)", client, n, method="run")
                    count = self.ask(verge, "SELECT count(*) AS n FROM t WHERE client = ?", client)
                    self.assertEqual(count, [{"n": n + 1}])
            except Exception as error:  # pylint: disable=broad-except
                errors.append(error)

        threads = [threading.Thread(target=work, args=(client,)) for client in range(64)]
        for thread in threads:
            thread.start()
        # The command line at the same time, in a process of its own.
        for n in range(3):
            self.d1("execute", "DB", "--command", f"INSERT INTO t VALUES (-1, {n}); SELECT count(*) FROM t")
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(self.ask(verge, "SELECT count(*) AS n FROM t"), [{"n": 64 * rounds + 3}])
        self.assertNotIn("SQLITE_BUSY", verge.log)


class Crashes(D1Case):
    def test_kill(self):
        """What was acknowledged is there after kill -9; of a batch there is all or nothing."""
        random.seed(1)
        data = os.path.join(self.directory({}), "state")
        verge = self.start_with(ASK, data=data)
        self.ask(verge, "CREATE TABLE t (batch, n)")
        verge.stop()
        acknowledged = set()
        attempted = 0
        for _ in range(scaled(200, 8)):
            verge = Verge(["serve", self.site, "--port", "0", "--shards", "1", "--data", data])
            self.addCleanup(verge.kill)
            lock = threading.Lock()
            reached = threading.Event()
            goal = random.randint(1, 6)
            begun = [attempted]
            confirmed = [0]

            def work():
                while True:
                    with lock:
                        batch = begun[0] = begun[0] + 1
                    body = {"batch": [["INSERT INTO t VALUES (?, ?)", batch, n] for n in range(3)]}
                    try:
                        if verge.post("/", json.dumps(body)).status != 200:
                            return
                    except (OSError, EOFError, AssertionError):
                        return
                    with lock:
                        acknowledged.add(batch)
                        confirmed[0] += 1
                        if confirmed[0] >= goal:
                            reached.set()

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            self.assertTrue(reached.wait(60))
            verge.kill()
            for thread in threads:
                thread.join()
            attempted = begun[0]
        verge = self.start(None, "--data", data, "--cpu-ms", "10000", path=self.site)
        rows = self.ask(verge, "SELECT batch, count(*) AS n FROM t GROUP BY batch")
        self.assertEqual([row for row in rows if row["n"] != 3], [])
        self.assertEqual(acknowledged - {row["batch"] for row in rows}, set())
        self.assertGreater(len(acknowledged), scaled(200, 8))


class Damage(D1Case):
    def test_a_file_that_is_no_database(self):
        data = os.path.join(self.directory({}), "state")
        write_files(data, {"d1/the-id.sqlite": "this is no database, whatever it is called\n" * 50})
        verge = self.start_with(data=data)
        for sql in ("SELECT * FROM sqlite_master", "CREATE TABLE t (a)"):
            self.assertIn("file is not a database: SQLITE_NOTADB", self.ask(verge, sql, status=400)["error"])
        self.assertIn("not a database", self.d1("info", "DB", code=1))
        with open(self.database, encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("this is no database"))

    def test_a_damaged_database(self):
        verge = self.start_with()
        self.ask(verge, "CREATE TABLE t (a PRIMARY KEY, b)")
        self.ask(verge, "INSERT INTO t " + ENDLESS + "i, hex(randomblob(50)) FROM n LIMIT 2000", method="run")
        verge.stop()
        with open(self.database, "r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (os.path.getsize(self.database) - 4096))
        verge = self.start(None, "--data", self.data, path=self.site)
        for _ in range(3):
            self.assertIn("SQLITE_CORRUPT", self.ask(verge, "SELECT count(b) FROM t", status=400)["error"])
        self.assertIn("SQLITE_CORRUPT", self.ask(verge, "INSERT INTO t VALUES (0, 0)", status=400)["error"])

    def test_a_folder_that_cannot_be_written(self):
        if os.geteuid() == 0:
            # Nobody stops root but a file where the folder should be.
            data = os.path.join(self.directory({"state": "a file"}), "state")
        else:
            data = self.directory({})
            os.chmod(data, stat.S_IRUSR | stat.S_IXUSR)
        verge = self.start_with(data=data)
        error = self.ask(verge, "CREATE TABLE t (a)", status=400)["error"]
        self.assertIn(data, error)
        self.assertRegex(error, "Not a directory|File exists|Permission denied")

    def test_a_full_disk(self):
        def limit():
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

        # A file that may not grow: writes fail as they do when there is no room.
        verge = self.start_with(ASK, "--cpu-ms", "10000", preexec=limit)
        self.ask(verge, "CREATE TABLE t (a)")
        self.ask(verge, "INSERT INTO t VALUES ('kept')", method="run")
        failed = None
        for _ in range(20):
            response = verge.post("/", json.dumps({"sql": "INSERT INTO t VALUES (hex(randomblob(40000)))", "method": "run"}))
            if response.status == 400:
                failed = json.loads(response.text)["error"]
                break
        self.assertRegex(failed or "", "SQLITE_FULL|SQLITE_IOERR")
        self.assertEqual(self.ask(verge, "SELECT a FROM t WHERE rowid = 1"), [{"a": "kept"}])


class Commands(D1Case):
    def test_execute(self):
        self.start_with()
        out = self.d1("execute", "DB", "--command", "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x\ty'), (NULL, x'00');"
                                                    "SELECT a, b FROM t")
        self.assertIn("│ 1    │ x\\ty      │\n│ null │ <1 bytes> │\n", out)
        self.assertIn("2 rows changed", out)
        answer = json.loads(self.d1("execute", "main", "--json", "--command", "SELECT * FROM t"))
        self.assertEqual(answer[0]["results"], [{"a": 1, "b": "x\ty"}, {"a": None, "b": [0]}])
        self.assertTrue(answer[0]["success"])
        write_files(self.site, {"more.sql": "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nINSERT INTO t VALUES (2, ';');\n"
                                            "CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT 1; SELECT 2; END;\nCOMMIT;\n"})
        self.d1("execute", "the-id", "--file", os.path.join(self.site, "more.sql"))
        error = self.d1("execute", "DB", "--command", "DELETE FROM t; SELECT nope", code=1)
        self.assertIn("no such column: nope", error)
        self.assertIn("statement 2 of 2: SELECT nope", error)
        answer = json.loads(self.d1("execute", "DB", "--json", "--command", "SELECT count(*) AS n FROM t"))
        self.assertEqual(answer[0]["results"], [{"n": 3}])
        self.assertIn("there is no D1 database 'DX'", run(["d1", "execute", "DX", "--command", "x", "--config", self.site])[2])

    def test_while_a_server_runs(self):
        verge = self.start_with()
        self.ask(verge, "CREATE TABLE t (a)")
        self.assertEqual(self.ask(verge, "SELECT * FROM t"), [])
        self.d1("execute", "DB", "--command", "INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b DEFAULT 2")
        for _ in range(3):
            self.assertEqual(self.ask(verge, "SELECT * FROM t"), [{"a": 1, "b": 2}])
        self.ask(verge, "INSERT INTO t VALUES (3, 4)", method="run")
        self.assertIn("3    │ 4", self.d1("execute", "DB", "--command", "SELECT * FROM t").replace("│ 3 │", "│ 3    │"))

    def test_migrations(self):
        self.start_with()
        first = self.d1("migrations", "create", "DB", "add", "users").strip()
        self.assertEqual(os.path.basename(first), "0001_add_users.sql")
        second = self.d1("migrations", "create", "DB", "fill").strip()
        with open(first, "a", encoding="utf-8") as file:
            file.write("CREATE TABLE users (id INTEGER PRIMARY KEY,\n name TEXT);\n")
        with open(second, "a", encoding="utf-8") as file:
            file.write("INSERT INTO users (name) VALUES ('a');\nINSERT INTO nope VALUES (1);\n")
        self.assertIn("0001_add_users.sql", self.d1("migrations", "list", "DB"))
        error = self.d1("migrations", "apply", "DB", code=1)
        self.assertIn("migration 0002_fill.sql failed, and changed nothing: no such table: nope", error)
        self.assertNotIn("0001", self.d1("migrations", "list", "DB"))
        with open(second, "w", encoding="utf-8") as file:
            file.write("INSERT INTO users (name) VALUES ('a');\n")
        self.assertIn("0002_fill.sql", self.d1("migrations", "apply", "DB"))
        self.assertEqual(self.d1("migrations", "apply", "DB"), "No migrations to apply.\n")
        answer = json.loads(self.d1("execute", "DB", "--json", "--command",
                                    "SELECT id, name FROM d1_migrations; SELECT name FROM users"))
        self.assertEqual([row["name"] for row in answer[0]["results"]], ["0001_add_users.sql", "0002_fill.sql"])
        self.assertEqual(answer[1]["results"], [{"name": "a"}])

    def test_export_and_import(self):
        verge = self.start_with()
        self.ask(verge, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a)")
        self.ask(verge, "INSERT INTO t (a) VALUES ('it''s'), (x'ff'), (1.5)", method="run")
        path = os.path.join(self.site, "out.sql")
        self.d1("export", "DB", "--output", path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("INSERT INTO \"t\" (\"id\",\"a\") VALUES (1,'it''s');\n", text)
        self.assertEqual(text, self.d1("export", "DB"))
        self.assertNotIn("INSERT", self.d1("export", "DB", "--no-data"))
        self.assertNotIn("CREATE", self.d1("export", "DB", "--no-schema"))
        # Another program can read what comes out, and what it writes comes in.
        other = sqlite3.connect(os.path.join(self.site, "other.sqlite"))
        other.executescript(text)
        other.execute("INSERT INTO t (a) VALUES ('from outside')")
        other.commit()
        other.close()
        other = os.path.join(self.site, "other.sqlite")
        self.assertIn("--force", self.d1("import", "DB", other, code=2))
        self.d1("import", "DB", other, "--force")
        self.assertEqual(self.ask(verge, "SELECT a FROM t WHERE id = 4"), [{"a": "from outside"}])
        self.ask(verge, "INSERT INTO t (a) VALUES (6)", method="run")
        self.data = os.path.join(self.directory({}), "new")
        self.d1("import", "DB", other)
        self.assertIn('"num_tables": 1', self.d1("info", "DB", "--json"))
        shutil.copy(BINARY, os.path.join(self.site, "no.sqlite"))
        self.assertIn("not a database", self.d1("import", "DB", os.path.join(self.site, "no.sqlite"), code=2))

    def test_help(self):
        for arguments in (["d1"], ["d1", "--help"], ["d1", "execute", "--help"], ["d1", "migrations", "--help"]):
            code, stdout, stderr = run(arguments)
            self.assertEqual((code, stderr), (0, ""))
            self.assertIn("Usage:\n  verge d1 ", stdout)
        for arguments in (["d1", "nope"], ["d1", "execute"], ["d1", "execute", "DB"], ["d1", "info", "DB", "--remote"],
                          ["d1", "execute", "DB", "--comand", "x"]):
            code, stdout, stderr = run(arguments)
            self.assertEqual((code, stdout), (2, ""), arguments)
            self.assertTrue(stderr.startswith("verge d1: "), stderr)


class Configuration(D1Case):
    def test_wrong(self):
        for text, message in (('d1_databases = 5', "'d1_databases' must be an array"),
                              ('[[d1_databases]]\ndatabase_name = "x"', "needs a name in the worker's env"),
                              ('[[d1_databases]]\nbinding = "DB"\ndatabase_id = "../x"', "names the database's file"),
                              ('[[d1_databases]]\nbinding = ""', "'d1_databases[0].binding' must be a string"),
                              ('[[d1_databases]]\nbinding = "A"\n[[d1_databases]]\nbinding = "A"',
                               "'A' is the name of another")):
            site = self.directory({"wrangler.toml": f'main = "worker.js"\n{text}\n', "worker.js": ASK})
            error = self.run_to_failure("serve", site, "--port", "0")
            self.assertIn(message, error)
            self.assertRegex(error, r"wrangler\.toml:\d+:")


if __name__ == "__main__":
    import unittest
    unittest.main()

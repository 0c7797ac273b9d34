"""A server gives up what it does not need of the system, and everything works nevertheless."""

import ctypes
import os
import pwd
import signal
import ssl
import struct
import subprocess
import threading
import unittest
from unittest import mock

from e2e.harness import IO_TIMEOUT, Case, Failed, Verge, handler, run
from e2e.origin import Origin

EVERYTHING = """
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    switch (url.pathname) {
      case '/kv':
        await env.KV.put('key', 'value');
        return new Response(await env.KV.get('key'));
      case '/d1':
        await env.DB.exec('CREATE TABLE IF NOT EXISTS t (n INTEGER)');
        await env.DB.batch([env.DB.prepare('INSERT INTO t VALUES (1)'), env.DB.prepare('INSERT INTO t VALUES (2)')]);
        return Response.json(await env.DB.prepare('SELECT count(*) AS n FROM t ORDER BY n').first('n'));
      case '/cache': {
        const key = 'https://cache.example/x';
        await caches.default.put(key, new Response('cached', { headers: { 'Cache-Control': 'max-age=60' } }));
        return await caches.default.match(key);
      }
      case '/fetch':
        return await fetch(url.searchParams.get('url'));
      case '/crypto': {
        const key = await crypto.subtle.generateKey({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['sign', 'verify']);
        const bytes = crypto.getRandomValues(new Uint8Array(1 << 16));
        const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.privateKey, bytes);
        return new Response(String(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', key.publicKey, signature, bytes)));
      }
      case '/time':
        return new Response(new Intl.DateTimeFormat('de', { timeZone: 'Asia/Tokyo', timeStyle: 'long' }).format(0));
      case '/import':
        return new Response((await import('./late.js')).default);
      case '/memory': {
        const all = [];
        for (;;) all.push(new Array(1 << 16).fill({}).map(() => ({})));
      }
    }
    return new Response('hello');
  },
};
"""

CONFIGURATION = """
name = "all"
main = "worker.js"
[[kv_namespaces]]
binding = "KV"
id = "kv"
[[d1_databases]]
binding = "DB"
database_name = "db"
database_id = "db"
"""

TYPED = "const answer: number = 6 * 7;\nexport default { fetch: (): Response => new Response(String(answer)) };\n"
LANDLOCK_CREATE_RULESET = 444


def status(pid, thread=None):
    path = f"/proc/{pid}/status" if thread is None else f"/proc/{pid}/task/{thread}/status"
    with open(path, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if status(name)["PPid"] == str(pid):
                    found.append(int(name))
            except (OSError, KeyError):
                pass
    return found


def wait_until_gone(pid):
    """Bounded only by what a hang would take."""
    for _ in range(int(IO_TIMEOUT * 100)):
        try:
            if status(pid)["State"].startswith("Z"):
                return True
        except (OSError, KeyError):
            return True
        threading.Event().wait(0.01)
    return False


def without_landlock():
    """To be run in a child: landlock_create_ruleset() fails with ENOSYS from now on, as in an older kernel."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = b"".join(struct.pack("<HBBI", *each) for each in (
        (0x20, 0, 0, 0),  # the call's number
        (0x15, 0, 1, LANDLOCK_CREATE_RULESET),
        (0x06, 0, 0, 0x00050000 | 38),  # ENOSYS
        (0x06, 0, 0, 0x7FFF0000)))
    buffer = ctypes.create_string_buffer(program, len(program))
    described = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", 4, ctypes.addressof(buffer)), 16)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, described, 0, 0) != 0:
        os._exit(1)


class SecureOrigin(Origin):
    def __init__(self, routes, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        super().__init__(routes)

    def _serve(self, connection):
        super()._serve(self.context.wrap_socket(connection, server_side=True))


class Confinement(Case):
    def confined(self, worker, *arguments, **more):
        # Keys take their time.
        return self.start(worker, "--confine", "required", "--cpu-ms", "20000", *arguments, **more)

    def assert_confined(self, pid):
        for thread in os.listdir(f"/proc/{pid}/task"):
            of_thread = status(pid, thread)
            self.assertEqual(of_thread["NoNewPrivs"], "1", of_thread["Name"])
            self.assertEqual(of_thread["Seccomp"], "2", of_thread["Name"])
            # Nothing but what lets root open files of others.
            self.assertEqual(int(of_thread["CapEff"], 16) & ~0b110, 0, of_thread["Name"])
            self.assertEqual(int(of_thread["CapInh"], 16) | int(of_thread["CapAmb"], 16), 0, of_thread["Name"])

    def test_each_thread_is_confined(self):
        verge = self.confined({"worker.js": EVERYTHING, "wrangler.toml": CONFIGURATION}, shards=2)
        for path in ("/kv", "/d1", "/crypto"):  # with threads of their own
            self.assertEqual(verge.get(path).status, 200)
        self.assert_confined(verge.pid)

    def test_everything_works(self):
        files = {"worker.js": EVERYTHING, "late.js": "export default 'late';", "wrangler.toml": CONFIGURATION}
        verge = self.confined(files)
        for path, expected in (("/", "hello"), ("/kv", "value"), ("/d1", "2"), ("/d1", "4"), ("/cache", "cached"),
                               ("/crypto", "true"), ("/time", "09:00:00 GMT+9"), ("/import", "late")):
            with self.subTest(path):
                self.assert_response(verge.get(path), 200, expected)
        self.assert_limit(verge.get("/memory"))
        self.assert_response(verge.get("/kv"), 200, "value")

    def test_what_was_stored_is_there_again(self):
        directory = self.directory({"worker.js": EVERYTHING, "wrangler.toml": CONFIGURATION})
        for expected in ("2", "4"):
            verge = self.confined(None, path=directory)
            self.assert_response(verge.get("/d1"), 200, expected)
            verge.stop()
        self.assertTrue(os.path.isdir(os.path.join(directory, ".verge/state")))

    def test_a_command_line_beside_it(self):
        directory = self.directory({"worker.js": EVERYTHING, "wrangler.toml": CONFIGURATION})
        verge = self.confined(None, path=directory)
        self.assert_response(verge.get("/kv"), 200, "value")
        code, _, errors = run(["kv", "key", "put", "key2", "of the command line", "--binding", "KV"], cwd=directory)
        self.assertEqual(code, 0, errors)
        code, out, errors = run(["kv", "key", "get", "key", "--binding", "KV", "--text"], cwd=directory)
        self.assertEqual((code, out.strip()), (0, "value"), errors)

    def test_outbound_requests(self):
        directory = self.directory({"worker.js": EVERYTHING, "wrangler.toml": CONFIGURATION})
        certificate, key = os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
             certificate], check=True, capture_output=True)
        origin = Origin({"*": lambda exchange: exchange.respond(body="from the origin")})
        self.addCleanup(origin.close)
        secure = SecureOrigin({"*": lambda exchange: exchange.respond(body="from the secure origin")}, certificate, key)
        self.addCleanup(secure.close)
        with mock.patch.dict(os.environ, {"SSL_CERT_FILE": certificate}):
            verge = self.confined(None, "--allow-outbound", "127.0.0.0/8", "--allow-outbound", "::1", path=directory)
        self.assert_response(verge.get(f"/fetch?url=http://localhost:{origin.port}/"), 200, "from the origin")
        self.assert_response(verge.get(f"/fetch?url=https://localhost:{secure.port}/"), 200, "from the secure origin")

    def test_drain(self):
        verge = self.confined(handler("await new Promise((r) => setTimeout(r, 300)); return new Response('slow');"))
        with verge.connect() as client:
            client.send_request("GET", "/")
            # Its head has been read when another connection's request has been answered behind it.
            self.assert_response(verge.get("/"), 200, "slow")
            verge.signal(signal.SIGTERM)
            self.assert_response(client.read_response(), 200, "slow")
        self.assertEqual(verge.wait(), 0)

    def test_limits(self):
        verge = self.start(handler("if (request.url.endsWith('/spin')) for (;;); return new Response('x');"),
                           "--confine", "required")
        self.assert_limit(verge.get("/spin"))
        self.assert_response(verge.get("/"), 200, "x")

    def test_off(self):
        verge = self.start(handler("return new Response('x')"), "--confine", "off")
        self.assertEqual(status(verge.pid)["Seccomp"], "0")
        self.assertEqual(status(verge.pid)["NoNewPrivs"], "0")
        verge = self.start(handler("return new Response('x')"), command="dev")
        self.assertEqual(status(verge.pid)["Seccomp"], "0")

    def test_an_older_kernel(self):
        worker = handler("return new Response('x')")
        verge = self.start(worker, "--confine", "on", preexec=without_landlock)
        verge.wait_for_log("warning: not confined in everything: files: ")
        self.assertEqual(status(verge.pid)["Seccomp"], "2")
        self.assert_response(verge.get("/"), 200, "x")
        with self.assertRaisesRegex(Failed, "--confine required: files: "):
            self.start(worker, "--confine", "required", preexec=without_landlock)

    def test_show(self):
        directory = self.directory({"worker.js": handler("return new Response('x')")})
        code, out, errors = run(["serve", "worker.js", "--allow-read", "/usr/share", "--show-confinement"], cwd=directory)
        self.assertEqual((code, errors), (0, ""))
        self.assertIn(f"reads the workers:\n  {directory}\n", out)
        self.assertIn("/usr/share\n", out)
        self.assertIn(f"writes:\n  {directory}/.verge/state\n", out)


class Builds(Case):
    """Workers of a fleet are compiled when they are first asked for, by a process that can still run programs."""

    def get(self, verge, host):
        with verge.connect() as client:
            client.send_request("GET", "/", (), None, close=True, host=host)
            return client.read_response("GET")

    def fleet(self):
        files = {"bad.ts": "export default { fetch() { return new Response('x' } };\n", "state.json": "{}"}
        lines = []
        for name in ("bad", *(f"w{i}" for i in range(6))):
            lines += ["[[workers]]", f'name = "{name}"', f'routes = ["{name}.test/*"]',
                      f'main = "{name + ".ts" if name == "bad" else f"workers/{name}/index.ts"}"']
            files[f"workers/{name}/index.ts"] = TYPED.replace("6 * 7", f"6 * 7 + {len(lines)}")
        files["node_modules/shared/package.json"] = '{"name": "shared", "main": "index.js", "type": "module"}'
        files["node_modules/shared/index.js"] = "export const shared = 'a package of all';\n"
        lines += ["[[workers]]", 'name = "p"', 'routes = ["p.test/*"]', 'main = "workers/p/index.ts"']
        files["workers/p/index.ts"] = ("import { shared } from 'shared';\n"
                                       "export default { fetch: (): Response => new Response(shared) };\n")
        files["verge.toml"] = "\n".join(lines)
        return self.directory(files)

    def serve(self, directory):
        return Verge(["serve", directory, "--port", "0", "--shards", "1", "--confine", "required"])

    def test_compiled_when_asked_for(self):
        verge = self.serve(self.fleet())
        self.addCleanup(verge.stop)
        answers = {}

        def ask(name):
            answers[name] = self.get(verge, f"{name}.test")

        threads = [threading.Thread(target=ask, args=(f"w{i}",)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for i in range(6):
            self.assert_response(answers[f"w{i}"], 200, str(42 + 4 * (i + 2)))
        self.assert_response(self.get(verge, "p.test"), 200, "a package of all")
        self.assertEqual(self.get(verge, "bad.test").status, 500)
        verge.wait_for_log("bad.ts:1:")

    def test_the_process_is_confined_and_ends_with_the_server(self):
        directory = self.fleet()
        verge = self.serve(directory)
        self.addCleanup(verge.stop)
        self.assert_response(self.get(verge, "w0.test"), 200, "50")
        builders = children(verge.pid)
        self.assertEqual(len(builders), 1)
        self.assertEqual(status(builders[0])["Seccomp"], "2")
        # A descriptor of a listening socket in there would keep the port.
        self.assertEqual(sorted(os.listdir(f"/proc/{builders[0]}/fd"))[:4], ["0", "1", "2", "3"])
        self.assertLessEqual(len(os.listdir(f"/proc/{builders[0]}/fd")), 4)
        verge.stop()
        self.assertTrue(wait_until_gone(builders[0]))
        verge = self.serve(directory)
        builders = children(verge.pid)
        self.assertEqual(len(builders), 1)
        verge.kill()
        self.assertTrue(wait_until_gone(builders[0]))


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
class Users(Case):
    def test_another_user(self):
        directory = self.directory({"worker.js": EVERYTHING, "wrangler.toml": CONFIGURATION})
        os.chmod(os.path.dirname(directory), 0o755)
        verge = self.start(None, "--confine", "required", "--user", "nobody", path=directory)
        self.assert_response(verge.get("/kv"), 200, "value")
        self.assert_response(verge.get("/d1"), 200, "2")
        uid = str(pwd.getpwnam("nobody").pw_uid)
        of_process = status(verge.pid)
        self.assertEqual(of_process["Uid"].split(), [uid] * 4)
        self.assertEqual(int(of_process["CapEff"], 16) | int(of_process["CapPrm"], 16), 0)
        # Ports below 1024 are bound before.
        self.assertEqual(os.stat(os.path.join(directory, ".verge/state/kv")).st_uid, int(uid))

    def test_a_port_of_roots(self):
        directory = self.directory({"worker.js": handler("return new Response('x')")})
        os.chmod(os.path.dirname(directory), 0o755)
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if int(file.read()) == 0:
                self.skipTest("here everybody may bind every port")
        for port in range(601, 640):
            try:
                verge = Verge(["serve", directory, "--port", str(port), "--shards", "2", "--user", "nobody"])
                break
            except Failed as error:
                if "in use" not in str(error):
                    raise
        self.addCleanup(verge.stop)
        self.assert_response(verge.get("/"), 200, "x")

    def test_errors(self):
        directory = self.directory({"worker.js": handler("return new Response('x')")})
        error = self.run_to_failure("serve", "worker.js", "--port", "0", "--user", "nobody.there", cwd=directory)
        self.assertIn('--user: there is no user "nobody.there"', error)
        os.makedirs(os.path.join(directory, ".verge/state"))
        os.chmod(os.path.dirname(directory), 0o755)
        error = self.run_to_failure("serve", "worker.js", "--port", "0", "--user", "nobody", cwd=directory)
        self.assertIn("chown -R nobody", error)

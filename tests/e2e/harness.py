"""Starts verge processes and talks to them: everything that the end-to-end tests share.

A test gives a worker as text, gets a running process, sends bytes over plain sockets and looks at the bytes that come
back. Nothing here knows HTTP better than needed to find the end of a response: what the server does with malformed
input is part of what is tested.

Environment:
  VERGE_BIN        the binary, out/release/verge by default
  VERGE_TEST_SLOW  1: a sanitizer's build; volumes are smaller, bounds are longer
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.environ.get("VERGE_BIN") or os.path.join(ROOT, "out", "release", "verge")
SLOW = os.environ.get("VERGE_TEST_SLOW") == "1"

# Bounds that only a hang can reach.
START_TIMEOUT = 120
IO_TIMEOUT = 180
STOP_TIMEOUT = 180

# What a sanitizer writes when it finds something.
SANITIZER = re.compile(
    r"AddressSanitizer|ThreadSanitizer|LeakSanitizer|MemorySanitizer|runtime error:|Check failed:|Fatal error in")

READY = re.compile(r"^verge (\S+): (.*) at (http://(\S+):(\d+)) \((.*)\)$")

CHUNK = 1 << 16


def scaled(normal, slow):
    """A volume: `normal`, or `slow` under a sanitizer."""
    return slow if SLOW else normal


class Failed(AssertionError):
    """Something outside the assertion methods of a test went wrong."""


class LineReader:
    """Collects what a process writes to one of its pipes, and lets tests wait for it."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._text = ""
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        descriptor = self._pipe.fileno()
        while True:
            data = os.read(descriptor, CHUNK)
            with self._changed:
                if not data:
                    self._ended = True
                self._text += data.decode("utf-8", "replace")
                self._changed.notify_all()
            if not data:
                return

    @property
    def text(self):
        with self._changed:
            return self._text

    def wait_for(self, found, timeout):
        """Waits until `found(text)` is true; returns whether it came to that before the pipe ended or time was up."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not found(self._text):
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    return bool(found(self._text))
                self._changed.wait(left)
            return True

    def join(self, timeout):
        self._thread.join(timeout)
        self._pipe.close()


class Verge:
    """A running `verge serve` or `verge dev`."""

    def __init__(self, arguments, cwd=None, preexec=None):
        self.process = subprocess.Popen(
            [BINARY, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=preexec)
        self.stdout = LineReader(self.process.stdout)
        self.stderr = LineReader(self.process.stderr)
        self.stopped = False
        self.stdout.wait_for(lambda text: "\n" in text, START_TIMEOUT)
        ready = READY.match(self.stdout.text.split("\n")[0])
        if not ready:
            self.kill()
            raise Failed(f"verge did not become ready\nstdout: {self.stdout.text}\nstderr: {self.stderr.text}")
        self.ready_line = ready.group(0)
        self.version, self.name, self.url = ready.group(1), ready.group(2), ready.group(3)
        self.host, self.port = ready.group(4), int(ready.group(5))

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.stderr.text

    def log_of(self, action):
        """What was logged while `action()` ran (more may follow)."""
        before = len(self.log)
        action()
        return self.log[before:]

    def wait_for_log(self, text, count=1, timeout=IO_TIMEOUT):
        """Waits until the log has `text` at least `count` times; fails the test otherwise."""
        if not self.stderr.wait_for(lambda log: log.count(text) >= count, timeout):
            raise Failed(f"the log never said {text!r} ({count} times):\n{self.log[-4000:]}")

    def alive(self):
        return self.process.poll() is None

    def rss_bytes(self):
        """Resident memory now."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_TIMEOUT):
        """The exit code; fails the test when the process does not end."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            log = self.log
            self.kill()
            raise Failed(f"verge did not end within {timeout} s:\n{log[-4000:]}") from None
        self.stdout.join(IO_TIMEOUT)
        self.stderr.join(IO_TIMEOUT)
        self.stopped = True
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.stdout.join(IO_TIMEOUT)
        self.stderr.join(IO_TIMEOUT)
        self.stopped = True

    def stop(self):
        """Ends it in the regular way and checks that it leaves in good order."""
        if not self.stopped:
            self.signal(signal.SIGTERM)
            self.wait()
        self.check()

    def check(self):
        """After the end: exit code 0, and no finding of a sanitizer."""
        found = SANITIZER.search(self.log)
        if found:
            raise Failed(f"{found.group(0)}:\n{self.log[max(0, found.start() - 500):][:6000]}")
        if self.process.returncode != 0:
            raise Failed(f"verge ended with {self.process.returncode}:\n{self.log[-4000:]}")

    # --- requests

    def connect(self, timeout=IO_TIMEOUT, receive_buffer=None):
        return Client(self.port, timeout, receive_buffer)

    def request(self, method="GET", path="/", headers=(), body=None, timeout=IO_TIMEOUT):
        """One request on a connection of its own."""
        with self.connect(timeout) as client:
            client.send_request(method, path, headers, body, close=True)
            return client.read_response(method)

    def get(self, path="/", headers=()):
        return self.request("GET", path, headers)

    def post(self, path, body, headers=()):
        return self.request("POST", path, headers, body)

    def raw(self, data, timeout=IO_TIMEOUT):
        """Sends bytes, and returns all that comes until the server closes the connection."""
        with self.connect(timeout) as client:
            with contextlib.suppress(ConnectionError):
                client.send(data)
            return client.read_to_end()


class Response:
    def __init__(self, version, status, reason, headers, body, complete):
        self.version = version
        self.status = status
        self.reason = reason
        self.headers = headers  # pairs, names as they were sent
        self.body = body
        self.complete = complete  # False: the connection was cut before the end of the body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def header(self, name):
        """All values of a field, joined; None without it."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.headers} {self.body[:2000]!r} complete={self.complete}>"


class Client:
    """A connection to a server. Every wait is bounded by the socket's timeout."""

    def __init__(self, port, timeout=IO_TIMEOUT, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with a RST, as a client that crashed."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send_request(self, method="GET", path="/", headers=(), body=None, close=False, host="localhost"):
        self.send(make_request(method, path, headers, body, close, host))

    def _fill(self):
        data = self.socket.recv(CHUNK)
        self.buffer += data
        return bool(data)

    def _take(self, count):
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def read_line(self):
        """A line without its CR LF. Raises EOFError when the connection ends first."""
        while b"\r\n" not in self.buffer:
            if not self._fill():
                raise EOFError(f"connection closed within a line: {bytes(self.buffer[:200])!r}")
        line = self._take(self.buffer.index(b"\r\n"))
        self._take(2)
        return line.decode("latin-1")

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise EOFError(f"connection closed {count - len(self.buffer)} bytes early")
        return self._take(count)

    def read_to_end(self):
        """Everything until the server closes; a reset ends it as well."""
        with contextlib.suppress(ConnectionError):
            while self._fill():
                pass
        return self._take(len(self.buffer))

    def read_head(self):
        """Version, status, reason and fields of the next response, interim ones included."""
        line = self.read_line()
        match = re.fullmatch(r"(HTTP/1\.[01]) (\d{3}) ?(.*)", line)
        if not match:
            raise Failed(f"not a status line: {line!r}")
        headers = []
        while True:
            line = self.read_line()
            if not line:
                break
            name, colon, value = line.partition(":")
            if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                raise Failed(f"not a header field: {line!r}")
            headers.append((name, value.strip(" \t")))
        return Response(match.group(1), int(match.group(2)), match.group(3), headers, b"", True)

    def body_pieces(self, response, method="GET"):
        """Yields a body's bytes as they arrive; raises EOFError or ConnectionError when it is cut."""
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            return
        if (response.header("transfer-encoding") or "").lower() == "chunked":
            while True:
                size = int(self.read_line(), 16)
                left = size
                while left:
                    if not self.buffer and not self._fill():
                        raise EOFError("connection closed within a chunk")
                    piece = self._take(left)
                    left -= len(piece)
                    yield piece
                if self.read_exactly(2) != b"\r\n":
                    raise Failed("a chunk does not end with CR LF")
                if size == 0:
                    return
        elif response.header("content-length") is not None:
            left = int(response.header("content-length"))
            while left:
                if not self.buffer and not self._fill():
                    raise EOFError(f"connection closed {left} bytes early")
                piece = self._take(left)
                left -= len(piece)
                yield piece
        else:
            yield self.read_to_end()

    def read_response(self, method="GET"):
        """A whole response. A body that is cut off is kept, with `complete` False."""
        response = self.read_head()
        body = bytearray()
        try:
            for piece in self.body_pieces(response, method):
                body += piece
        except (EOFError, ConnectionError):
            response.complete = False
        response.body = bytes(body)
        return response

    def closed(self):
        """Whether the server closes the connection without sending anything more. Waits for it."""
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def silent(self, seconds=0.05):
        """Whether nothing is there to be read now."""
        return not self.buffer and not select.select([self.socket], [], [], seconds)[0]


def make_request(method="GET", path="/", headers=(), body=None, close=False, host="localhost"):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in (headers.items() if isinstance(headers, dict) else headers)]
    if body is not None:
        body = body.encode("utf-8") if isinstance(body, str) else body
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunked(*pieces):
    """A chunked body."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def make_directory(files):
    """A directory named "site", which is what workers in it are called, and a function that removes it."""
    parent = os.path.realpath(tempfile.mkdtemp(prefix="verge-e2e-"))
    directory = os.path.join(parent, "site")
    os.mkdir(directory)
    write_files(directory, files)
    return directory, lambda: shutil.rmtree(parent, ignore_errors=True)


def write_files(directory, files):
    for name, content in files.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)


def handler(body):
    """A worker whose fetch() has this body."""
    return "export default {\n  async fetch(request, env, ctx) {\n" + body + "\n  },\n};\n"


def run(arguments, cwd=None, timeout=START_TIMEOUT, env=None):
    """Runs verge to its end."""
    result = subprocess.run(
        [BINARY, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=timeout, env=env, check=False)
    return result.returncode, result.stdout.decode("utf-8", "replace"), result.stderr.decode("utf-8", "replace")


class Case(unittest.TestCase):
    """Base of the tests: starts workers and ends them."""

    maxDiff = 8000

    def directory(self, files=None):
        """A fresh directory, gone after the test."""
        path, remove = make_directory(files or {})
        self.addCleanup(remove)
        return path

    def start(self, worker=None, *arguments, command="serve", main="worker.js", shards=1, path=None, cwd=None,
              preexec=None):
        """Starts a worker: text, a dictionary of files, or a `path`. It is stopped and checked after the test."""
        if path is None:
            files = {main: worker} if isinstance(worker, (str, bytes)) else worker
            path = self.directory(files)
            if main in files:
                path = os.path.join(path, main)
        verge = Verge([command, path, "--port", "0", "--shards", str(shards), *map(str, arguments)], cwd, preexec)
        self.addCleanup(verge.stop)
        return verge

    def fail_to_start(self, worker, *arguments, main="worker.js", command="serve"):
        """Expects that the worker does not start: exit code 2, nothing on stdout. Returns what stderr says."""
        files = {main: worker} if isinstance(worker, (str, bytes)) else worker
        path = os.path.join(self.directory(files), main)
        return self.run_to_failure(command, path, "--port", "0", "--shards", "1", *arguments)

    def run_to_failure(self, *arguments, cwd=None):
        code, stdout, stderr = run(arguments, cwd)
        self.assertIsNone(SANITIZER.search(stderr), stderr)
        self.assertEqual(code, 2, stderr)
        self.assertEqual(stdout, "", stderr)
        self.assertTrue(stderr.startswith("verge: "), stderr)
        return stderr

    def assert_response(self, response, status, body=None):
        self.assertEqual(response.status, status, response)
        self.assertTrue(response.complete, response)
        if body is not None:
            self.assertEqual(response.body, body.encode("utf-8") if isinstance(body, str) else body, response)

    def assert_exception(self, response):
        """500 with the page of an uncaught exception."""
        self.assert_response(response, 500, "error code: 1101\nWorker threw exception\n")

    def assert_limit(self, response):
        """503 with the page of an exceeded limit."""
        self.assert_response(response, 503, "error code: 1102\nWorker exceeded resource limits\n")

    def run_worker_tests(self, verge, least=1):
        """Has a worker made of tests/workers/harness.mjs run its tests: each is a subtest here. Returns the results."""
        response = verge.request("GET", "/", timeout=300)
        self.assertEqual(response.status, 200, response.text[:2000])
        results = json.loads(response.text)
        self.assertGreaterEqual(len(results), least, "tests are missing")
        for result in results:
            with self.subTest(result["name"]):
                self.assertTrue(result["ok"], result["error"])
        return results


class SharedCase(Case):
    """Tests of a class that share one process. `worker` and `arguments` are set by the class."""

    worker = None
    arguments = ()
    command = "serve"
    verge = None

    @classmethod
    def setUpClass(cls):
        files = {"worker.js": cls.worker} if isinstance(cls.worker, (str, bytes)) else cls.worker
        directory, remove = make_directory(files)
        cls.addClassCleanup(remove)
        cls.verge = Verge([cls.command, os.path.join(directory, "worker.js"), "--port", "0", "--shards", "1",
                           *map(str, cls.arguments)])

    @classmethod
    def tearDownClass(cls):
        cls.verge.stop()

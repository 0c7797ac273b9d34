"""Stopping: what is in flight finishes, what is new is refused, and nothing waits for ever."""

import signal
import socket
import threading
import time

from e2e.harness import Case, STOP_TIMEOUT, handler, make_request, scaled

WORKER = """
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    console.log("REQUEST " + pathname);
    if (pathname === "/slow") { await sleep(500); return new Response("slow"); }
    if (pathname === "/hang") { await sleep(3_600_000); }
    if (pathname === "/work") {
      ctx.waitUntil(sleep(300).then(() => console.log("THE WORK IS DONE")));
      return new Response("work");
    }
    if (pathname === "/stream") {
      let n = 0;
      return new Response(new ReadableStream({
        async pull(c) { await sleep(20); if (n === 20) c.close(); else c.enqueue(new TextEncoder().encode(`${n++} `)); },
      }));
    }
    if (pathname === "/upload") return new Response(await request.text());
    return new Response("fast");
  },
};
"""


class Drain(Case):
    def wait_until_refused(self, port):
        """Until the listening socket is gone. Bounded by the number of tries."""
        for _ in range(2000):
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
            except ConnectionRefusedError:
                return
            time.sleep(0.005)  # there is no event for "somebody else closed a socket"
        self.fail("new connections are still accepted")

    def test_in_flight_finishes(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(number):
                verge = self.start(WORKER)
                clients = [verge.connect() for _ in range(20)]
                stream, upload, idle = verge.connect(), verge.connect(), verge.connect()
                idle.send_request("GET", "/fast")
                self.assert_response(idle.read_response(), 200, "fast")
                for client in clients:
                    client.send_request("GET", "/slow")
                stream.send_request("GET", "/stream")
                upload.send(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf ")
                verge.wait_for_log("REQUEST /slow", 20)
                verge.wait_for_log("REQUEST /stream")
                verge.wait_for_log("REQUEST /upload")
                verge.signal(number)
                self.assertTrue(idle.closed())
                self.wait_until_refused(verge.port)
                upload.send(b"done.")
                self.assert_response(upload.read_response(), 200, "half done.")
                for client in clients:
                    response = client.read_response()
                    self.assert_response(response, 200, "slow")
                    self.assertEqual(response.header("connection"), "close")
                    self.assertTrue(client.closed())
                self.assert_response(stream.read_response(), 200, "".join(f"{n} " for n in range(20)))
                self.assertEqual(verge.wait(), 0)
                for client in [*clients, stream, upload, idle]:
                    client.close()

    def test_under_load(self):
        """Clients that send request after request: each is answered with 200 or not at all."""
        verge = self.start(WORKER, shards=2)
        problems = []
        answered = [0]
        lock = threading.Lock()
        started = threading.Event()

        def load():
            try:
                while True:
                    with verge.connect() as client:
                        for _ in range(50):
                            client.send_request("GET", "/fast")
                            response = client.read_response()
                            if response.status != 200 or response.body != b"fast":
                                problems.append(repr(response))
                                return
                            with lock:
                                answered[0] += 1
                                if answered[0] > scaled(2000, 200):
                                    started.set()
                            if response.header("connection") == "close":
                                break
            except (ConnectionError, EOFError) as error:
                # Refused when connecting, or an idle connection was closed while the request was on its way. A response
                # that was cut in the middle would be an EOFError with a part of it.
                if isinstance(error, EOFError) and "within a line: b''" not in str(error):
                    problems.append(repr(error))

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        self.assertTrue(started.wait(60))
        verge.signal(signal.SIGTERM)
        self.assertEqual(verge.wait(), 0)
        for thread in threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())
        self.assertEqual(problems, [])

    def test_wait_until_finishes(self):
        verge = self.start(WORKER)
        self.assert_response(verge.get("/work"), 200, "work")
        verge.signal(signal.SIGTERM)
        self.assertEqual(verge.wait(), 0)
        self.assertIn("THE WORK IS DONE", verge.log)

    def test_timeout(self):
        verge = self.start(WORKER, "--drain-timeout", "1")
        with verge.connect() as client:
            client.send_request("GET", "/hang")
            verge.wait_for_log("REQUEST /hang")
            verge.signal(signal.SIGTERM)
            self.assertEqual(client.read_to_end(), b"")
            self.assertEqual(verge.wait(STOP_TIMEOUT), 0)

    def test_timeout_with_wait_until(self):
        verge = self.start(handler("ctx.waitUntil(new Promise((r) => setTimeout(r, 3_600_000)));\nreturn new Response('x');"),
                           "--drain-timeout", "1")
        self.assert_response(verge.get("/"), 200, "x")
        verge.signal(signal.SIGTERM)
        self.assertEqual(verge.wait(STOP_TIMEOUT), 0)
        self.assertIn("stopped with work still under way: the drain timeout was over", verge.log)

    def test_timeout_zero(self):
        verge = self.start(WORKER, "--drain-timeout", "0")
        with verge.connect() as client:
            client.send_request("GET", "/hang")
            verge.wait_for_log("REQUEST /hang")
            verge.signal(signal.SIGTERM)
            self.assertEqual(verge.wait(STOP_TIMEOUT), 0)

    def test_second_signal(self):
        for first, second in [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT),
                              (signal.SIGTERM, signal.SIGINT)]:
            with self.subTest((first, second)):
                verge = self.start(WORKER, "--drain-timeout", "3600")
                with verge.connect() as client:
                    client.send_request("GET", "/hang")
                    verge.wait_for_log("REQUEST /hang")
                    verge.signal(first)
                    self.wait_until_refused(verge.port)
                    verge.signal(second)
                    self.assertEqual(verge.wait(), -second)
                verge.process.returncode = 0  # as it should be: nothing more to check after the test

    def test_half_a_request(self):
        """A client in the middle of a head does not hold the process up beyond the deadline."""
        verge = self.start(WORKER, "--drain-timeout", "1")
        with verge.connect() as client:
            client.send(b"GET /fast HTTP/1.1\r\nHos")
            self.assertTrue(client.silent())
            verge.signal(signal.SIGTERM)
            self.assertEqual(verge.wait(STOP_TIMEOUT), 0)

    def test_pipelined_requests_are_answered_or_refused_cleanly(self):
        verge = self.start(WORKER)
        with verge.connect() as client:
            client.send(make_request("GET", "/slow") + make_request("GET", "/fast") * 3)
            verge.wait_for_log("REQUEST /slow")
            verge.signal(signal.SIGTERM)
            data = client.read_to_end()
            self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n"), data)
            self.assertIn(b"\r\n\r\nslow", data)
            self.assertEqual(verge.wait(), 0)

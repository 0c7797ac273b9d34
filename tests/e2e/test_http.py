"""The protocol: many requests, many connections, malformed ones, limits."""

import selectors
import socket

from e2e.harness import Case, IO_TIMEOUT, SharedCase, handler, make_request, scaled

WORKER = """
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/wait") await new Promise((r) => setTimeout(r, Number(searchParams.get("ms"))));
    if (pathname === "/length") return new Response(String((await request.arrayBuffer()).byteLength));
    if (pathname === "/url") return new Response(request.url);
    return new Response(request.method + " " + pathname);
  },
};
"""


class Connections(SharedCase):
    worker = WORKER
    arguments = ("--cpu-ms", "10000")

    def test_keep_alive(self):
        with self.verge.connect() as client:
            for index in range(100):
                client.send_request("GET", f"/{index}")
                self.assert_response(client.read_response(), 200, f"GET /{index}")

    def test_pipelining(self):
        """10,000 requests in one go: answered in order, all of them."""
        count = scaled(10_000, 2_000)
        data = b"".join(make_request("GET", f"/{index}") for index in range(count))
        with self.verge.connect() as client:
            sent = 0
            for index in range(count):
                # Never more under way than what fits into buffers, or both sides would wait.
                while sent < len(data) and sent < (index + 1000) * 64:
                    client.send(data[sent:sent + 32768])
                    sent += 32768
                response = client.read_response()
                self.assertEqual((response.status, response.body), (200, f"GET /{index}".encode()))
            self.assertTrue(client.silent())

    def test_pipelining_without_reading(self):
        """A client that sends and sends, and reads only in the end, is held back but loses nothing."""
        count = scaled(10_000, 2_000)
        data = memoryview(b"".join(make_request("GET", f"/{index}") for index in range(count)))
        received = bytearray()
        with self.verge.connect() as client:
            client.socket.setblocking(False)
            with selectors.DefaultSelector() as selector:
                selector.register(client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
                while received.count(b"HTTP/1.1 200 OK") < count:
                    events = selector.select(IO_TIMEOUT)
                    self.assertTrue(events, "nothing moves")
                    mask = events[0][1]
                    if mask & selectors.EVENT_WRITE and data:
                        data = data[client.socket.send(data[:1 << 20]):]
                        if not data:
                            selector.modify(client.socket, selectors.EVENT_READ)
                        continue  # reads only when it cannot write
                    if mask & selectors.EVENT_READ:
                        received += client.socket.recv(1 << 20)
        position = 0
        for index in range(count):
            position = received.find(f"\r\n\r\nGET /{index}".encode(), position)
            self.assertGreaterEqual(position, 0, f"response {index} is missing or out of order")

    def test_slow_request_among_pipelined_ones(self):
        with self.verge.connect() as client:
            client.send(make_request("GET", "/wait?ms=50") + make_request("GET", "/fast"))
            self.assert_response(client.read_response(), 200, "GET /wait")
            self.assert_response(client.read_response(), 200, "GET /fast")

    def test_bodies_among_pipelined_ones(self):
        with self.verge.connect() as client:
            for size in [0, 1, 70000, 5]:
                client.send(make_request("POST", "/length", body=b"x" * size))
            client.send(b"POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            client.send(make_request("GET", "/after"))
            for size in [0, 1, 70000, 5, 3]:
                self.assert_response(client.read_response(), 200, str(size))
            self.assert_response(client.read_response(), 200, "GET /after")

    def test_half_close(self):
        """A client that has said all it wants gets what is there at once; one that is kept waiting is taken for gone."""
        with self.verge.connect() as client:
            client.send(make_request("GET", "/a") + make_request("GET", "/b"))
            self.assert_response(client.read_response(), 200, "GET /a")
            client.half_close()
            self.assert_response(client.read_response(), 200, "GET /b")
            self.assertTrue(client.closed())
        with self.verge.connect() as client:
            client.send(make_request("GET", "/wait?ms=600000"))
            self.assertTrue(client.silent())
            client.half_close()
            self.assertTrue(client.closed())

    def test_connection_close(self):
        with self.verge.connect() as client:
            client.send_request("GET", "/x", close=True)
            response = client.read_response()
            self.assert_response(response, 200, "GET /x")
            self.assertEqual(response.header("connection"), "close")
            self.assertTrue(client.closed())

    def test_http_1_0(self):
        data = self.verge.raw(b"GET /old HTTP/1.0\r\n\r\n")
        self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n"), data)
        self.assertTrue(data.endswith(b"\r\n\r\nGET /old"), data)
        with self.verge.connect() as client:
            for _ in range(3):
                client.send(b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assert_response(client.read_response(), 200, "GET /old")

    def test_url(self):
        with self.verge.connect() as client:
            for path, host, url in [("/", "example.com", "http://example.com/"),
                                    ("/a/../b", "example.com:8080", "http://example.com:8080/b"),
                                    ("/%7Euser?q=%20#", None, None), ("//double//", "a", "http://a//double//"),
                                    ("/?a=1&b=%ff", "EXAMPLE.com:80", "http://example.com/?a=1&b=%ff"),
                                    ("http://other/p", "example.com", None)]:
                if host is None or url is None:
                    continue
                client.send_request("GET", path.replace("/", "/", 1), host=host)
                shown = client.read_response()
                self.assertEqual(shown.status, 200, (path, shown))
            client.send_request("GET", "/url?x=%20y", host="Example.COM:81")
            self.assert_response(client.read_response(), 200, "http://example.com:81/url?x=%20y")

    def test_methods(self):
        with self.verge.connect() as client:
            for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]:
                client.send_request(method, "/m", body=b"" if method in ("POST", "PUT", "PATCH") else None)
                self.assert_response(client.read_response(method), 200, f"{method} /m")

    def test_thousand_connections(self):
        count = scaled(1000, 200)
        clients = [self.verge.connect() for _ in range(count)]
        try:
            for _ in range(3):
                for client in clients:
                    client.send_request("GET", "/wait?ms=10")
                for client in clients:
                    self.assert_response(client.read_response(), 200, "GET /wait")
        finally:
            for client in clients:
                client.close()

    def test_connections_that_say_nothing(self):
        clients = [self.verge.connect() for _ in range(200)]
        for client in clients[::2]:
            client.send(b"GET / HT")
        self.assert_response(self.verge.get("/x"), 200, "GET /x")
        for client in clients:
            client.close()
        self.assert_response(self.verge.get("/x"), 200, "GET /x")

    # --- refused requests

    def refused(self, data, status):
        with self.verge.connect() as client:
            client.send(data)
            response = client.read_response()
            self.assertEqual(response.status, status, (data[:100], response))
            self.assertEqual(response.header("connection"), "close", data[:100])
            self.assertTrue(client.closed(), data[:100])

    def test_malformed(self):
        ok = "Host: a\r\n\r\n"
        for data, status in [
                ("GET  / HTTP/1.1\r\n" + ok, 400),
                ("GET /\r\n" + ok, 400),
                (" GET / HTTP/1.1\r\n" + ok, 400),
                ("GET / HTTP/1.1\n" + ok, 400),
                ("GET / HTTP/1.1\r\n\r\n", 400),  # no Host
                ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
                ("GET foo HTTP/1.1\r\n" + ok, 400),
                ("GET /\x01 HTTP/1.1\r\n" + ok, 400),
                ("GET / HTTP/1.1\r\nA : b\r\n" + ok, 400),
                ("GET / HTTP/1.1\r\nA\r\n" + ok, 400),
                ("GET / HTTP/1.1\r\nA: b\r\n folded\r\n" + ok, 400),
                ("GET / HTTP/1.1\r\nA: \0\r\n" + ok, 400),
                ("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + ok, 400),
                ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n" + ok, 400),
                ("POST / HTTP/1.1\r\nContent-Length: +5\r\n" + ok, 400),
                ("POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n" + ok, 400),
                ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n" + ok, 400),
                ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + ok, 400),
                ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + ok, 501),
                ("CONNECT a:80 HTTP/1.1\r\n" + ok, 501),
                ("FOO / HTTP/1.1\r\n" + ok, 501),
                ("GET / HTTP/2.0\r\n" + ok, 505),
                ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
                ("GET / HTTP/1.1\r\nExpect: magic\r\n" + ok, 417),
                ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # a TLS hello
        ]:
            with self.subTest(data):
                self.refused(data.encode("latin-1"), status)
        self.assert_response(self.verge.get("/fine"), 200, "GET /fine")

    def test_malformed_after_a_good_one(self):
        with self.verge.connect() as client:
            client.send(make_request("GET", "/good") + b"B@D / HTTP/1.1\r\n\r\n" + make_request("GET", "/never"))
            self.assert_response(client.read_response(), 200, "GET /good")
            self.assertEqual(client.read_response().status, 400)
            self.assertTrue(client.closed())

    def test_smuggling(self):
        """What follows a request with a doubtful length is never taken for a request."""
        inner = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        for head in [b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding : chunked",
                     b"Transfer-Encoding: xchunked", b"Content-Length: 0x5", b"Content-Length: 5\r\nContent-Length: 0",
                     b"Transfer-Encoding:\x0bchunked"]:
            with self.subTest(head):
                data = self.verge.raw(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n" + inner)
                self.assertEqual(data.count(b"HTTP/1.1 "), 1, data)
                self.assertNotIn(b"smuggled", data)

    def test_long_target(self):
        self.assert_response(self.verge.get("/" + "a" * 16000), 200)
        self.refused(make_request("GET", "/" + "a" * 17000), 414)

    def test_long_header(self):
        self.assert_response(self.verge.get("/", [("A", "x" * 120_000)]), 200)
        self.refused(make_request("GET", "/", [("A", "x" * 140_000)]), 431)
        self.refused(make_request("GET", "/", [(f"A{i}", "x") for i in range(1500)]), 431)
        self.refused(b"GET / HTTP/1.1\r\n" + b"A" * 200_000, 431)


class Limits(Case):
    def test_body_too_large(self):
        verge = self.start(WORKER, "--max-body", "1000")
        self.assert_response(verge.post("/length", "x" * 1000), 200, "1000")
        with verge.connect() as client:
            client.send(b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
            self.assertEqual(client.read_response().status, 413)
            self.assertTrue(client.closed())
        # Chunked: found out on the way. The worker's reading fails, and the client hears why.
        with verge.connect() as client:
            client.send(b"POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 1000 + b"\r\n")
            self.assertTrue(client.silent())
            client.send(b"1\r\nx\r\n0\r\n\r\n")
            self.assertIn(client.read_response().status, (413, 500))
            self.assertTrue(client.closed())
        with verge.connect() as client:
            client.send(b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.read_response().status, 413)

    def test_zero_body(self):
        verge = self.start(WORKER, "--max-body", "0")
        self.assert_response(verge.get("/x"), 200, "GET /x")
        self.assertEqual(verge.post("/length", "x").status, 413)


class Shards(Case):
    def test_both_answer(self):
        verge = self.start("const id = [];\n" + handler("""
    // Each isolate has an array of its own; two of them can be told apart by what they have seen.
    id.push(1);
    return new Response(String(id.length));
"""), shards=2)
        clients = [verge.connect() for _ in range(64)]
        try:
            for client in clients:
                client.send_request()
            counts = [int(client.read_response().text) for client in clients]
        finally:
            for client in clients:
                client.close()
        # One isolate would have counted to 64.
        self.assertLess(max(counts), 64)
        self.assertEqual(sum(sorted(counts)[-1:]) + (64 - max(counts)), 64)
        self.assertEqual(counts.count(1), 2)

    def test_one_loops_the_other_serves(self):
        verge = self.start(WORKER.replace("const {", "if (request.url.endsWith('/loop')) for (;;);\n    const {"),
                           "--cpu-ms", "50", shards=2)
        for _ in range(20):
            self.assert_limit(verge.get("/loop"))
            self.assert_response(verge.get("/x"), 200, "GET /x")


class Addresses(Case):
    def test_ipv6(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6 here")
        with socket.socket(socket.AF_INET6) as probe:
            try:
                probe.bind(("::1", 0))
            except OSError:
                self.skipTest("no IPv6 here")
        verge = self.start(WORKER, "--host", "::1")
        self.assertTrue(verge.url.startswith("http://[::1]:"), verge.url)
        with socket.create_connection(("::1", verge.port), IO_TIMEOUT) as client:
            client.sendall(make_request("GET", "/six", close=True))
            data = b""
            while piece := client.recv(65536):
                data += piece
        self.assertTrue(data.endswith(b"GET /six"), data)

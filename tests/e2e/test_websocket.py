"""WebSockets that a worker serves: real connections, good and hostile clients."""

import signal

import json
import threading

from e2e.harness import Case, SharedCase
from e2e.websocket_peer import BINARY, CLOSE, PING, Server, TEXT, close_payload, connect, frame

ECHO = """
let shared;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
function serve(options, wire) {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept(options?.accept);
  wire(server);
  return new Response(null, { status: 101, webSocket: client, headers: options?.headers });
}
const spin = (ms) => { const end = Date.now() + ms; for (let n = 0; n < ms * 20000; ++n) Math.sqrt(n); };
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const echo = (server) => {
      server.addEventListener("message", ({ data }) => server.send(data));
      server.addEventListener("close", ({ code, reason, wasClean }) => console.log(`CLOSE ${code} ${reason} ${wasClean}`));
      server.addEventListener("error", ({ message }) => console.log(`ERROR ${message}`));
    };
    switch (pathname) {
      case "/echo": return serve({}, echo);
      case "/protocol": {
        const wanted = request.headers.get("Sec-WebSocket-Protocol").split(",")[1].trim();
        return serve({ headers: { "Sec-WebSocket-Protocol": wanted, "X-Mine": "yes" } }, echo);
      }
      case "/describe": return serve({}, (server) => {
        server.addEventListener("message", ({ data }) => {
          server.send(typeof data === "string" ? `text ${data.length}` : `${data.constructor.name} ${data.byteLength}`);
        });
      });
      case "/greet": return serve({}, (server) => {
        server.send("first");
        server.send("second");
        ctx.waitUntil(sleep(10).then(() => { server.send("third"); server.close(4000, "over"); }));
      });
      case "/late": {
        const [client, server] = Object.values(new WebSocketPair());
        ctx.waitUntil(sleep(50).then(() => { server.accept(); echo(server); server.send("accepted"); }));
        return new Response(null, { status: 101, webSocket: client });
      }
      case "/never": return new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });
      case "/half": return serve({ accept: { allowHalfOpen: true } }, (server) => {
        server.addEventListener("close", ({ code }) => {
          server.send(`you said ${code}`);
          server.close(4001, "I say");
        });
      });
      case "/throws": return serve({}, (server) => {
        server.addEventListener("message", ({ data }) => {
          if (data === "throw") throw new Error("thrown on purpose");
          server.send(data);
        });
      });
      case "/spin": return serve({}, (server) => {
        server.addEventListener("message", ({ data }) => {
          if (data === "forever") for (;;) {}
          spin(Number(data));
          server.send("spun");
        });
      });
      case "/share": return serve({}, (server) => { shared = server; });
      case "/steal": {
        const errors = [];
        for (const use of [(s) => s.send("x"), (s) => s.close(), (s) => new Response(null, { status: 101, webSocket: s })]) {
          try { use(shared); } catch (e) { errors.push(e.message); }
        }
        try { errors.push(String(shared.readyState)); } catch (e) { errors.push(e.message); }
        return new Response(JSON.stringify(errors));
      }
      case "/accepted": {
        const [client, server] = Object.values(new WebSocketPair());
        client.accept();
        server.accept();
        return new Response(null, { status: 101, webSocket: client });
      }
      case "/flood": return serve({}, (server) => {
        server.addEventListener("message", () => {
          const block = "x".repeat(1024 * 1024);
          try { for (let n = 0; n < 1000; ++n) server.send(block); } catch (e) { console.log("FLOOD " + e.message); }
          console.log("BUFFERED " + (server.bufferedAmount > 1e6));
        });
      });
      case "/hang": {
        const [client, server] = Object.values(new WebSocketPair());
        client.accept();
        server.accept();
        await new Promise((resolve) => server.addEventListener("message", resolve));
      }
      case "/upgrade": return new Response(request.headers.get("upgrade"));
    }
    return new Response("plain");
  },
};
"""


class WebSocketServer(SharedCase):
    worker = ECHO
    arguments = ("--cpu-ms", "10000")

    def open(self, path="/echo", **options):
        peer, response = connect(self.verge.port, path, **options)
        self.addCleanup(peer.client.close)
        self.assertEqual(response.status, 101, response)
        return peer

    def test_handshake(self):
        peer, response = connect(self.verge.port, "/echo")
        self.assertEqual(response.status, 101)
        self.assertEqual(response.header("connection"), "Upgrade")
        self.assertIsNone(response.header("content-length"))
        self.assertIsNone(response.header("sec-websocket-extensions"))
        self.assertIsNone(response.header("sec-websocket-protocol"))
        peer.send("hello")
        self.assertEqual(peer.read(), "hello")
        peer.client.close()

    def test_worker_chooses_protocol_and_headers(self):
        peer, response = connect(self.verge.port, "/protocol", protocols="chat, superchat")
        self.assertEqual(response.header("sec-websocket-protocol"), "superchat")
        self.assertEqual(response.header("x-mine"), "yes")
        peer.client.close()

    def test_messages_of_all_sizes(self):
        peer = self.open()
        for size in [0, 1, 125, 126, 65535, 65536, 300_000, 5_000_000]:
            peer.send("t" * size)
            self.assertEqual(peer.read(), "t" * size)
            peer.send(b"\xff" * size)
            self.assertEqual(peer.read(), b"\xff" * size)
        described = self.open("/describe")
        described.send("\u00e4\U0001f600")
        self.assertEqual(described.read(), "text 3")
        described.send(b"12345")
        self.assertEqual(described.read(), "ArrayBuffer 5")

    def test_pipelined_with_the_handshake(self):
        peer, _ = connect(self.verge.port, "/echo")
        peer.client.send(b"".join(frame(TEXT, str(n)) for n in range(2000)))
        self.assertEqual([peer.read() for _ in range(2000)], [str(n) for n in range(2000)])
        peer.client.close()

    def test_fragments_and_pings_between(self):
        peer = self.open()
        peer.send_frame(TEXT, "one ", fin=False)
        peer.send_frame(PING, "are you there")
        self.assertEqual(peer.read(), ("pong", b"are you there"))
        peer.send_frame(0, "\u20ac".encode()[:1], fin=False)
        peer.send_frame(0, "\u20ac".encode()[1:], fin=True)
        self.assertEqual(peer.read(), "one \u20ac")

    def test_byte_by_byte(self):
        peer = self.open()
        for byte in frame(TEXT, "slowly") + frame(BINARY, b"x" * 200):
            peer.client.send(bytes([byte]))
        self.assertEqual(peer.read(), "slowly")
        self.assertEqual(peer.read(), b"x" * 200)

    def test_compression(self):
        peer, response = connect(self.verge.port, "/echo", deflate=True)
        self.assertEqual(response.header("sec-websocket-extensions"),
                         "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12")
        for text in ["short", "a" * 1000, "a" * 1000, "".join(map(str, range(100_000)))]:
            peer.send(text)
            self.assertEqual(peer.read(), text)
        peer.send("b" * 1000)
        self.assertTrue(peer.was_compressed())
        peer.client.close()

    def test_server_sends_first_and_closes(self):
        peer = self.open("/greet")
        self.assertEqual([peer.read() for _ in range(4)], ["first", "second", "third", ("close", 4000, "over")])
        peer.send_close(4000)
        self.assertTrue(peer.client.closed())

    def test_accepted_after_the_response(self):
        peer = self.open("/late")
        peer.send("early")
        self.assertEqual([peer.read(), peer.read()], ["accepted", "early"])

    def test_never_accepted(self):
        peer = self.open("/never")
        self.assertEqual(peer.read()[0], "close")

    def test_client_closes(self):
        for code, reason in [(1000, "bye"), (4999, ""), (None, "")]:
            peer = self.open()
            peer.send_close(code, reason)
            self.assertEqual(peer.read()[:2], ("close", code))
            self.assertTrue(peer.client.closed())
            self.verge.wait_for_log(f"CLOSE {code or 1005} {reason} true")

    def test_client_vanishes(self):
        peer = self.open()
        peer.send("x")
        self.assertEqual(peer.read(), "x")
        peer.client.reset()
        self.verge.wait_for_log("CLOSE 1006  false")
        self.verge.wait_for_log("ERROR ")

    def test_half_open(self):
        peer = self.open("/half")
        peer.send_close(1000)
        self.assertEqual([peer.read(), peer.read()], ["you said 1000", ("close", 4001, "I say")])

    def test_protocol_errors(self):
        cases = {
            "not masked": (frame(TEXT, "x", masked=False), 1002),
            "reserved bits": (frame(TEXT, "x", rsv=0x20), 1002),
            "compressed, not negotiated": (frame(TEXT, "x", rsv=0x40), 1002),
            "unknown opcode": (frame(3), 1002),
            "fragmented ping": (frame(PING, fin=False), 1002),
            "long ping": (frame(PING, b"x" * 126), 1002),
            "continuation without a start": (frame(0, "x"), 1002),
            "start within a message": (frame(TEXT, "x", fin=False) + frame(TEXT, "y"), 1002),
            "invalid UTF-8": (frame(TEXT, b"\xff"), 1007),
            "half a character": (frame(TEXT, b"\xe2\x82"), 1007),
            "close with half a code": (frame(CLOSE, b"\x03"), 1002),
            "close with a reserved code": (frame(CLOSE, close_payload(1005)), 1002),
            "too big": (b"\x82\xff" + (32 * 1024 * 1024 + 1).to_bytes(8, "big") + b"mask", 1009),
            "absurdly big": (b"\x82\xff\x7f" + b"\xff" * 7 + b"mask", 1009),
        }
        for name, (data, code) in cases.items():
            with self.subTest(name):
                peer = self.open()
                peer.client.send(data)
                self.assertEqual(peer.read()[:2], ("close", code))
                peer.client.close()

    def test_compression_bomb(self):
        peer, _ = connect(self.verge.port, "/describe", deflate=True)
        peer.send(b"\0" * (32 * 1024 * 1024))
        self.assertEqual(peer.read(), "ArrayBuffer 33554432")
        peer.send(b"\0" * (32 * 1024 * 1024 + 1))
        self.assertEqual(peer.read()[:2], ("close", 1009))
        peer.client.close()

    def test_a_megabyte_of_tiny_frames(self):
        peer = self.open("/echo")
        other = self.open("/echo")
        tiny = frame(TEXT, "", fin=False) + frame(0, "", fin=False) * 150_000 + frame(0, "end")
        peer.client.send(tiny)
        other.send("alive")
        self.assertEqual(other.read(), "alive")
        self.assertEqual(peer.read(), "end")

    def test_handshakes_that_are_none(self):
        base = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
                ("Sec-WebSocket-Version", "13")]

        def status(method="GET", **changes):
            fields = [(name, changes.get(name.lower().replace("-", "_"), value)) for name, value in base]
            return self.verge.request(method, "/echo", [field for field in fields if field[1] is not None])

        self.assertEqual(status(sec_websocket_key="short").status, 400)
        self.assertEqual(status(sec_websocket_key=None).status, 400)
        self.assertEqual(status(connection=None).status, 400)
        self.assertEqual(status(method="POST").status, 400)
        response = status(sec_websocket_version="8")
        self.assertEqual((response.status, response.header("sec-websocket-version")), (426, "13"))
        response = status(upgrade=None)
        self.assert_exception(response)
        self.verge.wait_for_log('did not contain the header "Upgrade: websocket"')
        # A handler need not care about the upgrade.
        self.assert_response(self.verge.request("GET", "/upgrade", base), 200, "websocket")

    def test_response_after_accept(self):
        _, response = connect(self.verge.port, "/accepted")
        self.assertEqual(response.status, 500)
        self.verge.wait_for_log("Can't return WebSocket in a Response after calling accept().")

    def test_from_another_request(self):
        peer = self.open("/share")
        errors = self.verge.get("/steal").text
        self.assertEqual(errors.count("Cannot perform I/O on behalf of a different request."), 2, errors)
        self.assertTrue(errors.endswith(',"1"]'), errors)
        peer.client.close()

    def test_listener_that_throws(self):
        peer = self.open("/throws")
        peer.send("throw")
        peer.send("on")
        self.assertEqual(peer.read(), "on")
        self.verge.wait_for_log("thrown on purpose")

    def test_worker_that_floods_a_slow_client(self):
        peer = self.open("/flood", receive_buffer=4096)
        peer.send("go")
        self.verge.wait_for_log("FLOOD The WebSocket's send buffer is full")
        self.verge.wait_for_log("BUFFERED true")
        self.assertEqual(len(peer.read()), 1024 * 1024)
        peer.client.close()

    def test_waiting_for_what_cannot_come(self):
        self.assertEqual(self.verge.get("/hang").status, 500)


class WebSocketLimits(Case):
    def test_cpu_time_is_renewed_by_each_message(self):
        verge = self.start(ECHO, "--cpu-ms", "300")
        peer, _ = connect(verge.port, "/spin")
        # Together far more than the limit allows one event.
        for _ in range(30):
            peer.send("20")
            self.assertEqual(peer.read(), "spun")
        other, _ = connect(verge.port, "/echo")
        peer.send("forever")
        self.assertEqual(peer.read()[:2], ("close", 1011))
        verge.wait_for_log("exceeded its CPU time limit")
        # The isolate is retired, its other connections are not.
        other.send("still here")
        self.assertEqual(other.read(), "still here")
        self.assertEqual(verge.get("/").text, "plain")
        peer.client.close()
        other.client.close()

    def test_drain(self):
        verge = self.start(ECHO)
        peer, _ = connect(verge.port, "/echo")
        peer.send("x")
        self.assertEqual(peer.read(), "x")
        verge.signal(signal.SIGTERM)
        self.assertEqual(peer.read(), ("close", 1001, ""))
        peer.send_close(1001)
        verge.wait_for_log("CLOSE 1001  true")
        self.assertEqual(verge.wait(), 0)
        peer.client.close()

    def test_drain_with_a_client_that_does_not_care(self):
        verge = self.start(ECHO, "--drain-timeout", "1")
        peer, _ = connect(verge.port, "/echo")
        verge.signal(signal.SIGTERM)
        verge.wait()
        self.assertEqual(peer.read(), ("close", 1001, ""))
        peer.client.close()


CLIENT = """
const events = (socket, log) => new Promise((resolve) => {
  socket.addEventListener("open", () => log.push(`open ${socket.readyState} ${socket.protocol} ${socket.extensions}`));
  socket.addEventListener("message", ({ data, origin }) => log.push([typeof data === "string" ? data : data.constructor.name,
                                                                     origin]));
  socket.addEventListener("error", ({ message }) => log.push(`error ${message}`));
  socket.addEventListener("close", ({ code, reason, wasClean }) => {
    log.push(`close ${code} ${reason} ${wasClean} ${socket.readyState}`);
    resolve(log);
  });
});
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const origin = `127.0.0.1:${env.PORT}`;
    const log = [];
    switch (url.pathname) {
      case "/dial": {
        const protocols = url.searchParams.getAll("protocol");
        const socket = new WebSocket(`ws://${origin}/socket?q#`.slice(0, -1), protocols);
        log.push(`${socket.readyState} ${socket.url} ${socket.binaryType}`);
        try { socket.send("too early"); } catch (e) { log.push(e.name); }
        try { socket.accept(); } catch (e) { log.push(e.message); }
        try { socket.close(1001); } catch (e) { log.push(e.name); }
        const done = events(socket, log);
        socket.addEventListener("open", () => {
          socket.send("from the worker");
          socket.send(new Blob(["blob"]));
          log.push(`buffered ${socket.bufferedAmount}`);
        });
        if (url.searchParams.has("close")) socket.addEventListener("message", () => socket.close(3000, "enough"));
        if (url.searchParams.has("early")) socket.close();
        return Response.json(await done);
      }
      case "/fetch": {
        const response = await fetch(`http://${origin}/socket`, { headers: { Upgrade: "websocket" } });
        if (!response.webSocket) return Response.json([response.status, await response.text()]);
        const socket = response.webSocket;
        log.push(`${response.status} ${socket.readyState} ${socket.binaryType}`);
        const done = events(socket, log);
        socket.accept();
        socket.send("hello");
        return Response.json(await done);
      }
      case "/unused": {
        const { status } = await fetch(`http://${origin}/socket`, { headers: { Upgrade: "websocket" } });
        return new Response(status);
      }
      case "/proxy": return fetch(new Request(`http://${origin}/socket`, request));
      case "/after": {
        const socket = new WebSocket(`ws://${origin}/`);
        socket.addEventListener("message", ({ data }) => console.log("AFTER " + data));
        if (url.searchParams.has("wait")) ctx.waitUntil(new Promise((resolve) => socket.addEventListener("close", resolve)));
        await new Promise((resolve) => socket.addEventListener("open", resolve));
        return new Response("answered");
      }
      case "/many": {
        const sockets = Array.from({ length: 20 }, () => new WebSocket(`ws://${origin}/`));
        return Response.json(await Promise.all(sockets.map((socket) => events(socket, []))));
      }
    }
  },
};
"""


class WebSocketClient(Case):
    def setUp(self):
        self.origin = Server()
        self.addCleanup(self.origin.close)
        self.verge = self.start(CLIENT, "--allow-outbound", "127.0.0.0/8", "--var", f"PORT={self.origin.port}")

    def ask(self, path, answer):
        """What the worker says while `answer()` plays the origin."""
        result = []
        thread = threading.Thread(target=lambda: result.append(self.verge.get(path)))
        thread.start()
        try:
            answer()
        finally:
            thread.join()
        self.assertEqual(result[0].status, 200, result[0])
        return json.loads(result[0].text)

    def test_dial(self):
        def answer():
            peer, fields = self.origin.open("Sec-WebSocket-Protocol: b\r\n")
            with peer:
                self.assertEqual(fields[":request"], "GET /socket?q HTTP/1.1")
                self.assertEqual(fields["host"], f"127.0.0.1:{self.origin.port}")
                self.assertEqual(fields["sec-websocket-protocol"], "a, b")
                self.assertEqual(fields["sec-websocket-version"], "13")
                self.assertEqual([peer.read(), peer.read()], ["from the worker", b"blob"])
                peer.send("hello")
                peer.send(b"bytes")
                peer.send_close(4000, "bye")
                self.assertEqual(peer.read()[:2], ("close", 4000))

        url = f"ws://127.0.0.1:{self.origin.port}"
        self.assertEqual(self.ask("/dial?protocol=a&protocol=b", answer), [
            f"0 {url}/socket?q blob", "InvalidStateError",
            "Websockets obtained from the 'new WebSocket()' constructor cannot call accept", "InvalidAccessError",
            "open 1 b ", "buffered 19", ["hello", url], ["Blob", url], "close 4000 bye true 3"])

    def test_close(self):
        def answer():
            peer, _ = self.origin.open()
            with peer:
                self.assertEqual([peer.read(), peer.read()], ["from the worker", b"blob"])
                peer.send("x")
                self.assertEqual(peer.read(), ("close", 3000, "enough"))
                peer.send_close(3000, "so it is")

        self.assertEqual(self.ask("/dial?close", answer)[-1], "close 3000 so it is true 3")

    def test_compression(self):
        def answer():
            peer, fields = self.origin.open("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n")
            with peer:
                self.assertTrue(fields["sec-websocket-extensions"].startswith("permessage-deflate"))
                peer.read()
                peer.send("c" * 100_000)
                peer.send_close()

        log = self.ask("/dial", answer)
        self.assertIn("open 1  permessage-deflate; client_max_window_bits=9", log)
        self.assertEqual(log[-2][0], "c" * 100_000)

    def test_failures(self):
        def refuse(text):
            def answer():
                connection, _, _ = self.origin.accept()
                connection.send(text)
                connection.close()
            return answer

        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        for text in [b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", b"nonsense\r\n\r\n", b"",
                     head + b"Sec-WebSocket-Accept: wrong\r\n\r\n"]:
            with self.subTest(text):
                log = self.ask("/dial", refuse(text))
                self.assertTrue(log[-2].startswith("error WebSocket ") or log[-2].startswith("error Unexpected"), log)
                self.assertEqual(log[-1], "close 1006  false 3")

    def test_protocol_that_was_not_offered(self):
        def answer():
            peer, _ = self.origin.open("Sec-WebSocket-Protocol: c\r\n")
            peer.client.close()

        self.assertEqual(self.ask("/dial?protocol=a", answer)[-1], "close 1006  false 3")
        log = self.ask("/dial?protocol=a", lambda: self.origin.open()[0].client.close())
        self.assertIn("none of the protocols", log[-2])

    def test_closed_before_it_was_open(self):
        log = self.ask("/dial?early", lambda: None)
        self.assertEqual(log[-2:], ["error WebSocket was closed before the connection was established",
                                    "close 1006  false 3"])

    def test_nobody_there(self):
        self.origin.close()
        log = self.ask("/dial", lambda: None)
        self.assertIn("refused", log[-2])

    def test_masked_by_a_server(self):
        def answer():
            peer, _ = self.origin.open()
            with peer:
                peer.client.send(frame(TEXT, "masked"))
                while peer.read()[:2] != ("close", 1002):
                    pass

        self.assertEqual(self.ask("/dial", answer)[-1], "close 1006  false 3")

    def test_not_allowed(self):
        verge = self.start(CLIENT, "--var", f"PORT={self.origin.port}")
        self.assertEqual(json.loads(verge.get("/dial").text)[-1], "close 1006  false 3")

    def test_fetch(self):
        def answer():
            peer, fields = self.origin.open("X-A: b\r\n")
            with peer:
                self.assertEqual(fields["upgrade"], "websocket")
                self.assertEqual(peer.read(), "hello")
                peer.send(b"x")
                peer.send_close(1000, "done")

        self.assertEqual(self.ask("/fetch", answer), ["101 1 arraybuffer", ["ArrayBuffer", ""], "close 1000 done true 3"])

    def test_fetch_without_an_upgrade(self):
        def answer():
            connection, _, _ = self.origin.accept()
            connection.send(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\n\r\nnope")
            connection.close()

        self.assertEqual(self.ask("/fetch", answer), [426, "nope"])

    def test_unused(self):
        def answer():
            peer, _ = self.origin.open()
            self.assertEqual(peer.read(), ("close", 1001, ""))
            peer.client.close()

        self.assertEqual(self.ask("/unused", answer), 101)

    def test_passed_on(self):
        peers = []
        thread = threading.Thread(target=lambda: peers.append(self.origin.open("Sec-WebSocket-Protocol: two\r\n")))
        thread.start()
        client, response = connect(self.verge.port, "/proxy", protocols="one, two", deflate=True)
        thread.join()
        origin, fields = peers[0]
        self.assertEqual(response.status, 101)
        self.assertEqual(response.header("sec-websocket-protocol"), "two")
        self.assertEqual(fields["sec-websocket-protocol"], "one, two")
        for size in [0, 5, 100_000, 3_000_000]:
            client.send("c" * size)
            self.assertEqual(origin.read(), "c" * size)
            origin.send(b"o" * size)
            self.assertEqual(client.read(), b"o" * size)
        origin.send_close(4321, "from the origin")
        self.assertEqual(client.read(), ("close", 4321, "from the origin"))
        client.send_close(4321)
        self.assertEqual(origin.read()[:2], ("close", 4321))
        origin.client.close()
        client.client.close()

    def open_after(self, path):
        """The origin's end of a connection whose worker has answered its own client."""
        peers = []
        thread = threading.Thread(target=lambda: peers.append(self.origin.open()[0]))
        thread.start()
        self.assertEqual(self.verge.get(path).text, "answered")
        thread.join()
        self.addCleanup(peers[0].client.close)
        return peers[0]

    def test_ends_with_its_invocation(self):
        self.assertEqual(self.open_after("/after").read(), ("close", 1001, ""))

    def test_lives_as_long_as_wait_until(self):
        peer = self.open_after("/after?wait")
        peer.send("still here")
        self.verge.wait_for_log("AFTER still here")

    def test_connections_are_limited(self):
        """More than six handshakes at a time wait for each other."""
        def answer():
            held = [self.origin.accept() for _ in range(6)]
            self.origin.listener.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                self.origin.listener.accept()
            self.origin.listener.settimeout(20)
            for connection, _, _ in held:
                connection.close()
            for _ in range(14):
                self.origin.accept()[0].close()

        self.assertEqual([log[-1] for log in self.ask("/many", answer)], ["close 1006  false 3"] * 20)

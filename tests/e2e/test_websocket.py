"""WebSockets that a worker serves: real connections, good and hostile clients."""

import signal

from e2e.harness import Case, SharedCase
from e2e.websocket_peer import BINARY, CLOSE, PING, TEXT, close_payload, connect, frame

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
    arguments = ("--cpu-ms", "200")

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

"""HTTPS: `verge dev --https` with a certificate of its own, `verge serve` with given ones."""

import hashlib
import os
import signal
import socket
import ssl
import subprocess

from e2e.harness import IO_TIMEOUT, Case, Client, handler, scaled

WORKER = """export default { async fetch(request, env, ctx) {
  const url = new URL(request.url);
  if (url.pathname === '/digest') {
    const digest = await crypto.subtle.digest('SHA-256', await request.arrayBuffer());
    return new Response([...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join(''));
  }
  if (url.pathname === '/echo') return new Response(request.body);
  if (url.pathname === '/large') return new Response(new Uint8Array(Number(url.searchParams.get('n'))).fill(120));
  if (url.pathname === '/socket') {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', (event) => server.send('got ' + event.data));
    return new Response(null, { status: 101, webSocket: client });
  }
  if (url.pathname === '/slow') await scheduler.wait(300);
  return new Response(url.protocol + '//' + url.hostname + url.pathname);
} };"""


class TlsClient(Client):
    """A connection over TLS; everything else is as for plain ones."""

    def __init__(self, port, context=None, name="localhost", timeout=IO_TIMEOUT):
        super().__init__(port, timeout)
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.plain = self.socket
        self.socket = context.wrap_socket(self.socket, server_hostname=name)


def make_certificate(directory, name, *hosts):
    """A certificate and key of that name for `hosts`, signed by itself."""
    files = [os.path.join(directory, f"{name}.{kind}") for kind in ("pem", "key")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts),
         "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


class Https(Case):
    def dev(self, *arguments, worker=WORKER):
        directory = self.directory({"index.js": worker})
        return directory, self.start(None, "--https", *arguments, path=directory, command="dev")

    def served(self, *arguments):
        """verge serve with two certificates."""
        directory = self.directory({"index.js": WORKER})
        first = make_certificate(directory, "first", "first.example", "*.wild.example")
        second = make_certificate(directory, "second", "second.example")
        self.certificates = [first[0], second[0]]
        return self.start(None, "--tls-cert", first[0], "--tls-key", first[1], "--tls-cert", second[0], "--tls-key",
                          second[1], *arguments, path=directory)

    def get(self, port, path, **options):
        with TlsClient(port, **options) as client:
            client.send_request("GET", path, close=True)
            return client.read_response()

    def test_own_certificate(self):
        directory, verge = self.dev()
        self.assertTrue(verge.url.startswith("https://"), verge.ready_line)
        certificate = os.path.join(directory, ".verge/state/tls/cert.pem")
        key = os.path.join(directory, ".verge/state/tls/key.pem")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        for name in ("localhost", "127.0.0.1"):
            with self.subTest(name):
                response = self.get(verge.port, "/x", context=ssl.create_default_context(cafile=certificate), name=name)
                self.assert_response(response, 200, "https://localhost/x")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.get(verge.port, "/", context=ssl.create_default_context(cafile=certificate), name="other.example")
        verge.stop()
        with open(certificate, encoding="ascii") as file:
            before = file.read()
        # The same one the next time.
        again = self.start(None, "--local-protocol", "https", path=directory, command="dev")
        self.assert_response(self.get(again.port, "/", context=ssl.create_default_context(cafile=certificate)), 200)
        with open(certificate, encoding="ascii") as file:
            self.assertEqual(file.read(), before)

    def test_by_configuration(self):
        directory = self.directory({"index.js": WORKER,
                                    "wrangler.toml": 'main = "index.js"\n[dev]\nlocal_protocol = "https"\n'})
        verge = self.start(None, path=directory, command="dev")
        self.assertTrue(verge.url.startswith("https://"))
        verge = self.start(None, "--local-protocol", "http", path=directory, command="dev")
        self.assert_response(verge.get(), 200)

    def test_connections_are_kept(self):
        _, verge = self.dev()
        with TlsClient(verge.port) as client:
            for i in range(20):
                client.send_request("GET", f"/{i}")
                self.assert_response(client.read_response(), 200, f"https://localhost/{i}")
            # Many at once.
            for i in range(50):
                client.send_request("GET", f"/p{i}")
            for i in range(50):
                self.assert_response(client.read_response(), 200, f"https://localhost/p{i}")

    def test_large_bodies(self):
        _, verge = self.dev()
        size = scaled(20_000_000, 2_000_000)
        data = os.urandom(size)
        with TlsClient(verge.port) as client:
            client.send_request("POST", "/digest", body=data)
            self.assert_response(client.read_response(), 200, hashlib.sha256(data).hexdigest())
            client.send_request("GET", f"/large?n={size}")
            self.assert_response(client.read_response(), 200, b"x" * size)
            client.send_request("POST", "/echo", body=data[:60_000])
            self.assert_response(client.read_response(), 200, data[:60_000])

    def test_byte_by_byte(self):
        _, verge = self.dev()
        with TlsClient(verge.port) as client:
            for byte in b"POST /digest HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc":
                client.send(bytes([byte]))
            self.assert_response(client.read_response(), 200, hashlib.sha256(b"abc").hexdigest())

    def test_web_sockets(self):
        _, verge = self.dev()
        with TlsClient(verge.port) as client:
            client.send(b"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            self.assertEqual(client.read_head().status, 101)
            for length in (5, 70_000):
                text = b"m" * length
                mask = b"\1\2\3\4"
                head = bytes([0x81]) + (bytes([0x80 | length]) if length < 126 else
                                        bytes([0x80 | 127]) + length.to_bytes(8, "big"))
                client.send(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
                first, second = client.read_exactly(2)
                self.assertEqual(first, 0x81)
                size = second if second < 126 else int.from_bytes(client.read_exactly(2 if second == 126 else 8), "big")
                self.assertEqual(client.read_exactly(size), b"got " + text)

    def test_names(self):
        verge = self.served()
        for name, certificate in (("first.example", 0), ("second.example", 1), ("a.wild.example", 0), ("other", 0),
                                  (None, 0)):
            with self.subTest(name):
                with TlsClient(verge.port, name=name) as client:
                    with open(self.certificates[certificate], encoding="ascii") as file:
                        expected = ssl.PEM_cert_to_DER_cert(file.read())
                    self.assertEqual(client.socket.getpeercert(binary_form=True), expected)
                    client.send_request("GET", "/", close=True)
                    self.assert_response(client.read_response(), 200)

    def test_versions(self):
        verge = self.served()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.minimum_version = context.maximum_version = version
            context.set_alpn_protocols(["h2", "http/1.1"])
            with TlsClient(verge.port, context) as client:
                self.assertEqual(client.socket.selected_alpn_protocol(), "http/1.1")
                client.send_request("GET", "/", close=True)
                self.assert_response(client.read_response(), 200)
                session = client.socket.session
            client = Client(verge.port)
            with context.wrap_socket(client.socket, session=session) as again:
                again.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                self.assertTrue(again.session_reused)
                self.assertTrue(again.recv(1000).startswith(b"HTTP/1.1 200"))

    def test_plain_http_is_told(self):
        verge = self.served()
        answer = verge.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertIn(b"speaks HTTPS", answer)

    def test_garbage(self):
        verge = self.served()
        for data in (b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 70_000, os.urandom(5000), b"\x16\x03\x01\0\x05hello",
                     b""):
            with Client(verge.port) as client:
                try:
                    client.send(data)
                    client.half_close()
                    client.read_to_end()
                except ConnectionError:
                    pass
        # In the middle of a handshake, and of a record.
        with Client(verge.port) as client:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            made = context.wrap_bio(incoming, outgoing)
            with self.assertRaises(ssl.SSLWantReadError):
                made.do_handshake()
            client.send(outgoing.read()[:100])
        client = TlsClient(verge.port)
        client.plain = socket.socket(fileno=os.dup(client.socket.fileno()))
        client.plain.sendall(b"\x17\x03\x03\0\x20" + b"z" * 32)
        client.plain.settimeout(IO_TIMEOUT)
        while True:
            try:
                if not client.plain.recv(1000):
                    break
            except ConnectionError:
                break
        client.plain.close()
        client.close()
        self.assert_response(self.get(verge.port, "/alive"), 200, "https://localhost/alive")

    def test_leaving_without_a_word(self):
        verge = self.served()
        for _ in range(5):
            client = TlsClient(verge.port)
            client.send_request("GET", "/slow")
            client.reset()
        self.assert_response(self.get(verge.port, "/alive"), 200, "https://localhost/alive")

    def test_stopping(self):
        verge = self.served()
        idle = TlsClient(verge.port)
        idle.send_request("GET", "/")
        self.assert_response(idle.read_response(), 200)
        busy = TlsClient(verge.port)
        busy.send_request("GET", "/slow")
        shaking = Client(verge.port)
        shaking.send(b"\x16\x03\x01")
        self.assert_response(self.get(verge.port, "/"), 200)
        verge.signal(signal.SIGTERM)
        response = busy.read_response()
        self.assert_response(response, 200, "https://localhost/slow")
        self.assertEqual(idle.socket.recv(1), b"")  # with a proper end
        self.assertEqual(verge.wait(), 0)
        for client in (idle, busy, shaking):
            client.close()

    def test_wrong_files(self):
        directory = self.directory({"index.js": WORKER, "empty": ""})
        first = make_certificate(directory, "first", "first.example")
        second = make_certificate(directory, "second", "second.example")
        for arguments, message in (
                (("--tls-cert", first[0]), "each certificate needs a key"),
                (("--tls-cert", "/no/such", "--tls-key", first[1]), "/no/such: no certificate in PEM form can be read"),
                (("--tls-cert", os.path.join(directory, "empty"), "--tls-key", first[1]), "no certificate in PEM form"),
                (("--tls-cert", first[0], "--tls-key", second[1]), "second.key: no private key for"),
        ):
            with self.subTest(message):
                self.assertIn(message, self.run_to_failure("serve", directory, "--port", "0", *arguments))

    def test_over_assets_and_errors(self):
        _, verge = self.dev(worker=handler("throw new Error('thrown');"))
        self.assert_response(self.get(verge.port, "/"), 500)
        self.assertEqual(self.get(verge.port, "/cdn-cgi/trace").text.count("visit_scheme=https"), 1)

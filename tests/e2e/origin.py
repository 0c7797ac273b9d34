"""An origin server for workers to fetch from: well behaved, or not.

Each route is a function of (exchange); it sees the request as it came and writes bytes as it likes. One thread for each
connection; only loopback; it ends with the test.
"""

import contextlib
import socket
import struct
import threading

from e2e.harness import IO_TIMEOUT


class Request:
    def __init__(self, method, target, version, headers, body):
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers  # pairs, as they came
        self.body = body

    @property
    def path(self):
        return self.target.split("?")[0]

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


class Exchange:
    """One request on a connection, and the means to answer it."""

    def __init__(self, origin, connection, file, request):
        self.origin = origin
        self.connection = connection
        self.file = file
        self.request = request
        self.keep_alive = True

    def send(self, data):
        self.connection.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def respond(self, status=200, body=b"", headers=(), reason="Reason"):
        body = body.encode("utf-8") if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.send(head + (b"" if self.request.method == "HEAD" else body))

    def close(self):
        self.keep_alive = False

    def reset(self):
        """A RST instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.keep_alive = False

    def wait_for_close(self):
        """Until the client closes its side; returns whether it did."""
        with contextlib.suppress(OSError):
            while True:
                if not self.connection.recv(1 << 16):
                    return True
        return True


class Origin:
    """Listens until `close`. `routes`: path → function of an Exchange; "*" stands for every other path."""

    def __init__(self, routes):
        self.routes = routes
        self.requests = []
        self.connections = 0
        self.changed = threading.Condition()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = set()
        self.closed = False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.changed:
                if self.closed:
                    connection.close()
                    return
                self.connections += 1
                self.open.add(connection)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(IO_TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            file = connection.makefile("rb")
            with contextlib.suppress(OSError, ValueError):
                while self._serve_one(connection, file):
                    pass
        finally:
            with self.changed:
                self.open.discard(connection)
                self.changed.notify_all()
            # The connection closes with the last of the two.
            with contextlib.suppress(OSError):
                file.close()
            connection.close()

    def _serve_one(self, connection, file):
        line = file.readline(1 << 20).decode("latin-1").rstrip("\r\n")
        if not line:
            return False
        method, target, version = line.split(" ")
        headers = []
        while True:
            line = file.readline(1 << 20).decode("latin-1").rstrip("\r\n")
            if not line:
                break
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        request = Request(method, target, version, headers, None)
        route = self.routes.get(request.path) or self.routes["*"]
        if not getattr(route, "reads_body_itself", False):
            request.body = read_body(file, request)
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        exchange = Exchange(self, connection, file, request)
        route(exchange)
        return exchange.keep_alive and request.header("connection") != "close"

    def wait_until(self, condition, timeout=IO_TIMEOUT):
        """Waits for `condition()`, which is looked at whenever something happens here; whether it came true."""
        with self.changed:
            return self.changed.wait_for(condition, timeout)

    def close(self):
        with self.changed:
            self.closed = True
            connections = list(self.open)
        # Wakes accept(), which close() alone does not.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.thread.join(IO_TIMEOUT)


def read_chunks(file):
    """The chunks of a chunked body, as they come."""
    while True:
        size = int(file.readline(1 << 16).split(b";")[0], 16)
        data = file.read(size)
        file.readline(16)
        if size == 0:
            return
        yield data


def read_body(file, request):
    if (request.header("transfer-encoding") or "").lower() == "chunked":
        return b"".join(read_chunks(file))
    return file.read(int(request.header("content-length") or 0))


def reads_body_itself(route):
    """Marks a route that gets the request before its body was read."""
    route.reads_body_itself = True
    return route

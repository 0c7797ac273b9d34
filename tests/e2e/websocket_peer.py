"""A small WebSocket peer, client or server, that can also break the rules (RFC 6455, RFC 7692)."""

import base64
import hashlib
import os
import socket
import struct
import zlib

from e2e.harness import Client, IO_TIMEOUT

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
TAIL = b"\0\0\xff\xff"


def accept_for(key):
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()


def frame(opcode, payload=b"", fin=True, masked=True, rsv=0):
    if isinstance(payload, str):
        payload = payload.encode()
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = mask * (len(payload) // 4 + 1)
    count = len(payload)
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:count], "big")).to_bytes(count, "big")


def close_payload(code, reason=""):
    return struct.pack(">H", code) + reason.encode()


class Peer:
    """Frames over a connection. `client` is a harness Client: a buffered socket."""

    def __init__(self, client, masks, deflate=False):
        self.client = client
        self.masks = masks
        self.deflater = zlib.compressobj(wbits=-12) if deflate else None
        self.inflater = zlib.decompressobj(wbits=-15) if deflate else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def send_frame(self, opcode, payload=b"", fin=True, rsv=0):
        self.client.send(frame(opcode, payload, fin, self.masks, rsv))

    def send(self, data):
        text = isinstance(data, str)
        payload = data.encode() if text else data
        rsv = 0
        if self.deflater:
            payload = self.deflater.compress(payload) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
            payload, rsv = payload[: -len(TAIL)], 0x40
        self.send_frame(TEXT if text else BINARY, payload, rsv=rsv)

    def send_close(self, code=None, reason=""):
        self.send_frame(CLOSE, b"" if code is None else close_payload(code, reason))

    def read_frame(self):
        """(opcode, fin, compressed, payload)"""
        first, second = self.client.read_exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.client.read_exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.client.read_exactly(8))
        mask = self.client.read_exactly(4) if second & 0x80 else None
        assert bool(mask) != self.masks, "masked by the wrong side"
        payload = self.client.read_exactly(length)
        if mask:
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return first & 15, bool(first & 0x80), bool(first & 0x40), payload

    def read(self):
        """The next message: str, bytes, ("close", code, reason), ("ping" | "pong", payload)."""
        data, kind, compressed = b"", None, False
        while True:
            opcode, fin, rsv, payload = self.read_frame()
            if opcode == CLOSE:
                if not payload:
                    return ("close", None, "")
                return ("close", struct.unpack(">H", payload[:2])[0], payload[2:].decode())
            if opcode in (PING, PONG):
                return ("ping" if opcode == PING else "pong", payload)
            if opcode:
                kind, compressed = opcode, rsv
            data += payload
            if fin:
                if compressed:
                    data = self.inflater.decompress(data + TAIL)
                return data.decode() if kind == TEXT else data

    def was_compressed(self):
        """Reads one frame and tells whether it is compressed; its payload is lost."""
        return self.read_frame()[2]


def connect(port, path="/", headers=(), deflate=False, protocols=None, receive_buffer=None):
    """A handshake as a client. Returns the Peer and the response."""
    client = Client(port, receive_buffer=receive_buffer)
    key = base64.b64encode(os.urandom(16)).decode()
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key),
              ("Sec-WebSocket-Version", "13"), *headers]
    if deflate:
        fields.append(("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"))
    if protocols:
        fields.append(("Sec-WebSocket-Protocol", protocols))
    client.send_request("GET", path, fields)
    response = client.read_head()
    if response.status == 101:
        assert response.header("sec-websocket-accept") == accept_for(key)
        assert response.header("upgrade").lower() == "websocket"
        deflate = deflate and "permessage-deflate" in (response.header("sec-websocket-extensions") or "")
    return Peer(client, masks=True, deflate=deflate), response


class Server:
    """Listens; each accept() gives a connection whose handshake request was read."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(IO_TIMEOUT)
        self.port = self.listener.getsockname()[1]

    def close(self):
        self.listener.close()

    def accept(self):
        connection = Client.__new__(Client)
        connection.socket, _ = self.listener.accept()
        connection.socket.settimeout(IO_TIMEOUT)
        connection.buffer = bytearray()
        request = connection.read_line()
        fields = {}
        while line := connection.read_line():
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return connection, request, fields

    def open(self, extra=""):
        """Accepts and answers with 101. Returns the Peer and the request's fields."""
        connection, request, fields = self.accept()
        fields[":request"] = request
        connection.send(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         f"Sec-WebSocket-Accept: {accept_for(fields['sec-websocket-key'])}\r\n{extra}\r\n").encode())
        return Peer(connection, masks=False, deflate="permessage-deflate" in extra), fields

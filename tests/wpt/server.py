"""The server of web-platform-tests, from the checkout itself, on the loopback interface.

It is what `wpt serve` starts, with other names and ports: those of `wpt serve` have to be in the machine's hosts file.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
# Tests with a second host use the address when the first is called so; a name below an address is no host at all.
NAME = "localhost"
START_SECONDS = 120

# Run in tools/ of the checkout, with the path of the configuration.
PROGRAM = """
import sys
sys.path.insert(0, ".")
import localpaths
from serve import serve
serve.run(config_path=sys.argv[1])
"""

PORTS = {"http": 2, "https": 2, "ws": 1, "wss": 1, "h2": 1, "http-private": 1, "http-public": 1, "https-private": 1,
         "https-public": 1}


class NotStarted(Exception):
    pass


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Server:
    """The processes of the server; they end with stop()."""

    def __init__(self, checkout, scratch):
        free = iter(_free_ports(sum(PORTS.values())))
        ports = {name: [next(free) for _ in range(count)] for name, count in PORTS.items()}
        config = {
            "browser_host": NAME, "alternate_hosts": {"alt": HOST}, "server_host": HOST,
            "check_subdomains": False, "ports": ports | {"webtransport-h3": []}, "logging": {"level": "warning"},
        }
        self.base = f"http://{NAME}:{ports['http'][0]}"
        path = os.path.join(scratch, "serve.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.log_path = os.path.join(scratch, "serve.log")
        with open(self.log_path, "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, path], cwd=os.path.join(checkout.root, "tools"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait_until_ready(ports)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, ports):
        deadline = time.monotonic() + START_SECONDS
        waiting = [*ports["http"], *ports["ws"]]
        while waiting:
            try:
                socket.create_connection((HOST, waiting[0]), timeout=5).close()
                waiting.pop(0)
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    with open(self.log_path, encoding="utf-8", errors="replace") as log:
                        raise NotStarted("the server of web-platform-tests does not start:\n" +
                                         log.read()[-3000:]) from None
                time.sleep(0.05)
        self.get("/resources/testharness.js")

    def get(self, name):
        """A file as the server gives it."""
        try:
            with urllib.request.urlopen(self.base + name, timeout=60) as response:
                return response.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            raise FileNotFoundError(f"{name}: the server says {error.code}") from None

    def stop(self):
        # A process for each port, all in one group.
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

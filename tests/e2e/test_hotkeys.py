"""`verge dev` on a terminal: its keys, and that the terminal is as before in the end, however that comes."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

from e2e.harness import BINARY, Case, Client, IO_TIMEOUT, STOP_TIMEOUT, handler

READY = re.compile(r"at (http://[^ ]+) ")


class Terminal:
    """verge dev with a pseudo-terminal of its own for input and output."""

    def __init__(self, case, files, arguments=(), env=None):
        self.directory = case.directory(files)
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.text = ""

        def own_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        environment = {**os.environ, "TERM": "xterm", **(env or {})}
        self.process = subprocess.Popen(
            [BINARY, "dev", self.directory, "--port", "0", "--inspector-port", "0", *arguments],
            stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal, env=environment)
        case.addCleanup(self.close)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def wait_for(self, found):
        deadline = time.monotonic() + IO_TIMEOUT
        while not found(self.text):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"not what was waited for:\n{self.text}")
            self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        return self.text

    def press(self, keys):
        os.write(self.master, keys.encode())

    def local_flags(self):
        return termios.tcgetattr(self.slave)[3]

    def ended(self):
        return self.process.wait(STOP_TIMEOUT)


class Hotkeys(Case):
    def terminal(self, arguments=(), env=None):
        terminal = Terminal(self, {"index.js": handler("return new Response('ok');")}, arguments, env)
        terminal.wait_for(lambda text: "[x] exit" in text)
        return terminal

    def assert_restored(self, terminal):
        self.assertEqual(termios.tcgetattr(terminal.slave)[3], terminal.before[3])

    def test_exit(self):
        for key in ("x", "q", "\x04", "Q"):
            with self.subTest(key):
                terminal = self.terminal()
                self.assertFalse(terminal.local_flags() & (termios.ICANON | termios.ECHO))
                terminal.press(key)
                self.assertEqual(terminal.ended(), 0)
                self.assert_restored(terminal)

    def test_other_ends(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGABRT):
            with self.subTest(number):
                terminal = self.terminal()
                terminal.process.send_signal(number)
                self.assertEqual(terminal.ended(), 0 if number in (signal.SIGINT, signal.SIGTERM) else -number)
                self.assert_restored(terminal)

    def test_control_c(self):
        terminal = self.terminal()
        terminal.press("\x03")
        self.assertEqual(terminal.ended(), 0)
        self.assert_restored(terminal)

    def test_keys(self):
        terminal = self.terminal(env={"BROWSER": "/no/such/browser", "PATH": "/nowhere"})
        url = READY.search(terminal.text).group(1)
        terminal.press("b")
        terminal.wait_for(lambda text: f"no browser could be started; open {url}" in text)
        terminal.press("d")
        terminal.wait_for(lambda text: "devtools://devtools/bundled/js_app.html?v8only=true&ws=127.0.0.1:" in text)
        terminal.press("r")
        terminal.wait_for(lambda text: "reloaded in " in text)
        # Arrows and the like are no keys.
        terminal.press("\x1b[x")
        terminal.press("c")
        terminal.wait_for(lambda text: "\x1b[2J" in text)
        self.assertIsNone(terminal.process.poll())
        terminal.press("x")
        self.assertEqual(terminal.ended(), 0)

    def test_a_browser(self):
        directory = self.directory({"browser": "#!/bin/sh\necho \"$1\" > \"$0.said\"\n"})
        browser = os.path.join(directory, "browser")
        os.chmod(browser, 0o755)
        terminal = self.terminal(env={"BROWSER": browser})
        terminal.press("b")
        url = READY.search(terminal.text).group(1)
        terminal.wait_for(lambda text: f"opening {url}" in text)
        deadline = time.monotonic() + IO_TIMEOUT
        while not os.path.exists(browser + ".said") or not os.path.getsize(browser + ".said"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        with open(browser + ".said", encoding="utf-8") as file:
            self.assertEqual(file.read().strip(), url)

    def test_color(self):
        for arguments, env, colored in (((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False)):
            with self.subTest(arguments=arguments, env=env):
                terminal = Terminal(self, {"index.js": handler("console.error('bad'); return new Response('ok');")},
                                    arguments, env)
                terminal.wait_for(lambda text: "[x] exit" in text)
                port = int(READY.search(terminal.text).group(1).rsplit(":", 1)[1])
                with Client(port) as client:
                    client.send_request("GET", "/", close=True)
                    self.assert_response(client.read_response(), 200, "ok")
                terminal.wait_for(lambda text: "bad" in text and " 200" in text.replace("\x1b[32m", " "))
                self.assertEqual("\x1b[" in terminal.text, colored, terminal.text)

    def test_without_a_terminal(self):
        verge = self.start(handler("return new Response('ok');"), command="dev")
        self.assert_response(verge.get(), 200, "ok")
        self.assertNotIn("[x] exit", verge.stdout.text)
        self.assertNotIn("\x1b", verge.stdout.text + verge.log)

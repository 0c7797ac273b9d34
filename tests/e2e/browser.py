"""A headless Chromium, driven by the DevTools protocol over two pipes.

A test module has one for all its tests: start() in setUpModule, close() in tearDownModule. Each test opens a page in a
profile of its own.
"""

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from e2e.harness import IO_TIMEOUT, ROOT, Failed

# Chromium itself may take its time on a loaded machine.
TIMEOUT = IO_TIMEOUT


class Browser:
    """The process. Everything is bounded by TIMEOUT."""

    @staticmethod
    def start():
        """Installs Chromium when it is not there; where that cannot be, the tests are skipped."""
        found = subprocess.run([os.path.join(ROOT, "tools", "lib", "chromium")], capture_output=True, text=True, check=False)
        if found.returncode != 0:
            why = found.stderr.strip().splitlines()[-1:] or [""]
            if os.geteuid() == 0:
                raise Failed(f"cannot install Chromium: {found.stderr[-2000:]}")
            raise unittest.SkipTest(f"pages are looked at with Chromium, and there is none ({why[0]})")
        return Browser(found.stdout.strip())

    def __init__(self, binary):
        self.profile = tempfile.mkdtemp(prefix="verge-chromium-")
        commands, self._in = _pipe()
        self._out, answers = _pipe()

        def pipes():
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        self.log = open(os.path.join(self.profile, "log"), "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [binary, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
             f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        os.close(commands)
        os.close(answers)
        self._buffer = b""
        self._next = 1
        self._pages = {}  # by session

    def close(self):
        with contextlib.suppress(Failed, OSError):
            self.call("Browser.close")
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._in)
        os.close(self._out)
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, session=None, **params):
        """Sends a command and waits for its result."""
        number = self._next
        self._next += 1
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._in, json.dumps(message).encode("ascii") + b"\0")
        deadline = time.monotonic() + TIMEOUT
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") == number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']}")
                return answer["result"]

    def _receive(self, deadline, waiting_for):
        """The next message; events are handed to their pages on the way."""
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._out], [], [], left)[0]:
                raise Failed(f"Chromium does not answer: {waiting_for}")
            data = os.read(self._out, 1 << 16)
            if not data:
                with open(self.log.name, encoding="utf-8", errors="replace") as log:
                    raise Failed(f"Chromium has ended: {log.read()[-2000:]}")
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(line)
        if "id" not in message and message.get("sessionId") in self._pages:
            self._pages[message["sessionId"]].on_event(message["method"], message["params"])
        return message

    @contextlib.contextmanager
    def page(self, url=None, **media):
        """A page of a new profile. `media`: features to emulate, as prefers_color_scheme="dark"."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        try:
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            if media:
                page.call("Emulation.setEmulatedMedia",
                          features=[{"name": name.replace("_", "-"), "value": value} for name, value in media.items()])
            if url:
                page.open(url)
            yield page
        finally:
            del self._pages[session]
            self.call("Target.disposeBrowserContext", browserContextId=context)


def _pipe():
    """A pipe whose ends have numbers above those that the child gets, and are closed in it."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved


class Page:
    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self.problems = []  # exceptions, and what the console says of errors
        self.requests = []  # URLs
        self.dialogs = []   # texts of alert() and the like

    def call(self, method, **params):
        return self._browser.call(method, self._session, **params)

    def on_event(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.problems.append(" ".join(str(each.get("value", each.get("description"))) for each in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])

    def open(self, url):
        """Begins to load; does not wait for the end of the document."""
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        """The value of an expression (a promise's, too)."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise Failed(f"{expression}: {result['exceptionDetails'].get('exception', {}).get('description')}")
        return result["result"].get("value")

    def wait_for(self, expression):
        """Waits until an expression is true; gives its value. It may fail while a document comes and goes."""
        deadline = time.monotonic() + TIMEOUT
        last = None
        while time.monotonic() < deadline:
            try:
                value = self.evaluate(expression)
                if value:
                    return value
                last = value
            except Failed as error:
                last = error
            time.sleep(0.01)
        raise Failed(f"never true: {expression} (last: {last!r}; problems: {self.problems})\n{self.text()[:2000]}")

    def text(self):
        return self.evaluate("document.body ? document.body.innerText : ''")

    def key(self, key, modifiers=0, text=None):
        """Presses a key, as "Enter", "ArrowDown", "a". `modifiers`: 1 Alt, 2 Control, 8 Shift."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39}
        if text is None and len(key) == 1 and not modifiers & 2:
            text = key
        if key == "Enter":
            text = "\r"
        code = codes.get(key, ord(key.upper()) if len(key) == 1 else 0)
        name = f"Key{key.upper()}" if len(key) == 1 and key.isalpha() else key
        common = {"key": key, "code": name, "modifiers": modifiers, "windowsVirtualKeyCode": code}
        if text:
            common["text"] = text
        self.call("Input.dispatchKeyEvent", type="keyDown", **common)
        common.pop("text", None)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        """Types into what has the focus."""
        self.call("Input.insertText", text=text)

    def click(self, selector):
        """Clicks in the middle of the first element that a selector finds, as a mouse does."""
        box = self.wait_for(f"""(() => {{
          const element = document.querySelector({json.dumps(selector)});
          if (!element) return null;
          element.scrollIntoView({{ block: 'center' }});
          const box = element.getBoundingClientRect();
          return box.width && [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

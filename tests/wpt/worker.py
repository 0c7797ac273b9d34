"""Turns a test into a worker: testharness.js, the scripts that the test names, the test, and worker.js around them."""

import base64
import json
import os
import re
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))

# Files that the server of web-platform-tests has under another name.
ALIASES = {"/resources/WebIDLParser.js": "/resources/webidl2/lib/webidl2.js"}

WORKERS = {"worker", "dedicatedworker", "sharedworker", "serviceworker"}

# Where tests that need no server believe to be.
BASE = "http://web-platform.test:8000"

MAX_FILE_BYTES = 4_000_000


class Meta:
    """The "// META:" lines at the top of a test."""

    def __init__(self, text):
        self.scripts = []
        self.variants = []
        self.title = ""
        self.long = False
        self.globals = {"window", "dedicatedworker"}
        for line in text.splitlines():
            if line.strip() and not line.startswith("//"):
                break
            match = re.match(r"//\s*META:\s*(\w+)=(.*)$", line)
            if not match:
                continue
            key, value = match[1], match[2].strip()
            if key == "script":
                self.scripts.append(value)
            elif key == "variant":
                self.variants.append(value)
            elif key == "title":
                self.title = value
            elif key == "timeout":
                self.long = value == "long"
            elif key == "global":
                self.globals = {word.strip() for word in value.split(",")}

    @property
    def in_worker(self):
        return bool(self.globals & WORKERS)

    @property
    def query(self):
        """Variants with subset-tests.js are parts of the whole, which runs without one. Of others the first is run."""
        if not self.variants or any("subset-tests" in script for script in self.scripts):
            return ""
        return self.variants[0]


def resolve(path, reference):
    """The name from the root of what the file `path` calls `reference`."""
    name = urllib.parse.urljoin("/" + path, re.sub(r"[?#].*", "", reference))
    return ALIASES.get(name, name)


def read_by_test(checkout, path, text):
    """Files that the text mentions in quotes and may read with fetch(), by their path from the root."""
    found = {}

    def add(name):
        file = checkout.path(name)
        if file and os.path.getsize(file) <= MAX_FILE_BYTES:
            found[name] = base64.b64encode(checkout.read(name)).decode("ascii")

    for match in re.finditer(r"""["'`]([^"'`\s]{3,120}\.[a-z0-9]{2,5})["'`]""", text):
        add(resolve(path, match[1]))
    if "idl_test(" in text:
        for match in re.finditer(r"""["']([\w.-]+)["']""", text):
            add(f"/interfaces/{match[1]}.idl")
    return found


def evaluated(text):
    """A stand-in for eval(), which workers lack: it knows the expressions that the test gives to idlharness.js."""
    found = set()
    for block in re.findall(r"\badd_objects\(\{(.*?)\}\);?$", text, re.S | re.M):
        found |= {match[2] for match in re.finditer(r"""(['"])((?:(?!\1)[^\\\n])+)\1""", block)}
    if not found:
        return ""
    cases = "".join(f"  case {json.dumps(each)}: return ({each});\n" for each in sorted(found))
    return f"var eval = (text) => {{ switch (text) {{\n{cases}  default: throw new EvalError(text);\n}} }};\n"


def assemble(checkout, path, limit_ms, server=None):
    """The text of the worker for a test. With `server` the test uses the network, and the server fills in its own names
    and ports where a script asks for them."""

    def text_of(name):
        if server and ".sub." in name:
            return server.get(name)
        return checkout.read(name).decode("utf-8", "replace")

    test = text_of("/" + path)
    meta = Meta(test)
    scripts = [text_of(resolve(path, script)) for script in meta.scripts]
    everything = "\n;\n".join([*scripts, test])
    url = urllib.parse.urlsplit((server.base if server else BASE) + "/" + path + meta.query)
    config = {
        "title": meta.title,
        "network": bool(server),
        "limit_ms": limit_ms,
        "files": {} if server else read_by_test(checkout, path, everything),
        "location": {
            "href": url.geturl(), "origin": f"{url.scheme}://{url.netloc}", "protocol": url.scheme + ":",
            "host": url.netloc, "hostname": url.hostname, "port": str(url.port or ""), "pathname": url.path,
            "search": "?" + url.query if url.query else "", "hash": "",
        },
    }
    # All scripts share one function, hence one mode: the test's own. (Strict code cannot name something "eval".)
    eval_text = evaluated(test)
    strict = not eval_text and re.match(r"""(\s|//[^\n]*\n|/\*.*?\*/)*(['"])use strict\2""", test, re.S)
    parts = {
        "config": json.dumps(config),
        "harness": text_of("/resources/testharness.js"),
        "test": ("'use strict';\n" if strict else ";\n") + eval_text + everything,
    }
    with open(os.path.join(HERE, "worker.js"), encoding="utf-8") as file:
        template = file.read()
    return re.sub(r"^//@(\w+)$", lambda match: parts[match[1]], template, flags=re.M)

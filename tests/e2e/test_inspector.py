"""The debugger's port of `verge dev`: a client of the Chrome DevTools Protocol sets breakpoints, steps and looks around."""

import base64
import json
import os
import re
import signal
import threading
import unittest

from e2e import websocket_peer
from e2e.harness import Client, Case, IO_TIMEOUT

WORKER = """\
function add(a, b) {
  const sum = a + b;
  return sum;
}
export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === '/loop') for (;;) {}
    if (url.pathname === '/log') console.log('hello', { from: 'worker' });
    if (url.pathname === '/throw') throw new Error('no');
    return new Response(String(add(40, 2)));
  },
};
"""
URL = re.compile(r"debugger at (ws://127\.0\.0\.1:(\d+)/\S+)")


class Debugger:
    """One frontend."""

    def __init__(self, port, path):
        self.peer, response = websocket_peer.connect(port, path)
        assert response.status == 101, response
        self.next_id = 1
        self.events = []

    def close(self):
        self.peer.client.close()

    def _read(self):
        message = json.loads(self.peer.read())
        if "id" not in message:
            self.events.append(message)
        return message

    def send(self, method, **params):
        number = self.next_id
        self.next_id += 1
        self.peer.send(json.dumps({"id": number, "method": method, "params": params}))
        return number

    def call(self, method, **params):
        number = self.send(method, **params)
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def wait_for(self, method, found=lambda params: True):
        """The next event of that kind, taken out."""
        while True:
            for event in self.events:
                if event["method"] == method and found(event["params"]):
                    self.events.remove(event)
                    return event["params"]
            self._read()


class TestInspector(Case):
    def begin(self, files=WORKER, *arguments, **options):
        verge = self.start(files, "--inspector-port", "0", *arguments, command="dev", **options)
        verge.stdout.wait_for(lambda text: URL.search(text), IO_TIMEOUT)
        found = URL.search(verge.stdout.text)
        self.assertTrue(found, verge.stdout.text)
        self.inspector_port = int(found.group(2))
        self.inspector_path = "/" + found.group(1).rsplit("/", 1)[1]
        return verge

    def debugger(self, *enable):
        made = Debugger(self.inspector_port, self.inspector_path)
        self.addCleanup(made.close)
        for domain in enable or ("Runtime", "Debugger"):
            made.call(domain + ".enable")
        return made

    def fetch(self, verge, path="/"):
        """A request in the background."""
        result = []
        thread = threading.Thread(target=lambda: result.append(verge.get(path)))
        thread.start()

        def finish():
            thread.join(IO_TIMEOUT)
            return result[0]

        return finish

    def worker_script(self, debugger):
        return debugger.wait_for("Debugger.scriptParsed", lambda params: params["url"].endswith("/worker.js"))

    def pause(self, verge):
        """A frontend, and a request that waits at a breakpoint; call the other to have its response."""
        debugger = self.debugger()
        debugger.call("Debugger.setBreakpointByUrl", url=self.worker_script(debugger)["url"], lineNumber=1)
        finish = self.fetch(verge)
        debugger.wait_for("Debugger.paused")
        return debugger, finish

    def get(self, path, host=None):
        host = host or f"127.0.0.1:{self.inspector_port}"
        with Client(self.inspector_port) as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return client.read_response("GET")

    def test_targets(self):
        verge = self.begin()
        targets = json.loads(self.get("/json").text)
        self.assertEqual(len(targets), 1)
        self.assertEqual(targets[0]["title"], verge.name)
        self.assertEqual(targets[0]["webSocketDebuggerUrl"],
                         f"ws://127.0.0.1:{self.inspector_port}{self.inspector_path}")
        self.assertTrue(targets[0]["devtoolsFrontendUrl"].endswith(f"127.0.0.1:{self.inspector_port}{self.inspector_path}"))
        self.assertEqual(self.get("/json/list").text, self.get("/json").text)
        self.assertIn("verge", json.loads(self.get("/json/version").text)["Browser"])
        self.assertEqual(self.get("/other").status, 404)

    def test_only_for_this_machine(self):
        self.begin()
        self.assertEqual(self.get("/json", "evil.example:9229").status, 403)
        self.assertEqual(self.get("/json", "localhost:9229").status, 200)
        for origin, status in (("https://evil.example", 403), ("null", 403), ("devtools://devtools", 101)):
            peer, response = websocket_peer.connect(self.inspector_port, self.inspector_path, [("Origin", origin)])
            self.assertEqual(response.status, status, origin)
            peer.client.close()
        peer, response = websocket_peer.connect(self.inspector_port, "/00000000-0000-0000-0000-000000000000")
        self.assertEqual(response.status, 404, "the path is a secret")
        peer.client.close()

    def test_breakpoint(self):
        verge = self.begin()
        debugger = self.debugger()
        script = self.worker_script(debugger)
        self.assertTrue(script["url"].startswith("file:///"), script["url"])
        self.assertTrue(os.path.exists(script["url"].removeprefix("file://")), "a file that an editor can open")
        source = debugger.call("Debugger.getScriptSource", scriptId=script["scriptId"])
        self.assertEqual(source["scriptSource"], WORKER)
        at = debugger.call("Debugger.setBreakpointByUrl", url=script["url"], lineNumber=1)
        self.assertEqual(len(at["locations"]), 1)

        finish = self.fetch(verge)
        paused = debugger.wait_for("Debugger.paused")
        self.assertEqual(paused["hitBreakpoints"], [at["breakpointId"]])
        frame = paused["callFrames"][0]
        self.assertEqual(frame["functionName"], "add")
        self.assertEqual(frame["location"]["lineNumber"], 1)
        evaluate = lambda text: debugger.call("Debugger.evaluateOnCallFrame", callFrameId=frame["callFrameId"],
                                              expression=text)["result"]
        self.assertEqual(evaluate("a + ':' + b")["value"], "40:2")
        evaluate("b = 60")
        debugger.call("Debugger.stepOver")
        paused = debugger.wait_for("Debugger.paused")
        self.assertEqual(paused["callFrames"][0]["location"]["lineNumber"], 2)
        debugger.call("Debugger.resume")
        self.assertEqual(finish().text, "100")
        debugger.call("Debugger.removeBreakpoint", breakpointId=at["breakpointId"])
        self.assertEqual(verge.get("/").text, "42")

    def test_exceptions(self):
        verge = self.begin()
        debugger = self.debugger()
        debugger.call("Debugger.setPauseOnExceptions", state="all")
        finish = self.fetch(verge, "/throw")
        paused = debugger.wait_for("Debugger.paused")
        self.assertEqual(paused["reason"], "promiseRejection", "of an async function")
        self.assertIn("Error: no", paused["data"]["description"])
        debugger.call("Debugger.resume")
        self.assertEqual(finish().status, 500)

    def test_console(self):
        verge = self.begin()
        debugger = self.debugger("Runtime")
        self.assertEqual(debugger.call("Runtime.evaluate", expression="6 * 7")["result"]["value"], 42)
        later = debugger.call("Runtime.evaluate", expression="Promise.resolve('later')", awaitPromise=True)
        self.assertEqual(later["result"]["value"], "later")
        self.assertEqual(verge.get("/log").text, "42")
        message = debugger.wait_for("Runtime.consoleAPICalled")
        self.assertEqual(message["type"], "log")
        self.assertEqual(message["args"][0]["value"], "hello")
        self.assertEqual(message["args"][1]["type"], "object")
        top = message["stackTrace"]["callFrames"][0]
        self.assertTrue(top["url"].endswith("/worker.js"), "the caller, not the runtime's own script")
        self.assertEqual(top["lineNumber"], 8)
        verge.wait_for_log("hello { from: 'worker' }")

    def test_endless_loop_is_interrupted(self):
        """A message gets through while JavaScript runs and never comes back to the loop."""
        verge = self.begin()
        debugger = self.debugger()
        finish = self.fetch(verge, "/loop")
        while True:  # bounded by the socket's timeout
            debugger.call("Debugger.pause")
            paused = debugger.wait_for("Debugger.paused")
            top = paused["callFrames"][0]
            if top["functionName"] == "fetch" and top["location"]["lineNumber"] == 7:
                break
            debugger.call("Debugger.resume")
        debugger.send("Runtime.terminateExecution")
        debugger.send("Debugger.resume")
        self.assertGreaterEqual(finish().status, 500)
        self.assertEqual(verge.get("/").text, "42", "another isolate serves")

    def test_moves_to_the_next_isolate(self):
        """When an isolate is replaced, breakpoints and all else go on in the new one."""
        verge = self.begin(WORKER, "--cpu-ms", "200")
        debugger = self.debugger()
        first = self.worker_script(debugger)
        debugger.call("Debugger.setBreakpointByUrl", url=first["url"], lineNumber=1)
        self.assertEqual(verge.get("/loop").status, 503)
        finish = self.fetch(verge)
        again = debugger.wait_for("Debugger.scriptParsed", lambda params: params["url"] == first["url"])
        paused = debugger.wait_for("Debugger.paused")
        self.assertEqual(paused["callFrames"][0]["location"]["scriptId"], again["scriptId"])
        debugger.call("Debugger.resume")
        self.assertEqual(finish().text, "42")

    def test_a_frontend_that_leaves_lets_go(self):
        verge = self.begin()
        debugger, finish = self.pause(verge)
        debugger.close()
        self.assertEqual(finish().text, "42")
        self.assertEqual(verge.get("/").text, "42")

    def test_stopping_while_paused(self):
        verge = self.begin()
        _, finish = self.pause(verge)
        verge.stop()
        self.assertEqual(finish().text, "42", "what was under way is finished")

    def test_two_frontends(self):
        verge = self.begin()
        one, other = self.debugger("Runtime"), self.debugger("Runtime")
        one.call("Runtime.evaluate", expression="globalThis.shared = 7")
        self.assertEqual(other.call("Runtime.evaluate", expression="shared")["result"]["value"], 7)
        one.close()
        self.assertEqual(other.call("Runtime.evaluate", expression="shared + 1")["result"]["value"], 8)
        self.assertEqual(verge.get("/").text, "42")

    def test_malformed_messages(self):
        self.begin()
        debugger = self.debugger("Runtime")
        for text in ("", "{", "[]", "{}", '{"id":1}', '{"id":{},"method":5}', '{"id":1,"method":"No.such"}', "\u20ac" * 1000):
            debugger.peer.send(text)
        self.assertEqual(debugger.call("Runtime.evaluate", expression="1 + 1")["result"]["value"], 2)

    def test_source_maps(self):
        """TypeScript comes with its map, and the map with the source."""
        verge = self.begin({"index.ts": "export default { async fetch(r: Request): Promise<Response> {\n"
                                        "  const text: string = 'typed';\n  return new Response(text);\n} };\n"},
                           main="index.ts")
        debugger = self.debugger()
        script = debugger.wait_for("Debugger.scriptParsed", lambda params: params.get("sourceMapURL"))
        head, data = script["sourceMapURL"].split(",")
        self.assertEqual(head, "data:application/json;base64")
        source_map = json.loads(base64.b64decode(data))
        self.assertEqual(len(source_map["sources"]), 1)
        self.assertTrue(source_map["sources"][0].startswith("file:///"))
        self.assertIn("const text: string", source_map["sourcesContent"][0])
        self.assertEqual(verge.get("/").text, "typed")

    def test_profiles(self):
        verge = self.begin()
        debugger = self.debugger("Runtime", "Profiler", "HeapProfiler")
        debugger.call("Profiler.start")
        for _ in range(20):
            verge.get("/")
        profile = debugger.call("Profiler.stop")["profile"]
        self.assertTrue(profile["nodes"])
        debugger.call("HeapProfiler.takeHeapSnapshot")
        chunks = [event for event in debugger.events if event["method"] == "HeapProfiler.addHeapSnapshotChunk"]
        self.assertTrue(chunks)
        self.assertIn("snapshot", json.loads("".join(each["params"]["chunk"] for each in chunks)))

    def test_stopping_while_a_reload_waits(self):
        """A save that waits for the shard, which stands at a breakpoint, is no reason not to stop."""
        directory = self.directory(WORKER if isinstance(WORKER, dict) else {"worker.js": WORKER})
        verge = self.begin(None, path=os.path.join(directory, "worker.js"))
        debugger, _ = self.pause(verge)
        with open(os.path.join(directory, "worker.js"), "a", encoding="utf-8") as file:
            file.write("// saved\n")
        # It has been seen when the debugger's own thread answers again.
        self.assertEqual(self.get("/json").status, 200)
        verge.signal(signal.SIGTERM)
        self.assertEqual(verge.wait(), 0)
        debugger.close()

    def test_off(self):
        verge = self.start(WORKER, "--inspector-port", "off", command="dev")
        self.assertEqual(verge.get("/").text, "42")
        self.assertNotIn("debugger", verge.stdout.text)
        self.assertIn("--inspector-port", self.fail_to_start(WORKER, "--inspector-port", "0"))


if __name__ == "__main__":
    unittest.main()

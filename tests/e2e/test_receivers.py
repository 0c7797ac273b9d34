"""Every method on every receiver: what is called on the wrong object throws a TypeError, and nothing breaks."""

import json
import os

from e2e.harness import Case, ROOT

WORKER = os.path.join(ROOT, "tests", "workers", "receivers.js")

EXPECTED = {"URL", "URLSearchParams", "Headers", "Request", "Response", "ExecutionContext", "TextEncoder", "TextDecoder",
            "Crypto", "SubtleCrypto", "CryptoKey", "Performance", "Navigator", "Event", "EventTarget", "CustomEvent", "ErrorEvent", "AbortController",
            "AbortSignal", "DOMException", "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader",
            "WritableStream", "WritableStreamDefaultWriter", "TransformStream", "IdentityTransformStream",
            "FixedLengthStream", "FetchEvent", "ExtendableEvent", "URLPattern", "MessageChannel", "MessagePort", "BroadcastChannel", "Scheduler",
            "EventSource", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver",
            "WorkerGlobalScope", "ServiceWorkerGlobalScope", "KvNamespace", "Fetcher"}

CONFIG = '{"name": "receivers", "main": "worker.js", "kv_namespaces": [{"binding": "NS", "id": "ns"}], "services": [{"binding": "SELF", "service": "nobody"}]}'


class Receivers(Case):
    def start_worker(self):
        with open(WORKER, encoding="utf-8") as file:
            site = self.directory({"worker.js": file.read(), "wrangler.json": CONFIG})
        return self.start(None, "--cpu-ms", "300000", path=site)

    def json_of(self, verge, path):
        response = verge.request("POST", path, body="a body", timeout=600)
        self.assertEqual(response.status, 200, f"{response}\n{verge.log[-3000:]}")
        return json.loads(response.text)

    def test_wrong_receivers(self):
        verge = self.start_worker()
        result = self.json_of(verge, "/wrong")
        self.assertEqual(EXPECTED - set(result["classes"]), set())
        self.assertEqual(result["wrong"], [])
        self.assertGreater(result["calls"], 5000)

    def test_every_class_with_everything(self):
        verge = self.start_worker()
        for name in self.json_of(verge, "/classes"):
            with self.subTest(name):
                self.assertGreater(self.json_of(verge, f"/storm?class={name}")["calls"], 50)
                self.assert_response(verge.get("/ping"), 200, "pong")

    def test_globals(self):
        verge = self.start_worker()
        self.assertGreater(self.json_of(verge, "/globals")["calls"], 1000)
        self.assert_response(verge.get("/ping"), 200, "pong")

"""What happens when a worker fails: the page, the log, and the requests beside and after it."""

from e2e.harness import Case, SharedCase, handler

WORKER = """
function boom(text) {
  throw new RangeError(text);
}
let release;
const gate = new Promise((resolve) => { release = resolve; });
let shared;
let uses = 0;

const routes = {
  ok: () => new Response("ok " + ++uses),
  sync: () => boom("thrown at once"),
  text: () => { throw "just text"; },
  nothing: () => { throw undefined; },
  object: () => { throw { message: "like an error" }; },
  frozen: () => { throw Object.freeze(Object.create(null)); },
  proxy: () => { throw new Proxy({}, { get() { throw new Error("trap"); }, getPrototypeOf() { throw new Error("trap"); } }); },
  evil: () => {
    const e = new Error("evil");
    for (const key of ["stack", "message", "name"]) Object.defineProperty(e, key, { get() { console.log("GETTER RAN"); for (;;); } });
    throw e;
  },
  cause: () => { throw new Error("outer", { cause: new Error("inner") }); },
  aggregate: () => Promise.any([Promise.reject(new Error("one"))]),
  undefinedResult: () => undefined,
  textResult: () => "not a response",
  objectResult: () => ({ status: 200 }),
  used: async () => { const r = new Response("body"); await r.text(); return r; },
  locked: () => { const r = new Response("body"); r.body.getReader(); return r; },
  twice: () => (shared ??= new Response("shared")),
  errorResponse: () => Response.error(),
  switching: () => new Response(null, { status: 101 }),
  hung: () => new Promise(() => {}),
  hungAfterAwait: async () => { await null; await new Promise(() => {}); },
  hungAfterTimer: async () => { await new Promise((r) => setTimeout(r, 10)); await new Promise(() => {}); },
  thenableHangs: () => ({ then() {} }),
  thenableThrows: () => ({ then() { boom("in then"); } }),
  unhandled: () => { Promise.reject(new Error("nobody looks")); return new Response("fine"); },
  unhandledLater: () => {
    setTimeout(() => { Promise.reject(new TypeError("late and alone")); }, 1);
    return new Response("fine");
  },
  handledLate: async () => {
    const p = Promise.reject(new Error("looked at in time"));
    await null;
    p.catch(() => {});
    return new Response("fine");
  },
  timer: (request, env, ctx) => {
    ctx.waitUntil(new Promise((r) => setTimeout(r, 30)));
    setTimeout(() => boom("thrown by a timer"), 1);
    return new Response("fine");
  },
  microtask: () => { queueMicrotask(() => boom("thrown by a microtask")); return new Response("fine"); },
  reportError: () => { reportError(new Error("reported")); return new Response("fine"); },
  wait: async () => { await gate; return new Response("released"); },
  waitWithTimer: async () => { await Promise.race([gate, new Promise((r) => setTimeout(r, 20_000))]); return new Response("released"); },
  release: () => { setTimeout(() => release(), 20); return new Promise((r) => setTimeout(() => r(new Response("opened")), 40)); },
  waitUntilRejects: (request, env, ctx) => { ctx.waitUntil(Promise.reject(new Error("in waitUntil"))); return new Response("fine"); },
  waitUntilHangs: (request, env, ctx) => { ctx.waitUntil(new Promise(() => {})); return new Response("fine"); },
  getter: () => new Response("x", { get status() { return boom("in a getter"); } }),
  toString: () => new Response("x", { headers: { a: { toString() { return boom("in toString"); } } } }),
  passThrough: (request, env, ctx) => { ctx.passThroughOnException(); boom("passed through"); },
  passThroughOk: (request, env, ctx) => { ctx.passThroughOnException(); return new Response("fine"); },
  deep: () => { const f = () => f() + 1; return f(); },
};
export default {
  async fetch(request, env, ctx) {
    return routes[new URL(request.url).pathname.slice(1)](request, env, ctx);
  },
};
"""

NOT_A_RESPONSE = "TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'."


class Errors(SharedCase):
    worker = WORKER

    def fails(self, route, *log):
        """The route gives the error page, and the log says all of `log`."""
        before = len(self.verge.log)
        self.assert_exception(self.verge.get("/" + route))
        for text in log:
            self.verge.stderr.wait_for(lambda all_of_it, text=text: text in all_of_it[before:], 30)
            self.assertIn(text, self.verge.log[before:])
        self.assertTrue(self.verge.get("/ok").text.startswith("ok "))
        return self.verge.log[before:]

    def test_throw(self):
        self.fails("sync", "[site] GET /sync: Uncaught RangeError: thrown at once\n    at boom (worker.js:3:9)\n"
                           "    at Object.sync (worker.js:12:15)\n    at Object.fetch (worker.js:")

    def test_odd_values(self):
        self.fails("text", "GET /text: Uncaught just text\n")
        self.fails("nothing", "GET /nothing: Uncaught undefined\n")
        self.fails("object", "GET /object: Uncaught like an error\n")
        self.fails("frozen", "GET /frozen: Uncaught ")
        self.fails("proxy", "GET /proxy: Uncaught ")

    def test_getters_do_not_run_while_an_error_is_described(self):
        log = self.fails("evil", "GET /evil: Uncaught ")
        self.assertNotIn("GETTER RAN", log)

    def test_cause(self):
        self.fails("cause", "Uncaught Error: outer\n    at Object.cause (worker.js:")

    def test_aggregate(self):
        self.fails("aggregate", "Uncaught AggregateError: All promises were rejected")

    def test_results_that_are_no_response(self):
        for route in ["undefinedResult", "textResult", "objectResult"]:
            self.fails(route, f"GET /{route}: Uncaught {NOT_A_RESPONSE}\n")

    def test_unusable_responses(self):
        self.fails("used", "GET /used: Uncaught TypeError: ")
        self.fails("locked", "GET /locked: Uncaught TypeError: ")
        self.fails("errorResponse", "Uncaught TypeError: A response made by Response.error() cannot be sent to a client.")
        self.fails("switching", "Uncaught RangeError: Responses may only be constructed with status codes in the "
                   "range 200 to 599, inclusive.")

    def test_response_is_used_up_by_sending(self):
        self.assert_response(self.verge.get("/twice"), 200, "shared")
        self.fails("twice", "GET /twice: Uncaught TypeError: ")

    def test_hung(self):
        for route in ["hung", "hungAfterAwait", "hungAfterTimer", "thenableHangs"]:
            self.fails(route, f"GET /{route}: The Workers runtime canceled this request because it detected that your "
                              "Worker's code had hung and would never generate a response.")

    def test_thenable_throws(self):
        self.fails("thenableThrows", "Uncaught RangeError: in then\n    at boom (worker.js:3:9)")

    def test_unhandled_rejections(self):
        self.assert_response(self.verge.get("/unhandled"), 200, "fine")
        self.verge.wait_for_log("[site] Uncaught (in promise) Error: nobody looks\n    at Object.unhandled (worker.js:")
        self.assert_response(self.verge.get("/handledLate"), 200, "fine")
        self.assertNotIn("looked at in time", self.verge.log)

    def test_exceptions_outside_the_handler(self):
        self.assert_response(self.verge.get("/timer"), 200, "fine")
        self.verge.wait_for_log("Uncaught RangeError: thrown by a timer\n    at boom (worker.js:3:9)")
        self.assert_response(self.verge.get("/microtask"), 200, "fine")
        self.verge.wait_for_log("RangeError: thrown by a microtask")
        self.assert_response(self.verge.get("/reportError"), 200, "fine")
        self.verge.wait_for_log("Uncaught Error: reported")

    def test_wait_until(self):
        self.assert_response(self.verge.get("/waitUntilRejects"), 200, "fine")
        self.verge.wait_for_log("Uncaught (in promise) Error: in waitUntil")
        # Nothing can ever settle it: it is given up at once, so the process does not wait for it when it drains.
        self.assert_response(self.verge.get("/waitUntilHangs"), 200, "fine")

    def test_user_code_called_by_bindings(self):
        self.fails("getter", "Uncaught RangeError: in a getter\n    at boom (worker.js:3:9)\n    at get status ")
        self.fails("toString", "Uncaught RangeError: in toString\n    at boom (worker.js:3:9)\n    at Object.toString ")

    def test_pass_through_on_exception(self):
        self.assert_response(self.verge.get("/passThroughOk"), 200, "fine")
        self.fails("passThrough", "Uncaught RangeError: passed through\n",
                   "(passThroughOnException was called, but there is no origin: see --origin)")

    def test_stack_overflow(self):
        self.fails("deep", "Uncaught RangeError: Maximum call stack size exceeded\n    at f (worker.js:")

    def test_unknown_route_is_a_type_error(self):
        self.fails("nope", "TypeError: routes[(intermediate value).pathname.slice(...)] is not a function")

    def test_browser_gets_html(self):
        response = self.verge.get("/sync", [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
        self.assertEqual(response.status, 500)
        self.assertEqual(response.header("content-type"), "text/html;charset=UTF-8")
        self.assertTrue(response.text.startswith("<!doctype html>"), response)
        self.assertIn("<h1>Error 1101: Worker threw exception</h1>", response.text)
        self.assertNotIn("thrown at once", response.text)
        response = self.verge.get("/sync")
        self.assertEqual(response.header("content-type"), "text/plain;charset=UTF-8")
        self.assertEqual(response.header("cache-control"), "no-store")

    def test_connection_is_kept(self):
        with self.verge.connect() as client:
            for _ in range(3):
                client.send_request("GET", "/sync")
                self.assert_exception(client.read_response())
                client.send_request("GET", "/ok")
                self.assert_response(client.read_response(), 200)


class Coalescing(Case):
    """A promise that another request settles is not hung."""

    def test_waiting_for_another_request(self):
        verge = self.start(WORKER)
        with verge.connect() as opener, verge.connect() as waiter:
            # The opener has I/O under way before the waiter comes: the waiter's promise can still be settled.
            opener.send_request("GET", "/release")
            opener.send_request("GET", "/ok")  # answered only after; does no harm
            waiter.send_request("GET", "/wait")
            self.assert_response(waiter.read_response(), 200, "released")
            self.assert_response(opener.read_response(), 200, "opened")

    def test_waiting_with_own_timer(self):
        verge = self.start(WORKER)
        with verge.connect() as waiter:
            waiter.send_request("GET", "/waitWithTimer")
            self.assert_response(verge.get("/release"), 200, "opened")
            self.assert_response(waiter.read_response(), 200, "released")

    def test_nobody_will_settle_it(self):
        verge = self.start(WORKER)
        self.assert_exception(verge.get("/wait"))
        verge.wait_for_log("GET /wait: The Workers runtime canceled this request")

    def test_memoized_result(self):
        """The classic: one request computes, the others wait for its promise."""
        verge = self.start("""
let pending;
export default {
  async fetch() {
    pending ??= new Promise((resolve) => setTimeout(() => resolve(Math.PI), 30));
    return new Response(String(await pending));
  },
};""")
        clients = [verge.connect() for _ in range(20)]
        try:
            for client in clients:
                client.send_request()
            for client in clients:
                self.assert_response(client.read_response(), 200, "3.141592653589793")
        finally:
            for client in clients:
                client.close()

    def test_owner_goes_away(self):
        """The request whose timer would settle the promise is cancelled: the others must not wait for ever."""
        verge = self.start("""
let pending;
export default {
  async fetch(request) {
    if (request.url.endsWith("/owner")) pending ??= new Promise((resolve) => setTimeout(resolve, 600_000));
    console.log("waiting " + new URL(request.url).pathname);
    await pending;
    return new Response("done");
  },
};""")
        owner = verge.connect()
        owner.send_request("GET", "/owner")
        verge.wait_for_log("waiting /owner")
        with verge.connect() as waiter:
            waiter.send_request("GET", "/waiter")
            verge.wait_for_log("waiting /waiter")
            owner.close()
            self.assert_exception(waiter.read_response())


class Development(SharedCase):
    worker = WORKER
    command = "dev"

    def test_the_page_shows_the_error(self):
        response = self.verge.get("/sync")
        self.assertEqual(response.status, 500)
        self.assertTrue(response.text.startswith("error code: 1101\nWorker threw exception\n\nRangeError: thrown at once\n"
                                                 "    at boom (worker.js:3:9)\n"), response)

    def test_html_is_escaped(self):
        verge_text = self.verge.get("/text", [("Accept", "text/html")]).text
        self.assertIn('<p class="message">just text</p>', verge_text)

    def test_escaping(self):
        verge = self.start(handler("throw new Error('<script>alert(1)</script> & \"quotes\"');"), command="dev")
        response = verge.get("/", [("Accept", "text/html")])
        self.assertNotIn("<script>", response.text)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;", response.text)

    def test_hung(self):
        self.assertIn("had hung and would never generate a response", self.verge.get("/hung").text)


class GlobalEvents(Case):
    def test_unhandledrejection_event(self):
        verge = self.start("""
addEventListener("unhandledrejection", (event) => {
  console.log("EVENT", event.reason.message, event.promise instanceof Promise);
  event.preventDefault();
});
addEventListener("rejectionhandled", (event) => console.log("HANDLED", event.promise instanceof Promise));
export default {
  async fetch() {
    const p = Promise.reject(new Error("seen"));
    await new Promise((r) => setTimeout(r, 5));
    p.catch(() => {});
    return new Response("fine");
  },
};""")
        self.assert_response(verge.get("/"), 200, "fine")
        verge.wait_for_log("HANDLED true")
        self.assertIn("EVENT seen true", verge.log)
        self.assertNotIn("Uncaught", verge.log)

    def test_error_event(self):
        verge = self.start("""
addEventListener("error", (event) => {
  console.log("EVENT", event.message, event.error.message, event.filename, event.lineno);
  event.preventDefault();
});
export default {
  async fetch() {
    reportError(new Error("seen"));
    return new Response("fine");
  },
};""")
        self.assert_response(verge.get("/"), 200, "fine")
        verge.wait_for_log("EVENT Uncaught Error: seen seen worker.js 8")
        self.assertNotIn("    at ", verge.log)

    def test_endless_rejections(self):
        """A listener that rejects anew each time neither hangs the isolate nor escapes the CPU limit."""
        verge = self.start("""
let on = false;
addEventListener("unhandledrejection", () => { if (on) Promise.reject(new Error("again")); });
export default {
  async fetch(request) {
    on = request.url.endsWith("/on");
    if (on) Promise.reject(new Error("first"));
    return new Response("fine");
  },
};""", "--cpu-ms", "50")
        self.assertIn(verge.get("/on").status, (200, 503))
        self.assert_response(verge.get("/off"), 200, "fine")

"""Methods of other workers: env.OTHER.method(1, 2)."""

import json

from e2e.harness import handler
from e2e.test_services import DESCRIBE, ServiceCase, service


class RpcTest(ServiceCase):
    B = """
import { WorkerEntrypoint, RpcTarget } from "cloudflare:workers";
class Base extends WorkerEntrypoint {
  inherited() { return "inherited"; }
}
export default class extends Base {
  own = () => "an instance's own property";
  add(a, b) { return a + b; }
  async later(value) { await scheduler.wait(1); return { value, who: this.env.WHO, props: this.ctx.props }; }
  echo(...values) { return values; }
  nothing() {}
  thenable() { return { then(resolve) { resolve("from a thenable"); } }; }
  fails(kind) { if (kind === "type") throw new TypeError("wrong"); throw kind; }
  async rejects() { throw new RangeError("out of it"); }
  spins() { for (;;); }
  hangs() { return new Promise(() => {}); }
  returns(what) {
    return { function: () => {}, symbol: Symbol("s"), response: new Response("x"), target: new RpcTarget(),
             shared: new Map([[1, () => 1]]), own: new (class Mine { a = 1; })() }[what];
  }
  big(size) { return new Uint8Array(size); }
  after() { this.ctx.waitUntil(scheduler.wait(20).then(() => console.log("AFTERWARDS"))); return "before"; }
  async slow() { await scheduler.wait(600000); }
  get accessor() { return () => "accessor"; }
  fetch() { return new Response("fetched"); }
}
export class Other extends WorkerEntrypoint { name() { return "other"; } }
"""

    def call(self, body, **more):
        verge = self.fleet(handler("""
    const settle = (promise) => promise.then((value) => value, (error) => `${error.name}: ${error.message} ${error.remote ?? ""}`);
""" + body), self.B, **more)
        response = verge.get("/")
        self.assertEqual(response.status, 200, verge.log)
        return json.loads(response.text), verge

    def test_methods(self):
        result, _ = self.call("""
    return Response.json([await env.B.add(1, 2), await env.B.add("a", "b"), await env.B.later([1]), await env.B.inherited(),
      await env.B.thenable(), (await env.B.nothing()) === undefined, await env.O.name(), env.B.add.name,
      await (await env.B.fetch("http://b/")).text(), typeof env.B.then, JSON.stringify({ b: env.B }), "add" in env.B,
      Object.prototype.toString.call(env.B), env.B instanceof Object]);
""", grant=service("B", "b", props="{ p = 1 }") + "\n" + service("O", "b", "Other"))
        self.assertEqual(result, [3, "ab", {"value": [1], "who": "b", "props": {"p": 1}}, "inherited", "from a thenable",
                                  True, "other", "add", "fetched", "undefined", '{"b":{}}', result[11],
                                  "[object Fetcher]", True])

    def test_values_are_copies(self):
        result, _ = self.call("""
    const bytes = new Uint8Array([1, 2, 3]);
    const cycle = { name: "cycle" }; cycle.self = cycle;
    const error = new TypeError("t", { cause: "c" });
    const [date, map, set, big, re, view, back, failure, same] = await env.B.echo(
      new Date(5), new Map([[1, { a: 1 }]]), new Set(["x"]), 12n, /a+/gi, bytes, cycle, error, cycle);
    bytes[0] = 9;
    return Response.json([date.getTime(), map.get(1).a, set.has("x"), String(big), String(re), [...view], back.self === back,
      back === same, back === cycle, failure instanceof TypeError, failure.message, await env.B.echo(undefined, null, NaN)]);
""")
        self.assertEqual(result, [5, 1, True, "12", "/a+/gi", [1, 2, 3], True, True, False, True, "t", [None, None, None]])

    def test_errors(self):
        result, verge = self.call("""
    const all = [];
    for (const promise of [env.B.fails("type"), env.B.fails("text"), env.B.rejects(), env.B.spins(), env.B.hangs(),
      env.B.unknown(), env.B.own(), env.B.accessor(), env.B.constructor_(), env.B.returns("function"),
      env.B.returns("symbol"), env.B.returns("response"), env.B.returns("target"), env.B.returns("shared"),
      env.B.returns("own"), env.B.add(() => {}), env.B.add(new Headers()), env.B.add(new WebAssembly.Memory({ initial: 1 })),
      env.B.big(33 << 20)]) {
      all.push(await settle(promise));
    }
    all.push(await env.B.add(2, 2));
    return Response.json(all);
""", arguments=("--cpu-ms", "2000"))
        self.assertEqual(result[0], "TypeError: wrong true")
        self.assertIn("text", result[1])
        self.assertEqual(result[2], "RangeError: out of it true")
        self.assertIn("exceeded its CPU time limit", result[3])
        self.assertIn("would never generate a result", result[4])
        for name, text in zip(("unknown", "own", "accessor", "constructor_"), result[5:9]):
            self.assertEqual(text, f'TypeError: The RPC receiver does not implement the method "{name}". true')
        for text in result[9:15]:
            self.assertIn("DataCloneError", text)
        for text in result[15:18]:
            self.assertRegex(text, "^DataCloneError: .* $")
        self.assertIn("32 MiB", result[18])
        self.assertEqual(result[19], 4)
        verge.wait_for_log("call of rejects(): Uncaught RangeError: out of it")

    def test_calls_and_the_lives_of_events(self):
        result, verge = self.call("""
    const early = await settle(outer);
    ctx.waitUntil(env.B.slow());
    return Response.json([early, await env.B.after()]);
""".replace("settle(outer)", 'Promise.resolve("x")'))
        self.assertEqual(result, ["x", "before"])
        verge.wait_for_log("AFTERWARDS")

    def test_who_has_no_methods(self):
        verge = self.fleet(handler("""
    const of = (name) => env[name].add(1, 2).catch((error) => error.message);
    return Response.json([await of("B"), await of("NONE")]);
"""), DESCRIBE, grant=service("B", "b") + "\n" + service("NONE", "b", "Nobody"))
        plain, none = json.loads(verge.get("/").text)
        self.assertIn('The worker "b" has no methods to be called', plain)
        self.assertIn('has no entrypoint "Nobody"', none)

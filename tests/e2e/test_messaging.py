"""Channels that several requests have to do with."""

from e2e.harness import Case

WORKER = """
const channel = new MessageChannel();
let waiting = [];
channel.port2.onmessage = ({ data }) => waiting.shift()?.(data);
const ask = (x) => new Promise((resolve) => { waiting.push(resolve); channel.port1.postMessage(x); });
let kept;
let left;
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === '/ask') return new Response(await ask('answer'));
    if (pathname === '/leave') {  // messages that nobody waits for, and a port with one that it has not delivered
      kept = new MessageChannel();
      left = 0;
      kept.port2.onmessage = () => { ++left; };
      for (let i = 0; i < 1000; ++i) kept.port1.postMessage(i);
      const idle = new MessageChannel();
      idle.port1.postMessage('late');
      kept.idle = idle.port2;
      kept.news = new BroadcastChannel('news');
      kept.news.onmessage = () => { ++left; };
      return new Response('left');
    }
    if (pathname === '/kept') {
      const before = left;
      new BroadcastChannel('news').postMessage('nobody is left');
      const late = new Promise((resolve) => { kept.idle.onmessage = resolve; });
      kept.port2.postMessage('x');
      kept.port1.postMessage('y');
      const { data } = await late;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return Response.json({ delivered: left - before, data });
    }
    if (pathname === '/never') {
      await new Promise((resolve) => { new MessageChannel().port1.onmessage = resolve; });
    }
    if (pathname === '/spin') {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => port1.postMessage(0);
      port2.onmessage = () => port2.postMessage(0);
      port1.postMessage(0);
      await new Promise(() => {});
    }
    if (pathname === '/slow') {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { for (;;); };
      port2.postMessage(0);
      await new Promise(() => {});
    }
    if (pathname === '/flood') {
      const { port1 } = new MessageChannel();
      for (;;) port1.postMessage('x');
    }
    return new Response('pong');
  },
};
"""


class Messaging(Case):
    def test_a_channel_of_the_global_scope(self):
        verge = self.start(WORKER)
        for _ in range(3):
            self.assert_response(verge.get("/ask"), 200, "answer")

    def test_after_the_invocation(self):
        verge = self.start(WORKER)
        self.assert_response(verge.get("/leave"), 200, "left")
        response = verge.get("/kept")
        self.assert_response(response, 200, '{"delivered":1,"data":"late"}')

    def test_nobody_posts(self):
        verge = self.start(WORKER)
        self.assertEqual(verge.get("/never").status, 500)
        self.assert_response(verge.get("/"), 200, "pong")

    def test_limits_hold(self):
        verge = self.start(WORKER, "--cpu-ms", "50")
        for path in "/spin", "/slow", "/flood":
            self.assertEqual(verge.get(path).status, 503, path)
            self.assert_response(verge.get("/"), 200, "pong")

    def test_global_scope(self):
        verge = self.start("""
          let error;
          const { port1, port2 } = new MessageChannel();
          port2.onmessage = () => {};
          try { port1.postMessage(1); } catch (e) { error = e; }
          export default { fetch: () => new Response(error.message) };
        """)
        self.assertIn("global scope", verge.get("/").text)

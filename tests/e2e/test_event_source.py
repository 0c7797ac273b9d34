"""EventSource against a server that ends, breaks and redirects its streams."""

import json
import socket
import threading

from e2e.harness import Case

WORKER = """
export default {
  async fetch(request, env, ctx) {
    const { searchParams, pathname } = new URL(request.url);
    if (pathname === '/ping') return new Response('pong');
    const source = new EventSource(searchParams.get('url'));
    const seen = [];
    if (pathname === '/leave') {  // the invocation ends with the connection open
      await new Promise((resolve) => { source.onopen = resolve; });
      globalThis.kept = source;
      return new Response('left');
    }
    if (pathname === '/kept') {
      source.close();
      kept.close();
      return new Response(String(kept.readyState));
    }
    const end = Number(searchParams.get('events'));
    await new Promise((resolve) => {
      const note = (event) => {
        seen.push([event.type, event.data ?? null, source.readyState]);
        if (seen.length === end) resolve();
      };
      source.onopen = source.onmessage = source.onerror = note;
    });
    source.close();
    return Response.json(seen);
  },
};
"""

OK = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Server:
    """Answers the n-th connection with the n-th of `answers`, and keeps the heads of the requests."""

    def __init__(self, answers, hold=False):
        self.heads = []
        self.hold = hold
        self.held = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(20)
        self.url = "http://127.0.0.1:%d/" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, args=(answers,), daemon=True)
        self.thread.start()

    def run(self, answers):
        for answer in answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            head = b""
            while b"\r\n\r\n" not in head:
                block = connection.recv(4096)
                if not block:
                    break
                head += block
            self.heads.append(head.decode("latin-1").lower())
            if self.hold:
                self.held.append(connection)  # before anybody can have the answer
            connection.sendall(answer.encode("utf-8"))
            if not self.hold:
                connection.close()

    def close(self):
        self.listener.close()
        for connection in self.held:
            connection.close()
        self.thread.join(20)


class EventSource(Case):
    def serve(self, answers, hold=False):
        server = Server(answers, hold)
        self.addCleanup(server.close)
        return server

    def start_worker(self):
        return self.start(WORKER, "--allow-outbound", "127.0.0.1")

    def test_reconnects_and_says_where_it_was(self):
        server = self.serve([OK + "retry: 1\nid: 5\ndata: a\n\n", "", OK + "data: b\n\n"])
        response = self.start_worker().get(f"/?events=6&url={server.url}")
        self.assertEqual(json.loads(response.text), [
            ["open", None, 1], ["message", "a", 1], ["error", None, 0], ["error", None, 0], ["open", None, 1],
            ["message", "b", 1]])
        self.assertIn("accept: text/event-stream\r\n", server.heads[0])
        self.assertIn("cache-control: no-store\r\n", server.heads[0])
        self.assertNotIn("last-event-id", server.heads[0])
        self.assertIn("last-event-id: 5\r\n", server.heads[2])

    def test_what_is_no_stream_of_events_is_for_good(self):
        verge = self.start_worker()
        for answer in ("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", OK.replace("200 OK", "500 No"),
                       OK.replace("text/event-stream", "text/plain")):
            server = self.serve([answer])
            response = verge.get(f"/?events=1&url={server.url}")
            self.assert_response(response, 200, '[["error",null,2]]')

    def test_follows_redirects(self):
        target = self.serve([OK + "data: there\n\n"])
        server = self.serve([f"HTTP/1.1 302 Found\r\nLocation: {target.url}\r\nContent-Length: 0\r\n\r\n"])
        response = self.start_worker().get(f"/?events=2&url={server.url}")
        self.assert_response(response, 200, '[["open",null,1],["message","there",1]]')

    def test_ends_with_its_invocation(self):
        verge = self.start_worker()
        server = self.serve([OK + "data: 1\n\n", OK], hold=True)
        self.assert_response(verge.get(f"/leave?url={server.url}"), 200, "left")
        # The connection is closed from the other side.
        self.assertEqual(server.held[0].recv(1), b"")
        self.assert_response(verge.get(f"/kept?url={server.url}"), 200, "2")
        self.assert_response(verge.get("/ping"), 200, "pong")

    def test_global_scope(self):
        verge = self.start("""
          let error;
          try { new EventSource('http://127.0.0.1/'); } catch (e) { error = e; }
          export default { fetch: () => new Response(error.message) };
        """)
        self.assertIn("global scope", verge.get("/").text)

"""What the tests of caches share: an origin that counts, and workers in front of it."""

import contextlib
import threading
import time

from e2e.harness import IO_TIMEOUT, Case
from e2e.origin import Origin

# The usual pattern: look, ask the origin, keep.
PATTERN = """
export default { async fetch(request, env, ctx) {
  const url = new URL(request.url);
  const cache = caches.default;
  let response = await cache.match(request);
  if (!response) {
    response = await fetch(request, { cf: { cacheTtl: -1 } });
    if (response.status !== 200) return response;
    if (response.headers.get("x-do") === "throw") throw new Error("the worker fails");
    if (response.headers.get("x-do") === "spin") for (;;);
    response = new Response(response.body, response);
    response.headers.set("Cache-Control", url.searchParams.get("cc") ?? "s-maxage=60, stale-while-revalidate=600");
    ctx.waitUntil(cache.put(request, response.clone()));
  }
  return response;
} };
"""


class Counting(Origin):
    """Answers with a number that counts up. `status` and `headers` can be changed on the way, and answers held back."""

    def __init__(self, headers=()):
        self.count = 0
        self.status = 200
        self.headers = list(headers)
        self.lock = threading.Lock()
        self.free = threading.Event()
        self.free.set()
        super().__init__({"*": self.answer})

    def answer(self, exchange):
        with self.lock:
            self.count += 1
            number = self.count
        self.free.wait(IO_TIMEOUT)
        exchange.respond(self.status, f"answer {number}", self.headers)

    @contextlib.contextmanager
    def held(self):
        """While in it, requests come in (and count) and get no answer."""
        self.free.clear()
        try:
            yield
        finally:
            self.free.set()

    def close(self):
        self.free.set()
        super().close()


class Caches(Case):
    def origin(self, headers=()):
        origin = Counting(headers)
        self.addCleanup(origin.close)
        return origin

    def until(self, check, seconds=IO_TIMEOUT):
        """Waits for what another thread or process does."""
        end = time.monotonic() + seconds
        while not check():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def get_of(self, verge, host, path="/", headers=(), method="GET"):
        """A request for a host of many."""
        with verge.connect() as client:
            client.send_request(method, path, headers, None, close=True, host=host)
            return client.read_response(method)

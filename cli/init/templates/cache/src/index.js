// Answers from the cache, and makes the answer anew in the background once it is older than five seconds.
//
//   curl -i localhost:8787/

export default {
  async fetch(request, env, ctx) {
    if (request.method !== 'GET') return new Response('only GET\n', { status: 405 });
    const cache = caches.default;
    const cached = await cache.match(request);
    if (cached) return cached;

    const response = await render(request);
    ctx.waitUntil(cache.put(request, response.clone()));
    return response;
  },
};

// What takes its time: a query, a request to somewhere else.
async function render(request) {
  await scheduler.wait(200);
  return new Response(`made at ${new Date().toISOString()} for ${new URL(request.url).pathname}\n`, {
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      // Fresh for five seconds; for a minute more it is returned at once while a new one is made.
      'Cache-Control': 'public, max-age=5, stale-while-revalidate=60',
    },
  });
}

// Answers from the cache; asks the origin when there is nothing, and keeps what it says.
export default {
  async fetch(request, env, ctx) {
    const cache = caches.default;
    let response = await cache.match(request);
    if (!response) {
      response = await fetch(request);
      if (!response.ok) return response;
      response = new Response(response.body, response);
      response.headers.set('Cache-Control', 's-maxage=2, stale-while-revalidate=300, stale-if-error=3600');
      ctx.waitUntil(cache.put(request, response.clone()));
    }
    return response;
  },
};

// The Cache API: a hit of 10 KiB.
const cache = globalThis.caches?.default ?? await globalThis.caches.open('bench');

export default {
  async fetch(request) {
    let response = await cache.match(request.url);
    if (!response) {
      response = new Response('0123456789abcdef'.repeat(640), {
        headers: { 'Cache-Control': 'max-age=86400', 'Content-Type': 'text/plain' },
      });
      await cache.put(request.url, response.clone());
    }
    return response;
  },
};

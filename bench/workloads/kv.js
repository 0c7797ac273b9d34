// Operations on a KV namespace: which one is the path's. /seed puts a hundred keys to read and list.
let serial = 0;
const prefix = Math.random().toString(36).slice(2);

export default {
  async fetch(request, env) {
    switch (new URL(request.url).pathname) {
      case '/get':
        return new Response(await env.NS.get('key42'));
      case '/miss':
        // A key that nobody has asked for: no cache knows it.
        return new Response(String(await env.NS.get(`none-${prefix}-${++serial}`)));
      case '/put':
        await env.NS.put(`put-${prefix}-${++serial % 10000}`, 'a value of some forty bytes, more or less.');
        return new Response('ok');
      case '/list':
        return Response.json((await env.NS.list({ prefix: 'key', limit: 100 })).keys.length);
      case '/seed':
        await Promise.all(Array.from({ length: 100 }, (_, i) =>
          env.NS.put(`key${i}`, `value ${i} `.repeat(10), { metadata: { number: i } })));
        return new Response('ok');
      default:
        return new Response('ready');
    }
  },
};

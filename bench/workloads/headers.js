// Ten request headers are read, ten response headers are set.
export default {
  async fetch(request) {
    const headers = new Headers();
    for (let i = 0; i < 10; i++) headers.set('x-out-' + i, request.headers.get('x-in-' + i));
    return new Response('ok', { headers });
  },
};

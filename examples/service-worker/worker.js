addEventListener('fetch', (event) => {
  event.respondWith(handle(event.request));
  event.waitUntil(log(event.request));
});

async function handle(request) {
  if (request.method === 'OPTIONS') return preflight(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response('Method not allowed\n', { status: 405, headers: { Allow: 'GET, HEAD, OPTIONS' } });
  }
  const name = new URL(request.url).searchParams.get('name') || 'stranger';
  return secure(new Response(`${GREETING}, ${name}\n`));
}

function preflight(request) {
  const origin = request.headers.get('Origin');
  const headers = new Headers({ Vary: 'Origin' });
  if (ORIGINS.includes(origin)) {
    headers.set('Access-Control-Allow-Origin', origin);
    headers.set('Access-Control-Allow-Methods', 'GET, HEAD');
  }
  return new Response(null, { status: 204, headers });
}

function secure(response) {
  response.headers.set('Content-Security-Policy', "default-src 'none'");
  response.headers.set('X-Content-Type-Options', 'nosniff');
  return response;
}

async function log(request) {
  console.log(`${request.method} ${new URL(request.url).pathname}`);
}

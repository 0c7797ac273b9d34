import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { cache } from 'hono/cache';
import { upgradeWebSocket } from 'hono/cloudflare-workers';
import { compress } from 'hono/compress';
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { jwt, sign } from 'hono/jwt';
import { logger } from 'hono/logger';
import { requestId, type RequestIdVariables } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { stream, streamSSE, streamText } from 'hono/streaming';
import { validator } from 'hono/validator';
import { pages } from './pages';

type Env = { Bindings: { GREETING: string; TOKEN_SECRET: string; VISITS: any }; Variables: RequestIdVariables };

const app = new Hono<Env>();

app.use(logger());
app.use('/api/*', cors({ origin: ['https://app.example'], credentials: true }), requestId());
app.use('/api/*', secureHeaders());

app.get('/api/hello/:name{[a-z]+}', (c) => c.json({ text: `${c.env.GREETING}, ${c.req.param('name')}`, query: c.req.queries('q') }));

app.post(
  '/api/items',
  validator('json', (value, c) => (typeof value.title === 'string' ? { title: value.title } : c.json({ error: 'title' }, 422))),
  (c) => c.json({ created: c.req.valid('json').title }, 201, { Location: '/api/items/1' }),
);

app.post('/api/upload', async (c) => {
  const body = await c.req.parseBody({ all: true });
  const files = [body.file].flat() as File[];
  return c.json(await Promise.all(files.map(async (file) => ({ name: file.name, type: file.type, text: await file.text() }))));
});

app.get('/api/etag', etag(), (c) => c.text('content with a tag'));
app.get('/api/large', compress(), (c) => c.text('0123456789'.repeat(1000)));
app.use('/api/admin/*', basicAuth({ username: 'ada', password: 'lovelace' }));
app.get('/api/admin/page', (c) => c.text('for ada'));
app.get('/api/token', async (c) => c.text(await sign({ sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60 }, c.env.TOKEN_SECRET)));
app.use('/api/private/*', (c, next) => jwt({ secret: c.env.TOKEN_SECRET, alg: 'HS256' })(c, next));
app.get('/api/private/me', (c) => c.json(c.get('jwtPayload' as never)));

app.get('/cookies', async (c) => {
  const before = { plain: getCookie(c, 'plain'), signed: await getSignedCookie(c, c.env.TOKEN_SECRET, 'signed') };
  setCookie(c, 'plain', 'a b;c', { path: '/', httpOnly: true, sameSite: 'Lax', maxAge: 60 });
  await setSignedCookie(c, 'signed', 'value', c.env.TOKEN_SECRET, { secure: true });
  deleteCookie(c, 'old');
  return c.json(before);
});

app.get('/stream/text', (c) =>
  streamText(c, async (out) => {
    for (const word of ['one', 'two', 'three']) {
      await out.writeln(word);
      await out.sleep(1);
    }
  }),
);
app.get('/stream/bytes', (c) =>
  stream(c, async (out) => {
    await out.write(new Uint8Array([0, 1, 254, 255]));
    await out.pipe(new Blob(['from a blob']).stream());
  }),
);
app.get('/stream/events', (c) =>
  streamSSE(c, async (out) => {
    for (let id = 1; id <= 3; id++) await out.writeSSE({ event: 'count', data: JSON.stringify({ id }), id: String(id) });
  }),
);

let computed = 0;
app.get('/cached', cache({ cacheName: 'pages', cacheControl: 'max-age=60' }), (c) => c.text(`computed ${++computed}`));

app.get('/visits', async (c) => {
  const count = Number((await c.env.VISITS.get('count')) ?? 0) + 1;
  await c.env.VISITS.put('count', String(count));
  c.executionCtx.waitUntil(c.env.VISITS.put('last', c.req.header('User-Agent') ?? ''));
  return c.json({ count });
});

app.get(
  '/socket',
  upgradeWebSocket(() => ({ onMessage: (event, socket) => socket.send(`echo ${event.data}`) })),
);

app.route('/pages', pages);
app.mount('/mounted', (request: Request) => new Response(`mounted ${new URL(request.url).pathname}`));
app.get('/fail', () => {
  throw new Error('on purpose');
});
app.get('/teapot', () => {
  throw new HTTPException(418, { message: 'short and stout' });
});
app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text(`caught: ${error.message}`, 500)));
app.notFound((c) => c.json({ missing: c.req.path }, 404));

export default app;

// The Cache API and ctx.cache as a worker sees them: every rule and every error text.

import { cache as cacheOfModule } from 'cloudflare:workers';
import { test, worker as runner, assert, assertEquals, assertDeepEquals, assertRejects, assertThrows } from './harness.mjs';

const cache = caches.default;
let serial = 0;
const fresh = () => `https://example.com/${++serial}`;
const kept = (more = {}) => ({ headers: { 'Cache-Control': 'max-age=600', ...more } });
const get = (url, headers) => new Request(url, { headers });
const post = (url) => new Request(url, { method: 'POST', body: 'x' });
const textOf = async (response) => (response === undefined ? undefined : response.text());

let ctx;
export default {
  fetch(request, env, context) {
    // What is found stale has the event handled again, in the background.
    if (ctx) return new Response('refreshed');
    ctx = context;
    return runner.fetch(request);
  },
};

async function rejectsWith(promise, type, message) {
  const error = await assertRejects(promise);
  assertEquals(error.constructor, type, String(error));
  assertEquals(error.message, message);
}

test('the classes', () => {
  assert(cache instanceof Cache && caches instanceof CacheStorage);
  assertEquals(caches.default, cache);
  assertEquals(Object.prototype.toString.call(cache), '[object Cache]');
  assertThrows(() => new Cache(), TypeError);
  assertThrows(() => new CacheStorage(), TypeError);
  assertDeepEquals(Object.getOwnPropertyNames(Cache.prototype).sort(),
    ['add', 'addAll', 'constructor', 'delete', 'keys', 'match', 'matchAll', 'put']);
  assertEquals(Cache.prototype.put.length, 2);
  assertEquals(Cache.prototype.match.length, 1);
});

test('names', async () => {
  const url = fresh();
  const one = await caches.open('one');
  assert(one instanceof Cache && one !== await caches.open('one'));
  await one.put(url, new Response('one', kept()));
  assertEquals(await textOf(await (await caches.open('one')).match(url)), 'one');
  assertEquals(await cache.match(url), undefined);
  for (const name of ['two', '', 'one\0', 'ONE', 'x'.repeat(1023)]) {
    assertEquals(await (await caches.open(name)).match(url), undefined, name);
  }
  await rejectsWith(caches.open('x'.repeat(1024)), TypeError, 'Cache name is too long.');
});

test('what is not there', async () => {
  const missing = (method, type) => `Failed to execute '${method}' on '${type}': the method is not implemented.`;
  for (const method of ['match', 'has', 'delete', 'keys']) {
    await rejectsWith(caches[method]('x'), Error, missing(method, 'CacheStorage'));
  }
  for (const method of ['matchAll', 'keys', 'add', 'addAll']) {
    await rejectsWith(cache[method]('https://example.com/'), Error, missing(method, 'Cache'));
  }
  for (const member of ['ignoreSearch', 'cacheName']) {
    for (const method of ['match', 'delete']) {
      await rejectsWith(cache[method](fresh(), { [member]: false }), Error,
        `The '${member}' field on 'CacheQueryOptions' is not implemented.`);
    }
  }
});

test('keys', async () => {
  const url = fresh();
  await cache.put(`${url}?a=1#fragment`, new Response('entry', kept()));
  assertEquals(await textOf(await cache.match(`${url}?a=1`)), 'entry');
  assertEquals(await textOf(await cache.match(new Request(`${url}?a=1#other`))), 'entry');
  assertEquals(await textOf(await cache.match(new URL(`${url}?a=1`))), 'entry');
  assertEquals(await textOf(await cache.match(get(`${url}?a=1`, { 'Cache-Control': 'no-cache, no-store', 'X-Other': '1' }))), 'entry');
  for (const other of [url, `${url}?a=2`, `${url}?a=1&b`, url.replace('https:', 'http:'), url.replace('example', 'example2')]) {
    assertEquals(await cache.match(other), undefined, other);
  }
  for (const bad of ['relative', '/path', '', '//host/path', 'http://[']) {
    const message = 'Invalid URL. Cache API keys must be fully-qualified, valid URLs.';
    await rejectsWith(cache.match(bad), TypeError, message);
    await rejectsWith(cache.put(bad, new Response('x')), TypeError, message);
    await rejectsWith(cache.delete(bad), TypeError, message);
  }
});

test('cf.cacheKey', async () => {
  const key = `a key ${++serial}`;
  await cache.put(new Request(fresh(), { cf: { cacheKey: key } }), new Response('entry', kept()));
  assertEquals(await textOf(await cache.match(new Request(fresh(), { cf: { cacheKey: key } }))), 'entry');
  assertEquals(await cache.delete(new Request(fresh(), { cf: { cacheKey: key } })), true);
  assertEquals(await cache.match(new Request(fresh(), { cf: { cacheKey: key } })), undefined);
});

test('put: what it refuses', async () => {
  const url = fresh();
  await rejectsWith(cache.put(post(url), new Response('x', kept())), TypeError, 'Cannot cache response to non-GET request.');
  await rejectsWith(cache.put(new Request(url, { method: 'HEAD' }), new Response('x')), TypeError,
    'Cannot cache response to non-GET request.');
  await rejectsWith(cache.put(url, new Response('x', { status: 206, ...kept() })), TypeError,
    'Cannot cache response to a range request (206 Partial Content).');
  for (const vary of ['*', 'Accept, *', ' * ']) {
    await rejectsWith(cache.put(url, new Response('x', kept({ Vary: vary }))), TypeError,
      "Cannot cache response with 'Vary: *' header.");
  }
  await rejectsWith(cache.put(url, Response.error()), TypeError, 'Cache is unable to store an error response');
  const pair = new WebSocketPair();
  await rejectsWith(cache.put(url, new Response(null, { status: 101, webSocket: pair[0] })), TypeError,
    'Cannot cache WebSocket upgrade response.');
  const used = new Response('x', kept());
  await used.text();
  assert((await assertRejects(cache.put(url, used), TypeError)).message.includes('Body has already been used'));
  const locked = new Response('x', kept());
  locked.body.getReader();
  await assertRejects(cache.put(url, locked), TypeError);
  for (const bad of ['text', undefined, null, {}, new Request(url)]) {
    assert((await assertRejects(cache.put(url, bad), TypeError)).message.includes("parameter 2 is not of type 'Response'"));
  }
  await assertRejects(cache.put(url), TypeError);
  await assertRejects(cache.match(), TypeError);
  assertEquals(await cache.match(url), undefined);
});

test('put: what it keeps', async () => {
  const has = async (init, body = 'x') => {
    const url = fresh();
    assertEquals(await cache.put(url, new Response(body, init)), undefined);
    return (await cache.match(url)) !== undefined;
  };
  const cc = (value) => ({ headers: { 'Cache-Control': value } });
  const date = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
  for (const init of [
    cc('max-age=10'), cc('s-maxage=10'), cc('max-age=0, s-maxage=10'), cc('public, max-age=10'), cc('max-age=0, s-maxage=10'),
    cc('max-age=10, must-revalidate'), cc('max-age=0, stale-while-revalidate=60'),
    { headers: { Expires: date(60) } },
    { headers: { 'Last-Modified': date(-864000) } },
    { headers: { 'Cache-Control': 'no-store', 'CDN-Cache-Control': 'max-age=10' } },
  ]) {
    assertEquals(await has(init), true, JSON.stringify(init));
  }
  for (const init of [
    cc('no-store'), cc('private'), cc('private, max-age=10'), cc('max-age=0'), cc('s-maxage=0, max-age=10'), cc('no-cache'),
    cc('max-age=10, no-cache'), {}, { headers: { Expires: date(-60) } }, { headers: { Expires: '0' } },
    { headers: { 'Cache-Control': 'max-age=10', 'CDN-Cache-Control': 'no-store' } },
  ]) {
    assertEquals(await has(init), false, JSON.stringify(init));
  }
  for (const status of [200, 203, 300, 301, 302, 404, 410, 451, 500, 503]) {
    assertEquals(await has({ status, ...kept() }), true, `status ${status}`);
  }
  assertEquals(await has({ status: 304, ...kept() }, null), false);
});

test('put: a request\'s own directives count for nothing', async () => {
  const url = fresh();
  await cache.put(get(url, { 'Cache-Control': 'no-store', Pragma: 'no-cache', Authorization: 'Basic eA==' }), new Response('x', kept()));
  assertEquals(await textOf(await cache.match(url)), 'x');
});

test('Set-Cookie', async () => {
  const url = fresh();
  await cache.put(url, new Response('x', kept({ 'Set-Cookie': 'a=b' })));
  assertEquals(await cache.match(url), undefined);
  await cache.put(url, new Response('x', { headers: { 'Cache-Control': 'max-age=600, private=set-cookie', 'Set-Cookie': 'a=b', 'X-A': '1' } }));
  const found = await cache.match(url);
  assertEquals(found.headers.get('set-cookie'), null);
  assertEquals(found.headers.get('x-a'), '1');
});

test('the body is used by put at once', async () => {
  const response = new Response('body', kept());
  const promise = cache.put(fresh(), response);
  assertEquals(response.bodyUsed, true);
  await promise;
});

test('what match gives', async () => {
  const url = fresh();
  const headers = { ...kept().headers, ETag: '"v"', 'Content-Type': 'text/x', 'X-Own': 'ä', Age: '7', 'Cf-Cache-Status': 'MISS' };
  await cache.put(url, new Response('body', { status: 404, statusText: 'Nowhere', headers }));
  const found = await cache.match(url);
  assertEquals(found.status, 404);
  assertEquals(found.statusText, 'Nowhere');
  assertEquals(found.headers.get('cf-cache-status'), 'HIT');
  assertEquals(found.headers.get('content-type'), 'text/x');
  assertEquals(found.headers.get('x-own'), 'ä');
  assertEquals(found.headers.get('etag'), '"v"');
  assert(Number(found.headers.get('age')) >= 7, 'age');
  assertThrows(() => found.headers.set('a', 'b'), TypeError);
  const copy = new Response(found.body, found);
  copy.headers.set('a', 'b');
  assertEquals(await copy.text(), 'body');
  assertEquals(await textOf(await cache.match(url)), 'body');
});

test('methods', async () => {
  const url = fresh();
  await cache.put(url, new Response('x', kept()));
  assertEquals(await cache.match(post(url)), undefined);
  assertEquals(await cache.match(new Request(url, { method: 'HEAD' })), undefined);
  assertEquals(await textOf(await cache.match(post(url), { ignoreMethod: true })), 'x');
  assertEquals(await cache.delete(post(url)), false);
  assertEquals(await textOf(await cache.match(url)), 'x');
  assertEquals(await cache.delete(post(url), { ignoreMethod: true }), true);
  assertEquals(await cache.delete(url), false);
  assertEquals(await cache.match(url), undefined);
});

test('If-None-Match', async () => {
  const url = fresh();
  await cache.put(url, new Response('x', kept({ ETag: '"v1"', 'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT' })));
  const status = async (headers) => (await cache.match(get(url, headers))).status;
  for (const list of ['"v1"', 'W/"v1"', '"a", "v1"', '"a",W/"v1","b"', '*']) {
    const found = await cache.match(get(url, { 'If-None-Match': list }));
    assertEquals(found.status, 304, list);
    assertEquals(found.headers.get('etag'), '"v1"');
    assertEquals(found.headers.get('cf-cache-status'), 'HIT');
    assertEquals(await found.text(), '');
  }
  for (const list of ['"v2"', '"v"', 'v1x']) assertEquals(await status({ 'If-None-Match': list }), 200, list);
  assertEquals(await status({ 'If-Modified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' }), 304);
  assertEquals(await status({ 'If-Modified-Since': 'Sunday, 06-Nov-94 08:49:38 GMT' }), 304);
  assertEquals(await status({ 'If-Modified-Since': 'Sun, 06 Nov 1994 08:49:36 GMT' }), 200);
  assertEquals(await status({ 'If-Modified-Since': 'yesterday' }), 200);
  assertEquals(await status({ 'If-None-Match': '"v2"', 'If-Modified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' }), 200);
});

test('Range', async () => {
  const url = fresh();
  await cache.put(url, new Response('0123456789', kept({ ETag: '"v"', 'Content-Type': 'text/plain' })));
  const match = async (range, more) => {
    const found = await cache.match(get(url, { Range: range, ...more }));
    return [found.status, found.headers.get('content-range'), await found.text()];
  };
  assertDeepEquals(await match('bytes=2-4'), [206, 'bytes 2-4/10', '234']);
  assertDeepEquals(await match('bytes=8-'), [206, 'bytes 8-9/10', '89']);
  assertDeepEquals(await match('bytes=-3'), [206, 'bytes 7-9/10', '789']);
  assertDeepEquals(await match('bytes=-30'), [206, 'bytes 0-9/10', '0123456789']);
  assertDeepEquals(await match('bytes=0-99'), [206, 'bytes 0-9/10', '0123456789']);
  assertDeepEquals(await match('bytes=10-'), [416, 'bytes */10', '']);
  assertDeepEquals(await match('bytes=-0'), [416, 'bytes */10', '']);
  for (const ignored of ['bytes=4-2', 'lines=1-2', 'bytes=a-b', 'bytes', 'bytes=']) {
    assertDeepEquals(await match(ignored), [200, null, '0123456789'], ignored);
  }
  assertDeepEquals(await match('bytes=0-0', { 'If-Range': '"v"' }), [206, 'bytes 0-0/10', '0']);
  assertDeepEquals(await match('bytes=0-0', { 'If-Range': '"w"' }), [200, null, '0123456789']);
  assertDeepEquals(await match('bytes=0-0', { 'If-None-Match': '"v"' }), [304, null, '']);
});

test('several ranges', async () => {
  const url = fresh();
  await cache.put(url, new Response('0123456789', kept({ 'Content-Type': 'text/plain' })));
  const found = await cache.match(get(url, { Range: 'bytes=0-1,4-5,-1' }));
  assertEquals(found.status, 206);
  assertEquals(found.headers.get('content-range'), null);
  const [, boundary] = /^multipart\/byteranges; boundary=(.+)$/.exec(found.headers.get('content-type'));
  const text = await found.text();
  const part = (range, body) => `--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${range}/10\r\n\r\n${body}\r\n`;
  assertEquals(text, `${part('0-1', '01')}${part('4-5', '45')}${part('9-9', '9')}--${boundary}--\r\n`);
  assertEquals(Number(found.headers.get('content-length')), text.length);
});

test('Vary', async () => {
  const url = fresh();
  for (const language of ['de', 'en']) {
    await cache.put(get(url, { 'Accept-Language': language }), new Response(language, kept({ Vary: 'Accept-Language' })));
  }
  const of = async (language, options) => textOf(await cache.match(get(url, { 'Accept-Language': language }), options));
  assertEquals(await of('de'), 'de');
  assertEquals(await of('en'), 'en');
  assertEquals(await of('fr'), undefined);
  assertEquals(await of('fr', { ignoreVary: true }), 'en');
  assertEquals(await cache.delete(url), true);
  assertEquals(await of('de'), undefined);
});

test('bodies of each kind', async () => {
  const bodies = [['text ä', 'text ä'], [new Uint8Array([120, 121]), 'xy'], [new Blob(['b', 'c']), 'bc'],
    [new URLSearchParams({ a: '1' }), 'a=1'], [new Response('stream').body, 'stream'], [null, ''], ['', '']];
  for (const [body, text] of bodies) {
    const url = fresh();
    await cache.put(url, new Response(body, kept()));
    for (let i = 0; i < 2; ++i) assertEquals(await textOf(await cache.match(url)), text);
  }
  const url = fresh();
  const big = 'x'.repeat(3 << 20);
  await cache.put(url, new Response(big, kept()));
  const found = await cache.match(url);
  assertEquals(Number(found.headers.get('content-length')), big.length);
  assert(await found.text() === big);
});

test('a stream that fails is not kept', async () => {
  const url = fresh();
  const stream = new ReadableStream({ pull(controller) { controller.error(new Error('broken')); } });
  assertEquals(await cache.put(url, new Response(stream, kept())), undefined);
  assertEquals(await cache.match(url), undefined);
});

test('a fixed length that is not kept', async () => {
  const url = fresh();
  const { readable, writable } = new FixedLengthStream(10);
  const promise = cache.put(url, new Response(readable, kept()));
  const writer = writable.getWriter();
  writer.write(new TextEncoder().encode('short')).catch(() => {});
  writer.close().catch(() => {});
  assertEquals(await promise, undefined);
  assertEquals(await cache.match(url), undefined);
});

test('clones', async () => {
  const url = fresh();
  const response = new Response(new Response('cloned').body, kept());
  await Promise.all([cache.put(url, response.clone()), response.text()]);
  assertEquals(await textOf(await cache.match(url)), 'cloned');
});

test('content codings', async () => {
  const url = fresh();
  const gzip = async (text) => new Response(new Response(text).body.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  await cache.put(url, new Response(await gzip('packed'), { encodeBody: 'manual', ...kept({ 'Content-Encoding': 'gzip' }) }));
  assertEquals(await textOf(await cache.match(url)), 'packed');
  const plain = fresh();
  await cache.put(plain, new Response('packed here', kept({ 'Content-Encoding': 'gzip' })));
  assertEquals(await textOf(await cache.match(plain)), 'packed here');
});

test('replacing', async () => {
  const url = fresh();
  await cache.put(url, new Response('one', kept()));
  const before = await cache.match(url);
  await cache.put(url, new Response('two', kept()));
  assertEquals(await textOf(await cache.match(url)), 'two');
  assertEquals(await before.text(), 'one');
  // What may not be kept leaves what is there.
  await cache.put(url, new Response('three', { headers: { 'Cache-Control': 'no-store' } }));
  assertEquals(await textOf(await cache.match(url)), 'two');
});

test('ctx.cache', async () => {
  assertEquals(ctx.cache, ctx.cache);
  assertEquals(ctx.cache.constructor.name, 'CacheContext');
  assertEquals(cacheOfModule.constructor, ctx.cache.constructor);
  assertEquals(typeof CacheContext, 'undefined');
  assertDeepEquals(Object.getOwnPropertyNames(Object.getPrototypeOf(ctx.cache)).sort(), ['constructor', 'invalidate', 'purge']);
  const put = async (url) => cache.put(url, new Response('x', kept({ 'Cache-Tag': 'Tag-A, tag-b' })));
  const there = async (url) => (await cache.match(url)) !== undefined;
  for (const object of [ctx.cache, cacheOfModule]) {
    for (const options of [{ tags: ['tag-a'] }, { tags: ['none', 'TAG-B'] }, { purgeEverything: true },
      { pathPrefixes: ['example.com/'] }, { pathPrefixes: ['https://example.com/'] }, { tags: ['none'], pathPrefixes: ['example.com/'] }]) {
      for (const method of ['purge', 'invalidate']) {
        const url = fresh();
        await put(url);
        assertEquals(await there(url), true);
        assertDeepEquals(await object[method](options), { success: true, errors: [] });
        assertEquals(await there(url), false, `${method} ${JSON.stringify(options)}`);
      }
    }
  }
  const url = fresh();
  await put(url);
  assertDeepEquals(await ctx.cache.purge({ tags: ['other'], pathPrefixes: ['other.com/', 'https://other.com/'] }), { success: true, errors: [] });
  assertDeepEquals(await ctx.cache.purge({ tags: [] }), { success: true, errors: [] });
  assertEquals(await there(url), true);
  for (const bad of [{}, undefined, null, { purgeEverything: false }]) {
    await rejectsWith(ctx.cache.purge(bad), TypeError,
      "Failed to execute 'purge' on 'CacheContext': one of tags, pathPrefixes and purgeEverything is required.");
    await assertRejects(ctx.cache.invalidate(bad), TypeError);
  }
  for (const bad of [{ tags: 'tag-a' }, { tags: 1 }, { pathPrefixes: {} }, 'tag-a', 1]) await assertRejects(ctx.cache.purge(bad), TypeError);
});

test('invalidate leaves what may be used stale', async () => {
  const url = fresh();
  await cache.put(url, new Response('x', { headers: { 'Cache-Control': 'max-age=600, stale-while-revalidate=600', 'Cache-Tag': 'soft' } }));
  await ctx.cache.invalidate({ tags: ['soft'] });
  const found = await cache.match(url);
  assertEquals(found.headers.get('cf-cache-status'), 'UPDATING');
  assertEquals(await found.text(), 'x');
});

const atStart = [caches.open('x'), caches.default.match('https://example.com/'), caches.default.put('https://example.com/', new Response('x')),
  cacheOfModule.purge({ purgeEverything: true })].map((promise) => promise.then(() => 'done', (error) => error.message));

test('in global scope there is no cache', async () => {
  const [opened, ...others] = await Promise.all(atStart);
  assertEquals(opened, 'done');
  for (const message of others) assert(message.includes('global scope'), message);
});

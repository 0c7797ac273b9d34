// Calls about everything that a worker can call, in a fixed order. The end-to-end tests stop it at each of its calls into
// the runtime, one after the other.

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { cache as ambientCache, env as ambientEnv, waitUntil, withEnv } from 'cloudflare:workers';

const storage = new AsyncLocalStorage();

const burn = () => performance.now(); // one call

function check(condition, what) {
  if (!condition) throw new Error(`wrong: ${what}`);
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function url() {
  const u = new URL('../b?x=1&y=2#z', 'https://user:pass@example.com:8080/a/c');
  check(u.href === 'https://user:pass@example.com:8080/b?x=1&y=2#z', u.href);
  u.searchParams.append('w', 'ä');
  u.pathname = '/p';
  u.port = '';
  u.hash = u.search = '';
  u.host = 'example.org';
  check(URL.canParse('http://x') && URL.parse('::') === null, 'parse');
  const p = new URLSearchParams({ b: '2', a: '1' });
  p.sort();
  p.set('c', '3');
  p.delete('b');
  check(p.has('a') && p.get('c') === '3' && p.getAll('a').length === 1 && p.size === 2, 'params');
  check([...p.keys()].join() + [...p.values()].join() === 'a,c1,3', 'iteration');
  p.forEach((value, key) => check(p.get(key) === value, 'forEach'));
  return patterns() + p.toString() + u.toString() + u.origin + u.protocol + u.username + u.password + u.hostname + JSON.stringify(u);
}

function patterns() {
  const pattern = new URLPattern('https://example.com/:kind/:id(\\d+)', { ignoreCase: true });
  check(pattern.exec('https://example.com/book/12').pathname.groups.id === '12', 'exec');
  check(pattern.test({ pathname: '/A/1', baseURL: 'https://example.com' }) && !pattern.test('https://example.com/x'), 'test');
  return [pattern.protocol, pattern.hostname, pattern.pathname, pattern.hasRegExpGroups].join();
}

function headers() {
  const h = new Headers([['a', '1'], ['b', '2'], ['Set-Cookie', 'x=1']]);
  h.append('a', '3');
  h.append('set-cookie', 'y=2');
  h.set('c', '4');
  h.delete('b');
  check(h.get('A') === '1, 3' && h.has('c') && h.getSetCookie().length === 2, 'headers');
  for (const [key, value] of h) check(key && value, 'pair');
  try {
    h.set('bad name', 'x');
    check(false, 'bad name');
  } catch (e) {
    check(e instanceof TypeError, 'TypeError');
  }
  return [...h.entries()].length;
}

async function requests(request) {
  const r = new Request('https://example.com/', {
    method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(60_000),
  });
  const copy = r.clone();
  const third = new Request(copy, { headers: { x: 'y' } });
  check((await r.json()).a === 1 && r.bodyUsed, 'json');
  check((await third.text()) === '{"a":1}', 'text');
  check(request.method === 'POST' && request.url.includes('?'), 'method');
  check(request.headers.get('host') === 'localhost', 'host');
  check([...request.headers].length > 0 && request.signal.aborted === false, 'headers');
  const copyOfIncoming = request.clone();
  check((await copyOfIncoming.arrayBuffer()).byteLength === 9, 'clone');
  const chunks = [];
  for await (const chunk of request.body) chunks.push(...chunk);
  check(chunks.length === 9, 'body');
  return [request.cf, request.redirect, third.headers.get('x'), request.body.locked].length;
}

async function responses() {
  const r = Response.json({ a: [1, 2, 3] }, { status: 201, statusText: 'Made', headers: { a: 'b' } });
  const copy = r.clone();
  check(r.status === 201 && r.ok && r.statusText === 'Made' && r.headers.get('content-type') === 'application/json', 'init');
  check((await r.text()) === (await copy.text()), 'clone');
  check((await new Response(new URLSearchParams('a=b')).text()) === 'a=b', 'params');
  check((await new Response(new Uint8Array([1, 2])).bytes()).length === 2, 'bytes');
  check(Response.redirect('https://example.com/').status === 302 && Response.error().type === 'error', 'static');
  try {
    await r.text();
    check(false, 'used');
  } catch (e) {
    check(e instanceof TypeError, 'used');
  }
}

async function blobs() {
  const blob = new Blob(['ab', new Uint8Array(70_000)], { type: 'A/B', endings: 'native' });
  const file = new File([blob.slice(0, 2)], 'name', { lastModified: 1 });
  check((await file.text()) === 'ab' && file.name === 'name' && file.lastModified === 1 && blob.type === 'a/b', 'file');
  check((await blob.arrayBuffer()).byteLength === 70_002 && (await blob.bytes()).length === blob.size, 'bytes');
  let total = 0;
  for await (const chunk of blob.stream()) total += chunk.length;
  check(total === 70_002 && structuredClone(file).name === 'name', 'stream');
  const form = new FormData();
  form.append('a', '1');
  form.append('f', file);
  form.append('f', blob, 'x');
  form.set('a', '2');
  form.set('b', blob);
  form.delete('b');
  check(form.has('a') && form.get('a') === '2' && form.getAll('f').length === 2, 'form');
  for (const [name, value] of form) check(name && value, 'entry');
  const back = await new Response(form).formData();
  check(back.get('f').size === 2, 'form back');
  check((await new Response('a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }).formData()).get('a') === 'b', 'urlencoded');
  check((await new Response(new Response(blob).body).blob()).size === blob.size, 'blob of stream');
  const url = URL.createObjectURL(blob);
  check((await (await fetch(url)).blob()).size === blob.size, 'blob url');
  URL.revokeObjectURL(url);
  check((await (await fetch('data:;base64,YQ==')).text()) === 'a', 'data url');
  const reader = new FileReader();
  await new Promise((resolve) => {
    reader.onload = resolve;
    reader.readAsDataURL(file);
  });
  check(reader.result === 'data:application/octet-stream;base64,YWI=', 'reader');
}

async function streams() {
  const source = new ReadableStream({
    start(c) { c.enqueue('a'); },
    pull(c) { c.enqueue('b'); c.close(); },
  });
  const [one, two] = source.tee();
  const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); } });
  const parts = [];
  await one.pipeThrough(upper).pipeTo(new WritableStream({ write(chunk) { parts.push(chunk); } }));
  for await (const chunk of two) parts.push(chunk);
  check(parts.join('') === 'ABab', 'pipe');
  const bytes = new ReadableStream({ type: 'bytes', pull(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.close(); } });
  const reader = bytes.getReader({ mode: 'byob' });
  check((await reader.read(new Uint8Array(2))).value.length === 2, 'byob');
  await reader.cancel();
  const identity = new IdentityTransformStream();
  const writer = identity.writable.getWriter();
  const written = writer.write(new TextEncoder().encode('identity')).then(() => writer.close());
  check((await new Response(identity.readable).text()) === 'identity', 'identity');
  await written;
  check((await new Response(ReadableStream.from(['x', 'y'].map((s) => new TextEncoder().encode(s)))).text()) === 'xy', 'from');
}

async function codings() {
  const text = 'text '.repeat(50);
  for (const format of ['gzip', 'brotli', 'zstd']) {
    const bytes = ReadableStream.from([text.slice(0, 9), text.slice(9)]).pipeThrough(new TextEncoderStream())
      .pipeThrough(new CompressionStream(format)).pipeThrough(new DecompressionStream(format));
    let copy = '';
    for await (const chunk of bytes.pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))) copy += chunk;
    check(copy === text, format);
  }
  check(new TextDecoderStream('latin1').encoding === 'windows-1252', 'encoding');
}

async function timers() {
  let count = 0;
  await new Promise((resolve) => {
    const interval = setInterval((step) => {
      count += step;
      if (count === 4) {
        clearInterval(interval);
        resolve();
      }
    }, 1, 2);
  });
  clearTimeout(setTimeout(() => check(false, 'cleared'), 0));
  await new Promise((resolve) => queueMicrotask(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  await scheduler.wait(1, { signal: new AbortController().signal });
  clearImmediate(setImmediate(() => check(false, 'cleared')));
}

async function eventSources() {
  const text = 'id: 1\nevent: e\ndata: x\n\nretry: 1\n\n';
  const source = EventSource.from(new Response(text).body);
  const event = await new Promise((resolve) => source.addEventListener('e', resolve));
  check(event.data === 'x' && event.lastEventId === '1' && source.readyState === 1 && source.url === null, 'event');
  await new Promise((resolve) => { source.onerror = resolve; });
  const headers = { 'content-type': 'text/event-stream' };
  let requests = 0;
  const fetcher = { fetch: async () => { ++requests; return new Response(text, { headers }); } };
  const again = new EventSource('http://x/', { fetcher });
  await new Promise((resolve) => { again.addEventListener('e', () => { if (requests === 2) resolve(); }); });
  again.close();
}

async function timeline() {
  const observed = new Promise((resolve) => { new PerformanceObserver(resolve).observe({ type: 'mark' }); });
  performance.mark('a', { detail: { x: 1 } });
  check(performance.measure('b', 'a').duration >= 0 && performance.getEntries().length === 2, 'timeline');
  check((await observed).getEntries()[0].detail.x === 1, 'observed');
  performance.clearMarks();
  performance.clearMeasures();
}

async function messages() {
  const { port1, port2 } = new MessageChannel();
  const { port1: passenger, port2: stays } = new MessageChannel();
  const received = new Promise((resolve) => { port2.onmessage = resolve; });
  const exception = new DOMException('m', 'AbortError');
  port1.postMessage({ passenger, exception, buffer: new ArrayBuffer(3) }, { transfer: [passenger] });
  const { data, ports } = await received;
  check(ports[0] === data.passenger && data.exception.name === 'AbortError', 'message');
  const answer = new Promise((resolve) => { stays.onmessage = resolve; });
  ports[0].postMessage('answer');
  check((await answer).data === 'answer', 'answer');
  const closed = new Promise((resolve) => { port2.onclose = resolve; });
  port1.close();
  await closed;
  const channel = new BroadcastChannel('c');
  const listener = new BroadcastChannel('c');
  const heard = new Promise((resolve) => { listener.onmessage = resolve; });
  channel.postMessage('news');
  check((await heard).data === 'news' && channel.name === 'c', 'broadcast');
  channel.close();
  listener.close();
}

async function contexts() {
  const seen = await storage.run('a', async () => {
    await sleep(1);
    const bound = AsyncResource.bind(() => storage.getStore());
    storage.enterWith('b');
    return storage.exit(bound) + storage.getStore();
  });
  check(seen === 'ab' && storage.getStore() === undefined, 'storage');
  check(withEnv({ NAME: 'other' }, () => ambientEnv.NAME) === 'other' && ambientEnv.NAME === 'value', 'env');
  waitUntil(sleep(1));
  check(process.env.NAME === 'value' && process.hrtime().length === 2, 'process');
  await new Promise((resolve) => process.nextTick(resolve));
}

function clones() {
  const shared = { n: 1n };
  const input = {
    shared, again: shared, date: new Date(0), map: new Map([[1, new Set(['x'])]]), re: /x/gi, buffer: new Uint8Array([1, 2]),
    error: new RangeError('e'), array: [, 1, undefined, null, NaN], // eslint-disable-line no-sparse-arrays
  };
  input.self = input;
  const copy = structuredClone(input, { transfer: [new ArrayBuffer(8)] });
  check(copy.self === copy && copy.shared === copy.again && copy.map.get(1).has('x') && copy.error instanceof RangeError, 'clone');
  try {
    structuredClone(() => {});
    check(false, 'function');
  } catch (e) {
    check(e instanceof DOMException && e.name === 'DataCloneError' && e.code === 25, 'DataCloneError');
  }
}

function random() {
  check(crypto.randomUUID().length === 36, 'uuid');
  check(crypto.getRandomValues(new Uint32Array(4)).length === 4, 'random');
}

async function cryptography() {
  const { subtle } = crypto;
  const data = new TextEncoder().encode('data');
  check((await subtle.digest({ name: 'SHA-256' }, data)).byteLength === 32, 'digest');
  check((await subtle.digest('SHA-1', new Uint8Array(100_000))).byteLength === 20, 'long digest');
  check(subtle.timingSafeEqual(data, data), 'timingSafeEqual');
  const mac = await subtle.importKey('raw', data, { name: 'HMAC', hash: { name: 'SHA-256' } }, true, ['sign', 'verify']);
  check(await subtle.verify('HMAC', mac, await subtle.sign('HMAC', mac, data), data), 'HMAC');
  const jwk = await subtle.exportKey('jwk', structuredClone({ mac }).mac);
  const same = await subtle.importKey('jwk', jwk, mac.algorithm, mac.extractable, mac.usages);
  check(same.type === 'secret', 'jwk');
  const aes = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: data };
  check((await subtle.decrypt(algorithm, aes, await subtle.encrypt(algorithm, aes, data))).byteLength === 4, 'AES-GCM');
  const wrapped = await subtle.wrapKey('jwk', mac, aes, algorithm);
  const unwrapped = await subtle.unwrapKey('jwk', wrapped, aes, algorithm, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
  check(unwrapped.usages.join() === 'sign', 'unwrapped');
  const password = await subtle.importKey('raw', data, 'PBKDF2', false, ['deriveBits', 'deriveKey']);
  const pbkdf2 = { name: 'PBKDF2', hash: 'SHA-256', salt: data, iterations: 5000 };
  check((await subtle.deriveBits(pbkdf2, password, 256)).byteLength === 32, 'deriveBits');
  check((await subtle.deriveKey(pbkdf2, password, { name: 'AES-CBC', length: 128 }, true, ['encrypt'])).type === 'secret', 'deriveKey');
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify']);
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-1' }, pair.privateKey, data);
  check(await subtle.verify({ name: 'ECDSA', hash: 'SHA-1' }, pair.publicKey, signature, data), 'ECDSA');
  const stream = new crypto.DigestStream('MD5');
  const writer = stream.getWriter();
  await writer.write(data);
  await writer.close();
  check((await stream.digest).byteLength === 16 && stream.bytesWritten === 4n, 'DigestStream');
  try {
    await subtle.importKey('spki', data, 'Ed25519', true, []);
    check(false, 'spki');
  } catch (e) {
    check(e.name === 'DataError', 'DataError');
  }
}

function encodings() {
  const encoder = new TextEncoder();
  check(encoder.encodeInto('aä€', new Uint8Array(10)).written === 6, 'encodeInto');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  check(decoder.decode(encoder.encode('aä€'), { stream: true }) + decoder.decode() === 'aä€', 'decode');
  check(new TextDecoder('windows-1252').decode(new Uint8Array([0xe4])) === 'ä', 'legacy');
  check(atob(btoa('text')) === 'text', 'base64');
  return [encoder.encoding, decoder.encoding, decoder.fatal].join();
}

function events() {
  const target = new EventTarget();
  const seen = [];
  target.addEventListener('x', (e) => { seen.push(e.detail); e.preventDefault(); }, { once: true });
  check(target.dispatchEvent(new CustomEvent('x', { detail: 1, cancelable: true })) === false, 'prevented');
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal, AbortSignal.abort()]);
  controller.signal.addEventListener('abort', () => seen.push(controller.signal.reason.name));
  controller.abort();
  check(seen.join() === '1,AbortError' && any.aborted, 'abort');
  try {
    controller.signal.throwIfAborted();
    check(false, 'throwIfAborted');
  } catch (e) {
    check(e === controller.signal.reason, 'reason');
  }
  dispatchEvent(new ErrorEvent('error', { message: 'm', error: 1 }));
}

async function sockets() {
  const [a, b] = Object.values(new WebSocketPair());
  a.accept();
  b.accept({ allowHalfOpen: true });
  const log = [];
  b.binaryType = 'blob';
  b.addEventListener('message', ({ data }) => {
    log.push(typeof data);
    b.send(data);
  });
  b.onclose = () => b.close(1000, 'too');
  a.addEventListener('message', () => { if (log.length === 2) a.close(4000, 'bye'); });
  const closed = new Promise((resolve) => { a.onclose = resolve; });
  a.send('text');
  a.send(new Uint8Array([1, 2]));
  const { code } = await closed;
  check(log.join() === 'string,object' && code === 1000 && a.readyState === 3 && a.bufferedAmount === 0, 'sockets');
  check(new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }).webSocket instanceof WebSocket, '101');
  const dialled = new WebSocket('ws://127.0.0.1:1/', ['a', 'b']);
  const failed = new Promise((resolve) => { dialled.onerror = resolve; });
  dialled.close();
  await failed;
}

function logs() {
  console.log('%s is %d and %o', 'one', 2, { three: [new Map([[1, 2]]), Symbol('s'), () => {}] });
  console.table([{ a: 1, b: 2 }]);
  console.group('group');
  console.warn(new Error('only logged').message, new URL('http://x/'), new Headers({ a: 'b' }), new Response('x'));
  console.groupEnd();
  console.count();
  console.time('t');
  console.timeEnd('t');
  console.assert(false, 'assertion');
  console.error(Promise.resolve(1), new Proxy({}, {}));
  reportError(new Error('reported on purpose'));
  check(navigator.userAgent.length > 0 && performance.timeOrigin >= 0, 'navigator');
}

async function keyValues({ NS }) {
  await NS.put('key', '{"a":1}', { metadata: { m: 1 }, expirationTtl: 60 });
  check((await NS.get('key', 'json')).a === 1, 'get');
  await NS.put('stream', new ReadableStream({
    start(c) { c.enqueue(new TextEncoder().encode('bytes')); c.close(); },
  }));
  await NS.put('body', new Response('from a body').body);
  check(await new Response(await NS.get('stream', 'stream')).text() === 'bytes', 'stream');
  check((await NS.getWithMetadata('key', 'arrayBuffer')).metadata.m === 1, 'metadata');
  check((await NS.get(['key', 'none'])).size === 2, 'bulk');
  const page = await NS.list({ limit: 1 });
  check(page.keys.length === 1 && (await NS.list({ cursor: page.cursor })).keys.length >= 2, 'list');
  await NS.delete('key');
  await NS.deleteBulk(['stream', 'body']);
  check(await NS.get('key') === null, 'delete');
}

async function caching(ctx) {
  const url = 'https://example.com/everything';
  const init = { headers: { 'Cache-Control': 'max-age=60, stale-while-revalidate=60', 'Cache-Tag': 'tag', ETag: '"e"', Vary: 'x-a' } };
  for (const cache of [caches.default, await caches.open('everything')]) {
    await cache.put(url, new Response('entry', init));
    const stored = await cache.match(new Request(url), { ignoreMethod: true, ignoreVary: true });
    check((await stored.text()) === 'entry' && stored.headers.get('cf-cache-status') === 'HIT', 'match');
    check((await cache.match(new Request(url, { headers: { 'If-None-Match': '"e"' } }))).status === 304, 'condition');
    check((await (await cache.match(new Request(url, { headers: { Range: 'bytes=0-1' } }))).text()) === 'en', 'range');
    const response = new Response(new Response('streamed').body, init);
    await Promise.all([cache.put(new Request(url, { cf: { cacheKey: 'k' } }), response.clone()), response.text()]);
    check((await cache.match(new Request(url, { cf: { cacheKey: 'k' } }))) !== undefined, 'key');
    try {
      await cache.put(url, new Response('x', { status: 206 }));
      check(false, '206');
    } catch (e) {
      check(e instanceof TypeError, '206');
    }
    check((await cache.delete(url)) && (await cache.match(url)) === undefined, 'delete');
  }
  check((await ctx.cache.purge({ tags: ['tag'], pathPrefixes: ['/x'] })).success, 'purge');
  check((await ambientCache.invalidate({ purgeEverything: true })).errors.length === 0, 'invalidate');
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/ping') return new Response('pong');
    for (let n = Number(searchParams.get('burn')); n > 0; --n) burn();
    ctx.passThroughOnException();
    const steps = [url(), headers(), await requests(request), clones(), random(), encodings(), events(), logs()];
    await responses();
    await blobs();
    await streams();
    await codings();
    await timers();
    await sockets();
    await cryptography();
    await messages();
    await contexts();
    await eventSources();
    await timeline();
    await keyValues(env);
    await caching(ctx);
    check(ctx.props !== undefined && env.NAME === 'value', 'context');
    let finished;
    const body = new Promise((resolve) => { finished = resolve; });
    ctx.waitUntil((async () => {
      await body;
      await sleep(1);
      random();
      console.log('everything was called');
    })());
    let n = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await sleep(1);
        if (++n > 3) {
          controller.close();
          finished();
        } else {
          controller.enqueue(new TextEncoder().encode(`${n} of ${steps.length}\n`));
        }
      },
    }), { headers: { 'X-Steps': String(steps.length) } });
  },
};

import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

test('a request keeps what browsers fetch by', () => {
  const init = {
    cache: 'no-store', credentials: 'include', integrity: 'sha256-x', keepalive: true, mode: 'same-origin',
    redirect: 'manual', referrer: '', referrerPolicy: 'origin', duplex: 'half', priority: 'high', window: null,
  };
  const read = (r) => [r.cache, r.credentials, r.integrity, r.keepalive, r.mode, r.redirect, r.referrer, r.referrerPolicy,
    r.duplex, r.destination, r.isReloadNavigation, r.isHistoryNavigation];
  const defaults = ['default', 'same-origin', '', false, 'cors', 'follow', 'about:client', '', 'half', '', false, false];
  assertDeepEquals(read(new Request('http://x')), defaults);
  const given = ['no-store', 'include', 'sha256-x', true, 'same-origin', 'manual', '', 'origin', 'half', '', false, false];
  const request = new Request('http://x', init);
  assertDeepEquals(read(request), given);
  assertDeepEquals(read(request.clone()), given);
  assertDeepEquals(read(new Request(request)), given);
  assertDeepEquals(read(new Request('http://y', request)), given);
  assertEquals(new Request(request, { keepalive: false }).keepalive, false);
  const withBody = new Request('http://x', { ...init, method: 'POST', body: 'x' });
  assertDeepEquals(read(new Request(withBody)), given);
});

test('a request refuses what the standard refuses', () => {
  const bad = [{ mode: 'navigate' }, { mode: 'x' }, { cache: 'x' }, { cache: 'only-if-cached' }, { credentials: 'x' },
    { redirect: 'x' }, { referrer: 'http://:' }, { referrerPolicy: 'x' }, { priority: 'x' }, { duplex: 'full' },
    { window: {} }, { mode: 'no-cors', method: 'PUT' }, { method: 'CONNECT' }, { method: 'a b' }, { body: 'x' }];
  for (const init of bad) assertThrows(() => new Request('http://x', init), TypeError);
  assertThrows(() => new Request(), TypeError);
  new Request('http://x', { cache: 'only-if-cached', mode: 'same-origin' });
  new Request('http://x', { method: 'POST', body: new ReadableStream() });
});

test('encodeBody', () => {
  assertEquals(new Response('x', { encodeBody: 'manual' }).status, 200);
  assertEquals(new Response('x', { encodeBody: 'automatic', status: 404 }).status, 404);
  assertThrows(() => new Response('x', { encodeBody: 'other' }), TypeError);
});

test('Headers of Headers', () => {
  const headers = new Headers([['b', '2'], ['A', '1'], ['set-cookie', 'x'], ['set-cookie', 'y']]);
  assertDeepEquals([...new Headers(headers)], [...headers]);
  headers[Symbol.iterator] = function* () { yield ['other', '3']; };
  assertDeepEquals([...new Headers(headers).entries()], [['other', '3']]);
  for (const wrong of [null, 1, 'x']) assertThrows(() => new Headers(wrong), TypeError);
});

test('console shows what requests and their kin are', () => {
  const form = new FormData();
  form.append('a-b', '1');
  form.append('f', new File(['x'], 'n', { type: 'a/b', lastModified: 1 }));
  console.log(new Headers({ 'X-Y': '1', z: '2' }), form, new URLSearchParams('a=1&a=2'), new Blob(['abc']));
  console.log(new Response('x', { status: 201, headers: { a: 'b' } }));
  console.log(Headers.prototype, new URL('http://x/y?z#w').searchParams);
  const log = "Headers { 'x-y': '1', z: '2' } FormData {\n" +
    "  'a-b': '1',\n  f: File { size: 1, type: 'a/b', name: 'n', lastModified: 1 }\n" +
    "} URLSearchParams { 'a' => '1', 'a' => '2' } Blob { size: 3, type: '' }\n";
  return log;
});

export default worker;

// KV namespaces as a worker sees them: every rule and every error text. Run by tests/e2e/test_kv.py, which gives it the
// bindings NS and OTHER (two namespaces) and SAME (that of NS once more).

import { env } from 'cloudflare:workers';
import { test, worker, assert, assertEquals, assertDeepEquals, assertRejects } from './harness.mjs';

const { NS, OTHER, SAME } = env;
const bytes = (text) => new TextEncoder().encode(text);
const collect = async (stream) => new Response(stream).text();
let serial = 0;
const fresh = (name) => `${name}-${++serial}`;
const now = () => Math.floor(Date.now() / 1000);

async function rejectsWith(promise, type, message) {
  const error = await assertRejects(promise);
  assertEquals(error.constructor, type, String(error));
  assertEquals(error.message, message);
}

test('the class', () => {
  assertEquals(NS.constructor.name, 'KvNamespace');
  assertEquals(Object.prototype.toString.call(NS), '[object KvNamespace]');
  assertEquals(typeof KvNamespace, 'undefined');
  assertDeepEquals(Object.getOwnPropertyNames(Object.getPrototypeOf(NS)).sort(),
    ['constructor', 'delete', 'deleteBulk', 'get', 'getWithMetadata', 'list', 'put']);
});

test('a value of each type, and nothing', async () => {
  const key = fresh('types');
  assertEquals(await NS.get(key), null);
  assertEquals(await NS.put(key, '{"a":[1,"ä"]}'), undefined);
  for (let i = 0; i < 2; ++i) {
    assertEquals(await NS.get(key), '{"a":[1,"ä"]}');
    assertEquals(await NS.get(key, 'text'), '{"a":[1,"ä"]}');
    assertEquals(await NS.get(key, undefined), '{"a":[1,"ä"]}');
    assertEquals(await NS.get(key, null), '{"a":[1,"ä"]}');
    assertEquals(await NS.get(key, {}), '{"a":[1,"ä"]}');
    assertDeepEquals(await NS.get(key, 'json'), { a: [1, 'ä'] });
    assertDeepEquals(await NS.get(key, { type: 'json' }), { a: [1, 'ä'] });
    const buffer = await NS.get(key, 'arrayBuffer');
    assert(buffer instanceof ArrayBuffer);
    assertEquals(new TextDecoder().decode(buffer), '{"a":[1,"ä"]}');
    const stream = await NS.get(key, { type: 'stream' });
    assert(stream instanceof ReadableStream);
    assertEquals(await collect(stream), '{"a":[1,"ä"]}');
  }
  assertEquals(await NS.get(fresh('none'), 'stream'), null);
  assertEquals(await NS.get(fresh('none'), 'banana'), null);
});

test('an unknown type, and text that is no JSON', async () => {
  const key = fresh('wrong');
  await NS.put(key, 'no json');
  const message = 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".';
  await rejectsWith(NS.get(key, 'banana'), TypeError, message);
  await rejectsWith(NS.get(key, { type: null }), TypeError, message);
  await rejectsWith(NS.getWithMetadata(key, 7), TypeError, message);
  await assertRejects(NS.get(key, 'json'), SyntaxError);
});

test('what can be put', async () => {
  const key = fresh('put');
  const views = [bytes('bytes').buffer, bytes('bytes'), new DataView(bytes('xbytesx').buffer, 1, 5),
    new Uint8Array(bytes('xbytesx').buffer, 1, 5), 'bytes', new Blob(['by', 'tes']).stream(),
    new ReadableStream({ start(c) { c.enqueue(bytes('by')); c.enqueue(bytes('tes')); c.close(); } }),
    new Response('bytes').body];
  for (const value of views) {
    await NS.put(key, value);
    assertEquals(await NS.get(key), 'bytes', Object.prototype.toString.call(value));
    await NS.delete(key);
  }
  for (const [value, text] of [[5, '5'], [true, 'true'], [null, 'null'], [undefined, 'undefined'], ['', '']]) {
    await NS.put(key, value);
    assertEquals(await NS.get(key), text);
  }
  const message = 'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.';
  for (const value of [{}, [], new Date(), new Response('x'), new Blob(['x']), () => 1, new String('x')]) {
    await rejectsWith(NS.put(key, value), TypeError, message);
  }
  await assertRejects(NS.put(key, Symbol('x')), TypeError);
  await assertRejects(NS.put(key), TypeError);
  await assertRejects(NS.put(), TypeError);
  assertEquals(await NS.get(key), '');
});

test('bytes are taken when put() is called', async () => {
  const key = fresh('taken');
  const view = bytes('before');
  const done = NS.put(key, view);
  view.fill(33);
  await done;
  assertEquals(await NS.get(key), 'before');
});

test('bytes that are no text', async () => {
  const key = fresh('binary');
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  await NS.put(key, all);
  assertDeepEquals(new Uint8Array(await NS.get(key, 'arrayBuffer')), all);
  assert((await NS.get(key)).includes('\ufffd'));
});

test('streams that fail, are locked or were read', async () => {
  const key = fresh('streams');
  await NS.put(key, 'old');
  const failing = new ReadableStream({ pull(c) { c.error(new Error('broken pipe')); } });
  const error = await assertRejects(NS.put(key, failing), Error);
  assert(error.message.includes('broken pipe'), error.message);
  const locked = new Blob(['x']).stream();
  locked.getReader();
  await assertRejects(NS.put(key, locked), TypeError);
  const read = new Response('x');
  await read.text();
  await assertRejects(NS.put(key, read.body), TypeError);
  const wrong = new ReadableStream({ start(c) { c.enqueue('text'); c.close(); } });
  await assertRejects(NS.put(key, wrong), Error);
  assertEquals(await NS.get(key), 'old');
});

test('keys', async () => {
  for (const [operation, call] of [['GET', (key) => NS.get(key)], ['GET', (key) => NS.getWithMetadata(key)],
    ['PUT', (key) => NS.put(key, 'x')], ['DELETE', (key) => NS.delete(key)]]) {
    await rejectsWith(call(''), TypeError, 'Key name cannot be empty.');
    await rejectsWith(call('.'), TypeError, '"." is not allowed as a key name.');
    await rejectsWith(call('..'), TypeError, '".." is not allowed as a key name.');
    await rejectsWith(call('ä'.repeat(257)), Error,
      `KV ${operation} failed: 414 UTF-8 encoded length of 514 exceeds key length limit of 512.`);
    await assertRejects(call(Symbol('x')), TypeError);
  }
  for (const key of ['x'.repeat(512), 'ä'.repeat(256), ' ', '/', '../..', 'a\0b', '😀', '%2e', '__proto__', '0']) {
    await NS.put(key, `value of ${key}`);
    assertEquals(await NS.get(key), `value of ${key}`);
    await NS.delete(key);
    assertEquals(await NS.get(key), null);
  }
  // What is no string becomes one; halves of surrogate pairs become U+FFFD.
  await NS.put(17, 'number');
  assertEquals(await NS.get('17'), 'number');
  await NS.put('\ud800', 'half');
  assertEquals(await NS.get('\ufffd'), 'half');
  await NS.delete(17);
  await NS.delete('\ufffd');
});

test('sizes', async () => {
  const key = fresh('sizes');
  const most = 25 * 1024 * 1024;
  const message = `KV PUT failed: 413 Value length of ${most + 1} exceeds limit of ${most}.`;
  await rejectsWith(NS.put(key, new Uint8Array(most + 1)), Error, message);
  await rejectsWith(NS.put(key, 'x'.repeat(most + 1)), Error, message);
  await rejectsWith(NS.put(key, new Blob([new Uint8Array(most + 1)]).stream()), Error, message);
  assertEquals(await NS.get(key), null);
});

test('expiration', async () => {
  const key = fresh('expiration');
  const failed = (text) => `KV PUT failed: 400 Invalid ${text}`;
  const positive = 'Please specify integer greater than 0.';
  const epoch = 'Please specify integer greater than the current number of seconds since the UNIX epoch.';
  for (const [options, message] of [
    [{ expirationTtl: 0 }, `expiration_ttl of 0. ${positive}`],
    [{ expirationTtl: -5 }, `expiration_ttl of -5. ${positive}`],
    [{ expirationTtl: 'nan' }, `expiration_ttl of 0. ${positive}`],
    [{ expirationTtl: 59.9 }, 'expiration_ttl of 59. Expiration TTL must be at least 60.'],
    [{ expiration: 0 }, `expiration of 0. ${epoch}`],
    [{ expiration: 1000 }, `expiration of 1000. ${epoch}`],
  ]) {
    await rejectsWith(NS.put(key, 'x', options), Error, failed(message));
  }
  const soon = now() + 30;
  await rejectsWith(NS.put(key, 'x', { expiration: soon }), Error,
    failed(`expiration of ${soon}. Expiration times must be at least 60 seconds in the future.`));
  await rejectsWith(NS.put(key, 'x', { expiration: Date.now() + 60_000 }), TypeError,
    'Value out of range. Must be between -2147483648 and 2147483647 (inclusive).');
  assertEquals(await NS.get(key), null);
  const before = now();
  await NS.put(key, 'x', { expirationTtl: '60' });
  let { keys: [found] } = await NS.list({ prefix: key });
  assert(found.expiration >= before + 60 && found.expiration <= now() + 60, found.expiration);
  await NS.put(key, 'x', { expiration: before + 1000 });
  ({ keys: [found] } = await NS.list({ prefix: key }));
  assertDeepEquals(found, { name: key, expiration: before + 1000 });
  // Both: the time to live counts. And without either it lives on.
  await NS.put(key, 'x', { expiration: before + 1000, expirationTtl: 5000 });
  ({ keys: [found] } = await NS.list({ prefix: key }));
  assert(found.expiration >= before + 5000);
  await NS.put(key, 'x', null);
  assertDeepEquals((await NS.list({ prefix: key })).keys, [{ name: key }]);
});

test('metadata', async () => {
  const key = fresh('metadata');
  for (const metadata of [{ a: { b: [1] } }, [1, 2], 'text', 7, 0, '', false, { emoji: '🤓' }]) {
    await NS.put(key, 'v', { metadata });
    for (let i = 0; i < 2; ++i) {
      assertDeepEquals(await NS.getWithMetadata(key), { value: 'v', metadata, cacheStatus: null });
    }
    assertDeepEquals((await NS.list({ prefix: key })).keys, [{ name: key, metadata }]);
  }
  for (const metadata of [null, undefined]) {
    await NS.put(key, 'v', { metadata });
    assertDeepEquals(await NS.getWithMetadata(key), { value: 'v', metadata: null, cacheStatus: null });
  }
  assertDeepEquals(await NS.getWithMetadata(fresh('none')), { value: null, metadata: null, cacheStatus: null });
  const fits = { key: 'x'.repeat(1024 - '{"key":""}'.length) };
  await NS.put(key, 'v', { metadata: fits });
  assertDeepEquals((await NS.getWithMetadata(key)).metadata, fits);
  await rejectsWith(NS.put(key, 'w', { metadata: { key: `${fits.key}x` } }), Error,
    'KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024.');
  const circle = {};
  circle.circle = circle;
  await assertRejects(NS.put(key, 'w', { metadata: circle }), TypeError);
  await assertRejects(NS.put(key, 'w', { metadata: 1n }), TypeError);
  await rejectsWith(NS.put(key, 'w', { metadata: () => 1 }), Error, 'KV PUT failed: 400 Metadata must be valid JSON.');
  assertEquals(await NS.get(key), 'v');
  const stream = await NS.getWithMetadata(key, 'stream');
  assertEquals(await collect(stream.value), 'v');
});

test('cacheTtl', async () => {
  const key = fresh('ttl');
  await NS.put(key, 'v');
  for (const cacheTtl of [30, 60, 1e6, '60']) assertEquals(await NS.get(key, { cacheTtl }), 'v');
  for (const [cacheTtl, shown] of [[29, 29], [0, 0], [-1, -1], ['not a number', 0]]) {
    await rejectsWith(NS.get(key, { cacheTtl }), Error,
      `KV GET failed: 400 Invalid cache_ttl of ${shown}. Cache TTL must be at least 30.`);
  }
  await NS.put(key, 'new');
  assertEquals(await NS.get(key, { cacheTtl: 3600 }), 'new');
});

test('many keys at once', async () => {
  const prefix = fresh('bulk');
  const keys = Array.from({ length: 100 }, (_, i) => `${prefix}/${i}`);
  await Promise.all(keys.slice(0, 50).map((key, i) => NS.put(key, String(i), { metadata: { i } })));
  for (let round = 0; round < 2; ++round) {
    const found = await NS.get(keys);
    assert(found instanceof Map);
    assertDeepEquals([...found.keys()], keys);
    assertEquals(found.get(keys[7]), '7');
    assertEquals(found.get(keys[70]), null);
  }
  assertDeepEquals([...await NS.get([keys[3], keys[99], keys[3]], 'json')], [[keys[3], 3], [keys[99], null]]);
  assertDeepEquals([...await NS.getWithMetadata([keys[2], keys[60]])],
    [[keys[2], { value: '2', metadata: { i: 2 } }], [keys[60], null]]);
  const failed = (text) => `KV GET_BULK failed: ${text}`;
  await rejectsWith(NS.get([]), Error, failed('400 You must request a minimum of 1 key'));
  await rejectsWith(NS.get([...keys, 'x']), Error, failed('400 You can request a maximum of 100 keys'));
  await rejectsWith(NS.get(new Array(4294967295)), Error, failed('400 You can request a maximum of 100 keys'));
  for (const type of ['arrayBuffer', 'stream', 'banana']) {
    await rejectsWith(NS.get(keys, type), Error, failed(`400 "${type}" is not a valid type. Use "json" or "text"`));
  }
  await rejectsWith(NS.get(['x', '']), Error, failed('400 Key names must not be empty'));
  await rejectsWith(NS.get(['..']), Error, failed('400 Illegal key name "..". Please use a different name.'));
  await rejectsWith(NS.get(['x'.repeat(513)]), Error,
    failed('414 UTF-8 encoded length of 513 exceeds key length limit of 512.'));
  await rejectsWith(NS.get(keys, { cacheTtl: 1 }), Error,
    failed('400 Invalid cache_ttl of 1. Cache TTL must be at least 30.'));
  await NS.put(keys[0], 'no json');
  await rejectsWith(NS.get(keys, 'json'), Error,
    failed('400 At least one of the requested keys corresponds to a non-json value'));
  await NS.put(keys[0], 'x'.repeat(13 << 20));
  await NS.put(keys[1], 'x'.repeat(13 << 20));
  await rejectsWith(NS.get(keys), Error, failed('413 Total size of request exceeds the limit of 25MB'));
  await NS.delete(keys[0]);
  assertEquals((await NS.get(keys)).get(keys[1]).length, 13 << 20);
  await NS.deleteBulk(keys);
  assert([...(await NS.get(keys)).values()].every((value) => value === null));
});

test('deleting', async () => {
  const key = fresh('delete');
  assertEquals(await NS.delete(key), undefined);
  await NS.put(key, 'x');
  assertEquals(await NS.delete(key), undefined);
  assertEquals(await NS.get(key), null);
  assertEquals(await NS.deleteBulk([]), undefined);
  assertEquals(await NS.deleteBulk(key), undefined);
  await rejectsWith(NS.deleteBulk(Array.from({ length: 101 }, (_, i) => `k${i}`)), Error,
    'KV DELETE failed: 400 You can delete maximum of 100 keys per request');
  await rejectsWith(NS.deleteBulk(['']), Error, 'KV DELETE failed: 400 Key names must not be empty');
});

test('lists', async () => {
  const prefix = `${fresh('list')}:`;
  const names = ['a', 'B', 'b', '10', '9', 'ä', 'é', 'z', '€', '\uffff', '😀', 'a/b', '\\_%x', ' '];
  await Promise.all(names.map((name) => NS.put(prefix + name, 'v')));
  const sorted = ['\x20', '10', '9', 'B', '\\_%x', 'a', 'a/b', 'b', 'z', 'ä', 'é', '€', '\uffff', '😀'];
  const all = await NS.list({ prefix });
  assertDeepEquals(all, { keys: sorted.map((name) => ({ name: prefix + name })), list_complete: true, cacheStatus: null });
  assertDeepEquals(Object.keys(all), ['keys', 'list_complete', 'cacheStatus']);
  const found = [];
  let cursor;
  do {
    const page = await NS.list({ prefix, limit: 3, cursor });
    assert(page.keys.length <= 3);
    assertEquals('cursor' in page, !page.list_complete);
    found.push(...page.keys.map(({ name }) => name.slice(prefix.length)));
    ({ cursor } = page);
  } while (cursor !== undefined);
  assertDeepEquals(found, sorted);
  assertDeepEquals((await NS.list({ prefix: `${prefix}\\_%` })).keys, [{ name: `${prefix}\\_%x` }]);
  for (const limit of [0, -1, 'x', undefined]) assertEquals((await NS.list({ prefix, limit })).keys.length, 14);
  assertEquals((await NS.list({ prefix, limit: '2' })).keys.length, 2);
  for (const none of [null, undefined, '']) assertEquals((await NS.list({ prefix, cursor: none })).keys.length, 14);
  assert((await NS.list()).keys.length >= 14);
  assert((await NS.list(null)).keys.length >= 14);
  assert((await NS.list({ prefix: null })).keys.length >= 14);
  assertDeepEquals((await NS.list({ prefix: fresh('none') })).keys, []);
  await rejectsWith(NS.list({ limit: 1001 }), Error,
    'KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.');
  await rejectsWith(NS.list({ prefix: 'x'.repeat(513) }), Error,
    'KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.');
  const page = await NS.list({ prefix, limit: 1 });
  for (const wrong of ['x', 'AAAA', page.cursor.slice(1), `${page.cursor}A`, '😀', 'A'.repeat(5000)]) {
    await rejectsWith(NS.list({ prefix, cursor: wrong }), Error, 'KV GET failed: 400 Invalid cursor.');
  }
  // What is written between two pages.
  await NS.put(`${prefix}!`, 'new');
  await NS.delete(`${prefix}9`);
  assertDeepEquals((await NS.list({ prefix, limit: 2, cursor: page.cursor })).keys.map(({ name }) => name.slice(prefix.length)),
    ['!', '10']);
});

test('namespaces are apart, bindings of one are not', async () => {
  const key = fresh('apart');
  await NS.put(key, 'here');
  assertEquals(await OTHER.get(key), null);
  assertEquals(await SAME.get(key), 'here');
  await SAME.put(key, 'there');
  assertEquals(await NS.get(key), 'there');
  await OTHER.put(key, 'x');
  await NS.delete(key);
  assertEquals(await OTHER.get(key), 'x');
  assertEquals(await SAME.get(key), null);
});

test('the last of many writes counts', async () => {
  const key = fresh('race');
  await Promise.all(Array.from({ length: 40 }, (_, i) => NS.put(key, String(i))));
  assertEquals(await NS.get(key), '39');
  const [, value] = await Promise.all([NS.put(key, 'a'), NS.put(key, 'b').then(() => NS.get(key)), NS.get(key)]);
  assertEquals(value, 'b');
});

test('long values', async () => {
  const key = fresh('long');
  const text = '0123456789abcdef'.repeat(65536);
  await NS.put(key, text);
  assertEquals(await NS.get(key), text);
  assertEquals((await NS.get(key, 'arrayBuffer')).byteLength, text.length);
  assertEquals(await collect(await NS.get(key, 'stream')), text);
  const copy = fresh('copy');
  await NS.put(copy, await NS.get(key, 'stream'));
  assertEquals(await NS.get(copy), text);
  // One that goes through JavaScript.
  await NS.put(copy, (await NS.get(key, 'stream')).pipeThrough(new TransformStream()));
  assertEquals(await NS.get(copy), text);
  // One that is given up in the middle.
  const stream = await NS.get(key, 'stream');
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
});

test('methods are the namespace\'s own', async () => {
  const { get } = NS;
  await assertRejects(get('x'), TypeError);
  await assertRejects(get.call({}, 'x'), TypeError);
  await assertRejects(get.call(new Headers(), 'x'), TypeError);
  assertEquals(await get.call(OTHER, fresh('none')), null);
  assertEquals(structuredCloneFails(NS), true);
});

function structuredCloneFails(value) {
  try {
    structuredClone(value);
    return false;
  } catch (error) {
    return error instanceof DOMException && error.name === 'DataCloneError';
  }
}

export default worker;

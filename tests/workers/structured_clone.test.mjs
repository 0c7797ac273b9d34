import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows, settle } from './harness.mjs';

test('structuredClone copies values', () => {
  for (const value of [undefined, null, true, 1.5, -0, NaN, 'text', 12345678901234567890n]) {
    assertEquals(structuredClone(value), value);
  }
  const source = {
    list: [1, , 3], map: new Map([[{ k: 1 }, 'v']]), set: new Set(['x']), date: new Date(5), regexp: /a+/gi,
    boxed: Object('s'), bytes: new Uint8Array([1, 2, 3]), buffer: new ArrayBuffer(4), big: 1n,
  };
  const copy = structuredClone(source);
  assert(copy !== source && copy.list !== source.list);
  assertEquals(copy.list.length, 3);
  assert(!(1 in copy.list), 'holes stay holes');
  assertDeepEquals([...copy.map], [[{ k: 1 }, 'v']]);
  assertDeepEquals([...copy.set], ['x']);
  assertEquals(copy.date.getTime(), 5);
  assertEquals(String(copy.regexp), '/a+/gi');
  assertEquals(copy.boxed.valueOf(), 's');
  assertDeepEquals(copy.bytes, source.bytes);
  assertEquals(copy.buffer.byteLength, 4);
});

test('structuredClone keeps identity and cycles', () => {
  const shared = {};
  const source = { a: shared, b: shared };
  source.self = source;
  const copy = structuredClone(source);
  assertEquals(copy.a, copy.b);
  assertEquals(copy.self, copy);
  const view = new Uint8Array(8);
  const [one, two] = structuredClone([view.subarray(0, 4), view.subarray(4)]);
  assertEquals(one.buffer, two.buffer);
});

test('structuredClone keeps what errors say', () => {
  const error = new RangeError('far out', { cause: new TypeError('inner') });
  error.custom = 1;
  const copy = structuredClone(error);
  assert(copy instanceof RangeError);
  assertEquals(copy.message, 'far out');
  assertEquals(copy.stack, error.stack);
  assert(copy.cause instanceof TypeError);
  assertEquals(copy.cause.message, 'inner');
  assertEquals(copy.custom, undefined);
});

test('structuredClone copies DOMExceptions', () => {
  const error = new DOMException('gone', 'NotFoundError');
  const { copy, again } = structuredClone({ copy: error, again: error });
  assert(copy instanceof DOMException && copy !== error);
  assertEquals(copy, again);
  assertEquals(copy.name, 'NotFoundError');
  assertEquals(copy.message, 'gone');
  assertEquals(copy.code, 8);
  assertEquals(copy.stack, error.stack);
  const disguised = Object.defineProperty(new DOMException('true', 'AbortError'), 'name', { value: 'False' });
  assertEquals(structuredClone(disguised).name, 'AbortError');
  assertEquals(structuredClone(Object.create(DOMException.prototype)) instanceof DOMException, false);
});

test('structuredClone refuses what cannot be cloned', () => {
  assertThrows(() => structuredClone(() => 1), 'DataCloneError');
  assertThrows(() => structuredClone(Symbol('s')), 'DataCloneError');
  assertThrows(() => structuredClone({ deep: [new WeakMap()] }), 'DataCloneError');
  assertThrows(() => structuredClone(Promise.resolve()), 'DataCloneError');
  assertThrows(() => structuredClone(new URL('https://h/')), 'DataCloneError');
  assertThrows(() => structuredClone({ a: new URLSearchParams() }), /#<URLSearchParams> could not be cloned/);
  if (typeof SharedArrayBuffer === 'function') {
    assertThrows(() => structuredClone(new SharedArrayBuffer(1)), 'DataCloneError');
  }
  const sentinel = new Error('mine');
  assertThrows(() => structuredClone({ get x() { throw sentinel; } }), sentinel);
  assertThrows(() => structuredClone(), TypeError);
  assertEquals(structuredClone.length, 1);
});

test('structuredClone does not go too deep', () => {
  let deep = {};
  for (let i = 0; i < 200_000; i++) deep = { deep };
  assertThrows(() => structuredClone(deep), RangeError);
});

test('structuredClone transfers ArrayBuffers', () => {
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const view = new Uint8Array(buffer, 1);
  const copy = structuredClone({ buffer, view }, { transfer: [buffer] });
  assertEquals(buffer.byteLength, 0);
  assert(buffer.detached);
  assertDeepEquals([...copy.view], [2, 3]);
  assertEquals(copy.view.buffer, copy.buffer);
  const unused = new ArrayBuffer(8);
  assertEquals(structuredClone(1, { transfer: new Set([unused]) }), 1);
  assert(unused.detached);
  const resizable = new ArrayBuffer(2, { maxByteLength: 16 });
  const moved = structuredClone(resizable, { transfer: [resizable] });
  assert(moved.resizable && moved.maxByteLength === 16 && resizable.detached);
  assertEquals(structuredClone({ a: 1 }, undefined).a, 1);
  assertEquals(structuredClone({ a: 1 }, null).a, 1);
  assertEquals(structuredClone({ a: 1 }, { transfer: undefined }).a, 1);
});

test('structuredClone refuses bad transfer lists', () => {
  const buffer = new ArrayBuffer(8);
  assertThrows(() => structuredClone(1, { transfer: [buffer, buffer] }), 'DataCloneError');
  assertThrows(() => structuredClone(1, { transfer: [{}] }), 'DataCloneError');
  assertThrows(() => structuredClone(1, { transfer: [new Uint8Array(buffer)] }), 'DataCloneError');
  assertThrows(() => structuredClone(1, { transfer: [1] }), TypeError);
  assertThrows(() => structuredClone(1, { transfer: buffer }), TypeError);
  assertThrows(() => structuredClone(() => 1, { transfer: [buffer] }), 'DataCloneError');
  assertEquals(buffer.byteLength, 8, 'nothing was detached');
  structuredClone(1, { transfer: [buffer] });
  assertThrows(() => structuredClone(1, { transfer: [buffer] }), 'DataCloneError');
  assertThrows(() => structuredClone(buffer), 'DataCloneError');
  const victim = new ArrayBuffer(8);
  assertThrows(() => structuredClone({
    get x() {
      structuredClone(1, { transfer: [victim] });
      return 1;
    },
  }, { transfer: [victim] }), 'DataCloneError');
  const memory = new WebAssembly.Memory({ initial: 1 });
  assertThrows(() => structuredClone(1, { transfer: [memory.buffer] }), 'DataCloneError');
});

async function textOf(readable) {
  let text = '';
  for await (const chunk of readable) text += chunk.text;
  return text;
}

test('streams are transferred, their chunks cloned', async () => {
  const chunk = { text: 'a' };
  const readable = new ReadableStream({ start(c) { c.enqueue(chunk); c.enqueue({ text: 'b' }); c.close(); } });
  const moved = structuredClone({ readable }, { transfer: [readable] }).readable;
  assert(readable.locked && moved instanceof ReadableStream && moved !== readable);
  assertEquals(await textOf(moved), 'ab');

  const written = [];
  const writable = new WritableStream({ write(each) { written.push(each); }, close() { written.push('closed'); } });
  const far = structuredClone(writable, { transfer: [writable] });
  assert(writable.locked && far instanceof WritableStream);
  const writer = far.getWriter();
  await writer.write(chunk);
  await writer.close();
  assert(written.length === 2 && written[0] !== chunk && written[0].text === 'a' && written[1] === 'closed');

  const transform = new TransformStream({ transform({ text }, c) { c.enqueue({ text: text + text }); } });
  const other = structuredClone(transform, { transfer: [transform] });
  assert(transform.readable.locked && transform.writable.locked && other instanceof TransformStream);
  const otherWriter = other.writable.getWriter();
  otherWriter.write({ text: 'x' });
  otherWriter.close();
  assertEquals(await textOf(other.readable), 'xx');
});

test('streams that cannot be transferred', async () => {
  const locked = new ReadableStream();
  locked.getReader();
  assertThrows(() => structuredClone(locked, { transfer: [locked] }), 'DataCloneError');
  assertThrows(() => structuredClone(new ReadableStream()), 'DataCloneError');
  const half = new TransformStream();
  half.writable.getWriter();
  assertThrows(() => structuredClone(half, { transfer: [half] }), 'DataCloneError');
  assert(!half.readable.locked);
  // A chunk that cannot be cloned errors both ends.
  let reason;
  const functions = new ReadableStream({ pull(c) { c.enqueue(() => {}); }, cancel(r) { reason = r; } });
  const moved = structuredClone(functions, { transfer: [functions] });
  const error = await moved.getReader().read().catch((e) => e);
  await settle();
  assert(error instanceof DOMException && error.name === 'DataCloneError' && reason === error);
});

test('other objects of the platform are refused', () => {
  for (const object of [new EventTarget(), new Event('x'), new AbortController(), new Headers(), new Request('http://x/'),
    new URL('http://x/'), performance, navigator, crypto, new TextEncoder(), new CountQueuingStrategy({ highWaterMark: 1 })]) {
    assertThrows(() => structuredClone(object), 'DataCloneError');
    assertThrows(() => structuredClone({ object }), 'DataCloneError');
    assertThrows(() => structuredClone(object, { transfer: [object] }), 'DataCloneError');
  }
});

export default worker;

import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects, settle, stateOf,
} from './harness.mjs';

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function streamOf(...chunks) {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

test('queued chunks are read in order, then the end', async () => {
  const reader = streamOf('a', 'b').getReader();
  assertDeepEquals(await reader.read(), { value: 'a', done: false });
  assertDeepEquals(await reader.read(), { value: 'b', done: false });
  assertDeepEquals(await reader.read(), { value: undefined, done: true });
  await reader.closed;
});

test('a long queue keeps its order while it grows and shrinks', async () => {
  let controller;
  const reader = new ReadableStream({ start(c) { controller = c; } },
                                    { highWaterMark: 1000 }).getReader();
  let written = 0;
  let read = 0;
  for (let round = 1; round < 30; round++) {
    for (let i = 0; i < round * 3; i++) controller.enqueue(written++);
    for (let i = 0; i < round * 2; i++) assertEquals((await reader.read()).value, read++);
  }
  assertEquals(controller.desiredSize, 1000 - (written - read));
});

test('pull is called as the queue has room, and not again before its promise settles', async () => {
  let pulls = 0;
  let release;
  const stream = new ReadableStream({
    pull(controller) {
      pulls++;
      controller.enqueue(pulls);
      return new Promise((resolve) => { release = resolve; });
    },
  }, { highWaterMark: 3 });
  await settle();
  assertEquals(pulls, 1);
  release();
  await settle();
  assertEquals(pulls, 2);
  release();
  await settle();
  release();
  await settle();
  assertEquals(pulls, 3);
  const reader = stream.getReader();
  await reader.read();
  await settle();
  assertEquals(pulls, 4);
});

test('an error reaches reads, closed and cancel', async () => {
  const error = new Error('broken');
  const stream = new ReadableStream({ pull() { throw error; } });
  const reader = stream.getReader();
  await assertRejects(reader.read(), error);
  await assertRejects(reader.closed, error);
  await assertRejects(reader.cancel(), error);
  reader.releaseLock();
  await assertRejects(stream.cancel(), error);
});

test('a released reader has no stream', async () => {
  const stream = new ReadableStream();
  const reader = stream.getReader();
  const pending = reader.read();
  assertEquals(stream.locked, true);
  reader.releaseLock();
  assertEquals(stream.locked, false);
  await assertRejects(pending, TypeError);
  await assertRejects(reader.read(), TypeError);
  await assertRejects(reader.closed, TypeError);
  assertEquals(reader.closed, reader.closed, 'the same promise each time');
});

test('a locked stream cannot be cancelled, read, teed or piped', async () => {
  const stream = new ReadableStream();
  stream.getReader();
  await assertRejects(stream.cancel(), TypeError);
  assertThrows(() => stream.getReader(), TypeError);
  assertThrows(() => stream.tee(), TypeError);
  assertThrows(() => stream.values(), TypeError);
  assertThrows(() => stream.pipeThrough(new TransformStream()), TypeError);
  await assertRejects(() => stream.pipeTo(new WritableStream()), TypeError);
});

test('methods that return promises reject for wrong receivers', async () => {
  for (const receiver of [{}, null, undefined, 5, new WritableStream()]) {
    await assertRejects(() => ReadableStream.prototype.cancel.call(receiver), TypeError);
    await assertRejects(() => ReadableStream.prototype.pipeTo.call(receiver), TypeError);
    await assertRejects(() => ReadableStreamDefaultReader.prototype.read.call(receiver), TypeError);
  }
  assertThrows(() => ReadableStream.prototype.getReader.call({}), TypeError);
  assertEquals(assertThrows(() => new ReadableStreamDefaultReader(), TypeError).message,
               "Failed to construct 'ReadableStreamDefaultReader': " +
               '1 argument required, but only 0 present.');
});

test('strategies are checked', () => {
  assertThrows(() => new ReadableStream({}, { highWaterMark: -1 }), RangeError);
  assertThrows(() => new ReadableStream({}, { highWaterMark: NaN }), RangeError);
  assertThrows(() => new ReadableStream({}, { size: 5 }), TypeError);
  assertThrows(() => new ReadableStream({ type: 'bytes' }, { size() {} }), RangeError);
  assertThrows(() => new ReadableStream({ type: 'other' }), TypeError);
  assertThrows(() => new ReadableStream(null), TypeError);
  assertThrows(() => new ReadableStream({ pull: 1 }), TypeError);
  let controller;
  new ReadableStream({ start(c) { controller = c; } }, { size: () => -1 });
  assertThrows(() => controller.enqueue('x'), RangeError);
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: 7 });
  assertEquals(strategy.highWaterMark, 7);
  assertEquals(strategy.size(new Uint8Array(5)), 5);
  assertEquals(new CountQueuingStrategy({ highWaterMark: 1 }).size(), 1);
  assertThrows(() => new CountQueuingStrategy({}), TypeError);
});

test('async iteration cancels on an early exit, unless told otherwise', async () => {
  let cancelled;
  const source = { pull(c) { c.enqueue(1); }, cancel(reason) { cancelled = [reason]; } };
  for await (const chunk of new ReadableStream(source)) {
    assertEquals(chunk, 1);
    break;
  }
  assertDeepEquals(cancelled, [undefined]);
  cancelled = undefined;
  const stream = new ReadableStream(source);
  for await (const chunk of stream.values({ preventCancel: true })) {
    assertEquals(chunk, 1);
    break;
  }
  assertEquals(cancelled, undefined);
  assertEquals(stream.locked, false);
});

test('calls of next are served in order', async () => {
  let controller;
  const iterator = new ReadableStream({ start(c) { controller = c; } }).values();
  const results = Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
  controller.enqueue('a');
  controller.enqueue('b');
  controller.close();
  assertDeepEquals((await results).map((result) => result.value ?? result.done),
                   ['a', 'b', true, true]);
});

test('ReadableStream.from takes iterables of both kinds', async () => {
  assertDeepEquals(await readAll(ReadableStream.from(['x', 'y'])), ['x', 'y']);
  assertDeepEquals(await readAll(ReadableStream.from('hé')), ['h', 'é']);
  assertDeepEquals(await readAll(ReadableStream.from([Promise.resolve(1), 2])), [1, 2]);
  async function* generate() {
    yield 1;
    yield 2;
  }
  assertDeepEquals(await readAll(ReadableStream.from(generate())), [1, 2]);
  assertDeepEquals(await readAll(ReadableStream.from(streamOf(3))), [3]);
  assertThrows(() => ReadableStream.from(5), TypeError);
  assertThrows(() => ReadableStream.from(null), TypeError);
  assertThrows(() => ReadableStream.from(), TypeError);
  let returned;
  const iterable = {
    [Symbol.iterator]: () => ({
      next: () => ({ value: 1, done: false }),
      return(reason) { returned = reason; return {}; },
    }),
  };
  await ReadableStream.from(iterable).cancel('enough');
  assertEquals(returned, 'enough');
});

test('tee gives each branch all chunks, and cancels the source after both', async () => {
  let cancelled;
  const [a, b] = streamOf(1, 2).tee();
  assertDeepEquals(await Promise.all([readAll(a), readAll(b)]), [[1, 2], [1, 2]]);
  const [c, d] = new ReadableStream({ cancel(reasons) { cancelled = reasons; } }).tee();
  const first = c.cancel('c');
  assertEquals(await stateOf(first), 'pending');
  await Promise.all([first, d.cancel('d')]);
  assertDeepEquals(cancelled, ['c', 'd']);
});

test('no member is missing or of the wrong shape', () => {
  const members = {
    ReadableStream: ['cancel', 'getReader', 'locked', 'pipeThrough', 'pipeTo', 'tee', 'values'],
    ReadableStreamDefaultReader: ['cancel', 'closed', 'read', 'releaseLock'],
    ReadableStreamBYOBReader: ['cancel', 'closed', 'read', 'releaseLock'],
    ReadableStreamDefaultController: ['close', 'desiredSize', 'enqueue', 'error'],
    ReadableByteStreamController: ['byobRequest', 'close', 'desiredSize', 'enqueue', 'error'],
    ReadableStreamBYOBRequest: ['respond', 'respondWithNewView', 'view'],
  };
  for (const [name, expected] of Object.entries(members)) {
    const { prototype } = globalThis[name];
    const enumerable = Object.keys(prototype).sort();
    assertDeepEquals(enumerable, expected, name);
    assertEquals(prototype[Symbol.toStringTag], name);
  }
  for (const name of ['ReadableStreamDefaultController', 'ReadableByteStreamController',
                      'ReadableStreamBYOBRequest']) {
    assertThrows(() => new globalThis[name](), TypeError);
  }
  assertEquals(ReadableStream.prototype[Symbol.asyncIterator], ReadableStream.prototype.values);
  assertEquals(ReadableStream.length, 0);
});

test('subclasses work', async () => {
  class Numbers extends ReadableStream {
    constructor(n) {
      super({ start(c) { for (let i = 0; i < n; i++) c.enqueue(i); c.close(); } });
    }
  }
  const stream = new Numbers(3);
  assert(stream instanceof Numbers);
  assertDeepEquals(await readAll(stream), [0, 1, 2]);
});

export default worker;

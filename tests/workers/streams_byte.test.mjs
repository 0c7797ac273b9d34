import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects,
} from './harness.mjs';

function bytes(...values) {
  return new Uint8Array(values);
}

function byteStream(source, strategy) {
  let controller;
  const stream = new ReadableStream({
    type: 'bytes',
    ...source,
    start(c) { controller = c; },
  }, strategy);
  return { stream, controller };
}

test('enqueue takes the buffer away', async () => {
  const { stream, controller } = byteStream();
  const chunk = bytes(1, 2, 3);
  controller.enqueue(chunk);
  assertEquals(chunk.byteLength, 0);
  assertDeepEquals((await stream.getReader().read()).value, bytes(1, 2, 3));
});

test('a BYOB read fills the view that it is given, across chunks', async () => {
  const { stream, controller } = byteStream();
  controller.enqueue(bytes(1, 2));
  controller.enqueue(bytes(3, 4, 5));
  const reader = stream.getReader({ mode: 'byob' });
  const view = new Uint8Array(8).subarray(1, 5);
  const { value, done } = await reader.read(view);
  assertEquals(done, false);
  assertEquals(view.byteLength, 0, 'the view was transferred');
  assertDeepEquals([...value], [1, 2, 3, 4]);
  assertEquals(value.byteOffset, 1);
  assertEquals(value.buffer.byteLength, 8);
  assertDeepEquals([...(await reader.read(new Uint8Array(4))).value], [5]);
});

test('byobRequest lets the source write into the view', async () => {
  const { stream } = byteStream({
    pull(controller) {
      const { view } = controller.byobRequest;
      view[0] = 7;
      view[1] = 8;
      controller.byobRequest.respond(2);
    },
  });
  const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint8Array(4));
  assertDeepEquals([...value], [7, 8]);
});

test('autoAllocateChunkSize gives a request for default reads too', async () => {
  const { stream } = byteStream({
    autoAllocateChunkSize: 16,
    pull(controller) {
      assertEquals(controller.byobRequest.view.byteLength, 16);
      controller.byobRequest.respond(3);
    },
  });
  assertEquals((await stream.getReader().read()).value.byteLength, 3);
  assertThrows(() => byteStream({ autoAllocateChunkSize: 0 }), TypeError);
});

test('min makes a read wait for more', async () => {
  const { stream, controller } = byteStream();
  const reader = stream.getReader({ mode: 'byob' });
  const read = reader.read(new Uint16Array(4), { min: 2 });
  controller.enqueue(bytes(1, 0, 2));
  controller.enqueue(bytes(0, 3));
  const { value } = await read;
  assertDeepEquals([...value], [1, 2]);
  assertDeepEquals([...(await reader.read(new Uint8Array(1))).value], [3]);
  await assertRejects(reader.read(new Uint8Array(1), { min: 2 }), RangeError);
  await assertRejects(reader.read(new Uint8Array(1), { min: 0 }), TypeError);
});

test('the end gives the view back, empty', async () => {
  const { stream, controller } = byteStream();
  const reader = stream.getReader({ mode: 'byob' });
  const read = reader.read(new Uint8Array(4));
  controller.close();
  controller.byobRequest.respond(0);
  const { value, done } = await read;
  assert(done);
  assertEquals(value.byteLength, 0);
  assertEquals(value.buffer.byteLength, 4);
});

test('an element cut off by the end is an error', async () => {
  const { stream, controller } = byteStream();
  const reader = stream.getReader({ mode: 'byob' });
  const read = reader.read(new Uint32Array(1));
  controller.enqueue(bytes(1));
  assertThrows(() => controller.close(), TypeError);
  await assertRejects(read, TypeError);
});

test('bad views are refused', async () => {
  const { stream, controller } = byteStream();
  assertThrows(() => controller.enqueue('text'), TypeError);
  assertThrows(() => controller.enqueue(bytes()), TypeError);
  const detached = bytes(1);
  structuredClone(detached, { transfer: [detached.buffer] });
  assertThrows(() => controller.enqueue(detached), TypeError);
  const reader = stream.getReader({ mode: 'byob' });
  await assertRejects(reader.read(), TypeError);
  await assertRejects(reader.read({}), TypeError);
  await assertRejects(reader.read(bytes()), TypeError);
  assertThrows(() => new ReadableStream().getReader({ mode: 'byob' }), TypeError);
  assertThrows(() => new ReadableStream().getReader({ mode: 'other' }), TypeError);
});

test('a stale byobRequest is refused', async () => {
  const { stream, controller } = byteStream();
  const read = stream.getReader({ mode: 'byob' }).read(new Uint8Array(2));
  const request = controller.byobRequest;
  assertThrows(() => request.respond(3), RangeError);
  assertThrows(() => request.respond(0), TypeError);
  assertThrows(() => request.respondWithNewView(new Uint8Array(3)), RangeError);
  controller.enqueue(bytes(9));
  assertEquals(request.view, null);
  assertThrows(() => request.respond(1), TypeError);
  assertDeepEquals([...(await read).value], [9]);
});

test('tee of a byte stream gives byte streams with bytes of their own', async () => {
  const { stream, controller } = byteStream();
  const [a, b] = stream.tee();
  const readA = a.getReader({ mode: 'byob' }).read(new Uint8Array(8));
  const readB = b.getReader().read();
  controller.enqueue(bytes(1, 2, 3));
  const [{ value: valueA }, { value: valueB }] = await Promise.all([readA, readB]);
  assertDeepEquals([...valueA], [1, 2, 3]);
  assertDeepEquals([...valueB], [1, 2, 3]);
  assert(valueA.buffer !== valueB.buffer);
});

test('IdentityTransformStream passes bytes, and a write ends when they have been read', async () => {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const source = bytes(1, 2, 3);
  let written = false;
  const write = writer.write(source).then(() => { written = true; });
  const reader = readable.getReader({ mode: 'byob' });
  assertDeepEquals([...(await reader.read(new Uint8Array(2))).value], [1, 2]);
  assertEquals(written, false);
  assertDeepEquals([...(await reader.read(new Uint8Array(2))).value], [3]);
  await write;
  assertEquals(source.byteLength, 3, 'the writer keeps its buffer');
  const close = writer.close();
  assertEquals((await reader.read(new Uint8Array(1))).done, true);
  await close;
});

test('IdentityTransformStream refuses strings', async () => {
  const { readable, writable } = new IdentityTransformStream();
  const read = readable.getReader().read();
  await assertRejects(writable.getWriter().write('text'), TypeError);
  await assertRejects(read, TypeError);
});

test('IdentityTransformStream: abort and cancel reach the other side', async () => {
  const first = new IdentityTransformStream();
  const writer = first.writable.getWriter();
  const write = writer.write(bytes(1));
  write.catch(() => {});
  const reason = new Error('stop');
  const abort = writer.abort(reason);
  await assertRejects(first.readable.getReader().read(), reason);
  await abort;
  const second = new IdentityTransformStream();
  await second.readable.cancel(reason);
  await assertRejects(second.writable.getWriter().write(bytes(1)), reason);
});

test('FixedLengthStream wants exactly its length', async () => {
  const exact = new FixedLengthStream(3);
  assert(exact instanceof IdentityTransformStream);
  const writer = exact.writable.getWriter();
  writer.write(bytes(1, 2, 3));
  const end = writer.close();
  const reader = exact.readable.getReader();
  assertEquals((await reader.read()).value.byteLength, 3);
  assertEquals((await reader.read()).done, true);
  await end;

  const long = new FixedLengthStream(2n);
  long.readable.getReader().read().catch(() => {});
  await assertRejects(long.writable.getWriter().write(bytes(1, 2, 3)), /too many bytes/);

  const short = new FixedLengthStream(2);
  const shortRead = short.readable.getReader().read();
  await assertRejects(short.writable.getWriter().close(), /0 of 2/);
  await assertRejects(shortRead, TypeError);
  for (const length of [-1, 1.5, NaN, 2 ** 53]) {
    assertThrows(() => new FixedLengthStream(length), TypeError);
  }
});

export default worker;

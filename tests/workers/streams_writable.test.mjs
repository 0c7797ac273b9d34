import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects, settle, stateOf,
} from './harness.mjs';

test('writes reach the sink one at a time and in order, then close', async () => {
  const log = [];
  let active = 0;
  const stream = new WritableStream({
    async write(chunk) {
      active++;
      assertEquals(active, 1);
      await settle();
      active--;
      log.push(chunk);
    },
    close() { log.push('close'); },
  });
  const writer = stream.getWriter();
  const writes = [writer.write(1), writer.write(2), writer.write(3)];
  await writer.close();
  await Promise.all(writes);
  await writer.closed;
  assertDeepEquals(log, [1, 2, 3, 'close']);
});

test('ready and desiredSize tell of backpressure', async () => {
  let finish;
  const stream = new WritableStream({
    write() { return new Promise((resolve) => { finish = resolve; }); },
  }, { highWaterMark: 2 });
  const writer = stream.getWriter();
  await writer.ready;
  assertEquals(writer.desiredSize, 2);
  writer.write('a');
  assertEquals(await stateOf(writer.ready), 'fulfilled');
  writer.write('b');
  assertEquals(writer.desiredSize, 0);
  const { ready } = writer;
  assertEquals(await stateOf(ready), 'pending');
  finish();
  await ready;
  assertEquals(writer.desiredSize, 1);
});

test('a failing write errors the stream', async () => {
  const error = new Error('disk full');
  const stream = new WritableStream({ write() { throw error; } });
  const writer = stream.getWriter();
  await assertRejects(writer.write('x'), error);
  await assertRejects(writer.closed, error);
  await assertRejects(writer.ready, error);
  await assertRejects(writer.write('y'), error);
  await assertRejects(writer.close(), TypeError);
  assertEquals(writer.desiredSize, null);
});

test('abort tells the sink and the signal', async () => {
  const log = [];
  let signal;
  const stream = new WritableStream({
    start(controller) { ({ signal } = controller); },
    write() { return new Promise((resolve) => signal.addEventListener('abort', resolve)); },
    abort(reason) { log.push(reason); },
  });
  await settle();
  const writer = stream.getWriter();
  const write = writer.write('x');
  const queued = writer.write('y');
  queued.catch(() => {});
  await writer.abort('stop');
  await write;
  assertEquals(signal.reason, 'stop');
  assertDeepEquals(log, ['stop']);
  assertEquals(await queued.then(() => 'written', (error) => error), 'stop');
});

test('controller.signal is made late and still knows of the abort', async () => {
  let controller;
  const stream = new WritableStream({ start(c) { controller = c; } });
  await stream.abort('why');
  assertEquals(controller.signal.aborted, true);
  assertEquals(controller.signal.reason, 'why');
  assertEquals(controller.signal, controller.signal);
});

test('controller.error errors the stream once', async () => {
  let controller;
  const stream = new WritableStream({ start(c) { controller = c; } });
  await settle();
  controller.error('first');
  controller.error('second');
  const writer = stream.getWriter();
  try {
    await writer.closed;
    assert(false, 'expected a rejection');
  } catch (error) {
    assertEquals(error, 'first');
  }
});

test('locks are checked and released', async () => {
  const stream = new WritableStream();
  const writer = stream.getWriter();
  assertEquals(stream.locked, true);
  assertThrows(() => stream.getWriter(), TypeError);
  await assertRejects(stream.close(), TypeError);
  await assertRejects(stream.abort(), TypeError);
  writer.releaseLock();
  assertEquals(stream.locked, false);
  assertThrows(() => writer.desiredSize, TypeError);
  await assertRejects(writer.closed, TypeError);
  await assertRejects(writer.ready, TypeError);
  await assertRejects(writer.write('x'), TypeError);
  await stream.close();
  await assertRejects(stream.getWriter().write('x'), TypeError);
});

test('constructors and receivers are checked', async () => {
  assertThrows(() => new WritableStream({ type: 'bytes' }), RangeError);
  assertThrows(() => new WritableStream({ write: 5 }), TypeError);
  assertThrows(() => new WritableStream(null), TypeError);
  assertThrows(() => new WritableStreamDefaultController(), TypeError);
  assertThrows(() => new WritableStreamDefaultWriter({}), TypeError);
  await assertRejects(() => WritableStream.prototype.abort.call({}), TypeError);
  await assertRejects(() => WritableStreamDefaultWriter.prototype.write.call(null), TypeError);
  assertThrows(() => WritableStream.prototype.getWriter.call({}), TypeError);
});

export default worker;

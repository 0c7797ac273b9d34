import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects,
} from './harness.mjs';

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const source = (...chunks) => ReadableStream.from(chunks);

function collector(log = []) {
  return { log, stream: new WritableStream({ write(chunk) { log.push(chunk); } }) };
}

test('a transform changes, adds and drops chunks, and flushes', async () => {
  const transform = new TransformStream({
    start(controller) { controller.enqueue('start'); },
    async transform(chunk, controller) {
      if (chunk % 2) return;
      controller.enqueue(chunk);
      controller.enqueue(chunk * 10);
    },
    flush(controller) { controller.enqueue('flush'); },
  });
  assertDeepEquals(await readAll(source(1, 2, 3, 4).pipeThrough(transform)),
                   ['start', 2, 20, 4, 40, 'flush']);
});

test('a long pipeline passes everything', async () => {
  const inc = () => new TransformStream({ transform(chunk, c) { c.enqueue(chunk + 1); } });
  let n = 0;
  const stream = new ReadableStream({
    pull(controller) {
      if (n === 2000) controller.close();
      else controller.enqueue(n++);
    },
  });
  const out = await readAll(stream.pipeThrough(inc()).pipeThrough(new TransformStream())
    .pipeThrough(inc(), { preventCancel: true }));
  assertEquals(out.length, 2000);
  assert(out.every((value, index) => value === index + 2));
});

test('an error in a transform reaches both sides', async () => {
  const error = new Error('bad chunk');
  const { readable, writable } = new TransformStream({ transform() { throw error; } });
  const writer = writable.getWriter();
  const write = writer.write('x');
  await assertRejects(readable.getReader().read(), error);
  await assertRejects(write, error);
  await assertRejects(writer.closed, error);
});

test('terminate closes one side and errors the other', async () => {
  const { readable, writable } = new TransformStream({
    transform(chunk, controller) { controller.terminate(); },
  });
  const writer = writable.getWriter();
  const write = writer.write('x');
  assertEquals((await readable.getReader().read()).done, true);
  await write;
  await assertRejects(writer.closed, TypeError);
});

test('the cancel hook hears of a cancel and of an abort', async () => {
  const reasons = [];
  const make = () => new TransformStream({ cancel(reason) { reasons.push(reason); } });
  await make().readable.cancel('a');
  await make().writable.abort('b');
  assertDeepEquals(reasons, ['a', 'b']);
});

test('reserved members and wrong receivers are refused', () => {
  assertThrows(() => new TransformStream({ readableType: 'x' }), RangeError);
  assertThrows(() => new TransformStream({ writableType: 'x' }), RangeError);
  assertThrows(() => new TransformStream({ transform: 1 }), TypeError);
  assertThrows(() => new TransformStream({ start() { throw new EvalError(); } }), EvalError);
  assertThrows(() => new TransformStreamDefaultController(), TypeError);
  const { get } = Object.getOwnPropertyDescriptor(TransformStream.prototype, 'readable');
  assertThrows(() => get.call({}), TypeError);
  const stream = new TransformStream();
  assertEquals(stream.readable, stream.readable);
  assertEquals(stream.writable, stream.writable);
});

test('pipeTo writes everything, then closes', async () => {
  const { log, stream } = collector();
  await source(1, 2, 3).pipeTo(stream);
  assertDeepEquals(log, [1, 2, 3]);
  await assertRejects(stream.getWriter().write(4), TypeError);
});

test('pipeTo keeps to the prevent options', async () => {
  const open = collector();
  await source(1).pipeTo(open.stream, { preventClose: true });
  await open.stream.getWriter().write(2);
  assertDeepEquals(open.log, [1, 2]);

  const error = new Error('source');
  let aborted = false;
  const failing = () => new ReadableStream({ start(c) { c.error(error); } });
  const sink = () => new WritableStream({ abort() { aborted = true; } });
  await assertRejects(failing().pipeTo(sink(), { preventAbort: true }), error);
  assertEquals(aborted, false);
  await assertRejects(failing().pipeTo(sink()), error);
  assertEquals(aborted, true);

  let cancelled = false;
  const endless = () => new ReadableStream({
    pull(c) { c.enqueue(1); },
    cancel() { cancelled = true; },
  });
  const broken = () => new WritableStream({ write() { throw error; } });
  await assertRejects(endless().pipeTo(broken(), { preventCancel: true }), error);
  assertEquals(cancelled, false);
  await assertRejects(endless().pipeTo(broken()), error);
  assertEquals(cancelled, true);
});

test('pipeTo obeys a signal', async () => {
  const controller = new AbortController();
  const log = [];
  const pipe = new ReadableStream({ cancel(reason) { log.push(['cancel', reason]); } }).pipeTo(
    new WritableStream({ abort(reason) { log.push(['abort', reason]); } }),
    { signal: controller.signal });
  controller.abort('enough');
  assertEquals(await pipe.then(() => 'done', (reason) => reason), 'enough');
  assertDeepEquals(log.sort(), [['abort', 'enough'], ['cancel', 'enough']]);
  await assertRejects(
    new ReadableStream().pipeTo(new WritableStream(), { signal: AbortSignal.abort() }), 'AbortError');
  await assertRejects(new ReadableStream().pipeTo(new WritableStream(), { signal: {} }), TypeError);
});

test('pipeTo respects backpressure and waits for the last write', async () => {
  let pulled = 0;
  let release;
  const stream = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(pulled);
      if (pulled === 5) controller.close();
    },
  }, { highWaterMark: 0 });
  const blocked = new Promise((resolve) => { release = resolve; });
  const log = [];
  const pipe = stream.pipeTo(new WritableStream({
    async write(chunk) {
      await blocked;
      log.push(chunk);
    },
  }, { highWaterMark: 2 }));
  for (let i = 0; i < 50; i++) await null;
  assertEquals(pulled, 2);
  release();
  await pipe;
  assertDeepEquals(log, [1, 2, 3, 4, 5]);
});

export default worker;

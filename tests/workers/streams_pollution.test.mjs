import { test, worker, assertEquals, withPollution } from './harness.mjs';

test('reading, writing and transforming work while intrinsics are patched', async () => {
  let sum = 0;
  await withPollution(async () => {
    let n = 0;
    const source = new ReadableStream({
      pull(controller) {
        if (n === 50) controller.close();
        else controller.enqueue(n++);
      },
    }, new CountQueuingStrategy({ __proto__: null, highWaterMark: 5 }));
    const transform = new TransformStream({
      transform(chunk, controller) { controller.enqueue(chunk * 2); },
    });
    await source.pipeThrough(transform).pipeTo(new WritableStream({
      write(chunk) { sum += chunk; },
    }));
  });
  assertEquals(sum, 49 * 50);
});

test('readers, tees and iterators work while intrinsics are patched', async () => {
  let total = 0;
  await withPollution(async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 20; i++) controller.enqueue(1);
        controller.close();
      },
    });
    const branches = stream.tee();
    const reader = branches[0].getReader();
    for (;;) {
      const result = await reader.read();
      if (result.done) break;
      total += result.value;
    }
    for await (const chunk of branches[1]) total += chunk;
  });
  assertEquals(total, 40);
});

test('byte streams work while intrinsics are patched', async () => {
  let total = 0;
  await withPollution(async () => {
    let n = 0;
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (n++ === 10) {
          controller.close();
          controller.byobRequest?.respond(0);
        } else {
          controller.enqueue(new Uint8Array(3));
        }
      },
    });
    const branches = stream.tee();
    const first = branches[0].getReader({ __proto__: null, mode: 'byob' });
    const second = branches[1].getReader();
    for (;;) {
      const result = await first.read(new Uint8Array(2));
      if (result.done) break;
      total += result.value.byteLength;
    }
    for (;;) {
      const result = await second.read();
      if (result.done) break;
      total += result.value.byteLength;
    }
  });
  assertEquals(total, 60);
});

test('IdentityTransformStream works while intrinsics are patched', async () => {
  let total = 0;
  await withPollution(async () => {
    const stream = new FixedLengthStream(6);
    const writer = stream.writable.getWriter();
    writer.write(new Uint8Array(4));
    writer.write(new ArrayBuffer(2));
    writer.close();
    for await (const chunk of stream.readable) total += chunk.byteLength;
  });
  assertEquals(total, 6);
});

test('a replaced parent class learns nothing that it can use', () => {
  let seen;
  class Evil {
    constructor(...args) { seen = args; }
  }
  const parent = Object.getPrototypeOf(FixedLengthStream);
  Object.setPrototypeOf(FixedLengthStream, Evil);
  try {
    new FixedLengthStream(5);
  } finally {
    Object.setPrototypeOf(FixedLengthStream, parent);
  }
  for (const value of seen) {
    for (const Class of [ReadableStreamDefaultController, WritableStreamDefaultController,
                         AbortSignal]) {
      let made;
      try {
        made = new Class(value);
      } catch (error) {
        assertEquals(error.constructor, TypeError);
      }
      assertEquals(made, undefined);
    }
  }
});

export default worker;

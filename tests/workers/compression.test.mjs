import {
  test, worker, assert, assertEquals, assertThrows, assertRejects, stateOf, withPollution,
} from './harness.mjs';

const formats = ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd'];

function concat(chunks) {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

async function through(stream, ...chunks) {
  const out = [];
  for await (const chunk of ReadableStream.from(chunks).pipeThrough(stream)) {
    assert(chunk instanceof Uint8Array && chunk.length > 0, 'a chunk of bytes');
    assertEquals(chunk.buffer.byteLength, chunk.length, 'it has its buffer for itself');
    out.push(chunk);
  }
  return concat(out);
}

const compress = (format, ...chunks) => through(new CompressionStream(format), ...chunks);
const decompress = (format, ...chunks) => through(new DecompressionStream(format), ...chunks);
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
const sample = (length) => new Uint8Array(length).map((_, i) => (i * i) >> 7);

function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

test('round trips in every format', async () => {
  for (const format of formats) {
    for (const length of [0, 1, 1000, 1_000_000]) {
      const data = sample(length);
      const compressed = await compress(format, data);
      assert(length < 100_000 || compressed.length < length / 2, `${format}: smaller`);
      assert(same(await decompress(format, compressed), data), `${format} ${length}`);
    }
  }
});

test('input may be cut anywhere and be any BufferSource', async () => {
  for (const format of formats) {
    const data = encode('The quick brown fox jumps over the lazy dog. '.repeat(20));
    const compressed = await compress(format, data.buffer, new Uint8Array(0), new DataView(data.buffer, 3),
                                      new Uint16Array(data.buffer, 10, 5), data.subarray(0, 7));
    const bytes = Array.from(compressed, (byte) => new Uint8Array([byte]));
    const expected = concat([data, data.subarray(3), data.subarray(10, 20), data.subarray(0, 7)]);
    assert(same(await decompress(format, ...bytes), expected), format);
  }
});

test('known bytes', async () => {
  const base64 = { gzip: 'H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==', deflate: 'eJzLSM3JyQcABiwCFQ==', 'deflate-raw': 'y0jNyckHAA==' };
  for (const format of Object.keys(base64)) {
    const bytes = Uint8Array.from(atob(base64[format]), (c) => c.charCodeAt(0));
    assertEquals(decode(await decompress(format, bytes)), 'hello', format);
  }
});

test('the constructor wants a known format', () => {
  for (const Class of [CompressionStream, DecompressionStream]) {
    assertThrows(() => new Class(), /1 argument required, but only 0 present/);
    for (const format of ['', 'GZIP', 'br', 'gzip ', undefined, null]) {
      assertThrows(() => new Class(format),
                   new RegExp(`^Failed to construct '${Class.name}': Unsupported compression format: '${format}'$`));
    }
    assertThrows(() => new Class('foo'), TypeError);
    assertThrows(() => Class('gzip'), TypeError);
    assertEquals(new Class({ toString: () => 'gzip' }).readable instanceof ReadableStream, true);
    assertEquals(Class.length, 1);
    const stream = new Class('deflate');
    assert(stream.writable instanceof WritableStream && stream.writable === stream.writable, 'writable');
    assertEquals(Object.prototype.toString.call(stream), `[object ${Class.name}]`);
    assertThrows(() => Object.getOwnPropertyDescriptor(Class.prototype, 'readable').get.call({}), TypeError);
  }
});

test('a chunk that is not bytes is a TypeError, on both sides', async () => {
  for (const Class of [CompressionStream, DecompressionStream]) {
    for (const chunk of ['text', 1, null, undefined, {}, [1], new SharedArrayBuffer(1),
                         new Uint8Array(new SharedArrayBuffer(1))]) {
      const { readable, writable } = new Class('gzip');
      const reader = readable.getReader();
      const writer = writable.getWriter();
      writer.closed.catch(() => {});
      const read = assertRejects(reader.read(), TypeError);
      await assertRejects(writer.write(chunk), TypeError);
      await read;
    }
  }
});

test('broken, truncated and trailing bytes are TypeErrors', async () => {
  for (const format of formats) {
    const compressed = await compress(format, sample(5000));
    await assertRejects(decompress(format, compressed.subarray(0, compressed.length - 1)), TypeError);
    await assertRejects(decompress(format), TypeError);
    await assertRejects(decompress(format, compressed, new Uint8Array([1])), TypeError);
    await assertRejects(decompress(format, concat([compressed, new Uint8Array([0])])), TypeError);
    await assertRejects(decompress(format, new Uint8Array(100).fill(0xff)), TypeError);
  }
  const member = await compress('gzip', encode('a'));
  await assertRejects(decompress('gzip', concat([member, member])), TypeError);
  const raw = await compress('deflate-raw', encode('a'));
  await assertRejects(decompress('deflate', raw), TypeError);
});

test('nothing is done before somebody reads, and writing waits', async () => {
  const { readable, writable } = new CompressionStream('gzip');
  const writer = writable.getWriter();
  assertEquals(writer.desiredSize, 1);
  const written = writer.write(encode('x'));
  assertEquals(await stateOf(written), 'pending');
  const reader = readable.getReader();
  const first = reader.read();
  await written;
  writer.close();
  assert((await first).value instanceof Uint8Array, 'the header');
  await reader.cancel();
});

test('much output comes in pieces', async () => {
  const bomb = await compress('gzip', new Uint8Array(3_000_000));
  assert(bomb.length < 5000, 'small');
  let total = 0;
  let pieces = 0;
  for await (const piece of ReadableStream.from([bomb]).pipeThrough(new DecompressionStream('gzip'))) {
    total += piece.length;
    pieces++;
    assert(piece.length <= 300_000, 'bounded');
  }
  assertEquals(total, 3_000_000);
  assert(pieces >= 10, 'several');
});

test('the chunk is done with when the write is', async () => {
  const data = encode('abc'.repeat(1000));
  const { readable, writable } = new CompressionStream('deflate');
  const result = new Response(readable).bytes();
  const writer = writable.getWriter();
  await writer.write(data);
  data.fill(0);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  await writer.write(data);
  await writer.close();
  assertEquals(decode(await decompress('deflate', await result)), 'abc'.repeat(1000));
});

test('works whatever user code does to the intrinsics', async () => {
  const data = sample(600_000);
  const collect = async (stream, chunk) => {
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const written = writer.write(chunk);
    const closed = writer.close();
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
    }
    await written;
    await closed;
    return length;
  };
  const compressed = await compress('gzip', data);
  await withPollution(async () => {
    const length = await collect(new DecompressionStream('gzip'), compressed);
    if (length !== 600_000) throw new Error('wrong length');
    await collect(new CompressionStream('zstd'), data);
  });
});

export default worker;

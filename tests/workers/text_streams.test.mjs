import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects, withPollution,
} from './harness.mjs';

async function through(stream, ...chunks) {
  const out = [];
  for await (const chunk of ReadableStream.from(chunks).pipeThrough(stream)) out.push(chunk);
  return out;
}
const bytes = (...values) => new Uint8Array(values);

test('TextDecoderStream decodes characters that are cut', async () => {
  assertDeepEquals(await through(new TextDecoderStream(), bytes(0x61, 0xf0), bytes(0x9f, 0x98), bytes(0x80, 0x62)),
                   ['a', '😀b']);
  assertDeepEquals(await through(new TextDecoderStream(), bytes(0xe2, 0x82)), ['\uFFFD']);
  assertDeepEquals(await through(new TextDecoderStream('utf-16le'), bytes(0x3d), bytes(0xd8, 0), bytes(0xde)), ['😀']);
  assertDeepEquals(await through(new TextDecoderStream('windows-1252'), bytes(0xe4).buffer, new DataView(bytes(0x80).buffer)),
                   ['ä', '€']);
  assertDeepEquals(await through(new TextDecoderStream('shift_jis'), bytes(0x82), bytes(0xa0)), ['あ']);
});

test('TextDecoderStream: empty chunks, byte order marks, shared buffers', async () => {
  assertDeepEquals(await through(new TextDecoderStream(), bytes(), bytes(0xef, 0xbb), bytes(0xbf, 0x61)), ['a']);
  assertDeepEquals(await through(new TextDecoderStream('utf-8', { ignoreBOM: true }), bytes(0xef, 0xbb, 0xbf, 0x61)),
                   ['\uFEFFa']);
  assertDeepEquals(await through(new TextDecoderStream(), new SharedArrayBuffer(1)), ['\0']);
});

test('TextDecoderStream: attributes, options and errors', async () => {
  const stream = new TextDecoderStream('LATIN1', { fatal: 1 });
  assertDeepEquals([stream.encoding, stream.fatal, stream.ignoreBOM], ['windows-1252', true, false]);
  assertThrows(() => new TextDecoderStream('no such'), RangeError);
  assertThrows(() => new TextDecoderStream('no such'), /^Failed to construct 'TextDecoderStream': /);
  assertThrows(() => new TextDecoderStream('utf-8', 1), TypeError);
  await assertRejects(through(new TextDecoderStream('utf-8', { fatal: true }), bytes(0xff)), TypeError);
  await assertRejects(through(new TextDecoderStream('utf-8', { fatal: true }), bytes(0xe2)), TypeError);
  for (const chunk of ['text', 1, null, undefined, {}, [1]]) {
    await assertRejects(through(new TextDecoderStream(), chunk), TypeError);
  }
});

test('TextEncoderStream encodes surrogate pairs that are cut', async () => {
  const encode = async (...chunks) => (await through(new TextEncoderStream(), ...chunks)).map((chunk) => [...chunk]);
  assertDeepEquals(await encode('a', '', 'ä€'), [[0x61], [0xc3, 0xa4, 0xe2, 0x82, 0xac]]);
  assertDeepEquals(await encode('\ud83d', '\ude00'), [[0xf0, 0x9f, 0x98, 0x80]]);
  assertDeepEquals(await encode('a\ud83d', '', '\ude00b'), [[0x61], [0xf0, 0x9f, 0x98, 0x80, 0x62]]);
  assertDeepEquals(await encode('\ud83d'), [[0xef, 0xbf, 0xbd]]);
  assertDeepEquals(await encode('\ud83d', '\ud83d', 'x'), [[0xef, 0xbf, 0xbd], [0xef, 0xbf, 0xbd, 0x78]]);
  assertDeepEquals(await encode('\ude00', 'x'), [[0xef, 0xbf, 0xbd], [0x78]]);
  assertDeepEquals(await encode(1, null, undefined, { toString: () => 'o' }),
                   ['1', 'null', 'undefined', 'o'].map((text) => [...text].map((c) => c.charCodeAt(0))));
});

test('TextEncoderStream: errors and attributes', async () => {
  const error = new Error('mine');
  await assertRejects(through(new TextEncoderStream(), { toString() { throw error; } }), error);
  await assertRejects(through(new TextEncoderStream(), Symbol('s')), TypeError);
  const stream = new TextEncoderStream();
  assertEquals(stream.encoding, 'utf-8');
  assertThrows(() => TextEncoderStream.prototype.encoding, TypeError);
  for (const Class of [TextEncoderStream, TextDecoderStream]) {
    assertEquals(Class.length, 0);
    assertThrows(() => Class.prototype.readable, TypeError);
    const { readable, writable } = new Class();
    assert(readable instanceof ReadableStream && writable instanceof WritableStream, 'a transform');
    assertEquals(Object.prototype.toString.call(new Class()), `[object ${Class.name}]`);
  }
});

test('works whatever user code does to the intrinsics', async () => {
  await withPollution(async () => {
    const encoder = new TextEncoderStream();
    const decoder = new TextDecoderStream();
    encoder.readable.pipeTo(decoder.writable);
    const writer = encoder.writable.getWriter();
    const reader = decoder.readable.getReader();
    const read = reader.read();
    await writer.write('a\ud83d');
    const first = await read;
    const written = writer.write('\ude00');
    const second = await reader.read();
    await written;
    if (first.value !== 'a' || second.value !== '😀') throw new Error('wrong');
  });
});

export default worker;

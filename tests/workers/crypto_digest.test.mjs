import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects, stateOf } from './harness.mjs';

const { subtle } = crypto;
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const utf8 = (text) => new TextEncoder().encode(text);

// FIPS 180-4's and RFC 1321's examples.
const ABC = {
  'SHA-1': 'a9993e364706816aba3e25717850c26c9cd0d89d',
  'SHA-256': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  'SHA-384': 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  'SHA-512': 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a'
             + '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  MD5: '900150983cd24fb0d6963f7d28e17f72',
};
const MILLION_ZEROS = 'd29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025';

// In global scope.
const early = subtle.digest('SHA-256', utf8('abc'));

test('digest: all algorithms, names in any case, as strings and objects', async () => {
  for (const [name, expected] of Object.entries(ABC)) {
    for (const algorithm of [name, name.toLowerCase(), { name }, { name: new String(name) }, { toString: null, name }]) {
      const digest = await subtle.digest(algorithm, utf8('abc'));
      assert(digest instanceof ArrayBuffer);
      assertEquals(hex(digest), expected);
    }
  }
  assertEquals(hex(await early), ABC['SHA-256']);
});

test('digest: every kind of buffer', async () => {
  const bytes = utf8('xxabcx');
  const views = [
    utf8('abc'), utf8('abc').buffer, bytes.subarray(2, 5), new DataView(bytes.buffer, 2, 3), new Int8Array(bytes.buffer, 2, 3),
    new Uint8Array(new ArrayBuffer(3, { maxByteLength: 10 })).map((_, i) => bytes[i + 2]),
  ];
  for (const view of views) assertEquals(hex(await subtle.digest('SHA-256', view)), ABC['SHA-256']);
  assertEquals(hex(await subtle.digest('SHA-256', new Uint8Array())),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('digest: short input is done at once, long input on another thread', async () => {
  const short = subtle.digest('SHA-256', new Uint8Array(65536));
  assertEquals(await stateOf(short), 'fulfilled');
  assertEquals(hex(await subtle.digest('SHA-256', new Uint8Array(1e6))), MILLION_ZEROS);
  // What is changed after the call is not seen.
  const bytes = new Uint8Array(1e6);
  const digest = subtle.digest('SHA-256', bytes);
  bytes.fill(1);
  bytes.buffer.transfer();
  assertEquals(hex(await digest), MILLION_ZEROS);
  const many = await Promise.all(Array.from({ length: 20 }, () => subtle.digest('SHA-256', new Uint8Array(1e6))));
  for (const each of many) assertEquals(hex(each), MILLION_ZEROS);
});

test('digest: errors', async () => {
  await assertRejects(() => subtle.digest('SHA-2', utf8('')), 'NotSupportedError');
  await assertRejects(() => subtle.digest('\u017fHA-1', utf8('')), 'NotSupportedError');
  await assertRejects(() => subtle.digest('SHA-256'.repeat(1e5), utf8('')), 'NotSupportedError');
  await assertRejects(() => subtle.digest({}, utf8('')), TypeError);
  await assertRejects(() => subtle.digest({ name: Symbol('x') }, utf8('')), TypeError);
  await assertRejects(() => subtle.digest(Symbol('x'), utf8('')), TypeError);
  await assertRejects(() => subtle.digest('SHA-256'), TypeError);
  await assertRejects(() => subtle.digest('SHA-256', 'abc'), TypeError);
  await assertRejects(() => subtle.digest('SHA-256', new SharedArrayBuffer(3)), TypeError);
  await assertRejects(() => subtle.digest('SHA-256', new Uint8Array(new SharedArrayBuffer(3))), TypeError);
  await assertRejects(() => subtle.digest.call({}, 'SHA-256', utf8('')), TypeError);
  const thrown = new Error('getter');
  await assertRejects(() => subtle.digest({ get name() { throw thrown; } }, utf8('')), thrown);
});

test('digest: buffers that change while the algorithm is read', async () => {
  const empty = hex(await subtle.digest('SHA-256', new Uint8Array()));
  for (const size of [3, 1e6]) {
    const gone = new Uint8Array(size);
    assertEquals(hex(await subtle.digest({ get name() { gone.buffer.transfer(); return 'SHA-256'; } }, gone)), empty);
    const buffer = new ArrayBuffer(size, { maxByteLength: 2e6 });
    const resized = new Uint8Array(buffer);
    assertEquals(hex(await subtle.digest({ get name() { buffer.resize(0); return 'SHA-256'; } }, resized)), empty);
  }
  const bytes = utf8('xyz');
  const digest = await subtle.digest({ get name() { bytes.set(utf8('abc')); return 'SHA-256'; } }, bytes);
  assertEquals(hex(digest), ABC['SHA-256']);
});

test('timingSafeEqual', () => {
  assertEquals(subtle.timingSafeEqual(utf8('abc'), utf8('abc').buffer), true);
  assertEquals(subtle.timingSafeEqual(utf8('abc'), utf8('abd')), false);
  assertEquals(subtle.timingSafeEqual(new Uint8Array(), new ArrayBuffer(0)), true);
  assertThrows(() => subtle.timingSafeEqual(utf8('abc'), utf8('ab')), TypeError);
  assertThrows(() => subtle.timingSafeEqual('abc', 'abc'), TypeError);
  assertThrows(() => subtle.timingSafeEqual(utf8('abc')), TypeError);
});

test('DigestStream', async () => {
  const { DigestStream } = crypto;
  for (const [name, expected] of Object.entries(ABC)) {
    const stream = new DigestStream(name);
    assert(stream instanceof WritableStream);
    const writer = stream.getWriter();
    await writer.write(utf8('a'));
    await writer.write('b');
    await writer.write(new Uint8Array());
    await writer.write(utf8('c').buffer);
    assertEquals(await stateOf(stream.digest), 'pending');
    await writer.close();
    assertEquals(hex(await stream.digest), expected);
    assertEquals(stream.bytesWritten, 3n);
  }
  assertEquals(Object.prototype.toString.call(new DigestStream('MD5')), '[object DigestStream]');
  const piped = new DigestStream({ name: 'SHA-256' });
  await new Response(new Uint8Array(1e6)).body.pipeTo(piped);
  assertEquals(hex(await piped.digest), MILLION_ZEROS);
  assertEquals(piped.bytesWritten, 1_000_000n);
  const large = new DigestStream('SHA-256');
  const writer = large.getWriter();
  // In order, and as they were when it was their turn.
  const writes = [700_000, 10, 299_990].map((size) => writer.write(new Uint8Array(size)));
  await Promise.all([...writes, writer.close()]);
  assertEquals(hex(await large.digest), MILLION_ZEROS);
});

test('DigestStream: errors', async () => {
  const { DigestStream } = crypto;
  assertThrows(() => new DigestStream(), TypeError);
  assertThrows(() => new DigestStream('AES-GCM'), 'NotSupportedError');
  assertThrows(() => DigestStream('MD5'), TypeError);
  for (const chunk of [123, null, undefined, {}, [], true, new SharedArrayBuffer(1)]) {
    const stream = new DigestStream('MD5');
    await assertRejects(stream.getWriter().write(chunk), /^DigestStream is a byte stream but received|not of type/);
    await assertRejects(stream.digest, TypeError);
  }
  const aborted = new DigestStream('MD5');
  const reason = new Error('enough');
  await aborted.abort(reason);
  await assertRejects(aborted.digest, reason);
  assertThrows(() => Object.getOwnPropertyDescriptor(DigestStream.prototype, 'digest').get.call({}), TypeError);
});

test('subtle is one object', () => {
  assertEquals(crypto.subtle, subtle);
  assert(subtle instanceof SubtleCrypto);
  assertThrows(() => new SubtleCrypto(), TypeError);
  assertThrows(() => new CryptoKey(), TypeError);
  assertDeepEquals(Object.keys(SubtleCrypto.prototype).filter((name) => name !== 'timingSafeEqual'), [
    'encrypt', 'decrypt', 'sign', 'verify', 'digest', 'generateKey', 'deriveKey', 'deriveBits', 'importKey', 'exportKey',
    'wrapKey', 'unwrapKey']);
});

export default worker;

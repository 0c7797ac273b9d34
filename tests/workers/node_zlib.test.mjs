// node:zlib. Data that Node.js has compressed, and what is wrong with other data.
import { test, worker, assert, assertEquals, assertRejects, assertThrows } from './harness.mjs';
import { Buffer } from 'node:buffer';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import zlib, { createGunzip, createGzip, gunzipSync, gzipSync } from 'node:zlib';

const text = 'the same words, the same words, the same words '.repeat(50);
const pairs = [['gzip', 'gunzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw'], ['brotliCompress', 'brotliDecompress'],
               ['zstdCompress', 'zstdDecompress']];

test('there and back again, in all ways', async () => {
  for (const [there, back] of pairs) {
    const packed = zlib[`${there}Sync`](text);
    assert(Buffer.isBuffer(packed) && packed.length < text.length / 5, there);
    assertEquals(zlib[`${back}Sync`](packed).toString(), text);
    assertEquals((await promisify(zlib[back])(await promisify(zlib[there])(text))).toString(), text);
    const capital = (name) => `create${name[0].toUpperCase()}${name.slice(1)}`;
    const parts = [];
    await pipeline(Readable.from([Buffer.from(text), Buffer.from('end')]), zlib[capital(there)](), zlib[capital(back)](), async (source) => {
      for await (const chunk of source) parts.push(chunk);
    });
    assertEquals(Buffer.concat(parts).toString(), `${text}end`);
    assertEquals(zlib[`${back}Sync`](zlib[`${there}Sync`]('')).length, 0);
  }
  assertEquals(zlib.unzipSync(gzipSync('a')).toString() + zlib.unzipSync(zlib.deflateSync('b')).toString(), 'ab');
});

test('what Node.js has written', () => {
  assertEquals(gunzipSync(Buffer.from('H4sIAAAAAAAAA8tIzcnJVyjPL8pJAQCFEUoNCwAAAA==', 'base64')).toString(), 'hello world');
  assertEquals(zlib.inflateSync(Buffer.from('eJzLSM3JyVcozy/KSQEAGgsEXQ==', 'base64')).toString(), 'hello world');
  assertEquals(zlib.inflateRawSync(Buffer.from('y0jNyclXKM8vykkBAA==', 'base64')).toString(), 'hello world');
  assertEquals(zlib.brotliDecompressSync(Buffer.from('CwWAaGVsbG8gd29ybGQD', 'base64')).toString(), 'hello world');
});

function failure(call) {
  try {
    call();
  } catch (error) {
    return error.code;
  }
  return 'nothing';
}

test('errors', async () => {
  const packed = gzipSync(text);
  assertEquals(failure(() => gunzipSync(packed.subarray(0, packed.length - 5))), 'Z_BUF_ERROR');
  assertEquals(failure(() => gunzipSync(Buffer.from('no gzip at all'))), 'Z_DATA_ERROR');
  assertEquals(failure(() => gunzipSync(5)), 'ERR_INVALID_ARG_TYPE');
  assertEquals(failure(() => gunzipSync(packed, { maxOutputLength: 100 })), 'ERR_BUFFER_TOO_LARGE');
  const error = await new Promise((resolve) => zlib.gunzip(Buffer.from('no'), resolve));
  assert(error instanceof Error && error.code.startsWith('Z_'), error);
  const stream = createGunzip();
  stream.end('no gzip at all');
  await assertRejects(() => new Promise((resolve, reject) => stream.on('error', reject).on('end', resolve).resume()), Error);
  assertThrows(() => zlib.deflateSync({}), TypeError);
});

test('checksums and constants', () => {
  assertEquals(zlib.crc32('hello'), 0x3610a686);
  assertEquals(zlib.crc32('lo', zlib.crc32('hel')), 0x3610a686);
  assertEquals(zlib.constants.Z_BEST_COMPRESSION, 9);
  assertEquals(zlib.codes.Z_DATA_ERROR, -3);
  assert(createGzip() instanceof zlib.Gzip && zlib.Gzip() instanceof zlib.Gzip);
});

export default worker;

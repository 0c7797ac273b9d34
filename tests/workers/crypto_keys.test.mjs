import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects } from './harness.mjs';

const { subtle } = crypto;
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const utf8 = (text) => new TextEncoder().encode(text);
const F4 = new Uint8Array([1, 0, 1]);

// Every kind of key pair, with the usages of its halves.
const PAIRS = [
  [{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent: F4 }, ['verify'], ['sign']],
  [{ name: 'RSA-OAEP', hash: 'SHA-1', modulusLength: 1024, publicExponent: F4 }, ['encrypt', 'wrapKey'], ['decrypt', 'unwrapKey']],
  [{ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'], ['sign']],
  [{ name: 'ECDSA', namedCurve: 'P-384' }, ['verify'], ['sign']],
  [{ name: 'ECDH', namedCurve: 'P-521' }, [], ['deriveKey', 'deriveBits']],
  [{ name: 'Ed25519' }, ['verify'], ['sign']],
  [{ name: 'NODE-ED25519', namedCurve: 'NODE-ED25519' }, ['verify'], ['sign']],
  [{ name: 'Ed448' }, ['verify'], ['sign']],
  [{ name: 'X25519' }, [], ['deriveKey', 'deriveBits']],
  [{ name: 'X448' }, [], ['deriveKey', 'deriveBits']],
];
const pair = ([algorithm, publicUsages, privateUsages]) =>
  subtle.generateKey(algorithm, true, [...publicUsages, ...privateUsages]);

test('Every format there and back', async () => {
  for (const kind of PAIRS) {
    const [algorithm, publicUsages, privateUsages] = kind;
    const { publicKey, privateKey } = await pair(kind);
    assertEquals(publicKey.type, 'public');
    assertEquals(privateKey.type, 'private');
    assertDeepEquals(publicKey.usages, publicUsages);
    assertDeepEquals(privateKey.usages, privateUsages);
    for (const [key, formats, usages] of [
      [publicKey, algorithm.name.startsWith('RSA') ? ['spki', 'jwk'] : ['spki', 'jwk', 'raw'], publicUsages],
      [privateKey, ['pkcs8', 'jwk'], privateUsages],
    ]) {
      for (const format of formats) {
        const exported = await subtle.exportKey(format, key);
        const back = await subtle.importKey(format, exported, algorithm, true, usages);
        assertDeepEquals(await subtle.exportKey(format, back), exported, `${algorithm.name} ${format}`);
        assertDeepEquals(back.algorithm, key.algorithm);
        if (format === 'jwk') {
          assertDeepEquals(Object.keys(exported), Object.keys(exported).sort());
          assertDeepEquals(exported.key_ops, usages);
          assertEquals(exported.ext, true);
          assertEquals('d' in exported, key === privateKey);
        }
      }
    }
    await assertRejects(() => subtle.exportKey('spki', privateKey), 'InvalidAccessError');
    await assertRejects(() => subtle.exportKey('pkcs8', publicKey), 'InvalidAccessError');
    await assertRejects(() => subtle.exportKey('raw', privateKey),
      algorithm.name.startsWith('RSA') ? 'NotSupportedError' : 'InvalidAccessError');
    await assertRejects(() => subtle.exportKey('der', publicKey), TypeError);
  }
});

test('Compressed points are taken, and given in full', async () => {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const algorithm = { name: 'ECDH', namedCurve };
    const { publicKey } = await subtle.generateKey(algorithm, true, ['deriveBits']);
    const raw = new Uint8Array(await subtle.exportKey('raw', publicKey));
    const half = (raw.length - 1) / 2;
    const compressed = raw.slice(0, 1 + half);
    compressed[0] = 2 + (raw.at(-1) & 1);
    const back = await subtle.importKey('raw', compressed, algorithm, true, []);
    assertEquals(hex(await subtle.exportKey('raw', back)), hex(raw));
    assertEquals(hex(await subtle.exportKey('spki', back)), hex(await subtle.exportKey('spki', publicKey)));
  }
});

test('Hostile DER and points', async () => {
  for (const kind of PAIRS) {
    const [algorithm, publicUsages, privateUsages] = kind;
    const { publicKey, privateKey } = await pair(kind);
    for (const [format, key, usages] of [['spki', publicKey, publicUsages], ['pkcs8', privateKey, privateUsages]]) {
      const der = new Uint8Array(await subtle.exportKey(format, key));
      const wrong = [new Uint8Array(), der.slice(0, -1), der.slice(1), new Uint8Array([...der, 0]), new Uint8Array(1e5),
                     new Uint8Array([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), new Uint8Array([0x30, 0x80, ...der.slice(2)])];
      for (const bytes of wrong) {
        await assertRejects(() => subtle.importKey(format, bytes, algorithm, true, usages), 'DataError');
      }
      // Whatever is wrong, nothing but a key or a DOMException comes of it.
      for (let i = 0; i < der.length; i += 3) {
        const broken = der.slice();
        broken[i] ^= 1 << i % 8;
        try {
          assert(await subtle.importKey(format, broken, algorithm, true, usages) instanceof CryptoKey);
        } catch (error) {
          assert(error instanceof DOMException, String(error));
        }
      }
    }
  }
  const p256 = { name: 'ECDH', namedCurve: 'P-256' };
  const { publicKey } = await subtle.generateKey(p256, true, ['deriveBits']);
  const raw = new Uint8Array(await subtle.exportKey('raw', publicKey));
  const offCurve = raw.slice();
  offCurve[64] ^= 1;
  const hybrid = raw.slice();
  hybrid[0] = 6 + (raw[64] & 1);
  for (const point of [new Uint8Array(), new Uint8Array(1), offCurve, hybrid, new Uint8Array(65), raw.slice(0, 64)]) {
    await assertRejects(() => subtle.importKey('raw', point, p256, true, []), 'DataError');
  }
  const spki = await subtle.exportKey('spki', publicKey);
  await assertRejects(() => subtle.importKey('spki', spki, { name: 'ECDH', namedCurve: 'P-384' }, true, []), 'DataError');
  await assertRejects(() => subtle.importKey('spki', spki, { name: 'ECDH', namedCurve: 'P-128' }, true, []), 'NotSupportedError');
  await assertRejects(() => subtle.importKey('spki', spki, { name: 'RSA-PSS', hash: 'SHA-1' }, true, []), 'DataError');
  await assertRejects(() => subtle.importKey('spki', spki, 'Ed25519', true, []), 'DataError');
});

test('JSON Web Keys: what is checked', async () => {
  const aes = { kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw', alg: 'A128GCM', key_ops: ['encrypt', 'decrypt'], ext: true, use: 'enc' };
  const load = (changes, { extractable = true, usages = ['encrypt'] } = {}) =>
    subtle.importKey('jwk', { ...aes, ...changes }, 'AES-GCM', extractable, usages);
  assertEquals((await load({})).algorithm.length, 128);
  assertEquals((await load({ alg: undefined, key_ops: undefined, ext: undefined, use: undefined })).type, 'secret');
  assertEquals((await load({ key_ops: ['encrypt', 'unknown', 'unknown'] })).type, 'secret');
  assertEquals((await load({ ext: false }, { extractable: false })).extractable, false);
  for (const changes of [
    { kty: 'RSA' }, { kty: undefined }, { k: undefined }, { k: 'AA==' }, { k: 'A A' }, { k: 'ä' }, { k: 'AAEC' }, { alg: 'A128CBC' },
    { alg: 'A256GCM' }, { key_ops: ['decrypt'] }, { key_ops: [] }, { key_ops: ['encrypt', 'encrypt'] }, { ext: false }, { use: 'sig' },
  ]) {
    await assertRejects(() => load(changes), 'DataError');
  }
  await assertRejects(() => load({ key_ops: 'encrypt' }), TypeError);
  await assertRejects(() => load({ key_ops: [Symbol('x')] }), TypeError);
  const throwing = { get kty() { throw new RangeError('kty'); } };
  await assertRejects(() => subtle.importKey('jwk', throwing, 'AES-GCM', true, ['encrypt']), RangeError);
  await assertRejects(() => load({}, { usages: ['sign'] }), 'SyntaxError');
  await assertRejects(() => subtle.importKey('jwk', utf8('x'), 'AES-GCM', true, ['encrypt']), TypeError);
  await assertRejects(() => subtle.importKey('raw', aes, 'AES-GCM', true, ['encrypt']), TypeError);
  await assertRejects(() => subtle.importKey('jwk', 1, 'AES-GCM', true, ['encrypt']), TypeError);
  await assertRejects(() => subtle.importKey('jwk', null, 'AES-GCM', true, ['encrypt']), 'DataError');
});

test('JSON Web Keys: numbers that do not belong together', async () => {
  const rsaAlgorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  const { privateKey } = await pair([{ ...rsaAlgorithm, modulusLength: 1024, publicExponent: F4 }, ['verify'], ['sign']]);
  const rsa = await subtle.exportKey('jwk', privateKey);
  const { d, p, q, dp, dq, qi, ...publicPart } = rsa;
  const load = (changes) => () => subtle.importKey('jwk', { ...rsa, ...changes }, rsaAlgorithm, true, ['sign']);
  await load({})();
  for (const changes of [
    { n: undefined }, { e: undefined }, { p: undefined }, { qi: undefined }, { p: rsa.q }, { n: rsa.p }, { e: 'AQ' }, { e: 'Ag' },
    { e: 'A' }, { n: 'AA' }, { d: 'AA' }, { d: rsa.n }, { e: 'AQEBAQEBAQEB' }, { n: 'f'.repeat(4000) }, { alg: 'PS512' },
  ]) {
    await assertRejects(load(changes), 'DataError');
  }
  await assertRejects(load({ oth: [{}] }), 'NotSupportedError');
  // Numbers that are only used, not compared: the result is checked, or the operation fails.
  for (const changes of [{ dp }, { dp: rsa.dq, dq: rsa.dp }, { qi: 'AQ' }, { dp: 'AA' }]) {
    const key = await load(changes)().catch((error) => error);
    if (key instanceof CryptoKey) await subtle.sign({ name: 'RSA-PSS', saltLength: 0 }, key, utf8('x')).catch(() => {});
  }
  assert((await subtle.importKey('jwk', { ...publicPart, key_ops: ['verify'] }, rsaAlgorithm, true, ['verify'])).type === 'public');

  for (const [algorithm, wrongCurve] of [[{ name: 'ECDSA', namedCurve: 'P-256' }, 'P-384'], [{ name: 'Ed25519' }, 'X25519']]) {
    const one = await subtle.exportKey('jwk', (await pair([algorithm, ['verify'], ['sign']])).privateKey);
    const two = await subtle.exportKey('jwk', (await pair([algorithm, ['verify'], ['sign']])).privateKey);
    for (const changes of [{ d: two.d }, { crv: wrongCurve }, { crv: undefined }, { x: undefined }, { x: 'AAAA' }, { d: '' }]) {
      await assertRejects(() => subtle.importKey('jwk', { ...one, ...changes }, algorithm, true, ['sign']), 'DataError');
    }
  }
});

test('wrapKey and unwrapKey: all formats, all that wrap', async () => {
  const wrappers = [
    [{ name: 'AES-GCM', length: 128 }, { name: 'AES-GCM', iv: new Uint8Array(12) }],
    [{ name: 'AES-CBC', length: 256 }, { name: 'AES-CBC', iv: new Uint8Array(16) }],
    [{ name: 'AES-CTR', length: 192 }, { name: 'AES-CTR', counter: new Uint8Array(16), length: 64 }],
  ];
  const aesAlgorithm = { name: 'AES-GCM', length: 256 };
  for (const [generate, algorithm] of wrappers) {
    const wrapping = await subtle.generateKey(generate, true, ['wrapKey', 'unwrapKey']);
    const secret = await subtle.generateKey(aesAlgorithm, true, ['encrypt', 'decrypt']);
    for (const format of ['raw', 'jwk']) {
      const wrapped = await subtle.wrapKey(format, secret, wrapping, algorithm);
      const back = await subtle.unwrapKey(format, wrapped, wrapping, algorithm, aesAlgorithm, true, ['decrypt', 'encrypt']);
      assertDeepEquals(await subtle.exportKey('jwk', back), await subtle.exportKey('jwk', secret));
    }
    for (const kind of PAIRS) {
      const { privateKey } = await pair(kind);
      for (const format of ['pkcs8', 'jwk']) {
        const wrapped = await subtle.wrapKey(format, privateKey, wrapping, algorithm);
        const back = await subtle.unwrapKey(format, wrapped, wrapping, algorithm, kind[0], true, kind[2]);
        assertDeepEquals(await subtle.exportKey('jwk', back), await subtle.exportKey('jwk', privateKey));
      }
    }
  }
  const oaep = await pair(PAIRS[1]);
  const small = await subtle.generateKey({ name: 'AES-KW', length: 128 }, true, ['wrapKey']);
  const wrapped = await subtle.wrapKey('raw', small, oaep.publicKey, 'RSA-OAEP');
  const back = await subtle.unwrapKey('raw', wrapped, oaep.privateKey, 'RSA-OAEP', 'AES-KW', true, ['wrapKey']);
  assertEquals(hex(await subtle.exportKey('raw', back)), hex(await subtle.exportKey('raw', small)));
});

test('wrapKey and unwrapKey: errors', async () => {
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const wrapping = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['wrapKey', 'unwrapKey', 'encrypt']);
  const hidden = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt']);
  await assertRejects(() => subtle.wrapKey('raw', hidden, wrapping, algorithm), 'InvalidAccessError');
  await assertRejects(() => subtle.wrapKey('raw', wrapping, hidden, algorithm), 'InvalidAccessError');
  await assertRejects(() => subtle.wrapKey('raw', wrapping, wrapping, 'HMAC'), 'NotSupportedError');
  await assertRejects(() => subtle.wrapKey('spki', wrapping, wrapping, algorithm), 'NotSupportedError');
  const unwrap = async (json, type = 'AES-GCM') => {
    const sealed = await subtle.encrypt(algorithm, wrapping, typeof json === 'string' ? utf8(json) : json);
    return subtle.unwrapKey('jwk', sealed, wrapping, algorithm, type, true, ['encrypt']);
  };
  const good = '{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw"';
  for (const json of [
    `${good}}`, ` ${good} , "z" : [ 1, -0.5e+3, true, null, {"a":{}}, "\\u00e4\\n" ] } `, `\ufeff${good}}`,
    `${good},"key_ops":["encrypt"],"ext":true}`, '{"k\\u0074y":"\\u006fct","k":"AAECAwQFBgcICQoLDA0ODw"}',
    `{"k":"no",${good.slice(1)}}`,
  ]) {
    assertEquals((await unwrap(json)).type, 'secret');
  }
  for (const json of [
    '', '{', '{}', 'null', '[]', '"x"', good, `${good},}`, `${good}}x`, `${good},"ext":1}`, `${good},"ext":false}`,
    `${good},"key_ops":"encrypt"}`, `${good},"kty":1}`, `${good},"z":01}`, `${good},"z":tru}`, `${good},"z":"\\x"}`, `${good},"z":"\n"}`,
    `${good},"z":"\\u12"}`, `${good},"z":.5}`, `${good},"z":-}`, `${good},"z":1e}`, `${good},"z":${'['.repeat(1e5)}`, `{"kty":"`,
    new Uint8Array([0xff, 0xfe, 0]),
  ]) {
    await assertRejects(unwrap(json), 'DataError');
  }
  await assertRejects(unwrap(`${good},"key_ops":["decrypt"]}`), 'DataError');
  await assertRejects(() => subtle.unwrapKey('raw', new Uint8Array(40), wrapping, algorithm, 'AES-GCM', true, ['encrypt']),
    'OperationError');
});

test('What is in Object.prototype does not get into keys', async () => {
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const wrapping = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['wrapKey', 'unwrapKey', 'encrypt']);
  let seen = 0;
  for (const name of ['kty', 'k', 'alg', 'ext', 'key_ops', 'use', 'toJSON', 'publicKey', 'length']) {
    Object.defineProperty(Object.prototype, name, { configurable: true, get() { ++seen; }, set() { ++seen; } });
  }
  let key;
  try {
    const wrapped = await subtle.wrapKey('jwk', wrapping, wrapping, algorithm);
    key = await subtle.unwrapKey('jwk', wrapped, wrapping, algorithm, 'AES-GCM', true, ['wrapKey']);
    key.algorithm; // eslint-disable-line no-unused-expressions
    await subtle.exportKey('jwk', key);
  } finally {
    for (const name of ['kty', 'k', 'alg', 'ext', 'key_ops', 'use', 'toJSON', 'publicKey', 'length']) delete Object.prototype[name];
  }
  assertEquals(seen, 0);
  assertEquals(hex(await subtle.exportKey('raw', key)), hex(await subtle.exportKey('raw', wrapping)));
});

test('CryptoKey: attributes and clones', async () => {
  const key = await subtle.importKey('raw', utf8('0123456789abcdef'), 'AES-GCM', false, ['encrypt', 'decrypt']);
  assertEquals(Object.prototype.toString.call(key), '[object CryptoKey]');
  assertEquals(key.algorithm, key.algorithm);
  // They are what the script makes of them, the key is not.
  key.algorithm.name = 'AES-CBC';
  key.usages.length = 0;
  const clone = structuredClone({ key, again: [key, new Map([['key', key]])] });
  assert(clone.key instanceof CryptoKey && clone.key !== key);
  assertEquals(clone.key, clone.again[0]);
  assertEquals(clone.key, clone.again[1].get('key'));
  assertEquals(clone.key.type, 'secret');
  assertEquals(clone.key.extractable, false);
  assertDeepEquals(clone.key.algorithm, { name: 'AES-GCM', length: 128 });
  assertDeepEquals(clone.key.usages, ['encrypt', 'decrypt']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const out = await subtle.encrypt(algorithm, key, utf8('text'));
  assertEquals(hex(await subtle.decrypt(algorithm, clone.key, out)), hex(utf8('text')));
  assertThrows(() => structuredClone(key, { transfer: [key] }), 'DataCloneError');
  const get = Object.getOwnPropertyDescriptor(CryptoKey.prototype, 'algorithm').get;
  for (const other of [{}, Object.create(key), CryptoKey.prototype, subtle]) assertThrows(() => get.call(other), TypeError);
});

export default worker;

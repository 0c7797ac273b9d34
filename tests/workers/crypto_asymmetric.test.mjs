import { test, worker, assert, assertEquals, assertDeepEquals, assertRejects } from './harness.mjs';

const { subtle } = crypto;
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const F4 = new Uint8Array([1, 0, 1]);

const rsa = (name, usages, hash = 'SHA-256', modulusLength = 1024) =>
  subtle.generateKey({ name, hash, modulusLength, publicExponent: F4 }, true, usages);

test('Ed25519: RFC 8032, 7.1, TEST 2', async () => {
  const jwk = {
    kty: 'OKP', crv: 'Ed25519',
    d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs', x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  };
  const signing = await subtle.importKey('jwk', jwk, 'Ed25519', true, ['sign']);
  const signature = await subtle.sign('Ed25519', signing, bytes('72'));
  assertEquals(hex(signature), '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da'
                               + '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00');
  const raw = bytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  for (const name of ['Ed25519', 'NODE-ED25519']) {
    const verifying = await subtle.importKey('raw', raw, { name, namedCurve: name }, true, ['verify']);
    assertEquals(await subtle.verify(name, verifying, signature, bytes('72')), true);
    assertEquals(await subtle.verify(name, verifying, signature, bytes('73')), false);
    assertEquals(await subtle.verify(name, verifying, signature.slice(1), bytes('72')), false);
    assertEquals(hex(await subtle.exportKey('raw', verifying)), hex(raw));
  }
  assertEquals(hex(await subtle.sign('Ed25519', signing, new Uint8Array())).length, 128);
});

test('Ed25519: points of small order say nothing', async () => {
  const small = new Uint8Array(32);
  small[0] = 1;
  const key = await subtle.importKey('raw', small, 'Ed25519', true, ['verify']);
  const signature = new Uint8Array(64);
  signature[0] = 1;
  assertEquals(await subtle.verify('Ed25519', key, signature, utf8('anything')), false);
});

test('X25519: RFC 7748, 6.1', async () => {
  const pkcs8 = (d) => bytes(`302e020100300506032b656e04220420${d}`);
  const secret = await subtle.importKey('pkcs8',
    pkcs8('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'), 'X25519', true, ['deriveBits', 'deriveKey']);
  const other = await subtle.importKey('raw',
    bytes('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'), 'X25519', true, []);
  const bits = await subtle.deriveBits({ name: 'X25519', public: other }, secret, 256);
  assertEquals(hex(bits), '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  assertEquals((await subtle.deriveBits({ name: 'X25519', public: other }, secret)).byteLength, 32);
  assertEquals((await subtle.deriveBits({ name: 'X25519', public: other }, secret, null)).byteLength, 32);
  assertEquals(hex(await subtle.deriveBits({ name: 'X25519', public: other }, secret, 12)), '4a50');
  await assertRejects(() => subtle.deriveBits({ name: 'X25519', public: other }, secret, 257), 'OperationError');
  const zero = await subtle.importKey('raw', new Uint8Array(32), 'X25519', true, []);
  await assertRejects(() => subtle.deriveBits({ name: 'X25519', public: zero }, secret, 256), 'OperationError');
  const key = await subtle.deriveKey({ name: 'X25519', public: other }, secret, { name: 'AES-GCM', length: 128 }, true,
    ['encrypt']);
  assertEquals(hex(await subtle.exportKey('raw', key)), '4a5d9d5ba4ce2de1728e3bf480350f25');
});

test('Ed448 and X448', async () => {
  const signing = await subtle.generateKey('Ed448', true, ['sign', 'verify']);
  const signature = await subtle.sign('Ed448', signing.privateKey, utf8('text'));
  assertEquals(signature.byteLength, 114);
  assertEquals(await subtle.verify('Ed448', signing.publicKey, signature, utf8('text')), true);
  const [a, b] = await Promise.all([1, 2].map(() => subtle.generateKey('X448', true, ['deriveBits'])));
  const one = await subtle.deriveBits({ name: 'X448', public: b.publicKey }, a.privateKey, 448);
  const two = await subtle.deriveBits({ name: 'X448', public: a.publicKey }, b.privateKey, 448);
  assertEquals(hex(one), hex(two));
});

test('ECDSA and ECDH on every curve', async () => {
  for (const [namedCurve, size] of [['P-256', 32], ['P-384', 48], ['P-521', 66]]) {
    const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve }, false, ['sign', 'verify']);
    assertDeepEquals(Object.keys(pair), ['publicKey', 'privateKey']);
    assertDeepEquals(pair.publicKey.algorithm, { name: 'ECDSA', namedCurve });
    assertEquals(pair.publicKey.extractable, true);
    assertEquals(pair.privateKey.extractable, false);
    for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
      const algorithm = { name: 'ECDSA', hash };
      const signature = await subtle.sign(algorithm, pair.privateKey, utf8('text'));
      assertEquals(signature.byteLength, 2 * size);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, signature, utf8('text')), true);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, signature, utf8('texT')), false);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, signature.slice(1), utf8('text')), false);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, new Uint8Array(2 * size), utf8('text')), false);
    }
    const [a, b] = await Promise.all([1, 2].map(() => subtle.generateKey({ name: 'ECDH', namedCurve }, true, ['deriveBits'])));
    const one = await subtle.deriveBits({ name: 'ECDH', public: b.publicKey }, a.privateKey);
    const two = await subtle.deriveBits({ name: 'ECDH', public: a.publicKey }, b.privateKey, 8 * size);
    assertEquals(one.byteLength, size);
    assertEquals(hex(one), hex(two));
    await assertRejects(() => subtle.deriveBits({ name: 'ECDH', public: pair.publicKey }, a.privateKey), 'InvalidAccessError');
    await assertRejects(() => subtle.deriveBits({ name: 'ECDH', public: a.privateKey }, a.privateKey), 'InvalidAccessError');
  }
});

test('ECDSA: RFC 6979, A.2.5, verifies; long data', async () => {
  const point = bytes('0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6'
                      + '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299');
  const key = await subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  const signature = bytes('efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716'
                          + 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8');
  assertEquals(await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, utf8('sample')), true);
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const long = new Uint8Array(1e6);
  const made = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, long);
  assertEquals(await subtle.verify({ name: 'ECDSA', hash: { name: 'sha-256' } }, pair.publicKey, made, long), true);
});

test('RSA: signatures', async () => {
  for (const [name, algorithm] of [['RSASSA-PKCS1-v1_5', 'RSASSA-PKCS1-v1_5'], ['RSA-PSS', { name: 'RSA-PSS', saltLength: 20 }]]) {
    for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
      const pair = await rsa(name, ['sign', 'verify'], hash);
      assertDeepEquals(pair.privateKey.algorithm, { name, modulusLength: 1024, publicExponent: F4, hash: { name: hash } });
      const signature = await subtle.sign(algorithm, pair.privateKey, utf8('text'));
      assertEquals(signature.byteLength, 128);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, signature, utf8('text')), true);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, signature, utf8('texT')), false);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, new Uint8Array(), utf8('text')), false);
      assertEquals(await subtle.verify(algorithm, pair.publicKey, new Uint8Array(1e5), utf8('text')), false);
    }
  }
  const pss = await rsa('RSA-PSS', ['sign', 'verify']);
  const sign = (saltLength) => subtle.sign({ name: 'RSA-PSS', saltLength }, pss.privateKey, utf8('text'));
  for (const saltLength of [0, 1, 94]) assertEquals((await sign(saltLength)).byteLength, 128);
  for (const saltLength of [95, 2 ** 31, 2 ** 32 - 1]) await assertRejects(sign(saltLength), 'OperationError');
  assertEquals(await subtle.verify({ name: 'RSA-PSS', saltLength: 21 }, pss.publicKey, await sign(20), utf8('text')), false);
  assertEquals(
    await subtle.verify({ name: 'RSA-PSS', saltLength: 2 ** 32 - 1 }, pss.publicKey, await sign(20), utf8('text')), false);
});

test('RSA-OAEP', async () => {
  const pair = await rsa('RSA-OAEP', ['encrypt', 'decrypt']);
  const algorithm = { name: 'RSA-OAEP', label: utf8('label') };
  for (const size of [0, 1, 62]) {
    const out = await subtle.encrypt(algorithm, pair.publicKey, new Uint8Array(size));
    assertEquals((await subtle.decrypt(algorithm, pair.privateKey, out)).byteLength, size);
    await assertRejects(() => subtle.decrypt('RSA-OAEP', pair.privateKey, out), 'OperationError');
  }
  await assertRejects(() => subtle.encrypt(algorithm, pair.publicKey, new Uint8Array(63)), 'OperationError');
  await assertRejects(() => subtle.encrypt(algorithm, pair.publicKey, new Uint8Array(1e6)), 'OperationError');
  await assertRejects(() => subtle.decrypt(algorithm, pair.privateKey, new Uint8Array(128)), 'OperationError');
  await assertRejects(() => subtle.decrypt(algorithm, pair.privateKey, new Uint8Array()), 'OperationError');
  await assertRejects(() => subtle.encrypt(algorithm, pair.privateKey, new Uint8Array()), 'InvalidAccessError');
});

test('RSA: keys that are not made', async () => {
  const generate = (rest) => () => subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: F4,
    ...rest }, true, ['sign', 'verify']);
  for (const modulusLength of [0, 8, 1023, 8200, 16384, 2 ** 32 - 1]) {
    await assertRejects(generate({ modulusLength }), 'OperationError');
  }
  for (const publicExponent of [[], [0], [1], [2], [1, 0, 0], new Array(9).fill(255), new Array(1e5).fill(255)]) {
    await assertRejects(generate({ publicExponent: new Uint8Array(publicExponent) }), 'OperationError');
  }
  await assertRejects(generate({ publicExponent: [1, 0, 1] }), TypeError);
  await assertRejects(generate({ publicExponent: undefined }), TypeError);
  await assertRejects(generate({ hash: undefined }), TypeError);
  await assertRejects(() => rsa('RSA-PSS', ['verify']), 'SyntaxError');
});

export default worker;

import { test, worker, assertEquals, assertRejects, assert } from './harness.mjs';

const { subtle } = crypto;
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);

const base = (name, key, usages = ['deriveBits', 'deriveKey']) => subtle.importKey('raw', key, name, false, usages);

// In global scope there is nobody to wait for.
const early = base('PBKDF2', utf8('password'))
  .then((key) => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: utf8('salt'), iterations: 4096 }, key, 160));

test('PBKDF2: RFC 6070 and RFC 7914, 11', async () => {
  const password = await base('PBKDF2', utf8('password'));
  const derive = (hash, iterations, key = password, salt = utf8('salt'), length = 160) =>
    subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations }, key, length).then(hex);
  assertEquals(await derive('SHA-1', 1), '0c60c80f961f0e71f3a9b524af6012062fe037a6');
  assertEquals(await derive('SHA-1', 2), 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957');
  assertEquals(await derive('SHA-1', 4096), '4b007901b765489abead49d926f721d065a429c1');
  assertEquals(hex(await early), '4b007901b765489abead49d926f721d065a429c1');
  const long = await base('PBKDF2', utf8('passwordPASSWORDpassword'));
  assertEquals(await derive('SHA-1', 4096, long, utf8('saltSALTsaltSALTsaltSALTsaltSALTsalt'), 200),
    '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038');
  assertEquals(await derive('SHA-256', 1, await base('PBKDF2', utf8('passwd')), utf8('salt'), 512),
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'
    + '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783');
  assertEquals(await derive('SHA-256', 80000, await base('PBKDF2', utf8('Password')), utf8('NaCl'), 512),
    '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'
    + 'a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d');
});

test('PBKDF2: limits', async () => {
  const key = await base('PBKDF2', utf8('password'));
  const derive = (iterations, length) => () =>
    subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: utf8('salt'), iterations }, key, length);
  assertEquals((await derive(1, 8)()).byteLength, 1);
  const error = await assertRejects(derive(100_001, 256), 'NotSupportedError');
  assertEquals(error.message, 'Pbkdf2 failed: iteration counts above 100000 are not supported (requested 100001).');
  await assertRejects(derive(2 ** 32 - 1, 256), 'NotSupportedError');
  await assertRejects(derive(0, 256), 'OperationError');
  await assertRejects(derive(1, 2 ** 32 - 8), 'OperationError');
  for (const length of [0, null, undefined, 12]) await assertRejects(derive(1, length), 'OperationError');
  await assertRejects(derive(-1, 256), TypeError);
  await assertRejects(derive(2 ** 32, 256), TypeError);
  await assertRejects(() => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', iterations: 1 }, key, 8), TypeError);
});

test('HKDF: RFC 5869, A.1 and A.3', async () => {
  const key = await base('HKDF', new Uint8Array(22).fill(0x0b));
  const derive = (salt, info, length = 336) =>
    subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: bytes(salt), info: bytes(info) }, key, length).then(hex);
  assertEquals(await derive('000102030405060708090a0b0c', 'f0f1f2f3f4f5f6f7f8f9'),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  assertEquals(await derive('', ''),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8');
  assertEquals((await derive('', '', 255 * 32 * 8)).length, 255 * 64);
  for (const length of [0, 4, 255 * 32 * 8 + 8, 2 ** 32 - 8]) await assertRejects(derive('', '', length), 'OperationError');
});

test('deriveKey: what kinds of keys, and errors', async () => {
  const key = await base('HKDF', utf8('secret'));
  const algorithm = { name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(), info: new Uint8Array() };
  const derive = (type, usages, from = algorithm) => subtle.deriveKey(from, key, type, true, usages);
  for (const [type, usages, size] of [
    [{ name: 'AES-GCM', length: 256 }, ['encrypt'], 32],
    [{ name: 'AES-KW', length: 192 }, ['wrapKey'], 24],
    [{ name: 'HMAC', hash: 'SHA-256' }, ['sign'], 64],
    [{ name: 'HMAC', hash: 'SHA-384' }, ['sign'], 128],
    [{ name: 'HMAC', hash: 'SHA-1', length: 160 }, ['sign'], 20],
  ]) {
    assertEquals((await subtle.exportKey('raw', await derive(type, usages))).byteLength, size);
  }
  await assertRejects(() => derive({ name: 'AES-GCM', length: 100 }, ['encrypt']), 'OperationError');
  await assertRejects(() => derive({ name: 'AES-GCM' }, ['encrypt']), TypeError);
  await assertRejects(() => derive({ name: 'HMAC', hash: 'SHA-1', length: 0 }, ['sign']), TypeError);
  await assertRejects(() => derive({ name: 'AES-GCM', length: 128 }, []), 'SyntaxError');
  await assertRejects(() => derive({ name: 'AES-GCM', length: 128 }, ['sign']), 'SyntaxError');
  await assertRejects(() => derive({ name: 'RSA-PSS', hash: 'SHA-1' }, ['sign']), 'NotSupportedError');
  // HKDF needs a length, and a key for HKDF has none.
  await assertRejects(() => derive('HKDF', ['deriveBits']), /HKDF needs a length|extractable/);
  await assertRejects(() => derive({ name: 'AES-GCM', length: 128 }, ['encrypt'], { ...algorithm, name: 'PBKDF2', iterations: 1 }),
    'InvalidAccessError');
  const bitsOnly = await base('HKDF', utf8('secret'), ['deriveBits']);
  await assertRejects(() => subtle.deriveKey(algorithm, bitsOnly, { name: 'AES-GCM', length: 128 }, true, ['encrypt']),
    'InvalidAccessError');
  const keysOnly = await base('HKDF', utf8('secret'), ['deriveKey']);
  await assertRejects(() => subtle.deriveBits(algorithm, keysOnly, 8), 'InvalidAccessError');
  await assertRejects(() => subtle.importKey('raw', utf8('x'), 'HKDF', true, ['deriveKey']), 'SyntaxError');
  await assertRejects(() => subtle.importKey('jwk', {}, 'HKDF', false, ['deriveKey']), 'NotSupportedError');
  await assertRejects(() => subtle.exportKey('raw', key), 'NotSupportedError');
  await assertRejects(() => subtle.generateKey('HKDF', false, ['deriveKey']), 'NotSupportedError');
  assert((await base('HKDF', new Uint8Array())).algorithm.name === 'HKDF');
});

export default worker;

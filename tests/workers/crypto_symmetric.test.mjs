import { test, worker, assert, assertEquals, assertDeepEquals, assertRejects } from './harness.mjs';

const { subtle } = crypto;
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);

const aes = (name, key, usages = ['encrypt', 'decrypt']) => subtle.importKey('raw', bytes(key), name, true, usages);
const hmac = (hash, key, usages = ['sign', 'verify']) =>
  subtle.importKey('raw', key, { name: 'HMAC', hash }, true, usages);

test('HMAC: RFC 4231, test case 2', async () => {
  const expected = {
    'SHA-256': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'SHA-384': 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    'SHA-512': '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554'
               + '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  };
  const data = utf8('what do ya want for nothing?');
  for (const [hash, mac] of Object.entries(expected)) {
    const key = await hmac(hash, utf8('Jefe'));
    const signature = await subtle.sign('HMAC', key, data);
    assertEquals(hex(signature), mac);
    assertEquals(await subtle.verify('hmac', key, signature, data), true);
    assertEquals(await subtle.verify('HMAC', key, signature, data.subarray(1)), false);
    assertEquals(await subtle.verify('HMAC', key, signature.slice(1), data), false);
    assertEquals(await subtle.verify('HMAC', key, new Uint8Array(), data), false);
  }
});

test('HMAC: long data, parts of a byte, default lengths', async () => {
  const key = await hmac('SHA-1', utf8('key'));
  const data = new Uint8Array(300_000);
  const signature = await subtle.sign('HMAC', key, data);
  assertEquals(await subtle.verify('HMAC', key, signature, data), true);
  for (const [hash, length] of [['SHA-1', 512], ['SHA-256', 512], ['SHA-384', 1024], ['SHA-512', 1024]]) {
    const generated = await subtle.generateKey({ name: 'HMAC', hash }, true, ['sign']);
    assertEquals(generated.algorithm.length, length);
    assertEquals((await subtle.exportKey('raw', generated)).byteLength, length / 8);
  }
  const odd = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 13 }, true, ['sign']);
  const raw = new Uint8Array(await subtle.exportKey('raw', odd));
  assertEquals(raw.length, 2);
  assertEquals(raw[1] & 7, 0);
  const cut = await subtle.importKey('raw', bytes('ffff'), { name: 'HMAC', hash: 'SHA-1', length: 12 }, true, ['sign']);
  assertEquals(hex(await subtle.exportKey('raw', cut)), 'fff0');
});

test('HMAC: errors', async () => {
  const generate = (rest, usages = ['sign']) => () => subtle.generateKey({ name: 'HMAC', ...rest }, true, usages);
  await assertRejects(generate({}), TypeError);
  await assertRejects(generate({ hash: 'MD5' }), 'NotSupportedError');
  await assertRejects(generate({ hash: 'SHA-1', length: 0 }), 'OperationError');
  await assertRejects(generate({ hash: 'SHA-1', length: 2 ** 32 - 1 }), 'OperationError');
  await assertRejects(generate({ hash: 'SHA-1', length: 2 ** 32 }), TypeError);
  await assertRejects(generate({ hash: 'SHA-1', length: -1 }), TypeError);
  await assertRejects(generate({ hash: 'SHA-1' }, []), 'SyntaxError');
  await assertRejects(generate({ hash: 'SHA-1' }, ['encrypt']), 'SyntaxError');
  await assertRejects(generate({ hash: 'SHA-1' }, ['nonsense']), TypeError);
  await assertRejects(() => hmac('SHA-1', new Uint8Array()), 'DataError');
  await assertRejects(() => hmac('SHA-1', new Uint8Array(2 ** 20 + 1)), 'DataError');
  for (const length of [0, 1, 8, 17]) {
    const algorithm = { name: 'HMAC', hash: 'SHA-1', length };
    await assertRejects(() => subtle.importKey('raw', new Uint8Array(2), algorithm, true, ['sign']), 'DataError');
  }
  const signing = await hmac('SHA-1', utf8('key'), ['sign']);
  const verifying = await hmac('SHA-1', utf8('key'), ['verify']);
  await assertRejects(() => subtle.sign('HMAC', verifying, utf8('')), 'InvalidAccessError');
  await assertRejects(() => subtle.verify('HMAC', signing, utf8(''), utf8('')), 'InvalidAccessError');
  await assertRejects(() => subtle.sign('RSASSA-PKCS1-v1_5', signing, utf8('')), 'InvalidAccessError');
  await assertRejects(() => subtle.sign('SHA-1', signing, utf8('')), 'NotSupportedError');
  await assertRejects(() => subtle.sign('HMAC', {}, utf8('')), TypeError);
});

test('AES-GCM: McGrew and Viega, test cases 3 and 4', async () => {
  const key = await aes('AES-GCM', 'feffe9928665731c6d6a8f9467308308');
  const iv = bytes('cafebabefacedbaddecaf888');
  const text = bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72'
                     + '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255');
  const sealed = '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e'
                 + '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985';
  assertEquals(hex(await subtle.encrypt({ name: 'AES-GCM', iv }, key, text)), `${sealed}4d5c2af327cd64a62cf35abd2ba6fab4`);
  const algorithm = { name: 'AES-GCM', iv, additionalData: bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2') };
  const out = await subtle.encrypt(algorithm, key, text.subarray(0, 60));
  assertEquals(hex(out), `${sealed.slice(0, 120)}5bc94fbc3221a5db94fae95ae7121a47`);
  assertEquals(hex(await subtle.decrypt(algorithm, key, out)), hex(text.subarray(0, 60)));
  const wrong = new Uint8Array(out.slice());
  wrong[0] ^= 1;
  await assertRejects(() => subtle.decrypt(algorithm, key, wrong), 'OperationError');
  await assertRejects(() => subtle.decrypt({ name: 'AES-GCM', iv }, key, out), 'OperationError');
});

test('AES-GCM: tags, lengths, errors', async () => {
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) {
    for (const size of [0, 1, 100_000]) {
      const algorithm = { name: 'AES-GCM', iv, tagLength };
      const out = await subtle.encrypt(algorithm, key, new Uint8Array(size));
      assertEquals(out.byteLength, size + tagLength / 8);
      assertEquals((await subtle.decrypt(algorithm, key, out)).byteLength, size);
    }
  }
  const encrypt = (rest) => () => subtle.encrypt({ name: 'AES-GCM', ...rest }, key, new Uint8Array(3));
  await assertRejects(encrypt({}), TypeError);
  await assertRejects(encrypt({ iv: 'x' }), TypeError);
  await assertRejects(encrypt({ iv: new Uint8Array() }), 'OperationError');
  await assertRejects(encrypt({ iv: new Uint8Array(129) }), 'OperationError');
  await assertRejects(encrypt({ iv, tagLength: 127 }), 'OperationError');
  await assertRejects(encrypt({ iv, tagLength: 256 }), TypeError);
  await assertRejects(() => subtle.decrypt({ name: 'AES-GCM', iv }, key, new Uint8Array(15)), 'OperationError');
  await assertRejects(() => subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, key, iv), 'InvalidAccessError');
});

test('AES-CBC: NIST SP 800-38A, F.2.1, with padding', async () => {
  const key = await aes('AES-CBC', '2b7e151628aed2a6abf7158809cf4f3c');
  const algorithm = { name: 'AES-CBC', iv: bytes('000102030405060708090a0b0c0d0e0f') };
  const text = bytes('6bc1bee22e409f96e93d7e117393172a');
  const out = await subtle.encrypt(algorithm, key, text);
  assertEquals(out.byteLength, 32);
  assertEquals(hex(out.slice(0, 16)), '7649abac8119b246cee98e9b12e9197d');
  assertEquals(hex(await subtle.decrypt(algorithm, key, out)), hex(text));
  assertEquals((await subtle.decrypt(algorithm, key, await subtle.encrypt(algorithm, key, new Uint8Array()))).byteLength, 0);
  await assertRejects(() => subtle.decrypt(algorithm, key, out.slice(0, 31)), 'OperationError');
  await assertRejects(() => subtle.decrypt(algorithm, key, new Uint8Array()), 'OperationError');
  await assertRejects(() => subtle.decrypt(algorithm, key, out.slice(0, 16)), 'OperationError');
  await assertRejects(() => subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(15) }, key, text), 'OperationError');
});

test('AES-CTR: NIST SP 800-38A, F.5.5, and counters that come around', async () => {
  const key = await aes('AES-CTR', '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4');
  const counter = bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
  const text = bytes('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
  const out = hex(await subtle.encrypt({ name: 'AES-CTR', counter, length: 128 }, key, text));
  assertEquals(out, '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5');
  // Block by block, with the counter counted here.
  const block = async (last) => {
    const one = counter.slice();
    one[15] = last;
    return hex(await subtle.encrypt({ name: 'AES-CTR', counter: one, length: 1 }, key, new Uint8Array(16)));
  };
  const zeros = new Uint8Array(64);
  const wrapped = hex(await subtle.encrypt({ name: 'AES-CTR', counter, length: 2 }, key, zeros));
  assertEquals(wrapped, await block(0xff) + await block(0xfc) + await block(0xfd) + await block(0xfe));
  // A counter of 40 bits, all ones: what is above them stays.
  const ones = bytes('f0f1f2f3f4f5f6f7f8f9faffffffffff');
  const zeroed = bytes('f0f1f2f3f4f5f6f7f8f9fa0000000000');
  const long = hex(await subtle.encrypt({ name: 'AES-CTR', counter: ones, length: 40 }, key, new Uint8Array(40)));
  const tail = hex(await subtle.encrypt({ name: 'AES-CTR', counter: zeroed, length: 40 }, key, new Uint8Array(24)));
  assertEquals(long.slice(32), tail);
  assertEquals((await subtle.encrypt({ name: 'AES-CTR', counter, length: 128 }, key, new Uint8Array())).byteLength, 0);
  for (const length of [0, 129]) {
    await assertRejects(() => subtle.encrypt({ name: 'AES-CTR', counter, length }, key, text), 'OperationError');
  }
  await assertRejects(() => subtle.encrypt({ name: 'AES-CTR', counter, length: 2 }, key, new Uint8Array(65)), 'OperationError');
  await assertRejects(() => subtle.encrypt({ name: 'AES-CTR', counter: text, length: 2 }, key, text), 'OperationError');
});

test('AES-KW: RFC 3394, 4.1 and 4.6', async () => {
  const wrap = async (kek, key) => {
    const wrapping = await aes('AES-KW', kek, ['wrapKey', 'unwrapKey']);
    const raw = await subtle.importKey('raw', bytes(key), { name: 'HMAC', hash: 'SHA-1' }, true, ['sign']);
    const wrapped = await subtle.wrapKey('raw', raw, wrapping, 'AES-KW');
    const back = await subtle.unwrapKey('raw', wrapped, wrapping, 'AES-KW', { name: 'HMAC', hash: 'SHA-1' }, true, ['sign']);
    assertEquals(hex(await subtle.exportKey('raw', back)), key);
    const broken = new Uint8Array(wrapped.slice());
    broken[3] ^= 1;
    await assertRejects(() => subtle.unwrapKey('raw', broken, wrapping, 'AES-KW', { name: 'HMAC', hash: 'SHA-1' }, true,
      ['sign']), 'OperationError');
    return hex(wrapped);
  };
  assertEquals(await wrap('000102030405060708090a0b0c0d0e0f', '00112233445566778899aabbccddeeff'),
    '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5');
  assertEquals(await wrap('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f'),
  '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21');
  const wrapping = await aes('AES-KW', '000102030405060708090a0b0c0d0e0f', ['wrapKey', 'unwrapKey']);
  for (const size of [1, 8, 17]) {
    const key = await hmac('SHA-1', new Uint8Array(size));
    await assertRejects(() => subtle.wrapKey('raw', key, wrapping, 'AES-KW'), 'OperationError');
    await assertRejects(() => subtle.unwrapKey('raw', new Uint8Array(size), wrapping, 'AES-KW', 'AES-GCM', true,
      ['encrypt']), 'OperationError');
  }
  await assertRejects(() => subtle.encrypt('AES-KW', wrapping, new Uint8Array(16)), 'NotSupportedError');
});

test('AES keys: lengths, formats, usages', async () => {
  for (const length of [128, 192, 256]) {
    const key = await subtle.generateKey({ name: 'aes-gcm', length }, true, ['decrypt', 'encrypt', 'encrypt']);
    assertEquals(key.type, 'secret');
    assertDeepEquals(key.algorithm, { name: 'AES-GCM', length });
    assertDeepEquals(key.usages, ['encrypt', 'decrypt']);
    assertEquals(key.usages, key.usages);
    const jwk = await subtle.exportKey('jwk', key);
    assertDeepEquals(Object.keys(jwk), ['alg', 'ext', 'k', 'key_ops', 'kty']);
    assertEquals(jwk.alg, `A${length}GCM`);
    const back = await subtle.importKey('jwk', jwk, 'AES-GCM', true, ['encrypt']);
    assertEquals(hex(await subtle.exportKey('raw', back)), hex(await subtle.exportKey('raw', key)));
  }
  for (const length of [0, 127, 512]) {
    await assertRejects(() => subtle.generateKey({ name: 'AES-CBC', length }, true, ['encrypt']), 'OperationError');
  }
  await assertRejects(() => subtle.generateKey({ name: 'AES-CBC', length: 65536 }, true, ['encrypt']), TypeError);
  await assertRejects(() => subtle.generateKey('AES-CBC', true, ['encrypt']), TypeError);
  await assertRejects(() => subtle.importKey('raw', new Uint8Array(15), 'AES-CBC', true, ['encrypt']), 'DataError');
  await assertRejects(() => subtle.importKey('spki', new Uint8Array(16), 'AES-CBC', true, ['encrypt']), 'NotSupportedError');
  const hidden = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, false, ['encrypt']);
  await assertRejects(() => subtle.exportKey('raw', hidden), 'InvalidAccessError');
  assert(hidden.extractable === false);
});

export default worker;

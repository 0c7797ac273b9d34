'use strict';

// node:crypto (https://nodejs.org/api/crypto.html), as far as it goes without keys of its own: random values, hashes,
// HMAC, PBKDF2, comparisons, and WebCrypto for the rest.

const { Error, RangeError, TypeError } = internal.primordials;
const webcrypto = globalThis.crypto;
const { Buffer, asBuffer, bytesOf, textOf } = native.builtinModule('node:buffer') && internal.nodeBuffer;

function coded(error, code) {
  error.code = code;
  return error;
}

const hashes = { __proto__: null, md5: 'MD5', sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };

function hashOf(name) {
  const found = hashes[String(name).toLowerCase().replace(/^(rsa-)?sha-?/, 'sha')];
  if (found === undefined) throw coded(new Error(`Digest method not supported: ${name}`), 'ERR_CRYPTO_INVALID_DIGEST');
  return found;
}

function toBytes(data, encoding, name = 'data') {
  if (typeof data === 'string') return bytesOf(data, encoding);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw coded(new TypeError(`The "${name}" argument must be of type string or an instance of Buffer, TypedArray, or DataView.`), 'ERR_INVALID_ARG_TYPE');
}

const output = (bytes, encoding) => (encoding === undefined || encoding === 'buffer' ? asBuffer(bytes) : textOf(bytes, encoding));

// What is hashed is kept until the end: it comes in few pieces as a rule.
class Hash {
  #hash;
  #key;
  #pieces = [];
  #done = false;

  constructor(name, key) {
    this.#hash = hashOf(name);
    this.#key = key;
  }

  update(data, encoding) {
    if (this.#done) throw coded(new Error('Digest already called'), 'ERR_CRYPTO_HASH_FINALIZED');
    // A copy: the caller may change it before the end.
    this.#pieces.push(typeof data === 'string' ? toBytes(data, encoding) : toBytes(data).slice());
    return this;
  }

  digest(encoding) {
    if (this.#done) throw coded(new Error('Digest already called'), 'ERR_CRYPTO_HASH_FINALIZED');
    this.#done = true;
    const data = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#pieces = [];
    return output(new Uint8Array(this.#key === undefined ? native.hash(this.#hash, data) : native.hmac(this.#hash, this.#key, data)), encoding);
  }

  copy() {
    if (this.#done) throw coded(new Error('Digest already called'), 'ERR_CRYPTO_HASH_FINALIZED');
    const made = new Hash(this.#hash.replace('-', ''), this.#key);
    made.#pieces = [...this.#pieces];
    return made;
  }
}
class Hmac extends Hash {
  constructor(name, key) {
    super(name, toBytes(key, undefined, 'key').slice());
  }
}

const createHash = (name) => new Hash(name);
const createHmac = (name, key) => new Hmac(name, key);
const hash = (name, data, encoding = 'hex') => createHash(name).update(data).digest(encoding);

function fillRandom(bytes) {
  for (let at = 0; at < bytes.length; at += 65536) webcrypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

function later(callback, make) {
  let value;
  try {
    value = make();
  } catch (error) {
    queueMicrotask(() => callback(error));
    return;
  }
  queueMicrotask(() => callback(null, value));
}

function randomBytes(size, callback) {
  if (typeof size !== 'number' || !(size >= 0 && size <= 0x7fffffff)) {
    throw coded(new RangeError(`The value of "size" is out of range. It must be >= 0 && <= 2147483647. Received ${String(size)}`), 'ERR_OUT_OF_RANGE');
  }
  const bytes = fillRandom(Buffer.alloc(size));
  if (callback === undefined) return bytes;
  return later(callback, () => bytes);
}

function randomFillSync(target, offset = 0, size = target.byteLength - offset) {
  fillRandom(new Uint8Array(target.buffer ?? target, (target.byteOffset ?? 0) + offset, size));
  return target;
}
const randomFill = (target, ...rest) => later(rest.pop(), () => randomFillSync(target, ...rest));

function randomInt(min, max, callback) {
  if (max === undefined || typeof max === 'function') [min, max, callback] = [0, min, max];
  const range = max - min;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || !(range > 0) || range > 2 ** 48 - 1) {
    throw coded(new RangeError(`The value of "max" is out of range. It must be greater than the value of "min" (${min}). Received ${String(max)}`), 'ERR_OUT_OF_RANGE');
  }
  // Values above the last multiple of the range are not used: all are as likely.
  const limit = 2 ** 48 - (2 ** 48 % range);
  let value;
  do value = randomBytes(6).readUIntBE(0, 6); while (value >= limit);
  value = min + (value % range);
  if (callback === undefined) return value;
  return later(callback, () => value);
}

function timingSafeEqual(a, b) {
  const [left, right] = [toBytes(a), toBytes(b)];
  if (left.length !== right.length) throw coded(new RangeError('Input buffers must have the same byte length'), 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH');
  return webcrypto.subtle.timingSafeEqual(left, right);
}

async function deriveBits(password, salt, iterations, length, name) {
  const key = await webcrypto.subtle.importKey('raw', toBytes(password, undefined, 'password'), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await webcrypto.subtle.deriveBits({ name: 'PBKDF2', salt: toBytes(salt, undefined, 'salt'), iterations, hash: hashOf(name) }, key, length * 8));
}
function pbkdf2(password, salt, iterations, length, name, callback) {
  if (typeof callback !== 'function') throw coded(new TypeError('The "callback" argument must be of type function.'), 'ERR_INVALID_ARG_TYPE');
  hashOf(name);
  deriveBits(password, salt, iterations, length, name).then((bytes) => callback(null, asBuffer(bytes)), callback);
}

function hkdf(name, key, salt, info, length, callback) {
  hashOf(name);
  (async () => {
    const imported = await webcrypto.subtle.importKey('raw', toBytes(key, undefined, 'ikm'), 'HKDF', false, ['deriveBits']);
    return webcrypto.subtle.deriveBits({ name: 'HKDF', hash: hashOf(name), salt: toBytes(salt, undefined, 'salt'), info: toBytes(info, undefined, 'info') }, imported, length * 8);
  })().then((bits) => callback(null, bits), callback);
}

function unavailable(name) {
  return () => {
    throw coded(new Error(`crypto.${name}() is not available in workers; crypto.subtle has what takes its place`), 'ERR_METHOD_NOT_IMPLEMENTED');
  };
}
const missing = {};
for (const name of ['createCipheriv', 'createDecipheriv', 'createSign', 'createVerify', 'createSecretKey', 'createPublicKey', 'createPrivateKey', 'createDiffieHellman', 'createECDH',
  'generateKeyPair', 'generateKeyPairSync', 'generateKey', 'generateKeySync', 'pbkdf2Sync', 'hkdfSync', 'scrypt', 'scryptSync', 'sign', 'verify', 'publicEncrypt', 'privateDecrypt',
  'privateEncrypt', 'publicDecrypt', 'diffieHellman', 'checkPrime', 'generatePrime', 'secureHeapUsed', 'setEngine', 'setFips']) missing[name] = unavailable(name);
class KeyObject {}
class X509Certificate {
  constructor() {
    unavailable('X509Certificate')();
  }
}

const module = {
  ...missing, Hash, Hmac, KeyObject, X509Certificate, createHash, createHmac, hash, randomBytes, pseudoRandomBytes: randomBytes, rng: randomBytes, randomFill, randomFillSync, randomInt,
  randomUUID: () => webcrypto.randomUUID(), timingSafeEqual, pbkdf2, hkdf, webcrypto, subtle: webcrypto.subtle, getRandomValues: (view) => webcrypto.getRandomValues(view),
  getHashes: () => ['md5', 'sha1', 'sha256', 'sha384', 'sha512'], getCiphers: () => [], getCurves: () => [], constants: {}, fips: false, getFips: () => 0,
};

return { __proto__: null, ...module, default: module };

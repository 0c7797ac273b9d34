import { test, worker, assert, assertEquals, assertThrows } from './harness.mjs';

// In global scope, where no event is being handled.
const early = [() => crypto.randomUUID(), () => crypto.getRandomValues(new Uint8Array(1))].map((fn) => {
  try {
    return fn();
  } catch (error) {
    return error;
  }
});

test('Random values are refused in global scope', () => {
  for (const error of early) {
    assert(error instanceof Error, String(error));
    assert(error.message.startsWith('Disallowed operation called within global scope.'), error.message);
  }
});

test('crypto.getRandomValues fills integer arrays in place', () => {
  const types = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
                 BigInt64Array, BigUint64Array];
  for (const Type of types) {
    const array = new Type(64);
    assertEquals(crypto.getRandomValues(array), array);
    assert(array.some((value) => value != 0), Type.name);
  }
  const target = new Uint8Array(96);
  crypto.getRandomValues(target.subarray(32, 64));
  assert(target.subarray(0, 32).every((byte) => byte === 0));
  assert(target.subarray(32, 64).some((byte) => byte !== 0));
  assert(target.subarray(64).every((byte) => byte === 0));
  crypto.getRandomValues(new Uint8Array(0));
  assert(crypto.getRandomValues(new Uint8Array(65536)).subarray(65000).some((byte) => byte !== 0));
});

test('crypto.getRandomValues refuses other arguments', () => {
  for (const array of [new Float32Array(1), new Float64Array(1), new DataView(new ArrayBuffer(1))]) {
    assertThrows(() => crypto.getRandomValues(array), 'TypeMismatchError');
  }
  assertThrows(() => crypto.getRandomValues(new Uint8Array(65537)), 'QuotaExceededError');
  assertThrows(() => crypto.getRandomValues(new Uint16Array(32769)), 'QuotaExceededError');
  assertThrows(() => crypto.getRandomValues(new Float32Array(65537)), 'TypeMismatchError');
  for (const wrong of [undefined, null, 1, 'x', {}, [], new ArrayBuffer(1)]) {
    assertThrows(() => crypto.getRandomValues(wrong), TypeError);
  }
  assertThrows(() => crypto.getRandomValues(), TypeError);
});

test('crypto.randomUUID gives version 4 UUIDs, all of them different', () => {
  const seen = new Set();
  for (let i = 0; i < 2000; i++) {
    const uuid = crypto.randomUUID();
    assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), uuid);
    seen.add(uuid);
  }
  assertEquals(seen.size, 2000);
});

test('Random bytes look random', () => {
  const counts = new Array(256).fill(0);
  const array = new Uint8Array(100);
  for (let i = 0; i < 1000; i++) for (const byte of crypto.getRandomValues(array)) counts[byte]++;
  // 100,000 draws, 391 expected of each value; the odds of leaving these bounds are below 10^-20.
  for (const count of counts) assert(count > 180 && count < 620, String(count));
});

test('crypto is the instance of Crypto', () => {
  assert(crypto instanceof Crypto);
  assertEquals(globalThis.crypto, crypto);
  assertEquals(Object.prototype.toString.call(crypto), '[object Crypto]');
  assertThrows(() => new Crypto(), TypeError);
  assertThrows(() => crypto.randomUUID.call({}), TypeError);
  assertThrows(() => Crypto.prototype.getRandomValues.call(Crypto.prototype, new Uint8Array(1)), TypeError);
});

export default worker;

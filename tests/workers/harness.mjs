// A test harness that fits in a worker: a test file registers tests and exports `worker`, whose fetch
// handler runs them all and answers with their results as JSON:
//
//   [{ "name": "…", "ok": true, "error": null, "output": null }, …]
//
// `output` is what a test says it has printed by console methods (what it returns, a string): the
// worker cannot see its own output, so the runner that can must compare it.

const tests = [];

export function test(name, fn) {
  tests.push({ name, fn });
}

export function fail(message) {
  throw new Error(message);
}

export function assert(condition, message = 'assertion failed') {
  if (!condition) fail(message);
}

function show(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object' && value !== null && !(value instanceof Error)) {
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return String(value);
}

export function assertEquals(actual, expected, message = '') {
  if (!Object.is(actual, expected)) {
    fail(`${message ? `${message}: ` : ''}expected ${show(expected)} but got ${show(actual)}`);
  }
}

export function deepEquals(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map || a instanceof Set) {
    return a.size === b.size && deepEquals([...a], [...b]);
  }
  if (a instanceof ArrayBuffer) return deepEquals(new Uint8Array(a), new Uint8Array(b));
  const keys = Reflect.ownKeys(a);
  if (keys.length !== Reflect.ownKeys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEquals(a[key], b[key]));
}

export function assertDeepEquals(actual, expected, message = '') {
  if (!deepEquals(actual, expected)) {
    fail(`${message ? `${message}: ` : ''}expected ${show(expected)} but got ${show(actual)}`);
  }
}

// `expected` is an error class, the name of a DOMException, a RegExp for the message, or the very
// value that must be thrown.
function checkThrown(error, expected) {
  if (expected === undefined) return error;
  if (typeof expected === 'function') {
    assert(error instanceof expected, `expected a ${expected.name} but got ${show(error)}`);
  } else if (typeof expected === 'string') {
    assert(error instanceof DOMException, `expected a DOMException but got ${show(error)}`);
    assertEquals(error.name, expected, 'name of the DOMException');
  } else if (expected instanceof RegExp) {
    assert(expected.test(error?.message), `expected ${expected} but got ${show(error)}`);
  } else {
    assertEquals(error, expected, 'thrown value');
  }
  return error;
}

export function assertThrows(fn, expected = undefined) {
  let result;
  try {
    result = fn();
  } catch (error) {
    return checkThrown(error, expected);
  }
  return fail(`expected a throw but got ${show(result)}`);
}

// Takes a promise, or a function that returns one and must not throw itself.
export async function assertRejects(promiseOrFunction, expected = undefined) {
  const promise = typeof promiseOrFunction === 'function' ? promiseOrFunction() : promiseOrFunction;
  assert(promise instanceof Promise, 'expected a promise');
  let result;
  try {
    result = await promise;
  } catch (error) {
    return checkThrown(error, expected);
  }
  return fail(`expected a rejection but got ${show(result)}`);
}

// Resolves after all reactions that are queued now, and those that they queue, to a fair depth.
export async function settle() {
  for (let i = 0; i < 32; i++) await null;
}

// 'pending', 'fulfilled' or 'rejected', as of now.
export async function stateOf(promise) {
  const pending = Symbol('pending');
  try {
    return await Promise.race([promise, settle().then(() => pending)]) === pending
      ? 'pending' : 'fulfilled';
  } catch {
    return 'rejected';
  }
}

function poison(what) {
  return () => {
    throw new Error(`polluted ${what} was used`);
  };
}

// What withPollution replaces: a list of [object, key, descriptor].
function pollution() {
  const list = [];
  const fields = [
    'aborted', 'buffer', 'callback', 'chunk', 'closed', 'controller', 'deferred', 'first', 'head',
    'highWaterMark', 'id', 'items', 'next', 'previous', 'promise', 'queue', 'reader', 'ready',
    'reason', 'reject', 'requests', 'resolve', 'ring', 'signal', 'size', 'started', 'state',
    'stream', 'target', 'totalSize', 'type', 'writer',
  ];
  for (const field of fields) {
    list.push([Object.prototype, field, { get: undefined, set: poison(`setter of ${field}`) }]);
  }
  for (let i = 0; i < 8; i++) {
    list.push([Array.prototype, i, { get: undefined, set: poison(`setter of index ${i}`) }]);
  }
  const methods = [
    [Array.prototype, ['push', 'shift', 'slice', 'map', 'forEach', 'join', Symbol.iterator]],
    [ArrayBuffer.prototype, ['slice', 'transfer', 'transferToFixedLength']],
    [Map.prototype, ['get', 'set', 'has', 'forEach']],
    [Set.prototype, ['add', 'has', 'delete', 'forEach']],
    [Promise.prototype, ['then', 'catch', 'finally']],
    [Promise, ['resolve', 'reject', 'all']],
    [RegExp.prototype, ['exec', 'test']],
    [String.prototype, ['indexOf', 'slice', 'includes']],
    [Uint8Array.prototype, ['set', 'slice', 'subarray', 'fill']],
  ];
  for (const [object, keys] of methods) {
    for (const key of keys) {
      list.push([object, key, { value: poison(String(key)), writable: true }]);
    }
  }
  return list;
}

// Runs `fn`, which may be async, while hostile setters sit on Object.prototype and Array.prototype and
// methods that built-ins could lean on throw; then restores everything. `fn` must not use any of them.
export async function withPollution(fn) {
  const patches = pollution();
  const before = patches.map(([object, key]) => Object.getOwnPropertyDescriptor(object, key));
  for (let i = 0; i < patches.length; i++) {
    const patch = patches[i];
    patch[2].configurable = true;
  }
  const { defineProperty } = Object;
  const { deleteProperty } = Reflect;
  for (let i = 0; i < patches.length; i++) {
    const patch = patches[i];
    defineProperty(patch[0], patch[1], patch[2]);
  }
  try {
    return await fn();
  } finally {
    for (let i = patches.length - 1; i >= 0; i--) {
      const patch = patches[i];
      if (before[i] === undefined) deleteProperty(patch[0], patch[1]);
      else defineProperty(patch[0], patch[1], before[i]);
    }
  }
}

async function run({ name, fn }) {
  try {
    const output = await fn();
    return { name, ok: true, error: null, output: typeof output === 'string' ? output : null };
  } catch (error) {
    return { name, ok: false, error: String(error?.stack ?? error), output: null };
  }
}

export const worker = {
  async fetch() {
    const results = [];
    for (const entry of tests) results.push(await run(entry));
    return new Response(JSON.stringify(results), {
      headers: { 'content-type': 'application/json' },
    });
  },
};

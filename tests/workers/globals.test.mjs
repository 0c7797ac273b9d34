import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

test('navigator says what libraries look for', () => {
  assertEquals(navigator.userAgent, 'Cloudflare-Workers');
  assertEquals(navigator.hardwareConcurrency, 1);
  assertEquals(navigator.language, 'en');
  assertDeepEquals(navigator.languages, ['en']);
  assertEquals(navigator.languages, navigator.languages);
  assert(Object.isFrozen(navigator.languages));
  assert(navigator instanceof Navigator);
  assertEquals(globalThis.navigator, navigator);
  assertThrows(() => new Navigator(), TypeError);
  assertThrows(() => Object.getOwnPropertyDescriptor(Navigator.prototype, 'language').get.call({}), TypeError);
});

test('queueMicrotask runs callbacks in order, after the running code', async () => {
  const log = [];
  queueMicrotask(function callback(...args) {
    log.push('first', this === undefined, args.length);
  });
  Promise.resolve().then(() => log.push('second'));
  queueMicrotask(() => log.push('third'));
  log.push('now');
  await new Promise((resolve) => queueMicrotask(resolve));
  assertDeepEquals(log, ['now', 'first', true, 0, 'second', 'third']);
});

test('queueMicrotask keeps the event that the code belongs to', async () => {
  const uuid = await new Promise((resolve, reject) => {
    queueMicrotask(() => {
      try {
        resolve(crypto.randomUUID());
      } catch (error) {
        reject(error);
      }
    });
  });
  assertEquals(uuid.length, 36);
});

test('queueMicrotask reports what a callback throws, and goes on', async () => {
  const thrown = new Error('from a microtask');
  const events = [];
  const listener = (event) => {
    events.push(event.error, event.message);
    event.preventDefault();
  };
  addEventListener('error', listener);
  queueMicrotask(() => { throw thrown; });
  await new Promise((resolve) => queueMicrotask(resolve));
  removeEventListener('error', listener);
  assertEquals(events.length, 2);
  assertEquals(events[0], thrown);
  assert(events[1].includes('from a microtask'), events[1]);
});

test('queueMicrotask takes functions only', () => {
  for (const wrong of [undefined, null, 1, 'x', {}]) assertThrows(() => queueMicrotask(wrong), TypeError);
  assertThrows(() => queueMicrotask(), TypeError);
  assertEquals(queueMicrotask.length, 1);
  assertEquals(queueMicrotask(() => {}), undefined);
});

test('Functions of the global object are its enumerable properties', () => {
  for (const name of ['atob', 'btoa', 'queueMicrotask', 'structuredClone']) {
    const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
    assert(enumerable && writable && configurable, name);
    assertEquals(globalThis[name].name, name);
    assertThrows(() => new globalThis[name](), TypeError);
  }
});

test('Interfaces are on the global object, not enumerable', () => {
  for (const name of ['URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'Crypto', 'Navigator', 'Performance']) {
    const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
    assert(!enumerable && writable && configurable, name);
    assertEquals(globalThis[name].name, name);
    const prototype = Object.getOwnPropertyDescriptor(globalThis[name], 'prototype');
    assert(!prototype.writable && !prototype.enumerable && !prototype.configurable, name);
  }
});

export default worker;

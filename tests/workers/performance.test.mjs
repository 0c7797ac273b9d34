import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

test('performance counts from its time origin', () => {
  const now = performance.now();
  assertEquals(typeof now, 'number');
  assert(now >= 0);
  assert(performance.now() >= now, 'never backwards');
  assert(Number.isFinite(performance.timeOrigin));
  assert(performance.timeOrigin > 1.6e12, 'milliseconds since the epoch');
  assert(performance.timeOrigin + performance.now() <= Date.now() + 2);
});

test('performance.toJSON has the time origin', () => {
  assertDeepEquals(performance.toJSON(), { timeOrigin: performance.timeOrigin });
  assertEquals(JSON.stringify(performance), `{"timeOrigin":${performance.timeOrigin}}`);
});

test('performance is the instance of Performance', () => {
  assert(performance instanceof Performance);
  assertEquals(globalThis.performance, performance);
  assertEquals(Object.prototype.toString.call(performance), '[object Performance]');
  assertThrows(() => new Performance(), TypeError);
  assertThrows(() => performance.now.call({}), TypeError);
});

export default worker;

// setImmediate, scheduler.wait. setTimeout is used all over the other tests.
import { assert, assertDeepEquals, assertEquals, assertRejects, assertThrows, settle, test, worker } from './harness.mjs';

export default worker;

test('setImmediate calls back from the loop, in order, with its arguments', async () => {
  const seen = [];
  setImmediate((...args) => seen.push(args), 1, 2);
  setImmediate(() => seen.push('second'));
  const cleared = setImmediate(() => seen.push('cleared'));
  clearImmediate(cleared);
  clearImmediate(undefined);
  clearImmediate(123456);
  await settle();
  assertDeepEquals(seen, []);
  await new Promise((resolve) => setImmediate(resolve));
  assertDeepEquals(seen, [[1, 2], 'second']);
  assertThrows(() => setImmediate('code'), TypeError);
  assertThrows(() => setImmediate(), TypeError);
});

test('scheduler.wait', async () => {
  assertEquals(await scheduler.wait(1), undefined);
  assertEquals(await scheduler.wait(1, { signal: new AbortController().signal }), undefined);
  await assertRejects(() => scheduler.wait(), TypeError);
  await assertRejects(() => scheduler.wait(Symbol('s')), TypeError);
  await assertRejects(() => scheduler.wait(1, { signal: {} }), TypeError);
  await assertRejects(() => scheduler.wait(1, 1), TypeError);
  await assertRejects(() => Scheduler.prototype.wait.call({}, 1), TypeError);
  assertThrows(() => new Scheduler(), TypeError);
  assert(scheduler instanceof Scheduler && globalThis.scheduler === scheduler);
});

test('scheduler.wait can be aborted', async () => {
  const controller = new AbortController();
  const wait = scheduler.wait(60_000, { signal: controller.signal });
  controller.abort('enough');
  assertEquals(await wait.catch((reason) => reason), 'enough');
  assertEquals(await scheduler.wait(1, { signal: controller.signal }).catch((reason) => reason), 'enough');
});

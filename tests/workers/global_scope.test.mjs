// The global object: what it inherits from, its event handlers, reportError.
import { assert, assertDeepEquals, assertEquals, assertThrows, settle, test, worker } from './harness.mjs';

export default worker;

test('the global object is a ServiceWorkerGlobalScope', () => {
  assert(self === globalThis && self instanceof ServiceWorkerGlobalScope && self instanceof WorkerGlobalScope);
  assert(self instanceof EventTarget && self instanceof Object);
  assertEquals(Object.prototype.toString.call(self), '[object ServiceWorkerGlobalScope]');
  assertThrows(() => new ServiceWorkerGlobalScope(), TypeError);
  assertThrows(() => new WorkerGlobalScope(), TypeError);
});

test('it is an event target, with a receiver or without', () => {
  const seen = [];
  const listener = function (event) { seen.push(this === globalThis, event.target === globalThis, event.type); };
  addEventListener('x', listener);
  EventTarget.prototype.addEventListener.call(globalThis, 'y', listener, { once: true });
  dispatchEvent(new Event('x'));
  globalThis.dispatchEvent(new Event('y'));
  self.dispatchEvent(new Event('y'));
  self.removeEventListener('x', listener);
  dispatchEvent(new Event('x'));
  assertDeepEquals(seen, [true, true, 'x', true, true, 'y']);
  assertThrows(() => EventTarget.prototype.dispatchEvent.call({}, new Event('x')), TypeError);
  assertThrows(() => EventTarget.prototype.dispatchEvent.call(1, new Event('x')), TypeError);
});

test('onerror takes the event apart, and true means handled', async () => {
  const seen = [];
  assertEquals(onerror, null);
  onerror = function (...args) {
    seen.push(...args, this === globalThis);
    return true;
  };
  const error = new RangeError('far out');
  reportError(error);
  assertEquals(seen.length, 6);
  assert(/RangeError: far out/.test(seen[0]) && seen[1].includes('global_scope.test.mjs') && seen[2] > 0 && seen[3] > 0);
  assertEquals(seen[4], error);
  assertEquals(seen[5], true);
  // An event of another class is passed as it is, and only a real one.
  seen.length = 0;
  const plain = new Event('error', { cancelable: true });
  assertEquals(dispatchEvent(plain), true);
  assert(seen.length === 2 && seen[0] === plain);
  const cancelable = new ErrorEvent('error', { cancelable: true, message: 'm' });
  assertEquals(dispatchEvent(cancelable), false);
  onerror = () => false;
  assertEquals(dispatchEvent(new ErrorEvent('error', { cancelable: true })), true);
  onerror = null;
  const target = new EventTarget();
  target.onerror = () => { throw new Error("not a handler"); };
  target.dispatchEvent(new ErrorEvent('error'));
});

test('reportError needs an argument', () => {
  assertThrows(() => reportError(), TypeError);
  const seen = [];
  onerror = (...args) => { seen.push(args[4]); return true; };
  reportError(undefined);
  reportError(1);
  assertDeepEquals(seen, [undefined, 1]);
  onerror = null;
});

test('onunhandledrejection and onrejectionhandled', async () => {
  const seen = [];
  onunhandledrejection = (event) => {
    seen.push(event);
    event.preventDefault();
  };
  onrejectionhandled = (event) => seen.push(event);
  const promise = Promise.reject('reason');
  await new Promise((resolve) => setTimeout(resolve, 1));
  promise.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 1));
  onunhandledrejection = onrejectionhandled = null;
  assertDeepEquals(seen.map((event) => event.type), ['unhandledrejection', 'rejectionhandled']);
  for (const event of seen) {
    assert(event instanceof PromiseRejectionEvent && event.promise === promise && event.reason === 'reason' && event.isTrusted);
  }
  assert(seen[0].cancelable && !seen[1].cancelable);
});

test('handlers are accessors of WorkerGlobalScope', () => {
  for (const name of ['onerror', 'onunhandledrejection', 'onrejectionhandled']) {
    const { get, set } = Object.getOwnPropertyDescriptor(WorkerGlobalScope.prototype, name);
    set.call(undefined, 1);
    assertEquals(get.call(globalThis), null);
    assertThrows(() => get.call({}), TypeError);
  }
});

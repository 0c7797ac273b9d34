import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, withPollution,
} from './harness.mjs';

test('listeners run in order of addition, capturing ones first', () => {
  const target = new EventTarget();
  const log = [];
  target.addEventListener('x', () => log.push('a'));
  target.addEventListener('x', () => log.push('c'), true);
  target.addEventListener('x', { handleEvent() { log.push('b'); } });
  target.addEventListener('y', () => log.push('other'));
  assertEquals(target.dispatchEvent(new Event('x')), true);
  assertDeepEquals(log, ['c', 'a', 'b']);
});

test('a duplicate is ignored; capture makes another listener', () => {
  const target = new EventTarget();
  let calls = 0;
  const listener = () => calls++;
  target.addEventListener('x', listener);
  target.addEventListener('x', listener, { once: true });
  target.addEventListener('x', listener, true);
  target.dispatchEvent(new Event('x'));
  assertEquals(calls, 2);
  target.removeEventListener('x', listener, { capture: true });
  target.dispatchEvent(new Event('x'));
  assertEquals(calls, 3);
});

test('once removes before the call, so that a nested dispatch does not repeat it', () => {
  const target = new EventTarget();
  let calls = 0;
  target.addEventListener('x', () => {
    calls++;
    target.dispatchEvent(new Event('x'));
  }, { once: true });
  target.dispatchEvent(new Event('x'));
  assertEquals(calls, 1);
});

test('listeners added while dispatching wait; removed ones are not called', () => {
  const target = new EventTarget();
  const log = [];
  const third = () => log.push('third');
  target.addEventListener('x', () => {
    log.push('first');
    target.removeEventListener('x', second);
    target.removeEventListener('x', third);
    target.addEventListener('x', () => log.push('late'));
  }, { once: true });
  function second() { log.push('second'); }
  target.addEventListener('x', second);
  target.addEventListener('x', third);
  target.addEventListener('x', () => log.push('fourth'));
  target.dispatchEvent(new Event('x'));
  assertDeepEquals(log, ['first', 'fourth']);
  target.dispatchEvent(new Event('x'));
  assertDeepEquals(log, ['first', 'fourth', 'fourth', 'late']);
});

test('an exception in a listener does not stop the others, nor reach the dispatcher', () => {
  const target = new EventTarget();
  let reached = false;
  const quiet = (event) => event.preventDefault();
  addEventListener('error', quiet);
  target.addEventListener('x', () => { throw new Error('thrown by a listener on purpose'); });
  target.addEventListener('x', {});
  target.addEventListener('x', () => { reached = true; });
  assertEquals(target.dispatchEvent(new Event('x')), true);
  removeEventListener('error', quiet);
  assert(reached);
});

test('preventDefault needs cancelable and no passive listener', () => {
  const target = new EventTarget();
  target.addEventListener('x', (event) => event.preventDefault());
  assertEquals(target.dispatchEvent(new Event('x')), true);
  const event = new Event('x', { cancelable: true });
  assertEquals(target.dispatchEvent(event), false);
  assertEquals(event.defaultPrevented, true);
  assertEquals(event.returnValue, false);
  const passive = new EventTarget();
  passive.addEventListener('x', (e) => e.preventDefault(), { passive: true });
  assertEquals(passive.dispatchEvent(new Event('x', { cancelable: true })), true);
});

test('stopImmediatePropagation stops the rest; stopPropagation the next phase', () => {
  const target = new EventTarget();
  const log = [];
  target.addEventListener('x', (event) => { log.push(1); event.stopPropagation(); }, true);
  target.addEventListener('x', () => log.push(2), true);
  target.addEventListener('x', () => log.push(3));
  target.dispatchEvent(new Event('x'));
  assertDeepEquals(log, [1, 2]);
  const other = new EventTarget();
  other.addEventListener('x', (event) => event.stopImmediatePropagation());
  other.addEventListener('x', () => log.push('no'));
  other.dispatchEvent(new Event('x'));
  assertDeepEquals(log, [1, 2]);
});

test('an event knows its target only while it should', () => {
  const target = new EventTarget();
  const event = new Event('x');
  let inside;
  target.addEventListener('x', function (e) {
    inside = [this, e.target, e.currentTarget, e.eventPhase, e.composedPath()];
  });
  target.dispatchEvent(event);
  assert(inside[0] === target && inside[1] === target && inside[2] === target);
  assertEquals(inside[3], Event.AT_TARGET);
  assertEquals(inside[4].length, 1);
  assertEquals(event.target, target);
  assertEquals(event.currentTarget, null);
  assertEquals(event.eventPhase, Event.NONE);
  assertEquals(event.composedPath().length, 0);
});

test('an event under dispatch cannot be dispatched again', () => {
  const target = new EventTarget();
  let error;
  target.addEventListener('x', (event) => {
    error = assertThrows(() => target.dispatchEvent(event), 'InvalidStateError');
  });
  target.dispatchEvent(new Event('x'));
  assert(error !== undefined);
});

test('a signal removes its listener', () => {
  const target = new EventTarget();
  const controller = new AbortController();
  let calls = 0;
  target.addEventListener('x', () => calls++, { signal: controller.signal });
  target.dispatchEvent(new Event('x'));
  controller.abort();
  target.dispatchEvent(new Event('x'));
  target.addEventListener('x', () => calls++, { signal: controller.signal });
  target.dispatchEvent(new Event('x'));
  assertEquals(calls, 1);
  assertThrows(() => target.addEventListener('x', null, { signal: {} }), TypeError);
  assertThrows(() => target.addEventListener('x', null, { signal: null }), TypeError);
});

test('isTrusted is an own accessor that cannot be changed', () => {
  const [a, b] = [new Event('x'), new CustomEvent('y')].map(
    (event) => Object.getOwnPropertyDescriptor(event, 'isTrusted'));
  assertEquals(a.get, b.get);
  assertEquals(a.configurable, false);
  assertEquals(new Event('x').isTrusted, false);
});

test('arguments are counted and converted', () => {
  assertEquals(assertThrows(() => new Event(), TypeError).message,
               "Failed to construct 'Event': 1 argument required, but only 0 present.");
  const target = new EventTarget();
  assertEquals(
    assertThrows(() => target.addEventListener('x'), TypeError).message,
    "Failed to execute 'addEventListener' on 'EventTarget': " +
    '2 arguments required, but only 1 present.');
  assertThrows(() => target.dispatchEvent({}), TypeError);
  assertThrows(() => target.addEventListener('x', 5), TypeError);
  assertThrows(() => new Event(Symbol()), TypeError);
  assertThrows(() => new Event('x', 1), TypeError);
  assertEquals(new Event(null).type, 'null');
  assertEquals(EventTarget.prototype.addEventListener.length, 2);
  assertThrows(() => EventTarget.prototype.addEventListener.call({}, 'x', null), TypeError);
});

test('the interfaces are shaped as WebIDL says', () => {
  for (const Class of [Event, EventTarget, CustomEvent, ErrorEvent, PromiseRejectionEvent,
                       MessageEvent, CloseEvent]) {
    const tag = Object.getOwnPropertyDescriptor(Class.prototype, Symbol.toStringTag);
    assertDeepEquals(tag, {
      value: Class.name, writable: false, enumerable: false, configurable: true,
    });
    for (const key of Object.getOwnPropertyNames(Class.prototype)) {
      const { enumerable } = Object.getOwnPropertyDescriptor(Class.prototype, key);
      assertEquals(enumerable, key !== 'constructor', `${Class.name}.${key}`);
    }
  }
  assertEquals(Event.prototype.BUBBLING_PHASE, 3);
});

test('CustomEvent, ErrorEvent, MessageEvent, CloseEvent and PromiseRejectionEvent carry data', () => {
  const detail = {};
  assertEquals(new CustomEvent('x', { detail }).detail, detail);
  assertEquals(new CustomEvent('x').detail, null);
  const custom = new CustomEvent('x');
  custom.initCustomEvent('y', true, true, 7);
  assertDeepEquals([custom.type, custom.bubbles, custom.detail], ['y', true, 7]);

  const error = new Error('e');
  const errorEvent = new ErrorEvent('error', { error, message: 'm', lineno: 3, colno: -1 });
  assertEquals(errorEvent.error, error);
  assertEquals(errorEvent.message, 'm');
  assertEquals(errorEvent.lineno, 3);
  assertEquals(errorEvent.colno, 4294967295);

  const message = new MessageEvent('message', { data: 1, origin: 'o', lastEventId: 'i' });
  assertDeepEquals([message.data, message.origin, message.lastEventId, message.source],
                   [1, 'o', 'i', null]);
  assert(Object.isFrozen(message.ports));
  assertThrows(() => new MessageEvent('x', { ports: [{}] }), TypeError);

  const close = new CloseEvent('close', { code: 65536 + 1000, reason: 'r', wasClean: 1 });
  assertDeepEquals([close.code, close.reason, close.wasClean], [1000, 'r', true]);

  const promise = Promise.resolve();
  const rejection = new PromiseRejectionEvent('unhandledrejection', { promise, reason: 9 });
  assertEquals(rejection.promise, promise);
  assertEquals(rejection.reason, 9);
  assertThrows(() => new PromiseRejectionEvent('x'), TypeError);
  assertThrows(() => new PromiseRejectionEvent('x', {}), TypeError);
});

test('the global object is a target', () => {
  let receiver;
  const listener = function (event) { receiver = [this, event.target]; };
  addEventListener('custom-global', listener);
  assertEquals(dispatchEvent(new Event('custom-global')), true);
  removeEventListener('custom-global', listener);
  assertEquals(receiver[0], globalThis);
  assertEquals(receiver[1], globalThis);
});

test('subclasses work', () => {
  class Emitter extends EventTarget {
    emit(type) { return this.dispatchEvent(new Event(type)); }
  }
  const emitter = new Emitter();
  let target;
  emitter.addEventListener('x', (event) => { target = event.target; });
  emitter.emit('x');
  assertEquals(target, emitter);
});

test('events work while intrinsics are patched', async () => {
  let calls = 0;
  await withPollution(async () => {
    const target = new EventTarget();
    const listener = () => calls++;
    target.addEventListener('x', listener, { once: true });
    target.addEventListener('x', listener, { capture: true, passive: true });
    target.dispatchEvent(new CustomEvent('x', { detail: 1 }));
    target.removeEventListener('x', listener, true);
    target.dispatchEvent(new Event('x'));
  });
  assertEquals(calls, 2);
});

export default worker;

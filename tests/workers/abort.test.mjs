import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, withPollution,
} from './harness.mjs';

test('abort sets the reason, then calls the listeners once', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const log = [];
  signal.onabort = (event) => log.push(['on', event.type, event.isTrusted, signal.reason]);
  signal.addEventListener('abort', () => log.push('listener'));
  assertEquals(signal.aborted, false);
  assertEquals(signal.reason, undefined);
  controller.abort('why');
  controller.abort('again');
  assertDeepEquals(log, [['on', 'abort', true, 'why'], 'listener']);
  assertEquals(signal.aborted, true);
  assertEquals(signal.reason, 'why');
});

test('the default reason is an AbortError', () => {
  const controller = new AbortController();
  controller.abort();
  assertEquals(controller.signal.reason.name, 'AbortError');
  assert(controller.signal.reason instanceof DOMException);
  assertEquals(assertThrows(() => controller.signal.throwIfAborted()), controller.signal.reason);
  new AbortController().signal.throwIfAborted();
});

test('AbortSignal.abort gives an aborted signal', () => {
  assertEquals(AbortSignal.abort(5).reason, 5);
  assertEquals(AbortSignal.abort().reason.name, 'AbortError');
});

test('AbortSignal cannot be constructed', () => {
  assertThrows(() => new AbortSignal(), TypeError);
});

test('AbortSignal.timeout aborts with a TimeoutError', async () => {
  const signal = AbortSignal.timeout(1);
  assertEquals(signal.aborted, false);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  assertEquals(signal.reason.name, 'TimeoutError');
  assertThrows(() => AbortSignal.timeout(), TypeError);
  assertThrows(() => AbortSignal.timeout(-1), TypeError);
  assertThrows(() => AbortSignal.timeout(NaN), TypeError);
  assertThrows(() => AbortSignal.timeout(2 ** 53), TypeError);
});

test('AbortSignal.any follows the first source that aborts', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const any = AbortSignal.any([a.signal, b.signal]);
  let calls = 0;
  any.onabort = () => calls++;
  b.abort('b');
  a.abort('a');
  assertEquals(any.reason, 'b');
  assertEquals(calls, 1);
  assertEquals(AbortSignal.any([a.signal, b.signal]).reason, 'a');
  assertEquals(AbortSignal.any([]).aborted, false);
  assertThrows(() => AbortSignal.any(), TypeError);
  assertThrows(() => AbortSignal.any([{}]), TypeError);
  assertThrows(() => AbortSignal.any(5), TypeError);
});

test('signals that depend on dependent signals abort in the order of the standard', () => {
  const controller = new AbortController();
  const log = [];
  const first = AbortSignal.any([controller.signal]);
  const second = AbortSignal.any([first]);
  second.addEventListener('abort', () => log.push(`second ${first.aborted}`));
  first.addEventListener('abort', () => log.push(`first ${second.aborted}`));
  controller.signal.addEventListener('abort', () => log.push(`source ${second.aborted}`));
  controller.abort(1);
  assertDeepEquals(log, ['source true', 'first true', 'second true']);
});

test('onabort follows the rules of event handlers', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const log = [];
  assertEquals(signal.onabort, null);
  signal.onabort = () => log.push('replaced');
  signal.addEventListener('abort', () => log.push('listener'));
  const handler = () => log.push('handler');
  signal.onabort = handler;
  assertEquals(signal.onabort, handler);
  controller.abort();
  assertDeepEquals(log, ['handler', 'listener']);
  signal.onabort = 5;
  assertEquals(signal.onabort, null);
});

test('receivers are checked', () => {
  for (const [object, name] of [[AbortSignal.prototype, 'aborted'], [AbortSignal.prototype, 'reason'],
                                [AbortController.prototype, 'signal']]) {
    const { get } = Object.getOwnPropertyDescriptor(object, name);
    assertThrows(() => get.call({}), TypeError);
  }
  assertThrows(() => AbortController.prototype.abort.call({}), TypeError);
  assertThrows(() => AbortSignal.prototype.throwIfAborted.call(new EventTarget()), TypeError);
});

test('many dependents of one long-lived signal', () => {
  const controller = new AbortController();
  let last;
  for (let i = 0; i < 20000; i++) last = AbortSignal.any([controller.signal]);
  let aborted = false;
  last.addEventListener('abort', () => { aborted = true; });
  controller.abort();
  assert(aborted && last.aborted);
});

test('signals work while intrinsics are patched', async () => {
  let reason;
  await withPollution(async () => {
    const controller = new AbortController();
    const signal = controller.signal;
    signal.onabort = () => { reason = signal.reason; };
    new EventTarget().addEventListener('x', () => {}, { signal });
    controller.abort('patched');
  });
  assertEquals(reason, 'patched');
});

export default worker;

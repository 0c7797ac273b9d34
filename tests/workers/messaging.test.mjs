// MessageChannel, MessagePort, BroadcastChannel. What several requests do with one channel is in tests/e2e/test_messaging.py.
import {
  assert, assertDeepEquals, assertEquals, assertThrows, settle, test, withPollution, worker,
} from './harness.mjs';

export default worker;

const next = (target, type = 'message') => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
const task = () => new Promise((resolve) => setTimeout(resolve, 5));

test('a message arrives as a clone, in a task of its own', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.onmessage = (event) => { seen.push(event); queueMicrotask(() => seen.push('microtask')); };
  const data = { a: [1], m: new Map([[1, 2]]) };
  port1.postMessage(data);
  port1.postMessage('second');
  data.a.push(2);
  await settle();
  assertEquals(seen.length, 0);
  await task();
  assertEquals(seen.length, 4);
  assertDeepEquals(seen[0].data, { a: [1], m: new Map([[1, 2]]) });
  assertEquals(seen[1], 'microtask');
  assertEquals(seen[2].data, 'second');
  const [event] = seen;
  assert(event instanceof MessageEvent && event.isTrusted && event.target === port2 && !event.bubbles && !event.cancelable);
  assert(event.origin === '' && event.lastEventId === '' && event.source === null);
  assert(Object.isFrozen(event.ports) && event.ports.length === 0);
});

test('messages wait until the port is started', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.addEventListener('message', ({ data }) => seen.push(data));
  port1.postMessage(1);
  port1.postMessage(2);
  await task();
  assertDeepEquals(seen, []);
  port2.start();
  port2.start();
  port1.postMessage(3);
  await task();
  assertDeepEquals(seen, [1, 2, 3]);
});

test('close', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.onmessage = ({ data }) => seen.push(data);
  const closed = next(port2, 'close');
  port1.postMessage('before');
  port1.close();
  port1.postMessage('after');
  port2.postMessage('nobody is there');
  await closed;
  assertDeepEquals(seen, ['before']);
  const other = new MessageChannel();
  other.port2.onmessage = () => seen.push('closed');
  other.port1.postMessage(1);
  other.port2.close();
  other.port2.start();
  await task();
  assertDeepEquals(seen, ['before']);
});

test('ports and buffers are transferred', async () => {
  const { port1, port2 } = new MessageChannel();
  const other = new MessageChannel();
  const buffer = new ArrayBuffer(8);
  other.port2.postMessage('waits for the new port');
  const received = next(port2);
  port2.start();
  port1.postMessage({ port: other.port1, buffer }, [buffer, other.port1]);
  assertEquals(buffer.byteLength, 0);
  const { data, ports } = await received;
  assert(ports.length === 1 && ports[0] === data.port && data.port !== other.port1 && data.buffer.byteLength === 8);
  data.port.start();
  assertEquals((await next(data.port)).data, 'waits for the new port');
  // The old object stands for nothing any more.
  other.port1.postMessage('x');
  assertThrows(() => structuredClone(other.port1, { transfer: [other.port1] }), 'DataCloneError');
  const moved = structuredClone({ p: data.port }, { transfer: [data.port] }).p;
  assert(moved instanceof MessagePort && moved !== data.port);
  other.port2.postMessage('again');
  moved.start();
  assertEquals((await next(moved)).data, 'again');
});

test('what cannot be posted', () => {
  const { port1, port2 } = new MessageChannel();
  for (const bad of [Symbol('s'), () => {}, globalThis, port2, new EventTarget(), new AbortController().signal, new Event('x'),
    new ReadableStream(), new WeakMap(), Promise.resolve(), new Headers(), new SharedArrayBuffer(1)]) {
    assertThrows(() => port1.postMessage(bad), 'DataCloneError');
    assertThrows(() => port1.postMessage({ deep: [bad] }), 'DataCloneError');
  }
  assertThrows(() => port1.postMessage(1, [port1]), 'DataCloneError');
  assertThrows(() => port1.postMessage(1, [port2, port2]), 'DataCloneError');
  assertThrows(() => port1.postMessage(1, [{}]), 'DataCloneError');
  assertThrows(() => port1.postMessage(1, { transfer: 1 }), TypeError);
  assertThrows(() => port1.postMessage(1, 1), TypeError);
  assertThrows(() => port1.postMessage(1, ['x']), TypeError);
  assertThrows(() => port1.postMessage(), TypeError);
  assertThrows(() => new MessagePort(), TypeError);
  assertThrows(() => MessagePort.prototype.postMessage.call({}, 1), TypeError);
  const thrown = {};
  assertThrows(() => port1.postMessage({ get x() { throw thrown; } }), thrown);
});

test('getters may close, transfer and post while a message is made', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.onmessage = ({ data }) => seen.push(data);
  port1.postMessage({ get a() { port1.postMessage('inner'); return 1; } });
  port1.postMessage({ get a() { port1.close(); return 2; } });
  await task();
  // The other end was known before the port was closed.
  assertDeepEquals(seen, ['inner', { a: 1 }, { a: 2 }]);
  const other = new MessageChannel();
  const list = [other.port1];
  assertThrows(() => other.port2.postMessage({ get a() { structuredClone(1, { transfer: list }); return 1; } }, list),
    'DataCloneError');
});

test('an exception in a listener is reported and stops nothing', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  const onError = (event) => { seen.push(event.error); event.preventDefault(); };
  addEventListener('error', onError);
  port2.onmessage = ({ data }) => { throw data; };
  port1.postMessage(1);
  port1.postMessage(2);
  await task();
  removeEventListener('error', onError);
  assertDeepEquals(seen, [1, 2]);
});

test('100,000 messages', async () => {
  const { port1, port2 } = new MessageChannel();
  const count = 100_000;
  let sum = 0;
  let received = 0;
  const done = new Promise((resolve) => {
    port2.onmessage = ({ data }) => {
      sum += data;
      if (++received === count) resolve();
    };
  });
  for (let i = 0; i < count; i++) port1.postMessage(i);
  await done;
  assertEquals(sum, count * (count - 1) / 2);
});

test('back and forth', async () => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }) => port2.postMessage(data + 1);
  const result = await new Promise((resolve) => {
    port1.onmessage = ({ data }) => (data < 1000 ? port1.postMessage(data) : resolve(data));
    port1.postMessage(0);
  });
  assertEquals(result, 1000);
});

test('BroadcastChannel', async () => {
  const name = 'news';
  const [a, b, c, other] = [name, name, name, 'olds'].map((each) => new BroadcastChannel(each));
  const seen = [];
  for (const [key, channel] of Object.entries({ a, b, c, other })) {
    channel.onmessage = ({ data, target }) => seen.push([key, data.x, target === channel]);
  }
  const data = { x: 1 };
  a.postMessage(data);
  data.x = 2;
  c.close();
  await task();
  assertDeepEquals(seen, [['b', 1, true]]);
  assertThrows(() => c.postMessage(1), 'InvalidStateError');
  assertThrows(() => a.postMessage(Symbol('s')), 'DataCloneError');
  assertEquals(new BroadcastChannel(null).name, 'null');
  assertThrows(() => new BroadcastChannel(), TypeError);
  for (const channel of [a, b, other]) channel.close();
});

test('patched prototypes are not used', () => withPollution(async () => {
  const { port1, port2 } = new MessageChannel();
  const other = new MessageChannel();
  const seen = { __proto__: null, data: undefined, port: undefined };
  const { defineProperty } = Object;
  const done = new Promise((resolve) => {
    port2.onmessage = (event) => {
      defineProperty(seen, 'data', { __proto__: null, value: event.data });
      defineProperty(seen, 'port', { __proto__: null, value: event.ports[0] });
      resolve();
    };
  });
  port1.postMessage('x', { __proto__: null, transfer: undefined });
  await done;
  if (seen.data !== 'x' || seen.port !== undefined) throw new Error('wrong message');
  const channel = new BroadcastChannel('p');
  const listener = new BroadcastChannel('p');
  const heard = new Promise((resolve) => { listener.onmessage = resolve; });
  channel.postMessage(1);
  await heard;
  channel.close();
  listener.close();
  other.port1.close();
}));

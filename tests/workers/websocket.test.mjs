// WebSocket and WebSocketPair as far as they stay within the worker. Connections: tests/e2e/test_websocket.py.

import {
  test, worker, assert, assertEquals, assertDeepEquals, assertThrows, withPollution,
} from './harness.mjs';

const event = (target, type) => new Promise((resolve) => {
  target.addEventListener(type, resolve, { once: true });
});

function acceptedPair(options) {
  const [a, b] = Object.values(new WebSocketPair());
  a.accept(options);
  b.accept();
  return [a, b];
}

// What arrives at a socket, until it is closed.
function record(socket) {
  const log = [];
  socket.addEventListener('message', ({ data }) => log.push(data));
  socket.addEventListener('error', ({ message }) => log.push(`error ${message}`));
  socket.addEventListener('close', ({ code, reason, wasClean }) => log.push(`close ${code} ${reason} ${wasClean}`));
  return log;
}

test('a pair has two ends that are WebSockets', () => {
  const pair = new WebSocketPair();
  assertDeepEquals(Object.keys(pair), ['0', '1']);
  assert(pair[0] instanceof WebSocket && pair[1] instanceof WebSocket && pair[0] !== pair[1]);
  assert(pair[0] instanceof EventTarget);
  assertEquals(String(pair[0]), '[object WebSocket]');
  assertEquals(pair[0].url, '');
  assertEquals(pair[0].protocol, '');
  assertEquals(pair[0].extensions, '');
  assertEquals(pair[0].bufferedAmount, 0);
  assertEquals(pair[0].readyState, WebSocket.OPEN);
  assertEquals(pair[0].binaryType, 'arraybuffer');
});

test('constants', () => {
  for (const owner of [WebSocket, WebSocket.prototype]) {
    assertDeepEquals([owner.CONNECTING, owner.OPEN, owner.CLOSING, owner.CLOSED], [0, 1, 2, 3]);
    assertDeepEquals([owner.READY_STATE_OPEN, owner.READY_STATE_CLOSED], [1, 3]);
  }
});

test('messages arrive later, in order, as they were sent', async () => {
  const [a, b] = acceptedPair();
  const log = record(b);
  const bytes = new Uint8Array([1, 2, 3]);
  a.send('text \u{1f600}');
  a.send('');
  a.send(bytes.buffer);
  a.send(bytes.subarray(1));
  a.send(new DataView(bytes.buffer, 2));
  a.send(null);
  a.send(5);
  a.send('\ud800');
  bytes.fill(9);
  assertEquals(log.length, 0);
  const done = event(b, 'close');
  a.close(1000, 'enough');
  await done;
  assertDeepEquals(log.map((each) => (each instanceof ArrayBuffer ? [...new Uint8Array(each)] : each)), [
    'text \u{1f600}', '', [1, 2, 3], [2, 3], [3], 'null', '5', '\ufffd', 'close 1000 enough true',
  ]);
});

test('events are trusted, with handlers and listeners', async () => {
  const [a, b] = acceptedPair();
  const seen = [];
  b.onmessage = function (e) {
    seen.push(this === b, e instanceof MessageEvent, e.isTrusted, e.data);
  };
  const done = event(b, 'message');
  a.send('x');
  await done;
  assertDeepEquals(seen, [true, true, true, 'x']);
  b.onmessage = 5;
  assertEquals(b.onmessage, null);
  for (const name of ['onopen', 'onerror', 'onclose']) assertEquals(b[name], null);
});

test('a listener that throws does not hide the next message', async () => {
  const [a, b] = acceptedPair();
  const seen = [];
  const ignore = (e) => e.preventDefault();
  addEventListener('error', ignore);
  b.addEventListener('message', ({ data }) => {
    seen.push(data);
    throw new Error('on purpose');
  });
  const done = event(b, 'close');
  a.send('1');
  a.send('2');
  a.close();
  await done;
  removeEventListener('error', ignore);
  assertDeepEquals(seen, ['1', '2']);
});

test('what is sent before the other end accepts waits for it', async () => {
  const [a, b] = Object.values(new WebSocketPair());
  a.accept();
  a.send('early');
  a.close(4000, 'and gone');
  await scheduler_wait(5);
  const log = record(b);
  b.accept();
  await event(b, 'close');
  assertDeepEquals(log, ['early', 'close 4000 and gone true']);
  assertEquals(b.readyState, WebSocket.CLOSED);
});

test('closing: both ends learn of it', async () => {
  const [a, b] = acceptedPair();
  const ofA = record(a);
  const ofB = record(b);
  const both = Promise.all([event(a, 'close'), event(b, 'close')]);
  a.close(3001, 'why');
  assertEquals(a.readyState, WebSocket.CLOSING);
  assertEquals(b.readyState, WebSocket.OPEN);
  a.close(4000, 'ignored');
  await both;
  assertDeepEquals(ofB, ['close 3001 why true']);
  assertDeepEquals(ofA, ['close 3001  true']);
  assertEquals(a.readyState, WebSocket.CLOSED);
  assertEquals(b.readyState, WebSocket.CLOSED);
  b.close();
  b.send('nobody hears this');
  assertEquals(b.bufferedAmount, 17);
});

test('closing at both ends at once', async () => {
  const [a, b] = acceptedPair();
  const logs = [record(a), record(b)];
  const both = Promise.all([event(a, 'close'), event(b, 'close')]);
  a.close(1000, 'a');
  b.close(1000, 'b');
  await both;
  assertDeepEquals(logs, [['close 1000 b true'], ['close 1000 a true']]);
});

test('close without a code', async () => {
  const [a, b] = acceptedPair();
  const log = record(b);
  const done = event(b, 'close');
  a.close();
  await done;
  assertDeepEquals(log, ['close 1005  true']);
});

test('half open: the owner answers the close itself', async () => {
  const [a, b] = acceptedPair({ allowHalfOpen: true });
  const logs = [record(a), record(b)];
  let done = event(a, 'close');
  b.close(1000, 'bye');
  await done;
  assertEquals(a.readyState, WebSocket.CLOSING);
  assertEquals(b.readyState, WebSocket.CLOSING);
  done = event(b, 'close');
  a.send('one more');
  a.close(4001, 'now');
  await done;
  assertDeepEquals(logs, [['close 1000 bye true'], ['one more', 'close 4001 now true']]);
  assertEquals(a.readyState, WebSocket.CLOSED);
});

test('ping-pong', async () => {
  const [a, b] = acceptedPair();
  b.addEventListener('message', ({ data }) => b.send(data));
  let count = 0;
  const done = new Promise((resolve) => {
    a.addEventListener('message', () => {
      if (++count === 1000) resolve();
      else a.send(String(count));
    });
  });
  a.send('go');
  await done;
  assertEquals(count, 1000);
});

test('microtasks run between two messages', async () => {
  const [a, b] = acceptedPair();
  const log = [];
  b.addEventListener('message', async ({ data }) => {
    log.push(data);
    await null;
    log.push(`after ${data}`);
  });
  const done = event(b, 'close');
  a.send('1');
  a.send('2');
  a.close();
  await done;
  assertDeepEquals(log, ['1', 'after 1', '2', 'after 2']);
});

test('errors as Workers users know them', async () => {
  const [a, b] = Object.values(new WebSocketPair());
  assertEquals(assertThrows(() => a.send('x'), TypeError).message,
               'You must call accept() on this WebSocket before sending messages.');
  assertThrows(() => a.close(), TypeError);
  a.accept();
  a.accept();
  b.accept();
  assertEquals(assertThrows(() => a.close(999), TypeError).message, 'Invalid WebSocket close code: 999.');
  for (const code of [1004, 1005, 1006, 1015, 5000]) assertThrows(() => a.close(code), TypeError);
  assertThrows(() => a.close(undefined, 'reason without a code'), TypeError);
  assertEquals(assertThrows(() => a.close(1000, 'x'.repeat(124))).name, 'SyntaxError');
  a.close(1011, '\u00e4'.repeat(61));
  assertEquals(assertThrows(() => a.send('x'), TypeError).message, "Can't call WebSocket send() after close().");
  assertThrows(() => a.send(), TypeError);
  assertThrows(() => a.send(Symbol('s')), TypeError);
});

test('illegal receivers', () => {
  const { 0: socket } = new WebSocketPair();
  for (const key of ['accept', 'send', 'close']) {
    assertThrows(() => socket[key].call({}), TypeError);
    assertThrows(() => socket[key].call(new EventTarget(), 'x'), TypeError);
  }
  assertThrows(() => WebSocket.prototype.readyState, TypeError);
  assertThrows(() => WebSocket('ws://x'), TypeError);
  assertThrows(() => WebSocketPair(), TypeError);
});

test('binaryType ignores what it does not know', () => {
  const { 0: socket } = new WebSocketPair();
  socket.binaryType = 'blob';
  assertEquals(socket.binaryType, 'blob');
  socket.binaryType = 'notBlobOrArrayBuffer';
  assertEquals(socket.binaryType, 'blob');
  socket.binaryType = 'arraybuffer';
  assertEquals(socket.binaryType, 'arraybuffer');
});

test('responses with a WebSocket', () => {
  const { 0: client } = new WebSocketPair();
  const response = new Response(null, { status: 101, webSocket: client });
  assertEquals(response.status, 101);
  assertEquals(response.webSocket, client);
  assertEquals(new Response(null, response).webSocket, client);
  assertEquals(new Response().webSocket, null);
  assertThrows(() => response.clone(), TypeError);
  assertThrows(() => new Response(null, { webSocket: client }), RangeError);
  assertThrows(() => new Response('x', { status: 101, webSocket: client }), TypeError);
  assertThrows(() => new Response(null, { status: 101 }), RangeError);
  assertThrows(() => new Response(null, { status: 101, webSocket: {} }), TypeError);
  assertThrows(() => new Response(null, { status: 101, webSocket: new EventTarget() }), TypeError);
});

test('new WebSocket refuses what is no WebSocket URL', () => {
  const cases = [
    ['nonsense'], ['ftp://x/'], ['ws://x/#fragment'], ['ws://x/#'], ['ws://a b/'],
    ['ws://x/', ''], ['ws://x/', 'a b'], ['ws://x/', '/'], ['ws://x/', '\u00e4'], ['ws://x/', ['a', 'a']],
    ['ws://x/', ['a', 'A']],
  ];
  for (const each of cases) {
    const error = assertThrows(() => new WebSocket(...each), DOMException);
    assertEquals(error.name, 'SyntaxError');
  }
  assertThrows(() => new WebSocket(), TypeError);
});

test('a worker that patches prototypes breaks only itself', async () => {
  const [a, b] = acceptedPair();
  const log = record(b);
  const done = event(b, 'close');
  await withPollution(() => {
    a.send('x');
    a.close(1000, 'y');
  });
  await done;
  assertDeepEquals(log, ['x', 'close 1000 y true']);
});

test('what nobody reads is limited', async () => {
  const [a] = acceptedPair();
  const { 0: silent, 1: unread } = new WebSocketPair();
  silent.accept();
  const block = new Uint8Array(8 * 1024 * 1024);
  let sent = 0;
  const error = assertThrows(() => {
    for (; sent < 1000; ++sent) silent.send(block);
  }, Error);
  assert(error.message.includes('send buffer is full'), error.message);
  assert(sent > 1 && sent < 100);
  assertThrows(() => a.send(block), Error);
  unread.accept();
  await event(unread, 'message');
  await scheduler_wait(20);
  a.send(block);
});

function scheduler_wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export default worker;

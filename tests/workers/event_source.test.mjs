// EventSource over a stream. Over the network: tests/e2e/test_event_source.py.
import {
  assert, assertDeepEquals, assertEquals, assertThrows, settle, test, withPollution, worker,
} from './harness.mjs';

export default worker;

const encoder = new TextEncoder();

// A stream of the chunks: texts, or bytes.
function streamOf(...chunks) {
  return new ReadableStream({
    pull(controller) {
      if (chunks.length === 0) controller.close();
      else controller.enqueue(typeof chunks[0] === 'string' ? encoder.encode(chunks.shift()) : chunks.shift());
    },
  });
}

// All that comes of a stream of these chunks: [type, data, lastEventId].
function eventsOf(chunks, types = ['message']) {
  const source = EventSource.from(streamOf(...chunks));
  const seen = [];
  for (const type of types) {
    source.addEventListener(type, ({ data, lastEventId }) => seen.push([type, data, lastEventId]));
  }
  return new Promise((resolve) => { source.onerror = () => resolve(seen); });
}

test('an event is a type, data and an id', async () => {
  const source = EventSource.from(streamOf('event: news\ndata: one\ndata: two\nid: 7\n\ndata: x\n\n'));
  assertEquals(source.url, null);
  assertEquals(source.readyState, EventSource.CONNECTING);
  const order = [];
  source.onopen = (event) => order.push(event.type, source.readyState);
  const news = await new Promise((resolve) => source.addEventListener('news', resolve));
  assert(news instanceof MessageEvent && news.isTrusted && news.data === 'one\ntwo' && news.lastEventId === '7');
  const message = await new Promise((resolve) => { source.onmessage = resolve; });
  assert(message.data === 'x' && message.lastEventId === '7' && message.origin === '');
  const error = await new Promise((resolve) => { source.onerror = resolve; });
  assertEquals(source.readyState, EventSource.CLOSED);
  assert(error.error instanceof TypeError && error.message.length > 0);
  assertDeepEquals(order, ['open', EventSource.OPEN]);
});

test('lines end in any of three ways, wherever the chunks are cut', async () => {
  const text = ':comment\r\ndata:a\rdata: b\ndata:  c\r\n\r\nid: 1\rdata\r\rdata:\n\nevent: e\r\ndata: \u00e4\u20ac\n\nretry: x\nnot ended: 1\ndata: lost';
  const expected = [['message', 'a\nb\n c', ''], ['message', '', '1'], ['message', '', '1'], ['e', '\u00e4\u20ac', '1']];
  assertDeepEquals(await eventsOf([text], ['message', 'e']), expected);
  const bytes = encoder.encode(text);
  for (let size = 1; size < 6; size++) {
    const chunks = [];
    for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
    assertDeepEquals(await eventsOf(chunks, ['message', 'e']), expected);
  }
});

test('fields as the standard has them', async () => {
  assertDeepEquals(await eventsOf(['\ufeffdata: bom\n\n']), [['message', 'bom', '']]);
  assertDeepEquals(await eventsOf(['\ufeff\ufeffdata: two\n\n']), []);
  assertDeepEquals(await eventsOf(['id: a\0b\nid: c\ndata:1\n\nid\ndata:2\n\n']), [['message', '1', 'c'], ['message', '2', '']]);
  assertDeepEquals(await eventsOf(['event: x\n\ndata: y\n\n'], ['x', 'message']), [['message', 'y', '']]);
  assertDeepEquals(await eventsOf(['Data: x\n\n data: x\n\ndatax: x\n\ndata : x\n\n']), []);
  assertDeepEquals(await eventsOf(['data: a', 'b', 'c\n', '\n']), [['message', 'abc', '']]);
  assertDeepEquals(await eventsOf([new Uint8Array([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])]), [['message', '\ufffd', '']]);
  assertDeepEquals(await eventsOf([]), []);
});

test('a megabyte in one line, in small pieces', async () => {
  const chunks = ['data: '];
  for (let i = 0; i < 1024; i++) chunks.push('x'.repeat(1024));
  const [[, data]] = await eventsOf([...chunks, '\n\n']);
  assertEquals(data.length, 1 << 20);
});

test('20,000 events in one chunk', async () => {
  const seen = await eventsOf([Array.from({ length: 20_000 }, (_, i) => `data: ${i}\n\n`).join('')]);
  assertEquals(seen.length, 20_000);
  assert(seen.every(([, data], i) => data === String(i)));
});

test('close ends it, also from a listener', async () => {
  const seen = [];
  await new Promise((cancelled) => {
    const stream = new ReadableStream({
      start(controller) { controller.enqueue(encoder.encode('data: 1\n\ndata: 2\n\n')); },
      cancel: cancelled,
    });
    const source = EventSource.from(stream);
    source.onmessage = ({ data }) => {
      seen.push(data);
      source.close();
      assertEquals(source.readyState, EventSource.CLOSED);
    };
    source.onerror = () => seen.push('error');
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertDeepEquals(seen, ['1']);
  const early = EventSource.from(streamOf('data: 1\n\n'));
  early.onopen = early.onmessage = early.onerror = () => seen.push('closed');
  early.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(seen.length, 1);
});

test('a stream that fails', async () => {
  const reason = new RangeError('broken');
  const failing = EventSource.from(new ReadableStream({ pull() { throw reason; } }));
  const { error, message } = await new Promise((resolve) => { failing.onerror = resolve; });
  assert(error === reason && message === 'broken' && failing.readyState === EventSource.CLOSED);
  for (const chunk of ['text', 1, {}, null]) {
    const source = EventSource.from(new ReadableStream({ start(c) { c.enqueue(chunk); } }));
    assert((await new Promise((resolve) => { source.onerror = resolve; })).error instanceof TypeError);
  }
});

test('what it is made from', async () => {
  assertThrows(() => EventSource.from(), TypeError);
  assertThrows(() => EventSource.from({}), TypeError);
  const locked = streamOf();
  locked.getReader();
  assertThrows(() => EventSource.from(locked), TypeError);
  const used = streamOf('x', 'y');
  const reader = used.getReader();
  await reader.read();
  reader.releaseLock();
  assertThrows(() => EventSource.from(used), TypeError);
  assertThrows(() => new EventSource(), TypeError);
  assertThrows(() => new EventSource('/relative'), 'SyntaxError');
  assertThrows(() => new EventSource('http://x', 1), TypeError);
  assertThrows(() => new EventSource('http://x', { fetcher: 1 }), TypeError);
  assertThrows(() => EventSource('http://x'), TypeError);
  // Locked after it was handed over: an error like any other.
  const late = streamOf('data: 1\n\n');
  const source = EventSource.from(late);
  late.getReader();
  assert((await new Promise((resolve) => { source.onerror = resolve; })).error instanceof TypeError);
});

test('a fetcher makes the connections', async () => {
  const requests = [];
  const fetcher = {
    async fetch(url, init) {
      requests.push([this === fetcher, url, new Request(url, init).headers.get('accept'), new Request(url, init).headers.get('last-event-id')]);
      return new Response(`retry: 1\nid: \u20ac${requests.length}\ndata: ${requests.length}\n\n`, {
        headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      });
    },
  };
  const source = new EventSource('http://example.com/a', { fetcher, withCredentials: 1 });
  assert(source.url === 'http://example.com/a' && source.withCredentials === true && source.readyState === 0);
  const seen = [];
  await new Promise((resolve) => {
    source.onmessage = ({ data, origin, lastEventId }) => {
      seen.push(data, origin, lastEventId);
      if (data === '2') resolve();
    };
  });
  source.close();
  assertDeepEquals(seen, ['1', 'http://example.com', '\u20ac1', '2', 'http://example.com', '\u20ac2']);
  assertDeepEquals(requests, [
    [true, 'http://example.com/a', 'text/event-stream', null],
    [true, 'http://example.com/a', 'text/event-stream', '\u00e2\u0082\u00ac1'],
  ]);
});

test('what a fetcher may do wrong', async () => {
  const failed = [
    () => new Response('x'), () => new Response('', { headers: { 'content-type': 'text/event-stream' }, status: 201 }),
    () => ({}), () => undefined, () => { throw new Error('thrown'); },
  ];
  for (const fetch of failed) {
    const source = new EventSource('http://x/', { fetcher: { fetch } });
    const event = await new Promise((resolve) => { source.onerror = resolve; });
    assert(event.error instanceof Error && source.readyState === EventSource.CLOSED);
  }
  const source = new EventSource('http://x/', { fetcher: { fetch: async () => { throw { get message() { throw 1; } }; } } });
  await new Promise((resolve) => { source.onerror = resolve; });
  assertEquals(source.readyState, EventSource.CONNECTING);
  source.close();
});

test('patched prototypes are not used', async () => {
  const bytes = encoder.encode('id: 1\r\ndata: x\r\ndata: y\r\n\r\n');
  const { decode } = TextDecoder.prototype;
  TextDecoder.prototype.decode = () => { throw new Error('decode was used'); };
  try {
    await withPollution(async () => {
      let controller;
      const source = EventSource.from(new ReadableStream({ start(c) { controller = c; } }));
      const done = new Promise((resolve) => { source.onmessage = resolve; });
      controller.enqueue(bytes);
      const event = await done;
      if (event.data !== 'x\ny') throw new Error('wrong data');
      source.close();
    });
  } finally {
    TextDecoder.prototype.decode = decode;
  }
  await settle();
});

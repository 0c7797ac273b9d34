import {
  test, worker, assert, assertEquals, assertDeepEquals, assertRejects, assertThrows, withPollution,
} from './harness.mjs';

const text = (stream) => new Response(stream).text();

test('a Blob is the concatenation of its parts', async () => {
  const blob = new Blob(['a', new Uint8Array([98, 99]), new Uint16Array([0x6564]).buffer, new Blob(['f']), 7, {}]);
  assertEquals(blob.size, 6 + 1 + 15);
  assertEquals(await blob.text(), 'abcdef7[object Object]');
  assertEquals(new Blob().size, 0);
  assertEquals(await new Blob([]).text(), '');
  assertEquals(await new Blob(['\ud800']).text(), '\ufffd');
  assertEquals(await new Blob(['\ufeffx']).text(), 'x');
});

test('parts are taken when the Blob is made', async () => {
  const bytes = new Uint8Array([97]);
  const blob = new Blob([bytes]);
  bytes[0] = 98;
  assertEquals(await blob.text(), 'a');
});

test('types are ASCII in lower case, or nothing', () => {
  assertEquals(new Blob([], { type: 'Text/HTML;Charset=X' }).type, 'text/html;charset=x');
  for (const type of ['é', 'a\n', '\u007f']) assertEquals(new Blob([], { type }).type, '');
  assertEquals(new Blob([]).type, '');
});

test('endings', async () => {
  const parts = ['a\r\nb\rc\nd\r', '\n'];
  assertEquals(await new Blob(parts, { endings: 'native' }).text(), 'a\nb\nc\nd\n\n');
  assertEquals(await new Blob(parts, { endings: 'transparent' }).text(), parts.join(''));
  assertThrows(() => new Blob([], { endings: 'other' }), TypeError);
});

test('what is no list of parts is refused', () => {
  for (const wrong of [null, 'x', 1, {}]) assertThrows(() => new Blob(wrong), TypeError);
  assertThrows(() => Blob([]), TypeError);
  assertThrows(() => new Blob([Symbol()]), TypeError);
  assertThrows(() => new Blob([], 1), TypeError);
  const thrown = new Error('x');
  assertThrows(() => new Blob([{ toString() { throw thrown; } }]), thrown);
});

test('slice', async () => {
  const blob = new Blob(['0123456789'], { type: 'a/b' });
  const cases = [[[], '0123456789'], [[2], '23456789'], [[2, 4], '23'], [[-3], '789'], [[-3, -1], '78'], [[4, 2], ''],
    [[-100, 3], '012'], [[8, 100], '89'], [[NaN, 1.9], '01'], [[undefined, 2], '01'], [[Infinity], '']];
  for (const [args, expected] of cases) assertEquals(await blob.slice(...args).text(), expected, `slice(${args})`);
  assertEquals(blob.slice().type, '');
  assertEquals(blob.slice(0, 1, 'C/D').type, 'c/d');
  assertEquals(await blob.slice(2, 8).slice(1, 3).text(), '34');
});

test('reading', async () => {
  const blob = new Blob(['x'.repeat(100_000), 'y']);
  assertEquals((await blob.arrayBuffer()).byteLength, 100_001);
  const bytes = await blob.bytes();
  assert(bytes instanceof Uint8Array);
  assertEquals(bytes[100_000], 121);
  await assertRejects(() => Blob.prototype.text.call({}), TypeError);
  await assertRejects(() => Blob.prototype.text.call(new Response()), TypeError);
});

test('stream is a byte stream of several chunks', async () => {
  const blob = new Blob(['x'.repeat(200_000)]);
  let total = 0;
  let chunks = 0;
  for await (const chunk of blob.stream()) {
    total += chunk.length;
    chunks++;
  }
  assertEquals(total, 200_000);
  assert(chunks > 1, `${chunks} chunks`);
  const reader = blob.stream().getReader({ mode: 'byob' });
  const { value } = await reader.read(new Uint8Array(10));
  assertEquals(value.length, 10);
  await reader.cancel();
  assertEquals(await text(blob.stream()), await blob.text());
  assertEquals(await text(new Blob([]).stream()), '');
});

test('works whatever was done to the prototypes', async () => {
  const blob = new Blob(['ab'], { type: 'x/y' });
  await withPollution(async () => {
    assertEquals(await blob.slice(1).text(), 'b');
    const reader = blob.stream().getReader();
    const { value } = await reader.read();
    assertEquals(value.byteLength, 2);
  });
});

test('File', async () => {
  const before = Date.now();
  const file = new File(['abc'], 'n/a\u00e4\ud800', { type: 'A/B' });
  assert(file instanceof Blob);
  assertEquals(file.name, 'n/a\u00e4\ufffd');
  assertEquals(file.type, 'a/b');
  assertEquals(file.size, 3);
  assert(file.lastModified >= before && file.lastModified <= Date.now() + 1);
  assertEquals(new File([], '', { lastModified: 5.9 }).lastModified, 5);
  assertEquals(new File([], '', { lastModified: -1 }).lastModified, -1);
  assertEquals(new File([], 'x', { lastModified: new Date(7) }).lastModified, 7);
  assert(!(file.slice() instanceof File));
  assertThrows(() => new File([]), TypeError);
  assertThrows(() => new File(undefined, 'x'), TypeError);
  assertEquals(File.length, 2);
  assertEquals(Blob.length, 0);
});

test('memory of shared parts is not used twice', async () => {
  let blob = new Blob(['x'.repeat(1 << 20)]);
  for (let i = 0; i < 12; i++) blob = new Blob([blob, blob]);
  assertEquals(blob.size, 2 ** 32);
  assertEquals(await blob.slice(2 ** 31, 2 ** 31 + 3).text(), 'xxx');
  await assertRejects(() => blob.text(), RangeError);
  await assertRejects(() => blob.arrayBuffer(), RangeError);
  assertThrows(() => {
    for (;;) blob = new Blob([blob, blob]);
  }, RangeError);
});

test('structuredClone', async () => {
  const file = new File(['abc'], 'name', { type: 'a/b', lastModified: 9 });
  const { a, b, list } = structuredClone({ a: file, b: file, list: [new Blob(['z'])] });
  assert(a instanceof File && a !== file && a === b);
  assertDeepEquals([a.name, a.type, a.lastModified, await a.text()], ['name', 'a/b', 9, 'abc']);
  assert(!(list[0] instanceof File) && list[0] instanceof Blob);
  assertEquals(await list[0].text(), 'z');
});

test('blob: URLs', async () => {
  const url = URL.createObjectURL(new Blob(['content'], { type: 'text/x' }));
  assert(/^blob:null\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(url), url);
  const response = await fetch(`${url}#fragment`);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get('content-type'), 'text/x');
  assertEquals(response.headers.get('content-length'), '7');
  assertEquals(response.url, url);
  assertEquals(await response.text(), 'content');
  await assertRejects(() => fetch(url, { method: 'POST' }), TypeError);
  URL.revokeObjectURL(url);
  URL.revokeObjectURL('blob:null/nothing');
  await assertRejects(() => fetch(url), TypeError);
  assertThrows(() => URL.createObjectURL({}), TypeError);
});

test('data: URLs', async () => {
  const response = await fetch('data:text/html;charset=utf-8;base64,aGVsbG8=#x');
  assertEquals(response.status, 200);
  assertEquals(response.headers.get('content-type'), 'text/html;charset=utf-8');
  assertEquals(await response.text(), 'hello');
  assertEquals(await (await fetch(new Request('data:,a%20b'))).text(), 'a b');
  await assertRejects(() => fetch('data:;base64,!'), TypeError);
  await assertRejects(() => fetch('data:nothing'), TypeError);
  await assertRejects(() => fetch('about:blank'), TypeError);
  await assertRejects(() => fetch('data:,x', { signal: AbortSignal.abort() }), 'AbortError');
});

test('FileReader', async () => {
  const read = (method, blob, ...args) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    const log = [];
    for (const type of ['loadstart', 'progress', 'load', 'loadend', 'error', 'abort']) {
      reader.addEventListener(type, () => log.push(type));
    }
    reader.onloadend = () => resolve([reader.result, reader.readyState, log.join()]);
    reader[method](blob, ...args);
    assertEquals(reader.readyState, FileReader.LOADING);
    assertThrows(() => reader[method](blob), 'InvalidStateError');
    assertDeepEquals(log, []);
  });
  const blob = new Blob([new Uint8Array([0xe4, 0x62])], { type: 'text/plain;charset=latin1' });
  const events = 'loadstart,progress,load,loadend';
  assertDeepEquals(await read('readAsText', blob), ['\u00e4b', 2, events]);
  assertDeepEquals(await read('readAsText', blob, 'utf-8'), ['\ufffdb', 2, events]);
  assertDeepEquals(await read('readAsText', blob, 'nonsense'), ['\u00e4b', 2, events]);
  assertDeepEquals(await read('readAsBinaryString', blob), ['\u00e4b', 2, events]);
  assertDeepEquals(await read('readAsDataURL', blob), ['data:text/plain;charset=latin1;base64,5GI=', 2, events]);
  assertDeepEquals((await read('readAsArrayBuffer', blob))[0], new Uint8Array([0xe4, 0x62]).buffer);
  const reader = new FileReader();
  assertThrows(() => reader.readAsText('x'), TypeError);
  assertThrows(() => reader.readAsText(), TypeError);
  reader.readAsText(blob);
  const log = [];
  reader.onabort = reader.onloadend = (event) => log.push(event.type);
  reader.abort();
  assertDeepEquals(log, ['abort', 'loadend']);
  assertEquals(reader.error.name, 'AbortError');
  assertEquals(reader.result, null);
});

export default worker;

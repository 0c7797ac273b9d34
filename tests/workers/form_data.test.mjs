import {
  test, worker, assert, assertEquals, assertDeepEquals, assertRejects, assertThrows, withPollution,
} from './harness.mjs';

const multipart = (body, boundary = 'b') =>
  new Response(body.replaceAll('\n', '\r\n'), { headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } })
    .formData();

test('entries', () => {
  const form = new FormData();
  form.append('a', '1');
  form.append('b', 2);
  form.append('a', '\ud800');
  assertDeepEquals([...form], [['a', '1'], ['b', '2'], ['a', '\ufffd']]);
  assertEquals(form.get('a'), '1');
  assertDeepEquals(form.getAll('a'), ['1', '\ufffd']);
  assertEquals(form.get('x'), null);
  assertDeepEquals(form.getAll('x'), []);
  assert(form.has('a') && !form.has('x'));
  form.set('a', 'z');
  assertDeepEquals([...form.entries()], [['a', 'z'], ['b', '2']]);
  form.delete('a');
  form.set('c', '3');
  assertDeepEquals([...form.keys()], ['b', 'c']);
  assertDeepEquals([...form.values()], ['2', '3']);
  const seen = [];
  form.forEach((value, name, self) => seen.push(name + value, self === form));
  assertDeepEquals(seen, ['b2', true, 'c3', true]);
});

test('files', () => {
  const form = new FormData();
  const file = new File(['x'], 'name', { type: 'a/b', lastModified: 3 });
  form.append('f', file);
  form.append('f', file, 'other');
  form.append('f', new Blob(['y'], { type: 'c/d' }));
  const [same, renamed, blob] = form.getAll('f');
  assertEquals(same, file);
  assertDeepEquals([renamed.name, renamed.type, renamed.lastModified, renamed instanceof File], ['other', 'a/b', 3, true]);
  assertDeepEquals([blob.name, blob.type, blob.size], ['blob', 'c/d', 1]);
  assertEquals(form.getAll('f')[2], blob);
  for (let i = 0; i < 100; i++) {
    form.delete('f');
    form.append('f', file);
    form.set('f', blob);
    form.append('f', `${i}`);
  }
  assertDeepEquals(form.getAll('f'), [blob, '99']);
  file.form = form;
});

test('what is refused', () => {
  for (const wrong of [null, 'x', {}, new FormData()]) assertThrows(() => new FormData(wrong), TypeError);
  const form = new FormData(undefined);
  assertThrows(() => form.append('a'), TypeError);
  assertThrows(() => form.append('a', 'b', 'file name'), TypeError);
  assertThrows(() => form.set('a', 'b', 'file name'), TypeError);
  assertThrows(() => form.append(Symbol(), 'b'), TypeError);
  assertThrows(() => FormData(), TypeError);
  assertDeepEquals([...form], []);
});

test('a form as a body and back', async () => {
  const form = new FormData();
  form.append('te"xt\n', 'a\nb\rc');
  form.append('empty', '');
  form.append('file', new File(['content'.repeat(10_000)], 'n"a\r\nme\\', { type: 'text/css' }));
  form.append('blob', new Blob([new Uint8Array([0, 255])]));
  for (const body of [new Response(form), new Request('http://x', { method: 'POST', body: form })]) {
    const type = body.headers.get('content-type');
    assert(/^multipart\/form-data; boundary=[-\w]{1,70}$/.test(type), type);
    const copy = body.clone();
    const back = await body.formData();
    assertDeepEquals([...back.keys()], ['te"xt\r\n', 'empty', 'file', 'blob']);
    assertEquals(back.get('te"xt\r\n'), 'a\r\nb\r\nc');
    assertEquals(back.get('empty'), '');
    const file = back.get('file');
    assertDeepEquals([file.name, file.type, await file.text()], ['n"a\r\nme\\', 'text/css', 'content'.repeat(10_000)]);
    assertDeepEquals([...await back.get('blob').bytes()], [0, 255]);
    assertEquals(back.get('blob').type, 'application/octet-stream');
    const fromStream = await new Response(copy.body, { headers: { 'content-type': type } }).formData();
    assertEquals(fromStream.get('file').size, 70_000);
  }
});

test('each body has a boundary of its own', () => {
  const types = new Set();
  for (let i = 0; i < 10; i++) types.add(new Response(new FormData()).headers.get('content-type'));
  assertEquals(types.size, 10);
});

test('multipart bodies', async () => {
  const form = await multipart('--b\nContent-Disposition: form-data; name="a"\n\n\ufeff1\n--b\n' +
    'content-disposition: form-data; name=f; filename=x\n\n2\n--b--\n');
  assertEquals(form.get('a'), '\ufeff1');
  assertDeepEquals([form.get('f').name, form.get('f').type], ['x', 'text/plain']);
  for (const bad of ['', '--b', '--b\n', '--b-', 'x', '--b\n\nx\n--b--', '--b\nContent-Disposition: form-data\n\n\n--b--']) {
    await assertRejects(() => multipart(bad), TypeError);
  }
  await assertRejects(() => new Response('--b--', { headers: { 'content-type': 'multipart/form-data' } }).formData(), /boundary/);
});

test('urlencoded bodies', async () => {
  const form = await new Response(new URLSearchParams('a=1&b=%20&a=+')).formData();
  assertDeepEquals([...form], [['a', '1'], ['b', ' '], ['a', ' ']]);
  const empty = new Response(null, { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  assertDeepEquals([...await empty.formData()], []);
});

test('other types are no forms', async () => {
  await assertRejects(() => new Response('a=b').formData(), /Unrecognized Content-Type/);
  await assertRejects(() => new Response(new Uint8Array(1)).formData(), /requires a Content-Type/);
  await assertRejects(() => new Response().formData(), TypeError);
});

test('blob() has the type of the headers', async () => {
  assertEquals((await new Response('x').blob()).type, 'text/plain;charset=UTF-8');
  assertEquals((await new Response('x', { headers: { 'content-type': 'A/B; C="d e"' } }).blob()).type, 'a/b;c="d e"');
  assertEquals((await new Response('x', { headers: { 'content-type': 'broken' } }).blob()).type, '');
  assertEquals((await new Response(new Uint8Array(3)).blob()).size, 3);
  assertEquals((await new Response().blob()).size, 0);
  const stream = new Response(new Blob(['abc']).stream());
  assertEquals(await (await stream.blob()).text(), 'abc');
});

test('a Blob as a body', async () => {
  const blob = new Blob(['{"a":', '1}'], { type: 'application/json' });
  assertEquals(new Response(blob).headers.get('content-type'), 'application/json');
  assertEquals(new Response(blob, { headers: { 'content-type': 'x/y' } }).headers.get('content-type'), 'x/y');
  assertEquals(new Response(new Blob(['x'])).headers.get('content-type'), null);
  const response = new Response(blob);
  const copy = response.clone();
  assertDeepEquals(await response.json(), { a: 1 });
  assert(response.bodyUsed && !copy.bodyUsed);
  await assertRejects(() => response.text(), TypeError);
  assertEquals(await new Response(copy.body).text(), '{"a":1}');
  assert(copy.bodyUsed);
});

test('works whatever was done to the prototypes', async () => {
  const blob = new Blob(['x']);
  await withPollution(async () => {
    const form = new FormData();
    form.append('a', blob, 'n');
    form.append('b', 'y');
    const back = await new Response(form).formData();
    assertEquals(back.get('a').name, 'n');
    assertEquals(back.get('b'), 'y');
  });
});

export default worker;

import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

test('URLSearchParams from strings', () => {
  assertDeepEquals([...new URLSearchParams()], []);
  assertDeepEquals([...new URLSearchParams(undefined)], []);
  assertDeepEquals([...new URLSearchParams('?a=b&c&=d&&e=f=g')], [['a', 'b'], ['c', ''], ['', 'd'], ['e', 'f=g']]);
  assertDeepEquals([...new URLSearchParams('??a=b')], [['?a', 'b']]);
  assertDeepEquals([...new URLSearchParams('a+b=%2B%20')], [['a b', '+ ']]);
  assertEquals(new URLSearchParams(null).toString(), 'null=');
  assertEquals(new URLSearchParams(17).toString(), '17=');
  assertEquals(new URLSearchParams('\uD800=x').get('\uFFFD'), 'x');
  assertEquals(new URLSearchParams('id=%C2').get('id'), '\uFFFD');
  assertEquals(new URLSearchParams('id=%C2').toString(), 'id=%EF%BF%BD');
});

test('URLSearchParams from sequences', () => {
  assertEquals(new URLSearchParams([['a', 'b'], ['a', 1]]).toString(), 'a=b&a=1');
  assertEquals(new URLSearchParams(new Map([['m', 'n']])).toString(), 'm=n');
  assertEquals(new URLSearchParams([new Set(['x', 'y'])]).toString(), 'x=y');
  const source = new URLSearchParams('a=1&a=2');
  const copy = new URLSearchParams(source);
  source.append('a', '3');
  assertEquals(copy.toString(), 'a=1&a=2');
  assertThrows(() => new URLSearchParams([['a']]), TypeError);
  assertThrows(() => new URLSearchParams([['a', 'b', 'c']]), TypeError);
  assertThrows(() => new URLSearchParams([1]), TypeError);
  assertThrows(() => new URLSearchParams(['ab']), TypeError);
  assertThrows(() => new URLSearchParams({ [Symbol.iterator]: 1 }), TypeError);
  function* pairs() {
    yield ['g', 'h'];
  }
  assertEquals(new URLSearchParams(pairs()).toString(), 'g=h');
});

test('URLSearchParams from records', () => {
  assertEquals(new URLSearchParams({ a: 'b', c: 1, d: undefined }).toString(), 'a=b&c=1&d=undefined');
  assertEquals(new URLSearchParams({ b: 1, a: 2, 1: 3 }).toString(), '1=3&b=1&a=2', 'the order of own keys');
  assertEquals(new URLSearchParams({ '\uD835x': '1', xx: '2', '\uD83Dx': '3' }).toString(), '%EF%BF%BDx=3&xx=2',
               'keys that become the same are one');
  assertEquals(new URLSearchParams(Object.create({ inherited: 1 })).toString(), '');
  assertThrows(() => new URLSearchParams({ [Symbol('s')]: 1 }), TypeError);
  const hidden = Object.defineProperty({ a: 1 }, 'hidden', { value: 2, enumerable: false });
  assertEquals(new URLSearchParams(hidden).toString(), 'a=1');
  const log = [];
  const proxy = new Proxy({ x: '1' }, {
    ownKeys(target) { log.push('ownKeys'); return Reflect.ownKeys(target); },
    getOwnPropertyDescriptor(target, key) {
      log.push(`describe ${key}`);
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
    get(target, key) { log.push(`get ${String(key)}`); return target[key]; },
  });
  assertEquals(new URLSearchParams(proxy).toString(), 'x=1');
  assertDeepEquals(log, ['get Symbol(Symbol.iterator)', 'ownKeys', 'describe x', 'get x']);
});

test('URLSearchParams methods', () => {
  const params = new URLSearchParams('a=1&b=2&a=3');
  assertEquals(params.size, 3);
  assertEquals(params.get('a'), '1');
  assertEquals(params.get('x'), null);
  assertDeepEquals(params.getAll('a'), ['1', '3']);
  assertDeepEquals(params.getAll('x'), []);
  assert(params.has('a') && !params.has('x'));
  assert(params.has('a', '3') && !params.has('a', '2') && params.has('a', undefined));
  params.set('a', '9');
  assertEquals(params.toString(), 'a=9&b=2');
  params.set('n', 'new');
  params.append('a', '10');
  params.delete('a', '9');
  assertEquals(params.toString(), 'b=2&n=new&a=10');
  params.delete('b', undefined);
  params.delete('nothing');
  assertEquals(params.toString(), 'n=new&a=10');
  assertThrows(() => params.append('a'), TypeError);
  assertThrows(() => params.get(), TypeError);
  assertEquals(URLSearchParams.prototype.append.length, 2);
  assertEquals(URLSearchParams.prototype.delete.length, 1);
  assertEquals(URLSearchParams.prototype.has.length, 1);
  assertEquals(URLSearchParams.length, 0);
});

test('URLSearchParams sorts by code units and keeps the order of equal names', () => {
  const params = new URLSearchParams('z=b&a=b&z=a&a=a&\uFFFD=1&\u{1F600}=2&é=3');
  params.sort();
  assertDeepEquals([...params], [['a', 'b'], ['a', 'a'], ['z', 'b'], ['z', 'a'], ['é', '3'], ['\u{1F600}', '2'],
                                 ['\uFFFD', '1']]);
});

test('URLSearchParams escapes what the standard says', () => {
  assertEquals(new URLSearchParams([['a b*-._~', "é'()!"]]).toString(), 'a+b*-._%7E=%C3%A9%27%28%29%21');
  assertEquals(new URLSearchParams([['\0', '\r\n']]).toString(), '%00=%0D%0A');
});

test('URLSearchParams iterates while it changes', () => {
  const params = new URLSearchParams('a=1&b=2&c=3');
  const seen = [];
  for (const [name] of params) {
    seen.push(name);
    params.delete(name);
  }
  assertDeepEquals(seen, ['a', 'c']);
  assertDeepEquals([...params.keys()], ['b']);
  assertDeepEquals([...params.values()], ['2']);
  assertEquals(params[Symbol.iterator], params.entries);
  const calls = [];
  params.forEach(function each(value, name, object) {
    calls.push([this.tag, value, name, object === params]);
  }, { tag: 't' });
  assertDeepEquals(calls, [['t', '2', 'b', true]]);
  assertThrows(() => params.forEach(1), TypeError);
  const iterator = params.entries();
  assertEquals(Object.prototype.toString.call(iterator), '[object URLSearchParams Iterator]');
  assertThrows(() => Object.getPrototypeOf(iterator).next.call({}), TypeError);
  assertThrows(() => URLSearchParams.prototype.keys.call(new URL('https://h/')), TypeError);
});

test('URLSearchParams converts arguments from left to right', () => {
  const log = [];
  const text = (name) => ({ toString() { log.push(name); return name; } });
  new URLSearchParams().append(text('name'), text('value'));
  assertDeepEquals(log, ['name', 'value']);
  const params = new URLSearchParams('a=1');
  params.append('k', { toString() { params.delete('a'); return 'v'; } });
  assertEquals(params.toString(), 'k=v');
});

test('URLSearchParams takes many entries', () => {
  const record = {};
  for (let i = 0; i < 5_000; i++) record[`k${i}`] = `v${i}`;
  const params = new URLSearchParams(record);
  assertEquals(params.size, 5_000);
  assertEquals(new URLSearchParams(params.toString()).get('k4999'), 'v4999');
  const url = new URL('https://h/');
  for (let i = 0; i < 3_000; i++) url.searchParams.append('k', i);
  assertEquals(url.searchParams.size, 3_000);
  assert(url.href.endsWith('&k=2999'));
});

test('URLSearchParams members check their receiver', () => {
  const { append, toString } = URLSearchParams.prototype;
  const { get } = Object.getOwnPropertyDescriptor(URLSearchParams.prototype, 'size');
  for (const receiver of [{}, null, new URL('https://h/'), URLSearchParams.prototype]) {
    assertThrows(() => append.call(receiver, 'a', 'b'), TypeError);
    assertThrows(() => toString.call(receiver), TypeError);
    assertThrows(() => get.call(receiver), TypeError);
  }
});

export default worker;

// Functions of Array.prototype on receivers that are no ordinary arrays: verge has its own for those.
import { assert, assertDeepEquals, assertEquals, assertThrows, test, worker } from './harness.mjs';

export default worker;

const proto = Array.prototype;

test('they look like functions of the language', () => {
  for (const name of ['includes', 'indexOf', 'fill', 'sort']) {
    const f = proto[name];
    assertEquals(f.name, name);
    assertEquals(f.length, 1);
    assertEquals(String(f), `function ${name}() { [native code] }`);
    assert(!Object.hasOwn(f, 'prototype'));
    assertThrows(() => new f(), TypeError);
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(proto, name);
    assertDeepEquals([writable, enumerable, configurable], [true, false, true]);
    assertThrows(() => f.call(null), TypeError);
    assertThrows(() => f.call(undefined), TypeError);
  }
  assertEquals(String(Function.prototype.toString), 'function toString() { [native code] }');
  assertEquals(Function.prototype.toString.length, 0);
  assertEquals(String((x) => x + 1), '(x) => x + 1');
  assertThrows(() => Function.prototype.toString.call({}), TypeError);
});

test('includes and indexOf', () => {
  const object = { length: '4.7', 0: 'a', 2: NaN, 3: 'd', 4: 'beyond' };
  assert(proto.includes.call(object, 'd'));
  assert(proto.includes.call(object, NaN));
  assert(proto.includes.call(object, undefined));
  assert(!proto.includes.call(object, 'beyond'));
  assert(!proto.includes.call(object, 'a', 1));
  assert(proto.includes.call(object, 'd', -1));
  assert(proto.includes.call(object, 'a', -100));
  assert(!proto.includes.call({ length: -1, 0: 1 }, 1));
  assert(proto.includes.call('abc', 'b'));
  assertEquals(proto.indexOf.call(object, 'd'), 3);
  assertEquals(proto.indexOf.call(object, NaN), -1);
  assertEquals(proto.indexOf.call(object, undefined), -1);
  assertEquals(proto.indexOf.call(object, 'a', -3), -1);
  assertEquals(proto.indexOf.call(new Uint8Array([1, 2, 3]), 3), 2);
  assertEquals(proto.indexOf.call({ length: 2 ** 53 - 1, [2 ** 53 - 3]: 'x' }, 'x', -3), 2 ** 53 - 3);
  assert(proto.includes.call({ length: 2 ** 53 - 1, [2 ** 53 - 3]: 'x' }, 'x', -3));
  const sparse = new Array(2 ** 32 - 1);
  sparse[2 ** 32 - 3] = 'end';
  assertEquals(sparse.indexOf('end', -5), 2 ** 32 - 3);
  assert(sparse.includes('end', -5));
  assertThrows(() => proto.includes.call({ length: 1n }, 1), TypeError);
});

test('the length is read first, and once', () => {
  const seen = [];
  const object = { get length() { seen.push('length'); return 2; }, get 0() { seen.push('0'); return 5; }, 1: 6 };
  proto.indexOf.call(object, 7, { valueOf() { seen.push('from'); return 0; } });
  assertDeepEquals(seen, ['length', 'from', '0']);
});

test('fill', () => {
  assertDeepEquals(proto.fill.call({ length: 3 }, 'x'), { length: 3, 0: 'x', 1: 'x', 2: 'x' });
  assertDeepEquals(proto.fill.call({ length: 3 }, 'x', 1, -1), { length: 3, 1: 'x' });
  assertDeepEquals(proto.fill.call({ length: 2 ** 53 - 1 }, 'x', -1), { length: 2 ** 53 - 1, [2 ** 53 - 2]: 'x' });
  assertThrows(() => proto.fill.call(Object.freeze({ length: 1, 0: 0 }), 1), TypeError);
  assertDeepEquals([1, 2, 3].fill(0, 1), [1, 0, 0]);
});

test('sort', () => {
  assertDeepEquals(proto.sort.call({ length: 5, 0: 'c', 2: undefined, 3: 'a', 4: 'b' }),
    { length: 5, 0: 'a', 1: 'b', 2: 'c', 3: undefined });
  assertDeepEquals(proto.sort.call({ length: 3, 0: 1, 1: 10, 2: 2 }, (a, b) => b - a), { length: 3, 0: 10, 1: 2, 2: 1 });
  assertThrows(() => proto.sort.call({ length: 1 }, null), TypeError);
  assertDeepEquals([3, 1, 2].sort(), [1, 2, 3]);
  const saved = Object.getOwnPropertyDescriptor(proto, '0');
  try {
    Object.defineProperty(proto, '0', { set() { throw new Error('reached'); }, configurable: true });
    assertDeepEquals(proto.sort.call({ length: 2, 0: 'b', 1: 'a' }), { length: 2, 0: 'a', 1: 'b' });
  } finally {
    if (saved) Object.defineProperty(proto, '0', saved); else delete proto[0];
  }
});

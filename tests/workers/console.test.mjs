import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

// A test of printed text: the worker prints, the runner compares (see harness.mjs).
function prints(name, expected, fn) {
  test(name, () => {
    fn();
    return expected;
  });
}

test('console is a namespace object', () => {
  assertEquals(Object.prototype.toString.call(console), '[object console]');
  const prototype = Object.getPrototypeOf(console);
  assertEquals(Reflect.ownKeys(prototype).length, 0);
  assertEquals(Object.getPrototypeOf(prototype), Object.prototype);
  for (const key of Object.keys(console)) {
    const { value, writable, enumerable, configurable } =
      Object.getOwnPropertyDescriptor(console, key);
    assert(writable && enumerable && configurable, key);
    assertEquals(value.name, key);
    assertEquals(value.length, 0, key);
    assertThrows(() => new value(), TypeError);
  }
  assertDeepEquals(Object.keys(console).sort(), [
    'assert', 'clear', 'count', 'countReset', 'debug', 'dir', 'dirxml', 'error', 'group',
    'groupCollapsed', 'groupEnd', 'info', 'log', 'profile', 'profileEnd', 'table', 'time',
    'timeEnd', 'timeLog', 'timeStamp', 'trace', 'warn',
  ]);
});

test('methods need no receiver and return undefined', () => {
  const { log, count, table, time, timeEnd } = console;
  for (const result of [log('x'), log(), count(), table([1]), time('t'), timeEnd('t')]) {
    assertEquals(result, undefined);
  }
});

test('no getter of a printed value runs', () => {
  let ran = false;
  const spy = { get() { ran = true; return 1; }, enumerable: true };
  const error = new Error('x');
  for (const key of ['name', 'message', 'stack', 'cause']) Object.defineProperty(error, key, spy);
  const object = Object.defineProperties({}, {
    a: spy, constructor: spy, [Symbol.toStringTag]: spy, toString: spy, toJSON: spy,
  });
  const array = Object.defineProperty([1, 2], 1, spy);
  // Replacing `stack` may format the old one, which reads the name and the message.
  ran = false;
  for (const value of [error, object, array, Object.create(object)]) {
    console.log(value);
    console.log('%s %o %O %d', value, value, value, value);
    console.table(value);
    console.table([value]);
    console.dir(value, Object.defineProperty({}, 'depth', spy));
  }
  assertEquals(ran, false);
});

test('no trap of a printed proxy runs', () => {
  let trapped = '';
  const handler = new Proxy({}, { get(target, name) { trapped += `${String(name)} `; } });
  const proxy = new Proxy({ a: 1 }, handler);
  class Named {}
  Named.prototype.constructor = new Proxy(Named, handler);
  for (const value of [proxy, [proxy], Object.create(proxy), new Proxy([1], handler), new Named(),
                       new Proxy(() => {}, handler), new Proxy(proxy, handler)]) {
    console.log(value);
    console.log('%s %d %o', value, value, value);
    console.table(value);
    console.table([value]);
  }
  assertEquals(trapped, '');
});

test('labels are converted, and what that throws is thrown', () => {
  const error = new Error('label');
  const label = { toString() { throw error; } };
  for (const method of ['count', 'countReset', 'time', 'timeLog', 'timeEnd']) {
    assertThrows(() => console[method](label), error);
  }
});

prints('primitives', "text 1 -0 10n true null undefined Symbol(s) [ 'quoted', -0 ]", () => {
  console.log('text', 1, -0, 10n, true, null, undefined, Symbol('s'), ['quoted', -0]);
});

prints('quotes and escapes', `[ "it's", \`both "'\`, 'line\\n\\x01', '\\uD800' ]`, () => {
  console.log(["it's", `both "'`, 'line\n\x01', '\ud800']);
});

prints('objects', "{ a: 1, 'b-c': { d: [Getter] }, [Symbol(e)]: [Setter] }", () => {
  console.log({ a: 1, 'b-c': { get d() { return 1; } }, set [Symbol('e')](value) {} });
});

prints('long objects break into lines', `{
  first: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  second: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
  third: [ 1, 2 ]
}`, () => {
  console.log({ first: 'a'.repeat(30), second: 'b'.repeat(30), third: [1, 2] });
});

prints('long arrays of numbers are columns', `[
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,
  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
  32, 33, 34, 35, 36, 37, 38, 39
]`, () => {
  console.log(Array.from({ length: 40 }, (value, index) => index));
});

prints('depth is limited', '{ d: [Object] }', () => {
  console.log({ a: { b: { c: { d: { e: {} } } } } });
  console.log({ a: { b: { c: { d: { e: { f: 1 } } } } } });
  console.dir({ d: { e: { f: 1 } } }, { depth: 0 });
});

prints('circular references', '<ref *1> { self: [Circular *1], list: [ [Circular *1] ] }', () => {
  const object = {};
  object.self = object;
  object.list = [object];
  console.log(object);
});

prints('collections', "Map(2) { 'a' => 1, { k: 1 } => Set(1) { 2 } }", () => {
  console.log(new Map([['a', 1], [{ k: 1 }, new Set([2])]]));
});

prints('classes and functions',
       '[class A] [class B extends A] [Function: f] [AsyncFunction (anonymous)] B { x: 1 }', () => {
         class A {}
         class B extends A { x = 1; }
         console.log(A, B, function f() {}, async () => {}, new B());
       });

prints('prototypes', '[Object: null prototype] { a: 1 } C [tag] {}', () => {
  class C {}
  Object.defineProperty(C.prototype, Symbol.toStringTag, { value: 'tag' });
  console.log({ __proto__: null, a: 1 }, new C());
});

prints('binary data', 'Uint8Array(2) [ 1, 2 ] ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 }',
       () => console.log(new Uint8Array([1, 2]), new Uint8Array([1, 2]).buffer));

prints('boxed primitives, dates and expressions',
       "[Number: 1] [String: 'a'] 1970-01-01T00:00:00.000Z Invalid Date /a\\/b/giu",
       () => console.log(Object(1), Object('a'), new Date(0), new Date(NaN), /a\/b/giu));

prints('holes', '[ <2 empty items>, 1, <1 empty item> ]', () => {
  console.log([, , 1, ,]);
});

prints('platform objects', "ReadableStream { locked: false, state: 'readable', supportsBYOB: true }",
       () => console.log(new ReadableStream({ type: 'bytes' })));

prints('errors show their stack and what they carry', 'code: 7', () => {
  console.log(Object.assign(new RangeError('with code'), { code: 7 }));
});

prints('causes', '  [cause]: [TypeError: inner]', () => {
  const cause = new TypeError('inner');
  cause.stack = '';
  console.log(new Error('outer', { cause }));
});

prints('format specifiers', 'a=1 2 3.5 NaN 4n % {"j":1} { O: 1 } styled rest { x: 1 } %s', () => {
  console.log('a=%s %i %f %d %d %% %j %O%c styled', 1, 2.9, '3.5x', {}, 4n, { j: 1 }, { O: 1 }, 'css',
              'rest', { x: 1 }, '%s');
});

prints('a lone string is not a format', '100%% %s', () => console.log('100%% %s'));

prints('groups indent every line', 'outer\n  inner\n  second line\n    deep', () => {
  console.group('outer');
  console.log('inner\nsecond line');
  console.groupCollapsed();
  console.log('deep');
  console.groupEnd();
  console.groupEnd();
  console.groupEnd();
});

prints('counts', 'apples: 1\napples: 2\napples: 1', () => {
  console.count('apples');
  console.count('apples');
  console.countReset('apples');
  console.count('apples');
});

prints('assertions', 'Assertion failed\nAssertion failed: value is 5', () => {
  console.assert(true, 'silent');
  console.assert();
  console.assert(false, 'value is %d', 5);
});

prints('traces', 'Trace: here\n    at ', () => console.trace('here'));

prints('tables', `\
┌─────────┬───┬─────┬────────┐
│ (index) │ a │ b   │ Values │
├─────────┼───┼─────┼────────┤
│ 0       │ 1 │     │        │
│ 1       │   │ 'x' │        │
│ 2       │   │     │ 5      │
└─────────┴───┴─────┴────────┘`, () => console.table([{ a: 1 }, { b: 'x' }, 5]));

prints('tables of maps, and chosen columns', `\
┌───────────────────┬─────┬────────┐
│ (iteration index) │ Key │ Values │
├───────────────────┼─────┼────────┤
│ 0                 │ 'k' │ 1      │
└───────────────────┴─────┴────────┘
┌─────────┬───┐
│ (index) │ b │
├─────────┼───┤
│ x       │ 2 │
└─────────┴───┘`, () => {
  console.table(new Map([['k', 1]]));
  console.table({ x: { a: 1, b: 2 } }, ['b']);
});

// The last one: it writes more than an event may, and what follows would be left out.
test('hostile values are printed somehow', () => {
  const throwing = new Proxy({}, new Proxy({}, { get() { throw new Error('trap'); } }));
  const deep = {};
  let inner = deep;
  for (let i = 0; i < 100000; i++) {
    inner.next = {};
    inner = inner.next;
  }
  const values = [
    throwing, deep, new Array(2 ** 32 - 1), new Uint8Array(1 << 20), 'x'.repeat(1 << 20),
    Object.setPrototypeOf({}, Map.prototype), Object.setPrototypeOf([], null),
    Object.setPrototypeOf(() => {}, null), Proxy.revocable({}, {}).proxy, Map.prototype,
    Error.prototype, Event.prototype, ReadableStream.prototype, Object.create(new Proxy({}, {})),
    Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => ({ a: 'x'.repeat(90) }))),
  ];
  for (const value of values) {
    console.log(value);
    console.dir(value, { depth: Infinity });
    console.table(value);
    console.log('%o %s', value, value);
  }
});

export default worker;

// URLPattern.
import { assert, assertDeepEquals, assertEquals, assertThrows, test, withPollution, worker } from './harness.mjs';

export default worker;

test('a pattern has a component for each part of a URL', () => {
  const pattern = new URLPattern('https://*.example.com:8080/books/:id\\?q=*#:part');
  assertDeepEquals(
    [pattern.protocol, pattern.username, pattern.password, pattern.hostname, pattern.port, pattern.pathname, pattern.search,
      pattern.hash],
    ['https', '*', '*', '*.example.com', '8080', '/books/:id', 'q=*', ':part']);
  assertEquals(Object.prototype.toString.call(pattern), '[object URLPattern]');
  assertEquals(URLPattern.length, 0);
});

test('exec gives the groups of each component, test says whether there are any', () => {
  const pattern = new URLPattern({ pathname: '/books/:id(\\d+)/:rest*' });
  assert(pattern.test('https://example.com/books/12/a/b'));
  assert(!pattern.test('https://example.com/books/x'));
  const match = pattern.exec('https://example.com/books/12/a/b');
  assertDeepEquals(match.pathname, { groups: { id: '12', rest: 'a/b' }, input: '/books/12/a/b' });
  assertDeepEquals(match.inputs, ['https://example.com/books/12/a/b']);
  assertDeepEquals(match.hostname, { groups: { 0: 'example.com' }, input: 'example.com' });
  assertDeepEquals(
    Object.keys(match), ['hash', 'hostname', 'inputs', 'password', 'pathname', 'port', 'protocol', 'search', 'username']);
  assertEquals(pattern.exec('https://example.com/books/x'), null);
  assertEquals(pattern.exec('https://example.com/books/12').pathname.groups.rest, undefined);
});

test('a base URL, as the second argument or in the dictionary', () => {
  const pattern = new URLPattern('../b/:x', 'https://example.com/a/c');
  assertEquals(pattern.pathname, '/b/:x');
  assertDeepEquals(pattern.exec('/b/1', 'https://example.com').inputs, ['/b/1', 'https://example.com']);
  assertEquals(new URLPattern({ pathname: 'x', baseURL: 'https://example.com/y/' }).pathname, '/y/x');
  assert(pattern.test({ pathname: '/b/1', baseURL: 'https://example.com' }));
  assertThrows(() => pattern.test({ pathname: '/b' }, 'https://example.com'), TypeError);
  assertThrows(() => new URLPattern({ pathname: '/b' }, 'https://example.com'), TypeError);
  assertThrows(() => new URLPattern('/needs-a-base'), TypeError);
});

test('ignoreCase', () => {
  assert(!new URLPattern({ pathname: '/Foo' }).test({ pathname: '/foo' }));
  assert(new URLPattern({ pathname: '/Foo' }, { ignoreCase: true }).test({ pathname: '/foo' }));
  assert(new URLPattern('/Foo', 'https://example.com', { ignoreCase: true }).test('https://example.com/fOO'));
  assert(!new URLPattern('/Foo', 'https://example.com', null).test('https://example.com/fOO'));
  assertThrows(() => new URLPattern({}, 'https://example.com', {}), TypeError);
});

test('what the arguments may be', () => {
  for (const empty of [[], [undefined], [null], [{}], [undefined, undefined], [null, null]]) {
    assertEquals(new URLPattern(...empty).pathname, '*');
  }
  assert(new URLPattern().test() === true && new URLPattern().exec() !== null);
  assertThrows(() => new URLPattern(Symbol('s')), TypeError);
  assertThrows(() => new URLPattern({ get port() { throw new RangeError('port'); } }), RangeError);
  assertThrows(() => URLPattern(), TypeError);
  const order = [];
  new URLPattern(new Proxy({}, { get(_, key) { order.push(key); } }));
  assertDeepEquals(
    order, ['baseURL', 'hash', 'hostname', 'password', 'pathname', 'port', 'protocol', 'search', 'username']);
});

test('bad patterns are a TypeError', () => {
  for (const bad of ['(', ':', '/:a/:a', '/(a(b))', '/{a', '/(?<x>', '/([)', '/\\']) {
    assertThrows(() => new URLPattern({ pathname: bad }), TypeError);
  }
  assertThrows(() => new URLPattern({ pathname: `/${'a'.repeat(1 << 15)}` }), TypeError);
  assertThrows(() => new URLPattern().test('x'.repeat((1 << 24) + 1)), TypeError);
});

test('hasRegExpGroups', () => {
  assertEquals(new URLPattern({ pathname: '/:a/*' }).hasRegExpGroups, false);
  assertEquals(new URLPattern({ pathname: '/(a|b)' }).hasRegExpGroups, true);
});

test('text beyond ASCII, lone surrogates, named groups in regular expressions', () => {
  assertEquals(new URLPattern({ pathname: '/ä/:ü' }).pathname, '/%C3%A4/:ü');
  assertEquals(new URLPattern({ pathname: '/:ü' }).exec({ pathname: '/1' }).pathname.groups.ü, '1');
  assertEquals(new URLPattern({ hash: '\ud800' }).hash, '%EF%BF%BD');
  const match = new URLPattern({ pathname: '/((?:a)(?:b))' }).exec({ pathname: '/ab' });
  assertEquals(match.pathname.groups[0], 'ab');
});

test('patches of RegExp do not reach it', () => withPollution(() => {
  const { prototype } = RegExp;
  const before = Object.getOwnPropertyDescriptors(prototype);
  const names = ['exec', 'flags', 'global', 'unicode', 'lastIndex'];
  for (let i = 0; i < names.length; i++) {
    Object.defineProperty(prototype, names[i], { get() { throw new Error(`${names[i]} was used`); }, configurable: true });
  }
  try {
    const pattern = new URLPattern({ pathname: '/:id(\\d+)' });
    assertEquals(pattern.exec({ pathname: '/12' }).pathname.groups.id, '12');
    assert(pattern.test({ pathname: '/12' }) && !pattern.test({ pathname: '/x' }));
  } finally {
    delete prototype.lastIndex;
    for (let i = 0; i < 4; i++) Object.defineProperty(prototype, names[i], before[names[i]]);
  }
}));

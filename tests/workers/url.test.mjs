import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

function parts(url) {
  const names = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search',
                 'hash'];
  return Object.fromEntries(names.map((name) => [name, url[name]]));
}

test('URL splits into its parts', () => {
  assertDeepEquals(parts(new URL('https://user:pa%20ss@EXAMPLE.org:8080/a/../b%20c?q=1#top')), {
    href: 'https://user:pa%20ss@example.org:8080/b%20c?q=1#top', origin: 'https://example.org:8080',
    protocol: 'https:', username: 'user', password: 'pa%20ss', host: 'example.org:8080', hostname: 'example.org',
    port: '8080', pathname: '/b%20c', search: '?q=1', hash: '#top',
  });
  assertDeepEquals(parts(new URL('mailto:a@b.c?subject=x')), {
    href: 'mailto:a@b.c?subject=x', origin: 'null', protocol: 'mailto:', username: '', password: '', host: '',
    hostname: '', port: '', pathname: 'a@b.c', search: '?subject=x', hash: '',
  });
  assertDeepEquals(parts(new URL('file:///etc/hosts')), {
    href: 'file:///etc/hosts', origin: 'null', protocol: 'file:', username: '', password: '', host: '', hostname: '',
    port: '', pathname: '/etc/hosts', search: '', hash: '',
  });
});

test('URL resolves against a base', () => {
  assertEquals(new URL('../x?y', 'https://h/a/b/c').href, 'https://h/a/x?y');
  assertEquals(new URL('//other/p', 'https://h/a').href, 'https://other/p');
  assertEquals(new URL('', 'https://h/a?q#f').href, 'https://h/a?q');
  assertEquals(new URL('x', new URL('https://h/a/b')).href, 'https://h/a/x');
  assertEquals(new URL('https://a/', undefined).href, 'https://a/');
  assertThrows(() => new URL('x', 'mailto:y'), TypeError);
  assertThrows(() => new URL('https://a/', 'no base'), TypeError);
  assertThrows(() => new URL('https://a/', null), TypeError);
});

test('URL takes USVStrings', () => {
  assertEquals(new URL('https://h/\uD800x').pathname, '/%EF%BF%BDx');
  assertEquals(new URL('https://h/é€😀').pathname, '/%C3%A9%E2%82%AC%F0%9F%98%80');
  assertEquals(new URL('https://münchen.example/').hostname, 'xn--mnchen-3ya.example');
  assertEquals(new URL({ toString: () => 'https://h/' }).href, 'https://h/');
  assertThrows(() => new URL(Symbol('s')), TypeError);
});

test('URL errors say which input was wrong', () => {
  assertThrows(() => new URL('not a url'), /Failed to construct 'URL': Invalid URL: 'not a url'/);
  assertThrows(() => new URL(), TypeError);
  assertThrows(() => URL('https://h/'), TypeError);
  assertThrows(() => new URL('https://'), TypeError);
  assertThrows(() => new URL('http://h:99999'), TypeError);
  const sentinel = new RangeError('mine');
  assertThrows(() => new URL({ toString() { throw sentinel; } }), sentinel);
});

test('URL refuses what is absurdly long', () => {
  assertThrows(() => new URL('https://h/' + 'x'.repeat(1 << 25)), /too long/);
  assert(!URL.canParse('https://h/' + 'x'.repeat(1 << 25)));
  const url = new URL('https://h/');
  assertThrows(() => { url.pathname = 'x'.repeat(1 << 25); }, TypeError);
  assertEquals(url.href, 'https://h/');
  const long = 'https://h/' + 'p'.repeat(100_000);
  assertEquals(new URL(long).href, long);
  assertEquals(new URL(long).pathname.length, 100_001);
});

test('URL.canParse and URL.parse', () => {
  assert(URL.canParse('https://h/'));
  assert(URL.canParse('x', 'https://h/'));
  assert(!URL.canParse('x'));
  assert(!URL.canParse('x', 'y'));
  assertEquals(URL.parse('x'), null);
  const url = URL.parse('x?a=1', 'https://h/');
  assert(url instanceof URL);
  assertEquals(url.href, 'https://h/x?a=1');
  assertEquals(url.searchParams.get('a'), '1');
  assertEquals(URL.canParse.length, 1);
  assertEquals(URL.parse.length, 1);
});

test('URL setters follow the standard', () => {
  const url = new URL('https://example.org/path?q#f');
  url.protocol = 'http';
  url.port = '81x';
  assertEquals(url.href, 'http://example.org:81/path?q#f');
  url.port = '80';
  assertEquals(url.port, '');
  url.protocol = 'mailto';
  assertEquals(url.protocol, 'http:', 'a special scheme stays special');
  url.username = 'a b';
  url.password = 'p@';
  assertEquals(url.href, 'http://a%20b:p%40@example.org/path?q#f');
  assertEquals(url.origin, 'http://example.org');
  url.username = url.password = '';
  url.host = 'h:8080';
  assertEquals(url.host, 'h:8080');
  url.hostname = 'a:1';
  assertEquals(url.hostname, 'h', 'a hostname has no port');
  url.pathname = 'x/../y?';
  assertEquals(url.pathname, '/y%3F');
  url.search = '';
  url.hash = '';
  assertEquals(url.href, 'http://h:8080/y%3F');
  url.search = '?a b';
  url.hash = 'é';
  assertEquals(url.href, 'http://h:8080/y%3F?a%20b#%C3%A9');
  url.href = 'https://new/';
  assertEquals(url.href, 'https://new/');
  assertThrows(() => { url.href = 'broken'; }, TypeError);
  assertEquals(url.href, 'https://new/');
  const opaque = new URL('data:text,x');
  opaque.pathname = 'y';
  opaque.host = 'h';
  assertEquals(opaque.href, 'data:text,x');
});

test('URL origins', () => {
  assertEquals(new URL('wss://u:p@h:444/').origin, 'wss://h:444');
  assertEquals(new URL('blob:https://h:1/uuid').origin, 'https://h:1');
  assertEquals(new URL('blob:ftp://h/uuid').origin, 'null');
  assertEquals(new URL('blob:d').origin, 'null');
  assertEquals(new URL('custom://h/').origin, 'null');
});

test('URL and its searchParams are one', () => {
  const url = new URL('https://h/p?a=1&b=%20');
  const params = url.searchParams;
  assertEquals(url.searchParams, params, 'the same object');
  assertEquals(params.get('b'), ' ');
  params.append('c', 'x y');
  assertEquals(url.search, '?a=1&b=+&c=x+y');
  params.delete('a');
  params.delete('b');
  assertEquals(url.href, 'https://h/p?c=x+y');
  url.search = '?z=26';
  assertDeepEquals([...params], [['z', '26']]);
  params.set('z', '27');
  url.hash = 'h';
  assertEquals(url.href, 'https://h/p?z=27#h', 'a setter comes after changes of the list');
  params.set('z', '28');
  assertEquals(JSON.stringify({ url }), '{"url":"https://h/p?z=28#h"}');
  params.set('z', '29');
  url.href = 'https://h/?n';
  assertDeepEquals([...params], [['n', '']], 'href replaces the list');
  params.append('m', '1');
  url.search = 'only';
  assertEquals(url.href, 'https://h/?only', 'search replaces changes of the list');
  params.delete('only');
  assertEquals(url.href, 'https://h/');
  params.append("'", '~');
  assertEquals(String(url), 'https://h/?%27=%7E');
  params.sort();
  assertEquals(`${url}`, 'https://h/?%27=%7E');
});

test('URL is shaped as its interface says', () => {
  const url = new URL('https://h/');
  assertEquals(Object.prototype.toString.call(url), '[object URL]');
  assertEquals(URL.length, 1);
  assertEquals(URL.name, 'URL');
  assertDeepEquals(Object.keys(url), []);
  for (const name of ['href', 'searchParams', 'toJSON', 'toString']) {
    assert(Object.getOwnPropertyDescriptor(URL.prototype, name).enumerable, name);
  }
  assertEquals(Object.getOwnPropertyDescriptor(URL.prototype, 'origin').set, undefined);
  assertEquals(Object.getOwnPropertyDescriptor(URL.prototype, 'searchParams').set, undefined);
  assertEquals(Object.getOwnPropertyDescriptor(globalThis, 'URL').enumerable, false);
});

test('URL members check their receiver', () => {
  const { get, set } = Object.getOwnPropertyDescriptor(URL.prototype, 'href');
  for (const receiver of [{}, null, 1, URL.prototype, new URLSearchParams(), Object.create(new URL('https://h/'))]) {
    assertThrows(() => get.call(receiver), TypeError);
    assertThrows(() => set.call(receiver, 'https://x/'), TypeError);
    assertThrows(() => URL.prototype.toString.call(receiver), TypeError);
  }
});

test('URL can be extended', () => {
  class Sub extends URL {
    constructor(path) {
      super(path, 'https://h/');
    }
    get double() {
      return this.pathname.repeat(2);
    }
  }
  const sub = new Sub('p');
  assert(sub instanceof Sub && sub instanceof URL);
  assertEquals(sub.double, '/p/p');
});

test('Changing a URL while its argument is converted', () => {
  const url = new URL('https://h/a');
  url.pathname = {
    toString() {
      url.hash = 'set';
      url.searchParams.append('k', 'v');
      return 'b';
    },
  };
  assertEquals(url.href, 'https://h/b?k=v#set');
});

export default worker;

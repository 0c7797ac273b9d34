// Calls every method, getter and setter of every class with every kind of object as its receiver and with odd arguments.

import { cache, env } from 'cloudflare:workers';

const never = () => new Promise(() => {});

const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', true, ['encrypt', 'wrapKey']);

// An instance of each class of the platform, made anew each time.
function instances(request, ctx) {
  const stream = () => new ReadableStream({ pull: never });
  const bytes = () => new ReadableStream({ type: 'bytes', pull: never });
  let controller;
  let byteController;
  let writableController;
  let transformController;
  new ReadableStream({ start(c) { controller = c; } });
  new ReadableStream({ type: 'bytes', start(c) { byteController = c; } });
  new WritableStream({ start(c) { writableController = c; } });
  new TransformStream({ start(c) { transformController = c; } });
  return {
    incoming: request,
    ctx,
    console,
    crypto,
    subtle: crypto.subtle,
    key,
    digestStream: new crypto.DigestStream('MD5'),
    performance,
    navigator,
    global: globalThis,
    encoder: new TextEncoder(),
    decoder: new TextDecoder(),
    url: new URL('http://x/'),
    params: new URLSearchParams('a=b'),
    channel: new MessageChannel(),
    port: new MessageChannel().port1,
    broadcast: new BroadcastChannel('receivers'),
    scheduler,
    eventSource: EventSource.from(new ReadableStream({ pull: never })),
    mark: new PerformanceMark('receivers'),
    measure: performance.measure('receivers'),
    observer: new PerformanceObserver(() => {}),
    pattern: new URLPattern({ pathname: '/(a)' }),
    headers: new Headers({ a: 'b' }),
    request: new Request('http://x/', { method: 'POST', body: 'x' }),
    response: new Response('x'),
    exception: new DOMException('m', 'AbortError'),
    event: new Event('x'),
    target: new EventTarget(),
    custom: new CustomEvent('x'),
    errorEvent: new ErrorEvent('error'),
    abortController: new AbortController(),
    signal: new AbortController().signal,
    stream: stream(),
    reader: stream().getReader(),
    byobReader: bytes().getReader({ mode: 'byob' }),
    controller,
    byteController,
    writable: new WritableStream(),
    writer: new WritableStream().getWriter(),
    writableController,
    transform: new TransformStream(),
    transformController,
    strategy: new CountQueuingStrategy({ highWaterMark: 1 }),
    lengthStrategy: new ByteLengthQueuingStrategy({ highWaterMark: 1 }),
    identity: new IdentityTransformStream(),
    fixed: new FixedLengthStream(3),
    headersIterator: new Headers({ a: 'b' }).entries(),
    paramsIterator: new URLSearchParams('a=b').entries(),
    body: new Response('text').body,
    webSocket: new WebSocketPair()[0],
    webSocketPair: new WebSocketPair(),
    kv: env.NS,
    caches,
    cache: caches.default,
    cacheContext: ctx.cache,
    service: env.SELF,
  };
}

// Things that are no instance of anything of the platform's.
const strangers = () => [
  undefined, null, 0, 1.5, 'text', Symbol('s'), 1n, true, {}, [], () => {}, Object.create(null), new Proxy({}, {}),
  new Proxy(new URL('http://x/'), {}), Object.create(new Headers()), Object.create(Response.prototype),
  new ArrayBuffer(8), new Uint8Array(4), new SharedArrayBuffer(4), new Map(), Promise.resolve(1), /x/, new Date(), new Error(),
  { __proto__: Request.prototype }, Headers.prototype, new (class extends Headers {})(), new WeakRef({}),
  WebAssembly, new Intl.NumberFormat(), (function () { return arguments; })(1, 2), globalThis,
];

const odd = () => [
  [], [undefined], [null, null, null], [{}], ['x', 'y', 'z'], [-1, NaN], [2 ** 53, Infinity], [Symbol('s')], [1n],
  [new Proxy({}, {})], [{ get length() { throw new Error('length'); } }], [new Uint8Array(3)], [new ArrayBuffer(0)], [[[]]],
  [{ [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) }], [() => {}, () => {}], ['http://x/', { body: 'x' }],
  ['HMAC', key, new Uint8Array(8), new Uint8Array(8)], ['raw', new Uint8Array(8), 'HKDF', false, ['deriveBits']],
  [{ name: 'AES-GCM', iv: new Uint8Array(12), length: 256 }, key, new Uint8Array(8)], ['jwk', key, key, 'AES-KW'],
];

// Not to be called: they end the test itself, or are the test's own means.
const skipped = new Set(['constructor', 'eval']);

function classesOf() {
  const classes = new Map();
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalThis[name];
    if (typeof value !== 'function' || !value.prototype || !Object.hasOwn(value, 'prototype')) continue;
    if (Function.prototype.toString.call(value).includes('[native code]') && ecmaScript.has(name)) continue;
    classes.set(name, value);
  }
  // Classes that have no name in the global scope: those of the environment's objects.
  for (const object of [env.NS, env.SELF, cache]) classes.set(object.constructor.name, object.constructor);
  return classes;
}
const ecmaScript = new Set(`Object Function Array Boolean String Symbol Date Promise RegExp Error AggregateError EvalError
  RangeError ReferenceError SyntaxError TypeError URIError SuppressedError ArrayBuffer SharedArrayBuffer Uint8Array Int8Array
  Uint16Array Int16Array Uint32Array Int32Array BigUint64Array BigInt64Array Uint8ClampedArray Float16Array Float32Array
  Float64Array DataView Map Set WeakMap WeakSet WeakRef FinalizationRegistry Iterator BigInt Number Proxy DisposableStack
  AsyncDisposableStack`.split(/\s+/));

// [name, kind, function] of everything that can be called on a class's prototype.
function callables(name, constructor) {
  const found = [];
  for (const key of Reflect.ownKeys(constructor.prototype)) {
    if (skipped.has(key)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(constructor.prototype, key);
    const text = `${name}.prototype.${String(key)}`;
    if (typeof descriptor.value === 'function') found.push([text, 'method', descriptor.value]);
    if (descriptor.get) found.push([text, 'getter', descriptor.get]);
    if (descriptor.set) found.push([text, 'setter', descriptor.set]);
  }
  return found;
}

// Settles to what a call came to: 'value', 'promise' (pending), or the error's name.
async function outcome(call) {
  try {
    const result = call();
    if (!(result instanceof Promise)) return 'value';
    const pending = Symbol('pending');
    result.catch(() => {});
    return await Promise.race([result.then(() => 'value'), Promise.resolve().then(() => {}).then(() => {}).then(() => pending)])
      .then((x) => (x === pending ? 'promise' : x));
  } catch (e) {
    return e?.name ?? String(e);
  }
}

// Receivers that are objects of none of our classes: everything has to throw a TypeError (or reject with one).
async function wrongReceivers() {
  const wrong = [];
  let calls = 0;
  for (const [name, constructor] of classesOf()) {
    // JavaScript, whose methods take any receiver in Node.js, too.
    if (name === 'Buffer') continue;
    for (const [text, , f] of callables(name, constructor)) {
      for (const receiver of strangers()) {
        // undefined and null mean the global object to functions on it.
        if (receiver instanceof constructor && Object.getPrototypeOf(receiver) !== constructor.prototype) continue;
        if (receiver === globalThis || receiver === undefined || receiver === null) {
          if (globalThis instanceof constructor || name === 'EventTarget') continue;
        }
        ++calls;
        const result = await outcome(() => Reflect.apply(f, receiver, ['x', 'y', 'z']));
        if (result !== 'TypeError') wrong.push(`${text} on ${describe(receiver)}: ${result}`);
      }
    }
  }
  return { calls, wrong: wrong.slice(0, 50), classes: [...classesOf().keys()] };
}

function describe(value) {
  try {
    return `${typeof value} ${Object.prototype.toString.call(value)}`;
  } catch {
    return typeof value;
  }
}

// Every callable of one class on instances of all classes, with all odd arguments. Nothing but survival is checked.
async function storm(name, request, ctx) {
  const constructor = classesOf().get(name);
  let calls = 0;
  const attempt = (f) => {
    ++calls;
    try {
      const result = f();
      if (result instanceof Promise) result.catch(() => {});
      if (result && typeof result === 'object' && typeof result.next === 'function' && calls % 7 === 0) result.next();
    } catch {
      // as it should be
    }
  };
  for (const [, , f] of callables(name, constructor)) {
    for (const list of odd()) {
      const all = instances(request, ctx);
      for (const key of Object.keys(all)) attempt(() => Reflect.apply(f, all[key], list));
    }
    for (const stranger of strangers()) {
      const all = instances(request, ctx);
      for (const key of Object.keys(all)) attempt(() => Reflect.apply(f, all[key], [stranger, stranger, stranger]));
    }
    await null;
  }
  for (const list of odd()) {
    attempt(() => new constructor(...list));
    attempt(() => constructor(...list));
    attempt(() => Reflect.construct(constructor, list, Array));
    attempt(() => Reflect.construct(Array, list, constructor));
    attempt(() => Reflect.construct(Object, list, constructor));
    attempt(() => Reflect.construct(constructor, list, new Proxy(constructor, { get() { throw new Error('newTarget'); } })));
    attempt(() => new (class extends constructor { constructor() { super(...list); } })());
    for (const key of Reflect.ownKeys(constructor)) {
      if (typeof constructor[key] === 'function') attempt(() => Reflect.apply(constructor[key], list[0], list));
    }
  }
  const all = instances(request, ctx);
  for (const key of Object.keys(all)) {
    attempt(() => new constructor(all[key]));
    attempt(() => new constructor(all[key], all[key]));
    attempt(() => new constructor('http://x/', all[key]));
    attempt(() => structuredClone(all[key]));
    attempt(() => console.debug(all[key]));
  }
  return { calls };
}

// Functions of the global object and of namespaces, with odd arguments.
async function globals(request, ctx) {
  let calls = 0;
  const all = Object.values(instances(request, ctx));
  for (const holder of [globalThis, console, crypto, performance, navigator]) {
    for (const key of [...Reflect.ownKeys(holder), ...Reflect.ownKeys(Object.getPrototypeOf(holder))]) {
      let f;
      try {
        f = holder[key];
      } catch {
        continue;
      }
      if (typeof f !== 'function' || f.prototype || skipped.has(key)) continue;
      for (const list of [...odd(), ...strangers().map((x) => [x, x, x]), ...all.map((x) => [x, x])]) {
        for (const receiver of [holder, undefined, {}, all[calls % all.length]]) {
          ++calls;
          try {
            const result = Reflect.apply(f, receiver, list);
            if (result instanceof Promise) result.catch(() => {});
            if (key === 'setInterval' || key === 'setTimeout') clearTimeout(result);
          } catch {
            // as it should be
          }
        }
      }
    }
  }
  return { calls };
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/ping') return new Response('pong');
    if (pathname === '/classes') return Response.json([...classesOf().keys()]);
    if (pathname === '/wrong') return Response.json(await wrongReceivers());
    if (pathname === '/globals') return Response.json(await globals(request, ctx));
    return Response.json(await storm(searchParams.get('class'), request, ctx));
  },
};

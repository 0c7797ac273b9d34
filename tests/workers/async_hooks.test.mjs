import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects, settle } from './harness.mjs';
import async_hooks, { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } from 'node:async_hooks';
import * as bare from 'async_hooks';

const storage = new AsyncLocalStorage();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const inherited = storage.getStore();

test('The module goes by both names, with named exports and a default', () => {
  assertEquals(bare.AsyncLocalStorage, AsyncLocalStorage);
  assertEquals(async_hooks.AsyncLocalStorage, AsyncLocalStorage);
  assertDeepEquals(Object.keys(bare).sort(), [
    'AsyncLocalStorage', 'AsyncResource', 'asyncWrapProviders', 'createHook', 'default', 'executionAsyncId',
    'executionAsyncResource', 'triggerAsyncId',
  ]);
});

test('The same module for dynamic imports', async () => {
  assertEquals((await import('node:async_hooks')).AsyncLocalStorage, AsyncLocalStorage);
});

test('Nothing is stored outside of run', () => {
  assertEquals(inherited, undefined);
  assertEquals(storage.getStore(), undefined);
});

test('run passes arguments, returns the result and ends at its return', () => {
  const result = storage.run(1, function (...args) {
    return [storage.getStore(), this, ...args];
  }, 'a', 'b');
  assertDeepEquals(result, [1, null, 'a', 'b']);
  assertEquals(storage.getStore(), undefined);
  assertThrows(() => storage.run(2, () => { throw new RangeError('thrown'); }), RangeError);
  assertEquals(storage.getStore(), undefined);
});

test('Runs nest', () => {
  storage.run('outer', () => {
    storage.run('inner', () => assertEquals(storage.getStore(), 'inner'));
    assertEquals(storage.getStore(), 'outer');
    storage.exit(() => assertEquals(storage.getStore(), undefined));
    assertEquals(storage.getStore(), 'outer');
  });
});

test('Storages are independent', async () => {
  const storages = Array.from({ length: 20 }, () => new AsyncLocalStorage());
  const nest = (n) => n === storages.length ? check() : storages[n].run(n, () => nest(n + 1));
  async function check() {
    await sleep(1);
    storages.forEach((each, n) => assertEquals(each.getStore(), n));
    return storages[3].run('other', () => storages.map((each) => each.getStore()));
  }
  const seen = await nest(0);
  assertDeepEquals(seen, storages.map((_, n) => (n === 3 ? 'other' : n)));
});

test('The store goes with promises: where the reaction is attached counts', async () => {
  let resolve;
  const promise = new Promise((r) => { resolve = r; });
  const seen = storage.run('attach', () => promise.then(() => storage.getStore()));
  storage.run('resolve', resolve);
  assertEquals(await seen, 'attach');
  const awaited = storage.run('await', async () => {
    await null;
    const first = storage.getStore();
    await sleep(1);
    return [first, storage.getStore()];
  });
  assertDeepEquals(await awaited, ['await', 'await']);
  assertEquals(storage.getStore(), undefined);
});

test('Timers and microtasks keep it', async () => {
  const seen = [];
  await storage.run('timer', () => new Promise((resolve) => {
    queueMicrotask(() => seen.push(['microtask', storage.getStore()]));
    process.nextTick((x) => seen.push([x, storage.getStore()]), 'tick');
    setTimeout(() => {
      seen.push(['timeout', storage.getStore()]);
      let n = 0;
      const interval = setInterval(() => {
        seen.push(['interval', storage.getStore()]);
        if (++n < 2) return;
        clearInterval(interval);
        resolve();
      }, 1);
    }, 1);
  }));
  assertDeepEquals(seen, ['microtask', 'tick', 'timeout', 'interval', 'interval'].map((what) => [what, 'timer']));
});

test('The event of the code is still known: timers, random values, waitUntil', async () => {
  await storage.run('x', async () => {
    await sleep(1);
    crypto.randomUUID();
    await storage.run('y', () => sleep(1));
    crypto.randomUUID();
  });
});

test('Listeners run in the context of the dispatch', () => {
  const target = new EventTarget();
  const seen = [];
  storage.run('listen', () => target.addEventListener('x', () => seen.push(storage.getStore())));
  storage.run('bound', () => target.addEventListener('x', AsyncResource.bind(() => seen.push(storage.getStore()))));
  storage.run('dispatch', () => target.dispatchEvent(new Event('x')));
  assertDeepEquals(seen, ['dispatch', 'bound']);
});

test('Sources of streams see the context that made the stream', async () => {
  const seen = [];
  const stream = storage.run('made', () => new ReadableStream({
    start() { seen.push(['start', storage.getStore()]); },
    async pull(controller) {
      seen.push(['pull', storage.getStore()]);
      await sleep(1);
      seen.push(['pulled', storage.getStore()]);
      controller.enqueue(new Uint8Array(1));
    },
    cancel() { seen.push(['cancel', storage.getStore()]); },
  }, { highWaterMark: 0 }));
  const reader = stream.getReader();
  await storage.run('reads', () => reader.read());
  await storage.run('cancels', () => reader.cancel());
  assertDeepEquals(seen, ['start', 'pull', 'pulled', 'cancel'].map((what) => [what, 'made']));
});

test('Bodies', async () => {
  const text = await storage.run('body', async () => {
    const body = await new Response(ReadableStream.from([new TextEncoder().encode('text')])).text();
    return body + storage.getStore();
  });
  assertEquals(text, 'textbody');
});

test('enterWith lasts for the running code and what it starts', async () => {
  const seen = await (async () => {
    await null;
    storage.enterWith('entered');
    const now = storage.getStore();
    await sleep(1);
    return [now, storage.getStore()];
  })();
  assertDeepEquals(seen, ['entered', 'entered']);
  assertEquals(storage.getStore(), undefined);
  storage.run('outer', () => {
    storage.enterWith('inner');
    assertEquals(storage.getStore(), 'inner');
    storage.disable();
    assertEquals(storage.getStore(), undefined);
  });
  assertEquals(storage.getStore(), undefined);
});

test('A default value and a name', () => {
  const named = new AsyncLocalStorage({ name: 'n', defaultValue: 7 });
  assertEquals(named.name, 'n');
  assertEquals(storage.name, '');
  assertEquals(named.getStore(), 7);
  assertEquals(named.run(undefined, () => named.getStore()), undefined);
});

test('bind and snapshot', () => {
  const bound = storage.run('b', () => AsyncLocalStorage.bind(function (x, y) { return [storage.getStore(), this, x, y]; }));
  assertEquals(bound.length, 2);
  const receiver = {};
  assertDeepEquals(storage.run('caller', () => bound.call(receiver, 1, 2)), ['b', receiver, 1, 2]);
  const snapshot = storage.run('s', () => AsyncLocalStorage.snapshot());
  assertDeepEquals(storage.run('caller', () => snapshot((...args) => [storage.getStore(), ...args], 1, 2)), ['s', 1, 2]);
  const empty = AsyncLocalStorage.snapshot();
  assertEquals(storage.run('caller', () => empty(() => storage.getStore())), undefined);
});

test('AsyncResource', () => {
  class Query extends AsyncResource {
    constructor() { super('Query'); }
    done(fn) { return this.runInAsyncScope(fn, this, 'row'); }
  }
  const query = storage.run('q', () => new Query());
  storage.run('elsewhere', () => {
    assertDeepEquals(query.done(function (row) { return [storage.getStore(), this === query, row]; }), ['q', true, 'row']);
    assertEquals(query.bind(() => storage.getStore())(), 'q');
    assertEquals(query.bind(function () { return this; }, 5)().valueOf(), 5);
  });
  assertEquals(query.emitDestroy(), query);
  assertEquals(typeof query.asyncId(), 'number');
  const bound = storage.run('b', () => AsyncResource.bind(() => storage.getStore(), 'T'));
  assertEquals(bound(), 'b');
});

test('Hooks exist', () => {
  const hook = createHook({ init() {} });
  assertEquals(hook.enable().disable(), hook);
  assertEquals(executionAsyncId(), 0);
});

test('Wrong arguments and receivers', () => {
  for (const wrong of [() => storage.run(1, 2), () => storage.exit({}), () => AsyncLocalStorage.bind(1),
                       () => AsyncLocalStorage.snapshot()(3), () => new AsyncResource(), () => AsyncResource.bind('x'),
                       () => new AsyncLocalStorage(null)]) {
    assertEquals(assertThrows(wrong, TypeError).code, 'ERR_INVALID_ARG_TYPE');
  }
  const { prototype } = AsyncLocalStorage;
  for (const name of ['run', 'exit', 'enterWith', 'disable', 'getStore']) {
    assertThrows(() => prototype[name].call({}, 1, () => {}), TypeError);
  }
  assertThrows(() => AsyncResource.prototype.runInAsyncScope.call({}, () => {}), TypeError);
});

test('Many stores in one context cost no more than the last', async () => {
  for (let i = 0; i < 10_000; i++) storage.enterWith(i);
  assertEquals(storage.getStore(), 9999);
  await settle();
  assertEquals(storage.getStore(), 9999);
  storage.disable();
});

test('A rejection in a context', async () => {
  const error = new Error('x');
  assertEquals(await assertRejects(storage.run(1, async () => { await null; throw error; })), error);
});

export default worker;

import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows, assertRejects } from './harness.mjs';
import * as workers from 'cloudflare:workers';
import nodeProcess, { env as processEnv, nextTick } from 'node:process';

const { env, withEnv, waitUntil, WorkerEntrypoint, DurableObject, RpcTarget } = workers;
const atTheTop = Object.keys(env);

test('env is there at the top level', () => {
  assertDeepEquals(atTheTop, Object.keys(env));
  assertEquals(typeof env, 'object');
});

test('env is what handlers get', () => {
  env.ADDED = 'later';
  assertEquals(env.ADDED, 'later');
  assert('ADDED' in env && Object.hasOwn(env, 'ADDED'));
  assertEquals({ ...env }.ADDED, 'later');
  delete env.ADDED;
  assertEquals(env.ADDED, undefined);
});

test('withEnv replaces it for a call and what that starts', async () => {
  const seen = await withEnv({ NAME: 'other' }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return [env.NAME, Object.keys(env), { ...env }];
  });
  assertDeepEquals(seen, ['other', ['NAME'], { NAME: 'other' }]);
  assertEquals(env.NAME, undefined);
  assertThrows(() => withEnv(1, () => {}), TypeError);
  assertThrows(() => withEnv({}, 1), TypeError);
});

test('waitUntil', async () => {
  assertEquals(waitUntil(Promise.resolve()), undefined);
  waitUntil(new Promise((resolve) => setTimeout(resolve, 1)));
  assertThrows(() => waitUntil(), TypeError);
});

test('Base classes', () => {
  const ctx = {};
  for (const Base of [WorkerEntrypoint, DurableObject, workers.WorkflowEntrypoint]) {
    const made = new (class extends Base {})(ctx, { A: 1 });
    assertEquals(made.ctx, ctx);
    assertEquals(made.env.A, 1);
  }
  assert(new (class extends RpcTarget {})() instanceof RpcTarget);
});

test('Modules that are not there say which are', async () => {
  const error = await assertRejects(import('node:nothing'), Error);
  for (const part of ['"node:nothing"', '"cloudflare:workers"', '"node:async_hooks"']) {
    assert(error.message.includes(part), error.message);
  }
  assert((await assertRejects(import('cloudflare:nothing'), Error)).message.includes('verge has no built-in module'));
  await assertRejects(import('cloudflare:workers', { with: { type: 'json' } }), TypeError);
});

test('process', async () => {
  assertEquals(process, nodeProcess);
  assertEquals(globalThis.process, process);
  assertEquals(processEnv, process.env);
  assertEquals(process.cwd(), '/');
  assertEquals(process.platform, 'linux');
  // Nothing that takes this for Node.js.
  assertEquals(process.versions.node, undefined);
  assertEquals(Object.prototype.toString.call(process), '[object Object]');
  assertEquals(await new Promise((resolve) => nextTick(resolve, 'tick')), 'tick');
  assertThrows(() => process.nextTick(1), TypeError);
  const [seconds, nanoseconds] = process.hrtime();
  assert(Number.isInteger(seconds) && nanoseconds >= 0 && nanoseconds < 1e9, 'hrtime');
  assert(process.hrtime([seconds, nanoseconds])[0] >= 0, 'difference');
  assertEquals(typeof process.hrtime.bigint(), 'bigint');
});

test('process.env holds text', () => {
  process.env.NUMBER = 1;
  assertEquals(process.env.NUMBER, '1');
  Object.defineProperty(process.env, 'OBJECT', { value: {}, configurable: true, enumerable: true, writable: true });
  assertEquals(process.env.OBJECT, '[object Object]');
  assert(Object.keys(process.env).includes('NUMBER'), 'keys');
  delete process.env.NUMBER;
  assertEquals(process.env.NUMBER, undefined);
  assertEquals(env.NUMBER, undefined);
  assertThrows(() => { process.env.SYMBOL = Symbol('x'); }, TypeError);
});

test('process can be replaced', () => {
  const before = process;
  globalThis.process = { mine: true };
  assert(process.mine, 'replaced');
  globalThis.process = before;
});

export default worker;

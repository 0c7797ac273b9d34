'use strict';

// cloudflare:workers: the environment and waitUntil without their parameters, and the base classes of entrypoints.

const {
  ObjectDefineProperty, ObjectGetPrototypeOf, Proxy, ReflectApply, ReflectDefineProperty, ReflectDeleteProperty, ReflectGet,
  ReflectGetOwnPropertyDescriptor, ReflectHas, ReflectOwnKeys, ReflectSet, TypeError,
} = internal.primordials;
const { asyncContext } = internal;
const { isObject } = internal.webidl;

const workerEnv = native.workerEnv();

// What withEnv put in its place is found under this key.
const envKey = { __proto__: null };
function currentEnv() {
  const entry = asyncContext.find(envKey);
  return entry === undefined ? workerEnv : entry.value;
}

// Its target stays empty: a proxy must not contradict its target, and which object it stands for changes.
const env = new Proxy({}, {
  __proto__: null,
  get: (target, key) => ReflectGet(currentEnv(), key),
  set: (target, key, value) => ReflectSet(currentEnv(), key, value),
  has: (target, key) => ReflectHas(currentEnv(), key),
  ownKeys: () => ReflectOwnKeys(currentEnv()),
  deleteProperty: (target, key) => ReflectDeleteProperty(currentEnv(), key),
  defineProperty: (target, key, descriptor) => ReflectDefineProperty(currentEnv(), key, descriptor),
  getOwnPropertyDescriptor(target, key) {
    const descriptor = ReflectGetOwnPropertyDescriptor(currentEnv(), key);
    if (descriptor !== undefined) descriptor.configurable = true;
    return descriptor;
  },
  preventExtensions: () => false,
});

function withEnv(replacement, fn) {
  if (!isObject(replacement)) throw new TypeError("Failed to execute 'withEnv': parameter 1 is not of type 'Object'.");
  if (typeof fn !== 'function') throw new TypeError("Failed to execute 'withEnv': parameter 2 is not of type 'Function'.");
  return asyncContext.runWith(envKey, replacement, fn, undefined, []);
}

function waitUntil(promise) {
  if (arguments.length === 0) {
    throw new TypeError("Failed to execute 'waitUntil': 1 argument required, but only 0 present.");
  }
  native.waitUntil(promise);
}

// The bases of classes that the runtime makes instances of.
function defineContext(object, ctx, env) {
  ObjectDefineProperty(object, 'ctx', {
    __proto__: null, value: ctx, writable: true, enumerable: true, configurable: true,
  });
  ObjectDefineProperty(object, 'env', {
    __proto__: null, value: env, writable: true, enumerable: true, configurable: true,
  });
}

class WorkerEntrypoint {
  constructor(ctx, env) {
    defineContext(this, ctx, env);
  }
}

class DurableObject {
  constructor(ctx, env) {
    defineContext(this, ctx, env);
  }
}

class WorkflowEntrypoint {
  constructor(ctx, env) {
    defineContext(this, ctx, env);
  }
}

// Marks classes whose instances may be called from other workers.
class RpcTarget {}

// The handler of requests for an export that is a class; null when it has none, undefined when it is no entrypoint.
internal.entrypointHandler = (Class) => {
  let ancestor = Class;
  while (ancestor !== null && ancestor !== WorkerEntrypoint) ancestor = ObjectGetPrototypeOf(ancestor);
  if (ancestor === null) return undefined;
  if (typeof Class.prototype?.fetch !== 'function') return null;
  return (request, env, ctx) => new Class(ctx, env).fetch(request);
};

// Of scheduled events, for a default export that is a class; undefined when it has no such method.
internal.entrypointScheduled = (Class) => {
  let ancestor = Class;
  while (ancestor !== null && ancestor !== WorkerEntrypoint) ancestor = ObjectGetPrototypeOf(ancestor);
  if (ancestor === null || typeof Class.prototype?.scheduled !== 'function') return undefined;
  return (controller, env, ctx) => new Class(ctx, env).scheduled(controller);
};

// A method that another worker calls: one that the class, or one between it and WorkerEntrypoint, has.
internal.callEntrypoint = (Class, name, args, ctx, env) => {
  for (let holder = Class.prototype; holder !== null && holder !== WorkerEntrypoint.prototype;
    holder = ObjectGetPrototypeOf(holder)) {
    const method = ReflectGetOwnPropertyDescriptor(holder, name)?.value;
    if (typeof method !== 'function' || name === 'constructor') continue;
    return ReflectApply(method, new Class(ctx, env), args);
  }
  throw new TypeError(`The RPC receiver does not implement the method "${name}".`);
};

return {
  __proto__: null, env, withEnv, waitUntil, WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget,
};

'use strict';

// node:async_hooks (https://nodejs.org/api/async_context.html), as far as workers have it: AsyncLocalStorage and
// AsyncResource. The hooks proper exist so that libraries that mention them load; nothing calls them.

const { ObjectCreate, ObjectDefineProperty, String, TypeError } = internal.primordials;
const { asyncContext } = internal;

function invalidArgument(name, type, value) {
  const given = value === null || value === undefined ? ` ${value}` : ` type ${typeof value}`;
  const error = new TypeError(`The "${name}" argument must be of type ${type}. Received${given}`);
  ObjectDefineProperty(error, 'code', {
    __proto__: null, value: 'ERR_INVALID_ARG_TYPE', writable: true, enumerable: true, configurable: true,
  });
  return error;
}

function requireFunction(fn) {
  if (typeof fn !== 'function') throw invalidArgument('fn', 'function', fn);
}

// A function that runs `fn` in the context of now. Its receiver is `receiver`, or the one it is called with.
function bind(entries, fn, hasReceiver, receiver) {
  function bound(...args) {
    return asyncContext.runIn(entries, fn, hasReceiver ? receiver : this, args);
  }
  ObjectDefineProperty(bound, 'length', { __proto__: null, value: fn.length, configurable: true });
  return bound;
}

class AsyncLocalStorage {
  #defaultValue;
  #name = '';

  constructor(options = undefined) {
    if (options !== undefined) {
      if (options === null || typeof options !== 'object') throw invalidArgument('options', 'object', options);
      const { defaultValue, name } = options;
      this.#defaultValue = defaultValue;
      if (name !== undefined) this.#name = String(name);
    }
    internal.captureContext = captureContext;
  }

  static bind(fn) {
    requireFunction(fn);
    return bind(asyncContext.capture(), fn, false);
  }

  static snapshot() {
    const entries = asyncContext.capture();
    return (fn, ...args) => {
      requireFunction(fn);
      return asyncContext.runIn(entries, fn, undefined, args);
    };
  }

  get name() {
    return this.#name;
  }

  getStore() {
    const defaultValue = this.#defaultValue;
    const entry = asyncContext.find(this);
    return entry === undefined ? defaultValue : entry.value;
  }

  run(store, fn, ...args) {
    this.#name;  // throws for any other receiver
    requireFunction(fn);
    return asyncContext.runWith(this, store, fn, null, args);
  }

  exit(fn, ...args) {
    this.#name;
    requireFunction(fn);
    return asyncContext.runWith(this, undefined, fn, null, args);
  }

  enterWith(store) {
    this.#name;
    asyncContext.enter(this, store);
  }

  disable() {
    this.#name;
    asyncContext.leave(this);
  }
}

// For streams: the runtime itself calls their sources, from no context.
function captureContext(fn) {
  const entries = asyncContext.capture();
  if (entries === undefined) return fn;
  return function (...args) {
    return asyncContext.runIn(entries, fn, this, args);
  };
}

class AsyncResource {
  #entries = asyncContext.capture();
  #type;

  constructor(type, options = undefined) {
    if (typeof type !== 'string') throw invalidArgument('type', 'string', type);
    this.#type = type;
  }

  static bind(fn, type = undefined, thisArg = undefined) {
    requireFunction(fn);
    return bind(asyncContext.capture(), fn, thisArg !== undefined, thisArg);
  }

  bind(fn, thisArg = undefined) {
    const entries = this.#entries;
    requireFunction(fn);
    return bind(entries, fn, thisArg !== undefined, thisArg);
  }

  runInAsyncScope(fn, thisArg = undefined, ...args) {
    const entries = this.#entries;
    requireFunction(fn);
    return asyncContext.runIn(entries, fn, thisArg, args);
  }

  emitDestroy() {
    this.#type;
    return this;
  }

  asyncId() {
    this.#type;
    return 0;
  }

  triggerAsyncId() {
    this.#type;
    return 0;
  }
}

class AsyncHook {
  enable() {
    return this;
  }

  disable() {
    return this;
  }
}

const module = {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders: { __proto__: null, NONE: 0 },
  createHook: () => new AsyncHook(),
  executionAsyncId: () => 0,
  executionAsyncResource: () => ObjectCreate(null),
  triggerAsyncId: () => 0,
};

return { __proto__: null, ...module, default: module };

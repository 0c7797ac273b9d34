'use strict';

// node:events (https://nodejs.org/api/events.html).

const { ReflectApply, ReflectOwnKeys, Symbol, TypeError, RangeError, Error, Promise, ObjectDefineProperty } = internal.primordials;

const errorMonitor = Symbol('events.errorMonitor');
const captureRejectionSymbol = Symbol('nodejs.rejection');
const original = Symbol('listener');

let defaultMaxListeners = 10;

function requireFunction(listener) {
  if (typeof listener === 'function') return;
  const error = new TypeError(`The "listener" argument must be of type function. Received ${listener === null ? 'null' : `type ${typeof listener}`}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function EventEmitter(options) {
  if (this._events === undefined || this._events === EventEmitter.prototype._events) this._events = { __proto__: null };
  this._maxListeners = this._maxListeners ?? undefined;
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._maxListeners = undefined;

// The listeners of an event: always an array that is replaced when it changes, so that emit() sees those of its
// beginning.
function listenersOf(emitter, name) {
  return emitter._events?.[name];
}

function add(emitter, name, listener, first) {
  requireFunction(listener);
  if (emitter._events === undefined) emitter._events = { __proto__: null };
  if (emitter._events.newListener !== undefined) emitter.emit('newListener', name, listener[original] ?? listener);
  const before = emitter._events[name] ?? [];
  const after = first ? [listener, ...before] : [...before, listener];
  emitter._events[name] = after;
  const most = emitter.getMaxListeners();
  if (most > 0 && after.length > most && !before.warned) {
    internal.console.warn(`MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ${after.length} ${String(name)} listeners added.`);
    after.warned = true;
  }
  if (before.warned) after.warned = true;
  return emitter;
}

function onceListener(emitter, name, listener) {
  requireFunction(listener);
  function wrapped(...args) {
    emitter.removeListener(name, wrapped);
    return ReflectApply(listener, emitter, args);
  }
  wrapped[original] = listener;
  wrapped.listener = listener;
  return wrapped;
}

const methods = {
  on(name, listener) {
    return add(this, name, listener, false);
  },
  prependListener(name, listener) {
    return add(this, name, listener, true);
  },
  once(name, listener) {
    // By the method: classes that derive from this one have their own.
    return this.on(name, onceListener(this, name, listener));
  },
  prependOnceListener(name, listener) {
    return this.prependListener(name, onceListener(this, name, listener));
  },
  removeListener(name, listener) {
    requireFunction(listener);
    const before = listenersOf(this, name);
    if (before === undefined) return this;
    // The latest that was added.
    let at = before.length - 1;
    while (at >= 0 && before[at] !== listener && before[at][original] !== listener) at--;
    if (at < 0) return this;
    const after = before.filter((each, index) => index !== at);
    if (after.length === 0) delete this._events[name];
    else this._events[name] = after;
    if (this._events.removeListener !== undefined) this.emit('removeListener', name, listener);
    return this;
  },
  removeAllListeners(name) {
    if (this._events === undefined) return this;
    const names = arguments.length === 0 ? ReflectOwnKeys(this._events) : [name];
    if (this._events.removeListener === undefined) {
      for (const each of names) delete this._events[each];
      return this;
    }
    for (const each of names) {
      if (each === 'removeListener') continue;
      for (const listener of [...(listenersOf(this, each) ?? [])].reverse()) this.removeListener(each, listener);
    }
    if (arguments.length === 0) this._events = { __proto__: null };
    return this;
  },
  emit(name, ...args) {
    if (name === 'error') {
      if (listenersOf(this, errorMonitor) !== undefined) this.emit(errorMonitor, ...args);
      if (listenersOf(this, 'error') === undefined) {
        if (args[0] instanceof Error) throw args[0];
        const error = new Error(`Unhandled error. (${internal.inspect(args[0])})`);
        error.code = 'ERR_UNHANDLED_ERROR';
        error.context = args[0];
        throw error;
      }
    }
    const listeners = listenersOf(this, name);
    if (listeners === undefined) return false;
    for (let i = 0; i < listeners.length; i++) ReflectApply(listeners[i], this, args);
    return true;
  },
  listeners(name) {
    return (listenersOf(this, name) ?? []).map((each) => each[original] ?? each);
  },
  rawListeners(name) {
    return [...(listenersOf(this, name) ?? [])];
  },
  listenerCount(name, listener) {
    const all = listenersOf(this, name) ?? [];
    return listener === undefined ? all.length : all.filter((each) => each === listener || each[original] === listener).length;
  },
  eventNames() {
    return this._events === undefined ? [] : ReflectOwnKeys(this._events);
  },
  setMaxListeners(count) {
    if (typeof count !== 'number' || !(count >= 0)) {
      throw new RangeError(`The value of "n" is out of range. It must be a non-negative number. Received ${internal.inspect(count)}`);
    }
    this._maxListeners = count;
    return this;
  },
  getMaxListeners() {
    return this._maxListeners ?? defaultMaxListeners;
  },
};
methods.addListener = methods.on;
methods.off = methods.removeListener;
for (const name of ReflectOwnKeys(methods)) {
  ObjectDefineProperty(EventEmitter.prototype, name, { __proto__: null, value: methods[name], writable: true, enumerable: true, configurable: true });
}

function abortError(signal) {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

function addAbortListener(signal, listener) {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose ?? Symbol('dispose')]: () => signal.removeEventListener('abort', listener) };
}

// The arguments of the next event of that name.
function once(emitter, name, { signal } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const target = typeof emitter.addEventListener === 'function' && typeof emitter.on !== 'function';
    const onEvent = (...args) => {
      clean();
      resolve(args);
    };
    const onError = (error) => {
      clean();
      reject(error);
    };
    const onAbort = () => {
      clean();
      reject(abortError(signal));
    };
    function clean() {
      signal?.removeEventListener('abort', onAbort);
      if (target) {
        emitter.removeEventListener(name, onEvent);
        return;
      }
      emitter.removeListener(name, onEvent);
      emitter.removeListener('error', onError);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    if (target) {
      emitter.addEventListener(name, onEvent, { once: true });
      return;
    }
    emitter.once(name, onEvent);
    if (name !== 'error') emitter.once('error', onError);
  });
}

// The events of that name, as an async iterator that ends with its consumer.
function on(emitter, name, { signal, close = [] } = {}) {
  const waiting = [];
  const values = [];
  let failure;
  let done = false;
  const onEvent = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else values.push(args);
  };
  const onError = (error) => {
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = error;
    finish();
  };
  const onAbort = () => onError(abortError(signal));
  function finish() {
    if (done) return;
    done = true;
    emitter.removeListener(name, onEvent);
    emitter.removeListener('error', onError);
    for (const each of close) emitter.removeListener(each, finish);
    signal?.removeEventListener('abort', onAbort);
    for (const each of waiting.splice(0)) each.resolve({ value: undefined, done: true });
  }
  emitter.on(name, onEvent);
  if (name !== 'error') emitter.on('error', onError);
  for (const each of close) emitter.on(each, finish);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    next() {
      if (values.length > 0) return Promise.resolve({ value: values.shift(), done: false });
      if (failure !== undefined) {
        const error = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (done) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return() {
      finish();
      return Promise.resolve({ value: undefined, done: true });
    },
    throw(error) {
      finish();
      return Promise.reject(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const listenerCount = (emitter, name) => emitter.listenerCount(name);
const getEventListeners = (emitter, name) => emitter.listeners(name);
function setMaxListeners(count = defaultMaxListeners, ...emitters) {
  if (emitters.length === 0) defaultMaxListeners = count;
  for (const each of emitters) each.setMaxListeners?.(count);
}
const getMaxListeners = (emitter) => emitter.getMaxListeners();

const statics = {
  EventEmitter, once, on, listenerCount, getEventListeners, setMaxListeners, getMaxListeners, addAbortListener, errorMonitor,
  captureRejectionSymbol, captureRejections: false,
};
for (const name of ReflectOwnKeys(statics)) EventEmitter[name] = statics[name];
ObjectDefineProperty(EventEmitter, 'defaultMaxListeners', {
  __proto__: null, get: () => defaultMaxListeners, set: (count) => { defaultMaxListeners = count; }, enumerable: true, configurable: true,
});

return { __proto__: null, ...statics, defaultMaxListeners, default: EventEmitter };

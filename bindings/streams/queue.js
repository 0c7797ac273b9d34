'use strict';

// The data structures under the streams: a ring buffer, the standard's queue-with-sizes (Streams
// §8.1), and promises that are made only when somebody looks at them.

const {
  ArrayFrom, Promise, PromisePrototypeThen, PromiseReject, PromiseResolve, RangeError,
  ReflectApply, Symbol, isolate, resolvedPromise,
} = internal.primordials;

// A FIFO with O(1) push and shift. Slots are always own data properties, so that no setter on
// Array.prototype can be reached by a write.
class Ring {
  constructor() {
    this.items = [undefined, undefined, undefined, undefined,
                  undefined, undefined, undefined, undefined];
    this.head = 0;
    this.length = 0;
  }

  push(value) {
    const { items } = this;
    if (this.length === items.length) {
      this.grow();
      this.push(value);
      return;
    }
    items[(this.head + this.length) & (items.length - 1)] = value;
    this.length++;
  }

  // Precondition of the next three: the ring is not empty.
  shift() {
    const { items, head } = this;
    const value = items[head];
    items[head] = undefined;
    this.head = (head + 1) & (items.length - 1);
    this.length--;
    return value;
  }

  peek() {
    return this.items[this.head];
  }

  grow() {
    const { items, head, length } = this;
    const larger = ArrayFrom({ __proto__: null, length: length * 2 });
    for (let i = 0; i < length; i++) larger[i] = items[(head + i) & (length - 1)];
    this.items = larger;
    this.head = 0;
  }
}
isolate(Ring);

// Values and sizes alternate in one ring: no object for an entry.
class QueueWithSizes {
  constructor() {
    this.ring = undefined;
    this.totalSize = 0;
  }

  get isEmpty() {
    return this.ring === undefined || this.ring.length === 0;
  }

  enqueue(value, size) {
    if (!(size >= 0) || size === Infinity) {
      throw new RangeError('The size of a chunk must be a finite, non-negative number.');
    }
    this.ring ??= new Ring();
    this.ring.push(value);
    this.ring.push(size);
    this.totalSize += size;
  }

  dequeue() {
    const value = this.ring.shift();
    const total = this.totalSize - this.ring.shift();
    // Rounding of floating-point sizes can fall below zero.
    this.totalSize = total < 0 ? 0 : total;
    return value;
  }

  peek() {
    return this.ring.peek();
  }

  reset() {
    this.ring = undefined;
    this.totalSize = 0;
  }
}
isolate(QueueWithSizes);

let capturedResolve;
let capturedReject;
const captureResolvers = (resolve, reject) => {
  capturedResolve = resolve;
  capturedReject = reject;
};

// A promise with its resolving functions.
class Deferred {
  constructor() {
    this.promise = new Promise(captureResolvers);
    this.resolve = capturedResolve;
    this.reject = capturedReject;
  }
}
isolate(Deferred);

function noop() {}

function markAsHandled(promise) {
  PromisePrototypeThen(promise, undefined, noop);
}

const PENDING = 0;
const RESOLVED = 1;
const REJECTED = 2;

// A promise of the standard (closed, ready, …) that is made when it is first asked for, in the state
// that it would be in by then. Its rejections are always marked as handled, as all of the standard's
// such promises are.
class LazyPromise {
  constructor() {
    this.state = PENDING;
    this.value = undefined;
    this.deferred = undefined;  // while pending and observed
    this.cached = undefined;    // the promise, once made
    this.listener = undefined;
  }

  // A reaction without a promise, for built-ins: `step` runs as a microtask once this is settled, one
  // way or the other. There can be one at a time.
  listen(step) {
    if (this.state === PENDING) this.listener = step;
    else enqueueMicrotask(step);
  }

  notify() {
    const { listener } = this;
    if (listener === undefined) return;
    this.listener = undefined;
    enqueueMicrotask(listener);
  }

  get isPending() {
    return this.state === PENDING;
  }

  get promise() {
    if (this.cached === undefined) {
      if (this.state === PENDING) {
        this.deferred = new Deferred();
        this.cached = this.deferred.promise;
      } else if (this.state === RESOLVED) {
        this.cached = PromiseResolve(this.value);
      } else {
        this.cached = PromiseReject(this.value);
        markAsHandled(this.cached);
      }
    }
    return this.cached;
  }

  resolve(value) {
    if (this.state !== PENDING) return;
    this.state = RESOLVED;
    this.value = value;
    if (this.deferred !== undefined) {
      this.deferred.resolve(value);
      this.deferred = undefined;
    }
    this.notify();
  }

  reject(reason) {
    if (this.state !== PENDING) return;
    this.state = REJECTED;
    this.value = reason;
    if (this.deferred !== undefined) {
      markAsHandled(this.cached);
      this.deferred.reject(reason);
      this.deferred = undefined;
    }
    this.notify();
  }

  // "Set to a new promise" (pending) and "set to a promise rejected with".
  reset() {
    this.state = PENDING;
    this.value = undefined;
    this.deferred = undefined;
    this.cached = undefined;
  }

  // Rejects the promise when it is pending, else replaces it by a rejected one.
  ensureRejected(reason) {
    if (this.state !== PENDING) this.reset();
    this.reject(reason);
  }
}
isolate(LazyPromise);

// What a built-in algorithm returns that calls the controller's reaction itself, as a microtask.
const kSettlesItself = Symbol('settles itself');

// Algorithms of streams return a promise, or undefined for "a promise resolved with undefined".
function react(result, onFulfilled, onRejected) {
  return PromisePrototypeThen(result === undefined ? resolvedPromise : result,
                              onFulfilled, onRejected);
}

// Calls a user's callback whose WebIDL return type is a promise.
function invokePromiseCallback(callback, receiver, args) {
  try {
    const result = ReflectApply(callback, receiver, args);
    return result === undefined ? undefined : PromiseResolve(result);
  } catch (error) {
    return PromiseReject(error);
  }
}

// Runs `step` as a microtask.
function enqueueMicrotask(step) {
  PromisePrototypeThen(resolvedPromise, step);
}

internal.streams = {
  __proto__: null,
  Deferred,
  LazyPromise,
  QueueWithSizes,
  Ring,
  enqueueMicrotask,
  invokePromiseCallback,
  kSettlesItself,
  markAsHandled,
  noop,
  react,
};

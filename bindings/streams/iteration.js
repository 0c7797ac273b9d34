'use strict';

// Streams and iteration: the async iterator of a ReadableStream (Streams §4.2.5 and WebIDL
// §3.7.10) and ReadableStream.from (Streams §4.9.1).

const {
  AsyncIteratorPrototype, defineInterface, ObjectSetPrototypeOf, PromisePrototypeThen,
  PromiseReject, PromiseResolve, ReflectApply, SymbolAsyncIterator, SymbolIterator, TypeError,
  isolate,
} = internal.primordials;
const { illegalInvocation, isObject, kInternal } = internal.webidl;
const { streams } = internal;
const {
  AcquireReadableStreamDefaultReader, CreateReadableStream, Deferred, ReadableStreamCancel,
  ReadableStreamDefaultControllerClose, ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultReaderRead, noop, releaseReader,
} = streams;

class IteratorState {
  constructor(reader, preventCancel) {
    this.reader = reader;
    this.preventCancel = preventCancel;
    this.ongoing = undefined;  // the promise of the last call, while calls must go behind it
    this.queued = 0;           // calls that have not begun
    this.finished = false;
    this.nextSteps = undefined;
  }
}
isolate(IteratorState);

// The read request behind next(): answers an iterator result. When a chunk is queued the answer is
// there at once; otherwise it comes one reaction after the read, as the standard has it, which makes
// the difference to a return() that is called meanwhile.
class IteratorReadRequest {
  constructor(iterator) {
    this.iterator = iterator;
    this.result = undefined;
    this.error = undefined;
    this.settled = false;
    this.deferred = undefined;
  }

  chunkSteps(chunk) {
    this.result = { value: chunk, done: false };
    this.settle();
  }

  closeSteps() {
    this.finish();
    this.result = { value: undefined, done: true };
    this.settle();
  }

  errorSteps(error) {
    this.finish();
    this.error = error;
    this.settle();
  }

  settle() {
    this.settled = true;
    if (this.iterator.queued === 0) this.iterator.ongoing = undefined;
    if (this.deferred !== undefined) this.deferred.resolve(undefined);
  }

  finish() {
    this.iterator.finished = true;
    releaseReader(this.iterator.reader);
  }

  get promise() {
    if (this.settled) {
      return this.result === undefined ? PromiseReject(this.error) : PromiseResolve(this.result);
    }
    this.deferred = new Deferred();
    return PromisePrototypeThen(this.deferred.promise, () => {
      if (this.result === undefined) throw this.error;
      return this.result;
    });
  }
}
isolate(IteratorReadRequest);

// `isFirst`: no other call is under way.
function getNext(iterator, isFirst) {
  if (iterator.finished) return PromiseResolve({ value: undefined, done: true });
  const request = new IteratorReadRequest(iterator);
  ReadableStreamDefaultReaderRead(iterator.reader, request);
  const { promise } = request;
  // With the answer there already, the next call can begin at once.
  if (isFirst && !request.settled) iterator.ongoing = promise;
  return promise;
}

function doReturn(iterator, value) {
  if (iterator.finished) return PromiseResolve(undefined);
  iterator.finished = true;
  const { reader } = iterator;
  if (iterator.preventCancel) {
    releaseReader(reader);
    return PromiseResolve(undefined);
  }
  const result = ReadableStreamCancel(reader.stream, value);
  releaseReader(reader);
  return result;
}

class ReadableStreamAsyncIterator {
  #state;

  constructor(token, reader, preventCancel) {
    if (token !== kInternal) throw illegalInvocation();
    this.#state = new IteratorState(reader, preventCancel);
  }

  next() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const iterator = this.#state;
    if (iterator.ongoing === undefined) return getNext(iterator, true);
    iterator.nextSteps ??= () => {
      iterator.queued--;
      return getNext(iterator, false);
    };
    iterator.queued++;
    iterator.ongoing =
      PromisePrototypeThen(iterator.ongoing, iterator.nextSteps, iterator.nextSteps);
    return iterator.ongoing;
  }

  return(value) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const iterator = this.#state;
    const steps = () => doReturn(iterator, value);
    // Whatever is called from now on goes behind this.
    iterator.queued++;
    const done = iterator.ongoing === undefined ? steps()
      : PromisePrototypeThen(iterator.ongoing, steps, steps);
    iterator.ongoing = done;
    return PromisePrototypeThen(done, () => ({ value, done: true }));
  }
}
defineInterface(ReadableStreamAsyncIterator, {
  __proto__: null, name: 'ReadableStream AsyncIterator',
});
// An iterator prototype is not an interface prototype: it has no constructor.
delete ReadableStreamAsyncIterator.prototype.constructor;
ObjectSetPrototypeOf(ReadableStreamAsyncIterator.prototype, AsyncIteratorPrototype);

function createReadableStreamAsyncIterator(stream, preventCancel) {
  const reader = AcquireReadableStreamDefaultReader(stream);
  return new ReadableStreamAsyncIterator(kInternal, reader, preventCancel);
}

// GetMethod of the language.
function getMethod(object, key) {
  const method = object[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new TypeError('The iteration method is not a function.');
  return method;
}

function callIterator(method, iterator, args) {
  const result = ReflectApply(method, iterator, args);
  if (!isObject(result)) throw new TypeError('The iterator method must return an object.');
  return result;
}

// ReadableStreamFromIterable. A synchronous iterator's values are awaited, an asynchronous one's
// results are.
function ReadableStreamFromIterable(iterable) {
  if (iterable === undefined || iterable === null) {
    throw new TypeError("Failed to execute 'from' on 'ReadableStream': The value is not iterable.");
  }
  let method = getMethod(iterable, SymbolAsyncIterator);
  const isAsync = method !== undefined;
  if (!isAsync) method = getMethod(iterable, SymbolIterator);
  if (method === undefined) {
    throw new TypeError("Failed to execute 'from' on 'ReadableStream': The value is not iterable.");
  }
  const iterator = callIterator(method, iterable, []);
  const { next } = iterator;
  let stream;

  const accept = (result) => {
    if (!isObject(result)) throw new TypeError('The iterator result is not an object.');
    if (result.done) ReadableStreamDefaultControllerClose(stream.controller);
    else ReadableStreamDefaultControllerEnqueue(stream.controller, result.value);
  };
  const acceptValue = (value) => ReadableStreamDefaultControllerEnqueue(stream.controller, value);
  // A rejected value ends a synchronous iteration as `throw` in its loop would.
  const rejectValue = (error) => {
    try {
      const returnMethod = getMethod(iterator, 'return');
      if (returnMethod !== undefined) ReflectApply(returnMethod, iterator, []);
    } catch {
      // The first error counts.
    }
    throw error;
  };

  const pull = () => {
    try {
      if (isAsync) {
        return PromisePrototypeThen(PromiseResolve(ReflectApply(next, iterator, [])), accept);
      }
      const result = callIterator(next, iterator, []);
      if (result.done) {
        ReadableStreamDefaultControllerClose(stream.controller);
        return undefined;
      }
      const { value } = result;
      if (!isObject(value)) {
        acceptValue(value);
        return undefined;
      }
      return PromisePrototypeThen(PromiseResolve(value), acceptValue, rejectValue);
    } catch (error) {
      return PromiseReject(error);
    }
  };

  const cancel = (reason) => {
    try {
      const returnMethod = getMethod(iterator, 'return');
      if (returnMethod === undefined) return undefined;
      if (!isAsync) {
        const { value } = callIterator(returnMethod, iterator, [reason]);
        return PromisePrototypeThen(PromiseResolve(value), noop);
      }
      return PromisePrototypeThen(
        PromiseResolve(ReflectApply(returnMethod, iterator, [reason])), (result) => {
          if (!isObject(result)) {
            throw new TypeError('The promise of return() must fulfil with an object.');
          }
        });
    } catch (error) {
      return PromiseReject(error);
    }
  };

  stream = CreateReadableStream(undefined, pull, cancel, 0);
  return stream;
}

streams.ReadableStreamFromIterable = ReadableStreamFromIterable;
streams.createReadableStreamAsyncIterator = createReadableStreamAsyncIterator;

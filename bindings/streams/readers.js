'use strict';

// ReadableStreamDefaultReader (Streams §4.4), ReadableStreamBYOBReader (§4.5) and the operations on
// readers (§4.9.3).
//
// A read request is an object with chunkSteps, closeSteps and errorSteps. Built-ins (pipes, tees,
// body pumps) bring their own; the ones here answer a promise.

const {
  ArrayBufferIsView, ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached,
  defineInterface, PromiseReject, PromiseResolve, RangeError, TypeError, isolate,
} = internal.primordials;
const {
  constructContext, executeContext, illegalInvocation, isObject, kInternal, requireArguments,
  requireConstructorArguments, toDictionary, toEnforcedUnsignedLongLong,
} = internal.webidl;
const { isReadableStream, requireOwner, streams } = internal;
const {
  Deferred, LazyPromise, ReadableStreamCancel, Ring, errorRequests, readableState,
} = streams;

// State of either reader. ReadableStreamReaderGenericInitialize is its constructor.
class ReaderState {
  constructor(stream, isBYOB) {
    this.stream = stream;
    this.isBYOB = isBYOB;
    this.requests = new Ring();
    this.closed = new LazyPromise();
    this.ownWrapper = undefined;
    stream.reader = this;
    if (stream.state === 'closed') this.closed.resolve(undefined);
    else if (stream.state === 'errored') this.closed.reject(stream.storedError);
  }

  get wrapper() {
    this.ownWrapper ??= this.isBYOB ? new ReadableStreamBYOBReader(kInternal, this)
      : new ReadableStreamDefaultReader(kInternal, this);
    return this.ownWrapper;
  }
}
isolate(ReaderState);

// A read request that answers a promise. When the answer is there at once (a chunk was queued), the
// promise is made resolved, which is cheaper than making it and then resolving it.
class PromiseReadRequest {
  constructor() {
    this.answer = undefined;
    this.deferred = undefined;
  }

  get promise() {
    if (this.answer !== undefined) return this.answer;
    this.deferred = new Deferred();
    return this.deferred.promise;
  }

  settle(result) {
    if (this.deferred === undefined) this.answer = PromiseResolve(result);
    else this.deferred.resolve(result);
  }

  chunkSteps(chunk) {
    this.settle({ value: chunk, done: false });
  }

  // The view is given for read-into requests only.
  closeSteps(view) {
    this.settle({ value: view, done: true });
  }

  errorSteps(error) {
    if (this.deferred === undefined) this.answer = PromiseReject(error);
    else this.deferred.reject(error);
  }
}
isolate(PromiseReadRequest);

function releasedError() {
  return new TypeError('The reader was released and has no stream.');
}

// Whether the stream belongs to another invocation than the running one, which a reader may have been carried to; then
// the request is told. The stream itself is not hurt.
function isForeign(stream, request) {
  if (stream.owner === 0) return false;
  try {
    requireOwner(stream.owner, 'ReadableStream');
    return false;
  } catch (error) {
    request.errorSteps(error);
    return true;
  }
}

// The members of both readers, with the receiver already checked.
function cancelReader(reader, reason) {
  if (reader.stream === undefined) return PromiseReject(releasedError());
  try {
    requireOwner(reader.stream.owner, 'ReadableStream');
  } catch (error) {
    return PromiseReject(error);
  }
  return ReadableStreamCancel(reader.stream, reason);
}

// ReadableStreamReaderGenericRelease, and the rest of *ReaderRelease.
function releaseReader(reader) {
  const { stream } = reader;
  if (stream === undefined) return;
  reader.closed.ensureRejected(releasedError());
  stream.controller.releaseSteps();
  stream.reader = undefined;
  reader.stream = undefined;
  errorRequests(reader, releasedError());
}

// The same for a reader that user code never saw, whose requests do nothing with an error.
function abandonReader(reader) {
  const { stream } = reader;
  stream.controller.releaseSteps();
  stream.reader = undefined;
  reader.stream = undefined;
}

function requireReadableStream(stream, context) {
  if (!isReadableStream(stream)) {
    throw new TypeError(`${context}: parameter 1 is not of type 'ReadableStream'.`);
  }
  return readableState(stream);
}

class ReadableStreamDefaultReader {
  #state;

  constructor(stream, state = undefined) {
    if (stream === kInternal) {
      this.#state = state;
      return;
    }
    requireConstructorArguments(arguments.length, 1, 'ReadableStreamDefaultReader');
    const target = requireReadableStream(stream, constructContext('ReadableStreamDefaultReader'));
    this.#state = AcquireReadableStreamDefaultReader(target);
    this.#state.ownWrapper = this;
  }

  get closed() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    return this.#state.closed.promise;
  }

  cancel(reason = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    return cancelReader(this.#state, reason);
  }

  read() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const reader = this.#state;
    if (reader.stream === undefined) return PromiseReject(releasedError());
    const request = new PromiseReadRequest();
    if (isForeign(reader.stream, request)) return request.promise;
    ReadableStreamDefaultReaderRead(reader, request);
    return request.promise;
  }

  releaseLock() {
    releaseReader(this.#state);
  }
}
defineInterface(ReadableStreamDefaultReader);

class ReadableStreamBYOBReader {
  #state;

  constructor(stream, state = undefined) {
    if (stream === kInternal) {
      this.#state = state;
      return;
    }
    requireConstructorArguments(arguments.length, 1, 'ReadableStreamBYOBReader');
    const target = requireReadableStream(stream, constructContext('ReadableStreamBYOBReader'));
    this.#state = AcquireReadableStreamBYOBReader(target);
    this.#state.ownWrapper = this;
  }

  get closed() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    return this.#state.closed.promise;
  }

  cancel(reason = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    return cancelReader(this.#state, reason);
  }

  read(view, options = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const reader = this.#state;
    const context = executeContext('read', 'ReadableStreamBYOBReader');
    let min = 1;
    try {
      requireArguments(arguments.length, 1, 'read', 'ReadableStreamBYOBReader');
      if (!ArrayBufferIsView(view)) {
        throw new TypeError(`${context}: parameter 1 is not of type 'ArrayBufferView'.`);
      }
      const geometry = streams.viewGeometry(view);
      streams.requirePlainBuffer(geometry.buffer, context);
      const requested = toDictionary(options, context)?.min;
      if (requested !== undefined) min = toEnforcedUnsignedLongLong(requested, context);
      if (geometry.byteLength === 0) throw new TypeError(`${context}: The view is empty.`);
      if (ArrayBufferPrototypeGetByteLength(geometry.buffer) === 0) {
        throw new TypeError(`${context}: The view's buffer is empty.`);
      }
      if (ArrayBufferPrototypeGetDetached(geometry.buffer)) {
        throw new TypeError(`${context}: The view's buffer is detached.`);
      }
      if (min === 0) throw new TypeError(`${context}: 'min' must be greater than 0.`);
      if (min > geometry.byteLength / geometry.elementSize) {
        throw new RangeError(`${context}: 'min' must not exceed the view's length.`);
      }
    } catch (error) {
      return PromiseReject(error);
    }
    if (reader.stream === undefined) return PromiseReject(releasedError());
    const request = new PromiseReadRequest();
    if (isForeign(reader.stream, request)) return request.promise;
    ReadableStreamBYOBReaderRead(reader, view, min, request);
    return request.promise;
  }

  releaseLock() {
    releaseReader(this.#state);
  }
}
defineInterface(ReadableStreamBYOBReader);

function AcquireReadableStreamDefaultReader(stream) {
  requireOwner(stream.owner, 'ReadableStream');
  if (stream.reader !== undefined) {
    throw new TypeError('The stream is already locked to a reader.');
  }
  return new ReaderState(stream, false);
}

function AcquireReadableStreamBYOBReader(stream) {
  requireOwner(stream.owner, 'ReadableStream');
  if (stream.reader !== undefined) {
    throw new TypeError('The stream is already locked to a reader.');
  }
  if (!streams.isByteController(stream.controller)) {
    throw new TypeError('A BYOB reader needs a byte stream.');
  }
  return new ReaderState(stream, true);
}

function ReadableStreamDefaultReaderRead(reader, request) {
  const { stream } = reader;
  stream.disturbed = true;
  if (stream.state === 'readable') stream.controller.pullSteps(request);
  else if (stream.state === 'closed') request.closeSteps();
  else request.errorSteps(stream.storedError);
}

function ReadableStreamBYOBReaderRead(reader, view, min, request) {
  const { stream } = reader;
  stream.disturbed = true;
  if (stream.state === 'errored') request.errorSteps(stream.storedError);
  else streams.ReadableByteStreamControllerPullInto(stream.controller, view, min, request);
}

internal.ReadableStreamDefaultReader = ReadableStreamDefaultReader;
internal.ReadableStreamBYOBReader = ReadableStreamBYOBReader;
streams.AcquireReadableStreamBYOBReader = AcquireReadableStreamBYOBReader;
streams.AcquireReadableStreamDefaultReader = AcquireReadableStreamDefaultReader;
streams.ReadableStreamBYOBReaderRead = ReadableStreamBYOBReaderRead;
streams.ReadableStreamDefaultReaderRead = ReadableStreamDefaultReaderRead;
streams.abandonReader = abandonReader;
streams.releaseReader = releaseReader;

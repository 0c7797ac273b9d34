'use strict';

// ReadableStream (Streams §4.2) and the operations on it that readers and controllers share (§4.9.1).
//
// A stream is two objects: the wrapper that user code sees, with one private field, and the plain
// state object that all abstract operations take. A stream that never reaches user code (the
// readable side of a TransformStream until it is asked for) has no wrapper at all.

const {
  defineInterface, ObjectDefineProperty, PromiseReject, PromiseResolve, RangeError,
  SymbolAsyncIterator, TypeError, isolate,
} = internal.primordials;
const {
  constructContext, executeContext, illegalInvocation, isObject, kInternal, requireArguments,
  toDictionary, toDOMString,
} = internal.webidl;
const { requireOwner, streams } = internal;
const {
  ExtractHighWaterMark, ExtractSizeAlgorithm, Ring, noop, react, toQueuingStrategy,
} = streams;

class ReadableStreamState {
  constructor() {
    this.state = 'readable';
    this.storedError = undefined;
    this.disturbed = false;
    this.reader = undefined;
    this.controller = undefined;
    this.wrapper = undefined;
    this.nativeSource = undefined;    // see bridge.js
    this.expectedLength = undefined;  // see identity.js
    this.owner = 0;                   // of a stream that is I/O: see core/ownership.js
  }
}
isolate(ReadableStreamState);

// The state of the stream behind a wrapper, which must be one.
let readableState;
let isReadableStream;

class ReadableStream {
  #state;

  constructor(underlyingSource = undefined, strategy = undefined) {
    if (underlyingSource === kInternal) {
      this.#state = strategy;
      return;
    }
    const context = constructContext('ReadableStream');
    if (underlyingSource !== undefined && !isObject(underlyingSource)) {
      throw new TypeError(`${context}: The underlying source is not an object.`);
    }
    const queuingStrategy = toQueuingStrategy(strategy, context);
    const source = streams.toUnderlyingSource(underlyingSource, context);
    const state = new ReadableStreamState();
    state.wrapper = this;
    this.#state = state;
    if (source.type === 'bytes') {
      if (queuingStrategy.size !== undefined) {
        throw new RangeError(`${context}: A byte stream takes no size function.`);
      }
      const highWaterMark = ExtractHighWaterMark(queuingStrategy, 0);
      streams.SetUpReadableByteStreamControllerFromUnderlyingSource(
        state, underlyingSource, source, highWaterMark);
    } else {
      const sizeAlgorithm = ExtractSizeAlgorithm(queuingStrategy);
      const highWaterMark = ExtractHighWaterMark(queuingStrategy, 1);
      streams.SetUpReadableStreamDefaultControllerFromUnderlyingSource(
        state, underlyingSource, source, highWaterMark, sizeAlgorithm);
    }
  }

  static from(asyncIterable) {
    requireArguments(arguments.length, 1, 'from', 'ReadableStream');
    return wrapReadable(streams.ReadableStreamFromIterable(asyncIterable));
  }

  get locked() {
    return this.#state.reader !== undefined;
  }

  cancel(reason = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const stream = this.#state;
    if (stream.reader !== undefined) {
      return PromiseReject(new TypeError('Cannot cancel a stream that is locked to a reader.'));
    }
    try {
      requireOwner(stream.owner, 'ReadableStream');
    } catch (error) {
      return PromiseReject(error);
    }
    return ReadableStreamCancel(stream, reason);
  }

  getReader(options = undefined) {
    const stream = this.#state;
    const context = executeContext('getReader', 'ReadableStream');
    let mode = toDictionary(options, context)?.mode;
    if (mode === undefined) return streams.AcquireReadableStreamDefaultReader(stream).wrapper;
    mode = toDOMString(mode);
    if (mode !== 'byob') {
      throw new TypeError(`${context}: '${mode}' is not a valid ReadableStreamReaderMode.`);
    }
    return streams.AcquireReadableStreamBYOBReader(stream).wrapper;
  }

  pipeThrough(transform, options = undefined) {
    const stream = this.#state;
    requireArguments(arguments.length, 1, 'pipeThrough', 'ReadableStream');
    const context = executeContext('pipeThrough', 'ReadableStream');
    const pair = toDictionary(transform, context);
    const readable = pair?.readable;
    if (!isReadableStream(readable)) {
      throw new TypeError(`${context}: The 'readable' member is not a ReadableStream.`);
    }
    const writable = pair.writable;
    if (!streams.isWritableStream(writable)) {
      throw new TypeError(`${context}: The 'writable' member is not a WritableStream.`);
    }
    const pipeOptions = streams.toPipeOptions(options, context);
    const destination = streams.writableState(writable);
    if (stream.reader !== undefined) throw new TypeError(`${context}: The stream is locked.`);
    if (destination.writer !== undefined) {
      throw new TypeError(`${context}: The writable side is locked.`);
    }
    streams.markAsHandled(streams.ReadableStreamPipeTo(stream, destination, pipeOptions));
    return readable;
  }

  pipeTo(destination, options = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const stream = this.#state;
    const context = executeContext('pipeTo', 'ReadableStream');
    let writable;
    let pipeOptions;
    try {
      requireArguments(arguments.length, 1, 'pipeTo', 'ReadableStream');
      if (!streams.isWritableStream(destination)) {
        throw new TypeError(`${context}: parameter 1 is not of type 'WritableStream'.`);
      }
      writable = streams.writableState(destination);
      pipeOptions = streams.toPipeOptions(options, context);
      if (stream.reader !== undefined) throw new TypeError(`${context}: The stream is locked.`);
      if (writable.writer !== undefined) {
        throw new TypeError(`${context}: The destination is locked.`);
      }
    } catch (error) {
      return PromiseReject(error);
    }
    return streams.ReadableStreamPipeTo(stream, writable, pipeOptions);
  }

  tee() {
    const { branch1, branch2 } = streams.ReadableStreamTee(this.#state, false);
    return [wrapReadable(branch1), wrapReadable(branch2)];
  }

  values(options = undefined) {
    const stream = this.#state;
    const dictionary = toDictionary(options, executeContext('values', 'ReadableStream'));
    const preventCancel = !!dictionary?.preventCancel;
    return streams.createReadableStreamAsyncIterator(stream, preventCancel);
  }

  static {
    readableState = (stream) => stream.#state;
    isReadableStream = (value) => isObject(value) && #state in value;
  }
}
defineInterface(ReadableStream);
ObjectDefineProperty(ReadableStream.prototype, SymbolAsyncIterator, {
  __proto__: null, value: ReadableStream.prototype.values, writable: true, configurable: true,
});

function wrapReadable(stream) {
  stream.wrapper ??= new ReadableStream(kInternal, stream);
  return stream.wrapper;
}

// CreateReadableStream and CreateReadableByteStream (§4.9.1): for streams made by built-ins. The
// algorithms may be undefined, and may return undefined for a resolved promise.
function CreateReadableStream(startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark = 1,
                              sizeAlgorithm = undefined) {
  const stream = new ReadableStreamState();
  streams.SetUpReadableStreamDefaultController(
    stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm);
  return stream;
}

function CreateReadableByteStream(startAlgorithm, pullAlgorithm, cancelAlgorithm,
                                  highWaterMark = 0) {
  const stream = new ReadableStreamState();
  streams.SetUpReadableByteStreamController(
    stream, startAlgorithm, pullAlgorithm, cancelAlgorithm, highWaterMark, undefined);
  return stream;
}

// §4.9.2, the interface with controllers. `stream.reader` is a DefaultReaderState or a
// BYOBReaderState (readers.js); both keep their pending requests in `requests`.

function ReadableStreamHasDefaultReader(stream) {
  return stream.reader !== undefined && !stream.reader.isBYOB;
}

function ReadableStreamHasBYOBReader(stream) {
  return stream.reader !== undefined && stream.reader.isBYOB;
}

// The number of read or read-into requests, whichever kind of reader there is.
function ReadableStreamGetNumRequests(stream) {
  return stream.reader.requests.length;
}

function ReadableStreamAddRequest(stream, request) {
  stream.reader.requests.push(request);
}

function ReadableStreamFulfillReadRequest(stream, chunk, done) {
  const request = stream.reader.requests.shift();
  if (done) request.closeSteps();
  else request.chunkSteps(chunk);
}

function ReadableStreamFulfillReadIntoRequest(stream, chunk, done) {
  const request = stream.reader.requests.shift();
  if (done) request.closeSteps(chunk);
  else request.chunkSteps(chunk);
}

function ReadableStreamClose(stream) {
  stream.state = 'closed';
  const { reader } = stream;
  if (reader === undefined) return;
  reader.closed.resolve(undefined);
  if (!reader.isBYOB) {
    const { requests } = reader;
    if (requests.length === 0) return;
    reader.requests = new Ring();
    while (requests.length > 0) requests.shift().closeSteps();
  }
}

function ReadableStreamError(stream, error) {
  stream.state = 'errored';
  stream.storedError = error;
  const { reader } = stream;
  if (reader === undefined) return;
  reader.closed.reject(error);
  errorRequests(reader, error);
}

// ReadableStreamDefaultReaderErrorReadRequests and its twin for BYOB readers.
function errorRequests(reader, error) {
  const { requests } = reader;
  if (requests.length === 0) return;
  reader.requests = new Ring();
  while (requests.length > 0) requests.shift().errorSteps(error);
}

function ReadableStreamCancel(stream, reason) {
  stream.disturbed = true;
  if (stream.state === 'closed') return PromiseResolve(undefined);
  if (stream.state === 'errored') return PromiseReject(stream.storedError);
  ReadableStreamClose(stream);
  const { reader } = stream;
  if (reader !== undefined && reader.isBYOB) {
    const { requests } = reader;
    reader.requests = new Ring();
    while (requests.length > 0) requests.shift().closeSteps(undefined);
  }
  return react(stream.controller.cancelSteps(reason), noop);
}

internal.ReadableStream = ReadableStream;
internal.isReadableStream = isReadableStream;
streams.CreateReadableByteStream = CreateReadableByteStream;
streams.CreateReadableStream = CreateReadableStream;
streams.ReadableStreamAddRequest = ReadableStreamAddRequest;
streams.ReadableStreamCancel = ReadableStreamCancel;
streams.ReadableStreamClose = ReadableStreamClose;
streams.ReadableStreamError = ReadableStreamError;
streams.ReadableStreamFulfillReadIntoRequest = ReadableStreamFulfillReadIntoRequest;
streams.ReadableStreamFulfillReadRequest = ReadableStreamFulfillReadRequest;
streams.ReadableStreamGetNumRequests = ReadableStreamGetNumRequests;
streams.ReadableStreamHasBYOBReader = ReadableStreamHasBYOBReader;
streams.ReadableStreamHasDefaultReader = ReadableStreamHasDefaultReader;
streams.errorRequests = errorRequests;
streams.readableState = readableState;
streams.wrapReadable = wrapReadable;

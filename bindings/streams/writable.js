'use strict';

// WritableStream (Streams §5.2) and the operations on it (§5.5.1, §5.5.2).

const {
  defineInterface, PromiseReject, PromiseResolve, RangeError, TypeError, isolate,
} = internal.primordials;
const { constructContext, illegalInvocation, isObject, kInternal } = internal.webidl;
const { streams } = internal;
const {
  Deferred, ExtractHighWaterMark, ExtractSizeAlgorithm, Ring, react, toQueuingStrategy,
} = streams;

class WritableStreamState {
  constructor() {
    this.state = 'writable';  // 'writable', 'erroring', 'errored' or 'closed'
    this.storedError = undefined;
    this.writer = undefined;
    this.controller = undefined;
    // Write requests have resolve() and reject(error); close requests are Deferreds.
    this.writeRequests = new Ring();
    this.inFlightWriteRequest = undefined;
    this.closeRequest = undefined;
    this.inFlightCloseRequest = undefined;
    this.pendingAbortRequest = undefined;
    this.backpressure = false;
    this.wrapper = undefined;
    this.owner = 0;  // of a stream that is I/O: see core/ownership.js
  }
}
isolate(WritableStreamState);

class PendingAbortRequest {
  constructor(reason, wasAlreadyErroring) {
    this.deferred = new Deferred();
    this.reason = reason;
    this.wasAlreadyErroring = wasAlreadyErroring;
  }
}
isolate(PendingAbortRequest);

let writableState;
let isWritableStream;

class WritableStream {
  #state;

  constructor(underlyingSink = undefined, strategy = undefined) {
    if (underlyingSink === kInternal) {
      this.#state = strategy;
      return;
    }
    const context = constructContext('WritableStream');
    if (underlyingSink !== undefined && !isObject(underlyingSink)) {
      throw new TypeError(`${context}: The underlying sink is not an object.`);
    }
    const queuingStrategy = toQueuingStrategy(strategy, context);
    const sink = streams.toUnderlyingSink(underlyingSink, context);
    if (sink.type !== undefined) throw new RangeError(`${context}: 'type' is reserved.`);
    const state = new WritableStreamState();
    state.wrapper = this;
    this.#state = state;
    const sizeAlgorithm = ExtractSizeAlgorithm(queuingStrategy);
    const highWaterMark = ExtractHighWaterMark(queuingStrategy, 1);
    streams.SetUpWritableStreamDefaultControllerFromUnderlyingSink(
      state, underlyingSink, sink, highWaterMark, sizeAlgorithm);
  }

  get locked() {
    return this.#state.writer !== undefined;
  }

  abort(reason = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const stream = this.#state;
    if (stream.writer !== undefined) {
      return PromiseReject(new TypeError('Cannot abort a stream that is locked to a writer.'));
    }
    return WritableStreamAbort(stream, reason);
  }

  close() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const stream = this.#state;
    if (stream.writer !== undefined) {
      return PromiseReject(new TypeError('Cannot close a stream that is locked to a writer.'));
    }
    if (WritableStreamCloseQueuedOrInFlight(stream)) {
      return PromiseReject(new TypeError('Cannot close a stream that is already closing.'));
    }
    return WritableStreamClose(stream);
  }

  getWriter() {
    return streams.AcquireWritableStreamDefaultWriter(this.#state).wrapper;
  }

  static {
    writableState = (stream) => stream.#state;
    isWritableStream = (value) => isObject(value) && #state in value;
  }
}
defineInterface(WritableStream);

function wrapWritable(stream) {
  stream.wrapper ??= new WritableStream(kInternal, stream);
  return stream.wrapper;
}

// CreateWritableStream: for streams made by built-ins. Algorithms may be undefined.
function CreateWritableStream(startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm,
                              highWaterMark = 1, sizeAlgorithm = undefined) {
  const stream = new WritableStreamState();
  streams.SetUpWritableStreamDefaultController(
    stream, startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark,
    sizeAlgorithm);
  return stream;
}

function WritableStreamAbort(stream, reason) {
  if (stream.state === 'closed' || stream.state === 'errored') return PromiseResolve(undefined);
  // Runs user code (abort listeners), which may change the state.
  streams.signalControllerAbort(stream.controller, reason);
  const { state } = stream;
  if (state === 'closed' || state === 'errored') return PromiseResolve(undefined);
  if (stream.pendingAbortRequest !== undefined) return stream.pendingAbortRequest.deferred.promise;
  const wasAlreadyErroring = state === 'erroring';
  if (wasAlreadyErroring) reason = undefined;
  stream.pendingAbortRequest = new PendingAbortRequest(reason, wasAlreadyErroring);
  const { promise } = stream.pendingAbortRequest.deferred;
  if (!wasAlreadyErroring) WritableStreamStartErroring(stream, reason);
  return promise;
}

function WritableStreamClose(stream) {
  const { state } = stream;
  if (state === 'closed' || state === 'errored') {
    return PromiseReject(new TypeError(`Cannot close a stream that is ${state}.`));
  }
  stream.closeRequest = new Deferred();
  const { writer } = stream;
  if (writer !== undefined && stream.backpressure && state === 'writable') {
    writer.ready.resolve(undefined);
  }
  const { promise } = stream.closeRequest;
  streams.WritableStreamDefaultControllerClose(stream.controller);
  return promise;
}

function WritableStreamCloseQueuedOrInFlight(stream) {
  return stream.closeRequest !== undefined || stream.inFlightCloseRequest !== undefined;
}

function WritableStreamDealWithRejection(stream, error) {
  if (stream.state === 'writable') WritableStreamStartErroring(stream, error);
  else WritableStreamFinishErroring(stream);
}

function WritableStreamStartErroring(stream, reason) {
  const { controller, writer } = stream;
  stream.state = 'erroring';
  stream.storedError = reason;
  if (writer !== undefined) writer.ready.ensureRejected(reason);
  if (!hasOperationMarkedInFlight(stream) && controller.started) {
    WritableStreamFinishErroring(stream);
  }
}

function hasOperationMarkedInFlight(stream) {
  return stream.inFlightWriteRequest !== undefined || stream.inFlightCloseRequest !== undefined;
}

function WritableStreamFinishErroring(stream) {
  stream.state = 'errored';
  stream.controller.errorSteps();
  const { storedError, writeRequests } = stream;
  if (writeRequests.length > 0) {
    stream.writeRequests = new Ring();
    while (writeRequests.length > 0) writeRequests.shift().reject(storedError);
  }
  const request = stream.pendingAbortRequest;
  if (request === undefined) {
    rejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  stream.pendingAbortRequest = undefined;
  if (request.wasAlreadyErroring) {
    request.deferred.reject(storedError);
    rejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  react(stream.controller.abortSteps(request.reason), () => {
    request.deferred.resolve(undefined);
    rejectCloseAndClosedPromiseIfNeeded(stream);
  }, (error) => {
    request.deferred.reject(error);
    rejectCloseAndClosedPromiseIfNeeded(stream);
  });
}

function rejectCloseAndClosedPromiseIfNeeded(stream) {
  if (stream.closeRequest !== undefined) {
    stream.closeRequest.reject(stream.storedError);
    stream.closeRequest = undefined;
  }
  if (stream.writer !== undefined) stream.writer.closed.reject(stream.storedError);
}

function WritableStreamFinishInFlightWrite(stream) {
  const request = stream.inFlightWriteRequest;
  stream.inFlightWriteRequest = undefined;
  request.resolve(undefined);
}

function WritableStreamFinishInFlightWriteWithError(stream, error) {
  const request = stream.inFlightWriteRequest;
  stream.inFlightWriteRequest = undefined;
  request.reject(error);
  WritableStreamDealWithRejection(stream, error);
}

function WritableStreamFinishInFlightClose(stream) {
  stream.inFlightCloseRequest.resolve(undefined);
  stream.inFlightCloseRequest = undefined;
  if (stream.state === 'erroring') {
    // The error came too late to do anything.
    stream.storedError = undefined;
    if (stream.pendingAbortRequest !== undefined) {
      stream.pendingAbortRequest.deferred.resolve(undefined);
      stream.pendingAbortRequest = undefined;
    }
  }
  stream.state = 'closed';
  if (stream.writer !== undefined) stream.writer.closed.resolve(undefined);
}

function WritableStreamFinishInFlightCloseWithError(stream, error) {
  stream.inFlightCloseRequest.reject(error);
  stream.inFlightCloseRequest = undefined;
  if (stream.pendingAbortRequest !== undefined) {
    stream.pendingAbortRequest.deferred.reject(error);
    stream.pendingAbortRequest = undefined;
  }
  WritableStreamDealWithRejection(stream, error);
}

function WritableStreamMarkCloseRequestInFlight(stream) {
  stream.inFlightCloseRequest = stream.closeRequest;
  stream.closeRequest = undefined;
}

function WritableStreamMarkFirstWriteRequestInFlight(stream) {
  stream.inFlightWriteRequest = stream.writeRequests.shift();
}

function WritableStreamUpdateBackpressure(stream, backpressure) {
  const { writer } = stream;
  if (writer !== undefined && backpressure !== stream.backpressure) {
    if (backpressure) writer.ready.reset();
    else writer.ready.resolve(undefined);
  }
  stream.backpressure = backpressure;
}

internal.WritableStream = WritableStream;
internal.isWritableStream = isWritableStream;
internal.isWritableStreamLocked = (wrapper) => writableState(wrapper).writer !== undefined;
streams.CreateWritableStream = CreateWritableStream;
streams.WritableStreamAbort = WritableStreamAbort;
streams.WritableStreamClose = WritableStreamClose;
streams.WritableStreamCloseQueuedOrInFlight = WritableStreamCloseQueuedOrInFlight;
streams.WritableStreamDealWithRejection = WritableStreamDealWithRejection;
streams.WritableStreamFinishErroring = WritableStreamFinishErroring;
streams.WritableStreamFinishInFlightClose = WritableStreamFinishInFlightClose;
streams.WritableStreamFinishInFlightCloseWithError = WritableStreamFinishInFlightCloseWithError;
streams.WritableStreamFinishInFlightWrite = WritableStreamFinishInFlightWrite;
streams.WritableStreamFinishInFlightWriteWithError = WritableStreamFinishInFlightWriteWithError;
streams.WritableStreamMarkCloseRequestInFlight = WritableStreamMarkCloseRequestInFlight;
streams.WritableStreamMarkFirstWriteRequestInFlight = WritableStreamMarkFirstWriteRequestInFlight;
streams.WritableStreamStartErroring = WritableStreamStartErroring;
streams.WritableStreamUpdateBackpressure = WritableStreamUpdateBackpressure;
streams.isWritableStream = isWritableStream;
streams.writableState = writableState;
streams.wrapWritable = wrapWritable;

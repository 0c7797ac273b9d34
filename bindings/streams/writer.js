'use strict';

// WritableStreamDefaultWriter (Streams §5.3, §5.5.3).

const { defineInterface, PromiseReject, PromiseResolve, TypeError, isolate } = internal.primordials;
const { constructContext, illegalInvocation, isObject, kInternal, requireConstructorArguments } =
  internal.webidl;
const { requireOwner, streams } = internal;
const {
  Deferred, LazyPromise, WritableStreamAbort, WritableStreamClose,
  WritableStreamCloseQueuedOrInFlight, isWritableStream, writableState,
} = streams;

// SetUpWritableStreamDefaultWriter is the constructor of the state.
class WriterState {
  constructor(stream) {
    this.stream = stream;
    this.ready = new LazyPromise();
    this.closed = new LazyPromise();
    this.ownWrapper = undefined;
    stream.writer = this;
    const { state } = stream;
    if (state === 'writable') {
      if (WritableStreamCloseQueuedOrInFlight(stream) || !stream.backpressure) {
        this.ready.resolve(undefined);
      }
    } else if (state === 'erroring') {
      this.ready.reject(stream.storedError);
    } else if (state === 'closed') {
      this.ready.resolve(undefined);
      this.closed.resolve(undefined);
    } else {
      this.ready.reject(stream.storedError);
      this.closed.reject(stream.storedError);
    }
  }

  get wrapper() {
    this.ownWrapper ??= new WritableStreamDefaultWriter(kInternal, this);
    return this.ownWrapper;
  }
}
isolate(WriterState);

function releasedError() {
  return new TypeError('The writer was released and has no stream.');
}

// A rejected promise when the stream belongs to another invocation than the running one, which a writer may have been
// carried to. The stream itself is not hurt.
function foreignError(stream) {
  if (stream.owner === 0) return undefined;
  try {
    requireOwner(stream.owner, 'WritableStream');
    return undefined;
  } catch (error) {
    return PromiseReject(error);
  }
}

class WritableStreamDefaultWriter {
  #state;

  constructor(stream, state = undefined) {
    if (stream === kInternal) {
      this.#state = state;
      return;
    }
    requireConstructorArguments(arguments.length, 1, 'WritableStreamDefaultWriter');
    if (!isWritableStream(stream)) {
      const context = constructContext('WritableStreamDefaultWriter');
      throw new TypeError(`${context}: parameter 1 is not of type 'WritableStream'.`);
    }
    this.#state = AcquireWritableStreamDefaultWriter(writableState(stream));
    this.#state.ownWrapper = this;
  }

  get closed() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    return this.#state.closed.promise;
  }

  get desiredSize() {
    const writer = this.#state;
    if (writer.stream === undefined) throw releasedError();
    return WritableStreamDefaultWriterGetDesiredSize(writer);
  }

  get ready() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    return this.#state.ready.promise;
  }

  abort(reason = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const { stream } = this.#state;
    if (stream === undefined) return PromiseReject(releasedError());
    return foreignError(stream) ?? WritableStreamAbort(stream, reason);
  }

  close() {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const { stream } = this.#state;
    if (stream === undefined) return PromiseReject(releasedError());
    if (WritableStreamCloseQueuedOrInFlight(stream)) {
      return PromiseReject(new TypeError('Cannot close a stream that is already closing.'));
    }
    return foreignError(stream) ?? WritableStreamClose(stream);
  }

  releaseLock() {
    const writer = this.#state;
    if (writer.stream !== undefined) WritableStreamDefaultWriterRelease(writer);
  }

  write(chunk = undefined) {
    if (!isObject(this) || !(#state in this)) return PromiseReject(illegalInvocation());
    const writer = this.#state;
    if (writer.stream === undefined) return PromiseReject(releasedError());
    const refusal = foreignError(writer.stream);
    if (refusal !== undefined) return refusal;
    const request = new Deferred();
    WritableStreamDefaultWriterWrite(writer, chunk, request);
    return request.promise;
  }
}
defineInterface(WritableStreamDefaultWriter);

function AcquireWritableStreamDefaultWriter(stream) {
  requireOwner(stream.owner, 'WritableStream');
  if (stream.writer !== undefined) {
    throw new TypeError('The stream is already locked to a writer.');
  }
  return new WriterState(stream);
}

function WritableStreamDefaultWriterCloseWithErrorPropagation(writer) {
  const { stream } = writer;
  const { state } = stream;
  if (WritableStreamCloseQueuedOrInFlight(stream) || state === 'closed') {
    return PromiseResolve(undefined);
  }
  if (state === 'errored') return PromiseReject(stream.storedError);
  return WritableStreamClose(stream);
}

function WritableStreamDefaultWriterGetDesiredSize(writer) {
  const { stream } = writer;
  if (stream.state === 'errored' || stream.state === 'erroring') return null;
  if (stream.state === 'closed') return 0;
  return streams.WritableStreamDefaultControllerGetDesiredSize(stream.controller);
}

function WritableStreamDefaultWriterRelease(writer) {
  const error = releasedError();
  writer.ready.ensureRejected(error);
  writer.closed.ensureRejected(error);
  writer.stream.writer = undefined;
  writer.stream = undefined;
}

// The same for a writer that user code never saw: its promises are nobody's business.
function abandonWriter(writer) {
  writer.stream.writer = undefined;
  writer.stream = undefined;
}

// The outcome goes to `request`, a promise's resolving functions or a built-in's own object.
function WritableStreamDefaultWriterWrite(writer, chunk, request) {
  const { stream } = writer;
  const { controller } = stream;
  const chunkSize = streams.WritableStreamDefaultControllerGetChunkSize(controller, chunk);
  if (stream !== writer.stream) {
    request.reject(releasedError());
    return;
  }
  const { state } = stream;
  if (state === 'errored') {
    request.reject(stream.storedError);
  } else if (WritableStreamCloseQueuedOrInFlight(stream) || state === 'closed') {
    request.reject(new TypeError('Cannot write to a stream that is closing or closed.'));
  } else if (state === 'erroring') {
    request.reject(stream.storedError);
  } else {
    stream.writeRequests.push(request);
    streams.WritableStreamDefaultControllerWrite(controller, chunk, chunkSize);
  }
}

internal.WritableStreamDefaultWriter = WritableStreamDefaultWriter;
streams.AcquireWritableStreamDefaultWriter = AcquireWritableStreamDefaultWriter;
streams.WritableStreamDefaultWriterCloseWithErrorPropagation =
  WritableStreamDefaultWriterCloseWithErrorPropagation;
streams.WritableStreamDefaultWriterGetDesiredSize = WritableStreamDefaultWriterGetDesiredSize;
streams.WritableStreamDefaultWriterRelease = WritableStreamDefaultWriterRelease;
streams.WritableStreamDefaultWriterWrite = WritableStreamDefaultWriterWrite;
streams.abandonWriter = abandonWriter;

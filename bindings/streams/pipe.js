'use strict';

// ReadableStreamPipeTo (Streams §4.9.1).
//
// A Pipe is its own read request and its own write request, so that a chunk on its way costs no
// promise here. Chunks that are queued in the source are moved in one go, as far as the destination
// has room; a chunk that arrives by enqueue() is written in a microtask, never inside enqueue().

const { PromisePrototypeThen, TypeError, isolate } = internal.primordials;
const { toDictionary } = internal.webidl;
const { streams } = internal;
const {
  AcquireReadableStreamDefaultReader, AcquireWritableStreamDefaultWriter, Deferred,
  ReadableStreamCancel, ReadableStreamDefaultReaderRead, WritableStreamAbort,
  WritableStreamCloseQueuedOrInFlight, WritableStreamDefaultWriterCloseWithErrorPropagation,
  WritableStreamDefaultWriterGetDesiredSize, WritableStreamDefaultWriterWrite, abandonReader,
  abandonWriter, enqueueMicrotask, noop, react,
} = streams;

class PipeOptions {
  constructor(preventAbort, preventCancel, preventClose, signal) {
    this.preventAbort = preventAbort;
    this.preventCancel = preventCancel;
    this.preventClose = preventClose;
    this.signal = signal;
  }
}
isolate(PipeOptions);

// Converts a StreamPipeOptions dictionary.
function toPipeOptions(value, context) {
  const dictionary = toDictionary(value, context);
  if (dictionary === undefined) return new PipeOptions(false, false, false, undefined);
  const preventAbort = !!dictionary.preventAbort;
  const preventCancel = !!dictionary.preventCancel;
  const preventClose = !!dictionary.preventClose;
  const { signal } = dictionary;
  if (signal !== undefined && !internal.isAbortSignal(signal)) {
    throw new TypeError(`${context}: The 'signal' member is not an AbortSignal.`);
  }
  if (signal !== undefined) internal.requireOwnSignal(signal);
  return new PipeOptions(preventAbort, preventCancel, preventClose, signal);
}

class Pipe {
  constructor(source, destination, options) {
    this.source = source;
    this.destination = destination;
    this.options = options;
    this.reader = AcquireReadableStreamDefaultReader(source);
    this.writer = AcquireWritableStreamDefaultWriter(destination);
    this.deferred = new Deferred();
    this.shuttingDown = false;
    this.reading = false;       // inside ReadableStreamDefaultReaderRead
    this.hasChunk = false;      // read, not yet written
    this.chunk = undefined;
    this.pendingWrites = 0;     // chunks read whose write has not settled
    this.onWritesSettled = undefined;
    this.abortAlgorithm = undefined;
    this.onReady = () => this.pump();
    this.onChunk = () => {
      this.writeChunk();
      this.pump();
    };
  }

  start() {
    const { source, destination, options: { signal } } = this;
    source.disturbed = true;
    if (signal !== undefined) {
      if (internal.isAborted(signal)) {
        this.abort(internal.abortReason(signal));
        return;
      }
      this.abortAlgorithm = (reason) => this.abort(reason);
      internal.addAbortAlgorithm(signal, this.abortAlgorithm);
    }

    // "Errors and closing must be propagated", in this order of precedence.
    const onSourceErrored = () => this.sourceErrored();
    const onDestinationErrored = () => this.destinationErrored();
    const onSourceClosed = () => this.sourceClosed();
    if (source.state === 'errored') onSourceErrored();
    else PromisePrototypeThen(this.reader.closed.promise, undefined, onSourceErrored);
    if (destination.state === 'errored') onDestinationErrored();
    else PromisePrototypeThen(this.writer.closed.promise, undefined, onDestinationErrored);
    if (source.state === 'closed') onSourceClosed();
    else PromisePrototypeThen(this.reader.closed.promise, onSourceClosed, noop);
    if (WritableStreamCloseQueuedOrInFlight(destination) || destination.state === 'closed') {
      this.destinationClosed();
    }
    this.pump();
  }

  sourceErrored() {
    const { source: { storedError }, destination } = this;
    if (this.options.preventAbort) this.shutdown(undefined, true, storedError);
    else this.shutdown(() => WritableStreamAbort(destination, storedError), true, storedError);
  }

  destinationErrored() {
    const { source, destination: { storedError } } = this;
    if (this.options.preventCancel) this.shutdown(undefined, true, storedError);
    else this.shutdown(() => ReadableStreamCancel(source, storedError), true, storedError);
  }

  sourceClosed() {
    const { writer } = this;
    if (this.options.preventClose) this.shutdown(undefined, false, undefined);
    else {
      this.shutdown(() => WritableStreamDefaultWriterCloseWithErrorPropagation(writer), false,
                    undefined);
    }
  }

  destinationClosed() {
    const { source } = this;
    const error = new TypeError('The destination closed before all of the data could be piped.');
    if (this.options.preventCancel) this.shutdown(undefined, true, error);
    else this.shutdown(() => ReadableStreamCancel(source, error), true, error);
  }

  abort(reason) {
    const { source, destination, options } = this;
    this.shutdown(() => {
      const abortResult = !options.preventAbort && destination.state === 'writable'
        ? WritableStreamAbort(destination, reason) : undefined;
      const cancelResult = !options.preventCancel && source.state === 'readable'
        ? ReadableStreamCancel(source, reason) : undefined;
      return waitForBoth(abortResult, cancelResult);
    }, true, reason);
  }

  // Moves chunks while there are some and the destination wants them.
  pump() {
    const { reader, writer } = this;
    while (!this.shuttingDown) {
      const desiredSize = WritableStreamDefaultWriterGetDesiredSize(writer);
      if (desiredSize === null) return;  // errored, or about to be: the reaction above ends the pipe
      if (desiredSize <= 0) {
        writer.ready.listen(this.onReady);
        return;
      }
      this.reading = true;
      ReadableStreamDefaultReaderRead(reader, this);
      this.reading = false;
      if (!this.hasChunk) return;
      this.writeChunk();
    }
  }

  writeChunk() {
    const { chunk } = this;
    this.chunk = undefined;
    this.hasChunk = false;
    WritableStreamDefaultWriterWrite(this.writer, chunk, this);
  }

  // As a read request.
  chunkSteps(chunk) {
    this.pendingWrites++;
    this.chunk = chunk;
    this.hasChunk = true;
    if (!this.reading) enqueueMicrotask(this.onChunk);
  }

  closeSteps() {}
  errorSteps() {}

  // As a write request.
  resolve() {
    this.pendingWrites--;
    if (this.pendingWrites === 0 && this.onWritesSettled !== undefined) {
      enqueueMicrotask(this.onWritesSettled);
    }
  }

  reject() {
    this.resolve();
  }

  // "Shutdown with an action" and, without one, "shutdown".
  shutdown(action, isError, error) {
    if (this.shuttingDown) return;
    this.shuttingDown = true;
    const finish = () => {
      if (action === undefined) {
        this.finalize(isError, error);
        return;
      }
      react(action(), () => this.finalize(isError, error),
            (newError) => this.finalize(true, newError));
    };
    const { destination } = this;
    if (destination.state === 'writable' && !WritableStreamCloseQueuedOrInFlight(destination)) {
      if (this.pendingWrites > 0) this.onWritesSettled = finish;
      else enqueueMicrotask(finish);
    } else {
      finish();
    }
  }

  finalize(isError, error) {
    abandonWriter(this.writer);
    abandonReader(this.reader);
    if (this.abortAlgorithm !== undefined) {
      internal.removeAbortAlgorithm(this.options.signal, this.abortAlgorithm);
    }
    if (isError) this.deferred.reject(error);
    else this.deferred.resolve(undefined);
  }
}
isolate(Pipe);

// "Wait for all" of two algorithm results.
function waitForBoth(first, second) {
  const { promise, resolve, reject } = new Deferred();
  let remaining = 2;
  const settled = () => {
    remaining--;
    if (remaining === 0) resolve(undefined);
  };
  react(first, settled, reject);
  react(second, settled, reject);
  return promise;
}

function ReadableStreamPipeTo(source, destination, options) {
  const pipe = new Pipe(source, destination, options);
  pipe.start();
  return pipe.deferred.promise;
}

streams.ReadableStreamPipeTo = ReadableStreamPipeTo;
streams.toPipeOptions = toPipeOptions;

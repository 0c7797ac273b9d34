'use strict';

// TransformStream and TransformStreamDefaultController (Streams §6).

const {
  defineInterface, PromisePrototypeThen, PromiseReject, PromiseResolve, RangeError, ReflectApply,
  TypeError, isolate, resolvedPromise,
} = internal.primordials;
const {
  constructContext, executeContext, illegalConstructor, isObject, kInternal, toCallbackMember,
  toDictionary,
} = internal.webidl;
const { streams } = internal;
const {
  CreateReadableStream, CreateWritableStream, Deferred, ExtractHighWaterMark, ExtractSizeAlgorithm,
  LazyPromise, ReadableStreamDefaultControllerClose, ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError, ReadableStreamDefaultControllerGetDesiredSize,
  ReadableStreamDefaultControllerHasBackpressure, WritableStreamDefaultControllerErrorIfNeeded,
  canCloseOrEnqueue, enqueueMicrotask, invokePromiseCallback, kSettlesItself, noop, react,
  toQueuingStrategy, wrapReadable, wrapWritable,
} = streams;

// A TransformStream together with its controller: they are made and die together.
class TransformState {
  // InitializeTransformStream. `startAlgorithm` may be undefined.
  constructor(startAlgorithm, writableHWM, writableSize, readableHWM, readableSize) {
    this.backpressure = true;
    this.backpressureChange = new LazyPromise();  // for the sink; the source has the next field
    this.pullWaits = false;
    this.transformAlgorithm = undefined;
    this.flushAlgorithm = undefined;
    this.cancelAlgorithm = undefined;
    this.finish = undefined;  // a Deferred, once closing, aborting or cancelling has begun
    this.ownWrapper = undefined;
    this.waitingChunk = undefined;
    this.onUnblocked = undefined;
    this.onTransformFailed = (error) => {
      TransformStreamError(this, error);
      throw error;
    };
    this.writable = CreateWritableStream(
      startAlgorithm, (chunk) => sinkWrite(this, chunk), () => sinkClose(this),
      (reason) => sinkAbort(this, reason), writableHWM, writableSize);
    this.readable = CreateReadableStream(
      startAlgorithm, () => sourcePull(this), (reason) => sourceCancel(this, reason),
      readableHWM, readableSize);
  }

  // The controller's wrapper.
  get wrapper() {
    this.ownWrapper ??= new TransformStreamDefaultController(kInternal, this);
    return this.ownWrapper;
  }
}
isolate(TransformState);

class Transformer {
  constructor(cancel, flush, readableType, start, transform, writableType) {
    this.cancel = cancel;
    this.flush = flush;
    this.readableType = readableType;
    this.start = start;
    this.transform = transform;
    this.writableType = writableType;
  }
}
isolate(Transformer);

// Converts a Transformer dictionary; members are read in the order that WebIDL prescribes.
function toTransformer(value, context) {
  const dictionary = toDictionary(value, context);
  if (dictionary === undefined) {
    return new Transformer(undefined, undefined, undefined, undefined, undefined, undefined);
  }
  const cancel = toCallbackMember(dictionary.cancel, 'cancel', context);
  const flush = toCallbackMember(dictionary.flush, 'flush', context);
  const { readableType } = dictionary;
  const start = toCallbackMember(dictionary.start, 'start', context);
  const transform = toCallbackMember(dictionary.transform, 'transform', context);
  const { writableType } = dictionary;
  return new Transformer(cancel, flush, readableType, start, transform, writableType);
}

class TransformStream {
  #state;

  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    if (transformer === kInternal) {
      this.#state = writableStrategy;
      return;
    }
    const context = constructContext('TransformStream');
    if (transformer !== undefined && !isObject(transformer)) {
      throw new TypeError(`${context}: The transformer is not an object.`);
    }
    const writableQueuing = toQueuingStrategy(writableStrategy, context);
    const readableQueuing = toQueuingStrategy(readableStrategy, context);
    const { cancel, flush, readableType, start, transform, writableType } =
      toTransformer(transformer, context);
    if (readableType !== undefined) throw new RangeError(`${context}: 'readableType' is reserved.`);
    if (writableType !== undefined) throw new RangeError(`${context}: 'writableType' is reserved.`);
    const readableHWM = ExtractHighWaterMark(readableQueuing, 0);
    const readableSize = ExtractSizeAlgorithm(readableQueuing);
    const writableHWM = ExtractHighWaterMark(writableQueuing, 1);
    const writableSize = ExtractSizeAlgorithm(writableQueuing);

    // One microtask later than a stream without `start` would be ready: the standard resolves a
    // promise with this one, and the order relative to an early abort or cancel can be observed.
    const started = start && new Deferred();
    const ready = PromisePrototypeThen(started ? started.promise : resolvedPromise, noop);
    const state = new TransformState(
      () => ready, writableHWM, writableSize, readableHWM, readableSize);
    this.#state = state;
    state.transformAlgorithm = transform === undefined
      ? (chunk) => enqueueUnchanged(state, chunk)
      : (chunk) => invokePromiseCallback(transform, transformer, [chunk, state.wrapper]);
    // A promise from user code is answered one reaction later, for the same reason.
    const later = (result) => result && PromisePrototypeThen(result, undefined);
    state.flushAlgorithm = flush &&
      (() => later(invokePromiseCallback(flush, transformer, [state.wrapper])));
    state.cancelAlgorithm = cancel &&
      ((reason) => later(invokePromiseCallback(cancel, transformer, [reason])));
    if (start !== undefined) {
      const result = ReflectApply(start, transformer, [state.wrapper]);
      if (isObject(result)) {
        PromisePrototypeThen(PromiseResolve(result), started.resolve, started.reject);
      } else {
        started.resolve(undefined);
      }
    }
  }

  get readable() { return wrapReadable(this.#state.readable); }
  get writable() { return wrapWritable(this.#state.writable); }

  static {
    internal.isTransformStream = (value) => isObject(value) && #state in value;
    // A TransformStream of what `move` makes of the two ends of this one.
    internal.moveTransformStream = (stream, move) => new TransformStream(kInternal, move(stream.#state));
  }
}
defineInterface(TransformStream);

class TransformStreamDefaultController {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#state = state;
  }

  get desiredSize() {
    return ReadableStreamDefaultControllerGetDesiredSize(this.#state.readable.controller);
  }

  enqueue(chunk = undefined) {
    TransformStreamDefaultControllerEnqueue(this.#state, chunk);
  }

  error(reason = undefined) {
    TransformStreamError(this.#state, reason);
  }

  terminate() {
    TransformStreamDefaultControllerTerminate(this.#state);
  }
}
defineInterface(TransformStreamDefaultController);

// For built-in transforms (compression, text): the algorithms are called with (chunk, state) and
// (state); `transform` and `flush` may return undefined for a resolved promise, and throw.
function CreateTransformStream(transform, flush, cancel, writableHWM = 1, readableHWM = 0) {
  const state = new TransformState(undefined, writableHWM, undefined, readableHWM, undefined);
  state.transformAlgorithm = (chunk) => invokePromiseCallback(transform, undefined, [chunk, state]);
  state.flushAlgorithm = flush && (() => invokePromiseCallback(flush, undefined, [state]));
  state.cancelAlgorithm = cancel &&
    ((reason) => invokePromiseCallback(cancel, undefined, [reason]));
  return state;
}

function clearAlgorithms(stream) {
  stream.transformAlgorithm = undefined;
  stream.flushAlgorithm = undefined;
  stream.cancelAlgorithm = undefined;
}

function TransformStreamError(stream, error) {
  ReadableStreamDefaultControllerError(stream.readable.controller, error);
  errorWritableAndUnblockWrite(stream, error);
}

// TransformStreamErrorWritableAndUnblockWrite
function errorWritableAndUnblockWrite(stream, error) {
  clearAlgorithms(stream);
  WritableStreamDefaultControllerErrorIfNeeded(stream.writable.controller, error);
  unblockWrite(stream);
}

function unblockWrite(stream) {
  if (stream.backpressure) setBackpressure(stream, false);
}

// TransformStreamSetBackpressure
function setBackpressure(stream, backpressure) {
  stream.backpressureChange.resolve(undefined);
  stream.backpressureChange.reset();
  stream.backpressure = backpressure;
  if (stream.pullWaits) {
    stream.pullWaits = false;
    enqueueMicrotask(stream.readable.controller.onPulled);
  }
}

function TransformStreamDefaultControllerEnqueue(stream, chunk) {
  const { controller } = stream.readable;
  if (!canCloseOrEnqueue(controller)) {
    const context = executeContext('enqueue', 'TransformStreamDefaultController');
    throw new TypeError(`${context}: The readable side is not in a state that permits enqueue.`);
  }
  try {
    ReadableStreamDefaultControllerEnqueue(controller, chunk);
  } catch (error) {
    errorWritableAndUnblockWrite(stream, error);
    throw stream.readable.storedError;
  }
  const backpressure = ReadableStreamDefaultControllerHasBackpressure(controller);
  if (backpressure !== stream.backpressure) setBackpressure(stream, true);
}

// The transform of a transformer without one.
function enqueueUnchanged(stream, chunk) {
  try {
    TransformStreamDefaultControllerEnqueue(stream, chunk);
    return undefined;
  } catch (error) {
    return PromiseReject(error);
  }
}

function TransformStreamDefaultControllerTerminate(stream) {
  ReadableStreamDefaultControllerClose(stream.readable.controller);
  errorWritableAndUnblockWrite(stream, new TypeError('The TransformStream has been terminated.'));
}

// TransformStreamDefaultControllerPerformTransform
function performTransform(stream, chunk) {
  const result = stream.transformAlgorithm(chunk);
  if (result === undefined) return undefined;
  return PromisePrototypeThen(result, undefined, stream.onTransformFailed);
}

// TransformStreamDefaultSinkWriteAlgorithm. Only one write is under way at a time, so the chunk that
// waits for the readable side needs no closure of its own.
function sinkWrite(stream, chunk) {
  if (!stream.backpressure) return performTransform(stream, chunk);
  stream.waitingChunk = chunk;
  stream.onUnblocked ??= () => {
    const { waitingChunk, writable } = stream;
    stream.waitingChunk = undefined;
    if (writable.state === 'erroring') throw writable.storedError;
    return performTransform(stream, waitingChunk);
  };
  return PromisePrototypeThen(stream.backpressureChange.promise, stream.onUnblocked);
}

// TransformStreamDefaultSinkAbortAlgorithm
function sinkAbort(stream, reason) {
  if (stream.finish !== undefined) return stream.finish.promise;
  const { readable } = stream;
  const finish = new Deferred();
  stream.finish = finish;
  const { cancelAlgorithm } = stream;
  const result = cancelAlgorithm === undefined ? undefined : cancelAlgorithm(reason);
  clearAlgorithms(stream);
  react(result, () => {
    if (readable.state === 'errored') {
      finish.reject(readable.storedError);
    } else {
      ReadableStreamDefaultControllerError(readable.controller, reason);
      finish.resolve(undefined);
    }
  }, (error) => {
    ReadableStreamDefaultControllerError(readable.controller, error);
    finish.reject(error);
  });
  return finish.promise;
}

// TransformStreamDefaultSinkCloseAlgorithm
function sinkClose(stream) {
  if (stream.finish !== undefined) return stream.finish.promise;
  const { readable } = stream;
  const finish = new Deferred();
  stream.finish = finish;
  const { flushAlgorithm } = stream;
  const result = flushAlgorithm === undefined ? undefined : flushAlgorithm();
  clearAlgorithms(stream);
  react(result, () => {
    if (readable.state === 'errored') {
      finish.reject(readable.storedError);
    } else {
      ReadableStreamDefaultControllerClose(readable.controller);
      finish.resolve(undefined);
    }
  }, (error) => {
    ReadableStreamDefaultControllerError(readable.controller, error);
    finish.reject(error);
  });
  return finish.promise;
}

// TransformStreamDefaultSourceCancelAlgorithm
function sourceCancel(stream, reason) {
  if (stream.finish !== undefined) return stream.finish.promise;
  const { writable } = stream;
  const finish = new Deferred();
  stream.finish = finish;
  const { cancelAlgorithm } = stream;
  const result = cancelAlgorithm === undefined ? undefined : cancelAlgorithm(reason);
  clearAlgorithms(stream);
  react(result, () => {
    if (writable.state === 'errored') {
      finish.reject(writable.storedError);
    } else {
      WritableStreamDefaultControllerErrorIfNeeded(writable.controller, reason);
      unblockWrite(stream);
      finish.resolve(undefined);
    }
  }, (error) => {
    WritableStreamDefaultControllerErrorIfNeeded(writable.controller, error);
    unblockWrite(stream);
    finish.reject(error);
  });
  return finish.promise;
}

// TransformStreamDefaultSourcePullAlgorithm
function sourcePull(stream) {
  setBackpressure(stream, false);
  stream.pullWaits = true;
  return kSettlesItself;
}

internal.TransformStream = TransformStream;
internal.TransformStreamDefaultController = TransformStreamDefaultController;
streams.CreateTransformStream = CreateTransformStream;
streams.TransformStreamDefaultControllerEnqueue = TransformStreamDefaultControllerEnqueue;
streams.TransformStreamDefaultControllerTerminate = TransformStreamDefaultControllerTerminate;
streams.TransformStreamError = TransformStreamError;

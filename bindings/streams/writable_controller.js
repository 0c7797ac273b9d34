'use strict';

// WritableStreamDefaultController (Streams §5.4, §5.5.4) and the underlying sink dictionary.

const { defineInterface, PromiseResolve, ReflectApply, Symbol, isolate } = internal.primordials;
const { illegalConstructor, kInternal, toCallbackMember, toDictionary } = internal.webidl;
const { streams } = internal;
const {
  QueueWithSizes, WritableStreamCloseQueuedOrInFlight, WritableStreamDealWithRejection,
  WritableStreamFinishErroring, WritableStreamFinishInFlightClose,
  WritableStreamFinishInFlightCloseWithError, WritableStreamFinishInFlightWrite,
  WritableStreamFinishInFlightWriteWithError, WritableStreamMarkCloseRequestInFlight,
  WritableStreamMarkFirstWriteRequestInFlight, WritableStreamStartErroring,
  WritableStreamUpdateBackpressure, invokePromiseCallback, react,
} = streams;

// In the queue: the stream is to be closed when it gets here.
const kCloseSentinel = Symbol('close sentinel');

class WritableControllerState {
  constructor(stream, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark,
              sizeAlgorithm) {
    this.stream = stream;
    this.queue = new QueueWithSizes();
    this.started = false;
    this.writeAlgorithm = writeAlgorithm;
    this.closeAlgorithm = closeAlgorithm;
    this.abortAlgorithm = abortAlgorithm;
    this.sizeAlgorithm = sizeAlgorithm;
    this.strategyHWM = highWaterMark;
    this.onWritten = undefined;
    this.onWriteFailed = undefined;
    this.signal = undefined;  // made when somebody asks for it
    this.abortRequested = false;
    this.abortReason = undefined;
    this.onAbortRequested = undefined;  // for built-in sinks, what a listener of `signal` would be
    this.ownWrapper = undefined;
  }

  get wrapper() {
    this.ownWrapper ??= new WritableStreamDefaultController(kInternal, this);
    return this.ownWrapper;
  }

  // [[AbortSteps]]
  abortSteps(reason) {
    const { abortAlgorithm } = this;
    clearAlgorithms(this);
    return abortAlgorithm === undefined ? undefined : abortAlgorithm(reason);
  }

  // [[ErrorSteps]]
  errorSteps() {
    this.queue.reset();
  }
}
isolate(WritableControllerState);

class WritableStreamDefaultController {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#state = state;
  }

  get signal() {
    const controller = this.#state;
    if (controller.signal === undefined) {
      controller.signal = internal.createAbortSignal();
      if (controller.abortRequested) {
        internal.signalAbort(controller.signal, controller.abortReason);
      }
    }
    return controller.signal;
  }

  error(reason = undefined) {
    const controller = this.#state;
    if (controller.stream.state === 'writable') {
      WritableStreamDefaultControllerError(controller, reason);
    }
  }
}
defineInterface(WritableStreamDefaultController);

function signalControllerAbort(controller, reason) {
  if (controller.abortRequested) return;
  controller.abortRequested = true;
  controller.abortReason = reason;
  controller.onAbortRequested?.(reason);
  if (controller.signal !== undefined) internal.signalAbort(controller.signal, reason);
}

function clearAlgorithms(controller) {
  controller.writeAlgorithm = undefined;
  controller.closeAlgorithm = undefined;
  controller.abortAlgorithm = undefined;
  controller.sizeAlgorithm = undefined;
}

function SetUpWritableStreamDefaultController(stream, startAlgorithm, writeAlgorithm,
                                              closeAlgorithm, abortAlgorithm, highWaterMark,
                                              sizeAlgorithm) {
  const controller = new WritableControllerState(
    stream, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark, sizeAlgorithm);
  stream.controller = controller;
  WritableStreamUpdateBackpressure(stream, hasBackpressure(controller));
  react(startAlgorithm === undefined ? undefined : startAlgorithm(), () => {
    controller.started = true;
    advanceQueueIfNeeded(controller);
  }, (error) => {
    controller.started = true;
    WritableStreamDealWithRejection(stream, error);
  });
}

class UnderlyingSink {
  constructor(abort, close, start, type, write) {
    this.abort = abort;
    this.close = close;
    this.start = start;
    this.type = type;
    this.write = write;
  }
}
isolate(UnderlyingSink);

// Converts an UnderlyingSink dictionary; members are read in the order that WebIDL prescribes.
function toUnderlyingSink(value, context) {
  const dictionary = toDictionary(value, context);
  if (dictionary === undefined) {
    return new UnderlyingSink(undefined, undefined, undefined, undefined, undefined);
  }
  const abort = toCallbackMember(dictionary.abort, 'abort', context);
  const close = toCallbackMember(dictionary.close, 'close', context);
  const start = toCallbackMember(dictionary.start, 'start', context);
  const { type } = dictionary;
  const write = toCallbackMember(dictionary.write, 'write', context);
  return new UnderlyingSink(abort, close, start, type, write);
}

function SetUpWritableStreamDefaultControllerFromUnderlyingSink(stream, object, sink,
                                                                highWaterMark, sizeAlgorithm) {
  const { abort, close, start, write } = sink;
  const startAlgorithm = start && (() => {
    const result = ReflectApply(start, object, [stream.controller.wrapper]);
    return result === undefined ? undefined : PromiseResolve(result);
  });
  const writeAlgorithm = write &&
    ((chunk) => invokePromiseCallback(write, object, [chunk, stream.controller.wrapper]));
  const closeAlgorithm = close && (() => invokePromiseCallback(close, object, []));
  const abortAlgorithm = abort && ((reason) => invokePromiseCallback(abort, object, [reason]));
  SetUpWritableStreamDefaultController(
    stream, startAlgorithm, writeAlgorithm, closeAlgorithm, abortAlgorithm, highWaterMark,
    sizeAlgorithm);
}

function WritableStreamDefaultControllerGetDesiredSize(controller) {
  return controller.strategyHWM - controller.queue.totalSize;
}

// WritableStreamDefaultControllerGetBackpressure
function hasBackpressure(controller) {
  return WritableStreamDefaultControllerGetDesiredSize(controller) <= 0;
}

function WritableStreamDefaultControllerClose(controller) {
  controller.queue.enqueue(kCloseSentinel, 0);
  advanceQueueIfNeeded(controller);
}

function WritableStreamDefaultControllerError(controller, error) {
  clearAlgorithms(controller);
  WritableStreamStartErroring(controller.stream, error);
}

function errorIfNeeded(controller, error) {
  if (controller.stream.state === 'writable') {
    WritableStreamDefaultControllerError(controller, error);
  }
}

function WritableStreamDefaultControllerGetChunkSize(controller, chunk) {
  const { sizeAlgorithm } = controller;
  if (sizeAlgorithm === undefined) return 1;
  try {
    return sizeAlgorithm(chunk);
  } catch (error) {
    errorIfNeeded(controller, error);
    return 1;
  }
}

function WritableStreamDefaultControllerWrite(controller, chunk, chunkSize) {
  try {
    controller.queue.enqueue(chunk, chunkSize);
  } catch (error) {
    errorIfNeeded(controller, error);
    return;
  }
  const { stream } = controller;
  if (!WritableStreamCloseQueuedOrInFlight(stream) && stream.state === 'writable') {
    WritableStreamUpdateBackpressure(stream, hasBackpressure(controller));
  }
  advanceQueueIfNeeded(controller);
}

// WritableStreamDefaultControllerAdvanceQueueIfNeeded
function advanceQueueIfNeeded(controller) {
  const { queue, stream } = controller;
  if (!controller.started || stream.inFlightWriteRequest !== undefined) return;
  if (stream.state === 'erroring') {
    WritableStreamFinishErroring(stream);
    return;
  }
  if (queue.isEmpty) return;
  const value = queue.peek();
  if (value === kCloseSentinel) processClose(controller);
  else processWrite(controller, value);
}

// WritableStreamDefaultControllerProcessClose
function processClose(controller) {
  const { closeAlgorithm, queue, stream } = controller;
  WritableStreamMarkCloseRequestInFlight(stream);
  queue.dequeue();
  const result = closeAlgorithm === undefined ? undefined : closeAlgorithm();
  clearAlgorithms(controller);
  react(result, () => WritableStreamFinishInFlightClose(stream),
        (error) => WritableStreamFinishInFlightCloseWithError(stream, error));
}

// WritableStreamDefaultControllerProcessWrite
function processWrite(controller, chunk) {
  const { stream, writeAlgorithm } = controller;
  WritableStreamMarkFirstWriteRequestInFlight(stream);
  controller.onWritten ??= () => {
    WritableStreamFinishInFlightWrite(stream);
    controller.queue.dequeue();
    if (!WritableStreamCloseQueuedOrInFlight(stream) && stream.state === 'writable') {
      WritableStreamUpdateBackpressure(stream, hasBackpressure(controller));
    }
    advanceQueueIfNeeded(controller);
  };
  controller.onWriteFailed ??= (error) => {
    if (stream.state === 'writable') clearAlgorithms(controller);
    WritableStreamFinishInFlightWriteWithError(stream, error);
  };
  react(writeAlgorithm === undefined ? undefined : writeAlgorithm(chunk),
        controller.onWritten, controller.onWriteFailed);
}

internal.WritableStreamDefaultController = WritableStreamDefaultController;
streams.SetUpWritableStreamDefaultController = SetUpWritableStreamDefaultController;
streams.SetUpWritableStreamDefaultControllerFromUnderlyingSink =
  SetUpWritableStreamDefaultControllerFromUnderlyingSink;
streams.WritableStreamDefaultControllerClose = WritableStreamDefaultControllerClose;
streams.WritableStreamDefaultControllerErrorIfNeeded = errorIfNeeded;
streams.WritableStreamDefaultControllerGetChunkSize = WritableStreamDefaultControllerGetChunkSize;
streams.WritableStreamDefaultControllerGetDesiredSize =
  WritableStreamDefaultControllerGetDesiredSize;
streams.WritableStreamDefaultControllerWrite = WritableStreamDefaultControllerWrite;
streams.signalControllerAbort = signalControllerAbort;
streams.toUnderlyingSink = toUnderlyingSink;

'use strict';

// ReadableStreamDefaultController (Streams §4.6, §4.9.4) and the underlying source dictionary.

const { defineInterface, PromiseResolve, ReflectApply, TypeError, isolate } = internal.primordials;
const {
  executeContext, illegalConstructor, kInternal, toCallbackMember, toDictionary, toDOMString,
  toEnforcedUnsignedLongLong,
} = internal.webidl;
const { streams } = internal;
const {
  QueueWithSizes, ReadableStreamAddRequest, ReadableStreamClose, ReadableStreamError,
  ReadableStreamFulfillReadRequest, ReadableStreamGetNumRequests, invokePromiseCallback,
  kSettlesItself, react,
} = streams;

class DefaultControllerState {
  constructor(stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm) {
    this.stream = stream;
    this.queue = new QueueWithSizes();
    this.started = false;
    this.closeRequested = false;
    this.pulling = false;
    this.pullAgain = false;
    this.pullAlgorithm = pullAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
    this.sizeAlgorithm = sizeAlgorithm;
    this.strategyHWM = highWaterMark;
    this.onPulled = undefined;
    this.onPullFailed = undefined;
    this.ownWrapper = undefined;
    this.isByte = false;
  }

  get wrapper() {
    this.ownWrapper ??= new ReadableStreamDefaultController(kInternal, this);
    return this.ownWrapper;
  }

  // [[CancelSteps]]
  cancelSteps(reason) {
    this.queue.reset();
    const { cancelAlgorithm } = this;
    clearAlgorithms(this);
    return cancelAlgorithm === undefined ? undefined : cancelAlgorithm(reason);
  }

  // [[PullSteps]]
  pullSteps(request) {
    const { queue, stream } = this;
    if (queue.isEmpty) {
      ReadableStreamAddRequest(stream, request);
      callPullIfNeeded(this);
      return;
    }
    const chunk = queue.dequeue();
    if (this.closeRequested && queue.isEmpty) {
      clearAlgorithms(this);
      ReadableStreamClose(stream);
    } else {
      callPullIfNeeded(this);
    }
    request.chunkSteps(chunk);
  }

  // [[ReleaseSteps]]
  releaseSteps() {}
}
isolate(DefaultControllerState);

class ReadableStreamDefaultController {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#state = state;
  }

  get desiredSize() {
    return ReadableStreamDefaultControllerGetDesiredSize(this.#state);
  }

  close() {
    const controller = this.#state;
    if (!canCloseOrEnqueue(controller)) {
      const context = executeContext('close', 'ReadableStreamDefaultController');
      throw new TypeError(`${context}: The stream is not in a state that permits close.`);
    }
    ReadableStreamDefaultControllerClose(controller);
  }

  enqueue(chunk = undefined) {
    const controller = this.#state;
    if (!canCloseOrEnqueue(controller)) {
      const context = executeContext('enqueue', 'ReadableStreamDefaultController');
      throw new TypeError(`${context}: The stream is not in a state that permits enqueue.`);
    }
    ReadableStreamDefaultControllerEnqueue(controller, chunk);
  }

  error(reason = undefined) {
    ReadableStreamDefaultControllerError(this.#state, reason);
  }
}
defineInterface(ReadableStreamDefaultController);

function clearAlgorithms(controller) {
  controller.pullAlgorithm = undefined;
  controller.cancelAlgorithm = undefined;
  controller.sizeAlgorithm = undefined;
}

function canCloseOrEnqueue(controller) {
  return !controller.closeRequested && controller.stream.state === 'readable';
}

// ReadableStreamDefaultControllerShouldCallPull
function shouldCallPull(controller) {
  if (!controller.started || !canCloseOrEnqueue(controller)) return false;
  const { stream } = controller;
  if (stream.reader !== undefined && ReadableStreamGetNumRequests(stream) > 0) return true;
  return controller.strategyHWM - controller.queue.totalSize > 0;
}

// ReadableStreamDefaultControllerCallPullIfNeeded
function callPullIfNeeded(controller) {
  if (!shouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  const { pullAlgorithm } = controller;
  // Without a pull algorithm there is nothing to call and nobody to tell that it has been called.
  if (pullAlgorithm === undefined) return;
  controller.pulling = true;
  controller.onPulled ??= () => {
    controller.pulling = false;
    if (controller.pullAgain) {
      controller.pullAgain = false;
      callPullIfNeeded(controller);
    }
  };
  controller.onPullFailed ??=
    (error) => ReadableStreamDefaultControllerError(controller, error);
  const result = pullAlgorithm();
  if (result === kSettlesItself) return;
  react(result, controller.onPulled, controller.onPullFailed);
}

function ReadableStreamDefaultControllerGetDesiredSize(controller) {
  const { state } = controller.stream;
  if (state === 'errored') return null;
  if (state === 'closed') return 0;
  return controller.strategyHWM - controller.queue.totalSize;
}

function ReadableStreamDefaultControllerClose(controller) {
  if (!canCloseOrEnqueue(controller)) return;
  controller.closeRequested = true;
  if (controller.queue.isEmpty) {
    clearAlgorithms(controller);
    ReadableStreamClose(controller.stream);
  }
}

function ReadableStreamDefaultControllerEnqueue(controller, chunk) {
  if (!canCloseOrEnqueue(controller)) return;
  const { stream } = controller;
  if (stream.reader !== undefined && ReadableStreamGetNumRequests(stream) > 0) {
    ReadableStreamFulfillReadRequest(stream, chunk, false);
  } else {
    try {
      const { sizeAlgorithm } = controller;
      controller.queue.enqueue(chunk, sizeAlgorithm === undefined ? 1 : sizeAlgorithm(chunk));
    } catch (error) {
      ReadableStreamDefaultControllerError(controller, error);
      throw error;
    }
  }
  callPullIfNeeded(controller);
}

function ReadableStreamDefaultControllerError(controller, error) {
  const { stream } = controller;
  if (stream.state !== 'readable') return;
  controller.queue.reset();
  clearAlgorithms(controller);
  ReadableStreamError(stream, error);
}

function ReadableStreamDefaultControllerHasBackpressure(controller) {
  return !shouldCallPull(controller);
}

// The part of "set up" that both kinds of controller share: run `start`, then mark as started.
function startController(controller, startAlgorithm, callPull, fail) {
  controller.stream.controller = controller;
  const result = startAlgorithm === undefined ? undefined : startAlgorithm();
  react(result, () => {
    controller.started = true;
    callPull(controller);
  }, (error) => fail(controller, error));
}

function SetUpReadableStreamDefaultController(stream, startAlgorithm, pullAlgorithm,
                                              cancelAlgorithm, highWaterMark, sizeAlgorithm) {
  const controller = new DefaultControllerState(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark, sizeAlgorithm);
  startController(controller, startAlgorithm, callPullIfNeeded,
                  ReadableStreamDefaultControllerError);
}

class UnderlyingSource {
  constructor(autoAllocateChunkSize, cancel, pull, start, type) {
    this.autoAllocateChunkSize = autoAllocateChunkSize;
    this.cancel = cancel;
    this.pull = pull;
    this.start = start;
    this.type = type;
  }
}
isolate(UnderlyingSource);

// The runtime calls the callbacks of a response's stream, from no context of the worker's: they see the AsyncLocalStorage
// of the code that made the stream.
function inContext(callback) {
  const { captureContext } = internal;
  return captureContext === undefined || callback === undefined ? callback : captureContext(callback);
}

// Converts an UnderlyingSource dictionary; members are read in the order that WebIDL prescribes.
function toUnderlyingSource(value, context) {
  const dictionary = toDictionary(value, context);
  if (dictionary === undefined) {
    return new UnderlyingSource(undefined, undefined, undefined, undefined, undefined);
  }
  let { autoAllocateChunkSize } = dictionary;
  if (autoAllocateChunkSize !== undefined) {
    autoAllocateChunkSize = toEnforcedUnsignedLongLong(autoAllocateChunkSize, context);
  }
  const cancel = inContext(toCallbackMember(dictionary.cancel, 'cancel', context));
  const pull = inContext(toCallbackMember(dictionary.pull, 'pull', context));
  const start = toCallbackMember(dictionary.start, 'start', context);
  let { type } = dictionary;
  if (type !== undefined) {
    type = toDOMString(type);
    if (type !== 'bytes') {
      throw new TypeError(`${context}: '${type}' is not a valid ReadableStreamType.`);
    }
  }
  return new UnderlyingSource(autoAllocateChunkSize, cancel, pull, start, type);
}

// The algorithms of an underlying source: its callbacks with itself as receiver. `start` may throw,
// and returns any value; the others return promises. `controllerOf` gives the controller's wrapper.
function startAlgorithmOf(object, source, controllerOf) {
  const { start } = source;
  return start && (() => {
    const result = ReflectApply(start, object, [controllerOf()]);
    return result === undefined ? undefined : PromiseResolve(result);
  });
}

function pullAlgorithmOf(object, source, controllerOf) {
  const { pull } = source;
  if (pull === undefined) return undefined;
  return () => invokePromiseCallback(pull, object, [controllerOf()]);
}

function cancelAlgorithmOf(object, source) {
  const { cancel } = source;
  return cancel && ((reason) => invokePromiseCallback(cancel, object, [reason]));
}

function SetUpReadableStreamDefaultControllerFromUnderlyingSource(stream, object, source,
                                                                  highWaterMark, sizeAlgorithm) {
  const controllerOf = () => stream.controller.wrapper;
  SetUpReadableStreamDefaultController(
    stream, startAlgorithmOf(object, source, controllerOf),
    pullAlgorithmOf(object, source, controllerOf), cancelAlgorithmOf(object, source),
    highWaterMark, sizeAlgorithm);
}

internal.ReadableStreamDefaultController = ReadableStreamDefaultController;
streams.ReadableStreamDefaultControllerClose = ReadableStreamDefaultControllerClose;
streams.ReadableStreamDefaultControllerEnqueue = ReadableStreamDefaultControllerEnqueue;
streams.ReadableStreamDefaultControllerError = ReadableStreamDefaultControllerError;
streams.ReadableStreamDefaultControllerGetDesiredSize =
  ReadableStreamDefaultControllerGetDesiredSize;
streams.ReadableStreamDefaultControllerHasBackpressure =
  ReadableStreamDefaultControllerHasBackpressure;
streams.SetUpReadableStreamDefaultController = SetUpReadableStreamDefaultController;
streams.SetUpReadableStreamDefaultControllerFromUnderlyingSource =
  SetUpReadableStreamDefaultControllerFromUnderlyingSource;
streams.canCloseOrEnqueue = canCloseOrEnqueue;
streams.cancelAlgorithmOf = cancelAlgorithmOf;
streams.pullAlgorithmOf = pullAlgorithmOf;
streams.startAlgorithmOf = startAlgorithmOf;
streams.startController = startController;
streams.toUnderlyingSource = toUnderlyingSource;

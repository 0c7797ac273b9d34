'use strict';

// ReadableByteStreamController (Streams §4.7) and ReadableStreamBYOBRequest (§4.8): state and the
// interfaces. The operations on them are in readable_byte_operations.js.

const {
  ArrayBuffer, ArrayBufferIsView, ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetDetached, defineInterface, TypeError, Uint8Array, isolate,
} = internal.primordials;
const {
  executeContext, illegalConstructor, kInternal, requireArguments, toEnforcedUnsignedLongLong,
} = internal.webidl;
const { streams } = internal;
const { ReadableStreamAddRequest, Ring, requirePlainBuffer, viewGeometry } = streams;

class PullIntoDescriptor {
  constructor(buffer, byteOffset, byteLength, minimumFill, elementSize, viewConstructor,
              readerType) {
    this.buffer = buffer;
    this.bufferByteLength = ArrayBufferPrototypeGetByteLength(buffer);
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.bytesFilled = 0;
    this.minimumFill = minimumFill;
    this.elementSize = elementSize;
    this.viewConstructor = viewConstructor;
    this.readerType = readerType;  // 'default', 'byob' or 'none'
  }
}
isolate(PullIntoDescriptor);

class ByteControllerState {
  constructor(stream, pullAlgorithm, cancelAlgorithm, highWaterMark, autoAllocateChunkSize) {
    this.stream = stream;
    this.queue = new Ring();  // of ByteQueueEntry
    this.queueTotalSize = 0;
    this.started = false;
    this.closeRequested = false;
    this.pulling = false;
    this.pullAgain = false;
    this.pullAlgorithm = pullAlgorithm;
    this.cancelAlgorithm = cancelAlgorithm;
    this.strategyHWM = highWaterMark;
    this.autoAllocateChunkSize = autoAllocateChunkSize;
    this.pendingPullIntos = new Ring();
    this.byobRequest = null;
    this.onPulled = undefined;
    this.onPullFailed = undefined;
    this.drainAlgorithm = undefined;  // called when the last queued byte has been read
    this.ownWrapper = undefined;
    this.isByte = true;
  }

  get wrapper() {
    this.ownWrapper ??= new ReadableByteStreamController(kInternal, this);
    return this.ownWrapper;
  }

  // [[CancelSteps]]
  cancelSteps(reason) {
    streams.clearPendingPullIntos(this);
    streams.resetByteQueue(this);
    const { cancelAlgorithm } = this;
    streams.clearByteAlgorithms(this);
    return cancelAlgorithm === undefined ? undefined : cancelAlgorithm(reason);
  }

  // [[PullSteps]]
  pullSteps(request) {
    if (this.queueTotalSize > 0) {
      streams.fillReadRequestFromQueue(this, request);
      return;
    }
    const size = this.autoAllocateChunkSize;
    if (size !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(size);
      } catch (error) {
        request.errorSteps(error);
        return;
      }
      this.pendingPullIntos.push(
        new PullIntoDescriptor(buffer, 0, size, 1, 1, Uint8Array, 'default'));
    }
    ReadableStreamAddRequest(this.stream, request);
    streams.callBytePullIfNeeded(this);
  }

  // [[ReleaseSteps]]
  releaseSteps() {
    const { pendingPullIntos } = this;
    if (pendingPullIntos.length === 0) return;
    const first = pendingPullIntos.shift();
    first.readerType = 'none';
    this.pendingPullIntos = new Ring();
    this.pendingPullIntos.push(first);
  }
}
isolate(ByteControllerState);

class ReadableByteStreamController {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#state = state;
  }

  get byobRequest() {
    const request = streams.ReadableByteStreamControllerGetBYOBRequest(this.#state);
    return request === null ? null : request.wrapper;
  }

  get desiredSize() {
    return streams.ReadableByteStreamControllerGetDesiredSize(this.#state);
  }

  close() {
    const controller = this.#state;
    const context = executeContext('close', 'ReadableByteStreamController');
    if (controller.closeRequested) throw new TypeError(`${context}: Close was already requested.`);
    if (controller.stream.state !== 'readable') {
      throw new TypeError(`${context}: The stream is not readable.`);
    }
    streams.ReadableByteStreamControllerClose(controller);
  }

  enqueue(chunk) {
    const controller = this.#state;
    requireArguments(arguments.length, 1, 'enqueue', 'ReadableByteStreamController');
    const context = executeContext('enqueue', 'ReadableByteStreamController');
    const geometry = toViewGeometry(chunk, context);
    if (geometry.byteLength === 0) throw new TypeError(`${context}: The chunk is empty.`);
    if (ArrayBufferPrototypeGetByteLength(geometry.buffer) === 0) {
      throw new TypeError(`${context}: The chunk's buffer is empty.`);
    }
    if (controller.closeRequested) throw new TypeError(`${context}: Close was already requested.`);
    if (controller.stream.state !== 'readable') {
      throw new TypeError(`${context}: The stream is not readable.`);
    }
    streams.ReadableByteStreamControllerEnqueue(controller, geometry);
  }

  error(reason = undefined) {
    streams.ReadableByteStreamControllerError(this.#state, reason);
  }
}
defineInterface(ReadableByteStreamController);

function toViewGeometry(view, context) {
  if (!ArrayBufferIsView(view)) {
    throw new TypeError(`${context}: parameter 1 is not of type 'ArrayBufferView'.`);
  }
  const geometry = viewGeometry(view);
  requirePlainBuffer(geometry.buffer, context);
  return geometry;
}

class BYOBRequestState {
  constructor(controller, view) {
    this.controller = controller;
    this.view = view;
    this.ownWrapper = undefined;
  }

  get wrapper() {
    this.ownWrapper ??= new ReadableStreamBYOBRequest(kInternal, this);
    return this.ownWrapper;
  }
}
isolate(BYOBRequestState);

class ReadableStreamBYOBRequest {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#state = state;
  }

  get view() { return this.#state.view; }

  respond(bytesWritten) {
    const request = this.#state;
    requireArguments(arguments.length, 1, 'respond', 'ReadableStreamBYOBRequest');
    const context = executeContext('respond', 'ReadableStreamBYOBRequest');
    bytesWritten = toEnforcedUnsignedLongLong(bytesWritten, context);
    if (request.controller === undefined) {
      throw new TypeError(`${context}: This request has been invalidated.`);
    }
    if (ArrayBufferPrototypeGetDetached(viewGeometry(request.view).buffer)) {
      throw new TypeError(`${context}: The view's buffer is detached.`);
    }
    streams.ReadableByteStreamControllerRespond(request.controller, bytesWritten);
  }

  respondWithNewView(view) {
    const request = this.#state;
    requireArguments(arguments.length, 1, 'respondWithNewView', 'ReadableStreamBYOBRequest');
    const context = executeContext('respondWithNewView', 'ReadableStreamBYOBRequest');
    const geometry = toViewGeometry(view, context);
    if (request.controller === undefined) {
      throw new TypeError(`${context}: This request has been invalidated.`);
    }
    if (ArrayBufferPrototypeGetDetached(geometry.buffer)) {
      throw new TypeError(`${context}: The view's buffer is detached.`);
    }
    streams.ReadableByteStreamControllerRespondWithNewView(request.controller, geometry);
  }
}
defineInterface(ReadableStreamBYOBRequest);

internal.ReadableByteStreamController = ReadableByteStreamController;
internal.ReadableStreamBYOBRequest = ReadableStreamBYOBRequest;
streams.BYOBRequestState = BYOBRequestState;
streams.ByteControllerState = ByteControllerState;
streams.PullIntoDescriptor = PullIntoDescriptor;
streams.isByteController = (controller) => controller.isByte;

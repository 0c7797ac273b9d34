'use strict';

// The operations on byte stream controllers (Streams §4.9.5).

const {
  ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached, MathMin, RangeError,
  TypeError, Uint8Array, isolate,
} = internal.primordials;
const { streams } = internal;
const {
  BYOBRequestState, ByteControllerState, PullIntoDescriptor, ReadableStreamAddRequest,
  ReadableStreamClose, ReadableStreamError, ReadableStreamFulfillReadIntoRequest,
  ReadableStreamFulfillReadRequest, ReadableStreamGetNumRequests, ReadableStreamHasBYOBReader,
  ReadableStreamHasDefaultReader, Ring, TransferArrayBuffer, cancelAlgorithmOf, copyBytes,
  copyDataBlockBytes, pullAlgorithmOf, react, startAlgorithmOf, startController, viewGeometry,
} = streams;

class ByteQueueEntry {
  constructor(buffer, byteOffset, byteLength) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }
}
isolate(ByteQueueEntry);

function clearByteAlgorithms(controller) {
  controller.pullAlgorithm = undefined;
  controller.cancelAlgorithm = undefined;
  controller.drainAlgorithm = undefined;
}

function invalidateBYOBRequest(controller) {
  const request = controller.byobRequest;
  if (request === null) return;
  request.controller = undefined;
  request.view = null;
  controller.byobRequest = null;
}

function clearPendingPullIntos(controller) {
  invalidateBYOBRequest(controller);
  if (controller.pendingPullIntos.length > 0) controller.pendingPullIntos = new Ring();
}

function shiftPendingPullInto(controller) {
  return controller.pendingPullIntos.shift();
}

function resetByteQueue(controller) {
  if (controller.queue.length > 0) controller.queue = new Ring();
  controller.queueTotalSize = 0;
}

// ReadableByteStreamControllerShouldCallPull
function shouldCallPull(controller) {
  const { stream } = controller;
  if (stream.state !== 'readable' || controller.closeRequested || !controller.started) return false;
  if (stream.reader !== undefined && ReadableStreamGetNumRequests(stream) > 0) return true;
  return controller.strategyHWM - controller.queueTotalSize > 0;
}

// ReadableByteStreamControllerCallPullIfNeeded
function callBytePullIfNeeded(controller) {
  if (!shouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  const { pullAlgorithm } = controller;
  if (pullAlgorithm === undefined) return;
  controller.pulling = true;
  controller.onPulled ??= () => {
    controller.pulling = false;
    if (controller.pullAgain) {
      controller.pullAgain = false;
      callBytePullIfNeeded(controller);
    }
  };
  controller.onPullFailed ??= (error) => ReadableByteStreamControllerError(controller, error);
  react(pullAlgorithm(), controller.onPulled, controller.onPullFailed);
}

function ReadableByteStreamControllerGetDesiredSize(controller) {
  const { state } = controller.stream;
  if (state === 'errored') return null;
  if (state === 'closed') return 0;
  return controller.strategyHWM - controller.queueTotalSize;
}

function ReadableByteStreamControllerGetBYOBRequest(controller) {
  if (controller.byobRequest === null && controller.pendingPullIntos.length > 0) {
    const first = controller.pendingPullIntos.peek();
    const view = new Uint8Array(first.buffer, first.byteOffset + first.bytesFilled,
                                first.byteLength - first.bytesFilled);
    controller.byobRequest = new BYOBRequestState(controller, view);
  }
  return controller.byobRequest;
}

function ReadableByteStreamControllerError(controller, error) {
  const { stream } = controller;
  if (stream.state !== 'readable') return;
  clearPendingPullIntos(controller);
  resetByteQueue(controller);
  clearByteAlgorithms(controller);
  ReadableStreamError(stream, error);
}

function ReadableByteStreamControllerClose(controller) {
  const { stream } = controller;
  if (controller.closeRequested || stream.state !== 'readable') return;
  if (controller.queueTotalSize > 0) {
    controller.closeRequested = true;
    return;
  }
  if (controller.pendingPullIntos.length > 0) {
    const first = controller.pendingPullIntos.peek();
    if (first.bytesFilled % first.elementSize !== 0) {
      const error = new TypeError('The stream closed within an element of the requested view.');
      ReadableByteStreamControllerError(controller, error);
      throw error;
    }
  }
  clearByteAlgorithms(controller);
  ReadableStreamClose(stream);
}

// ReadableByteStreamControllerHandleQueueDrain
function handleQueueDrain(controller) {
  if (controller.queueTotalSize === 0 && controller.closeRequested) {
    clearByteAlgorithms(controller);
    ReadableStreamClose(controller.stream);
    return;
  }
  if (controller.queueTotalSize === 0) controller.drainAlgorithm?.();
  callBytePullIfNeeded(controller);
}

function enqueueChunkToQueue(controller, buffer, byteOffset, byteLength) {
  controller.queue.push(new ByteQueueEntry(buffer, byteOffset, byteLength));
  controller.queueTotalSize += byteLength;
}

// ReadableByteStreamControllerEnqueueClonedChunkToQueue
function enqueueClonedChunk(controller, buffer, byteOffset, byteLength) {
  let copy;
  try {
    copy = copyBytes(buffer, byteOffset, byteLength);
  } catch (error) {
    ReadableByteStreamControllerError(controller, error);
    throw error;
  }
  enqueueChunkToQueue(controller, viewGeometry(copy).buffer, 0, byteLength);
}

// ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue
function enqueueDetachedPullInto(controller, descriptor) {
  if (descriptor.bytesFilled > 0) {
    enqueueClonedChunk(controller, descriptor.buffer, descriptor.byteOffset,
                       descriptor.bytesFilled);
  }
  shiftPendingPullInto(controller);
}

// ReadableByteStreamControllerEnqueue, for a chunk from user code: its buffer is taken away.
function ReadableByteStreamControllerEnqueue(controller, geometry) {
  if (controller.closeRequested || controller.stream.state !== 'readable') return;
  const { buffer, byteOffset, byteLength } = geometry;
  if (ArrayBufferPrototypeGetDetached(buffer)) {
    throw new TypeError("The chunk's buffer is detached.");
  }
  enqueueOwnedBytes(controller, TransferArrayBuffer(buffer), byteOffset, byteLength, undefined);
}

// The rest of it, for bytes that nobody else holds. `view` may be given when there is a Uint8Array of
// exactly these bytes already.
function enqueueOwnedBytes(controller, buffer, byteOffset, byteLength, view) {
  const { stream, pendingPullIntos } = controller;
  if (pendingPullIntos.length > 0) {
    const first = pendingPullIntos.peek();
    if (ArrayBufferPrototypeGetDetached(first.buffer)) {
      throw new TypeError("The pending BYOB request's buffer is detached.");
    }
    invalidateBYOBRequest(controller);
    first.buffer = TransferArrayBuffer(first.buffer);
    if (first.readerType === 'none') enqueueDetachedPullInto(controller, first);
  }
  if (ReadableStreamHasDefaultReader(stream)) {
    processReadRequestsUsingQueue(controller);
    if (ReadableStreamGetNumRequests(stream) === 0) {
      enqueueChunkToQueue(controller, buffer, byteOffset, byteLength);
    } else {
      if (controller.pendingPullIntos.length > 0) shiftPendingPullInto(controller);
      ReadableStreamFulfillReadRequest(
        stream, view ?? new Uint8Array(buffer, byteOffset, byteLength), false);
    }
  } else if (ReadableStreamHasBYOBReader(stream)) {
    enqueueChunkToQueue(controller, buffer, byteOffset, byteLength);
    commitAll(stream, processPullIntoDescriptorsUsingQueue(controller));
  } else {
    enqueueChunkToQueue(controller, buffer, byteOffset, byteLength);
  }
  callBytePullIfNeeded(controller);
}

// ReadableByteStreamControllerFillReadRequestFromQueue
function fillReadRequestFromQueue(controller, request) {
  const { buffer, byteOffset, byteLength } = controller.queue.shift();
  controller.queueTotalSize -= byteLength;
  handleQueueDrain(controller);
  request.chunkSteps(new Uint8Array(buffer, byteOffset, byteLength));
}

// ReadableByteStreamControllerProcessReadRequestsUsingQueue
function processReadRequestsUsingQueue(controller) {
  const { reader } = controller.stream;
  while (reader.requests.length > 0) {
    if (controller.queueTotalSize === 0) return;
    fillReadRequestFromQueue(controller, reader.requests.shift());
  }
}

// ReadableByteStreamControllerFillPullIntoDescriptorFromQueue
function fillPullIntoDescriptorFromQueue(controller, descriptor) {
  const maxBytesToCopy = MathMin(controller.queueTotalSize,
                                 descriptor.byteLength - descriptor.bytesFilled);
  const maxBytesFilled = descriptor.bytesFilled + maxBytesToCopy;
  const maxAlignedBytes = maxBytesFilled - maxBytesFilled % descriptor.elementSize;
  const ready = maxAlignedBytes >= descriptor.minimumFill;
  let remaining = ready ? maxAlignedBytes - descriptor.bytesFilled : maxBytesToCopy;
  const { queue } = controller;
  while (remaining > 0) {
    const head = queue.peek();
    const byteLength = MathMin(remaining, head.byteLength);
    copyDataBlockBytes(descriptor.buffer, descriptor.byteOffset + descriptor.bytesFilled,
                       head.buffer, head.byteOffset, byteLength);
    if (head.byteLength === byteLength) {
      queue.shift();
    } else {
      head.byteOffset += byteLength;
      head.byteLength -= byteLength;
    }
    controller.queueTotalSize -= byteLength;
    descriptor.bytesFilled += byteLength;
    remaining -= byteLength;
  }
  return ready;
}

// ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue: returns those that were filled,
// to be committed when the queue is consistent again.
function processPullIntoDescriptorsUsingQueue(controller) {
  const filled = new Ring();
  while (controller.pendingPullIntos.length > 0 && controller.queueTotalSize > 0) {
    const descriptor = controller.pendingPullIntos.peek();
    if (fillPullIntoDescriptorFromQueue(controller, descriptor)) {
      shiftPendingPullInto(controller);
      filled.push(descriptor);
    }
  }
  if (controller.queueTotalSize === 0) controller.drainAlgorithm?.();
  return filled;
}

// ReadableByteStreamControllerConvertPullIntoDescriptor
function convertPullIntoDescriptor(descriptor) {
  const { bytesFilled, elementSize, viewConstructor: View } = descriptor;
  return new View(TransferArrayBuffer(descriptor.buffer), descriptor.byteOffset,
                  bytesFilled / elementSize);
}

// ReadableByteStreamControllerCommitPullIntoDescriptor
function commitPullIntoDescriptor(stream, descriptor) {
  const done = stream.state === 'closed';
  const view = convertPullIntoDescriptor(descriptor);
  if (descriptor.readerType === 'default') ReadableStreamFulfillReadRequest(stream, view, done);
  else ReadableStreamFulfillReadIntoRequest(stream, view, done);
}

function commitAll(stream, descriptors) {
  while (descriptors.length > 0) commitPullIntoDescriptor(stream, descriptors.shift());
}

function ReadableByteStreamControllerPullInto(controller, view, min, request) {
  const { stream } = controller;
  const { buffer: given, byteOffset, byteLength, elementSize, viewConstructor } =
    viewGeometry(view);
  let buffer;
  try {
    buffer = TransferArrayBuffer(given);
  } catch (error) {
    request.errorSteps(error);
    return;
  }
  const descriptor = new PullIntoDescriptor(
    buffer, byteOffset, byteLength, min * elementSize, elementSize, viewConstructor, 'byob');
  if (controller.pendingPullIntos.length > 0) {
    controller.pendingPullIntos.push(descriptor);
    ReadableStreamAddRequest(stream, request);
    return;
  }
  if (stream.state === 'closed') {
    request.closeSteps(new viewConstructor(buffer, byteOffset, 0));
    return;
  }
  if (controller.queueTotalSize > 0) {
    if (fillPullIntoDescriptorFromQueue(controller, descriptor)) {
      const filledView = convertPullIntoDescriptor(descriptor);
      handleQueueDrain(controller);
      request.chunkSteps(filledView);
      return;
    }
    if (controller.closeRequested) {
      const error = new TypeError('The stream closed before the requested view could be filled.');
      ReadableByteStreamControllerError(controller, error);
      request.errorSteps(error);
      return;
    }
    // All queued bytes are in the descriptor now.
    controller.drainAlgorithm?.();
  }
  controller.pendingPullIntos.push(descriptor);
  ReadableStreamAddRequest(stream, request);
  callBytePullIfNeeded(controller);
}

function ReadableByteStreamControllerRespond(controller, bytesWritten) {
  const first = controller.pendingPullIntos.peek();
  if (controller.stream.state === 'closed') {
    if (bytesWritten !== 0) {
      throw new TypeError('bytesWritten must be 0 when the stream is closed.');
    }
  } else {
    if (bytesWritten === 0) {
      throw new TypeError('bytesWritten must be greater than 0 when the stream is readable.');
    }
    if (first.bytesFilled + bytesWritten > first.byteLength) {
      throw new RangeError('bytesWritten exceeds the length of the view.');
    }
  }
  first.buffer = TransferArrayBuffer(first.buffer);
  respondInternal(controller, bytesWritten);
}

function ReadableByteStreamControllerRespondWithNewView(controller, geometry) {
  const first = controller.pendingPullIntos.peek();
  const { buffer, byteOffset, byteLength } = geometry;
  if (controller.stream.state === 'closed') {
    if (byteLength !== 0) throw new TypeError('The view must be empty when the stream is closed.');
  } else if (byteLength === 0) {
    throw new TypeError('The view must not be empty when the stream is readable.');
  }
  if (first.byteOffset + first.bytesFilled !== byteOffset) {
    throw new RangeError('The region of the view does not match the BYOB request.');
  }
  if (first.bufferByteLength !== ArrayBufferPrototypeGetByteLength(buffer)) {
    throw new RangeError("The view's buffer has another length than that of the BYOB request.");
  }
  if (first.bytesFilled + byteLength > first.byteLength) {
    throw new RangeError('The view is longer than that of the BYOB request.');
  }
  first.buffer = TransferArrayBuffer(buffer);
  respondInternal(controller, byteLength);
}

function respondInternal(controller, bytesWritten) {
  const first = controller.pendingPullIntos.peek();
  invalidateBYOBRequest(controller);
  if (controller.stream.state === 'closed') respondInClosedState(controller, first);
  else respondInReadableState(controller, bytesWritten, first);
  callBytePullIfNeeded(controller);
}

function respondInClosedState(controller, first) {
  const { stream } = controller;
  if (first.readerType === 'none') shiftPendingPullInto(controller);
  if (!ReadableStreamHasBYOBReader(stream)) return;
  const filled = new Ring();
  while (filled.length < ReadableStreamGetNumRequests(stream)) {
    filled.push(shiftPendingPullInto(controller));
  }
  commitAll(stream, filled);
}

function respondInReadableState(controller, bytesWritten, descriptor) {
  const { stream } = controller;
  descriptor.bytesFilled += bytesWritten;
  if (descriptor.readerType === 'none') {
    enqueueDetachedPullInto(controller, descriptor);
    commitAll(stream, processPullIntoDescriptorsUsingQueue(controller));
    return;
  }
  if (descriptor.bytesFilled < descriptor.minimumFill) return;
  shiftPendingPullInto(controller);
  const remainder = descriptor.bytesFilled % descriptor.elementSize;
  if (remainder > 0) {
    const end = descriptor.byteOffset + descriptor.bytesFilled;
    enqueueClonedChunk(controller, descriptor.buffer, end - remainder, remainder);
  }
  descriptor.bytesFilled -= remainder;
  const filled = processPullIntoDescriptorsUsingQueue(controller);
  commitPullIntoDescriptor(stream, descriptor);
  commitAll(stream, filled);
}

function SetUpReadableByteStreamController(stream, startAlgorithm, pullAlgorithm, cancelAlgorithm,
                                           highWaterMark, autoAllocateChunkSize) {
  const controller = new ByteControllerState(
    stream, pullAlgorithm, cancelAlgorithm, highWaterMark, autoAllocateChunkSize);
  startController(controller, startAlgorithm, callBytePullIfNeeded,
                  ReadableByteStreamControllerError);
}

function SetUpReadableByteStreamControllerFromUnderlyingSource(stream, object, source,
                                                               highWaterMark) {
  const controllerOf = () => stream.controller.wrapper;
  const { autoAllocateChunkSize } = source;
  if (autoAllocateChunkSize === 0) {
    throw new TypeError('autoAllocateChunkSize must be greater than 0.');
  }
  SetUpReadableByteStreamController(
    stream, startAlgorithmOf(object, source, controllerOf),
    pullAlgorithmOf(object, source, controllerOf), cancelAlgorithmOf(object, source),
    highWaterMark, autoAllocateChunkSize);
}

streams.ReadableByteStreamControllerClose = ReadableByteStreamControllerClose;
streams.ReadableByteStreamControllerEnqueue = ReadableByteStreamControllerEnqueue;
streams.ReadableByteStreamControllerError = ReadableByteStreamControllerError;
streams.ReadableByteStreamControllerGetBYOBRequest = ReadableByteStreamControllerGetBYOBRequest;
streams.ReadableByteStreamControllerGetDesiredSize = ReadableByteStreamControllerGetDesiredSize;
streams.ReadableByteStreamControllerPullInto = ReadableByteStreamControllerPullInto;
streams.ReadableByteStreamControllerRespond = ReadableByteStreamControllerRespond;
streams.ReadableByteStreamControllerRespondWithNewView =
  ReadableByteStreamControllerRespondWithNewView;
streams.SetUpReadableByteStreamController = SetUpReadableByteStreamController;
streams.SetUpReadableByteStreamControllerFromUnderlyingSource =
  SetUpReadableByteStreamControllerFromUnderlyingSource;
streams.callBytePullIfNeeded = callBytePullIfNeeded;
streams.clearByteAlgorithms = clearByteAlgorithms;
streams.clearPendingPullIntos = clearPendingPullIntos;
streams.enqueueOwnedBytes = enqueueOwnedBytes;
streams.fillReadRequestFromQueue = fillReadRequestFromQueue;
streams.resetByteQueue = resetByteQueue;

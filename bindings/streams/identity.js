'use strict';

// IdentityTransformStream and FixedLengthStream, as Cloudflare Workers have them: pipes for bytes
// whose readable side is a byte stream. They belong to the invocation that makes them. A write is finished when its bytes have been read, so nothing
// is buffered beyond the chunk under way (unless a highWaterMark is given).

const {
  ArrayBufferIsView, ArrayBufferPrototypeGetByteLength, defineInterface, Number,
  NumberIsInteger, ObjectFreeze, PromiseReject, TypeError, isolate,
} = internal.primordials;
const { constructContext, isObject, requireConstructorArguments, toDictionary } = internal.webidl;
const { streams } = internal;
const {
  CreateReadableByteStream, CreateWritableStream, Deferred, ReadableByteStreamControllerClose,
  ReadableByteStreamControllerError, ReadableByteStreamControllerRespond,
  WritableStreamDefaultControllerErrorIfNeeded, copyBytes, enqueueOwnedBytes, isSharedArrayBuffer,
  viewGeometry, wrapReadable, wrapWritable,
} = streams;

class IdentityState {
  // `expectedLength` is undefined or the exact number of bytes to come.
  constructor(expectedLength, highWaterMark) {
    this.expectedLength = expectedLength;
    this.remaining = expectedLength;
    this.unread = undefined;  // the Deferred of the write whose bytes are in the queue
    this.writable = CreateWritableStream(
      undefined, (chunk) => this.write(chunk), () => this.close(), undefined,
      highWaterMark, highWaterMark === undefined ? undefined : byteSize);
    // At once, not when the write under way is finished: it may wait for a reader for ever.
    this.writable.controller.onAbortRequested = (reason) => this.abort(reason);
    this.readable = CreateReadableByteStream(undefined, undefined, (reason) => this.cancel(reason));
    this.readable.expectedLength = expectedLength;
    this.readable.owner = this.writable.owner = internal.currentOwner();
    this.readable.controller.drainAlgorithm = () => this.drained();
  }

  write(chunk) {
    let bytes;
    try {
      bytes = toBytes(chunk);
    } catch (error) {
      return this.fail(error);
    }
    const { byteLength } = viewGeometry(bytes);
    if (this.remaining !== undefined) {
      if (byteLength > this.remaining) {
        return this.fail(new TypeError(
          `Attempt to write too many bytes through a FixedLengthStream (${this.expectedLength}).`));
      }
      this.remaining -= byteLength;
    }
    if (byteLength === 0) return undefined;
    const { controller } = this.readable;
    this.unread = new Deferred();
    const { promise } = this.unread;
    enqueueOwnedBytes(controller, viewGeometry(bytes).buffer, 0, byteLength, bytes);
    // A waiting read has taken it all.
    if (controller.queueTotalSize === 0) this.drained();
    return promise;
  }

  drained() {
    if (this.unread === undefined) return;
    this.unread.resolve(undefined);
    this.unread = undefined;
  }

  close() {
    if (this.remaining !== undefined && this.remaining > 0) {
      return this.fail(new TypeError(
        'FixedLengthStream did not see all expected bytes before close(): ' +
        `${this.expectedLength - this.remaining} of ${this.expectedLength}.`));
    }
    const { controller } = this.readable;
    try {
      ReadableByteStreamControllerClose(controller);
    } catch (error) {
      return PromiseReject(error);
    }
    if (controller.pendingPullIntos.length > 0) ReadableByteStreamControllerRespond(controller, 0);
    return undefined;
  }

  abort(reason) {
    ReadableByteStreamControllerError(this.readable.controller, reason);
    this.drained();
  }

  cancel(reason) {
    WritableStreamDefaultControllerErrorIfNeeded(this.writable.controller, reason);
    this.drained();
    return undefined;
  }

  fail(error) {
    ReadableByteStreamControllerError(this.readable.controller, error);
    return PromiseReject(error);
  }
}
isolate(IdentityState);

// The bytes of a chunk, copied: the writer may go on using its buffer.
function toBytes(chunk) {
  if (ArrayBufferIsView(chunk)) {
    const { buffer, byteOffset, byteLength } = viewGeometry(chunk);
    if (!isSharedArrayBuffer(buffer)) return copyBytes(buffer, byteOffset, byteLength);
  } else if (typeof chunk === 'object' && chunk !== null && !isSharedArrayBuffer(chunk)) {
    return copyBytes(chunk, 0, ArrayBufferPrototypeGetByteLength(chunk));
  }
  throw new TypeError('This stream takes bytes: write an ArrayBuffer or a view of one. ' +
                      'A string can be encoded by a TextEncoder.');
}

// The writable side's highWaterMark, in bytes; without one, one chunk may be on its way.
function toHighWaterMark(strategy, context) {
  const dictionary = toDictionary(strategy, context);
  const highWaterMark = dictionary?.highWaterMark;
  if (highWaterMark === undefined) return undefined;
  return streams.ExtractHighWaterMark({ __proto__: null, highWaterMark: +highWaterMark }, 0);
}

// A chunk that is not made of bytes fails when it is written.
function byteSize(chunk) {
  if (ArrayBufferIsView(chunk)) return viewGeometry(chunk).byteLength;
  return isSharedArrayBuffer(chunk) ? 1 : ArrayBufferPrototypeGetByteLength(chunk);
}

// What FixedLengthStream passes to its parent class. User code can replace that parent and so get
// hold of one, which is worth nothing: it says what the constructor's arguments said.
let isFixedLengthInit;

class FixedLengthInit {
  #brand;

  constructor(expectedLength, highWaterMark) {
    this.expectedLength = expectedLength;
    this.highWaterMark = highWaterMark;
    ObjectFreeze(this);
  }

  static {
    isFixedLengthInit = (value) => isObject(value) && #brand in value;
  }
}
isolate(FixedLengthInit);

class IdentityTransformStream {
  #state;

  constructor(queuingStrategy = undefined) {
    if (isFixedLengthInit(queuingStrategy)) {
      const { expectedLength, highWaterMark } = queuingStrategy;
      this.#state = new IdentityState(expectedLength, highWaterMark);
      return;
    }
    const context = constructContext('IdentityTransformStream');
    this.#state = new IdentityState(undefined, toHighWaterMark(queuingStrategy, context));
  }

  get readable() { return wrapReadable(this.#state.readable); }
  get writable() { return wrapWritable(this.#state.writable); }
}
defineInterface(IdentityTransformStream);

class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength, queuingStrategy = undefined) {
    requireConstructorArguments(arguments.length, 1, 'FixedLengthStream');
    const context = constructContext('FixedLengthStream');
    const length = typeof expectedLength === 'bigint' ? Number(expectedLength) : +expectedLength;
    if (!NumberIsInteger(length) || length < 0 || length > Number.MAX_SAFE_INTEGER) {
      throw new TypeError(`${context}: The length must be an integer from 0 to 2^53 - 1.`);
    }
    super(new FixedLengthInit(length, toHighWaterMark(queuingStrategy, context)));
  }
}
defineInterface(FixedLengthStream);

internal.IdentityTransformStream = IdentityTransformStream;
internal.FixedLengthStream = FixedLengthStream;
// The number of bytes that the readable side of a FixedLengthStream will give, else undefined: the
// Content-Length of a body made of it.
internal.streamExpectedLength = (wrapper) => streams.readableState(wrapper).expectedLength;

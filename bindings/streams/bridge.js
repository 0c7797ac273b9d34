'use strict';

// What C++ uses of streams: bodies that are C++ sources, and reading any stream from C++.
//
// Contract of a native source: `pull()` gives a Uint8Array whose buffer nobody else uses, or undefined
// at the end, or a promise of either; it is not called again before that has settled, nor after the
// end. `cancel(reason)` gives undefined or a promise.

const {
  ArrayBufferIsView, ArrayBufferPrototypeGetByteLength, PromisePrototypeThen, PromiseReject,
  PromiseResolve, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeSet, TypeError, Uint8Array,
  isolate,
} = internal.primordials;
const { isObject } = internal.webidl;
const { streams } = internal;
const {
  AcquireReadableStreamDefaultReader, CreateReadableByteStream, Deferred,
  ReadableByteStreamControllerClose, ReadableByteStreamControllerError, ReadableByteStreamControllerRespond, ReadableStreamCancel,
  ReadableStreamDefaultReaderRead, ReadableStreamTee, Ring, clearByteAlgorithms, enqueueOwnedBytes,
  isByteController, isSharedArrayBuffer, isUint8Array, markAsHandled, readableState,
  viewGeometry, wrapReadable,
} = streams;

function closeByteStream(stream) {
  const { controller } = stream;
  ReadableByteStreamControllerClose(controller);
  if (stream.state === 'closed' && controller.pendingPullIntos.length > 0) {
    ReadableByteStreamControllerRespond(controller, 0);
  }
}

// One for each native stream; its methods are the algorithms of the byte controller.
class NativeSource {
  constructor(source) {
    this.source = source;
    this.stream = undefined;
    this.onChunk = undefined;
  }

  pull() {
    let result;
    try {
      result = this.source.pull();
    } catch (error) {
      return PromiseReject(error);
    }
    if (result === undefined || isUint8Array(result)) return this.accept(result);
    this.onChunk ??= (chunk) => this.accept(chunk);
    return PromisePrototypeThen(result, this.onChunk);
  }

  accept(chunk) {
    const { stream } = this;
    // Cancelled while the pull was under way.
    if (stream.state !== 'readable') return undefined;
    if (chunk === undefined) {
      closeByteStream(stream);
      return undefined;
    }
    const { buffer, byteOffset, byteLength } = viewGeometry(chunk);
    // Nothing can be enqueued: ask again.
    if (byteLength === 0) return this.pull();
    enqueueOwnedBytes(stream.controller, buffer, byteOffset, byteLength, chunk);
    return undefined;
  }

  cancel(reason) {
    try {
      const result = this.source.cancel(reason);
      return result === undefined ? undefined : PromiseResolve(result);
    } catch (error) {
      return PromiseReject(error);
    }
  }
}
isolate(NativeSource);

function createNativeStream(source) {
  const nativeSource = new NativeSource(source);
  const stream = CreateReadableByteStream(undefined, () => nativeSource.pull(),
                                          (reason) => nativeSource.cancel(reason));
  nativeSource.stream = stream;
  stream.nativeSource = source;
  stream.owner = native.bodyOwner(source);
  return wrapReadable(stream);
}

// The source of a native stream that nobody has touched, which from then on belongs to the caller;
// the stream stays locked and disturbed, as if it had been read to the end. Otherwise undefined.
function takeNativeSource(wrapper) {
  const stream = readableState(wrapper);
  const { controller, nativeSource } = stream;
  if (nativeSource === undefined || stream.reader !== undefined || stream.disturbed ||
      stream.state !== 'readable') {
    return undefined;
  }
  AcquireReadableStreamDefaultReader(stream);
  stream.disturbed = true;
  stream.nativeSource = undefined;
  clearByteAlgorithms(controller);
  return nativeSource;
}

// The same for a clone, which gives both owners new streams. One that an AbortSignal ends with its own reason stays a
// stream: `bound`.
function takeNativeSourceToTee(wrapper) {
  return readableState(wrapper).bound === true ? undefined : takeNativeSource(wrapper);
}

function createStreamFromBytes(bytes) {
  const stream = CreateReadableByteStream(undefined, undefined, undefined);
  const { buffer, byteOffset, byteLength } = viewGeometry(bytes);
  if (byteLength > 0) {
    enqueueOwnedBytes(stream.controller, buffer, byteOffset, byteLength, undefined);
  }
  ReadableByteStreamControllerClose(stream.controller);
  return wrapReadable(stream);
}

// The clone of a body: chunks are copied for the second branch.
function teeStream(wrapper) {
  const { branch1, branch2 } = ReadableStreamTee(readableState(wrapper), true);
  return [wrapReadable(branch1), wrapReadable(branch2)];
}

// "Read all bytes" (Streams §9.1.2, Fetch "fully read"). As its own read request it goes on reading
// in a loop as long as chunks are there, so that a long queue is no deep recursion.
class BytesCollector {
  constructor(stream, convert) {
    this.convert = convert;
    this.reader = AcquireReadableStreamDefaultReader(stream);
    // The bytes of a byte stream are ours alone; other chunks may still be in their maker's hands.
    this.ownsChunks = isByteController(stream.controller);
    this.chunks = new Ring();
    this.totalLength = 0;
    this.looping = false;
    this.again = false;
    this.deferred = new Deferred();
  }

  read() {
    if (this.looping) {
      this.again = true;
      return;
    }
    this.looping = true;
    do {
      this.again = false;
      ReadableStreamDefaultReaderRead(this.reader, this);
    } while (this.again);
    this.looping = false;
  }

  chunkSteps(chunk) {
    if (!isUint8Array(chunk)) {
      this.deferred.reject(new TypeError('The body stream has a chunk that is not a Uint8Array.'));
      return;
    }
    this.chunks.push(chunk);
    this.totalLength += TypedArrayPrototypeGetByteLength(chunk);
    this.read();
  }

  closeSteps() {
    try {
      const bytes = this.concatenate();
      this.deferred.resolve(this.convert === undefined ? bytes : this.convert(bytes));
    } catch (error) {
      this.deferred.reject(error);
    }
  }

  errorSteps(error) {
    this.deferred.reject(error);
  }

  // One Uint8Array that fills its buffer.
  concatenate() {
    const { chunks } = this;
    if (chunks.length === 1 && this.ownsChunks) {
      const { buffer, byteLength } = viewGeometry(chunks.peek());
      if (ArrayBufferPrototypeGetByteLength(buffer) === byteLength) return chunks.shift();
    }
    const bytes = new Uint8Array(this.totalLength);
    let offset = 0;
    while (chunks.length > 0) {
      const chunk = chunks.shift();
      TypedArrayPrototypeSet(bytes, chunk, offset);
      offset += TypedArrayPrototypeGetByteLength(chunk);
    }
    return bytes;
  }
}
isolate(BytesCollector);

// A promise of the bytes, or of what `convert` makes of them: that comes before the promise is resolved, because
// resolving it with an object looks for a `then`, which user code may have put on Object.prototype.
function readAllBytes(wrapper, convert = undefined) {
  let collector;
  try {
    collector = new BytesCollector(readableState(wrapper), convert);
  } catch (error) {
    return PromiseReject(error);
  }
  collector.read();
  return collector.deferred.promise;
}

// Reads a stream for C++: one chunk for each pull(), and on as long as `onChunk` says that it wants
// more. A chunk that was there at once is passed on inside pull().
class BodyPump {
  constructor(stream, onChunk, onEnd, onError) {
    this.reader = AcquireReadableStreamDefaultReader(stream);
    this.onChunk = onChunk;
    this.onEnd = onEnd;
    this.onError = onError;
    this.looping = false;
    this.again = false;
    this.ended = false;
  }

  // Precondition: the callbacks of the pull before have been called.
  pull() {
    if (this.ended) return;
    if (this.looping) {
      this.again = true;
      return;
    }
    this.looping = true;
    do {
      this.again = false;
      ReadableStreamDefaultReaderRead(this.reader, this);
    } while (this.again);
    this.looping = false;
  }

  cancel(reason) {
    if (this.ended) return;
    this.ended = true;
    markAsHandled(ReadableStreamCancel(this.reader.stream, reason));
  }

  chunkSteps(chunk) {
    if (this.ended) return;
    const bytes = toBodyBytes(chunk);
    if (bytes === undefined) {
      const error = new TypeError('The body stream has a chunk that is not bytes: ' +
                                  'it must be a Uint8Array. A string can be encoded by a TextEncoder.');
      this.cancel(error);
      this.onError(error);
    } else if (TypedArrayPrototypeGetByteLength(bytes) === 0) {
      this.pull();
    } else if (this.onChunk(bytes)) {
      this.pull();
    }
  }

  closeSteps() {
    if (this.ended) return;
    this.ended = true;
    this.onEnd();
  }

  errorSteps(error) {
    if (this.ended) return;
    this.ended = true;
    this.onError(error);
  }
}
isolate(BodyPump);

// A chunk as a Uint8Array on the same bytes; undefined for what is not bytes, or is shared.
function toBodyBytes(chunk) {
  if (isUint8Array(chunk)) {
    return isSharedArrayBuffer(viewGeometry(chunk).buffer) ? undefined : chunk;
  }
  if (ArrayBufferIsView(chunk)) {
    const { buffer, byteOffset, byteLength } = viewGeometry(chunk);
    if (isSharedArrayBuffer(buffer)) return undefined;
    return byteLength === 0 ? new Uint8Array(0) : new Uint8Array(buffer, byteOffset, byteLength);
  }
  if (!isObject(chunk) || isSharedArrayBuffer(chunk)) return undefined;
  return ArrayBufferPrototypeGetByteLength(chunk) === 0 ? new Uint8Array(0) : new Uint8Array(chunk);
}

// Throws a TypeError when the stream is locked.
function createBodyPump(wrapper, onChunk, onEnd, onError) {
  return new BodyPump(readableState(wrapper), onChunk, onEnd, onError);
}

internal.createBodyPump = createBodyPump;
internal.createNativeStream = createNativeStream;
internal.createStreamFromBytes = createStreamFromBytes;
// A native stream ends with an error from the outside.
internal.errorStream = (wrapper, reason) => {
  const stream = readableState(wrapper);
  if (stream.state === 'readable') ReadableByteStreamControllerError(stream.controller, reason);
};
internal.isStreamDisturbed = (wrapper) => readableState(wrapper).disturbed;
internal.isStreamLocked = (wrapper) => readableState(wrapper).reader !== undefined;
internal.readAllBytes = readAllBytes;
// A promise rejected with what the stream failed with; undefined when it did not.
internal.rejectionOfErrored = (wrapper) => {
  const { state, storedError } = readableState(wrapper);
  return state === 'errored' ? PromiseReject(storedError) : undefined;
};
internal.bindNativeStream = (wrapper) => {
  readableState(wrapper).bound = true;
};
internal.takeNativeSource = takeNativeSource;
internal.takeNativeSourceToTee = takeNativeSourceToTee;
internal.teeStream = teeStream;

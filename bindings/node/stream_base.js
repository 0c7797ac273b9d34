'use strict';

// What the streams of Node.js have in common (https://nodejs.org/api/stream.html): their errors, how they are
// constructed and destroyed, and how their end is waited for. The other scripts of node:stream take it from here.

const { EventEmitter } = native.builtinModule('node:events');
const { nextTick } = native.builtinModule('node:process');
const { Buffer } = native.builtinModule('node:buffer');
const { Error, TypeError, RangeError, Symbol, ObjectSetPrototypeOf } = internal.primordials;

const kConstruct = Symbol('construct');

const messages = {
  ERR_STREAM_PUSH_AFTER_EOF: 'stream.push() after EOF',
  ERR_STREAM_UNSHIFT_AFTER_END_EVENT: 'stream.unshift() after end event',
  ERR_STREAM_WRITE_AFTER_END: 'write after end',
  ERR_STREAM_PREMATURE_CLOSE: 'Premature close',
  ERR_MULTIPLE_CALLBACK: 'Callback called multiple times',
  ERR_STREAM_CANNOT_PIPE: 'Cannot pipe, not readable',
};
function streamError(code, message = messages[code]) {
  const error = new Error(message);
  error.code = code;
  return error;
}
function typeError(name, expected, value) {
  const error = new TypeError(`The "${name}" argument must be ${expected}. Received ${internal.inspect(value)}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  return error;
}
const destroyedError = (method) => streamError('ERR_STREAM_DESTROYED', `Cannot call ${method} after a stream was destroyed`);
const finishedError = (method) => streamError('ERR_STREAM_ALREADY_FINISHED', `Cannot call ${method} after a stream was finished`);
const unimplemented = (method) => streamError('ERR_METHOD_NOT_IMPLEMENTED', `The ${method} method is not implemented`);
function abortError(signal) {
  const error = new Error('The operation was aborted', signal.reason === undefined ? undefined : { cause: signal.reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

let bytesDefault = 64 * 1024;
let objectsDefault = 16;
const getDefaultHighWaterMark = (objectMode) => (objectMode ? objectsDefault : bytesDefault);
function setDefaultHighWaterMark(objectMode, value) {
  if (objectMode) objectsDefault = value;
  else bytesDefault = value;
}
// `side`: "readable" or "writable", whose options of a Duplex go before those of both.
function highWaterMarkOf(options, side, duplex, objectMode) {
  const given = options?.highWaterMark ?? (duplex ? options?.[`${side}HighWaterMark`] : undefined);
  if (given === undefined || given === null) return getDefaultHighWaterMark(objectMode);
  if (!(Number.isInteger(given) && given >= 0)) {
    const error = new RangeError(`The property 'options.highWaterMark' is invalid. Received ${internal.inspect(given)}`);
    error.code = 'ERR_INVALID_ARG_VALUE';
    throw error;
  }
  return given;
}

// Bytes as a Buffer on the same memory; null for what is none.
function viewBytes(chunk) {
  if (Buffer.isBuffer(chunk)) return chunk;
  return ArrayBuffer.isView(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : null;
}

// The state that both sides of a stream have.
class SideState {
  constructor(options, side, duplex) {
    this.objectMode = Boolean(options?.objectMode || (duplex && options?.[`${side}ObjectMode`]));
    this.highWaterMark = highWaterMarkOf(options, side, duplex, this.objectMode);
    this.defaultEncoding = options?.defaultEncoding || 'utf8';
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.constructed = true;
    this.destroyed = false;
    this.errored = null;
    this.errorEmitted = false;
    this.closed = false;
    this.closeEmitted = false;
    this.length = 0;
    this.sync = false;
  }
}
const sidesOf = (stream) => [stream._readableState, stream._writableState].filter((side) => side !== undefined && side !== null);

// What a stream's own method is given to call once, with an error if there was one.
function callbackOf(stream, then) {
  let called = false;
  return (error) => {
    if (called) {
      fail(stream, error ?? streamError('ERR_MULTIPLE_CALLBACK'));
      return;
    }
    called = true;
    then(error);
  };
}

// Calls _construct, if there is one, before anything is read or written; then `resume`.
function construct(stream, resume) {
  if (typeof stream._construct !== 'function') return;
  for (const side of sidesOf(stream)) side.constructed = false;
  stream.once(kConstruct, resume);
  if (stream.listenerCount(kConstruct) > 1) return;  // a Duplex: its other side has begun
  nextTick(() => {
    const done = callbackOf(stream, (error) => {
      const destroyed = stream.destroyed;
      for (const side of sidesOf(stream)) side.constructed = true;
      if (destroyed) runDestroy(stream, error ?? stream.errored ?? null);
      else if (error) fail(stream, error, true);
      else nextTick(() => stream.emit(kConstruct));
    });
    try {
      stream._construct((error) => nextTick(done, error));
    } catch (error) {
      nextTick(done, error);
    }
  });
}

function emitError(stream, error) {
  const sides = sidesOf(stream);
  if (sides.some((side) => side.errorEmitted)) return;
  for (const side of sides) side.errorEmitted = true;
  stream.emit('error', error);
}
function emitClose(stream) {
  const sides = sidesOf(stream);
  for (const side of sides) side.closeEmitted = true;
  if (sides.some((side) => side.emitClose)) stream.emit('close');
}

// stream.destroy() of all classes.
function destroy(error, callback) {
  const sides = sidesOf(this);
  if (sides.some((side) => side.destroyed)) {
    if (typeof callback === 'function') callback();
    return this;
  }
  for (const side of sides) {
    side.destroyed = true;
    if (error && !side.errored) side.errored = error;
  }
  if (sides.every((side) => side.constructed)) runDestroy(this, error ?? null, callback);
  else if (typeof callback === 'function') this.once('close', () => callback(error));
  return this;
}
function runDestroy(stream, error, callback) {
  let called = false;
  const done = (failure) => {
    if (called) return;
    called = true;
    for (const side of sidesOf(stream)) {
      side.closed = true;
      if (failure && !side.errored) side.errored = failure;
    }
    if (typeof callback === 'function') callback(failure);
    nextTick(() => {
      if (failure) emitError(stream, failure);
      emitClose(stream);
    });
  };
  try {
    stream._destroy(error, done);
  } catch (failure) {
    done(failure);
  }
}

// Something went wrong in the stream. `later`: not within the call that found it.
function fail(stream, error, later = false) {
  if (stream.destroyed) return;
  const sides = sidesOf(stream);
  if (sides.some((side) => side.autoDestroy)) {
    stream.destroy(error);
    return;
  }
  for (const side of sides) side.errored ??= error;
  if (later) nextTick(() => emitError(stream, error));
  else emitError(stream, error);
}

// The oldest class: an emitter with pipe(). Streams derive from it.
function Stream(options) {
  EventEmitter.call(this, options);
}
ObjectSetPrototypeOf(Stream.prototype, EventEmitter.prototype);
ObjectSetPrototypeOf(Stream, EventEmitter);
Stream.prototype.pipe = function pipe(destination, options) {
  const onData = (chunk) => {
    if (destination.writable && destination.write(chunk) === false) this.pause?.();
  };
  const onDrain = () => this.readable && this.resume?.();
  const onEnd = () => destination.end();
  const onClose = () => destination.destroy?.();
  const ends = !destination._isStdio && options?.end !== false;
  const handlers = [[this, 'data', onData], [destination, 'drain', onDrain], ...(ends ? [[this, 'end', onEnd], [this, 'close', onClose]] : [])];
  for (const [emitter, name, handler] of handlers) emitter.on(name, handler);
  const clean = () => {
    for (const [emitter, name, handler] of handlers) emitter.removeListener(name, handler);
  };
  this.once('end', clean);
  this.once('close', clean);
  destination.once('close', clean);
  destination.emit('pipe', this);
  return destination;
};

const isReadableNode = (stream) => Boolean(stream && typeof stream.pipe === 'function' && typeof stream.on === 'function' &&
  (!stream._writableState || stream._readableState));
const isWritableNode = (stream) => Boolean(stream && typeof stream.write === 'function' && typeof stream.on === 'function' &&
  (!stream._readableState || stream._writableState));
const isNodeStream = (stream) => Boolean(stream && (stream._readableState || stream._writableState ||
  (typeof stream.on === 'function' && (typeof stream.write === 'function' || typeof stream.pipe === 'function'))));

const readableOver = (stream) => Boolean(stream._readableState?.endEmitted || (stream._readableState?.errored ?? false));
const writableOver = (stream) => Boolean(stream._writableState?.finished || (stream._writableState?.errored ?? false));

// Calls `callback` when the stream is over: with an error when it failed, or closed before its end. Gives what takes
// the listeners away.
function finished(stream, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = {};
  }
  if (!isNodeStream(stream)) throw typeError('stream', 'an instance of Stream', stream);
  if (typeof callback !== 'function') throw typeError('callback', 'of type function', callback);
  const readable = options?.readable ?? isReadableNode(stream);
  const writable = options?.writable ?? isWritableNode(stream);
  const readSide = stream._readableState;
  const writeSide = stream._writableState;
  let open = true;
  let readDone = !readable || readSide?.endEmitted === true || stream.readableEnded === true;
  let writeDone = !writable || writeSide?.finished === true || stream.writableFinished === true;
  const willClose = sidesOf(stream).some((side) => side.autoDestroy && side.emitClose && side.closed === false) &&
    (!readSide || readable) && (!writeSide || writable);

  function tell(error) {
    if (!open) return;
    open = false;
    clean();
    if (error === undefined) callback.call(stream);
    else callback.call(stream, error);
  }
  function check() {
    // The end is the 'close' of a stream that says that one.
    if (readDone && writeDone && !(willClose && !stream.destroyed && sidesOf(stream).length > 0)) tell();
  }
  const onEnd = () => {
    readDone = true;
    if (stream.destroyed) willBeClosed();
    else check();
  };
  const onFinish = () => {
    writeDone = true;
    if (stream.destroyed) willBeClosed();
    else check();
  };
  function willBeClosed() {
    if (readDone && writeDone) tell();
  }
  const onError = (error) => tell(error);
  const onClose = () => {
    const errored = readSide?.errored ?? writeSide?.errored;
    if (errored && typeof errored !== 'boolean' && !(readDone && writeDone && stream.aborted)) {
      tell(errored);
    } else if (readable && !readDone && readSide && !readSide.endEmitted) {
      tell(streamError('ERR_STREAM_PREMATURE_CLOSE'));
    } else if (writable && !writeDone && writeSide && !writeSide.finished) {
      tell(streamError('ERR_STREAM_PREMATURE_CLOSE'));
    } else {
      tell();
    }
  };
  const onAbort = () => tell(abortError(options.signal));
  const listeners = [['end', onEnd], ['finish', onFinish], ['close', onClose], ...(options?.error === false ? [] : [['error', onError]])];
  function clean() {
    for (const [name, listener] of listeners) stream.removeListener(name, listener);
    options?.signal?.removeEventListener('abort', onAbort);
  }
  for (const [name, listener] of listeners) stream.on(name, listener);

  if (options?.signal?.aborted) {
    nextTick(onAbort);
  } else {
    options?.signal?.addEventListener('abort', onAbort);
    const over = sidesOf(stream);
    if (over.length > 0 && over.some((side) => side.closed || side.closeEmitted)) nextTick(onClose);
    else if (over.some((side) => side.errorEmitted)) nextTick(onClose);
    else if (readDone && writeDone && !willClose) nextTick(() => tell());
  }
  return () => {
    open = false;
    clean();
  };
}

function addAbortSignal(signal, stream) {
  if (!(signal instanceof AbortSignal)) throw typeError('signal', 'an instance of AbortSignal', signal);
  const onAbort = () => stream.destroy(abortError(signal));
  if (signal.aborted) {
    onAbort();
  } else {
    signal.addEventListener('abort', onAbort);
    finished(stream, () => signal.removeEventListener('abort', onAbort));
  }
  return stream;
}

// Options that are methods of the stream: { read() { ... } } and the like.
function takeMethods(stream, options, names) {
  for (const name of names) {
    if (typeof options?.[name] === 'function') stream[`_${name}`] = options[name];
  }
}
function inherit(child, parent) {
  ObjectSetPrototypeOf(child.prototype, parent.prototype);
  ObjectSetPrototypeOf(child, parent);
}
// Getters are not enumerable, as those of classes.
function defineGetters(prototype, getters) {
  for (const name of Object.keys(getters)) {
    Object.defineProperty(prototype, name, { __proto__: null, configurable: true, enumerable: false, ...getters[name] });
  }
}

internal.nodeStreams = {
  EventEmitter, Stream, SideState, sidesOf, callbackOf, construct, kConstruct, destroy, fail, emitError, finished, addAbortSignal, takeMethods, inherit,
  defineGetters, streamError, typeError, destroyedError, finishedError, unimplemented, abortError, viewBytes, nextTick, Buffer,
  isReadableNode, isWritableNode, isNodeStream, readableOver, writableOver, getDefaultHighWaterMark, setDefaultHighWaterMark,
};
return { __proto__: null, default: Stream };

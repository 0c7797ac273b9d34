'use strict';

// stream.Writable (https://nodejs.org/api/stream.html#writable-streams). One chunk is with _write at a time; the others
// wait, and go together when there is a _writev.

native.builtinModule('verge:node/stream_base');
const {
  Stream, SideState, callbackOf, construct, destroy, fail, addAbortSignal, takeMethods, inherit, defineGetters, streamError, typeError,
  destroyedError, finishedError, unimplemented, viewBytes, nextTick, Buffer,
} = internal.nodeStreams;

class WritableState extends SideState {
  constructor(options, duplex) {
    super(options, 'writable', duplex);
    this.decodeStrings = options?.decodeStrings !== false;
    this.corked = 0;
    this.writing = false;  // a chunk is with _write
    this.waiting = [];  // { chunk, encoding, callback, length }
    this.current = null;  // callbacks of what is being written, and its length
    this.needDrain = false;
    this.ending = false;  // end() was called
    this.finalCalled = false;
    this.prefinished = false;
    this.finished = false;
    this.pending = 0;  // callbacks that are still to be called
    this.onFinished = [];
  }
  get ended() {
    return this.ending;
  }
  getBuffer() {
    return this.waiting.slice();
  }
  get bufferedRequestCount() {
    return this.waiting.length;
  }
}

function Writable(options) {
  const duplex = internal.nodeStreams.Duplex !== undefined && this instanceof internal.nodeStreams.Duplex;
  if (!duplex && !Function.prototype[Symbol.hasInstance].call(Writable, this)) return new Writable(options);
  this._events ??= {};
  initWritable(this, options, false);
  takeMethods(this, options, ['write', 'writev', 'final', 'destroy', 'construct']);
  Stream.call(this, options);
  if (options?.signal) addAbortSignal(options.signal, this);
  construct(this, () => afterConstruct(this));
}
inherit(Writable, Stream);
// A Duplex is one, though it does not inherit from it.
Object.defineProperty(Writable, Symbol.hasInstance, {
  __proto__: null, value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && Boolean(object) && object._writableState instanceof WritableState;
  },
});

function initWritable(stream, options, duplex) {
  stream._writableState = new WritableState(options, duplex);
}
function afterConstruct(stream) {
  if (!stream._writableState.writing) flush(stream);
  maybeFinish(stream);
}

Writable.prototype._write = function _write(chunk, encoding, callback) {
  if (typeof this._writev !== 'function') throw unimplemented('_write()');
  this._writev([{ chunk, encoding }], callback);
};
Writable.prototype._writev = null;
Writable.prototype._destroy = function _destroy(error, callback) {
  callback(error);
};
Writable.prototype.destroy = function destroyWritable(error, callback) {
  const side = this._writableState;
  if (!side.destroyed && (side.waiting.length > 0 || side.onFinished.length > 0)) nextTick(dropWaiting, this);
  destroy.call(this, error, callback);
  return this;
};
Writable.prototype.pipe = function pipe() {
  fail(this, streamError('ERR_STREAM_CANNOT_PIPE'));
};

// Tells all who wait that nothing comes of it.
function dropWaiting(stream) {
  const side = stream._writableState;
  if (side.writing) return;  // once that is over
  for (const { callback, length } of side.waiting.splice(0)) {
    side.length -= length;
    callback(side.errored ?? destroyedError('write'));
  }
  for (const callback of side.onFinished.splice(0)) callback(side.errored ?? destroyedError('end'));
}

// True or false as write() gives it, or an error that the callback has been given.
function accept(stream, chunk, encoding, callback) {
  const side = stream._writableState;
  if (typeof encoding === 'function') {
    callback = encoding;
    encoding = undefined;
  }
  encoding = encoding || side.defaultEncoding;
  callback = typeof callback === 'function' ? callback : () => {};
  if (encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    const error = new TypeError(`Unknown encoding: ${encoding}`);
    error.code = 'ERR_UNKNOWN_ENCODING';
    throw error;
  }
  if (chunk === null) throw streamError('ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
  if (!side.objectMode) {
    if (typeof chunk === 'string') {
      if (side.decodeStrings) {
        chunk = Buffer.from(chunk, encoding);
        encoding = 'buffer';
      }
    } else {
      const bytes = viewBytes(chunk);
      if (bytes === null) throw typeError('chunk', 'of type string or an instance of Buffer, TypedArray, or DataView', chunk);
      chunk = bytes;
      encoding = 'buffer';
    }
  }
  const refused = side.ending ? streamError('ERR_STREAM_WRITE_AFTER_END') : side.destroyed ? destroyedError('write') : null;
  if (refused) {
    nextTick(callback, refused);
    fail(stream, refused, true);
    return refused;
  }
  const length = side.objectMode ? 1 : chunk.length;
  side.pending++;
  side.length += length;
  const room = side.length < side.highWaterMark;
  if (!room) side.needDrain = true;
  if (side.writing || side.corked > 0 || side.errored || !side.constructed) side.waiting.push({ chunk, encoding, callback, length });
  else hand(stream, length, [callback], (done) => stream._write(chunk, encoding, done));
  return room && !side.errored && !side.destroyed;
}
Writable.prototype.write = function write(chunk, encoding, callback) {
  return accept(this, chunk, encoding, callback) === true;
};

// Gives something to the implementation. `callbacks` are of what it consists of.
function hand(stream, length, callbacks, call) {
  const side = stream._writableState;
  side.writing = true;
  side.sync = true;
  let called = false;
  const done = (error) => {
    if (called) {
      fail(stream, streamError('ERR_MULTIPLE_CALLBACK'));
      return;
    }
    called = true;
    side.writing = false;
    side.length -= length;
    if (error) {
      side.errored ??= error;
      if (stream._readableState) stream._readableState.errored ??= error;
      const tell = () => {
        side.pending -= callbacks.length;
        for (const callback of callbacks) callback(error);
        dropWaiting(stream);
        fail(stream, error);
      };
      if (side.sync) nextTick(tell);
      else tell();
      return;
    }
    if (side.waiting.length > 0) flush(stream);
    const tell = () => {
      if (side.needDrain && side.length === 0 && !side.ending && !stream.destroyed) {
        side.needDrain = false;
        stream.emit('drain');
      }
      for (const callback of callbacks) {
        side.pending--;
        callback(null);
      }
      if (side.destroyed) dropWaiting(stream);
      maybeFinish(stream);
    };
    if (side.sync) nextTick(tell);
    else tell();
  };
  try {
    if (side.destroyed) done(destroyedError('write'));
    else call(done);
  } finally {
    side.sync = false;
  }
}

function flush(stream) {
  const side = stream._writableState;
  if (side.flushing) return;
  side.flushing = true;
  while (side.waiting.length > 0 && !side.writing && side.corked === 0 && !side.destroyed && side.constructed && !side.errored) {
    if (typeof stream._writev === 'function' && side.waiting.length > 1) {
      const all = side.waiting.splice(0);
      const chunks = all.map(({ chunk, encoding, callback }) => ({ chunk, encoding, callback }));
      chunks.allBuffers = all.every(({ encoding }) => encoding === 'buffer');
      hand(stream, all.reduce((sum, each) => sum + each.length, 0), all.map((each) => each.callback), (done) => stream._writev(chunks, done));
    } else {
      const { chunk, encoding, callback, length } = side.waiting.shift();
      hand(stream, length, [callback], (done) => stream._write(chunk, encoding, done));
    }
  }
  side.flushing = false;
}

Writable.prototype.cork = function cork() {
  this._writableState.corked++;
};
Writable.prototype.uncork = function uncork() {
  const side = this._writableState;
  if (side.corked === 0) return;
  side.corked--;
  if (!side.writing) flush(this);
};
Writable.prototype.setDefaultEncoding = function setDefaultEncoding(encoding) {
  if (!Buffer.isEncoding(encoding)) {
    const error = new TypeError(`Unknown encoding: ${encoding}`);
    error.code = 'ERR_UNKNOWN_ENCODING';
    throw error;
  }
  this._writableState.defaultEncoding = String(encoding).toLowerCase();
  return this;
};

Writable.prototype.end = function end(chunk, encoding, callback) {
  const side = this._writableState;
  if (typeof chunk === 'function') {
    callback = chunk;
    chunk = undefined;
    encoding = undefined;
  } else if (typeof encoding === 'function') {
    callback = encoding;
    encoding = undefined;
  }
  let error;
  if (chunk !== undefined && chunk !== null) {
    const accepted = accept(this, chunk, encoding);
    if (accepted instanceof Error) error = accepted;
  }
  if (side.corked > 0) {
    side.corked = 1;
    this.uncork();
  }
  if (!error) {
    if (!side.errored && !side.ending && !side.destroyed) {
      side.ending = true;
      maybeFinish(this, true);
      if (side.errored) error = side.errored;
    } else if (side.finished) {
      error = finishedError('end');
    } else if (side.destroyed) {
      error = destroyedError('end');
    } else if (side.errored) {
      error = side.errored;
    }
  }
  if (typeof callback === 'function') {
    if (error) nextTick(callback, error);
    else if (side.finished) nextTick(callback);
    else side.onFinished.push(callback);
  }
  return this;
};

const allWritten = (side) => side.ending && !side.destroyed && side.constructed && side.length === 0 && !side.errored &&
  side.waiting.length === 0 && !side.finished && !side.writing && !side.errorEmitted && !side.closeEmitted;

// 'prefinish' and 'finish', once everything is written. `later`: not within the call.
function maybeFinish(stream, later = false) {
  const side = stream._writableState;
  if (!allWritten(side)) return;
  if (!side.prefinished && !side.finalCalled) {
    if (typeof stream._final === 'function') {
      callFinal(stream);
      return;
    }
    side.prefinished = true;
    stream.emit('prefinish');
  }
  if (!side.prefinished || side.pending > 0) return;
  if (later) {
    side.pending++;
    nextTick(() => {
      side.pending--;
      if (allWritten(side) && side.pending === 0) finish(stream);
    });
  } else {
    finish(stream);
  }
}
function callFinal(stream) {
  const side = stream._writableState;
  side.finalCalled = true;
  side.pending++;
  const done = callbackOf(stream, (error) => {
    side.pending--;
    if (error) {
      for (const callback of side.onFinished.splice(0)) callback(error);
      fail(stream, error, side.sync);
    } else if (allWritten(side)) {
      side.prefinished = true;
      stream.emit('prefinish');
      side.pending++;
      nextTick(() => {
        side.pending--;
        if (allWritten(side) && side.pending === 0) finish(stream);
      });
    }
  });
  side.sync = true;
  try {
    stream._final(done);
  } catch (error) {
    done(error);
  }
  side.sync = false;
}
function finish(stream) {
  const side = stream._writableState;
  side.finished = true;
  for (const callback of side.onFinished.splice(0)) callback();
  stream.emit('finish');
  const read = stream._readableState;
  if (side.autoDestroy && (!read || (read.autoDestroy && (read.endEmitted || read.unused)))) stream.destroy();
}

const of = (name) => ({ get() { return this._writableState ? this._writableState[name] : undefined; } });
const getters = {
  writable: {
    get() {
      const side = this._writableState;
      return Boolean(side) && side.unused !== true && !side.destroyed && !side.errored && !side.ending;
    },
    set(value) {
      if (this._writableState) this._writableState.unused = !value;
    },
  },
  writableFinished: of('finished'),
  writableEnded: of('ending'),
  writableObjectMode: of('objectMode'),
  writableHighWaterMark: of('highWaterMark'),
  writableLength: of('length'),
  writableCorked: of('corked'),
  writableBuffer: { get() { return this._writableState?.getBuffer(); } },
  writableNeedDrain: {
    get() {
      const side = this._writableState;
      return Boolean(side) && !side.destroyed && !side.ending && side.needDrain;
    },
  },
  writableAborted: {
    get() {
      const side = this._writableState;
      return Boolean(side) && (side.destroyed || Boolean(side.errored)) && !side.finished;
    },
  },
};
defineGetters(Writable.prototype, {
  ...getters,
  errored: of('errored'),
  closed: of('closed'),
  destroyed: {
    get() { return this._writableState?.destroyed ?? false; },
    set(value) { if (this._writableState) this._writableState.destroyed = value; },
  },
});
Writable.WritableState = WritableState;

Object.assign(internal.nodeStreams, { Writable, initWritable, afterConstruct, writableGetters: getters });
return { __proto__: null, default: Writable, Writable };

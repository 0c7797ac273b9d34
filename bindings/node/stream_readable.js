'use strict';

// stream.Readable (https://nodejs.org/api/stream.html#readable-streams). What was pushed waits in a queue. A stream that
// flows gives its chunks as 'data' events as soon as they are there; one that does not says with 'readable' that
// something can be read. Whatever is to be done later is done by one task for each stream (`work`).

native.builtinModule('verge:node/stream_queue');
const {
  Stream, ReadableState, construct, destroy, fail, finished, addAbortSignal, takeMethods, inherit, defineGetters, streamError, typeError,
  unimplemented, abortError, viewBytes, nextTick, Buffer,
} = internal.nodeStreams;
const { StringDecoder } = native.builtinModule('node:string_decoder');

const kMaxHighWaterMark = 1 << 30;

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  this._events ??= {};
  initReadable(this, options, false);
  takeMethods(this, options, ['read', 'destroy', 'construct']);
  Stream.call(this, options);
  if (options?.signal) addAbortSignal(options.signal, this);
  construct(this, () => schedule(this));
}
inherit(Readable, Stream);

function initReadable(stream, options, duplex) {
  stream._readableState = new ReadableState(options, duplex);
}

// --- What is done later

function schedule(stream) {
  const side = stream._readableState;
  if (side.scheduled) return;
  side.scheduled = true;
  nextTick(work, stream);
}

function work(stream) {
  const side = stream._readableState;
  side.scheduled = false;
  if (side.resuming) {
    side.resuming = false;
    if (!side.reading) stream.read(0);
    stream.emit('resume');
  }
  if (side.flowing) {
    while (side.flowing && stream.read() !== null);
  } else if (side.listening && !side.told && !side.destroyed && !side.errored && (side.length > 0 || side.ended)) {
    side.told = true;
    stream.emit('readable');
  }
  fill(stream);
  if (side.flowing && side.ended && side.length === 0) end(stream);
}

// Has the source push until there is enough.
function fill(stream) {
  const side = stream._readableState;
  while (!side.reading && (side.length < side.highWaterMark || (side.flowing && side.length === 0))) {
    const before = side.length;
    if (!callRead(stream)) return;
    if (side.length === before) return;  // nothing came at once
  }
}
const mayRead = (side) => !side.reading && !side.ended && !side.destroyed && !side.errored && side.constructed;
function callRead(stream) {
  const side = stream._readableState;
  if (!mayRead(side)) return false;
  side.reading = true;
  side.sync = true;
  try {
    stream._read(side.highWaterMark);
  } catch (error) {
    fail(stream, error);
  }
  side.sync = false;
  return true;
}

// Everything has been taken: 'end' follows.
function end(stream) {
  const side = stream._readableState;
  if (side.endEmitted || side.ending) return;
  side.ending = true;
  nextTick(() => {
    side.ending = false;
    if (side.endEmitted || side.errored || side.closeEmitted || side.length > 0) return;
    side.endEmitted = true;
    stream.emit('end');
    const write = stream._writableState;
    if (write && !write.finished && stream.allowHalfOpen === false) {
      nextTick(() => {
        if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end();
      });
    } else if (side.autoDestroy && (!write || (write.autoDestroy && (write.finished || write.unused)))) {
      stream.destroy();
    }
  });
}

// --- The source's side

Readable.prototype._read = function _read() {
  throw unimplemented('_read()');
};
Readable.prototype._destroy = function _destroy(error, callback) {
  callback(error);
};
Readable.prototype.destroy = destroy;
Readable.prototype[Symbol.asyncDispose ?? Symbol('asyncDispose')] = function dispose() {
  const error = this.readableEnded ? null : abortError({});
  if (!this.destroyed) this.destroy(error);
  return new Promise((resolve, reject) => finished(this, (failure) => (failure && failure !== error ? reject(failure) : resolve(null))));
};

Readable.prototype.push = function push(chunk, encoding) {
  return add(this, chunk, encoding, false);
};
Readable.prototype.unshift = function unshift(chunk, encoding) {
  return add(this, chunk, encoding, true);
};

// Whether the source may go on.
const wantsMore = (side) => !side.ended && (side.length < side.highWaterMark || side.length === 0);

function add(stream, chunk, encoding, front) {
  const side = stream._readableState;
  if (chunk === null) {
    side.reading = false;
    if (!side.ended) finish(stream);
    return false;
  }
  if (!side.objectMode) {
    if (typeof chunk === 'string') {
      const from = encoding || side.defaultEncoding;
      // Text of the encoding that is read passes as it is.
      if (side.encoding !== from || front) chunk = Buffer.from(chunk, from);
      else encoding = undefined;
    } else {
      const bytes = viewBytes(chunk);
      if (bytes === null) {
        fail(stream, typeError('chunk', 'of type string or an instance of Buffer, TypedArray, or DataView', chunk));
        return false;
      }
      chunk = bytes;
    }
  }
  if (front) {
    if (side.endEmitted) {
      fail(stream, streamError('ERR_STREAM_UNSHIFT_AFTER_END_EVENT'));
      return false;
    }
    if (side.destroyed || side.errored) return false;
    if (side.encoding && typeof chunk !== 'string' && !side.objectMode) chunk = chunk.toString(side.encoding);
    if (!side.objectMode && chunk.length === 0) return wantsMore(side);
  } else {
    side.reading = false;
    if (side.ended) {
      fail(stream, streamError('ERR_STREAM_PUSH_AFTER_EOF'));
      return false;
    }
    if (side.destroyed || side.errored) return false;
    if (side.decoder && typeof chunk !== 'string') chunk = side.decoder.write(chunk);
    if (!side.objectMode && chunk.length === 0) {
      schedule(stream);
      return wantsMore(side);
    }
  }
  if (side.flowing && side.length === 0 && !side.sync && !front && stream.listenerCount('data') > 0) {
    side.dataEmitted = true;
    stream.emit('data', chunk);
  } else {
    side.length += side.objectMode ? 1 : chunk.length;
    if (front) side.queue.unshift(chunk);
    else side.queue.push(chunk);
    side.told = side.told && front;
  }
  schedule(stream);
  return wantsMore(side);
}

function finish(stream) {
  const side = stream._readableState;
  if (side.decoder) {
    const rest = side.decoder.end();
    if (rest.length > 0) {
      side.queue.push(rest);
      side.length += side.objectMode ? 1 : rest.length;
    }
  }
  side.ended = true;
  side.told = false;
  if (side.flowing && side.length === 0 && !side.sync) end(stream);
  else schedule(stream);
}

// --- The consumer's side

Readable.prototype.read = function read(size) {
  const side = this._readableState;
  const given = size === undefined || Number.isNaN(Number.parseInt(size, 10)) ? undefined : Number.parseInt(size, 10);
  if (given === 0) {
    if (side.ended && side.length === 0) end(this);
    else if (side.length < side.highWaterMark || side.length === 0) callRead(this);
    if (side.listening && (side.length > 0 || side.ended)) schedule(this);
    return null;
  }
  side.told = false;
  if (given > side.highWaterMark && !side.objectMode) side.highWaterMark = Math.min(2 ** Math.ceil(Math.log2(given)), kMaxHighWaterMark);
  const enough = () => side.length > 0 && (side.objectMode || given === undefined || given <= side.length || side.ended);
  // What the source pushes at once counts.
  const taken = side.objectMode ? 1 : given ?? (side.flowing ? side.queue.peek()?.length ?? 0 : side.length);
  if (side.length === 0 || side.length - taken < side.highWaterMark) callRead(this);
  let chunk = null;
  if (enough() && !(given < 0)) {
    if (side.objectMode) {
      chunk = side.queue.shift();
      side.length -= 1;
    } else if (given === undefined || given >= side.length) {
      chunk = side.flowing && given === undefined ? side.queue.shift() : side.queue.join();
      side.length -= chunk.length;
    } else {
      chunk = side.queue.take(given);
      side.length -= given;
    }
  }
  if (side.length === 0 && side.ended) end(this);
  else if (side.length < side.highWaterMark && mayRead(side)) schedule(this);
  if (chunk !== null && !side.errored && !side.closeEmitted) {
    side.dataEmitted = true;
    this.emit('data', chunk);
  }
  return chunk;
};

Readable.prototype.setEncoding = function setEncoding(encoding) {
  const side = this._readableState;
  const decoder = new StringDecoder(encoding);
  side.decoder = decoder;
  side.encoding = decoder.encoding;
  const text = side.queue.toArray().map((chunk) => decoder.write(chunk)).join('');
  side.queue.clear();
  if (text !== '') side.queue.push(text);
  side.length = text.length;
  return this;
};

Readable.prototype.resume = function resume() {
  const side = this._readableState;
  if (!side.flowing) {
    // Who listens for 'readable' reads by himself.
    side.flowing = !side.listening;
    side.resuming = true;
    schedule(this);
  }
  side.paused = false;
  return this;
};
Readable.prototype.pause = function pause() {
  const side = this._readableState;
  if (side.flowing !== false) {
    side.flowing = false;
    this.emit('pause');
  }
  side.paused = true;
  return this;
};
Readable.prototype.isPaused = function isPaused() {
  return this._readableState.paused || this._readableState.flowing === false;
};

Readable.prototype.on = function on(name, listener) {
  const result = Stream.prototype.on.call(this, name, listener);
  const side = this._readableState;
  if (!side) return result;
  if (name === 'data') {
    if (side.flowing !== false && !side.listening) this.resume();
  } else if (name === 'readable' && !side.endEmitted && !side.listening) {
    side.listening = true;
    side.flowing = false;
    side.told = false;
    if (side.length === 0 && !side.reading) nextTick(() => this.read(0));
    schedule(this);
  }
  return result;
};
Readable.prototype.addListener = Readable.prototype.on;
function afterRemoval(stream) {
  const side = stream._readableState;
  nextTick(() => {
    if (!side.listening) return;
    side.listening = stream.listenerCount('readable') > 0;
    if (side.listening) return;
    if (side.paused) side.flowing = false;
    else if (stream.listenerCount('data') > 0) stream.resume();
    else side.flowing = null;
  });
}
Readable.prototype.removeListener = function removeListener(name, listener) {
  const result = Stream.prototype.removeListener.call(this, name, listener);
  if (name === 'readable') afterRemoval(this);
  return result;
};
Readable.prototype.off = Readable.prototype.removeListener;
Readable.prototype.removeAllListeners = function removeAllListeners(...names) {
  const result = Stream.prototype.removeAllListeners.apply(this, names);
  if (names.length === 0 || names[0] === 'readable') afterRemoval(this);
  return result;
};

Readable.prototype.pipe = function pipe(destination, options) {
  const source = this;
  const side = this._readableState;
  const pipe = { destination, undo: null };
  side.pipes.push(pipe);
  const toEnd = options?.end !== false && !destination._isStdio;

  const onData = (chunk) => {
    if (destination.write(chunk) !== false) return;
    side.waitingFor.add(pipe);
    source.pause();
  };
  const onDrain = () => {
    if (!side.waitingFor.delete(pipe) || side.waitingFor.size > 0) return;
    if (source.listenerCount('data') > 0) source.resume();
  };
  const onError = (error) => {
    source.unpipe(destination);
    if (destination.listenerCount('error') > 0) return;
    if (destination._writableState) fail(destination, error);
    else destination.emit('error', error);
  };
  const unpipe = () => source.unpipe(destination);
  const onEnd = () => destination.end();
  source.on('data', onData);
  if (toEnd) {
    if (side.endEmitted) nextTick(onEnd);
    else source.once('end', onEnd);
  }
  destination.on('drain', onDrain);
  // Before those of others: they see a stream that is not piped to any more.
  destination.prependListener('error', onError);
  destination.once('close', unpipe);
  destination.once('finish', unpipe);
  pipe.undo = () => {
    source.removeListener('data', onData);
    source.removeListener('end', onEnd);
    destination.removeListener('drain', onDrain);
    destination.removeListener('error', onError);
    destination.removeListener('close', unpipe);
    destination.removeListener('finish', unpipe);
    onDrain();
  };
  destination.emit('pipe', source);
  if (destination.writableNeedDrain === true) {
    side.waitingFor.add(pipe);
    source.pause();
  } else if (!side.flowing) {
    source.resume();
  }
  return destination;
};
Readable.prototype.unpipe = function unpipe(destination) {
  const side = this._readableState;
  const gone = side.pipes.filter((pipe) => destination === undefined || pipe.destination === destination).slice(0, destination ? 1 : undefined);
  side.pipes = side.pipes.filter((pipe) => !gone.includes(pipe));
  for (const pipe of gone) {
    pipe.undo();
    pipe.destination.emit('unpipe', this, { hasUnpiped: false });
  }
  if (gone.length > 0 && side.pipes.length === 0 && this.listenerCount('data') === 0) this.pause();
  return this;
};

Readable.prototype.wrap = function wrap(stream) {
  stream.on('data', (chunk) => {
    if (!this.push(chunk)) stream.pause?.();
  });
  stream.on('end', () => this.push(null));
  stream.on('error', (error) => fail(this, error));
  stream.on('close', () => this.destroy());
  stream.on('destroy', () => this.destroy());
  this._read = () => stream.resume?.();
  return this;
};

const of = (name) => ({ get() { return this._readableState ? this._readableState[name] : undefined; } });
defineGetters(Readable.prototype, {
  readable: {
    get() {
      const side = this._readableState;
      return Boolean(side) && side.unused !== true && !side.destroyed && !side.endEmitted && !side.errorEmitted && !side.errored;
    },
    set(value) {
      if (this._readableState) this._readableState.unused = !value;
    },
  },
  readableFlowing: { get() { return this._readableState.flowing; }, set(value) { if (this._readableState) this._readableState.flowing = value; } },
  readableLength: of('length'),
  readableObjectMode: of('objectMode'),
  readableHighWaterMark: of('highWaterMark'),
  readableEncoding: of('encoding'),
  readableEnded: of('endEmitted'),
  readableBuffer: of('buffer'),
  readableDidRead: of('dataEmitted'),
  readableAborted: {
    get() {
      const side = this._readableState;
      return Boolean(side) && (side.destroyed || Boolean(side.errored)) && !side.endEmitted;
    },
  },
  errored: of('errored'),
  closed: of('closed'),
  destroyed: {
    get() { return this._readableState?.destroyed ?? false; },
    set(value) { if (this._readableState) this._readableState.destroyed = value; },
  },
});

Readable.ReadableState = ReadableState;

Object.assign(internal.nodeStreams, { Readable, initReadable, scheduleRead: schedule });
return { __proto__: null, default: Readable, Readable };

'use strict';

// stream.Duplex, Transform and PassThrough (https://nodejs.org/api/stream.html#duplex-and-transform-streams).

native.builtinModule('verge:node/stream_iteration');
native.builtinModule('verge:node/stream_writable');
const {
  Stream, Readable, Writable, initReadable, initWritable, scheduleRead, afterConstruct, writableGetters, construct, addAbortSignal,
  takeMethods, inherit, defineGetters, unimplemented, streamError, nextTick, fail,
} = internal.nodeStreams;

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  this._events ??= {};
  initReadable(this, options, true);
  initWritable(this, options, true);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  // A side that is not used is over from the start.
  if (options?.readable === false) Object.assign(this._readableState, { unused: true, ended: true, endEmitted: true });
  if (options?.writable === false) Object.assign(this._writableState, { unused: true, ending: true, finished: true });
  takeMethods(this, options, ['read', 'write', 'writev', 'final', 'destroy', 'construct']);
  Stream.call(this, options);
  if (options?.signal) addAbortSignal(options.signal, this);
  construct(this, () => {
    scheduleRead(this);
    afterConstruct(this);
  });
}
inherit(Duplex, Readable);
for (const name of ['write', 'end', 'cork', 'uncork', 'setDefaultEncoding', '_write', '_writev', 'destroy', '_destroy']) {
  Duplex.prototype[name] = Writable.prototype[name];
}
defineGetters(Duplex.prototype, {
  ...writableGetters,
  errored: { get() { return this._readableState?.errored ?? this._writableState?.errored ?? null; } },
  closed: { get() { return Boolean(this._readableState?.closed && this._writableState?.closed); } },
  destroyed: {
    get() { return Boolean(this._readableState?.destroyed && this._writableState?.destroyed); },
    set(value) {
      if (!this._readableState || !this._writableState) return;
      this._readableState.destroyed = value;
      this._writableState.destroyed = value;
    },
  },
});

// --- Transform

const kCallback = Symbol('callback');  // of a chunk whose results have filled the readable side

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  Duplex.call(this, options);
  // _read is called when somebody reads, not when something is pushed.
  this._readableState.sync = false;
  this[kCallback] = null;
  takeMethods(this, options, ['transform', 'flush']);
}
inherit(Transform, Duplex);

Transform.prototype._transform = function _transform() {
  throw unimplemented('_transform()');
};
Transform.prototype._write = function _write(chunk, encoding, callback) {
  const side = this._readableState;
  const length = side.length;
  let called = false;
  this._transform(chunk, encoding, (error, result) => {
    if (called) {
      fail(this, streamError('ERR_MULTIPLE_CALLBACK'));
      return;
    }
    called = true;
    if (error) {
      callback(error);
      return;
    }
    if (result !== undefined && result !== null) this.push(result);
    if (side.ended || length === side.length || side.length < side.highWaterMark) callback();
    else this[kCallback] = callback;
  });
};
Transform.prototype._read = function _read() {
  const callback = this[kCallback];
  if (callback === null) return;
  this[kCallback] = null;
  callback();
};
Transform.prototype._final = function _final(callback) {
  if (typeof this._flush !== 'function' || this.destroyed) {
    this.push(null);
    callback();
    return;
  }
  this._flush((error, result) => {
    if (error) {
      callback(error);
      return;
    }
    if (result !== undefined && result !== null) this.push(result);
    this.push(null);
    callback();
  });
};

function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
inherit(PassThrough, Transform);
PassThrough.prototype._transform = function _transform(chunk, encoding, callback) {
  callback(null, chunk);
};

// One stream of a readable and a writable one.
function join(readable, writable) {
  let onDrain = null;
  let onFinish = null;
  const duplex = new Duplex({
    readableObjectMode: readable?.readableObjectMode ?? true,
    writableObjectMode: writable?.writableObjectMode ?? true,
    readable: Boolean(readable),
    writable: Boolean(writable),
    read() {
      for (;;) {
        const chunk = readable.read();
        if (chunk === null || !this.push(chunk)) return;
      }
    },
    write(chunk, encoding, callback) {
      if (writable.write(chunk, encoding)) callback();
      else onDrain = callback;
    },
    final(callback) {
      onFinish = callback;
      writable.end();
    },
    destroy(error, callback) {
      onDrain = onFinish = null;
      readable?.destroy(error ?? undefined);
      writable?.destroy(error ?? undefined);
      callback(error);
    },
  });
  readable?.on('readable', () => duplex._read());
  readable?.on('end', () => duplex.push(null));
  writable?.on('drain', () => {
    const callback = onDrain;
    onDrain = null;
    callback?.();
  });
  writable?.on('finish', () => {
    const callback = onFinish;
    onFinish = null;
    callback?.();
  });
  for (const stream of [readable, writable]) {
    if (stream) internal.nodeStreams.finished(stream, { readable: stream === readable, writable: stream === writable }, (error) => error && duplex.destroy(error));
  }
  return duplex;
}

// Of a function that maps an async iterable to another one (or to a promise): what is written is what it reads.
function fromFunction(fn) {
  const input = new PassThrough({ objectMode: true });
  const abort = new AbortController();
  const result = fn(input, { signal: abort.signal });
  if (typeof result?.[Symbol.asyncIterator] === 'function') return join(Readable.from(result), input);
  if (typeof result?.then !== 'function') throw internal.nodeStreams.typeError('body', 'a function that returns an async iterable or a promise', fn);
  const duplex = join(null, input);
  result.then((value) => {
    if (value !== undefined && value !== null) throw internal.nodeStreams.typeError('body', 'a function whose promise gives nothing', value);
  }).catch((error) => nextTick(() => duplex.destroy(error)));
  return duplex;
}

Duplex.from = function from(body) {
  const { isReadableNode, isWritableNode, isNodeStream, typeError } = internal.nodeStreams;
  if (body instanceof Duplex && body._readableState && body._writableState) return body;
  if (isNodeStream(body)) return join(isReadableNode(body) ? body : null, isWritableNode(body) ? body : null);
  if (body instanceof ReadableStream) return join(internal.nodeStreams.fromWebReadable(body), null);
  if (body instanceof WritableStream) return join(null, internal.nodeStreams.fromWebWritable(body));
  if (typeof body === 'function') return fromFunction(body);
  if (body instanceof Blob) return join(Readable.from((async function* bytes() { yield Buffer.from(await body.arrayBuffer()); })()), null);
  if (typeof body?.then === 'function') {
    return join(Readable.from((async function* one() {
      const value = await body;
      if (value !== undefined && value !== null) yield value;
    })()), null);
  }
  if (typeof body === 'string' || typeof body?.[Symbol.asyncIterator] === 'function' || typeof body?.[Symbol.iterator] === 'function') {
    return join(Readable.from(body), null);
  }
  if (body?.readable || body?.writable) {
    const side = (stream) => (stream && !isNodeStream(stream) ? Duplex.from(stream) : stream ?? null);
    return join(side(body.readable), side(body.writable));
  }
  throw typeError('body', 'a stream, an iterable, a function, a promise, or a pair of readable and writable', body);
};

Object.assign(internal.nodeStreams, { Duplex, Transform, PassThrough });
return { __proto__: null, default: Duplex, Duplex, Transform, PassThrough };

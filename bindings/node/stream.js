'use strict';

// node:stream (https://nodejs.org/api/stream.html): the classes, pipeline(), the methods of iterators, and the ways to
// and from the Web's streams.

native.builtinModule('verge:node/stream_duplex');
const {
  Stream, Readable, Writable, Duplex, Transform, PassThrough, finished, addAbortSignal, typeError, abortError, viewBytes,
  nextTick, Buffer, isNodeStream, isReadableNode, isWritableNode, sidesOf, getDefaultHighWaterMark, setDefaultHighWaterMark,
} = internal.nodeStreams;

// --- The Web's streams

const isWebStream = (value) => value instanceof ReadableStream || value instanceof WritableStream ||
  (value?.readable instanceof ReadableStream && value?.writable instanceof WritableStream);

function fromWebReadable(stream, options) {
  if (!(stream instanceof ReadableStream)) throw typeError('readableStream', 'an instance of ReadableStream', stream);
  const reader = stream.getReader();
  let over = false;
  const readable = new Readable({
    ...options,
    read() {
      reader.read().then(({ value, done }) => {
        if (done) {
          over = true;
          this.push(null);
        } else {
          this.push(value);
        }
      }, (error) => {
        over = true;
        this.destroy(error);
      });
    },
    destroy(error, callback) {
      if (over) {
        callback(error);
        return;
      }
      over = true;
      reader.cancel(error ?? undefined).then(() => callback(error), () => callback(error));
    },
  });
  return readable;
}
function fromWebWritable(stream, options) {
  if (!(stream instanceof WritableStream)) throw typeError('writableStream', 'an instance of WritableStream', stream);
  const writer = stream.getWriter();
  let over = false;
  const writable = new Writable({
    ...options,
    write(chunk, encoding, callback) {
      writer.ready.then(() => writer.write(chunk)).then(() => callback(), callback);
    },
    final(callback) {
      over = true;
      writer.close().then(() => callback(), callback);
    },
    destroy(error, callback) {
      if (over) {
        callback(error);
        return;
      }
      over = true;
      (error ? writer.abort(error) : writer.close()).then(() => callback(error), () => callback(error));
    },
  });
  writer.closed.catch((error) => {
    over = true;
    writable.destroy(error);
  });
  return writable;
}
// Chunks go into JavaScript's own kind of bytes: a Buffer may be a part of a larger piece of memory.
const plain = (chunk) => (Buffer.isBuffer(chunk) ? new Uint8Array(chunk) : chunk);

function toWebReadable(readable, options) {
  if (!isReadableNode(readable)) throw typeError('streamReadable', 'an instance of stream.Readable', readable);
  const strategy = options?.strategy ?? (readable.readableObjectMode
    ? new CountQueuingStrategy({ highWaterMark: readable.readableHighWaterMark })
    : { highWaterMark: readable.readableHighWaterMark, size: (chunk) => chunk?.byteLength ?? chunk?.length ?? 1 });
  let over = false;
  let controller;
  const stream = new ReadableStream({
    start(given) {
      controller = given;
    },
    pull() {
      readable.resume();
    },
    cancel(reason) {
      over = true;
      readable.destroy(reason);
    },
  }, strategy);
  finished(readable, { writable: false }, (error) => {
    if (over) return;
    over = true;
    if (error) controller.error(error);
    else controller.close();
  });
  readable.pause();
  readable.on('data', (chunk) => {
    if (over) return;
    controller.enqueue(plain(chunk));
    if (controller.desiredSize <= 0) readable.pause();
  });
  // What is asked for nobody takes before it is read.
  readable.on('error', () => {});
  return stream;
}
function toWebWritable(writable) {
  if (!isWritableNode(writable)) throw typeError('streamWritable', 'an instance of stream.Writable', writable);
  let controller;
  let over = false;
  const strategy = writable.writableObjectMode
    ? new CountQueuingStrategy({ highWaterMark: writable.writableHighWaterMark })
    : { highWaterMark: writable.writableHighWaterMark, size: (chunk) => chunk?.byteLength ?? chunk?.length ?? 1 };
  const stream = new WritableStream({
    start(given) {
      controller = given;
    },
    write(chunk) {
      if (writable.write(chunk instanceof ArrayBuffer ? Buffer.from(chunk) : chunk)) return undefined;
      return new Promise((resolve, reject) => {
        const clean = () => {
          writable.removeListener('drain', onDrain);
          writable.removeListener('close', onClose);
        };
        const onDrain = () => {
          clean();
          resolve();
        };
        const onClose = () => {
          clean();
          reject(writable.errored ?? abortError({}));
        };
        writable.on('drain', onDrain);
        writable.on('close', onClose);
      });
    },
    close() {
      return new Promise((resolve, reject) => writable.end((error) => (error ? reject(error) : resolve())));
    },
    abort(reason) {
      over = true;
      writable.destroy(reason);
    },
  }, strategy);
  finished(writable, { readable: false }, (error) => {
    if (over) return;
    over = true;
    if (error) controller.error(error);
  });
  writable.on('error', () => {});
  return stream;
}

Readable.fromWeb = fromWebReadable;
Readable.toWeb = toWebReadable;
Writable.fromWeb = fromWebWritable;
Writable.toWeb = toWebWritable;
Duplex.toWeb = (duplex) => ({ readable: toWebReadable(duplex), writable: toWebWritable(duplex) });
Duplex.fromWeb = (pair, options) => Duplex.from({ readable: fromWebReadable(pair.readable, options), writable: fromWebWritable(pair.writable, options) });
Object.assign(internal.nodeStreams, { fromWebReadable, fromWebWritable });

// --- pipeline()

// What stands at a place, as a stream; functions are called with what comes before them.
function sourceOf(value, signal) {
  if (value instanceof ReadableStream) return fromWebReadable(value, { objectMode: true });
  if (isWebStream(value)) return Duplex.fromWeb(value, { objectMode: true });
  if (isNodeStream(value)) return value;
  if (typeof value === 'function') {
    const iterable = value({ signal });
    if (isNodeStream(iterable)) return iterable;
    if (typeof iterable?.[Symbol.asyncIterator] !== 'function' && typeof iterable?.[Symbol.iterator] !== 'function') {
      throw typeError('source', 'a function that returns an iterable', iterable);
    }
    return Readable.from(iterable);
  }
  if (typeof value?.[Symbol.asyncIterator] === 'function' || typeof value?.[Symbol.iterator] === 'function') return Readable.from(value);
  throw typeError('source', 'a stream, an iterable or a function', value);
}
function targetOf(value) {
  if (value instanceof WritableStream) return fromWebWritable(value, { objectMode: true });
  if (isWebStream(value)) return Duplex.fromWeb(value, { objectMode: true });
  if (isNodeStream(value)) return value;
  throw typeError('destination', 'a stream or a function', value);
}

function runPipeline(stages, options, callback) {
  if (stages.length === 1 && Array.isArray(stages[0])) [stages] = stages;
  if (stages.length < 2) {
    const error = new TypeError('The "streams" argument must be specified');
    error.code = 'ERR_MISSING_ARGS';
    throw error;
  }
  const abort = new AbortController();
  const streams = [];
  let failure;
  let value;
  let left = 1;
  const done = (error) => {
    // That a stream was closed early is seldom the reason.
    if (error && (!failure || failure.code === 'ERR_STREAM_PREMATURE_CLOSE')) failure = error;
    if (error) {
      abort.abort();
      for (const stream of streams) {
        if (!stream.destroyed && !(stream.readableEnded && stream.writableFinished)) stream.destroy(error);
      }
    }
    if (--left > 0) return;
    options.signal?.removeEventListener('abort', onAbort);
    nextTick(callback, failure, value);
  };
  const onAbort = () => {
    left++;
    done(abortError(options.signal));
  };
  const watch = (stream, reading, writing) => {
    if (streams.includes(stream)) return;
    streams.push(stream);
    left++;
    finished(stream, { readable: reading, writable: writing }, done);
    // Its 'error' is dealt with here, also when it comes after the end.
    stream.on('error', () => {});
  };

  let current = sourceOf(stages[0], abort.signal);
  watch(current, true, false);
  for (let i = 1; i < stages.length; i++) {
    const last = i === stages.length - 1;
    const stage = stages[i];
    if (typeof stage === 'function') {
      const result = stage(current, { signal: abort.signal });
      if (isNodeStream(result)) {
        current = result;
        watch(current, true, false);
      } else if (typeof result?.[Symbol.asyncIterator] === 'function') {
        if (last) {
          left++;
          (async () => {
            for await (const chunk of result) value = chunk;
          })().then(() => done(), done);
          current = new PassThrough({ objectMode: true });
        } else {
          current = Readable.from(result);
          watch(current, true, false);
        }
      } else if (last && typeof result?.then === 'function') {
        left++;
        result.then((given) => {
          value = given;
          done();
        }, done);
        current = new PassThrough({ objectMode: true });
      } else {
        throw typeError('transform', 'a function that returns an async iterable', result);
      }
    } else {
      const target = targetOf(stage);
      watch(target, !last && isReadableNode(target), true);
      const ends = !last || options.end !== false;
      if (!ends) {
        left++;
        finished(current, { writable: false }, done);
      }
      current.pipe(target, { end: ends });
      current = target;
    }
  }
  if (options.signal?.aborted) nextTick(onAbort);
  else options.signal?.addEventListener('abort', onAbort);
  nextTick(done);
  return current;
}
function pipeline(...stages) {
  const callback = stages.pop();
  if (typeof callback !== 'function') throw typeError('streams[stream.length - 1]', 'of type function', callback);
  return runPipeline(stages, {}, callback);
}
function pipelinePromise(...stages) {
  return new Promise((resolve, reject) => {
    const last = stages.at(-1);
    const isOptions = last !== null && typeof last === 'object' && !isNodeStream(last) && !isWebStream(last) &&
      last[Symbol.asyncIterator] === undefined && last[Symbol.iterator] === undefined;
    const options = isOptions ? stages.pop() : {};
    runPipeline(stages, options, (error, value) => (error ? reject(error) : resolve(value)));
  });
}
function finishedPromise(stream, options) {
  return new Promise((resolve, reject) => {
    const forget = finished(stream, options ?? {}, (error) => {
      if (options?.cleanup) forget();
      if (error) reject(error);
      else resolve();
    });
  });
}

// One Duplex of several stages: what is written goes into the first, what is read comes out of the last.
function compose(...stages) {
  const streams = stages.map((stage) => (isNodeStream(stage) ? stage : Duplex.from(stage)));
  if (streams.length === 1) return streams[0];
  const first = streams[0];
  const last = streams.at(-1);
  const duplex = Duplex.from({ readable: isReadableNode(last) ? last : undefined, writable: isWritableNode(first) ? first : undefined });
  runPipeline(streams, {}, (error) => error && duplex.destroy(error));
  return duplex;
}

// --- The methods of iterators

function requireFunction(fn) {
  if (typeof fn !== 'function') throw typeError('fn', 'of type function', fn);
}
function requireCount(number) {
  const count = Number(number);
  if (Number.isNaN(count)) throw typeError('number', 'of type number', number);
  if (count < 0) {
    const error = new RangeError(`The value of "number" is out of range. It must be >= 0. Received ${internal.inspect(number)}`);
    error.code = 'ERR_OUT_OF_RANGE';
    throw error;
  }
  return count;
}
// Results in order, with up to `concurrency` calls under way.
async function* mapped(stream, fn, { concurrency = 1, signal } = {}) {
  const abort = new AbortController();
  const inner = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal;
  const running = [];
  try {
    for await (const chunk of stream) {
      if (signal?.aborted) throw abortError(signal);
      const result = (async () => fn(chunk, { signal: inner }))();
      result.catch(() => {});
      running.push(result);
      if (running.length >= concurrency) yield await running.shift();
    }
    while (running.length > 0) yield await running.shift();
  } finally {
    abort.abort();
  }
}
const streamOf = (iterable) => Readable.from(iterable, { objectMode: true });
const operators = {
  map(fn, options) {
    requireFunction(fn);
    return streamOf(mapped(this, fn, options));
  },
  filter(fn, options) {
    requireFunction(fn);
    const stream = this;
    return streamOf((async function* filtered() {
      for await (const [chunk, keep] of mapped(stream, async (each, context) => [each, await fn(each, context)], options)) if (keep) yield chunk;
    })());
  },
  flatMap(fn, options) {
    requireFunction(fn);
    const stream = this;
    return streamOf((async function* flat() {
      for await (const each of mapped(stream, fn, options)) yield* each;
    })());
  },
  drop(number) {
    let count = requireCount(number);
    const stream = this;
    return streamOf((async function* dropped() {
      for await (const chunk of stream) if (count-- <= 0) yield chunk;
    })());
  },
  take(number) {
    let count = requireCount(number);
    const stream = this;
    return streamOf((async function* taken() {
      if (count === 0) return;
      for await (const chunk of stream) {
        yield chunk;
        if (--count <= 0) return;
      }
    })());
  },
  asIndexedPairs() {
    let index = 0;
    return this.map((chunk) => [index++, chunk]);
  },
  compose(stage) {
    return compose(this, isNodeStream(stage) ? stage : Duplex.from(stage));
  },
};
const promises = {
  async forEach(fn, options) {
    requireFunction(fn);
    for await (const result of mapped(this, fn, options)) void result;
  },
  async toArray(options) {
    const chunks = [];
    for await (const chunk of this) {
      if (options?.signal?.aborted) throw abortError(options.signal);
      chunks.push(chunk);
    }
    return chunks;
  },
  async some(fn, options) {
    requireFunction(fn);
    for await (const result of mapped(this, fn, options)) if (result) return true;
    return false;
  },
  async every(fn, options) {
    requireFunction(fn);
    for await (const result of mapped(this, fn, options)) if (!result) return false;
    return true;
  },
  async find(fn, options) {
    requireFunction(fn);
    for await (const [chunk, found] of mapped(this, async (each, context) => [each, await fn(each, context)], options)) if (found) return chunk;
    return undefined;
  },
  async reduce(fn, ...initial) {
    requireFunction(fn);
    let has = initial.length > 0;
    let value = initial[0];
    for await (const chunk of this) {
      value = has ? await fn(value, chunk, {}) : chunk;
      has = true;
    }
    if (!has) throw typeError('initialValue', 'given for an empty stream', undefined);
    return value;
  },
};
for (const [name, value] of [...Object.entries(operators), ...Object.entries(promises)]) {
  Object.defineProperty(Readable.prototype, name, { __proto__: null, value, writable: true, configurable: true, enumerable: false });
}

// --- What can be asked of a stream

const isErrored = (stream) => Boolean(stream && sidesOf(stream).some((side) => side.errored));
const isDisturbed = (stream) => (stream instanceof ReadableStream ? internal.isDisturbed?.(stream) ?? stream.locked
  : Boolean(stream?._readableState && (stream.readableDidRead || stream.readableAborted)));
const isReadable = (stream) => (stream?._readableState ? stream.readable && !stream.destroyed && !stream.readableEnded : null);
const isWritable = (stream) => (stream?._writableState ? stream.writable && !stream.destroyed && !stream.writableEnded : null);
function destroyAny(stream, error) {
  if (stream && !stream.destroyed) stream.destroy(error ?? abortError({}));
  return stream;
}

const streamPromises = { finished: finishedPromise, pipeline: pipelinePromise };
Object.defineProperty(pipeline, Symbol.for('nodejs.util.promisify.custom'), { __proto__: null, value: pipelinePromise });
Object.defineProperty(finished, Symbol.for('nodejs.util.promisify.custom'), { __proto__: null, value: finishedPromise });
const members = {
  Stream, Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished, compose, addAbortSignal, destroy: destroyAny,
  isErrored, isDisturbed, isReadable, isWritable, getDefaultHighWaterMark, setDefaultHighWaterMark, promises: streamPromises,
  _uint8ArrayToBuffer: viewBytes, _isUint8Array: (value) => value instanceof Uint8Array,
};
Object.assign(Stream, members);
return { __proto__: null, ...members, default: Stream };

'use strict';

// stream.Readable as an async iterator, and from one.

native.builtinModule('verge:node/stream_readable');
const { Readable, finished, streamError, typeError, viewBytes, nextTick } = internal.nodeStreams;

// Chunks as an async iterator; the stream is destroyed when its consumer leaves, unless `destroyOnReturn` is false.
async function* iterate(stream, options) {
  let wake = () => {};
  const ready = () => wake();
  stream.on('readable', ready);
  let over;  // null: the end; an error: that
  const forget = finished(stream, { writable: false }, (error) => {
    over = error ?? null;
    wake();
  });
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (over) throw over;
      else if (over === null) return;
      else await new Promise((resolve) => { wake = resolve; });
    }
  } catch (error) {
    over = error;
    throw error;
  } finally {
    if ((over || options?.destroyOnReturn !== false) && (over === undefined || stream._readableState.autoDestroy)) {
      stream.destroy(null);
    } else {
      stream.off('readable', ready);
      forget();
    }
  }
}
Readable.prototype.iterator = function iterator(options) {
  return iterate(this, options);
};
Readable.prototype[Symbol.asyncIterator] = function asyncIterator() {
  return iterate(this);
};

// A stream of what an iterable gives. A string or bytes are one chunk.
Readable.from = function from(iterable, options) {
  if (typeof iterable === 'string' || viewBytes(iterable) !== null) {
    return new Readable({
      objectMode: true, ...options, read() {
        this.push(iterable);
        this.push(null);
      },
    });
  }
  const isAsync = typeof iterable?.[Symbol.asyncIterator] === 'function';
  if (!isAsync && typeof iterable?.[Symbol.iterator] !== 'function') throw typeError('iterable', 'an instance of Iterable', iterable);
  const iterator = iterable[isAsync ? Symbol.asyncIterator : Symbol.iterator]();
  let running = false;
  const stream = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  stream._read = () => {
    if (running) return;
    running = true;
    pull();
  };
  stream._destroy = (error, callback) => {
    leave(error).then(() => nextTick(callback, error), (failure) => nextTick(callback, failure ?? error));
  };
  async function leave(error) {
    if (error && typeof iterator.throw === 'function') {
      const { value, done } = await iterator.throw(error);
      await value;
      if (done) return;
    }
    if (typeof iterator.return === 'function') await (await iterator.return())?.value;
  }
  async function pull() {
    try {
      for (;;) {
        const { value, done } = isAsync ? await iterator.next() : iterator.next();
        if (done) {
          stream.push(null);
          return;
        }
        const chunk = typeof value?.then === 'function' ? await value : value;
        if (chunk === null) {
          running = false;
          throw streamError('ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
        }
        if (!stream.push(chunk)) {
          running = false;
          return;
        }
      }
    } catch (error) {
      stream.destroy(error);
    }
  }
  return stream;
};

return { __proto__: null, default: Readable };

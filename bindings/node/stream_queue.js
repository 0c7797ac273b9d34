'use strict';

// What a stream.Readable keeps: its queue, and where it stands.

native.builtinModule('verge:node/stream_base');
const { SideState, Buffer } = internal.nodeStreams;
const { StringDecoder } = native.builtinModule('node:string_decoder');

// Chunks in order. Bytes and text can be taken in pieces of any size.
class ChunkQueue {
  #chunks = [];
  #first = 0;

  get count() {
    return this.#chunks.length - this.#first;
  }
  push(chunk) {
    this.#chunks.push(chunk);
  }
  unshift(chunk) {
    if (this.#first > 0) this.#chunks[--this.#first] = chunk;
    else this.#chunks.unshift(chunk);
  }
  peek() {
    return this.#chunks[this.#first];
  }
  shift() {
    const chunk = this.#chunks[this.#first];
    this.#chunks[this.#first++] = undefined;
    if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#first = 0;
    } else if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
    return chunk;
  }
  // All of it in one.
  join() {
    const chunks = this.#chunks.slice(this.#first);
    this.clear();
    if (chunks.length === 1) return chunks[0];
    return typeof chunks[0] === 'string' ? chunks.join('') : Buffer.concat(chunks);
  }
  // The first `size` bytes or characters, which are there.
  take(size) {
    if (this.peek().length === size) return this.shift();
    const parts = [];
    let missing = size;
    while (missing > 0) {
      const chunk = this.shift();
      if (chunk.length <= missing) {
        parts.push(chunk);
        missing -= chunk.length;
      } else {
        parts.push(typeof chunk === 'string' ? chunk.slice(0, missing) : chunk.subarray(0, missing));
        this.unshift(typeof chunk === 'string' ? chunk.slice(missing) : chunk.subarray(missing));
        missing = 0;
      }
    }
    return typeof parts[0] === 'string' ? parts.join('') : Buffer.concat(parts);
  }
  clear() {
    this.#chunks = [];
    this.#first = 0;
  }
  toArray() {
    return this.#chunks.slice(this.#first);
  }
}

class ReadableState extends SideState {
  constructor(options, duplex) {
    super(options, 'readable', duplex);
    this.sync = true;  // what is pushed before anything was read is not given at once
    this.queue = new ChunkQueue();
    this.flowing = null;
    this.paused = false;  // by pause()
    this.ended = false;  // nothing more is pushed
    this.endEmitted = false;
    this.reading = false;  // _read was called and has not pushed since
    this.dataEmitted = false;
    this.told = false;  // 'readable' was emitted for what is there
    this.resuming = false;  // 'resume' is still to be emitted
    this.scheduled = false;
    this.pipes = [];
    this.waitingFor = new Set();  // destinations that are full
    this.decoder = null;
    this.encoding = null;
    if (options?.encoding) {
      this.decoder = new StringDecoder(options.encoding);
      this.encoding = options.encoding;
    }
  }
  get buffer() {
    return this.queue.toArray();
  }
  get readableListening() {
    return this.listening ?? false;
  }
}

Object.assign(internal.nodeStreams, { ReadableState });
return { __proto__: null, default: ReadableState };

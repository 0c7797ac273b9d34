'use strict';

// node:zlib (https://nodejs.org/api/zlib.html) on the codecs of CompressionStream: gzip, deflate, raw deflate, Brotli and
// Zstandard, at once, with a callback, and as streams. Options of compression (level, window, dictionary) have no effect:
// the codecs have their own.

const { Error, RangeError, TypeError, ArrayIsArray } = internal.primordials;
const { Buffer } = native.builtinModule('node:buffer');
const { nextTick } = native.builtinModule('node:process');
const { Transform } = native.builtinModule('node:stream');

const constants = {
  __proto__: null, Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_OK: 0, Z_STREAM_END: 1,
  Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6,
  Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2, Z_RLE: 3,
  Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_WINDOWBITS: 8, Z_MAX_WINDOWBITS: 15, Z_MIN_CHUNK: 64,
  Z_DEFAULT_CHUNK: 16384, Z_DEFAULT_MEMLEVEL: 8, Z_DEFAULT_LEVEL: -1, BROTLI_DECODE: 8, BROTLI_ENCODE: 9, BROTLI_OPERATION_PROCESS: 0,
  BROTLI_OPERATION_FLUSH: 1, BROTLI_OPERATION_FINISH: 2, BROTLI_PARAM_MODE: 0, BROTLI_MODE_GENERIC: 0, BROTLI_MODE_TEXT: 1,
  BROTLI_PARAM_QUALITY: 1, BROTLI_MIN_QUALITY: 0, BROTLI_MAX_QUALITY: 11, BROTLI_DEFAULT_QUALITY: 11, BROTLI_PARAM_LGWIN: 2,
  BROTLI_PARAM_SIZE_HINT: 5, ZSTD_c_compressionLevel: 100, ZSTD_CLEVEL_DEFAULT: 3,
};
const codes = {};
for (const name of ['Z_OK', 'Z_STREAM_END', 'Z_NEED_DICT', 'Z_ERRNO', 'Z_STREAM_ERROR', 'Z_DATA_ERROR', 'Z_MEM_ERROR', 'Z_BUF_ERROR', 'Z_VERSION_ERROR']) {
  codes[name] = constants[name];
  codes[constants[name]] = name;
}

function toBytes(data) {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const error = new TypeError(`The "buffer" argument must be of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer. Received ${internal.inspect(data)}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

// As zlib has them.
function dataError(cause) {
  const error = new Error(cause.message.replace(/^.*Decompression failed:? ?/, '').replace(/\.$/, '') || 'incorrect data');
  error.code = 'Z_DATA_ERROR';
  error.errno = constants.Z_DATA_ERROR;
  return error;
}
function endError() {
  const error = new Error('unexpected end of file');
  error.code = 'Z_BUF_ERROR';
  error.errno = constants.Z_BUF_ERROR;
  return error;
}

// gzip and zlib begin with what tells them apart.
const formatOf = (first) => (first === 0x1f ? 'gzip' : 'deflate');

// One run of a codec. Gives what comes of each piece as a list.
class Engine {
  #codec;
  #decompress;
  #size = 0;
  #most;

  constructor(format, decompress, options) {
    this.#decompress = decompress;
    this.#most = decompress ? options?.maxOutputLength ?? Infinity : Infinity;
    if (format !== 'unzip') this.#codec = native.createCompressionCodec(format, decompress);
  }
  #list(output) {
    const list = output === undefined ? [] : ArrayIsArray(output) ? output : [output];
    for (const each of list) this.#size += each.byteLength;
    if (this.#size > this.#most) {
      const error = new RangeError(`Cannot create a Buffer larger than ${this.#most} bytes`);
      error.code = 'ERR_BUFFER_TOO_LARGE';
      throw error;
    }
    return list.map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength));
  }
  // What goes wrong is the data's fault; what is found out at its end, that there is more to come.
  #run(call, failure) {
    let output;
    try {
      output = call();
    } catch (error) {
      throw this.#decompress ? failure(error) : error;
    }
    return this.#list(output);
  }
  write(bytes) {
    if (bytes.byteLength === 0) return [];
    this.#codec ??= native.createCompressionCodec(formatOf(bytes[0]), true);
    return this.#run(() => this.#codec.write(bytes), dataError);
  }
  finish() {
    if (this.#codec === undefined) throw endError();
    return this.#run(() => this.#codec.finish(), endError);
  }
}

function process(format, decompress, data, options) {
  const engine = new Engine(format, decompress, options);
  return Buffer.concat([...engine.write(toBytes(data)), ...engine.finish()]);
}

const kinds = [
  ['Gzip', 'gzip', 'gzip', false], ['Gunzip', 'gunzip', 'gzip', true], ['Deflate', 'deflate', 'deflate', false],
  ['Inflate', 'inflate', 'deflate', true], ['DeflateRaw', 'deflateRaw', 'deflate-raw', false],
  ['InflateRaw', 'inflateRaw', 'deflate-raw', true], ['Unzip', 'unzip', 'unzip', true],
  ['BrotliCompress', 'brotliCompress', 'brotli', false], ['BrotliDecompress', 'brotliDecompress', 'brotli', true],
  ['ZstdCompress', 'zstdCompress', 'zstd', false], ['ZstdDecompress', 'zstdDecompress', 'zstd', true],
];

function classOf(name, format, decompress) {
  function Zlib(options) {
    if (!(this instanceof Zlib)) return new Zlib(options);
    Transform.call(this, options);
    this.bytesWritten = 0;
    this._engine = new Engine(format, decompress, options);
  }
  Object.setPrototypeOf(Zlib.prototype, Transform.prototype);
  Object.setPrototypeOf(Zlib, Transform);
  Object.defineProperty(Zlib, 'name', { __proto__: null, value: name });
  Object.assign(Zlib.prototype, methods);
  return Zlib;
}
const methods = {
  _transform(chunk, encoding, callback) {
    try {
      this.bytesWritten += chunk.length;
      for (const each of this._engine.write(chunk)) this.push(each);
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  },
  _flush(callback) {
    try {
      for (const each of this._engine.finish()) this.push(each);
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  },
  // The codecs give what they have when they like: there is nothing to force.
  flush(kind, callback = kind) {
    if (typeof callback === 'function') nextTick(callback);
  },
  close(callback) {
    if (typeof callback === 'function') this.once('close', callback);
    this.destroy();
  },
};

const members = { constants, codes };
for (const [name, method, format, decompress] of kinds) {
  members[`${method}Sync`] = (data, options) => process(format, decompress, data, options);
  members[method] = (data, options, callback = options) => {
    const bytes = toBytes(data);
    // Later, as in Node.js, though it is done here.
    nextTick(() => {
      let result;
      try {
        result = process(format, decompress, bytes, options);
      } catch (error) {
        callback(error);
        return;
      }
      callback(null, result);
    });
  };
  const Class = classOf(name, format, decompress);
  members[name] = Class;
  members[`create${name}`] = (options) => new Class(options);
}

const table = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  table[i] = value;
}
members.crc32 = (data, value = 0) => {
  const bytes = toBytes(data);
  let crc = ~value;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
};
for (const name of Object.keys(constants)) {
  if (name.startsWith('Z_')) members[name] = constants[name];
}

return { __proto__: null, ...members, default: members };

'use strict';

// node:buffer (https://nodejs.org/api/buffer.html): Buffer, also the global.

const { ObjectDefineProperty, RangeError, Symbol, TypeError, Uint8Array } = internal.primordials;

const kMaxLength = 0x7fffffff;
const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const atob = globalThis.atob;
const btoa = globalThis.btoa;

function coded(error, code) {
  error.code = code;
  return error;
}
const wrongType = (name, types, value) => coded(
  new TypeError(`The ${name} must be ${types}. Received ${value === null || value === undefined ? value : `type ${typeof value}`}`), 'ERR_INVALID_ARG_TYPE');
const outOfRange = (name, range, value) => coded(
  new RangeError(`The value of "${name}" is out of range. It must be ${range}. Received ${String(value)}`), 'ERR_OUT_OF_RANGE');

const encodings = {
  __proto__: null, utf8: 'utf8', 'utf-8': 'utf8', ucs2: 'utf16le', 'ucs-2': 'utf16le', utf16le: 'utf16le', 'utf-16le': 'utf16le',
  latin1: 'latin1', binary: 'latin1', ascii: 'ascii', hex: 'hex', base64: 'base64', base64url: 'base64url',
};

function encodingOf(name) {
  if (name === undefined || name === null || name === '') return 'utf8';
  const found = encodings[String(name).toLowerCase()];
  if (found === undefined) throw coded(new TypeError(`Unknown encoding: ${name}`), 'ERR_UNKNOWN_ENCODING');
  return found;
}

function bytesOf(text, encoding) {
  switch (encodingOf(encoding)) {
    case 'utf8':
      return encoder.encode(text);
    case 'utf16le': {
      const bytes = new Uint8Array(text.length * 2);
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        bytes[2 * i] = unit;
        bytes[2 * i + 1] = unit >> 8;
      }
      return bytes;
    }
    case 'hex': {
      const bytes = new Uint8Array(text.length >> 1);
      for (let i = 0; i < bytes.length; i++) {
        const pair = text.slice(2 * i, 2 * i + 2);
        if (!/^[0-9a-fA-F]{2}$/.test(pair)) return bytes.subarray(0, i);
        bytes[i] = parseInt(pair, 16);
      }
      return bytes;
    }
    case 'base64':
    case 'base64url': {
      // As lenient as Node.js: both alphabets, no padding needed, whatever else is there is passed over.
      let digits = text.split('=', 1)[0].replace(/[^A-Za-z0-9+/_-]/g, '').replaceAll('-', '+').replaceAll('_', '/');
      if (digits.length % 4 === 1) digits = digits.slice(0, -1);
      return bytesOf(atob(digits), 'latin1');
    }
    default: {  // latin1, ascii
      const bytes = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
      return bytes;
    }
  }
}

// String.fromCharCode of many bytes, in steps that fit the stack.
function latin1(bytes, mask = 0xff) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    const part = bytes.subarray(at, at + 4096);
    text += String.fromCharCode.apply(null, mask === 0xff ? part : part.map((byte) => byte & mask));
  }
  return text;
}

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function textOf(bytes, encoding) {
  switch (encodingOf(encoding)) {
    case 'utf8':
      return utf8.decode(bytes);
    case 'utf16le':
      return latin1Pairs(bytes);
    case 'hex': {
      let text = '';
      for (let i = 0; i < bytes.length; i++) text += hexDigits[bytes[i]];
      return text;
    }
    case 'base64':
      return btoa(latin1(bytes));
    case 'base64url':
      return btoa(latin1(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
    case 'ascii':
      return latin1(bytes, 0x7f);
    default:
      return latin1(bytes);
  }
}

// Lone surrogates stay what they are.
function latin1Pairs(bytes) {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) text += String.fromCharCode(bytes[i] | (bytes[i + 1] << 8));
  return text;
}

function requireSize(size) {
  if (typeof size !== 'number') throw wrongType('"size" argument', 'of type number', size);
  if (!(size >= 0 && size <= kMaxLength)) throw outOfRange('size', `>= 0 && <= ${kMaxLength}`, size);
}

const asBuffer = (bytes) => new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

class FastBuffer extends Uint8Array {}

function Buffer(value, encodingOrOffset, length) {
  if (typeof value === 'number') return Buffer.alloc(value);
  return Buffer.from(value, encodingOrOffset, length);
}
Buffer.prototype = FastBuffer.prototype;
ObjectDefineProperty(FastBuffer.prototype, 'constructor', { __proto__: null, value: Buffer, writable: true, configurable: true });
ObjectDefineProperty(Buffer, Symbol.species, { __proto__: null, get: () => FastBuffer, configurable: true });
Object.setPrototypeOf(Buffer, Uint8Array);

const statics = {
  poolSize: 8192,
  from(value, encodingOrOffset, length) {
    if (typeof value === 'string') return asBuffer(bytesOf(value, encodingOrOffset));
    if (value !== null && typeof value === 'object') {
      if (value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)) {
        return new FastBuffer(value, encodingOrOffset, length);
      }
      if (ArrayBuffer.isView(value)) {
        const copy = new FastBuffer(value.length ?? value.byteLength);
        copy.set(value.length === undefined ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value);
        return copy;
      }
      const primitive = value.valueOf?.();
      if (primitive !== null && primitive !== undefined && primitive !== value && typeof primitive !== 'function') return Buffer.from(primitive, encodingOrOffset, length);
      if (value.type === 'Buffer' && Array.isArray(value.data)) return new FastBuffer(value.data);
      if (typeof value.length === 'number' || Array.isArray(value)) return new FastBuffer(Array.from(value));
      if (typeof value[Symbol.toPrimitive] === 'function') return Buffer.from(value[Symbol.toPrimitive]('string'), encodingOrOffset);
    }
    throw wrongType('first argument', 'of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object', value);
  },
  of: (...bytes) => new FastBuffer(bytes),
  alloc(size, fill, encoding) {
    requireSize(size);
    const made = new FastBuffer(size);
    return fill === undefined || fill === 0 || size === 0 ? made : made.fill(fill, encoding);
  },
  allocUnsafe(size) {
    requireSize(size);
    return new FastBuffer(size);
  },
  allocUnsafeSlow(size) {
    requireSize(size);
    return new FastBuffer(size);
  },
  isBuffer: (value) => value instanceof FastBuffer,
  isEncoding: (name) => typeof name === 'string' && encodings[name.toLowerCase()] !== undefined,
  byteLength(value, encoding) {
    if (typeof value !== 'string') {
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
      throw wrongType('"string" argument', 'of type string or an instance of Buffer or ArrayBuffer', value);
    }
    return bytesOf(value, encodings[String(encoding).toLowerCase()] ?? 'utf8').length;
  },
  compare(a, b) {
    if (!(a instanceof Uint8Array)) throw wrongType('"buf1" argument', 'an instance of Buffer or Uint8Array', a);
    if (!(b instanceof Uint8Array)) throw wrongType('"buf2" argument', 'an instance of Buffer or Uint8Array', b);
    const common = Math.min(a.length, b.length);
    for (let i = 0; i < common; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return a.length < b.length ? -1 : a.length > b.length ? 1 : 0;
  },
  concat(list, total = list.reduce((sum, each) => sum + each.length, 0)) {
    if (!Array.isArray(list)) throw wrongType('"list" argument', 'an instance of Array', list);
    const made = new FastBuffer(total);
    let at = 0;
    for (const each of list) {
      if (!(each instanceof Uint8Array)) throw wrongType('"list" argument\'s element', 'an instance of Buffer or Uint8Array', each);
      if (at >= total) break;
      made.set(each.length > total - at ? each.subarray(0, total - at) : each, at);
      at += each.length;
    }
    return made;
  },
  copyBytesFrom(view, offset = 0, length = view.length - offset) {
    const part = view.subarray(offset, offset + length);
    return Buffer.from(part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength));
  },
};

const clamp = (value, fallback, max) => {
  const number = value === undefined ? fallback : Math.trunc(Number(value)) || 0;
  return Math.max(0, Math.min(max, number < 0 ? number + max : number));
};

// What is looked for, and where: -1 when it is not there.
function search(buffer, value, offset, encoding, last) {
  if (typeof offset === 'string') [encoding, offset] = [offset, undefined];
  if (typeof value === 'number') value = new Uint8Array([value & 255]);
  else if (typeof value === 'string') value = bytesOf(value, encoding);
  else if (!(value instanceof Uint8Array)) throw wrongType('"value" argument', 'one of type number or string or an instance of Buffer or Uint8Array', value);
  const most = buffer.length - value.length;
  let at = Math.trunc(Number(offset ?? (last ? buffer.length : 0)));
  if (Number.isNaN(at)) at = last ? buffer.length : 0;
  if (at < 0) at += buffer.length;
  if (last ? at < 0 : at > buffer.length) return -1;
  at = last ? Math.min(at, most) : Math.max(at, 0);
  for (; last ? at >= 0 : at <= most; at += last ? -1 : 1) {
    let same = 0;
    while (same < value.length && buffer[at + same] === value[same]) same++;
    if (same === value.length) return at;
  }
  return -1;
}

function swap(buffer, size) {
  if (buffer.length % size !== 0) throw coded(new RangeError(`Buffer size must be a multiple of ${8 * size}-bits`), 'ERR_INVALID_BUFFER_SIZE');
  for (let at = 0; at < buffer.length; at += size) buffer.subarray(at, at + size).reverse();
  return buffer;
}

const methods = {
  toString(encoding, start, end) {
    if (arguments.length === 0) return utf8.decode(this);
    const from = clamp(start, 0, this.length);
    const to = end === undefined ? this.length : Math.max(0, Math.min(this.length, Math.trunc(Number(end)) || 0));
    return from >= to ? '' : textOf(this.subarray(from, to), encoding);
  },
  toJSON() {
    return { type: 'Buffer', data: Array.from(this) };
  },
  equals(other) {
    return this === other || statics.compare(this, other) === 0;
  },
  compare(other, otherStart = 0, otherEnd = other.length, start = 0, end = this.length) {
    return statics.compare(this.subarray(start, end), other.subarray(otherStart, otherEnd));
  },
  copy(target, targetStart = 0, start = 0, end = this.length) {
    const part = this.subarray(start, Math.min(end, start + Math.max(0, target.length - targetStart)));
    target.set(part, targetStart);
    return part.length;
  },
  slice(start, end) {
    return this.subarray(start, end);
  },
  write(text, offset, length, encoding) {
    if (typeof offset === 'string') [encoding, offset, length] = [offset, 0, undefined];
    else if (typeof length === 'string') [encoding, length] = [length, undefined];
    if (typeof text !== 'string') throw wrongType('"string" argument', 'of type string', text);
    offset ??= 0;
    if (offset < 0 || offset > this.length) throw outOfRange('offset', `>= 0 && <= ${this.length}`, offset);
    const room = Math.min(length ?? Infinity, this.length - offset);
    if (encodingOf(encoding) === 'utf8') return encoder.encodeInto(text, this.subarray(offset, offset + room)).written;
    const bytes = bytesOf(text, encoding);
    this.set(bytes.subarray(0, room), offset);
    return Math.min(bytes.length, room);
  },
  fill(value, offset, end, encoding) {
    if (typeof offset === 'string') [encoding, offset, end] = [offset, 0, this.length];
    else if (typeof end === 'string') [encoding, end] = [end, this.length];
    offset ??= 0;
    end ??= this.length;
    if (typeof value === 'string') value = bytesOf(value, encoding);
    if (!(value instanceof Uint8Array)) {
      Uint8Array.prototype.fill.call(this, Number(value) & 255, offset, end);
      return this;
    }
    if (value.length === 0) {
      Uint8Array.prototype.fill.call(this, 0, offset, end);
      return this;
    }
    for (let at = offset; at < end; at++) this[at] = value[(at - offset) % value.length];
    return this;
  },
  indexOf(value, offset, encoding) {
    return search(this, value, offset, encoding, false);
  },
  lastIndexOf(value, offset, encoding) {
    return search(this, value, offset, encoding, true);
  },
  includes(value, offset, encoding) {
    return search(this, value, offset, encoding, false) !== -1;
  },
  swap16() {
    return swap(this, 2);
  },
  swap32() {
    return swap(this, 4);
  },
  swap64() {
    return swap(this, 8);
  },
};

const viewOf = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

function requireOffset(buffer, offset, size) {
  if (typeof offset !== 'number') throw wrongType('"offset" argument', 'of type number', offset);
  if (!Number.isInteger(offset) || offset < 0 || offset > buffer.length - size) {
    if (buffer.length < size) throw coded(new RangeError('Attempt to access memory outside buffer bounds'), 'ERR_BUFFER_OUT_OF_BOUNDS');
    throw outOfRange('offset', Number.isInteger(offset) ? `>= 0 and <= ${buffer.length - size}` : 'an integer', offset);
  }
}

// readInt32LE, writeDoubleBE and so on: [name, DataView's name, bytes, lowest, highest]
const numbers = [
  ['UInt8', 'Uint8', 1, 0, 0xff], ['Int8', 'Int8', 1, -0x80, 0x7f], ['UInt16', 'Uint16', 2, 0, 0xffff], ['Int16', 'Int16', 2, -0x8000, 0x7fff],
  ['UInt32', 'Uint32', 4, 0, 0xffffffff], ['Int32', 'Int32', 4, -0x80000000, 0x7fffffff],
  ['BigUInt64', 'BigUint64', 8, 0n, 0xffffffffffffffffn], ['BigInt64', 'BigInt64', 8, -0x8000000000000000n, 0x7fffffffffffffffn],
  ['Float', 'Float32', 4], ['Double', 'Float64', 8],
];
for (const [name, of, size, lowest, highest] of numbers) {
  for (const order of size === 1 ? [''] : ['LE', 'BE']) {
    const read = function (offset = 0) {
      requireOffset(this, offset, size);
      return viewOf(this)[`get${of}`](offset, order === 'LE');
    };
    const write = function (value, offset = 0) {
      if (lowest !== undefined && (value < lowest || value > highest)) throw outOfRange('value', `>= ${lowest} and <= ${highest}`, value);
      requireOffset(this, offset, size);
      viewOf(this)[`set${of}`](offset, value, order === 'LE');
      return offset + size;
    };
    methods[`read${name}${order}`] = read;
    methods[`write${name}${order}`] = write;
    if (name.includes('UInt')) {
      methods[`read${name.replace('UInt', 'Uint')}${order}`] = read;
      methods[`write${name.replace('UInt', 'Uint')}${order}`] = write;
    }
  }
}

// Of one to six bytes.
function requireByteLength(size) {
  if (!Number.isInteger(size) || size < 1 || size > 6) throw outOfRange('byteLength', '>= 1 and <= 6', size);
}
for (const order of ['LE', 'BE']) {
  const place = (offset, size, i) => offset + (order === 'LE' ? i : size - 1 - i);
  const readUnsigned = function (offset, size) {
    requireByteLength(size);
    requireOffset(this, offset, size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this[place(offset, size, i)];
    return value;
  };
  const readSigned = function (offset, size) {
    const value = readUnsigned.call(this, offset, size);
    return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  };
  const write = (lowest, highest) => function (value, offset, size) {
    requireByteLength(size);
    if (value < lowest(size) || value > highest(size)) throw outOfRange('value', `>= ${lowest(size)} and <= ${highest(size)}`, value);
    requireOffset(this, offset, size);
    let rest = value < 0 ? value + 2 ** (8 * size) : value;
    for (let i = 0; i < size; i++) {
      this[place(offset, size, i)] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return offset + size;
  };
  methods[`readUInt${order}`] = methods[`readUint${order}`] = readUnsigned;
  methods[`readInt${order}`] = readSigned;
  methods[`writeUInt${order}`] = methods[`writeUint${order}`] = write(() => 0, (size) => 2 ** (8 * size) - 1);
  methods[`writeInt${order}`] = write((size) => -(2 ** (8 * size - 1)), (size) => 2 ** (8 * size - 1) - 1);
}
methods.toLocaleString = methods.toString;

const hidden = (object, properties) => {
  for (const name of Reflect.ownKeys(properties)) {
    ObjectDefineProperty(object, name, { __proto__: null, value: properties[name], writable: true, enumerable: false, configurable: true });
  }
};
hidden(Buffer, statics);
hidden(Buffer.prototype, methods);
for (const [name, key] of [['parent', 'buffer'], ['offset', 'byteOffset']]) {
  ObjectDefineProperty(Buffer.prototype, name, { __proto__: null, get() { return this[key]; }, configurable: true });
}

function transcode(bytes, from, to) {
  return Buffer.from(Buffer.from(bytes).toString(from), to);
}
const isUtf8 = (bytes) => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};
const isAscii = (bytes) => new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength).every((byte) => byte < 128);

internal.nodeBuffer = { Buffer, asBuffer, bytesOf, textOf, encodingOf };

const module = {
  Buffer, SlowBuffer: Buffer, Blob, File, atob, btoa, transcode, isUtf8, isAscii, kMaxLength, kStringMaxLength: 0x1fffffe8, INSPECT_MAX_BYTES: 50,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: 0x1fffffe8 },
};

return { __proto__: null, ...module, default: module };

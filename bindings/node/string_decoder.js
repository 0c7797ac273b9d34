'use strict';

// node:string_decoder (https://nodejs.org/api/string_decoder.html).

const { Buffer, encodingOf } = native.builtinModule('node:buffer') && internal.nodeBuffer;

// Bytes of one character that may still be incomplete, for each encoding.
const units = { __proto__: null, utf16le: 2, base64: 3, base64url: 3 };

class StringDecoder {
  #decoder;
  #rest = Buffer.alloc(0);

  constructor(encoding) {
    this.encoding = encodingOf(encoding);
    if (this.encoding === 'utf8') this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  }

  write(bytes) {
    if (typeof bytes === 'string') return bytes;
    if (this.#decoder) return this.#decoder.decode(bytes, { stream: true });
    const unit = units[this.encoding] ?? 1;
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % unit);
    this.#rest = all.subarray(whole);
    return all.toString(this.encoding, 0, whole);
  }

  end(bytes) {
    let text = bytes === undefined ? '' : this.write(bytes);
    if (this.#decoder) return text + this.#decoder.decode();
    text += this.#rest.toString(this.encoding);
    this.#rest = Buffer.alloc(0);
    return text;
  }
}

return { __proto__: null, StringDecoder, default: { StringDecoder } };

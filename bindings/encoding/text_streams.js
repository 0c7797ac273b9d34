'use strict';

// TextDecoderStream and TextEncoderStream (https://encoding.spec.whatwg.org/#interface-textdecoderstream).

const {
  defineInterface, StringPrototypeCharCodeAt, StringPrototypeSlice, getter,
} = internal.primordials;
const { toDOMString } = internal.webidl;
const { streams } = internal;
const {
  CreateTransformStream, TransformStreamDefaultControllerEnqueue, wrapReadable, wrapWritable,
} = streams;

const { TextDecoder } = native.classes;
const TextDecoderPrototypeGetEncoding = getter(TextDecoder.prototype, 'encoding');
const TextDecoderPrototypeGetFatal = getter(TextDecoder.prototype, 'fatal');
const TextDecoderPrototypeGetIgnoreBOM = getter(TextDecoder.prototype, 'ignoreBOM');

class TextDecoderStream {
  #decoder;
  #transform;

  constructor(label = undefined, options = undefined) {
    const decoder = native.createStreamDecoder(label, options);
    this.#decoder = decoder;
    this.#transform = CreateTransformStream((chunk, stream) => {
      const text = native.decodeChunk(decoder, chunk, true);
      if (text !== '') TransformStreamDefaultControllerEnqueue(stream, text);
    }, (stream) => {
      const text = native.decodeChunk(decoder, undefined, false);
      if (text !== '') TransformStreamDefaultControllerEnqueue(stream, text);
    }, undefined);
  }

  get encoding() { return TextDecoderPrototypeGetEncoding(this.#decoder); }
  get fatal() { return TextDecoderPrototypeGetFatal(this.#decoder); }
  get ignoreBOM() { return TextDecoderPrototypeGetIgnoreBOM(this.#decoder); }
  get readable() { return wrapReadable(this.#transform.readable); }
  get writable() { return wrapWritable(this.#transform.writable); }
}
defineInterface(TextDecoderStream);

class TextEncoderStream {
  #transform;

  constructor() {
    // A chunk may end in the middle of a character: the first half, a leading surrogate, is kept.
    let leading = '';
    this.#transform = CreateTransformStream((chunk, stream) => {
      let text = toDOMString(chunk);
      if (text === '') return;
      if (leading !== '') {
        text = leading + text;
        leading = '';
      }
      const last = text.length - 1;
      if ((StringPrototypeCharCodeAt(text, last) & 0xfc00) === 0xd800) {
        leading = text[last];
        if (last === 0) return;
        text = StringPrototypeSlice(text, 0, last);
      }
      TransformStreamDefaultControllerEnqueue(stream, native.encodeChunk(text));
    }, (stream) => {
      if (leading !== '') TransformStreamDefaultControllerEnqueue(stream, native.encodeChunk(leading));
    }, undefined);
  }

  get encoding() {
    this.#transform;  // refuses other receivers
    return 'utf-8';
  }
  get readable() { return wrapReadable(this.#transform.readable); }
  get writable() { return wrapWritable(this.#transform.writable); }
}
defineInterface(TextEncoderStream);

internal.TextDecoderStream = TextDecoderStream;
internal.TextEncoderStream = TextEncoderStream;

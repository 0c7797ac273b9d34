'use strict';

// CompressionStream and DecompressionStream (https://compression.spec.whatwg.org/). The work is done
// by a codec in C++, one call for each chunk.

const { ArrayIsArray, defineInterface, TypeError } = internal.primordials;
const { constructContext, requireConstructorArguments, toDOMString } = internal.webidl;
const { streams } = internal;
const {
  CreateTransformStream, TransformStreamDefaultControllerEnqueue, wrapReadable, wrapWritable,
} = streams;

// What a codec gave: nothing, one piece, or many.
function enqueueOutput(stream, output) {
  if (output === undefined) return;
  if (!ArrayIsArray(output)) {
    TransformStreamDefaultControllerEnqueue(stream, output);
    return;
  }
  for (let i = 0; i < output.length; i++) TransformStreamDefaultControllerEnqueue(stream, output[i]);
}

// GenericTransformStream around a codec.
function createCodecStream(name, argumentCount, format, decompress) {
  requireConstructorArguments(argumentCount, 1, name);
  format = toDOMString(format);
  const codec = native.createCompressionCodec(format, decompress);
  if (codec === undefined) {
    throw new TypeError(`${constructContext(name)}: Unsupported compression format: '${format}'`);
  }
  return CreateTransformStream((chunk, stream) => enqueueOutput(stream, codec.write(chunk)),
                               (stream) => enqueueOutput(stream, codec.finish()), undefined);
}

class CompressionStream {
  #transform;

  constructor(format) {
    this.#transform = createCodecStream('CompressionStream', arguments.length, format, false);
  }

  get readable() { return wrapReadable(this.#transform.readable); }
  get writable() { return wrapWritable(this.#transform.writable); }
}
defineInterface(CompressionStream);

class DecompressionStream {
  #transform;

  constructor(format) {
    this.#transform = createCodecStream('DecompressionStream', arguments.length, format, true);
  }

  get readable() { return wrapReadable(this.#transform.readable); }
  get writable() { return wrapWritable(this.#transform.writable); }
}
defineInterface(DecompressionStream);

internal.CompressionStream = CompressionStream;
internal.DecompressionStream = DecompressionStream;

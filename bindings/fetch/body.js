'use strict';

// The rare paths of request and response bodies: those on which JavaScript holds a stream.

const { uncurryThis } = internal.primordials;
const {
  IdentityTransformStream, ReadableStream, createBodyPump, createNativeStream, readAllBytes,
  rejectionOfErrored, streamExpectedLength, takeNativeSource,
} = internal;
const pipeThrough = uncurryThis(ReadableStream.prototype.pipeThrough);

// Reads a stream to its end and converts its bytes; `want` is C++'s number for text, JSON and so on.
internal.consumeStream = (stream, want, contentType) =>
  // One that failed already (its fetch() was aborted) says so as often as it is asked.
  rejectionOfErrored(stream) ??
  readAllBytes(stream, (bytes) => native.convertBody(bytes, want, contentType));

// The stream of a body that was read before anybody asked for the stream.
internal.exhaustStream = (stream) => {
  if (takeNativeSource(stream) === undefined) readAllBytes(stream);
};

// A new stream with what `stream` has; `stream` stays behind, locked.
internal.moveStream = (stream) => {
  const source = takeNativeSource(stream);
  return source === undefined ? pipeThrough(stream, new IdentityTransformStream()) : createNativeStream(source);
};

// A pump that reports to a C++ object.
internal.pumpStream = (stream, target) => {
  const length = streamExpectedLength(stream);
  if (length !== undefined) target.expect(length);
  return createBodyPump(stream, (chunk) => target.chunk(chunk), () => target.end(), (error) => target.error(error));
};

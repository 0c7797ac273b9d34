'use strict';

// Streams as transferable objects (Streams §4.2.5, §5.2.5, §6.2.4): what takes over is the far end of a pipe through
// which every chunk is cloned. The stream itself stays where it is, locked.

const {
  DOMException, isReadableStream, isWritableStream, isTransformStream, moveTransformStream, setTransferable, streams,
} = internal;
const {
  CreateTransformStream, ReadableStreamPipeTo, TransformStreamDefaultControllerEnqueue, markAsHandled, readableState,
  wrapReadable, wrapWritable, writableState,
} = streams;

const options = { __proto__: null };

function createCloningPipe() {
  const clone = (chunk, pipe) => TransformStreamDefaultControllerEnqueue(pipe, native.structuredClone(chunk));
  return CreateTransformStream(clone, undefined, undefined);
}

function requireUnlocked(isLocked) {
  if (isLocked) throw new DOMException('A stream that is locked cannot be transferred.', 'DataCloneError');
}

function transferReadable(stream) {
  requireUnlocked(stream.reader !== undefined);
  const pipe = createCloningPipe();
  markAsHandled(ReadableStreamPipeTo(stream, pipe.writable, options));
  return pipe.readable;
}

function transferWritable(stream) {
  requireUnlocked(stream.writer !== undefined);
  const pipe = createCloningPipe();
  markAsHandled(ReadableStreamPipeTo(pipe.readable, stream, options));
  return pipe.writable;
}

setTransferable(isReadableStream, (stream) => wrapReadable(transferReadable(readableState(stream))));
setTransferable(isWritableStream, (stream) => wrapWritable(transferWritable(writableState(stream))));
setTransferable(isTransformStream, (stream) => moveTransformStream(stream, ({ readable, writable }) => {
  requireUnlocked(readable.reader !== undefined || writable.writer !== undefined);
  return { __proto__: null, readable: transferReadable(readable), writable: transferWritable(writable) };
}));

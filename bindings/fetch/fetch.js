'use strict';

// What fetch() does with an AbortSignal. `handle` is C++'s: its abort() ends the request, or the body once it is there.

const { abortReason, addAbortAlgorithm, bindNativeStream, createNativeStream, errorStream, isAborted } = internal;
const { WeakMap, WeakMapPrototypeGet, WeakMapPrototypeSet } = internal.primordials;

const streams = new WeakMap();

internal.abortFetchBy = (signal, handle) => {
  if (isAborted(signal)) {
    handle.abort(abortReason(signal));
    return;
  }
  addAbortAlgorithm(signal, (reason) => {
    // First the stream: its readers are to hear the signal's reason, not what becomes of the connection.
    const stream = WeakMapPrototypeGet(streams, handle);
    if (stream !== undefined) errorStream(stream, reason);
    handle.abort(reason);
  });
};

internal.throwIfAborted = (signal) => {
  if (isAborted(signal)) throw abortReason(signal);
};

internal.createAbortableStream = (source, handle) => {
  const stream = createNativeStream(source);
  bindNativeStream(stream);
  WeakMapPrototypeSet(streams, handle, stream);
  return stream;
};

'use strict';

// What console shows of the interfaces that are written in JavaScript. Their state is in private
// fields, so without this they would all look empty.

const { setInspector } = internal;
const { eventState } = internal;
const { readableState, writableState } = internal.streams;

setInspector(internal.Event, (event) => {
  const state = eventState(event);
  return {
    __proto__: null,
    type: state.type,
    defaultPrevented: state.canceled,
    cancelable: state.cancelable,
    timeStamp: state.timeStamp,
  };
});

setInspector(internal.EventTarget, (target) => {
  internal.eventTargetState(target);  // checks that it is one
  return { __proto__: null };
});

setInspector(internal.AbortSignal, (signal) => {
  const aborted = internal.isAborted(signal);
  return aborted ? { __proto__: null, aborted, reason: internal.abortReason(signal) }
    : { __proto__: null, aborted };
});

setInspector(internal.ReadableStream, (stream) => {
  const state = readableState(stream);
  return {
    __proto__: null,
    locked: state.reader !== undefined,
    state: state.state,
    supportsBYOB: state.controller.isByte,
  };
});

setInspector(internal.WritableStream, (stream) => {
  const state = writableState(stream);
  return { __proto__: null, locked: state.writer !== undefined, state: state.state };
});

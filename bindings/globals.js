'use strict';

// The last script: puts what the others made on the global object
// (https://webidl.spec.whatwg.org/#define-the-global-property-references).

const { defineProperty } = Object;

const interfaces = [
  'DOMException',
  'Event',
  'EventTarget',
  'CustomEvent',
  'ErrorEvent',
  'PromiseRejectionEvent',
  'MessageEvent',
  'CloseEvent',
  'ExtendableEvent',
  'FetchEvent',
  'AbortController',
  'AbortSignal',
  'ReadableStream',
  'ReadableStreamDefaultReader',
  'ReadableStreamBYOBReader',
  'ReadableStreamDefaultController',
  'ReadableByteStreamController',
  'ReadableStreamBYOBRequest',
  'WritableStream',
  'WritableStreamDefaultWriter',
  'WritableStreamDefaultController',
  'TransformStream',
  'TransformStreamDefaultController',
  'ByteLengthQueuingStrategy',
  'CountQueuingStrategy',
  'IdentityTransformStream',
  'FixedLengthStream',
  'TextDecoderStream',
  'TextEncoderStream',
  'CompressionStream',
  'DecompressionStream',
  'WebSocket',
  'WebSocketPair',
];
for (const name of interfaces) {
  if (internal[name] === undefined) throw new Error(`${name} is missing`);
  defineProperty(globalThis, name, { value: internal[name], writable: true, enumerable: false, configurable: true });
}

internal.makePairIterable(native.classes.Headers, 'Headers');
internal.iterateHeaders = native.classes.Headers.prototype[Symbol.iterator];
internal.makePairIterable(native.classes.FormData, 'FormData');
internal.makePairIterable(native.classes.URLSearchParams, 'URLSearchParams');

const members = { ...internal.createGlobalEventTarget(), self: globalThis };
for (const name of Object.keys(members)) {
  defineProperty(globalThis, name, { value: members[name], writable: true, enumerable: true, configurable: true });
}
defineProperty(globalThis, 'console', {
  value: internal.console, writable: true, enumerable: false, configurable: true,
});
defineProperty(globalThis, Symbol.toStringTag, { value: 'ServiceWorkerGlobalScope', configurable: true });
